/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tries over one alphabet of byte classes, for texts' beginnings and for anywhere in them. The
 * second is walked from those places alone where a sieve says that a literal may begin.
 * Calls: literals_new, literals_add_..., literals_build, then literals_find_... from any thread.
 */
#include "gateway/mapping/literals.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/mapping/lookup.h"
#include "gateway/mapping/sieve.h"

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
    struct sieve *sieve; /* of those inside, NULL without any */
};

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
    sieve_free(literals->sieve);
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

static struct sieve *sieve_of(const struct literals *literals)
{
    struct slice *words = gw_alloc((literals->n + 1) * sizeof *words);
    size_t n = 0;
    for (size_t i = 0; i < literals->n; i++)
        if (literals->entries[i].anywhere)
            words[n++] = slice_of(literals->entries[i].text, literals->entries[i].n);
    struct sieve *sieve = n > 0 ? sieve_new(words, n) : NULL;
    free(words);
    return sieve;
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
    literals->sieve = sieve_of(literals);
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

/* A search inside a text, and the best so far: of length 0 while there is none. */
struct search {
    const struct literals *literals;
    struct slice text;
    const struct literals_filter *filter;
    size_t more_than; /* bytes that the first must have */
    struct literals_hit best;
};

static void try_at(void *context, size_t at)
{
    struct search *search = context;
    size_t length = search->best.length;
    size_t more_than = length == 0 ? search->more_than : length - (at < search->best.at);
    uint32_t entry = longest_at(search->literals, &search->literals->inside, search->text, at,
                                more_than, search->filter);
    if (entry)
        search->best = hit_of(search->literals, entry, at);
}

bool literals_find_inside(const struct literals *literals, struct slice text, size_t limit,
                          const struct literals_filter *filter, struct literals_hit *hit)
{
    struct search search = {literals, slice_head(text, limit), filter, SIEVE_LONG - 1, {0}};
    if (!literals->sieve)
        return false;
    sieve_long(literals->sieve, search.text, try_at, &search);
    search.more_than = 0;
    if (search.best.length == 0)
        sieve_short(literals->sieve, search.text, try_at, &search);
    if (search.best.length > 0)
        *hit = search.best;
    return search.best.length > 0;
}

/* From from on, up to a literal's end or the text's. */
static bool leads_on(const struct literals *literals, const struct trie *trie, struct slice text,
                     size_t from)
{
    size_t node = 0, i = from;
    while (i < text.n && (i == from || node != NO_NODE) && !trie->hit[node])
        node = step(literals, trie, node, text.p[i++]);
    return node != NO_NODE;
}

bool literals_may_begin(const struct literals *literals, struct slice text, size_t n)
{
    bool may = leads_on(literals, &literals->start, text, 0);
    for (size_t i = 0; i < n && i < text.n && !may; i++)
        may = leads_on(literals, &literals->inside, text, i);
    return may;
}
