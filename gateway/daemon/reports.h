/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_REPORTS_H
#define GATEWAY_DAEMON_REPORTS_H

#include "gateway/base/diag.h"
#include "gateway/config/config.h"
#include "gateway/journal/journal.h"
#include "gateway/outbox/postbox.h"
#include "gateway/report/schedule.h"
#include "gateway/store/store.h"

/**
 * Reports on schedule between the rooms that they need: sites and zones out of the configuration,
 * the journal and the store for when, the postbox for whom. All of the main thread.
 */
struct reports {
    struct schedule *schedule;
    struct postbox *postbox;
    struct journal *journal;
    struct store *store; /* NULL: switched off */
};

struct reports_options {
    const char *state_dir, *gateway_id;
    const char *data_dir; /* that holds mappings/ */
    struct journal *journal;
    struct store *store;
    const struct clock *clock;
};

/* What is wrong between <report> and the other sections, but for the sites it names. */
void reports_check(const struct config *config, struct diag *diag);

/* After outbox and store. {0} is one that has not started. GW_OK, or an error that is logged. */
int reports_start(struct reports *reports, const struct reports_options *options,
                  const struct config *config);
void reports_reload(struct reports *reports, const struct config *config);
/* Before outbox and store. */
void reports_stop(struct reports *reports);

#endif
