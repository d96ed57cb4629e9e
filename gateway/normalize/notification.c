/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications that the table of names knows: who speaks, of what, and what it carries. */
#include "gateway/normalize/notification.h"

#include <string.h>

enum { MESSAGE_MAX = 1024 };

const struct names_row *notification_meaning(struct run *run, const struct names *names)
{
    struct slice oid = gw_event_text(run->event, GW_FIELD_SNMP_TRAP_OID);
    const struct names_row *row = oid.n ? names_notification(names, oid) : NULL;
    if (!row)
        return NULL;
    if (run->trace)
        run->trace->notification = row->name;
    run_put_text(run, GW_FIELD_EVENT_NAME, row->name);
    if (!run->has_kind) {
        run->event->kind = row->kind;
        run->has_kind = true;
    }
    if (!run->has_severity) {
        run->event->severity = row->severity;
        run->has_severity = true;
    }
    return row;
}

struct slice notification_varbind_name(const struct names *names, struct slice oid,
                                       struct arena *arena)
{
    struct slice instance;
    const struct names_row *row = names_object(names, oid, &instance);
    if (!row)
        return oid;
    char *text = arena_bytes(arena, row->name.n + instance.n);
    if (!text)
        return oid;
    memcpy(text, row->name.p, row->name.n);
    if (instance.n)
        memcpy(text + row->name.n, instance.p, instance.n);
    return slice_of(text, row->name.n + instance.n);
}

static bool put(char *message, size_t *n, struct slice text)
{
    if (text.n > MESSAGE_MAX - *n)
        return false;
    if (text.n)
        memcpy(message + *n, text.p, text.n);
    *n += text.n;
    return true;
}

/* "linkFlap ifIndex=3 ifOperStatus=2": whole varbinds, as many as fit; all are in unmapped. */
static void put_message(struct run *run, const struct names *names, struct slice name)
{
    char message[MESSAGE_MAX];
    const struct fields *fields = run->fields;
    size_t n = 0;
    put(message, &n, name);
    for (size_t i = fields->n_header; i < fields->n; i++) {
        const struct field *field = &fields->v[i];
        struct slice instance;
        if (run_is_placed(run, i) || field->value.n == 0)
            continue;
        const struct names_row *row = names_object(names, field->name, &instance);
        size_t before = n;
        if (!put(message, &n, SLICE(" ")) || !put(message, &n, row ? row->name : field->name) ||
            !put(message, &n, SLICE("=")) || !put(message, &n, field->value)) {
            n = before;
            break;
        }
    }
    run_put_text(run, GW_FIELD_MESSAGE, arena_dup(run->arena, slice_of(message, n)));
}

bool notification_fill(struct run *run, const struct names *names)
{
    const struct names_row *row = notification_meaning(run, names);
    struct slice oid = gw_event_text(run->event, GW_FIELD_SNMP_TRAP_OID),
                 agent = gw_event_text(run->event, GW_FIELD_SNMP_AGENT_ADDRESS);
    if (!row)
        return false;
    if (agent.n == 0 || slice_equal(agent, SLICE("0.0.0.0")))
        agent = gw_event_text(run->event, GW_FIELD_PEER);
    struct slice vendor = names_vendor(names, oid);
    run_put_text(run, GW_FIELD_PRODUCT_VENDOR, vendor.n ? vendor : SLICE("unknown"));
    run_put_text(run, GW_FIELD_PRODUCT_NAME, SLICE("SNMP agent"));
    run_put_text(run, GW_FIELD_EVENT_CODE, oid);
    run_put_text(run, GW_FIELD_HOST_IP, agent);
    put_message(run, names, row->name);
    return true;
}
