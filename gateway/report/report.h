/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_REPORT_H
#define GATEWAY_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/base/zone.h"
#include "gateway/store/period.h"
#include "gateway/store/read.h"

/**
 * One set of numbers; HTML, PDF, CSV and JSON are written of it and count nothing themselves.
 * Made of the store within one read of it, so that the numbers fit together; it holds no pointer
 * into the store. Any thread; a report is one thread's.
 *
 * Texts are UTF-8 without control characters, but they are strangers' texts all the same: malware,
 * host and site names, reasons, notes. What writes them makes them inert in its own language.
 */
struct report;

enum report_language { REPORT_EN, REPORT_ZH, REPORT_LANGUAGES };
enum report_format { REPORT_HTML, REPORT_PDF, REPORT_CSV, REPORT_JSON, REPORT_FORMATS };

enum report_period { REPORT_DAY, REPORT_WEEK, REPORT_MONTH, REPORT_RANGE };
enum { REPORT_TOP_MAX = 10, REPORT_STATES = 4 };

struct report_plan {
    enum report_period period;
    /* Dates of the site's clocks, as days since 1970-01-01; of a day, a week and a month the last
       is the one before to. */
    struct store_days days;
    struct store_days before; /* what it is compared with; as long, or the calendar's */
    const char *site;         /* NULL: all of them */
    const struct zone *zone;  /* times are shown so; NULL: UTC */
    const char *zone_name;
    const char *gateway;
    int64_t made_ms;
    /* Names, advice, which are switched on; NULL: keys are names. */
    const struct kpi_catalogue *catalogue;
};

/** A row of a table of counts: struct store_top_row, with its share. */
struct report_row {
    const char *name; /* of an action and a kind: its OCSF name; "" none told */
    const char *site; /* of a computer; else "" */
    int64_t number, n, before;
};
struct report_table {
    enum store_group group;
    bool is_infection; /* else every detection */
    const struct report_row *rows;
    size_t n_rows;
    struct store_total total; /* rows beyond n_rows are in it */
};
struct report_point { /* an hour of a report of one day, else a day */
    int64_t begin_ms;
    int64_t day; /* its local date */
    int64_t detections, infections;
};

/** How one (indicator, scope) fared, clipped to the period. */
struct report_band {
    int64_t from_ms, until_ms;
    int state; /* enum kpi_state */
    const char *value_text, *reason;
};
struct report_line {
    const char *scope, *site;
    const struct report_band *bands; /* in order of time; where none is, nothing was known yet */
    size_t n_bands;
    int64_t ms_in[REPORT_STATES]; /* how long it was in each state */
    int state, worst;             /* at the end; worst of all; -1: none known */
};
struct report_kpi {
    int64_t id;
    const char *key;
    const char *name[REPORT_LANGUAGES], *advice[REPORT_LANGUAGES];
    bool is_on;
    const struct report_line *lines; /* the worst first; bounded, n_left: not among them */
    size_t n_lines, n_left;
    int64_t ms_in[REPORT_STATES]; /* of all of them, the left ones too */
    int worst, state;
};

struct report_alert {
    int64_t id, kpi;
    const char *key, *scope, *scope_name, *site;
    const char *name[REPORT_LANGUAGES];
    int64_t opened_ms, closed_ms; /* closed INT64_MAX: it was open at the period's end */
    int64_t lasted_ms;            /* to its end, or the period's, or now */
    int state, worst;
    const char *value_text, *reason; /* at its end; of one that closed, at its worst */
    int64_t ack_ms;                  /* 0: nobody took it in hand */
    const char *ack_name, *ack_note;
};

/** A line of the inspection: what covers and protects, at the period's end and at its worst. */
struct report_inspection {
    int64_t kpi;
    const char *key, *scope, *site;
    const char *name[REPORT_LANGUAGES];
    int state, worst;
    bool is_always_ok; /* since it is known first, without a gap */
    const char *value_text, *unit;
    const int64_t *by_day; /* the value at each day's end; INT64_MIN: not known; n_points of them */
};

struct report_unknown {
    const char *site, *sender, *product;
    int64_t unknown, malformed;
};

struct report_site {
    const struct report_site *next;
    const char *id, *shown; /* "Head office (hq)" */
};

/** What the writers read. Arrays live as long as the report. */
struct report_view {
    const struct report_plan *plan;
    int64_t begin_ms, end_ms; /* instants that the days begin and end; end is cut at made_ms */
    struct store_extent extent;
    const struct store_down *downs; /* when the gateway did not run, the longest of them, by time */
    size_t n_downs;
    struct store_down longest_down;
    int64_t down_ms, down_times; /* of all of them */
    bool is_part; /* the period is not over, or the store does not reach back to its beginning */
    bool is_before_part;    /* nor to that of the period before: changes are none */
    bool is_before_unknown; /* nor to its end, and no late record tells of it */
    int64_t known_ms;       /* what it reaches back to */
    const char *late_site;  /* whose clocks had not come to its end; NULL: none, or it is of one */
    bool is_empty;          /* no detection, no state, no alert is known of it */
    const char *const *sites; /* that it speaks of */
    size_t n_sites;
    const struct report_site *named; /* all that people gave a name; report_site_name() */
    /* The three top tens first (malware, source, computer: infections), then all detections by
       product, action, kind and site. */
    const struct report_table *tables;
    size_t n_tables;
    struct store_total infections; /* those that name nothing, too */
    const struct report_point *points;
    size_t n_points;
    const struct report_kpi *kpis; /* in the catalogue's order, those that were never on left out */
    size_t n_kpis;
    /* Open at some moment of it: the worst first, then the oldest; those that closed are left
     * first. */
    const struct report_alert *alerts;
    size_t n_alerts, n_alerts_left, n_opened, n_closed;
    size_t n_open, n_unhandled; /* at its end; of these in nobody's hands */
    const struct report_inspection *inspection;
    size_t n_inspection, n_inspection_left;
    const struct report_unknown *unknown; /* the most first */
    size_t n_unknown, n_unknown_left;
    int64_t not_understood, malformed; /* in all */
};

/* GW_OK, or an error of the reader, with trouble in words. plan and what it points to outlive it.
 */
int report_make(struct store_reader *reader, const struct report_plan *plan, struct report **out,
                char *trouble, size_t size);
void report_free(struct report *report);
const struct report_view *report_view(const struct report *report);

#endif
