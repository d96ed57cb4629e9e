/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports on schedule, and the letters with them. */
#include "gateway/web/metrics_internal.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

struct metric {
    size_t offset; /* of an uint64_t in struct schedule_row or postbox_row */
    enum exposition_type type;
    const char *name, *help;
};
#define OF(member) offsetof(struct schedule_row, member)

static const struct metric of_report[] = {
    {OF(made), EXPOSITION_COUNTER, "eog_report_made", "Reports made since the start."},
    {OF(failed), EXPOSITION_COUNTER, "eog_report_failed_attempts",
     "Attempts at a report that failed."},
    {OF(given_up), EXPOSITION_COUNTER, "eog_report_given_up",
     "Reports that were not made, or not whole."},
};

#undef OF
#define OF(member) offsetof(struct postbox_row, member)

static const struct metric of_letter[] = {
    {OF(waiting), EXPOSITION_GAUGE, "eog_letter_waiting",
     "Letters, such as mails with reports, that wait for the mail server."},
    {OF(sent), EXPOSITION_COUNTER, "eog_letter_sent", "Letters that it has taken."},
    {OF(retried), EXPOSITION_COUNTER, "eog_letter_failed_attempts",
     "Attempts that failed and are made again."},
    {OF(refused), EXPOSITION_COUNTER, "eog_letter_refused",
     "Letters that it would not have, ever."},
    {OF(expired), EXPOSITION_COUNTER, "eog_letter_expired", "Letters given up after give-up."},
};

static uint64_t number_at(const void *row, size_t offset)
{
    const void *at = (const char *)row + offset;
    return *(const uint64_t *)at;
}

static void put_schedule(const struct schedule_row *rows, size_t n, struct exposition *e)
{
    for (size_t k = 0; k < sizeof of_report / sizeof *of_report; k++) {
        exposition_family(e, of_report[k].name, of_report[k].type, of_report[k].help);
        for (size_t i = 0; i < n; i++) {
            exposition_sample(e);
            metrics_label(e, "report", rows[i].name);
            exposition_uint(e, number_at(&rows[i], of_report[k].offset));
        }
    }
    exposition_family(e, "eog_report_failing", EXPOSITION_GAUGE,
                      "1: the last attempt at it failed, and it is tried again.");
    for (size_t i = 0; i < n; i++) {
        exposition_sample(e);
        metrics_label(e, "report", rows[i].name);
        exposition_int(e, rows[i].standing == SCHEDULE_FAILING);
    }
    exposition_family(e, "eog_report_made_timestamp_seconds", EXPOSITION_GAUGE,
                      "When the last was made, seconds since 1970; 0: none yet.");
    for (size_t i = 0; i < n; i++) {
        exposition_sample(e);
        metrics_label(e, "report", rows[i].name);
        exposition_ms(e, rows[i].made_ms);
    }
}

static void put_letters(const struct postbox_row *rows, size_t n, struct exposition *e)
{
    for (size_t k = 0; k < sizeof of_letter / sizeof *of_letter; k++) {
        exposition_family(e, of_letter[k].name, of_letter[k].type, of_letter[k].help);
        for (size_t i = 0; i < n; i++) {
            exposition_sample(e);
            metrics_label(e, "mail", rows[i].name);
            metrics_label(e, "receiver", rows[i].receiver);
            exposition_uint(e, number_at(&rows[i], of_letter[k].offset));
        }
    }
}

void metrics_put_reports(struct schedule *schedule, struct postbox *postbox, struct exposition *e)
{
    struct schedule_row *rows = gw_alloc(REPORT_SECTIONS_MAX * sizeof *rows);
    struct postbox_row *letters = gw_alloc(OUTBOX_TARGETS_MAX * sizeof *letters);
    put_schedule(rows, schedule ? schedule_list(schedule, rows, REPORT_SECTIONS_MAX) : 0, e);
    put_letters(letters, postbox ? postbox_list(postbox, letters, OUTBOX_TARGETS_MAX) : 0, e);
    free(letters);
    free(rows);
}
