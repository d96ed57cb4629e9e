/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line for each fault: its name, the state that was told (0: none), when it was raised and since
   when it is as bad, in ms. */
#include "gateway/notify/told.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/log.h"

enum { LINE = 70 };                                          /* with its end */
static const int64_t TIME_END_MS = INT64_C(253402300800000); /* 10000-01-01 */
#define FILE_NAME "faults-told"

int told_open(const char *state_dir)
{
    char path[4200];
    if (!state_dir)
        return -1;
    snprintf(path, sizeof path, "%.4000s/" FILE_NAME, state_dir);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool next_number(struct slice *line, int64_t *out)
{
    struct slice word;
    return slice_next_word(line, &word) && slice_to_int(word, out);
}

static bool next_time(struct slice *line, int64_t *out)
{
    return next_number(line, out) && *out >= 0 && *out < TIME_END_MS;
}

static void load_line(struct slice line, struct fault *v, size_t n, struct clock_reading now)
{
    struct slice name;
    int64_t state, raised_ms, since_ms;
    if (!slice_next_word(&line, &name) || !next_number(&line, &state) ||
        !next_time(&line, &raised_ms) || !next_time(&line, &since_ms) ||
        (state != KPI_WARNING && state != KPI_CRITICAL))
        return;
    int64_t age_ms = now.wall_ms > raised_ms ? now.wall_ms - raised_ms : 0;
    for (size_t i = 0; i < n; i++) {
        if (!slice_equal(name, slice_from(v[i].name)))
            continue;
        v[i].is_open = v[i].is_of_before = true;
        v[i].state = v[i].told_state = (enum kpi_state)state;
        v[i].raised = (struct clock_reading){raised_ms, now.mono_ms - age_ms};
        v[i].since_ms = since_ms;
        v[i].bad = now;
        snprintf(v[i].reason, sizeof v[i].reason, "not seen since the gateway was started again");
    }
}

void told_load(int fd, struct fault *v, size_t n, struct clock_reading now)
{
    char text[TOLD_FAULTS_MAX * LINE];
    ssize_t size = fd >= 0 ? pread(fd, text, sizeof text, 0) : -1;
    struct slice rest = slice_of(text, size > 0 ? (size_t)size : 0), line, more;
    while (slice_cut(rest, '\n', &line, &more)) {
        load_line(line, v, n, now);
        rest = more;
    }
}

void told_save(int fd, const struct fault *v, size_t n)
{
    char text[TOLD_FAULTS_MAX * LINE + 1];
    size_t size = 0;
    if (fd < 0)
        return;
    for (size_t i = 0; i < n && i < TOLD_FAULTS_MAX; i++, size += LINE)
        snprintf(text + size, LINE + 1, "%-24.24s %d %020" PRId64 " %021" PRId64 "\n", v[i].name,
                 (int)v[i].told_state, v[i].raised.wall_ms, v[i].since_ms);
    if (pwrite(fd, text, size, 0) != (ssize_t)size)
        log_warn("notify", "not kept which faults were told; a restart may not take them back");
}
