/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Followed files: a real folder, a real journal, stops and starts between. */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/gateway/intake/fixture.h"

enum { FILES_MAX = 3 };

struct world {
    struct fixture *f;
    struct intake_listener files[FILES_MAX];
    char paths[FILES_MAX][96];
    int n_files;
    struct buf log; /* under the fixture's lock */
};

static void log_sink(void *context, enum log_level level, const char *room, const char *text)
{
    struct world *w = context;
    (void)level, (void)room;
    pthread_mutex_lock(&w->f->lock);
    buf_printf(&w->log, "%s\n", text);
    pthread_mutex_unlock(&w->f->lock);
}

static void begin(struct world *w, int n_files)
{
    struct fixture *f = gw_alloc(sizeof *f);
    *w = (struct world){.f = f, .n_files = n_files};
    pthread_mutex_init(&f->lock, NULL);
    snprintf(f->dir, sizeof f->dir, "test_follow.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->dir));
    open_journal(f);
    f->stats = stats_new();
    for (int i = 0; i < FILES_MAX; i++) {
        snprintf(w->paths[i], sizeof w->paths[i], "%s/%c.log", f->dir, 'a' + i);
        w->files[i] = (struct intake_listener){.address = w->paths[i], .max_message_bytes = 1000};
    }
    log_set_sink(log_sink, w);
}

static void up(struct world *w)
{
    const struct intake_listener *files[FILES_MAX] = {&w->files[0], &w->files[1], &w->files[2]};
    struct diag diag = {0};
    struct intake_options options = {
        .follow = files,
        .n_follow = (size_t)w->n_files,
        .state_dir = w->f->dir,
        .threads = 1,
        .sink = {lane_new, lane_free, take, keep, append_kept, w->f},
        .journal = w->f->journal,
        .stats = w->f->stats,
        .clock = &clock_system,
    };
    CU_ASSERT_EQUAL_FATAL(intake_start(&options, &diag, &w->f->intake), GW_OK);
}

static void down(struct world *w)
{
    intake_stop(w->f->intake);
    w->f->intake = NULL;
}

static void end(struct world *w)
{
    stop(w->f);
    log_set_sink(NULL, NULL);
    buf_free(&w->log);
}

static void append(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

/* The first file by the name that rotation gives it. */
static const char *rotated(const struct world *w, const char *end_of_name, char out[128])
{
    snprintf(out, 128, "%s%s", w->paths[0], end_of_name);
    return out;
}

static void set_age(const char *path, int seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec -= seconds;
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, (struct timespec[]){now, now}, 0), 0);
}

static bool is_logged(struct world *w, const char *text)
{
    for (int i = 0; i < WAIT_MS; i++) {
        pthread_mutex_lock(&w->f->lock);
        bool is_there = w->log.n && strstr(buf_text(&w->log), text);
        pthread_mutex_unlock(&w->f->lock);
        if (is_there)
            return true;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return false;
}

static bool are_messages(struct world *w, const char *wanted)
{
    struct buf all = {0};
    long n = 0;
    for (const char *p = wanted; *p; p++)
        n += *p == ' ';
    bool ok = wait_until(w->f, has_messages, n + 1);
    pthread_mutex_lock(&w->f->lock);
    for (int i = 0; i < w->f->n; i++)
        buf_printf(&all, "%s%.*s", i ? " " : "", SLICE_FMT(buf_get(&w->f->messages[i])));
    pthread_mutex_unlock(&w->f->lock);
    ok = ok && strcmp(buf_text(&all), wanted) == 0;
    if (!ok)
        printf("wanted '%s', got '%s'\n", wanted, all.n ? buf_text(&all) : "");
    buf_free(&all);
    return ok;
}

static void test_away_at_start(void)
{
    struct world w;
    char away[128];
    begin(&w, 1);
    append(w.paths[0], "one\ntwo\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one two"));
    down(&w);
    mkdir(rotated(&w, "-away", away), 0700);
    rotated(&w, "-away/it", away);
    rename(w.paths[0], away);
    up(&w);
    CU_ASSERT_TRUE(is_logged(&w, "not there yet"));
    down(&w);
    rename(away, w.paths[0]);
    append(w.paths[0], "three\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one two three"));
    end(&w);
}

/* The configuration's check refuses it; still no memory may be touched that is not ours. */
static void test_twice(void)
{
    struct world w;
    begin(&w, 2);
    w.files[1].address = w.paths[0];
    append(w.paths[0], "one\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one one"));
    CU_ASSERT_EQUAL(strncmp(w.f->ways[0], "file:", 5), 0);
    CU_ASSERT_STRING_EQUAL(w.f->ways[0], w.f->ways[1]);
    end(&w);
}

static void test_new_one_closed(void)
{
    struct world w;
    char old[128];
    begin(&w, 1);
    append(w.paths[0], "one\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one"));
    rename(w.paths[0], rotated(&w, ".1", old));
    mkdir(w.paths[0], 0700); /* root may open any file, but a folder is none */
    CU_ASSERT_TRUE(is_logged(&w, "cannot be opened"));
    append(old, "two\n");
    CU_ASSERT_TRUE(are_messages(&w, "one two"));
    rmdir(w.paths[0]);
    append(w.paths[0], "three\n");
    CU_ASSERT_TRUE(are_messages(&w, "one two three"));
    const char *told = strstr(buf_text(&w.log), "cannot be opened");
    CU_ASSERT(told && !strstr(told + 1, "cannot be opened"));
    end(&w);
}

static void test_rotated_twice(void)
{
    struct world w;
    char path[128];
    begin(&w, 1);
    append(w.paths[0], "one\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one"));
    down(&w);
    append(w.paths[0], "two\n");
    rename(w.paths[0], rotated(&w, ".3", path));
    set_age(path, 30);
    append(rotated(&w, ".2", path), "three\n");
    set_age(path, 20);
    append(rotated(&w, ".1", path), "four\n");
    set_age(path, 10);
    append(rotated(&w, ".4", path), "read long ago\n");
    set_age(path, 40);
    append(rotated(&w, ".1.gz", path), "no text\n"); /* and not rotation's alone: */
    append(rotated(&w, ".swp", path), "an editor's\n");
    append(rotated(&w, ".1.err", path), "another program's\n");
    append(w.paths[0], "five\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one two three four five"));
    end(&w);
}

static void test_late_writer(void)
{
    struct world w;
    char first[128], second[128];
    begin(&w, 1);
    append(w.paths[0], "one\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one"));
    rename(w.paths[0], rotated(&w, ".1", first));
    append(w.paths[0], "two\n");
    CU_ASSERT_TRUE(are_messages(&w, "one two"));
    set_age(w.paths[0], 20);
    set_age(first, 10); /* the last came to it later */
    rename(first, rotated(&w, ".2", second));
    rename(w.paths[0], first);
    append(w.paths[0], "three\n");
    CU_ASSERT_TRUE(are_messages(&w, "one two three"));
    end(&w);
}

/* As with logrotate's "create": the new file is there before its writer has let go of the old. */
static void test_writer_not_told_yet(void)
{
    struct world w;
    char old[128];
    begin(&w, 2);
    append(w.paths[0], "one\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one"));
    rename(w.paths[0], rotated(&w, ".1", old));
    append(w.paths[0], "");
    append(w.paths[1], "tick\n"); /* between two looks at the second file is one at the first */
    CU_ASSERT_TRUE(are_messages(&w, "one tick"));
    append(w.paths[1], "tock\n");
    CU_ASSERT_TRUE(are_messages(&w, "one tick tock"));
    append(old, "two\n");
    append(w.paths[0], "three\n");
    CU_ASSERT_TRUE(are_messages(&w, "one tick tock two three"));
    end(&w);
}

static void test_cut_in_a_line(void)
{
    struct world w;
    begin(&w, 1);
    append(w.paths[0], "one\nabc");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one")); /* so the half line is read, by the same call */
    CU_ASSERT_EQUAL(truncate(w.paths[0], 0), 0);
    CU_ASSERT_TRUE(is_logged(&w, "cut short"));
    append(w.paths[0], "hello\n");
    CU_ASSERT_TRUE(are_messages(&w, "one abc hello")); /* the half line stands nowhere else */
    end(&w);
}

static void test_stop_without_disk(void)
{
    enum { CLOSE_MS = 2000, FILES = 3 }; /* of follow.c */
    struct world w;
    begin(&w, FILES);
    atomic_store(&w.f->sync_mode, SYNC_HANGS);
    for (int i = 0; i < FILES; i++)
        append(w.paths[i], "one\n");
    up(&w);
    CU_ASSERT_TRUE(are_messages(&w, "one one one"));
    int64_t begun_ms = clock_read(&clock_system).mono_ms;
    down(&w);
    CU_ASSERT(clock_read(&clock_system).mono_ms - begun_ms < FILES * CLOSE_MS);
    atomic_store(&w.f->sync_mode, SYNC_WORKS);
    end(&w);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"away at a start: its place is kept", test_away_at_start},
        {"the same file twice", test_twice},
        {"rotated, the new one cannot be opened", test_new_one_closed},
        {"rotated more than once while away", test_rotated_twice},
        {"a late writer to the one before", test_late_writer},
        {"rotated, and its writer is not told yet", test_writer_not_told_yet},
        {"cut in the midst of a line", test_cut_in_a_line},
        {"a stop while the disk hangs: one wait for all files", test_stop_without_disk},
    };
    return suite_run("follow", tests, sizeof tests / sizeof *tests);
}
