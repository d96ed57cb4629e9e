/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_TABLE_H
#define GATEWAY_KPI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"
#include "gateway/base/slice.h"

/**
 * Compact hash tables for the engine's many small keys. Their layout may depend on a key drawn at
 * random, what is computed from them must not: no caller lets the order of a walk show.
 */

/** uint64_t -> uint32_t, 12 bytes a slot. {0} is a valid empty table. Key 0 is reserved. */
struct kpi_table {
    uint64_t *keys; /* 0: free */
    uint32_t *values;
    size_t n, slots;
};
void kpi_table_free(struct kpi_table *table);
/* NULL when absent; valid until the next put or remove. */
uint32_t *kpi_table_get(const struct kpi_table *table, uint64_t key);
/* The value's place, zeroed when it is new; *is_new may be NULL. */
uint32_t *kpi_table_put(struct kpi_table *table, uint64_t key, bool *is_new);
/* Room for n keys at once, so that they are put without growing. */
void kpi_table_reserve(struct kpi_table *table, size_t n);
bool kpi_table_remove(struct kpi_table *table, uint64_t key);
/* Walk: start with *at = 0; false at the end. Nothing may be added or removed during it. */
bool kpi_table_next(const struct kpi_table *table, size_t *at, uint64_t *key, uint32_t **value);
size_t kpi_table_bytes(const struct kpi_table *table);
void kpi_table_encode(const struct kpi_table *table, struct buf *out);
/* False when the bytes cannot be a table; the table is then empty. */
bool kpi_table_decode(struct kpi_table *table, struct cursor *in);

/**
 * Places of rows that lie dense in an array of the caller's, found by the uint64_t that each begins
 * with: 4 bytes a slot. {0} is a valid empty one. Keys are added, never removed.
 */
struct kpi_index {
    uint32_t *places; /* + 1; 0: free */
    size_t n, slots;
};
void kpi_index_free(struct kpi_index *index);
/* The place, of rows of that many bytes each; UINT32_MAX when there is none. */
uint32_t kpi_index_get(const struct kpi_index *index, const void *rows, size_t bytes, uint64_t key);
/* The row at place, which has its key already and is not in the index. */
void kpi_index_add(struct kpi_index *index, const void *rows, size_t bytes, uint32_t place);
size_t kpi_index_bytes(const struct kpi_index *index);

/* 64 bits of seeded hash, never 0. Same seed, same answer, in every process. */
uint64_t kpi_hash(uint64_t seed, uint64_t domain, struct slice text);
/* The same of the text with ASCII letters lowered. */
uint64_t kpi_hash_nocase(uint64_t seed, uint64_t domain, struct slice text);

#endif
