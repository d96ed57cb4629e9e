/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_SEEN_H
#define GATEWAY_STORE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"

struct store_db;

/**
 * The keys of findings of the last days: by them one that is told again is known. They are rows of
 * the database, or in its log; some of them in memory until store_seen_flush(), which belongs into
 * the transaction that says how far records were taken. Where the database fails the answer is
 * "new"; db->result tells. One thread.
 */
struct store_seen;

/* Reads what is there, in a transaction. */
struct store_seen *store_seen_open(struct store_db *db);
void store_seen_close(struct store_seen *seen);

/* Did a record other than `of` have this key before? If none had it is `of`'s from now on, until
   its day is swept. of: not 0; day: of the clock. */
bool store_seen_take(struct store_seen *seen, struct store_db *db, struct slice key, uint64_t of,
                     int64_t day);
void store_seen_flush(struct store_seen *seen, struct store_db *db);
/* Forgets the keys of days before. */
void store_seen_sweep(struct store_seen *seen, struct store_db *db, int64_t before_day);

#endif
