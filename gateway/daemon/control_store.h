/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_STORE_H
#define GATEWAY_DAEMON_CONTROL_STORE_H

#include "gateway/base/buf.h"
#include "gateway/base/json.h"
#include "gateway/store/store.h"

/* The member "store"; null when it is switched off. */
void control_store_put(struct store *store, const struct journal *journal, struct json *json);
/* What follows "store": nothing, or rebuild. */
void control_store_answer(struct store *store, const struct journal *journal, struct slice argument,
                          struct buf *out);

#endif
