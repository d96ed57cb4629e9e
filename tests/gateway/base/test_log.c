/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

static char last[4096];
static int count;

static void keep(void *context, enum log_level level, const char *room, const char *text)
{
    CU_ASSERT_PTR_EQUAL(context, &count);
    snprintf(last, sizeof last, "%d %s %s", level, room, text);
    count++;
}

static void test_levels(void)
{
    log_set_sink(keep, &count);
    count = 0;
    log_info("intake", "started port=%d", 514);
    CU_ASSERT_STRING_EQUAL(last, "3 intake started port=514");
    log_debug("intake", "not shown");
    CU_ASSERT_EQUAL(count, 1);
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("intake", "shown");
    CU_ASSERT_EQUAL(count, 2);
    log_set_level(LOG_LEVEL_ERROR);
    log_warn("intake", "not shown");
    CU_ASSERT_EQUAL(count, 2);
    log_set_level(LOG_LEVEL_INFO);
}

static void test_no_forged_lines(void)
{
    log_warn("intake", "name=%s", "a\nerror x: forged\x1b[31m\x7f\t");
    CU_ASSERT_STRING_EQUAL(last, "1 intake name=a?error x: forged?[31m??");
    /* A journal that meets bytes that are no text shows none of the line; C1 is 8 bits' escape. */
    log_warn("intake", "user=%s",
             "caf\xc3\xa9 \xe5\xbc\xa0 \xd8 \x9b[2J \xc2\x9b \xe2\x80\xae \xe5\xbc");
    CU_ASSERT_STRING_EQUAL(last, "1 intake user=caf\xc3\xa9 \xe5\xbc\xa0 ? ?[2J ?? ??? ??");
    static char large[9000];
    memset(large, 'x', sizeof large - 1);
    log_warn("intake", "%s", large);
    CU_ASSERT(strlen(last) < 2048);
}

/* To standard error it is one write of one line, however long. */
static void test_standard_error(void)
{
    int ends[2];
    static char large[9000], line[9000];
    memset(large, 'x', sizeof large - 1);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_set_sink(NULL, NULL);
    log_error("base", "%s", large);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    CU_ASSERT_FATAL(n > 1000);
    CU_ASSERT(memchr(line, '\n', (size_t)n) == line + n - 1);
    /* With the day: a log is read days later. */
    int year = 0, n_read = 0, part[6];
    line[n - 1] = '\0';
    CU_ASSERT_EQUAL(sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ error base: xxx%n", &year, &part[0],
                           &part[1], &part[2], &part[3], &part[4], &part[5], &n_read),
                    7);
    CU_ASSERT_TRUE(n_read > 0 && year >= 2024);
    log_set_sink(keep, &count);
}

static void test_limit(void)
{
    struct log_limit limit = {0};
    unsigned long held = 99;
    CU_ASSERT(log_allowed(&limit, 3600000, &held));
    CU_ASSERT_EQUAL(held, 0);
    CU_ASSERT(!log_allowed(&limit, 3600000, &held));
    CU_ASSERT(!log_allowed(&limit, 3600000, &held));
    limit.next_mono_ms = 0; /* the period is over */
    CU_ASSERT(log_allowed(&limit, 3600000, &held));
    CU_ASSERT_EQUAL(held, 2);
}

int main(void)
{
    static const struct suite_test tests[] = {{"levels", test_levels},
                                              {"no forged lines", test_no_forged_lines},
                                              {"standard error", test_standard_error},
                                              {"limit", test_limit}};
    return suite_run("log", tests, sizeof tests / sizeof *tests);
}
