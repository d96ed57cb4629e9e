/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streaming JSON. Source: RFC 8259 section 7 for what must be escaped. */
#include "gateway/base/json.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "gateway/base/utf8.h"

/* DEL is legal as it is. */
static inline bool is_plain(unsigned char c)
{
    static const bool plain[256] = {[' ' ... '!'] = 1, ['#' ... '['] = 1, [']' ... 0x7f] = 1};
    return plain[c];
}

/* Sixteen bytes. find_special(): bit i for byte i that is not plain. */
#ifdef __SSE2__
typedef __m128i block;

static inline block block_of(uint64_t first, uint64_t last)
{
    return _mm_set_epi64x((int64_t)last, (int64_t)first);
}

static inline unsigned find_special(block b)
{
    /* Signed, so what is beyond ASCII lies below a blank too. Only the highest bits are looked at.
     */
    __m128i low = _mm_subs_epi8(b, _mm_set1_epi8(' '));
    __m128i quotes = _mm_cmpeq_epi8(b, _mm_set1_epi8('"'));
    __m128i slashes = _mm_cmpeq_epi8(b, _mm_set1_epi8('\\'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quotes, slashes)));
}
#else
typedef struct {
    uint64_t words[2];
} block;

static inline block block_of(uint64_t first, uint64_t last)
{
    return (block){{first, last}};
}

static inline unsigned find_special(block b)
{
    unsigned special = 0;
    for (unsigned i = 0; i < sizeof b; i++)
        special |= (unsigned)!is_plain(((const unsigned char *)&b)[i]) << i;
    return special;
}
#endif

enum { BLOCK_BYTES = sizeof(block) };

static inline unsigned copy_block(char *to, const unsigned char *p)
{
    block b;
    memcpy(&b, p, sizeof b);
    memcpy(to, &b, sizeof b);
    return find_special(b);
}

/* Where it lies, of n bytes whose first and last size bytes the halves of special are about. */
static inline size_t place_of(unsigned special, size_t size, size_t n)
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
static inline size_t copy_short(char *to, const unsigned char *p, size_t n)
{
    uint64_t first, last;
    uint32_t head, tail;
    if (n >= 8) {
        memcpy(&first, p, 8);
        memcpy(&last, p + n - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + n - 8, &last, 8);
        return place_of(find_special(block_of(first, last)), 8, n);
    }
    if (n >= 4) {
        memcpy(&head, p, 4);
        memcpy(&tail, p + n - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + n - 4, &tail, 4);
        first = (uint64_t)tail << 32 | head;
        return place_of(find_special(block_of(first, first)), 4, n);
    }
    size_t i = 0;
    for (; i < n && is_plain(p[i]); i++)
        to[i] = (char)p[i];
    return i;
}

/* One byte or character that is not plain; at most 6 bytes out. Returns the bytes read. */
static size_t copy_special(char **to, const unsigned char *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x80] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                       ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};
    unsigned char c = *p;
    if (c >= 0x80) {
        size_t len = utf8_char(p, n);
        if (len && n >= 4) /* room is for more */
            memcpy(*to, p, 4);
        else
            memcpy(*to, len ? (const char *)p : "\xEF\xBF\xBD", len ? len : 3);
        *to += len ? len : 3;
        return len ? len : 1;
    }
    (*to)[0] = '\\';
    if (letters[c]) {
        (*to)[1] = letters[c];
        *to += 2;
        return 1;
    }
    memcpy(*to + 1, "u00", 3);
    (*to)[4] = hex[c >> 4];
    (*to)[5] = hex[c & 15];
    *to += 6;
    return 1;
}

/* Room is taken for a stretch at a time, for its worst case, and then written without a check. */
enum { STRETCH_BYTES = 512, EXPANSION = 6 };

/* From near the first byte that is not plain to the closing quote. */
static __attribute__((noinline)) void quote_rest(struct buf *out, const unsigned char *p,
                                                 size_t left)
{
    while (left) {
        size_t stop = left > STRETCH_BYTES ? left - STRETCH_BYTES : 0;
        char *begin = buf_reserve(out, STRETCH_BYTES * EXPANSION + 2 * BLOCK_BYTES), *to = begin;
        while (left > stop) { /* the last step may end behind the stretch */
            size_t room = left < BLOCK_BYTES ? left : BLOCK_BYTES;
            size_t n = left < BLOCK_BYTES ? copy_short(to, p, left)
                                          : place_of(copy_block(to, p), BLOCK_BYTES, BLOCK_BYTES);
            to += n;
            if (n < room)
                n += copy_special(&to, p + n, left - n);
            p += n;
            left -= n;
        }
        out->n += (size_t)(to - begin);
    }
    buf_byte(out, '"');
}

void json_quote_at(struct buf *out, char *to, struct slice value)
{
    const unsigned char *p = (const unsigned char *)value.p;
    size_t left = value.n;
    bool are_plain;
    *to++ = '"';
    if (left < BLOCK_BYTES) {
        are_plain = copy_short(to, p, left) == left;
    } else {
        for (; left > BLOCK_BYTES && !copy_block(to, p); left -= BLOCK_BYTES) {
            p += BLOCK_BYTES;
            to += BLOCK_BYTES;
        }
        /* The last one overlaps the one before. */
        are_plain =
            left <= BLOCK_BYTES && !copy_block(to + left - BLOCK_BYTES, p + left - BLOCK_BYTES);
    }
    if (are_plain) {
        to[left] = '"';
        out->n = (size_t)(to + left + 1 - out->p);
    } else {
        out->n = (size_t)(to - out->p);
        quote_rest(out, p, left);
    }
}

void json_quote(struct buf *out, struct slice value)
{
    json_quote_at(out, buf_reserve(out, value.n + 2), value);
}

void json_begin(struct json *json, struct buf *out)
{
    *json = (struct json){.out = out};
}

static void start(struct json *json, struct slice key)
{
    if (json->has_item)
        buf_byte(json->out, ',');
    json->has_item = true;
    if (key.p) {
        json_quote(json->out, key);
        buf_byte(json->out, ':');
    }
}

void json_begin_object(struct json *json, struct slice key)
{
    start(json, key);
    json_put_object(json);
}

void json_begin_array(struct json *json, struct slice key)
{
    start(json, key);
    json_put_array(json);
}

void json_text(struct json *json, struct slice key, struct slice value)
{
    start(json, key);
    json_quote(json->out, value);
}

void json_int(struct json *json, struct slice key, int64_t value)
{
    start(json, key);
    json_put_int(json, value);
}

void json_bool(struct json *json, struct slice key, bool value)
{
    json_raw(json, key, value ? SLICE("true") : SLICE("false"));
}

void json_nil(struct json *json, struct slice key)
{
    json_raw(json, key, SLICE("null"));
}

void json_raw(struct json *json, struct slice key, struct slice text)
{
    start(json, key);
    buf_slice(json->out, text);
}
