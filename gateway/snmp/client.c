/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client: the library's single-session API over a UDP socket that is connected, so that a host
 * that refuses is known at once and not after the whole time. Answers are weighed before the
 * library parses them.
 *
 * A wrong community is answered by silence (RFC 3584 section 5.2.1), and so is a dead agent. They
 * are told apart by the engine discovery of version 3 (RFC 3414 section 4), which every agent that
 * knows version 3 answers to anybody. Version 3 begins with it anyway; the library's own discovery
 * follows it, then surely answered.
 */
#include "gateway/snmp/client.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/library/snmp_transport.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/error.h"
#include "gateway/base/secret.h"
#include "gateway/snmp/client_address.h"
#include "gateway/snmp/discovery.h"
#include "gateway/snmp/snmp_internal.h"

enum { RESEND_MS = 1000, POLL_MS = 100, DISCOVERY_SHARE = 5, RETRIES_MAX = 100 };
enum { DISCOVERY_ID = 0x454f4731 }; /* not random: that somebody answers is all we want to know */

enum progress { WAITING, ANSWERED, FAILED };

struct gwsnmp_client {
    struct gwsnmp_client_options options;
    /* Monotonic: questions end at deadline_ms; what is left until end_ms is for finding out why the
       agent is silent. */
    int64_t end_ms, deadline_ms;
    struct address address;
    char peer[ADDRESS_TEXT_MAX];
    char *community;
    void *session; /* the library's; owns the transport */
    /* The question under way. */
    enum progress progress;
    int report;       /* SNMPERR_ of a Report; 0: none */
    netsnmp_pdu *pdu; /* the answer */
};

/* A transport with what our receive function needs. The library frees it as the transport that it
   begins with. */
struct guarded {
    netsnmp_transport transport;
    int (*receive)(netsnmp_transport *, void *, int, void **, int *);
    bool (*is_safe)(struct slice message);
    int refusal; /* errno of the socket: the host or the network said no; 0: it did not */
};

/* ---- the socket ---- */

static int receive(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                   int *n_opaque)
{
    struct guarded *guarded = (struct guarded *)transport;
    errno = 0;
    int n = guarded->receive(transport, buffer, size, opaque, n_opaque);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        guarded->refusal = errno;
    if (n > 0 && guarded->is_safe(slice_of(buffer, (size_t)n)))
        return n;
    free(*opaque);
    *opaque = NULL;
    *n_opaque = 0;
    transport->flags |= NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;
    return 0;
}

static struct guarded *guarded_of(const struct gwsnmp_client *client)
{
    return (struct guarded *)snmp_sess_transport(client->session);
}

static int resolve(struct gwsnmp_client *client, struct buf *error)
{
    const struct gwsnmp_client_options *options = &client->options;
    int result =
        gwsnmp_client_address(options->host, options->port, options->timeout_ms / DISCOVERY_SHARE,
                              &client->address, error);
    if (result == GW_OK)
        address_format((const struct sockaddr *)&client->address.storage, client->peer);
    return result;
}

static int connect_to_peer(const struct gwsnmp_client *client, int fd, struct buf *error)
{
    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&client->address.storage, client->address.length) == 0)
        return GW_OK;
    buf_printf(error, "%s cannot be reached: %s", client->peer, strerror(errno));
    return errno == ENETUNREACH || errno == EHOSTUNREACH ? GW_ERR_CLOSED : GW_ERR_IO;
}

static netsnmp_transport *open_transport(const struct gwsnmp_client *client, struct buf *error)
{
    char name[ADDRESS_TEXT_MAX + 8];
    bool is_v6 = client->address.storage.ss_family == AF_INET6;

    snprintf(name, sizeof name, "%s:%s", is_v6 ? "udp6" : "udp", client->peer);
    netsnmp_transport *transport = netsnmp_transport_open_client("snmp", name);
    if (!transport) {
        buf_printf(error, "no socket for %s: %s", client->peer, strerror(errno));
        return NULL;
    }
    if (connect_to_peer(client, transport->sock, error) != GW_OK) {
        transport->f_close(transport);
        netsnmp_transport_free(transport);
        return NULL;
    }
    struct guarded *guarded = gw_alloc(sizeof *guarded);
    guarded->transport = *transport;
    guarded->receive = transport->f_recv;
    guarded->is_safe = client->options.is_safe;
    guarded->transport.f_recv = receive;
    free(transport); /* the shell only: what it pointed to moved */
    return &guarded->transport;
}

static int64_t now_ms(const struct gwsnmp_client *client)
{
    return clock_read(client->options.clock).mono_ms;
}

/* ---- is anybody there? ---- */

/* GW_OK: an agent of version 3 answers. GW_ERR_CLOSED: refused or silent until the time is over. */
static int discover(struct gwsnmp_client *client, int64_t until_ms, struct buf *error)
{
    unsigned char answer[512], question[GWSNMP_DISCOVERY_SIZE];
    int fd = socket(client->address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result = connect_to_peer(client, fd, error);
    ssize_t n = 0;

    gwsnmp_discovery_make(DISCOVERY_ID, question);
    while (result == GW_OK) {
        int64_t left_ms = until_ms - now_ms(client);
        if (left_ms <= 0) {
            result = GW_ERR_CLOSED;
            break;
        }
        n = send(fd, question, sizeof question, 0);
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (n >= 0 && poll(&wait, 1, (int)(left_ms < RESEND_MS ? left_ms : RESEND_MS)) <= 0)
            continue;
        if (n >= 0)
            n = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
        if (n > 0)
            break;
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            buf_printf(error, "%s refuses: %s", client->peer, strerror(errno));
            result = GW_ERR_CLOSED;
        }
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static int say_silent(const struct gwsnmp_client *client, struct buf *error)
{
    buf_printf(error, "no answer from %s within %g s", client->peer,
               client->options.timeout_ms / 1000.0);
    return GW_ERR_CLOSED;
}

/* Nobody answered the question: why not? */
static int say_why_silent(struct gwsnmp_client *client, struct buf *error)
{
    if (client->options.version == 3) {
        buf_printf(error,
                   "%s answers, but not to user '%s': wrong privacy passphrase or protocol, or too "
                   "slow",
                   client->peer, client->options.user->name);
        return GW_ERR_DENIED;
    }
    struct buf ignored = {0};
    int result = discover(client, client->end_ms, &ignored);
    buf_free(&ignored);
    if (result != GW_OK)
        return say_silent(client, error);
    buf_printf(error,
               "%s is there, but does not answer this community: not configured, or not for the "
               "address of this host",
               client->peer);
    return GW_ERR_DENIED;
}

/* ---- opening ---- */

static int make_key(const oid *protocol, size_t n_protocol, const char *passphrase, u_char *key,
                    size_t *n_key)
{
    *n_key = USM_PRIV_KU_LEN < USM_AUTH_KU_LEN ? USM_PRIV_KU_LEN : USM_AUTH_KU_LEN;
    return generate_Ku(protocol, (u_int)n_protocol, (const u_char *)passphrase, strlen(passphrase),
                       key, n_key) == SNMPERR_SUCCESS
               ? GW_OK
               : GW_ERR_INVALID;
}

static int set_user(netsnmp_session *wanted, const struct gwsnmp_user *user)
{
    int type = usm_lookup_auth_type(gwsnmp_auth_name(user->auth));
    const oid *protocol = type < 0 ? NULL : sc_get_auth_oid(type, &wanted->securityAuthProtoLen);
    if (!protocol)
        return GW_ERR_INVALID;
    wanted->securityName = (char *)(uintptr_t)user->name;
    wanted->securityNameLen = strlen(user->name);
    wanted->securityLevel = user->privacy ? SNMP_SEC_LEVEL_AUTHPRIV : SNMP_SEC_LEVEL_AUTHNOPRIV;
    wanted->securityAuthProto =
        snmp_duplicate_objid(protocol, wanted->securityAuthProtoLen); /* freed by the caller */
    if (make_key(protocol, wanted->securityAuthProtoLen, user->auth_passphrase,
                 wanted->securityAuthKey, &wanted->securityAuthKeyLen) != GW_OK)
        return GW_ERR_INVALID;
    if (!user->privacy)
        return GW_OK;
    type = usm_lookup_priv_type(gwsnmp_privacy_name(user->privacy));
    const netsnmp_priv_alg_info *algorithm = type < 0 ? NULL : sc_get_priv_alg_bytype(type);
    if (!algorithm)
        return GW_ERR_INVALID;
    wanted->securityPrivProto = snmp_duplicate_objid(algorithm->alg_oid, algorithm->oid_len);
    wanted->securityPrivProtoLen = algorithm->oid_len;
    return make_key(protocol, wanted->securityAuthProtoLen, user->privacy_passphrase,
                    wanted->securityPrivKey, &wanted->securityPrivKeyLen);
}

static int open_session(struct gwsnmp_client *client, struct buf *error)
{
    netsnmp_session wanted;
    int result = GW_OK;

    snmp_sess_init(&wanted);
    wanted.timeout = RESEND_MS * 1000L;
    wanted.retries = RETRIES_MAX; /* our own deadline ends it */
    if (client->options.version == 3) {
        wanted.version = SNMP_VERSION_3;
        /* snmp_sess_add() waits for a discovery by the library: the agent has just answered ours.
         */
        wanted.retries = client->options.timeout_ms / RESEND_MS;
        result = set_user(&wanted, client->options.user);
        if (result)
            buf_printf(error, "user '%s' cannot be made of these protocols",
                       client->options.user->name);
    } else {
        wanted.version = SNMP_VERSION_2c;
        wanted.community = (u_char *)client->community;
        wanted.community_len = strlen(client->community);
    }
    netsnmp_transport *transport = result ? NULL : open_transport(client, error);
    if (!result && !transport)
        result = GW_ERR_IO;
    if (!result) {
        client->session = snmp_sess_add(&wanted, transport, NULL, NULL); /* frees it on failure */
        if (!client->session) {
            buf_printf(error, "%s does not tell its engine id", client->peer);
            result = GW_ERR_CLOSED;
        }
    }
    secret_wipe(wanted.securityAuthKey, sizeof wanted.securityAuthKey);
    secret_wipe(wanted.securityPrivKey, sizeof wanted.securityPrivKey);
    free(wanted.securityAuthProto);
    free(wanted.securityPrivProto);
    return result;
}

static int check(const struct gwsnmp_client_options *options, struct buf *error)
{
    const struct gwsnmp_user *user = options->user;
    if (options->version != 2 && options->version != 3)
        buf_printf(error, "SNMP version %d is not spoken here", options->version);
    else if (options->port < 1 || options->port > 65535)
        buf_printf(error, "%u is no port", options->port);
    else if (options->version == 3 && strlen(user->auth_passphrase) < GWSNMP_PASSPHRASE_MIN)
        buf_printf(error, "the authentication passphrase is shorter than %d octets (RFC 3414)",
                   GWSNMP_PASSPHRASE_MIN);
    else if (options->version == 3 && user->privacy &&
             strlen(user->privacy_passphrase) < GWSNMP_PASSPHRASE_MIN)
        buf_printf(error, "the privacy passphrase is shorter than %d octets (RFC 3414)",
                   GWSNMP_PASSPHRASE_MIN);
    else
        return GW_OK;
    return GW_ERR_INVALID;
}

int gwsnmp_client_open(const struct gwsnmp_client_options *options, struct gwsnmp_client **out,
                       struct buf *error)
{
    *out = NULL;
    if (check(options, error) != GW_OK)
        return GW_ERR_INVALID;
    gwsnmp_library_isolate();
    gwsnmp_log_bridge();
    init_snmp("eog-client");

    struct gwsnmp_client *client = gw_alloc(sizeof *client);
    client->options = *options;
    client->end_ms = client->deadline_ms = now_ms(client) + options->timeout_ms;
    if (options->version == 2)
        client->deadline_ms -= options->timeout_ms / DISCOVERY_SHARE;
    client->community = gw_strdup(options->community ? options->community : "");
    int result = resolve(client, error);
    if (!result && options->version == 3) {
        result = discover(client, client->deadline_ms, error);
        if (result && !error->n)
            result = say_silent(client, error);
    }
    if (!result)
        result = open_session(client, error);
    if (result) {
        gwsnmp_client_close(client);
        return result;
    }
    *out = client;
    return GW_OK;
}

void gwsnmp_client_close(struct gwsnmp_client *client)
{
    if (!client)
        return;
    if (client->session)
        snmp_sess_close(client->session);
    if (client->pdu)
        snmp_free_pdu(client->pdu);
    snmp_shutdown("eog-client");
    free(client->community);
    free(client);
}

/* ---- one question ---- */

static int on_answer(int operation, netsnmp_session *session, int request_id, netsnmp_pdu *pdu,
                     void *magic)
{
    struct gwsnmp_client *client = magic;
    (void)session;
    (void)request_id;
    if (client->progress != WAITING)
        return 1;
    switch (operation) {
    case NETSNMP_CALLBACK_OP_RESEND:
    case NETSNMP_CALLBACK_OP_CONNECT:
        return 1;
    case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
        if (pdu->command == SNMP_MSG_RESPONSE) {
            client->pdu = snmp_clone_pdu(pdu);
            client->progress = client->pdu ? ANSWERED : FAILED;
            return 1;
        }
        break;
    }
    /* A Report comes as a message or as a security error, depending on the library's version. After
       one about the time the library asks again, since it has just learned it. */
    client->report = pdu && pdu->command == SNMP_MSG_REPORT ? snmpv3_get_report_type(pdu) : 0;
    if (client->report != SNMPERR_NOT_IN_TIME_WINDOW ||
        operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
        client->progress = FAILED;
    return 1;
}

static void wait_for_answer(struct gwsnmp_client *client)
{
    struct guarded *guarded = guarded_of(client);
    netsnmp_large_fd_set readable;

    netsnmp_large_fd_set_init(&readable, guarded->transport.sock + 1);
    while (client->progress == WAITING && !guarded->refusal) {
        int64_t left_ms = client->deadline_ms - now_ms(client);
        if (left_ms <= 0)
            break;
        struct pollfd wait = {.fd = guarded->transport.sock, .events = POLLIN};
        int n = poll(&wait, 1, (int)(left_ms < POLL_MS ? left_ms : POLL_MS));
        if (n > 0) {
            NETSNMP_LARGE_FD_ZERO(&readable);
            NETSNMP_LARGE_FD_SET(guarded->transport.sock, &readable);
            snmp_sess_read2(client->session, &readable);
        } else {
            snmp_sess_timeout(client->session);
        }
    }
    netsnmp_large_fd_set_cleanup(&readable);
}

static int say_unsent(const struct gwsnmp_client *client, struct buf *error)
{
    char *reason = NULL;
    snmp_sess_error(client->session, NULL, NULL, &reason);
    buf_printf(error, "nothing can be sent to %s: %s", client->peer, reason ? reason : "");
    free(reason);
    return GW_ERR_IO;
}

static int say_refused(const struct gwsnmp_client *client, struct buf *error)
{
    const char *user = client->options.user->name;
    switch (client->report) {
    case SNMPERR_UNKNOWN_USER_NAME:
        buf_printf(error, "%s knows no user '%s'", client->peer, user);
        break;
    case SNMPERR_AUTHENTICATION_FAILURE:
        buf_printf(error,
                   "%s refuses user '%s': the authentication passphrase or protocol is not the "
                   "user's",
                   client->peer, user);
        break;
    case SNMPERR_UNSUPPORTED_SEC_LEVEL:
        buf_printf(error, "%s wants another level of security of user '%s'", client->peer, user);
        break;
    case SNMPERR_DECRYPTION_ERR:
        buf_printf(error, "%s cannot decrypt: the privacy passphrase or protocol is not user '%s's",
                   client->peer, user);
        break;
    default:
        buf_printf(error, "%s refuses user '%s': %s", client->peer, user,
                   snmp_api_errstring(client->report));
        break;
    }
    return GW_ERR_DENIED;
}

/* The agent's error-status. */
static int say_error(const struct gwsnmp_client *client, struct buf *error)
{
    long status = client->pdu->errstat;
    bool is_denied = status == SNMP_ERR_AUTHORIZATIONERROR || status == SNMP_ERR_NOACCESS;
    if (is_denied && client->options.version == 3)
        buf_printf(error, "%s does not let user '%s' read with this level of security",
                   client->peer, client->options.user->name);
    else
        buf_printf(error, "%s answers with the error %s", client->peer,
                   snmp_errstring((int)status));
    return is_denied ? GW_ERR_DENIED : GW_ERR_DAMAGED;
}

/* client->pdu is the answer then. pdu is taken. */
static int ask(struct gwsnmp_client *client, netsnmp_pdu *pdu, struct buf *error)
{
    struct guarded *guarded = guarded_of(client);
    if (client->pdu)
        snmp_free_pdu(client->pdu);
    client->pdu = NULL;
    client->progress = WAITING;
    client->report = 0;
    guarded->refusal = 0;

    if (!snmp_sess_async_send(client->session, pdu, on_answer, client)) {
        snmp_free_pdu(pdu);
        return say_unsent(client, error);
    }
    wait_for_answer(client);
    if (client->progress == FAILED)
        return client->report ? say_refused(client, error) : say_unsent(client, error);
    if (guarded->refusal) {
        buf_printf(error, "%s refuses: %s", client->peer, strerror(guarded->refusal));
        return GW_ERR_CLOSED;
    }
    if (client->progress == WAITING)
        return say_why_silent(client, error);
    if (client->pdu->errstat != SNMP_ERR_NOERROR)
        return say_error(client, error);
    return GW_OK;
}

/* ---- values ---- */

static void take_object_id(const netsnmp_variable_list *from, struct arena *arena,
                           struct gwsnmp_value *out)
{
    size_t n = from->val_len / sizeof(oid);
    uint32_t *arcs = arena_alloc(arena, n * sizeof *arcs + 1);
    for (size_t i = 0; i < n; i++)
        arcs[i] = (uint32_t)from->val.objid[i];
    gwsnmp_set_object_id(out, arcs, n);
}

static void take_value(const netsnmp_variable_list *from, struct arena *arena,
                       struct gwsnmp_value *out)
{
    *out = (struct gwsnmp_value){.type = GWSNMP_NONE};
    switch (from->type) {
    case ASN_INTEGER:
        if (*from->val.integer >= INT32_MIN && *from->val.integer <= INT32_MAX)
            gwsnmp_set_integer(out, (int32_t)*from->val.integer);
        break;
    case ASN_GAUGE:
    case ASN_COUNTER:
    case ASN_TIMETICKS:
        out->type = from->type == ASN_GAUGE     ? GWSNMP_GAUGE
                    : from->type == ASN_COUNTER ? GWSNMP_COUNTER
                                                : GWSNMP_TIMETICKS;
        out->gauge = (uint32_t)(u_long)*from->val.integer;
        break;
    case ASN_COUNTER64:
        gwsnmp_set_counter64(out, (uint64_t)from->val.counter64->high << 32 |
                                      (from->val.counter64->low & 0xffffffff));
        break;
    case ASN_OCTET_STR:
    case ASN_IPADDRESS:
        out->type = from->type == ASN_IPADDRESS ? GWSNMP_IP_ADDRESS : GWSNMP_OCTETS;
        out->octets = arena_dup(arena, slice_of((const char *)from->val.string, from->val_len));
        break;
    case ASN_OBJECT_ID:
        take_object_id(from, arena, out);
        break;
    case SNMP_NOSUCHOBJECT:
        out->type = GWSNMP_NO_SUCH_OBJECT;
        break;
    case SNMP_NOSUCHINSTANCE:
        out->type = GWSNMP_NO_SUCH_INSTANCE;
        break;
    case SNMP_ENDOFMIBVIEW:
        out->type = GWSNMP_END_OF_MIB_VIEW;
        break;
    }
}

static bool take_name(const netsnmp_variable_list *from, struct gwsnmp_oid *out)
{
    if (from->name_length > GWSNMP_OID_MAX)
        return false;
    for (size_t i = 0; i < from->name_length; i++)
        out->v[i] = (uint32_t)from->name[i];
    out->n = from->name_length;
    return true;
}

static void add_name(netsnmp_pdu *pdu, const struct gwsnmp_oid *name)
{
    oid arcs[GWSNMP_OID_MAX];
    for (size_t i = 0; i < name->n; i++)
        arcs[i] = name->v[i];
    snmp_add_null_var(pdu, arcs, name->n);
}

static int say_damaged(const struct gwsnmp_client *client, const char *what, struct buf *error)
{
    buf_printf(error, "%s answers with %s", client->peer, what);
    return GW_ERR_DAMAGED;
}

int gwsnmp_client_get(struct gwsnmp_client *client, const struct gwsnmp_oid *names, size_t n,
                      struct arena *arena, struct gwsnmp_value *values, struct buf *error)
{
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
    for (size_t i = 0; i < n; i++)
        add_name(pdu, &names[i]);
    int result = ask(client, pdu, error);
    if (result)
        return result;

    size_t i = 0;
    for (const netsnmp_variable_list *v = client->pdu->variables; v; v = v->next_variable, i++) {
        struct gwsnmp_oid name;
        if (i == n || !take_name(v, &name) ||
            gwsnmp_oid_compare(name.v, name.n, names[i].v, names[i].n) != 0)
            return say_damaged(client, "objects that were not asked for", error);
        take_value(v, arena, &values[i]);
    }
    return i == n ? GW_OK : say_damaged(client, "fewer objects than were asked for", error);
}

int gwsnmp_client_bulk(struct gwsnmp_client *client, const struct gwsnmp_oid *after, size_t max,
                       struct arena *arena, struct gwsnmp_varbind *out, size_t *n_out,
                       struct buf *error)
{
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
    pdu->non_repeaters = 0;
    pdu->max_repetitions = (long)max;
    add_name(pdu, after);
    *n_out = 0;
    int result = ask(client, pdu, error);
    if (result)
        return result;

    const struct gwsnmp_oid *last = after;
    size_t n = 0;
    for (const netsnmp_variable_list *v = client->pdu->variables; v && n < max;
         v = v->next_variable, n++) {
        if (v->type == SNMP_ENDOFMIBVIEW)
            break;
        if (!take_name(v, &out[n].name) ||
            gwsnmp_oid_compare(last->v, last->n, out[n].name.v, out[n].name.n) >= 0)
            return say_damaged(client, "rows out of order", error);
        take_value(v, arena, &out[n].value);
        last = &out[n].name;
    }
    *n_out = n;
    return GW_OK;
}
