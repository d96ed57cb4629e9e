/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SNMPv3 notifications through the library, one datagram at a time: what came over the pair is put
 * in front of a transport of our own, the library reads it there and calls back when it was
 * authentic. The session is not in the library's list, so that its loop never waits for it.
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
#include "gateway/snmp/answers.h"
#include "gateway/snmp/claimants.h"
#include "gateway/snmp/guard.h"
#include "gateway/snmp/snmp_internal.h"

enum {
    MESSAGE_MAX = 65507,
    BUDGET = 32, /* datagrams a turn: requests to the agent come first */
    STOP_TURNS = 512,
    REPEAT_MS = 150 * 1000, /* an inform's repeat within is answered and not taken again */
    INFORMS_MAX = 20000,
    SEEN_MAX = 1 << 14
};

/* The library wants each transport to have a domain: zeroDotZero, none that it knows. */
static const oid domain[] = {0, 0};

/* An inform that was taken, remembered so that its repeats are answered but not taken again. */
struct inform {
    struct inform *next; /* in order of expiry, which is that of receipt */
    uint64_t sequence;
    int64_t expires_ms; /* monotonic */
    uint64_t key;
};

struct gwsnmp_receiving {
    struct gwsnmp_receiver to;
    const struct gwsnmp_engine *engine; /* ours */
    int fd;
    void *session;
    netsnmp_large_fd_set ready;

    pthread_mutex_t lock; /* of the rows, for gwsnmp_receiving_list() */
    struct gwsnmp_claimants *claimants;

    struct map *informs; /* by key */
    struct inform *first, **last;
    struct gwsnmp_answers *answers;
    uint64_t seen[SEEN_MAX]; /* hashes of messages that were taken, each at its value % SEEN_MAX */

    /* The datagram at hand. */
    struct gwsnmp_pair_head head;
    unsigned char *message;
    size_t n_message;
    uint64_t hash; /* of it */
    struct gwsnmp_claimant *claimant;
    bool is_handled; /* taken, refused or put off: the callback came */
};

static int64_t mono_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

/* ---- the library's transport ---- */

/* The library keeps a copy with each PDU, and gives it back with the answer. */
struct origin {
    struct gwsnmp_pair_head head;
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
    *origin = (struct origin){r->head, r->n_message};
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
    struct slice source = address_bytes((const struct sockaddr *)&origin->head.peer);
    if (!gwsnmp_guard_may_answer(source, origin->n_request, slice_of(buffer, (size_t)size)))
        return size;
    struct iovec parts[] = {{(void *)(uintptr_t)&origin->head, sizeof origin->head},
                            {(void *)(uintptr_t)buffer, (size_t)size}};
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
        address_format((const struct sockaddr *)&((const struct origin *)data)->head.peer, text);
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

static bool is_ours(const struct gwsnmp_receiving *r, struct slice engine)
{
    return slice_equal(engine, slice_of((const char *)r->engine->id, r->engine->n_id));
}

static struct slice claimed_engine(const struct gwsnmp_receiving *r)
{
    return slice_of((const char *)r->head.engine, r->head.n_engine);
}

static struct slice claimed_user(const struct gwsnmp_receiving *r)
{
    return slice_of((const char *)r->head.user, r->head.n_user);
}

bool gwsnmp_receiving_has(struct gwsnmp_receiving *r, const char *user, struct slice engine)
{
    return r && gwsnmp_claimants_have(r->claimants, engine, slice_from(user));
}

static void note(struct gwsnmp_receiving *r, const char *refusal)
{
    struct gwsnmp_claimant *claimant = r->claimant;
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

/* Those that expired go and, beyond `most`, the oldest whose records are on disk: they have been
   answered. */
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

/* Answer once the record is on disk. Without room to wait it gets none, and comes again. */
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
    if (is_on_disk) {
        send_answer(r, pdu);
        return;
    }
    gwsnmp_answers_put(r->answers, pdu, sequence);
    gwsnmp_receiving_committed(r); /* whose commit came meanwhile was told that none waits */
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

/* ---- replays ---- */

/* A recorded message that somebody sends again is authentic, and in time for 150 s; from an engine
   that says little, for hours, until something newer came from it (RFC 3414 section 3.2, 7b). A
   sender makes no trap twice: time, ids or salt differ, and a trap is not repeated. So what was
   taken is known by its hash: the last GWSNMP_LAST_MAX of each sender, and of all together most of
   the last SEEN_MAX. Informs are repeated, and told apart by their content (inform_key()). */
static bool is_replay(const struct gwsnmp_receiving *r)
{
    bool is_known = r->seen[r->hash % SEEN_MAX] == r->hash;
    for (size_t i = 0; i < GWSNMP_LAST_MAX; i++)
        is_known |= r->claimant->last[i] == r->hash;
    return is_known;
}

static void note_taken(struct gwsnmp_receiving *r)
{
    r->seen[r->hash % SEEN_MAX] = r->hash;
    r->claimant->last[r->claimant->n_last++ % GWSNMP_LAST_MAX] = r->hash;
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
    } else if (is_replay(r)) {
        refuse(r, "a replay: this very message was taken before");
        return;
    }
    if (r->to.take(r->to.context, &received, &sequence) != GW_OK)
        return;
    note(r, NULL);
    if (received.is_inform) {
        remember(r, key, sequence);
        answer_after(r, pdu, sequence);
    } else {
        note_taken(r);
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
    gwsnmp_claimants_prove(r->claimants, r->claimant);
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

/* Why the library dropped a message, by the counter that has moved. */
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
    const char *why = "";
    r->is_handled = false;
    r->claimant =
        is_discovery
            ? NULL
            : gwsnmp_claimants_find(r->claimants, claimed_engine(r), claimed_user(r),
                                    address_bytes((const struct sockaddr *)&r->head.peer), &why);
    if (!is_discovery && !is_local && !r->claimant) {
        refuse(r, why);
        return;
    }
    read_counters(before);
    r->hash = map_hash(slice_of((const char *)r->message, r->n_message));
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

/* False: no more is there. */
static bool read_pair(struct gwsnmp_receiving *r)
{
    int i = 0;
    pthread_mutex_lock(&r->lock);
    for (; i < BUDGET; i++) {
        struct iovec parts[] = {{&r->head, sizeof r->head}, {r->message, MESSAGE_MAX}};
        struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t n = recvmsg(r->fd, &whole, MSG_DONTWAIT);
        if (n < (ssize_t)sizeof r->head)
            break;
        r->n_message = (size_t)n - sizeof r->head;
        process(r);
    }
    pthread_mutex_unlock(&r->lock);
    return i == BUDGET;
}

static void on_pair(int fd, void *context)
{
    (void)fd;
    read_pair(context);
}

/* ---- begin and end ---- */

void gwsnmp_receiving_set_access(struct gwsnmp_receiving *r, const struct gwsnmp_access *access,
                                 const struct gwsnmp_user_keys *keys)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->claimant = NULL;
    gwsnmp_claimants_set_access(r->claimants, access, keys);
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
    r->message = gw_alloc(MESSAGE_MAX);
    r->claimants = gwsnmp_claimants_new(engine, sinks);
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
    /* What waits was read from its socket: nobody else will take it. */
    for (int turn = 0; r->session && turn < STOP_TURNS && read_pair(r); turn++)
        ;
    gwsnmp_receiving_committed(r);
    gwsnmp_answers_free(r->answers);
    forget(r, INT64_MAX, 0);
    map_free(r->informs, NULL);
    if (r->session)
        snmp_sess_close(r->session);
    gwsnmp_claimants_free(r->claimants);
    netsnmp_large_fd_set_cleanup(&r->ready);
    pthread_mutex_destroy(&r->lock);
    free(r->message);
    free(r);
}

size_t gwsnmp_receiving_list(struct gwsnmp_receiving *r, struct gwsnmp_engine_row *out, size_t max)
{
    if (!r)
        return 0;
    pthread_mutex_lock(&r->lock);
    size_t n = gwsnmp_claimants_list(r->claimants, out, max);
    pthread_mutex_unlock(&r->lock);
    return n;
}
