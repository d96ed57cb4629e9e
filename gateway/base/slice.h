/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_SLICE_H
#define GATEWAY_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * Bytes that somebody else owns: borrowed, not NUL-terminated, maybe not UTF-8.
 * p may be NULL only when n is 0. Keeping one beyond its owner means arena_dup().
 */
struct slice {
    const char *p;
    size_t n;
};

#define SLICE(literal)                                                                             \
    (struct slice)                                                                                 \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define SLICE_NONE                                                                                 \
    (struct slice)                                                                                 \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
/* For printf's "%.*s". Never for payload above debug level. */
#define SLICE_FMT(s) (int)((s).n > 4096 ? 4096 : (s).n), ((s).p ? (s).p : "")

static inline struct slice slice_of(const char *p, size_t n)
{
    return (struct slice){p, n};
}

/* text: a C string or NULL (an empty slice). */
static inline struct slice slice_from(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_is_empty(struct slice s)
{
    return s.n == 0;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.n == b.n && (b.n == 0 || memcmp(a.p, b.p, b.n) == 0);
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool slice_ends_with(struct slice s, struct slice suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* The rest after the first n bytes; n is clamped to the length. */
static inline struct slice slice_skip(struct slice s, size_t n)
{
    if (n > s.n)
        n = s.n;
    return n ? (struct slice){s.p + n, s.n - n} : s; /* nothing is added to a NULL */
}

/* The first n bytes; n is clamped to the length. */
static inline struct slice slice_head(struct slice s, size_t n)
{
    return (struct slice){s.p, n < s.n ? n : s.n};
}

/* How many bytes at the front are in set, which has a flag for each of the 256. */
static inline size_t slice_span(struct slice s, const bool *set)
{
    size_t n = 0;
    while (n < s.n && set[(unsigned char)s.p[n]])
        n++;
    return n;
}

/* ASCII case is ignored, bytes above 127 are compared as they are; no locale. */
bool slice_equal_nocase(struct slice a, struct slice b);
bool slice_contains_nocase(struct slice text, struct slice part);

/* Without blanks (space, tab, CR, LF) at both ends. */
struct slice slice_trim(struct slice s);

/* Index of the first byte c, or s.n. */
static inline size_t slice_find(struct slice s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

/* Index of the first occurrence of needle, or s.n. An empty needle is at 0. */
size_t slice_search(struct slice s, struct slice needle);

/**
 * Cut at the first separator: *head gets what is before it, *rest what follows.
 * Returns false, with all of s in *head and *rest empty, when there is none.
 */
bool slice_cut(struct slice s, char separator, struct slice *head, struct slice *rest);

/**
 * Take the next word off a list that a person wrote: blanks (space, tab, CR, LF) and commas stand
 * between words. False, with an empty word: there is none left.
 */
bool slice_next_word(struct slice *list, struct slice *word);
/* The same where other bytes stand between words. */
bool slice_next_between(struct slice *list, struct slice between, struct slice *word);

/**
 * Whole slice as a decimal number, optional '-'; blanks are not skipped.
 * Returns false (and leaves *out) when empty, not all digits, or out of range.
 */
bool slice_to_int(struct slice s, int64_t *out);

#endif
