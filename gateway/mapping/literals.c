/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tries over one alphabet of byte classes: one walked from a text's first byte only, one with
 * failure links resolved into a full table, so that a search is one array access a byte.
 * Calls: literals_new, literals_add_..., literals_build, then literals_find_... from any thread.
 */
#include "gateway/mapping/literals.h"

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
    uint32_t shorter; /* entry number + 1 of the next that ends where this one does, or 0 */
};

struct trie {
    uint32_t *next;   /* [node * classes + class]; node 0 is the root */
    uint16_t *narrow; /* the same once built, where nodes are few enough; next is NULL then */
    uint32_t *hit;    /* [node]: entry number + 1, or 0; the longest that ends there */
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
    *entry = (struct entry){gw_alloc(literal.n), literal.n, *value, anywhere, 0};
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

/* Breadth first: a node's failure is known before its children's; missing edges become the
 * failure's. */
static void link_failures(struct literals *literals, struct trie *trie)
{
    size_t classes = literals->n_classes, head = 0, tail = 0;
    uint32_t *queue = gw_alloc(trie->n_nodes * sizeof *queue);
    uint32_t *fail = gw_alloc(trie->n_nodes * sizeof *fail);
    for (size_t c = 0; c < classes; c++)
        if (trie->next[c])
            queue[tail++] = trie->next[c];
    while (head < tail) {
        size_t node = queue[head++];
        if (trie->hit[node] == 0)
            trie->hit[node] = trie->hit[fail[node]];
        else
            literals->entries[trie->hit[node] - 1].shorter = trie->hit[fail[node]];
        for (size_t c = 0; c < classes; c++) {
            uint32_t *edge = &trie->next[node * classes + c];
            uint32_t other = trie->next[fail[node] * classes + c];
            if (*edge) {
                fail[*edge] = other;
                queue[tail++] = *edge;
            } else {
                *edge = other;
            }
        }
    }
    free(queue);
    free(fail);
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
    link_failures(literals, &literals->inside);
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

bool literals_find_start(const struct literals *literals, struct slice text,
                         const struct literals_filter *filter, struct literals_hit *hit)
{
    const struct trie *trie = &literals->start;
    uint32_t best = 0;
    size_t node = 0;
    for (size_t i = 0; trie->has_entries && i < text.n; i++) {
        node = step(literals, trie, node, text.p[i]);
        if (node == NO_NODE)
            break;
        if (trie->hit[node] && counts(literals, filter, trie->hit[node]))
            best = trie->hit[node];
    }
    if (best == 0)
        return false;
    *hit =
        (struct literals_hit){literals->entries[best - 1].value, literals->entries[best - 1].n, 0};
    return true;
}

/* From *i on, the next byte at which some entry ends; *node is the search's place. Its number of
 * entry + 1, or 0 at the end. Once for each width of node, since nearly all bytes end none. */
static inline uint32_t next_end(const struct literals *literals, struct slice text, bool is_narrow,
                                size_t *node, size_t *i)
{
    const struct trie *trie = &literals->inside;
    size_t classes = literals->n_classes, at = *node;
    uint32_t entry = 0;
    while (entry == 0 && *i < text.n) {
        size_t edge = at * classes + literals->class_of[(unsigned char)text.p[(*i)++]];
        at = is_narrow ? trie->narrow[edge] : trie->next[edge];
        entry = trie->hit[at];
    }
    *node = at;
    return entry;
}

bool literals_find_inside(const struct literals *literals, struct slice text, size_t limit,
                          const struct literals_filter *filter, struct literals_hit *hit)
{
    const struct trie *trie = &literals->inside;
    const struct entry *best = NULL;
    size_t node = 0, i = 0, end = 0;
    uint32_t at;
    if (!trie->has_entries)
        return false;
    text = slice_head(text, limit);
    while ((at = trie->narrow ? next_end(literals, text, true, &node, &i)
                              : next_end(literals, text, false, &node, &i))) {
        for (; at; at = literals->entries[at - 1].shorter) {
            const struct entry *found = &literals->entries[at - 1];
            if (best && found->n <= best->n)
                break;
            if (!counts(literals, filter, at))
                continue;
            best = found;
            end = i;
            break;
        }
    }
    if (!best)
        return false;
    *hit = (struct literals_hit){best->value, best->n, end - best->n};
    return true;
}
