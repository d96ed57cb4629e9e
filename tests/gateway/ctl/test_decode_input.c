/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/ctl/decode_input.h"

#include <string.h>

#include "tests/support/suite.h"

static struct buf scratch, out;
static struct arena arena;
static struct fields fields;

static bool reads_as(const char *line, struct slice expected)
{
    struct slice message;
    return !decode_json(slice_from(line), &scratch, &message) && slice_equal(message, expected);
}

static bool refuses(const char *line, const char *part)
{
    struct slice message;
    const char *error = decode_json(slice_from(line), &scratch, &message);
    return error && strstr(error, part);
}

static void test_messages(void)
{
    CU_ASSERT(reads_as("\"<13>a\\nb\"", SLICE("<13>a\nb")));
    CU_ASSERT(reads_as("\"\"", SLICE("")));
    CU_ASSERT(reads_as("\"\\u0000\"", slice_of("\0", 1)));
    CU_ASSERT(reads_as("{\"id\":1,\"input\":\"x\"}", SLICE("x")));
    CU_ASSERT(reads_as("{\"input\":\"x\",\"n\":18446744072678170139}", SLICE("x")));
    CU_ASSERT(reads_as("{\"input\":\"\\u00e9\",\"input_encoding\":\"utf-8\"}", SLICE("\xc3\xa9")));
    CU_ASSERT(reads_as("{\"input\":\"a\\u0080\\u00e9\\u00ff\",\"input_encoding\":\"latin-1\"}",
                       SLICE("a\x80\xe9\xff")));
    CU_ASSERT(refuses("", "not JSON"));
    CU_ASSERT(refuses("{\"input\":\"x\"", "not JSON"));
    CU_ASSERT(refuses("\"x\" y", "not JSON"));
    CU_ASSERT(refuses("7", "neither"));
    CU_ASSERT(refuses("{\"input\":7}", "\"input\""));
    CU_ASSERT(refuses("{\"input\":\"\\u0100\",\"input_encoding\":\"latin-1\"}", "U+00FF"));
    CU_ASSERT(refuses("{\"input\":\"x\",\"input_encoding\":\"gbk\"}", "input_encoding"));
}

static const char *trap(const char *line)
{
    arena_reset(&arena);
    return decode_trap(slice_from(line), &arena, &fields);
}

static bool has(const char *name, const char *value)
{
    const struct field *field = fields_find(&fields, slice_from(name));
    return field && slice_equal(field->value, slice_from(value));
}

static void test_notifications(void)
{
    CU_ASSERT_PTR_NULL(
        trap("{\"version\":\"v2c\",\"varbinds\":[[\".1.3.6.1.6.3.1.1.4.1.0\",\"OID\","
             "\".1.3.6.1.6.3.1.1.5.3\"],[\"1.3.6.1.2.1.2.2.1.1.5\",\"INTEGER\",5]]}"));
    CU_ASSERT(has("trap_oid", "1.3.6.1.6.3.1.1.5.3") && has("version", "2c"));
    CU_ASSERT(has("1.3.6.1.2.1.2.2.1.1.5", "5"));
    CU_ASSERT_EQUAL(fields.n_header, 2);
    CU_ASSERT_EQUAL(fields.format, GW_FORMAT_VARBINDS);
    /* RFC 3584 section 3.1 */
    CU_ASSERT_PTR_NULL(
        trap("{\"version\":\"v1\",\"enterprise\":\"1.3.6.1.4.1.9.1.1\",\"generic\":3,"
             "\"specific\":0,\"agent_addr\":\"192.0.2.1\",\"timestamp\":7}"));
    CU_ASSERT(has("trap_oid", "1.3.6.1.6.3.1.1.5.4") && has("version", "1") && has("generic", "3"));
    CU_ASSERT(has("agent_addr", "192.0.2.1") && has("uptime", "7"));
    CU_ASSERT_PTR_NULL(
        trap("{\"version\":\"v1\",\"enterprise\":\".1.3.6.1.4.1.6101\",\"generic\":6,"
             "\"specific\":2147483647}"));
    CU_ASSERT(has("trap_oid", "1.3.6.1.4.1.6101.0.2147483647"));
    CU_ASSERT_PTR_NULL(trap(
        "{\"version\":\"v2c\",\"trap_oid\":\"1.3.6\",\"varbinds\":[[\"1.3\",\"Counter64\","
        "18446744073709551616],[\"1.4\",\"x\",null],[\"1.5\",\"x\",1.5],[\"1.6\",\"x\",true]]}"));
    CU_ASSERT(has("1.4", "") && has("1.5", "1.5") && has("1.6", "true"));
    /* What a proxy moved into varbinds is the head again. */
    CU_ASSERT_PTR_NULL(
        trap("{\"version\":\"v2c\",\"trap_oid\":\"1.3.6.1.6.3.1.1.5.1\",\"varbinds\":["
             "[\"1.3.6.1.2.1.1.3.0\",\"TimeTicks\",\"77\"],[\"1.3.6.1.6.3.18.1.3.0\",\"IpAddress\","
             "\"192.0.2.9\"],[\"1.3.6.1.6.3.1.1.4.3.0\",\"OID\",\"1.3.6.1.4.1.9.1.1\"]]}"));
    CU_ASSERT(has("agent_addr", "192.0.2.9") && has("uptime", "77"));
    CU_ASSERT(has("enterprise", "1.3.6.1.4.1.9.1.1"));
    CU_ASSERT_EQUAL(fields.n_header, 5);
    CU_ASSERT_PTR_NOT_NULL(trap("nonsense"));
    CU_ASSERT_PTR_NOT_NULL(trap("[]"));
    CU_ASSERT_PTR_NOT_NULL(trap("{\"trap_oid\":\"1.3.6\"}"));
    CU_ASSERT_PTR_NOT_NULL(trap("{\"version\":\"v2c\"}"));
    CU_ASSERT_PTR_NOT_NULL(trap("{\"version\":\"v2c\",\"trap_oid\":\"1.3.6\",\"varbinds\":7}"));
    CU_ASSERT_PTR_NOT_NULL(trap("{\"version\":\"v2c\",\"trap_oid\":\"1.3.6\",\"varbinds\":[{}]}"));
}

static const char *frames(const char *line, bool is_strict)
{
    buf_clear(&out);
    decode_frames(slice_from(line), is_strict, &scratch, &out);
    return buf_text(&out);
}

static void test_frames(void)
{
    CU_ASSERT_STRING_EQUAL(frames("{\"input\":\"<1>a\\n<2>b\\n\"}", false), "[\"<1>a\",\"<2>b\"]");
    CU_ASSERT_STRING_EQUAL(frames("{\"input\":\"5 <1>ab4 <2>c\",\"mode\":\"octet\"}", true),
                           "[\"<1>ab\",\"<2>c\"]");
    CU_ASSERT_STRING_EQUAL(frames("{\"input\":\"a\\u0000b\\u0000\",\"mode\":\"nul\"}", true),
                           "[\"a\",\"b\"]");
    CU_ASSERT_STRING_EQUAL(frames("<1>the bytes themselves", true),
                           "[\"<1>the bytes themselves\"]");
    CU_ASSERT_STRING_EQUAL(frames("", true), "[]");
    CU_ASSERT_STRING_EQUAL(frames("\"50 <13>cut\"", true), "[]");
    CU_ASSERT_PTR_NOT_NULL(strstr(frames("\"50 <13>cut\"", false), "\"error\":"));
}

int main(void)
{
    static const struct suite_test tests[] = {{"messages", test_messages},
                                              {"notifications", test_notifications},
                                              {"frames", test_frames}};
    arena_init(&arena, 1024 * 1024);
    int status = suite_run("decode input", tests, sizeof tests / sizeof *tests);
    arena_fini(&arena);
    buf_free(&scratch);
    buf_free(&out);
    return status;
}
