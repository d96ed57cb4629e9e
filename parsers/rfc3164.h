/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_RFC3164_H
#define PARSERS_RFC3164_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * Read what stands behind a PRI, or a message without one, as BSD syslog: sequence numbers and
 * origins of Cisco, a time of any form, a host, a tag. out->pri says whether a PRI was there:
 * without one, a message that does not begin with a time has no header. Fills out, msg included;
 * always succeeds.
 */
void parse_rfc3164(struct slice in, struct syslog_header *out);

/**
 * Check a whole message, PRI included, against RFC 3164 section 4. NULL when it conforms, else a
 * constant text, with *error_at in bytes from in.p.
 */
const char *parse_rfc3164_check(struct slice in, size_t *error_at);

#endif
