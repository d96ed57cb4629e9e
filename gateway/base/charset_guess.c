/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GB18030, Big5 and Shift_JIS accept each other's bytes mostly, but not where the usual characters
 * of each lie: those of GB 2312's first level have two high bytes, the first from B0 to D7; of
 * Big5's, the first is A4 to C6, and two of five second bytes are below 80; Japanese has kana,
 * which begin with 82 and 83, where the others have hardly anything. A text is in the set of which
 * it has nearly only usual characters. What Korean (as GB 2312) or EUC-JP (as Big5) would be
 * taken for is left alone.
 */
#include "gateway/base/charset_guess.h"

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/utf8.h"

/* What a character is worth. */
enum { BAD = -1, RARE = 0, KNOWN = 2, USUAL = 4 };
/* The least a set's characters are worth on average. */
enum { LIKELY = 3 };
/* In so many characters there are some that tell the set from what looks like it: each is one with
   a chance of two in five or more. */
enum { ENOUGH = 8 };

struct seen {
    size_t n, worth, n_usual, n_telling;
    bool is_bad;
};

/* Bytes of the character at p, of n left; 0: it is cut. is_telling: Korean has it not where it
   looks like GB 2312, nor EUC-JP where it looks like Big5. */
typedef size_t read_char(const uint8_t *p, size_t n, int *worth, bool *is_telling);

static bool is_between(uint8_t byte, uint8_t first, uint8_t last)
{
    return byte >= first && byte <= last;
}

static size_t read_gb18030(const uint8_t *p, size_t n, int *worth, bool *is_telling)
{
    bool is_long = n >= 2 && is_between(p[1], '0', '9');
    if (n < (is_long ? 4 : 2))
        return 0;
    uint8_t lead = p[0], trail = p[1];
    bool is_plane = trail >= 0xa1; /* of GB 2312; the others came later, and are few */
    *is_telling = is_between(lead, 0xc9, 0xd7);
    *worth = RARE;
    if (!is_between(lead, 0x81, 0xfe) || trail == 0x7f || trail == 0xff ||
        (is_long ? !is_between(p[2], 0x81, 0xfe) || !is_between(p[3], '0', '9') : trail < 0x40))
        *worth = BAD;
    else if (is_plane && (is_between(lead, 0xb0, 0xd7) || is_between(lead, 0xa1, 0xa3)))
        *worth = USUAL;
    else if (is_plane && is_between(lead, 0xd8, 0xf7))
        *worth = KNOWN;
    return is_long ? 4 : 2;
}

static size_t read_big5(const uint8_t *p, size_t n, int *worth, bool *is_telling)
{
    if (n < 2)
        return 0;
    uint8_t lead = p[0], trail = p[1];
    *is_telling = trail < 0xa1;
    *worth = RARE;
    if (!is_between(lead, 0x87, 0xfe) || trail < 0x40 || is_between(trail, 0x7f, 0xa0) ||
        trail == 0xff)
        *worth = BAD;
    else if (is_between(lead, 0xa4, 0xc6) || is_between(lead, 0xa1, 0xa2))
        *worth = USUAL;
    else if (is_between(lead, 0xc9, 0xf9))
        *worth = KNOWN;
    return 2;
}

static size_t read_cp932(const uint8_t *p, size_t n, int *worth, bool *is_telling)
{
    uint8_t lead = p[0];
    *worth = RARE;
    if (is_between(lead, 0xa1, 0xdf)) /* kana of half width */
        return 1;
    if (n < 2)
        return 0;
    uint8_t trail = p[1];
    *is_telling = lead == 0x82 || lead == 0x83;
    if (!(is_between(lead, 0x81, 0x9f) || is_between(lead, 0xe0, 0xfc)) || trail < 0x40 ||
        trail == 0x7f || trail > 0xfc)
        *worth = BAD;
    else if (is_between(lead, 0x81, 0x83) || is_between(lead, 0x88, 0x97))
        *worth = USUAL;
    else if (is_between(lead, 0x98, 0x9f) || is_between(lead, 0xe0, 0xea))
        *worth = KNOWN;
    return 2;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct seen look(struct slice text, read_char *read)
{
    const uint8_t *p = (const uint8_t *)text.p;
    struct seen seen = {0};
    size_t behind = SIZE_MAX; /* the last character */
    for (size_t i = 0; !seen.is_bad && (i += utf8_ascii_head(slice_skip(text, i))) < text.n;) {
        int worth = BAD;
        bool is_telling = false;
        size_t size = read(p + i, text.n - i, &worth, &is_telling);
        if (size == 0) /* cut at its end, as datagrams are */
            break;
        size_t next = i + size;
        bool is_lone = i != behind && i > 0 && is_letter(p[i - 1]) && next < text.n &&
                       is_letter(p[next]); /* an accent in a word */
        seen.is_bad = worth == BAD || is_lone;
        if (seen.is_bad)
            break;
        seen.n++;
        seen.worth += (size_t)worth;
        seen.n_usual += worth == USUAL;
        seen.n_telling += is_telling;
        behind = i = next;
    }
    return seen;
}

/* One character alone is likely only where it stands apart from words. */
static bool is_apart(struct slice text)
{
    size_t i = utf8_ascii_head(text);
    return (i == 0 || !is_letter((uint8_t)text.p[i - 1])) &&
           (i + 2 >= text.n || !is_letter((uint8_t)text.p[i + 2]));
}

/* Of the ASCII bytes that syntax may wait for, those that stand by themselves. */
struct signs {
    int square, curly; /* open ones */
    bool has_bar;
    bool lost_bracket, lost_bar, lost_escape; /* half of a character is one */
};

static void count_bracket(struct signs *signs, char c)
{
    signs->square += (c == '[') - (c == ']');
    signs->curly += (c == '{') - (c == '}');
}

static void lose(struct signs *signs, char c, char next)
{
    signs->lost_bracket |= c == '[' || c == ']' || c == '{' || c == '}';
    signs->lost_bar |= c == '|';
    signs->lost_escape |=
        c == '\\' && (next == '"' || next == '=' || next == '|' || next == '\\' || next == ']');
}

/*
 * What stands behind a name may be an escape with what it escapes, a bar between columns, or a
 * bracket that closes: who ends a name with half a character must not have it taken away.
 */
static bool keeps_signs(struct slice text, read_char *read)
{
    const uint8_t *p = (const uint8_t *)text.p;
    struct signs signs = {0};
    int worth;
    bool is_telling;
    for (size_t i = 0, size; i < text.n; i += size) {
        size = p[i] < 0x80 ? 1 : read(p + i, text.n - i, &worth, &is_telling);
        if (size == 0)
            break;
        char last = text.p[i + size - 1], next = i + size < text.n ? text.p[i + size] : 'x';
        if (size > 1 && (uint8_t)last < 0x80) {
            lose(&signs, last, next);
        } else {
            count_bracket(&signs, last);
            signs.has_bar |= last == '|';
        }
    }
    return !signs.lost_escape && !(signs.lost_bar && signs.has_bar) &&
           !(signs.lost_bracket && (signs.square || signs.curly));
}

/* Damaged, but Chinese or Japanese in UTF-8 by most of its bytes. */
static bool is_mostly_utf8(struct slice text)
{
    size_t n = 0, n_utf8 = 0;
    while ((text = slice_skip(text, utf8_ascii_head(text))).n) {
        size_t size = utf8_char((const unsigned char *)text.p, text.n);
        size_t step = size >= 3 ? size : 1;
        n += step;
        n_utf8 += size >= 3 ? size : 0;
        text = slice_skip(text, step);
    }
    return 2 * n_utf8 > n;
}

const char *charset_guess(struct slice text)
{
    static const struct {
        const char *name;
        read_char *read;
        bool needs_telling;
    } sets[] = {
        {"GB18030", read_gb18030, true}, {"Big5", read_big5, true}, {"CP932", read_cp932, false}};
    size_t best = 0;
    struct seen most = {.n = 1};
    if (is_mostly_utf8(text))
        return NULL;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct seen seen = look(text, sets[i].read);
        bool is_likely = !seen.is_bad && seen.n_usual && seen.worth >= LIKELY * seen.n &&
                         (seen.n > 1 || is_apart(text)) &&
                         (!sets[i].needs_telling || seen.n < ENOUGH || seen.n_telling);
        if (!is_likely || seen.worth * most.n <= most.worth * seen.n)
            continue;
        best = i;
        most = seen;
    }
    return most.worth && keeps_signs(text, sets[best].read) ? sets[best].name : NULL;
}
