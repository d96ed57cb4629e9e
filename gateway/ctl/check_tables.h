/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CHECK_TABLES_H
#define GATEWAY_CTL_CHECK_TABLES_H

#include "gateway/ctl/check_question.h"

/**
 * The plugin's questions about what is no indicator. The result is the worst state of all rows; the
 * rows that are not ok are listed, at most CHECK_ROWS_LISTED.
 */
enum { CHECK_ROWS_LISTED = 20 };

/* Products; options.scope: one ("hq/apex-central"), or those of one site ("hq"). */
void check_ask_products(struct check_question *q);
/* Feeds; options.scope: one. */
void check_ask_feeds(struct check_question *q);
/* The gateway itself: its journal, whether it has caught up, what it dropped. */
void check_ask_gateway(struct check_question *q);

#endif
