/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults of the gateway itself: raised at once, cleared after a hold, told without the journal, and
 * journaled when they are over. */
#include "gateway/notify/faults.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/base/error.h"
#include "gateway/notify/told.h"
#include "gateway/snmp/eog_mib.h"
#include "tests/gateway/journal/support.h"

static struct gw_event event;
static struct gwsnmp_notification notification;

static struct clock_reading at(int64_t ms)
{
    return (struct clock_reading){INT64_C(1795478400000) + ms, 5000 + ms};
}

static void test_states(void)
{
    struct fault fault = {.name = "journal"};
    CU_ASSERT_FALSE(fault_look(&fault, KPI_OK, "", at(0)));
    CU_ASSERT_TRUE(fault_look(&fault, KPI_WARNING, "one", at(1000)));
    CU_ASSERT_TRUE(fault.is_open);
    CU_ASSERT_FALSE(fault_look(&fault, KPI_CRITICAL, "two", at(1500)));
    CU_ASSERT_FALSE(fault_look(&fault, KPI_WARNING, "three", at(2000)));
    CU_ASSERT_EQUAL(fault.state, KPI_CRITICAL); /* the worst */
    CU_ASSERT_STRING_EQUAL(fault.reason, "three");
    CU_ASSERT_FALSE(fault_look(&fault, KPI_OK, "", at(2000 + FAULT_CLEAR_HOLD_MS - 1)));
    CU_ASSERT_FALSE(fault_look(&fault, KPI_CRITICAL, "four", at(4000))); /* the brink: no storm */
    CU_ASSERT_FALSE(fault_look(&fault, KPI_OK, "", at(4000 + FAULT_CLEAR_HOLD_MS - 1)));
    CU_ASSERT_TRUE(fault_look(&fault, KPI_OK, "", at(4000 + FAULT_CLEAR_HOLD_MS)));
    CU_ASSERT_FALSE(fault.is_open);
    CU_ASSERT_EQUAL(fault.raised.wall_ms, at(1000).wall_ms);
    CU_ASSERT_EQUAL(fault.bad.wall_ms, at(4000).wall_ms);
    CU_ASSERT_TRUE(fault_look(&fault, KPI_WARNING, "five", at(90000)));
    CU_ASSERT_EQUAL(fault.state, KPI_WARNING); /* a new one begins anew */
}

static bool is_text(uint32_t object, const char *text)
{
    const struct gwsnmp_value *value = &notification.v[object].value;
    return slice_equal(value->octets, slice_from(text));
}

static void test_build(void)
{
    struct fault fault = {.name = "journal", .advice = "do"};
    fault_look(&fault, KPI_CRITICAL, "why", at(1000));
    fault_build(&fault, SLICE("gw1"), SLICE("uid"), &event, &notification);
    CU_ASSERT_EQUAL(notification.trap_oid.v[notification.trap_oid.n - 1],
                    EOG_NOTIFICATION_GATEWAY_FAULT);
    CU_ASSERT_EQUAL(notification.number, 0);
    CU_ASSERT_TRUE(is_text(0, "gw1"));
    CU_ASSERT_TRUE(is_text(EOG_NOTIFY_KPI_KEY, "journal"));
    CU_ASSERT_TRUE(is_text(EOG_NOTIFY_SCOPE, "gw1"));
    CU_ASSERT_TRUE(is_text(EOG_NOTIFY_REASON, "why"));
    CU_ASSERT_TRUE(is_text(EOG_NOTIFY_ADVICE, "do"));
    CU_ASSERT_TRUE(is_text(EOG_NOTIFY_UID, "uid"));
    CU_ASSERT_EQUAL(notification.v[EOG_NOTIFY_OLD_STATE].value.integer, KPI_OK);
    CU_ASSERT_EQUAL(notification.v[EOG_NOTIFY_NEW_STATE].value.integer, KPI_CRITICAL);
    fault.told_state = KPI_CRITICAL;
    size_t n = notification.n;
    fault_look(&fault, KPI_OK, "", at(9000));
    fault_build(&fault, SLICE("gw1"), SLICE("uid"), &event, &notification);
    CU_ASSERT_EQUAL(notification.trap_oid.v[notification.trap_oid.n - 1],
                    EOG_NOTIFICATION_GATEWAY_FAULT_CLEARED);
    CU_ASSERT_EQUAL(notification.n, n);
    CU_ASSERT_EQUAL(notification.v[EOG_NOTIFY_OLD_STATE].value.integer, KPI_CRITICAL);
    CU_ASSERT_EQUAL(notification.v[EOG_NOTIFY_NEW_STATE].value.integer, KPI_OK);
}

/* What a file says that others wrote, or a disk, is reckoned with when it is a time. */
static void test_told_damaged(void)
{
    static const struct {
        const char *line;
        bool is_taken;
    } cases[] = {
        {"journal 2 1795478400000 1795478400000\n", true},
        {"journal                  2 00000001795478400000 000000001795478400000\n", true},
        {"journal 2 1795478400000 1795478400000", false}, /* cut */
        {"journal 2 1795478400000\n", false},
        {"journal 3 1795478400000 1795478400000\n", false},
        {"journal 2 -9223372036854775808 -9223372036854775808\n", false},
        {"journal 2 1795478400000 -1\n", false},
        {"journal 2 9223372036854775807 9223372036854775807\n", false},
        {"journal 2 92233720368547758070 1\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault fault = {.name = "journal"};
        FILE *file = tmpfile();
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        fputs(cases[i].line, file);
        fflush(file);
        told_load(fileno(file), &fault, 1, at(0));
        fclose(file);
        if (fault.is_open != cases[i].is_taken)
            printf("\nof %s", cases[i].line);
        CU_ASSERT_EQUAL(fault.is_open, cases[i].is_taken);
    }
}

/* ---- with a journal on a disk that refuses ---- */

static struct {
    struct journal_io io;
    atomic_bool refuses;
    _Atomic int answer; /* of send */
    unsigned raised, cleared;
    int32_t old_state, new_state; /* of the last that was told */
    char uid[256];
} world;

static int refusing_datasync(void *context, int fd)
{
    if (!atomic_load(&world.refuses))
        return journal_io_system.datasync(context, fd);
    errno = ENOSPC;
    return -1;
}

static int send_it(void *context, const struct gwsnmp_notification *told, int timeout_ms)
{
    (void)context, (void)timeout_ms;
    uint32_t number = told->trap_oid.v[told->trap_oid.n - 1];
    if (atomic_load(&world.answer) != GW_OK)
        return atomic_load(&world.answer);
    world.raised += number == EOG_NOTIFICATION_GATEWAY_FAULT;
    world.cleared += number == EOG_NOTIFICATION_GATEWAY_FAULT_CLEARED;
    world.old_state = told->v[EOG_NOTIFY_OLD_STATE].value.integer;
    world.new_state = told->v[EOG_NOTIFY_NEW_STATE].value.integer;
    snprintf(world.uid, sizeof world.uid, "%.*s", SLICE_FMT(told->v[EOG_NOTIFY_UID].value.octets));
    return GW_OK;
}

struct looking {
    struct faults faults;
    struct journal *journal;
    bool wants_open;
};

static bool is_told(void *context)
{
    struct looking *looking = context;
    const struct fault *fault = &looking->faults.v[FAULT_JOURNAL];
    faults_look(&looking->faults, &event, &notification);
    return fault->is_open == looking->wants_open && fault_is_told(fault) &&
           !looking->faults.owes_record[FAULT_JOURNAL];
}

static bool is_failing(void *context)
{
    struct journal_status status;
    journal_get_status(((struct looking *)context)->journal, &status);
    return status.is_failing;
}

static struct journal *open_refusing(const char *dir)
{
    struct journal_options options = jt_options(1 << 20, true);
    struct journal_setup setup;
    struct journal *journal = NULL;
    memset(&world, 0, sizeof world);
    world.io = journal_io_system;
    world.io.datasync = refusing_datasync;
    journal_setup_default(&setup);
    setup.io = &world.io;
    setup.retry_ms = 5;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
    return journal;
}

/* Told while nothing can be journaled; a sender that is busy is tried again; the record comes when
   the disk is well. */
static void test_journal_fault(void)
{
    char dir[JT_PATH];
    struct stats *stats = stats_new();
    const struct notify_options options = {.gateway_id = "gw1", .send = send_it, .stats = stats};
    struct looking looking = {.wants_open = true};
    uint64_t sequence;
    jt_dir(dir, "fault");
    struct journal *journal = looking.journal = open_refusing(dir);
    faults_init(&looking.faults, &options, journal);
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised + world.cleared, 0);

    atomic_store(&world.refuses, true);
    atomic_store(&world.answer, GW_ERR_BUSY);
    CU_ASSERT_EQUAL(journal_append(journal, jt_payload(1), &sequence), GW_OK);
    CU_ASSERT_TRUE(jt_until(is_failing, &looking));
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 0);
    atomic_store(&world.answer, GW_OK);
    CU_ASSERT_TRUE(jt_until(is_told, &looking));
    CU_ASSERT_EQUAL(world.raised, 1);
    stats_add(&stats->dropped_full, 7);

    atomic_store(&world.refuses, false);
    looking.wants_open = false;
    CU_ASSERT_TRUE(jt_until(is_told, &looking));
    CU_ASSERT_EQUAL(world.raised, 1);
    CU_ASSERT_EQUAL(world.cleared, 1);

    struct journal_reader *reader;
    struct journal_record record;
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 2, 10000), GW_OK);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, NULL, 2, &reader), GW_OK);
    CU_ASSERT_EQUAL_FATAL(journal_reader_next(reader, &record), GW_OK);
    CU_ASSERT_EQUAL_FATAL(gw_event_decode(record.payload, &event), GW_OK);
    CU_ASSERT_EQUAL(event.kind, GW_KIND_GATEWAY_ERROR);
    char message[256] = "";
    struct slice text = gw_event_text(&event, GW_FIELD_MESSAGE);
    memcpy(message, text.p, text.n < sizeof message ? text.n : sizeof message - 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(message, "No space left on device"));
    CU_ASSERT_PTR_NOT_NULL(strstr(message, "7 datagrams were dropped"));
    journal_reader_close(reader);
    faults_fini(&looking.faults);
    journal_close(journal);
    stats_free(stats);
    jt_remove(dir);
}

static bool is_retention_told(void *context)
{
    struct looking *looking = context;
    const struct fault *fault = &looking->faults.v[FAULT_RETENTION];
    faults_look(&looking->faults, &event, &notification);
    return fault->is_open == looking->wants_open && fault_is_told(fault);
}

/* A reader that is behind: a warning that names it while it is waited for; critical where it is not
   and records went that it had not had. */
static void test_retention_fault(void)
{
    for (int forced = 0; forced < 2; forced++) {
        char dir[JT_PATH];
        const struct notify_options options = {.gateway_id = "gw1", .send = send_it};
        struct journal_options kept = jt_options(2048, false);
        struct journal_setup setup;
        struct looking looking = {.wants_open = true};
        struct journal_reader *reader;
        jt_dir(dir, "fault-retention");
        memset(&world, 0, sizeof world);
        journal_setup_default(&setup);
        setup.housekeeping_ms = 1;
        kept.max_bytes = 4096;
        kept.replay_window_ms = -1;
        kept.retention_force = forced;
        CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &kept, &setup, &looking.journal), GW_OK);
        CU_ASSERT_EQUAL_FATAL(journal_reader_open(looking.journal, "feed", 0, &reader), GW_OK);
        faults_init(&looking.faults, &options, looking.journal);
        CU_ASSERT_TRUE(jt_append_each(looking.journal, 1, 100));
        CU_ASSERT_TRUE(jt_until(is_retention_told, &looking));
        const struct fault *fault = &looking.faults.v[FAULT_RETENTION];
        CU_ASSERT_EQUAL(fault->state, forced ? KPI_CRITICAL : KPI_WARNING);
        CU_ASSERT_PTR_NOT_NULL(strstr(fault->reason, forced ? "were let go" : "reader feed"));
        CU_ASSERT_EQUAL(journal_reader_commit(reader, 100), GW_OK);
        CU_ASSERT_TRUE(jt_append_each(looking.journal, 101, 103));
        looking.wants_open = false;
        CU_ASSERT_TRUE(jt_until(is_retention_told, &looking));
        CU_ASSERT_EQUAL(world.raised, 1);
        CU_ASSERT_EQUAL(world.cleared, 1);
        CU_ASSERT_FALSE(looking.faults.v[FAULT_JOURNAL].is_open);
        journal_reader_close(reader);
        faults_fini(&looking.faults);
        journal_close(looking.journal);
        jt_remove(dir);
    }
}

/* ---- feeds, as the room of them tells ---- */

static const char *failing = "feed/core "; /* while any is */

static enum kpi_state feeds_state(void *context, struct buf *who, char *reason, size_t size)
{
    enum kpi_state state = *(enum kpi_state *)context;
    snprintf(reason, size, "records wait");
    if (state != KPI_OK)
        buf_printf(who, "%s", failing);
    return state;
}

static bool is_quiet(void *context)
{
    struct looking *looking = context;
    const struct fault *fault = &looking->faults.v[FAULT_FEED];
    faults_look(&looking->faults, &event, &notification);
    return !fault->is_open && fault_is_told(fault);
}

/* What gets worse is told once more, as another notification; what gets better is not. */
static void test_worse(void)
{
    char dir[JT_PATH], first[256];
    enum kpi_state state = KPI_WARNING;
    const struct notify_options options = {
        .gateway_id = "gw1", .send = send_it, .feeds_state = feeds_state, .feeds_context = &state};
    struct journal_options kept = jt_options(1 << 20, false);
    struct looking looking = {0};
    memset(&world, 0, sizeof world);
    jt_dir(dir, "fault-worse");
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &kept, &looking.journal), GW_OK);
    faults_init(&looking.faults, &options, looking.journal);
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 1);
    memcpy(first, world.uid, sizeof first);
    struct timespec moment = {0, 2000000};
    nanosleep(&moment, NULL);
    state = KPI_CRITICAL;
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 2);
    CU_ASSERT_EQUAL(world.old_state, KPI_WARNING);
    CU_ASSERT_EQUAL(world.new_state, KPI_CRITICAL);
    CU_ASSERT_STRING_NOT_EQUAL(world.uid, first);
    memcpy(first, world.uid, sizeof first);
    state = KPI_WARNING;
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 2);
    state = KPI_OK;
    CU_ASSERT_TRUE(jt_until(is_quiet, &looking));
    CU_ASSERT_EQUAL(world.cleared, 1);
    CU_ASSERT_EQUAL(world.old_state, KPI_CRITICAL);
    CU_ASSERT_STRING_EQUAL(world.uid, first); /* that of what it clears */
    faults_fini(&looking.faults);
    journal_close(looking.journal);
    jt_remove(dir);
}

/* A second feed that fails is told of, once, as another notification; while one of them fails the
   fault lasts, and what it is of is said. */
static void test_another(void)
{
    char dir[JT_PATH], first[256];
    enum kpi_state state = KPI_CRITICAL;
    const struct notify_options options = {
        .gateway_id = "gw1", .send = send_it, .feeds_state = feeds_state, .feeds_context = &state};
    struct journal_options kept = jt_options(1 << 20, false);
    struct looking looking = {0};
    const struct fault *fault = &looking.faults.v[FAULT_FEED];
    memset(&world, 0, sizeof world);
    jt_dir(dir, "fault-another");
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &kept, &looking.journal), GW_OK);
    faults_init(&looking.faults, &options, looking.journal);
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 1);
    CU_ASSERT_STRING_EQUAL(fault->reason, "records wait");
    memcpy(first, world.uid, sizeof first);
    struct timespec moment = {0, 2000000};
    nanosleep(&moment, NULL);
    failing = "feed/core feed/b ";
    for (int i = 0; i < 3; i++)
        faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 2);
    CU_ASSERT_STRING_EQUAL(fault->reason, "feed/core feed/b wait: records wait");
    CU_ASSERT_STRING_NOT_EQUAL(world.uid, first);
    failing = "feed/b ";
    faults_look(&looking.faults, &event, &notification);
    failing = "feed/b feed/core ";
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 2); /* both are known */
    CU_ASSERT_EQUAL(world.cleared, 0);
    state = KPI_OK;
    CU_ASSERT_TRUE(jt_until(is_quiet, &looking));
    CU_ASSERT_EQUAL(world.cleared, 1);
    state = KPI_CRITICAL;
    faults_look(&looking.faults, &event, &notification);
    CU_ASSERT_EQUAL(world.raised, 3);
    failing = "feed/core ";
    faults_fini(&looking.faults);
    journal_close(looking.journal);
    jt_remove(dir);
}

/* A fault that was told is taken back after a restart, when it is over; not before. */
static void test_restart(void)
{
    char dir[JT_PATH], told[256];
    enum kpi_state state = KPI_CRITICAL;
    struct journal_options kept = jt_options(1 << 20, false);
    struct looking looking = {0};
    memset(&world, 0, sizeof world);
    jt_dir(dir, "fault-restart");
    const struct notify_options options = {.gateway_id = "gw1",
                                           .state_dir = dir,
                                           .send = send_it,
                                           .feeds_state = feeds_state,
                                           .feeds_context = &state};
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &kept, &looking.journal), GW_OK);
    for (int start = 0; start < 3; start++) {
        faults_init(&looking.faults, &options, looking.journal);
        faults_look(&looking.faults, &event, &notification);
        CU_ASSERT_EQUAL(world.raised, 1); /* once, though it lasts */
        CU_ASSERT_EQUAL(world.cleared, 0);
        if (!start)
            memcpy(told, world.uid, sizeof told);
        if (start == 1)
            state = KPI_OK;
        if (start < 2)
            faults_fini(&looking.faults);
    }
    CU_ASSERT_TRUE(jt_until(is_quiet, &looking));
    CU_ASSERT_EQUAL(world.cleared, 1);
    CU_ASSERT_EQUAL(world.old_state, KPI_CRITICAL);
    CU_ASSERT_STRING_EQUAL(world.uid, told);
    faults_fini(&looking.faults);
    faults_init(&looking.faults, &options, looking.journal);
    CU_ASSERT_FALSE(looking.faults.v[FAULT_FEED].is_open); /* once */
    faults_fini(&looking.faults);
    journal_close(looking.journal);
    jt_remove(dir);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"raised at once, cleared after a hold", test_states},
        {"what is told", test_build},
        {"a disk that refuses", test_journal_fault},
        {"a reader that is behind", test_retention_fault},
        {"one that gets worse", test_worse},
        {"another joins", test_another},
        {"one that was told before a restart", test_restart},
        {"a file that says what cannot be", test_told_damaged},
    };
    return jt_main("notify faults", tests, sizeof tests / sizeof *tests);
}
