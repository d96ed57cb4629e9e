/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CHECK_ASK_H
#define GATEWAY_CTL_CHECK_ASK_H

#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/ctl/check_options.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/snmp/client.h"

/** What the plugin says: harmless text (check_text.h), in the parts of its output. */
struct check_result {
    enum kpi_state state;
    struct buf subject; /* before the state's name: the indicator's key, or EOG */
    struct buf line, values, more;
};

/**
 * Ask the gateway for what the options want. Whatever stands in the way is the state unknown with a
 * sentence that says what. wall_ms: now, UTC.
 */
void check_ask(struct gwsnmp_client *client, const struct check_options *options, int64_t wall_ms,
               struct arena *arena, struct check_result *out);

void check_result_free(struct check_result *result);

#endif
