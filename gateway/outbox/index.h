/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_INDEX_H
#define GATEWAY_OUTBOX_INDEX_H

#include <stdint.h>

#include "gateway/journal/journal.h"

/**
 * Where in the journal the changes of alerts are. A thread reads the journal once for all targets,
 * which then read those few records alone. Bounded: it waits when INDEX_MAX changes are known that
 * not all targets have passed. Any thread may ask.
 */
struct index;

enum { INDEX_MAX = 262144 };

/**
 * Begins behind sequence `from`. least, called on the index's thread, says what all targets have
 * passed: that is forgotten. NULL, logged: no thread or no reader is left.
 */
struct index *index_start(struct journal *journal, uint64_t from, uint64_t (*least)(void *context),
                          void *context);
void index_stop(struct index *index); /* NULL is fine */

/* The sequence of the first change after `after`. 0: none up to *scanned, as far as it has read. */
uint64_t index_next(struct index *index, uint64_t after, uint64_t *scanned);

/* Since when, by the wall clock, the journal cannot be read on; 0: it can. */
int64_t index_unread_ms(const struct index *index);

/* Blocks until index_wake(), a new change, or timeout_ms. *seen: 0 at first, then kept by the
 * caller.
 */
void index_wait(struct index *index, uint64_t *seen, int64_t timeout_ms);
void index_wake(struct index *index);

#endif
