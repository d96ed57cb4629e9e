/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Acknowledging: the one request that changes something. It is a record like everything the engine
 * knows, so it outlives a restart; the engine answers it with the alert's own record, of which
 * notifications are made.
 */
#include "gateway/daemon/control_ack.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/base/log.h"
#include "gateway/base/utf8.h"
#include "gateway/kpi/record.h"
#include "gateway/schema/event.h"

void control_reply_error(struct buf *out, struct slice text)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_text(&json, SLICE("error"), text);
    json_end_object(&json);
    buf_byte(out, '\n');
}

/* Names and notes go to terminals, notifications and mails: nothing in them may steer one. */
static bool is_printable(struct slice text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    for (size_t i = 0; i < text.n; i++)
        if (p[i] < 0x20 || p[i] == 0x7f || (p[i] == 0xc2 && i + 1 < text.n && p[i + 1] < 0xa0))
            return false;
    return utf8_is_valid(text);
}

static bool is_open(const struct control_options *options, int64_t id)
{
    const struct snapshot *snapshot = snapshot_get(options->board);
    bool found = false;
    for (size_t i = 0; snapshot && i < snapshot->n_alerts && !found; i++)
        found = snapshot->alerts[i].id == id;
    snapshot_put(snapshot);
    return found;
}

static uint64_t append(const struct control_options *options, uint32_t id, struct slice name,
                       struct slice note, int *result)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf encoded = {0};
    uint64_t sequence = 0;
    kpi_record_ack(event, id, name, note, clock_read(options->clock).wall_ms);
    gw_event_encode(event, &encoded);
    *result = journal_append(options->journal, buf_get(&encoded), &sequence);
    if (*result == GW_OK)
        journal_hurry(options->journal);
    buf_free(&encoded);
    free(event);
    return *result == GW_OK ? sequence : 0;
}

uint64_t control_ack_append(const struct control_options *options, uid_t asker,
                            struct slice argument, struct buf *out)
{
    struct slice number, name, note;
    int64_t id = 0;
    int result;
    slice_cut(argument, '\t', &number, &name);
    slice_cut(name, '\t', &name, &note);
    name = slice_trim(name);
    note = slice_trim(note);
    const char *wrong = !slice_to_int(number, &id) || id < 1 || id > UINT32_MAX
                            ? "ack wants the number of an alert"
                        : slice_is_empty(name)          ? "ack wants a name"
                        : name.n > CONTROL_ACK_NAME_MAX ? "the name is longer than 127 bytes"
                        : note.n > CONTROL_ACK_NOTE_MAX ? "the note is longer than 511 bytes"
                        : !is_printable(name) || !is_printable(note)
                            ? "the name or note has control characters or is not UTF-8"
                        : !is_open(options, id) ? "no open alert has this number; see eogctl alerts"
                                                : NULL;
    if (wrong) {
        control_reply_error(out, slice_from(wrong));
        return 0;
    }
    uint64_t sequence = append(options, (uint32_t)id, name, note, &result);
    if (!sequence)
        control_reply_error(out, slice_from(gw_error_text(result)));
    else
        log_notice("control", "alert acknowledged id=%" PRId64 " uid=%lu record=%" PRIu64, id,
                   (unsigned long)asker, sequence);
    return sequence;
}

void control_ack_answer(uint64_t sequence, struct buf *out)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_bool(&json, SLICE("acknowledged"), true);
    json_int(&json, SLICE("record"), (int64_t)sequence);
    json_end_object(&json);
    buf_byte(out, '\n');
}
