/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store takes in: a journal of detections alone is made, then the store's thread is
 * started on it and measured until it is at the end, as after a long outage of it.
 *
 *     bench_store FOLDER [COMPUTERS [RECORDS [MALWARE [KEYS]]]]
 *
 * FOLDER is made and taken away again. KEYS 1: each record has a product's own unique key, as Apex
 * Central's have.
 */
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/schema/event.h"
#include "gateway/store/store.h"

static const int64_t BEGIN_MS = INT64_C(1767600000000);

struct bench {
    char journal[PATH_MAX];
    const char *folder;
    unsigned long computers, records, malware, keys;
    uint64_t random;
    struct arena arena;
    struct gw_event event;
};

static double now_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint64_t next(struct bench *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return b->random;
}

static void text(struct bench *b, enum gw_field field, const char *value)
{
    gw_event_set_text(&b->event, field, slice_from(value));
}

/* 1,000 a second of event time. */
static void fill(struct bench *b, unsigned long number)
{
    static const enum gw_kind kinds[] = {GW_KIND_MALWARE_CLEANED, GW_KIND_MALWARE_QUARANTINED,
                                         GW_KIND_MALWARE_DELETED, GW_KIND_MALWARE_CLEAN_FAILED};
    unsigned computer = (unsigned)(next(b) % b->computers);
    arena_reset(&b->arena);
    gw_event_clear(&b->event);
    b->event.transport = GW_TRANSPORT_TCP;
    b->event.kind = kinds[computer % 4];
    b->event.time_ms = b->event.received_ms = BEGIN_MS + (int64_t)number;
    text(b, GW_FIELD_MAPPING, "trendmicro/apex-central");
    text(b, GW_FIELD_PEER, "192.0.2.10");
    text(b, GW_FIELD_SITE, "hq");
    text(b, GW_FIELD_PRODUCT_VENDOR, "Trend Micro");
    text(b, GW_FIELD_PRODUCT_NAME, "Apex Central");
    text(b, GW_FIELD_HOST_NAME, arena_printf(&b->arena, "WKS-%06u", computer));
    text(b, GW_FIELD_HOST_IP,
         arena_printf(&b->arena, "10.%u.%u.%u", computer >> 16, computer >> 8 & 255,
                      computer & 255));
    text(b, GW_FIELD_MALWARE_NAME,
         arena_printf(&b->arena, "TROJ_GEN.%03u", (unsigned)(next(b) % b->malware)));
    text(b, GW_FIELD_SOURCE_NAME, arena_printf(&b->arena, "FILESRV%02u", computer % 40));
    gw_event_set_int(&b->event, GW_FIELD_DISPOSITION_ID, 1 + computer % 3);
    if (b->keys)
        text(b, GW_FIELD_EVENT_KEY, arena_printf(&b->arena, "0C43407C83F9-%016" PRIx64, next(b)));
}

static struct journal *make_journal(struct bench *b)
{
    struct journal_options options;
    struct journal *journal;
    struct buf bytes = {0};
    uint64_t sequence = 0;
    journal_options_default(&options);
    if (journal_open(b->journal, &options, &journal) != GW_OK)
        return NULL;
    for (unsigned long i = 0; i < b->records; i++) {
        fill(b, i);
        buf_clear(&bytes);
        gw_event_encode(&b->event, &bytes);
        while (journal_append(journal, buf_get(&bytes), &sequence) == GW_ERR_FULL)
            usleep(1000);
    }
    journal_wait_committed(journal, sequence, 60000);
    buf_free(&bytes);
    return journal;
}

static int no_sites(struct slice settings, struct arena *arena, struct store_site **sites)
{
    (void)settings, (void)arena, (void)sites;
    return 0;
}

static int measure(struct bench *b, struct journal *journal)
{
    const struct store_section section = {.is_enabled = true,
                                          .hours_ms = INT64_C(86400000) * 40,
                                          .days_ms = INT64_C(86400000) * 800,
                                          .max_bytes = INT64_C(1) << 32};
    const struct store_options options = {.state_dir = b->folder,
                                          .section = &section,
                                          .journal = journal,
                                          .clock = &clock_system,
                                          .read_sites = no_sites};
    struct store_status status = {0};
    struct store *store;
    struct rusage usage;
    double begin_s = now_s(CLOCK_MONOTONIC), cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID);
    if (store_start(&options, &store) != GW_OK)
        return 1;
    while (store_get_status(store, &status) && status.backlog_records)
        usleep(10000);
    double took_s = now_s(CLOCK_MONOTONIC) - begin_s;
    cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    getrusage(RUSAGE_SELF, &usage);
    printf("%lu detections of %lu computers, %lu names%s: %.2f s, %.0f records/s, %.2f CPU s per "
           "million; %.1f MB, peak RSS %ld kB\n",
           b->records, b->computers, b->malware, b->keys ? ", with keys" : "", took_s,
           (double)b->records / took_s, cpu_s * 1e6 / (double)b->records,
           (double)status.bytes / 1e6, usage.ru_maxrss);
    store_stop(store);
    return status.figures.detections == b->records ? 0 : 1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

static unsigned long argument(int argc, char **argv, int at, unsigned long fallback)
{
    return argc > at ? strtoul(argv[at], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: bench_store FOLDER [COMPUTERS [RECORDS [MALWARE [KEYS]]]]\n", stderr);
        return 2;
    }
    struct bench *b = gw_alloc(sizeof *b);
    b->folder = argv[1];
    b->computers = argument(argc, argv, 2, 10000);
    b->records = argument(argc, argv, 3, 1000000);
    b->malware = argument(argc, argv, 4, 200);
    b->keys = argument(argc, argv, 5, 0);
    b->random = 88172645463325252u;
    arena_init(&b->arena, 0);
    log_set_level(LOG_LEVEL_WARN);
    snprintf(b->journal, sizeof b->journal, "%.4000s/journal", b->folder);
    if (!b->computers || !b->malware || mkdir(b->folder, 0700) != 0) {
        perror(b->folder);
        return 2;
    }
    struct journal *journal = make_journal(b);
    int code = journal ? measure(b, journal) : 1;
    journal_close(journal);
    if (nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        code = 1;
    arena_fini(&b->arena);
    free(b);
    return code;
}
