/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds are given by prefixes: of those that a kind begins with the longest decides; of two as
   long, the one in `except`. */
#include "gateway/feed/filter.h"

/* Length of the longest beginning of name among words, plus one; 0: none fits. */
static size_t longest(struct slice words, struct slice name)
{
    size_t best = 0;
    struct slice word;
    while (slice_next_word(&words, &word))
        if (slice_starts_with(name, word) && word.n + 1 > best)
            best = word.n + 1;
    return best;
}

static bool fits_any(struct slice word)
{
    for (int kind = 0; kind < GW_KIND_END; kind++)
        if (slice_starts_with(slice_from(gw_kind_name((enum gw_kind)kind)), word))
            return true;
    return false;
}

static bool check_words(const struct feed_section *section, const char *option, const char *text,
                        struct diag *diag)
{
    struct slice rest = slice_from(text), word;
    bool is_fine = true;
    while (slice_next_word(&rest, &word)) {
        if (fits_any(word))
            continue;
        is_fine = false;
        if (diag)
            diag_add_at(diag, section->place,
                        "<feed %s>: no kind begins with '%.*s'; write malware. or alert.raised",
                        option, SLICE_FMT(word));
    }
    return is_fine;
}

/* Ticks and loads, the engine's own records, come every few seconds: only for a target whose
   `kinds` has the whole name. */
static bool is_housekeeping(int kind)
{
    return kind == GW_KIND_GATEWAY_TICK || kind == GW_KIND_GATEWAY_CONFIG ||
           kind == GW_KIND_KPI_VALUE;
}

static bool wants_kind(const struct feed_section *section, int kind)
{
    struct slice name = slice_from(gw_kind_name((enum gw_kind)kind));
    size_t wanted = longest(slice_from(section->kinds), name),
           unwanted = longest(slice_from(section->except), name);
    if (!name.n)
        return false;
    if (is_housekeeping(kind))
        return wanted == name.n + 1 && wanted > unwanted;
    return section->kinds ? wanted > unwanted : !unwanted;
}

bool feed_filter_init(struct feed_filter *filter, const struct feed_section *section,
                      struct arena *arena, struct diag *diag)
{
    *filter = (struct feed_filter){.severity = (enum gw_severity)section->severity};
    bool is_fine = check_words(section, "kinds", section->kinds, diag);
    is_fine = check_words(section, "except", section->except, diag) && is_fine;
    size_t n = 0;
    for (int kind = 0; kind < GW_KIND_END; kind++)
        n += filter->has_kind[kind] = wants_kind(section, kind);
    if (n == 0 && is_fine && diag) {
        diag_add_at(diag, section->place, "<feed kinds except>: leave nothing to send");
        is_fine = false;
    }
    struct slice rest = slice_from(section->sites), word;
    filter->sites = arena_alloc(arena, (rest.n / 2 + 1) * sizeof *filter->sites);
    while (slice_next_word(&rest, &word))
        filter->sites[filter->n_sites++] = word;
    return is_fine;
}

bool feed_filter_wants(const struct feed_filter *filter, const struct gw_event *event)
{
    if (!gw_event_is_for_feed(event))
        return false;
    if (event->severity < filter->severity && !gw_kind_is_judgement(event->kind))
        return false;
    struct slice site = gw_event_text(event, GW_FIELD_SITE);
    for (size_t i = 0; i < filter->n_sites; i++)
        if (slice_equal_nocase(filter->sites[i], site)) /* the engine writes small letters */
            return true;
    return filter->n_sites == 0;
}
