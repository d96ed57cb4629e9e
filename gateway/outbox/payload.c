/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A change as JSON. */
#include "gateway/outbox/payload.h"

#include "gateway/base/civil.h"
#include "gateway/base/json.h"
#include "gateway/outbox/mime.h"

enum { VERSION = 1, NAME_MAX_BYTES = 500 };

static void put_text(struct json *json, const char *key, const char *value)
{
    json_text(json, slice_from(key), slice_from(value));
}

static void put_time(struct json *json, const char *key, int64_t ms)
{
    char text[CIVIL_RFC3339_MAX];
    json_text(json, slice_from(key), slice_of(text, civil_format(ms, text)));
}

static void put_kpi(struct json *json, const struct change *change)
{
    json_begin_object(json, SLICE("kpi"));
    json_int(json, SLICE("id"), change->kpi_id);
    put_text(json, "key", change->key);
    put_text(json, "name", change->name[OUTBOX_ENGLISH]);
    put_text(json, "name_zh", change->name[OUTBOX_CHINESE]);
    json_end_object(json);
}

static void put_acknowledged(struct json *json, const struct change *change)
{
    if (!*change->ack_name) {
        json_nil(json, SLICE("acknowledged"));
        return;
    }
    json_begin_object(json, SLICE("acknowledged"));
    put_text(json, "name", change->ack_name);
    put_text(json, "note", change->ack_note);
    json_end_object(json);
}

static void put_evidence(struct json *json, const struct change *change)
{
    struct slice list = slice_from(change->evidence), word;
    json_begin_array(json, SLICE("evidence"));
    while (slice_next_word(&list, &word))
        json_text(json, SLICE_NONE, word);
    json_end_array(json);
}

void payload_write(const struct change *change, struct buf *out)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_int(&json, SLICE("version"), VERSION);
    put_text(&json, "gateway", change->gateway);
    put_text(&json, "change", change_kind_name(change->kind));
    put_text(&json, "uid", change->uid);
    json_int(&json, SLICE("revision"), (int64_t)change->revision);
    put_time(&json, "time", change->time_ms);
    json_int(&json, SLICE("alert"), change->alert_id);
    put_time(&json, "opened", change->opened_ms);
    put_kpi(&json, change);
    put_text(&json, "site", change->site);
    put_text(&json, "scope", change->scope);
    put_text(&json, "scope_name", change->scope_name);
    put_text(&json, "old_state", kpi_state_name(change->old_state));
    put_text(&json, "state", kpi_state_name(change->state));
    put_text(&json, "worst", kpi_state_name(change->worst));
    json_int(&json, SLICE("value"), change->value);
    put_text(&json, "value_text", change->value_text);
    put_text(&json, "unit", change->unit);
    put_text(&json, "reason", change->reason);
    put_text(&json, "advice", change->advice[OUTBOX_ENGLISH]);
    put_text(&json, "advice_zh", change->advice[OUTBOX_CHINESE]);
    put_text(&json, "origin", change->origin);
    put_acknowledged(&json, change);
    put_evidence(&json, change);
    json_end_object(&json);
}

void payload_write_test(const char *gateway, int64_t now_ms, struct buf *out)
{
    struct json json;
    struct buf name = {0};
    mime_clean(&name, slice_from(gateway), NAME_MAX_BYTES);
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_int(&json, SLICE("version"), VERSION);
    json_text(&json, SLICE("gateway"), buf_get(&name));
    put_text(&json, "change", "test");
    put_time(&json, "time", now_ms);
    json_end_object(&json);
    buf_free(&name);
}
