/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the engine's record of an alert to what is told of it. */
#include "gateway/outbox/change.h"

#include <inttypes.h>

#include "gateway/base/buf.h"
#include "gateway/outbox/mime.h"

enum { TEXT_MAX = 500, ADVICE_MAX = 2000, EVIDENCE_MAX_BYTES = 4000 };

const char *change_kind_name(enum change_kind kind)
{
    static const char *const names[] = {"raised", "changed", "acknowledged", "cleared"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

static int kind_of(int kind)
{
    switch (kind) {
    case GW_KIND_ALERT_RAISED:
    case GW_KIND_ALERT_REPEATED:
        return CHANGE_RAISED;
    case GW_KIND_ALERT_CHANGED:
        return CHANGE_CHANGED;
    case GW_KIND_ALERT_ACKNOWLEDGED:
        return CHANGE_ACKNOWLEDGED;
    case GW_KIND_ALERT_CLEARED:
        return CHANGE_CLEARED;
    default:
        return -1;
    }
}

bool change_is_candidate(int kind)
{
    return kind_of(kind) >= 0;
}

static const char *clean(struct slice text, size_t max, struct arena *arena)
{
    struct buf out = {0};
    mime_clean(&out, text, max);
    const char *kept = arena_text(arena, buf_get(&out));
    buf_free(&out);
    return kept;
}

static const char *text_of(const struct gw_event *event, enum gw_field field, struct arena *arena)
{
    return clean(gw_event_text(event, field), TEXT_MAX, arena);
}

static enum kpi_state state_of(const struct gw_event *event, enum gw_field field)
{
    int64_t state = gw_event_int(event, field, KPI_UNKNOWN);
    return state >= KPI_OK && state <= KPI_UNKNOWN ? (enum kpi_state)state : KPI_UNKNOWN;
}

/* The record has the indicator's words in English only; the catalogue has both languages. */
static void name_it(struct change *change, const struct gw_event *event,
                    const struct kpi_catalogue *catalogue, struct arena *arena)
{
    struct slice key = gw_event_text(event, GW_FIELD_KPI_KEY);
    const struct kpi_entry *entry = catalogue ? kpi_catalogue_find(catalogue, key) : NULL;
    const char *advice = clean(gw_event_text(event, GW_FIELD_ADVICE), ADVICE_MAX, arena);
    change->key = clean(key, TEXT_MAX, arena);
    change->name[OUTBOX_ENGLISH] =
        entry && entry->name ? clean(slice_from(entry->name), TEXT_MAX, arena) : change->key;
    change->name[OUTBOX_CHINESE] = entry && entry->name_zh
                                       ? clean(slice_from(entry->name_zh), TEXT_MAX, arena)
                                       : change->name[OUTBOX_ENGLISH];
    change->advice[OUTBOX_ENGLISH] = advice;
    change->advice[OUTBOX_CHINESE] = *advice && entry && entry->advice_zh
                                         ? clean(slice_from(entry->advice_zh), ADVICE_MAX, arena)
                                         : advice;
}

/* What is muted is not told. A repetition is told only if people know another state, since a
   maintenance window muted the change; a mere reminder is no change. */
static bool is_told(const struct gw_event *event)
{
    if (gw_event_is_correction(event) || gw_event_int(event, GW_FIELD_ALERT_MUTED, 0))
        return false;
    if (event->kind == GW_KIND_ALERT_REPEATED)
        return state_of(event, GW_FIELD_KPI_OLD_STATE) != state_of(event, GW_FIELD_KPI_STATE);
    return event->kind != GW_KIND_ALERT_ACKNOWLEDGED || gw_event_has(event, GW_FIELD_EMISSION);
}

/* Whatever people are told first of an alert is told as its raise, which begins their thread. */
static int told_kind(const struct gw_event *event)
{
    enum kpi_state old = state_of(event, GW_FIELD_KPI_OLD_STATE);
    bool is_known = old == KPI_WARNING || old == KPI_CRITICAL;
    return event->kind == GW_KIND_ALERT_REPEATED && is_known ? CHANGE_CHANGED
                                                             : kind_of(event->kind);
}

bool change_from(const struct gw_event *event, const char *gateway, const char *epoch,
                 const struct kpi_catalogue *catalogue, struct arena *arena, struct change *out)
{
    int kind = told_kind(event);
    if (kind < 0 || !is_told(event))
        return false;
    *out = (struct change){
        .kind = (enum change_kind)kind,
        .gateway = clean(slice_from(gateway), TEXT_MAX, arena),
        .revision = kind == CHANGE_RAISED ? 1 : event->sequence,
        .alert_id = gw_event_int(event, GW_FIELD_ALERT_ID, 0),
        .kpi_id = gw_event_int(event, GW_FIELD_KPI_ID, 0),
        .value = gw_event_int(event, GW_FIELD_KPI_VALUE, 0),
        .time_ms = event->time_ms,
        .opened_ms = gw_event_int(event, GW_FIELD_ALERT_OPENED, event->time_ms),
        .old_state = state_of(event, GW_FIELD_KPI_OLD_STATE),
        .state = state_of(event, GW_FIELD_KPI_STATE),
        .worst = state_of(event, GW_FIELD_ALERT_WORST),
        .site = text_of(event, GW_FIELD_SITE, arena),
        .scope = text_of(event, GW_FIELD_KPI_SCOPE, arena),
        .scope_name = text_of(event, GW_FIELD_KPI_SCOPE_NAME, arena),
        .value_text = text_of(event, GW_FIELD_KPI_VALUE_TEXT, arena),
        .unit = text_of(event, GW_FIELD_KPI_UNIT, arena),
        .reason = text_of(event, GW_FIELD_REASON, arena),
        .origin = text_of(event, GW_FIELD_ORIGIN_IP, arena),
        .ack_name = text_of(event, GW_FIELD_ALERT_ACK_NAME, arena),
        .ack_note = text_of(event, GW_FIELD_ALERT_ACK_NOTE, arena),
        .evidence = clean(gw_event_text(event, GW_FIELD_ALERT_EVIDENCE), EVIDENCE_MAX_BYTES, arena),
    };
    if (!*out->scope_name)
        out->scope_name = out->scope;
    name_it(out, event, catalogue, arena);
    out->uid =
        arena_printf(arena, "%s.alert-%" PRId64 "-%" PRId64, epoch, out->alert_id, out->opened_ms);
    return true;
}

bool change_is_wanted(const struct change *change, const struct outbox_section *section)
{
    struct slice list = slice_from(section->sites), word;
    bool is_listed = false;
    if (section->severity == OUTBOX_SEVERITY_CRITICAL && change->worst != KPI_CRITICAL)
        return false;
    while (slice_next_word(&list, &word))
        is_listed = is_listed || slice_equal_nocase(word, slice_from(change->site));
    return is_listed || !section->sites;
}
