/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_TRANSFER_INTERNAL_H
#define GATEWAY_OUTBOX_TRANSFER_INTERNAL_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "gateway/base/arena.h"
#include "gateway/outbox/transfer.h"

struct transfer {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
    atomic_bool is_ending;
    pthread_mutex_t lock;
    int fd; /* under lock; of the connection; -1: none */

    /* of one transfer */
    struct slice unsent;
    const char *verb; /* the last command of SMTP: "RCPT" */
    bool has_begun;   /* MAIL was sent */
    bool is_over;     /* QUIT was sent */
    char
        line[TRANSFER_ANSWER_MAX]; /* the server's last line: of SMTP an answer, of HTTP the body */
    size_t n_line, n_body;
};

/* Resets what the last transfer left, and sets what all have in common; url is copied. */
void transfer_prepare(struct transfer *transfer, const struct outbox_section *section,
                      const char *url);
/* shutdown() of the connection, if there is one; any thread. */
void transfer_shut(struct transfer *transfer, int how);

/* The first line of a file, in arena; NULL, and report says why. NULL path: NULL without a word. */
const char *transfer_secret(const char *path, struct arena *arena, struct transfer_report *report);

/* What went wrong, in words, inert. */
void transfer_say(struct transfer_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
