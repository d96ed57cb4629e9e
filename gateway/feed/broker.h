/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_BROKER_H
#define GATEWAY_FEED_BROKER_H

#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"
#include "gateway/feed/settings.h"

/**
 * What the drivers have in common whose protocol is spoken by a foreign library: several servers in
 * address, TLS by files that the library reads, user and password. Any thread.
 */

/* Takes the next server off *list ("kafka-1:9092, kafka-2:9092"); false: none is left. */
bool feed_broker_next(struct slice *list, struct slice *server);

/* What can be told to be wrong of these without connecting: address, TLS, user, files of secrets.
   The library's own rules of a certificate's names apply, so peers is refused. */
bool feed_broker_check(const struct feed_section *section, struct diag *diag);

/* The first line of a file of a secret, wiped by the caller; NULL, and error says why. Read anew
   for each connection, so that a new password needs no reload. */
char *feed_broker_secret(const char *path, struct arena *arena, struct buf *error);

#endif
