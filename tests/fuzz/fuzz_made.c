/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports.made as somebody or a crash left it: what is understood of it can be reckoned with, shown
 * and kept again as it is. The same bytes as the name of a site: a part of a file's name that is in
 * no other folder, and no part of a command.
 */
#include <string.h>
#include <unistd.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/utf8.h"
#include "gateway/report/due.h"
#include "gateway/report/made.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"made", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

enum { ROWS = 4, DAY_MS = 86400000 };
#define NOW INT64_C(1794000000000)

static char folder[200], path[220];

static void clean_up(void)
{
    unlink(path);
    rmdir(folder);
}

static void begin(void)
{
    const char *base = getenv("TMPDIR");
    if (folder[0])
        return;
    if (access("/dev/shm", W_OK) == 0) /* a sync costs nothing there */
        base = "/dev/shm";
    log_set_sink(fuzz_no_log, NULL);
    snprintf(folder, sizeof folder, "%.150s/eog-made-XXXXXX", base && *base ? base : "/tmp");
    FUZZ_CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/reports.made", folder);
    atexit(clean_up);
}

static void put_file(struct slice bytes)
{
    FILE *file = fopen(path, "w");
    FUZZ_CHECK(file && fwrite(bytes.p ? bytes.p : "", 1, bytes.n, file) == bytes.n);
    FUZZ_CHECK(fclose(file) == 0);
}

/* A date of a calendar with years of four digits. */
static void check_day(int64_t day)
{
    char text[CIVIL_RFC3339_MAX];
    FUZZ_CHECK(civil_format(day * DAY_MS, text) == 24);
}

static void check_row(const struct made_memory *row)
{
    struct store_days days;
    bool passed_over;
    FUZZ_CHECK(memchr(row->name, '\0', sizeof row->name) && row->name[0]);
    check_day(row->from);
    check_day(row->to - 1);
    check_day(row->done - 1);
    check_day(row->made_ms / DAY_MS);
    for (int period = STORE_DAY; period <= STORE_MONTH; period++) {
        const struct due_rule rule = {.period = (enum store_period)period, .minute = 60};
        if (!due_pending(&rule, row->done, NOW, &days, &passed_over))
            continue;
        FUZZ_CHECK(days.from < days.to && days.to > row->done);
        FUZZ_CHECK(due_at_ms(&rule, days) <= NOW);
    }
}

static void check_memory(struct slice in)
{
    struct made_memory seen[ROWS], again[ROWS];
    put_file(in);
    size_t n = made_load(path, seen, ROWS);
    FUZZ_CHECK(n <= ROWS);
    for (size_t i = 0; i < n; i++)
        check_row(&seen[i]);
    FUZZ_CHECK(n == 0 || made_save(path, seen, n) == GW_OK);
    FUZZ_CHECK(n == 0 || made_load(path, again, ROWS) == n);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(strcmp(seen[i].name, again[i].name) == 0 && seen[i].done == again[i].done &&
                   seen[i].made_ms == again[i].made_ms && seen[i].from == again[i].from &&
                   seen[i].to == again[i].to && seen[i].files == again[i].files);
}

static void check_site(struct slice in)
{
    char site[300];
    struct buf out = {0};
    snprintf(site, sizeof site, "%.*s", SLICE_FMT(in));
    made_put_site(&out, site);
    FUZZ_CHECK(utf8_is_valid(buf_get(&out)));
    for (size_t i = 0; i < out.n; i++)
        FUZZ_CHECK((unsigned char)out.p[i] > ' ' && !strchr("/\\\"'`$;&|<>*?()\x7f", out.p[i]));
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin();
    check_memory(fuzz_slice(data, size));
    check_site(fuzz_slice(data, size));
    return 0;
}
