/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One registration of net-snmp's agent over one gwsnmp_mib. It takes GETBULK itself: the library's
 * own way repeats its whole loop for each repetition, each time over all variables gathered so far,
 * which is quadratic. A request that we cannot answer further is left unprocessed: the agent then
 * goes on to the next subtree.
 */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"

struct registered {
    const struct gwsnmp_subtree *subtree;
    const struct gwsnmp_access *access;
    struct gwsnmp_hint hint;
    /* The request of the last call: one PDU may take several. */
    const void *session;
    long request, transaction, message;
};

/* Octets gathered in one call after which the rest of a GETBULK waits for the library to weigh it.
 */
enum { BULK_OCTETS_MAX = 16384 };

static bool from_library(const oid *name, size_t n, struct gwsnmp_oid *out)
{
    if (n > GWSNMP_OID_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        out->v[i] = (uint32_t)name[i];
    out->n = n;
    return true;
}

static void answer_get(const struct gwsnmp_subtree *subtree, const struct gwsnmp_view *allowed,
                       const void *view, netsnmp_agent_request_info *info,
                       netsnmp_request_info *request)
{
    struct gwsnmp_oid name;
    struct gwsnmp_value value = {.type = GWSNMP_NO_SUCH_OBJECT};
    netsnmp_variable_list *vb = request->requestvb;

    if (view && from_library(vb->name, vb->name_length, &name) &&
        gwsnmp_view_get(allowed, subtree->mib, view, name.v, name.n, &value))
        gwsnmp_value_to_library(&value, vb);
    else
        netsnmp_set_request_error(info, request,
                                  value.type == GWSNMP_NO_SUCH_OBJECT ? SNMP_NOSUCHOBJECT
                                                                      : SNMP_NOSUCHINSTANCE);
}

/* Make the next repetition the current one, as the library's bulk_to_next does; false: no more. */
static bool advance(netsnmp_request_info *request)
{
    netsnmp_variable_list *vb = request->requestvb;
    if (request->repeat <= 0 || !vb->next_variable ||
        snmp_oid_compare(vb->name, vb->name_length, request->range_end, request->range_end_len) >=
            0)
        return false;
    request->repeat--;
    snmp_set_var_objid(vb->next_variable, vb->name, vb->name_length);
    request->requestvb = vb->next_variable;
    request->requestvb->type = ASN_PRIV_RETRY;
    if (request->inclusive == 2)
        request->inclusive = 0;
    return true;
}

static void answer_next(struct registered *registered, const struct gwsnmp_view *allowed,
                        const void *view, bool is_bulk, netsnmp_request_info *request,
                        size_t *octets)
{
    struct gwsnmp_oid name, next;
    struct gwsnmp_value value;
    oid arcs[GWSNMP_OID_MAX];

    do {
        netsnmp_variable_list *vb = request->requestvb;
        if (!from_library(vb->name, vb->name_length, &name) ||
            !gwsnmp_view_next(allowed, registered->subtree->mib, view, name.v, name.n,
                              &registered->hint, &next, &value))
            return;
        gwsnmp_arcs_to_library(next.v, next.n, arcs);
        snmp_set_var_objid(vb, arcs, next.n);
        gwsnmp_value_to_library(&value, vb);
        *octets += next.n + vb->val_len;
    } while (is_bulk && *octets < BULK_OCTETS_MAX && advance(request));
}

static bool is_new_request(struct registered *registered, const netsnmp_agent_request_info *info)
{
    const netsnmp_agent_session *asp = info->asp;
    if (asp == registered->session && asp->pdu->reqid == registered->request &&
        asp->pdu->transid == registered->transaction && asp->pdu->msgid == registered->message)
        return false;
    registered->session = asp;
    registered->request = asp->pdu->reqid;
    registered->transaction = asp->pdu->transid;
    registered->message = asp->pdu->msgid;
    return true;
}

static int on_request(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                      netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    struct registered *registered = handler->myvoid;
    const struct gwsnmp_subtree *subtree = registered->subtree;
    bool is_walk = info->mode == MODE_GETNEXT || info->mode == MODE_GETBULK;
    const struct gwsnmp_view *allowed =
        registered->access ? gwsnmp_authorize_view(registered->access, info->asp->pdu) : NULL;
    if (info->mode == MODE_GETBULK)
        info->asp->pdu->flags |= GWSNMP_IS_BULK;
    const netsnmp_pdu *pdu = info->asp->pdu;
    const void *view = subtree->pin(subtree->context, is_new_request(registered, info), is_walk,
                                    gwsnmp_asker(pdu->transport_data, pdu->transport_data_length));
    size_t octets = 0;
    (void)registration;

    for (netsnmp_request_info *request = requests; request; request = request->next) {
        if (request->processed)
            continue;
        switch (info->mode) {
        case MODE_GET:
            answer_get(subtree, allowed, view, info, request);
            break;
        case MODE_GETNEXT:
        case MODE_GETBULK:
            if (view)
                answer_next(registered, allowed, view, info->mode == MODE_GETBULK, request,
                            &octets);
            break;
        default:
            netsnmp_set_request_error(info, request, SNMP_ERR_NOTWRITABLE);
            break;
        }
    }
    return SNMP_ERR_NOERROR;
}

int gwsnmp_subtree_register(const struct gwsnmp_subtree *subtree,
                            const struct gwsnmp_access *access)
{
    oid root[GWSNMP_OID_MAX];
    struct registered *registered = gw_alloc(sizeof *registered);
    registered->subtree = subtree;
    registered->access = access;
    registered->hint = (struct gwsnmp_hint){SIZE_MAX, SIZE_MAX};

    gwsnmp_arcs_to_library(subtree->root, subtree->n_root, root);
    netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
        subtree->name, on_request, root, subtree->n_root, HANDLER_CAN_RONLY | HANDLER_CAN_GETBULK);
    if (!registration) {
        free(registered);
        return GW_ERR_IO;
    }
    registration->handler->myvoid = registered;
    registration->handler->data_free = free;
    if (netsnmp_register_handler(registration) != MIB_REGISTERED_OK) {
        log_error("snmp", "subtree cannot be registered name=%s", subtree->name);
        return GW_ERR_IO;
    }
    return GW_OK;
}
