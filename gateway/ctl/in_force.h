/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_IN_FORCE_H
#define GATEWAY_CTL_IN_FORCE_H

#include <stddef.h>

#include "gateway/base/diag.h"
#include "gateway/base/json.h"
#include "gateway/kpi/engine.h"

/* What a dry run of a list is held against: the gateway's last checkpoint, at most a minute old.
   The engine of that folder's checkpoint; NULL: there is none, or it cannot be read, which is said
   as of `eogctl COMMAND`. To be freed. */
struct kpi_engine *in_force_engine(const char *command, const char *folder);

/* Members "problems" (file, line, text of each that is kept) and "problems_total". */
void in_force_put_problems(struct json *json, const struct diag *diag);

#endif
