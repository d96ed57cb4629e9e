/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_INERT_H
#define GATEWAY_CTL_INERT_H

#include <jansson.h>
#include <stdio.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/* Appends the same JSON with every character that a terminal would obey as an escape: DEL, C1
   controls, marks that turn the direction of what follows. They can stand only inside of strings.
 */
void inert_json(struct buf *out, struct slice json);

/* One document, so, and the end of its line if it has none. */
void inert_print(struct slice json, FILE *out);
void inert_print_json(const json_t *json, FILE *out);

#endif
