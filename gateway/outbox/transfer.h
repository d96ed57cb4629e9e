/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_TRANSFER_H
#define GATEWAY_OUTBOX_TRANSFER_H

#include <stdbool.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/outbox/settings.h"

/**
 * One mail or one POST by libcurl, and what the other side said. A call blocks its thread for at
 * most the section's timeout; transfer_end() from another thread ends it sooner. Neither proxies
 * nor .netrc of the environment are asked, no redirection is followed.
 */
struct transfer;

/* Once a process, before and after all others. */
bool transfer_start_library(void);
void transfer_stop_library(void);

struct transfer *transfer_new(void);
void transfer_free(struct transfer *transfer); /* NULL is fine */

/* Any thread: what runs, and what is begun later, ends at once as TRANSFER_LATER. */
void transfer_end(struct transfer *transfer);

enum transfer_result {
    TRANSFER_DONE,   /* the server has taken it */
    TRANSFER_LATER,  /* not this time: nobody there, no answer, busy, our credentials are wrong */
    TRANSFER_REFUSED /* it would never take this one */
};
enum { TRANSFER_ANSWER_MAX = 200 };
struct transfer_report {
    char answer[TRANSFER_ANSWER_MAX]; /* the server's last word, or what went wrong; inert */
    int retry_after_s;                /* as the server asks; 0: it does not */
};

/**
 * Hand message, with lines that end in CR LF, to the server of a <mail>, for one receiver. An
 * answer of 5yz to RCPT or the message itself, or of 552 to MAIL, refuses it; anything else that
 * fails, such as greeting, TLS, AUTH and the sender, is for later, and so is a code that means "log
 * in first". Source: RFC 5321 section 4.2.1; RFC 4954 section 6 for those codes.
 */
enum transfer_result transfer_mail(struct transfer *transfer, const struct outbox_section *section,
                                   const char *receiver, struct slice message,
                                   struct transfer_report *report);

/**
 * POST json to the url of a <webhook>. 2xx: done. 4xx: refused, except those that say that we are
 * not let in (401, 403, 407), that nothing is there (404) or that it is a bad time (408, 425, 429);
 * everything else is for later. key: for the header Idempotency-Key; without blanks.
 */
enum transfer_result transfer_post(struct transfer *transfer, const struct outbox_section *section,
                                   const char *key, struct slice json,
                                   struct transfer_report *report);

/* Files of secrets, CAs and certificates can be read and are what they should be. */
bool transfer_check_files(const struct outbox_section *section, struct buf *error);

#endif
