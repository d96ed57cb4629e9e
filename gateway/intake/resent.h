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
 * RESENT_WINDOW messages of each session, while it lives and behind its end, unless it was closed
 * in order. Nobody knows that a session broke before its end is read, and its last bytes may be
 * read after its peer is here again, by another thread. So for RESENT_WINDOW messages from a peer's
 * newest session on, those of each of its sessions are looked up among what came by the others: of
 * two alike the one that is taken second came before, whichever session it is of, and is so once.
 *
 * Promised, for a client that keeps RESENT_WINDOW messages unacknowledged at most: what it sends
 * again is known, however long it was away, unless sessions that broke later, whosever, pushed it
 * out. A start of the gateway recalls them from the journal's last records, whosever
 * (gateway/daemon/recall.c), and not what is older. Not told apart: a message that another session
 * of the peer had byte by byte within these bounds. Not known: one that only a larger window of its
 * client held.
 *
 * Bounded: RESENT_PLACES messages of the sessions that live, of which windows above RESENT_COMMON
 * have half; beyond, a session has its last RESENT_LEAST. RESENT_PLACES / 2 messages of
 * RESENT_BROKEN sessions that broke; the oldest of these go first. Of messages alike by many
 * sessions RESENT_ALIKE are looked at. Thread-safe; a session is its own thread's, but for what
 * others look up in it.
 */
enum {
    RESENT_WINDOW = 4096,
    RESENT_COMMON = 128, /* what RELP's libraries keep unacknowledged unless told otherwise */
    RESENT_LEAST = 32,
    RESENT_PLACES = 64 * RESENT_WINDOW,
    RESENT_BROKEN = 1024,
    RESENT_ALIKE = 64
};
struct resent;
struct resent_session;

struct resent *resent_new(void);
/* All sessions have ended. */
void resent_free(struct resent *resent);

/* 64 bits of a message as it is kept, of the sender whose it is (a relay's messages are others'),
   for this process: to forge two alike takes the process's key. */
uint64_t resent_hash(struct slice sender, struct slice message);

/* A session of peer begins. */
struct resent_session *resent_begin(struct resent *resent, struct slice peer);
/* It ends, and is no longer the caller's; has_closed: in order, with all answers sent: nothing
   comes again. */
void resent_end(struct resent_session *session, bool has_closed);
/* A message of the session is taken. Did it come before, by another one? */
bool resent_take(struct resent_session *session, uint64_t hash);
/* The last one is not taken after all, or not yet: as if it had not been. Once after each take. */
void resent_untake(struct resent_session *session);
/* A message is taken of which it is known already whether it came before. */
void resent_note(struct resent_session *session, uint64_t hash);

#endif
