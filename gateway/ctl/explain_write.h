/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_EXPLAIN_WRITE_H
#define GATEWAY_CTL_EXPLAIN_WRITE_H

#include "gateway/base/buf.h"
#include "gateway/ctl/offline.h"

/* The statement that gave a field its value, or (field 0) "kind", "severity", "time" theirs: the
   last one where one replaced another's. NULL: none did. */
const struct normalize_step *explain_step(const struct normalize_trace *trace, unsigned field,
                                          const char *what);

/**
 * One message as `eogctl explain --json` has it; members stay, new ones may come:
 *
 *     {"format","header":"RFC 5424"|"RFC 3164"|null,"error":null|{"at","text"},
 *      "mapping":null|{"product","by","file"},"code","template":N|null,
 *      "rule":null|{"name","line"},"flags":["no-time"...],
 *      "kind":VALUE,"severity":VALUE,"time":VALUE,
 *      "fields":[{"name",VALUE...}...],"unmapped":[{"name","value"}...]}
 *
 * VALUE is {"value","source":NAME|null,"line":N|null}: the parsed field or variable that it came
 * from (null: a constant, or built in) and the statement's line in the mapping (null: none).
 * Numbers are numbers; times are RFC 3339.
 */
void explain_write(const struct offline *offline, struct buf *out);

#endif
