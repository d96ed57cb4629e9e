/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A word of seven bytes or more has four, somewhere among its first seven, that stand in a text at
 * a multiple of four: only those are asked about, and where a set knows them the four places before
 * are asked whether a word begins so. A shorter word is looked for by the one of its bytes that few
 * texts have: a ':' or '[' rather than a letter.
 */
#include "gateway/mapping/sieve.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"

/* GRAM bytes are asked about each STRIDE bytes; a long word has STRIDE of them in its first bytes.
 */
enum { GRAM = 4, STRIDE = 4 };
enum { BITS_MIN = 9, BITS_MAX = 16, BITS_A_WORD = 64 };

/* Four bytes that may be in it: what is, always, and of others one in fifty. */
struct grams {
    uint64_t *bits;
    unsigned shift;
};

/* A byte by which short words are looked for, and how far behind their beginnings it stands. */
struct anchor {
    uint8_t byte;
    uint8_t offsets; /* bit n: in some word at n */
};

struct sieve {
    struct grams among, begin; /* of long words: at 0 to STRIDE - 1, and at 0 */
    bool has_long;
    struct anchor anchors[256];
    size_t n_anchors;
};

_Static_assert((int)SIEVE_LONG == GRAM + STRIDE - 1, "a long word holds a gram at every phase");
_Static_assert(SIEVE_LONG <= 8, "the offsets of a short word's byte are bits of one byte");

static uint32_t gram_at(const char *p)
{
    uint32_t gram;
    memcpy(&gram, p, sizeof gram);
    return gram | 0x20202020u; /* either case of letters; others may be taken for each other */
}

static inline uint32_t place_of(const struct grams *grams, uint32_t gram)
{
    return gram * 0x9e3779b1u >> grams->shift;
}

static inline bool may_have(const struct grams *grams, uint32_t gram)
{
    uint32_t place = place_of(grams, gram);
    return grams->bits[place / 64] >> place % 64 & 1;
}

static void note(struct grams *grams, uint32_t gram)
{
    uint32_t place = place_of(grams, gram);
    grams->bits[place / 64] |= (uint64_t)1 << place % 64;
}

static void grams_init(struct grams *grams, size_t n_words)
{
    unsigned bits = BITS_MIN;
    while (bits < BITS_MAX && (size_t)1 << bits < n_words * BITS_A_WORD)
        bits++;
    *grams = (struct grams){gw_alloc(((size_t)1 << bits) / 8), 32 - bits};
}

static void note_long(struct sieve *sieve, struct slice word)
{
    sieve->has_long = true;
    note(&sieve->begin, gram_at(word.p));
    for (size_t i = 0; i < STRIDE; i++)
        note(&sieve->among, gram_at(word.p + i));
}

/* How often texts have it, by a guess: a byte that is no letter, digit or blank is far rarer. */
static size_t rarity(uint8_t byte)
{
    bool is_common = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == ' ';
    return is_common || byte >= 0x80 ? 1 : 64;
}

/* The byte that most of the words without an anchor have, a rare one if there is one. */
static uint8_t next_anchor(const struct slice *words, const bool *is_done, size_t n)
{
    size_t score[256] = {0}, best = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; !is_done[i] && k < words[i].n; k++)
            score[(uint8_t)words[i].p[k]] += rarity((uint8_t)words[i].p[k]);
    for (size_t byte = 1; byte < 256; byte++)
        if (score[byte] > score[best])
            best = byte;
    return (uint8_t)best;
}

static void add_anchors(struct sieve *sieve, const struct slice *words, size_t n)
{
    bool *is_done = gw_alloc(n);
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        is_done[i] = words[i].n >= SIEVE_LONG;
        n_left += !is_done[i];
    }
    while (n_left > 0) {
        struct anchor anchor = {next_anchor(words, is_done, n), 0};
        for (size_t i = 0; i < n; i++) {
            size_t at = is_done[i] ? words[i].n : slice_find(words[i], (char)anchor.byte);
            if (at == words[i].n)
                continue;
            anchor.offsets |= (uint8_t)(1u << at);
            is_done[i] = true;
            n_left--;
        }
        sieve->anchors[sieve->n_anchors++] = anchor;
        if (anchor.byte >= 'a' && anchor.byte <= 'z') {
            anchor.byte -= 32;
            sieve->anchors[sieve->n_anchors++] = anchor;
        }
    }
    free(is_done);
}

struct sieve *sieve_new(const struct slice *words, size_t n)
{
    struct sieve *sieve = gw_alloc(sizeof *sieve);
    grams_init(&sieve->among, n);
    grams_init(&sieve->begin, n);
    for (size_t i = 0; i < n; i++)
        if (words[i].n >= SIEVE_LONG)
            note_long(sieve, words[i]);
    add_anchors(sieve, words, n);
    return sieve;
}

void sieve_free(struct sieve *sieve)
{
    if (!sieve)
        return;
    free(sieve->among.bits);
    free(sieve->begin.bits);
    free(sieve);
}

/* One stands at i, or so it seems: a word that has it begins there or up to STRIDE - 1 before. */
static void visit_before(const struct sieve *sieve, struct slice text, size_t i, sieve_visit *visit,
                         void *context)
{
    for (size_t at = i < STRIDE ? 0 : i - STRIDE + 1; at <= i; at++)
        if (may_have(&sieve->begin, gram_at(text.p + at)))
            visit(context, at);
}

void sieve_long(const struct sieve *sieve, struct slice text, sieve_visit *visit, void *context)
{
    const struct grams *among = &sieve->among;
    size_t i = 0;
    if (!sieve->has_long)
        return;
    for (; i + 3 * STRIDE + GRAM <= text.n; i += 4 * STRIDE) { /* four questions at once */
        bool first = may_have(among, gram_at(text.p + i)),
             second = may_have(among, gram_at(text.p + i + STRIDE)),
             third = may_have(among, gram_at(text.p + i + 2 * STRIDE)),
             fourth = may_have(among, gram_at(text.p + i + 3 * STRIDE));
        if (!(first | second | third | fourth))
            continue;
        if (first)
            visit_before(sieve, text, i, visit, context);
        if (second)
            visit_before(sieve, text, i + STRIDE, visit, context);
        if (third)
            visit_before(sieve, text, i + 2 * STRIDE, visit, context);
        if (fourth)
            visit_before(sieve, text, i + 3 * STRIDE, visit, context);
    }
    for (; i + GRAM <= text.n; i += STRIDE)
        if (may_have(among, gram_at(text.p + i)))
            visit_before(sieve, text, i, visit, context);
}

void sieve_short(const struct sieve *sieve, struct slice text, sieve_visit *visit, void *context)
{
    for (size_t k = 0; k < sieve->n_anchors; k++) {
        const struct anchor *anchor = &sieve->anchors[k];
        for (size_t i = 0; (i += slice_find(slice_skip(text, i), (char)anchor->byte)) < text.n; i++)
            for (size_t offset = 0; offset < SIEVE_LONG - 1 && offset <= i; offset++)
                if (anchor->offsets >> offset & 1)
                    visit(context, i - offset);
    }
}
