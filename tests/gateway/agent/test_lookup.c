/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET and GETNEXT over the whole module, against a plain list of all its instances: for any name,
 * also while snapshots are swapped and rows come and go. The list is made by asking the tables
 * for their rows one by one, then sorted by a comparison of its own.
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/agent/support.h"
#include "tests/support/suite.h"

struct instance {
    struct gwsnmp_oid name;
    enum gwsnmp_type type;
};

struct list {
    struct instance *v;
    size_t n;
};

/* Lexicographic, written down again: first difference decides, else the shorter is first. */
static int order(const struct gwsnmp_oid *a, const struct gwsnmp_oid *b)
{
    for (size_t i = 0;; i++) {
        if (i == a->n || i == b->n)
            return a->n == b->n ? 0 : i == a->n ? -1 : 1;
        if (a->v[i] != b->v[i])
            return a->v[i] < b->v[i] ? -1 : 1;
    }
}

static int compare(const void *a, const void *b)
{
    return order(&((const struct instance *)a)->name, &((const struct instance *)b)->name);
}

static void add(struct list *list, const struct gwsnmp_group *group, const uint32_t *tail, size_t n,
                enum gwsnmp_type type)
{
    if ((list->n & (list->n - 1)) == 0)
        list->v = gw_realloc(list->v, (list->n ? 2 * list->n : 1) * sizeof *list->v);
    struct instance *instance = &list->v[list->n++];
    memcpy(instance->name.v, group->base, group->n_base * sizeof *tail);
    memcpy(instance->name.v + group->n_base, tail, n * sizeof *tail);
    instance->name.n = group->n_base + n;
    instance->type = type;
}

static void add_group(struct list *list, const struct gwsnmp_group *group, const void *view)
{
    struct gwsnmp_value value;
    uint32_t tail[1 + GWSNMP_INDEX_MAX];
    for (uint32_t object = 1; object <= group->n_objects; object++) {
        tail[0] = object;
        tail[1] = 0;
        if (group->scalars.get(view, object, &value))
            add(list, group, tail, 2, value.type);
    }
    size_t rows = group->n_objects ? 0 : group->table.count(view);
    for (size_t row = 0; row < rows; row++)
        for (uint32_t c = group->table.first_column; c <= group->table.last_column; c++) {
            tail[0] = c;
            size_t n = group->table.index(view, row, tail + 1);
            if (group->table.cell(view, row, c, &value))
                add(list, group, tail, 1 + n, value.type);
        }
}

static struct list list_all(const void *view)
{
    struct list list = {0};
    for (size_t i = 0; i < agent_mib.n; i++)
        add_group(&list, agent_mib.groups[i], view);
    if (list.n)
        qsort(list.v, list.n, sizeof *list.v, compare);
    return list;
}

/* The first instance behind name; list.n: none. */
static size_t behind(const struct list *list, const struct gwsnmp_oid *name)
{
    size_t i = 0;
    while (i < list->n && order(&list->v[i].name, name) <= 0)
        i++;
    return i;
}

/* A name near an instance: itself, cut, made longer, an arc changed; or any. */
static struct gwsnmp_oid random_name(const struct list *list, uint32_t *state)
{
    static const uint32_t arcs[] = {0, 1, 2, 64, 65, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff};
    struct gwsnmp_oid name =
        list->n ? list->v[at_random(state, (uint32_t)list->n)].name : at_oid("1.5.1.6");
    uint32_t at = at_random(state, (uint32_t)name.n);
    switch (at_random(state, 8)) {
    case 0:
        return name;
    case 1:
        name.n = at;
        return name;
    case 2:
        while (name.n < GWSNMP_OID_MAX && at_random(state, 8))
            name.v[name.n++] = arcs[at_random(state, 10)];
        return name;
    case 3:
        name.v[at] += 1;
        return name;
    case 4:
        name.v[at] -= 1;
        return name;
    case 5:
        name.v[at] = arcs[at_random(state, 10)];
        return name;
    case 6:
        /* Behind the column: lengths of the index that lie. */
        if (name.n > 14)
            name.v[14] = arcs[at_random(state, 10)];
        return name;
    default:
        name = at_oid("");
        while (name.n < GWSNMP_OID_MAX && at_random(state, 12))
            name.v[name.n++] = at_random(state, 4) ? at_random(state, 20) : *state;
        return name;
    }
}

static void print_oid(const char *what, const struct gwsnmp_oid *oid)
{
    char text[GWSNMP_OID_TEXT_MAX];
    gwsnmp_oid_format(oid->v, oid->n, text);
    printf("\n    %s %s", what, text);
}

/* One name by GET, GETNEXT, and GETNEXT with a hint that may be of another moment. */
static bool agree(const struct list *list, const void *view, const struct gwsnmp_oid *name,
                  struct gwsnmp_hint *hint)
{
    struct gwsnmp_value value;
    struct gwsnmp_oid next, hinted;
    size_t i = behind(list, name);
    bool is_there = i > 0 && order(&list->v[i - 1].name, name) == 0;
    bool got = gwsnmp_mib_get(&agent_mib, view, name->v, name->n, &value);

    if (got != is_there ||
        (got ? value.type != list->v[i - 1].type
             : value.type != GWSNMP_NO_SUCH_OBJECT && value.type != GWSNMP_NO_SUCH_INSTANCE))
        return false;
    bool has_next = gwsnmp_mib_next(&agent_mib, view, name->v, name->n, &next, &value);
    if (has_next != (i < list->n) || (!has_next && value.type != GWSNMP_END_OF_MIB_VIEW))
        return false;
    if (has_next && (order(&next, &list->v[i].name) != 0 || value.type != list->v[i].type))
        return false;
    bool has_hinted =
        gwsnmp_mib_next_hint(&agent_mib, view, name->v, name->n, hint, &hinted, &value);
    return has_hinted == has_next && (!has_next || order(&next, &hinted) == 0);
}

static void test_any_name(void)
{
    struct at_gateway gateway;
    uint32_t state = 20261124;
    struct gwsnmp_hint hint = {0};
    unsigned failures = 0;

    at_open(&gateway);
    for (uint32_t round = 0; round < 60 && !failures; round++) {
        /* The hint, and the names of the round before, outlive their snapshot. */
        if (round)
            snapshot_publish(gateway.view.board, at_snapshot(round, round % 4 ? 12 : 150));
        if (round % 7 == 0)
            stats_source(gateway.view.stats, slice_of("10.0.0.250", 8 + round % 3),
                         (enum gw_transport)(round % 3));
        const struct agent_view *view = at_pin(&gateway, false);
        struct list list = list_all(view);
        for (int i = 0; i < 400 && !failures; i++) {
            struct gwsnmp_oid name = random_name(&list, &state);
            if (!agree(&list, view, &name, &hint)) {
                failures++;
                print_oid("wrong about", &name);
            }
        }
        free(list.v);
    }
    at_close(&gateway);
    CU_ASSERT_EQUAL(failures, 0);
}

/* A walk by hints is the list, from before the module to its end. */
static void test_walk_is_list(void)
{
    struct at_gateway gateway;
    at_open(&gateway);
    for (uint32_t round = 0; round < 20; round++) {
        if (round)
            snapshot_publish(gateway.view.board, at_snapshot(1000 + round, 80));
        const struct agent_view *view = at_pin(&gateway, false);
        struct list list = list_all(view);
        struct gwsnmp_hint hint = {0};
        struct gwsnmp_value value;
        struct gwsnmp_oid at = {.v = {1, 3}, .n = 2}, next;
        size_t i = 0;
        while (gwsnmp_mib_next_hint(&agent_mib, view, at.v, at.n, &hint, &next, &value)) {
            if (i == list.n || order(&next, &list.v[i].name) != 0)
                break;
            at = next;
            i++;
        }
        CU_ASSERT_EQUAL(i, list.n);
        CU_ASSERT_EQUAL(value.type, GWSNMP_END_OF_MIB_VIEW);
        CU_ASSERT(list.n > 20);
        free(list.v);
    }
    at_close(&gateway);
}

/* While every step sees another snapshot, a walk still only goes forward, and ends. */
static void test_walk_under_swaps(void)
{
    struct at_gateway gateway;
    struct gwsnmp_hint hint = {0};
    struct gwsnmp_value value;
    unsigned steps = 0, backwards = 0;

    at_open(&gateway);
    for (uint32_t walk = 0; walk < 50; walk++) {
        struct gwsnmp_oid at = {.v = {1, 3}, .n = 2}, next;
        for (unsigned i = 0; i < 10000; i++, steps++) {
            snapshot_publish(gateway.view.board, at_snapshot(walk * 10000 + i, 20));
            const struct agent_view *view = at_pin(&gateway, false);
            if (!gwsnmp_mib_next_hint(&agent_mib, view, at.v, at.n, &hint, &next, &value))
                break;
            backwards += order(&next, &at) <= 0;
            at = next;
        }
    }
    CU_ASSERT_EQUAL(backwards, 0);
    CU_ASSERT(steps > 50 * 27 && steps < 500000);
    at_close(&gateway);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"any name, while snapshots are swapped", test_any_name},
        {"a walk is the list", test_walk_is_list},
        {"a walk under swaps only goes forward", test_walk_under_swaps},
    };
    return suite_run("agent lookup", tests, sizeof tests / sizeof *tests);
}
