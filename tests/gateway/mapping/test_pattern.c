/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regular expressions: groups, bounds, and texts made to cost as much as they can. */
#include "gateway/mapping/pattern.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/mapping/pattern_pool.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static struct pattern_scratch *scratch;

static struct pattern *compiled(const char *text)
{
    char reason[128];
    size_t at;
    struct pattern *pattern = pattern_compile(slice_from(text), reason, &at);
    if (!pattern)
        printf("\n    %s: at %zu: %s\n", text, at, reason);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
    return pattern;
}

static enum pattern_result match(const char *text, struct slice subject, struct slice *groups)
{
    struct pattern *pattern = compiled(text);
    enum pattern_result result = pattern_match(pattern, scratch, subject, groups);
    pattern_free(pattern);
    return result;
}

static void groups(void)
{
    struct slice v[PATTERN_GROUPS_MAX];
    const char *name;
    unsigned number;
    struct pattern *pattern = compiled("b(?'second'x)?(?'first'c+)()");
    CU_ASSERT_EQUAL(pattern_match(pattern, scratch, SLICE("abccd"), v), PATTERN_FOUND);
    UNIT_TEXT(v[0], "bcc");
    CU_ASSERT_EQUAL(v[1].n, 0); /* took no part */
    UNIT_TEXT(v[2], "cc");
    for (size_t i = 3; i < PATTERN_GROUPS_MAX; i++)
        CU_ASSERT_EQUAL(v[i].n, 0);
    CU_ASSERT_TRUE(pattern_group(pattern, 0, &name, &number));
    CU_ASSERT(strcmp(name, "first") == 0 && number == 2);
    CU_ASSERT_TRUE(pattern_group(pattern, 1, &name, &number));
    CU_ASSERT(strcmp(name, "second") == 0 && number == 1);
    CU_ASSERT_FALSE(pattern_group(pattern, 2, &name, &number));
    CU_ASSERT_EQUAL(pattern_match(pattern, scratch, SLICE("abd"), v), PATTERN_NOT_FOUND);
    CU_ASSERT_EQUAL(pattern_match(pattern, scratch, SLICE_NONE, v), PATTERN_NOT_FOUND);
    pattern_free(pattern);
    pattern_free(NULL);
    pattern_scratch_free(NULL);
}

static void texts(void)
{
    struct slice v[PATTERN_GROUPS_MAX];
    /* '.' takes a line's end and a character, not a byte of it. */
    CU_ASSERT_EQUAL(match("^a.b.c$",
                          SLICE("a\nb\xE7\x97\x85"
                                "c"),
                          v),
                    PATTERN_FOUND);
    /* Bytes that are no UTF-8 neither match nor stop what stands behind them. */
    CU_ASSERT_EQUAL(match("x(?'a'[0-9]+)", SLICE("\xFF\xFE\x80x12\xC3"), v), PATTERN_FOUND);
    UNIT_TEXT(v[1], "12");
    CU_ASSERT_EQUAL(match("a.b",
                          SLICE("a\xFF"
                                "b"),
                          v),
                    PATTERN_NOT_FOUND);
    CU_ASSERT_EQUAL(match("(?'a'b)", SLICE("\0b"), v), PATTERN_FOUND);
    /* Only the beginning is looked at, even where that cuts a character. */
    char *longer = malloc(PATTERN_TEXT_MAX + 8);
    CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
    memset(longer, 'a', PATTERN_TEXT_MAX + 8);
    longer[PATTERN_TEXT_MAX - 1] = 'x';
    CU_ASSERT_EQUAL(match("x$", slice_of(longer, PATTERN_TEXT_MAX + 8), v), PATTERN_FOUND);
    longer[PATTERN_TEXT_MAX] = 'y';
    CU_ASSERT_EQUAL(match("y", slice_of(longer, PATTERN_TEXT_MAX + 8), v), PATTERN_NOT_FOUND);
    memcpy(longer + PATTERN_TEXT_MAX - 1, "\xE7\x97\x85", 3);
    CU_ASSERT_EQUAL(match("a(?'a'a)", slice_of(longer, PATTERN_TEXT_MAX + 8), v), PATTERN_FOUND);
    free(longer);
}

/* A name in Chinese is no blank, no digit and no letter of ASCII, in a class or outside. */
static void beyond_ascii(void)
{
    static const char *const patterns[] = {"^u (?'x'\\S+) b$",   "^u (?'x'\\D+) b$",
                                           "^u (?'x'\\W+) b$",   "^u (?'x'[^\\s]+) b$",
                                           "^u (?'x'[\\S]+) b$", "^u (?'x'[]\\D]+) b$"};
    struct slice v[PATTERN_GROUPS_MAX];
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        CU_ASSERT_EQUAL(match(patterns[i], SLICE("u \xE5\xBC\xA0\xE4\xB8\x89 b"), v),
                        PATTERN_FOUND);
        UNIT_TEXT(v[1], "\xE5\xBC\xA0\xE4\xB8\x89");
    }
    /* What else has a backslash is as it was written. */
    CU_ASSERT_EQUAL(match("^\\\\S[[:alpha:]\\S]\\[\\S$", SLICE("\\Sa[b"), v), PATTERN_FOUND);
}

static void wrong(void)
{
    char reason[128];
    size_t at = 99;
    CU_ASSERT_PTR_NULL(pattern_compile(SLICE("a(b"), reason, &at));
    CU_ASSERT_EQUAL(at, 3);
    CU_ASSERT(strlen(reason) > 0);
    CU_ASSERT_PTR_NULL(pattern_compile(SLICE("\xFF"), reason, &at));
    CU_ASSERT_PTR_NULL(pattern_compile(SLICE("()()()()()()()()()()()()()()()()"), reason, &at));
    CU_ASSERT_STRING_EQUAL(reason, "more than 15 groups");
    CU_ASSERT_PTR_NULL(pattern_compile(SLICE("\\C"), reason, &at)); /* a byte of a character */
}

/* Patterns that try every division of a text: given up, and the next match is as good as ever. */
static void limits(void)
{
    static const char *const patterns[] = {"^(?'x'a+)+$", "^(?:a|a)*$", "^(?:a*)*$",
                                           "^(?:a|aa|aaa)+$"};
    struct slice v[PATTERN_GROUPS_MAX];
    char text[PATTERN_TEXT_MAX];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        CU_ASSERT_EQUAL(match(patterns[i], slice_of(text, sizeof text), v), PATTERN_GAVE_UP);
        CU_ASSERT_EQUAL(match("a(?'b'!)", slice_of(text, sizeof text), v), PATTERN_FOUND);
        UNIT_TEXT(v[1], "!");
    }
    /* Recursion without end is no crash. */
    CU_ASSERT_EQUAL(match("^(?'x'a(?&x)?a?)!!", slice_of(text, sizeof text), v), PATTERN_GAVE_UP);
}

struct reader {
    struct pattern *pattern;
    struct slice text;
    size_t wrong;
};

static void *read_often(void *context)
{
    struct reader *reader = context;
    struct slice v[PATTERN_GROUPS_MAX];
    struct pattern_scratch *own = pattern_scratch_new();
    for (int i = 0; i < 2000; i++)
        reader->wrong += pattern_match(reader->pattern, own, reader->text, v) != PATTERN_FOUND ||
                         !slice_equal(v[1], reader->text);
    pattern_scratch_free(own);
    return NULL;
}

/* One pattern, a scratch a thread. */
static void threads(void)
{
    struct pattern *pattern = compiled("^(?'all'.*)$");
    struct reader readers[3] = {{pattern, SLICE("one"), 0},
                                {pattern, SLICE("second"), 0},
                                {pattern, SLICE("the third"), 0}};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, read_often, &readers[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(readers[i].wrong, 0);
    }
    pattern_free(pattern);
}

/* More texts than the pool has room for at first, each of them asked for twice. */
static void pool(void)
{
    enum { TEXTS = 300 };
    static char text[TEXTS][16];
    struct pattern *patterns[TEXTS] = {0};
    struct slice v[PATTERN_GROUPS_MAX];
    char reason[128];
    size_t at;
    struct pattern_pool *made = pattern_pool_new();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < TEXTS; i++) {
            snprintf(text[i], sizeof text[i], "^x%d$", i);
            struct pattern *pattern = pattern_pool_get(made, slice_from(text[i]), reason, &at);
            CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
            CU_ASSERT(round == 0 || pattern == patterns[i]);
            patterns[i] = pattern;
            CU_ASSERT_EQUAL(pattern_match(pattern, scratch, SLICE("x7"), v),
                            i == 7 ? PATTERN_FOUND : PATTERN_NOT_FOUND);
        }
    for (int round = 0; round < 2; round++) {
        CU_ASSERT_PTR_NULL(pattern_pool_get(made, SLICE("a(b"), reason, &at));
        CU_ASSERT_EQUAL(at, 3);
    }
    pattern_pool_free(made);
    pattern_pool_free(NULL);
}

static void touch(struct slice s, void *context)
{
    struct slice v[PATTERN_GROUPS_MAX];
    if (pattern_match(context, scratch, s, v) == PATTERN_FOUND)
        CU_ASSERT(v[1].n == 0 || (v[1].p >= s.p && v[1].p + v[1].n <= s.p + s.n));
}

static void damage(void)
{
    struct guard g = guard_new(128);
    struct pattern *pattern = compiled("\\bResult\\s*[:：]\\s*(?'a'.+?)(?=\\s+(?:File|IP)[:：]|$)");
    struct slice text = SLICE("Computer: 电脑 Result: 无法清除 IP：192.0.2.1");
    guard_truncate(&g, text, touch, pattern);
    guard_flip(&g, text, touch, pattern);
    pattern_free(pattern);
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"groups", groups}, {"texts", texts},   {"beyond ASCII", beyond_ascii},
        {"wrong", wrong},   {"limits", limits}, {"threads", threads},
        {"pool", pool},     {"damage", damage}, CU_TEST_INFO_NULL,
    };
    scratch = pattern_scratch_new();
    int status = unit_run("pattern", tests);
    pattern_scratch_free(scratch);
    return status;
}
