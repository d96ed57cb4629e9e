/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alerts that were open at some moment of the period: the worst first, then the oldest. If there
   are too many, those that are open at its end stay. */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/report/collect_internal.h"
#include "gateway/schema/event.h"

enum { ALERTS_MAX = 500 };

struct alerts {
    struct collect *c;
    struct report_alert *all;
    size_t n, cap;
};

static void name_alert(struct collect *c, struct report_alert *alert)
{
    const struct kpi_entry *entry = collect_entry(c, alert->kpi);
    struct arena *arena = &c->report->arena;
    alert->name[REPORT_EN] = entry ? arena_text(arena, slice_from(entry->name)) : alert->key;
    alert->name[REPORT_ZH] = entry ? arena_text(arena, slice_from(entry->name_zh)) : alert->key;
}

static bool on_alert(void *context, const struct store_alert *alert)
{
    struct alerts *alerts = context;
    struct collect *c = alerts->c;
    struct report_view *view = c->view;
    struct arena *arena = &c->report->arena;
    bool is_open = alert->closed_ms >= view->end_ms; /* at its end */

    if (alert->opened_ms >= view->end_ms && view->end_ms > view->begin_ms)
        return true;
    if (alerts->n == alerts->cap) {
        alerts->cap = alerts->cap ? alerts->cap * 2 : 64;
        alerts->all = gw_realloc(alerts->all, alerts->cap * sizeof *alerts->all);
    }
    struct report_alert *out = &alerts->all[alerts->n++];
    *out = (struct report_alert){
        .id = alert->id,
        .kpi = alert->kpi,
        .key = arena_text(arena, slice_from(alert->key)),
        .scope = arena_text(arena, slice_from(alert->scope)),
        .scope_name = arena_text(arena, slice_from(alert->scope_name)),
        .site = arena_text(arena, slice_from(alert->site)),
        .opened_ms = alert->opened_ms,
        .closed_ms = is_open ? INT64_MAX : alert->closed_ms,
        .lasted_ms = (is_open ? view->end_ms : alert->closed_ms) - alert->opened_ms,
        .state = alert->state,
        .worst = alert->worst,
        .value_text = arena_text(arena, slice_from(alert->value_text)),
        .reason = arena_text(arena, slice_from(alert->reason)),
        .ack_ms = alert->ack_ms,
        .ack_name = arena_text(arena, slice_from(alert->ack_name)),
        .ack_note = arena_text(arena, slice_from(alert->ack_note)),
    };
    name_alert(c, out);
    collect_site(c, alert->site);
    view->n_opened += alert->opened_ms >= view->begin_ms;
    view->n_closed += !is_open;
    view->n_open += is_open;
    return true;
}

static int weight(int state)
{
    static const int weights[] = {0, 2, 3, 1};
    return weights[state & 3];
}

struct past {
    struct collect *c;
    struct report_alert *alert;
    bool has_words;
    int in_hand; /* the state that somebody took in hand: a worse one nobody has */
};

static void let_go(struct report_alert *alert)
{
    alert->ack_ms = 0;
    alert->ack_name = alert->ack_note = "";
}

static void follow_hands(struct past *past, const struct store_alert_event *event)
{
    struct report_alert *alert = past->alert;
    struct arena *arena = &past->c->report->arena;
    if (event->kind == GW_KIND_ALERT_ACKNOWLEDGED) {
        alert->ack_ms = event->time_ms;
        alert->ack_name = arena_text(arena, slice_from(event->ack_name));
        alert->ack_note = arena_text(arena, slice_from(event->ack_note));
        past->in_hand = event->state;
    } else if (event->state > past->in_hand) {
        let_go(alert);
    }
}

static bool on_event(void *context, const struct store_alert_event *event)
{
    struct past *past = context;
    struct report_alert *alert = past->alert;
    struct arena *arena = &past->c->report->arena;
    if (event->time_ms >= past->c->view->end_ms)
        return false;
    alert->worst = past->has_words && weight(alert->worst) >= weight(event->state) ? alert->worst
                                                                                   : event->state;
    alert->state = event->state;
    alert->value_text = arena_text(arena, slice_from(event->value_text));
    alert->reason = arena_text(arena, slice_from(event->reason));
    past->has_words = true;
    follow_hands(past, event);
    return true;
}

/* What the store says of an alert is how it stands now: of one that went on after the period, its
   words up to then say how it stood, and in whose hands. */
static bool set_back(struct collect *c, struct report_alert *alert)
{
    struct past past = {.c = c, .alert = alert};
    if (alert->closed_ms != INT64_MAX)
        return true;
    if (alert->ack_ms >= c->view->end_ms)
        let_go(alert);
    bool is_fine = store_read_alert_events(c->reader, alert->id, on_event, &past) == GW_OK;
    c->view->n_unhandled += alert->ack_ms == 0;
    return is_fine;
}

static int compare(const void *a, const void *b)
{
    const struct report_alert *one = a, *other = b;
    if (one->worst != other->worst)
        return weight(other->worst) - weight(one->worst);
    if (one->opened_ms != other->opened_ms)
        return one->opened_ms < other->opened_ms ? -1 : 1;
    return one->id < other->id ? -1 : one->id > other->id;
}

static int open_first(const void *a, const void *b)
{
    const struct report_alert *one = a, *other = b;
    bool is_open = one->closed_ms == INT64_MAX, is_other_open = other->closed_ms == INT64_MAX;
    return is_open != is_other_open ? is_other_open - is_open : compare(a, b);
}

bool collect_alerts(struct collect *c)
{
    struct alerts alerts = {.c = c};
    struct report_view *view = c->view;
    bool is_fine = store_read_alerts(c->reader, c->plan->site, view->begin_ms, view->end_ms,
                                     on_alert, &alerts) == GW_OK;
    for (size_t i = 0; i < alerts.n && is_fine; i++)
        is_fine = set_back(c, &alerts.all[i]);
    size_t n = alerts.n < ALERTS_MAX ? alerts.n : ALERTS_MAX;
    struct report_alert *kept = arena_alloc(&c->report->arena, (n + 1) * sizeof *kept);

    if (alerts.n) {
        qsort(alerts.all, alerts.n, sizeof *alerts.all, open_first);
        memcpy(kept, alerts.all, n * sizeof *kept);
        qsort(kept, n, sizeof *kept, compare);
    }
    view->alerts = kept;
    view->n_alerts = n;
    view->n_alerts_left = alerts.n - n;
    free(alerts.all);
    return is_fine;
}
