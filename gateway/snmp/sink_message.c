/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notifications as sinks keep and send them. Kept ones are packed into one block: as the struct
 * that came, with 32 names of 128 arcs, a thousand of them would be 18 MB.
 */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <string.h>
#include <sys/random.h>

#include "gateway/base/arena.h"

static const oid uptime_name[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
static const oid trap_oid_name[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const oid trap_address_name[] = {1, 3, 6, 1, 6, 3, 18, 1, 3, 0};
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct item {
    const uint32_t *name;
    size_t n_name;
    struct gwsnmp_value value;
};

struct gwsnmp_message {
    unsigned holders;
    uint64_t number;
    bool is_message;
    uint32_t uptime, request;
    bool has_origin;
    unsigned char origin[4];
    const uint32_t *trap_oid;
    size_t n_trap_oid;
    size_t n;
    struct item v[]; /* arcs and octets stand behind it */
};

/* Where the next arcs and octets go. */
struct room {
    uint32_t *arcs;
    char *octets;
};

static const uint32_t *keep_arcs(struct room *room, const uint32_t *v, size_t n)
{
    uint32_t *kept = room->arcs;
    memcpy(kept, v, n * sizeof *v);
    room->arcs += n;
    return kept;
}

static bool has_octets(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_OCTETS || value->type == GWSNMP_IP_ADDRESS;
}

static void keep_value(struct room *room, const struct gwsnmp_value *from, struct gwsnmp_value *to)
{
    *to = *from;
    if (from->type == GWSNMP_OBJECT_ID) {
        to->object_id.v = keep_arcs(room, from->object_id.v, from->object_id.n);
    } else if (has_octets(from)) {
        to->octets = slice_of(room->octets, from->octets.n);
        if (from->octets.n)
            memcpy(room->octets, from->octets.p, from->octets.n);
        room->octets += from->octets.n;
    }
}

/* The receiver tells a repeat by it; nobody else should guess it. */
static uint32_t random_request(void)
{
    uint32_t request = 1;
    if (getrandom(&request, sizeof request, GRND_NONBLOCK) != (ssize_t)sizeof request)
        request = (uint32_t)snmp_get_next_reqid();
    return (request & 0x7fffffff) | 1;
}

struct gwsnmp_message *gwsnmp_message_new(const struct gwsnmp_notification *from, uint32_t uptime)
{
    size_t n_arcs = from->trap_oid.n, n_octets = 0;
    for (size_t i = 0; i < from->n; i++) {
        const struct gwsnmp_value *value = &from->v[i].value;
        n_arcs += from->v[i].name.n + (value->type == GWSNMP_OBJECT_ID ? value->object_id.n : 0);
        n_octets += has_octets(value) ? value->octets.n : 0;
    }
    struct gwsnmp_message *message = gw_alloc(sizeof *message + from->n * sizeof *message->v +
                                              n_arcs * sizeof(uint32_t) + n_octets);
    struct room room = {.arcs = (uint32_t *)(void *)(message->v + from->n)};
    room.octets = (char *)(room.arcs + n_arcs);
    message->holders = 1;
    message->number = from->number;
    message->is_message = from->is_message;
    message->uptime = uptime;
    message->request = random_request();
    message->has_origin = from->has_origin;
    memcpy(message->origin, from->origin, sizeof message->origin);
    message->trap_oid = keep_arcs(&room, from->trap_oid.v, from->trap_oid.n);
    message->n_trap_oid = from->trap_oid.n;
    message->n = from->n;
    for (size_t i = 0; i < from->n; i++) {
        message->v[i].name = keep_arcs(&room, from->v[i].name.v, from->v[i].name.n);
        message->v[i].n_name = from->v[i].name.n;
        keep_value(&room, &from->v[i].value, &message->v[i].value);
    }
    return message;
}

struct gwsnmp_message *gwsnmp_message_share(struct gwsnmp_message *message)
{
    message->holders++;
    return message;
}

void gwsnmp_message_put(struct gwsnmp_message *message)
{
    if (--message->holders == 0)
        free(message);
}

uint64_t gwsnmp_message_number(const struct gwsnmp_message *message)
{
    return message->number;
}

bool gwsnmp_message_is_syslog(const struct gwsnmp_message *message)
{
    return message->is_message;
}

static void add(netsnmp_pdu *pdu, const struct item *item)
{
    oid name[GWSNMP_OID_MAX];
    gwsnmp_arcs_to_library(item->name, item->n_name, name);
    netsnmp_variable_list *vb = snmp_pdu_add_variable(pdu, name, item->n_name, ASN_NULL, NULL, 0);
    if (vb)
        gwsnmp_value_to_library(&item->value, vb);
}

netsnmp_pdu *gwsnmp_message_pdu(const struct gwsnmp_message *message, bool is_inform,
                                const unsigned char local[4])
{
    oid trap_oid[GWSNMP_OID_MAX];
    u_long ticks = message->uptime;
    netsnmp_pdu *pdu = snmp_pdu_create(is_inform ? SNMP_MSG_INFORM : SNMP_MSG_TRAP2);
    if (!pdu)
        return NULL;
    pdu->reqid = (long)message->request;
    gwsnmp_arcs_to_library(message->trap_oid, message->n_trap_oid, trap_oid);
    snmp_pdu_add_variable(pdu, uptime_name, COUNT(uptime_name), ASN_TIMETICKS, &ticks,
                          sizeof ticks);
    snmp_pdu_add_variable(pdu, trap_oid_name, COUNT(trap_oid_name), ASN_OBJECT_ID, trap_oid,
                          message->n_trap_oid * sizeof *trap_oid);
    for (size_t i = 0; i < message->n; i++)
        add(pdu, &message->v[i]);
    snmp_pdu_add_variable(pdu, trap_address_name, COUNT(trap_address_name), ASN_IPADDRESS,
                          message->has_origin ? message->origin : local, 4);
    return pdu;
}
