/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What eogctl is told, told to a browser: the same writers, and rows chosen as a screen needs. */
#include "gateway/daemon/web_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/daemon/control_ack.h"
#include "gateway/daemon/control_reply.h"
#include "gateway/schema/event.h"
#include "gateway/web/request.h"

enum { OK = 200, BAD_REQUEST = 400, UNAVAILABLE = 503 };
enum { EVENTS_MAX = 200, MESSAGE_MAX = 300, ROWS_MAX = 2000 };

static int bad(struct buf *out, const char *why)
{
    control_reply_error(out, slice_from(why));
    return BAD_REQUEST;
}

static int answer_status(void *context, struct slice query, struct buf *out)
{
    (void)query;
    control_reply_overview(context, out);
    return OK;
}

static int answer_kpis(void *context, struct slice query, struct buf *out)
{
    struct control_kpis asked = {0};
    int64_t kpi, limit;
    char state[16];
    if (!request_query(query, "site", asked.site, sizeof asked.site) ||
        !request_query(query, "state", state, sizeof state) ||
        !request_query_int(query, "kpi", 0, 0, UINT32_MAX, &kpi) ||
        !request_query_int(query, "limit", ROWS_MAX, 1, ROWS_MAX, &limit))
        return bad(out, "kpis knows site, kpi, state and limit, at most 2000");
    asked.kpi = (uint32_t)kpi;
    asked.limit = (size_t)limit;
    asked.wants_bad = strcmp(state, "bad") == 0;
    if (*state && !asked.wants_bad)
        return bad(out, "state may be bad: what is not ok");
    control_reply_kpis(context, &asked, out);
    return OK;
}

static int answer_alerts(void *context, struct slice query, struct buf *out)
{
    (void)query;
    control_reply_alerts(context, out);
    return OK;
}

static int answer_sources(void *context, struct slice query, struct buf *out)
{
    (void)query;
    control_reply_sources(context, out);
    return OK;
}

static int answer_top(void *context, struct slice query, struct buf *out)
{
    char period[16], kind[16], words[40];
    struct control_top asked;
    if (!request_query(query, "period", period, sizeof period) ||
        !request_query(query, "kind", kind, sizeof kind))
        return bad(out, "top knows period and kind");
    snprintf(words, sizeof words, "%s%s%s", *period ? period : "all", *kind ? " " : "", kind);
    const char *wrong = control_request_top(slice_from(words), &asked);
    if (wrong)
        return bad(out, wrong);
    control_reply_top(context, &asked, out);
    return OK;
}

/* ---- records ---- */

static void put_text(struct json *json, const char *key, struct slice text)
{
    if (text.n)
        json_text(json, slice_from(key), text);
}

static struct slice first_of(const struct gw_event *event, const enum gw_field *fields, size_t n)
{
    struct slice text = SLICE_NONE;
    for (size_t i = 0; i < n && !text.n; i++)
        text = gw_event_text(event, fields[i]);
    return text;
}

static void put_event(struct json *json, const struct gw_event *event)
{
    static const enum gw_field hosts[] = {GW_FIELD_HOST_NAME, GW_FIELD_HOST_IP,
                                          GW_FIELD_PRODUCT_HOST, GW_FIELD_PEER};
    static const enum gw_field whats[] = {GW_FIELD_MALWARE_NAME, GW_FIELD_EVENT_NAME,
                                          GW_FIELD_EVENT_CODE};
    char time[CIVIL_RFC3339_MAX];
    struct slice message = gw_event_text(event, GW_FIELD_MESSAGE);
    json_begin_object(json, SLICE_NONE);
    json_int(json, SLICE("sequence"), (int64_t)event->sequence);
    json_text(json, SLICE("time"), slice_of(time, civil_format(event->time_ms, time)));
    json_text(json, SLICE("received"), slice_of(time, civil_format(event->received_ms, time)));
    json_text(json, SLICE("kind"), slice_from(gw_kind_name(event->kind)));
    json_text(json, SLICE("severity"), slice_from(gw_severity_name(event->severity)));
    put_text(json, "site", gw_event_text(event, GW_FIELD_SITE));
    put_text(json, "vendor", gw_event_text(event, GW_FIELD_PRODUCT_VENDOR));
    put_text(json, "product", gw_event_text(event, GW_FIELD_PRODUCT_NAME));
    put_text(json, "host", first_of(event, hosts, sizeof hosts / sizeof *hosts));
    put_text(json, "what", first_of(event, whats, sizeof whats / sizeof *whats));
    put_text(json, "message", slice_head(message.n ? message : event->text, MESSAGE_MAX));
    json_end_object(json);
}

/* Ticks and loads are the engine's business, nobody's to watch. */
static bool is_watched(void *context, struct slice payload)
{
    int kind = gw_event_peek_kind(payload);
    (void)context;
    return kind != GW_KIND_GATEWAY_TICK && kind != GW_KIND_GATEWAY_CONFIG;
}

/* The newest n behind after, oldest first. */
static int answer_events(void *context, struct slice query, struct buf *out)
{
    const struct control_options *options = context;
    int64_t n, after;
    struct journal_reader *reader = NULL;
    struct journal_record record;
    struct json json;
    if (!request_query_int(query, "n", 50, 1, EVENTS_MAX, &n) ||
        !request_query_int(query, "after", 0, 0, INT64_MAX, &after))
        return bad(out, "events knows n, at most 200, and after, a record's number");
    uint64_t committed = journal_committed(options->journal);
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_int(&json, SLICE("committed"), (int64_t)committed);
    json_begin_array(&json, SLICE("events"));
    struct gw_event *event = gw_alloc(sizeof *event);
    if (journal_reader_open(options->journal, NULL, UINT64_MAX, &reader) == GW_OK) {
        journal_reader_seek_newest(reader, (uint64_t)n, (uint64_t)after, is_watched, NULL);
        while (journal_reader_next(reader, &record) == GW_OK && record.sequence <= committed) {
            if (!is_watched(NULL, record.payload) ||
                gw_event_decode(record.payload, event) != GW_OK)
                continue;
            event->sequence = record.sequence;
            put_event(&json, event);
        }
    }
    journal_reader_close(reader);
    free(event);
    json_end_array(&json);
    json_end_object(&json);
    buf_byte(out, '\n');
    return OK;
}

/* ---- the one that changes something ---- */

/* What is said to be acknowledged is on disk. */
enum { ACK_WAIT_MS = 2000 };

static int answer_ack(void *context, struct slice body, struct buf *out)
{
    const struct control_options *options = context;
    struct request_body *said = request_body_parse(body);
    struct buf argument = {0};
    int64_t id = 0;
    int status = BAD_REQUEST;
    const char *name = said ? request_body_text(said, "name") : NULL;
    const char *note = said ? request_body_text(said, "note") : NULL;
    if (!name || !request_body_int(said, "id", &id)) {
        bad(out, "ack wants {\"id\":NUMBER,\"name\":TEXT,\"note\":TEXT}");
    } else if (strchr(name, '\t')) { /* it would end the name, and begin the note */
        bad(out, "the name or note has control characters or is not UTF-8");
    } else {
        buf_printf(&argument, "%lld\t%s\t%s", (long long)id, name, note ? note : "");
        uint64_t sequence = control_ack_append(options, "by=web", buf_get(&argument), out);
        if (sequence && journal_wait_committed(options->journal, sequence, ACK_WAIT_MS) == GW_OK) {
            status = OK;
            control_ack_answer(sequence, out);
        } else if (sequence) {
            status = UNAVAILABLE;
            control_reply_error(out, SLICE("the journal's disk has not taken it yet; the "
                                           "acknowledgement waits with everything else"));
        }
    }
    request_body_free(said);
    buf_free(&argument);
    return status;
}

const struct web_answer *web_answers(size_t *n)
{
    static const struct web_answer rows[] = {
        {"/api/status", false, answer_status}, {"/api/kpis", false, answer_kpis},
        {"/api/alerts", false, answer_alerts}, {"/api/sources", false, answer_sources},
        {"/api/top", false, answer_top},       {"/api/events", false, answer_events},
        {"/api/ack", true, answer_ack},
    };
    *n = sizeof rows / sizeof *rows;
    return rows;
}
