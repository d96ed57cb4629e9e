/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random views over a small MIB: GET and GETNEXT are those of the MIB without what a plain reading
 * of RFC 3415 leaves out; and what is hidden costs a step, not one for each instance.
 */
#include "gateway/snmp/view.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { ROWS = 40, COLUMNS = 3, SCALARS = 4, ALL = SCALARS + ROWS * COLUMNS, FAMILIES_MAX = 8 };

static const uint32_t scalars_base[] = {1, 3, 6, 1};
static const uint32_t table_base[] = {1, 3, 6, 2, 1};
static unsigned cells_read;

static bool get_scalar(const void *data, uint32_t object, struct gwsnmp_value *out)
{
    (void)data;
    gwsnmp_set_gauge(out, object);
    return true;
}

static size_t count(const void *data)
{
    return *(const size_t *)data;
}

/* Two arcs, so that a family may end within an index. */
static size_t index_of(const void *data, size_t row, uint32_t *arcs)
{
    (void)data;
    arcs[0] = (uint32_t)(row / 8);
    arcs[1] = row % 8 == 7 ? UINT32_MAX : (uint32_t)(row % 8);
    return 2;
}

static bool cell(const void *data, size_t row, uint32_t column, struct gwsnmp_value *out)
{
    (void)data;
    cells_read++;
    gwsnmp_set_gauge(out, row * 10 + column);
    return true;
}

static const struct gwsnmp_group scalars = {
    .base = scalars_base, .n_base = 4, .n_objects = SCALARS, .scalars = {get_scalar}};
static const struct gwsnmp_group table = {
    .base = table_base, .n_base = 5, .table = {1, COLUMNS, count, index_of, cell}};
static const struct gwsnmp_group *const groups[] = {&scalars, &table};
static const struct gwsnmp_mib mib = {groups, 2};
static const size_t rows = ROWS;

static uint32_t random_below(uint32_t n)
{
    static uint32_t state = 20261128;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % n;
}

static int order(const struct gwsnmp_oid *a, const struct gwsnmp_oid *b)
{
    return gwsnmp_oid_compare(a->v, a->n, b->v, b->n);
}

/* Every instance, in order. */
static size_t list_all(struct gwsnmp_oid *out)
{
    struct gwsnmp_oid at = {.v = {1}, .n = 1};
    struct gwsnmp_value value;
    size_t n = 0;
    while (n < ALL && gwsnmp_mib_next(&mib, &rows, at.v, at.n, &out[n], &value))
        at = out[n++];
    return n;
}

/* RFC 3415 section 5, word by word: the most arcs win. */
static bool is_in(const struct gwsnmp_view *view, const struct gwsnmp_oid *name)
{
    size_t longest = 0;
    bool is_included = false;
    for (size_t i = 0; i < view->n; i++) {
        const struct gwsnmp_oid *subtree = &view->families[i].subtree;
        bool fits = subtree->n <= name->n && subtree->n > longest;
        for (size_t k = 0; fits && k < subtree->n; k++)
            fits = gwsnmp_view_is_any(&view->families[i], k) || subtree->v[k] == name->v[k];
        if (fits) {
            longest = subtree->n;
            is_included = view->families[i].is_included;
        }
    }
    return is_included;
}

/* Prefixes of instances, whole ones, and longer; with arcs that may be any. */
static size_t random_families(const struct gwsnmp_oid *all, bool with_any,
                              struct gwsnmp_view_family *out)
{
    size_t n = random_below(FAMILIES_MAX + 1), made = 0;
    for (size_t i = 0; i < n; i++) {
        struct gwsnmp_view_family family = {all[random_below(ALL)], random_below(2), {0}};
        size_t length = 1 + random_below((uint32_t)family.subtree.n + 1);
        if (length > family.subtree.n)
            family.subtree.v[family.subtree.n] = random_below(3);
        family.subtree.n = length;
        if (random_below(4) == 0)
            family.subtree.v[length - 1] += random_below(3);
        for (size_t k = 0; with_any && k < length; k++)
            if (random_below(4) == 0)
                gwsnmp_view_set_any(&family, k);
        bool is_new = true;
        for (size_t k = 0; k < made;
             k++) /* of one length one: which of two fits is not said here */
            is_new &= order(&out[k].subtree, &family.subtree) != 0 &&
                      (!with_any || out[k].subtree.n != family.subtree.n);
        if (is_new)
            out[made++] = family;
    }
    return made;
}

static struct gwsnmp_oid random_name(const struct gwsnmp_oid *all)
{
    struct gwsnmp_oid name = all[random_below(ALL)];
    switch (random_below(4)) {
    case 0:
        name.n = random_below((uint32_t)name.n + 1);
        break;
    case 1:
        name.v[name.n++] = random_below(3);
        break;
    case 2:
        name.v[name.n - 1] += random_below(3) - 1;
        break;
    default:
        break;
    }
    return name;
}

static bool agrees(const struct gwsnmp_view *view, const struct gwsnmp_oid *all,
                   const struct gwsnmp_oid *name, struct gwsnmp_hint *hint)
{
    struct gwsnmp_value value;
    struct gwsnmp_oid next;
    size_t i = 0;
    bool is_there = false;
    for (; i < ALL && (order(&all[i], name) <= 0 || !is_in(view, &all[i])); i++)
        is_there |= order(&all[i], name) == 0 && is_in(view, &all[i]);
    if (gwsnmp_view_get(view, &mib, &rows, name->v, name->n, &value) != is_there)
        return false;
    if (!is_there && value.type != GWSNMP_NO_SUCH_OBJECT && value.type != GWSNMP_NO_SUCH_INSTANCE)
        return false;
    bool has_next = gwsnmp_view_next(view, &mib, &rows, name->v, name->n, hint, &next, &value);
    if (has_next != (i < ALL))
        return false;
    return has_next ? order(&next, &all[i]) == 0 && value.type == GWSNMP_GAUGE
                    : value.type == GWSNMP_END_OF_MIB_VIEW;
}

static void test_random(void)
{
    static struct gwsnmp_oid all[ALL];
    struct gwsnmp_view_family families[FAMILIES_MAX];
    unsigned wrong = 0, shown = 0;
    CU_ASSERT_EQUAL_FATAL(list_all(all), ALL);
    for (int round = 0; round < 3000; round++) {
        size_t n_families = random_families(all, round % 2, families);
        struct gwsnmp_view view = {"any", families, n_families};
        struct gwsnmp_hint hint = {0};
        for (size_t i = 0; i < ALL; i++)
            shown += is_in(&view, &all[i]);
        for (int i = 0; i < 40; i++) {
            struct gwsnmp_oid name = random_name(all);
            wrong += !agrees(&view, all, &name, &hint);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(shown > 3000 * 10 && shown < 3000 * (ALL - 10));
}

static void test_everything(void)
{
    static struct gwsnmp_oid all[ALL];
    struct gwsnmp_oid at = {.v = {1}, .n = 1}, next;
    struct gwsnmp_hint hint = {0};
    struct gwsnmp_value value;
    size_t n = 0;
    CU_ASSERT_EQUAL_FATAL(list_all(all), ALL);
    while (gwsnmp_view_next(NULL, &mib, &rows, at.v, at.n, &hint, &next, &value) && n < ALL) {
        CU_ASSERT_EQUAL(order(&next, &all[n]), 0);
        at = next;
        n++;
    }
    CU_ASSERT_EQUAL(n, ALL);
}

/* A million hidden rows are passed at once, and so are those behind the end of a view. */
static void test_cost(void)
{
    static const size_t many = 8000000;
    const struct gwsnmp_view_family families[] = {
        {{.v = {1, 3, 6}, .n = 3}, true, {0}},
        {{.v = {1, 3, 6, 2, 1, 2}, .n = 6}, false, {0}},
        {{.v = {1, 3, 6, 2, 1, 2, 500000}, .n = 7}, true, {0}},
        {{.v = {1, 3, 6, 2, 1, 3}, .n = 6}, false, {0}},
    };
    const struct gwsnmp_view view = {"some", families, 4};
    struct gwsnmp_oid at = {.v = {1, 3, 6, 2, 1, 1, 999999, UINT32_MAX}, .n = 8}, next;
    struct gwsnmp_hint hint = {0};
    struct gwsnmp_value value;
    cells_read = 0;
    for (uint32_t i = 0; i < 8; i++) {
        CU_ASSERT_FATAL(gwsnmp_view_next(&view, &mib, &many, at.v, at.n, &hint, &next, &value));
        CU_ASSERT_EQUAL(next.v[5], 2);
        CU_ASSERT_EQUAL(next.v[6], 500000);
        CU_ASSERT_EQUAL(next.v[7], i == 7 ? UINT32_MAX : i);
        at = next;
    }
    CU_ASSERT_FALSE(gwsnmp_view_next(&view, &mib, &many, at.v, at.n, &hint, &next, &value));
    CU_ASSERT_EQUAL(value.type, GWSNMP_END_OF_MIB_VIEW);
    CU_ASSERT(cells_read < 40);
}

/* One row of each column of a large table: those between are passed at once. */
static void test_any(void)
{
    static const size_t many = 8000000;
    struct gwsnmp_view_family family = {{.v = {1, 3, 6, 2, 1, 0, 500000, 3}, .n = 8}, true, {0}};
    const struct gwsnmp_view view = {"row", &family, 1};
    struct gwsnmp_oid at = {.v = {1, 3}, .n = 2}, next;
    struct gwsnmp_hint hint = {0};
    struct gwsnmp_value value;
    gwsnmp_view_set_any(&family, 5);
    cells_read = 0;
    for (uint32_t column = 1; column <= COLUMNS; column++) {
        CU_ASSERT_FATAL(gwsnmp_view_next(&view, &mib, &many, at.v, at.n, &hint, &next, &value));
        CU_ASSERT(next.n == 8 && next.v[5] == column && next.v[6] == 500000 && next.v[7] == 3);
        at = next;
    }
    CU_ASSERT_FALSE(gwsnmp_view_next(&view, &mib, &many, at.v, at.n, &hint, &next, &value));
    CU_ASSERT(cells_read < 20);
}

static void test_parse(void)
{
    struct gwsnmp_view_family family;
    CU_ASSERT_TRUE_FATAL(gwsnmp_view_parse(SLICE(".1.3.*.7.*"), true, &family));
    CU_ASSERT_EQUAL(family.subtree.n, 5);
    CU_ASSERT_EQUAL(family.subtree.v[3], 7);
    for (size_t i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(gwsnmp_view_is_any(&family, i), i == 2 || i == 4);
    static const char *const bad[] = {"", "*", "1.3.*7", "1.3.7*", "1.3.**", "1..*", "1.3.*."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(gwsnmp_view_parse(slice_from(bad[i]), true, &family));
    char most[2 * GWSNMP_OID_MAX + 2];
    for (size_t i = 0; i < GWSNMP_OID_MAX + 1; i++)
        memcpy(most + 2 * i, "*.", 2);
    CU_ASSERT_TRUE(gwsnmp_view_parse(slice_of(most, 2 * GWSNMP_OID_MAX - 1), false, &family));
    CU_ASSERT_FALSE(gwsnmp_view_parse(slice_of(most, 2 * GWSNMP_OID_MAX + 1), false, &family));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"random views", test_random},
        {"no view is everything", test_everything},
        {"what is hidden costs nothing", test_cost},
        {"any column", test_any},
        {"as people write it", test_parse},
    };
    return suite_run("views", tests, sizeof tests / sizeof *tests);
}
