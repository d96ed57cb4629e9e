/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_RESOLVE_H
#define GATEWAY_BASE_RESOLVE_H

#include <stdbool.h>

#include "gateway/base/address.h"
#include "gateway/base/slice.h"

/**
 * "NAME:PORT" into addresses without waiting: the system's resolver blocks for as long as it likes,
 * so it is asked on a thread of its own, which outlives the question if it must. An address in
 * digits asks nobody.
 */
struct resolve;

enum { RESOLVE_MAX = 8, RESOLVE_HOST_MAX = 254 };

/* host (RESOLVE_HOST_MAX bytes) and port of "name:port", "192.0.2.1:port" or "[v6]:port"; false
   when it is none of these. */
bool resolve_split(struct slice text, char *host, unsigned *port);

/* NULL: no thread is left. */
struct resolve *resolve_start(const char *host, unsigned port);
/* Readable when there is an answer. */
int resolve_fd(const struct resolve *resolve);
/* False: not yet. else the addresses in out (RESOLVE_MAX), *n of them; with none *reason is the
   resolver's word, constant text. */
bool resolve_get(struct resolve *resolve, struct address *out, size_t *n, const char **reason);
/* NULL is fine; also while it still asks. */
void resolve_end(struct resolve *resolve);

#endif
