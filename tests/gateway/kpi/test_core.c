/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's thread on a real journal: what it says is there once, whenever the process died. */
#include "gateway/kpi/core.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/thread.h"
#include "gateway/journal/io.h"
#include "gateway/journal/journal_internal.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static const int64_t BEGIN = INT64_C(1767600000000);
static char dir[64], checkpoint[64];

static void empty(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *e; (e = readdir(folder));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(folder), e->d_name, 0);
    closedir(folder);
    rmdir(path);
}

static void clean(void)
{
    char cursors[80];
    snprintf(cursors, sizeof cursors, "%s/cursors", dir);
    empty(cursors);
    empty(dir);
    rmdir(dir);
    unlink(checkpoint);
}

static struct journal *open_journal(void)
{
    struct journal_options options;
    struct journal *journal = NULL;
    journal_options_default(&options);
    options.sync = false;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    return journal;
}

/* The records of a journal in memory from..to, appended and committed. */
static void append(struct journal *journal, const struct kt_journal *from, size_t begin)
{
    uint64_t sequence = 0;
    for (size_t i = begin; i < from->n; i++) {
        size_t start = i ? from->ends[i - 1] : 0;
        struct slice bytes = slice_of(from->bytes.p + start, from->ends[i] - start);
        CU_ASSERT_EQUAL_FATAL(journal_append(journal, bytes, &sequence), GW_OK);
    }
    CU_ASSERT_EQUAL(journal_wait_committed(journal, sequence, 20000), GW_OK);
}

struct running {
    struct journal *journal;
    struct snapshot_board *board;
    struct kpi_core *core;
};

static struct running start(bool has_checkpoint)
{
    struct running r = {.journal = open_journal(), .board = snapshot_board_new()};
    struct kpi_core_options options = {.checkpoint = has_checkpoint ? checkpoint : NULL, .seed = 5};
    CU_ASSERT_EQUAL_FATAL(kpi_core_start(&options, r.journal, r.board, &r.core), GW_OK);
    return r;
}

static void stop(struct running *r)
{
    kpi_core_stop(r->core);
    snapshot_board_free(r->board);
    journal_close(r->journal);
}

/* Until a snapshot that is not catching up stands at the sequence or behind it. */
static const struct snapshot *await(struct running *r, uint64_t sequence)
{
    for (int i = 0; i < 20000; i++) {
        const struct snapshot *s = snapshot_get(r->board);
        if (s && !s->is_catching_up && s->sequence >= sequence)
            return s;
        if (s)
            snapshot_put(s);
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    CU_FAIL_FATAL("no snapshot came");
    return NULL;
}

static bool count_raised(void *context, const struct journal_record *record)
{
    int *n = context;
    *n += gw_event_peek_kind(record->payload) == GW_KIND_ALERT_RAISED;
    return true;
}

static int raised(void)
{
    struct journal_scan scan;
    int n = 0;
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, count_raised, &n), GW_OK);
    return n;
}

/* The engine's thread; 0: none. */
static pid_t engine_thread(void)
{
    char path[300], name[16] = "";
    pid_t found = 0;
    DIR *tasks = opendir("/proc/self/task");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tasks);
    for (struct dirent *e; !found && (e = readdir(tasks));) {
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
        FILE *file = fopen(path, "r");
        if (file && fgets(name, sizeof name, file) && strcmp(name, "kpi\n") == 0)
            found = (pid_t)atoi(e->d_name);
        if (file)
            fclose(file);
    }
    closedir(tasks);
    return found;
}

/* Until the engine's thread has that niceness. */
static bool has_niceness(pid_t thread, int niceness, int looks)
{
    for (int i = 0; i < looks; i++) {
        if (getpriority(PRIO_PROCESS, (id_t)thread) == niceness)
            return true;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return false;
}

/* What it judges was received long ago: it goes first until it has come to the end. */
static void test_behind(void)
{
    enum { TOGETHER = 500, BURST = 100, BURSTS_MAX = 20 }; /* faster than any engine judges */
    struct slice records[TOGETHER];
    struct gw_event event;
    struct buf bytes = {0};
    if (geteuid() != 0 || sysconf(_SC_NPROCESSORS_ONLN) < 2)
        return; /* who may not go first does not */
    struct running r = start(false);
    pid_t thread = engine_thread();
    CU_ASSERT_TRUE(has_niceness(thread, GW_THREAD_ENGINE, 20000));
    snapshot_put(await(&r, 0)); /* what it finds at the start is no news that is late */
    gw_event_clear(&event);
    event.kind = GW_KIND_MALWARE_FOUND;
    event.received_ms = event.time_ms = BEGIN;
    gw_event_encode(&event, &bytes);
    for (int i = 0; i < TOGETHER; i++)
        records[i] = buf_get(&bytes);
    bool was_first = false;
    for (int burst = 0; burst < BURSTS_MAX && !was_first; burst++) {
        uint64_t sequence;
        for (int i = 0; i < BURST && !was_first; i++) {
            journal_append_all(r.journal, records, TOGETHER, &sequence);
            was_first = getpriority(PRIO_PROCESS, (id_t)thread) == -10;
        }
        was_first = was_first || has_niceness(thread, -10, 100);
    }
    CU_ASSERT_TRUE(was_first);
    CU_ASSERT_TRUE(has_niceness(thread, GW_THREAD_ENGINE, 20000));
    buf_free(&bytes);
    stop(&r);
    clean();
}

/* Loads, a tick, an outbreak notice. */
static void prepare(struct kt_journal *records)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    kt_begin(records, SLICE_NONE, NULL, SLICE_NONE, BEGIN);
    kt_message(event, GW_KIND_MALWARE_OUTBREAK, "wks-1", BEGIN);
    kt_append(records, event);
    free(event);
}

static void test_live(void)
{
    struct kt_journal records = {0};
    struct kpi_core_status status;
    clean();
    struct running r = start(true);
    const struct snapshot *s = await(&r, 0);
    CU_ASSERT_EQUAL(s->n_summary, 0); /* nothing is known yet */
    snapshot_put(s);
    prepare(&records);
    kt_append_tick(&records, BEGIN + 5000, 6000, "boot-1");
    append(r.journal, &records, 0);
    s = await(&r, records.n);
    CU_ASSERT_EQUAL(kt_row(s, "outbreak", "default")->state, KPI_CRITICAL);
    CU_ASSERT_EQUAL(s->n_alerts, 1);
    snapshot_put(s);
    stop(&r);
    CU_ASSERT_EQUAL(raised(), 1);
    /* Again from the checkpoint, then from the journal alone: known, not said again. */
    for (int has_checkpoint = 1; has_checkpoint >= 0; has_checkpoint--) {
        r = start(has_checkpoint);
        s = await(&r, records.n);
        CU_ASSERT_EQUAL(s->n_alerts, 1);
        CU_ASSERT_EQUAL(kt_row(s, "outbreak", "default")->state, KPI_CRITICAL);
        snapshot_put(s);
        kpi_core_get_status(r.core, &status);
        CU_ASSERT_FALSE(status.is_catching_up);
        CU_ASSERT_EQUAL(status.emissions_appended, 0);
        CU_ASSERT_EQUAL(status.emissions_known, has_checkpoint ? 0 : 1);
        CU_ASSERT_EQUAL(status.damaged_records, 0);
        CU_ASSERT_TRUE(status.figures.scopes >= 1 && status.figures.hosts >= 1);
        stop(&r);
        CU_ASSERT_EQUAL(raised(), 1);
    }
    kt_journal_free(&records);
}

/* A journal of hours is judged again in moments, and not kept after each of its minutes. */
static void test_replay(void)
{
    enum { TICKS = 300, APART_MS = 90000 };
    struct kt_journal records = {0};
    struct kpi_core_status status;
    clean();
    kt_begin(&records, SLICE_NONE, NULL, SLICE_NONE, BEGIN); /* nothing to say of it */
    for (int i = 1; i <= TICKS; i++)
        kt_append_tick(&records, BEGIN + (int64_t)i * APART_MS, 6000 + (int64_t)i * APART_MS,
                       "boot-1");
    struct journal *journal = open_journal();
    append(journal, &records, 0);
    journal_close(journal);
    struct running r = start(true);
    snapshot_put(await(&r, records.n));
    kpi_core_get_status(r.core, &status);
    CU_ASSERT_TRUE(status.checkpoints < TICKS / 10); /* one a minute of ours, however slow it is */
    stop(&r);
    CU_ASSERT_EQUAL(access(checkpoint, R_OK), 0);
    kt_journal_free(&records);
    clean();
}

/* The process died behind the tick and before its words: they are appended by the next one, once.
 */
static void test_died_between(void)
{
    struct kt_journal records = {0};
    struct kpi_core_status status;
    clean();
    prepare(&records);
    kt_append_tick(&records, BEGIN + 5000, 6000, "boot-1");
    struct journal *journal = open_journal();
    append(journal, &records, 0);
    journal_close(journal);
    CU_ASSERT_EQUAL(raised(), 0);
    struct running r = start(true);
    snapshot_put(await(&r, records.n));
    kpi_core_get_status(r.core, &status);
    CU_ASSERT_EQUAL(status.emissions_appended, 1);
    stop(&r);
    CU_ASSERT_EQUAL(raised(), 1);
    r = start(false);
    snapshot_put(await(&r, records.n));
    stop(&r);
    CU_ASSERT_EQUAL(raised(), 1);
    kt_journal_free(&records);
}

struct told {
    int words[3], muted[3], raised[3]; /* by alert; raised: of words */
    int first[3], first_old[3];        /* of words: kind, and the state before */
};

static bool count_told(void *context, const struct journal_record *record)
{
    struct told *told = context;
    struct gw_event *event = gw_alloc(sizeof *event);
    if (gw_event_decode(record->payload, event) == GW_OK &&
        gw_event_has(event, GW_FIELD_EMISSION)) {
        int64_t alert = gw_event_int(event, GW_FIELD_ALERT_ID, 0);
        bool is_muted = gw_event_int(event, GW_FIELD_ALERT_MUTED, 0) != 0;
        CU_ASSERT_FATAL(alert < 3);
        if (!is_muted && !told->words[alert]) {
            told->first[alert] = event->kind;
            told->first_old[alert] = (int)gw_event_int(event, GW_FIELD_KPI_OLD_STATE, -1);
        }
        ++*(is_muted ? &told->muted[alert] : &told->words[alert]);
        told->raised[alert] += !is_muted && event->kind == GW_KIND_ALERT_RAISED;
    }
    free(event);
    return true;
}

/* A journal of days that nobody judged yet: an alert that came and went is recorded, and nobody is
 * told; of one that is still open people hear, however old it is. */
static void test_late(void)
{
    const int64_t minute_ms = 60000, hour_ms = 60 * minute_ms;
    struct kt_journal records = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct journal_scan scan;
    struct told told = {0};
    int64_t now = BEGIN + 5000;
    clean();
    prepare(&records);
    for (; now < BEGIN + 25 * hour_ms; now += minute_ms / 2) {
        kt_message(event, GW_KIND_CONTENT_CURRENT, "wks-2", now);
        kt_append(&records, event);
        kt_append_tick(&records, now, now - BEGIN + 1000, "boot-1");
    }
    kt_message(event, GW_KIND_MALWARE_OUTBREAK, "wks-1", now);
    kt_append(&records, event);
    for (int64_t end = now + 2 * hour_ms; now < end; now += minute_ms / 2)
        kt_append_tick(&records, now, now - BEGIN + 1000, "boot-1");
    struct journal *journal = open_journal();
    append(journal, &records, 0);
    journal_close(journal);
    struct running r = start(true);
    const struct snapshot *s = await(&r, records.n);
    CU_ASSERT_EQUAL(s->n_alerts, 1);
    snapshot_put(s);
    stop(&r);
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, count_told, &told), GW_OK);
    CU_ASSERT_EQUAL(told.words[1], 0);
    CU_ASSERT(told.muted[1] > 40); /* reminders, and that it came and went */
    CU_ASSERT_EQUAL(told.raised[2], 1);
    CU_ASSERT_EQUAL(told.words[2] + told.muted[2], 4); /* a reminder each half hour */
    CU_ASSERT_EQUAL(told.muted[2], 1);
    free(event);
    kt_journal_free(&records);
}

/* Raised hours ago and changed since: people hear how it stands, and not of a change of what they
 * never heard of; one that is over by now they never hear of. */
static void test_late_change(void)
{
    const int64_t hour_ms = 3600000;
    struct kt_journal records = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    char host[16];
    for (int hours = 1; hours < 5; hours += 3) { /* the change is of just now, and late too */
        struct journal_scan scan;
        struct told told = {0};
        int64_t now = BEGIN + 5000;
        clean();
        kt_begin(&records, SLICE_NONE, NULL, SLICE_NONE, BEGIN);
        for (int i = 0; i < 2; i++) {
            kt_message(event, i ? GW_KIND_MALWARE_OUTBREAK : GW_KIND_MALWARE_SUSPECTED, "wks", now);
            kt_append(&records, event);
        }
        kt_append_tick(&records, now, now - BEGIN + 1000, "boot-1");
        for (int alert = 1; alert <= 2; alert++) { /* so that there are no reminders */
            kpi_record_ack(event, alert, SLICE("mei"), SLICE("seen"), now);
            kt_append(&records, event);
        }
        for (int turn = 0; turn < 2; turn++) {
            int64_t end = now + (turn ? hours : 2) * hour_ms - hour_ms / 2;
            for (; now < end; now += 30000)
                kt_append_tick(&records, now, now - BEGIN + 1000, "boot-1");
            for (int i = 0; i < 12 && turn == 0; i++) {
                snprintf(host, sizeof host, "wks-%d", i);
                kt_message(event, GW_KIND_MALWARE_SUSPECTED, host, now);
                kt_append(&records, event);
            }
            if (turn == 0) {
                kt_message(event, GW_KIND_MALWARE_OUTBREAK_END, "wks", now);
                kt_append(&records, event);
            }
        }
        struct journal *journal = open_journal();
        append(journal, &records, 0);
        journal_close(journal);
        struct running r = start(false);
        snapshot_put(await(&r, records.n));
        stop(&r);
        CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, count_told, &told), GW_OK);
        int suspected = told.words[1] ? 1 : 2;
        CU_ASSERT_EQUAL(told.first[suspected], GW_KIND_ALERT_REPEATED);
        CU_ASSERT_EQUAL(told.first_old[suspected], KPI_UNKNOWN);
        CU_ASSERT_EQUAL(told.words[3 - suspected], 0);
        CU_ASSERT_TRUE(told.muted[3 - suspected] > 0);
        kt_journal_free(&records);
    }
    free(event);
}

/* What came while it was down is judged with the next tick; the words follow what stands there. */
static void test_goes_on(void)
{
    struct kt_journal records = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    clean();
    prepare(&records);
    kt_append_tick(&records, BEGIN + 5000, 6000, "boot-1");
    struct running r = start(true);
    append(r.journal, &records, 0);
    snapshot_put(await(&r, records.n));
    stop(&r);
    size_t at = records.n;
    kt_message(event, GW_KIND_MALWARE_SUSPECTED, "wks-1", BEGIN + 6000);
    kt_append(&records, event);
    kt_append_tick(&records, BEGIN + 7000, 500, "boot-2");
    r = start(true);
    append(r.journal, &records, at);
    const struct snapshot *s = await(&r, records.n + 1);
    CU_ASSERT_EQUAL(s->n_alerts, 2);
    CU_ASSERT_EQUAL(s->alerts[1].id, 2);
    snapshot_put(s);
    stop(&r);
    CU_ASSERT_EQUAL(raised(), 2);
    free(event);
    kt_journal_free(&records);
}

/* A checkpoint that is damaged, or of another journal: the journal is replayed, nothing is lost. */
static void test_bad_checkpoint(void)
{
    struct kt_journal records = {0};
    clean();
    prepare(&records);
    kt_append_tick(&records, BEGIN + 5000, 6000, "boot-1");
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0) {
            FILE *file = fopen(checkpoint, "we");
            CU_ASSERT_PTR_NOT_NULL_FATAL(file);
            fputs("EOGKPICK nonsense", file);
            fclose(file);
        } else {
            struct kpi_engine *other = kpi_engine_new(1, NULL, NULL);
            struct gw_event *event = gw_alloc(sizeof *event);
            gw_event_clear(event);
            event->sequence = 1000000;
            kpi_engine_apply(other, event);
            CU_ASSERT_EQUAL(kpi_checkpoint_write(other, checkpoint), GW_OK);
            kpi_engine_free(other);
            free(event);
        }
        struct running r = start(true);
        if (turn == 0)
            append(r.journal, &records, 0);
        const struct snapshot *s = await(&r, records.n);
        CU_ASSERT_EQUAL(s->n_alerts, 1);
        snapshot_put(s);
        stop(&r);
        CU_ASSERT_EQUAL(raised(), 1);
    }
    kt_journal_free(&records);
}

/* A record that is no event is counted and passed. */
static void test_damaged_record(void)
{
    struct kt_journal records = {0};
    struct kpi_core_status status;
    uint64_t sequence;
    clean();
    prepare(&records);
    struct running r = start(true);
    append(r.journal, &records, 0);
    CU_ASSERT_EQUAL(journal_append(r.journal, SLICE("\x7fnonsense"), &sequence), GW_OK);
    size_t at = records.n;
    kt_append_tick(&records, BEGIN + 5000, 6000, "boot-1");
    append(r.journal, &records, at);
    const struct snapshot *s = await(&r, records.n + 1);
    CU_ASSERT_EQUAL(s->n_alerts, 1);
    snapshot_put(s);
    for (int i = 0; i < 20000; i++) { /* the figures come behind the snapshot */
        kpi_core_get_status(r.core, &status);
        if (status.sequence > records.n)
            break;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    CU_ASSERT_EQUAL(status.damaged_records, 1);
    stop(&r);
    kt_journal_free(&records);
}

/* ---- a disk that does not read ---- */

static struct {
    struct journal_io io;
    _Atomic bool is_bad;
    _Atomic int reads; /* refused */
} disk;

static ssize_t refuse_pread(void *context, int fd, void *p, size_t n, int64_t offset)
{
    if (!atomic_load(&disk.is_bad))
        return journal_io_system.pread(context, fd, p, n, offset);
    atomic_fetch_add(&disk.reads, 1);
    errno = EIO;
    return -1;
}

/* Until a look has been refused; then a while in which nobody may lose patience. */
static void let_it_try(void)
{
    for (int i = 0; i < 20000 && !atomic_load(&disk.reads); i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    nanosleep(&(struct timespec){0, 200000000}, NULL);
}

/* Nothing is judged to be at its end, and nothing given up, because the disk does not answer. */
static void test_unreadable(void)
{
    struct kt_journal records = {0};
    struct kpi_core_status status;
    struct journal_status of_journal;
    struct journal_options options;
    struct journal_setup setup;
    struct running r = {.board = snapshot_board_new()};
    struct kpi_core_options core_options = {.seed = 5};
    clean();
    prepare(&records);
    kt_append_tick(&records, BEGIN + 5000, 6000, "boot-1");
    journal_options_default(&options);
    options.sync = false;
    journal_setup_default(&setup);
    disk.io = journal_io_system;
    disk.io.pread = refuse_pread;
    setup.io = &disk.io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &r.journal), GW_OK);
    append(r.journal, &records, 0);
    atomic_store(&disk.is_bad, true);
    CU_ASSERT_EQUAL_FATAL(kpi_core_start(&core_options, r.journal, r.board, &r.core), GW_OK);
    for (int live = 0; live < 2; live++) {
        size_t at = records.n;
        if (live) { /* it has caught up, and the disk goes away again */
            atomic_store(&disk.is_bad, true);
            atomic_store(&disk.reads, 0);
            kt_append_tick(&records, BEGIN + 30000, 31000, "boot-1");
            append(r.journal, &records, at);
        }
        let_it_try();
        kpi_core_get_status(r.core, &status);
        CU_ASSERT_EQUAL(status.is_catching_up, !live);
        CU_ASSERT_TRUE(status.cannot_read);
        atomic_store(&disk.is_bad, false);
        const struct snapshot *s = await(&r, records.n);
        CU_ASSERT_EQUAL(kt_row(s, "outbreak", "default")->state, KPI_CRITICAL);
        snapshot_put(s);
        kpi_core_get_status(r.core, &status);
        CU_ASSERT_FALSE(status.is_catching_up || status.cannot_read);
    }
    journal_get_status(r.journal, &of_journal);
    CU_ASSERT_EQUAL(of_journal.damaged_records, 0);
    stop(&r);
    CU_ASSERT_EQUAL(raised(), 1);
    kt_journal_free(&records);
}

/* ---- the board ---- */

static void test_board(void)
{
    struct snapshot_board *board = snapshot_board_new();
    CU_ASSERT_PTR_NULL(snapshot_get(board));
    struct snapshot *a = snapshot_new();
    snapshot_publish(board, a);
    const struct snapshot *held = snapshot_get(board);
    CU_ASSERT_PTR_EQUAL(held, a);
    CU_ASSERT_EQUAL(held->generation, 1);
    snapshot_publish(board, snapshot_new());
    CU_ASSERT_EQUAL(held->generation, 1); /* still there for who holds it */
    const struct snapshot *newer = snapshot_get(board);
    CU_ASSERT_EQUAL(newer->generation, 2);
    snapshot_put(held);
    snapshot_put(newer);
    snapshot_board_free(board);
    snapshot_board_free(NULL);
    snapshot_put(NULL);
}

/* When rows came or went is of what is shown: a value that is new or a row's states are no change,
   and a change is one though the time stands still or goes back. */
static void test_last_change(void)
{
    enum { NOW = 1000000 };
    static const struct kpi_row kpis[] = {{.kpi = 1, .scope = "hq"}, {.kpi = 2, .scope = "hq"}},
                                changed[] = {{.kpi = 1, .scope = "hq", .value = 7},
                                             {.kpi = 2, .scope = "hq", .state = KPI_CRITICAL}},
                                others[] = {{.kpi = 1, .scope = "hq"}, {.kpi = 2, .scope = "lab"}};
    static const struct alert_row alerts[] = {{.id = 1}, {.id = 2}};
    static const struct product_row products[] = {{.index = "hq/a"}, {.index = "hq/b"}};
    const struct {
        int64_t taken_ms;
        const struct kpi_row *kpis;
        size_t n_kpis, n_alerts, n_products;
        bool is_change;
    } shown[] = {
        {NOW, kpis, 2, 0, 0, true},          {NOW + 1000, changed, 2, 0, 0, false},
        {NOW + 2000, kpis, 1, 0, 0, true},   {NOW + 3000, kpis, 2, 0, 0, true},
        {NOW + 4000, others, 2, 0, 0, true}, {NOW + 5000, others, 2, 1, 0, true},
        {NOW + 5000, others, 2, 2, 0, true}, {NOW + 5001, others, 2, 2, 1, true},
        {NOW + 4000, others, 2, 2, 2, true}, {NOW + 9000, others, 2, 2, 2, false},
    };
    struct snapshot_board *board = snapshot_board_new();
    int64_t before = 0;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct snapshot *s = snapshot_new();
        s->taken_ms = shown[i].taken_ms;
        s->kpis = shown[i].kpis;
        s->n_kpis = shown[i].n_kpis;
        s->alerts = alerts;
        s->n_alerts = shown[i].n_alerts;
        s->products = products;
        s->n_products = shown[i].n_products;
        snapshot_publish(board, s);
        /* The MIB tells tenths of a second. */
        CU_ASSERT_EQUAL(s->table_changed_ms / 100 != before / 100, shown[i].is_change);
        if (i == 2 || i == 3 || i == 5)
            CU_ASSERT_EQUAL(s->table_changed_ms, s->taken_ms);
        before = s->table_changed_ms;
    }
    snapshot_board_free(board);
}

static void test_order(void)
{
    CU_ASSERT_TRUE(snapshot_compare_scope("b", "aa") < 0); /* shorter first */
    CU_ASSERT_TRUE(snapshot_compare_scope("ab", "aa") > 0);
    CU_ASSERT_TRUE(snapshot_compare_scope("\xe7\x97\x85", "zzz") > 0);
    CU_ASSERT_EQUAL(snapshot_compare_scope("x", "x"), 0);
    static const enum kpi_state order[] = {KPI_OK, KPI_UNKNOWN, KPI_WARNING, KPI_CRITICAL};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            CU_ASSERT_EQUAL(kpi_state_worse(order[i], order[j]), order[i > j ? i : j]);
    CU_ASSERT_STRING_EQUAL(kpi_state_name(KPI_UNKNOWN), "unknown");
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"live", test_live},
        {"died between a tick and its words", test_died_between},
        {"what is said late", test_late},
        {"a late change", test_late_change},
        {"goes on", test_goes_on},
        {"a replay", test_replay},
        {"a bad checkpoint", test_bad_checkpoint},
        {"a damaged record", test_damaged_record},
        {"a disk that does not read", test_unreadable},
        {"the board", test_board},
        {"when rows came or went", test_last_change},
        {"order of scopes and states", test_order},
        {"behind", test_behind}};
    snprintf(dir, sizeof dir, "kpi-core-%ld.d", (long)getpid());
    snprintf(checkpoint, sizeof checkpoint, "kpi-core-%ld.ckpt", (long)getpid());
    xml_init();
    log_set_sink(kt_no_log, NULL);
    int result = suite_run("kpi core", tests, sizeof tests / sizeof *tests);
    clean();
    xml_fini();
    return result;
}
