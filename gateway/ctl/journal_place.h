/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_JOURNAL_PLACE_H
#define GATEWAY_CTL_JOURNAL_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Where a journal lies: folder if it is given (a journal's, or the state's that holds it), else
 * state/journal, else that of $EOG_STATE, ./var or the packaged state. It may not be there.
 */
void journal_place_find(const char *state, const char *folder, char *out, size_t size);

/* "2026-11-24", "2026-11-24T04:12", "2026-11-24T04:12:20+08:00"; UTC without a zone. False after a
   message that names the command and its option. */
bool journal_place_time(const char *command, const char *option, const char *text, int64_t *out_ms);

#endif
