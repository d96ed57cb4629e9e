/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compiled name tables: lookup_init, lookup_add for each key, lookup_build once, then lookup_get
 * from any thread. Open addressing, load at most a quarter.
 */
#include "gateway/mapping/lookup.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

enum { SEEDS_TRIED = 32 };

void lookup_init(struct lookup *lookup, bool folds_case)
{
    *lookup = (struct lookup){.folds_case = folds_case};
}

void lookup_fini(struct lookup *lookup)
{
    free(lookup->index);
    free(lookup->rows);
    *lookup = (struct lookup){0};
}

/* While rows are added the index is kept usable, at twice the size whenever it fills. */
static void index_rows(struct lookup *lookup, uint32_t seed, size_t slots, size_t *collisions)
{
    memset(lookup->index, 0, slots * sizeof *lookup->index);
    lookup->mask = (uint32_t)slots - 1;
    lookup->seed = seed;
    *collisions = 0;
    for (size_t i = 0; i < lookup->n; i++) {
        const struct lookup_row *row = &lookup->rows[i];
        uint32_t at = lookup_hash(row->key, row->last, lookup->folds_case, seed) & lookup->mask;
        for (; lookup->index[at]; at = (at + 1) & lookup->mask)
            ++*collisions;
        lookup->index[at] = (uint32_t)i + 1;
    }
}

static size_t slots_for(size_t n)
{
    size_t slots = 16;
    while (slots < n * 4)
        slots *= 2;
    return slots;
}

uint32_t lookup_peek(const struct lookup *lookup, struct slice key)
{
    return lookup->index ? lookup_get(lookup, key) : (uint32_t)LOOKUP_NONE;
}

uint32_t lookup_add(struct lookup *lookup, struct slice key, uint32_t value)
{
    uint32_t old = lookup_peek(lookup, key);
    size_t collisions;
    if (old != LOOKUP_NONE)
        return old;
    if (lookup->n == lookup->cap) {
        lookup->cap = lookup->cap ? lookup->cap * 2 : 8;
        lookup->rows = gw_realloc(lookup->rows, lookup->cap * sizeof *lookup->rows);
        size_t slots = slots_for(lookup->cap);
        lookup->index = gw_realloc(lookup->index, slots * sizeof *lookup->index);
        index_rows(lookup, 0, slots, &collisions);
    }
    uint64_t last = lookup_last_word(key.p, key.n, lookup->folds_case);
    lookup->rows[lookup->n] = (struct lookup_row){key, last, value};
    uint32_t at = lookup_hash(key, last, lookup->folds_case, lookup->seed) & lookup->mask;
    lookup->lengths |= lookup_length(key.n);
    while (lookup->index[at])
        at = (at + 1) & lookup->mask;
    lookup->index[at] = (uint32_t)++lookup->n;
    return LOOKUP_NONE;
}

void lookup_build(struct lookup *lookup)
{
    if (lookup->n == 0)
        return;
    size_t slots = slots_for(lookup->n);
    size_t best = SIZE_MAX, collisions;
    uint32_t best_seed = 0;
    lookup->index = gw_realloc(lookup->index, slots * sizeof *lookup->index);
    lookup->rows = gw_realloc(lookup->rows, lookup->n * sizeof *lookup->rows);
    lookup->cap = lookup->n;
    for (uint32_t i = 0; i < SEEDS_TRIED && best > 0; i++) {
        uint32_t seed = i * 0x85ebca6bu;
        index_rows(lookup, seed, slots, &collisions);
        if (collisions < best) {
            best = collisions;
            best_seed = seed;
        }
    }
    index_rows(lookup, best_seed, slots, &collisions);
}
