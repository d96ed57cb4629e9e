/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records for the store, without a journal. */
#include "tests/gateway/store/support.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"

char st_trouble[200];

static bool fetch(void *context, uint64_t sequence, struct gw_event *out)
{
    struct st_world *world = context;
    return sequence <= world->sequence && world->records[sequence].n &&
           gw_event_decode(buf_get(&world->records[sequence]), out) == GW_OK;
}

int st_read_sites(struct slice settings, struct arena *arena, struct store_site **sites)
{
    int n = 0;
    struct slice line, id, zone, name;
    *sites = arena_alloc(arena, 64 * sizeof **sites);
    while (settings.n && n < 64) {
        slice_cut(settings, '\n', &line, &settings);
        slice_cut(line, '=', &id, &zone);
        slice_cut(zone, '=', &zone, &name);
        (*sites)[n++] = (struct store_site){.id = arena_text(arena, id),
                                            .zone = zone.n ? arena_text(arena, zone) : NULL,
                                            .name = name.n ? arena_text(arena, name) : NULL};
    }
    return n;
}

struct st_world *st_begin(const char *name)
{
    struct st_world *world = gw_alloc(sizeof *world);
    jt_dir(world->dir, name);
    mkdir(world->dir, 0700);
    jt_log_capture();
    snprintf(world->path, sizeof world->path, "%s/store.db", world->dir);
    world->event = gw_alloc(sizeof *world->event);
    world->options = (struct store_fill_options){
        .path = world->path,
        .epoch = "0123456789abcdef",
        .oldest = 1,
        .committed = ST_RECORDS_MAX,
        .hours_ms = INT64_C(86400000) * 40,
        .days_ms = INT64_C(86400000) * 400,
        .max_bytes = INT64_MAX,
        .read_sites = st_read_sites,
        .fetch = fetch,
        .context = world,
    };
    CU_ASSERT_FATAL(st_open(world));
    return world;
}

bool st_open(struct st_world *world)
{
    world->result = store_fill_open(&world->options, &world->fill, st_trouble, sizeof st_trouble);
    return world->result == GW_OK;
}

void st_kill(struct st_world *world)
{
    store_fill_close(world->fill);
    world->fill = NULL;
}

void st_end(struct st_world *world)
{
    st_kill(world);
    for (size_t i = 0; i < ST_RECORDS_MAX; i++)
        buf_free(&world->records[i]);
    jt_remove(world->dir);
    jt_log_clear();
    free(world->event);
    free(world);
}

static void take(struct st_world *world, uint64_t sequence)
{
    struct journal_record record = {sequence, buf_get(&world->records[sequence])};
    if (record.payload.n)
        world->result = store_fill_take(world->fill, &record);
}

void st_catch_up(struct st_world *world)
{
    for (uint64_t i = store_fill_cursor(world->fill) + 1; i <= world->sequence; i++)
        take(world, i);
    st_commit(world);
}

/* ---- records ---- */

struct gw_event *st_new(struct st_world *world, enum gw_kind kind, int64_t time_ms)
{
    gw_event_clear(world->event);
    world->event->kind = (uint16_t)kind;
    world->event->time_ms = world->event->received_ms = time_ms;
    return world->event;
}

void st_text(struct st_world *world, enum gw_field field, const char *text)
{
    gw_event_set_text(world->event, field, slice_from(text));
}

void st_malware(struct st_world *world, int64_t time_ms, const char *computer, const char *malware)
{
    st_new(world, GW_KIND_MALWARE_CLEANED, time_ms)->transport = GW_TRANSPORT_TCP;
    st_text(world, GW_FIELD_PEER, "192.0.2.10");
    st_text(world, GW_FIELD_SITE, "hq");
    st_text(world, GW_FIELD_MAPPING, "trendmicro/apex-central");
    st_text(world, GW_FIELD_PRODUCT_NAME, "Apex Central");
    st_text(world, GW_FIELD_HOST_NAME, computer);
    st_text(world, GW_FIELD_MALWARE_NAME, malware);
}

uint64_t st_append(struct st_world *world)
{
    CU_ASSERT_FATAL(world->sequence + 1 < ST_RECORDS_MAX);
    gw_event_encode(world->event, &world->records[++world->sequence]);
    return world->sequence;
}

uint64_t st_put(struct st_world *world)
{
    uint64_t sequence = st_append(world);
    take(world, sequence);
    CU_ASSERT_EQUAL(world->result, GW_OK);
    return sequence;
}

uint64_t st_tick(struct st_world *world, int64_t time_ms)
{
    st_new(world, GW_KIND_GATEWAY_TICK, time_ms);
    return st_put(world);
}

void st_tick_on(struct st_world *world, int64_t time_ms)
{
    char sql[80];
    st_tick(world, time_ms);
    st_commit(world);
    snprintf(sql, sizeof sql, "DELETE FROM down WHERE until_ms = %" PRId64, time_ms);
    st_sql(world->path, sql);
}

uint64_t st_settings(struct st_world *world, const char *lines)
{
    struct gw_event *event = st_new(world, GW_KIND_GATEWAY_CONFIG, 0);
    st_text(world, GW_FIELD_LOAD_TYPE, "settings");
    event->raw = event->text = slice_from(lines);
    return st_put(world);
}

void st_correction(struct st_world *world, uint64_t of, uint32_t revision)
{
    world->event->correction = (struct gw_correction){.of = of, .revision = revision};
}

void st_commit(struct st_world *world)
{
    world->result = store_fill_commit(world->fill, world->sequence);
}

/* ---- looking ---- */

int64_t st_sql(const char *path, const char *sql)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *row = NULL;
    int64_t n = -1;
    if (sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        store_figures_register(sqlite) == SQLITE_OK &&
        sqlite3_prepare_v2(sqlite, sql, -1, &row, NULL) == SQLITE_OK) {
        if (sqlite3_step(row) == SQLITE_ROW)
            n = sqlite3_column_int64(row, 0);
    } else {
        printf("\n    %s: %s\n", sql, sqlite3_errmsg(sqlite));
    }
    sqlite3_finalize(row);
    sqlite3_close(sqlite);
    return n;
}

int64_t st_utc(int year, int month, int day, int hour, int minute)
{
    const struct civil civil = {year, month, day, hour, minute, 0, 0};
    return civil_to_ms(&civil);
}
