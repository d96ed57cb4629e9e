/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_POSTBOX_H
#define GATEWAY_OUTBOX_POSTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/config/config.h"
#include "gateway/outbox/mail.h"
#include "gateway/outbox/outbox.h"

/**
 * Letters: mails that are no alerts, such as reports with their files. A letter lies in a folder,
 * one file for each receiver, until the server of its <mail> has taken it or refused it for good,
 * or give-up has passed. It is sent at least once, over restarts and kill -9, always with the same
 * Message-ID. A file that cannot be read waits; one that is done but cannot be deleted is not sent
 * again before the next start. A thread of its own, so that a letter of many megabytes, or a server
 * that hangs on one, holds up no alert. Runs between outbox_start() and outbox_stop(), whose
 * library it uses.
 */
struct postbox;

struct postbox_options {
    const char *folder;     /* made when missing; copied */
    const char *gateway_id; /* outlives it */
    const char *epoch;      /* of the journal; outlives it */
    const struct clock *clock;
};

enum { POSTBOX_LETTERS_MAX = 1000 };

/* GW_OK, or an error that is logged. */
int postbox_start(const struct postbox_options *options, const struct config *config,
                  struct postbox **out);
/* Letters to who is not configured any more are deleted, and the log says so. */
void postbox_reload(struct postbox *postbox, const struct config *config);
/* What is being sent gets up to a second. NULL is fine. */
void postbox_stop(struct postbox *postbox);

/**
 * Post a letter to each receiver of the <mail> of that name; one of the same id that still lies
 * there is not posted twice. GW_OK: it is on the disk; GW_ERR_NOT_FOUND: there is no such <mail>;
 * GW_ERR_FULL: POSTBOX_LETTERS_MAX wait; GW_ERR_IO. Any thread.
 */
int postbox_post(struct postbox *postbox, const char *mail, const struct mail_letter *letter);

/** A receiver. */
struct postbox_row {
    char name[OUTBOX_NAME_MAX + 1];
    char receiver[OUTBOX_ADDRESS_MAX + 1];
    uint64_t waiting;
    uint64_t sent, retried, refused, expired;
    char trouble[OUTBOX_TROUBLE_MAX]; /* the last; empty: none yet */
    int64_t trouble_ms;               /* wall clock */
    bool is_failing;                  /* the last attempt was one that failed */
};
/* Those that were posted to since the start, or have letters waiting; at most max. Any thread. */
size_t postbox_list(struct postbox *postbox, struct postbox_row *out, size_t max);

#endif
