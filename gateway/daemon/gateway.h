/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_GATEWAY_H
#define GATEWAY_DAEMON_GATEWAY_H

#include <stdbool.h>

#include "gateway/base/diag.h"

/**
 * The whole gateway in one object: its rooms started in the order of the data's way and stopped in
 * reverse. Two may live in one process, apart from what net-snmp forces (one agent a process).
 */
struct gateway;
struct ready;

struct gateway_options {
    const char *config_path; /* NULL: embedded defaults */
    const char *state_dir;   /* NULL: as the configuration says */
    const char *data_dir;    /* the folder that holds mappings/ */
    struct ready *ready;     /* the service manager, told from the main thread; NULL: none */
};

/* Everything that can be checked without running: the file, mappings, catalogue, inventory,
   watchlist. GW_OK or an error with every mistake in diag. */
int gateway_check(const struct gateway_options *options, struct diag *diag);

/* GW_OK: all rooms run. Errors in diag, everything stopped again. */
int gateway_start(const struct gateway_options *options, struct diag *diag, struct gateway **out);

/* The main thread's loop: signals, ticks, control socket. Returns when SIGTERM or SIGINT came. */
void gateway_run(struct gateway *gateway);

/* Intake first, then the readers, the journal last: nothing acknowledged is left behind. */
void gateway_stop(struct gateway *gateway);

/* What listens where, one line each, for a person. */
void gateway_print_addresses(const struct gateway *gateway);

/* The folder in use, made when missing; for the log of a daemon in the background. */
const char *gateway_state_dir(const struct gateway *gateway);

#endif
