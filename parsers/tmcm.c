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
        return event_length(slice_skip(msg, 5)) > 0;
    return (slice_starts_with(msg, SLICE("SLF_")) || slice_starts_with(msg, SLICE("EVT_"))) &&
           event_length(msg) > 0 && slice_search(msg, SLICE("=\"")) < msg.n;
}

/* Index of the quote that ends the value that starts at i. */
static size_t value_end(struct slice s, size_t i)
{
    for (size_t k = i; k < s.n; k++)
        if (s.p[k] == '"' && (k + 1 == s.n || s.p[k + 1] == ' ' || s.p[k + 1] == '\r' ||
                              s.p[k + 1] == '\n' || s.p[k + 1] == '\t'))
            return k;
    return s.n;
}

enum parse_status parse_tmcm(struct slice in, const struct parse_options *options,
                             struct arena *arena, struct fields *out)
{
    (void)options;
    (void)arena;
    struct slice rest = slice_skip(in, slice_starts_with(in, SLICE("TMCM:")) ? 5 : 0);
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
        if (!fields_add(out, key, slice_of(rest.p + open + 1, close - open - 1)))
            break;
        rest = slice_trim(slice_skip(rest, close + 1));
    }
    return PARSE_OK;
}
