/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of targets, when one of them cannot begin, and when nobody takes what they tell. */
#include "gateway/outbox/outbox.h"

#include <errno.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"
#include "tests/gateway/outbox/support.h"
#include "tests/support/clock_ahead.h"

/* Nobody listens there: whoever runs tries and fails. */
#define OLD "<webhook name=\"old\" url=\"http://127.0.0.1:1/\"/>"
#define NEW "<webhook name=\"new\" url=\"http://127.0.0.1:1/\"/>"

#define QUICK "<webhook name=\"old\" url=\"http://127.0.0.1:1/\" retry=\"100ms\"/>"

static struct outbox *outbox;

static struct config *config_of(const char *text)
{
    const struct section *const sections[] = {&outbox_webhook_section};
    struct config *config = NULL;
    struct diag diag = {0};
    CU_ASSERT_EQUAL_FATAL(
        config_load_text(slice_from(text), "test", "/", sections, 1, &diag, &config), GW_OK);
    diag_free(&diag);
    return config;
}

static void reload(const char *text)
{
    struct config *config = config_of(text);
    outbox_reload(outbox, config, SLICE("<kpi/>"));
    config_free(config);
}

static size_t rows(struct outbox_row *out)
{
    return outbox_list(outbox, out, 2);
}

static bool has_tried(void *context)
{
    struct outbox_row row[2];
    size_t n = rows(row);
    uint64_t *before = context;
    for (size_t i = 0; i < n; i++)
        if (row[i].counters.retried > before[i])
            return true;
    return false;
}

/* The disk does not take the new one's cursor: the old one goes on, says that not all is well, and
   the next reload tries again. */
static void test_no_room(void)
{
    char dir[JT_PATH];
    static struct jt_disk disk;
    static struct gw_event event;
    struct journal_options journal_options = jt_options(1 << 20, false);
    struct journal_setup setup;
    struct journal *journal;
    struct buf bytes = {0};
    struct outbox_row row[2];
    uint64_t sequence;
    jt_log_capture();
    jt_dir(dir, "outbox-no-room");
    jt_disk_init(&disk);
    journal_setup_default(&setup);
    setup.io = &disk.io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &journal_options, &setup, &journal), GW_OK);
    struct outbox_options options = {
        .gateway_id = "gw1", .journal = journal, .clock = &clock_system};
    struct config *config = config_of("<eog-gateway>" OLD "</eog-gateway>");
    CU_ASSERT_EQUAL_FATAL(outbox_start(&options, config, SLICE("<kpi/>"), &outbox), GW_OK);
    config_free(config);
    ot_event(&event, GW_KIND_ALERT_RAISED);
    event.received_ms = clock_read(&clock_system).wall_ms; /* else it is given up */
    gw_event_encode(&event, &bytes);
    CU_ASSERT_EQUAL(journal_append(journal, buf_get(&bytes), &sequence), GW_OK);
    CU_ASSERT_TRUE(jt_until(has_tried, (uint64_t[]){0, 0}));

    jt_disk_refuse(&disk, "open", "webhook-new", ENOSPC);
    reload("<eog-gateway>" NEW OLD "</eog-gateway>");
    CU_ASSERT_EQUAL(rows(row), 1);
    CU_ASSERT_EQUAL(row[0].state, KPI_WARNING);
    CU_ASSERT_TRUE(jt_until(has_tried, (uint64_t[]){row[0].counters.retried, 0}));

    jt_disk_refuse(&disk, NULL, NULL, 0);
    reload("<eog-gateway>" NEW OLD "</eog-gateway>");
    CU_ASSERT_EQUAL(rows(row), 2);
    CU_ASSERT_STRING_EQUAL(row[0].name, "new");
    CU_ASSERT_STRING_EQUAL(row[1].name, "old");
    CU_ASSERT_TRUE(jt_until(has_tried, (uint64_t[]){0, row[1].counters.retried}));
    outbox_stop(outbox);
    journal_close(journal);
    jt_remove(dir);
    buf_free(&bytes);
}

static bool has_tried_or_given_up(void *context)
{
    struct outbox_row row[2];
    return rows(row) == 1 &&
           (row[0].counters.retried > *(uint64_t *)context || row[0].counters.expired);
}

/* What came just now did not wait for a month, whatever the wall clock says. */
static void test_step(void)
{
    enum { MONTH_S = 30 * 24 * 3600 };
    char dir[JT_PATH];
    static struct gw_event event;
    struct journal_options journal_options = jt_options(1 << 20, false);
    struct journal *journal;
    struct buf bytes = {0};
    struct outbox_row row[2];
    uint64_t sequence;
    jt_dir(dir, "outbox-step");
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &journal_options, &journal), GW_OK);
    struct outbox_options options = {
        .gateway_id = "gw1", .journal = journal, .clock = &clock_ahead};
    struct config *config = config_of("<eog-gateway>" QUICK "</eog-gateway>");
    CU_ASSERT_EQUAL_FATAL(outbox_start(&options, config, SLICE("<kpi/>"), &outbox), GW_OK);
    config_free(config);
    ot_event(&event, GW_KIND_ALERT_RAISED);
    event.received_ms = clock_read(&clock_ahead).wall_ms;
    gw_event_encode(&event, &bytes);
    CU_ASSERT_EQUAL(journal_append(journal, buf_get(&bytes), &sequence), GW_OK);
    CU_ASSERT_TRUE(jt_until(has_tried, (uint64_t[]){0, 0}));

    atomic_store(&ahead_ms, MONTH_S * INT64_C(1000));
    CU_ASSERT_EQUAL(rows(row), 1);
    uint64_t more = row[0].counters.retried + 1; /* one may have begun before the step */
    CU_ASSERT_TRUE(jt_until(has_tried_or_given_up, &more));
    CU_ASSERT_EQUAL(rows(row), 1);
    CU_ASSERT_EQUAL(row[0].counters.expired, 0);
    CU_ASSERT_EQUAL(row[0].waiting, 1);
    outbox_stop(outbox);
    journal_close(journal);
    jt_remove(dir);
    buf_free(&bytes);
}

int main(void)
{
    static const struct jt_test tests[] = {{"no room for a new one's place", test_no_room},
                                           {"the clock steps, nothing is given up", test_step}};
    return jt_main("outbox", tests, sizeof tests / sizeof *tests);
}
