/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders, records that prove themselves, images and clocks for the journal's tests. */
#include "tests/gateway/journal/support.h"

#include <CUnit/Basic.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"

void jt_dir(char *out, const char *name)
{
    snprintf(out, JT_PATH, "journal-%s-%ld.d", name, (long)getpid());
    jt_remove(out);
}

static void remove_files(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    struct dirent *entry;
    while ((entry = readdir(d)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(d), entry->d_name, 0);
    closedir(d);
}

void jt_remove(const char *dir)
{
    char cursors[JT_PATH + 16];
    snprintf(cursors, sizeof cursors, "%s/cursors", dir);
    remove_files(cursors);
    rmdir(cursors);
    remove_files(dir);
    rmdir(dir);
}

/* ---- records ---- */

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

struct slice jt_payload(uint64_t id)
{
    static _Thread_local char bytes[512];
    size_t n = 16 + mix(id) % 100;
    memcpy(bytes, &id, 8);
    uint64_t state = mix(id ^ 0x1234567);
    for (size_t i = 8; i < n; i++) {
        bytes[i] = (char)(state >> i % 8 * 8);
        if (i % 8 == 7)
            state = mix(state);
    }
    return slice_of(bytes, n);
}

bool jt_check(struct slice payload, uint64_t *id)
{
    if (payload.n < 16)
        return false;
    memcpy(id, payload.p, 8);
    return slice_equal(payload, jt_payload(*id));
}

struct journal_options jt_options(int64_t segment_bytes, bool sync)
{
    struct journal_options options;
    journal_options_default(&options);
    options.segment_bytes = segment_bytes;
    options.sync = sync;
    options.pace_ms = 0;
    return options;
}

bool jt_append(struct journal *journal, uint64_t from, uint64_t to)
{
    for (uint64_t id = from; id <= to; id++) {
        uint64_t sequence;
        if (journal_append(journal, jt_payload(id), &sequence) != GW_OK || sequence != id)
            return false;
    }
    return journal_wait_committed(journal, to, 10000) == GW_OK;
}

bool jt_append_each(struct journal *journal, uint64_t from, uint64_t to)
{
    for (uint64_t id = from; id <= to; id++)
        if (!jt_append(journal, id, id))
            return false;
    return true;
}

int64_t jt_read_all(struct journal *journal, bool *seen, uint64_t max)
{
    struct journal_reader *reader;
    struct journal_record record;
    int64_t n = 0;
    uint64_t last = 0, id;
    if (journal_reader_open(journal, NULL, 0, &reader) != GW_OK)
        return -1;
    while (journal_reader_next(reader, &record) == GW_OK) {
        if (record.sequence <= last || !jt_check(record.payload, &id) || id != record.sequence ||
            (seen && record.sequence > max)) {
            n = -1;
            break;
        }
        last = record.sequence;
        if (seen)
            seen[last] = true;
        n++;
    }
    journal_reader_close(reader);
    return n;
}

bool jt_make(const char *dir, int64_t segment_bytes, uint64_t n)
{
    struct journal_options options = jt_options(segment_bytes, false);
    struct journal *journal;
    if (journal_open(dir, &options, &journal) != GW_OK)
        return false;
    bool ok = jt_append(journal, 1, n);
    journal_close(journal);
    return ok;
}

/* ---- images ---- */

static void read_folder(struct jt_image *image, const char *dir, const char *prefix)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    while (d && (entry = readdir(d))) {
        struct stat st;
        if (fstatat(dirfd(d), entry->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode) ||
            strcmp(entry->d_name, "lock") == 0)
            continue;
        struct jt_file file = {.n = (size_t)st.st_size, .p = gw_alloc((size_t)st.st_size)};
        snprintf(file.name, sizeof file.name, "%s%.40s", prefix, entry->d_name);
        int fd = openat(dirfd(d), entry->d_name, O_RDONLY);
        if (read(fd, file.p, file.n) != (ssize_t)file.n)
            abort();
        close(fd);
        image->files = gw_realloc(image->files, (image->n + 1) * sizeof *image->files);
        image->files[image->n++] = file;
    }
    if (d)
        closedir(d);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct jt_file *)a)->name, ((const struct jt_file *)b)->name);
}

void jt_image_read(struct jt_image *image, const char *dir)
{
    char cursors[JT_PATH + 16];
    *image = (struct jt_image){0};
    read_folder(image, dir, "");
    snprintf(cursors, sizeof cursors, "%s/cursors", dir);
    read_folder(image, cursors, "cursors/");
    if (image->n)
        qsort(image->files, image->n, sizeof *image->files, by_name);
}

void jt_write_file(const char *dir, const char *name, const void *p, size_t n)
{
    char path[JT_PATH + 80];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, p, n) != (ssize_t)n)
        abort();
    close(fd);
}

void jt_image_write(const struct jt_image *image, const char *dir)
{
    char cursors[JT_PATH + 16];
    jt_remove(dir);
    snprintf(cursors, sizeof cursors, "%s/cursors", dir);
    mkdir(dir, 0700);
    mkdir(cursors, 0700);
    for (size_t i = 0; i < image->n; i++)
        jt_write_file(dir, image->files[i].name, image->files[i].p, image->files[i].n);
}

void jt_image_free(struct jt_image *image)
{
    for (size_t i = 0; i < image->n; i++)
        free(image->files[i].p);
    free(image->files);
    *image = (struct jt_image){0};
}

/* ---- log ---- */

static struct {
    pthread_mutex_t lock;
    char text[65536];
    size_t n;
} captured = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void sink(void *context, enum log_level level, const char *room, const char *text)
{
    (void)context, (void)level;
    pthread_mutex_lock(&captured.lock);
    int n = snprintf(captured.text + captured.n, sizeof captured.text - captured.n, "%s: %s\n",
                     room, text);
    if (n > 0 && captured.n + (size_t)n < sizeof captured.text)
        captured.n += (size_t)n;
    pthread_mutex_unlock(&captured.lock);
}

void jt_log_capture(void)
{
    log_set_sink(sink, NULL);
}

bool jt_log_has(const char *word)
{
    pthread_mutex_lock(&captured.lock);
    bool has = strstr(captured.text, word) != NULL;
    pthread_mutex_unlock(&captured.lock);
    return has;
}

void jt_log_clear(void)
{
    pthread_mutex_lock(&captured.lock);
    captured.n = 0;
    captured.text[0] = '\0';
    pthread_mutex_unlock(&captured.lock);
}

/* ---- a disk that refuses ---- */

static bool refuses(struct jt_disk *disk, const char *call, const char *name)
{
    const char *refused = disk->call, *part = disk->name;
    if (!refused || strcmp(refused, call) != 0 || (name && part && !strstr(name, part)))
        return false;
    disk->refused++;
    errno = disk->error;
    return true;
}

static int disk_open(void *context, int dirfd, const char *name, int flags, int mode)
{
    struct jt_disk *disk = context;
    void (*before_open)(const char *name) = disk->before_open;
    if (before_open)
        before_open(name);
    if (refuses(disk, "open", name))
        return -1;
    return journal_io_system.open(NULL, dirfd, name, flags, mode);
}

static ssize_t disk_pread(void *context, int fd, void *p, size_t n, int64_t offset)
{
    struct jt_disk *disk = context;
    if (offset < disk->bad_to && offset + (int64_t)n > disk->bad_from) {
        errno = EIO;
        return -1;
    }
    return journal_io_system.pread(NULL, fd, p, n, offset);
}

static ssize_t disk_pwrite(void *context, int fd, const void *p, size_t n, int64_t offset)
{
    return refuses(context, "pwrite", NULL) ? -1 : journal_io_system.pwrite(NULL, fd, p, n, offset);
}

static int disk_datasync(void *context, int fd)
{
    return refuses(context, "datasync", NULL) ? -1 : journal_io_system.datasync(NULL, fd);
}

static int disk_sync_dir(void *context, int fd)
{
    return refuses(context, "sync_dir", NULL) ? -1 : journal_io_system.sync_dir(NULL, fd);
}

static int disk_truncate(void *context, int fd, int64_t size)
{
    return refuses(context, "truncate", NULL) ? -1 : journal_io_system.truncate(NULL, fd, size);
}

static int disk_unlink(void *context, int dirfd, const char *name)
{
    return refuses(context, "unlink", name) ? -1 : journal_io_system.unlink(NULL, dirfd, name);
}

void jt_disk_init(struct jt_disk *disk)
{
    memset(disk, 0, sizeof *disk);
    disk->io = journal_io_system;
    disk->io.context = disk;
    disk->io.open = disk_open;
    disk->io.pread = disk_pread;
    disk->io.pwrite = disk_pwrite;
    disk->io.datasync = disk_datasync;
    disk->io.sync_dir = disk_sync_dir;
    disk->io.truncate = disk_truncate;
    disk->io.unlink = disk_unlink;
}

void jt_disk_refuse(struct jt_disk *disk, const char *call, const char *name, int error)
{
    disk->name = name;
    disk->error = error;
    disk->refused = 0;
    disk->call = call;
}

/* ---- time ---- */

static struct clock_reading read_fake(const struct clock *clock)
{
    struct jt_clock *fake = (struct jt_clock *)clock;
    return (struct clock_reading){atomic_load(&fake->wall_ms), atomic_load(&fake->mono_ms)};
}

void jt_clock_init(struct jt_clock *clock)
{
    clock->clock.read = read_fake;
    atomic_store(&clock->wall_ms, 1700000000000);
    atomic_store(&clock->mono_ms, 1000000);
}

bool jt_until(bool (*condition)(void *context), void *context)
{
    for (int i = 0; i < 10000; i++) {
        if (condition(context))
            return true;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return condition(context);
}

int jt_main(const char *suite, const struct jt_test *tests, size_t n)
{
    jt_log_capture();
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite s = CU_add_suite(suite, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        CU_add_test(s, tests[i].name, tests[i].run);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures(), run = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    return failures > 0 || run != n;
}
