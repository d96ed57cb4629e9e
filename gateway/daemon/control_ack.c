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
#include "gateway/daemon/control_reply.h"
#include "gateway/daemon/control_request.h"
#include "gateway/kpi/record.h"
#include "gateway/schema/event.h"

static bool is_open(const struct control_options *options, int64_t id)
{
    const struct snapshot *snapshot = snapshot_get(options->board);
    bool found = false;
    for (size_t i = 0; snapshot && i < snapshot->n_alerts && !found; i++)
        found = snapshot->alerts[i].id == id;
    snapshot_put(snapshot);
    return found;
}

static uint64_t append(const struct control_options *options, const struct control_ack *ack,
                       int *result)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf encoded = {0};
    uint64_t sequence = 0;
    kpi_record_ack(event, ack->id, ack->name, ack->note, clock_read(options->clock).wall_ms);
    gw_event_encode(event, &encoded);
    *result = journal_append(options->journal, buf_get(&encoded), &sequence);
    if (*result == GW_OK)
        journal_hurry(options->journal);
    buf_free(&encoded);
    free(event);
    return *result == GW_OK ? sequence : 0;
}

uint64_t control_ack_append(const struct control_options *options, const char *asker,
                            struct slice argument, struct buf *out)
{
    struct control_ack ack;
    int result;
    const char *wrong = control_request_ack(argument, &ack);
    if (!wrong && !is_open(options, ack.id))
        wrong = "no open alert has this number; see eogctl alerts";
    if (wrong) {
        control_reply_error(out, slice_from(wrong));
        return 0;
    }
    uint64_t sequence = append(options, &ack, &result);
    if (!sequence)
        control_reply_error(out, slice_from(gw_error_text(result)));
    else
        log_notice("control", "alert acknowledged id=%" PRIu32 " %s record=%" PRIu64, ack.id, asker,
                   sequence);
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
