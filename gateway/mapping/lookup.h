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
    uint64_t last;    /* lookup_last_word() of the key */
    uint32_t value;
};

struct lookup {
    bool folds_case; /* ASCII letters are compared without case */
    uint32_t seed;
    uint32_t mask;   /* of index; valid after lookup_build() */
    uint32_t *index; /* 0: free, else row number + 1 */
    struct lookup_row *rows;
    size_t n, cap;
    uint64_t lengths; /* lookup_length() of all keys */
};

/* value: any number but LOOKUP_NONE. */
enum { LOOKUP_NONE = UINT32_MAX };

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

static inline uint64_t lookup_word(const char *p, bool folds_case)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return folds_case ? ascii_lower8(word) : word;
}

/* The last of a key's words: eight bytes of which the word before may have some, or all it has. */
static inline uint64_t lookup_last_word(const char *p, size_t n, bool folds_case)
{
    uint64_t word = 0;
    if (n >= 8)
        return lookup_word(p + n - 8, folds_case);
    if (n >= 4) {
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        word = low | (uint64_t)high << 32;
    } else if (n > 0) {
        word = (unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
               (uint64_t)(unsigned char)p[n - 1] << 16;
    }
    return folds_case ? ascii_lower8(word) : word;
}

/* The upper half is what mixes well. */
static inline uint64_t lookup_mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15;
    return h ^ h >> 32;
}

/* last: lookup_last_word() of the key. */
static inline uint32_t lookup_hash(struct slice key, uint64_t last, bool folds_case, uint32_t seed)
{
    uint64_t h = seed ^ (uint64_t)key.n << 32;
    for (size_t i = 0; i + 8 < key.n; i += 8)
        h = lookup_mix(h, lookup_word(key.p + i, folds_case));
    return (uint32_t)lookup_mix(h, last);
}

/* A bit for a length, one bit for all that are 64 apart: where no key has it, none is asked. */
static inline uint64_t lookup_length(size_t n)
{
    return (uint64_t)1 << n % 64;
}

/* Names are a word or two, sooner compared than a function is called. */
static inline bool lookup_is_key(const struct lookup_row *row, struct slice key, uint64_t last,
                                 bool folds_case)
{
    if (row->key.n != key.n || row->last != last)
        return false;
    for (size_t i = 0; i + 8 < key.n; i += 8)
        if (lookup_word(row->key.p + i, folds_case) != lookup_word(key.p + i, folds_case))
            return false;
    return true;
}

/* lookup_get() where the table's folds_case is known as this is compiled: no word asks for it. */
static inline uint32_t lookup_find(const struct lookup *lookup, struct slice key, bool folds_case)
{
    if (!(lookup->lengths & lookup_length(key.n)))
        return LOOKUP_NONE;
    uint64_t last = lookup_last_word(key.p, key.n, folds_case);
    uint32_t at = lookup_hash(key, last, folds_case, lookup->seed) & lookup->mask;
    for (; lookup->index[at]; at = (at + 1) & lookup->mask) {
        const struct lookup_row *row = &lookup->rows[lookup->index[at] - 1];
        if (lookup_is_key(row, key, last, folds_case))
            return row->value;
    }
    return LOOKUP_NONE;
}

/* The value of a key, or LOOKUP_NONE. Any bytes may be asked for. Thread-safe. */
static inline uint32_t lookup_get(const struct lookup *lookup, struct slice key)
{
    return lookup->folds_case ? lookup_find(lookup, key, true) : lookup_find(lookup, key, false);
}

#endif
