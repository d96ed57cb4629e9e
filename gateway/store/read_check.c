/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `eogctl store verify` looks at: SQLite's own pages, that no figure is below 0, and that
 * hours and days agree. Hours go long before days do, and each site's days are of its own clocks:
 * of each site what is compared are the days whose hours are all there. Where a site's clocks were
 * set otherwise meanwhile nobody knows any more which hours were of which day.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/error.h"
#include "gateway/store/period.h"
#include "gateway/store/store_internal.h"

struct check {
    struct store_reader *reader;
    store_finding_fn *on_finding;
    void *context;
    uint64_t findings;
    struct store_extent extent;
    struct map *sites; /* struct site_sums by number */
};

struct site_sums {
    char name[STORE_NAME_MAX + 1];
    bool is_judged;
    int64_t hours_from, days_from; /* seconds since 1970; day */
    int64_t hours, days;
};

static void find(struct check *c, const char *text)
{
    c->on_finding(c->context, text);
    c->findings++;
}

static void find_rows(struct check *c, const char *sql)
{
    struct store_db *db = &c->reader->db;
    sqlite3_stmt *row;
    for (bool has = store_db_row(db, &row, sql, ""); has; has = store_db_next(db, row)) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        if (text && strcmp(text, "ok") != 0)
            find(c, text);
    }
}

/* ---- hours and days ---- */

static int64_t clocks_of(struct check *c, const char *site)
{
    return store_db_int(&c->reader->db, 0,
                        "SELECT count(DISTINCT zone) FROM zone_rule WHERE site COLLATE NOCASE = ?",
                        "t", site);
}

static void set_beginning(struct check *c, struct site_sums *site)
{
    char name[64];
    int64_t clocks = clocks_of(c, site->name);
    site->hours_from = site->days_from = INT64_MIN;
    site->is_judged = c->extent.hours_from <= 0;
    if (site->is_judged) /* nothing went yet */
        return;
    struct zone *zone = store_site_zone(c->reader, site->name, name, sizeof name);
    int64_t first = store_day(zone, c->extent.hours_from * 1000) + 1;
    site->days_from = first > c->extent.days_from ? first : c->extent.days_from;
    site->hours_from = store_day_begin_ms(zone, site->days_from) / 1000;
    site->is_judged = (clocks ? clocks : clocks_of(c, "")) <= 1;
    zone_free(zone);
}

static struct site_sums *sums_of(struct check *c, int64_t number)
{
    struct slice key = slice_of((const char *)&number, sizeof number);
    struct site_sums *site = map_get(c->sites, key);
    sqlite3_stmt *row;
    if (site)
        return site;
    site = gw_alloc(sizeof *site);
    map_put(c->sites, key, site);
    if (store_db_row(&c->reader->db, &row, "SELECT text FROM name WHERE id = ?", "i", number)) {
        store_db_copy(row, 0, site->name, sizeof site->name);
        store_db_done(row);
    }
    set_beginning(c, site);
    return site;
}

/* sql: site, hour or day, count. */
static void add_up(struct check *c, const char *sql, bool is_by_hour)
{
    struct store_db *db = &c->reader->db;
    sqlite3_stmt *row;
    for (bool has = store_db_row(db, &row, sql, ""); has; has = store_db_next(db, row)) {
        struct site_sums *site = sums_of(c, sqlite3_column_int64(row, 0));
        if (sqlite3_column_int64(row, 1) >= (is_by_hour ? site->hours_from : site->days_from))
            *(is_by_hour ? &site->hours : &site->days) += sqlite3_column_int64(row, 2);
    }
}

static void compare(struct check *c)
{
    size_t at = 0;
    struct slice key;
    void *value;
    c->sites = map_new();
    add_up(c, "SELECT site, hour, sum(n) FROM detection_hour GROUP BY 1, 2", true);
    add_up(c, "SELECT site, day, sum(n) FROM detection_day GROUP BY 1, 2", false);
    while (map_next(c->sites, &at, &key, &value)) {
        const struct site_sums *site = value;
        char text[sizeof site->name + 100];
        snprintf(text, sizeof text, "hours and days of site %s differ: %" PRId64 " and %" PRId64,
                 site->name, site->hours, site->days);
        if (site->is_judged && site->hours != site->days && c->reader->db.result == GW_OK)
            find(c, text);
    }
    map_free(c->sites, free);
}

/* Only what was taken away can be below 0: without any there is nothing to be sorted. */
#define KEYS "site, kind, product, malware, source, computer, action"
#define BELOW_0(period)                                                                            \
    "SELECT c || ' figures by the " period " are below 0' FROM (SELECT count(*) c FROM (SELECT 1"  \
    " FROM detection_" period " WHERE EXISTS (SELECT 1 FROM detection_" period " WHERE n < 0)"     \
    " GROUP BY " period ", " KEYS " HAVING sum(n) < 0)) WHERE c > 0"

int store_read_check(struct store_reader *reader, store_finding_fn *on_finding, void *context,
                     uint64_t *findings)
{
    struct check c = {.reader = reader, .on_finding = on_finding, .context = context};
    find_rows(&c, "PRAGMA integrity_check");
    find_rows(&c, BELOW_0("hour"));
    find_rows(&c, BELOW_0("day"));
    if (store_read_extent(reader, &c.extent) == GW_OK)
        compare(&c);
    *findings = c.findings;
    return reader->db.result;
}
