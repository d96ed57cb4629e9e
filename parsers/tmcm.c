/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control Manager's Event Center: an event's name, then Key with blanks="value" pairs. */
#include "parsers/tmcm.h"

/* Length of "SLF_INCIDENT_EVT_..." or "EVT_..." at the start of s; 0: none. */
static size_t event_length(struct slice s)
{
    size_t n = 0;
    while (n < s.n &&
           ((s.p[n] >= 'A' && s.p[n] <= 'Z') || s.p[n] == '_' || (s.p[n] >= '0' && s.p[n] <= '9')))
        n++;
    return n < s.n && s.p[n] != ' ' ? 0 : n;
}

bool parse_tmcm_find(struct slice msg, size_t *at)
{
    *at = 0;
    if (slice_starts_with(msg, SLICE("TMCM:")))
        return event_length(slice_trim(slice_skip(msg, 5))) > 0;
    return (slice_starts_with(msg, SLICE("SLF_")) || slice_starts_with(msg, SLICE("EVT_"))) &&
           event_length(msg) > 0 && slice_search(msg, SLICE("=\"")) < msg.n;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether a pair, or no quote at all, follows the quote at k. */
static bool ends_value(struct slice s, size_t k)
{
    if (k + 1 < s.n && !is_blank(s.p[k + 1]))
        return false;
    size_t next = k + 1 + slice_find(slice_skip(s, k + 1), '"');
    if (next >= s.n)
        return true;
    while (next > k + 1 && is_blank(s.p[next - 1]))
        next--;
    return s.p[next - 1] == '=';
}

/* Index of the quote that ends the value that starts at i. A value's own quotes are told from it by
 * what follows: each quote looks no further than the next, so a text is gone through twice. */
static size_t value_end(struct slice s, size_t i)
{
    for (size_t k = i; k < s.n; k++) {
        k += slice_find(slice_skip(s, k), '"');
        if (k < s.n && ends_value(s, k))
            return k;
    }
    return s.n;
}

static bool has_key(const struct fields *fields, struct slice key)
{
    for (size_t i = fields->n_header; i < fields->n; i++)
        if (slice_equal(fields->v[i].name, key))
            return true;
    return false;
}

enum parse_status parse_tmcm(struct slice in, const struct parse_options *options,
                             struct arena *arena, struct fields *out)
{
    (void)options;
    (void)arena;
    struct slice rest = slice_trim(slice_skip(in, slice_starts_with(in, SLICE("TMCM:")) ? 5 : 0));
    size_t n = event_length(rest);
    out->format = GW_FORMAT_TMCM;
    fields_add(out, SLICE("event"), slice_head(rest, n));
    out->n_header = out->n;
    rest = slice_trim(slice_skip(rest, n));
    while (rest.n) {
        size_t equals = slice_find(rest, '=');
        size_t open = equals + 1;
        while (open < rest.n && rest.p[open] == ' ')
            open++;
        if (equals == rest.n || open >= rest.n || rest.p[open] != '"') {
            fields_add(out, SLICE("_text"), rest);
            break;
        }
        size_t close = value_end(rest, open + 1);
        struct slice key = slice_trim(slice_head(rest, equals));
        if (!out->error && has_key(out, key)) {
            out->error = "a key stands twice: one may be text of a value";
            out->error_at = (size_t)(key.p - in.p);
        }
        if (!fields_add(out, key, slice_of(rest.p + open + 1, close - open - 1)))
            break;
        rest = slice_trim(slice_skip(rest, close + 1));
    }
    return out->error ? PARSE_MALFORMED : PARSE_OK;
}
