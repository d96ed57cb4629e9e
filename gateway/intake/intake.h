/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_INTAKE_H
#define GATEWAY_INTAKE_INTAKE_H

#include "gateway/base/clock.h"
#include "gateway/base/diag.h"
#include "gateway/intake/envelope.h"
#include "gateway/intake/settings.h"
#include "gateway/journal/journal.h"
#include "gateway/snmp/receive.h"
#include "gateway/stats/stats.h"

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

#endif
