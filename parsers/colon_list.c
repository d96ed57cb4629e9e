/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [key:"value"; key:"value"]: what a log exporter makes of structured data without an SD-ID. */
#include "parsers/colon_list.h"

#include "parsers/escape.h"

enum { KEY_MAX = 64, LEAD_MAX = 128 };

static bool is_key_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

struct pair {
    struct slice key, value; /* as sent */
    bool has_escape;
};

/* The pair at i; where the text behind it begins, or 0: there is none. */
static size_t read_pair(struct slice s, size_t i, struct pair *pair)
{
    size_t start = i;
    while (i < s.n && i - start < KEY_MAX && is_key_char(s.p[i]))
        i++;
    pair->key = slice_of(s.p + start, i - start);
    if (i == start || i >= s.n || s.p[i] != ':')
        return 0;
    i += i + 1 < s.n && s.p[i + 1] == ':' ? 2 : 1;
    if (i >= s.n || s.p[i] != '"')
        return 0;
    start = ++i;
    pair->has_escape = false;
    for (; i < s.n && s.p[i] != '"'; i++)
        if (s.p[i] == '\\' && i + 1 < s.n) {
            pair->has_escape = true;
            i++;
        }
    if (i >= s.n)
        return 0;
    pair->value = slice_of(s.p + start, i - start);
    return i + 1;
}

static size_t skip_between(struct slice s, size_t i)
{
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == ';'))
        i++;
    return i;
}

bool parse_colon_list_find(struct slice msg, size_t *at)
{
    struct pair pair;
    size_t i = slice_find(slice_head(msg, LEAD_MAX), '[');
    if (i >= msg.n || msg.p[i] != '[' || (i > 0 && msg.p[i - 1] != ' '))
        return false;
    *at = i;
    size_t behind = read_pair(msg, i + 1, &pair);
    return behind && read_pair(msg, skip_between(msg, behind), &pair);
}

enum parse_status parse_colon_list(struct slice in, const struct parse_options *options,
                                   struct arena *arena, struct fields *out)
{
    (void)options;
    struct pair pair;
    size_t i = in.n ? 1 : 0; /* behind the bracket */
    out->format = GW_FORMAT_KV;
    fields_add(out, SLICE("form"), SLICE("colon-list"));
    out->n_header = out->n;
    in = parse_without_line_end(in);
    for (i = skip_between(in, i); i < in.n && in.p[i] != ']'; i = skip_between(in, i)) {
        size_t behind = read_pair(in, i, &pair);
        if (!behind) {
            out->error = "a list of key:\"value\" is damaged";
            out->error_at = i;
            fields_add(out, SLICE("_text"), slice_trim(slice_skip(in, i)));
            return PARSE_MALFORMED;
        }
        struct slice value = pair.has_escape ? parse_unescape_of(pair.value, SLICE("\"\\]"), arena,
                                                                 &out->is_truncated)
                                             : parse_trim_blanks(pair.value);
        if (!fields_add(out, pair.key, value))
            return PARSE_OK;
        i = behind;
    }
    struct slice rest = slice_trim(slice_skip(in, i + 1 < in.n ? i + 1 : in.n));
    if (rest.n)
        fields_add(out, SLICE("_text"), rest);
    return PARSE_OK;
}
