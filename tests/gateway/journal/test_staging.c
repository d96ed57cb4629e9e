/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Staging by itself: its bounds, its pace, who is woken when, and memory that a burst took. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

enum { LIMIT = 32 << 20, MIB = 1 << 20, LONG_MS = 60000 };

static char dir[JT_PATH];
static char big[6 * MIB];

static int64_t now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static void test_closed(void)
{
    struct staging staging;
    uint64_t sequence = 7;
    bool is_closing = false;
    CU_ASSERT_EQUAL_FATAL(staging_init(&staging, LIMIT, 0, 1), GW_OK);
    CU_ASSERT_EQUAL(staging_append(&staging, slice_of(big, 10), &sequence), GW_OK);
    staging_close(&staging);
    sequence = 7;
    CU_ASSERT_EQUAL(staging_append(&staging, slice_of(big, 10), &sequence), GW_ERR_CLOSED);
    CU_ASSERT_EQUAL(sequence, 7);
    CU_ASSERT_EQUAL(staging_last(&staging), 1);
    /* What was taken before is still the writer's; then there is nothing, and no wait for it. */
    struct staging_buffer *buffer = staging_take(&staging, LONG_MS, &is_closing);
    CU_ASSERT_TRUE_FATAL(buffer && is_closing && buffer->first == 1);
    staging_release(&staging, buffer);
    CU_ASSERT_PTR_NULL(staging_take(&staging, LONG_MS, &is_closing));
    staging_fini(&staging);
}

/* How many bytes of a buffer stand in memory behind its first four mebibytes. */
static size_t resident_behind(const struct staging_buffer *buffer, size_t n)
{
    enum { KEPT = 4 * MIB };
    static unsigned char pages[LIMIT / 4096];
    size_t count = 0, page = (size_t)sysconf(_SC_PAGESIZE);
    CU_ASSERT_EQUAL_FATAL(mincore(buffer->p + KEPT, n - KEPT, pages), 0);
    for (size_t i = 0; i < (n - KEPT) / page; i++)
        count += pages[i] & 1;
    return count * page;
}

static struct staging_buffer *take(struct staging *staging)
{
    bool is_closing;
    struct staging_buffer *buffer = staging_take(staging, LONG_MS, &is_closing);
    if (!buffer)
        abort();
    return buffer;
}

/* A burst's memory goes back with the first batch that is small beside it, not at once: the next
   may be as large. */
static void test_burst(void)
{
    struct staging staging;
    struct staging_buffer *buffer, *burst;
    uint64_t sequence;
    CU_ASSERT_EQUAL_FATAL(staging_init(&staging, LIMIT, 0, 1), GW_OK);
    memset(big, 'b', sizeof big);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(staging_append(&staging, slice_of(big, sizeof big), &sequence), GW_OK);
    burst = take(&staging);
    CU_ASSERT_TRUE(burst->used > 3 * sizeof big);
    staging_release(&staging, burst);
    CU_ASSERT_TRUE(resident_behind(burst, 3 * sizeof big) > 3 * sizeof big - 5 * MIB);
    for (int i = 0; i < 2; i++) { /* the buffers take turns */
        CU_ASSERT_EQUAL(staging_append(&staging, SLICE("small"), &sequence), GW_OK);
        buffer = take(&staging);
        CU_ASSERT_EQUAL(memcmp(buffer->p + FORMAT_HEAD_BYTES, "small", 5), 0);
        staging_release(&staging, buffer);
    }
    CU_ASSERT_PTR_EQUAL(buffer, burst);
    CU_ASSERT_EQUAL(resident_behind(burst, 3 * sizeof big), 0);
    /* It is used again as if nothing had been. */
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(staging_append(&staging, slice_of(big, sizeof big), &sequence), GW_OK);
    buffer = take(&staging);
    CU_ASSERT_EQUAL(buffer->p[buffer->used - 1], 'b');
    staging_release(&staging, buffer);
    staging_fini(&staging);
}

/* A pace of a minute: the first record is on disk at once, one behind it is not, until somebody
   waits for it, a mebibyte is there, or the journal is closed. */
static void test_pace(void)
{
    enum { HURRIED, ENOUGH, CLOSED, CASES };
    for (int how = 0; how < CASES; how++) {
        struct journal_options options = jt_options(64 << 20, false);
        struct journal *journal;
        uint64_t sequence;
        jt_dir(dir, "pace");
        options.pace_ms = LONG_MS;
        CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
        int64_t begin = now_ms();
        CU_ASSERT_TRUE(jt_append(journal, 1, 1)); /* waits: hurried */
        CU_ASSERT_EQUAL(journal_append(journal, jt_payload(2), &sequence), GW_OK);
        nanosleep(&(struct timespec){0, 30000000}, NULL);
        CU_ASSERT_EQUAL(journal_committed(journal), 1);
        if (how == HURRIED) {
            CU_ASSERT_EQUAL(journal_wait_committed(journal, 2, 10000), GW_OK);
        } else if (how == ENOUGH) {
            CU_ASSERT_EQUAL(journal_append(journal, slice_of(big, MIB), &sequence), GW_OK);
            for (int i = 0; i < 10000 && journal_committed(journal) < 3; i++)
                nanosleep(&(struct timespec){0, 1000000}, NULL);
            CU_ASSERT_EQUAL(journal_committed(journal), 3);
        }
        journal_close(journal);
        CU_ASSERT_TRUE(now_ms() - begin < LONG_MS / 2);
        struct journal_scan scan;
        CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
        CU_ASSERT_EQUAL(scan.last, how == ENOUGH ? 3 : 2);
        jt_remove(dir);
    }
}

/* All of several, or none: whatever refuses the last of them refuses the first. */
static void test_together(void)
{
    struct staging staging;
    uint64_t sequence = 0, last = 7;
    bool is_closing = false;
    struct slice two[] = {slice_of(big, 10), slice_of(big, 20)},
                 large[] = {slice_of(big, 10), slice_of(big, 2 * MIB)},
                 vast[] = {slice_of(big, JOURNAL_RECORD_MAX), slice_of(big, JOURNAL_RECORD_MAX)};
    CU_ASSERT_EQUAL_FATAL(staging_init(&staging, MIB, 0, 1), GW_OK);
    CU_ASSERT_EQUAL(staging_append(&staging, slice_of(big, 1), &sequence), GW_OK);
    CU_ASSERT_EQUAL(staging_append_all(&staging, two, 2, &last), GW_OK);
    CU_ASSERT_EQUAL(last, 3);
    CU_ASSERT_EQUAL(staging_append_all(&staging, large, 2, &last), GW_ERR_FULL);
    CU_ASSERT_EQUAL(staging_append_all(&staging, vast, 2, &last), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(last, 3);
    CU_ASSERT_EQUAL(staging_last(&staging), 3);
    struct staging_buffer *taken = staging_take(&staging, 0, &is_closing);
    CU_ASSERT_PTR_NOT_NULL_FATAL(taken);
    CU_ASSERT_EQUAL(taken->used,
                    format_record_bytes(1) + format_record_bytes(10) + format_record_bytes(20));
    CU_ASSERT_EQUAL(format_staged_length(taken->p + format_record_bytes(1)), 10);
    staging_release(&staging, taken);
    CU_ASSERT_EQUAL(staging_append_all(&staging, large, 2, &last), GW_OK); /* nothing else waits */
    CU_ASSERT_EQUAL(last, 5);
    staging_refuse(&staging, true);
    CU_ASSERT_EQUAL(staging_append_all(&staging, two, 2, &last), GW_ERR_IO);
    CU_ASSERT_EQUAL(staging_last(&staging), 5);
    staging_fini(&staging);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"closed", test_closed},
        {"a burst's memory", test_burst},
        {"pace", test_pace},
        {"together", test_together},
    };
    return jt_main("journal staging", tests, sizeof tests / sizeof *tests);
}
