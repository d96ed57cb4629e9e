/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that strangers' sites give files, files that become whole, are kept and go; what is
 * remembered, over damage; a child that does not behave. */
#include "gateway/report/made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/report/child.h"
#include "gateway/report/schedule_internal.h"
#include "tests/support/suite.h"

static char folder[] = "/tmp/eog-made-XXXXXX";
static struct buf out;

static const char *path_of(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static bool is_there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static int64_t day(int year, int month, int d)
{
    const struct civil civil = {year, month, d, 0, 0, 0, 0};
    return civil_to_ms(&civil) / 86400000;
}

static const char *name_of(const char *site)
{
    buf_clear(&out);
    made_put_name(&out, "daily", day(2026, 3, 1), site, "zh", "pdf");
    return buf_text(&out);
}

static void test_names(void)
{
    static const char *const hostile[] = {"../../etc/passwd",   "a\nb",     "\x1b[2J", "a b",
                                          "a \xe2\x80\xae fdp", "\xff\xfe", "*?\"<>|", "a\\b"};
    CU_ASSERT_STRING_EQUAL(name_of(NULL), "daily-2026-03-01.zh.pdf");
    CU_ASSERT_STRING_EQUAL(name_of("hq-1_b.c"), "daily-2026-03-01-hq-1_b.c.zh.pdf");
    CU_ASSERT_STRING_EQUAL(name_of("\xe5\x8c\x97\xe4\xba\xac"),
                           "daily-2026-03-01-\xe5\x8c\x97\xe4\xba\xac.zh.pdf");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        const char *name = name_of(hostile[i]);
        CU_ASSERT_PTR_NULL(strpbrk(name, "/\n\x1b \xff*?\"<>|\\"));
        CU_ASSERT_PTR_NOT_NULL(strchr(name, '~'));
        CU_ASSERT_PTR_NULL(strstr(name, "\xe2\x80\xae"));
    }
    /* What only looks the same is told apart. */
    char *one = strdup(name_of("a:b"));
    CU_ASSERT_STRING_NOT_EQUAL(one, name_of("a;b"));
    CU_ASSERT_STRING_NOT_EQUAL(one, name_of("a_b"));
    free(one);
}

static void test_adopt(void)
{
    char trouble[200];
    int64_t bytes = 0;
    struct stat about;
    CU_ASSERT_EQUAL(made_folder(folder, trouble, sizeof trouble), GW_OK);
    put_file(".daily-2026-03-01.en.csv.part", "new");
    put_file("daily-2026-03-01.en.csv", "old");
    CU_ASSERT_EQUAL(made_adopt(folder, "daily-2026-03-01.en.csv", &bytes, trouble, sizeof trouble),
                    GW_OK);
    CU_ASSERT_EQUAL(bytes, 3);
    CU_ASSERT_EQUAL(stat(path_of("daily-2026-03-01.en.csv"), &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 07777, 0640);
    CU_ASSERT_FALSE(is_there(".daily-2026-03-01.en.csv.part"));
    /* Nothing, and what is no file, replace nothing. */
    put_file(".daily-2026-03-01.en.csv.part", "");
    CU_ASSERT_EQUAL(made_adopt(folder, "daily-2026-03-01.en.csv", &bytes, trouble, sizeof trouble),
                    GW_ERR_IO);
    CU_ASSERT_STRING_EQUAL(trouble, "nothing was written");
    unlink(path_of(".daily-2026-03-01.en.csv.part"));
    CU_ASSERT_EQUAL(symlink("/etc/passwd", path_of(".daily-2026-03-01.en.csv.part")), 0);
    CU_ASSERT_EQUAL(made_adopt(folder, "daily-2026-03-01.en.csv", &bytes, trouble, sizeof trouble),
                    GW_ERR_IO);
    CU_ASSERT_EQUAL(stat(path_of("daily-2026-03-01.en.csv"), &about), 0);
    CU_ASSERT_EQUAL(about.st_size, 3);
    put_file("file", "x");
    CU_ASSERT_EQUAL(made_folder(path_of("file"), trouble, sizeof trouble), GW_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(trouble, "a file has its name"));
}

static void test_expire(void)
{
    static const char *const stay[] = {"daily-2026-03-01.en.csv",
                                       "daily-2026-02-28.en.csv.bak",
                                       "daily-2026-02-30.en.csv",
                                       "daily2-2026-01-01.en.csv",
                                       "daily-x-2026-01-01.en.csv",
                                       "daily-2026-01-01x.csv",
                                       "daily-2026-1-01.en.csv",
                                       "2026-01-01.csv",
                                       ".other-2026-01-01.csv.part",
                                       "notdaily-2026-01-01.en.csv",
                                       "daily-2026-01-01"};
    static const char *const go[] = {"daily-2026-02-28.en.csv", "daily-2026-01-01-hq.zh.pdf",
                                     "daily-1999-12-31.json", "daily-2026-01-01.en.html"};
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
        put_file(stay[i], "x");
    for (size_t i = 0; i < sizeof go / sizeof *go; i++)
        put_file(go[i], "x");
    put_file(".daily-2027-01-01-hq.en.csv.part", "x");
    put_file(".daily-2027-01-01.en.csv.part.aB3xYz", "x");
    CU_ASSERT_EQUAL(made_expire(folder, "daily", day(2026, 3, 1)), sizeof go / sizeof *go);
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
        CU_ASSERT_TRUE(is_there(stay[i]));
    for (size_t i = 0; i < sizeof go / sizeof *go; i++)
        CU_ASSERT_FALSE(is_there(go[i]));
    CU_ASSERT_FALSE(is_there(".daily-2027-01-01-hq.en.csv.part"));
    CU_ASSERT_FALSE(is_there(".daily-2027-01-01.en.csv.part.aB3xYz"));
    CU_ASSERT_EQUAL(made_expire("/nonexistent", "daily", 99999), 0);
}

static void test_memory(void)
{
    const struct made_memory all[] = {{"daily", 20515, INT64_C(1772323200000), 20514, 20515, 3},
                                      {"weekly_2", INT64_C(-1), 0, 0, 0, 0}};
    struct made_memory back[4];
    CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 0);
    CU_ASSERT_EQUAL(made_save(path_of("memory"), all, 2), GW_OK);
    CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 2);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_STRING_EQUAL(back[i].name, all[i].name);
        CU_ASSERT_EQUAL(back[i].done, all[i].done);
        CU_ASSERT_EQUAL(back[i].made_ms, all[i].made_ms);
        CU_ASSERT_EQUAL(back[i].files, all[i].files);
    }
    CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 1), 1);
    CU_ASSERT_EQUAL(made_save("/nonexistent/memory", all, 2), GW_ERR_IO);
    /* Damage: what stands before it is known. */
    put_file("memory", "eog-reports 1\ndaily 5 4 2 3 1\nweekly 5 4 3\n");
    CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 1);
    put_file("memory", "eog-reports 2\ndaily 5 4 2 3 1\n");
    CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 0);
    put_file("memory", "");
    CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 0);
    put_file("memory", "eog-reports 1\n"
                       "a-name-of-far-more-than-thirty-two-letters-that-is-no-name 5 4 2 3 1\n");
    CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 0);
}

/* Days and times that no calendar has would be reckoned with. */
static void test_memory_bounds(void)
{
    static const char *const bad[] = {"9223372036854775807 4 3 2 1",
                                      "5 9223372036854775807 3 4 1",
                                      "5 4 9223372036854775807 2 1",
                                      "5 4 3 9223372036854775807 1",
                                      "5 4 -9223372036854775808 2 1",
                                      "5 -4 3 4 1",
                                      "5 4 3 2 1",
                                      "5 4 3 4 -1"};
    static const char *const good[] = {"-1 0 0 0 0", "2932897 253402300799999 2932896 2932897 9"};
    struct made_memory back[4];
    char text[200];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "eog-reports 1\ndaily %s\n", bad[i]);
        put_file("memory", text);
        CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 0);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "eog-reports 1\ndaily %s\n", good[i]);
        put_file("memory", text);
        CU_ASSERT_EQUAL(made_load(path_of("memory"), back, 4), 1);
    }
}

static enum child_result run_for(int64_t most_ms, const char *script, const atomic_bool *is_ending,
                                 char trouble[CHILD_TROUBLE_MAX])
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const struct child child = {argv, most_ms, 512 << 20, is_ending};
    return child_run(&child, trouble);
}

/* What ends by itself, on a slow machine too. */
static enum child_result run(const char *script, const atomic_bool *is_ending,
                             char trouble[CHILD_TROUBLE_MAX])
{
    return run_for(60000, script, is_ending, trouble);
}

static void test_child(void)
{
    char trouble[CHILD_TROUBLE_MAX];
    const char *const none[] = {"/nonexistent/program", NULL};
    const struct child missing = {none, 1000, 0, NULL};
    const atomic_bool is_ending = true;
    CU_ASSERT_EQUAL(run("exit 0", NULL, trouble), CHILD_DONE);
    CU_ASSERT_EQUAL(run("exit 3", NULL, trouble), CHILD_FAILED);
    CU_ASSERT_STRING_EQUAL(trouble, "ended with code 3 and said nothing");
    CU_ASSERT_EQUAL(run("printf 'a\\033[2J\\377b\\n' >&2; exit 1", NULL, trouble), CHILD_FAILED);
    CU_ASSERT_STRING_EQUAL(trouble, "a [2J?b");
    CU_ASSERT_EQUAL(run("kill -SEGV $$", NULL, trouble), CHILD_FAILED);
    CU_ASSERT_STRING_EQUAL(trouble, "ended by signal 11");
    CU_ASSERT_EQUAL(run_for(1000, "while :; do echo spam spam >&2; done", NULL, trouble),
                    CHILD_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(trouble, "took longer than 1 s, killed"));
    CU_ASSERT_EQUAL(run_for(1000, "trap '' TERM; sleep 600 & wait", NULL, trouble), CHILD_FAILED);
    CU_ASSERT_EQUAL(run("sleep 600", &is_ending, trouble), CHILD_ENDED);
    CU_ASSERT_EQUAL(child_run(&missing, trouble), CHILD_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(trouble, "cannot run /nonexistent/program"));
    /* Nice, standard input empty, limits, no signal blocked, no descriptor but its own three. The
       shell looks at its signals by itself: while it starts a program it blocks them. */
    char script[500];
    int nicer = getpriority(PRIO_PROCESS, 0) + 10;
    snprintf(script, sizeof script,
             "[ \"$(cat)\" = '' ] && [ \"$(cut -d' ' -f19 /proc/$$/stat)\" = %d ] && "
             "[ \"$(ulimit -v)\" = 524288 ] && [ \"$(ulimit -t)\" = 61 ] && "
             "[ ! -e /proc/$$/fd/9 ] && while read -r name value; do [ $name != SigBlk: ] || "
             "[ $value = 0000000000000000 ] || exit 1; done </proc/$$/status",
             nicer < 19 ? nicer : 19);
    CU_ASSERT_EQUAL(run(script, NULL, trouble), CHILD_DONE);
}

static void keep_quiet(void *context, enum log_level level, const char *room, const char *line)
{
    (void)context, (void)level, (void)room, (void)line;
}

/* A thousand sites, in two languages and four formats: each file is made, or told as missing. */
static void test_many(void)
{
    enum { SITES = 1000, FILES = SITES * 7 }; /* JSON speaks no language */
    static char names[SITES][24];
    const char *sites[SITES];
    for (int i = 0; i < SITES; i++) {
        snprintf(names[i], sizeof names[i], "site-%d", i);
        sites[i] = names[i];
    }
    const struct report_section section = {
        .name = "daily", .languages = "en zh", .formats = "html pdf csv json", .timeout_ms = 1000};
    const struct schedule_plan plan = {.section = &section, .sites = sites, .n_sites = SITES};
    const struct schedule_options options = {
        .state_dir = folder, .data_dir = folder, .program = "/nonexistent", .gateway_id = "gw1"};
    const struct due_rule rule = {.period = STORE_DAY};
    const struct make make = {
        .options = &options, .plan = &plan, .folder = folder, .rule = &rule, .days = {0, 1}};
    struct make_result result;
    struct rlimit files, none;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &files), 0);
    none = (struct rlimit){3, files.rlim_max}; /* no child can be started, so it takes no time */
    log_set_sink(keep_quiet, NULL);
    setrlimit(RLIMIT_NOFILE, &none);
    CU_ASSERT_TRUE(make_files(&make, &result));
    setrlimit(RLIMIT_NOFILE, &files);
    CU_ASSERT_EQUAL(result.n, FILES);
    CU_ASSERT_EQUAL(result.n_failed, FILES);
    make_free(&result);
}

int main(void)
{
    static const struct suite_test tests[] = {{"names", test_names},
                                              {"a file becomes whole", test_adopt},
                                              {"old ones go", test_expire},
                                              {"memory", test_memory},
                                              {"memory within a calendar", test_memory_bounds},
                                              {"a child", test_child},
                                              {"many files", test_many}};
    if (!mkdtemp(folder))
        return 1;
    int code = suite_run("made", tests, sizeof tests / sizeof *tests);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    buf_free(&out);
    return system(command) == 0 ? code : 1;
}
