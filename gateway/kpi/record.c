/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builders of the gateway's own records. */
#include "gateway/kpi/record.h"

#include <stdio.h>

#include "gateway/base/crc32c.h"
#include "gateway/kpi/table.h"

static void begin(struct gw_event *event, enum gw_kind kind, int64_t now_ms)
{
    gw_event_clear(event);
    event->kind = (uint16_t)kind;
    event->severity = GW_SEVERITY_INFORMATIONAL;
    event->time_ms = event->received_ms = now_ms;
}

void kpi_record_tick(struct gw_event *event, struct clock_reading now, struct slice boot_id)
{
    begin(event, GW_KIND_GATEWAY_TICK, now.wall_ms);
    gw_event_set_int(event, GW_FIELD_MONO_TIME, now.mono_ms);
    gw_event_set_text(event, GW_FIELD_BOOT_ID, slice_trim(boot_id));
}

const char *kpi_load_name(enum kpi_load load)
{
    static const char *const names[] = {"catalogue", "inventory", "watchlist", "settings"};
    return (unsigned)load < KPI_LOADS ? names[load] : "";
}

void kpi_record_load(struct gw_event *event, enum kpi_load load, struct slice file,
                     struct slice content, int64_t now_ms, char *hash)
{
    begin(event, GW_KIND_GATEWAY_CONFIG, now_ms);
    int n = snprintf(hash, KPI_LOAD_HASH_MAX, "%016llx%08x",
                     (unsigned long long)kpi_hash(0, (uint64_t)load, content),
                     crc32c(0, content.p, content.n));
    gw_event_set_text(event, GW_FIELD_LOAD_TYPE, slice_from(kpi_load_name(load)));
    gw_event_set_text(event, GW_FIELD_LOAD_HASH, slice_of(hash, (size_t)n));
    gw_event_set_text(event, GW_FIELD_LOAD_FILE, file);
    event->raw = event->text = content;
}

void kpi_record_ack(struct gw_event *event, uint32_t alert_id, struct slice name, struct slice note,
                    int64_t now_ms)
{
    begin(event, GW_KIND_ALERT_ACKNOWLEDGED, now_ms);
    gw_event_set_int(event, GW_FIELD_ALERT_ID, alert_id);
    gw_event_set_text(event, GW_FIELD_ALERT_ACK_NAME, name);
    gw_event_set_text(event, GW_FIELD_ALERT_ACK_NOTE, note);
}
