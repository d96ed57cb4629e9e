/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader that tells: each alert once and in order, whatever refuses in between; nothing waits
 * for it; the queue is the journal, so it is bounded by nothing but retention, and survives a stop.
 */
#include "gateway/notify/notify.h"

#include <CUnit/Basic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/schema/event.h"
#include "gateway/snmp/eog_mib.h"
#include "tests/gateway/journal/support.h"

enum { TOLD_MAX = 4096 };

/* In place of the SNMP thread. */
struct wire {
    _Atomic int answer; /* what send returns; GW_OK: taken */
    atomic_bool blocks; /* as an SNMP thread that hangs: until its time is over */
    _Atomic unsigned attempts, n_told;
    uint32_t told[TOLD_MAX]; /* alert numbers, in order */
    uint64_t numbers[TOLD_MAX];
    _Atomic uint64_t oldest; /* the number that waits for a sink; 0: none */
};

static int send_to_wire(void *context, const struct gwsnmp_notification *notification,
                        int timeout_ms)
{
    struct wire *wire = context;
    atomic_fetch_add(&wire->attempts, 1);
    if (atomic_load(&wire->blocks)) {
        struct timespec t = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
        nanosleep(&t, NULL);
        return GW_ERR_BUSY;
    }
    int answer = atomic_load(&wire->answer);
    unsigned n = atomic_load(&wire->n_told);
    if (answer != GW_OK || n == TOLD_MAX)
        return answer;
    wire->numbers[n] = notification->number;
    wire->told[n] = notification->v[EOG_NOTIFY_ALERT_NUMBER].value.gauge;
    atomic_store(&wire->n_told, n + 1);
    return GW_OK;
}

static uint64_t oldest_waiting(void *context)
{
    return atomic_load(&((struct wire *)context)->oldest);
}

struct fixture {
    char dir[JT_PATH];
    struct journal *journal;
    struct wire *wire;
    struct notify *notify;
    unsigned wanted; /* what a wait is for */
};

static void open_journal(struct fixture *f)
{
    struct journal_options options = jt_options(1 << 20, false);
    CU_ASSERT_EQUAL_FATAL(journal_open(f->dir, &options, &f->journal), GW_OK);
}

static void start(struct fixture *f, bool tells_changes)
{
    const struct notify_options options = {.gateway_id = "gw1",
                                           .tells_changes = tells_changes,
                                           .send = send_to_wire,
                                           .send_context = f->wire,
                                           .oldest_waiting = oldest_waiting};
    CU_ASSERT_EQUAL_FATAL(notify_start(&options, f->journal, &f->notify), GW_OK);
}

static struct fixture begin(const char *name)
{
    static struct wire wire;
    struct fixture f = {.wire = &wire};
    memset(&wire, 0, sizeof wire);
    jt_dir(f.dir, name);
    jt_log_capture();
    open_journal(&f);
    start(&f, false);
    return f;
}

static void end(struct fixture *f)
{
    notify_stop(f->notify);
    journal_close(f->journal);
    jt_remove(f->dir);
    jt_log_clear();
}

static uint64_t append(struct fixture *f, enum gw_kind kind, uint32_t number)
{
    static struct gw_event event;
    struct buf bytes = {0};
    uint64_t sequence = 0;
    gw_event_clear(&event);
    event.kind = (uint16_t)kind;
    gw_event_set_int(&event, GW_FIELD_ALERT_ID, number);
    gw_event_encode(&event, &bytes);
    CU_ASSERT_EQUAL(journal_append(f->journal, buf_get(&bytes), &sequence), GW_OK);
    buf_free(&bytes);
    return sequence;
}

static bool has_told(void *context)
{
    const struct fixture *f = context;
    return atomic_load(&f->wire->n_told) >= f->wanted;
}

static bool has_tried(void *context)
{
    const struct fixture *f = context;
    return atomic_load(&f->wire->attempts) >= f->wanted;
}

static void expect_told(struct fixture *f, unsigned n)
{
    f->wanted = n;
    CU_ASSERT(jt_until(has_told, f));
    CU_ASSERT_EQUAL(atomic_load(&f->wire->n_told), n);
    for (unsigned i = 0; i < n; i++)
        CU_ASSERT_EQUAL(f->wire->told[i], i + 1);
}

static void test_order(void)
{
    struct fixture f = begin("notify-order");
    uint32_t number = 0;
    for (int i = 0; i < 1000; i++) {
        append(&f, i % 5 ? GW_KIND_MALWARE_FOUND : GW_KIND_ALERT_RAISED, i % 5 ? 99 : ++number);
        append(&f, GW_KIND_KPI_CHANGED, 99);
        append(&f, GW_KIND_ALERT_ACKNOWLEDGED, 99); /* not answered by the engine yet */
    }
    append(&f, GW_KIND_ALERT_CHANGED, ++number);
    append(&f, GW_KIND_ALERT_CLEARED, ++number);
    expect_told(&f, number);
    end(&f);
}

static void test_changes(void)
{
    struct fixture f = begin("notify-changes");
    notify_stop(f.notify);
    start(&f, true);
    append(&f, GW_KIND_KPI_CHANGED, 1);
    append(&f, GW_KIND_ALERT_RAISED, 2);
    expect_told(&f, 2);
    end(&f);
}

/* On its first start it does not tell of what is long past. */
static void test_first_start(void)
{
    struct fixture f = {0};
    static struct wire wire;
    f.wire = &wire;
    jt_dir(f.dir, "notify-first");
    jt_log_capture();
    open_journal(&f);
    uint64_t last = append(&f, GW_KIND_ALERT_RAISED, 77);
    CU_ASSERT_EQUAL(journal_wait_committed(f.journal, last, 10000), GW_OK);
    start(&f, false);
    append(&f, GW_KIND_ALERT_RAISED, 1);
    expect_told(&f, 1);
    end(&f);
}

static void test_retries(void)
{
    static const int answers[] = {GW_ERR_BUSY, GW_ERR_CLOSED, GW_ERR_IO};
    struct fixture f = begin("notify-retries");
    uint32_t number = 0;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        atomic_store(&f.wire->answer, answers[i]);
        unsigned before = atomic_load(&f.wire->attempts);
        append(&f, GW_KIND_ALERT_RAISED, ++number);
        append(&f, GW_KIND_ALERT_CLEARED, ++number);
        f.wanted = before + 2;
        CU_ASSERT(jt_until(has_tried, &f)); /* the first, and again */
        CU_ASSERT_EQUAL(atomic_load(&f.wire->n_told), number - 2);
        CU_ASSERT(jt_log_has("notification waits"));
        atomic_store(&f.wire->answer, GW_OK);
        expect_told(&f, number);
    }
    end(&f);
}

/* While nothing can be told the journal takes records as ever, and none is lost. */
static void test_backlog(void)
{
    struct fixture f = begin("notify-backlog");
    struct journal_reader *other;
    struct journal_record record;
    enum { N = 3000 };

    atomic_store(&f.wire->blocks, true);
    append(&f, GW_KIND_ALERT_RAISED, 1);
    f.wanted = 1;
    CU_ASSERT(jt_until(has_tried, &f));
    uint64_t last = 0;
    for (uint32_t i = 2; i <= N; i++)
        last = append(&f, GW_KIND_ALERT_RAISED, i);
    CU_ASSERT_EQUAL(journal_wait_committed(f.journal, last, 10000), GW_OK);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(f.journal, "other", 0, &other), GW_OK);
    uint64_t n = 0;
    while (journal_reader_next(other, &record) == GW_OK)
        n++;
    CU_ASSERT_EQUAL(n, N); /* another reader passes it by */
    journal_reader_close(other);
    CU_ASSERT_EQUAL(atomic_load(&f.wire->n_told), 0);
    atomic_store(&f.wire->blocks, false);
    expect_told(&f, N);
    end(&f);
}

/* What was not told before a stop is told after the next start; nothing is told twice. */
static void test_restart(void)
{
    struct fixture f = begin("notify-restart");
    append(&f, GW_KIND_ALERT_RAISED, 1);
    append(&f, GW_KIND_ALERT_RAISED, 2);
    expect_told(&f, 2);
    atomic_store(&f.wire->answer, GW_ERR_BUSY);
    append(&f, GW_KIND_ALERT_RAISED, 3);
    f.wanted = atomic_load(&f.wire->attempts) + 1;
    CU_ASSERT(jt_until(has_tried, &f));
    notify_stop(f.notify); /* while it tries: ends by itself */
    append(&f, GW_KIND_ALERT_RAISED, 4);
    journal_close(f.journal);
    atomic_store(&f.wire->answer, GW_OK);
    open_journal(&f);
    append(&f, GW_KIND_ALERT_RAISED, 5);
    start(&f, false);
    expect_told(&f, 5);
    end(&f);
}

/* A copy of the files is what a kill leaves: of many alerts in a second all but the last are known
   to be told, though the cursor is synced once. */
static void test_kill(void)
{
    struct fixture f = begin("notify-kill"), copy;
    char command[2 * JT_PATH + 32];
    for (uint32_t i = 1; i <= 50; i++)
        append(&f, GW_KIND_ALERT_RAISED, i);
    expect_told(&f, 50);
    copy = f;
    jt_dir(copy.dir, "notify-killed");
    snprintf(command, sizeof command, "cp -r '%s' '%s'", f.dir, copy.dir);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    notify_stop(f.notify);
    journal_close(f.journal);
    atomic_store(&f.wire->n_told, 0);
    open_journal(&copy);
    append(&copy, GW_KIND_ALERT_RAISED, 51);
    start(&copy, false);
    copy.wanted = 1;
    CU_ASSERT(jt_until(has_told, &copy));
    CU_ASSERT(copy.wire->told[0] >= 50);
    end(&copy);
    jt_remove(f.dir);
}

/* The cursor stays before what a sink still waits for, and goes on when it does not any more. */
static void test_waits(void)
{
    struct fixture f = begin("notify-waits");
    uint64_t sequences[5];
    for (uint32_t i = 1; i <= 4; i++) {
        if (i == 3)
            atomic_store(&f.wire->oldest, sequences[2] + 1);
        sequences[i] = append(&f, GW_KIND_ALERT_RAISED, i);
        expect_told(&f, i);
        CU_ASSERT_EQUAL(f.wire->numbers[i - 1], sequences[i]);
    }
    notify_stop(f.notify);
    atomic_store(&f.wire->n_told, 2); /* what is told again is written over */
    memset(f.wire->told + 2, 0, 2 * sizeof *f.wire->told);
    start(&f, false);
    append(&f, GW_KIND_ALERT_RAISED, 5);
    expect_told(&f, 5);
    atomic_store(&f.wire->oldest, 0);
    notify_stop(f.notify);
    start(&f, false);
    append(&f, GW_KIND_ALERT_RAISED, 6);
    expect_told(&f, 6);
    end(&f);
}

static bool is_gone(void *context)
{
    struct fixture *f = context;
    for (int i = 0; i < 20; i++)
        append(f, GW_KIND_MALWARE_FOUND, 0);
    return journal_oldest(f->journal) > f->wire->oldest;
}

/* A sink that is away for ever: retention does not wait for it. */
static void test_retention(void)
{
    static struct wire wire;
    struct fixture f = {.wire = &wire};
    struct journal_options options = jt_options(16 << 10, false);
    options.max_bytes = 64 << 10;
    options.replay_window_ms = 0;
    memset(&wire, 0, sizeof wire);
    jt_dir(f.dir, "notify-retention");
    jt_log_capture();
    CU_ASSERT_EQUAL_FATAL(journal_open(f.dir, &options, &f.journal), GW_OK);
    start(&f, false);
    atomic_store(&wire.oldest, 1);
    append(&f, GW_KIND_ALERT_RAISED, 1);
    expect_told(&f, 1);
    CU_ASSERT(jt_until(is_gone, &f));
    end(&f);
}

/* Records that are no record do not stop it. */
static void test_damage(void)
{
    struct fixture f = begin("notify-damage");
    uint64_t sequence;
    static const char *const bad[] = {"", "\x01", "\xff\xff\xff\xff\xff\xff\xff\xff"};
    append(&f, GW_KIND_ALERT_RAISED, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(journal_append(f.journal, slice_from(bad[i]), &sequence), GW_OK);
    /* An alert cut anywhere. */
    static struct gw_event event;
    struct buf bytes = {0};
    gw_event_clear(&event);
    event.kind = GW_KIND_ALERT_RAISED;
    gw_event_set_text(&event, GW_FIELD_REASON, SLICE("some reason"));
    gw_event_encode(&event, &bytes);
    for (size_t n = 0; n < bytes.n; n++)
        CU_ASSERT_EQUAL(journal_append(f.journal, slice_of(bytes.p, n), &sequence), GW_OK);
    buf_free(&bytes);
    append(&f, GW_KIND_ALERT_RAISED, 2);
    expect_told(&f, 2);
    end(&f);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"each once, in order", test_order},
        {"changes when asked for", test_changes},
        {"the first start tells nothing old", test_first_start},
        {"tried again until taken", test_retries},
        {"nothing waits for it", test_backlog},
        {"a restart tells what was not told", test_restart},
        {"a kill", test_kill},
        {"the cursor waits for sinks", test_waits},
        {"retention does not", test_retention},
        {"damaged records", test_damage},
    };
    return jt_main("notify", tests, sizeof tests / sizeof *tests);
}
