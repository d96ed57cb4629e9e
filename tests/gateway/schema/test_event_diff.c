/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told is exactly what is not the same, whichever of the two comes first. */
#include <stdio.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/schema/event_diff.h"
#include "tests/support/suite.h"

static struct gw_event was, is;
static struct buf told;

static void fill(struct gw_event *event)
{
    gw_event_clear(event);
    event->kind = GW_KIND_SYSTEM_STATUS;
    event->severity = GW_SEVERITY_LOW;
    event->time_ms = 1795536000000;
    event->format = GW_FORMAT_CEF;
    event->raw = event->text = SLICE("some text");
    gw_event_set_text(event, GW_FIELD_SITE, SLICE("hq"));
    gw_event_set_int(event, GW_FIELD_EVENT_COUNT, 3);
    gw_event_add_unmapped(event, SLICE("cs1"), SLICE("a"));
    gw_event_add_unmapped(event, SLICE("cs2"), SLICE("b"));
}

static void note(void *context, struct slice name, struct slice before, struct slice now)
{
    (void)context;
    buf_printf(&told, "%.*s:%.*s>%.*s;", SLICE_FMT(name), SLICE_FMT(before), SLICE_FMT(now));
}

static void check(const char *expected)
{
    buf_clear(&told);
    gw_event_differences(&was, &is, note, NULL);
    CU_ASSERT_STRING_EQUAL(buf_text(&told), expected);
    CU_ASSERT_EQUAL(gw_event_is_same(&was, &is), *expected == '\0');
    CU_ASSERT_EQUAL(gw_event_is_same(&is, &was), *expected == '\0');
    fill(&was);
    fill(&is);
}

static void test_same(void)
{
    check("");
    /* Another order of fields, another place of the bytes, another envelope: no difference. */
    char copy[] = "some text";
    gw_event_clear(&is);
    is = (struct gw_event){.kind = was.kind,
                           .severity = was.severity,
                           .time_ms = was.time_ms,
                           .format = was.format,
                           .sequence = 9,
                           .transport = 2,
                           .received_ms = 7,
                           .correction = {3, 2, true}};
    is.raw = is.text = slice_of(copy, strlen(copy));
    gw_event_set_int(&is, GW_FIELD_EVENT_COUNT, 3);
    gw_event_set_text(&is, GW_FIELD_SITE, SLICE("hq"));
    gw_event_add_unmapped(&is, SLICE("cs1"), SLICE("a"));
    gw_event_add_unmapped(&is, SLICE("cs2"), SLICE("b"));
    check("");
}

static void test_head(void)
{
    is.kind = GW_KIND_MALWARE_FOUND;
    check("kind:system.status>malware.found;");
    is.severity = GW_SEVERITY_HIGH;
    check("severity:Low>High;");
    is.time_ms += 1000;
    check("time:2026-11-24T16:00:00.000Z>2026-11-24T16:00:01.000Z;");
    is.flags = GW_EVENT_BY_AGENT; /* what indicators alone are told */
    check("");
    is.flags |= GW_EVENT_NO_TIME;
    check("flags:0>8;");
    is.format = GW_FORMAT_CSV;
    check("format:cef>csv;");
    is.text = SLICE("other");
    check("text:some text>other;");
}

static void test_fields(void)
{
    gw_event_set_text(&is, GW_FIELD_SITE, SLICE("lab"));
    gw_event_set_int(&is, GW_FIELD_EVENT_COUNT, -4);
    check("site:hq>lab;event.count:3>-4;");
    gw_event_set_text(&is, GW_FIELD_HOST_NAME, SLICE("pc-1"));
    gw_event_set_int(&is, GW_FIELD_LICENSE_END, 0);
    check("host.name:>pc-1;license.end:>1970-01-01T00:00:00.000Z;");
    gw_event_set_text(&was, GW_FIELD_HOST_NAME, SLICE("pc-1"));
    check("host.name:pc-1>;");
}

static void test_unmapped(void)
{
    is.unmapped[1].value = SLICE("c");
    check("unmapped.cs2:b>;unmapped.cs2:>c;");
    is.n_unmapped = 1;
    check("unmapped.cs2:b>;");
    gw_event_add_unmapped(&is, SLICE("cs2"), SLICE("b")); /* the same once more */
    check("unmapped:2>3;");
    struct gw_pair first = is.unmapped[0];
    is.unmapped[0] = is.unmapped[1];
    is.unmapped[1] = first;
    check("unmapped:in the order of before>in another order;");
}

int main(void)
{
    static const struct suite_test tests[] = {{"same", test_same},
                                              {"head", test_head},
                                              {"fields", test_fields},
                                              {"unmapped", test_unmapped}};
    fill(&was);
    fill(&is);
    int status = suite_run("event diff", tests, sizeof tests / sizeof *tests);
    buf_free(&told);
    return status;
}
