/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on the control socket. */
#include "gateway/daemon/control_store.h"

#include "gateway/daemon/control_reply.h"
#include "gateway/kpi/snapshot.h"

static void put_figures(struct json *json, const struct store_fill_figures *figures)
{
    json_int(json, SLICE("detections"), (int64_t)figures->detections);
    json_int(json, SLICE("repeats"), (int64_t)figures->repeats);
    json_int(json, SLICE("corrections"), (int64_t)figures->corrections);
    json_int(json, SLICE("unfit"), (int64_t)figures->unfit);
    json_int(json, SLICE("late"), (int64_t)figures->late);
    json_int(json, SLICE("unreadable"), (int64_t)figures->unreadable);
    json_int(json, SLICE("missed"), (int64_t)figures->missed);
}

void control_store_put(struct store *store, const struct journal *journal, struct json *json)
{
    struct store_status status;
    if (!store_get_status(store, &status)) {
        json_nil(json, SLICE("store"));
        return;
    }
    json_begin_object(json, SLICE("store"));
    json_text(json, SLICE("state"), slice_from(kpi_state_name((enum kpi_state)status.state)));
    json_bool(json, SLICE("filling"), status.is_filling);
    json_int(json, SLICE("cursor"), (int64_t)status.cursor);
    json_int(json, SLICE("oldest"), (int64_t)journal_oldest(journal));
    json_int(json, SLICE("backlog_records"), (int64_t)status.backlog_records);
    json_int(json, SLICE("records"), (int64_t)status.records);
    json_int(json, SLICE("commits"), (int64_t)status.commits);
    json_int(json, SLICE("rebuilds"), (int64_t)status.rebuilds);
    control_reply_time(json, SLICE("committed_time"), status.committed_ms);
    json_int(json, SLICE("bytes"), status.bytes);
    put_figures(json, &status.figures);
    json_text(json, SLICE("trouble"), slice_from(status.trouble));
    control_reply_time(json, SLICE("trouble_time"), *status.trouble ? status.trouble_ms : 0);
    json_end_object(json);
}

void control_store_answer(struct store *store, const struct journal *journal, struct slice argument,
                          struct buf *out)
{
    struct json json;
    bool is_rebuild = slice_equal(argument, SLICE("rebuild"));
    if (argument.n && !is_rebuild) {
        control_reply_error(out, SLICE("store knows: rebuild"));
        return;
    }
    if (!store) {
        control_reply_error(out, SLICE("the store is switched off: <store enabled=\"no\"/>"));
        return;
    }
    if (is_rebuild)
        store_rebuild(store);
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    control_store_put(store, journal, &json);
    json_end_object(&json);
    buf_byte(out, '\n');
}
