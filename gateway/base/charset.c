/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Declared charset to UTF-8 by iconv. Guessing among legacy sets is not done: Shift_JIS bytes are
 * accepted as GB18030 without an error, so only a declaration can tell them apart.
 */
#include "gateway/base/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/base/utf8.h"

struct charset {
    iconv_t cd;
    char *name;
    bool is_utf8;
};

static const char *wider_name(const char *name)
{
    static const char *const alias[][2] = {
        {"gb2312", "GB18030"},   {"gbk", "GB18030"},      {"cp936", "GB18030"},
        {"gb-18030", "GB18030"}, {"shift_jis", "CP932"},  {"shift-jis", "CP932"},
        {"sjis", "CP932"},       {"big5", "BIG5-HKSCS"},  {"cp950", "BIG5-HKSCS"},
        {"cp949", "UHC"},        {"euc-kr", "UHC"},       {"euc-jp", "EUC-JP-MS"},
        {"latin1", "CP1252"},    {"latin-1", "CP1252"},   {"iso-8859-1", "CP1252"},
    };
    for (size_t i = 0; i < sizeof alias / sizeof *alias; i++)
        if (strcasecmp(name, alias[i][0]) == 0)
            return alias[i][1];
    return name;
}

struct charset *charset_open(const char *name)
{
    bool is_utf8 = strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
    iconv_t cd = (iconv_t)-1;
    if (!is_utf8) {
        cd = iconv_open("UTF-8", wider_name(name));
        if (cd == (iconv_t)-1)
            return NULL;
    }
    struct charset *charset = gw_alloc(sizeof *charset);
    *charset = (struct charset){cd, gw_strdup(name), is_utf8};
    return charset;
}

void charset_close(struct charset *charset)
{
    if (!charset)
        return;
    if (!charset->is_utf8)
        iconv_close(charset->cd);
    free(charset->name);
    free(charset);
}

const char *charset_name(const struct charset *charset)
{
    return charset->name;
}

static struct slice replace_bad(struct slice in, struct arena *arena, unsigned *replaced)
{
    char *out = arena_bytes(arena, in.n * 3);
    if (!out)
        return SLICE_NONE;
    size_t n = 0;
    for (size_t i = 0; i < in.n;) {
        size_t len = utf8_char((const unsigned char *)in.p + i, in.n - i);
        if (len) {
            memcpy(out + n, in.p + i, len);
            n += len;
            i += len;
        } else {
            memcpy(out + n, "\xEF\xBF\xBD", 3);
            n += 3;
            i++;
            if (replaced)
                (*replaced)++;
        }
    }
    return slice_of(out, n);
}

struct slice charset_to_utf8(struct charset *charset, struct slice in, struct arena *arena, unsigned *replaced)
{
    if (utf8_is_valid(in))
        return in;
    if (!charset || charset->is_utf8)
        return replace_bad(in, arena, replaced);

    /* A GB18030 two-byte character is three bytes of UTF-8 at most; one bad byte becomes three. */
    size_t room = in.n * 4;
    char *out = arena_bytes(arena, room);
    if (!out)
        return SLICE_NONE;
    char *from = (char *)in.p, *to = out;
    size_t left = in.n;
    iconv(charset->cd, NULL, NULL, NULL, NULL);
    while (left) {
        if (iconv(charset->cd, &from, &left, &to, &room) != (size_t)-1)
            break;
        if (errno == E2BIG || room < 3)
            break;
        memcpy(to, "\xEF\xBF\xBD", 3);
        to += 3;
        room -= 3;
        from++;
        left--;
        iconv(charset->cd, NULL, NULL, NULL, NULL);
        if (replaced)
            (*replaced)++;
    }
    return slice_of(out, (size_t)(to - out));
}
