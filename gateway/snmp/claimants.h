/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_CLAIMANTS_H
#define GATEWAY_SNMP_CLAIMANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"
#include "gateway/snmp/access.h"
#include "gateway/snmp/engine.h"
#include "gateway/snmp/receive.h"

/**
 * Who sends notifications of version 3: a row for each engine and user. A user's keys belong to an
 * engine, and senders' engines are not known before they speak. So a configured user is added for
 * an engine when a message claims both, and stays if the message proves to be authentic.
 *
 * Everything is bounded, and nobody, with a passphrase or without, can use a bound up for others:
 *   UNPROVEN_MAX   rows that never proved themselves: the oldest makes room
 *   PROVEN_MAX     rows that did: the one that was silent longest makes room. An address that has
 *                  a quarter of them makes room among its own. Whoever lost his row so gets a new
 *                  one when he speaks again.
 *   TIMES_MAX      engines whose boots and time are kept, longer than their rows. These must never
 *                  go back (RFC 3414 section 3.2, 7b), so none makes room. One address brings at
 *                  most a quarter of them; an engine that the configuration names has its place.
 * On the SNMP thread.
 */
enum {
    GWSNMP_PROVEN_MAX = 4096,
    GWSNMP_UNPROVEN_MAX = GWSNMP_ENGINES_MAX - GWSNMP_PROVEN_MAX,
    GWSNMP_TIMES_MAX = 4 * GWSNMP_PROVEN_MAX,
    GWSNMP_LAST_MAX = 16
};

struct gwsnmp_claimant {
    struct gwsnmp_engine_row row;
    const struct gwsnmp_sender *sender;
    uint64_t last[GWSNMP_LAST_MAX]; /* a ring for the caller: hashes of what came from it last */
    unsigned n_last;

    /* private */
    struct gwsnmp_claimant *older, *newer; /* in the list of proven rows, or in the other one */
    struct claimant_source *source;        /* the address that its first message came from */
    bool is_proven, is_new;                /* is_new: the engine was not known before */
    unsigned char engine[GWSNMP_ENGINE_ID_MAX];
    size_t n_engine;
};

struct gwsnmp_sinks;
struct gwsnmp_claimants;

/* ours and sinks outlive it. No sender is known before gwsnmp_claimants_set_access(). */
struct gwsnmp_claimants *gwsnmp_claimants_new(const struct gwsnmp_engine *ours,
                                              const struct gwsnmp_sinks *sinks);
/* NULL is fine. */
void gwsnmp_claimants_free(struct gwsnmp_claimants *claimants);

/* Call it after gwsnmp_usm_set_users(), which forgets the users of every engine: all rows go, boots
   and times stay. access outlives the claimants. keys: those of access->senders, copied; NULL: they
   are made here. */
struct gwsnmp_user_keys;
void gwsnmp_claimants_set_access(struct gwsnmp_claimants *claimants,
                                 const struct gwsnmp_access *access,
                                 const struct gwsnmp_user_keys *keys);

/* The row of who a message from that address (address_bytes()) claims to be from, with its keys in
   the library; valid until the next call. NULL: nobody that may send; *why, constant text. */
struct gwsnmp_claimant *gwsnmp_claimants_find(struct gwsnmp_claimants *claimants,
                                              struct slice engine, struct slice user,
                                              struct slice address, const char **why);
/* Its message was authentic, and in time. */
void gwsnmp_claimants_prove(struct gwsnmp_claimants *claimants, struct gwsnmp_claimant *claimant);

bool gwsnmp_claimants_have(const struct gwsnmp_claimants *claimants, struct slice engine,
                           struct slice user);
/* In order of arrival, at most max of them. */
size_t gwsnmp_claimants_list(const struct gwsnmp_claimants *claimants,
                             struct gwsnmp_engine_row *out, size_t max);

#endif
