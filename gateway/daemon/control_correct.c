/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Corrections into the journal. Whoever may enter may correct, as he may acknowledge; still every
 * record is decoded before the first is appended, since a journal of ours must be readable.
 */
#include "gateway/daemon/control_correct.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/cursor.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/daemon/control_reply.h"
#include "gateway/schema/corrections.h"
#include "gateway/schema/event.h"

struct control_correct {
    const struct control_options *options;
    size_t size; /* of the whole batch */
    struct buf bytes;
    bool is_checked;
    size_t taken; /* bytes appended already */
    uint64_t appended, last;
};

struct control_correct *control_correct_new(const struct control_options *options,
                                            struct slice argument, struct buf *out)
{
    int64_t n;
    if (!slice_to_int(argument, &n) || n < 0 || n > GW_CORRECTIONS_MAX) {
        control_reply_error(out, SLICE("correct wants a number of bytes, at most 4194304"));
        return NULL;
    }
    struct control_correct *batch = gw_alloc(sizeof *batch);
    *batch = (struct control_correct){.options = options, .size = (size_t)n};
    return batch;
}

void control_correct_free(struct control_correct *batch)
{
    if (!batch)
        return;
    buf_free(&batch->bytes);
    free(batch);
}

/* NULL, or what is wrong with one of them. */
static const char *check(const struct control_correct *batch)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    struct cursor c = cursor_of(buf_get(&batch->bytes));
    uint64_t committed = journal_committed(batch->options->journal);
    const char *wrong = NULL;
    while (cursor_left(&c) && !wrong) {
        struct slice payload = cursor_text(&c);
        if (c.failed || gw_event_decode(payload, event) != GW_OK)
            wrong = "a record of the batch cannot be read";
        else if (!gw_event_is_correction(event) || event->correction.of > committed)
            wrong = "a record of the batch corrects nothing that is in the journal";
        else if (event->transport == GW_TRANSPORT_NONE && !gw_event_has(event, GW_FIELD_PEER))
            wrong = "the gateway's own records cannot be corrected";
    }
    free(event);
    return wrong;
}

/* As many as the journal takes now: GW_OK when all are there, else what journal_append() said. */
static int append(struct control_correct *batch)
{
    struct cursor c = cursor_of(slice_skip(buf_get(&batch->bytes), batch->taken));
    int result = GW_OK;
    while (cursor_left(&c) && result == GW_OK) {
        struct slice payload = cursor_text(&c);
        result = journal_append(batch->options->journal, payload, &batch->last);
        if (result != GW_OK)
            break;
        batch->taken = batch->bytes.n - cursor_left(&c);
        batch->appended++;
        stats_add(&batch->options->stats->corrections, 1);
    }
    return result;
}

static void answer(const struct control_correct *batch, struct buf *out)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_int(&json, SLICE("appended"), (int64_t)batch->appended);
    if (batch->appended)
        json_int(&json, SLICE("last"), (int64_t)batch->last);
    json_end_object(&json);
    buf_byte(out, '\n');
}

static enum control_batch_state fail(const char *why, struct buf *out)
{
    control_reply_error(out, slice_from(why));
    return CONTROL_BATCH_DONE;
}

/* Everything is there: into the journal, then onto the disk. */
static enum control_batch_state go_on(struct control_correct *batch, struct buf *out)
{
    struct journal *journal = batch->options->journal;
    struct journal_status status;
    const char *wrong = batch->is_checked ? NULL : check(batch);
    if (wrong)
        return fail(wrong, out);
    batch->is_checked = true;
    int result = append(batch);
    if (result == GW_OK && journal_committed(journal) >= batch->last) {
        answer(batch, out);
        return CONTROL_BATCH_DONE;
    }
    journal_get_status(journal, &status);
    if (status.is_failing || (result != GW_OK && result != GW_ERR_FULL))
        return fail("the journal's disk refuses to write; run it again when it works", out);
    journal_hurry(journal);
    return CONTROL_BATCH_WAITS;
}

enum control_batch_state control_correct_pump(struct control_correct *batch, struct slice *in,
                                              struct buf *out)
{
    struct slice mine = slice_head(*in, batch->size - batch->bytes.n);
    if (mine.n) {
        buf_slice(&batch->bytes, mine);
        *in = slice_skip(*in, mine.n);
    }
    return batch->bytes.n < batch->size ? CONTROL_BATCH_WANTS : go_on(batch, out);
}

uint64_t control_correct_appended(const struct control_correct *batch)
{
    return batch->appended;
}
