/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a month's report takes to collect: a store of two months of detections alone, each site
 * with its own computers, few names found often and many seldom; then what reports ask of it.
 *
 *     bench_report FOLDER [RECORDS [SITES [COMPUTERS [MALWARE]]]]
 *
 * RECORDS: of both months together. FOLDER is made, and kept: where store.db is in it that one is
 * read, however it was filled.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/schema/event.h"
#include "gateway/store/fill.h"
#include "gateway/store/read.h"

enum { DAYS = 60, BATCH = 20000, ROWS = 10 };
static const int64_t DAY_MS = 86400000, FIRST_DAY = 20454; /* 2026-01-01 */

struct bench {
    char path[PATH_MAX];
    unsigned long records, sites, computers, malware;
    uint64_t random;
    struct arena arena;
    struct gw_event event;
    struct store_fill *fill;
    struct buf bytes;
};

static double now_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double chance(struct bench *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return (double)(b->random >> 11) / 9007199254740992.0;
}

/* 0..n-1, the first ones most often. */
static unsigned skewed(struct bench *b, unsigned long n)
{
    double u = chance(b);
    return (unsigned)((double)n * u * u * u);
}

static void text(struct bench *b, enum gw_field field, const char *value)
{
    gw_event_set_text(&b->event, field, slice_from(value));
}

static void make(struct bench *b, unsigned long number)
{
    static const enum gw_kind kinds[] = {GW_KIND_MALWARE_CLEANED,   GW_KIND_MALWARE_QUARANTINED,
                                         GW_KIND_MALWARE_BLOCKED,   GW_KIND_WEB_REPUTATION,
                                         GW_KIND_MALWARE_SUSPECTED, GW_KIND_MALWARE_CLEAN_FAILED};
    unsigned site = skewed(b, b->sites), computer = skewed(b, b->computers);
    arena_reset(&b->arena);
    gw_event_clear(&b->event);
    b->event.transport = GW_TRANSPORT_TCP;
    b->event.kind = (uint16_t)kinds[skewed(b, sizeof kinds / sizeof *kinds)];
    b->event.time_ms = b->event.received_ms =
        FIRST_DAY * DAY_MS +
        (int64_t)((double)number * (double)(DAYS * DAY_MS) / (double)b->records);
    text(b, GW_FIELD_MAPPING, "trendmicro/apex-central");
    text(b, GW_FIELD_PEER, "192.0.2.10");
    text(b, GW_FIELD_SITE, arena_printf(&b->arena, "site-%02u", site));
    text(b, GW_FIELD_PRODUCT_NAME, "Apex Central");
    text(b, GW_FIELD_HOST_NAME, arena_printf(&b->arena, "S%02u-WKS-%06u", site, computer));
    text(b, GW_FIELD_MALWARE_NAME, arena_printf(&b->arena, "TROJ_GEN.%05u", skewed(b, b->malware)));
    text(b, GW_FIELD_SOURCE_NAME,
         arena_printf(&b->arena, "S%02u-FILESRV%02u", site, computer % 40));
    gw_event_set_int(&b->event, GW_FIELD_DISPOSITION_ID, 1 + computer % 3);
}

static int no_sites(struct slice settings, struct arena *arena, struct store_site **sites)
{
    (void)settings, (void)arena, (void)sites;
    return 0;
}

static bool no_record(void *context, uint64_t sequence, struct gw_event *out)
{
    (void)context, (void)sequence, (void)out;
    return false;
}

static int fill(struct bench *b)
{
    const struct store_fill_options options = {
        .path = b->path,
        .epoch = "0123456789abcdef",
        .oldest = 1,
        .committed = b->records,
        .hours_ms = 40 * DAY_MS,
        .days_ms = 800 * DAY_MS,
        .max_bytes = INT64_MAX,
        .read_sites = no_sites,
        .fetch = no_record,
    };
    char trouble[200] = "";
    double begin_s = now_s(CLOCK_MONOTONIC);
    int result = store_fill_open(&options, &b->fill, trouble, sizeof trouble);
    for (unsigned long i = 0; i < b->records && result == GW_OK; i++) {
        make(b, i);
        buf_clear(&b->bytes);
        gw_event_encode(&b->event, &b->bytes);
        result = store_fill_take(b->fill, &(struct journal_record){i + 1, buf_get(&b->bytes)});
        if (result == GW_OK && (i % BATCH == BATCH - 1 || i + 1 == b->records))
            result = store_fill_commit(b->fill, i + 1);
    }
    if (result == GW_OK)
        store_fill_note_end(b->fill);
    else
        fprintf(stderr, "bench_report: %s%s\n", trouble,
                b->fill ? store_fill_trouble(b->fill) : "");
    printf("filled: %lu records, %.0f s\n", b->records, now_s(CLOCK_MONOTONIC) - begin_s);
    store_fill_close(b->fill);
    return result;
}

static void ask(struct store_reader *reader, const char *what, struct store_query *query)
{
    struct store_top_row rows[ROWS];
    struct store_total total;
    size_t n = ROWS;
    double wall_s = now_s(CLOCK_MONOTONIC), cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID);
    store_read_top(reader, query, rows, &n, &total);
    printf("%-20s %d: %zu names, %" PRId64 " and %" PRId64 " found: %.3f s, %.3f CPU s\n", what,
           (int)query->group, n, total.n, total.before, now_s(CLOCK_MONOTONIC) - wall_s,
           now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s);
}

static void ask_all(struct store_reader *reader, const char *what, const struct store_query *query)
{
    static struct store_top_row rows[STORE_GROUPS][ROWS];
    static struct store_count slots[DAYS];
    struct store_top tops[STORE_GROUPS];
    for (size_t i = 0; i < STORE_GROUPS; i++)
        tops[i] = (struct store_top){(enum store_group)i, i < STORE_BY_PRODUCT, rows[i], ROWS, {0}};
    double wall_s = now_s(CLOCK_MONOTONIC), cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID);
    store_read_tops(reader, query, tops, STORE_GROUPS, slots, 1);
    printf("%-20s all: %.3f s, %.3f CPU s\n", what, now_s(CLOCK_MONOTONIC) - wall_s,
           now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s);
}

static int measure(struct bench *b)
{
    struct store_reader *reader;
    char trouble[200];
    if (store_reader_open(b->path, &reader, trouble, sizeof trouble) != GW_OK ||
        store_reader_begin(reader) != GW_OK) {
        fprintf(stderr, "bench_report: %s\n", trouble);
        return 1;
    }
    struct store_query query = {.from = FIRST_DAY + DAYS / 2,
                                .to = FIRST_DAY + DAYS,
                                .before_from = FIRST_DAY,
                                .before_to = FIRST_DAY + DAYS / 2};
    for (int i = STORE_BY_MALWARE; i < STORE_GROUPS; i++) {
        query.group = (enum store_group)i;
        query.is_infection = i < STORE_BY_PRODUCT;
        ask(reader, "all", &query);
    }
    ask_all(reader, "all", &query);
    query.site = "site-00";
    query.group = STORE_BY_MALWARE;
    ask(reader, "one site", &query);
    ask_all(reader, "one site", &query);
    store_reader_end(reader);
    store_reader_close(reader);
    return 0;
}

static unsigned long argument(int argc, char **argv, int at, unsigned long fallback)
{
    return argc > at ? strtoul(argv[at], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: bench_report FOLDER [RECORDS [SITES [COMPUTERS [MALWARE]]]]\n", stderr);
        return 2;
    }
    struct bench *b = gw_alloc(sizeof *b);
    b->records = argument(argc, argv, 2, 5000000);
    b->sites = argument(argc, argv, 3, 20);
    b->computers = argument(argc, argv, 4, 500);
    b->malware = argument(argc, argv, 5, 2000);
    b->random = 88172645463325252u;
    arena_init(&b->arena, 0);
    log_set_level(LOG_LEVEL_WARN);
    snprintf(b->path, sizeof b->path, "%.4000s/store.db", argv[1]);
    mkdir(argv[1], 0700);
    int code = access(b->path, F_OK) == 0 || fill(b) == GW_OK ? measure(b) : 1;
    arena_fini(&b->arena);
    buf_free(&b->bytes);
    free(b);
    return code;
}
