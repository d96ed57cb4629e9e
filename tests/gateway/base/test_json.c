/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/utf8.h"
#include "tests/support/suite.h"

static struct buf out;

static bool quotes_as(struct slice in, const char *expected)
{
    buf_clear(&out);
    json_quote(&out, in);
    return slice_equal(buf_get(&out), slice_from(expected));
}

static void test_quote(void)
{
    CU_ASSERT(quotes_as(SLICE_NONE, "\"\""));
    CU_ASSERT(quotes_as(SLICE("plain"), "\"plain\""));
    CU_ASSERT(quotes_as(SLICE("\"\\/\b\f\n\r\t"), "\"\\\"\\\\/\\b\\f\\n\\r\\t\""));
    CU_ASSERT(quotes_as(slice_of("\0\x01\x1f\x7f", 4), "\"\\u0000\\u0001\\u001f\x7f\""));
    CU_ASSERT(
        quotes_as(SLICE("\xe7\x97\x85 \xf0\x9f\x98\x80"), "\"\xe7\x97\x85 \xf0\x9f\x98\x80\""));
    CU_ASSERT(quotes_as(SLICE("\xff\xc3"), "\"\xef\xbf\xbd\xef\xbf\xbd\""));
    CU_ASSERT(quotes_as(SLICE("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""));
}

/* The plain way, a byte at a time, to compare with. */
static void quote_slowly(struct slice in, struct buf *to)
{
    buf_byte(to, '"');
    while (in.n) {
        unsigned char c = (unsigned char)in.p[0];
        size_t n = utf8_char((const unsigned char *)in.p, in.n);
        const char *found = c && c < 0x80 ? strchr("\"\\\b\f\n\r\t", c) : NULL;
        if (n == 0)
            buf_append(to, "\xef\xbf\xbd", 3);
        else if (found)
            buf_printf(to, "\\%c", "\"\\bfnrt"[found - "\"\\\b\f\n\r\t"]);
        else if (c < 0x20)
            buf_printf(to, "\\u%04x", c);
        else
            buf_append(to, in.p, n);
        in = slice_skip(in, n ? n : 1);
    }
    buf_byte(to, '"');
}

/* Each special byte at each place of each length: fast paths step by 16, 8, 4 and 512. */
static void test_quote_everywhere(void)
{
    static const char *const specials[] = {"\"",   "\\",           "\n",  "\x01",
                                           "\x80", "\xe7\x97\x85", "\xc3"};
    static char text[1600];
    struct buf slow = {0};
    for (size_t n = 0; n < 1100; n += n < 40 ? 1 : 67) {
        for (size_t at = 0; at < n; at += n < 40 ? 1 : 31) {
            for (size_t s = 0; s < sizeof specials / sizeof *specials; s++) {
                memset(text, 'a', n);
                memcpy(text + at, specials[s], strlen(specials[s]));
                /* Exactly as large as the text: the sanitizer sees a byte read behind it. */
                char *exact = malloc(n);
                CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
                memcpy(exact, text, n);
                buf_clear(&out);
                buf_clear(&slow);
                json_quote(&out, slice_of(exact, n));
                quote_slowly(slice_of(exact, n), &slow);
                CU_ASSERT_FATAL(slice_equal(buf_get(&out), buf_get(&slow)));
                free(exact);
            }
        }
    }
    srand(5);
    for (int round = 0; round < 6000; round++) {
        size_t n = (size_t)rand() % (round % 4 < 2 ? 40 : sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)(round % 2 ? rand() : rand() % 96 + 31);
        buf_clear(&out);
        buf_clear(&slow);
        json_quote(&out, slice_of(text, n));
        quote_slowly(slice_of(text, n), &slow);
        CU_ASSERT_FATAL(slice_equal(buf_get(&out), buf_get(&slow)) && utf8_is_valid(buf_get(&out)));
    }
    buf_free(&slow);
}

static void test_structure(void)
{
    struct json json;
    buf_clear(&out);
    json_begin(&json, &out);
    json_begin_object(&json, SLICE_NONE);
    json_text(&json, SLICE("a\"b"), SLICE("x"));
    json_int(&json, SLICE(""), -5);
    json_begin_array(&json, SLICE("list"));
    json_int(&json, SLICE_NONE, 1);
    json_nil(&json, SLICE_NONE);
    json_begin_object(&json, SLICE_NONE);
    json_end_object(&json);
    json_member_string(&json, JSON_ITEM, SLICE("item"));
    json_end_array(&json);
    json_bool(&json, SLICE("t"), true);
    json_raw(&json, SLICE("r"), SLICE("[]"));
    json_member_string(&json, JSON_KEY("s"), SLICE("\n"));
    json_member_int(&json, JSON_KEY("i"), 7);
    json_member_object(&json, JSON_KEY("o"));
    json_member_raw(&json, JSON_KEY("x"), SLICE("0"));
    json_end_object(&json);
    json_member_array(&json, JSON_KEY("e"));
    json_end_array(&json);
    json_end_object(&json);
    CU_ASSERT_STRING_EQUAL(buf_text(&out),
                           "{\"a\\\"b\":\"x\",\"\":-5,\"list\":[1,null,{},\"item\"],\"t\":true,"
                           "\"r\":[],\"s\":\"\\n\",\"i\":7,\"o\":{\"x\":0},\"e\":[]}");
}

static void test_numbers(void)
{
    uint64_t x = 88172645463325252;
    for (int i = 0; i < 200000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        int64_t value = i < 3000    ? i - 1500
                        : i == 3000 ? INT64_MIN
                        : i == 3001 ? INT64_MAX
                                    : (int64_t)x >> i % 64;
        char text[64];
        struct json json;
        buf_clear(&out);
        json_begin(&json, &out);
        json_member_int(&json, JSON_ITEM, value);
        json_key(&json, JSON_ITEM);
        json_quote_int(&out, value);
        snprintf(text, sizeof text, "%" PRId64 ",\"%" PRId64 "\"", value, value);
        CU_ASSERT_STRING_EQUAL_FATAL(buf_text(&out), text);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {{"quote", test_quote},
                                              {"quote everywhere", test_quote_everywhere},
                                              {"structure", test_structure},
                                              {"numbers", test_numbers}};
    int status = suite_run("json", tests, sizeof tests / sizeof *tests);
    buf_free(&out);
    return status;
}
