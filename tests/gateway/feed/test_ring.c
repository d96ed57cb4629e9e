/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule of the cursor, against a model that is too simple to be wrong: a list of all records. */
#include "gateway/feed/ring.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { CAP = 64, RECORDS = 20000 };

static void test_order(void)
{
    struct feed_ring ring;
    feed_ring_init(&ring, 4);
    CU_ASSERT_EQUAL(feed_ring_cursor(&ring, 7), 7);
    feed_ring_add(&ring, 8, 1000);
    feed_ring_add(&ring, 10, 2000);
    feed_ring_add(&ring, 11, 3000);
    CU_ASSERT_EQUAL(feed_ring_cursor(&ring, 12), 7);
    CU_ASSERT_EQUAL(feed_ring_oldest(&ring)->received_ms, 1000);
    CU_ASSERT_FALSE(feed_ring_done(&ring, 9)); /* was passed over */
    CU_ASSERT_TRUE(feed_ring_done(&ring, 10));
    CU_ASSERT_FALSE(feed_ring_done(&ring, 10));
    CU_ASSERT_EQUAL(feed_ring_cursor(&ring, 12), 7);
    CU_ASSERT_EQUAL(ring.n_waiting, 2);
    CU_ASSERT_TRUE(feed_ring_done(&ring, 8));
    CU_ASSERT_EQUAL(feed_ring_cursor(&ring, 12), 10); /* 9 and 10 with it */
    CU_ASSERT_EQUAL(feed_ring_oldest(&ring)->sequence, 11);
    CU_ASSERT_TRUE(feed_ring_done(&ring, 11));
    CU_ASSERT_EQUAL(feed_ring_cursor(&ring, 12), 12);
    CU_ASSERT_PTR_NULL(feed_ring_oldest(&ring));
    CU_ASSERT_FALSE(feed_ring_done(&ring, 11));
    feed_ring_fini(&ring);
}

static void test_full(void)
{
    struct feed_ring ring;
    feed_ring_init(&ring, CAP);
    for (uint64_t i = 1; i <= CAP; i++) {
        CU_ASSERT_FALSE(feed_ring_is_full(&ring));
        feed_ring_add(&ring, i * 3, 0);
    }
    CU_ASSERT_TRUE(feed_ring_is_full(&ring));
    /* What is done takes no room that another needs, and one at the head holds up none. */
    for (uint64_t i = 2; i < CAP; i++)
        CU_ASSERT_TRUE(feed_ring_done(&ring, i * 3));
    CU_ASSERT_FALSE(feed_ring_is_full(&ring));
    for (uint64_t i = CAP + 1; i <= 10 * CAP; i++) {
        feed_ring_add(&ring, i * 3, 0);
        CU_ASSERT_TRUE(feed_ring_done(&ring, i * 3));
    }
    CU_ASSERT_EQUAL(ring.n_waiting, 2);
    CU_ASSERT_EQUAL(feed_ring_cursor(&ring, 30 * CAP), 2);
    CU_ASSERT_TRUE(feed_ring_done(&ring, 3));
    CU_ASSERT_EQUAL(feed_ring_cursor(&ring, 30 * CAP), 3 * CAP - 1);
    CU_ASSERT_TRUE(feed_ring_done(&ring, 3 * CAP));
    CU_ASSERT_EQUAL(ring.n, 0);
    feed_ring_fini(&ring);
}

/* The oldest is left out when others have their answer and it has waited for long. */
static void test_left_out(void)
{
    struct feed_ring ring;
    feed_ring_init(&ring, CAP);
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 0, 1000, 100));
    for (uint64_t i = 1; i <= 4; i++)
        feed_ring_add(&ring, i, 0);
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 0, 2000, 100));
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 0, 2200, 100)); /* all are */
    CU_ASSERT_TRUE(feed_ring_is_left_out(&ring, 1, 2200, 100));
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 1, 2099, 100));
    feed_ring_done(&ring, 1);
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 2, 2300, 100)); /* another is the oldest */
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 3, 2399, 100));
    CU_ASSERT_TRUE(feed_ring_is_left_out(&ring, 3, 2400, 100));
    feed_ring_start_anew(&ring);
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 4, 2500, 100));
    CU_ASSERT_FALSE(feed_ring_is_left_out(&ring, 4, 2600, 100));
    CU_ASSERT_TRUE(feed_ring_is_left_out(&ring, 5, 2600, 100));
    feed_ring_fini(&ring);
}

/* What the model knows of a record. */
enum fate { AHEAD, FILTERED, WAITING, DONE };

static uint64_t model_cursor(const unsigned char *fate, uint64_t passed, uint64_t from)
{
    uint64_t cursor = from;
    while (cursor < passed && fate[cursor + 1] != WAITING)
        cursor++;
    return cursor;
}

/* Random records, of which some are filtered, acknowledged in random order, some twice. */
static void run_against_model(unsigned seed)
{
    static unsigned char fate[RECORDS + 1];
    struct feed_ring ring;
    uint64_t passed = 0, cursor = 0;
    srand(seed);
    memset(fate, AHEAD, sizeof fate);
    feed_ring_init(&ring, CAP);
    while (cursor < RECORDS) {
        if (passed < RECORDS && !feed_ring_is_full(&ring) && rand() % 2) {
            fate[++passed] = rand() % 3 ? WAITING : FILTERED;
            if (fate[passed] == WAITING)
                feed_ring_add(&ring, passed, 0);
        }
        /* Somewhere in the last 2 * CAP records, or the very oldest, so that it comes to an end. */
        uint64_t at =
            rand() % 4 && passed > 2 * CAP ? passed - (uint64_t)rand() % (2 * CAP) : cursor + 1;
        if (at && at <= passed) {
            CU_ASSERT_EQUAL_FATAL(feed_ring_done(&ring, at), fate[at] == WAITING);
            if (fate[at] == WAITING)
                fate[at] = DONE;
        }
        cursor = model_cursor(fate, passed, cursor);
        CU_ASSERT_EQUAL_FATAL(feed_ring_cursor(&ring, passed), cursor);
    }
    CU_ASSERT_EQUAL(ring.n_waiting, 0);
    feed_ring_fini(&ring);
}

static void test_model(void)
{
    for (unsigned seed = 1; seed <= 20; seed++)
        run_against_model(seed);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"order", test_order},
        {"full", test_full},
        {"left out", test_left_out},
        {"against a model", test_model},
    };
    return suite_run("ring", tests, sizeof tests / sizeof *tests);
}
