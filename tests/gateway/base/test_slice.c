/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/slice.h"

#include "tests/support/suite.h"

static void test_compare(void)
{
    CU_ASSERT(slice_equal(SLICE("a"), SLICE("a")));
    CU_ASSERT(!slice_equal(SLICE("a"), SLICE("A")));
    CU_ASSERT(slice_equal(SLICE_NONE, SLICE("")));
    CU_ASSERT(slice_equal_nocase(SLICE("aZ[\xC4"), SLICE("Az[\xC4")));
    CU_ASSERT(!slice_equal_nocase(SLICE("\xC4"), SLICE("\xE4"))); /* no locale */
    CU_ASSERT(!slice_equal_nocase(SLICE("@"), SLICE("`")));
    CU_ASSERT(slice_contains_nocase(SLICE("Windows SERVER 2022"), SLICE("server")) &&
              slice_contains_nocase(SLICE("aab"), SLICE("AB")) &&
              slice_contains_nocase(SLICE_NONE, SLICE_NONE));
    CU_ASSERT(!slice_contains_nocase(SLICE("serve"), SLICE("server")) &&
              !slice_contains_nocase(SLICE("sever"), SLICE("serv")));
    CU_ASSERT(slice_starts_with(SLICE("abc"), SLICE("ab")) &&
              slice_starts_with(SLICE_NONE, SLICE_NONE));
    CU_ASSERT(!slice_starts_with(SLICE("a"), SLICE("ab")));
    CU_ASSERT(slice_ends_with(SLICE("abc"), SLICE("bc")) &&
              !slice_ends_with(SLICE("c"), SLICE("bc")));
}

static void test_words(void)
{
    struct slice list = SLICE(" ,one, two\t\r\nthree,"), word;
    CU_ASSERT(slice_next_word(&list, &word) && slice_equal(word, SLICE("one")));
    CU_ASSERT(slice_next_word(&list, &word) && slice_equal(word, SLICE("two")));
    CU_ASSERT(slice_next_word(&list, &word) && slice_equal(word, SLICE("three")));
    CU_ASSERT(!slice_next_word(&list, &word) && word.n == 0 && list.n == 0);
    list = SLICE_NONE;
    CU_ASSERT(!slice_next_word(&list, &word) && word.n == 0);
    list = SLICE("<a b>;<c>");
    CU_ASSERT(slice_next_between(&list, SLICE(";<>"), &word) && slice_equal(word, SLICE("a b")));
    CU_ASSERT(slice_next_between(&list, SLICE(";<>"), &word) && slice_equal(word, SLICE("c")));
    CU_ASSERT(!slice_next_between(&list, SLICE(";<>"), &word) && list.n == 0);
}

static void test_cut(void)
{
    struct slice head, rest;
    CU_ASSERT(slice_cut(SLICE("a=b=c"), '=', &head, &rest));
    CU_ASSERT(slice_equal(head, SLICE("a")) && slice_equal(rest, SLICE("b=c")));
    CU_ASSERT(!slice_cut(SLICE("abc"), '=', &head, &rest));
    CU_ASSERT(slice_equal(head, SLICE("abc")) && rest.n == 0);
    CU_ASSERT(slice_cut(SLICE("="), '=', &head, &rest) && head.n == 0 && rest.n == 0);
    CU_ASSERT(!slice_cut(SLICE_NONE, '=', &head, &rest) && head.n == 0);
    CU_ASSERT(slice_equal(slice_skip(SLICE("abc"), 1), SLICE("bc")));
    CU_ASSERT(slice_skip(SLICE("abc"), 9).n == 0 && slice_skip(SLICE_NONE, 9).n == 0);
    CU_ASSERT(slice_head(SLICE("abc"), 2).n == 2 && slice_head(SLICE("abc"), 9).n == 3);
    CU_ASSERT(slice_equal(slice_trim(SLICE(" \t\r\na b\n ")), SLICE("a b")));
    CU_ASSERT(slice_trim(SLICE(" \n")).n == 0);
    CU_ASSERT(slice_from(NULL).n == 0);
}

static void test_search(void)
{
    CU_ASSERT(slice_find(SLICE("a\0b"), 'b') == 2);
    static const bool digits[256] = {['0' ... '9'] = 1};
    CU_ASSERT(slice_span(SLICE("12\xff"), digits) == 2 && slice_span(SLICE("90"), digits) == 2);
    CU_ASSERT(slice_span(SLICE("a1"), digits) == 0 && slice_span(SLICE_NONE, digits) == 0);
    CU_ASSERT(slice_find(SLICE("abc"), 'x') == 3 && slice_find(SLICE_NONE, 'x') == 0);
    CU_ASSERT(slice_search(SLICE("xabab"), SLICE("ab")) == 1);
    CU_ASSERT(slice_search(SLICE("xa"), SLICE("ab")) == 2);
    CU_ASSERT(slice_search(SLICE("x"), SLICE("xx")) == 1);
    CU_ASSERT(slice_search(SLICE("x"), SLICE_NONE) == 0);
    /* Behind many first bytes that begin nothing, at each distance from the end. */
    char text[40];
    for (size_t n = 0; n <= sizeof text; n++) {
        memset(text, 'a', sizeof text);
        CU_ASSERT(slice_search(slice_of(text, n), SLICE("ab")) == n);
        for (size_t at = 1; at < n; at++) {
            memset(text, 'a', sizeof text);
            text[at] = 'b';
            CU_ASSERT(slice_search(slice_of(text, n), SLICE("ab")) == at - 1);
            CU_ASSERT(slice_search(slice_of(text, at), SLICE("ab")) == at);
            CU_ASSERT(slice_search(slice_of(text, n), SLICE("aab")) == (at > 1 ? at - 2 : n));
        }
    }
}

static void test_numbers(void)
{
    static const struct {
        const char *text;
        bool is_sound;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1a", false, 0},
        {"\xb1", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t value = 77;
        CU_ASSERT_EQUAL(slice_to_int(slice_from(rows[i].text), &value), rows[i].is_sound);
        CU_ASSERT_EQUAL(value, rows[i].is_sound ? rows[i].value : 77);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {{"compare", test_compare},
                                              {"words", test_words},
                                              {"cut", test_cut},
                                              {"search", test_search},
                                              {"numbers", test_numbers}};
    return suite_run("slice", tests, sizeof tests / sizeof *tests);
}
