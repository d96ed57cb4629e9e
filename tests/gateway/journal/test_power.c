/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power loss. A recorder stands between the journal and the system and writes down every create,
 * write, truncate, sync, rename and unlink, and what was acknowledged between them. Then images of
 * the disk are made as they may be after a loss of power at any of these moments: what was synced
 * is there; of what was not, each 512-byte sector, each change of a size and each change of a name
 * may be there or not, in any combination. A sync that failed saves nothing, also when a later one
 * succeeds. On each image the journal must start, have all that was acknowledged, and nothing
 * false.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

enum { SECTOR = 512, FILES_MAX = 4096, NAME_BYTES = 48 };

enum step_kind {
    STEP_CREATE, /* name in folder is a new, empty file */
    STEP_WRITE,
    STEP_TRUNCATE,
    STEP_SYNC,
    STEP_SYNC_FAILED,
    STEP_SYNC_DIR,
    STEP_RENAME,
    STEP_UNLINK,
    STEP_ACKNOWLEDGED, /* value: sequence */
    STEP_CURSOR        /* value: sequence */
};

struct step {
    enum step_kind kind;
    int file;   /* number of the file, not a descriptor */
    int folder; /* 0: the journal's, 1: cursors */
    char name[NAME_BYTES], to[NAME_BYTES];
    int64_t offset; /* or size */
    uint8_t *p;
    size_t n;
    uint64_t value;
};

static struct {
    pthread_mutex_t lock;
    struct step *steps;
    size_t n, cap;
    int n_files;
    int file_of_fd[1024];
    int folder_of_fd[1024];         /* + 1; 0: none */
    unsigned sync_count, fail_each; /* every so many-th sync fails; 0: none */
} tape = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct step *record(enum step_kind kind)
{
    if (tape.n == tape.cap) {
        tape.cap = tape.cap ? tape.cap * 2 : 1024;
        tape.steps = gw_realloc(tape.steps, tape.cap * sizeof *tape.steps);
    }
    struct step *step = &tape.steps[tape.n++];
    *step = (struct step){.kind = kind, .file = -1};
    return step;
}

/* The cursors folder is the second directory descriptor that is seen. */
static int folder_of(int dirfd)
{
    if (tape.folder_of_fd[dirfd] == 0) {
        char link[64], path[512];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        ssize_t n = readlink(link, path, sizeof path - 1);
        path[n > 0 ? n : 0] = '\0';
        tape.folder_of_fd[dirfd] = 1 + (strstr(path, "/cursors") != NULL);
    }
    return tape.folder_of_fd[dirfd] - 1;
}

/* Which file a name stands for now, by replaying the names. */
static int file_named(int folder, const char *name)
{
    int file = -1;
    for (size_t i = 0; i < tape.n; i++) {
        const struct step *step = &tape.steps[i];
        if (step->folder != folder)
            continue;
        if (step->kind == STEP_CREATE && strcmp(step->name, name) == 0)
            file = step->file;
        else if (step->kind == STEP_RENAME && strcmp(step->to, name) == 0)
            file = step->file;
        else if ((step->kind == STEP_UNLINK || step->kind == STEP_RENAME) &&
                 strcmp(step->name, name) == 0)
            file = -1;
    }
    return file;
}

static int p_open(void *context, int dirfd, const char *name, int flags, int mode)
{
    pthread_mutex_lock(&tape.lock);
    int fd = journal_io_system.open(context, dirfd, name, flags, mode);
    if (fd >= 0) {
        int folder = folder_of(dirfd), file = file_named(folder, name);
        if ((flags & O_CREAT) && file < 0) {
            file = tape.n_files++;
            struct step *step = record(STEP_CREATE);
            step->file = file;
            step->folder = folder;
            snprintf(step->name, NAME_BYTES, "%s", name);
        } else if (flags & O_TRUNC) {
            record(STEP_TRUNCATE)->file = file;
        }
        tape.file_of_fd[fd] = file;
        tape.folder_of_fd[fd] = 0;
    }
    pthread_mutex_unlock(&tape.lock);
    return fd;
}

static ssize_t p_pwrite(void *context, int fd, const void *p, size_t n, int64_t offset)
{
    pthread_mutex_lock(&tape.lock);
    struct step *step = record(STEP_WRITE);
    step->file = tape.file_of_fd[fd];
    step->offset = offset;
    step->p = memcpy(gw_alloc(n), p, n);
    step->n = n;
    ssize_t wrote = journal_io_system.pwrite(context, fd, p, n, offset);
    pthread_mutex_unlock(&tape.lock);
    return wrote;
}

static int p_truncate(void *context, int fd, int64_t size)
{
    pthread_mutex_lock(&tape.lock);
    struct step *step = record(STEP_TRUNCATE);
    step->file = tape.file_of_fd[fd];
    step->offset = size;
    int result = journal_io_system.truncate(context, fd, size);
    pthread_mutex_unlock(&tape.lock);
    return result;
}

static int p_datasync(void *context, int fd)
{
    (void)context;
    pthread_mutex_lock(&tape.lock);
    bool fails = tape.fail_each && ++tape.sync_count % tape.fail_each == 0;
    record(fails ? STEP_SYNC_FAILED : STEP_SYNC)->file = tape.file_of_fd[fd];
    pthread_mutex_unlock(&tape.lock);
    errno = EIO;
    return fails ? -1 : 0;
}

static int p_sync_dir(void *context, int fd)
{
    (void)context;
    pthread_mutex_lock(&tape.lock);
    record(STEP_SYNC_DIR)->folder = folder_of(fd);
    pthread_mutex_unlock(&tape.lock);
    return 0;
}

static int p_rename(void *context, int dirfd, const char *from, const char *to)
{
    pthread_mutex_lock(&tape.lock);
    int folder = folder_of(dirfd), file = file_named(folder, from);
    int result = journal_io_system.rename(context, dirfd, from, to);
    if (result == 0) {
        struct step *step = record(STEP_RENAME);
        step->folder = folder;
        step->file = file;
        snprintf(step->name, NAME_BYTES, "%s", from);
        snprintf(step->to, NAME_BYTES, "%s", to);
    }
    pthread_mutex_unlock(&tape.lock);
    return result;
}

static int p_unlink(void *context, int dirfd, const char *name)
{
    pthread_mutex_lock(&tape.lock);
    int result = journal_io_system.unlink(context, dirfd, name);
    if (result == 0) {
        struct step *step = record(STEP_UNLINK);
        step->folder = folder_of(dirfd);
        snprintf(step->name, NAME_BYTES, "%s", name);
    }
    pthread_mutex_unlock(&tape.lock);
    return result;
}

static int no_forget(void *context, int fd, int64_t n)
{
    (void)context, (void)fd, (void)n;
    return 0;
}

static struct journal_io recording_io(void)
{
    struct journal_io io = journal_io_system;
    io.open = p_open;
    io.pwrite = p_pwrite;
    io.truncate = p_truncate;
    io.datasync = p_datasync;
    io.sync_dir = p_sync_dir;
    io.rename = p_rename;
    io.unlink = p_unlink;
    io.forget = no_forget;
    return io;
}

static void tape_clear(void)
{
    for (size_t i = 0; i < tape.n; i++)
        free(tape.steps[i].p);
    tape.n = 0;
    tape.n_files = 0;
    tape.sync_count = tape.fail_each = 0;
    memset(tape.file_of_fd, -1, sizeof tape.file_of_fd);
    memset(tape.folder_of_fd, 0, sizeof tape.folder_of_fd);
}

static void note(enum step_kind kind, uint64_t value)
{
    pthread_mutex_lock(&tape.lock);
    record(kind)->value = value;
    pthread_mutex_unlock(&tape.lock);
}

/* ---- images ---- */

static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

struct content {
    uint8_t *p;
    size_t n;
};

static void set_size(struct content *content, size_t n)
{
    if (n > content->n) {
        content->p = gw_realloc(content->p, n);
        memset(content->p + content->n, 0, n - content->n);
    }
    content->n = n;
}

/* keep: of 256; 256: all of it. */
static void apply(struct content *content, const struct step *step, unsigned keep)
{
    if (step->kind == STEP_TRUNCATE) {
        if (random_next() % 256 < keep)
            set_size(content, (size_t)step->offset);
        return;
    }
    size_t end = (size_t)step->offset + step->n;
    /* The size may have been written without the data. */
    if (end > content->n && random_next() % 256 < keep)
        set_size(content, end);
    for (size_t at = (size_t)step->offset; at < end;) {
        size_t sector_end = at / SECTOR * SECTOR + SECTOR,
               n = (sector_end < end ? sector_end : end) - at;
        if (random_next() % 256 < keep) {
            if (at + n > content->n)
                set_size(content, at + n);
            memcpy(content->p + at, step->p + (at - (size_t)step->offset), n);
        }
        at += n;
    }
}

/* The content of a file after a power loss before step `end`. */
static struct content content_of(int file, size_t end, unsigned keep)
{
    struct content content = {0};
    size_t synced = 0; /* steps before this one are on the disk */
    bool *is_doomed = gw_alloc(end + 1);
    for (size_t i = 0; i < end; i++) {
        const struct step *step = &tape.steps[i];
        if (step->file != file)
            continue;
        if (step->kind == STEP_SYNC)
            synced = i;
        if (step->kind == STEP_SYNC_FAILED) /* the kernel may have dropped them for good */
            for (size_t k = synced; k < i; k++)
                is_doomed[k] = true;
    }
    for (size_t i = 0; i < end; i++) {
        const struct step *step = &tape.steps[i];
        if (step->file == file && (step->kind == STEP_WRITE || step->kind == STEP_TRUNCATE))
            apply(&content, step, i < synced && !is_doomed[i] ? 256 : keep);
    }
    free(is_doomed);
    return content;
}

struct entry {
    char name[NAME_BYTES];
    int file;
};

static void entries_set(struct entry *entries, size_t *n, const char *name, int file)
{
    size_t i = 0;
    while (i < *n && strcmp(entries[i].name, name) != 0)
        i++;
    if (file < 0) {
        if (i < *n)
            entries[i] = entries[--*n];
        return;
    }
    if (i == *n)
        snprintf(entries[(*n)++].name, NAME_BYTES, "%s", name);
    entries[i].file = file;
}

/* The names of a folder; in_order: changes are lost from the end only, as a file system's log does.
 */
static size_t entries_of(int folder, size_t end, unsigned keep, bool in_order,
                         struct entry *entries)
{
    size_t n = 0, synced = 0;
    for (size_t i = 0; i < end; i++)
        if (tape.steps[i].kind == STEP_SYNC_DIR && tape.steps[i].folder == folder)
            synced = i;
    bool is_over = false;
    for (size_t i = 0; i < end; i++) {
        const struct step *step = &tape.steps[i];
        if (step->folder != folder ||
            (step->kind != STEP_CREATE && step->kind != STEP_RENAME && step->kind != STEP_UNLINK))
            continue;
        bool is_kept = i < synced || (!is_over && random_next() % 256 < keep);
        if (!is_kept) {
            is_over = in_order;
            continue;
        }
        if (step->kind != STEP_CREATE)
            entries_set(entries, &n, step->name, -1);
        if (step->kind != STEP_UNLINK)
            entries_set(entries, &n, step->kind == STEP_RENAME ? step->to : step->name, step->file);
    }
    return n;
}

static void make_image(size_t end, struct jt_image *image)
{
    static const unsigned keeps[] = {0, 32, 128, 224, 256};
    unsigned keep = keeps[random_next() % 5];
    bool in_order = random_next() % 2;
    static struct entry entries[FILES_MAX];
    *image = (struct jt_image){0};
    for (int folder = 0; folder < 2; folder++) {
        size_t n = entries_of(folder, end, keep, in_order, entries);
        for (size_t i = 0; i < n; i++) {
            struct content content = content_of(entries[i].file, end, keep);
            struct jt_file file = {.p = content.p, .n = content.n};
            snprintf(file.name, sizeof file.name, "%s%.*s", folder ? "cursors/" : "", NAME_BYTES,
                     entries[i].name);
            image->files = gw_realloc(image->files, (image->n + 1) * sizeof *image->files);
            image->files[image->n++] = file;
        }
    }
}

/* ---- the check ---- */

static char dir[JT_PATH];
static int64_t longest_start_ms;

static bool start_timed(const struct journal_options *options, struct journal **out)
{
    int64_t begun_ms = clock_read(&clock_system).mono_ms;
    bool is_open = journal_open(dir, options, out) == GW_OK;
    int64_t took_ms = clock_read(&clock_system).mono_ms - begun_ms;
    if (took_ms > longest_start_ms)
        longest_start_ms = took_ms;
    return is_open;
}

/* The journal on an image of a loss at step `end`. */
static bool survives(size_t end)
{
    uint64_t acknowledged = 0, cursor = 0, dropped = 0; /* sequences below dropped may be gone */
    for (size_t i = 0; i < end; i++) {
        const struct step *step = &tape.steps[i];
        uint64_t first;
        if (step->kind == STEP_ACKNOWLEDGED)
            acknowledged = step->value;
        if (step->kind == STEP_CURSOR)
            cursor = step->value;
        if (step->kind == STEP_UNLINK && step->folder == 0 && format_parse_name(step->name, &first))
            dropped = first + 1;
    }
    struct jt_image image;
    make_image(end, &image);
    jt_image_write(&image, dir);
    jt_image_free(&image);

    struct journal_options options = jt_options(2048, false);
    struct journal *journal;
    struct journal_reader *reader;
    if (!start_timed(&options, &journal))
        return false;
    uint64_t last = journal_committed(journal), oldest = journal_oldest(journal);
    bool *seen = gw_alloc(last + 8);
    bool ok = last >= acknowledged && jt_read_all(journal, seen, last + 5) >= 0;
    /* What is gone by retention ends where its successor begins. */
    ok = ok && (oldest <= dropped || oldest == 1 || dropped > 0 || acknowledged == 0);
    for (uint64_t i = dropped > oldest ? dropped : oldest; ok && i <= acknowledged; i++)
        ok = seen[i];
    ok = ok && journal_reader_open(journal, "reader", 0, &reader) == GW_OK;
    if (ok) {
        ok = journal_reader_cursor(reader) >= cursor && journal_reader_cursor(reader) <= last;
        journal_reader_close(reader);
    }
    ok = ok && jt_append(journal, last + 1, last + 5) && jt_read_all(journal, NULL, 0) >= 5;
    journal_close(journal);
    ok = ok && journal_open(dir, &options, &journal) == GW_OK;
    if (ok) {
        ok = journal_committed(journal) == last + 5 && jt_read_all(journal, NULL, 0) >= 5;
        journal_close(journal);
    }
    free(seen);
    return ok;
}

/* Two runs of the journal over the recorder, with rolls, retention, cursors and a restart between.
 */
static void record_runs(unsigned fail_each)
{
    struct journal_options options = jt_options(2048, true);
    struct journal_setup setup;
    struct journal_io io = recording_io();
    char recorded[JT_PATH];
    tape_clear();
    jt_dir(recorded, "recorded");
    journal_setup_default(&setup);
    setup.io = &io;
    setup.retry_ms = 1;
    setup.housekeeping_ms = 1;
    options.max_bytes = 16 << 10;
    options.replay_window_ms = -1;
    uint64_t id = 1, sequence;
    for (int run = 0; run < 2; run++) {
        struct journal *journal;
        struct journal_reader *reader;
        struct journal_record found;
        memset(tape.folder_of_fd, 0, sizeof tape.folder_of_fd);
        CU_ASSERT_EQUAL_FATAL(journal_open_with(recorded, &options, &setup, &journal), GW_OK);
        CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "reader", 0, &reader), GW_OK);
        tape.fail_each = fail_each;
        for (int batch = 0; batch < 60; batch++) {
            for (int i = 0; i < batch % 7 + 1;) {
                int error = journal_append(journal, jt_payload(id), &sequence);
                CU_ASSERT_TRUE_FATAL(error == GW_ERR_IO || (error == GW_OK && sequence == id));
                if (error == GW_OK)
                    id++, i++;
            }
            while (journal_wait_committed(journal, id - 1, 1000) != GW_OK)
                nanosleep(&(struct timespec){0, 100000}, NULL);
            note(STEP_ACKNOWLEDGED, id - 1);
            while (journal_reader_next(reader, &found) == GW_OK)
                ;
            if (batch % 5 == 0 && journal_reader_commit(reader, found.sequence) == GW_OK)
                note(STEP_CURSOR, found.sequence);
        }
        tape.fail_each = 0;
        journal_reader_close(reader);
        journal_close(journal);
    }
    jt_remove(recorded);
}

static void lose_power(unsigned fail_each, unsigned images)
{
    unsigned bad = 0;
    random_state = 0x9e3779b97f4a7c15u ^ fail_each;
    record_runs(fail_each);
    size_t unlinks = 0;
    for (size_t i = 0; i < tape.n; i++)
        unlinks += tape.steps[i].kind == STEP_UNLINK;
    CU_ASSERT_TRUE(unlinks > 5 && tape.n > 400); /* the runs had what they are for */
    for (unsigned i = 0; i < images; i++) {
        size_t end = 8 + random_next() % (tape.n - 7);
        uint64_t state = random_state;
        if (!survives(end)) {
            printf("\n    image %u: power lost before step %zu of %zu, random state %#" PRIx64, i,
                   end, tape.n, state);
            bad++;
        }
    }
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT_TRUE(longest_start_ms <= 2000);
    printf("\n    %u images, of %zu steps; the longest start took %d ms", images, tape.n,
           (int)longest_start_ms);
}

static unsigned images(void)
{
    return getenv("EOG_LONG") ? 5000 : 500; /* a thousand in all */
}

static void test_power_loss(void)
{
    jt_dir(dir, "power");
    lose_power(0, images());
    jt_remove(dir);
}

static void test_power_loss_on_failing_disk(void)
{
    jt_dir(dir, "power");
    lose_power(9, images());
    jt_remove(dir);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"power loss at any moment", test_power_loss},
        {"power loss, and syncs that fail", test_power_loss_on_failing_disk},
    };
    int failed = jt_main("journal power loss", tests, sizeof tests / sizeof *tests);
    tape_clear();
    free(tape.steps);
    return failed;
}
