/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications that the table of names knows: who speaks, of what, and what it carries. */
#include "gateway/normalize/notification.h"

#include <string.h>

#include "gateway/normalize/convert.h"

enum { MESSAGE_MAX = 1024 };

const struct names_row *notification_meaning(struct run *run, const struct names *names)
{
    struct slice oid = gw_event_text(run->event, GW_FIELD_SNMP_TRAP_OID);
    const struct names_row *row = oid.n ? names_notification(names, oid) : NULL;
    if (!row)
        return NULL;
    if (run->trace)
        run->trace->notification = names_name(row);
    run_put_text(run, GW_FIELD_EVENT_NAME, names_name(row));
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
    char *text = arena_bytes(arena, row->n_name + instance.n);
    if (!text)
        return oid;
    memcpy(text, names_name(row).p, row->n_name);
    if (instance.n)
        memcpy(text + row->n_name, instance.p, instance.n);
    return slice_of(text, row->n_name + instance.n);
}

/* ---- its varbinds ---- */

static bool is_mac_field(enum gw_field field)
{
    return field == GW_FIELD_HOST_MAC || field == GW_FIELD_SOURCE_MAC ||
           field == GW_FIELD_SRC_MAC || field == GW_FIELD_DST_MAC;
}

/* Words are wanted there: a number of an enumeration tells nobody anything. */
static bool wants_words(enum gw_field field)
{
    return field == GW_FIELD_MESSAGE || field == GW_FIELD_REASON || field == GW_FIELD_STATUS_DETAIL;
}

static void put_mac(struct run *run, enum gw_field field, struct slice value)
{
    if (slice_starts_with(value, SLICE("0x")))
        value = slice_skip(value, 2);
    run_put_text(run, field, convert_mac(value, run->arena));
}

/* True when the field has it now. */
static bool place(struct run *run, enum gw_field field, struct slice value)
{
    int64_t number;
    value = slice_trim(value);
    if (gw_event_has(run->event, field) || convert_is_absent(value))
        return false;
    if (is_mac_field(field)) {
        put_mac(run, field, value);
    } else if (gw_field_type(field) == GW_TYPE_INT) {
        if (slice_to_int(value, &number))
            run_put_int(run, field, number);
    } else if (gw_field_type(field) == GW_TYPE_IP) {
        value = convert_ip(convert_hex_ip(value, run->arena), run->arena);
        if (!convert_is_absent(value))
            run_put_text(run, field, value);
    } else if (!wants_words(field) || !slice_to_int(value, &number)) {
        run_put_text(run, field, convert_hex_ip(value, run->arena));
    }
    return gw_event_has(run->event, field);
}

/* Of ".7" the number; of ".192.0.2.1", and of ".1.4.192.0.2.1" as newer MIBs have it, the address.
 */
static struct slice instance_value(enum gw_field field, struct slice instance)
{
    size_t arcs = 0;
    for (size_t i = 0; i < instance.n; i++)
        arcs += instance.p[i] == '.';
    if (arcs == 6 && slice_starts_with(instance, SLICE(".1.4."))) {
        instance = slice_skip(instance, 4);
        arcs = 4;
    }
    if (arcs != (gw_field_type(field) == GW_TYPE_INT ? 1U : 4U))
        return SLICE_NONE;
    return slice_skip(instance, 1);
}

static struct slice value_of(struct run *run, const struct names_row *row, size_t number)
{
    struct slice value = run->fields->v[number].value;
    bool is_address =
        gw_field_type((enum gw_field)row->value_field) == GW_TYPE_IP && !row->value_is_text;
    return is_address ? run_address(run, (int)number, value) : value;
}

void notification_place(struct run *run, const struct names *names)
{
    const struct fields *fields = run->fields;
    struct slice instance;
    bool has_instances = false;
    for (size_t i = fields->n_header; i < fields->n; i++) {
        const struct names_row *row = names_object(names, fields->v[i].name, &instance);
        has_instances |= row && row->instance_field;
        if (row && row->value_field && !run_is_placed(run, i) &&
            place(run, (enum gw_field)row->value_field, value_of(run, row, i)))
            run_mark_placed(run, (int)i);
    }
    for (size_t i = fields->n_header; has_instances && i < fields->n; i++) {
        const struct names_row *row = names_object(names, fields->v[i].name, &instance);
        if (row && row->instance_field)
            place(run, (enum gw_field)row->instance_field,
                  instance_value((enum gw_field)row->instance_field, instance));
    }
}

/* ---- its message ---- */

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
        if (!put(message, &n, SLICE(" ")) ||
            !put(message, &n, row ? names_name(row) : field->name) ||
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
    notification_place(run, names);
    put_message(run, names, names_name(row));
    return true;
}
