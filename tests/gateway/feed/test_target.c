/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A target with a driver that does what drivers do, at random: takes some, acknowledges in any
 * order and late, is full, breaks, cannot connect, rejects. Whatever happens, the cursor on disk
 * never passes what was not acknowledged, and in the end everything was.
 */
#include "gateway/feed/target.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/schema/event.h"
#include "tests/gateway/journal/support.h"

enum { RECORDS = 4000, FLIGHT_MAX = 50 };

/* How one record fared, by sequence. */
struct fate {
    bool is_wanted, is_done; /* for this target; acknowledged or refused */
    unsigned takes;
};

struct rig {
    char dir[JT_PATH];
    struct journal *journal;
    struct feed_target *target;
    struct feed_section section;
    struct fate fates[RECORDS + 1000];
    uint64_t last;

    /* the driver */
    struct feed_host host;
    uint64_t flight[FLIGHT_MAX];
    size_t n_flight;
    uint64_t last_taken;
    bool is_open, is_random;
    atomic_uint opens, polls; /* a test waits for them while the target's thread goes on */
    unsigned window;
    size_t longest;
    char keys[RECORDS / 100][64 + 1];      /* of the first records, by sequence */
    uint64_t reject;                       /* this one is rejected whenever it comes; 0: none */
    bool is_rejection_final, tells_singly; /* one answer a poll */
    bool hangs_up, has_hung_up;            /* right after a rejection, before the other answers */
    atomic_bool rejects_all;
    atomic_bool is_mute, is_away; /* acknowledges nothing; cannot be reached */
    atomic_bool has_lied;         /* the cursor was ahead of the acknowledgements */
    bool has_holes;               /* the journal lets go what nobody had: no lie then */
    atomic_uint out_of_order;
    unsigned chance;
};

static struct rig *rig; /* of the running test: the driver's create() has no other way to it */

static unsigned roll(struct rig *r, unsigned sides)
{
    r->chance = r->chance * 1103515245u + 12345u;
    return (r->chance >> 16) % sides;
}

static bool check(const struct feed_section *section, struct diag *diag)
{
    (void)section;
    (void)diag;
    return true;
}

static int create(const struct feed_driver_options *options, void **out)
{
    rig->host = options->host;
    *out = rig;
    return GW_OK;
}

static void destroy(void *driver)
{
    (void)driver;
}

static int begin_open(void *driver)
{
    struct rig *r = driver;
    atomic_fetch_add(&r->opens, 1);
    r->last_taken = 0;
    if (atomic_load(&r->is_away)) {
        r->host.trouble(r->host.context, "away");
        return GW_ERR_IO;
    }
    r->is_open = true;
    return GW_OK;
}

static enum feed_answer take(void *driver, const struct feed_record *record)
{
    struct rig *r = driver;
    if (!r->is_open || r->n_flight == r->window)
        return FEED_FULL;
    if (r->is_random && roll(r, 50) == 0)
        return FEED_FULL;
    if (r->is_random && roll(r, 400) == 0) {
        r->host.trouble(r->host.context, "broke while sending");
        return FEED_LOST;
    }
    if (record->sequence <= r->last_taken)
        atomic_fetch_add(&r->out_of_order, 1);
    r->last_taken = record->sequence;
    r->longest = record->bytes.n > r->longest ? record->bytes.n : r->longest;
    if (record->sequence < sizeof r->keys / sizeof *r->keys)
        snprintf(r->keys[record->sequence], sizeof *r->keys, "%.*s", SLICE_FMT(record->key));
    r->flight[r->n_flight++] = record->sequence;
    r->fates[record->sequence].takes++;
    return FEED_TAKEN;
}

/* The cursor that a restart would find: everything up to it must be done. */
static void look_at_cursor(struct rig *r)
{
    struct journal_cursor cursors[4];
    size_t n = r->has_holes ? 0 : journal_list_cursors(r->journal, cursors, 4);
    for (size_t i = 0; i < n; i++)
        for (uint64_t s = 1; s <= cursors[i].sequence; s++)
            if (r->fates[s].is_wanted && !r->fates[s].is_done)
                atomic_store(&r->has_lied, true);
}

static void tell(struct rig *r, size_t i)
{
    uint64_t sequence = r->flight[i];
    memmove(&r->flight[i], &r->flight[i + 1], (--r->n_flight - i) * sizeof *r->flight);
    if (sequence == r->reject || atomic_load(&r->rejects_all)) {
        if (sequence == r->reject && (r->is_rejection_final || r->fates[sequence].takes >= 3))
            r->fates[sequence].is_done = true;
        r->host.rejected(r->host.context, sequence, r->is_rejection_final, "not this one");
        r->has_hung_up = r->hangs_up;
        return;
    }
    r->fates[sequence].is_done = true;
    r->host.acknowledged(r->host.context, sequence);
    if (r->is_random && roll(r, 20) == 0)
        r->host.acknowledged(r->host.context, sequence); /* twice */
}

static enum feed_link work(void *driver, int wake_fd, int timeout_ms)
{
    struct rig *r = driver;
    struct pollfd fd = {.fd = wake_fd, .events = POLLIN};
    bool can_tell = r->n_flight && !atomic_load(&r->is_mute);
    atomic_fetch_add(&r->polls, 1);
    look_at_cursor(r);
    if (!can_tell && timeout_ms)
        poll(&fd, 1, timeout_ms > 20 ? 20 : timeout_ms);
    size_t n = !can_tell         ? 0
               : r->is_random    ? roll(r, (unsigned)r->n_flight + 1)
               : r->tells_singly ? 1
                                 : r->n_flight;
    for (; n > 0 && !r->has_hung_up; n--)
        tell(r, r->is_random ? roll(r, (unsigned)r->n_flight) : 0);
    if (atomic_load(&r->is_away) || r->has_hung_up || (r->is_random && roll(r, 100) == 0)) {
        r->host.trouble(r->host.context, "broke");
        return FEED_LINK_LOST;
    }
    return FEED_LINK_UP;
}

static void drop(void *driver)
{
    struct rig *r = driver;
    r->is_open = r->has_hung_up = false;
    r->n_flight = 0;
}

static const struct feed_driver scripted = {
    .kind = "scripted",
    .check = check,
    .create = create,
    .destroy = destroy,
    .open = begin_open,
    .send = take,
    .poll = work,
    .close = drop,
};

/* ---- the stage ---- */

static struct gw_event event;

static void begin_event(enum gw_kind kind)
{
    gw_event_clear(&event);
    event.kind = (uint16_t)kind;
    event.severity = GW_SEVERITY_HIGH;
    event.received_ms = clock_read(&clock_system).wall_ms;
}

static uint64_t append_event(void)
{
    struct buf bytes = {0};
    uint64_t sequence = 0;
    gw_event_encode(&event, &bytes);
    CU_ASSERT_EQUAL(journal_append(rig->journal, buf_get(&bytes), &sequence), GW_OK);
    buf_free(&bytes);
    return sequence;
}

static uint64_t append(enum gw_kind kind, size_t text_n)
{
    static char text[8192];
    begin_event(kind);
    memset(text, 'x', sizeof text);
    gw_event_set_text(&event, GW_FIELD_MESSAGE, slice_of(text, text_n));
    return append_event();
}

/* Of as many fields as there is room for. */
static void append_full(void)
{
    begin_event(GW_KIND_MALWARE_FOUND);
    for (int field = 1; field < GW_FIELD_END; field++)
        gw_event_set_text(&event, (enum gw_field)field,
                          SLICE("no text is shorter than the least that is left of a longer one"));
    append_event();
}

/* n records, every third of which this target does not want. */
static void fill(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_wanted = i % 3 != 0;
        /* Before it is there: the driver's thread may see it at once. */
        rig->fates[rig->last + 1].is_wanted = is_wanted;
        rig->last = append(is_wanted ? GW_KIND_MALWARE_FOUND : GW_KIND_LINK_UP, 10);
    }
}

static void start(void)
{
    struct feed_target_options options = {
        .section = &rig->section,
        .journal = rig->journal,
        .clock = &clock_system,
        .gateway_id = "gw1",
        .version = "1",
        .driver = &scripted,
    };
    CU_ASSERT_EQUAL_FATAL(feed_target_start(&options, &rig->target), GW_OK);
}

static void begin_with(const char *name, const struct journal_options *options,
                       const struct journal_io *io)
{
    struct journal_setup setup;
    journal_setup_default(&setup);
    setup.io = io;
    rig = calloc(1, sizeof *rig);
    rig->section = (struct feed_section){.name = "t",
                                         .kind = FEED_KIND_FILE,
                                         .kinds = "malware.",
                                         .from = FEED_FROM_OLDEST,
                                         .max_message_bytes = 4096,
                                         .connect_timeout_ms = 10000,
                                         .ack_timeout_ms = 10000,
                                         .warning_ms = 3600000,
                                         .critical_ms = 3600000};
    rig->window = FLIGHT_MAX;
    rig->chance = 1;
    jt_log_capture();
    jt_dir(rig->dir, name);
    CU_ASSERT_EQUAL_FATAL(journal_open_with(rig->dir, options, &setup, &rig->journal), GW_OK);
}

static void begin(const char *name)
{
    struct journal_options options = jt_options(1 << 20, false);
    begin_with(name, &options, &journal_io_system);
}

static void end(void)
{
    feed_target_stop(rig->target);
    CU_ASSERT_FALSE(atomic_load(&rig->has_lied));
    CU_ASSERT_EQUAL(atomic_load(&rig->out_of_order), 0);
    journal_close(rig->journal);
    jt_remove(rig->dir);
    jt_log_clear();
    free(rig);
}

static bool is_drained(void *context)
{
    struct feed_row row;
    (void)context;
    feed_target_get(rig->target, &row);
    return row.cursor >= rig->last && row.in_flight == 0;
}

static struct feed_row row_now(void)
{
    struct feed_row row;
    feed_target_get(rig->target, &row);
    return row;
}

static void expect_all_done(void)
{
    for (uint64_t s = 1; s <= rig->last; s++) {
        CU_ASSERT_EQUAL_FATAL(rig->fates[s].is_done, rig->fates[s].is_wanted);
        CU_ASSERT_EQUAL_FATAL(rig->fates[s].takes > 0, rig->fates[s].is_wanted);
    }
}

static void test_calm(void)
{
    begin("calm");
    fill(600);
    start();
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    fill(300); /* while it is caught up: it is woken */
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    expect_all_done();
    struct feed_row row = row_now();
    CU_ASSERT_EQUAL(row.counters.sent, 600);
    CU_ASSERT_EQUAL(row.counters.acked, 600);
    CU_ASSERT_EQUAL(row.counters.filtered, 300);
    CU_ASSERT_EQUAL(row.counters.resent, 0);
    CU_ASSERT_EQUAL(row.backlog_records, 0);
    CU_ASSERT_EQUAL(row.standing, FEED_STANDING_CONNECTED);
    CU_ASSERT_EQUAL(row.state, KPI_OK);
    for (uint64_t s = 1; s <= rig->last; s++)
        CU_ASSERT_TRUE(rig->fates[s].takes <= 1);
    end();
}

/* Everything at once, with restarts of the target in between. */
static void test_storm(void)
{
    for (unsigned seed = 1; seed <= 4; seed++) {
        begin("storm");
        rig->chance = seed;
        rig->is_random = true;
        for (int part = 0; part < 4; part++) {
            fill(RECORDS / 4);
            start();
            if (part == 3)
                CU_ASSERT_TRUE(jt_until(is_drained, NULL));
            if (part < 3)
                feed_target_stop(rig->target);
        }
        expect_all_done();
        end();
    }
}

static bool was_opened_again(void *context)
{
    (void)context;
    return row_now().counters.connects >= 3;
}

static void test_mute(void)
{
    begin("mute");
    rig->section.ack_timeout_ms = 100;
    rig->window = 5;
    atomic_store(&rig->is_mute, true);
    fill(60);
    start();
    CU_ASSERT_TRUE(jt_until(was_opened_again, NULL));
    struct feed_row row = row_now();
    CU_ASSERT_EQUAL(row.cursor, 1); /* the first was filtered */
    CU_ASSERT_EQUAL(row.counters.acked, 0);
    CU_ASSERT_TRUE(strstr(row.trouble, "nothing acknowledged") != NULL);
    CU_ASSERT_TRUE(row.counters.resent >= 5);
    CU_ASSERT_EQUAL(row.counters.sent, 5);
    atomic_store(&rig->is_mute, false);
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    expect_all_done();
    end();
}

static bool is_let_go(void *context)
{
    return journal_oldest(rig->journal) > *(const uint64_t *)context;
}

static bool was_opened_after(void *context)
{
    return atomic_load(&rig->opens) > *(const unsigned *)context + 1;
}

/* What was sent and not acknowledged cannot be sent again when the journal has let it go: it is
   counted, and holds up nothing; when that was all there is, too. */
static void test_let_go(void)
{
    static const size_t then[] = {0, 12};
    struct journal_options options = jt_options(4096, false);
    options.max_bytes = 8192;
    options.replay_window_ms = 0;
    options.retention_force = true;
    for (size_t i = 0; i < sizeof then / sizeof *then; i++) {
        begin_with("let-go", &options, &journal_io_system);
        rig->has_holes = true;
        rig->section.ack_timeout_ms = 100;
        rig->window = 5;
        atomic_store(&rig->is_mute, true);
        fill(9);
        uint64_t sent = rig->last;
        start();
        CU_ASSERT_TRUE(jt_until(was_opened_again, NULL));
        atomic_store(&rig->is_away, true);
        for (int n = 0; n < 1000 && journal_oldest(rig->journal) <= sent; n++)
            append(GW_KIND_LINK_UP, 100);
        CU_ASSERT_TRUE(jt_until(is_let_go, &sent));
        unsigned opens = atomic_load(&rig->opens);
        CU_ASSERT_TRUE(jt_until(was_opened_after, &opens));
        rig->last = journal_committed(rig->journal);
        fill(then[i]);
        atomic_store(&rig->is_away, false);
        atomic_store(&rig->is_mute, false);
        CU_ASSERT_TRUE(jt_until(is_drained, NULL));
        struct feed_row row = row_now();
        CU_ASSERT_EQUAL(row.counters.sent, 5 + then[i] / 3 * 2);
        CU_ASSERT_EQUAL(row.counters.acked, then[i] / 3 * 2);
        CU_ASSERT_EQUAL(row.counters.refused, 5);
        CU_ASSERT_TRUE(jt_log_has("no more"));
        end();
    }
}

static bool is_unread(void *context)
{
    (void)context;
    return row_now().state == KPI_WARNING && strstr(row_now().trouble, "cannot be read");
}

static bool was_polled_often(void *context)
{
    (void)context;
    return atomic_load(&rig->polls) >= 60;
}

/* A disk that refuses to read is no peace, and not asked so often that the journal gives up. */
static void test_unread(void)
{
    static struct jt_disk disk;
    struct journal_options options = jt_options(1 << 20, false);
    jt_disk_init(&disk);
    begin_with("unread", &options, &disk.io);
    fill(30);
    CU_ASSERT_EQUAL(journal_wait_committed(rig->journal, rig->last, 10000), GW_OK);
    disk.bad_from = FORMAT_DATA_START;
    disk.bad_to = INT64_MAX;
    start();
    CU_ASSERT_TRUE(jt_until(is_unread, NULL));
    CU_ASSERT_TRUE(jt_until(was_polled_often, NULL));
    CU_ASSERT_TRUE(jt_log_has("the journal cannot be read"));
    disk.bad_to = 0;
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    CU_ASSERT_EQUAL(row_now().state, KPI_OK);
    CU_ASSERT_TRUE(jt_log_has("the journal is read again"));
    expect_all_done();
    end();
}

static bool has_backlog(void *context)
{
    (void)context;
    return row_now().backlog_records == rig->last - 1 && atomic_load(&rig->opens) >= 2;
}

static bool is_critical(void *context)
{
    (void)context;
    return row_now().state == KPI_CRITICAL && jt_log_has("wait for too long");
}

static void test_away(void)
{
    begin("away");
    rig->section.warning_ms = 50;
    rig->section.critical_ms = 100;
    atomic_store(&rig->is_away, true);
    fill(60);
    start();
    CU_ASSERT_TRUE(jt_until(has_backlog, NULL)); /* the first is known not to be wanted */
    CU_ASSERT_TRUE(jt_until(is_critical, NULL));
    CU_ASSERT_EQUAL(row_now().standing, FEED_STANDING_WAITING);
    atomic_store(&rig->is_away, false);
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    expect_all_done();
    end();
}

static bool is_passed_over(void *context)
{
    (void)context;
    return row_now().counters.refused == 1 && is_drained(NULL);
}

/* Twice it is sent again, the third time it is passed over; when it is final, at once. */
static void test_rejected(void)
{
    for (int is_final = 0; is_final < 2; is_final++) {
        begin("rejected");
        rig->reject = 5;
        rig->is_rejection_final = is_final;
        fill(30);
        start();
        CU_ASSERT_TRUE(jt_until(is_passed_over, NULL));
        CU_ASSERT_EQUAL(rig->fates[5].takes, is_final ? 1 : 3);
        CU_ASSERT_EQUAL(row_now().counters.acked, 19);
        CU_ASSERT_TRUE(jt_log_has("record passed over"));
        expect_all_done();
        end();
    }
}

/* It is the first to be answered, each time: the others' answers are waited for. */
static void test_rejected_first(void)
{
    begin("rejected-first");
    rig->reject = 2;
    rig->tells_singly = true;
    fill(30);
    start();
    CU_ASSERT_TRUE(jt_until(is_passed_over, NULL));
    CU_ASSERT_EQUAL(rig->fates[2].takes, 3);
    CU_ASSERT_EQUAL(rig->fates[3].takes, 1);
    expect_all_done();
    end();
}

/* It hangs up with each rejection: what stands behind the record goes without it, so that the
   record is known and passed over. */
static void test_rejects_and_hangs_up(void)
{
    begin("hangs-up");
    rig->reject = 2;
    rig->hangs_up = true;
    rig->fates[2].is_done = true; /* in the end */
    fill(30);
    start();
    CU_ASSERT_TRUE(jt_until(is_passed_over, NULL));
    CU_ASSERT_EQUAL(row_now().counters.acked, 19);
    CU_ASSERT_TRUE(jt_log_has("sequence=2 "));
    CU_ASSERT_TRUE(atomic_exchange(&rig->out_of_order, 0) <= rig->fates[2].takes); /* it alone */
    expect_all_done();
    end();
}

static bool was_opened_often(void *context)
{
    (void)context;
    return row_now().counters.connects >= 5;
}

/* One that wants none at all has a trouble of its own: no record is passed over for that. */
static void test_rejects_all(void)
{
    begin("rejects-all");
    rig->window = 5;
    atomic_store(&rig->rejects_all, true);
    fill(60);
    start();
    CU_ASSERT_TRUE(jt_until(was_opened_often, NULL));
    CU_ASSERT_EQUAL(row_now().counters.refused, 0);
    atomic_store(&rig->rejects_all, false);
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    CU_ASSERT_EQUAL(row_now().counters.refused, 0);
    CU_ASSERT_EQUAL(row_now().counters.acked, 40);
    expect_all_done();
    end();
}

/* Long texts are cut until it fits; what is of too many is passed over. */
static void test_too_long(void)
{
    begin("long");
    fill(4);
    rig->fates[++rig->last].is_wanted = true;
    append(GW_KIND_MALWARE_FOUND, 8000);
    fill(4);
    append_full();
    rig->last++;
    fill(4);
    start();
    CU_ASSERT_TRUE(jt_until(is_passed_over, NULL));
    CU_ASSERT_TRUE(jt_log_has("max-message"));
    CU_ASSERT_TRUE(rig->longest > 512 && rig->longest <= 4096);
    expect_all_done();
    end();
}

/* A site is one site however it is written where: what subscribes to it, or is sorted by it, gets
   its messages and its alerts. */
static void test_keys(void)
{
    begin("keys");
    rig->section.kinds = NULL;
    begin_event(GW_KIND_MALWARE_FOUND);
    gw_event_set_text(&event, GW_FIELD_SITE, SLICE("HQ \xc3\x84-1"));
    append_event();
    begin_event(GW_KIND_ALERT_RAISED);
    gw_event_set_text(&event, GW_FIELD_SITE, SLICE("HQ \xc3\x84-1"));
    gw_event_set_text(&event, GW_FIELD_KPI_SCOPE, SLICE("hq \xc3\x84-1/osce01"));
    rig->last = append_event();
    rig->fates[1].is_wanted = rig->fates[2].is_wanted = true;
    start();
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    CU_ASSERT_STRING_EQUAL(rig->keys[1], "hq \xc3\x84-1");
    CU_ASSERT_STRING_EQUAL(rig->keys[2], "hq \xc3\x84-1/osce01");
    end();
}

/* What was acknowledged is not sent again after a stop, nor what a kill would have left a note of.
 */
static void test_restart(void)
{
    begin("restart");
    fill(300);
    start();
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    feed_target_stop(rig->target);
    fill(300);
    start();
    CU_ASSERT_TRUE(jt_until(is_drained, NULL));
    for (uint64_t s = 1; s <= rig->last; s++)
        CU_ASSERT_TRUE(rig->fates[s].takes <= 1);
    expect_all_done();
    end();
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"calm", test_calm},
        {"storm", test_storm},
        {"mute", test_mute},
        {"away", test_away},
        {"rejected", test_rejected},
        {"too long", test_too_long},
        {"restart", test_restart},
        {"keys", test_keys},
        {"let go", test_let_go},
        {"unread", test_unread},
        {"rejected first", test_rejected_first},
        {"rejects all", test_rejects_all},
        {"rejects and hangs up", test_rejects_and_hangs_up},
    };
    return jt_main("target", tests, sizeof tests / sizeof *tests);
}
