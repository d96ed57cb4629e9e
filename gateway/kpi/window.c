/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counting by event time. A ring slot remembers which bucket it holds, so that nothing has to be
 * advanced between records; pairs are rolled once a bucket, which costs one pass over the cells.
 */
#include "gateway/kpi/window.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

static const uint64_t CELL = (uint64_t)1 << 63; /* keeps a cell's key from being 0 */

uint32_t kpi_bucket_of(int64_t time_ms, int64_t window_ms)
{
    int64_t width = window_ms / KPI_WINDOW_BUCKETS;
    if (time_ms < 0)
        time_ms = 0;
    /* From windows of a minute on, 32 bits last until 2106; shorter ones, which trials use, wrap
       once in years. */
    return (uint32_t)(time_ms / (width > 0 ? width : 1));
}

bool kpi_ring_add(struct kpi_ring *ring, uint32_t b, uint32_t now, uint32_t n)
{
    if (b < now && now - b >= KPI_WINDOW_BUCKETS)
        return false;
    size_t slot = b % KPI_WINDOW_SLOTS;
    /* A slot far ahead of now was written before the clock was set back: it gives way. */
    bool is_stray = ring->bucket[slot] > now && ring->bucket[slot] - now > KPI_WINDOW_AHEAD;
    if (ring->bucket[slot] != b) {
        if (ring->bucket[slot] > b && !is_stray)
            return false;
        ring->bucket[slot] = b;
        ring->count[slot] = 0;
    }
    ring->count[slot] = ring->count[slot] > UINT32_MAX - n ? UINT32_MAX : ring->count[slot] + n;
    return true;
}

uint64_t kpi_ring_total(const struct kpi_ring *ring, uint32_t now)
{
    uint64_t total = 0;
    for (size_t i = 0; i < KPI_WINDOW_SLOTS; i++)
        if (kpi_bucket_is_in(ring->bucket[i], now))
            total += ring->count[i];
    return total;
}

void kpi_pairs_free(struct kpi_pairs *pairs)
{
    kpi_table_free(&pairs->cells);
    kpi_index_free(&pairs->numbers);
    free(pairs->groups);
    *pairs = (struct kpi_pairs){.is_count = pairs->is_count};
}

static uint32_t find_group(const struct kpi_pairs *pairs, uint64_t key)
{
    return kpi_index_get(&pairs->numbers, pairs->groups, sizeof *pairs->groups, key);
}

static uint32_t group_number(struct kpi_pairs *pairs, uint64_t key)
{
    uint32_t number = find_group(pairs, key);
    if (number != UINT32_MAX)
        return number;
    if (pairs->n_groups == pairs->cap_groups) {
        pairs->cap_groups += pairs->cap_groups ? pairs->cap_groups / 2 : 4;
        pairs->groups = gw_realloc(pairs->groups, pairs->cap_groups * sizeof *pairs->groups);
    }
    number = (uint32_t)pairs->n_groups++;
    pairs->groups[number] = (struct kpi_group){.key = key};
    kpi_index_add(&pairs->numbers, pairs->groups, sizeof *pairs->groups, number);
    return number;
}

static inline void raise_total(struct kpi_group *group, uint32_t n)
{
    group->total = group->total > UINT32_MAX - n ? UINT32_MAX : group->total + n;
}

/* Put one cell in; totals follow. */
static void add_cell(struct kpi_pairs *pairs, uint64_t key, uint32_t member, uint32_t b, uint32_t n)
{
    uint32_t number = group_number(pairs, key);
    uint64_t cell = CELL | (uint64_t)number << 32 | (pairs->is_count ? b : member);
    bool is_new;
    uint32_t *value = kpi_table_put(&pairs->cells, cell, &is_new);
    struct kpi_group *group = &pairs->groups[number];
    bool is_in = kpi_bucket_is_in(b, pairs->now);
    if (pairs->is_count) {
        *value = *value > UINT32_MAX - n ? UINT32_MAX : *value + n;
        if (is_in)
            raise_total(group, n);
    } else if (is_new || *value < b || *value > pairs->now) {
        bool was_in = !is_new && kpi_bucket_is_in(*value, pairs->now);
        if (is_new || *value < b)
            *value = b;
        is_in = kpi_bucket_is_in(*value, pairs->now);
        if (is_in && !was_in)
            raise_total(group, 1);
        else if (!is_in && was_in)
            group->total--;
    }
}

bool kpi_pairs_add(struct kpi_pairs *pairs, uint64_t key, uint32_t member, uint32_t b, uint32_t n)
{
    if (b < pairs->now && pairs->now - b >= KPI_WINDOW_BUCKETS)
        return false;
    if (pairs->cells.n >= KPI_PAIRS_MAX) {
        uint32_t number = find_group(pairs, key);
        uint64_t cell = number == UINT32_MAX
                            ? 0
                            : CELL | (uint64_t)number << 32 | (pairs->is_count ? b : member);
        if (!cell || !kpi_table_get(&pairs->cells, cell)) {
            pairs->refused++;
            return false;
        }
    }
    add_cell(pairs, key, member, b, n);
    return true;
}

static bool is_kept(uint32_t b, uint32_t now)
{
    return b > now ? b - now <= KPI_WINDOW_AHEAD : kpi_bucket_is_in(b, now);
}

void kpi_pairs_roll(struct kpi_pairs *pairs, uint32_t now, bool is_forced,
                    uint32_t (*remap)(void *context, uint32_t member),
                    uint64_t (*remap_key)(void *context, uint64_t key), void *context)
{
    if (now == pairs->now && !is_forced)
        return;
    if (pairs->cells.n == 0) {
        pairs->now = now;
        return;
    }
    struct kpi_pairs old = *pairs;
    *pairs = (struct kpi_pairs){.is_count = old.is_count, .now = now, .refused = old.refused};
    size_t at = 0, n_kept = 0;
    uint64_t cell;
    uint32_t *value;
    while (kpi_table_next(&old.cells, &at, &cell, &value))
        n_kept += is_kept(old.is_count ? (uint32_t)cell : *value, now);
    kpi_table_reserve(&pairs->cells, n_kept);
    at = 0;
    while (kpi_table_next(&old.cells, &at, &cell, &value)) {
        uint32_t member = (uint32_t)cell;
        uint32_t b = old.is_count ? member : *value;
        if (!is_kept(b, now))
            continue;
        uint64_t key = old.groups[(cell & ~CELL) >> 32].key;
        if (remap_key)
            key = remap_key(context, key);
        if (remap && !old.is_count)
            member = remap(context, member);
        add_cell(pairs, key, member, b, old.is_count ? *value : 1);
    }
    kpi_pairs_free(&old);
}

uint32_t kpi_pairs_max(const struct kpi_pairs *pairs, void (*on_group)(void *context, uint64_t key),
                       void *context)
{
    uint32_t max = 0;
    for (size_t i = 0; i < pairs->n_groups; i++)
        if (pairs->groups[i].total > max)
            max = pairs->groups[i].total;
    for (size_t i = 0; max && on_group && i < pairs->n_groups; i++)
        if (pairs->groups[i].total == max)
            on_group(context, pairs->groups[i].key);
    return max;
}

void kpi_pairs_encode(const struct kpi_pairs *pairs, struct buf *out)
{
    buf_varint(out, pairs->now);
    buf_varint(out, pairs->refused);
    buf_varint(out, pairs->n_groups);
    for (size_t i = 0; i < pairs->n_groups; i++)
        buf_varint(out, pairs->groups[i].key);
    kpi_table_encode(&pairs->cells, out);
}

bool kpi_pairs_decode(struct kpi_pairs *pairs, struct cursor *in)
{
    struct kpi_table cells = {0};
    uint64_t now = cursor_varint(in), refused = cursor_varint(in), n = cursor_varint(in);
    if (now > UINT32_MAX || n > cursor_left(in))
        cursor_fail(in);
    pairs->now = (uint32_t)now;
    pairs->refused = refused;
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        uint64_t key = cursor_varint(in);
        if (key == 0 || group_number(pairs, key) != i)
            cursor_fail(in);
    }
    if (!in->failed && kpi_table_decode(&cells, in)) {
        size_t at = 0;
        uint64_t cell;
        uint32_t *value;
        kpi_table_reserve(&pairs->cells, cells.n);
        while (!in->failed && kpi_table_next(&cells, &at, &cell, &value)) {
            uint64_t number = (cell & ~CELL) >> 32;
            if (!(cell & CELL) || number >= n) {
                cursor_fail(in);
                break;
            }
            uint32_t low = (uint32_t)cell;
            add_cell(pairs, pairs->groups[number].key, low, pairs->is_count ? low : *value,
                     pairs->is_count ? *value : 1);
        }
    }
    kpi_table_free(&cells);
    return !in->failed;
}
