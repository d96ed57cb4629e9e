/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_LOOKUP_H
#define GATEWAY_MAPPING_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gateway/base/ascii.h"
#include "gateway/base/slice.h"

/**
 * A table from names to numbers that is filled once, while a mapping is compiled, and then only
 * read: the keys are a mapping's own words, so nobody outside can make them collide. Built with the
 * one of many seeds that leaves the fewest collisions, so that nearly every question is one probe.
 */
struct lookup_row {
    struct slice key; /* borrowed from the compiled set's arena */
    uint32_t hash;
    uint32_t value;
};

struct lookup {
    bool folds_case; /* ASCII letters are compared without case */
    uint32_t seed;
    uint32_t mask;   /* of index; valid after lookup_build() */
    uint32_t *index; /* 0: free, else row number + 1 */
    struct lookup_row *rows;
    size_t n, cap;
    uint64_t lengths; /* that some key has; the last bit: LOOKUP_LONG bytes or more */
};

/* value: any number but LOOKUP_NONE. */
enum { LOOKUP_NONE = UINT32_MAX, LOOKUP_LONG = 63 };

void lookup_init(struct lookup *lookup, bool folds_case);
void lookup_fini(struct lookup *lookup);

/**
 * Add a key, before lookup_build(); key is borrowed for the table's life. Returns LOOKUP_NONE, or
 * the value the key has already, which then stays. Compile time only: its cost is a search.
 */
uint32_t lookup_add(struct lookup *lookup, struct slice key, uint32_t value);
/* The value of a key before lookup_build(), or LOOKUP_NONE. */
uint32_t lookup_peek(const struct lookup *lookup, struct slice key);
void lookup_build(struct lookup *lookup);

static inline uint64_t lookup_mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15;
    return h ^ (h >> 29);
}

static inline uint32_t lookup_hash(struct slice key, bool folds_case, uint32_t seed)
{
    uint64_t h = seed ^ (uint64_t)key.n << 32;
    const char *p = key.p;
    size_t n = key.n;
    uint64_t word;
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        h = lookup_mix(h, folds_case ? ascii_lower8(word) : word);
    }
    if (n) {
        word = 0;
        if (n >= 4) {
            uint32_t low, high;
            memcpy(&low, p, 4);
            memcpy(&high, p + n - 4, 4);
            word = low | (uint64_t)high << 32;
        } else {
            word = (unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
                   (uint64_t)(unsigned char)p[n - 1] << 16;
        }
        h = lookup_mix(h, folds_case ? ascii_lower8(word) : word);
    }
    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

static inline uint64_t lookup_length(size_t n)
{
    return (uint64_t)1 << (n < LOOKUP_LONG ? n : LOOKUP_LONG);
}

/* The value of a key, or LOOKUP_NONE. Any bytes may be asked for. Thread-safe. */
static inline uint32_t lookup_get(const struct lookup *lookup, struct slice key)
{
    if (!(lookup->lengths & lookup_length(key.n)))
        return LOOKUP_NONE;
    uint32_t hash = lookup_hash(key, lookup->folds_case, lookup->seed);
    for (uint32_t at = hash & lookup->mask; lookup->index[at]; at = (at + 1) & lookup->mask) {
        const struct lookup_row *row = &lookup->rows[lookup->index[at] - 1];
        if (row->hash != hash || row->key.n != key.n)
            continue;
        if (lookup->folds_case ? slice_equal_nocase(row->key, key) : slice_equal(row->key, key))
            return row->value;
    }
    return LOOKUP_NONE;
}

#endif
