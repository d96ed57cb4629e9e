/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key=value key="quoted value" lists, with blanks, commas, semicolons or bars between the pairs. */
#include "parsers/kv.h"

#include "parsers/escape.h"

enum { KEY_MAX = 64, PAIRS_MIN = 3, SEPARATOR_SCAN_MAX = 1024, SEPARATORS_ENOUGH = 4 };

static bool is_key_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* Length of the key whose '=' follows at i; 0: none. */
static size_t key_length(struct slice s, size_t i)
{
    size_t n = 0;
    while (i + n < s.n && n < KEY_MAX && is_key_char(s.p[i + n]))
        n++;
    return n && i + n < s.n && s.p[i + n] == '=' ? n : 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Where a pair would begin behind the separator at i: blanks may follow one that is not blank. */
static size_t behind_separator(struct slice s, size_t i, char separator)
{
    i++;
    while (separator != ' ' && i < s.n && is_blank(s.p[i]))
        i++;
    return i;
}

/* Behind a value's closing quote; start is behind the opening one. */
static size_t skip_quoted(struct slice s, size_t start)
{
    while (start < s.n && s.p[start] != '"')
        start += s.p[start] == '\\' ? 2 : 1;
    return start < s.n ? start + 1 : s.n;
}

/*
 * What stands between the pairs: of ',', ';', '|' and blank the one that stands in front of "key="
 * outside quotes SEPARATORS_ENOUGH times first, else most often. So one value that holds a list of
 * its own ("CN=a,OU=b") does not turn the line's, and a long line is not read twice.
 */
static char find_separator(struct slice s)
{
    static const unsigned char kind_of[256] = {
        [' '] = 1, ['\t'] = 1, [','] = 2, [';'] = 3, ['|'] = 4};
    static const char separators[] = {' ', ' ', ',', ';', '|'};
    unsigned counts[sizeof separators] = {0};
    size_t end = s.n < SEPARATOR_SCAN_MAX ? s.n : SEPARATOR_SCAN_MAX;
    for (size_t i = key_length(s, 0) + 1; i < end;) {
        if (s.p[i] == '"' && s.p[i - 1] == '=') {
            i = skip_quoted(s, i + 1);
            continue;
        }
        unsigned kind = kind_of[(unsigned char)s.p[i]];
        size_t next = kind ? behind_separator(s, i, separators[kind]) : 0;
        size_t key_n = next ? key_length(s, next) : 0;
        if (key_n && ++counts[kind] == SEPARATORS_ENOUGH)
            return separators[kind];
        i = key_n ? next + key_n + 1 : i + 1;
    }
    size_t best = 1;
    for (size_t kind = 2; kind < sizeof separators; kind++)
        if (counts[kind] > counts[best])
            best = kind;
    return separators[best];
}

struct pair {
    struct slice key, value;
    bool has_escape;
    size_t next; /* where the following pair may start */
};

static bool read_pair(struct slice s, size_t i, char separator, struct pair *out)
{
    size_t key_n = key_length(s, i);
    if (!key_n)
        return false;
    out->key = slice_of(s.p + i, key_n);
    out->has_escape = false;
    size_t start = i + key_n + 1, end = start;
    if (start < s.n && s.p[start] == '"') {
        for (end = ++start; end < s.n && s.p[end] != '"'; end++)
            if (s.p[end] == '\\' && end + 1 < s.n) {
                out->has_escape = true;
                end++;
            }
        out->next = end < s.n ? end + 1 : end;
    } else {
        char other = separator == ' ' ? '\t' : separator;
        for (; end < s.n; end++)
            if ((s.p[end] == separator || s.p[end] == other) &&
                key_length(s, behind_separator(s, end, separator)))
                break;
        out->next = end;
    }
    out->value = slice_of(s.p + start, end - start);
    while (out->next < s.n && (is_blank(s.p[out->next]) || s.p[out->next] == ',' ||
                               s.p[out->next] == ';' || s.p[out->next] == separator))
        out->next++;
    return true;
}

bool parse_kv_find(struct slice msg, size_t *at)
{
    struct pair pair;
    *at = 0;
    if (!key_length(msg, 0))
        return false;
    char separator = find_separator(msg);
    for (size_t i = 0, n = 0; read_pair(msg, i, separator, &pair); i = pair.next)
        if (++n == PAIRS_MIN)
            return true;
    return false;
}

enum parse_status parse_kv(struct slice in, const struct parse_options *options,
                           struct arena *arena, struct fields *out)
{
    (void)options;
    struct pair pair;
    out->format = GW_FORMAT_KV;
    out->n_header = out->n;
    in = parse_without_line_end(in);
    char separator = find_separator(in);
    size_t i = 0;
    while (i < in.n) {
        if (!read_pair(in, i, separator, &pair)) {
            /* Up to the next pair. */
            size_t end = i + 1;
            while (end < in.n && !(is_blank(in.p[end - 1]) && key_length(in, end)))
                end++;
            if (!fields_add(out, SLICE("_text"), slice_trim(slice_of(in.p + i, end - i))))
                break;
            i = end;
            continue;
        }
        struct slice value = pair.has_escape ? parse_unescape_of(pair.value, SLICE("\"\\"), arena,
                                                                 &out->is_truncated)
                                             : parse_trim_blanks(pair.value);
        if (!fields_add(out, pair.key, value))
            break;
        i = pair.next;
    }
    return PARSE_OK;
}
