/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The master of our subagent, watched. The library waits for each answer of a master, and for its
 * socket to take a connection: one that hangs would stop this thread, for ever once the queue of
 * its socket is full. So a connection of our own asks it all the time and waits for nothing:
 *
 *   it has just answered     the library is told its address, and connects within its interval
 *   it is late               the library is told an address where connecting fails at once
 *   it is late for PATIENCE  the library's session is cut, as if the master had closed it
 *
 * A host's name is looked up beside this thread, again for each connection of ours, and the library
 * is told the address that answered.
 *
 * The question is a ping of no session, which every master answers with an error (RFC 2741, 7.1).
 * The library's own pings are taken from it.
 */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/snmp_transport.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/resolve.h"

#define NO_PLACE "unix:/dev/null/none"
enum {
    CONNECT_INTERVAL_S = 5, /* from one try of the library to the next */
    ASK_INTERVAL_S = 1,
    FIRST_ANSWER_MS = 1000, /* at the start, which waits for it; as long for a name */
    PATIENCE_MS = 5000,
    REQUEST_TIMEOUT_S = 1 /* the library's requests to a master that has just answered */
};

struct gwsnmp_master {
    char *place;
    char host[RESOLVE_HOST_MAX]; /* to be looked up; empty: address is what place says */
    unsigned port;
    struct resolve *resolve; /* under way; NULL: not */
    struct address found[RESOLVE_MAX];
    size_t n_found, next_found;
    struct address address;
    int fd; /* -1: none */
    int64_t asked_ms;
    bool is_asked;            /* and has not answered */
    bool has_answered;        /* on this connection */
    bool is_there, was_there; /* as it was logged last; was_there: it was logged at all */
    netsnmp_session *session; /* the library's; NULL: none */
    unsigned int alarm;
};

/* Version 1, ping, network byte order; no session, transaction, packet or payload. */
static const unsigned char ping[20] = {1, 13, 0x10};

/* "/path", "unix:/path", "tcp:127.0.0.1:705", "tcp6:[::1]:705", "tcp:NAME:705". */
static bool parse_place(struct gwsnmp_master *master)
{
    struct slice text = slice_from(master->place);
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct address *out = &master->address;
    if (slice_starts_with(text, SLICE("tcp:")) || slice_starts_with(text, SLICE("tcp6:"))) {
        text = slice_skip(text, text.p[3] == ':' ? 4 : 5);
        return address_parse(text, out) || resolve_split(text, master->host, &master->port);
    }
    if (slice_starts_with(text, SLICE("unix:")))
        text = slice_skip(text, 5);
    if (text.n < 1 || text.p[0] != '/' || text.n >= sizeof path.sun_path)
        return false;
    memcpy(path.sun_path, text.p, text.n);
    memcpy(&out->storage, &path, sizeof path);
    out->length = sizeof path;
    return true;
}

bool gwsnmp_master_check(const char *place)
{
    struct gwsnmp_master probe = {.place = (char *)(uintptr_t)place};
    return parse_place(&probe);
}

static void set_place(const char *place)
{
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, place);
}

/* ---- our own connection ---- */

static void disconnect(struct gwsnmp_master *master)
{
    if (master->fd >= 0)
        close(master->fd);
    master->fd = -1;
    master->is_asked = master->has_answered = false;
}

/* Takes the next address that the name was found to have; after the last it is looked up anew.
   False: none is known yet. */
static bool find_address(struct gwsnmp_master *master)
{
    const char *reason;
    if (!master->host[0])
        return true;
    if (master->next_found == master->n_found && !master->resolve)
        master->resolve = resolve_start(master->host, master->port);
    if (master->resolve && resolve_get(master->resolve, master->found, &master->n_found, &reason)) {
        resolve_end(master->resolve);
        master->resolve = NULL;
        master->next_found = 0;
    }
    if (master->next_found == master->n_found)
        return false;
    master->address = master->found[master->next_found++];
    return true;
}

/* A UNIX socket whose queue is full refuses at once (EAGAIN); TCP goes on connecting. */
static void connect_to(struct gwsnmp_master *master)
{
    if (!find_address(master))
        return;
    master->fd =
        socket(master->address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (master->fd >= 0 &&
        connect(master->fd, (const struct sockaddr *)&master->address.storage,
                master->address.length) != 0 &&
        errno != EINPROGRESS)
        disconnect(master);
}

static bool may_wait(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void take_answer(struct gwsnmp_master *master)
{
    char answer[512];
    ssize_t n = recv(master->fd, answer, sizeof answer, 0);
    if (n > 0) {
        master->is_asked = false;
        master->has_answered = true;
    } else if (n == 0 || !may_wait()) {
        disconnect(master);
    }
}

static void ask(struct gwsnmp_master *master)
{
    ssize_t n = send(master->fd, ping, sizeof ping, MSG_NOSIGNAL);
    if (n == (ssize_t)sizeof ping) {
        master->is_asked = true;
        master->asked_ms = clock_read(&clock_system).mono_ms;
    } else if (n >= 0 || !may_wait()) {
        disconnect(master);
    }
}

/* ---- the library's ---- */

static void tell_place(const struct gwsnmp_master *master)
{
    const struct sockaddr *address = (const struct sockaddr *)&master->address.storage;
    char text[ADDRESS_TEXT_MAX] = "", place[ADDRESS_TEXT_MAX + sizeof "tcp6:"];
    if (!master->host[0]) {
        set_place(master->place);
        return;
    }
    address_format(address, text);
    snprintf(place, sizeof place, "%s:%s", address->sa_family == AF_INET6 ? "tcp6" : "tcp", text);
    set_place(place);
}

static void cut(struct gwsnmp_master *master, const char *why)
{
    netsnmp_transport *transport = snmp_sess_transport(snmp_sess_pointer(master->session));
    log_warn("snmp", "the AgentX master %s: left, and joined again address=%s", why, master->place);
    if (transport)
        shutdown(transport->sock, SHUT_RDWR);
    master->session = NULL;
}

static int on_session(int major, int minor, void *server_arg, void *context)
{
    struct gwsnmp_master *master = context;
    (void)major;
    if (minor == SNMPD_CALLBACK_INDEX_START)
        master->session = server_arg;
    else
        master->session = NULL;
    return 0;
}

/* Called after the library has sent a registration and waited for its answer. It does not try again
   what was not answered in time, so we have it join the master anew. */
static int on_register(int major, int minor, void *server_arg, void *context)
{
    struct gwsnmp_master *master = context;
    (void)major;
    (void)minor;
    (void)server_arg;
    if (master->session && master->session->s_snmp_errno == SNMPERR_TIMEOUT)
        cut(master, "does not answer a registration");
    return 0;
}

/* The library's pings would wait for their answer. It keeps the number of their alarm in the
   session's securityModel, which AgentX does not use. */
static void take_pings(netsnmp_session *session)
{
    if (session->securityModel == SNMP_DEFAULT_SECMODEL)
        return;
    snmp_alarm_unregister((unsigned int)session->securityModel);
    session->securityModel = SNMP_DEFAULT_SECMODEL;
}

/* ---- once a second ---- */

static void say(struct gwsnmp_master *master, bool is_there)
{
    if (is_there && !master->is_there)
        log_notice("snmp", "the AgentX master answers address=%s", master->place);
    else if (!is_there && (master->is_there || !master->was_there))
        log_warn("snmp", "the AgentX master does not answer, tried again address=%s",
                 master->place);
    master->is_there = is_there;
    master->was_there = true;
}

static void look(struct gwsnmp_master *master)
{
    if (master->fd < 0)
        connect_to(master);
    else
        take_answer(master);
    bool is_prompt = master->has_answered && !master->is_asked;
    if (is_prompt)
        tell_place(master);
    else
        set_place(NO_PLACE);
    if (master->fd >= 0 && !master->is_asked)
        ask(master);
}

static bool is_late(const struct gwsnmp_master *master)
{
    return !master->has_answered ||
           (master->is_asked && clock_read(&clock_system).mono_ms - master->asked_ms > PATIENCE_MS);
}

static void on_alarm(unsigned int alarm, void *context)
{
    struct gwsnmp_master *master = context;
    (void)alarm;
    look(master);
    if (master->session)
        take_pings(master->session);
    if (master->session && master->fd >= 0 && master->has_answered && is_late(master))
        cut(master, "does not answer");
    say(master, !is_late(master));
}

/* ---- from start to end ---- */

/* So that a master that is there has our rows by the end of the start. */
static void wait_for_first(struct gwsnmp_master *master)
{
    look(master);
    if (master->resolve) {
        poll(&(struct pollfd){.fd = resolve_fd(master->resolve), .events = POLLIN}, 1,
             FIRST_ANSWER_MS);
        look(master);
    }
    if (master->fd >= 0)
        poll(&(struct pollfd){.fd = master->fd, .events = POLLIN}, 1, FIRST_ANSWER_MS);
    look(master);
    say(master, master->has_answered);
}

static void set_callbacks(struct gwsnmp_master *master)
{
    static const int sessions[] = {SNMPD_CALLBACK_INDEX_START, SNMPD_CALLBACK_INDEX_STOP};
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++)
        snmp_register_callback(SNMP_CALLBACK_APPLICATION, sessions[i], on_session, master);
    netsnmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_OID, on_register,
                              master, NETSNMP_CALLBACK_LOWEST_PRIORITY);
}

struct gwsnmp_master *gwsnmp_master_new(const char *place)
{
    struct gwsnmp_master *master = gw_alloc(sizeof *master);
    *master = (struct gwsnmp_master){.place = gw_strdup(place), .fd = -1};
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
                       CONNECT_INTERVAL_S);
    netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_TIMEOUT, REQUEST_TIMEOUT_S);
    netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_RETRIES, 0);
    set_callbacks(master);
    parse_place(master);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
    wait_for_first(master);
    master->alarm = snmp_alarm_register(ASK_INTERVAL_S, SA_REPEAT, on_alarm, master);
    return master;
}

void gwsnmp_master_free(struct gwsnmp_master *master)
{
    if (!master)
        return;
    snmp_alarm_unregister(master->alarm);
    snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_session,
                             master, 1);
    snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_session,
                             master, 1);
    snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_OID, on_register,
                             master, 1);
    disconnect(master);
    resolve_end(master->resolve);
    free(master->place);
    free(master);
}
