/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_PLAIN_H
#define GATEWAY_BASE_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/base/utf8.h"

/**
 * Text copied into a format that escapes some bytes, sixteen at a step: most texts hold none of
 * them. Plain is printable ASCII and DEL, less up to four bytes that the format names; a set of
 * fewer repeats one of them.
 */
struct plain_set {
    char a, b, c, d;
    const bool *is_plain; /* the same, by byte */
};

enum { PLAIN_BLOCK = 16 };

/* Of sixteen bytes, given as the first and the last eight: bit i for byte i that is not plain. */
static inline unsigned plain_find(uint64_t first, uint64_t last, struct plain_set set)
{
#ifdef __SSE2__
    __m128i block = _mm_set_epi64x((int64_t)last, (int64_t)first);
    /* Signed, so what is beyond ASCII lies below a blank too. Only the highest bits are looked at.
     */
    __m128i found = _mm_subs_epi8(block, _mm_set1_epi8(' '));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(set.a)));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(set.b)));
    if (set.c != set.b)
        found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(set.c)));
    if (set.d != set.b)
        found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(set.d)));
    return (unsigned)_mm_movemask_epi8(found);
#else
    uint64_t halves[2] = {first, last};
    unsigned found = 0;
    for (unsigned i = 0; i < PLAIN_BLOCK; i++)
        found |= (unsigned)!set.is_plain[((const unsigned char *)halves)[i]] << i;
    return found;
#endif
}

static inline unsigned plain_copy_block(char *to, const char *p, struct plain_set set)
{
    uint64_t halves[2];
    memcpy(halves, p, sizeof halves);
    memcpy(to, halves, sizeof halves);
    return plain_find(halves[0], halves[1], set);
}

/* Where it lies, of n bytes whose first and last size bytes the halves of special are about. */
static inline size_t plain_place(unsigned special, size_t size, size_t n)
{
    if (!special)
        return n;
    size_t at = (size_t)__builtin_ctz(special);
    return at < size ? at : n - 2 * size + at;
}

/*
 * Less than a block: both its ends, which may overlap, since a call of memcpy would cost more.
 * Returns how many plain bytes are at the front; up to n are written.
 */
static inline size_t plain_copy_short(char *to, const char *p, size_t n, struct plain_set set)
{
    uint64_t first, last;
    uint32_t head, tail;
    if (n >= 8) {
        memcpy(&first, p, 8);
        memcpy(&last, p + n - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + n - 8, &last, 8);
        return plain_place(plain_find(first, last, set), 8, n);
    }
    if (n >= 4) {
        memcpy(&head, p, 4);
        memcpy(&tail, p + n - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + n - 4, &tail, 4);
        first = (uint64_t)tail << 32 | head;
        return plain_place(plain_find(first, first, set), 4, n);
    }
    size_t i = 0;
    for (; i < n && set.is_plain[(unsigned char)p[i]]; i++)
        to[i] = p[i];
    return i;
}

/* Copies text, for all of which there is room at *to, block by block as long as each is plain.
   True: all of it, *to is behind it. False: text and *to are near the first that is not. */
static inline bool plain_copy(char **to, struct slice *text, struct plain_set set)
{
    const char *p = text->p;
    char *at = *to;
    size_t left = text->n;
    bool is_plain;
    if (left < PLAIN_BLOCK) {
        is_plain = plain_copy_short(at, p, left, set) == left;
    } else {
        for (; left > PLAIN_BLOCK && !plain_copy_block(at, p, set); left -= PLAIN_BLOCK) {
            p += PLAIN_BLOCK;
            at += PLAIN_BLOCK;
        }
        /* The last one overlaps the one before. */
        is_plain = left <= PLAIN_BLOCK &&
                   !plain_copy_block(at + left - PLAIN_BLOCK, p + left - PLAIN_BLOCK, set);
    }
    *text = slice_of(p, left);
    *to = is_plain ? at + left : at;
    return is_plain;
}

/* Room is taken for a stretch at a time, for its worst case, and then written without a check. */
enum { PLAIN_STRETCH = 512, PLAIN_EXPANSION = 6 };

/* Writes what stands for the byte or character at p, which is not plain: at most PLAIN_EXPANSION
   bytes for each of it. n: what is left of the text. Returns how many bytes of it that took. */
typedef size_t plain_special_fn(char **to, const char *p, size_t n);

/* From near the first byte that is not plain to the end. */
static inline void plain_put_rest(struct buf *out, struct slice text, struct plain_set set,
                                  plain_special_fn *special)
{
    const char *p = text.p;
    size_t left = text.n;
    while (left) {
        size_t stop = left > PLAIN_STRETCH ? left - PLAIN_STRETCH : 0;
        char *begin = buf_reserve(out, PLAIN_STRETCH * PLAIN_EXPANSION + 2 * PLAIN_BLOCK);
        char *to = begin;
        while (left > stop) { /* the last step may end behind the stretch */
            size_t room = left < PLAIN_BLOCK ? left : PLAIN_BLOCK;
            size_t n = left < PLAIN_BLOCK
                           ? plain_copy_short(to, p, left, set)
                           : plain_place(plain_copy_block(to, p, set), PLAIN_BLOCK, PLAIN_BLOCK);
            to += n;
            if (n < room)
                n += special(&to, p + n, left - n);
            p += n;
            left -= n;
        }
        out->n += (size_t)(to - begin);
    }
}

/* All of text, as far as it is plain to `to` in out's reserved room, which is enough for that. */
static inline void plain_put(struct buf *out, char *to, struct slice text, struct plain_set set,
                             plain_special_fn *special)
{
    bool is_plain = plain_copy(&to, &text, set);
    out->n = (size_t)(to - out->p);
    if (!is_plain)
        plain_put_rest(out, text, set, special);
}

/* Of a special: a character beyond ASCII as it is, a byte that is none as U+FFFD. */
static inline size_t plain_copy_char(char **to, const char *p, size_t n)
{
    size_t length = utf8_char((const unsigned char *)p, n);
    if (length && n >= 4) /* room is for more */
        memcpy(*to, p, 4);
    else
        memcpy(*to, length ? p : "\xEF\xBF\xBD", length ? length : 3);
    *to += length ? length : 3;
    return length ? length : 1;
}

#endif
