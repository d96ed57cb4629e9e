/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tries over one alphabet of byte classes, for texts' beginnings and for anywhere in them. The
 * second is walked from those places alone where a literal may begin: a table says of four bytes
 * whether one of three bytes or more does, and what begins a shorter one is looked for by itself.
 * These questions, unlike the steps of a walk, do not wait for each other.
 * Calls: literals_new, literals_add_..., literals_build, then literals_find_... from any thread.
 */
#include "gateway/mapping/literals.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/mapping/lookup.h"

enum { NO_NODE = 0 };

struct entry {
    char *text;
    size_t n;
    uint32_t value;
    bool anywhere;
};

struct trie {
    uint32_t *next;   /* [node * classes + class]; node 0 is the root */
    uint16_t *narrow; /* the same once built, where nodes are few enough; next is NULL then */
    uint32_t *hit;    /* [node]: entry number + 1 of the one that ends there, or 0 */
    size_t n_nodes;
    bool has_entries;
};

struct literals {
    struct entry *entries;
    size_t n, cap;
    struct lookup keys[2]; /* starts, inside: text -> entry number */
    uint8_t class_of[256]; /* 0: a byte that no literal has */
    size_t n_classes;
    struct trie start, inside;
    uint8_t *openings; /* by opening_hash(): whether one inside, of 3 bytes or more, begins so */
    unsigned openings_shift;
    uint8_t tiny[256]; /* what shorter ones begin with, n_tiny of them */
    size_t n_tiny;
};

enum { OPENING = 4, TINY = 2, HASH_BITS_MIN = 6, HASH_BITS_MAX = 14 };

static unsigned char fold(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

struct literals *literals_new(void)
{
    struct literals *literals = gw_alloc(sizeof *literals);
    lookup_init(&literals->keys[0], true);
    lookup_init(&literals->keys[1], true);
    return literals;
}

void literals_free(struct literals *literals)
{
    if (!literals)
        return;
    for (size_t i = 0; i < literals->n; i++)
        free(literals->entries[i].text);
    free(literals->entries);
    lookup_fini(&literals->keys[0]);
    lookup_fini(&literals->keys[1]);
    struct trie *tries[] = {&literals->start, &literals->inside};
    for (size_t i = 0; i < 2; i++) {
        free(tries[i]->next);
        free(tries[i]->narrow);
        free(tries[i]->hit);
    }
    free(literals->openings);
    free(literals);
}

static bool add(struct literals *literals, struct slice literal, bool anywhere, uint32_t *value)
{
    struct lookup *keys = &literals->keys[anywhere];
    uint32_t old = lookup_peek(keys, literal);
    if (old != LOOKUP_NONE) {
        *value = literals->entries[old].value;
        return false;
    }
    if (literal.n == 0)
        return false;
    if (literals->n == literals->cap) {
        literals->cap = literals->cap ? literals->cap * 2 : 16;
        literals->entries =
            gw_realloc(literals->entries, literals->cap * sizeof *literals->entries);
    }
    struct entry *entry = &literals->entries[literals->n];
    *entry = (struct entry){gw_alloc(literal.n), literal.n, *value, anywhere};
    for (size_t i = 0; i < literal.n; i++)
        entry->text[i] = (char)fold((unsigned char)literal.p[i]);
    lookup_add(keys, slice_of(entry->text, entry->n), (uint32_t)literals->n);
    literals->n++;
    return true;
}

bool literals_add_start(struct literals *literals, struct slice literal, uint32_t *value)
{
    return add(literals, literal, false, value);
}

bool literals_add_inside(struct literals *literals, struct slice literal, uint32_t *value)
{
    return add(literals, literal, true, value);
}

static void classify(struct literals *literals)
{
    size_t n = 1;
    for (size_t i = 0; i < literals->n; i++)
        for (size_t k = 0; k < literals->entries[i].n; k++) {
            unsigned char c = (unsigned char)literals->entries[i].text[k];
            if (literals->class_of[c] == 0)
                literals->class_of[c] = (uint8_t)n++; /* at most 230 after folding */
        }
    for (int c = 'A'; c <= 'Z'; c++)
        literals->class_of[c] = literals->class_of[c + 32];
    literals->n_classes = n;
}

static void build_trie(const struct literals *literals, bool anywhere, struct trie *trie)
{
    size_t classes = literals->n_classes, bound = 1;
    for (size_t i = 0; i < literals->n; i++)
        if (literals->entries[i].anywhere == anywhere)
            bound += literals->entries[i].n;
    trie->next = gw_alloc(bound * classes * sizeof *trie->next);
    trie->hit = gw_alloc(bound * sizeof *trie->hit);
    trie->n_nodes = 1;
    for (size_t i = 0; i < literals->n; i++) {
        const struct entry *entry = &literals->entries[i];
        size_t node = 0;
        if (entry->anywhere != anywhere)
            continue;
        for (size_t k = 0; k < entry->n; k++) {
            uint32_t *edge =
                &trie->next[node * classes + literals->class_of[(unsigned char)entry->text[k]]];
            if (*edge == NO_NODE)
                *edge = (uint32_t)trie->n_nodes++;
            node = *edge;
        }
        trie->hit[node] = (uint32_t)i + 1;
        trie->has_entries = true;
    }
}

/* Of the low four bytes, in any case of letters; others may share a hash as well. */
static inline uint32_t opening_hash(uint64_t bytes, unsigned shift)
{
    return ((uint32_t)bytes | 0x20202020u) * 0x9e3779b1u >> shift;
}

static void note_opening(struct literals *literals, const struct entry *entry)
{
    uint8_t window[OPENING];
    memcpy(window, entry->text, entry->n < OPENING ? entry->n : OPENING);
    for (int last = 0; last < (entry->n < OPENING ? 256 : 1); last++) {
        uint32_t bytes;
        if (entry->n < OPENING)
            window[OPENING - 1] = (uint8_t)last;
        memcpy(&bytes, window, sizeof bytes);
        literals->openings[opening_hash(le32toh(bytes), literals->openings_shift)] = 1;
    }
}

static void note_tiny(struct literals *literals, uint8_t first)
{
    if (memchr(literals->tiny, first, literals->n_tiny))
        return;
    literals->tiny[literals->n_tiny++] = first;
    if (first >= 'a' && first <= 'z')
        literals->tiny[literals->n_tiny++] = (uint8_t)(first - 32);
}

static void note_openings(struct literals *literals)
{
    unsigned bits = HASH_BITS_MIN;
    while (bits < HASH_BITS_MAX && (size_t)1 << bits < literals->n * 32)
        bits++;
    literals->openings_shift = 32 - bits;
    literals->openings = gw_alloc((size_t)1 << bits);
    for (size_t i = 0; i < literals->n; i++) {
        const struct entry *entry = &literals->entries[i];
        if (entry->anywhere && entry->n > TINY)
            note_opening(literals, entry);
        else if (entry->anywhere)
            note_tiny(literals, (uint8_t)entry->text[0]);
    }
}

/* Half the memory, and half as much for a cache to hold. */
static void narrow(const struct literals *literals, struct trie *trie)
{
    size_t n = trie->n_nodes * literals->n_classes;
    trie->hit = gw_realloc(trie->hit, trie->n_nodes * sizeof *trie->hit);
    if (trie->n_nodes > UINT16_MAX + 1u) {
        trie->next = gw_realloc(trie->next, n * sizeof *trie->next);
        return;
    }
    trie->narrow = gw_alloc(n * sizeof *trie->narrow);
    for (size_t i = 0; i < n; i++)
        trie->narrow[i] = (uint16_t)trie->next[i];
    free(trie->next);
    trie->next = NULL;
}

void literals_build(struct literals *literals)
{
    classify(literals);
    build_trie(literals, false, &literals->start);
    build_trie(literals, true, &literals->inside);
    if (literals->inside.has_entries)
        note_openings(literals);
    narrow(literals, &literals->start);
    narrow(literals, &literals->inside);
}

static inline size_t step(const struct literals *literals, const struct trie *trie, size_t node,
                          char c)
{
    size_t at = node * literals->n_classes + literals->class_of[(unsigned char)c];
    return trie->narrow ? trie->narrow[at] : trie->next[at];
}

static bool counts(const struct literals *literals, const struct literals_filter *filter,
                   uint32_t entry)
{
    return !filter || filter->accepts(filter->context, literals->entries[entry - 1].value);
}

/* The longest that counts of those that begin at from and have more bytes than that: its number of
 * entry + 1, or 0. */
static uint32_t longest_at(const struct literals *literals, const struct trie *trie,
                           struct slice text, size_t from, size_t more_than,
                           const struct literals_filter *filter)
{
    uint32_t best = 0;
    size_t node = 0;
    for (size_t i = from; i < text.n; i++) {
        node = step(literals, trie, node, text.p[i]);
        if (node == NO_NODE)
            break;
        if (trie->hit[node] && i - from >= more_than && counts(literals, filter, trie->hit[node]))
            best = trie->hit[node];
    }
    return best;
}

static struct literals_hit hit_of(const struct literals *literals, uint32_t entry, size_t at)
{
    return (struct literals_hit){literals->entries[entry - 1].value, literals->entries[entry - 1].n,
                                 at};
}

bool literals_find_start(const struct literals *literals, struct slice text,
                         const struct literals_filter *filter, struct literals_hit *hit)
{
    const struct trie *trie = &literals->start;
    uint32_t best = trie->has_entries ? longest_at(literals, trie, text, 0, 0, filter) : 0;
    if (best)
        *hit = hit_of(literals, best, 0);
    return best != 0;
}

/* From i on, the next place where one of three bytes or more may begin; of the last bytes each may.
 */
static size_t next_opening(const struct literals *literals, struct slice text, size_t i)
{
    const uint8_t *openings = literals->openings;
    unsigned shift = literals->openings_shift;
    uint64_t bytes;
    for (; i + sizeof bytes <= text.n; i += 4) { /* four places at once */
        memcpy(&bytes, text.p + i, sizeof bytes);
        bytes = le64toh(bytes);
        unsigned first = openings[opening_hash(bytes, shift)],
                 second = openings[opening_hash(bytes >> 8, shift)],
                 third = openings[opening_hash(bytes >> 16, shift)],
                 fourth = openings[opening_hash(bytes >> 24, shift)];
        if (first | second | third | fourth)
            return i + (first ? 0 : second ? 1 : third ? 2 : 3);
    }
    return i;
}

static size_t next_tiny(const struct literals *literals, struct slice text, size_t i)
{
    struct slice rest = slice_skip(text, i);
    for (size_t k = 0; k < literals->n_tiny; k++)
        rest = slice_head(rest, slice_find(rest, (char)literals->tiny[k]));
    return i + rest.n;
}

/* Of the places that next() tells the longest that begins there, of more bytes than that. */
static bool find_by(const struct literals *literals, struct slice text,
                    size_t (*next)(const struct literals *literals, struct slice text, size_t i),
                    size_t more_than, const struct literals_filter *filter,
                    struct literals_hit *hit)
{
    size_t most = more_than;
    for (size_t i = 0; (i = next(literals, text, i)) + most < text.n; i++) {
        uint32_t best = longest_at(literals, &literals->inside, text, i, most, filter);
        if (!best)
            continue;
        *hit = hit_of(literals, best, i);
        most = hit->length;
    }
    return most > more_than;
}

bool literals_find_inside(const struct literals *literals, struct slice text, size_t limit,
                          const struct literals_filter *filter, struct literals_hit *hit)
{
    if (!literals->inside.has_entries)
        return false;
    text = slice_head(text, limit);
    return find_by(literals, text, next_opening, TINY, filter, hit) ||
           (literals->n_tiny && find_by(literals, text, next_tiny, 0, filter, hit));
}
