/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A target that does not want a record, says so or dies of it: it is passed over at last, counted
 * and named, so that it stops no feed; and never for a trouble that is the target's with all.
 */
#include "gateway/feed/target.h"

#include <string.h>

#include "tests/gateway/feed/rig.h"

/* Twice it is sent again, the third time it is passed over; when it is final, at once. */
static void test_rejected(void)
{
    for (int is_final = 0; is_final < 2; is_final++) {
        rig_begin("rejected");
        rig->reject = 5;
        rig->is_rejection_final = is_final;
        rig_fill(30);
        rig_start();
        CU_ASSERT_TRUE(jt_until(rig_is_passed_over, NULL));
        CU_ASSERT_EQUAL(rig->fates[5].takes, is_final ? 1 : 3);
        CU_ASSERT_EQUAL(rig_row_now().counters.acked, 19);
        CU_ASSERT_TRUE(jt_log_has("record passed over"));
        rig_expect_all_done();
        rig_end();
    }
}

/* It is the first to be answered, each time: the others' answers are waited for. */
static void test_rejected_first(void)
{
    rig_begin("rejected-first");
    rig->reject = 2;
    rig->tells_singly = true;
    rig_fill(30);
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_passed_over, NULL));
    CU_ASSERT_EQUAL(rig->fates[2].takes, 3);
    CU_ASSERT_EQUAL(rig->fates[3].takes, 1);
    rig_expect_all_done();
    rig_end();
}

/* It hangs up with each rejection: what stands behind the record goes without it, so that the
   record is known and passed over. */
static void test_rejects_and_hangs_up(void)
{
    rig_begin("hangs-up");
    rig->reject = 2;
    rig->hangs_up = true;
    rig->fates[2].is_done = true; /* in the end */
    rig_fill(30);
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_passed_over, NULL));
    CU_ASSERT_EQUAL(rig_row_now().counters.acked, 19);
    CU_ASSERT_TRUE(jt_log_has("sequence=2 "));
    CU_ASSERT_TRUE(atomic_exchange(&rig->out_of_order, 0) <= rig->fates[2].takes); /* it alone */
    rig_expect_all_done();
    rig_end();
}

static bool has_taken_others(void *context)
{
    (void)context;
    return rig_row_now().counters.acked + rig_row_now().counters.refused >= rig->last / 3 * 2 - 1;
}

/* It ends without a word of the record that ends it: others go without it, and when they have
   passed and it alone has not, again and again, it is passed over, counted and named. */
static void fatal(bool stays_on_line)
{
    rig_begin("fatal");
    rig->section.ack_timeout_ms = 100;
    rig->stays_on_line = stays_on_line;
    rig->fatal = 3;
    rig->fates[3].is_done = true; /* in the end */
    rig_fill(3);
    rig_start();
    unsigned opens = 4; /* there is nothing else to take: perhaps it takes nothing now */
    CU_ASSERT_TRUE(jt_until(rig_was_opened_after, &opens));
    CU_ASSERT_EQUAL(rig_row_now().counters.refused, 0);
    for (int round = 0; round < 20 && !rig_row_now().counters.refused; round++) {
        rig_fill(3);
        CU_ASSERT_TRUE(jt_until(has_taken_others, NULL));
        CU_ASSERT_TRUE(round > 2 || rig_row_now().counters.refused == 0);
    }
    CU_ASSERT_TRUE(jt_until(rig_is_passed_over, NULL));
    CU_ASSERT_TRUE(jt_log_has("sequence=3 "));
    CU_ASSERT_TRUE(strstr(rig_row_now().trouble, "record 3") != NULL);
    atomic_store(&rig->out_of_order, 0); /* it alone was late */
    rig_expect_all_done();
    rig_end();
}

static void test_fatal(void)
{
    fatal(false);
}

/* So is one at which it says nothing any more, and does not hang up either. */
static void test_mute_at_one(void)
{
    fatal(true);
}

/* Where no record is the cause, as on a disk that has room for a shorter one, none overtakes it. */
static void test_indifferent(void)
{
    rig_begin("indifferent");
    rig->is_indifferent = true;
    rig->fatal = 3;
    rig_fill(30);
    rig_start();
    unsigned opens = 5;
    CU_ASSERT_TRUE(jt_until(rig_was_opened_after, &opens));
    CU_ASSERT_EQUAL(rig_row_now().counters.acked, 1);
    atomic_store(&rig->is_cured, true);
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    CU_ASSERT_EQUAL(rig_row_now().counters.refused, 0);
    rig_expect_all_done();
    rig_end();
}

static bool is_given_up(void *context)
{
    (void)context;
    if (rig->last < RECORDS && rig_row_now().in_flight < 10)
        rig_fill(3);
    return rig_row_now().counters.refused > 0;
}

/* Nor does one that it alone has no answer to, and which is never the last, hold up the others. */
static void test_left_out(void)
{
    rig_begin("left-out");
    rig->section.ack_timeout_ms = 50;
    rig->answers_others = true;
    rig->fatal = 3;
    rig->fates[3].is_done = true; /* in the end */
    rig_fill(3);
    rig_start();
    CU_ASSERT_TRUE(jt_until(is_given_up, NULL));
    CU_ASSERT_TRUE(jt_until(rig_is_passed_over, NULL));
    CU_ASSERT_TRUE(rig->fates[3].takes >= 5);
    CU_ASSERT_TRUE(jt_log_has("sequence=3 "));
    CU_ASSERT_TRUE(strstr(rig_row_now().trouble, "record 3") != NULL);
    atomic_store(&rig->out_of_order, 0); /* it alone was late */
    rig_expect_all_done();
    rig_end();
}

/* One that is only slow at it loses nothing: it is given longer. */
static void test_slow_at_one(void)
{
    rig_begin("slow");
    rig->section.ack_timeout_ms = 200;
    rig->stays_on_line = true;
    rig->fatal = 3;
    rig->slow_ms = 250;
    rig_fill(9);
    rig_start();
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    CU_ASSERT_EQUAL(rig_row_now().counters.refused, 0);
    CU_ASSERT_EQUAL(rig_row_now().counters.acked, 6);
    atomic_store(&rig->out_of_order, 0); /* it alone was late */
    rig_expect_all_done();
    rig_end();
}

/* One that ends whatever it is given: nothing is passed over for that. */
static void test_all_fatal(void)
{
    rig_begin("all-fatal");
    rig->window = 5;
    atomic_store(&rig->is_all_fatal, true);
    rig_fill(60);
    rig_start();
    unsigned opens = 4; /* each waits twice as long as the one before */
    CU_ASSERT_TRUE(jt_until(rig_was_opened_after, &opens));
    atomic_store(&rig->is_all_fatal, false);
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    CU_ASSERT_EQUAL(rig_row_now().counters.refused, 0);
    CU_ASSERT_EQUAL(rig_row_now().counters.acked, 40);
    CU_ASSERT_TRUE(atomic_exchange(&rig->out_of_order, 0) <=
                   1); /* the one that was first in line */
    rig_expect_all_done();
    rig_end();
}

static bool was_opened_often(void *context)
{
    (void)context;
    return rig_row_now().counters.connects >= 5;
}

/* One that wants none at all has a trouble of its own: no record is passed over for that. */
static void test_rejects_all(void)
{
    rig_begin("rejects-all");
    rig->window = 5;
    atomic_store(&rig->rejects_all, true);
    rig_fill(60);
    rig_start();
    CU_ASSERT_TRUE(jt_until(was_opened_often, NULL));
    CU_ASSERT_EQUAL(rig_row_now().counters.refused, 0);
    atomic_store(&rig->rejects_all, false);
    CU_ASSERT_TRUE(jt_until(rig_is_drained, NULL));
    CU_ASSERT_EQUAL(rig_row_now().counters.refused, 0);
    CU_ASSERT_EQUAL(rig_row_now().counters.acked, 40);
    rig_expect_all_done();
    rig_end();
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"rejected", test_rejected},
        {"rejected first", test_rejected_first},
        {"rejects all", test_rejects_all},
        {"fatal", test_fatal},
        {"indifferent", test_indifferent},
        {"all fatal", test_all_fatal},
        {"rejects and hangs up", test_rejects_and_hangs_up},
        {"left out", test_left_out},
        {"mute at one", test_mute_at_one},
        {"slow at one", test_slow_at_one},
    };
    return jt_main("target-rejects", tests, sizeof tests / sizeof *tests);
}
