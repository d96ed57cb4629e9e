/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A target with a driver that does what drivers do, at random: takes some, acknowledges in any
 * order and late, is full, breaks, cannot connect, rejects. Whatever happens, the cursor on disk
 * never passes what was not acknowledged, and in the end everything was.
 */
#include "gateway/feed/target.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "tests/gateway/feed/rig.h"

static void test_calm(void)
{
    rig_begin("calm");
    rig_fill(600);
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    rig_fill(300); /* while it is caught up: it is woken */
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    rig_expect_all_done();
    struct feed_row row = rig_row_now();
    CU_ASSERT_EQUAL(row.counters.sent, 600);
    CU_ASSERT_EQUAL(row.counters.acked, 600);
    CU_ASSERT_EQUAL(row.counters.filtered, 300);
    CU_ASSERT_EQUAL(row.counters.resent, 0);
    CU_ASSERT_EQUAL(row.backlog_records, 0);
    CU_ASSERT_EQUAL(row.standing, FEED_STANDING_CONNECTED);
    CU_ASSERT_EQUAL(row.state, KPI_OK);
    for (uint64_t s = 1; s <= rig->last; s++)
        CU_ASSERT_TRUE(rig->fates[s].takes <= 1);
    rig_end();
}

/* Everything at once, with restarts of the target in between. */
static void test_storm(void)
{
    for (unsigned seed = 1; seed <= 4; seed++) {
        rig_begin("storm");
        rig->chance = seed;
        rig->is_random = true;
        for (int part = 0; part < 4; part++) {
            rig_fill(RECORDS / 4);
            rig_start();
            if (part == 3)
                CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
            if (part < 3)
                feed_target_stop(rig->target);
        }
        rig_expect_all_done();
        rig_end();
    }
}

static bool was_opened_again(void *context)
{
    (void)context;
    return rig_row_now().counters.connects >= 3;
}

static void test_mute(void)
{
    rig_begin("mute");
    rig->section.ack_timeout_ms = 100;
    rig->window = 5;
    atomic_store(&rig->is_mute, true);
    rig_fill(60);
    rig_start();
    CU_ASSERT_TRUE(jt_until(was_opened_again, NULL));
    struct feed_row row = rig_row_now();
    CU_ASSERT_EQUAL(row.cursor, 1); /* the first was filtered */
    CU_ASSERT_EQUAL(row.counters.acked, 0);
    CU_ASSERT_TRUE(strstr(row.trouble, "nothing acknowledged") != NULL);
    CU_ASSERT_TRUE(row.counters.resent >= 5);
    CU_ASSERT_EQUAL(row.counters.sent, 5);
    atomic_store(&rig->is_mute, false);
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    rig_expect_all_done();
    rig_end();
}

static bool is_let_go(void *context)
{
    return journal_oldest(rig->journal) > *(const uint64_t *)context;
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
        rig_begin_with("let-go", &options, &journal_io_system);
        rig->has_holes = true;
        rig->section.ack_timeout_ms = 100;
        rig->window = 5;
        atomic_store(&rig->is_mute, true);
        rig_fill(9);
        uint64_t sent = rig->last;
        rig_start();
        CU_ASSERT_TRUE(jt_until(was_opened_again, NULL));
        atomic_store(&rig->is_away, true);
        for (int n = 0; n < 1000 && journal_oldest(rig->journal) <= sent; n++)
            rig_append(GW_KIND_LINK_UP, 100);
        CU_ASSERT_TRUE(jt_until(is_let_go, &sent));
        unsigned opens = atomic_load(&rig->opens);
        CU_ASSERT_TRUE(jt_until(rig_was_opened_after, &opens));
        rig->last = journal_committed(rig->journal);
        rig_fill(then[i]);
        atomic_store(&rig->is_away, false);
        atomic_store(&rig->is_mute, false);
        CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
        struct feed_row row = rig_row_now();
        CU_ASSERT_EQUAL(row.counters.sent, 5 + then[i] / 3 * 2);
        CU_ASSERT_EQUAL(row.counters.acked, then[i] / 3 * 2);
        CU_ASSERT_EQUAL(row.counters.refused, 5);
        CU_ASSERT_TRUE(jt_log_has("no more"));
        rig_end();
    }
}

static bool is_unread(void *context)
{
    (void)context;
    return rig_row_now().state == KPI_WARNING && strstr(rig_row_now().trouble, "cannot be read");
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
    rig_begin_with("unread", &options, &disk.io);
    rig_fill(30);
    CU_ASSERT_EQUAL(journal_wait_committed(rig->journal, rig->last, 10000), GW_OK);
    disk.bad_from = FORMAT_DATA_START;
    disk.bad_to = INT64_MAX;
    rig_start();
    CU_ASSERT_TRUE(jt_until(is_unread, NULL));
    CU_ASSERT_TRUE(jt_until(was_polled_often, NULL));
    CU_ASSERT_TRUE(jt_log_has("the journal cannot be read"));
    disk.bad_to = 0;
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    CU_ASSERT_EQUAL(rig_row_now().state, KPI_OK);
    CU_ASSERT_TRUE(jt_log_has("the journal is read again"));
    rig_expect_all_done();
    rig_end();
}

static bool has_backlog(void *context)
{
    (void)context;
    return rig_row_now().backlog_records == rig->last - 1 && atomic_load(&rig->opens) >= 2;
}

static bool is_critical(void *context)
{
    (void)context;
    return rig_row_now().state == KPI_CRITICAL && jt_log_has("wait for too long");
}

static void test_away(void)
{
    rig_begin("away");
    rig->section.warning_ms = 50;
    rig->section.critical_ms = 100;
    atomic_store(&rig->is_away, true);
    rig_fill(60);
    rig_start();
    CU_ASSERT_TRUE(jt_until(has_backlog, NULL)); /* the first is known not to be wanted */
    CU_ASSERT_TRUE(jt_until(is_critical, NULL));
    CU_ASSERT_EQUAL(rig_row_now().standing, FEED_STANDING_WAITING);
    atomic_store(&rig->is_away, false);
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    rig_expect_all_done();
    rig_end();
}

/* Long texts are cut until it fits; what is of too many is passed over. */
static void test_too_long(void)
{
    rig_begin("long");
    rig_fill(4);
    rig->fates[++rig->last].is_wanted = true;
    rig_append(GW_KIND_MALWARE_FOUND, 8000);
    rig_fill(4);
    rig_append_full();
    rig->last++;
    rig_fill(4);
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_passed_over, NULL));
    CU_ASSERT_TRUE(jt_log_has("max-message"));
    CU_ASSERT_TRUE(rig->longest > 512 && rig->longest <= 4096);
    rig_expect_all_done();
    rig_end();
}

/* A site is one site however it is written where: what subscribes to it, or is sorted by it, gets
   its messages and its alerts. */
static void test_keys(void)
{
    rig_begin("keys");
    rig->section.kinds = NULL;
    rig_begin_event(GW_KIND_MALWARE_FOUND);
    gw_event_set_text(&rig_record, GW_FIELD_SITE, SLICE("HQ \xc3\x84-1"));
    rig_append_event();
    rig_begin_event(GW_KIND_ALERT_RAISED);
    gw_event_set_text(&rig_record, GW_FIELD_SITE, SLICE("HQ \xc3\x84-1"));
    gw_event_set_text(&rig_record, GW_FIELD_KPI_SCOPE, SLICE("hq \xc3\x84-1/osce01"));
    rig->last = rig_append_event();
    rig->fates[1].is_wanted = rig->fates[2].is_wanted = true;
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    CU_ASSERT_STRING_EQUAL(rig->keys[1], "hq \xc3\x84-1");
    CU_ASSERT_STRING_EQUAL(rig->keys[2], "hq \xc3\x84-1/osce01");
    rig_end();
}

/* What was acknowledged is not sent again after a stop, nor what a kill would have left a note of.
 */
static void test_restart(void)
{
    rig_begin("restart");
    rig_fill(300);
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    feed_target_stop(rig->target);
    rig_fill(300);
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    for (uint64_t s = 1; s <= rig->last; s++)
        CU_ASSERT_TRUE(rig->fates[s].takes <= 1);
    rig_expect_all_done();
    rig_end();
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"calm", test_calm}, {"storm", test_storm},       {"mute", test_mute},
        {"away", test_away}, {"too long", test_too_long}, {"restart", test_restart},
        {"keys", test_keys}, {"let go", test_let_go},     {"unread", test_unread},
    };
    return jt_main("target", tests, sizeof tests / sizeof *tests);
}
