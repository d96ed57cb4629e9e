/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NORMALIZE_NOTIFICATION_H
#define GATEWAY_NORMALIZE_NOTIFICATION_H

#include <stdbool.h>

#include "gateway/mapping/names.h"
#include "gateway/normalize/run.h"

/* A notification by the names that are known of it, where no mapping's rule says more. */

/* event.name, and kind and severity unless a statement chose them. NULL: its name is not known. */
const struct names_row *notification_meaning(struct run *run, const struct names *names);

/* The varbinds' values in the fields that the names of their objects say, and of their instances';
 * what is filled already stays. */
void notification_place(struct run *run, const struct names *names);

/* A whole record of a notification that no mapping knows; false when its name is not known either.
 */
bool notification_fill(struct run *run, const struct names *names);

/* "ifOperStatus.3" for a varbind's OID, in the arena; the OID itself when no object is known. */
struct slice notification_varbind_name(const struct names *names, struct slice oid,
                                       struct arena *arena);

#endif
