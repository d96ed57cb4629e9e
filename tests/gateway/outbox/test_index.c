/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where changes are: all of them, in order, from any place on; what all have passed goes. */
#include "gateway/outbox/index.h"

#include <CUnit/Basic.h>
#include <errno.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/schema/event.h"
#include "tests/gateway/journal/support.h"
#include "tests/support/suite.h"

enum { RECORDS = 9000, EVERY = 3 };

static struct journal *journal;
static _Atomic uint64_t least;

static void append(int n)
{
    static struct gw_event event;
    struct buf encoded = {0};
    uint64_t sequence = 0;
    for (int i = 0; i < n; i++) {
        gw_event_clear(&event);
        event.kind = (uint16_t)(i % EVERY ? GW_KIND_MALWARE_FOUND : GW_KIND_ALERT_RAISED);
        buf_clear(&encoded);
        gw_event_encode(&event, &encoded);
        CU_ASSERT_EQUAL_FATAL(journal_append(journal, buf_get(&encoded), &sequence), GW_OK);
    }
    buf_free(&encoded);
    CU_ASSERT_EQUAL(journal_wait_committed(journal, sequence, 60000), GW_OK);
}

static uint64_t least_of(void *context)
{
    (void)context;
    return least;
}

/* How many there are after `after`, and the last of them. */
static size_t count(struct index *index, uint64_t after, uint64_t *last)
{
    uint64_t scanned, sequence;
    size_t n = 0;
    for (; (sequence = index_next(index, after, &scanned)) != 0; n++) {
        CU_ASSERT(sequence > after && sequence <= scanned);
        CU_ASSERT_EQUAL(sequence % EVERY, 1);
        after = *last = sequence;
    }
    return n;
}

static void wait_scanned(struct index *index, uint64_t to)
{
    uint64_t scanned = 0, seen = 0;
    /* Each change ends a wait: their number is no measure of time. */
    int64_t until_ms = clock_read(&clock_system).mono_ms + 60000;
    while (index_next(index, UINT64_MAX, &scanned), scanned < to) {
        if (clock_read(&clock_system).mono_ms >= until_ms)
            break;
        index_wait(index, &seen, 10);
    }
    CU_ASSERT_EQUAL(scanned, to);
}

static bool is_unread(void *index)
{
    return index_unread_ms(index) > 0;
}

static void test_all(void)
{
    char dir[JT_PATH];
    struct journal_options options = jt_options(64 * 1024, false);
    jt_dir(dir, "index");
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    append(RECORDS);
    struct index *index = index_start(journal, 0, least_of, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(index);
    uint64_t last = 0;
    wait_scanned(index, RECORDS);
    CU_ASSERT_EQUAL(count(index, 0, &last), RECORDS / EVERY);
    CU_ASSERT_EQUAL(last, RECORDS - 2);
    CU_ASSERT_EQUAL(count(index, RECORDS - 3, &last), 1);
    CU_ASSERT_EQUAL(count(index, RECORDS, &last), 0);

    least = RECORDS - 3; /* what is before goes when more comes, what is after stays */
    append(RECORDS);
    wait_scanned(index, 2 * RECORDS);
    CU_ASSERT_EQUAL(count(index, least, &last), 1 + RECORDS / EVERY);
    CU_ASSERT_EQUAL(count(index, 0, &last), 1 + RECORDS / EVERY);
    index_stop(index);

    index = index_start(journal, RECORDS, least_of, NULL);
    wait_scanned(index, 2 * RECORDS);
    CU_ASSERT_EQUAL(count(index, 0, &last), RECORDS / EVERY);
    index_stop(index);
    journal_close(journal);
    jt_remove(dir);
}

/* A wait ends by a wake, also one that came before it. */
static void test_wait(void)
{
    char dir[JT_PATH];
    uint64_t seen = 0;
    struct journal_options options = jt_options(64 * 1024, false);
    jt_dir(dir, "index-wait");
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    struct index *index = index_start(journal, 0, least_of, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(index);
    index_wait(index, &seen, 1);
    index_wake(index);
    index_wait(index, &seen, 3600000);
    append(1);
    index_wait(index, &seen, 3600000);
    uint64_t scanned;
    CU_ASSERT_EQUAL(index_next(index, 0, &scanned), 1);
    index_stop(index);
    journal_close(journal);
    jt_remove(dir);
}

/* That the disk does not give the next record is no end of the journal. */
static void test_unread(void)
{
    char dir[JT_PATH];
    uint64_t scanned;
    struct journal_options options = jt_options(64 * 1024, false);
    struct journal_setup setup;
    static struct jt_disk disk;
    jt_dir(dir, "index-unread");
    jt_disk_init(&disk);
    journal_setup_default(&setup);
    setup.io = &disk.io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
    append(1);
    jt_disk_refuse(&disk, "open", ".seg", EMFILE);
    struct index *index = index_start(journal, 0, least_of, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(index);
    CU_ASSERT(jt_until(is_unread, index));
    CU_ASSERT_EQUAL(index_next(index, 0, &scanned), 0);
    jt_disk_refuse(&disk, NULL, NULL, 0);
    wait_scanned(index, 1);
    CU_ASSERT_EQUAL(index_unread_ms(index), 0);
    index_stop(index);
    journal_close(journal);
    jt_remove(dir);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"all", test_all}, {"wait", test_wait}, {"unread", test_unread}};
    return suite_run("index", tests, sizeof tests / sizeof *tests);
}
