/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sample does to the engine: configures it, sends records, lets time pass. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/kpi/record.h"
#include "gateway/kpi/scenario_internal.h"

static const int64_t TICK_MS = 5000, LONG_TICK_MS = 30000, LONG_WAIT_MS = 3600000;

/* ---- the engine ---- */

void scenario_on_emit(void *context, uint64_t number, const struct gw_event *event)
{
    struct player *p = context;
    (void)number;
    if (p->n_said == SAID_MAX)
        return;
    struct said *s = &p->said[p->n_said++];
    *s = (struct said){.kind = event->kind,
                       .state = (int)gw_event_int(event, GW_FIELD_KPI_STATE, -1),
                       .is_muted = gw_event_int(event, GW_FIELD_ALERT_MUTED, 0) != 0,
                       .old_state = (int)gw_event_int(event, GW_FIELD_KPI_OLD_STATE, -1)};
    snprintf(s->key, sizeof s->key, "%.*s", SLICE_FMT(gw_event_text(event, GW_FIELD_KPI_KEY)));
    snprintf(s->scope, sizeof s->scope, "%.*s",
             SLICE_FMT(gw_event_text(event, GW_FIELD_KPI_SCOPE)));
}

void scenario_apply(struct player *p)
{
    p->event->sequence = ++p->sequence;
    kpi_engine_apply(p->engine, p->event);
}

static void load(struct player *p, enum kpi_load load, struct slice content)
{
    char hash[KPI_LOAD_HASH_MAX];
    kpi_record_load(p->event, load, SLICE("sample"), content, p->now_ms, hash);
    scenario_apply(p);
}

void scenario_tick(struct player *p)
{
    char boot[16];
    snprintf(boot, sizeof boot, "boot-%u", p->runs);
    struct clock_reading now = {.wall_ms = p->now_ms, .mono_ms = p->mono_ms};
    kpi_record_tick(p->event, now, slice_from(boot));
    scenario_apply(p);
}

static void configure(struct player *p)
{
    struct buf bytes = {0};
    kpi_settings_encode(&p->settings, &bytes);
    if (!p->is_running)
        load(p, KPI_LOAD_CATALOGUE, p->data->catalogue);
    if (p->watchlist.n)
        buf_slice(&p->watchlist, SLICE("</watchlist>"));
    if (!p->is_running || p->watchlist.n)
        load(p, KPI_LOAD_WATCHLIST, p->watchlist.n ? buf_get(&p->watchlist) : p->data->watchlist);
    load(p, KPI_LOAD_SETTINGS, buf_get(&bytes));
    load(p, KPI_LOAD_INVENTORY, buf_get(&p->inventory));
    if (p->watchlist.n)
        p->watchlist.n -= strlen("</watchlist>");
    if (!p->is_running)
        scenario_tick(p);
    p->is_running = true;
    p->has_changed = false;
    buf_free(&bytes);
}

/* Everything but what configures comes by here. */
void scenario_be_ready(struct player *p)
{
    if (!p->is_running)
        p->now_ms = p->start_ms;
    if (p->has_changed || !p->is_running)
        configure(p);
}

void scenario_restart(struct player *p)
{
    struct buf bytes = {0};
    kpi_engine_save(p->engine, &bytes);
    kpi_engine_free(p->engine);
    p->engine = kpi_engine_new(1, scenario_on_emit, p);
    if (kpi_engine_restore(p->engine, buf_get(&bytes)))
        COMPLAIN(p, "the engine's own checkpoint is refused");
    buf_free(&bytes);
}

static void wait_ticking(struct player *p, int64_t ms)
{
    int64_t step = ms > LONG_WAIT_MS ? LONG_TICK_MS : TICK_MS;
    while (ms > 0) {
        int64_t n = ms < step ? ms : step;
        p->now_ms += n;
        p->mono_ms += n;
        ms -= n;
        scenario_tick(p);
    }
}

/* ---- what configures ---- */

void scenario_do_site(struct player *p, struct slice *w, size_t n)
{
    struct slice name, value;
    if (p->settings.n_sites == LISTS_MAX)
        return;
    struct kpi_site *site = &p->sites[p->settings.n_sites++];
    *site = (struct kpi_site){.id = w[0].p};
    p->settings.sites = p->sites;
    for (size_t i = 1; i < n && scenario_cut_pair(p, w[i], &name, &value); i++) {
        if (slice_equal(name, SLICE("hosts")))
            site->hosts = scenario_number(p, value);
        else if (slice_equal(name, SLICE("name")))
            site->name = arena_text(&p->arena, value);
        else
            COMPLAIN(p, "site has no \"%.*s\"", SLICE_FMT(name));
    }
}

void scenario_do_level(struct player *p, struct slice *w, size_t n)
{
    struct slice name, value;
    if (p->settings.n_overrides == LISTS_MAX)
        return;
    struct kpi_override *o = &p->overrides[p->settings.n_overrides++];
    *o = (struct kpi_override){
        .key = w[0].p, .enabled = -1, .warning = KPI_LEVEL_KEEP, .critical = KPI_LEVEL_KEEP};
    p->settings.overrides = p->overrides;
    if (!kpi_catalogue_find(p->catalogue, w[0]))
        COMPLAIN(p, "there is no KPI \"%s\"", w[0].p);
    for (size_t i = 1; i < n && scenario_cut_pair(p, w[i], &name, &value); i++) {
        if (slice_equal(name, SLICE("site")))
            o->site = arena_text(&p->arena, value);
        else if (slice_equal(name, SLICE("enabled")))
            o->enabled = slice_equal(value, SLICE("yes"));
        else if (slice_equal(name, SLICE("test")))
            o->test = (uint8_t)scenario_number(p, value);
        else if (slice_equal(name, SLICE("warning")))
            o->warning = (int32_t)scenario_number(p, value);
        else if (slice_equal(name, SLICE("critical")))
            o->critical = (int32_t)scenario_number(p, value);
        else
            COMPLAIN(p, "level has no \"%.*s\"", SLICE_FMT(name));
    }
}

void scenario_do_known(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    if (p->settings.n_sources == LISTS_MAX)
        return;
    p->sources[p->settings.n_sources++].network = w[0].p;
    p->settings.sources = p->sources;
}

void scenario_do_alive(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    p->settings.source_alive_ms = scenario_duration(p, w[0]);
}

void scenario_do_clear_hold(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    p->settings.clear_hold_ms = scenario_duration(p, w[0]);
}

void scenario_do_raise_hold(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    p->settings.raise_hold_ms = scenario_duration(p, w[0]);
}

void scenario_do_remind(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    p->settings.remind_ms = scenario_duration(p, w[0]);
}

/* Weekly by UTC, or once. */
void scenario_do_maintenance(struct player *p, struct slice *w, size_t n)
{
    struct slice name, value;
    if (p->settings.n_maintenance == LISTS_MAX)
        return;
    struct kpi_maintenance *m = &p->maintenance[p->settings.n_maintenance++];
    *m = (struct kpi_maintenance){0};
    p->settings.maintenance = p->maintenance;
    for (size_t i = 0; i < n && scenario_cut_pair(p, w[i], &name, &value); i++) {
        if (slice_equal(name, SLICE("site")))
            m->site = arena_text(&p->arena, value);
        else if (slice_equal(name, SLICE("scope")))
            m->scope = arena_text(&p->arena, value);
        else if (slice_equal(name, SLICE("days")))
            m->days = kpi_maintenance_days(value);
        else if (slice_equal(name, SLICE("from")))
            m->from_min = (uint16_t)kpi_maintenance_minute(value);
        else if (slice_equal(name, SLICE("to")))
            m->to_min = (uint16_t)kpi_maintenance_minute(value);
        else if (slice_equal(name, SLICE("begin")))
            m->begin_ms = kpi_maintenance_instant(value, NULL);
        else if (slice_equal(name, SLICE("end")))
            m->end_ms = kpi_maintenance_instant(value, NULL);
        else
            COMPLAIN(p, "maintenance has no \"%.*s\"", SLICE_FMT(name));
    }
}

void scenario_do_newest(struct player *p, struct slice *w, size_t n)
{
    struct slice name, value;
    if (p->settings.n_newest == LISTS_MAX)
        return;
    struct kpi_newest *newest = &p->newest[p->settings.n_newest++];
    *newest = (struct kpi_newest){
        .type = slice_equal(w[0], SLICE("engine")) ? GW_COMPONENT_ENGINE : GW_COMPONENT_PATTERN};
    p->settings.newest = p->newest;
    for (size_t i = 1; i < n && scenario_cut_pair(p, w[i], &name, &value); i++) {
        if (slice_equal(name, SLICE("id")))
            newest->component = arena_text(&p->arena, value);
        else if (slice_equal(name, SLICE("number")))
            newest->number = scenario_number(p, value);
        else if (slice_equal(name, SLICE("since")))
            newest->since_ms = kpi_maintenance_instant(value, NULL);
        else
            COMPLAIN(p, "newest has no \"%.*s\"", SLICE_FMT(name));
    }
    if (!newest->component)
        COMPLAIN(p, "newest needs id=");
}

void scenario_do_watch(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    buf_printf(&p->watchlist, "%s<entry pattern=\"%s\"/>", p->watchlist.n ? "" : "<watchlist>",
               w[0].p);
}

void scenario_do_unlisted(struct player *p, struct slice *w, size_t n)
{
    struct buf kept = {0};
    struct slice rest = buf_get(&p->inventory), line, site, name;
    (void)n;
    while (rest.n) {
        slice_cut(rest, '\n', &line, &rest);
        struct slice tail = line;
        slice_cut(tail, ',', &site, &tail);
        slice_cut(tail, ',', &name, &tail);
        if (slice_equal(name, w[0]))
            continue;
        buf_slice(&kept, line);
        buf_byte(&kept, '\n');
    }
    buf_free(&p->inventory);
    p->inventory = kept;
}

void scenario_do_listed(struct player *p, struct slice rest)
{
    rest = slice_trim(rest);
    if (!p->inventory.n)
        buf_slice(&p->inventory,
                  SLICE("site,name,role,product,address,heartbeat,license_end,expected,"
                        "uplinks\n"));
    for (int64_t i = 0; i < scenario_count(rest); i++) {
        buf_slice(&p->inventory, scenario_expand(p, rest, i));
        buf_byte(&p->inventory, '\n');
    }
}

/* ---- records ---- */

static void set_field(struct player *p, struct slice name, struct slice value)
{
    if (slice_equal(name, SLICE("time"))) {
        p->event->time_ms = p->now_ms + scenario_duration(p, value);
        return;
    }
    if (slice_equal(name, SLICE("severity"))) {
        p->event->severity = (uint8_t)scenario_number(p, value);
        return;
    }
    if (slice_equal(name, SLICE("agents"))) {
        p->event->flags = slice_equal(value, SLICE("yes")) ? GW_EVENT_BY_AGENT : 0;
        return;
    }
    enum gw_field field = gw_field_by_name(name);
    enum gw_type type = field ? gw_field_type(field) : GW_TYPE_NONE;
    if (!field)
        COMPLAIN(p, "there is no field \"%.*s\"", SLICE_FMT(name));
    else if (type == GW_TYPE_INT || type == GW_TYPE_TIME)
        gw_event_set_int(p->event, field, scenario_number(p, value));
    else
        gw_event_set_text(p->event, field, value);
}

static void one_record(struct player *p, int kind, const struct slice *w, size_t n, int64_t i)
{
    struct slice name, value;
    gw_event_clear(p->event);
    p->event->kind = (uint16_t)kind;
    p->event->time_ms = p->event->received_ms = p->now_ms;
    p->event->transport = GW_TRANSPORT_TCP;
    for (size_t f = 0; f < p->n_from; f++)
        if (scenario_cut_pair(p, p->from[f], &name, &value))
            set_field(p, name, value);
    for (size_t f = 0; f < n; f++)
        if (scenario_cut_pair(p, w[f], &name, &value))
            set_field(p, name, scenario_expand(p, value, i));
    p->tally->records++;
    scenario_apply(p);
}

void scenario_do_record(struct player *p, struct slice *w, size_t n)
{
    int kind = gw_kind_by_name(w[0]);
    int64_t times = 1;
    if (kind < 0) {
        COMPLAIN(p, "there is no kind \"%.*s\"", SLICE_FMT(w[0]));
        return;
    }
    for (size_t i = 1; i < n; i++)
        if (scenario_count(w[i]) > times)
            times = scenario_count(w[i]);
    for (int64_t i = 0; i < times; i++)
        one_record(p, kind, w + 1, n - 1, i);
}

void scenario_do_from(struct player *p, struct slice *w, size_t n)
{
    memcpy(p->from, w, n * sizeof *w);
    p->n_from = n;
}

/* ---- time ---- */

void scenario_do_wait(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    scenario_tick(p); /* what came before is judged before time passes */
    wait_ticking(p, scenario_duration(p, w[0]));
}

void scenario_do_repeat(struct player *p, struct slice *w, size_t n)
{
    int64_t times = scenario_number(p, w[0]);
    int kind = gw_kind_by_name(w[2]);
    if (kind < 0) {
        COMPLAIN(p, "there is no kind \"%.*s\"", SLICE_FMT(w[2]));
        return;
    }
    for (int64_t i = 0; i < times; i++) {
        one_record(p, kind, w + 3, n - 3, i);
        wait_ticking(p, scenario_duration(p, w[1]));
    }
}

void scenario_do_down(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    p->now_ms += scenario_duration(p, w[0]);
    p->mono_ms = 1000;
    p->runs++;
    scenario_tick(p);
}

void scenario_do_set_clock(struct player *p, struct slice *w, size_t n)
{
    (void)n;
    p->now_ms += scenario_duration(p, w[0]);
    scenario_tick(p);
}
