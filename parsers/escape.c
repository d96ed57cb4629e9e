/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values of CEF and LEEF as they are really sent: some senders escape backslashes, some do not, and
 * nothing in the message says which. What an unescaped path would lose decides.
 */
#include "parsers/escape.h"

#include <string.h>

struct slice parse_unescape_of(struct slice value, struct slice escaped, struct arena *arena,
                               bool *is_truncated)
{
    size_t n = slice_find(value, '\\');
    if (n == value.n)
        return value;
    char *to = arena_bytes(arena, value.n);
    if (!to) {
        *is_truncated = true;
        return value;
    }
    memcpy(to, value.p, n);
    for (size_t i = n; i < value.n; i++) {
        if (value.p[i] == '\\' && i + 1 < value.n && memchr(escaped.p, value.p[i + 1], escaped.n))
            i++;
        to[n++] = value.p[i];
    }
    return slice_of(to, n);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Keys whose values are paths or account names: a line break in one cannot be meant. */
static bool names_a_path(struct slice key)
{
    static const struct slice keys[] = {
        {"filePath", 8},
        {"fname", 5},
        {"oldFilePath", 11},
        {"oldFileName", 11},
        {"deviceProcessName", 17},
        {"sproc", 5},
        {"dproc", 5},
        {"suser", 5},
        {"duser", 5},
        {"sntdom", 6},
        {"dntdom", 6},
        {"deviceNtDomain", 14},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (slice_equal(keys[i], key))
            return true;
    return false;
}

/*
 * Whether \n and \r in the value mean a backslash and a letter: a drive's single backslash
 * ("C:\reg.exe") or an escape that CEF does not have ("\Windows") shows a sender that escapes
 * nothing.
 */
static bool is_raw_path(struct slice key, struct slice value)
{
    if (names_a_path(key))
        return true;
    for (size_t i = 0; i + 1 < value.n; i++) {
        if (value.p[i] != '\\')
            continue;
        char next = value.p[i + 1];
        if (next == '\\' || next == '=' || next == '|') {
            i++;
            continue;
        }
        if (i >= 2 && value.p[i - 1] == ':' && is_letter(value.p[i - 2]) &&
            (i == 2 || !is_letter(value.p[i - 3])))
            return true;
        if (next != 'n' && next != 'r' && next != 't' &&
            (is_letter(next) || (next >= '0' && next <= '9')))
            return true;
    }
    return false;
}

struct slice parse_unescape(struct slice key, struct slice value, struct arena *arena,
                            bool *is_truncated)
{
    char *to = arena_bytes(arena, value.n);
    if (!to) {
        *is_truncated = true;
        return value;
    }
    bool is_raw = is_raw_path(key, value);
    size_t n = 0, i = 0;
    /* A share's two backslashes, of a sender that escapes nothing: "\\server\share". */
    if (value.n > 3 && value.p[0] == '\\' && value.p[1] == '\\' && value.p[2] != '\\') {
        size_t next = 2 + slice_find(slice_skip(value, 2), '\\');
        if (next + 1 < value.n && value.p[next + 1] != '\\') {
            to[n++] = '\\';
            to[n++] = '\\';
            i = 2;
            is_raw = true;
        }
    }
    while (i < value.n) {
        size_t plain = slice_find(slice_skip(value, i), '\\');
        memcpy(to + n, value.p + i, plain);
        n += plain;
        i += plain;
        if (i == value.n)
            break;
        char next = i + 1 < value.n ? value.p[i + 1] : '\0';
        bool is_escape = next == '\\' || next == '=' || next == '|';
        bool is_break = !is_raw && (next == 'n' || next == 'r');
        to[n++] = (char)(is_escape ? next : !is_break ? '\\' : next == 'n' ? '\n' : '\r');
        i += is_escape || is_break ? 2 : 1;
    }
    return slice_of(to, n);
}
