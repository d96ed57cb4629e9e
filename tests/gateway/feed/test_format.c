/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms outside: whole lines as they must be, and hostile text that must not break them. */
#include "gateway/feed/format.h"

#include <string.h>

#include "config.h"
#include "parsers/registry.h"
#include "tests/support/suite.h"
#include "tests/support/unit.h"

#define NUMBER (&EOG_ENTERPRISE_OID[sizeof "1.3.6.1.4.1." - 1])

static struct gw_event event;
static struct buf out;

static struct feed_format_context context_of(enum feed_format format, bool is_syslog)
{
    return (struct feed_format_context){.gateway_id = SLICE("gw1"),
                                        .epoch = SLICE("0123456789abcdef"),
                                        .version = SLICE("1.0"),
                                        .format = format,
                                        .facility = 16,
                                        .is_syslog = is_syslog};
}

static struct slice written(const struct feed_format_context *context)
{
    buf_clear(&out);
    feed_format(context, &event, &out);
    return buf_get(&out);
}

static void begin(void)
{
    gw_event_clear(&event);
    event.kind = GW_KIND_MALWARE_FOUND;
    event.severity = GW_SEVERITY_HIGH;
    event.sequence = 42;
    event.time_ms = INT64_C(1795893863123);
    event.raw = event.text = SLICE("raw [text]");
    gw_event_set_text(&event, GW_FIELD_SITE, SLICE("hq"));
    gw_event_set_text(&event, GW_FIELD_MALWARE_NAME, SLICE("EICAR \"]\\ x"));
    gw_event_set_int(&event, GW_FIELD_MALWARE_RISK, 3);
    gw_event_set_text(&event, GW_FIELD_MESSAGE, SLICE("found\nit"));
    gw_event_add_unmapped(&event, SLICE("a b=\"]\xff"), SLICE("v"));
}

static void test_rfc5424(void)
{
    struct feed_format_context context = context_of(FEED_FORMAT_RFC5424, true);
    char expected[512];
    begin();
    snprintf(expected, sizeof expected,
             "<131>1 2026-11-28T19:24:23.123Z gw1 eog-gateway - malware.found "
             "[eog@%s uid=\"gw1.0123456789abcdef.42\" kind=\"malware.found\" severity=\"High\" "
             "site=\"hq\" malware.name=\"EICAR \\\"\\]\\\\ x\" malware.risk=\"3\"]"
             "[eogUnmapped@%s a_b____=\"v\"] found it",
             NUMBER, NUMBER);
    UNIT_TEXT(written(&context), expected);
    context.has_raw = true;
    event.n_unmapped = 0;
    CU_ASSERT_TRUE(slice_ends_with(written(&context), SLICE("\"] raw [text]")));
}

/* Our own parser, strict, reads what we write. */
static void test_read_again(void)
{
    static const char *const texts[] = {"plain", "\"",       "]",        "\\",
                                        "\\\"]", "\x01\x02", "\xff\xfe", "\xe5\xbc\xa0",
                                        "=",     "a\r\nb",   ""};
    struct feed_format_context context = context_of(FEED_FORMAT_RFC5424, true);
    struct parse_options options = {.strict = true};
    static struct fields fields;
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slice text = slice_from(texts[i]);
        begin();
        gw_event_set_text(&event, GW_FIELD_HOST_NAME, text);
        gw_event_set_text(&event, GW_FIELD_MESSAGE, text);
        gw_event_add_unmapped(&event, text, text);
        for (size_t k = 0; k <= GW_SEVERITY_FATAL; k++) {
            event.severity = (uint8_t)k;
            struct slice line = written(&context);
            CU_ASSERT_EQUAL(slice_find(line, '\n'), line.n);
            arena_reset(&arena);
            CU_ASSERT_EQUAL(parse_message(line, &options, &arena, &fields), PARSE_OK);
        }
    }
    arena_fini(&arena);
}

static void test_ocsf(void)
{
    struct feed_format_context context = context_of(FEED_FORMAT_OCSF, false);
    begin();
    struct slice line = written(&context);
    CU_ASSERT_TRUE(slice_starts_with(line, SLICE("{\"class_uid\":2004,")));
    CU_ASSERT_TRUE(slice_search(line, SLICE("\"uid\":\"gw1.0123456789abcdef.42\"")) < line.n);
    CU_ASSERT_TRUE(slice_search(line, SLICE("raw_data")) == line.n);
    CU_ASSERT_EQUAL(slice_find(line, '\n'), line.n);
    context.has_raw = true;
    line = written(&context);
    CU_ASSERT_TRUE(slice_search(line, SLICE("\"raw_data\":\"raw [text]\"")) < line.n);
    context.is_syslog = true;
    CU_ASSERT_TRUE(slice_starts_with(
        written(&context),
        SLICE("<131>1 2026-11-28T19:24:23.123Z gw1 eog-gateway - malware.found - {\"class_uid\"")));
}

static void test_cef(void)
{
    struct feed_format_context context = context_of(FEED_FORMAT_CEF, false);
    begin();
    struct slice line = written(&context);
    CU_ASSERT_TRUE(slice_starts_with(line, SLICE("CEF:0|")));
    CU_ASSERT_TRUE(slice_ends_with(line, SLICE(" ad.eog.uid=gw1.0123456789abcdef.42")));
    CU_ASSERT_EQUAL(slice_find(line, '\n'), line.n);
    context.gateway_id = SLICE("g=w\\");
    CU_ASSERT_TRUE(
        slice_ends_with(written(&context), SLICE(" ad.eog.uid=g\\=w\\\\.0123456789abcdef.42")));
}

/* It has the uid of what it corrects, so that nobody takes it for another record. */
static void test_correction(void)
{
    struct feed_format_context cef = context_of(FEED_FORMAT_CEF, false),
                               rfc5424 = context_of(FEED_FORMAT_RFC5424, true);
    begin();
    event.correction = (struct gw_correction){.of = 7, .revision = 3, .is_for_feed = true};
    CU_ASSERT_TRUE(slice_ends_with(written(&cef),
                                   SLICE(" ad.eog.uid=gw1.0123456789abcdef.7 ad.eog.revision=3")));
    struct slice line = written(&rfc5424);
    CU_ASSERT_TRUE(
        slice_search(line, SLICE(" uid=\"gw1.0123456789abcdef.7\" revision=\"3\" kind=\"")) <
        line.n);
}

/* What a sender calls like a key of the gateway's own is told from it. */
static void test_cef_forged(void)
{
    static const char *const names[] = {"eog.kind", "eog.uid", "site", "host.name", "kpi.host"};
    struct feed_format_context context = context_of(FEED_FORMAT_CEF, false);
    begin();
    event.n_unmapped = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        gw_event_add_unmapped(&event, slice_from(names[i]), SLICE("forged"));
    gw_event_add_unmapped(&event, SLICE("Site"), SLICE("said"));
    gw_event_add_unmapped(&event, SLICE("site2"), SLICE("said"));
    struct slice line = written(&context);
    CU_ASSERT_EQUAL(slice_search(line, SLICE(" ad.eog.kind=forged")), line.n);
    CU_ASSERT_TRUE(slice_search(line, SLICE(" ad.eog.kind=malware.found")) < line.n);
    CU_ASSERT_TRUE(slice_search(line, SLICE(" ad.site=hq")) < line.n);
    CU_ASSERT_TRUE(slice_ends_with(
        line, SLICE(" ad.sent.eog.kind=forged ad.sent.eog.uid=forged ad.sent.site=forged"
                    " ad.sent.host.name=forged ad.kpi.host=forged ad.Site=said ad.site2=said"
                    " ad.eog.uid=gw1.0123456789abcdef.42")));
}

/* Names of the gateway that no header may carry as they are. */
static void test_header(void)
{
    struct feed_format_context context = context_of(FEED_FORMAT_OCSF, true);
    begin();
    context.facility = 23;
    event.severity = 200;
    context.gateway_id = SLICE("my gw\n\xc3\xa4");
    CU_ASSERT_TRUE(slice_starts_with(
        written(&context), SLICE("<190>1 2026-11-28T19:24:23.123Z my_gw___ eog-gateway - ")));
    context.gateway_id = SLICE_NONE;
    CU_ASSERT_TRUE(slice_starts_with(written(&context),
                                     SLICE("<190>1 2026-11-28T19:24:23.123Z - eog-gateway - ")));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"RFC 5424", test_rfc5424},
        {"read again", test_read_again},
        {"OCSF", test_ocsf},
        {"CEF", test_cef},
        {"header", test_header},
        {"correction", test_correction},
        {"CEF, keys of ours from a sender", test_cef_forged},
    };
    int status = suite_run("format", tests, sizeof tests / sizeof *tests);
    buf_free(&out);
    return status;
}
