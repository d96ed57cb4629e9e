/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_RECALL_H
#define GATEWAY_DAEMON_RECALL_H

#include "gateway/intake/resent.h"
#include "gateway/journal/journal.h"

/* What RELP clients may send again because the gateway ended before it answered: from the journal's
   last records. The caller's to free. */
struct resent *recall_resent(struct journal *journal);

#endif
