/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the agent's tests. */
#include "tests/gateway/agent/support.h"

#include <stdlib.h>
#include <string.h>

static struct clock_reading standing(const struct clock *clock)
{
    return ((const struct at_gateway *)clock)->now;
}

void at_open(struct at_gateway *gateway)
{
    *gateway = (struct at_gateway){.clock = {standing},
                                   .now = {.wall_ms = 1795500000000, .mono_ms = 1000000}};
    gateway->view = (struct agent_view){
        .board = snapshot_board_new(),
        .stats = stats_new(),
        .clock = &gateway->clock,
        .gateway_id = "gw1",
        .version = "1.2.3",
        .start_ms = 1795500000000,
    };
    agent_view_init(&gateway->view);
}

void at_close(struct at_gateway *gateway)
{
    agent_view_fini(&gateway->view);
    snapshot_board_free(gateway->view.board);
    stats_free(gateway->view.stats);
}

const struct agent_view *at_pin(struct at_gateway *gateway, bool is_walk)
{
    return agent_view_pin(&gateway->view, true, is_walk, AT_ASKER);
}

uint32_t at_random(uint32_t *state, uint32_t n)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return n ? *state % n : 0;
}

/* Lengths near both ends are as likely as all between. */
static const char *random_key(struct arena *arena, uint32_t *state)
{
    static const size_t lengths[] = {1, 1, 2, 3, 7, 63, 64, 64};
    char text[65];
    size_t n = lengths[at_random(state, 8)];
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(1 + at_random(state, at_random(state, 2) ? 3 : 255));
    return arena_text(arena, slice_of(text, n));
}

static int compare_kpis(const void *a, const void *b)
{
    const struct kpi_row *x = a, *y = b;
    if (x->kpi != y->kpi)
        return x->kpi < y->kpi ? -1 : 1;
    return snapshot_compare_scope(x->scope, y->scope);
}

static int compare_products(const void *a, const void *b)
{
    return snapshot_compare_scope(((const struct product_row *)a)->index,
                                  ((const struct product_row *)b)->index);
}

static int compare_alerts(const void *a, const void *b)
{
    uint32_t x = ((const struct alert_row *)a)->id, y = ((const struct alert_row *)b)->id;
    return x < y ? -1 : x > y;
}

static int compare_tops(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;
    if (x->period != y->period)
        return x->period < y->period ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Sorted, each index once; returns how many are left. */
static size_t settle(void *rows, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    char *p = rows;
    size_t kept = 0;
    qsort(rows, n, size, compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare(p + (kept - 1) * size, p + i * size) != 0)
            memmove(p + kept++ * size, p + i * size, size);
    return kept;
}

/* Small numbers, and those at the ends of 32 bits. */
static uint32_t random_number(uint32_t *state)
{
    static const uint32_t ends[] = {1, 2, 127, 128, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    return at_random(state, 3) ? 1 + at_random(state, 28) : ends[at_random(state, 8)];
}

struct snapshot *at_snapshot(uint32_t seed, size_t n_max)
{
    struct snapshot *s = snapshot_new();
    uint32_t state = seed * 2654435761u + 1;
    uint32_t most = (uint32_t)n_max + 1;
    static const struct kpi_about about = {"key", "unit", "advice"};
    struct kpi_summary_row *summary = arena_alloc(&s->arena, 28 * sizeof *summary);
    struct kpi_row *kpis = arena_alloc(&s->arena, n_max * sizeof *kpis + 1);
    struct product_row *products = arena_alloc(&s->arena, n_max * sizeof *products + 1);
    struct alert_row *alerts = arena_alloc(&s->arena, n_max * sizeof *alerts + 1);
    struct top_row *tops = arena_alloc(&s->arena, n_max * sizeof *tops + 1);
    size_t n[4];

    for (uint32_t i = 0; i < 28; i++)
        summary[i] = (struct kpi_summary_row){.kpi = i + 1};
    for (size_t i = 0; i < 4; i++)
        n[i] = at_random(&state, 4) ? at_random(&state, most) : 0;
    for (size_t i = 0; i < n[0]; i++)
        kpis[i] = (struct kpi_row){
            .kpi = random_number(&state), .about = &about, .scope = random_key(&s->arena, &state)};
    for (size_t i = 0; i < n[1]; i++)
        products[i] = (struct product_row){.index = random_key(&s->arena, &state)};
    for (size_t i = 0; i < n[2]; i++)
        alerts[i] = (struct alert_row){.id = random_number(&state)};
    for (size_t i = 0; i < n[3]; i++)
        tops[i] = (struct top_row){.period = 1 + at_random(&state, 3),
                                   .kind = 1 + at_random(&state, 3),
                                   .rank = 1 + at_random(&state, 10)};
    s->taken_ms = 1795500000000;
    s->summary = summary;
    s->n_summary = at_random(&state, 4) ? 28 : 0;
    s->kpis = kpis;
    s->n_kpis = settle(kpis, n[0], sizeof *kpis, compare_kpis);
    s->products = products;
    s->n_products = settle(products, n[1], sizeof *products, compare_products);
    s->alerts = alerts;
    s->n_alerts = settle(alerts, n[2], sizeof *alerts, compare_alerts);
    s->tops = tops;
    s->n_tops = settle(tops, n[3], sizeof *tops, compare_tops);
    return s;
}

struct gwsnmp_oid at_oid(const char *behind_root)
{
    struct gwsnmp_oid oid;
    char text[GWSNMP_OID_TEXT_MAX];
    snprintf(text, sizeof text, "%s%s%s", EOG_ENTERPRISE_OID, *behind_root ? "." : "", behind_root);
    if (!gwsnmp_oid_parse(slice_from(text), &oid))
        abort();
    return oid;
}
