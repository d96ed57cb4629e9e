/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_EPOCH_H
#define PARSERS_EPOCH_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * Read seconds, milliseconds, microseconds or nanoseconds since 1970 (10, 13, 16 or 19 digits, or 9
 * or 10 digits and a fraction) at the start of in. *used gets the bytes read. False, with nothing
 * written, when none stand there.
 */
bool parse_epoch_prefix(struct slice in, struct parsed_time *out, size_t *used);

#endif
