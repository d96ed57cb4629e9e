/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_INERT_H
#define GATEWAY_CTL_INERT_H

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/* Appends the same JSON with every character that a terminal would obey as an escape: DEL, C1
   controls, marks that turn the direction of what follows. They can stand only inside of strings.
 */
void inert_json(struct buf *out, struct slice json);

#endif
