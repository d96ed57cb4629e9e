/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_STORE_SUPPORT_H
#define TESTS_GATEWAY_STORE_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/schema/event.h"
#include "gateway/store/fill.h"
#include "tests/gateway/journal/support.h"

/** A database, and records as a journal would have them. */
enum { ST_RECORDS_MAX = 4096 };
struct st_world {
    char dir[JT_PATH], path[JT_PATH + 16];
    struct store_fill_options options;
    struct store_fill *fill;
    struct gw_event *event;             /* the one that is made */
    struct buf records[ST_RECORDS_MAX]; /* by sequence; empty: let go */
    uint64_t sequence;
    int result; /* of the last take or commit */
};

struct st_world *st_begin(const char *name);
void st_end(struct st_world *world);
/* Open at what the database has; false with the error in world->result, trouble in st_trouble. */
bool st_open(struct st_world *world);
extern char st_trouble[200];
/* As a kill does: what was not committed is gone. The records stay. */
void st_kill(struct st_world *world);
/* Takes all records behind the cursor, and commits. */
void st_catch_up(struct st_world *world);

/* "site=zone" lines as settings; of a record's raw text. */
int st_read_sites(struct slice settings, struct arena *arena, struct store_site **sites);

/* Makers: fill world->event; st_put() appends, takes, and gives its sequence. */
struct gw_event *st_new(struct st_world *world, enum gw_kind kind, int64_t time_ms);
void st_text(struct st_world *world, enum gw_field field, const char *text);
void st_malware(struct st_world *world, int64_t time_ms, const char *computer, const char *malware);
uint64_t st_append(struct st_world *world);
uint64_t st_put(struct st_world *world);
uint64_t st_tick(struct st_world *world, int64_t time_ms);
/* It ran since the tick before, though those between are not written. Commits. */
void st_tick_on(struct st_world *world, int64_t time_ms);
uint64_t st_settings(struct st_world *world, const char *lines);
void st_correction(struct st_world *world, uint64_t of, uint32_t revision);
void st_commit(struct st_world *world);

/* One number of a statement on the file, by a connection of its own; -1: no row. */
int64_t st_sql(const char *path, const char *sql);
int64_t st_utc(int year, int month, int day, int hour, int minute);

#endif
