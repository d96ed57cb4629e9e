/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_SCHEDULE_H
#define GATEWAY_REPORT_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/report/settings.h"

/**
 * Scheduled reports. A thread waits for the end of each <report>'s period and for its time of day,
 * then for the store to have everything that the journal had at that time; has `eogctl report` make
 * each file, as a child process (child.h); and hands the files to be mailed. What was made is
 * remembered on disk (made.h) once it was handed over: a gateway that dies before makes and posts
 * it again, under the same id; one that was down at the time makes what it missed. A new <report>
 * begins with what becomes due next. A step of the wall clock is not believed at once (steady.h):
 * time goes on as before for a day, or until the clock is right again.
 */
struct schedule;

/** A <report>, with what the rest of the configuration says of it. */
struct schedule_plan {
    const struct report_section *section;
    const char *zone;         /* IANA name; NULL: UTC */
    const char *const *zones; /* of the sites that it is of, as it: their days must be over */
    size_t n_zones;
    const char *const *sites; /* a file of each; NULL: of all together */
    size_t n_sites;
    const char *catalogue;     /* NULL: the installed one */
    const char *own_catalogue; /* NULL: there are no indicators of one's own */
};

/** What a report is mailed as: to each <mail> of the list. */
struct schedule_file {
    const char *path, *name, *type;
};
struct schedule_letter {
    const char *mail; /* name of a <mail> */
    const char *id;   /* of report and period */
    struct slice subject, text;
    int64_t time_ms;
    const struct schedule_file *files;
    size_t n_files;
};

struct schedule_options {
    const char *state_dir;
    const char *data_dir;   /* that holds mappings/ */
    const char *program;    /* where eogctl is; all three are copied */
    const char *gateway_id; /* outlives it */
    const struct clock *clock;
    /* The number of the last record in the journal, and of the last that is in the store. */
    uint64_t (*newest)(void *context);
    uint64_t (*stored)(void *context);
    /* Has taken the letter for good: GW_OK, or an error that is for later. */
    int (*post)(void *context, const struct schedule_letter *letter);
    void *context;
};

/* plans are copied. GW_OK, or an error that is logged. */
int schedule_start(const struct schedule_options *options, const struct schedule_plan *plans,
                   size_t n, struct schedule **out);
/* A file that is being made is made anew. */
void schedule_reload(struct schedule *schedule, const struct schedule_plan *plans, size_t n);
/* Ends what is being made. NULL is fine. */
void schedule_stop(struct schedule *schedule);

/* ---- looking at it; thread-safe ---- */

enum schedule_standing {
    SCHEDULE_WAITING, /* for its time */
    SCHEDULE_DUE,     /* for the store */
    SCHEDULE_MAKING,
    SCHEDULE_FAILING /* it is tried again */
};
const char *schedule_standing_name(enum schedule_standing standing);

enum { SCHEDULE_TROUBLE_MAX = 400 };
struct schedule_row {
    char name[REPORT_NAME_MAX + 1];
    int64_t period; /* enum store_period */
    enum schedule_standing standing;
    int64_t next_ms;  /* when the next becomes due, or is tried again */
    int64_t made_ms;  /* when the last was made; 0: none yet */
    int64_t from, to; /* the days that it is of; to is no more among them */
    int64_t files;
    uint64_t made;                      /* reports, since the start */
    uint64_t failed;                    /* attempts at one */
    uint64_t given_up;                  /* reports that were not made, or not whole */
    char trouble[SCHEDULE_TROUBLE_MAX]; /* the last; empty: none yet */
    int64_t trouble_ms;
};
size_t schedule_list(struct schedule *schedule, struct schedule_row *out, size_t max);

#endif
