/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report for programs. Names are English and stay; times are RFC 3339 in UTC, days are local
 * dates, spans are milliseconds; what is not known is null. eogctl(1) describes it.
 */
#include "gateway/report/write.h"

#include "gateway/base/civil.h"
#include "gateway/base/json.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/report/plan.h"
#include "gateway/report/words.h"

static struct slice text(const char *s)
{
    return s ? slice_from(s) : SLICE_NONE;
}

static void put_time(struct json *json, const char *key, int64_t ms)
{
    char when[CIVIL_RFC3339_MAX];
    size_t n;
    if (ms == INT64_MAX || ms == INT64_MIN || ms == 0) {
        json_nil(json, text(key));
        return;
    }
    n = civil_format(ms, when);
    json_text(json, text(key), slice_of(when, n));
}

static void put_day(struct json *json, const char *key, int64_t day)
{
    struct buf date = {0};
    report_day(&date, day);
    json_text(json, text(key), buf_get(&date));
    buf_free(&date);
}

static void put_state(struct json *json, const char *key, int state)
{
    if (state < 0)
        json_nil(json, text(key));
    else
        json_text(json, text(key), text(kpi_state_name((enum kpi_state)state)));
}

static void put_names(struct json *json, const char *const name[REPORT_LANGUAGES])
{
    json_text(json, SLICE("name"), text(name[REPORT_EN]));
    json_text(json, SLICE("name_zh"), text(name[REPORT_ZH]));
}

static void put_head(struct json *json, const struct report_view *view)
{
    const struct report_plan *plan = view->plan;
    json_text(json, SLICE("gateway"), text(plan->gateway));
    json_text(json, SLICE("period"), text(report_plan_period_name(plan->period)));
    put_day(json, "from", plan->days.from);
    put_day(json, "to", plan->days.to - 1);
    put_day(json, "compared_from", plan->before.from);
    put_day(json, "compared_to", plan->before.to - 1);
    json_text(json, SLICE("zone"), text(plan->zone_name));
    put_time(json, "begin", view->begin_ms);
    put_time(json, "end", view->end_ms);
    put_time(json, "made", plan->made_ms);
    if (plan->site)
        json_text(json, SLICE("site"), text(plan->site));
    else
        json_nil(json, SLICE("site"));
    json_begin_array(json, SLICE("sites"));
    for (size_t i = 0; i < view->n_sites; i++)
        json_text(json, SLICE_NONE, text(view->sites[i]));
    json_end_array(json);
    json_bool(json, SLICE("is_part"), view->is_part);
    json_bool(json, SLICE("is_before_part"), view->is_before_part);
    json_bool(json, SLICE("is_empty"), view->is_empty);
    json_bool(json, SLICE("is_filling"), view->extent.is_filling);
    json_int(json, SLICE("down_ms"), view->down_ms);
    json_int(json, SLICE("down_times"), view->down_times);
    json_int(json, SLICE("records_missed"), (int64_t)view->extent.missed);
    json_int(json, SLICE("records_late"), (int64_t)view->extent.late);
}

static void put_before(struct json *json, const char *key, const struct report_view *view,
                       int64_t before)
{
    if (view->is_before_unknown)
        json_nil(json, text(key));
    else
        json_int(json, text(key), before);
}

static void put_table(struct json *json, const struct report_view *view,
                      const struct report_table *table)
{
    static const char *const groups[STORE_GROUPS] = {
        [STORE_BY_MALWARE] = "malware",   [STORE_BY_SOURCE] = "source",
        [STORE_BY_COMPUTER] = "computer", [STORE_BY_PRODUCT] = "product",
        [STORE_BY_ACTION] = "action",     [STORE_BY_KIND] = "kind",
        [STORE_BY_SITE] = "site"};
    json_begin_object(json, SLICE_NONE);
    json_text(json, SLICE("by"), text(groups[table->group]));
    json_text(json, SLICE("of"), table->is_infection ? SLICE("infections") : SLICE("detections"));
    json_int(json, SLICE("total"), table->total.n);
    put_before(json, "total_before", view, table->total.before);
    json_int(json, SLICE("names"), table->total.names);
    json_begin_array(json, SLICE("rows"));
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct report_row *row = &table->rows[i];
        json_begin_object(json, SLICE_NONE);
        json_text(json, SLICE("name"),
                  text(table->group == STORE_BY_ACTION ? report_row_name(table, row, REPORT_EN)
                                                       : row->name));
        if (*row->site)
            json_text(json, SLICE("site"), text(row->site));
        if (table->group == STORE_BY_ACTION || table->group == STORE_BY_KIND)
            json_int(json, SLICE("number"), row->number);
        json_int(json, SLICE("n"), row->n);
        put_before(json, "before", view, row->before);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_detections(struct json *json, const struct report_view *view)
{
    json_int(json, SLICE("infections"), view->infections.n);
    put_before(json, "infections_before", view, view->infections.before);
    json_begin_array(json, SLICE("tables"));
    for (size_t i = 0; i < view->n_tables; i++)
        put_table(json, view, &view->tables[i]);
    json_end_array(json);
    json_begin_array(json, SLICE("course"));
    for (size_t i = 0; i < view->n_points; i++) {
        json_begin_object(json, SLICE_NONE);
        put_time(json, "begin", view->points[i].begin_ms);
        put_day(json, "day", view->points[i].day);
        json_int(json, SLICE("detections"), view->points[i].detections);
        json_int(json, SLICE("infections"), view->points[i].infections);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_spent(struct json *json, const int64_t ms_in[REPORT_STATES])
{
    json_begin_object(json, SLICE("ms_in"));
    for (int state = 0; state < REPORT_STATES; state++)
        json_int(json, text(kpi_state_name((enum kpi_state)state)), ms_in[state]);
    json_end_object(json);
}

static void put_line(struct json *json, const struct report_line *line)
{
    json_begin_object(json, SLICE_NONE);
    json_text(json, SLICE("scope"), text(line->scope));
    json_text(json, SLICE("site"), text(line->site));
    put_state(json, "state", line->state);
    put_state(json, "worst", line->worst);
    put_spent(json, line->ms_in);
    json_begin_array(json, SLICE("bands"));
    for (size_t i = 0; i < line->n_bands; i++) {
        const struct report_band *band = &line->bands[i];
        json_begin_object(json, SLICE_NONE);
        put_time(json, "from", band->from_ms);
        put_time(json, "until", band->until_ms);
        put_state(json, "state", band->state);
        json_text(json, SLICE("value"), text(band->value_text));
        json_text(json, SLICE("reason"), text(band->reason));
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_kpis(struct json *json, const struct report_view *view)
{
    json_begin_array(json, SLICE("indicators"));
    for (size_t i = 0; i < view->n_kpis; i++) {
        const struct report_kpi *kpi = &view->kpis[i];
        json_begin_object(json, SLICE_NONE);
        json_int(json, SLICE("id"), kpi->id);
        json_text(json, SLICE("key"), text(kpi->key));
        put_names(json, kpi->name);
        put_state(json, "state", kpi->state);
        put_state(json, "worst", kpi->worst);
        put_spent(json, kpi->ms_in);
        json_begin_array(json, SLICE("scopes"));
        for (size_t j = 0; j < kpi->n_lines; j++)
            put_line(json, &kpi->lines[j]);
        json_end_array(json);
        json_int(json, SLICE("scopes_left"), (int64_t)kpi->n_left);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_alert(struct json *json, const struct report_alert *alert)
{
    json_begin_object(json, SLICE_NONE);
    json_int(json, SLICE("id"), alert->id);
    json_int(json, SLICE("kpi"), alert->kpi);
    json_text(json, SLICE("key"), text(alert->key));
    put_names(json, alert->name);
    json_text(json, SLICE("scope"), text(alert->scope));
    json_text(json, SLICE("scope_name"), text(alert->scope_name));
    json_text(json, SLICE("site"), text(alert->site));
    put_time(json, "opened", alert->opened_ms);
    put_time(json, "closed", alert->closed_ms);
    json_int(json, SLICE("lasted_ms"), alert->lasted_ms);
    put_state(json, "state", alert->state);
    put_state(json, "worst", alert->worst);
    json_text(json, SLICE("value"), text(alert->value_text));
    json_text(json, SLICE("reason"), text(alert->reason));
    put_time(json, "acknowledged", alert->ack_ms);
    json_text(json, SLICE("acknowledged_by"), text(alert->ack_name));
    json_text(json, SLICE("note"), text(alert->ack_note));
    json_end_object(json);
}

static void put_alerts(struct json *json, const struct report_view *view)
{
    json_begin_object(json, SLICE("alert_counts"));
    json_int(json, SLICE("opened"), (int64_t)view->n_opened);
    json_int(json, SLICE("closed"), (int64_t)view->n_closed);
    json_int(json, SLICE("open_at_end"), (int64_t)view->n_open);
    json_int(json, SLICE("left"), (int64_t)view->n_alerts_left);
    json_end_object(json);
    json_begin_array(json, SLICE("alerts"));
    for (size_t i = 0; i < view->n_alerts; i++)
        put_alert(json, &view->alerts[i]);
    json_end_array(json);
}

static void put_inspection(struct json *json, const struct report_view *view)
{
    json_begin_array(json, SLICE("inspection"));
    for (size_t i = 0; i < view->n_inspection; i++) {
        const struct report_inspection *row = &view->inspection[i];
        json_begin_object(json, SLICE_NONE);
        json_int(json, SLICE("kpi"), row->kpi);
        json_text(json, SLICE("key"), text(row->key));
        put_names(json, row->name);
        json_text(json, SLICE("scope"), text(row->scope));
        json_text(json, SLICE("site"), text(row->site));
        put_state(json, "state", row->state);
        put_state(json, "worst", row->worst);
        json_text(json, SLICE("value"), text(row->value_text));
        json_text(json, SLICE("unit"), text(row->unit));
        json_begin_array(json, SLICE("course"));
        for (size_t j = 0; row->by_day && j < view->n_points; j++) {
            if (row->by_day[j] == INT64_MIN)
                json_nil(json, SLICE_NONE);
            else
                json_int(json, SLICE_NONE, row->by_day[j]);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
    json_int(json, SLICE("inspection_left"), (int64_t)view->n_inspection_left);
}

static void put_unknown(struct json *json, const struct report_view *view)
{
    json_begin_object(json, SLICE("not_understood"));
    json_int(json, SLICE("unknown"), view->not_understood);
    json_int(json, SLICE("malformed"), view->malformed);
    json_begin_array(json, SLICE("senders"));
    for (size_t i = 0; i < view->n_unknown; i++) {
        const struct report_unknown *row = &view->unknown[i];
        json_begin_object(json, SLICE_NONE);
        json_text(json, SLICE("site"), text(row->site));
        json_text(json, SLICE("sender"), text(row->sender));
        json_text(json, SLICE("product"), text(row->product));
        json_int(json, SLICE("unknown"), row->unknown);
        json_int(json, SLICE("malformed"), row->malformed);
        json_end_object(json);
    }
    json_end_array(json);
    json_int(json, SLICE("left"), (int64_t)view->n_unknown_left);
    json_end_object(json);
}

void report_write_json(const struct report_view *view, struct buf *out)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    put_head(&json, view);
    put_detections(&json, view);
    put_kpis(&json, view);
    put_alerts(&json, view);
    put_inspection(&json, view);
    put_unknown(&json, view);
    json_end_object(&json);
    buf_byte(out, '\n');
}
