/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON objects as flat fields; what RFC 8259 forbids. */
#include "tests/parsers/body.h"

static struct body_test t;

static void objects(void)
{
    static const char *const cases[][2] = {
        {"{\"a\":\"b\",\"c\":{\"d\":1,\"e\":[true,null,-2.5e3]},\"f\":{},\"g\":[]}",
         "json: a=b|c.d=1|c.e[0]=true|c.e[1]=|c.e[2]=-2.5e3"},
        {"<14>Oct 11 22:14:15 h { \"a\" : [ { \"b\" : \"c\" } , [ 1 ] ] } ",
         "json: a[0].b=c|a[1][0]=1"},
        {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u4e2d\\ud83d\\ude00\"}",
         "json: a=\"\\/\b\f\n\r\té中😀"},
        {"{\"a\":\"\\ud83dx\\ude00\\ud83d\\u0041\"}",
         "json: a=\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD"
         "A"},
        {"{\n\"a\" :\t1 ,\r\n \"b\":\r\"c\"\n}", "json: a=1|b=c"},
        {"{\t\"a\":1}", "json: a=1"},
        {"{\r\"a\":1}", "json: a=1"},
        {"{ \"a\":1E5,\"b\":-0,\"c\":1.5e-3,\"d\":0}", "json: a=1E5|b=-0|c=1.5e-3|d=0"},
        {"{\"a\":\"\\ud83d\",\"b\":\"\\ud83d\\n\",\"c\":\"\\ud83d\\ue000\"}",
         "json: a=\xEF\xBF\xBD|b=\xEF\xBF\xBD\n|c=\xEF\xBF\xBD\xEE\x80\x80"},
        {"{\"a\":\"\\u00FF\\u00fA\"}", "json: a=\xC3\xBF\xC3\xBA"},
        {"{}", "json:"},
        /* The cookie of structured text in syslog. */
        {"<14>Oct 11 22:14:15 h app[1]: @cee: {\"a\":1}", "json: a=1"},
        {"<14>Oct 11 22:14:15 h @cee:{\"a\":1}", "json: a=1"},
        {"<14>1 2026-03-02T08:01:02Z h app - - - @cee:{\"a\":1}", "json: a=1"},
        {"<14>Oct 11 22:14:15 h app: @cee: text", "text:"},
        {"<14>Oct 11 22:14:15 h app: @cee", "text:"},
        {"{text}", "text:"},
        {"{\"a\" is no name", "text:"},
        {"{\"a", "text:"},
        {"{} tail", "text:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_TEXT(body_read(&t, slice_from(cases[i][0])), cases[i][1]);
        CU_ASSERT_EQUAL(t.status, PARSE_OK);
    }
}

static void broken(void)
{
    static const char *const cases[][2] = {
        {"{\"a\":\"b\",}", "json: a=b"},
        /* Cut on the way, or more behind it. */
        {"{\"a\":\"b\",\"c\":{\"d\":1,\"e\":\"x", "json: a=b|c.d=1"},
        {"{ \"a\\\"b\" : [1, ", "json: a\"b[0]=1"},
        {"{\"a\":", "json:"},
        {"{\"a\":1} tail", "json: a=1"},
        {"{\"a\":1,\"b\":tru}", "json: a=1"},
        {"{\"a\":1 \"b\":2}", "json: a=1"},
        {"{\"a\" 1}", "json:"},
        /* Made by hand: a string's bytes are what they are, and what follows is read. */
        {"{\"a\":\"\\x\",\"b\":1}", "json: a=\\x|b=1"},
        {"{\"a\":\"C:\\Program Files\\a\\\\b\",\"b\":{\"c\":2}}",
         "json: a=C:\\Program Files\\a\\b|b.c=2"},
        {"{\"a\":\"\\u12g4\",\"b\":1}", "json: a=\\u12g4|b=1"},
        {"{\"a\":\"\\u12\",\"b\":1}", "json: a=\\u12|b=1"},
        {"{\"a\":\"x\n\ty\",\"b\":1}", "json: a=x\n\ty|b=1"},
        {"{\"a\":\"\\ud83d\\u1\",\"b\":1}", "json: a=\xEF\xBF\xBD\\u1|b=1"},
        {"{\"a\":1}}", "json: a=1"},
        {"{\"a\":[1,2}", "json: a[0]=1|a[1]=2"},
        {"{\"a\":\"b}", "json:"},
        {"{\"a\":}", "json:"},
        {"{\"a\":-x}", "json:"},
        {"{\"a\":01}", "json:"},
        {"{\"a\":1.}", "json:"},
        {"{\"a\":1e+}", "json:"},
        {"{\"a\":.5}", "json:"},
        {"{\"a\":\"\\u1}", "json:"},
        {"{\"a\":\"\\u00G0\"}", "json: a=\\u00G0"},
        {"{\"a\":\"\\u00g0\"}", "json: a=\\u00g0"},
        {"{\"a\":1e}", "json:"},
        {"{\"a\":1e5x}", "json: a=1e5"},
        {"{\"a\":-}", "json:"},
        {"{\"a\":--1}", "json:"},
        {"{\"a\":tru\001}", "json:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_TEXT(body_read(&t, slice_from(cases[i][0])), cases[i][1]);
        CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
        CU_ASSERT_PTR_NOT_NULL(t.fields.error);
    }
}

static void bounds(void)
{
    char deep[256] = "{\"a\":";
    memset(deep + 5, '[', 100);
    strcpy(deep + 105, "1]}");
    body_read(&t, slice_from(deep));
    CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
    char *name = malloc(2048);
    memset(name, 'x', 2048);
    memcpy(name, "{\"", 2);
    strcpy(name + 2000, "\":1}");
    body_read(&t, slice_from(name));
    CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
    free(name);
    struct buf many = {0};
    buf_append(&many, "{\"a\":[1", 7);
    for (int i = 0; i < 1000; i++)
        buf_append(&many, ",1", 2);
    buf_append(&many, "]}", 2);
    body_read(&t, buf_get(&many));
    CU_ASSERT_EQUAL(t.fields.n, FIELDS_MAX);
    CU_ASSERT_TRUE(t.fields.is_truncated);
    CU_ASSERT_EQUAL(t.status, PARSE_OK);
    buf_free(&many);
}

static void damage(void)
{
    static const char *const texts[] = {
        "{\"a\":\"\\ud83d\\ude00\\n\",\"c\":{\"d\":[1,{\"e\":null}]},\"f\":-1.5e+2}"};
    body_damage(&t, texts, 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"objects", objects},
                                        {"broken", broken},
                                        {"bounds", bounds},
                                        {"damage", damage},
                                        CU_TEST_INFO_NULL};
    int status = unit_run("json", tests);
    body_free(&t);
    return status;
}
