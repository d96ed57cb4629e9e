/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Held states: a dense array for walking, a table for finding. */
#include "gateway/kpi/held.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/kpi/codec.h"

void kpi_held_free(struct kpi_held *held)
{
    kpi_index_free(&held->numbers);
    free(held->entries);
    *held = (struct kpi_held){0};
}

static uint32_t find(const struct kpi_held *held, uint64_t key)
{
    return kpi_index_get(&held->numbers, held->entries, sizeof *held->entries, key);
}

bool kpi_held_set(struct kpi_held *held, uint64_t key, uint32_t site, int64_t time_ms, bool is_on)
{
    uint32_t known = find(held, key);
    if (known != UINT32_MAX) {
        struct kpi_held_entry *e = &held->entries[known];
        if (time_ms < e->time_ms)
            return false;
        e->time_ms = time_ms;
        e->is_on = is_on;
        return true;
    }
    if (held->n >= KPI_HELD_MAX) {
        held->refused++;
        return false;
    }
    if (held->n == held->cap) {
        held->cap += held->cap ? held->cap / 2 : 8;
        held->entries = gw_realloc(held->entries, held->cap * sizeof *held->entries);
    }
    held->entries[held->n] = (struct kpi_held_entry){
        .key = key, .time_ms = time_ms, .site = site & 0x7fff, .is_on = is_on};
    kpi_index_add(&held->numbers, held->entries, sizeof *held->entries, (uint32_t)held->n++);
    return true;
}

bool kpi_held_end(struct kpi_held *held, uint64_t key, uint32_t site, int64_t time_ms)
{
    uint32_t known = find(held, key);
    if (known == UINT32_MAX) {
        kpi_held_set(held, key, site, time_ms, false);
        return false;
    }
    struct kpi_held_entry *e = &held->entries[known];
    bool was_on = e->is_on;
    if (time_ms < e->time_ms)
        return false;
    e->time_ms = time_ms;
    e->is_on = false;
    return was_on;
}

const struct kpi_held_entry *kpi_held_get(const struct kpi_held *held, uint64_t key)
{
    uint32_t place = find(held, key);
    return place == UINT32_MAX ? NULL : &held->entries[place];
}

void kpi_held_rebuild(struct kpi_held *held, int64_t now_ms, int64_t expire_ms, int64_t before_ms,
                      uint64_t (*remap)(void *context, uint64_t key), void *context)
{
    struct kpi_held old = *held;
    *held = (struct kpi_held){.refused = old.refused};
    for (size_t i = 0; i < old.n; i++) {
        const struct kpi_held_entry *e = &old.entries[i];
        bool is_on = kpi_held_is_on(e, now_ms, expire_ms);
        if (!is_on && e->time_ms < before_ms)
            continue;
        uint64_t key = remap ? remap(context, e->key) : e->key;
        if (key)
            kpi_held_set(held, key, e->site, e->time_ms, e->is_on);
    }
    kpi_held_free(&old);
}

void kpi_held_encode(const struct kpi_held *held, struct buf *out)
{
    buf_varint(out, held->n);
    for (size_t i = 0; i < held->n; i++) {
        buf_varint(out, held->entries[i].key);
        kpi_put_int(out, held->entries[i].time_ms);
        buf_varint(out, held->entries[i].site);
        buf_byte(out, held->entries[i].is_on);
    }
    buf_varint(out, held->refused);
}

bool kpi_held_decode(struct kpi_held *held, struct cursor *in)
{
    uint64_t n = cursor_varint(in);
    if (n > KPI_HELD_MAX)
        cursor_fail(in);
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        uint64_t key = cursor_varint(in);
        int64_t time_ms = kpi_get_int(in);
        uint64_t site = cursor_varint(in);
        bool is_on = cursor_u8(in) != 0;
        if (key == 0 || site >= KPI_HELD_SITES_MAX ||
            !kpi_held_set(held, key, (uint32_t)site, time_ms, is_on))
            cursor_fail(in);
    }
    held->refused = cursor_varint(in);
    return !in->failed;
}
