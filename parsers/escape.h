/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_ESCAPE_H
#define PARSERS_ESCAPE_H

#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"

/* Without spaces at both ends; tabs and line ends stay. */
static inline struct slice parse_trim_blanks(struct slice s)
{
    while (s.n && s.p[0] == ' ') {
        s.p++;
        s.n--;
    }
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* Without the message's end: line ends and NUL, as they are or as rsyslog writes them ("#012"). */
static inline struct slice parse_without_line_end(struct slice s)
{
    for (;;) {
        if (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\0'))
            s.n--;
        else if (slice_ends_with(s, SLICE("#012")) || slice_ends_with(s, SLICE("#015")) ||
                 slice_ends_with(s, SLICE("#000")))
            s.n -= 4;
        else
            return s;
    }
}

/* What stands in quotes, when they enclose all of s and none is inside. */
static inline struct slice parse_without_quotes(struct slice s)
{
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' &&
        slice_find(slice_of(s.p + 1, s.n - 2), '"') == s.n - 2)
        return slice_of(s.p + 1, s.n - 2);
    return s;
}

/**
 * value without the backslash before each byte of escaped, in the arena; value itself when it has
 * no backslash. At the arena's cap value is returned as it is and *is_truncated set.
 */
struct slice parse_unescape_of(struct slice value, struct slice escaped, struct arena *arena,
                               bool *is_truncated);

/**
 * value with the escapes \\ \= \| \n \r removed, in the arena. \n and \r stay as they are where
 * they begin a name in a Windows path: key is one of paths or accounts, or value holds a drive's
 * single backslash, a share, or an escape that does not exist. At the arena's cap value itself is
 * returned and *is_truncated set.
 */
struct slice parse_unescape(struct slice key, struct slice value, struct arena *arena,
                            bool *is_truncated);

#endif
