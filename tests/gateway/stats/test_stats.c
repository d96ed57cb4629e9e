/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of senders: one row each, bounded, safe between threads. */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/stats/stats.h"
#include "tests/support/suite.h"

static void test_rows(void)
{
    struct stats *stats = stats_new();
    struct stats_source *a = stats_source(stats, SLICE("192.0.2.1"), GW_TRANSPORT_UDP);
    CU_ASSERT_PTR_EQUAL(stats_source(stats, SLICE("192.0.2.1"), GW_TRANSPORT_UDP), a);
    CU_ASSERT_PTR_NOT_EQUAL(stats_source(stats, SLICE("192.0.2.1"), GW_TRANSPORT_TCP), a);
    CU_ASSERT_PTR_NOT_EQUAL(stats_source(stats, SLICE("192.0.2.2"), GW_TRANSPORT_UDP), a);
    CU_ASSERT_STRING_EQUAL(a->peer, "192.0.2.1");
    struct stats_source *rows[8];
    CU_ASSERT_EQUAL(stats_list_sources(stats, 0, rows, 8), 3);
    CU_ASSERT_PTR_EQUAL(rows[0], a);
    CU_ASSERT_EQUAL(stats_list_sources(stats, 0, rows, 2), 2);
    stats_free(stats);
}

static struct stats_source *peer(struct stats *stats, int i)
{
    char name[32];
    int n = snprintf(name, sizeof name, "peer-%d", i);
    return stats_source(stats, slice_of(name, (size_t)n), GW_TRANSPORT_UDP);
}

/* Senders beyond the table are counted once each, however often they are looked up, and their row
   is there from the first on, though all of its messages were dropped. */
static void test_bound(void)
{
    struct stats *stats = stats_new();
    struct stats_source **rows = gw_alloc((STATS_SOURCES_MAX + 1) * sizeof *rows);
    for (int i = 0; i < STATS_SOURCES_MAX; i++)
        peer(stats, i);
    CU_ASSERT_EQUAL(stats_list_sources(stats, 0, rows, STATS_SOURCES_MAX + 1), STATS_SOURCES_MAX);
    stats_add(&peer(stats, STATS_SOURCES_MAX)->dropped, 1);
    CU_ASSERT_EQUAL(stats_list_sources(stats, 0, rows, STATS_SOURCES_MAX + 1),
                    STATS_SOURCES_MAX + 1);
    for (int i = 0; i < 50; i++)
        for (int n = 0; n < 3; n++)
            stats_add(&peer(stats, STATS_SOURCES_MAX + i)->received, 1);
    CU_ASSERT_EQUAL(stats_read(&stats->sources_refused), 50);
    CU_ASSERT_EQUAL_FATAL(stats_list_sources(stats, 0, rows, STATS_SOURCES_MAX + 1),
                          STATS_SOURCES_MAX + 1);
    CU_ASSERT_STRING_EQUAL(rows[STATS_SOURCES_MAX]->peer, "(others)");
    CU_ASSERT_EQUAL(stats_read(&rows[STATS_SOURCES_MAX]->received), 150);
    CU_ASSERT_EQUAL(stats_read(&rows[STATS_SOURCES_MAX]->dropped), 1);
    free(rows);
    stats_free(stats);
}

static void *count_same(void *context)
{
    for (int i = 0; i < 10000; i++)
        stats_add(&stats_source(context, SLICE("192.0.2.9"), GW_TRANSPORT_TCP)->received, 1);
    return NULL;
}

static void test_threads(void)
{
    struct stats *stats = stats_new();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_same, stats);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(
        stats_read(&stats_source(stats, SLICE("192.0.2.9"), GW_TRANSPORT_TCP)->received), 40000);
    stats_free(stats);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"rows", test_rows}, {"bound", test_bound}, {"threads", test_threads}};
    return suite_run("stats", tests, sizeof tests / sizeof *tests);
}
