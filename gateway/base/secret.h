/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_SECRET_H
#define GATEWAY_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * The first line of a file, without its end: a passphrase or a community that should not stand in
 * a configuration or on a command line. *is_exposed: others than the owner and group may read it.
 * NULL, with the reason in words in error, when there is none; the text lives in arena.
 */
const char *secret_read(const char *path, struct arena *arena, bool *is_exposed, struct buf *error);

/* How long it takes depends on the length of what was sent alone, not on where it differs. */
bool secret_is_same(struct slice sent, struct slice secret);

/* Overwrite; not optimised away. */
void secret_wipe(void *p, size_t n);

#endif
