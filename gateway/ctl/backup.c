/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup of a state folder, while the daemon works. The order makes it consistent: first what
 * says how far somebody has come in the journal (checkpoint, cursors), then the journal, which only
 * grows; so nobody in the backup is ahead of its end. A closed segment never changes; of the last
 * one the whole records are taken. Each record is checked on the way, and what is damaged is taken
 * as it is and said.
 */
#include "gateway/ctl/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/ctl/archive.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/table.h"
#include "gateway/journal/journal.h"
#include "gateway/store/file.h"
#include "gateway/xml/document.h"

static const char help[] =
    "usage: eogctl backup -o FILE.tar|DIR [--state DIR] [--config FILE] [--link]\n"
    "                     [--json]\n"
    "Everything a gateway is made of: journal, readers' cursors, checkpoint, SNMP engine, and the\n"
    "configuration with the files it names (secrets too: the backup is readable by you alone).\n"
    "The gateway may run. Every record is checked on the way; exit code 1 when one is damaged, "
    "and\n"
    "the backup has it as it is; 3: there is no backup.\n\n"
    "  -o FILE.tar    one tar file; -o DIR: a folder. It must not exist yet\n"
    "  --state DIR    the gateway's state folder (default: $EOG_STATE, ./var, the packaged one)\n"
    "  --config FILE  its configuration (default: the one it was started with last)\n"
    "  --link         a folder on the same disk: closed segments are hard links, so it is made at\n"
    "                 once and needs little room, but it does not outlive the disk\n"
    "  --json         what is in it, as one JSON object\n"
    "  --help         this text\n\n"
    "  eogctl backup -o /srv/backup/gw1.tar\n"
    "  eogctl restore /srv/backup/gw1.tar --state /var/lib/eog-gateway\n";

enum { COPY_BYTES = 1024 * 1024, DEPTH_MAX = 3, CONFIG_FILE_MAX = 16 * 1024 * 1024 };

struct options {
    const char *out, *state, *config;
    bool is_linked, is_json;
};

struct job {
    const struct options *options;
    struct archive archive;
    struct journal_scan scan;
    struct progress progress;
    char state[PATH_MAX];
    int journal_fd;
    uint64_t last_segment; /* its first sequence; it is never linked */
    char *buffer;          /* COPY_BYTES */
    unsigned n_config;     /* files that the configuration names */
    bool is_copying;       /* so that damage is told below the bar */
    bool failed;
};

static bool fail(struct job *job, const char *what, const char *name)
{
    fprintf(stderr, "eogctl backup: %s %s: %s\n", what, name, strerror(errno));
    job->failed = true;
    return false;
}

static bool fail_archive(struct job *job)
{
    fprintf(stderr, "eogctl backup: %s\n", job->archive.trouble);
    job->failed = true;
    return false;
}

/* The file that was begun is filled with so many bytes of fd. */
static bool fill(struct job *job, int fd, int64_t size)
{
    for (int64_t at = 0; at < size;) {
        size_t want = size - at < COPY_BYTES ? (size_t)(size - at) : COPY_BYTES;
        ssize_t n = pread(fd, job->buffer, want, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(job, "cannot read", job->archive.entries[job->archive.n - 1].name);
        if (n == 0)
            break; /* archive_end() says so */
        if (!archive_write(&job->archive, slice_of(job->buffer, (size_t)n)))
            return fail_archive(job);
        at += n;
    }
    return archive_end(&job->archive) || fail_archive(job);
}

/* A small file as it is now: replaced by rename, so this is one moment of it. */
static bool copy_small(struct job *job, int dir_fd, const char *file, const char *name,
                       const char *origin)
{
    struct stat stat;
    int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT || fail(job, "cannot read", file);
    bool ok = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
    ok = ok && (archive_begin(&job->archive, name, stat.st_size, origin) || fail_archive(job)) &&
         fill(job, fd, stat.st_size);
    close(fd);
    return ok;
}

/* ---- the state folder ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

/* Segments come later; logs, locks and what is being written have no place in a backup, nor has the
   store: its files, copied one after the other, would not fit together. */
static bool is_state(const char *name)
{
    static const char *const others[] = {".seg", ".log", ".tmp", ".new", ".sock"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ends_in(name, others[i]))
            return false;
    return name[0] != '.' && strcmp(name, "lock") != 0 && strcmp(name, "restored-config") != 0 &&
           strncmp(name, STORE_FILE, strlen(STORE_FILE)) != 0;
}

static void say_left_out(const char *name)
{
    fputs("eogctl backup: ", stderr);
    table_put_text(name, INT_MAX, stderr);
    fprintf(stderr,
            " is left out: a name in a backup has fewer than %d letters, digits, '.', '_' and "
            "'-'\n",
            ARCHIVE_NAME_MAX);
}

static bool copy_folder(struct job *job, int fd, const char *prefix, int depth)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return fail(job, "cannot read", prefix);
    }
    struct dirent *entry;
    bool ok = true;
    while (ok && (entry = readdir(dir))) {
        char name[2 * ARCHIVE_NAME_MAX];
        struct stat stat;
        snprintf(name, sizeof name, "%s%s%.*s", prefix, *prefix ? "/" : "", ARCHIVE_NAME_MAX,
                 entry->d_name);
        if (!is_state(entry->d_name) ||
            fstatat(dirfd(dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (!archive_name_is_valid(name))
            say_left_out(name);
        else if (S_ISREG(stat.st_mode)) {
            ok = copy_small(job, dirfd(dir), entry->d_name, name, NULL);
        } else if (S_ISDIR(stat.st_mode) && depth < DEPTH_MAX) {
            int below = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            ok = below >= 0 ? copy_folder(job, below, name, depth + 1)
                            : fail(job, "cannot read", name);
        }
    }
    closedir(dir);
    return ok;
}

/* ---- the configuration ---- */

/* "folder/file" as a name in the backup: what has odd characters gets a number alone. */
static void config_name(struct job *job, const char *path, char *out, size_t size)
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    snprintf(out, size, "config/%u-%.60s", job->n_config, base);
    if (!archive_name_is_valid(out))
        snprintf(out, size, "config/%u", job->n_config);
    job->n_config++;
}

static bool copy_config_file(struct job *job, const char *path)
{
    char name[ARCHIVE_NAME_MAX], whole[PATH_MAX];
    struct stat stat;
    if (!realpath(path, whole) || lstat(whole, &stat) != 0 || !S_ISREG(stat.st_mode) ||
        stat.st_size > CONFIG_FILE_MAX)
        return true; /* no file, so the attribute was none of a file */
    for (size_t i = 0; i < job->archive.n; i++)
        if (job->archive.entries[i].origin && strcmp(job->archive.entries[i].origin, whole) == 0)
            return true;
    config_name(job, whole, name, sizeof name);
    return copy_small(job, AT_FDCWD, whole, name, whole);
}

/* Whatever attribute names a file, but for log files that are followed. */
static bool copy_named_files(struct job *job, const struct xml_node *node, const char *folder)
{
    if (strcmp(xml_name(node), "follow") == 0)
        return true;
    const void *position = NULL;
    const char *name, *value;
    while (xml_next_attribute(node, &position, &name, &value)) {
        char path[PATH_MAX];
        bool fits = snprintf(path, sizeof path, "%s%s%s", value[0] == '/' ? "" : folder,
                             value[0] == '/' ? "" : "/", value) < (int)sizeof path;
        if (*value && fits && !copy_config_file(job, path))
            return false;
    }
    for (const struct xml_node *child = xml_child(node); child; child = xml_next(child))
        if (!copy_named_files(job, child, folder))
            return false;
    return true;
}

static bool copy_config(struct job *job)
{
    char path[PATH_MAX], link[PATH_MAX];
    struct diag diag = {0};
    struct xml_document *document;
    snprintf(link, sizeof link, "%.4000s/config", job->state);
    if (!realpath(job->options->config ? job->options->config : link, path)) {
        if (job->options->config)
            return fail(job, "cannot read", job->options->config);
        return true; /* it runs on the defaults */
    }
    if (!copy_config_file(job, path))
        return false;
    int result = xml_load_file(path, NULL, &diag, &document);
    diag_print(&diag, stderr);
    diag_free(&diag);
    if (result != GW_OK) {
        fprintf(stderr, "eogctl backup: files that the configuration names are not in it\n");
        return true;
    }
    *strrchr(path, '/') = '\0';
    bool ok = copy_named_files(job, xml_root(document), path);
    xml_free(document);
    return ok;
}

/* ---- the journal ---- */

static bool on_record(void *context, const struct journal_record *record)
{
    enum { DRAW_EVERY = 64 };
    struct job *job = context;
    if (!job->is_copying) {
        progress_begin(&job->progress, stderr, (uint64_t)job->scan.bytes >> 20,
                       clock_read(&clock_system).mono_ms);
        job->progress.unit = " MiB";
        job->progress.is_shown &= job->progress.total > 0;
        job->is_copying = true;
    }
    if (record->sequence % DRAW_EVERY == 0)
        progress_draw(&job->progress, (uint64_t)job->scan.bytes_read >> 20,
                      clock_read(&clock_system).mono_ms);
    return !job->failed;
}

/* Read and checked a moment ago, so it comes out of the cache. */
static void on_segment(void *context, const struct journal_scan_segment *segment)
{
    struct job *job = context;
    char file[JOURNAL_SEGMENT_NAME_MAX], name[ARCHIVE_NAME_MAX];
    if (job->failed)
        return;
    journal_segment_name(segment->first, file);
    snprintf(name, sizeof name, "journal/%s", file);
    int fd = openat(job->journal_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        fail(job, "retention was faster than this backup, try again:", file);
        return;
    }
    bool is_linked =
        job->options->is_linked && segment->is_sealed && segment->first != job->last_segment;
    bool ok = is_linked ? archive_begin_link(&job->archive, name, segment->sound_bytes,
                                             job->journal_fd, file)
                        : archive_begin(&job->archive, name, segment->sound_bytes, NULL);
    if (!ok)
        fail_archive(job);
    else
        fill(job, fd, segment->sound_bytes);
    close(fd);
}

static void on_damage(void *context, const struct journal_scan_damage *damage)
{
    struct job *job = context;
    char file[JOURNAL_SEGMENT_NAME_MAX];
    journal_segment_name(damage->segment, file);
    if (job->is_copying)
        progress_end(&job->progress);
    fprintf(stderr, "%s offset %" PRId64 ": damaged: %s\n", file, damage->offset, damage->what);
}

/* The newest segment may still be written when its seal is read: it is copied in any case. */
static void find_last(struct job *job)
{
    DIR *dir = fdopendir(openat(job->journal_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (ends_in(entry->d_name, ".seg") && strtoull(entry->d_name, NULL, 10) > job->last_segment)
            job->last_segment = strtoull(entry->d_name, NULL, 10);
    if (dir)
        closedir(dir);
}

static bool copy_journal(struct job *job)
{
    char path[PATH_MAX];
    struct journal_scan_calls calls = {on_record, on_segment, on_damage, job};
    snprintf(path, sizeof path, "%.4000s/journal", job->state);
    find_last(job);
    int error = journal_scan_dir_calls(path, &job->scan, &calls);
    if (job->is_copying)
        progress_end(&job->progress);
    if (error != GW_OK && !job->failed)
        fprintf(stderr, "eogctl backup: %s: %s%s\n", path, gw_error_text(error), ctl_advice(error));
    return error == GW_OK && !job->failed;
}

/* ---- the manifest ---- */

static bool is_damaged(const struct job *job)
{
    return job->scan.damaged || job->scan.damaged_marks;
}

static void list_files(const struct job *job, struct json *json)
{
    json_begin_array(json, SLICE("files"));
    for (size_t i = 0; i < job->archive.n; i++) {
        const struct archive_entry *entry = &job->archive.entries[i];
        json_begin_object(json, SLICE_NONE);
        json_text(json, SLICE("name"), slice_from(entry->name));
        json_int(json, SLICE("size"), entry->size);
        json_int(json, SLICE("crc32c"), entry->crc);
        if (entry->origin)
            json_text(json, SLICE("path"), slice_from(entry->origin));
        json_end_object(json);
    }
    json_end_array(json);
}

static bool write_manifest(struct job *job)
{
    struct buf text = {0};
    struct json json;
    char now[CIVIL_RFC3339_MAX];
    size_t n = civil_format(clock_read(&clock_system).wall_ms, now);
    json_begin(&json, &text);
    json_begin_object(&json, SLICE_NONE);
    json_int(&json, SLICE("format"), BACKUP_FORMAT);
    json_text(&json, SLICE("version"), SLICE(PACKAGE_VERSION));
    json_text(&json, SLICE("taken"), slice_of(now, n));
    json_text(&json, SLICE("epoch"), slice_from(job->scan.epoch));
    json_int(&json, SLICE("first"), (int64_t)job->scan.first);
    json_int(&json, SLICE("last"), (int64_t)job->scan.last);
    json_int(&json, SLICE("records"), (int64_t)job->scan.records);
    json_int(&json, SLICE("damaged"), (int64_t)job->scan.damaged);
    list_files(job, &json);
    json_end_object(&json);
    buf_byte(&text, '\n');
    bool ok = archive_begin(&job->archive, "MANIFEST", (int64_t)text.n, NULL) &&
              archive_write(&job->archive, buf_get(&text)) && archive_end(&job->archive);
    buf_free(&text);
    return ok || fail_archive(job);
}

/* ---- the command ---- */

static bool find_state(struct job *job, const char *given)
{
    const char *places[CLIENT_STATES];
    size_t n = client_states(given, places);
    for (size_t i = 0; i < n; i++) {
        snprintf(job->state, sizeof job->state, "%.4000s", places[i]);
        int fd = open(job->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        job->journal_fd = fd >= 0 ? openat(fd, "journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (fd >= 0)
            close(fd);
        if (job->journal_fd >= 0)
            return true;
    }
    return fail(job, "no journal in", job->state);
}

static bool copy_state(struct job *job)
{
    int fd = open(job->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? copy_folder(job, fd, "", 0) : fail(job, "cannot read", job->state);
}

static void summarize(const struct job *job, const char *path)
{
    printf("%s: %zu files, %" PRIu64 " records, %" PRIu64 " to %" PRIu64 ", %.1f MiB of journal",
           path, job->archive.n, job->scan.records, job->scan.first, job->scan.last,
           (double)job->scan.bytes / 1048576);
    if (is_damaged(job))
        printf("; DAMAGED: %" PRIu64 " records lost, %" PRIu64 " marks damaged\n",
               job->scan.damaged, job->scan.damaged_marks);
    else
        puts("; every record is sound");
}

static void print_json(const struct job *job)
{
    struct buf text = {0};
    struct json json;
    json_begin(&json, &text);
    json_begin_object(&json, SLICE_NONE);
    json_text(&json, SLICE("path"), slice_from(job->archive.path));
    json_int(&json, SLICE("files"), (int64_t)job->archive.n);
    json_int(&json, SLICE("records"), (int64_t)job->scan.records);
    json_int(&json, SLICE("first"), (int64_t)job->scan.first);
    json_int(&json, SLICE("last"), (int64_t)job->scan.last);
    json_int(&json, SLICE("bytes"), (int64_t)job->scan.bytes);
    json_int(&json, SLICE("damaged"), (int64_t)job->scan.damaged);
    json_int(&json, SLICE("damaged_marks"), (int64_t)job->scan.damaged_marks);
    json_end_object(&json);
    inert_print(buf_get(&text), stdout);
    buf_free(&text);
}

static int run(const struct options *options)
{
    struct job job = {.options = options, .journal_fd = -1};
    if (!find_state(&job, options->state))
        return CTL_CANNOT;
    job.buffer = gw_alloc(COPY_BYTES);
    bool ok = (archive_create(&job.archive, options->out) || fail_archive(&job)) &&
              copy_state(&job) && copy_config(&job) && copy_journal(&job) && write_manifest(&job) &&
              (archive_finish(&job.archive) || fail_archive(&job));
    if (ok && options->is_json)
        print_json(&job);
    else if (ok)
        summarize(&job, job.archive.path);
    archive_close(&job.archive);
    close(job.journal_fd);
    free(job.buffer);
    return !ok ? CTL_CANNOT : is_damaged(&job) ? CTL_NO : CTL_OK;
}

int ctl_backup(int argc, char **argv)
{
    static const struct option rows[] = {
        {"state", required_argument, NULL, 's'}, {"config", required_argument, NULL, 'c'},
        {"link", no_argument, NULL, 'l'},        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    struct options options = {0};
    int letter;
    while ((letter = getopt_long(argc, argv, "ho:", rows, NULL)) != -1) {
        switch (letter) {
        case 's':
            options.state = optarg;
            break;
        case 'c':
            options.config = optarg;
            break;
        case 'l':
            options.is_linked = true;
            break;
        case 'j':
            options.is_json = true;
            break;
        case 'o':
            options.out = optarg;
            break;
        case 'h':
            return ctl_help(help, true);
        default:
            return CTL_USAGE;
        }
    }
    if (optind != argc || !options.out)
        return ctl_help(help, false);
    return run(&options);
}
