/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_RESENT_H
#define GATEWAY_INTAKE_RESENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * What a sender may send again. A RELP client whose session broke, or whose gateway died, sends
 * once more what was not acknowledged; some of it may have been taken. Kept are hashes of the last
 * messages that came by each broken session, by its peer. The first RESENT_WINDOW messages of that
 * peer's next sessions are looked up: one that is there came before, and is so once.
 *
 * Bounded: RESENT_PEERS_MAX to twice as many peers, the last that broke; for each the last
 * RESENT_KEPT hashes. Thread-safe.
 */
enum {
    RESENT_WINDOW = 128, /* what RELP's libraries keep unacknowledged unless told otherwise */
    RESENT_KEPT = 4 * RESENT_WINDOW,
    RESENT_PEERS_MAX = 512
};
struct resent;

struct resent *resent_new(void);
void resent_free(struct resent *resent);

/* 64 bits of a message as it is kept, of the sender whose it is (a relay's messages are others'),
   for this process: to forge two alike takes the process's key. */
uint64_t resent_hash(struct slice sender, struct slice message);
/* These came from peer by a session that broke, oldest first. */
void resent_keep(struct resent *resent, struct slice peer, const uint64_t *hashes, size_t n);
/* Did it come before? It is forgotten by this. */
bool resent_take(struct resent *resent, struct slice peer, uint64_t hash);

#endif
