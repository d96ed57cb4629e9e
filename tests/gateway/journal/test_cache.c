/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What leaves the system's page cache: at any moment only what every named reader has had, and in
 * the end all but the segment that is written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

/* Records as large as these lie at known places; a segment has more than one CACHE_STEP. */
enum { PAYLOAD = 64 * 1024 - FORMAT_HEAD_BYTES, RECORD = 64 * 1024, A_SEGMENT = 160 };
enum { SEGMENT = FORMAT_DATA_START + A_SEGMENT * RECORD, SEGMENTS = 4, ALL = SEGMENTS * A_SEGMENT };
enum { NAMED = 3, READERS = NAMED + 1, STEPS = 400, MOST_A_STEP = 60, SEEDS = 6 };

_Static_assert(A_SEGMENT *RECORD > 2 * CACHE_STEP, "readers of one segment stand apart");

static char dir[JT_PATH];
static struct journal *journal;
static struct journal_reader *readers[READERS];
static uint64_t wanted[READERS]; /* the next sequence of each; of the last, without a name, too */
static size_t acting;            /* who reads: what it is being given is no longer wanted */
static int64_t forgotten[SEGMENTS + 1];
static size_t n_wrong, n_asked;
static uint64_t state;

static uint64_t draw(uint64_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

static uint64_t segment_of(int fd)
{
    char link[64], path[JT_PATH * 2];
    uint64_t first = 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(path, '/');
    return slash && format_parse_name(slash + 1, &first) ? first : 0;
}

static int watch_forget(void *context, int fd, int64_t n)
{
    uint64_t first = segment_of(fd);
    (void)context;
    if (!journal) /* the start */
        return 0;
    n_asked++;
    size_t segment = (size_t)(first - 1) / A_SEGMENT;
    if (first == 0 || segment > SEGMENTS || n <= 0) {
        n_wrong++;
        return 0;
    }
    uint64_t last = first + (uint64_t)((n - FORMAT_DATA_START + RECORD - 1) / RECORD) - 1;
    for (size_t i = 0; i < NAMED; i++)
        n_wrong += readers[i] && last >= wanted[i] + (i == acting);
    if (n > forgotten[segment])
        forgotten[segment] = n;
    return 0;
}

static bool append(uint64_t n)
{
    static char bytes[PAYLOAD];
    struct slice payload = slice_of(bytes, PAYLOAD);
    uint64_t last = 0;
    for (uint64_t i = 0; i < n; i++)
        if (journal_append_all(journal, &payload, 1, &last) != GW_OK)
            return false;
    return n == 0 || journal_wait_committed(journal, last, 10000) == GW_OK;
}

static bool open_reader(size_t i)
{
    char name[] = "a";
    name[0] = (char)('a' + i);
    if (journal_reader_open(journal, i < NAMED ? name : NULL, 0, &readers[i]) != GW_OK)
        return false;
    wanted[i] = i < NAMED ? journal_reader_cursor(readers[i]) + 1 : 1;
    return true;
}

static void read_some(size_t i, uint64_t n)
{
    struct journal_record record;
    acting = i;
    while (n-- > 0 && journal_reader_next(readers[i], &record) == GW_OK) {
        n_wrong += record.sequence != wanted[i];
        wanted[i] = record.sequence + 1;
    }
    acting = READERS;
}

static void close_reader(size_t i)
{
    if (wanted[i] > 1)
        CU_ASSERT_EQUAL(journal_reader_commit(readers[i], wanted[i] - 1), GW_OK);
    journal_reader_close(readers[i]);
    readers[i] = NULL;
}

static void step(uint64_t *appended)
{
    size_t i = draw(READERS);
    uint64_t n = draw(MOST_A_STEP), last = 0;
    if (n > ALL - *appended)
        n = ALL - *appended;
    switch (draw(16)) {
    case 0:
        close_reader(i);
        CU_ASSERT_TRUE_FATAL(open_reader(i));
        break;
    case 1:
        wanted[i] = 1 + draw(*appended + 1);
        journal_reader_seek(readers[i], wanted[i]);
        break;
    case 2:
        if (journal_reader_pass(readers[i], &last))
            wanted[i] = last + 1;
        break;
    case 3:
    case 4:
    case 5:
        CU_ASSERT_TRUE_FATAL(append(n));
        *appended += n;
        break;
    default:
        read_some(i, draw(MOST_A_STEP));
    }
}

static void begin(uint64_t seed)
{
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal_setup setup;
    static struct journal_io io;
    io = journal_io_system;
    io.forget = watch_forget;
    state = seed;
    acting = READERS;
    n_wrong = n_asked = 0;
    memset(forgotten, 0, sizeof forgotten);
    jt_dir(dir, "cache");
    journal_setup_default(&setup);
    setup.io = &io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
}

static void end(void)
{
    for (size_t i = 0; i < READERS; i++) {
        journal_reader_close(readers[i]);
        readers[i] = NULL;
    }
    journal_close(journal);
    journal = NULL;
    jt_remove(dir);
}

/* However readers come, go, leap and lag. */
static void test_only_what_all_have_had(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t appended = 0;
        begin(seed);
        for (size_t i = 0; i < READERS; i++)
            CU_ASSERT_TRUE_FATAL(open_reader(i));
        for (int i = 0; i < STEPS; i++)
            step(&appended);
        CU_ASSERT_TRUE(append(ALL + 1 - appended));

        /* From the front again, each as it comes: what is closed is let go, and all of it. */
        memset(forgotten, 0, sizeof forgotten);
        for (size_t i = 0; i < READERS; i++) {
            journal_reader_seek(readers[i], 1);
            wanted[i] = 1;
        }
        for (bool more = true; more;) {
            read_some(draw(READERS), draw(MOST_A_STEP));
            more = false;
            for (size_t i = 0; i < READERS; i++)
                more = more || wanted[i] <= ALL + 1;
        }
        for (size_t i = 0; i < SEGMENTS; i++)
            CU_ASSERT_EQUAL(forgotten[i], SEGMENT);
        CU_ASSERT_TRUE(n_asked > SEGMENTS);
        CU_ASSERT_EQUAL(n_wrong, 0);
        if (n_wrong > 0)
            printf("seed %" PRIu64 ": %zu wrong\n", seed, n_wrong);
        end();
    }
}

/* Who follows close to the end lets all go but the last few megabytes; who stands holds it. */
static void test_steps(void)
{
    begin(1);
    CU_ASSERT_TRUE_FATAL(open_reader(0) && open_reader(1) && append(A_SEGMENT));
    read_some(0, A_SEGMENT);
    CU_ASSERT_EQUAL(forgotten[0], 0); /* the other has had nothing */
    read_some(1, A_SEGMENT);
    CU_ASSERT_TRUE(forgotten[0] > SEGMENT - CACHE_STEP - RECORD);
    close_reader(1);
    CU_ASSERT_TRUE(append(2 * A_SEGMENT));
    read_some(0, 2 * A_SEGMENT);
    CU_ASSERT_EQUAL(forgotten[1], SEGMENT); /* who is gone holds nothing */
    CU_ASSERT_EQUAL(n_wrong, 0);
    end();
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"only what all have had", test_only_what_all_have_had},
        {"in steps", test_steps},
    };
    return jt_main("journal's page cache", tests, sizeof tests / sizeof *tests);
}
