/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms that `eogctl decode` prints beside OCSF: parsed fields as JSON, the record as CEF. */
#include <string.h>

#include "gateway/ctl/fields_write.h"
#include "gateway/schema/cef_write.h"
#include "parsers/registry.h"
#include "tests/support/suite.h"

static struct buf out;
static struct arena arena;
static struct fields fields;
static struct gw_event event;

static const char *parsed(struct slice message, bool is_strict)
{
    struct parse_options options = {.strict = is_strict};
    arena_reset(&arena);
    gw_event_clear(&event);
    parse_message(message, &options, &arena, &fields);
    buf_clear(&out);
    fields_write(&fields, &event, &arena, &out);
    return buf_text(&out);
}

static void test_fields(void)
{
    const char *text = parsed(
        SLICE(
            "<34>1 2003-10-11T22:14:15.003Z h su - ID47 [a@1 x=\"1\" x=\"2\" y=\"\\\"\"][b@1] hi"),
        false);
    CU_ASSERT_STRING_EQUAL(text, "{\"format\":\"text\",\"product\":null,\"kind\":\"none\","
                                 "\"syslog\":{\"pri\":34,\"facility\":4,"
                                 "\"severity\":2,\"version\":1,\"timestamp\":\"2003-10-11T22:14:15."
                                 "003Z\",\"hostname\":\"h\","
                                 "\"appname\":\"su\",\"procid\":null,\"msgid\":\"ID47\","
                                 "\"structured_data\":{\"a@1\":{\"x\":[\"1\",\"2\"],"
                                 "\"y\":\"\\\"\"},\"b@1\":{}},\"msg\":\"hi\"},\"header\":{},"
                                 "\"extensions\":{},\"error\":null}");
    text = parsed(SLICE("<34>Oct 11 22:14:15 h su: hi"), false);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"timestamp\":\"10-11T22:14:15\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"structured_data\":null"));
    /* An ASA's number is what other receivers take for the tag; the body has it as well. */
    text = parsed(SLICE("<34>Oct 11 22:14:15 h %ASA-6-302014: Teardown"), false);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"appname\":\"%ASA-6-302014\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"msg\":\"Teardown\"}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"mnemonic\":\"302014\""));
    text = parsed(SLICE("<34>Oct 11 22:14:15 h %LINK-3-UPDOWN: x"), false);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"appname\":null"));
    text = parsed(SLICE("<34>Oct 11 22:14:15 h app: %ASA-6-302014: x"), false);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"appname\":\"app\""));
    text = parsed(SLICE("CEF:0|v|p|1|id|n|3|a=1 b=x\\=y a=2"), false);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"format\":\"cef\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"device_vendor\":\"v\""));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\"extensions\":{\"a\":\"1\",\"b\":\"x=y\"}")); /* the first stands */
    text = parsed(SLICE(""), true);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"msg\":null"));
    CU_ASSERT_PTR_NULL(strstr(text, "\"error\":null"));
}

static void test_cef(void)
{
    gw_event_clear(&event);
    event.kind = GW_KIND_MALWARE_CLEANED;
    event.severity = GW_SEVERITY_MEDIUM;
    event.time_ms = 1795536000000;
    gw_event_set_text(&event, GW_FIELD_PRODUCT_VENDOR, SLICE("Trend|Micro"));
    gw_event_set_text(&event, GW_FIELD_PRODUCT_NAME, SLICE("Apex\nCentral"));
    gw_event_set_text(&event, GW_FIELD_HOST_NAME, SLICE("pc"));
    gw_event_set_text(&event, GW_FIELD_DST_NAME, SLICE("other")); /* dhost is one's only */
    gw_event_set_text(&event, GW_FIELD_FILE_PATH, SLICE("C:\\a=b\xff"));
    gw_event_set_text(&event, GW_FIELD_MESSAGE, SLICE("two\nlines"));
    gw_event_set_int(&event, GW_FIELD_EVENT_COUNT, 3);
    gw_event_add_unmapped(&event, SLICE("odd key="), SLICE("x"));
    buf_clear(&out);
    cef_write(&event, &out);
    CU_ASSERT_STRING_EQUAL(
        buf_text(&out),
        "CEF:0|Trend\\|Micro|Apex Central||malware.cleaned|malware.cleaned|5|rt=1795536000000 "
        "msg=two\\nlines "
        "cnt=3 "
        "dhost=other filePath=C:\\\\a\\=b\xEF\xBF\xBD ad.eog.kind=malware.cleaned "
        "ad.host.name=pc ad.odd_key_=x");
    /* What we write we can read. */
    CU_ASSERT_EQUAL(parse_message(buf_get(&out), NULL, &arena, &fields), PARSE_OK);
    CU_ASSERT(
        slice_equal(fields_find(&fields, SLICE("filePath"))->value, SLICE("C:\\a=b\xEF\xBF\xBD")));
}

/* Receivers keep one value a key: those whose names are the same, or become it, are numbered. */
static void test_cef_names(void)
{
    gw_event_clear(&event);
    buf_clear(&out);
    gw_event_add_unmapped(&event, SLICE("部门"), SLICE("x"));
    gw_event_add_unmapped(&event, SLICE("uuid"), SLICE("1"));
    gw_event_add_unmapped(&event, SLICE("结果"), SLICE("y"));
    gw_event_add_unmapped(&event, SLICE("uuid"), SLICE("2"));
    gw_event_add_unmapped(&event, SLICE("peer"), SLICE("z"));
    gw_event_add_unmapped(&event, SLICE("uuid"), SLICE("3"));
    cef_write(&event, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out),
                                  " ad.______=x ad.uuid=1 ad.______.2=y ad.uuid.2=2 "
                                  "ad.sent.peer=z ad.uuid.3=3"));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"fields", test_fields}, {"CEF", test_cef}, {"CEF's names", test_cef_names}};
    arena_init(&arena, 1024 * 1024);
    int status = suite_run("decode write", tests, sizeof tests / sizeof *tests);
    arena_fini(&arena);
    buf_free(&out);
    return status;
}
