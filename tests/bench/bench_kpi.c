/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the indicator engine costs: CPU time per record and memory per computer, for a mix as a
 * console sends it, with ticks each second of traffic, then one look with everything known, a
 * snapshot and a checkpoint.
 *
 *     bench_kpi MAPPINGS [HOSTS [RECORDS [RATE]]]     RATE: records per second of event time
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/xml/document.h"

static const int64_t BEGIN_MS = INT64_C(1767600000000);
enum { POOL = 64 }; /* few, as the engine sees one decoded record after another: in the cache */

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static long rss_kb(void)
{
    long pages = 0, ignored;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &ignored, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct bench {
    struct kpi_engine *engine;
    struct gw_event *pool; /* records made before the clock runs */
    struct arena arena;
    struct gw_event *own;
    uint64_t sequence, random;
    int64_t now_ms;
    unsigned long hosts, records, rate;
    uint64_t said;
};

static void on_emit(void *context, uint64_t number, const struct gw_event *event)
{
    struct bench *b = context;
    (void)event;
    b->said = number;
}

static void apply(struct bench *b, struct gw_event *event)
{
    event->sequence = ++b->sequence;
    kpi_engine_apply(b->engine, event);
}

static void load(struct bench *b, enum kpi_load load, const char *folder, const char *name)
{
    char path[1024], hash[KPI_LOAD_HASH_MAX];
    struct buf text = {0};
    struct diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (xml_read_file(path, &text, &diag) != GW_OK) {
        diag_print(&diag, stderr);
        exit(2);
    }
    kpi_record_load(b->own, load, slice_from(path), buf_get(&text), b->now_ms, hash);
    apply(b, b->own);
    buf_free(&text);
}

static void inventory(struct bench *b)
{
    char hash[KPI_LOAD_HASH_MAX];
    struct buf text = {0};
    buf_slice(&text, SLICE("site,name,role\ndefault,osce01,product\n"));
    for (unsigned long i = 0; i < b->hosts; i++)
        buf_printf(&text, "default,wks-%06lu,host\n", i);
    kpi_record_load(b->own, KPI_LOAD_INVENTORY, SLICE("inventory"), buf_get(&text), b->now_ms,
                    hash);
    apply(b, b->own);
    buf_free(&text);
}

static void tick(struct bench *b)
{
    struct clock_reading now = {.wall_ms = b->now_ms, .mono_ms = b->now_ms - BEGIN_MS + 1000};
    kpi_record_tick(b->own, now, SLICE("boot"));
    apply(b, b->own);
}

static void text(struct gw_event *event, enum gw_field field, const char *value)
{
    gw_event_set_text(event, field, slice_from(value));
}

/* 45 % pattern and engine status, 40 % infections, 10 % suspected, 5 % others. */
static void fill(struct bench *b, struct gw_event *event, uint64_t host)
{
    static const enum gw_kind infections[] = {GW_KIND_MALWARE_CLEANED, GW_KIND_MALWARE_QUARANTINED,
                                              GW_KIND_MALWARE_DELETED,
                                              GW_KIND_MALWARE_CLEAN_FAILED};
    unsigned turn = (unsigned)(next(&b->random) % 100);
    gw_event_clear(event);
    event->transport = GW_TRANSPORT_TCP;
    event->kind = GW_KIND_SYSTEM_STATUS;
    text(event, GW_FIELD_MAPPING, "trendmicro/apex-central");
    text(event, GW_FIELD_PEER, "192.0.2.10");
    text(event, GW_FIELD_PRODUCT_VENDOR, "Trend Micro");
    text(event, GW_FIELD_PRODUCT_NAME, "Apex Central");
    text(event, GW_FIELD_PRODUCT_VERSION, "2019");
    text(event, GW_FIELD_SYSLOG_HOSTNAME, "apexcentral01");
    text(event, GW_FIELD_HOST_NAME, arena_printf(&b->arena, "WKS-%06" PRIu64, host));
    text(event, GW_FIELD_HOST_IP,
         arena_printf(&b->arena, "10.%u.%u.%u", (unsigned)(host >> 16), (unsigned)(host >> 8 & 255),
                      (unsigned)(host & 255)));
    text(event, GW_FIELD_EVENT_KEY,
         arena_printf(&b->arena, "0C43407C83F9-%016" PRIx64, next(&b->random)));
    if (turn < 45) {
        bool is_behind = next(&b->random) % 20 == 0;
        event->kind = is_behind ? GW_KIND_CONTENT_OUTDATED : GW_KIND_CONTENT_CURRENT;
        gw_event_set_int(event, GW_FIELD_AGENT_CONNECTION, next(&b->random) % 20 != 0);
        gw_event_set_int(event, GW_FIELD_COMPONENT_TYPE, 1 + turn % 2);
        text(event, GW_FIELD_COMPONENT_ID, turn % 2 ? "2048" : "4096");
        gw_event_set_int(event, GW_FIELD_COMPONENT_NUMBER, 1930100 + (turn % 5) * 200);
        gw_event_set_int(event, GW_FIELD_CONTENT_LAG, is_behind ? 4 : 0);
        text(event, GW_FIELD_PRODUCT_HOST, "osce01");
        return;
    }
    if (turn >= 95)
        return;
    event->kind = turn < 85 ? infections[turn % 4] : GW_KIND_MALWARE_SUSPECTED;
    text(event, GW_FIELD_MALWARE_NAME,
         arena_printf(&b->arena, "TROJ_GEN.%03u", (unsigned)(next(&b->random) % 200)));
    text(event, GW_FIELD_PRODUCT_HOST, "osce01");
    if (turn % 2)
        text(event, GW_FIELD_SOURCE_NAME,
             arena_printf(&b->arena, "\\\\FILESRV%02u\\share", (unsigned)(next(&b->random) % 40)));
}

/* Batches of POOL records are made off the clock. Returns the seconds that the engine took. */
static double run(struct bench *b, bool each_host_once)
{
    double spent = 0;
    unsigned long done = 0, n = each_host_once ? b->hosts : b->records, since_tick = 0;
    while (done < n) {
        size_t batch = n - done < POOL ? n - done : POOL;
        arena_reset(&b->arena);
        for (size_t i = 0; i < batch; i++)
            fill(b, &b->pool[i], each_host_once ? done + i : next(&b->random) % b->hosts);
        double begin = cpu_s();
        for (size_t i = 0; i < batch; i++) {
            b->pool[i].time_ms = b->pool[i].received_ms = b->now_ms;
            apply(b, &b->pool[i]);
            if (++since_tick == b->rate) {
                b->now_ms += 1000;
                since_tick = 0;
                tick(b);
            }
        }
        spent += cpu_s() - begin;
        done += batch;
    }
    return spent;
}

static void look(struct bench *b)
{
    struct buf bytes = {0};
    double begin = cpu_s();
    b->now_ms += 60000;
    tick(b);
    double looked = cpu_s();
    struct snapshot *snapshot = kpi_engine_snapshot(b->engine, false);
    double shown = cpu_s();
    kpi_engine_save(b->engine, &bytes);
    double saved = cpu_s();
    printf("  a look %.2f ms, a snapshot of %zu rows %.2f ms, a checkpoint of %.1f MB %.1f ms\n",
           1e3 * (looked - begin), snapshot->n_kpis, 1e3 * (shown - looked), (double)bytes.n / 1e6,
           1e3 * (saved - shown));
    snapshot_put(snapshot);
    buf_free(&bytes);
}

/* A watchlist of that many patterns, every tenth a prefix: to be loaded, and asked with names that
   are on it and names that are not. */
static void watch(struct bench *b, unsigned long n)
{
    enum { NAMES = 1000000 };
    struct buf text = {0};
    struct diag diag = {0};
    struct kpi_watchlist *list = NULL;
    size_t hits = 0;
    buf_slice(&text, SLICE("<watchlist>\n"));
    for (unsigned long i = 0; i < n; i++)
        buf_printf(&text, "<entry pattern=\"TROJ_FAMILY%lu.%s\" risk=\"high\"/>\n", i,
                   i % 10 ? "A" : "*");
    buf_slice(&text, SLICE("</watchlist>\n"));
    long before_kb = rss_kb();
    double begin = cpu_s();
    if (kpi_watchlist_load_text(buf_get(&text), "watch", NULL, &diag, &list))
        abort();
    double loaded = cpu_s();
    long after_kb = rss_kb();
    for (unsigned long i = 0; i < NAMES; i++) {
        char name[64];
        int length = snprintf(name, sizeof name, "troj_family%lu.A", next(&b->random) % (2 * n));
        hits += kpi_watchlist_match(list, slice_of(name, (size_t)length)) != NULL;
    }
    printf("  a watchlist of %zu patterns (%.1f MB): loaded in %.0f ms, %ld kB; %.0f ns a name, "
           "%.1f %% hit\n",
           kpi_watchlist_count(list), (double)text.n / 1e6, 1e3 * (loaded - begin),
           after_kb - before_kb, 1e9 * (cpu_s() - loaded) / NAMES, 100.0 * (double)hits / NAMES);
    kpi_watchlist_free(list);
    diag_free(&diag);
    buf_free(&text);
}

static unsigned long argument(int argc, char **argv, int at, unsigned long fallback)
{
    unsigned long n = argc > at ? strtoul(argv[at], NULL, 10) : fallback;
    return n ? n : fallback;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: bench_kpi MAPPINGS [HOSTS [RECORDS [RATE]]]\n", stderr);
        return 2;
    }
    struct bench *b = gw_alloc(sizeof *b);
    b->hosts = argument(argc, argv, 2, 10000);
    b->records = argument(argc, argv, 3, 1000000);
    b->rate = argument(argc, argv, 4, 1000);
    b->random = 88172645463325252u;
    b->now_ms = BEGIN_MS;
    b->pool = gw_alloc(POOL * sizeof *b->pool);
    b->own = gw_alloc(sizeof *b->own);
    arena_init(&b->arena, 0);
    xml_init();
    b->engine = kpi_engine_new(0, on_emit, b);
    load(b, KPI_LOAD_CATALOGUE, argv[1], "kpi.xml");
    load(b, KPI_LOAD_WATCHLIST, argv[1], "watchlist.xml");
    for (size_t i = 0; i < POOL; i++)
        fill(b, &b->pool[i], 0); /* its memory is not the engine's */
    long before_kb = rss_kb();
    inventory(b);
    tick(b);
    double first = run(b, true);
    double steady = run(b, false);
    struct kpi_engine_figures figures;
    kpi_engine_figures(b->engine, &figures);
    printf("%lu computers, %lu records, %lu/s of event time, %" PRIu64 " looks, %" PRIu64
           " words\n",
           b->hosts, b->records, b->rate, figures.evaluations, b->said);
    printf("  %.0f ns a record with ticks (%.0f ns where each is a new computer's)\n",
           1e9 * steady / (double)b->records, 1e9 * first / (double)b->hosts);
    printf("  %.0f bytes a computer by count (%.1f MB); resident set grew by %ld kB\n",
           (double)figures.bytes / (double)b->hosts, (double)figures.bytes / 1e6,
           rss_kb() - before_kb);
    look(b);
    watch(b, 100000);
    kpi_engine_free(b->engine);
    arena_fini(&b->arena);
    free(b->pool);
    free(b->own);
    free(b);
    xml_fini();
    return 0;
}
