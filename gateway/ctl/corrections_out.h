/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CORRECTIONS_OUT_H
#define GATEWAY_CTL_CORRECTIONS_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/schema/event.h"

/**
 * Writes corrections into the journal: through the daemon if one runs, else by ourselves, under the
 * journal's lock. Open it before reading the journal: until it is closed nobody else corrects.
 */
struct corrections_out;

/**
 * state: the state folder; folder: the journal's in it, which exists. Without a daemon root opens
 * the journal as the user that owns it, and the process stays that user. NULL after saying what is
 * wrong.
 */
struct corrections_out *corrections_out_open(const char *state, const char *folder);

/* False after saying what is wrong; nothing more is taken then. */
bool corrections_out_put(struct corrections_out *out, const struct gw_event *correction);
/* All that was put is on disk. False: not all, and what is wrong was said. */
bool corrections_out_finish(struct corrections_out *out);
void corrections_out_close(struct corrections_out *out);

uint64_t corrections_out_written(const struct corrections_out *out); /* known to be on disk */
bool corrections_out_is_daemon(const struct corrections_out *out);

#endif
