/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source's charset to UTF-8 by iconv: the declared one; where none is, the likeliest.
 */
#include "gateway/base/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/base/charset_guess.h"
#include "gateway/base/utf8.h"

struct charset {
    iconv_t cd;
    char *name; /* NULL: none is declared */
    bool is_utf8;
    bool is_double_byte; /* Chinese, Japanese, Korean */
    struct guessed {
        const char *name;
        struct charset *charset;
    } guessed[CHARSET_GUESSES];
};

static const char *wider_name(const char *name)
{
    static const char *const alias[][2] = {
        {"gb2312", "GB18030"},   {"gbk", "GB18030"},     {"cp936", "GB18030"},
        {"gb-18030", "GB18030"}, {"shift_jis", "CP932"}, {"shift-jis", "CP932"},
        {"sjis", "CP932"},       {"big5", "BIG5-HKSCS"}, {"cp950", "BIG5-HKSCS"},
        {"cp949", "UHC"},        {"euc-kr", "UHC"},      {"euc-jp", "EUC-JP-MS"},
        {"latin1", "CP1252"},    {"latin-1", "CP1252"},  {"iso-8859-1", "CP1252"},
    };
    for (size_t i = 0; i < sizeof alias / sizeof *alias; i++)
        if (strcasecmp(name, alias[i][0]) == 0)
            return alias[i][1];
    return name;
}

static bool is_double_byte(const char *wide)
{
    static const char *const prefixes[] = {"GB",  "BIG5",  "CP932", "EUC-",
                                           "UHC", "SHIFT", "SJIS",  "JOHAB"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncasecmp(wide, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

struct charset *charset_open(const char *name)
{
    bool is_utf8 = !name || strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
    iconv_t cd = (iconv_t)-1;
    if (!is_utf8) {
        if (*name == '\0') /* which iconv takes for the locale's */
            return NULL;
        cd = iconv_open("UTF-8", wider_name(name));
        if (cd == (iconv_t)-1)
            return NULL;
    }
    struct charset *charset = gw_alloc(sizeof *charset);
    *charset = (struct charset){.cd = cd,
                                .name = name ? gw_strdup(name) : NULL,
                                .is_utf8 = is_utf8,
                                .is_double_byte = !is_utf8 && is_double_byte(wider_name(name))};
    return charset;
}

void charset_close(struct charset *charset)
{
    if (!charset)
        return;
    if (!charset->is_utf8)
        iconv_close(charset->cd);
    for (size_t i = 0; i < CHARSET_GUESSES; i++)
        charset_close(charset->guessed[i].charset);
    free(charset->name);
    free(charset);
}

const char *charset_name(const struct charset *charset)
{
    return charset->name ? charset->name : "";
}

static struct slice replace_bad(struct slice in, struct arena *arena, struct charset_loss *loss)
{
    size_t size = 0;
    for (size_t i = 0; i < in.n;) {
        size_t len = utf8_char((const unsigned char *)in.p + i, in.n - i);
        size += len ? len : 3;
        i += len ? len : 1;
    }
    loss->is_cut = size > arena_left(arena);
    if (loss->is_cut)
        size = arena_left(arena);
    char *out = arena_bytes(arena, size);
    if (!out)
        return SLICE_NONE;
    size_t n = 0;
    for (size_t i = 0; i < in.n;) {
        size_t len = utf8_char((const unsigned char *)in.p + i, in.n - i);
        if (size - n < (len ? len : 3))
            break;
        memcpy(out + n, len ? in.p + i : "\xEF\xBF\xBD", len ? len : 3);
        n += len ? len : 3;
        i += len ? len : 1;
        loss->replaced += !len;
    }
    arena_shrink(arena, out, size, n);
    return slice_of(out, n);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * Well-formed UTF-8, but not ASCII alone, from a source of a double-byte set. Chinese or Japanese
 * in UTF-8 has characters of three bytes. Where all have two, these are as well pairs of the
 * declared set (GB18030 D0 A1 is one character, and UTF-8 for another), and the declaration
 * decides; but for one that stands alone beside a letter ("nettoyé"), as no double-byte text has
 * it.
 */
static bool is_doubtful(struct slice in)
{
    bool has_two = false;
    for (size_t i = 0;;) {
        i += utf8_ascii_head(slice_skip(in, i));
        if (i == in.n)
            return has_two;
        size_t end = i;
        for (; end < in.n && (unsigned char)in.p[end] >= 0x80; end += 2)
            if (utf8_char((const unsigned char *)in.p + end, in.n - end) != 2)
                return false;
        bool beside_letter =
            (i > 0 && is_letter(in.p[i - 1])) || (end < in.n && is_letter(in.p[end]));
        if (end == i + 2 && beside_letter)
            return false;
        has_two = true;
        i = end;
    }
}

/* Bytes at the start of s of a character whose end is missing before ASCII or the end; 0: none. */
static size_t cut_char(struct slice s)
{
    unsigned char c[4] = {(unsigned char)s.p[0], 0x80, 0x80, 0x80};
    size_t whole = c[0] < 0xc2 || c[0] > 0xf4 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4, n = 1;
    for (; n < whole && n < s.n && (unsigned char)s.p[n] >= 0x80; n++)
        c[n] = (unsigned char)s.p[n];
    return n < whole && (n == 1 || utf8_char(c, whole)) ? n : 0;
}

/*
 * UTF-8 that somebody cut by bytes, at its end or in a field, and else is well-formed: what has
 * more whole characters of at least least bytes than such ends.
 */
static bool is_cut_utf8(struct slice in, size_t least)
{
    size_t n_whole = 0, n_cut = 0;
    for (;;) {
        in = slice_skip(in, utf8_ascii_head(in));
        if (in.n == 0)
            return n_whole > n_cut;
        size_t n = utf8_char((const unsigned char *)in.p, in.n);
        n_whole += n >= least;
        if (n == 0) {
            n = cut_char(in);
            n_cut++;
        }
        if (n == 0)
            return false;
        in = slice_skip(in, n);
    }
}

/* Opened when it is first needed: most senders need none. NULL: this system has it not. */
static struct charset *open_guessed(struct charset *charset, const char *name)
{
    for (size_t i = 0; i < CHARSET_GUESSES; i++) {
        struct guessed *guessed = &charset->guessed[i];
        if (guessed->name && guessed->name != name)
            continue;
        if (!guessed->name)
            *guessed = (struct guessed){name, charset_open(name)};
        return guessed->charset;
    }
    return NULL;
}

/* NULL: none is likely. */
static struct charset *guess(struct charset *charset, struct slice in, struct charset_loss *loss)
{
    enum { LEAST = 3 }; /* Chinese or Japanese in UTF-8 has characters of three bytes */
    const char *name = is_cut_utf8(in, LEAST) ? NULL : charset_guess(in);
    struct charset *likely = name ? open_guessed(charset, name) : NULL;
    loss->guessed = likely ? name : NULL;
    return likely;
}

static struct slice convert(struct charset *charset, struct slice in, struct arena *arena,
                            struct charset_loss *loss)
{
    /* Two bytes become two characters of two bytes at most (Big5-HKSCS), one becomes three. */
    size_t size = in.n <= arena_left(arena) / 4 ? in.n * 4 : arena_left(arena);
    char *out = arena_bytes(arena, size);
    loss->is_cut = !out;
    if (!out)
        return SLICE_NONE;
    char *from = (char *)in.p, *to = out;
    size_t left = in.n, room = size;
    iconv(charset->cd, NULL, NULL, NULL, NULL);
    while (left && iconv(charset->cd, &from, &left, &to, &room) == (size_t)-1 && errno != E2BIG) {
        /* What the converter holds back to see whether it combines, then the bad byte. */
        if (iconv(charset->cd, NULL, NULL, &to, &room) == (size_t)-1 || room < 3)
            break;
        memcpy(to, "\xEF\xBF\xBD", 3);
        to += 3;
        room -= 3;
        from++;
        left--;
        loss->replaced++;
    }
    size_t rest = iconv(charset->cd, NULL, NULL, &to, &room);
    loss->is_cut = left || rest == (size_t)-1;
    arena_shrink(arena, out, size, (size_t)(to - out));
    return slice_of(out, (size_t)(to - out));
}

struct slice charset_to_utf8(struct charset *charset, struct slice in, struct arena *arena,
                             struct charset_loss *loss)
{
    *loss = (struct charset_loss){0};
    if (utf8_ascii_head(in) == in.n) /* most are */
        return in;
    bool is_valid = utf8_is_valid(in);
    if (is_valid && !(charset && charset->is_double_byte && is_doubtful(in)))
        return in;
    if (charset && !charset->name)
        charset = guess(charset, in, loss);
    else if (charset && !is_valid && is_cut_utf8(in, charset->is_double_byte ? 3 : 2))
        charset = NULL;
    return charset && !charset->is_utf8 ? convert(charset, in, arena, loss)
                                        : replace_bad(in, arena, loss);
}
