/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_READ_H
#define GATEWAY_STORE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/store/fact.h"
#include "gateway/store/period.h"

/**
 * What reports and pages ask the store. A reader is a connection of its own, used by one thread; it
 * never waits for the thread that fills the database, nor holds it up. Whatever is asked between
 * begin and end is of one moment, so that the numbers of a report fit together; do not keep it open
 * for long, since the log cannot be taken into the database meanwhile.
 *
 * Sites: NULL is all of them. Texts handed to a callback live as long as the call; they are UTF-8
 * without control characters where they come from records ("" where there is none). A callback
 * returns false to end. Functions give GW_OK or an error with store_reader_trouble() in words.
 */
struct store_reader;

/* path: store.db in the state folder. GW_ERR_NOT_FOUND, GW_ERR_DENIED, GW_ERR_VERSION,
   GW_ERR_DAMAGED, GW_ERR_BUSY, GW_ERR_IO with trouble, of size bytes. */
int store_reader_open(const char *path, struct store_reader **out, char *trouble, size_t size);
void store_reader_close(struct store_reader *reader);
int store_reader_begin(struct store_reader *reader);
void store_reader_end(struct store_reader *reader);
const char *store_reader_trouble(const struct store_reader *reader);

/** How far the figures go. */
struct store_extent {
    bool is_filling;              /* it is made anew: what follows is not all yet */
    uint64_t first, cursor;       /* records that are in it */
    int64_t now_ms;               /* the newest tick that it knows */
    int64_t begun_ms;             /* the first; INT64_MIN: it was not noted yet then */
    int64_t hours_from;           /* seconds since 1970; by the hour nothing older is there */
    int64_t days_from;            /* by the day; both INT64_MIN: nothing went yet */
    uint64_t late, missed, unfit; /* of struct store_fill_figures */
};
int store_read_extent(struct store_reader *reader, struct store_extent *out);

/* The zone that the site has now, of NULL the usual one; the caller frees it. NULL, and name "UTC":
   it has none. name: of size bytes. */
struct zone *store_site_zone(struct store_reader *reader, const char *site, char *name,
                             size_t size);

/* The names that people gave sites, of those that have one. GW_OK, or an error. */
typedef void store_site_name_fn(void *context, const char *site, const char *name);
int store_read_site_names(struct store_reader *reader, store_site_name_fn *on_name, void *context);

/* ---- detections ---- */

enum store_group {
    STORE_BY_MALWARE,
    STORE_BY_SOURCE,
    STORE_BY_COMPUTER, /* what is known to be one computer is one */
    STORE_BY_PRODUCT,
    STORE_BY_ACTION, /* number: OCSF disposition_id, 0 not told */
    STORE_BY_KIND,   /* number: enum gw_kind */
    STORE_BY_SITE,
    STORE_GROUPS
};

struct store_query {
    enum store_group group;
    const char *site;
    bool is_infection; /* what the top tens count; else every detection */
    int kind;          /* this one alone; 0: see above */
    bool is_by_hour;   /* from, to: hours, in seconds since 1970 UTC; else days of each site */
    int64_t from, to;  /* to is no more among them */
    int64_t before_from, before_to; /* what it is compared with; both the same: nothing */
};

struct store_top_row {
    char name[STORE_NAME_MAX + 1]; /* of action and kind empty */
    char site[65];                 /* of a computer */
    int64_t number, n, before;
};
struct store_total {
    int64_t n, before; /* of all that have a name; those with none are not among them */
    int64_t names;     /* how many different ones, in the period itself */
};
/* The first of them by count, then by name: *n is how many rows has room for, then how many there
   are. What stands in no row of the period before has before 0. */
int store_read_top(struct store_reader *reader, const struct store_query *query,
                   struct store_top_row *rows, size_t *n, struct store_total *total);

/** A table of those that store_read_tops() makes. */
struct store_top {
    enum store_group group;
    bool is_infection;
    struct store_top_row *rows;
    size_t n; /* how many rows has room for, then how many there are */
    struct store_total total;
};
struct store_count {
    int64_t detections, infections;
};
/* The same for several tables at once, in one walk through the figures: for who wants more than
   one. Of query the tables' own members, group and is_infection, do not count. slots: NULL, or
   zeroed, for what was found in each `slot` days (or seconds) from query->from up to query->to. */
int store_read_tops(struct store_reader *reader, const struct store_query *query,
                    struct store_top *tops, size_t n, struct store_count *slots, int64_t slot);

/* ---- what was not understood ---- */

struct store_unknown {
    int64_t day; /* INT64_MIN: of all of them */
    const char *site, *sender, *product;
    int64_t unknown;   /* messages that no mapping knew */
    int64_t malformed; /* messages that a parser refused a part of */
};
typedef bool store_unknown_fn(void *context, const struct store_unknown *row);
/* Days from..to, each apart or added up, the most first. */
int store_read_unknown(struct store_reader *reader, const char *site, int64_t from, int64_t to,
                       bool is_by_day, store_unknown_fn *on_row, void *context);

/* ---- the gateway itself ---- */

struct store_down {
    int64_t from_ms, until_ms; /* its last tick before, its first behind */
};
typedef bool store_down_fn(void *context, const struct store_down *down);
/* When it did not run, or write, at some moment of from_ms..to_ms and cut to that: the longest
 * first. */
int store_read_downs(struct store_reader *reader, int64_t from_ms, int64_t to_ms,
                     store_down_fn *on_down, void *context);

/* ---- indicators ---- */

struct store_band {
    int64_t kpi;
    const char *key, *scope, *site;
    int64_t from_ms;  /* 0: since before the store knew of it */
    int64_t until_ms; /* INT64_MAX: it is so still */
    int state;        /* enum kpi_state */
    int64_t value;    /* as it was when the state began */
    const char *value_text, *unit, *reason;
};
typedef bool store_band_fn(void *context, const struct store_band *band);
/* States that held at some moment of from_ms..to_ms, by indicator, scope and time. kpi 0: all. */
int store_read_bands(struct store_reader *reader, const char *site, int64_t kpi, int64_t from_ms,
                     int64_t to_ms, store_band_fn *on_band, void *context);

/* value: at the day's end; where it moved and its state did not, as of the day's last hour. */
struct store_value {
    int64_t time_ms, value;
    const char *value_text;
};
typedef bool store_value_fn(void *context, const struct store_value *value);
/* What one indicator's scope said of its value while its state was the same, the newest of each day
   of the site's clocks: of from..to, and the newest before that. By time; none: it says no such. */
int store_read_values(struct store_reader *reader, int64_t kpi, const char *scope, int64_t from,
                      int64_t to, store_value_fn *on_value, void *context);

/* ---- alerts ---- */

struct store_alert {
    int64_t id, kpi;
    const char *key, *scope, *scope_name, *site;
    int64_t opened_ms, closed_ms;    /* INT64_MAX: it is open */
    int state, worst;                /* as said last; enum kpi_state */
    const char *value_text, *reason; /* as said last; of one that is closed, at its worst */
    int64_t ack_ms;                  /* 0: nobody has it in hand */
    const char *ack_name, *ack_note;
};
typedef bool store_alert_fn(void *context, const struct store_alert *alert);
/* Alerts that were open at some moment of from_ms..to_ms, the oldest first. */
int store_read_alerts(struct store_reader *reader, const char *site, int64_t from_ms, int64_t to_ms,
                      store_alert_fn *on_alert, void *context);

struct store_alert_event {
    uint64_t sequence; /* of its record */
    int kind;          /* enum gw_kind: one of alert.* */
    int64_t time_ms;
    int state, old_state;
    const char *value_text, *reason, *ack_name, *ack_note;
};
typedef bool store_alert_event_fn(void *context, const struct store_alert_event *event);
int store_read_alert_events(struct store_reader *reader, int64_t alert,
                            store_alert_event_fn *on_event, void *context);

/* ---- for `eogctl store verify` ---- */

typedef void store_finding_fn(void *context, const char *text);
/* Every page and index, and that hours and days of each site agree where both are kept whole by one
   clock. *findings: how many were told. */
int store_read_check(struct store_reader *reader, store_finding_fn *on_finding, void *context,
                     uint64_t *findings);

#endif
