/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One alert for each row that is bad, however many records made it so.
 *
 *     ok, unknown -> bad (raise hold)       raised
 *     warning <-> critical                  changed
 *     bad -> unknown                        stays, unverified; nothing is said
 *     ok for the clear hold                 cleared
 *     bad again within the clear hold       the same alert goes on
 *     critical, not acknowledged            repeated, every remind_ms
 *     worse than what was acknowledged      changed, and nobody has it in hand any more; as bad as
 *                                           that again: changed, and who has it in hand still has
 *     switched off, or its scope is gone    cleared: no longer watched
 *
 * Holds are measured in the time that the gateway was up.
 *
 * In a maintenance window all this is recorded and marked as muted, so that nobody is told. What
 * people then believe (told_state) is put right when the window is over and it is still bad, by a
 * repetition, which is also the first word of what was never told. The end of what they were told
 * is told at once: it wakes nobody.
 */
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"
#include "gateway/schema/who.h"

void kpi_alert_free(struct alert *alert)
{
    if (!alert)
        return;
    free(alert->value_text);
    free(alert->reason);
    free(alert->ack_name);
    free(alert->ack_note);
    free(alert);
}

void kpi_alert_add(struct kpi_engine *engine, struct alert *alert)
{
    if (engine->n_alerts == engine->cap_alerts) {
        engine->cap_alerts = engine->cap_alerts ? engine->cap_alerts * 2 : 8;
        engine->alerts = gw_realloc(engine->alerts, engine->cap_alerts * sizeof *engine->alerts);
    }
    engine->alerts[engine->n_alerts++] = alert;
}

static void replace(char **place, const char *text)
{
    if (*place && !strcmp(*place, text))
        return;
    free(*place);
    *place = gw_strdup(text);
}

static void begin_event(struct kpi_engine *engine, struct gw_event *event, enum gw_kind kind)
{
    gw_event_clear(event);
    event->kind = (uint16_t)kind;
    event->time_ms = event->received_ms = engine->now_ms;
    gw_event_set_int(event, GW_FIELD_EMISSION, (int64_t)++engine->emission);
}

/* KPI, scope and what the row shows. */
static void describe_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                         const struct row *row, struct gw_event *event, struct arena *arena)
{
    const struct scope *s = &engine->scopes[scope];
    gw_event_set_int(event, GW_FIELD_KPI_ID, run->entry->id);
    gw_event_set_text(event, GW_FIELD_KPI_KEY, slice_from(run->entry->key));
    gw_event_set_text(event, GW_FIELD_KPI_SCOPE, slice_from(s->key));
    gw_event_set_text(event, GW_FIELD_KPI_SCOPE_NAME, slice_from(s->name));
    gw_event_set_text(event, GW_FIELD_SITE, slice_from(engine->sites[s->site].id));
    gw_event_set_int(event, GW_FIELD_KPI_STATE, row->state);
    gw_event_set_int(event, GW_FIELD_KPI_VALUE, row->value);
    gw_event_set_text(event, GW_FIELD_KPI_VALUE_TEXT,
                      slice_from(kpi_value_text(engine, run, row, arena)));
    gw_event_set_text(event, GW_FIELD_KPI_UNIT,
                      slice_from(run->entry->tests[row->worst_test].unit));
    gw_event_set_text(event, GW_FIELD_REASON,
                      slice_from(kpi_reason(engine, run, scope, row, arena)));
    if (s->kind == KPI_SCOPE_SITE)
        return;
    const struct kpi_product *p =
        kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity))->product;
    if (p && p->address)
        gw_event_set_text(event, GW_FIELD_ORIGIN_IP, slice_from(p->address));
}

/* One line for a person who reads along: "outbreak hq: ok -> critical, 12 hosts, ...". */
static void say(struct gw_event *event, enum kpi_state old_state, struct arena *arena)
{
    enum kpi_state state = (enum kpi_state)gw_event_int(event, GW_FIELD_KPI_STATE, KPI_UNKNOWN);
    struct slice key = gw_event_text(event, GW_FIELD_KPI_KEY);
    struct slice scope = gw_event_text(event, GW_FIELD_KPI_SCOPE);
    struct slice reason = gw_event_text(event, GW_FIELD_REASON);
    gw_event_set_text(event, GW_FIELD_MESSAGE,
                      slice_from(arena_printf(arena, "%.*s %.*s: %s -> %s, %.*s", SLICE_FMT(key),
                                              SLICE_FMT(scope), kpi_state_name(old_state),
                                              kpi_state_name(state), SLICE_FMT(reason))));
}

void kpi_emit_change(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                     const struct row *row, enum kpi_state old_state, const char *reason)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    struct arena arena;
    arena_init(&arena, 0);
    begin_event(engine, event, GW_KIND_KPI_CHANGED);
    event->severity = GW_SEVERITY_INFORMATIONAL;
    describe_row(engine, run, scope, row, event, &arena);
    gw_event_set_int(event, GW_FIELD_KPI_OLD_STATE, old_state);
    if (reason)
        gw_event_set_text(event, GW_FIELD_REASON, slice_from(reason));
    say(event, old_state, &arena);
    if (engine->emit)
        engine->emit(engine->emit_context, engine->emission, event);
    arena_fini(&arena);
    free(event);
}

void kpi_emit_value(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                    const struct row *row)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    struct arena arena;
    arena_init(&arena, 0);
    begin_event(engine, event, GW_KIND_KPI_VALUE);
    event->severity = GW_SEVERITY_INFORMATIONAL;
    describe_row(engine, run, scope, row, event, &arena);
    if (engine->emit)
        engine->emit(engine->emit_context, engine->emission, event);
    arena_fini(&arena);
    free(event);
}

static bool is_muted(const struct kpi_engine *engine, uint32_t scope)
{
    const struct scope *s = &engine->scopes[scope];
    for (size_t i = 0; i < engine->settings.n_maintenance; i++) {
        const struct kpi_maintenance *m = &engine->settings.maintenance[i];
        if (m->site &&
            !slice_equal_nocase(slice_from(m->site), slice_from(engine->sites[s->site].id)))
            continue;
        if (m->scope && !kpi_like(slice_from(s->key), slice_from(m->scope)))
            continue;
        if (kpi_maintenance_is_on(m, engine->maintenance_zones[i], engine->now_ms))
            return true;
    }
    return false;
}

/* Is it told, now that it is said? Then that is what people know. */
static bool note_told(struct kpi_engine *engine, struct alert *alert, enum gw_kind kind)
{
    if (kind == GW_KIND_ALERT_CLEARED || kind == GW_KIND_ALERT_ACKNOWLEDGED)
        return alert->told_state != KPI_OK;
    if (is_muted(engine, alert->scope))
        return false;
    alert->told_state = alert->said_state;
    alert->told_up_ms = engine->up_ms;
    return true;
}

static enum gw_severity severity_of(enum gw_kind kind, int state)
{
    if (kind == GW_KIND_ALERT_CLEARED)
        return GW_SEVERITY_INFORMATIONAL;
    return state == KPI_CRITICAL ? GW_SEVERITY_CRITICAL : GW_SEVERITY_MEDIUM;
}

static void emit_alert(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                       struct row *row, enum gw_kind kind, enum kpi_state old_state,
                       const char *reason)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    struct alert *alert = row->alert;
    struct arena arena;
    arena_init(&arena, 0);
    begin_event(engine, event, kind);
    event->severity = (uint8_t)severity_of(kind, alert->said_state);
    describe_row(engine, run, scope, row, event, &arena);
    gw_event_set_int(event, GW_FIELD_KPI_OLD_STATE, old_state);
    if (reason)
        gw_event_set_text(event, GW_FIELD_REASON, slice_from(reason));
    gw_event_set_int(event, GW_FIELD_ALERT_ID, alert->id);
    gw_event_set_int(event, GW_FIELD_ALERT_WORST, alert->worst);
    gw_event_set_int(event, GW_FIELD_ALERT_OPENED, alert->opened_ms);
    gw_event_set_text(event, GW_FIELD_ALERT_EVIDENCE,
                      slice_from(kpi_evidence_text(engine, row, &arena)));
    gw_event_set_text(event, GW_FIELD_ADVICE, slice_from(run->entry->advice));
    if (alert->ack_name)
        gw_event_set_text(event, GW_FIELD_ALERT_ACK_NAME, slice_from(alert->ack_name));
    if (alert->ack_note)
        gw_event_set_text(event, GW_FIELD_ALERT_ACK_NOTE, slice_from(alert->ack_note));
    if (!note_told(engine, alert, kind))
        gw_event_set_int(event, GW_FIELD_ALERT_MUTED, 1);
    say(event, old_state, &arena);
    if (engine->emit)
        engine->emit(engine->emit_context, engine->emission, event);
    arena_fini(&arena);
    free(event);
}

static void remember_words(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                           struct row *row)
{
    struct arena arena;
    arena_init(&arena, 0);
    replace(&row->alert->value_text, kpi_value_text(engine, run, row, &arena));
    replace(&row->alert->reason, kpi_reason(engine, run, scope, row, &arena));
    row->alert->value = row->value;
    arena_fini(&arena);
}

static void look_again_in(struct kpi_engine *engine, int64_t ms)
{
    if (engine->now_ms + ms < engine->next_look_ms)
        engine->next_look_ms = engine->now_ms + ms;
}

/* Told again: what a window muted when it is over, and what nobody acknowledges. */
static void repeat_alert(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                         struct row *row)
{
    struct alert *alert = row->alert;
    int64_t remind = engine->settings.remind_ms ? engine->settings.remind_ms : REMIND_MS;
    bool is_owed = alert->told_state != alert->said_state;
    bool is_waiting = alert->said_state == KPI_CRITICAL && !alert->ack_state && remind > 0;
    int64_t rest = remind - (engine->up_ms - alert->told_up_ms);
    if (!is_owed && is_waiting && rest > 0)
        look_again_in(engine, rest);
    else if ((is_owed || is_waiting) && !is_muted(engine, scope))
        emit_alert(engine, run, scope, row, GW_KIND_ALERT_REPEATED,
                   is_owed && alert->told_state == KPI_OK ? (enum kpi_state)row->calm_state
                                                          : (enum kpi_state)alert->told_state,
                   NULL);
}

static void raise_alert(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                        struct row *row)
{
    struct alert *alert = gw_alloc(sizeof *alert);
    alert->id = ++engine->last_alert_id;
    alert->kpi_id = run->entry->id;
    alert->scope = scope;
    alert->state = alert->said_state = alert->worst = row->state;
    alert->opened_ms = alert->changed_ms = engine->now_ms;
    alert->ok_since_up_ms = -1;
    row->alert = alert;
    kpi_alert_add(engine, alert);
    remember_words(engine, run, scope, row);
    emit_alert(engine, run, scope, row, GW_KIND_ALERT_RAISED, (enum kpi_state)row->calm_state,
               NULL);
    repeat_alert(engine, run, scope, row);
}

static void clear_alert(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                        struct row *row, const char *reason)
{
    emit_alert(engine, run, scope, row, GW_KIND_ALERT_CLEARED,
               (enum kpi_state)row->alert->said_state, reason);
    for (size_t i = 0; i < engine->n_alerts; i++) {
        if (engine->alerts[i] != row->alert)
            continue;
        memmove(engine->alerts + i, engine->alerts + i + 1,
                (engine->n_alerts - i - 1) * sizeof *engine->alerts);
        engine->n_alerts--;
        break;
    }
    kpi_alert_free(row->alert);
    row->alert = NULL;
    row->bad_since_up_ms = -1;
}

/* Who has a warning in hand may be asleep when it turns critical. */
static void drop_acknowledgement(struct alert *alert)
{
    free(alert->ack_name);
    free(alert->ack_note);
    alert->ack_name = alert->ack_note = NULL;
    alert->ack_state = KPI_OK;
}

static void follow_open(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                        struct row *row)
{
    struct alert *alert = row->alert;
    int64_t hold = engine->settings.clear_hold_ms;
    if (hold <= 0)
        hold = CLEAR_HOLD_MS;
    if (row->state != alert->state) {
        alert->state = row->state;
        alert->changed_ms = engine->now_ms;
        engine->is_dirty = true; /* shown at once */
    }
    alert->is_unverified = row->state == KPI_UNKNOWN;
    if (row->state == KPI_UNKNOWN) {
        alert->ok_since_up_ms = -1;
        return;
    }
    if (row->state == KPI_OK) {
        if (alert->ok_since_up_ms < 0)
            alert->ok_since_up_ms = engine->up_ms;
        int64_t rest = hold - (engine->up_ms - alert->ok_since_up_ms);
        if (rest <= 0)
            clear_alert(engine, run, scope, row, NULL);
        else
            look_again_in(engine, rest);
        return;
    }
    alert->ok_since_up_ms = -1;
    remember_words(engine, run, scope, row);
    if (row->state > alert->worst)
        alert->worst = row->state;
    if (row->state != alert->said_state) {
        enum kpi_state old = (enum kpi_state)alert->said_state;
        if (row->state > alert->ack_state)
            drop_acknowledgement(alert);
        alert->said_state = row->state;
        /* To whom nothing was told it is no change: the whole is told below. */
        if (alert->told_state != KPI_OK || is_muted(engine, scope))
            emit_alert(engine, run, scope, row, GW_KIND_ALERT_CHANGED, old, NULL);
    }
    repeat_alert(engine, run, scope, row);
}

void kpi_alert_follow(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                      struct row *row)
{
    bool is_bad = row->state == KPI_WARNING || row->state == KPI_CRITICAL;
    if (row->alert && row->is_disabled)
        clear_alert(engine, run, scope, row, GW_REASON_NOT_WATCHED);
    if (row->alert) {
        follow_open(engine, run, scope, row);
        return;
    }
    if (!is_bad) {
        row->bad_since_up_ms = -1;
        return;
    }
    if (row->bad_since_up_ms < 0)
        row->bad_since_up_ms = engine->up_ms;
    int64_t rest = engine->settings.raise_hold_ms - (engine->up_ms - row->bad_since_up_ms);
    if (rest <= 0)
        raise_alert(engine, run, scope, row);
    else
        look_again_in(engine, rest);
}

void kpi_alert_end_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                       struct row *row)
{
    if (row->alert && engine->emit)
        clear_alert(engine, run, scope, row, GW_REASON_NOT_WATCHED);
    if (!row->is_unsaid && engine->emit && engine->settings.record_changes) {
        enum kpi_state old = (enum kpi_state)row->state;
        row->state = KPI_UNKNOWN;
        row->value = 0;
        kpi_emit_change(engine, run, scope, row, old, GW_REASON_NOT_WATCHED);
    }
    row->alert = NULL; /* without an emitter the engine is going: it frees its alerts itself */
}

void kpi_alert_acknowledge(struct kpi_engine *engine, const struct gw_event *event)
{
    int64_t id = gw_event_int(event, GW_FIELD_ALERT_ID, 0);
    struct slice name = gw_event_text(event, GW_FIELD_ALERT_ACK_NAME),
                 note = gw_event_text(event, GW_FIELD_ALERT_ACK_NOTE);
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        for (uint32_t s = 0; s < run->n_rows; s++) {
            struct row *row = run->rows[s];
            if (!row || !row->alert || row->alert->id != id)
                continue;
            char clean[512];
            gw_clean_text(name, clean, 127, false);
            replace(&row->alert->ack_name, clean);
            gw_clean_text(note, clean, sizeof clean - 1, false);
            replace(&row->alert->ack_note, clean);
            row->alert->ack_state = row->alert->said_state;
            row->alert->changed_ms = engine->now_ms;
            engine->is_dirty = true;
            emit_alert(engine, run, s, row, GW_KIND_ALERT_ACKNOWLEDGED,
                       (enum kpi_state)row->alert->said_state, NULL);
            return;
        }
    }
}
