/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_MAIL_H
#define GATEWAY_OUTBOX_MAIL_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/zone.h"
#include "gateway/outbox/change.h"
#include "gateway/outbox/settings.h"
#include "gateway/outbox/template.h"

/**
 * Whole mails, headers and body, lines that end in CR LF. Every mail about an alert is a reply to
 * that of its being raised, so that a reader shows one thread; its Message-ID is the alert's uid
 * and revision, so that one that comes twice is known. Any thread. Sources: RFC 5322, RFC 3834
 * (Auto-Submitted).
 */
struct mail_writer {
    const struct outbox_section *section;
    const struct outbox_template *template;
    const struct zone *zone; /* NULL: UTC */
    const char *gateway, *epoch;
};

void mail_write(const struct mail_writer *writer, const struct change *change, struct buf *out);

/** Many changes in one mail: a line each, then the mail around them. {0} is none. */
struct mail_digest {
    struct buf lines;
    size_t n;
    enum kpi_state worst; /* of what they changed to */
    uint64_t first, last; /* numbers of the journal */
    int64_t time_ms;      /* of the last */
};
void mail_digest_add(struct mail_digest *digest, const struct mail_writer *writer,
                     const struct change *change, uint64_t sequence);
void mail_digest_clear(struct mail_digest *digest); /* keeps its memory: buf_free(&lines) */
void mail_write_digest(const struct mail_writer *writer, const struct mail_digest *digest,
                       struct buf *out);

/* A mail that says that it is a test. */
void mail_write_test(const struct mail_writer *writer, int64_t now_ms, struct buf *out);

/** A mail with files. Its Message-ID is made of the journal's epoch and id, so that one that comes
 * twice is known. */
struct mail_file {
    const char *name, *type;
    struct slice bytes;
};
struct mail_letter {
    const char *id;             /* letters, digits, '-' and '_' */
    struct slice subject, text; /* the text inert but for its '\n' */
    int64_t time_ms;
    const struct mail_file *files;
    size_t n_files;
};
void mail_write_letter(const struct mail_writer *writer, const struct mail_letter *letter,
                       struct buf *out);

#endif
