/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NOTIFY_FAULTS_H
#define GATEWAY_NOTIFY_FAULTS_H

#include "gateway/notify/fault.h"
#include "gateway/notify/notify.h"

/**
 * Faults of the gateway, the journal's as its status tells of them:
 *
 *   journal            critical: the disk refuses; nothing is acknowledged
 *   journal-retention  warning: a reader keeps what retention would let go, so the disk will fill
 *                      critical: retention-force let go what a reader had not had
 *   feed               critical: records wait for a target for longer than its option says, or
 *                      alerts for who is told by mail or webhook; which is in the reason, and
 *                      another that joins them is told of
 *
 * One thread.
 */
enum { FAULT_JOURNAL, FAULT_RETENTION, FAULT_FEED, FAULTS };

struct faults {
    const struct notify_options *options;
    struct journal *journal;
    struct fault v[FAULTS];
    uint64_t dropped_unread;         /* as last seen */
    uint64_t dropped_before[FAULTS]; /* datagrams, until the last look before it was raised */
    bool owes_record[FAULTS];        /* it is over, and not journaled yet */
    int told_fd;                     /* of told.h */
};

/* options and journal are borrowed. Faults that were told before a restart are open until all has
   been well for a while. */
void faults_init(struct faults *faults, const struct notify_options *options,
                 struct journal *journal);
void faults_fini(struct faults *faults);
/* Looks at the status of the journal and the feeds, tells and journals what has changed. What
   cannot be told or journaled now is tried at the next look. event and notification are scratch. */
void faults_look(struct faults *faults, struct gw_event *event,
                 struct gwsnmp_notification *notification);

#endif
