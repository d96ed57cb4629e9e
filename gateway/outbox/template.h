/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_TEMPLATE_H
#define GATEWAY_OUTBOX_TEMPLATE_H

#include <stdbool.h>

#include "gateway/base/buf.h"
#include "gateway/outbox/change.h"
#include "gateway/outbox/settings.h"

/**
 * The form of a mail: a line "Subject: ...", an empty line, the text. Fields such as {state} and
 * {reason} stand for what is told. A line whose fields are all empty is left out, and of several
 * empty lines one stays. There is a built-in template for each language.
 */
struct outbox_template {
    struct slice subject, text;
    char *bytes; /* of a file; NULL: built in */
};

enum template_field {
    TEMPLATE_GATEWAY,
    TEMPLATE_CHANGE,
    TEMPLATE_STATE,
    TEMPLATE_OLD_STATE,
    TEMPLATE_WORST,
    TEMPLATE_ALERT,
    TEMPLATE_KPI,
    TEMPLATE_NAME,
    TEMPLATE_SITE,
    TEMPLATE_SCOPE,
    TEMPLATE_SCOPE_NAME,
    TEMPLATE_VALUE,
    TEMPLATE_REASON,
    TEMPLATE_ADVICE,
    TEMPLATE_OPENED,
    TEMPLATE_TIME,
    TEMPLATE_ORIGIN,
    TEMPLATE_ACK_NAME,
    TEMPLATE_ACK_NOTE,
    TEMPLATE_ACK_COMMAND, /* empty when it is in hand, or cleared */
    TEMPLATE_EVIDENCE,
    TEMPLATE_UID,
    TEMPLATE_FIELDS
};

/* From a file. False, with the reason in words in error, when it cannot be read, is no UTF-8, has
   no subject, or has an unknown field; free it in any case. */
bool outbox_template_load(const char *path, struct outbox_template *out, struct buf *error);
/* From text, which outlives it. */
bool outbox_template_parse(struct slice text, struct outbox_template *out, struct buf *error);
void outbox_template_free(struct outbox_template *template);

void outbox_template_built_in(enum outbox_language language, struct outbox_template *out);

/* Appends text with its fields filled. */
void outbox_template_fill(struct slice text, const char *const values[TEMPLATE_FIELDS],
                          struct buf *out);

#endif
