/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_SETTINGS_H
#define GATEWAY_INTAKE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/tls/tls.h"

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

/* The address check of --check: every listener's address, and those of its relays, can be read. */
void intake_check(const struct intake_listener *listener, const char *element, struct diag *diag);
/* Whether a socket can be at the path of a <syslog-unix>. Its folder may come with the start. */
void intake_check_unix(const struct intake_listener *listener, struct diag *diag);
/* Whether the file of a <follow> can be followed. It may come later. */
void intake_check_follow(const struct intake_listener *listener, struct diag *diag);

#endif
