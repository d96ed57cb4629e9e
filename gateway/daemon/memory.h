/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_MEMORY_H
#define GATEWAY_DAEMON_MEMORY_H

/*
 * Nothing to call. Linked into a program, malloc(), calloc() and realloc() of the whole process,
 * foreign libraries included, give memory or end it by one logged abort: see gw_die_no_memory().
 */
#include "gateway/base/arena.h"

#endif
