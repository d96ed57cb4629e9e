/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sample expects of the engine: rows, and what was said about them. */
#include <stdio.h>
#include <string.h>

#include "gateway/kpi/record.h"
#include "gateway/kpi/scenario_internal.h"

static const struct kpi_row *find_row(const struct snapshot *s, struct slice key,
                                      struct slice scope)
{
    for (size_t i = 0; i < s->n_kpis; i++)
        if (slice_equal(slice_from(s->kpis[i].about->key), key) &&
            slice_equal(slice_from(s->kpis[i].scope), scope))
            return &s->kpis[i];
    return NULL;
}

/* Tests of one KPI are told apart by their units. */
static void note_reached(struct player *p, const struct kpi_row *row, int state)
{
    for (size_t k = 0; p->reached && k < p->catalogue->n_entries; k++) {
        const struct kpi_entry *e = &p->catalogue->entries[k];
        if (e->id != row->kpi)
            continue;
        p->reached->states[k] |= (unsigned char)(1u << state);
        for (size_t t = 0; t < e->n_tests; t++)
            if (!strcmp(e->tests[t].unit, row->about->unit))
                p->reached->test_states[k][t] |= (unsigned char)(1u << state);
    }
}

static void note_cleared(struct player *p, struct slice key)
{
    for (size_t k = 0; p->reached && k < p->catalogue->n_entries; k++)
        if (slice_equal(slice_from(p->catalogue->entries[k].key), key))
            p->reached->has_cleared[k] = true;
}

static void check_summary(struct player *p, const struct snapshot *s, struct slice key, int state)
{
    for (size_t i = 0; i < s->n_summary; i++) {
        if (!slice_equal(slice_from(s->summary[i].key), key))
            continue;
        if ((int)s->summary[i].worst != state)
            COMPLAIN(p, "summary of %s: expected %s, found %s", s->summary[i].key,
                     kpi_state_name((enum kpi_state)state), kpi_state_name(s->summary[i].worst));
        return;
    }
    COMPLAIN(p, "there is no summary of \"%.*s\"", SLICE_FMT(key));
}

static void check_row(struct player *p, const struct kpi_row *row, const struct slice *w, size_t n,
                      int state)
{
    size_t i = 3;
    if ((int)row->state != state)
        COMPLAIN(p, "%s of %s: expected %.*s, found %s (%s; %s)", row->about->key, row->scope,
                 SLICE_FMT(w[2]), kpi_state_name(row->state), row->value_text, row->reason);
    if (i < n && !slice_equal(w[i], SLICE("because"))) {
        if (!slice_equal(slice_from(row->value_text), w[i]))
            COMPLAIN(p, "%s of %s: expected the value \"%.*s\", found \"%s\"", row->about->key,
                     row->scope, SLICE_FMT(w[i]), row->value_text);
        i++;
    }
    if (i + 1 < n && slice_search(slice_from(row->reason), w[i + 1]) == strlen(row->reason))
        COMPLAIN(p, "%s of %s: expected the reason \"%.*s\", found \"%s\"", row->about->key,
                 row->scope, SLICE_FMT(w[i + 1]), row->reason);
}

void scenario_do_expect(struct player *p, struct slice *w, size_t n)
{
    scenario_tick(p);
    struct snapshot *s = kpi_engine_snapshot(p->engine, false);
    const struct kpi_row *row = find_row(s, w[0], w[1]);
    int state = scenario_state(w[2]);
    p->tally->expectations++;
    if (slice_equal(w[2], SLICE("absent"))) {
        if (row)
            COMPLAIN(p, "%s of %s: expected no row, found %s (%s)", row->about->key, row->scope,
                     kpi_state_name(row->state), row->reason);
    } else if (state < 0) {
        COMPLAIN(p, "\"%.*s\" is no state", SLICE_FMT(w[2]));
    } else if (slice_equal(w[1], SLICE("*"))) {
        check_summary(p, s, w[0], state);
    } else if (!row) {
        COMPLAIN(p, "there is no row %.*s of %.*s", SLICE_FMT(w[0]), SLICE_FMT(w[1]));
    } else {
        check_row(p, row, w, n, state);
        note_reached(p, row, state);
    }
    (void)n;
    snapshot_put(s);
}

static int said_named(struct slice word)
{
    static const struct {
        const char *name;
        enum gw_kind kind;
    } names[] = {{"raised", GW_KIND_ALERT_RAISED},
                 {"changed", GW_KIND_ALERT_CHANGED},
                 {"cleared", GW_KIND_ALERT_CLEARED},
                 {"acknowledged", GW_KIND_ALERT_ACKNOWLEDGED},
                 {"repeated", GW_KIND_ALERT_REPEATED}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal(word, slice_from(names[i].name)))
            return (int)names[i].kind;
    return -1;
}

/* Repetitions are looked for by themselves. */
static struct said *first_said(struct player *p, bool is_repeated, struct slice key,
                               struct slice scope)
{
    for (size_t i = 0; i < p->n_said; i++)
        if (!p->said[i].is_seen && (p->said[i].kind == GW_KIND_ALERT_REPEATED) == is_repeated &&
            slice_equal(slice_from(p->said[i].key), key) &&
            (!scope.n || slice_equal(slice_from(p->said[i].scope), scope)))
            return &p->said[i];
    return NULL;
}

void scenario_do_said(struct player *p, struct slice *w, size_t n)
{
    scenario_tick(p);
    p->tally->expectations++;
    bool is_muted = slice_starts_with(w[0], SLICE("muted-"));
    int kind = said_named(is_muted ? slice_skip(w[0], sizeof "muted-" - 1) : w[0]);
    int state = scenario_state(w[3]);
    struct said *s = first_said(p, kind == GW_KIND_ALERT_REPEATED, w[1], w[2]);
    if (kind < 0 || state < 0) {
        COMPLAIN(
            p,
            "said [muted-]raised|changed|cleared|acknowledged|repeated KEY SCOPE STATE expected");
        return;
    }
    if (!s) {
        COMPLAIN(p, "nothing was said about %.*s of %.*s", SLICE_FMT(w[1]), SLICE_FMT(w[2]));
        return;
    }
    s->is_seen = true;
    if (kind == GW_KIND_ALERT_CLEARED)
        note_cleared(p, w[1]);
    if (s->kind != kind || s->state != state || s->is_muted != is_muted)
        COMPLAIN(p, "%s of %s: expected %.*s %.*s, said was %s%s %s", s->key, s->scope,
                 SLICE_FMT(w[0]), SLICE_FMT(w[3]), s->is_muted ? "muted " : "",
                 gw_kind_name((enum gw_kind)s->kind), kpi_state_name((enum kpi_state)s->state));
    if (n == 6 && slice_equal(w[4], SLICE("was")) && s->old_state != scenario_state(w[5]))
        COMPLAIN(p, "%s of %s: expected from %.*s, said was from %s", s->key, s->scope,
                 SLICE_FMT(w[5]), kpi_state_name((enum kpi_state)s->old_state));
}

static void expect_silence(struct player *p, bool is_repeated, struct slice key)
{
    scenario_tick(p);
    p->tally->expectations++;
    const struct said *s = first_said(p, is_repeated, key, SLICE_NONE);
    if (s)
        COMPLAIN(p, "nothing expected, said was %s %s of %s", gw_kind_name((enum gw_kind)s->kind),
                 kpi_state_name((enum kpi_state)s->state), s->scope);
}

void scenario_do_quiet(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    expect_silence(p, false, w[0]);
}

void scenario_do_unrepeated(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    expect_silence(p, true, w[0]);
}

void scenario_do_ack(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    scenario_tick(p);
    struct snapshot *s = kpi_engine_snapshot(p->engine, false);
    uint32_t id = 0;
    for (size_t i = 0; i < s->n_alerts; i++)
        if (slice_equal(slice_from(s->alerts[i].key), w[0]) &&
            slice_equal(slice_from(s->alerts[i].scope), w[1]))
            id = s->alerts[i].id;
    snapshot_put(s);
    if (!id)
        COMPLAIN(p, "there is no alert of %.*s of %.*s", SLICE_FMT(w[0]), SLICE_FMT(w[1]));
    kpi_record_ack(p->event, id, w[2], SLICE_NONE, p->now_ms);
    scenario_apply(p);
}
