/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_TARGET_H
#define GATEWAY_OUTBOX_TARGET_H

#include "gateway/kpi/catalogue.h"
#include "gateway/outbox/index.h"
#include "gateway/outbox/outbox.h"
#include "gateway/outbox/settings.h"

/**
 * One receiver of mails or one webhook: a thread, a cursor, one message at a time. Memory is
 * bounded: that message, of a digest at most DIGEST_MAX lines; all else waits in the journal.
 */
struct outbox_target;

struct outbox_target_options {
    const struct outbox_section *section; /* these outlive the target */
    const struct outbox_options *common;
    const struct kpi_catalogue *catalogue;
    struct slice receiver;               /* of a mail; copied */
    const struct outbox_counters *since; /* NULL: count from zero */
};

/* Finds its place in the journal; does not run yet. GW_OK, or an error that is logged. */
int outbox_target_open(const struct outbox_target_options *options, struct outbox_target **out);
/* The last sequence that it has passed. */
uint64_t outbox_target_passed(struct outbox_target *target);
int outbox_target_start(struct outbox_target *target, struct index *index);
/* Ask it to end, so that several end at the same time; returns at once. */
void outbox_target_end(struct outbox_target *target);
/* Breaks off what is on its way: the next start tells it again. */
void outbox_target_abort(struct outbox_target *target);
/* True: its thread is done. */
bool outbox_target_is_done(const struct outbox_target *target);
/* Waits for the end. NULL is fine. */
void outbox_target_close(struct outbox_target *target);

/* Thread-safe. */
void outbox_target_get(struct outbox_target *target, struct outbox_row *out);
void outbox_target_test(struct outbox_target *target, uint64_t number);

/* Name of its cursor; out holds OUTBOX_CURSOR_MAX bytes. */
enum { OUTBOX_CURSOR_MAX = 64 };
void outbox_target_cursor(const struct outbox_section *section, struct slice receiver, char *out);

#endif
