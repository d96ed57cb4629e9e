/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bursts: a dense array for walking, a table for finding. */
#include "gateway/kpi/burst.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/kpi/codec.h"

void kpi_bursts_free(struct kpi_bursts *bursts)
{
    kpi_table_free(&bursts->numbers);
    free(bursts->all);
    *bursts = (struct kpi_bursts){0};
}

static struct kpi_burst *append(struct kpi_bursts *bursts, uint64_t key)
{
    if (bursts->n == bursts->cap) {
        bursts->cap = bursts->cap ? bursts->cap * 2 : 8;
        bursts->all = gw_realloc(bursts->all, bursts->cap * sizeof *bursts->all);
    }
    *kpi_table_put(&bursts->numbers, key, NULL) = (uint32_t)bursts->n;
    struct kpi_burst *b = &bursts->all[bursts->n++];
    *b = (struct kpi_burst){.key = key, .newest_ms = INT64_MIN};
    return b;
}

/* Into its place. */
static void put_time(struct kpi_burst *b, int64_t time_ms)
{
    size_t i = b->n;
    for (; i > 0 && b->times[i - 1] > time_ms; i--)
        b->times[i] = b->times[i - 1];
    b->times[i] = time_ms;
    b->n++;
}

bool kpi_burst_add(struct kpi_bursts *bursts, uint64_t key, uint16_t kind, int64_t time_ms,
                   int64_t within_ms, unsigned least, bool of_changes)
{
    const uint32_t *known = kpi_table_get(&bursts->numbers, key);
    if (!known && bursts->n == KPI_BURSTS_MAX) {
        bursts->refused++;
        return false;
    }
    struct kpi_burst *b = known ? &bursts->all[*known] : append(bursts, key);
    bool is_change = !known || b->last != kind;
    if (time_ms >= b->newest_ms) {
        b->newest_ms = time_ms;
        b->last = kind;
    }
    if (of_changes && !is_change)
        return false;
    b->within_ms = within_ms;
    while (b->n >= least) /* the oldest was part of no burst, and cannot become part of one */
        memmove(b->times, b->times + 1, --b->n * sizeof *b->times);
    put_time(b, time_ms);
    if (b->n < least || b->times[b->n - 1] - b->times[0] >= within_ms)
        return false;
    b->n = 0;
    return true;
}

void kpi_bursts_collect(struct kpi_bursts *bursts, int64_t now_ms, int64_t keep_ms)
{
    struct kpi_bursts old = *bursts;
    *bursts = (struct kpi_bursts){.refused = old.refused};
    for (size_t i = 0; i < old.n; i++) {
        int64_t age_ms = now_ms - old.all[i].newest_ms;
        if (age_ms < keep_ms || age_ms < old.all[i].within_ms)
            *append(bursts, old.all[i].key) = old.all[i];
    }
    kpi_bursts_free(&old);
}

void kpi_bursts_encode(const struct kpi_bursts *bursts, struct buf *out)
{
    buf_varint(out, bursts->n);
    for (size_t i = 0; i < bursts->n; i++) {
        const struct kpi_burst *b = &bursts->all[i];
        buf_varint(out, b->key);
        kpi_put_int(out, b->within_ms);
        kpi_put_int(out, b->newest_ms);
        buf_varint(out, b->last);
        buf_byte(out, (char)b->n);
        for (size_t t = 0; t < b->n; t++)
            kpi_put_int(out, b->times[t]);
    }
    buf_varint(out, bursts->refused);
}

void kpi_bursts_decode(struct kpi_bursts *bursts, struct cursor *in)
{
    uint64_t n = cursor_varint(in);
    if (n > KPI_BURSTS_MAX)
        cursor_fail(in);
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        uint64_t key = cursor_varint(in);
        if (key == 0 || kpi_table_get(&bursts->numbers, key)) {
            cursor_fail(in);
            return;
        }
        struct kpi_burst *b = append(bursts, key);
        b->within_ms = kpi_get_int(in);
        b->newest_ms = kpi_get_int(in);
        b->last = (uint16_t)cursor_varint(in);
        uint8_t n_times = cursor_u8(in);
        if (n_times > KPI_BURST_LEAST_MAX) {
            cursor_fail(in);
            return;
        }
        for (; b->n < n_times; b->n++)
            b->times[b->n] = kpi_get_int(in);
    }
    bursts->refused = cursor_varint(in);
}
