/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A state folder out of a backup. All of it is unpacked and checked below STATE/restore.partial
 * first; the journal gets its place last, so that half a restored folder never looks like one.
 *
 * The journal went on after the backup was taken, and the core may have those records. So the
 * restored one keeps its epoch, since its records are the same and must keep their uids, but goes
 * on far beyond its end: at the time in seconds times 2^20. No gateway journals a million records a
 * second for long, so neither the lost tail nor an earlier restored copy ever used these numbers.
 * The SNMP engine's boots are raised for the same reason.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/ctl/archive.h"
#include "gateway/ctl/archive_internal.h"
#include "gateway/ctl/backup.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/table.h"
#include "gateway/journal/journal.h"
#include "gateway/snmp/engine.h"

static const char help[] =
    "usage: eogctl restore [--state DIR] [--json] BACKUP\n"
    "Makes a state folder out of what eogctl backup made, a tar file or a folder. Everything is\n"
    "checked before the gateway could see it. The configuration of the backup is put into\n"
    "DIR/restored-config, to be compared and copied by a person.\n"
    "The restored gateway numbers its records on from far behind the backup's end: the core may\n"
    "have records that the backup has not.\n\n"
    "  --state DIR    the state folder to make; it is not there yet, or empty (default: "
    "$EOG_STATE,\n"
    "                 else the packaged one)\n"
    "  --json         what was restored, as one JSON object\n"
    "  --help         this text\n\n"
    "  eogctl restore /srv/backup/gw1.tar --state /var/lib/eog-gateway\n";

#define PARTIAL "restore.partial"
#define CONFIG  "restored-config"
enum { SECOND_BITS = 20, FALLBACK_BITS = 44, BOOTS_ADVANCE = 1000 };

struct job {
    const char *state;
    bool is_json;
    bool is_made; /* we made the state folder */
    int state_fd, partial_fd;
    struct archive archive;
    json_t *manifest;
    struct journal_scan scan;
    struct progress progress;
};

/* What a backup says may be a stranger's. */
static void put(const char *text, FILE *out)
{
    table_put_text(text, INT_MAX, out);
}

static bool fail(const char *what, const char *name, const char *why)
{
    fprintf(stderr, "eogctl restore: %s ", what);
    put(name, stderr);
    fputs(": ", stderr);
    put(why, stderr);
    putc('\n', stderr);
    return false;
}

static void below_partial(const struct job *job, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%.3900s/" PARTIAL "/%s", job->state, name);
}

/* ---- the folder ---- */

static bool is_empty(int dir_fd)
{
    DIR *dir = fdopendir(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct dirent *entry;
    bool is = dir != NULL;
    while (is && (entry = readdir(dir)))
        is = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (dir)
        closedir(dir);
    return is;
}

static bool make_folder(struct job *job)
{
    job->is_made = mkdir(job->state, 0750) == 0;
    if (!job->is_made && errno != EEXIST)
        return fail("cannot make", job->state, strerror(errno));
    job->state_fd = open(job->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (job->state_fd < 0)
        return fail("cannot use", job->state, strerror(errno));
    if (!is_empty(job->state_fd))
        return fail("will not touch", job->state,
                    "it is not empty; move it away, or name another with --state");
    if (mkdirat(job->state_fd, PARTIAL, 0700) != 0)
        return fail("cannot write into", job->state, strerror(errno));
    job->partial_fd = openat(job->state_fd, PARTIAL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return job->partial_fd >= 0 || fail("cannot use", job->state, strerror(errno));
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
    (void)stat, (void)kind, (void)at;
    remove(path);
    return 0;
}

/* Not what was unpacked alone: the journal's going on wrote there too. */
static void undo(struct job *job)
{
    char partial[PATH_MAX];
    below_partial(job, "", partial, sizeof partial);
    if (job->partial_fd >= 0)
        nftw(partial, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (job->is_made)
        rmdir(job->state);
}

/* ---- what the manifest says ---- */

static bool read_manifest(struct job *job)
{
    json_error_t error;
    FILE *file = NULL;
    int fd = openat(job->partial_fd, "MANIFEST", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || !(file = fdopen(fd, "r"))) {
        if (fd >= 0)
            close(fd);
        return fail("this is no whole backup:", "MANIFEST", "is not in it");
    }
    job->manifest = json_loadf(file, 0, &error);
    fclose(file);
    if (!json_is_object(job->manifest))
        return fail("this is no backup:", "MANIFEST", error.text);
    json_int_t format = json_integer_value(json_object_get(job->manifest, "format"));
    if (format > BACKUP_FORMAT) {
        fprintf(stderr, "eogctl restore: MANIFEST has format %lld; this program reads up to %d\n",
                (long long)format, BACKUP_FORMAT);
        return false;
    }
    return format > 0 || fail("this is no backup:", "MANIFEST", "has no format");
}

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* Each file as it was taken, and no other. */
static bool check_files(const struct job *job)
{
    const json_t *files = json_object_get(job->manifest, "files"), *row;
    size_t i;
    json_array_foreach(files, i, row)
    {
        const struct archive_entry *entry = archive_find(&job->archive, text(row, "name"));
        if (!entry)
            return fail("the backup lacks", text(row, "name"), "it is in its MANIFEST");
        if (entry->size != number(row, "size") || entry->crc != number(row, "crc32c"))
            return fail("the backup is damaged:", entry->name, "its checksum is wrong");
    }
    if (json_array_size(files) + 1 != job->archive.n)
        return fail("the backup holds", "files", "that are not in its MANIFEST");
    return true;
}

static bool on_record(void *context, const struct journal_record *record)
{
    struct job *job = context;
    if (record->sequence % 64 == 0)
        progress_draw(&job->progress, (uint64_t)job->scan.bytes_read >> 20,
                      clock_read(&clock_system).mono_ms);
    return true;
}

/* The journal that was unpacked is the one that was taken: every record is read once more. */
static bool check_journal(struct job *job)
{
    char path[PATH_MAX];
    below_partial(job, "journal", path, sizeof path);
    int error = journal_scan_dir(path, &job->scan, on_record, job);
    progress_end(&job->progress);
    if (error != GW_OK)
        return fail("the backup's journal", "cannot be used", gw_error_text(error));
    if (strcmp(job->scan.epoch, text(job->manifest, "epoch")) != 0 ||
        (json_int_t)job->scan.last != number(job->manifest, "last") ||
        (json_int_t)job->scan.records != number(job->manifest, "records"))
        return fail("the backup's journal", "is damaged", "records are missing");
    return true;
}

/* ---- what must not be used twice ---- */

static bool go_on_behind(struct job *job, uint64_t *next)
{
    char path[PATH_MAX];
    uint64_t now_s = (uint64_t)(clock_read(&clock_system).wall_ms / 1000), last = job->scan.last;
    *next = now_s << SECOND_BITS;
    if (*next <= last + (UINT64_C(1) << SECOND_BITS)) /* the clock is wrong */
        *next = last + (UINT64_C(1) << FALLBACK_BITS);
    below_partial(job, "journal", path, sizeof path);
    int error = journal_skip(path, job->scan.epoch, last + 1, *next - 1);
    if (error == GW_ERR_EXISTS && last == 0)
        error = GW_OK;
    below_partial(job, "snmp", path, sizeof path);
    if (error == GW_OK)
        error = gwsnmp_engine_advance(path, BOOTS_ADVANCE);
    return error == GW_OK || fail("cannot write into", path, gw_error_text(error));
}

/* ---- into place ---- */

static bool move(struct job *job, const char *from, const char *to)
{
    return renameat(job->partial_fd, from, job->state_fd, to) == 0 || errno == ENOENT ||
           fail("cannot move", from, strerror(errno));
}

static bool move_all(struct job *job)
{
    DIR *dir = fdopendir(openat(job->partial_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct dirent *entry;
    bool ok = dir && move(job, "config", CONFIG);
    if (mkdirat(job->state_fd, CONFIG, 0700) == 0)
        archive_give(job->state_fd, CONFIG, job->state_fd);
    ok = ok && move(job, "MANIFEST", CONFIG "/MANIFEST");
    while (ok && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "journal") != 0)
            ok = move(job, entry->d_name, entry->d_name);
    if (dir)
        closedir(dir);
    ok = ok && (fsync(job->state_fd) == 0 || fail("cannot sync", job->state, strerror(errno)));
    ok = ok && move(job, "journal", "journal");
    if (!ok)
        return false;
    unlinkat(job->state_fd, PARTIAL, AT_REMOVEDIR);
    return fsync(job->state_fd) == 0 || fail("cannot sync", job->state, strerror(errno));
}

/* A row of the MANIFEST that is a file of the configuration: its name beside the others. NULL: it
   is none, or says not where it was. */
static const char *config_file(const json_t *row)
{
    static const char folder[] = "config/";
    const char *name = text(row, "name");
    bool is_one = *text(row, "path") && strncmp(name, folder, sizeof folder - 1) == 0;
    return is_one ? name + sizeof folder - 1 : NULL;
}

static void summarize(const struct job *job, uint64_t next)
{
    const json_t *row;
    size_t i;
    printf("%s: restored as of ", job->state);
    put(text(job->manifest, "taken"), stdout);
    printf(": %" PRIu64 " records, %" PRIu64 " to %" PRIu64 "; it goes on at %" PRIu64 "\n",
           job->scan.records, job->scan.first, job->scan.last, next);
    if (job->scan.damaged)
        printf("The backup was taken with %" PRIu64 " damaged records; they are lost.\n",
               job->scan.damaged);
    json_array_foreach(json_object_get(job->manifest, "files"), i, row)
    {
        const char *file = config_file(row);
        if (!file)
            continue;
        printf("%s/" CONFIG "/%s was ", job->state, file);
        put(text(row, "path"), stdout);
        putchar('\n');
    }
}

static void print_json(const struct job *job, uint64_t next)
{
    json_t *files = json_array(), *row, *found = json_object_get(job->manifest, "files");
    size_t i;
    json_array_foreach(found, i, row)
    {
        const char *file = config_file(row);
        if (file)
            json_array_append_new(files, json_pack("{s:s++, s:s}", "file", job->state,
                                                   "/" CONFIG "/", file, "was", text(row, "path")));
    }
    json_t *all = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "state", job->state,
                            "taken", text(job->manifest, "taken"), "records",
                            (json_int_t)job->scan.records, "first", (json_int_t)job->scan.first,
                            "last", (json_int_t)job->scan.last, "next", (json_int_t)next, "damaged",
                            (json_int_t)job->scan.damaged, "configuration", files);
    inert_print_json(all, stdout);
    json_decref(all);
}

static void on_bytes(void *context, int64_t bytes)
{
    struct job *job = context;
    progress_draw(&job->progress, (uint64_t)bytes >> 20, clock_read(&clock_system).mono_ms);
}

static int run(struct job *job, const char *backup)
{
    struct stat stat_of;
    uint64_t next = 0;
    if (stat(backup, &stat_of) != 0) {
        fail("cannot read", backup, strerror(errno));
        return CTL_CANNOT;
    }
    uint64_t total = S_ISREG(stat_of.st_mode) ? (uint64_t)stat_of.st_size >> 20 : 0;
    bool ok = make_folder(job);
    progress_begin(&job->progress, stderr, total, clock_read(&clock_system).mono_ms);
    job->progress.unit = " MiB";
    job->progress.is_shown &= total > 0;
    if (ok &&
        !archive_unpack(&job->archive, backup, job->partial_fd, job->state_fd, on_bytes, job)) {
        progress_end(&job->progress);
        ok = fail("failed:", backup, job->archive.trouble);
    }
    ok = ok && read_manifest(job) && check_files(job) && check_journal(job) &&
         go_on_behind(job, &next) &&
         (archive_sync_folders(&job->archive, job->partial_fd) ||
          fail("failed:", backup, job->archive.trouble)) &&
         move_all(job);
    if (ok && job->is_json)
        print_json(job, next);
    else if (ok)
        summarize(job, next);
    else
        undo(job);
    return ok ? CTL_OK : CTL_CANNOT;
}

int ctl_restore(int argc, char **argv)
{
    static const struct option rows[] = {{"state", required_argument, NULL, 's'},
                                         {"json", no_argument, NULL, 'j'},
                                         {"help", no_argument, NULL, 'h'},
                                         {NULL, 0, NULL, 0}};
    struct job job = {.state_fd = -1, .partial_fd = -1};
    const char *states[CLIENT_STATES];
    job.archive.fd = job.archive.file_fd = -1;
    int letter;
    while ((letter = getopt_long(argc, argv, "h", rows, NULL)) != -1) {
        if (letter == 'h')
            return ctl_help(help, true);
        job.is_json |= letter == 'j';
        if (letter == 'j')
            continue;
        if (letter != 's')
            return CTL_USAGE;
        job.state = optarg;
    }
    if (optind + 1 != argc)
        return ctl_help(help, false);
    size_t n_states = client_states(job.state, states);
    job.state = states[n_states - 1]; /* ./var is for those that are there */
    int code = run(&job, argv[optind]);
    archive_close(&job.archive);
    json_decref(job.manifest);
    if (job.partial_fd >= 0)
        close(job.partial_fd);
    if (job.state_fd >= 0)
        close(job.state_fd);
    return code;
}
