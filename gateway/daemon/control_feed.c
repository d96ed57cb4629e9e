/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds on the control socket. */
#include "gateway/daemon/control_feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/daemon/control_reply.h"

enum { ROWS_MAX = 64 };

static void put_counters(struct json *json, const struct feed_counters *counters)
{
    json_int(json, SLICE("sent"), (int64_t)counters->sent);
    json_int(json, SLICE("acknowledged"), (int64_t)counters->acked);
    json_int(json, SLICE("resent"), (int64_t)counters->resent);
    json_int(json, SLICE("refused"), (int64_t)counters->refused);
    json_int(json, SLICE("filtered"), (int64_t)counters->filtered);
    json_int(json, SLICE("bytes"), (int64_t)counters->bytes);
    json_int(json, SLICE("connects"), (int64_t)counters->connects);
}

static void put_row(struct json *json, const struct feed_row *row)
{
    json_begin_object(json, SLICE_NONE);
    json_text(json, SLICE("name"), slice_from(row->name));
    json_text(json, SLICE("target"), slice_from(row->target));
    json_text(json, SLICE("state"), slice_from(kpi_state_name(row->state)));
    json_text(json, SLICE("standing"), slice_from(feed_standing_name(row->standing)));
    json_int(json, SLICE("backlog_records"), (int64_t)row->backlog_records);
    json_int(json, SLICE("backlog_seconds"), (int64_t)row->backlog_s);
    json_int(json, SLICE("in_flight"), (int64_t)row->in_flight);
    json_int(json, SLICE("cursor"), (int64_t)row->cursor);
    put_counters(json, &row->counters);
    json_text(json, SLICE("trouble"), slice_from(row->trouble));
    control_reply_time(json, SLICE("trouble_time"), row->trouble_ms);
    json_end_object(json);
}

void control_feed_put(struct feeds *feeds, struct json *json)
{
    struct feed_row *rows = gw_alloc(ROWS_MAX * sizeof *rows);
    size_t n = feeds ? feeds_list(feeds, rows, ROWS_MAX) : 0;
    json_begin_array(json, SLICE("feeds"));
    for (size_t i = 0; i < n; i++)
        put_row(json, &rows[i]);
    json_end_array(json);
    free(rows);
}

void control_feed_answer(struct feeds *feeds, struct slice argument, struct buf *out)
{
    char name[FEED_NAME_MAX + 1];
    struct slice word, rest;
    slice_cut(argument, ' ', &word, &rest);
    if (!slice_equal(word, SLICE("forget")) || !rest.n || rest.n > FEED_NAME_MAX) {
        control_reply_error(out, SLICE("feed knows: forget NAME"));
        return;
    }
    snprintf(name, sizeof name, "%.*s", SLICE_FMT(rest));
    int result = feeds ? feeds_forget(feeds, name) : GW_ERR_NOT_FOUND;
    if (result == GW_ERR_BUSY) {
        control_reply_error(out, SLICE("this feed is configured; take its <feed> out of the "
                                       "configuration and reload first"));
    } else if (result != GW_OK) {
        control_reply_error(out, SLICE("there is no feed of this name to forget; see eogctl feed"));
    } else {
        struct json json;
        json_begin(&json, out);
        json_begin_object(&json, SLICE_NONE);
        json_text(&json, SLICE("forgotten"), rest);
        json_end_object(&json);
        buf_byte(out, '\n');
    }
}
