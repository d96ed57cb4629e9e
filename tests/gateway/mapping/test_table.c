/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hash tables of names, many literals at once, and the value tables made of both. */
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/mapping/literals.h"
#include "gateway/mapping/lookup.h"
#include "gateway/mapping/value_table.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static struct arena arena;

static void names(void)
{
    struct lookup table;
    lookup_init(&table, false);
    CU_ASSERT_EQUAL(lookup_get(&table, SLICE("a")), LOOKUP_NONE);
    lookup_build(&table); /* empty: nothing to do */
    for (uint32_t i = 0; i < 3000; i++) {
        struct slice key = slice_from(arena_printf(&arena, "key-%u%s", i, i % 3 ? "" : "-longer"));
        CU_ASSERT_EQUAL(lookup_add(&table, key, i), LOOKUP_NONE);
        CU_ASSERT_EQUAL(lookup_add(&table, key, i + 1), i); /* the first stays */
        CU_ASSERT_EQUAL(lookup_peek(&table, key), i);
    }
    lookup_build(&table);
    for (uint32_t i = 0; i < 3000; i++) {
        struct slice key = slice_from(arena_printf(&arena, "key-%u%s", i, i % 3 ? "" : "-longer"));
        CU_ASSERT_EQUAL(lookup_get(&table, key), i);
        key.n--;
        uint32_t shorter = lookup_get(&table, key);
        CU_ASSERT(shorter == LOOKUP_NONE || shorter != i);
    }
    CU_ASSERT_EQUAL(lookup_get(&table, SLICE("KEY-1")), LOOKUP_NONE);
    CU_ASSERT_EQUAL(lookup_get(&table, SLICE_NONE), LOOKUP_NONE);
    lookup_fini(&table);
}

/* Every length, so that each way of hashing the rest is met; each letter in both cases. */
static void folded_names(void)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz[@`{\xC0\xE0";
    struct lookup table;
    lookup_init(&table, true);
    for (size_t n = 1; n < sizeof letters; n++)
        lookup_add(&table, slice_of(letters, n), (uint32_t)n);
    lookup_build(&table);
    for (size_t n = 1; n < sizeof letters; n++) {
        char *copy = arena_bytes(&arena, n);
        for (size_t i = 0; i < n; i++)
            copy[i] = letters[i] >= 'a' && letters[i] <= 'z' ? (char)(letters[i] - 32) : letters[i];
        CU_ASSERT_EQUAL(lookup_get(&table, slice_of(copy, n)), n);
        CU_ASSERT_EQUAL(lookup_get(&table, slice_of(letters, n)), n);
        for (size_t i = 0; i < n; i++) { /* another letter, wherever it stands */
            copy[i] ^= 1;
            CU_ASSERT_EQUAL(lookup_get(&table, slice_of(copy, n)), LOOKUP_NONE);
            copy[i] ^= 1;
        }
    }
    /* Signs that differ by the bit of a letter's case are not the same. */
    CU_ASSERT_EQUAL(lookup_get(&table, SLICE("abcdefghijklmnopqrstuvwxyz{")), LOOKUP_NONE);
    lookup_fini(&table);
    lookup_init(&table, true);
    lookup_add(&table, SLICE("@"), 1);
    lookup_add(&table, SLICE("["), 2);
    lookup_build(&table);
    CU_ASSERT_EQUAL(lookup_get(&table, SLICE("`")), LOOKUP_NONE);
    CU_ASSERT_EQUAL(lookup_get(&table, SLICE("{")), LOOKUP_NONE);
    lookup_fini(&table);
}

static void add(struct literals *l, bool inside, const char *text, uint32_t value)
{
    uint32_t v = value;
    CU_ASSERT_TRUE(inside ? literals_add_inside(l, slice_from(text), &v)
                          : literals_add_start(l, slice_from(text), &v));
}

static void literal_starts(void)
{
    struct literals *l = literals_new();
    struct literals_hit hit;
    uint32_t value = 9;
    add(l, false, "AV:", 1);
    add(l, false, "AV:File", 2);
    add(l, false, "病毒", 3);
    CU_ASSERT_FALSE(literals_add_start(l, SLICE("av:"), &value));
    CU_ASSERT_EQUAL(value, 1);
    CU_ASSERT_FALSE(literals_add_start(l, SLICE_NONE, &value));
    literals_build(l);
    CU_ASSERT(literals_find_start(l, SLICE("av:Fi"), NULL, &hit) && hit.value == 1 &&
              hit.length == 3);
    CU_ASSERT(literals_find_start(l, SLICE("AV:FILE x"), NULL, &hit) && hit.value == 2 &&
              hit.at == 0);
    CU_ASSERT(literals_find_start(l, SLICE("病毒/"), NULL, &hit) && hit.value == 3 &&
              hit.length == 6);
    CU_ASSERT_FALSE(literals_find_start(l, SLICE("xAV:"), NULL, &hit));
    CU_ASSERT_FALSE(literals_find_start(l, SLICE("AV"), NULL, &hit));
    CU_ASSERT_FALSE(literals_find_start(l, SLICE_NONE, NULL, &hit));
    CU_ASSERT_FALSE(literals_find_inside(l, SLICE("AV:"), 100, NULL, &hit));
    literals_free(l);
    literals_free(NULL);
}

static void literals_inside(void)
{
    struct literals *l = literals_new();
    struct literals_hit hit;
    add(l, true, "he", 1);
    add(l, true, "she", 2);
    add(l, true, "hers", 3);
    add(l, true, "his", 4);
    add(l, true, "ushex", 5);
    literals_build(l);
    CU_ASSERT(literals_find_inside(l, SLICE("a HE"), 100, NULL, &hit) && hit.value == 1 &&
              hit.at == 2);
    /* The longest, wherever it stands; a failed longer one leaves the shorter inside it. */
    CU_ASSERT(literals_find_inside(l, SLICE("ushers"), 100, NULL, &hit) && hit.value == 3 &&
              hit.at == 2);
    CU_ASSERT(literals_find_inside(l, SLICE("ushe"), 100, NULL, &hit) && hit.value == 2 &&
              hit.at == 1);
    /* Of equal length the first met. */
    CU_ASSERT(literals_find_inside(l, SLICE("his she"), 100, NULL, &hit) && hit.value == 4);
    CU_ASSERT(literals_find_inside(l, SLICE("she his"), 100, NULL, &hit) && hit.value == 2);
    /* No further than the limit. */
    CU_ASSERT_FALSE(literals_find_inside(l, SLICE("xx he"), 4, NULL, &hit));
    CU_ASSERT_TRUE(literals_find_inside(l, SLICE("xx he"), 5, NULL, &hit));
    CU_ASSERT_FALSE(literals_find_inside(l, SLICE_NONE, 5, NULL, &hit));
    literals_free(l);
}

static unsigned random_of(unsigned *state, unsigned below)
{
    *state = *state * 1103515245u + 12345u;
    return *state / 65536 % below;
}

/* The longest of the words that the text has, of equal length the first in it; of none, length 0.
 */
static struct literals_hit searched(const struct slice *words, uint32_t n, struct slice text)
{
    struct literals_hit best = {0};
    for (uint32_t i = 0; i < n; i++) {
        size_t at = slice_search(text, words[i]);
        bool is_better = words[i].n > best.length || (words[i].n == best.length && at < best.at);
        if (words[i].n <= text.n && at + words[i].n <= text.n && is_better)
            best = (struct literals_hit){i, words[i].n, at};
    }
    return best;
}

/* Against a search for each: texts of few letters, so that overlaps of all kinds are met. */
static void literals_against_search(void)
{
    unsigned state = 1, longest = 0, shortest = 0;
    for (int round = 0; round < 20000; round++) {
        static const char letters[] = "ab:c";
        struct literals *l = literals_new();
        struct slice words[6];
        for (uint32_t i = 0; i < 6; i++) {
            size_t n = 1 + random_of(&state, round % 3 ? 4 : 10);
            char *word = arena_bytes(&arena, n);
            for (size_t k = 0; k < n; k++)
                word[k] = letters[random_of(&state, round % 2 ? 3 : 2)];
            words[i] = slice_of(word, n);
            uint32_t value = i;
            literals_add_inside(l, words[i], &value);
        }
        literals_build(l);
        char text[40];
        struct slice s = slice_of(text, random_of(&state, sizeof text));
        for (size_t k = 0; k < s.n; k++)
            text[k] = letters[random_of(&state, 4)];
        struct slice one = words[random_of(&state, 6)];
        if (round % 5 && one.n < s.n)
            memcpy(text + random_of(&state, (unsigned)(s.n - one.n)), one.p, one.n);
        struct literals_hit expected = searched(words, 6, s), hit = {0};
        CU_ASSERT_EQUAL(literals_find_inside(l, s, sizeof text, NULL, &hit), expected.length > 0);
        CU_ASSERT(hit.length == expected.length && hit.at == expected.at);
        longest += hit.length >= 7;
        shortest += hit.length > 0 && hit.length < 7;
        if (hit.length > 0)
            CU_ASSERT(slice_equal(words[hit.value], words[expected.value]));
        literals_free(l);
        arena_reset(&arena);
    }
    CU_ASSERT(longest > 100 && shortest > 100); /* both ways of looking were tried */
}

/* More nodes than 16 bits number: the wide table, found in as the narrow one. */
static void many_literals(void)
{
    enum { N = 9000 };
    struct literals *l = literals_new();
    struct literals_hit hit;
    for (uint32_t i = 0; i < N; i++) {
        add(l, false, arena_printf(&arena, "%u-begins-it", 100000 + i * 7), i);
        add(l, true, arena_printf(&arena, "%u/inside", 100000 + i * 7), i);
    }
    literals_build(l);
    for (uint32_t i = 0; i < N; i++) {
        struct slice text = slice_from(
            arena_printf(&arena, "%u-BEGINS-it %u/insides", 100000 + i * 7, 100000 + i * 7));
        CU_ASSERT_TRUE(literals_find_start(l, text, NULL, &hit));
        CU_ASSERT(hit.value == i && hit.length == 16);
        CU_ASSERT_TRUE(literals_find_inside(l, text, text.n, NULL, &hit));
        CU_ASSERT(hit.value == i && hit.length == 13);
    }
    CU_ASSERT_FALSE(literals_find_start(l, SLICE("100001-begins-it"), NULL, &hit));
    literals_free(l);
}

static void value_tables(void)
{
    struct value_table table;
    value_table_init(&table, "t", 7);
    CU_ASSERT_EQUAL(value_table_row(&table, SLICE("x")), -1);
    CU_ASSERT_EQUAL(value_table_column(&table, "value"), -1);
    table.columns[table.n_columns++] = "value";
    table.columns[table.n_columns++] = "kind";
    for (uint32_t row = 0; row < 20; row++) {
        CU_ASSERT_EQUAL(value_table_add_row(&table), row);
        table.cells[row * VALUE_TABLE_COLUMNS_MAX + 1].text = SLICE("k");
    }
    CU_ASSERT_TRUE(value_table_add_key(&table, VALUE_KEY_EXACT, SLICE("Cleaned"), 0));
    CU_ASSERT_TRUE(value_table_add_key(&table, VALUE_KEY_PREFIX, SLICE("Clean"), 1));
    CU_ASSERT_TRUE(value_table_add_key(&table, VALUE_KEY_CONTAINS, SLICE("lean"), 2));
    CU_ASSERT_TRUE(value_table_add_key(&table, VALUE_KEY_CONTAINS, SLICE("not clean"), 3));
    CU_ASSERT_FALSE(value_table_add_key(&table, VALUE_KEY_EXACT, SLICE("CLEANED"), 4));
    CU_ASSERT_FALSE(value_table_add_key(&table, VALUE_KEY_PREFIX, SLICE("clean"), 4));
    CU_ASSERT_FALSE(value_table_add_key(&table, VALUE_KEY_CONTAINS, SLICE("LEAN"), 4));
    CU_ASSERT_FALSE(value_table_add_key(&table, VALUE_KEY_EXACT, SLICE_NONE, 4));
    value_table_build(&table);
    /* Exact before a beginning before what stands inside; inside, the longest. */
    CU_ASSERT_EQUAL(value_table_row(&table, SLICE("cleaned")), 0);
    CU_ASSERT_EQUAL(value_table_row(&table, SLICE("cleaned, not clean")), 1);
    CU_ASSERT_EQUAL(value_table_row(&table, SLICE("it was cleaned")), 2);
    CU_ASSERT_EQUAL(value_table_row(&table, SLICE("lean but not clean")), 3);
    CU_ASSERT_EQUAL(value_table_row(&table, SLICE("dirty")), -1);
    CU_ASSERT_EQUAL(value_table_row(&table, SLICE_NONE), -1);
    CU_ASSERT_EQUAL(value_table_column(&table, "kind"), 1);
    UNIT_TEXT(value_table_cell(&table, 19, 1)->text, "k");
    CU_ASSERT_EQUAL(value_table_cell(&table, 19, 0)->text.n, 0);
    value_table_fini(&table);
}

struct tables {
    struct lookup lookup;
    struct literals *literals;
};

static void touch(struct slice s, void *context)
{
    const struct tables *t = context;
    struct literals_hit hit;
    lookup_get(&t->lookup, s);
    if (literals_find_start(t->literals, s, NULL, &hit))
        CU_ASSERT(hit.length <= s.n);
    if (literals_find_inside(t->literals, s, 4096, NULL, &hit))
        CU_ASSERT(hit.at + hit.length <= s.n);
}

static void damage(void)
{
    struct guard g = guard_new(64);
    struct tables t;
    lookup_init(&t.lookup, true);
    lookup_add(&t.lookup, SLICE("TMCMLogDetectedHost"), 1);
    lookup_build(&t.lookup);
    t.literals = literals_new();
    add(t.literals, false, "TMCMLog", 1);
    add(t.literals, true, "Host", 2);
    literals_build(t.literals);
    guard_truncate(&g, SLICE("TMCMLogDetectedHost"), touch, &t);
    guard_flip(&g, SLICE("TMCMLogDetectedHost"), touch, &t);
    literals_free(t.literals);
    lookup_fini(&t.lookup);
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names", names},
        {"names without case", folded_names},
        {"literals at the start", literal_starts},
        {"literals inside", literals_inside},
        {"literals against a search", literals_against_search},
        {"more literals than 16 bits number", many_literals},
        {"value tables", value_tables},
        {"damage", damage},
        CU_TEST_INFO_NULL,
    };
    arena_init(&arena, 0);
    int status = unit_run("table", tests);
    arena_fini(&arena);
    return status;
}
