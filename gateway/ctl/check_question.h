/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CHECK_QUESTION_H
#define GATEWAY_CTL_CHECK_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/ctl/check_ask.h"
#include "gateway/snmp/client.h"
#include "gateway/snmp/eog_mib.h"

/** What the plugin's questions have in common: asking, reading values, saying what went wrong. */
struct check_question {
    struct gwsnmp_client *client;
    const struct check_options *options;
    int64_t wall_ms;
    struct arena *arena;
    struct check_result *out;
};

struct gwsnmp_oid check_column(enum eog_group group, uint32_t number);
struct gwsnmp_oid check_scalar(enum eog_group group, uint32_t number);

bool check_is_missing(const struct gwsnmp_value *value);
/* Of a value of another type: SLICE_NONE, 0, false, -1. A date's -1 also is never. */
struct slice check_text_of(const struct gwsnmp_value *value);
uint32_t check_count_of(const struct gwsnmp_value *value);
bool check_state_of(const struct gwsnmp_value *value, enum kpi_state *out);
int64_t check_date_of(const struct gwsnmp_value *value);

/* The state unknown, with a sentence in place of what was said before. */
void check_fail(struct check_question *q, const struct buf *reason);
void check_fail_text(struct check_question *q, const char *text);
/* Appends separator and text, made harmless and cut at 255 octets; nothing when text is empty. */
void check_add_part(struct buf *out, const char *separator, struct slice text);
/* "1 critical, 0 warning, 2 unknown, 9 ok" to the line, the same to the performance data. count: by
   enum kpi_state. */
void check_add_counts(struct check_question *q, const uint32_t *count);

/* GET; false after a failure was said. */
bool check_get(struct check_question *q, const struct gwsnmp_oid *names, size_t n,
               struct gwsnmp_value *values);

/* index: what stands behind the prefix, at least one arc. False ends the walk. */
typedef bool check_cell_fn(void *context, const struct gwsnmp_oid *index,
                           const struct gwsnmp_value *value);
/* Each cell below prefix; false after a failure was said. */
bool check_each(struct check_question *q, const struct gwsnmp_oid *prefix, check_cell_fn *on_cell,
                void *context);

struct check_cell {
    uint32_t id; /* the first arc of the index */
    struct gwsnmp_value value;
};
/* The cells below prefix, at most max; -1 after a failure was said. */
int check_walk(struct check_question *q, const struct gwsnmp_oid *prefix, struct check_cell *out,
               int max);

/* The head of every GET: whose tables, and of when. */
enum { CHECK_HEAD_NAME, CHECK_HEAD_TIME, CHECK_HEAD_COUNT };
void check_add_head(struct gwsnmp_oid *names);
/* Of eogJournalState: the disk refuses. The tables grow old then, as nothing can be judged. */
bool check_is_refusing(const struct gwsnmp_value *journal_state);
/* Whether the journal is not well; then why, behind separator. */
bool check_add_journal(struct buf *out, const char *separator, const struct gwsnmp_value *failure,
                       const struct gwsnmp_value *held_by);
/* False after a failure was said: no gateway, none that has judged, or one that does no more. */
bool check_is_alive(struct check_question *q, const struct gwsnmp_value *head);

#endif
