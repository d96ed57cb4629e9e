/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_MEMO_H
#define GATEWAY_STORE_MEMO_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * What the database said of a key lately: a bounded number of ids, found by 64 bits of a keyed hash
 * of their key, at 12 bytes each. What is forgotten is asked again.
 */
struct store_memo;

/* slots: a power of two, at least 8. */
struct store_memo *store_memo_new(size_t slots);
void store_memo_free(struct store_memo *memo);
/* 0: not known. */
int64_t store_memo_get(const struct store_memo *memo, struct slice key);
/* id: not 0; one beyond 32 bits is not remembered. */
void store_memo_put(struct store_memo *memo, struct slice key, int64_t id);
/* All of it; costs nothing. */
void store_memo_forget(struct store_memo *memo);

#endif
