/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A watchlist by the control socket: collected, handed to watch.h, journaled, answered. */
#include "gateway/daemon/control_watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/daemon/control_reply.h"
#include "gateway/daemon/watch.h"

struct control_watch {
    const struct control_options *options;
    char asker[KPI_PUSHED_BY_MAX], file[KPI_PUSHED_FILE_MAX];
    bool is_reset;
    size_t size; /* of the whole list */
    struct buf bytes, record;
    struct watch_change change;
    bool is_prepared, is_kept;
    uint64_t sequence; /* of its record; 0: not appended yet */
};

struct control_watch *control_watch_new(const struct control_options *options, const char *asker,
                                        const struct control_watch_request *request)
{
    struct control_watch *change = gw_alloc(sizeof *change);
    *change = (struct control_watch){
        .options = options,
        .is_reset = request->what == CONTROL_WATCH_RESET,
        .size = request->bytes,
    };
    snprintf(change->asker, sizeof change->asker, "%s", asker);
    snprintf(change->file, sizeof change->file, "%.*s", SLICE_FMT(request->file));
    return change;
}

void control_watch_free(struct control_watch *change)
{
    if (!change)
        return;
    if (change->is_prepared && !change->sequence)
        watch_drop(change->options->watch, &change->change);
    watch_change_fini(&change->change);
    buf_free(&change->bytes);
    buf_free(&change->record);
    free(change);
}

/* What stands in the way of a list that may have no mistake: a disk that is full, a file that is
   gone. */
static void answer_trouble(const struct diag *diag, struct buf *out)
{
    struct buf text = {0};
    buf_printf(&text, "%s: %s", diag->items[0].file, diag->items[0].text);
    control_reply_error(out, buf_get(&text));
    buf_free(&text);
}

/* Mistakes, a bounded number of them; "error" has the first for who reads no more. */
static void answer_problems(const struct diag *diag, struct buf *out)
{
    char first[1400];
    struct json json;
    const struct diag_item *item = &diag->items[0];
    snprintf(first, sizeof first, "%.300s:%d: %s%s", item->file, item->line, item->text,
             diag->total > 1 ? "; and more" : "");
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_text(&json, SLICE("error"), slice_from(first));
    json_begin_array(&json, SLICE("problems"));
    for (size_t i = 0; i < diag->n; i++) {
        json_begin_object(&json, SLICE_NONE);
        json_text(&json, SLICE("file"), slice_from(diag->items[i].file));
        json_int(&json, SLICE("line"), diag->items[i].line);
        json_text(&json, SLICE("text"), slice_from(diag->items[i].text));
        json_end_object(&json);
    }
    json_end_array(&json);
    json_int(&json, SLICE("problems_total"), (int64_t)diag->total);
    json_end_object(&json);
    buf_byte(out, '\n');
}

static void answer(const struct control_watch *change, struct buf *out)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_int(&json, SLICE("entries"), (int64_t)change->change.list.entries);
    json_text(&json, SLICE("sha256"), slice_from(change->change.list.sha256));
    json_text(&json, SLICE("file"), slice_from(change->change.list.file));
    json_int(&json, SLICE("record"), (int64_t)change->sequence);
    json_bool(&json, SLICE("kept"), change->is_kept);
    json_end_object(&json);
    buf_byte(out, '\n');
}

static enum control_batch_state fail(const char *why, struct buf *out)
{
    control_reply_error(out, slice_from(why));
    return CONTROL_BATCH_DONE;
}

/* False after an answer. */
static bool prepare(struct control_watch *change, struct buf *out)
{
    struct watch *watch = change->options->watch;
    int64_t now_ms = clock_read(change->options->clock).wall_ms;
    struct diag diag = {0};
    int error = change->is_reset
                    ? watch_prepare_reset(watch, change->asker, now_ms, &diag, &change->change)
                    : watch_prepare(watch, buf_get(&change->bytes), slice_from(change->file),
                                    change->asker, now_ms, &diag, &change->change);
    if (error == GW_ERR_INVALID)
        answer_problems(&diag, out);
    else if (error)
        answer_trouble(&diag, out);
    diag_free(&diag);
    buf_free(&change->bytes);
    change->is_prepared = !error;
    if (!error)
        watch_record(&change->change, &change->record);
    return !error;
}

/* Into the journal; GW_OK when it is there, GW_ERR_FULL while it waits for room. */
static int append(struct control_watch *change)
{
    int result =
        journal_append(change->options->journal, buf_get(&change->record), &change->sequence);
    if (result != GW_OK) {
        change->sequence = 0;
        return result;
    }
    change->is_kept =
        watch_take(change->options->watch, &change->change, change->sequence) == GW_OK;
    buf_free(&change->record);
    return GW_OK;
}

static enum control_batch_state go_on(struct control_watch *change, struct buf *out)
{
    struct journal *journal = change->options->journal;
    struct journal_status status;
    if (!change->is_prepared && !prepare(change, out))
        return CONTROL_BATCH_DONE;
    int result = change->sequence ? GW_OK : append(change);
    if (result == GW_OK && journal_committed(journal) >= change->sequence) {
        answer(change, out);
        return CONTROL_BATCH_DONE;
    }
    journal_get_status(journal, &status);
    if (result == GW_OK && status.is_failing)
        return fail("taken, but the journal's disk refuses to write: it is in force when that "
                    "works again",
                    out);
    if (result != GW_OK && (status.is_failing || result != GW_ERR_FULL))
        return fail("the journal's disk refuses to write, the watchlist of before goes on; try "
                    "again when it works",
                    out);
    journal_hurry(journal);
    return CONTROL_BATCH_WAITS;
}

enum control_batch_state control_watch_pump(struct control_watch *change, struct slice *in,
                                            struct buf *out)
{
    struct slice mine =
        change->is_prepared ? SLICE_NONE : slice_head(*in, change->size - change->bytes.n);
    if (mine.n) {
        buf_slice(&change->bytes, mine);
        *in = slice_skip(*in, mine.n);
    }
    bool is_whole = change->is_prepared || change->bytes.n == change->size;
    return is_whole ? go_on(change, out) : CONTROL_BATCH_WANTS;
}

/* ---- telling ---- */

void control_watch_put(struct watch *watch, struct json *json)
{
    char time[CIVIL_RFC3339_MAX];
    struct watch_status status;
    watch_get_status(watch, &status);
    json_begin_object(json, SLICE("watchlist"));
    json_text(json, SLICE("from"), slice_from(status.is_pushed ? "pushed" : "configured"));
    json_text(json, SLICE("file"), slice_from(status.file));
    json_int(json, SLICE("entries"), (int64_t)status.entries);
    json_text(json, SLICE("sha256"), slice_from(status.sha256));
    json_text(json, SLICE("by"), slice_from(status.by));
    json_text(json, SLICE("since"), slice_of(time, civil_format(status.since_ms, time)));
    json_int(json, SLICE("pushes"), (int64_t)status.pushes);
    json_int(json, SLICE("resets"), (int64_t)status.resets);
    json_int(json, SLICE("refused"), (int64_t)status.refused);
    json_int(json, SLICE("unusable"), (int64_t)status.unusable);
    json_text(json, SLICE("trouble"), slice_from(status.trouble));
    json_end_object(json);
}

void control_watch_answer(struct watch *watch, struct buf *out)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    control_watch_put(watch, &json);
    json_end_object(&json);
    buf_byte(out, '\n');
}
