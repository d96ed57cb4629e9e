/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mails and webhooks on the control socket. */
#include "gateway/daemon/control_mail.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/daemon/control_reply.h"

static void put_text(struct json *json, const char *key, const char *value)
{
    json_text(json, slice_from(key), slice_from(value));
}

static void put_row(struct json *json, const struct outbox_row *row)
{
    const struct outbox_counters *counters = &row->counters;
    json_begin_object(json, SLICE_NONE);
    put_text(json, "name", row->name);
    put_text(json, "target", row->target);
    put_text(json, "state", kpi_state_name(row->state));
    json_int(json, SLICE("waiting"), (int64_t)row->waiting);
    json_int(json, SLICE("backlog_seconds"), (int64_t)row->backlog_s);
    json_int(json, SLICE("cursor"), (int64_t)row->cursor);
    json_int(json, SLICE("sent"), (int64_t)counters->sent);
    json_int(json, SLICE("told"), (int64_t)counters->told);
    json_int(json, SLICE("digests"), (int64_t)counters->digests);
    json_int(json, SLICE("retried"), (int64_t)counters->retried);
    json_int(json, SLICE("refused"), (int64_t)counters->refused);
    json_int(json, SLICE("expired"), (int64_t)counters->expired);
    json_int(json, SLICE("filtered"), (int64_t)counters->filtered);
    put_text(json, "trouble", row->trouble);
    control_reply_time(json, SLICE("trouble_time"), row->trouble_ms);
    json_end_object(json);
}

void control_mail_put(struct outbox *outbox, struct json *json)
{
    struct outbox_row *rows = gw_alloc(OUTBOX_TARGETS_MAX * sizeof *rows);
    size_t n = outbox_list(outbox, rows, OUTBOX_TARGETS_MAX);
    json_begin_array(json, SLICE("mails"));
    for (size_t i = 0; i < n; i++)
        put_row(json, &rows[i]);
    json_end_array(json);
    free(rows);
}

static void start_test(struct outbox *outbox, struct slice name, struct buf *out)
{
    char text[OUTBOX_NAME_MAX + 1];
    struct json json;
    snprintf(text, sizeof text, "%.*s", SLICE_FMT(name));
    uint64_t number = name.n <= OUTBOX_NAME_MAX ? outbox_test(outbox, text) : 0;
    if (!number) {
        control_reply_error(out, SLICE("there is no <mail> or <webhook> of this name; see eogctl "
                                       "mail"));
        return;
    }
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_int(&json, SLICE("test"), (int64_t)number);
    json_end_object(&json);
    buf_byte(out, '\n');
}

static bool is_waited_for(const struct outbox_row *rows, size_t n, uint64_t number)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].test_wanted == number && rows[i].test != number)
            return true;
    return false;
}

static void put_result(struct outbox *outbox, uint64_t number, struct buf *out)
{
    struct outbox_row *rows = gw_alloc(OUTBOX_TARGETS_MAX * sizeof *rows);
    size_t n = outbox_list(outbox, rows, OUTBOX_TARGETS_MAX);
    bool is_done = !is_waited_for(rows, n, number);
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_bool(&json, SLICE("done"), is_done);
    if (is_done)
        json_begin_array(&json, SLICE("results"));
    for (size_t i = 0; i < n && is_done; i++) {
        if (rows[i].test != number)
            continue;
        json_begin_object(&json, SLICE_NONE);
        put_text(&json, "name", rows[i].name);
        put_text(&json, "target", rows[i].target);
        json_bool(&json, SLICE("passed"), rows[i].has_passed);
        put_text(&json, "answer", rows[i].answer);
        json_end_object(&json);
    }
    if (is_done)
        json_end_array(&json);
    json_end_object(&json);
    buf_byte(out, '\n');
    free(rows);
}

void control_mail_answer(struct outbox *outbox, struct slice argument, struct buf *out)
{
    struct slice word, rest;
    int64_t number = 0;
    slice_cut(argument, ' ', &word, &rest);
    if (slice_equal(word, SLICE("test")) && rest.n)
        start_test(outbox, rest, out);
    else if (slice_equal(word, SLICE("result")) && slice_to_int(rest, &number) && number > 0)
        put_result(outbox, (uint64_t)number, out);
    else
        control_reply_error(out, SLICE("mail knows: test NAME, result N"));
}
