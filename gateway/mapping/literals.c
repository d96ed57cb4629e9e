/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tries over one alphabet of byte classes, for texts' beginnings and for anywhere in them. The
 * second is walked from those places alone where a sieve says that a literal may begin.
 * Calls: literals_new, literals_add_..., literals_build, then literals_find_... from any thread.
 */
#include "gateway/mapping/literals.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/ascii.h"
#include "gateway/mapping/lookup.h"
#include "gateway/mapping/sieve.h"

enum { NO_NODE = 0 };   /* the root is nobody's child */
#define ROOT UINT32_MAX /* its parent */

struct entry {
    char *text;
    size_t n;
    uint32_t value;
    bool anywhere;
};

/*
 * A node is a place in one array; its child for a class stands at children + class, if the place
 * there says that it is this node's. Nodes' children stand in each other's gaps (a double array),
 * so that a trie is about as large as its nodes are many, and a step is one look.
 */
struct place {
    uint32_t children;
    uint32_t parent; /* + 1; 0: free */
    uint32_t hit;    /* entry number + 1 of the one that ends here, or 0 */
};

struct trie {
    struct place *places; /* the root is the first; NULL: no entries */
    size_t n, cap;
    size_t first_free; /* no place before it is free */
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
    for (size_t i = 0; i < 2; i++)
        free(tries[i]->places);
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
        entry->text[i] = ascii_lower(literal.p[i]);
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

/* Entries that share their first depth bytes, sorted: what hangs below a node. */
struct branch {
    const struct entry *const *entries;
    size_t n, depth, node;
};

static uint8_t class_at(const struct literals *literals, const struct entry *entry, size_t i)
{
    return literals->class_of[(unsigned char)entry->text[i]];
}

/* Entries from `from` on that go on with the same byte: how many. */
static size_t run_of(const struct branch *branch, size_t from)
{
    size_t to = from + 1, depth = branch->depth;
    while (to < branch->n && branch->entries[to]->text[depth] == branch->entries[from]->text[depth])
        to++;
    return to - from;
}

/* Any place may be asked for with any class: there are always as many places behind the last. */
static void reserve(const struct literals *literals, struct trie *trie, size_t children)
{
    size_t n = children + literals->n_classes;
    if (n > trie->cap) {
        size_t cap = n + n / 2;
        trie->places = gw_realloc(trie->places, cap * sizeof *trie->places);
        memset(trie->places + trie->cap, 0, (cap - trie->cap) * sizeof *trie->places);
        trie->cap = cap;
    }
    if (n > trie->n)
        trie->n = n;
}

static bool has_room(const struct literals *literals, const struct trie *trie,
                     const struct branch *branch, size_t children)
{
    for (size_t i = 0; i < branch->n; i += run_of(branch, i))
        if (trie->places[children + class_at(literals, branch->entries[i], branch->depth)].parent)
            return false;
    return true;
}

/* The first gap that takes all children of a node. */
static size_t find_gap(const struct literals *literals, struct trie *trie,
                       const struct branch *branch)
{
    while (trie->first_free < trie->n && trie->places[trie->first_free].parent)
        trie->first_free++;
    size_t first = class_at(literals, branch->entries[0], branch->depth);
    size_t children = trie->first_free > first ? trie->first_free - first : 0;
    for (;; children++) {
        reserve(literals, trie, children);
        if (has_room(literals, trie, branch, children))
            return children;
    }
}

/* Gives a node its children, and a branch more to `below` for each; how many. */
static size_t hang(const struct literals *literals, struct trie *trie, struct branch branch,
                   struct branch *below)
{
    size_t n_below = 0;
    if (branch.entries[0]->n == branch.depth) {
        trie->places[branch.node].hit = (uint32_t)(branch.entries[0] - literals->entries) + 1;
        branch.entries++;
        branch.n--;
    }
    if (branch.n == 0)
        return 0;
    size_t children = find_gap(literals, trie, &branch);
    trie->places[branch.node].children = (uint32_t)children;
    for (size_t i = 0, n; i < branch.n; i += n) {
        n = run_of(&branch, i);
        size_t child = children + class_at(literals, branch.entries[i], branch.depth);
        trie->places[child].parent = (uint32_t)branch.node + 1;
        below[n_below++] = (struct branch){branch.entries + i, n, branch.depth + 1, child};
    }
    return n_below;
}

static int by_text(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
    int order = memcmp(x->text, y->text, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

static void build_trie(const struct literals *literals, bool anywhere, struct trie *trie)
{
    const struct entry **entries = gw_alloc((literals->n + 1) * sizeof *entries);
    size_t n = 0;
    for (size_t i = 0; i < literals->n; i++)
        if (literals->entries[i].anywhere == anywhere)
            entries[n++] = &literals->entries[i];
    if (n > 0) {
        struct branch *todo = gw_alloc((n + 1) * sizeof *todo); /* no two have an entry in common */
        size_t n_todo = 1;
        qsort(entries, n, sizeof *entries, by_text);
        reserve(literals, trie, 0);
        trie->places[0].parent = ROOT;
        todo[0] = (struct branch){entries, n, 0, 0};
        while (n_todo > 0) {
            n_todo--;
            n_todo += hang(literals, trie, todo[n_todo], todo + n_todo);
        }
        trie->places = gw_realloc(trie->places, trie->n * sizeof *trie->places);
        free(todo);
    }
    free(entries);
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

void literals_build(struct literals *literals)
{
    classify(literals);
    build_trie(literals, false, &literals->start);
    build_trie(literals, true, &literals->inside);
    literals->sieve = sieve_of(literals);
}

static inline size_t step(const struct literals *literals, const struct trie *trie, size_t node,
                          char c)
{
    size_t at = trie->places[node].children + literals->class_of[(unsigned char)c];
    return trie->places[at].parent == node + 1 ? at : NO_NODE;
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
        uint32_t hit = trie->places[node].hit;
        if (hit && i - from >= more_than && counts(literals, filter, hit))
            best = hit;
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
    uint32_t best = trie->places ? longest_at(literals, trie, text, 0, 0, filter) : 0;
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
    if (!trie->places)
        return false;
    while (i < text.n && (i == from || node != NO_NODE) && !trie->places[node].hit)
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
