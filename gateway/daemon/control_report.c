/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports on schedule, and the letters with them, on the control socket. */
#include "gateway/daemon/control_report.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "gateway/daemon/control_reply.h"
#include "gateway/store/period.h"

enum { DAY_MS = 86400000, DATE_BYTES = 10 };

static void put_text(struct json *json, const char *key, const char *value)
{
    json_text(json, slice_from(key), slice_from(value));
}

static void put_day(struct json *json, struct slice key, bool is_known, int64_t day)
{
    char text[CIVIL_RFC3339_MAX];
    civil_format(day * DAY_MS, text);
    if (is_known)
        json_text(json, key, slice_of(text, DATE_BYTES));
    else
        json_nil(json, key);
}

static void put_report(struct json *json, const struct schedule_row *row)
{
    static const char *const periods[] = {
        [STORE_DAY] = "day", [STORE_WEEK] = "week", [STORE_MONTH] = "month"};
    json_begin_object(json, SLICE_NONE);
    put_text(json, "name", row->name);
    put_text(json, "period", periods[row->period]);
    put_text(json, "standing", schedule_standing_name(row->standing));
    control_reply_time(json, SLICE("next_time"), row->next_ms);
    control_reply_time(json, SLICE("made_time"), row->made_ms);
    put_day(json, SLICE("first_day"), row->made_ms != 0, row->from);
    put_day(json, SLICE("last_day"), row->made_ms != 0, row->to - 1);
    json_int(json, SLICE("files"), row->files);
    json_int(json, SLICE("made"), (int64_t)row->made);
    json_int(json, SLICE("failed"), (int64_t)row->failed);
    json_int(json, SLICE("given_up"), (int64_t)row->given_up);
    put_text(json, "trouble", row->trouble);
    control_reply_time(json, SLICE("trouble_time"), row->trouble_ms);
    json_end_object(json);
}

static void put_letters(struct json *json, const struct postbox_row *row)
{
    json_begin_object(json, SLICE_NONE);
    put_text(json, "mail", row->name);
    put_text(json, "receiver", row->receiver);
    json_bool(json, SLICE("failing"), row->is_failing);
    json_int(json, SLICE("waiting"), (int64_t)row->waiting);
    json_int(json, SLICE("sent"), (int64_t)row->sent);
    json_int(json, SLICE("retried"), (int64_t)row->retried);
    json_int(json, SLICE("refused"), (int64_t)row->refused);
    json_int(json, SLICE("expired"), (int64_t)row->expired);
    put_text(json, "trouble", row->trouble);
    control_reply_time(json, SLICE("trouble_time"), row->trouble_ms);
    json_end_object(json);
}

void control_report_put(const struct reports *reports, struct json *json)
{
    struct schedule_row *rows = gw_alloc(REPORT_SECTIONS_MAX * sizeof *rows);
    struct postbox_row *letters = gw_alloc(OUTBOX_TARGETS_MAX * sizeof *letters);
    size_t n = schedule_list(reports->schedule, rows, REPORT_SECTIONS_MAX);
    json_begin_array(json, SLICE("reports"));
    for (size_t i = 0; i < n; i++)
        put_report(json, &rows[i]);
    json_end_array(json);
    n = postbox_list(reports->postbox, letters, OUTBOX_TARGETS_MAX);
    json_begin_array(json, SLICE("letters"));
    for (size_t i = 0; i < n; i++)
        put_letters(json, &letters[i]);
    json_end_array(json);
    free(letters);
    free(rows);
}
