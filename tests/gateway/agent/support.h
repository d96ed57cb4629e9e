/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_AGENT_SUPPORT_H
#define TESTS_GATEWAY_AGENT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/agent/agent_internal.h"

/** What the agent's tests share: a view over a board, without the SNMP thread; a clock that stands
 * until it is moved; random numbers that are the same in each run. */
struct at_gateway {
    struct clock clock; /* first: the clock's function finds the rest */
    struct clock_reading now;
    struct agent_view view;
};
void at_open(struct at_gateway *gateway);
void at_close(struct at_gateway *gateway);
/* The view as a request of AT_ASKER sees it. */
enum { AT_ASKER = 1 };
const struct agent_view *at_pin(struct at_gateway *gateway, bool is_walk);

/* xorshift: never 0; below n. */
uint32_t at_random(uint32_t *state, uint32_t n);

/* A fresh snapshot with rows of all tables, drawn by seed: n_max rows a table at most, sorted as
   they must be. Scope keys have 1 to 64 octets of any value but NUL. */
struct snapshot *at_snapshot(uint32_t seed, size_t n_max);

/* An OID under the module's root, of the dotted text behind it. */
struct gwsnmp_oid at_oid(const char *behind_root);

#endif
