/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SNMPv3 notifications through the library, one datagram at a time: what came over the pair is put
 * in front of a transport of our own, the library reads it there and calls back when it was
 * authentic. The session is not in the library's list, so that its loop never waits for it.
 *
 * A user's keys belong to an engine, and senders' engines are not known before they speak. So a
 * configured user is added for an engine when a message claims both, and stays if the message
 * proves to be authentic; of those that never did, UNPROVEN_MAX are kept, and none in a full table.
 * Nobody can fill the table by inventing engines, nor take a sink's user from it.
 */
#include "gateway/snmp/receive.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/fd_event_manager.h>
#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/library/snmp_transport.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/map.h"
#include "gateway/base/secret.h"
#include "gateway/snmp/answers.h"
#include "gateway/snmp/guard.h"
#include "gateway/snmp/snmp_internal.h"

enum {
    MESSAGE_MAX = 65507,
    BUDGET = 32, /* datagrams a turn: requests to the agent come first */
    UNPROVEN_MAX = 256,
    REPEAT_MS = 150 * 1000, /* an inform's repeat within is answered and not taken again */
    INFORMS_MAX = 20000
};

/* The library wants each transport to have a domain: zeroDotZero, none that it knows. */
static const oid domain[] = {0, 0};

/* A sender's engine and user. */
struct claimant {
    struct gwsnmp_engine_row row;
    const struct gwsnmp_sender *sender;
    bool is_proven;
    struct claimant *next_unproven;
    unsigned char engine[GWSNMP_ENGINE_ID_MAX];
    size_t n_engine;
};

/* An inform that was taken: waits for its commit, then is remembered for its repeats. */
struct inform {
    struct inform *next; /* in order of expiry, which is that of receipt */
    uint64_t sequence;
    int64_t expires_ms; /* monotonic */
    uint64_t key;
};

struct gwsnmp_receiving {
    struct gwsnmp_receiver to;
    const struct gwsnmp_access *access;
    const struct gwsnmp_engine *engine; /* ours */
    const struct gwsnmp_sinks *sinks;
    int fd;
    void *session;
    netsnmp_large_fd_set ready;

    struct gwsnmp_user_keys *keys; /* of access->senders */
    size_t n_keys;
    pthread_mutex_t lock;  /* guards rows for gwsnmp_receiving_list() */
    struct map *claimants; /* by engine and user */
    struct claimant *unproven, **last_unproven;
    size_t n_unproven;

    struct map *informs; /* by key */
    struct inform *first, **last;
    struct gwsnmp_answers *answers;

    /* The datagram at hand. */
    struct gwsnmp_pair_head head;
    unsigned char *message;
    size_t n_message;
    struct claimant *claimant;
    bool is_handled; /* taken, refused or put off: the callback came */
};

static int64_t mono_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

/* ---- the library's transport ---- */

/* The library keeps a copy with each PDU, and gives it back with the answer. */
struct origin {
    struct sockaddr_storage peer;
    uint32_t peer_n, listener;
    size_t n_request;
};

static int transport_receive(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                             int *n_opaque)
{
    struct gwsnmp_receiving *r = transport->data;
    struct origin *origin = calloc(1, sizeof *origin);
    *opaque = NULL;
    *n_opaque = 0;
    if (!origin || r->n_message == 0 || r->n_message > (size_t)size) {
        free(origin);
        transport->flags |= NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;
        return 0;
    }
    memcpy(buffer, r->message, r->n_message);
    *origin = (struct origin){r->head.peer, r->head.peer_n, r->head.listener, r->n_message};
    *opaque = origin;
    *n_opaque = (int)sizeof *origin;
    int n = (int)r->n_message;
    r->n_message = 0;
    return n;
}

static int transport_send(netsnmp_transport *transport, const void *buffer, int size, void **opaque,
                          int *n_opaque)
{
    struct gwsnmp_receiving *r = transport->data;
    if (!opaque || !*opaque || *n_opaque != (int)sizeof(struct origin))
        return -1;
    const struct origin *origin = *opaque;
    struct slice source = address_bytes((const struct sockaddr *)&origin->peer);
    if (!gwsnmp_guard_may_answer(source, origin->n_request, slice_of(buffer, (size_t)size)))
        return size;
    struct gwsnmp_pair_head head = {
        .peer = origin->peer, .peer_n = origin->peer_n, .listener = origin->listener};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)(uintptr_t)buffer, (size_t)size}};
    struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};
    /* A lost answer is asked for again. */
    return sendmsg(r->fd, &whole, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : size;
}

static int transport_close(netsnmp_transport *transport)
{
    transport->sock = -1;
    transport->data = NULL; /* the library would free it */
    return 0;
}

static char *transport_format(netsnmp_transport *transport, const void *data, int n)
{
    char text[ADDRESS_TEXT_MAX] = "unknown";
    (void)transport;
    if (data && n == (int)sizeof(struct origin))
        address_format((const struct sockaddr *)&((const struct origin *)data)->peer, text);
    return strdup(text);
}

static netsnmp_transport *transport_new(struct gwsnmp_receiving *r)
{
    netsnmp_transport *transport = SNMP_MALLOC_TYPEDEF(netsnmp_transport);
    if (!transport)
        return NULL;
    transport->domain = domain;
    transport->domain_length = OID_LENGTH(domain);
    transport->sock = r->fd;
    transport->flags = NETSNMP_TRANSPORT_FLAG_OPENED;
    transport->data = r;
    transport->msgMaxSize = MESSAGE_MAX;
    transport->f_recv = transport_receive;
    transport->f_send = transport_send;
    transport->f_close = transport_close;
    transport->f_fmtaddr = transport_format;
    return transport;
}

/* ---- who may send ---- */

static const struct gwsnmp_sender *find_sender(const struct gwsnmp_receiving *r, struct slice user,
                                               struct slice engine, size_t *at)
{
    for (size_t i = 0; i < r->access->n_senders; i++) {
        const struct gwsnmp_sender *sender = &r->access->senders[i];
        bool fits = sender->n_engine == 0 ||
                    slice_equal(engine, slice_of((const char *)sender->engine, sender->n_engine));
        *at = i;
        if (fits && slice_equal(user, slice_from(sender->user.name)))
            return sender;
    }
    return NULL;
}

static bool is_ours(const struct gwsnmp_receiving *r, struct slice engine)
{
    return slice_equal(engine, slice_of((const char *)r->engine->id, r->engine->n_id));
}

/* The library's user of that name there is for others: the agent's and senders of informs, or a
   sink's. */
static bool is_others(const struct gwsnmp_receiving *r, const char *user, struct slice engine)
{
    return is_ours(r, engine) || gwsnmp_sinks_have(r->sinks, user, engine);
}

static struct slice claimed_engine(const struct gwsnmp_receiving *r)
{
    return slice_of((const char *)r->head.engine, r->head.n_engine);
}

static struct slice claimed_user(const struct gwsnmp_receiving *r)
{
    return slice_of((const char *)r->head.user, r->head.n_user);
}

struct claim_key {
    char bytes[2 * GWSNMP_ENGINE_ID_MAX + 1];
    size_t n;
};

static struct claim_key key_of(struct slice engine, struct slice user)
{
    struct claim_key key = {.n = 1 + engine.n + user.n};
    key.bytes[0] = (char)engine.n;
    memcpy(key.bytes + 1, engine.p, engine.n);
    if (user.n)
        memcpy(key.bytes + 1 + engine.n, user.p, user.n);
    return key;
}

static void forget_claimant(struct gwsnmp_receiving *r, struct claimant *claimant)
{
    struct slice engine = slice_of((const char *)claimant->engine, claimant->n_engine);
    struct claim_key key = key_of(engine, slice_from(claimant->row.user));
    if (!is_others(r, claimant->row.user, engine))
        gwsnmp_usm_remove_user(claimant->row.user, engine);
    map_remove(r->claimants, slice_of(key.bytes, key.n));
    free(claimant);
}

static void link_unproven(struct gwsnmp_receiving *r, struct claimant *claimant)
{
    *r->last_unproven = claimant;
    r->last_unproven = &claimant->next_unproven;
    r->n_unproven++;
}

/* Those that have proven themselves meanwhile leave the list; else the oldest makes room. */
static void make_room(struct gwsnmp_receiving *r)
{
    while (r->n_unproven >= UNPROVEN_MAX ||
           (r->n_unproven > 0 && map_count(r->claimants) >= GWSNMP_ENGINES_MAX)) {
        struct claimant *oldest = r->unproven;
        r->unproven = oldest->next_unproven;
        if (!r->unproven)
            r->last_unproven = &r->unproven;
        r->n_unproven--;
        oldest->next_unproven = NULL;
        if (!oldest->is_proven)
            forget_claimant(r, oldest);
    }
}

static struct claimant *add_claimant(struct gwsnmp_receiving *r, const struct gwsnmp_sender *sender,
                                     size_t at)
{
    struct slice engine = claimed_engine(r), user = claimed_user(r);
    make_room(r);
    if (map_count(r->claimants) >= GWSNMP_ENGINES_MAX)
        return NULL;
    if (!is_others(r, sender->user.name, engine) &&
        gwsnmp_usm_add_user(&sender->user, &r->keys[at], engine) != GW_OK)
        return NULL;
    struct claimant *claimant = gw_alloc(sizeof *claimant);
    struct gwsnmp_engine id = {.n_id = engine.n};
    *claimant = (struct claimant){.sender = sender, .n_engine = engine.n};
    memcpy(claimant->engine, engine.p, engine.n);
    memcpy(id.id, engine.p, engine.n);
    gwsnmp_engine_hex(&id, claimant->row.engine);
    memcpy(claimant->row.user, user.p, user.n);
    struct claim_key key = key_of(engine, user);
    map_put(r->claimants, slice_of(key.bytes, key.n), claimant);
    link_unproven(r, claimant);
    return claimant;
}

/* The row of who the message claims to be from; NULL: nobody that is configured. */
static struct claimant *claimant_of(struct gwsnmp_receiving *r)
{
    size_t at;
    struct slice engine = claimed_engine(r), user = claimed_user(r);
    struct claim_key key = key_of(engine, user);
    struct claimant *claimant = map_get(r->claimants, slice_of(key.bytes, key.n));
    if (claimant)
        return claimant;
    const struct gwsnmp_sender *sender = find_sender(r, user, engine, &at);
    return sender ? add_claimant(r, sender, at) : NULL;
}

bool gwsnmp_receiving_has(struct gwsnmp_receiving *r, const char *user, struct slice engine)
{
    struct claim_key key = key_of(engine, slice_from(user));
    return r && map_get(r->claimants, slice_of(key.bytes, key.n));
}

static void note(struct gwsnmp_receiving *r, const char *refusal)
{
    struct claimant *claimant = r->claimant;
    if (!claimant)
        return;
    claimant->row.refusal = refusal;
    claimant->row.last_seen_ms = clock_read(&clock_system).wall_ms;
    if (refusal)
        claimant->row.refused++;
    else
        claimant->row.received++;
    address_format_host((const struct sockaddr *)&r->head.peer, claimant->row.peer);
}

static void refuse(struct gwsnmp_receiving *r, const char *why)
{
    r->is_handled = true;
    note(r, why);
    r->to.refused(r->to.context, &r->head, why);
}

/* ---- informs ---- */

/* Who expired; and beyond most the oldest that are on disk: those are answered. */
static void forget(struct gwsnmp_receiving *r, int64_t now_ms, size_t most)
{
    uint64_t committed = r->to.committed(r->to.context);
    while (r->first && (r->first->expires_ms <= now_ms ||
                        (map_count(r->informs) > most && r->first->sequence <= committed))) {
        struct inform *inform = r->first;
        r->first = inform->next;
        if (!r->first)
            r->last = &r->first;
        map_remove(r->informs, slice_of((const char *)&inform->key, sizeof inform->key));
        free(inform);
    }
}

static void remember(struct gwsnmp_receiving *r, uint64_t key, uint64_t sequence)
{
    struct inform *inform = gw_alloc(sizeof *inform);
    *inform =
        (struct inform){.sequence = sequence, .key = key, .expires_ms = mono_ms() + REPEAT_MS};
    *r->last = inform;
    r->last = &inform->next;
    map_put(r->informs, slice_of((const char *)&inform->key, sizeof inform->key), inform);
}

static void send_answer(struct gwsnmp_receiving *r, netsnmp_pdu *pdu)
{
    if (!snmp_sess_send(r->session, pdu)) {
        snmp_free_pdu(pdu);
        log_debug("snmp", "inform not answered");
    }
}

/* Answer once the record is on disk; a repeat for which there is no room may come again. */
static void answer_after(struct gwsnmp_receiving *r, netsnmp_pdu *inform, uint64_t sequence)
{
    bool is_on_disk = r->to.committed(r->to.context) >= sequence;
    if (!is_on_disk && !gwsnmp_answers_have_room(r->answers, inform))
        return;
    netsnmp_pdu *pdu = snmp_clone_pdu(inform);
    if (!pdu)
        return; /* unanswered: the sender tries again */
    pdu->command = SNMP_MSG_RESPONSE;
    pdu->errstat = pdu->errindex = 0;
    if (is_on_disk)
        send_answer(r, pdu);
    else
        gwsnmp_answers_put(r->answers, pdu, sequence);
}

bool gwsnmp_receiving_waits(struct gwsnmp_receiving *r)
{
    return r && gwsnmp_answers_wait(r->answers);
}

void gwsnmp_receiving_committed(struct gwsnmp_receiving *r)
{
    netsnmp_pdu *pdu;
    if (!gwsnmp_receiving_waits(r))
        return;
    uint64_t committed = r->to.committed(r->to.context);
    while ((pdu = gwsnmp_answers_take(r->answers, committed)))
        send_answer(r, pdu);
}

/* ---- a notification ---- */

/* Decrypted, as a v2c message: what the journal keeps must be readable by our own reader. */
static unsigned char *as_v2c(const netsnmp_pdu *pdu, struct slice *message)
{
    netsnmp_session session;
    netsnmp_pdu *copy = snmp_pdu_create(pdu->command);
    size_t size = 2048, offset = 0;
    unsigned char *bytes = malloc(size);
    int rc = -1;
    snmp_sess_init(&session);
    session.version = SNMP_VERSION_2c;
    if (copy && bytes) {
        copy->version = SNMP_VERSION_2c;
        copy->reqid = pdu->reqid;
        copy->errstat = copy->errindex = 0;
        copy->community = netsnmp_memdup(pdu->securityName, pdu->securityNameLen);
        copy->community_len = pdu->securityNameLen;
        copy->variables = snmp_clone_varbind(pdu->variables);
        rc = snmp_build(&bytes, &size, &offset, &session, copy);
    }
    snmp_free_pdu(copy);
    if (rc != 0) {
        free(bytes);
        return NULL;
    }
    /* The library builds from the end of its buffer. */
    *message = slice_of((const char *)bytes + size - offset, offset);
    return bytes;
}

static uint64_t inform_key(const struct gwsnmp_receiving *r, struct slice message)
{
    uint64_t parts[2] = {map_hash(message),
                         map_hash(address_bytes((const struct sockaddr *)&r->head.peer))};
    return map_hash(slice_of((const char *)parts, sizeof parts));
}

static void take(struct gwsnmp_receiving *r, netsnmp_pdu *pdu, struct slice message)
{
    struct gwsnmp_received received = {
        .message = message,
        .peer = (const struct sockaddr *)&r->head.peer,
        .user = claimed_user(r),
        .engine = claimed_engine(r),
        .is_inform = pdu->command == SNMP_MSG_INFORM,
    };
    uint64_t sequence = 0, key = 0;
    r->is_handled = true;
    if (received.is_inform) {
        key = inform_key(r, message);
        int64_t now_ms = mono_ms();
        forget(r, now_ms, INFORMS_MAX);
        const struct inform *before = map_get(r->informs, slice_of((const char *)&key, sizeof key));
        if (before) {
            note(r, NULL);
            answer_after(r, pdu, before->sequence);
            return;
        }
        forget(r, now_ms, INFORMS_MAX - 1);
        if (map_count(r->informs) >= INFORMS_MAX || !gwsnmp_answers_have_room(r->answers, pdu)) {
            r->to.dropped(r->to.context, received.peer); /* all of them wait for the disk */
            return;
        }
    }
    if (r->to.take(r->to.context, &received, &sequence) != GW_OK)
        return;
    note(r, NULL);
    if (received.is_inform) {
        remember(r, key, sequence);
        answer_after(r, pdu, sequence);
    }
}

static int on_message(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
                      void *context)
{
    struct gwsnmp_receiving *r = context;
    (void)request;
    /* Not accepted by the library: its counters say why. */
    if (gwsnmp_usm_is_forged(session) || operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
        !pdu || pdu->version != SNMP_VERSION_3 || pdu->command == 0)
        return 1;
    if (pdu->command != SNMP_MSG_TRAP2 && pdu->command != SNMP_MSG_INFORM) {
        refuse(r, "no notification");
        return 1;
    }
    if (!r->claimant) {
        refuse(r, "user of the agent, but no notification-user");
        return 1;
    }
    int needed =
        r->claimant->sender->user.privacy ? SNMP_SEC_LEVEL_AUTHPRIV : SNMP_SEC_LEVEL_AUTHNOPRIV;
    if (pdu->securityLevel < needed) {
        refuse(r, "weaker protection than the user's");
        return 1;
    }
    r->claimant->is_proven = true;
    struct slice message;
    unsigned char *bytes = as_v2c(pdu, &message);
    if (bytes)
        take(r, pdu, message);
    else
        refuse(r, "cannot be read");
    free(bytes);
    return 1;
}

/* ---- a datagram ---- */

/* The library's counters say why it dropped a message; NULL: for no reason that is the sender's. */
static const char *reason_since(const u_int *before)
{
    static const struct {
        int counter;
        const char *why;
    } reasons[] = {
        {STAT_USMSTATSWRONGDIGESTS, "wrong authentication passphrase or protocol"},
        {STAT_USMSTATSDECRYPTIONERRORS, "wrong privacy passphrase or protocol"},
        {STAT_USMSTATSUNSUPPORTEDSECLEVELS, "protection that the user does not have"},
        {STAT_USMSTATSUNKNOWNUSERNAMES, "unknown user"},
        {STAT_USMSTATSNOTINTIMEWINDOWS, "outside the time window: a replay, or boots went back"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (snmp_get_statistic(reasons[i].counter) != before[reasons[i].counter])
            return reasons[i].why;
    return "cannot be decrypted or read";
}

static void read_counters(u_int *out)
{
    for (int i = STAT_USM_STATS_START; i <= STAT_USM_STATS_END; i++)
        out[i] = snmp_get_statistic(i);
}

static void process(struct gwsnmp_receiving *r)
{
    u_int before[STAT_USM_STATS_END + 1];
    bool is_discovery = r->head.n_engine == 0;
    bool is_local = !is_discovery && is_ours(r, claimed_engine(r));
    r->is_handled = false;
    r->claimant = is_discovery ? NULL : claimant_of(r);
    if (!is_discovery && !is_local && !r->claimant) {
        refuse(r, "unknown user or engine");
        return;
    }
    read_counters(before);
    netsnmp_large_fd_setfd(r->fd, &r->ready);
    snmp_sess_read2(r->session, &r->ready);
    r->n_message = 0;
    if (r->is_handled || is_discovery)
        return;
    /* The first message of a discovery's second step has no time yet: it gets a report. */
    if (is_local &&
        snmp_get_statistic(STAT_USMSTATSNOTINTIMEWINDOWS) != before[STAT_USMSTATSNOTINTIMEWINDOWS])
        return;
    refuse(r, reason_since(before));
}

static void on_pair(int fd, void *context)
{
    struct gwsnmp_receiving *r = context;
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < BUDGET; i++) {
        struct iovec parts[] = {{&r->head, sizeof r->head}, {r->message, MESSAGE_MAX}};
        struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t n = recvmsg(fd, &whole, MSG_DONTWAIT);
        if (n < (ssize_t)sizeof r->head)
            break;
        r->n_message = (size_t)n - sizeof r->head;
        process(r);
    }
    pthread_mutex_unlock(&r->lock);
}

/* ---- begin and end ---- */

/* Those of any engine may send informs, which name ours. */
static void add_local_users(struct gwsnmp_receiving *r)
{
    struct slice ours = slice_of((const char *)r->engine->id, r->engine->n_id);
    for (size_t i = 0; i < r->access->n_senders; i++) {
        const struct gwsnmp_sender *sender = &r->access->senders[i];
        size_t at;
        if (find_sender(r, slice_from(sender->user.name), ours, &at) == sender &&
            !gwsnmp_usm_has_user(sender->user.name, ours))
            gwsnmp_usm_add_user(&sender->user, &r->keys[i], ours);
    }
}

static void wipe_keys(struct gwsnmp_receiving *r)
{
    if (r->keys)
        secret_wipe(r->keys, r->n_keys * sizeof *r->keys);
    free(r->keys);
    r->keys = NULL;
}

static void forget_all(struct gwsnmp_receiving *r)
{
    map_free(r->claimants, free);
    r->claimants = map_new();
    r->unproven = NULL;
    r->last_unproven = &r->unproven;
    r->n_unproven = 0;
    r->claimant = NULL;
}

void gwsnmp_receiving_set_access(struct gwsnmp_receiving *r, const struct gwsnmp_access *access,
                                 const struct gwsnmp_user_keys *keys)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    wipe_keys(r);
    forget_all(r);
    r->access = access;
    r->n_keys = access->n_senders;
    r->keys = gw_alloc((r->n_keys + 1) * sizeof *r->keys);
    if (keys)
        memcpy(r->keys, keys, r->n_keys * sizeof *keys);
    for (size_t i = 0; !keys && i < access->n_senders; i++)
        gwsnmp_usm_make_keys(&access->senders[i].user, &r->keys[i]);
    add_local_users(r);
    pthread_mutex_unlock(&r->lock);
}

int gwsnmp_receiving_start(const struct gwsnmp_receiver *to, int fd,
                           const struct gwsnmp_access *access, const struct gwsnmp_engine *engine,
                           const struct gwsnmp_sinks *sinks, struct gwsnmp_receiving **out)
{
    netsnmp_session wanted;
    struct gwsnmp_receiving *r = gw_alloc(sizeof *r);
    r->to = *to;
    r->fd = fd;
    r->engine = engine;
    r->sinks = sinks;
    r->message = gw_alloc(MESSAGE_MAX);
    r->claimants = map_new();
    r->informs = map_new();
    r->last = &r->first;
    r->answers = gwsnmp_answers_new();
    pthread_mutex_init(&r->lock, NULL);
    netsnmp_large_fd_set_init(&r->ready, FD_SETSIZE);
    snmp_sess_init(&wanted);
    wanted.version = SNMP_DEFAULT_VERSION;
    wanted.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
    wanted.callback = on_message;
    wanted.callback_magic = r;
    netsnmp_transport *transport = transport_new(r);
    r->session = transport ? snmp_sess_add(&wanted, transport, NULL, NULL) : NULL;
    *out = r;
    if (!r->session) {
        gwsnmp_receiving_stop(r);
        *out = NULL;
        return GW_ERR_IO;
    }
    gwsnmp_receiving_set_access(r, access, NULL);
    register_readfd(fd, on_pair, r);
    return GW_OK;
}

void gwsnmp_receiving_stop(struct gwsnmp_receiving *r)
{
    if (!r)
        return;
    unregister_readfd(r->fd);
    gwsnmp_receiving_committed(r);
    gwsnmp_answers_free(r->answers);
    forget(r, INT64_MAX, 0);
    map_free(r->informs, NULL);
    if (r->session)
        snmp_sess_close(r->session);
    map_free(r->claimants, free);
    wipe_keys(r);
    netsnmp_large_fd_set_cleanup(&r->ready);
    pthread_mutex_destroy(&r->lock);
    free(r->message);
    free(r);
}

size_t gwsnmp_receiving_list(struct gwsnmp_receiving *r, struct gwsnmp_engine_row *out, size_t max)
{
    size_t n = 0, position = 0;
    void *value;
    struct slice key;
    if (!r)
        return 0;
    pthread_mutex_lock(&r->lock);
    while (n < max && map_next(r->claimants, &position, &key, &value))
        out[n++] = ((struct claimant *)value)->row;
    pthread_mutex_unlock(&r->lock);
    return n;
}
