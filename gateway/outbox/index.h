/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_INDEX_H
#define GATEWAY_OUTBOX_INDEX_H

#include <stdint.h>

#include "gateway/journal/journal.h"

/**
 * Where in the journal the changes of alerts are: a thread that reads all of it once, for all
 * targets, which then look at those few records alone. Bounded: beyond INDEX_MAX that no target has
 * passed it waits. Any thread may ask.
 */
struct index;

enum { INDEX_MAX = 262144 };

/**
 * Of what comes after `from`. least: how far all targets are, so that what is before it can go; on
 * the index's thread. NULL, logged: no thread or no reader is left.
 */
struct index *index_start(struct journal *journal, uint64_t from, uint64_t (*least)(void *context),
                          void *context);
void index_stop(struct index *index); /* NULL is fine */

/* The first change after `after`; 0: none yet, and *scanned is how far all was looked at. */
uint64_t index_next(struct index *index, uint64_t after, uint64_t *scanned);

/* Since when, by the wall clock, the disk does not give the next record; 0: it does. */
int64_t index_unread_ms(const struct index *index);

/* Blocks until index_wake(), a change found, or timeout_ms. *seen: of the call before; 0 at first.
 */
void index_wait(struct index *index, uint64_t *seen, int64_t timeout_ms);
void index_wake(struct index *index);

#endif
