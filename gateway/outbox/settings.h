/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_SETTINGS_H
#define GATEWAY_OUTBOX_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/config/config.h"

/* In the order of the choices. */
enum outbox_severity { OUTBOX_SEVERITY_WARNING, OUTBOX_SEVERITY_CRITICAL };
enum outbox_encryption { OUTBOX_STARTTLS, OUTBOX_SMTPS, OUTBOX_PLAIN };
enum outbox_language { OUTBOX_ENGLISH, OUTBOX_CHINESE, OUTBOX_LANGUAGES };

/** One <mail> or <webhook>: who is told of alerts, and how. Text is NULL when absent. */
struct outbox_section {
    struct section_place place;
    const char *name; /* of both elements in one space of names */
    /* which alerts */
    int64_t severity; /* enum outbox_severity: the least; by the worst state that the alert had */
    const char *sites;
    /* <mail> */
    const char *address; /* "host:port"; NULL: a <webhook> */
    const char *from, *to, *user, *password_file, *template_file, *zone;
    int64_t encryption, language, per_minute;
    /* <webhook> */
    const char *url, *token_file, *cert, *key;
    /* both */
    const char *ca;
    int64_t timeout_ms, retry_ms, give_up_ms;
};
extern const struct section outbox_mail_section, outbox_webhook_section;

enum {
    OUTBOX_NAME_MAX = 32,
    OUTBOX_ADDRESS_MAX = 254, /* RFC 5321 section 4.5.3.1.3, without its angle brackets */
    OUTBOX_TARGETS_MAX = 32   /* addresses of all <mail> and all <webhook> together */
};

/* What can be told to be wrong in all of them without connecting. */
bool outbox_check(const struct config *config, struct diag *diag);

/* Whether give-up is over for what waits since since_ms by the wall clock. Each step of that clock
   would make it old: it was also tried in vain for as long, or for a day, since down_since_ms by
   the monotonic clock, which begins anew with a restart. */
bool outbox_gives_up(const struct outbox_section *section, int64_t since_ms, int64_t down_since_ms,
                     struct clock_reading now);

/* The i-th <mail> or <webhook> of a configuration, mails first; NULL behind the last. */
const struct outbox_section *outbox_section_at(const struct config *config, size_t i);

#endif
