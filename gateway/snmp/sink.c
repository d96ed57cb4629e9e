/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A receiver of notifications: a socket, a session of the library that is not in its list, a
 * bounded queue and a state. Nothing in here waits:
 *
 *              queue has a first
 *      IDLE ───────────────────────► ASKED ── acknowledged ──► next, or IDLE
 *        │ v3 inform, engine unknown   │ timeout, report: RESTING, or given up and next
 *        └───────────────────────────► DISCOVERING ── answered ──► ASKED
 *      PAUSED: something failed at once; that is told when its timeout is over.
 *      RESTING: until the next attempt, for longer each time.
 *
 * Attempts are ours, not the library's, which looks at its timeouts only when there is nothing to
 * read. Each is a request without retries; the one repeat that the library itself makes by version
 * 3, after a Report about the time window, belongs to the attempt.
 */
#include "gateway/snmp/sink_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/library/snmp_transport.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/snmp/discovery.h"
#include "gateway/snmp/guard.h"

enum {
    GRACE_MS = 5,   /* the library's own timeout may come this much after ours */
    FAILING_AT = 2, /* attempts of one inform in vain, until the log tells of it */
    /* Longest interval between two attempts, unless the timeout is longer: how late a receiver that
       is back is told at most, and how often one that is away for days gets a datagram. */
    INTERVAL_MS = 30000,
    /* Error responses to one inform: the receiver has it and does not want it, and those behind it
       must not wait for ever. */
    ERRORS_MAX = 8,
    LOG_MS = 10000
};

static int64_t mono_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

/* ---- addresses ---- */

/* Numeric, with a port that is not 0. */
static bool parse_address(const char *text, struct address *out)
{
    if (!address_parse(slice_from(text), out))
        return false;
    /* The port stands at the same place in both families. */
    return ((const struct sockaddr_in *)&out->storage)->sin_port != 0;
}

bool gwsnmp_sink_check(const char *address, struct buf *error)
{
    struct address ignored;
    if (parse_address(address, &ignored))
        return true;
    buf_printf(error, "'%s' is no address of a sink; write 192.0.2.1:162 or [2001:db8::1]:162",
               address);
    return false;
}

/* A datagram socket to the sink; its connect() sends nothing. */
static int connected_socket(const struct address *to)
{
    int fd = socket(to->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to->storage, to->length) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Which of our addresses the kernel sends from, now: it may change. Zero: none of IPv4. */
static void find_local(const struct sink *sink, unsigned char local[4])
{
    struct sockaddr_in own = {.sin_family = AF_UNSPEC};
    socklen_t n_own = sizeof own;
    bool is_connected = sink->config.kind == GWSNMP_SINK_INFORM;
    int fd = is_connected ? sink->session_fd : connected_socket(&sink->address);
    memset(local, 0, 4);
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&own, &n_own) == 0 &&
        own.sin_family == AF_INET)
        memcpy(local, &own.sin_addr, 4);
    if (fd >= 0 && !is_connected)
        close(fd);
}

/* ---- what is told of a sink ---- */

static void note_fine(struct sink *sink)
{
    if (sink->is_failing)
        log_notice("snmp", "sink takes notifications again address=%s waiting=%zu",
                   sink->row.address, sink->row.waiting);
    sink->is_failing = false;
    sink->row.trouble = NULL;
}

static void note_trouble(struct sink *sink, const char *trouble, bool is_failing)
{
    sink->row.trouble = trouble;
    if (is_failing && !sink->is_failing) {
        log_warn("snmp", "sink does not get notifications address=%s reason=\"%s\" waiting=%zu",
                 sink->row.address, trouble, sink->row.waiting);
        sink->is_failing = true;
    }
}

static void count(uint64_t *own, stats_counter *all)
{
    (*own)++;
    stats_add(all, 1);
}

/* ---- the queue ---- */

static void remove_at(struct sink *sink, struct sink_waiting **at)
{
    struct sink_waiting *gone = *at;
    *at = gone->next;
    if (!*at)
        sink->last = at;
    sink->messages -= gwsnmp_message_is_syslog(gone->message);
    gwsnmp_message_put(gone->message);
    free(gone);
    sink->row.waiting--;
}

static void remove_first(struct sink *sink)
{
    remove_at(sink, &sink->first);
    sink->attempts = sink->errors = 0;
}

/* The one that makes room: the oldest syslog message or, without one, the oldest. Never the one
   under way: its answer would be taken for the next one's. */
static struct sink_waiting **least(struct sink *sink)
{
    struct sink_waiting **oldest = sink->state == ASKED ? &sink->first->next : &sink->first;
    for (struct sink_waiting **at = oldest; sink->messages && *at; at = &(*at)->next)
        if (gwsnmp_message_is_syslog((*at)->message))
            return at;
    return oldest;
}

/* False: the new one is dropped instead, a syslog message where alerts alone wait. */
static bool make_room(struct sink *sink, bool is_syslog)
{
    struct sink_waiting **at = least(sink);
    bool is_new = is_syslog && !gwsnmp_message_is_syslog((*at)->message);
    bool was_sent = !is_new && (*at)->was_sent;
    unsigned long held;
    if (at == &sink->first && !is_new)
        remove_first(sink);
    else if (!is_new)
        remove_at(sink, at);
    if (was_sent)
        count(&sink->row.failed, &sink->all->stats->notifications_failed);
    else
        count(&sink->row.dropped, &sink->all->stats->notifications_dropped);
    if (log_allowed(&sink->drop_log, LOG_MS, &held))
        log_error("snmp", "notifications for a sink dropped: too many wait address=%s dropped=%llu",
                  sink->row.address, (unsigned long long)sink->row.dropped);
    return !is_new;
}

static void add_last(struct sink *sink, struct gwsnmp_message *message, bool was_sent)
{
    bool is_syslog = gwsnmp_message_is_syslog(message);
    if ((sink->row.waiting == GWSNMP_SINK_WAITING_MAX ||
         (is_syslog && sink->messages == GWSNMP_SINK_MESSAGES_MAX)) &&
        !make_room(sink, is_syslog))
        return;
    struct sink_waiting *waiting = gw_alloc(sizeof *waiting);
    waiting->message = gwsnmp_message_share(message);
    waiting->was_sent = was_sent;
    *sink->last = waiting;
    sink->last = &waiting->next;
    sink->row.waiting++;
    sink->messages += is_syslog;
}

/* ---- the library's session ---- */

static const char *report_text(int report)
{
    switch (report) {
    case SNMPERR_UNKNOWN_ENG_ID:
        return "it does not know its engine id: another one is there";
    case SNMPERR_UNKNOWN_USER_NAME:
        return "it does not know this user";
    case SNMPERR_AUTHENTICATION_FAILURE:
        return "wrong authentication passphrase or protocol";
    case SNMPERR_UNSUPPORTED_SEC_LEVEL:
        return "it has not this protection for this user";
    case SNMPERR_DECRYPTION_ERR:
        return "wrong privacy passphrase or protocol";
    case SNMPERR_NOT_IN_TIME_WINDOW:
        return "its time went back";
    default:
        return "it answers with an error";
    }
}

/* Only notes the outcome, for settle(): the library is in the middle of its own lists here. */
static int on_answer(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
                     void *context)
{
    struct sink *sink = context;
    (void)request;
    if (operation == NETSNMP_CALLBACK_OP_TIMED_OUT) {
        sink->outcome = SILENT;
    } else if (gwsnmp_usm_is_forged(session)) {
        return 1; /* as if it had not come */
    } else if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu) {
        bool is_response = pdu->command == SNMP_MSG_RESPONSE && pdu->errstat == 0;
        sink->outcome = is_response ? ACKNOWLEDGED : REFUSED;
        sink->report = pdu->command == SNMP_MSG_REPORT ? snmpv3_get_report_type(pdu) : 0;
        sink->errors += pdu->command == SNMP_MSG_RESPONSE && !is_response;
    }
    return 1;
}

static netsnmp_transport *open_transport(const struct sink *sink)
{
    char peer[ADDRESS_TEXT_MAX + 8];
    bool is_v6 = sink->address.storage.ss_family == AF_INET6;
    snprintf(peer, sizeof peer, "%s:%s", is_v6 ? "udp6" : "udp", sink->row.address);
    netsnmp_transport *transport = netsnmp_transport_open_client("snmptrap", peer);
    if (!transport)
        return NULL;
    /* Behind the guard; for informs connected too, so that nobody else can answer in its name. */
    if (gwsnmp_guard_client(transport) == GW_OK &&
        (sink->config.kind == GWSNMP_SINK_TRAP ||
         connect(transport->sock, (const struct sockaddr *)&sink->address.storage,
                 sink->address.length) == 0))
        return transport;
    transport->f_close(transport);
    netsnmp_transport_free(transport);
    return NULL;
}

static void close_session(struct sink *sink)
{
    if (!sink->session)
        return;
    epoll_ctl(sink->all->epoll_fd, EPOLL_CTL_DEL, sink->session_fd, NULL);
    snmp_sess_close(sink->session);
    sink->session = NULL;
    sink->outcome = NONE; /* closing has called on_answer() with a timeout */
}

bool gwsnmp_sink_add_user(struct sink *sink)
{
    struct slice engine = slice_of((const char *)sink->engine.id, sink->engine.n_id);
    /* At our engine it is the agent's user too, and stays. At another engine a user of that name
       may stem from a sender's claim (claimants.h), so the sink's is put in its place. */
    bool is_ours = sink->config.kind == GWSNMP_SINK_TRAP;
    return sink->config.version != GWSNMP_SINK_V3 || !sink->engine.n_id ||
           (is_ours && gwsnmp_usm_has_user(sink->config.user.name, engine)) ||
           gwsnmp_usm_add_user(&sink->config.user, &sink->keys, engine) == GW_OK;
}

static void describe_session(struct sink *sink, netsnmp_session *wanted)
{
    const struct gwsnmp_sink *config = &sink->config;
    snmp_sess_init(wanted);
    wanted->timeout = config->timeout_ms * 1000;
    wanted->retries = 0;
    wanted->callback = on_answer;
    wanted->callback_magic = sink;
    if (config->version == GWSNMP_SINK_V2C) {
        wanted->version = SNMP_VERSION_2c;
        wanted->community = (u_char *)(uintptr_t)config->community;
        wanted->community_len = strlen(config->community);
        return;
    }
    wanted->version = SNMP_VERSION_3;
    wanted->securityName = (char *)(uintptr_t)config->user.name;
    wanted->securityNameLen = strlen(config->user.name);
    wanted->securityLevel =
        config->user.privacy ? SNMP_SEC_LEVEL_AUTHPRIV : SNMP_SEC_LEVEL_AUTHNOPRIV;
    wanted->securityEngineID = sink->engine.id;
    wanted->securityEngineIDLen = sink->engine.n_id;
    /* A trap carries our own time; the library looks it up among the times of other engines. */
    if (config->kind == GWSNMP_SINK_TRAP)
        set_enginetime(sink->engine.id, (u_int)sink->engine.n_id,
                       (u_int)snmpv3_local_snmpEngineBoots(), (u_int)snmpv3_local_snmpEngineTime(),
                       TRUE);
}

/* Only once the engine is known: the library would wait for its discovery. */
static bool open_session(struct sink *sink)
{
    netsnmp_session wanted;
    netsnmp_transport *transport = gwsnmp_sink_add_user(sink) ? open_transport(sink) : NULL;
    if (!transport)
        return false;
    sink->session_fd = transport->sock;
    describe_session(sink, &wanted);
    sink->session = snmp_sess_add(&wanted, transport, NULL, NULL); /* frees it on failure */
    if (!sink->session)
        return false;
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = &sink->session_watch}};
    if (epoll_ctl(sink->all->epoll_fd, EPOLL_CTL_ADD, sink->session_fd, &event) == 0)
        return true;
    close_session(sink);
    return false;
}

/* Twice: a socket tells of an earlier datagram's refusal (ICMP) at the next send, which then failed
   for nothing. */
static bool put_on_wire(struct sink *sink, bool is_inform)
{
    unsigned char local[4];
    find_local(sink, local);
    netsnmp_pdu *pdu = gwsnmp_message_pdu(sink->first->message, is_inform, local);
    bool is_sent = false;
    for (int i = 0; pdu && !is_sent && i < 2; i++)
        is_sent = is_inform ? snmp_sess_async_send(sink->session, pdu, on_answer, sink) != 0
                            : snmp_sess_send(sink->session, pdu) != 0;
    if (pdu && !is_sent)
        snmp_free_pdu(pdu);
    return is_sent;
}

/* ---- whose engine ---- */

static void close_discovery(struct sink *sink)
{
    if (sink->discovery_fd >= 0)
        close(sink->discovery_fd); /* epoll forgets it with that */
    sink->discovery_fd = -1;
}

static void set_engine(struct sink *sink, const struct gwsnmp_engine *engine)
{
    sink->engine = *engine;
    if (sink->config.kind == GWSNMP_SINK_INFORM)
        gwsnmp_engine_hex(engine, sink->row.engine);
}

/* Another engine is there, or the same one lost its boots: its time, and unless it is configured
   its id, are asked for again. */
static void forget_engine(struct sink *sink)
{
    struct slice engine = slice_of((const char *)sink->engine.id, sink->engine.n_id);
    if (!engine.n)
        return;
    gwsnmp_usm_forget_time(engine);
    if (sink->config.n_engine)
        return;
    close_session(sink);
    if (!gwsnmp_receiving_has(*sink->all->receiving, sink->config.user.name, engine))
        gwsnmp_usm_remove_user(sink->config.user.name, engine);
    sink->engine.n_id = 0;
    sink->row.engine[0] = '\0';
}

static bool ask_engine(struct sink *sink)
{
    unsigned char question[GWSNMP_DISCOVERY_SIZE];
    close_discovery(sink);
    sink->discovery_fd = connected_socket(&sink->address);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = &sink->discovery_watch}};
    if (sink->discovery_fd < 0 ||
        epoll_ctl(sink->all->epoll_fd, EPOLL_CTL_ADD, sink->discovery_fd, &event) != 0 ||
        getrandom(&sink->discovery_id, sizeof sink->discovery_id, GRND_NONBLOCK) !=
            (ssize_t)sizeof sink->discovery_id)
        return false;
    sink->discovery_id = (sink->discovery_id & 0x3fffffff) | 0x40000000;
    gwsnmp_discovery_make(sink->discovery_id, question);
    return send(sink->discovery_fd, question, sizeof question, MSG_NOSIGNAL) ==
           (ssize_t)sizeof question;
}

/* ---- one notification after the other ---- */

static void send_trap(struct sink *sink)
{
    bool is_sent = (sink->session || open_session(sink)) && gwsnmp_sink_add_user(sink) &&
                   put_on_wire(sink, false);
    if (is_sent) {
        count(&sink->row.sent, &sink->all->stats->notifications_sent);
        note_fine(sink);
    } else {
        count(&sink->row.failed, &sink->all->stats->notifications_failed);
        note_trouble(sink, "cannot be sent", true);
    }
    remove_first(sink);
}

/* Begin an attempt to send the first that waits, or to find the engine that it is for. */
static void attempt(struct sink *sink)
{
    bool is_known = sink->config.version == GWSNMP_SINK_V2C || sink->engine.n_id;
    sink->deadline_ms = mono_ms() + sink->config.timeout_ms + GRACE_MS;
    sink->outcome = NONE;
    sink->state = PAUSED;
    if (!is_known) {
        if (ask_engine(sink))
            sink->state = DISCOVERING;
        return;
    }
    if (!(sink->session || open_session(sink)) || !gwsnmp_sink_add_user(sink))
        return;
    if (!put_on_wire(sink, true)) {
        close_session(sink); /* its socket keeps the address that we had when it was connected */
        return;
    }
    sink->state = ASKED;
    if (sink->first->was_sent)
        count(&sink->row.resent, &sink->all->stats->notifications_resent);
    else
        count(&sink->row.sent, &sink->all->stats->notifications_sent);
    sink->first->was_sent = true;
}

static void pump(struct sink *sink)
{
    while (sink->state == IDLE && sink->first) {
        if (sink->config.kind == GWSNMP_SINK_TRAP)
            send_trap(sink);
        else
            attempt(sink);
    }
}

void gwsnmp_sink_push(struct sink *sink, struct gwsnmp_message *message)
{
    add_last(sink, message, false);
    pump(sink);
}

bool gwsnmp_sink_wants(const struct sink *sink, bool is_syslog)
{
    enum gwsnmp_sink_topic topic = sink->config.topic;
    return topic == GWSNMP_SINK_ALL || (topic == GWSNMP_SINK_MESSAGES) == is_syslog;
}

void gwsnmp_sink_inherit(struct sink *sink, struct sink *from)
{
    for (struct sink_waiting **at = &from->first; *at;) {
        if (gwsnmp_sink_wants(sink, gwsnmp_message_is_syslog((*at)->message))) {
            add_last(sink, (*at)->message, (*at)->was_sent);
            remove_at(from, at);
        } else {
            at = &(*at)->next;
        }
    }
    /* Not at once: the old sink's user is still there, with its old keys. */
    sink->state = RESTING;
    sink->deadline_ms = mono_ms();
}

static bool is_given_up(const struct sink *sink)
{
    return sink->config.retries ? sink->attempts > sink->config.retries
                                : sink->errors >= ERRORS_MAX;
}

/* The interval from attempt to attempt doubles; one timeout of it has passed already. */
static void rest(struct sink *sink)
{
    int64_t timeout_ms = sink->config.timeout_ms, interval_ms = timeout_ms;
    for (int i = 1; i < sink->attempts && interval_ms < INTERVAL_MS; i++)
        interval_ms = 2 * interval_ms < INTERVAL_MS ? 2 * interval_ms : INTERVAL_MS;
    sink->state = RESTING;
    sink->deadline_ms = mono_ms() + interval_ms - timeout_ms;
}

/* One more attempt to send the first that waits was in vain. */
static void fail(struct sink *sink, const char *trouble)
{
    sink->attempts++;
    bool is_over = is_given_up(sink);
    bool is_failing = is_over || sink->attempts >= FAILING_AT;
    close_discovery(sink);
    note_trouble(sink, trouble, is_failing);
    /* Perhaps another engine is there, or it lost its boots: its Reports could not be read. */
    if (is_failing)
        forget_engine(sink);
    rest(sink);
    if (is_over) {
        count(&sink->row.failed, &sink->all->stats->notifications_failed);
        remove_first(sink);
        sink->state = IDLE;
        pump(sink);
    }
}

static void settle(struct sink *sink)
{
    enum sink_outcome outcome = sink->outcome;
    sink->outcome = NONE;
    if (sink->state != ASKED)
        return;
    switch (outcome) {
    case NONE:
        break;
    case ACKNOWLEDGED:
        count(&sink->row.acknowledged, &sink->all->stats->notifications_acknowledged);
        remove_first(sink);
        note_fine(sink);
        sink->state = IDLE;
        pump(sink);
        break;
    case REFUSED: /* perhaps by somebody who forges the receiver: tried again after the timeout */
        note_trouble(sink, report_text(sink->report), false);
        sink->state = PAUSED;
        if (sink->report == SNMPERR_UNKNOWN_ENG_ID || sink->report == SNMPERR_NOT_IN_TIME_WINDOW)
            forget_engine(sink);
        break;
    case SILENT:
        fail(sink, "no answer");
        break;
    }
}

void gwsnmp_sink_on_due(struct sink *sink)
{
    switch (sink->state) {
    case IDLE:
        break;
    case RESTING:
        sink->state = IDLE;
        pump(sink);
        break;
    case DISCOVERING:
        fail(sink, "no answer to the question for its engine id");
        break;
    case PAUSED:
        fail(sink, sink->row.trouble ? sink->row.trouble : "cannot be sent");
        break;
    case ASKED:
        sink->deadline_ms =
            mono_ms() + GRACE_MS; /* in case the library's timeout is not over yet */
        snmp_sess_timeout(sink->session);
        settle(sink);
        break;
    }
}

/* ---- events ---- */

void gwsnmp_sink_on_discovery(struct sink *sink)
{
    char answer[2048];
    struct gwsnmp_engine engine;
    ssize_t n;
    while (sink->discovery_fd >= 0 &&
           (n = recv(sink->discovery_fd, answer, sizeof answer, MSG_DONTWAIT)) >= 0) {
        if (sink->state != DISCOVERING ||
            !gwsnmp_discovery_read(slice_of(answer, (size_t)n), sink->discovery_id, &engine))
            continue;
        close_discovery(sink);
        set_engine(sink, &engine);
        sink->state = IDLE;
        pump(sink);
    }
}

void gwsnmp_sink_on_session(struct sink *sink)
{
    if (!sink->session)
        return;
    netsnmp_large_fd_set ready;
    netsnmp_large_fd_set_init(&ready, FD_SETSIZE);
    netsnmp_large_fd_setfd(sink->session_fd, &ready);
    snmp_sess_read2(sink->session, &ready);
    netsnmp_large_fd_set_cleanup(&ready);
    settle(sink);
}

/* ---- begin and end ---- */

void gwsnmp_sink_free(struct sink *sink)
{
    if (!sink)
        return;
    while (sink->first)
        remove_first(sink);
    close_discovery(sink);
    close_session(sink);
    secret_wipe(&sink->keys, sizeof sink->keys);
    arena_fini(&sink->arena);
    free(sink);
}

static void keep_config(struct sink *sink, const struct gwsnmp_sink *from)
{
    arena_init(&sink->arena, 0);
    sink->config = *from;
    sink->config.address = arena_text(&sink->arena, slice_from(from->address));
    if (from->community)
        sink->config.community = arena_text(&sink->arena, slice_from(from->community));
    sink->config.user = gwsnmp_user_dup(&sink->arena, &from->user);
    snprintf(sink->row.address, sizeof sink->row.address, "%s", from->address);
    sink->row.version = from->version;
    sink->row.kind = from->kind;
    sink->row.topic = from->topic;
}

int gwsnmp_sink_new(struct gwsnmp_sinks *all, const struct gwsnmp_sink *from, struct sink **out)
{
    struct sink *sink = gw_alloc(sizeof *sink);
    sink->all = all;
    sink->discovery_fd = -1;
    sink->last = &sink->first;
    sink->session_watch = (struct sink_watch){sink, false};
    sink->discovery_watch = (struct sink_watch){sink, true};
    keep_config(sink, from);
    int error = parse_address(from->address, &sink->address) ? GW_OK : GW_ERR_INVALID;
    if (!error && from->version == GWSNMP_SINK_V3)
        error = gwsnmp_usm_make_keys(&from->user, &sink->keys);
    if (error) {
        gwsnmp_sink_free(sink);
        return error;
    }
    struct gwsnmp_engine engine = {.n_id = from->n_engine};
    memcpy(engine.id, from->engine, from->n_engine);
    if (from->version == GWSNMP_SINK_V3)
        set_engine(sink, from->kind == GWSNMP_SINK_TRAP ? all->engine : &engine);
    *out = sink;
    return GW_OK;
}
