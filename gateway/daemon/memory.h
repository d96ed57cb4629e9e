/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_MEMORY_H
#define GATEWAY_DAEMON_MEMORY_H

/*
 * Linked into a program, malloc(), calloc() and realloc() of the whole process, foreign libraries
 * included, give memory or end it by one logged abort: see gw_die_no_memory().
 */
#include "gateway/base/arena.h"

/* Before there is a thread: what is large and freed goes back to the system at once. */
void memory_set_up(void);

#endif
