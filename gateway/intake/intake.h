/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_INTAKE_H
#define GATEWAY_INTAKE_INTAKE_H

#include "gateway/base/clock.h"
#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/intake/envelope.h"
#include "gateway/journal/journal.h"
#include "gateway/snmp/receive.h"
#include "gateway/stats/stats.h"
#include "gateway/tls/tls.h"

/**
 * Every way in: syslog over UDP, TCP, TLS, RELP and a local socket, files that grow, SNMP
 * notifications. Bytes are framed, given an envelope and handed to the sink; what the journal
 * cannot take now is waited for (TCP, TLS, RELP, files), dropped and counted (UDP, local sockets,
 * traps of any version) or left to its sender, who repeats it (informs). Informs and messages
 * over RELP are answered after the commit that holds them. Notifications of version 3 make a detour
 * by the SNMP thread, which decrypts them.
 */
struct intake;
struct certificates;
struct resent;

/* <syslog-udp>, <syslog-tcp>, <syslog-tls>, <syslog-relp>, <syslog-unix>, <follow>,
 * <notifications>: each may stand many times. TCP below: TLS and RELP too. */
struct intake_listener {
    struct section_place place;
    const char *address;          /* of <syslog-unix> and <follow> a path */
    int64_t receive_buffer_bytes; /* SO_RCVBUF */
    int64_t max_message_bytes;
    int64_t max_connections;            /* TCP: in all for this listener */
    int64_t max_connections_per_source; /* TCP: of one address, over all listeners; 0: no bound */
    int64_t max_rate;                   /* messages a second of one sender; 0: no bound */
    int64_t idle_ms;                    /* TCP: a silent connection is closed */
    const char *community;              /* notifications: only this one is taken; NULL: any */
    int64_t window;                     /* RELP: messages of a session not yet on disk */
    const char *relays;                 /* whose word of the sender is believed; NULL: nobody's */
    bool has_proxy;                     /* TCP: each connection begins with a PROXY header */
    const char *proxies;                /* TCP: who may connect then; NULL: anybody */
    int64_t mode;                       /* Unix socket: who may send: 0 owner, 1 group, 2 all */
    struct tls_settings tls;            /* TLS; RELP: with TLS if there is a certificate */
    int64_t handshake_ms;               /* TLS: from the connection to the end of its handshake */
};
extern const struct section intake_section_syslog_udp, intake_section_syslog_tcp,
    intake_section_syslog_tls, intake_section_syslog_relp, intake_section_syslog_unix,
    intake_section_follow, intake_section_notifications;

struct intake_options {
    const struct intake_listener *const *udp,
        *const *tcp, *const *tls, *const *relp, *const *unix_, *const *follow,
                                                                   *const *notifications;
    size_t n_udp, n_tcp, n_tls, n_relp, n_unix, n_follow, n_notifications;
    const char *state_dir;                   /* positions in followed files */
    int threads;                             /* 0: one a core, at most 8 */
    const struct certificates *certificates; /* of the listeners with TLS; for the call */
    struct resent *resent;                   /* of RELP; borrowed, outlives the intake */
    struct intake_sink sink;
    struct journal *journal;
    struct stats *stats;
    const struct clock *clock;
};

/* Binds everything before any thread starts; each address that fails is in diag. */
int intake_start(const struct intake_options *options, struct diag *diag, struct intake **out);
/* Stops receiving, answers what gets on disk within 2 s, takes what was read of streams that are
 * not acknowledged, ends the threads; call while the journal still runs. */
void intake_stop(struct intake *intake);

/* New connections are shown these certificates, old ones keep theirs. Any thread. A listener that
 * has none among them keeps what it had: to end or to begin TLS takes a restart. */
void intake_reload(struct intake *intake, const struct certificates *certificates);

/**
 * Version 3: the SNMP thread takes datagrams from this socket (gateway/snmp/receive.h) and delivers
 * what was authentic to this receiver, until intake_stop() is near. -1: nothing listens.
 */
int intake_v3_socket(const struct intake *intake);
struct gwsnmp_receiver intake_v3_receiver(struct intake *intake);

/* The address check of --check: every listener's address, and those of its relays, can be read. */
void intake_check(const struct intake_listener *listener, const char *element, struct diag *diag);

#endif
