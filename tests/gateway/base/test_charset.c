/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "病毒" (virus) and the like in the sets that consoles send. */
#include "gateway/base/charset.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "tests/support/suite.h"

static struct arena arena;

static bool converts(const char *name, struct slice in, const char *expected, unsigned expected_bad)
{
    struct charset_loss loss;
    struct charset *charset = charset_open(name);
    if (!charset)
        return false;
    struct slice text = charset_to_utf8(charset, in, &arena, &loss);
    bool ok =
        slice_equal(text, slice_from(expected)) && loss.replaced == expected_bad && !loss.is_cut;
    charset_close(charset);
    return ok;
}

static void test_vectors(void)
{
    static const char virus[] = "\xe7\x97\x85\xe6\xaf\x92"; /* U+75C5 U+6BD2 */
    CU_ASSERT(converts("GB18030", SLICE("\xb2\xa1\xb6\xbe"), virus, 0));
    CU_ASSERT(converts("gbk", SLICE("\xb2\xa1\xb6\xbe"), virus, 0));
    CU_ASSERT(converts("Big5", SLICE("\xaf\x66\xac\x72"), virus, 0));
    CU_ASSERT(converts("CP932", SLICE("\x95\x61\x93\xc5"), virus, 0));
    CU_ASSERT(converts("Shift_JIS", SLICE("\x95\x61\x93\xc5"), virus, 0));
    CU_ASSERT(converts("EUC-JP", SLICE("\xc9\xc2\xc6\xc7"), virus, 0));
    CU_ASSERT(converts("euc-kr", SLICE("\xdc\xbb\xd4\xb8"), virus, 0));
    CU_ASSERT(converts("UTF-8", slice_from(virus), virus, 0));
    CU_ASSERT(converts("ISO-8859-1", SLICE("caf\xe9"), "caf\xc3\xa9", 0));
    /* GB18030's four-byte form, NEC's row 13 and a half-width kana that plain Shift_JIS lacks. */
    CU_ASSERT(converts("GB18030", SLICE("\x81\x30\x84\x36"), "\xc2\xa5", 0));
    CU_ASSERT(converts("GB18030", SLICE("\x90\x30\x81\x30"), "\xf0\x90\x80\x80", 0));
    CU_ASSERT(converts("Shift_JIS", SLICE("\x87\x40"), "\xe2\x91\xa0", 0));
    CU_ASSERT(converts("CP932", SLICE("\xb3"), "\xef\xbd\xb3", 0));
    /* Half of a pair may be a backslash or a pipe of ASCII: it must not be seen as one. */
    CU_ASSERT(converts("CP932", SLICE("\x83\x5c"), "\xe3\x82\xbd", 0));
    CU_ASSERT(converts("Big5", SLICE("\xb3\x5c"), "\xe8\xa8\xb1", 0));
}

static void test_declared_or_utf8(void)
{
    /* A source that is said to send GB18030 and sends UTF-8 once. */
    CU_ASSERT(
        converts("GB18030", SLICE("\xe7\x97\x85\xe6\xaf\x92 x"), "\xe7\x97\x85\xe6\xaf\x92 x", 0));
    CU_ASSERT(converts("GB18030", SLICE("plain"), "plain", 0));
    /* D0 A1: one character of GB18030, and by chance UTF-8. */
    CU_ASSERT(converts("GB18030", SLICE("\xd0\xa1"), "\xe5\xb0\x8f", 0));
    CU_ASSERT(converts("CP932", SLICE("\xd0\xb6"), "\xef\xbe\x90\xef\xbd\xb6", 0));
    /* A lone accent in a word is no double-byte text: a French console behind a Chinese default. */
    CU_ASSERT(converts("GB18030", SLICE("nettoy\xc3\xa9"), "nettoy\xc3\xa9", 0));
    CU_ASSERT(converts("GB18030", SLICE("\xc3\xa9t\xc3\xa9 1"), "\xc3\xa9t\xc3\xa9 1", 0));
    /* Of one-byte sets all bytes are characters: UTF-8 that is well-formed is no accident. */
    CU_ASSERT(converts("ISO-8859-1", SLICE("caf\xc3\xa9"), "caf\xc3\xa9", 0));
}

/* UTF-8 that somebody cut within a character: at the end, before a line end, in a field. */
static void test_cut_utf8(void)
{
#define VIRUS "\xe7\x97\x85\xe6\xaf\x92"
#define BAD   "\xef\xbf\xbd"
    static const char *const names[] = {"GB18030", "Big5", "CP932", "EUC-KR", "latin1", "UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CU_ASSERT(converts(names[i], SLICE("a " VIRUS "\xe7"), "a " VIRUS BAD, 1));
        CU_ASSERT(converts(names[i], SLICE(VIRUS "\xe7\x97"), VIRUS BAD BAD, 2));
        CU_ASSERT(converts(names[i], SLICE(VIRUS "\xe7\x97\n"), VIRUS BAD BAD "\n", 2));
        CU_ASSERT(converts(names[i], SLICE(VIRUS "\xf0\xa0\x80 x"), VIRUS BAD BAD BAD " x", 3));
        CU_ASSERT(converts(names[i], SLICE("f=" VIRUS VIRUS "\xe7 g=\xe6\xaf"),
                           "f=" VIRUS VIRUS BAD " g=" BAD BAD, 3));
    }
    CU_ASSERT(converts("latin1", SLICE("d\xc3\xa9j\xc3\xa0 nettoy\xc3"),
                       "d\xc3\xa9j\xc3\xa0 nettoy" BAD, 1));
    /* Too little of it, or too much damage: the declaration decides. */
    CU_ASSERT(converts("GB18030", SLICE("\xe7\x97"), "\xe9\x90\xa5", 0));
    CU_ASSERT(converts("GB18030", SLICE("\xe8\xb4\xbf\xc9"), "\xe7\x92\x90\xe5\x8f\xaf", 0));
    CU_ASSERT(converts("latin1", SLICE("caf\xe9 d\xe9j\xe0"), "caf\xc3\xa9 d\xc3\xa9j\xc3\xa0", 0));
    CU_ASSERT(
        converts("GB18030", SLICE(VIRUS "\xff"), "\xe9\x90\xa5\xe5\x91\xae\xe7\x98\xa8" BAD, 1));
}

static void test_bad_bytes(void)
{
    CU_ASSERT(converts("GB18030", SLICE("\xb2\xa1\xff\xb6\xbe"),
                       "\xe7\x97\x85\xef\xbf\xbd\xe6\xaf\x92", 1));
    CU_ASSERT(converts("GB18030", SLICE("\xb2\xa1\xb6"), "\xe7\x97\x85\xef\xbf\xbd", 1));
    CU_ASSERT(converts("UTF-8", SLICE("a\xff\xc3(\xed\xa0\x80"),
                       "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 5));
    struct charset_loss loss;
    struct slice text = charset_to_utf8(NULL, SLICE("x\x80"), &arena, &loss);
    CU_ASSERT(slice_equal(text, SLICE("x\xef\xbf\xbd")) && loss.replaced == 1);
}

/* An arena that is full cuts on a character, and says so. */
static void test_cut(void)
{
    static const char gb18030[] = "\xb2\xa1\xb6\xbe\xb2\xa1"; /* three characters of three bytes */
    for (size_t cap = 1; cap < 40; cap++) {
        struct charset *charset = charset_open("GB18030");
        struct arena small;
        struct charset_loss loss;
        arena_init(&small, cap);
        struct slice text = charset_to_utf8(charset, slice_from(gb18030), &small, &loss);
        CU_ASSERT_EQUAL(text.n, cap < 9 ? cap / 3 * 3 : 9);
        CU_ASSERT_EQUAL(loss.is_cut, cap < 9);
        arena_reset(&small);
        text = charset_to_utf8(NULL, SLICE("abc\x80"), &small, &loss);
        CU_ASSERT_EQUAL(text.n, cap < 3 ? cap : cap < 6 ? 3 : 6);
        CU_ASSERT_EQUAL(loss.is_cut, cap < 6);
        CU_ASSERT_EQUAL(charset_to_utf8(NULL, SLICE("abc"), &small, &loss).n, 3);
        CU_ASSERT_FALSE(loss.is_cut);
        charset_close(charset);
        arena_fini(&small);
    }
}

/* Big5-HKSCS holds U+00CA back to see whether a combining mark follows. */
static void test_held_back(void)
{
    CU_ASSERT(converts("Big5", SLICE("\x88\x66"), "\xc3\x8a", 0));
    CU_ASSERT(converts("Big5", SLICE("\x88\x66\xff"), "\xc3\x8a\xef\xbf\xbd", 1));
    CU_ASSERT(converts("Big5", SLICE("\x88\x62"), "\xc3\x8a\xcc\x84", 0));
}

/* Nothing is declared: UTF-8 stays, else each text is read in the set that it is likely in. */
static void test_undeclared(void)
{
    static const struct {
        struct slice in;
        const char *guessed, *expected;
        unsigned replaced;
    } cases[] = {
        {{"\xb2\xa1\xb6\xbe", 4}, "GB18030", "病毒", 0},
        {{"\xaf\x66\xac\x72", 4}, "Big5", "病毒", 0},
        {{"\x83\x65\x83\x58\x83\x67", 6}, "CP932", "テスト", 0},
        {{"\xb2\xa1\xb6\xbe\xb2", 5}, "GB18030", "病毒" BAD, 1}, /* cut */
        {{"病毒", 6}, NULL, "病毒", 0},
        {{"病毒\xe7", 7}, NULL, "病毒" BAD, 1},
        {{"nettoy\xe9", 7}, NULL, "nettoy" BAD, 1},
        {{"plain", 5}, NULL, "plain", 0},
    };
    struct charset *charset = charset_open(NULL);
    CU_ASSERT_STRING_EQUAL(charset_name(charset), "");
    for (size_t i = 0; i < 3 * sizeof cases / sizeof *cases; i++) { /* one set after the other */
        size_t k = i % (sizeof cases / sizeof *cases);
        struct charset_loss loss;
        struct slice text = charset_to_utf8(charset, cases[k].in, &arena, &loss);
        CU_ASSERT(slice_equal(text, slice_from(cases[k].expected)));
        CU_ASSERT_EQUAL(loss.replaced, cases[k].replaced);
        CU_ASSERT(cases[k].guessed ? loss.guessed && !strcmp(loss.guessed, cases[k].guessed)
                                   : !loss.guessed);
    }
    charset_close(charset);
}

static void test_unknown(void)
{
    CU_ASSERT_PTR_NULL(charset_open("no-such-set"));
    CU_ASSERT_PTR_NULL(charset_open("UTF-8x"));
    CU_ASSERT_PTR_NULL(charset_open("")); /* to iconv: the locale's */
    charset_close(NULL);
    struct charset *charset = charset_open("gbk");
    CU_ASSERT_STRING_EQUAL(charset_name(charset), "gbk");
    charset_close(charset);
}

/* Whatever the bytes, the set and the cap: UTF-8 comes out, and the memory is kept to. */
static void test_random(void)
{
    static const char *const names[] = {"GB18030", "Big5",  "CP932", "EUC-JP",
                                        "EUC-KR",  "UTF-8", "latin1"};
    srand(3);
    for (int round = 0; round < 4000; round++) {
        char bytes[64];
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(rand() % 3 ? rand() | 0x80 : rand());
        struct arena small;
        arena_init(&small, 1 + (size_t)rand() % 120);
        struct charset *charset = charset_open(names[round % 7]);
        struct charset_loss loss;
        struct slice text = charset_to_utf8(charset, slice_of(bytes, n), &small, &loss);
        CU_ASSERT_FATAL(utf8_is_valid(text));
        CU_ASSERT_FATAL(text.n == 0 || text.p == bytes || small.used_bytes == text.n);
        charset_close(charset);
        arena_fini(&small);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"vectors", test_vectors},     {"declared or UTF-8", test_declared_or_utf8},
        {"cut UTF-8", test_cut_utf8},  {"bad bytes", test_bad_bytes},
        {"held back", test_held_back}, {"undeclared", test_undeclared},
        {"unknown", test_unknown},     {"cut", test_cut},
        {"random", test_random},
    };
    arena_init(&arena, 0);
    int status = suite_run("charset", tests, sizeof tests / sizeof *tests);
    arena_fini(&arena);
    return status;
}
