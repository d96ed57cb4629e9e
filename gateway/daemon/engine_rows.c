/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Days, times and versions of the configuration's words. */
#include "gateway/daemon/engine_rows.h"

#include <string.h>

#include "gateway/base/zone.h"
#include "gateway/normalize/convert.h"

/* Its own zone, else the site's, else the first site's; NULL: UTC. */
static const char *zone_name(const struct config *config, const struct maintenance_settings *row)
{
    const struct site_settings *site, *first = config_at(config, "site", 0);
    if (row->zone)
        return row->zone;
    for (size_t i = 0; row->site && (site = config_at(config, "site", i)); i++)
        if (!strcmp(site->id, row->site))
            return site->zone;
    return first ? first->zone : NULL;
}

static const char *read_weekly(const struct maintenance_settings *row, struct kpi_maintenance *out)
{
    int from = kpi_maintenance_minute(slice_from(row->from)),
        to = kpi_maintenance_minute(slice_from(row->to));
    out->days = kpi_maintenance_days(slice_from(row->days));
    if (!out->days)
        return "days: write mon, tue, wed, thu, fri, sat, sun with blanks between, or all";
    if (from < 0 || from == KPI_MINUTES_A_DAY || to < 0 || from == to)
        return "from and to: write two times of the day such as 22:00 and 04:00";
    out->from_min = (uint16_t)from;
    out->to_min = (uint16_t)to;
    return NULL;
}

/* One with a * inside, as shells take it, would never fit. */
static bool is_scope(const char *text)
{
    size_t n = strlen(text);
    return n && (n <= 2 || !memchr(text + 1, '*', n - 2));
}

const char *engine_rows_maintenance(const struct config *config,
                                    const struct maintenance_settings *row, struct buf *bytes,
                                    struct kpi_maintenance *out)
{
    bool is_weekly = row->days || row->from || row->to, is_once = row->begin || row->end;
    const char *name = zone_name(config, row), *mistake = NULL;
    *out = (struct kpi_maintenance){.site = row->site, .scope = row->scope};
    buf_clear(bytes);
    struct zone *zone = name ? zone_open_bytes(name, bytes) : NULL;
    if (is_weekly == is_once || (is_weekly && !(row->days && row->from && row->to)) ||
        (is_once && !(row->begin && row->end)))
        mistake = "write days, from and to for each week, or begin and end for once";
    else if (is_weekly)
        mistake = read_weekly(row, out);
    if (!mistake && is_once) {
        out->begin_ms = kpi_maintenance_instant(slice_from(row->begin), zone);
        out->end_ms = kpi_maintenance_instant(slice_from(row->end), zone);
        if (out->begin_ms < 0 || out->end_ms <= out->begin_ms)
            mistake = "begin and end: write two times such as 2026-12-01T22:00, the later one last";
    }
    if (!mistake && row->scope && !is_scope(row->scope))
        mistake = "scope: a * stands at its start, its end or both, for anything";
    if (is_weekly)
        out->zone = buf_get(bytes);
    zone_free(zone);
    return mistake;
}

const char *engine_rows_newest(const struct newest_settings *row, struct kpi_newest *out)
{
    struct slice version = slice_trim(slice_from(row->version));
    *out = (struct kpi_newest){.type = row->type == 0 ? GW_COMPONENT_PATTERN : GW_COMPONENT_ENGINE,
                               .component = row->id};
    bool is_read = row->type == 0 ? convert_pattern(version, &out->number)
                                  : convert_version(version, &out->number);
    if (!is_read || out->number <= 0)
        return "version: write it as the consoles do, such as 19.307.00 or 22.610.1005";
    if (!row->since)
        return NULL;
    struct buf text = {0};
    buf_printf(&text, "%.10sT00:00", row->since);
    out->since_ms = strlen(row->since) == 10 ? kpi_maintenance_instant(buf_get(&text), NULL) : -1;
    buf_free(&text);
    return out->since_ms < 0 ? "since: write a day such as 2026-12-31" : NULL;
}
