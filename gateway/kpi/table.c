/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open addressing with linear probing; removal shifts the run back, so there are no tombstones.
 * The hash of texts is a keyed multiply-and-fold in the manner of wyhash: short inputs, no
 * promise against an attacker who sees the seed, and nobody outside sees it.
 */
#include "gateway/kpi/table.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/ascii.h"

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Each size has an order of its own: what is put in as a table of another size is walked does not
 * come in the order of its places, which would make one long run of them. */
static inline size_t home_of(uint64_t key, size_t slots)
{
    uint64_t hash = fold(key ^ 0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u + 2 * slots);
    return (size_t)((__uint128_t)hash * slots >> 64);
}

static inline size_t slot_of(const struct kpi_table *table, uint64_t key)
{
    return home_of(key, table->slots);
}

static inline size_t after(const struct kpi_table *table, size_t at)
{
    return at + 1 == table->slots ? 0 : at + 1;
}

/* How far it is from one slot on to another. */
static inline size_t distance(const struct kpi_table *table, size_t from, size_t to)
{
    return to >= from ? to - from : to + table->slots - from;
}

void kpi_table_free(struct kpi_table *table)
{
    free(table->keys);
    free(table->values);
    *table = (struct kpi_table){0};
}

uint32_t *kpi_table_get(const struct kpi_table *table, uint64_t key)
{
    if (table->n == 0)
        return NULL;
    for (size_t at = slot_of(table, key); table->keys[at]; at = after(table, at))
        if (table->keys[at] == key)
            return &table->values[at];
    return NULL;
}

static void resize(struct kpi_table *table, size_t slots)
{
    struct kpi_table old = *table;
    table->keys = gw_alloc(slots * sizeof *table->keys);
    table->values = gw_alloc(slots * sizeof *table->values);
    table->slots = slots;
    for (size_t i = 0; i < old.slots; i++) {
        if (!old.keys[i])
            continue;
        size_t at = slot_of(table, old.keys[i]);
        while (table->keys[at])
            at = after(table, at);
        table->keys[at] = old.keys[i];
        table->values[at] = old.values[i];
    }
    free(old.keys);
    free(old.values);
}

/* Four fifths: a table half as large again costs less than one twice as large, and most are near
 * to what they will ever hold. */
static inline bool is_full(size_t n, size_t slots)
{
    return n * 5 >= slots * 4;
}

void kpi_table_reserve(struct kpi_table *table, size_t n)
{
    size_t slots = table->slots ? table->slots : 8;
    while (is_full(n, slots))
        slots += slots / 2;
    if (slots > table->slots)
        resize(table, slots);
}

uint32_t *kpi_table_put(struct kpi_table *table, uint64_t key, bool *is_new)
{
    if (is_full(table->n, table->slots))
        resize(table, table->slots ? table->slots + table->slots / 2 : 8);
    size_t at = slot_of(table, key);
    while (table->keys[at] && table->keys[at] != key)
        at = after(table, at);
    bool added = table->keys[at] == 0;
    if (added) {
        table->keys[at] = key;
        table->values[at] = 0;
        table->n++;
    }
    if (is_new)
        *is_new = added;
    return &table->values[at];
}

bool kpi_table_remove(struct kpi_table *table, uint64_t key)
{
    uint32_t *value = kpi_table_get(table, key);
    if (!value)
        return false;
    size_t hole = (size_t)(value - table->values);
    for (size_t at = after(table, hole); table->keys[at]; at = after(table, at)) {
        size_t home = slot_of(table, table->keys[at]);
        /* May the entry at `at` move to the hole? Only if its home is not between them. */
        if (distance(table, home, at) >= distance(table, hole, at)) {
            table->keys[hole] = table->keys[at];
            table->values[hole] = table->values[at];
            hole = at;
        }
    }
    table->keys[hole] = 0;
    table->n--;
    return true;
}

bool kpi_table_next(const struct kpi_table *table, size_t *at, uint64_t *key, uint32_t **value)
{
    for (; *at < table->slots; (*at)++) {
        if (table->keys[*at]) {
            *key = table->keys[*at];
            *value = &table->values[*at];
            (*at)++;
            return true;
        }
    }
    return false;
}

size_t kpi_table_bytes(const struct kpi_table *table)
{
    return table->slots * (sizeof *table->keys + sizeof *table->values);
}

void kpi_table_encode(const struct kpi_table *table, struct buf *out)
{
    buf_varint(out, table->n);
    for (size_t i = 0; i < table->slots; i++) {
        if (table->keys[i]) {
            buf_varint(out, table->keys[i]);
            buf_varint(out, table->values[i]);
        }
    }
}

bool kpi_table_decode(struct kpi_table *table, struct cursor *in)
{
    uint64_t n = cursor_varint(in);
    if (n > cursor_left(in)) /* an entry is at least two bytes */
        cursor_fail(in);
    else
        kpi_table_reserve(table, (size_t)n);
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        uint64_t key = cursor_varint(in), value = cursor_varint(in);
        if (key == 0 || value > UINT32_MAX)
            cursor_fail(in);
        else
            *kpi_table_put(table, key, NULL) = (uint32_t)value;
    }
    if (in->failed)
        kpi_table_free(table);
    return !in->failed;
}

/* ---- places ---- */

void kpi_index_free(struct kpi_index *index)
{
    free(index->places);
    *index = (struct kpi_index){0};
}

static inline uint64_t key_at(const void *rows, size_t bytes, uint32_t place)
{
    uint64_t key;
    memcpy(&key, (const char *)rows + place * bytes, sizeof key);
    return key;
}

uint32_t kpi_index_get(const struct kpi_index *index, const void *rows, size_t bytes, uint64_t key)
{
    if (index->n == 0)
        return UINT32_MAX;
    for (size_t at = home_of(key, index->slots); index->places[at];) {
        uint32_t place = index->places[at] - 1;
        if (key_at(rows, bytes, place) == key)
            return place;
        at = at + 1 == index->slots ? 0 : at + 1;
    }
    return UINT32_MAX;
}

static void place_row(struct kpi_index *index, uint64_t key, uint32_t place)
{
    size_t at = home_of(key, index->slots);
    while (index->places[at])
        at = at + 1 == index->slots ? 0 : at + 1;
    index->places[at] = place + 1;
}

void kpi_index_add(struct kpi_index *index, const void *rows, size_t bytes, uint32_t place)
{
    if (is_full(index->n, index->slots)) {
        uint32_t *old = index->places;
        size_t n_old = index->slots;
        index->slots += n_old ? n_old / 2 : 8;
        index->places = gw_alloc(index->slots * sizeof *index->places);
        for (size_t i = 0; i < n_old; i++)
            if (old[i])
                place_row(index, key_at(rows, bytes, old[i] - 1), old[i] - 1);
        free(old);
    }
    place_row(index, key_at(rows, bytes, place), place);
    index->n++;
}

size_t kpi_index_bytes(const struct kpi_index *index)
{
    return index->slots * sizeof *index->places;
}

/* ---- hashes ---- */

static inline uint64_t byte_at(const char *p, size_t at)
{
    return (uint64_t)(uint8_t)p[at] << 8 * at;
}

/* Up to eight bytes, the first lowest. Without memcpy() of a size that is not constant: a call. */
static inline uint64_t load(const char *p, size_t n)
{
    uint64_t word = 0;
    if (n >= 8) {
        memcpy(&word, p, 8);
        return word;
    }
    if (n & 4)
        word = byte_at(p, 0) | byte_at(p, 1) | byte_at(p, 2) | byte_at(p, 3);
    if (n & 2)
        word |= (byte_at(p + (n & 4), 0) | byte_at(p + (n & 4), 1)) << 8 * (n & 4);
    return n & 1 ? word | byte_at(p, n - 1) : word;
}

static inline uint64_t hash_text(uint64_t seed, uint64_t domain, struct slice text, bool nocase)
{
    uint64_t h = seed ^ fold(domain ^ 0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu);
    const char *p = text.p;
    for (size_t n = text.n; n > 0;) {
        size_t take = n < 8 ? n : 8;
        uint64_t a = load(p, take);
        if (nocase)
            a = ascii_lower8(a);
        h = fold(h ^ a, 0x8ebc6af09c88c6e3u ^ seed);
        p += take;
        n -= take;
    }
    h = fold(h ^ text.n, 0x589965cc75374cc3u);
    return h ? h : 1;
}

uint64_t kpi_hash(uint64_t seed, uint64_t domain, struct slice text)
{
    return hash_text(seed, domain, text, false);
}

uint64_t kpi_hash_nocase(uint64_t seed, uint64_t domain, struct slice text)
{
    return hash_text(seed, domain, text, true);
}
