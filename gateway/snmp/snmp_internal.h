/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_SNMP_INTERNAL_H
#define GATEWAY_SNMP_SNMP_INTERNAL_H

#include "gateway/snmp/access.h"
#include "gateway/snmp/engine.h"
#include "gateway/snmp/mib.h"
#include "gateway/snmp/notification.h"
#include "gateway/snmp/receive.h"
#include "gateway/snmp/session.h"

/* Between the files of this room; all of it on the SNMP thread. */

/* listen.c: serve these addresses (gwsnmp_listen_check()). GW_OK, GW_ERR_INVALID, GW_ERR_IO;
 * logged. */
int gwsnmp_listen(const char *addresses);

/* authorize.c: access decides from now on, until the end; it may change in between. */
void gwsnmp_authorize_begin(const struct gwsnmp_access *access);
void gwsnmp_authorize_end(const struct gwsnmp_access *access);
/* The peer's address, as address_bytes() gives it, out of the data that the library's transports
   keep with a request: of a pair of addresses over IPv4, a bare one over IPv6. Empty: unknown. */
struct slice gwsnmp_source(const void *transport_data, int length);
/* A hash of that address and its port; 0: unknown. */
uint64_t gwsnmp_asker(const void *transport_data, int length);
/* What the sender of a request may read; NULL: everything. */
struct snmp_pdu;
const struct gwsnmp_view *gwsnmp_authorize_view(const struct gwsnmp_access *access,
                                                const struct snmp_pdu *pdu);

/* fit.c: build functions for the library's sessions, which keep answers to a size: the msgMaxSize
   of a manager of version 3 and, by datagram, GWSNMP_DATAGRAM_MAX. An answer to GETBULK is cut
   behind the last varbind that fits; any other that is too large becomes tooBig.
   GWSNMP_DATAGRAM_MAX is what an Ethernet frame holds over IPv4: no answer is cut into fragments
   that are lost together, and whoever forges a victim's address as the sender gains little. */
enum { GWSNMP_DATAGRAM_MAX = 1472 };
struct snmp_session;
int gwsnmp_build_datagram(struct snmp_session *session, struct snmp_pdu *pdu,
                          unsigned char **packet, size_t *size, size_t *offset);
int gwsnmp_build_on_stream(struct snmp_session *session, struct snmp_pdu *pdu,
                           unsigned char **packet, size_t *size, size_t *offset);
/* A flag of ours in a PDU: the answer to a GETBULK, which may be cut at its end. */
#define GWSNMP_IS_BULK 0x40000000UL

/* subtree.c: register with the library; both must outlive the session. access has the views; NULL:
   everybody who may ask sees everything. GW_OK or GW_ERR_IO. */
int gwsnmp_subtree_register(const struct gwsnmp_subtree *subtree,
                            const struct gwsnmp_access *access);

/* varbind.c: the library's oid is an unsigned long. */
struct variable_list;
void gwsnmp_arcs_to_library(const uint32_t *v, size_t n, unsigned long *out);
void gwsnmp_value_to_library(const struct gwsnmp_value *value, struct variable_list *vb);

/* What the library counts of messages to the agent. */
enum gwsnmp_counted {
    GWSNMP_IN_PACKETS,
    GWSNMP_IN_BAD_VERSIONS,
    GWSNMP_IN_BAD_COMMUNITY_NAMES,
    GWSNMP_IN_BAD_COMMUNITY_USES,
    GWSNMP_IN_PARSE_ERRORS,
    GWSNMP_SILENT_DROPS,
    GWSNMP_UNKNOWN_CONTEXTS,
    GWSNMP_UNSUPPORTED_LEVELS, /* from here on usmStats, in the order of its numbers */
    GWSNMP_NOT_IN_TIME_WINDOWS,
    GWSNMP_UNKNOWN_USERS,
    GWSNMP_UNKNOWN_ENGINES,
    GWSNMP_WRONG_DIGESTS,
    GWSNMP_DECRYPTION_ERRORS
};

/* system.c: what an agent of its own has beside our module: the system and snmp groups (RFC 3418),
   the engine's (RFC 3411) and the counters of contexts (RFC 3413) and of the User-based Security
   Model (RFC 3414). */
enum { GWSNMP_OWN_SUBTREES = 5 };
struct gwsnmp_system {
    const char *name, *description;
    struct gwsnmp_engine engine;
    /* What the library knows of time: sysUpTime in hundredths, snmpEngineTime in seconds. */
    uint32_t (*uptime)(void);
    uint32_t (*engine_time)(void);
    uint32_t (*count)(enum gwsnmp_counted what);
};
void gwsnmp_system_subtrees(struct gwsnmp_system *system,
                            struct gwsnmp_subtree out[GWSNMP_OWN_SUBTREES]);

/* usm.c: the keys of a user's passphrases, not yet localized to an engine. Secrets: wipe them. */
struct gwsnmp_key {
    unsigned char bytes[64];
    size_t n;
};
struct gwsnmp_user_keys {
    struct gwsnmp_key auth, privacy;
};
/* Takes milliseconds. GW_OK, GW_ERR_INVALID (logged): the library lacks one of its protocols, or
   does not take a passphrase. */
int gwsnmp_usm_make_keys(const struct gwsnmp_user *user, struct gwsnmp_user_keys *out);
/* Replace all users of the local engine. GW_OK, GW_ERR_INVALID (the reason is logged; some users
   may be missing then). */
int gwsnmp_usm_set_users(const struct gwsnmp_user *users, const struct gwsnmp_user_keys *keys,
                         size_t n, const struct gwsnmp_engine *engine);
/* A user of any engine, beside those that are there. GW_OK, GW_ERR_INVALID (logged). */
int gwsnmp_usm_add_user(const struct gwsnmp_user *user, const struct gwsnmp_user_keys *keys,
                        struct slice engine);
bool gwsnmp_usm_has_user(const char *name, struct slice engine);
void gwsnmp_usm_remove_user(const char *name, struct slice engine);
/* Whether an authentic message has told boots and time of that engine. */
bool gwsnmp_usm_knows_time(struct slice engine);
/* Forgets boots and time of that engine alone, which is not ours. */
void gwsnmp_usm_forget_time(struct slice engine);

/* receiver.c: v3 notifications in. access, engine and sinks outlive it; fd stays the caller's. */
struct gwsnmp_receiving;
struct gwsnmp_sinks;
int gwsnmp_receiving_start(const struct gwsnmp_receiver *to, int fd,
                           const struct gwsnmp_access *access, const struct gwsnmp_engine *engine,
                           const struct gwsnmp_sinks *sinks, struct gwsnmp_receiving **out);
void gwsnmp_receiving_stop(struct gwsnmp_receiving *receiving);
/* Call it after gwsnmp_usm_set_users(), which forgets the users of every engine. keys: those of
   access->senders, copied; NULL: they are made here. */
void gwsnmp_receiving_set_access(struct gwsnmp_receiving *receiving,
                                 const struct gwsnmp_access *access,
                                 const struct gwsnmp_user_keys *keys);
/* Answers the informs whose records are on disk. */
void gwsnmp_receiving_committed(struct gwsnmp_receiving *receiving);
/* Whether messages of this user at this engine are received. NULL is fine. */
bool gwsnmp_receiving_has(struct gwsnmp_receiving *receiving, const char *user,
                          struct slice engine);
/* Any thread: whether an inform waits for its answer. */
bool gwsnmp_receiving_waits(struct gwsnmp_receiving *receiving);
/* Any thread. */
size_t gwsnmp_receiving_list(struct gwsnmp_receiving *receiving, struct gwsnmp_engine_row *out,
                             size_t max);

/* usm.c: what a session's callback must ask before it believes a message: the library calls it for
   one with a wrong digest too, with all that the message says in the clear. */
bool gwsnmp_usm_is_forged(const struct snmp_session *session);

/* sink_message.c: a notification kept for the sinks that have not got it yet; counted, so that
   all of them share one. */
struct gwsnmp_message;
struct gwsnmp_message *gwsnmp_message_new(const struct gwsnmp_notification *notification,
                                          uint32_t uptime);
struct gwsnmp_message *gwsnmp_message_share(struct gwsnmp_message *message);
void gwsnmp_message_put(struct gwsnmp_message *message);
uint64_t gwsnmp_message_number(const struct gwsnmp_message *message);
bool gwsnmp_message_is_syslog(const struct gwsnmp_message *message);
/* As a PDU of the library, each time with the same request id; local stands for the origin where
   the notification has none. NULL: no memory. */
struct snmp_pdu *gwsnmp_message_pdu(const struct gwsnmp_message *message, bool is_inform,
                                    const unsigned char local[4]);

/* sinks.c: all of them. engine, stats and receiving outlive them. *receiving has users at engines
   of others too (gwsnmp_receiving_has()); NULL: nothing is received now. */
struct gwsnmp_sinks;
int gwsnmp_sinks_new(const struct gwsnmp_engine *engine, struct stats *stats,
                     struct gwsnmp_receiving *const *receiving, struct gwsnmp_sinks **out);
void gwsnmp_sinks_free(struct gwsnmp_sinks *sinks);
/* All or nothing. A sink whose configuration is the same stays as it is; one that goes leaves what
   waits to a new one of its address. */
int gwsnmp_sinks_set(struct gwsnmp_sinks *sinks, const struct gwsnmp_sink *from, size_t n);
/* Whether a sink has that user at that engine: then the library's keys there are the sink's. */
bool gwsnmp_sinks_have(const struct gwsnmp_sinks *sinks, const char *user, struct slice engine);
/* Call it after gwsnmp_usm_set_users(), which forgets the sinks' users. */
void gwsnmp_sinks_add_users(struct gwsnmp_sinks *sinks);
/* To each of them. */
void gwsnmp_sinks_send(struct gwsnmp_sinks *sinks, const struct gwsnmp_notification *notification,
                       uint32_t uptime);
/* Any thread. */
size_t gwsnmp_sinks_list(struct gwsnmp_sinks *sinks, struct gwsnmp_sink_row *out, size_t max);
uint64_t gwsnmp_sinks_oldest_waiting(struct gwsnmp_sinks *sinks);

/* master.c: watches the master of a subagent, so that one that hangs holds up nobody. _new goes
   between init_agent() and init_snmp(), _free before snmp_shutdown(). _new waits at most one second
   for a name's address and one for the master's first answer. place: gwsnmp_master_check(). */
struct gwsnmp_master;
struct gwsnmp_master *gwsnmp_master_new(const char *place);
void gwsnmp_master_free(struct gwsnmp_master *master);

/* library.c: call it before anything of the library. Nobody can then name it a configuration, MIB
   texts or a state folder by the environment, which this changes. */
void gwsnmp_library_isolate(void);

/* log.c: what the library logs goes to our log. */
void gwsnmp_log_bridge(void);

#endif
