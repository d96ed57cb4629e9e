/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows a growing text file, a line a message. How far the journal has it is kept in
 * state/follow/, so that after a restart, or kill -9, no line is lost; at most those of the last
 * second come twice. A file that is renamed is read to its end before the new one of its name is
 * begun, also when that happened while we were away; between them, those that were rotated too,
 * oldest first by their last write. One that shrank is begun anew.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/intake/intake_internal.h"
#include "parsers/framing.h"

enum { LOOK_MS = 250, SAVE_MS = 1000, READ_BYTES = 256 * 1024, READS_A_LOOK = 16 };
enum { CLOSE_MS = 2000 }; /* for all files: the daemon promises to be gone within 5 s */

/* A place in a file. */
struct position {
    uint64_t device, inode;
    int64_t offset;
};

struct follow {
    struct follow *next;
    struct worker *worker;
    const struct intake_listener *settings;
    struct intake_peer *peer;
    struct loop_timer *timer;
    char *keep;            /* the file that holds the position */
    int fd;                /* -1: not there yet */
    uint64_t inode_before; /* of the file read to its end before this one; 0: none yet */
    struct framing framing;
    struct buf read;           /* bytes not yet consumed */
    struct position at;        /* of the first byte in read */
    struct position delivered; /* behind the last line that was staged, as sequence */
    struct position staged;    /* delivered, waiting for sequence to be committed */
    uint64_t sequence, staged_sequence;
    struct position saved;
    int64_t saved_mono_ms;
    bool has_staged;
    int told; /* why it cannot be opened, errno: said once */
};

/* ---- the kept position ---- */

static bool is_same(const struct position *a, const struct position *b)
{
    return a->device == b->device && a->inode == b->inode && a->offset == b->offset;
}

static bool load(struct follow *follow)
{
    FILE *file = fopen(follow->keep, "r");
    struct position *at = &follow->saved;
    if (!file)
        return false;
    bool ok = fscanf(file, "%" SCNu64 " %" SCNu64 " %" SCNd64, &at->device, &at->inode,
                     &at->offset) == 3 &&
              at->offset >= 0;
    fclose(file);
    return ok;
}

static void save(struct follow *follow, const struct position *at)
{
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.new", follow->keep);
    FILE *file = n > 0 && n < PATH_MAX ? fopen(temporary, "w") : NULL;
    bool ok = file &&
              fprintf(file, "%" PRIu64 " %" PRIu64 " %" PRId64 "\n%s\n", at->device, at->inode,
                      at->offset, follow->settings->address) > 0 &&
              fflush(file) == 0 && fdatasync(fileno(file)) == 0;
    if (file && fclose(file) != 0)
        ok = false;
    if (ok && rename(temporary, follow->keep) == 0)
        follow->saved = *at;
    else
        log_error("intake", "position in a followed file not kept file=%s reason=\"%s\"",
                  follow->settings->address, strerror(errno));
}

/* Keeps what the journal has. */
static void follow_committed(struct follow *follow, bool is_end)
{
    struct intake *intake = follow->worker->intake;
    int64_t now_ms = clock_read(intake->options.clock).mono_ms;
    uint64_t committed = journal_committed(intake->options.journal);
    if (follow->has_staged && committed >= follow->staged_sequence) {
        follow->has_staged = false;
        if (!is_same(&follow->staged, &follow->saved) &&
            (is_end || now_ms - follow->saved_mono_ms >= SAVE_MS)) {
            save(follow, &follow->staged);
            follow->saved_mono_ms = now_ms;
        }
    }
    if (!follow->has_staged && !is_same(&follow->delivered, &follow->saved)) {
        follow->staged = follow->delivered;
        follow->staged_sequence = follow->sequence;
        follow->has_staged = true;
    }
}

/* ---- reading ---- */

/* False: the journal takes no more. */
static bool deliver(struct follow *follow, struct slice line, int64_t now_ms)
{
    const struct framing *framing = &follow->framing;
    struct envelope envelope = {
        .bytes = line,
        .transport = GW_TRANSPORT_FILE,
        .peer = follow->peer,
        .received_ms = now_ms,
        .full_size_bytes = !framing->is_truncated ? 0
                           : framing->full_size_bytes > UINT32_MAX
                               ? UINT32_MAX
                               : (uint32_t)framing->full_size_bytes,
    };
    return worker_take(follow->worker, &envelope, &follow->sequence) == GW_OK;
}

/* Consumes what was read; is_end: no more comes to this file. False: the journal takes no more, and
 * the line is read again later. */
static bool consume(struct follow *follow, bool is_end)
{
    int64_t now_ms = clock_read(follow->worker->intake->options.clock).wall_ms;
    struct slice bytes = buf_get(&follow->read);
    bool ok = true;
    for (;;) {
        struct slice line = SLICE_NONE;
        size_t used = 0;
        enum parse_status status = is_end ? framing_end(&follow->framing, bytes, &line, &used)
                                          : framing_next(&follow->framing, bytes, &line, &used);
        if (line.n && status != PARSE_MORE && !deliver(follow, line, now_ms)) {
            ok = false;
            break;
        }
        follow->at.offset += (int64_t)used;
        bytes = slice_skip(bytes, used);
        if (status == PARSE_MORE)
            break;
        follow->delivered = follow->at;
    }
    if (!ok) { /* begin again behind the last line that was taken */
        framing_fini(&follow->framing);
        framing_init(&follow->framing, FRAMING_LF, (size_t)follow->settings->max_message_bytes);
        follow->at = follow->delivered;
        buf_clear(&follow->read);
        lseek(follow->fd, follow->at.offset, SEEK_SET);
        return false;
    }
    memmove(follow->read.p, bytes.p, bytes.n);
    follow->read.n = bytes.n;
    return true;
}

static void begin(struct follow *follow, int fd, int64_t offset)
{
    struct stat stat;
    follow->fd = fd;
    fstat(fd, &stat);
    follow->at = (struct position){(uint64_t)stat.st_dev, (uint64_t)stat.st_ino, offset};
    follow->delivered = follow->at;
    lseek(fd, offset, SEEK_SET);
    buf_clear(&follow->read);
    framing_fini(&follow->framing);
    framing_init(&follow->framing, FRAMING_LF, (size_t)follow->settings->max_message_bytes);
    follow->told = 0;
}

/* folder: a descriptor, or AT_FDCWD. */
static int open_file(int folder, const char *path)
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat stat = {0};
    if (fd >= 0 && (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode))) {
        close(fd);
        errno = S_ISDIR(stat.st_mode) ? EISDIR : EINVAL;
        return -1;
    }
    return fd;
}

/* What keeps it from being read, once. */
static void tell(struct follow *follow, int error)
{
    const char *path = follow->settings->address;
    if (error == follow->told)
        return;
    follow->told = error;
    if (error == ENOENT)
        log_notice("intake", "followed file is not there yet file=%s reason=\"%s\"", path,
                   strerror(error));
    else
        log_warn("intake", "followed file cannot be opened file=%s reason=\"%s\"", path,
                 strerror(error));
}

/* Of a path: its folder, and in *name where its last part begins. */
static DIR *open_folder(const char *path, const char **name)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *name = slash + 1;
    snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return opendir(folder);
}

/* The file that we were in, renamed meanwhile: it is somewhere in the same folder. */
static int find_renamed(const struct follow *follow)
{
    const struct position *left = &follow->delivered;
    const char *name;
    DIR *dir = open_folder(follow->settings->address, &name);
    int fd = -1;
    for (struct dirent *entry; dir && fd < 0 && (entry = readdir(dir));) {
        struct stat stat;
        if (entry->d_ino != left->inode)
            continue;
        fd = open_file(dirfd(dir), entry->d_name);
        if (fd >= 0 && (fstat(fd, &stat) < 0 || (uint64_t)stat.st_dev != left->device ||
                        stat.st_size < left->offset)) {
            close(fd);
            fd = -1;
        }
    }
    if (dir)
        closedir(dir);
    return fd;
}

/* Rotation appends a number or a time: ".1", "-20261129", ".2026-11-29T06:25". */
static bool is_rotated(const char *entry, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(entry, name, n) != 0 || !strchr("-._", entry[n]))
        return false;
    const char *end = entry + n;
    return strpbrk(end, "0123456789") && end[strspn(end, "0123456789-._:T")] == '\0';
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* The name of the oldest rotated file that was written to after *since, which becomes its time; not
 * own, which was read last, nor the one before: somebody may have written to them late. */
static bool find_rotated(const struct follow *follow, DIR *dir, const char *name, ino_t own,
                         struct timespec *since, char found[NAME_MAX + 1])
{
    struct timespec oldest = {0};
    bool is_any = false;
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat stat;
        if (!is_rotated(entry->d_name, name) ||
            fstatat(dirfd(dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(stat.st_mode) || stat.st_ino == own || stat.st_ino == follow->inode_before ||
            !is_later(stat.st_mtim, *since) || (is_any && !is_later(oldest, stat.st_mtim)))
            continue;
        is_any = true;
        oldest = stat.st_mtim;
        snprintf(found, NAME_MAX + 1, "%s", entry->d_name);
    }
    *since = oldest;
    return is_any;
}

/* The file between own, which was rotated and is read, and the one at the path now. -1: none. */
static int open_rotated(const struct follow *follow, const struct stat *own)
{
    struct timespec since = own->st_mtim;
    const char *path = follow->settings->address, *name;
    char found[NAME_MAX + 1];
    DIR *dir = open_folder(path, &name);
    int fd = -1;
    while (dir && fd < 0 && find_rotated(follow, dir, name, own->st_ino, &since, found)) {
        fd = open_file(dirfd(dir), found);
        if (fd < 0)
            log_warn("intake", "rotated file is not read file=%s name=%s reason=\"%s\"", path,
                     found, strerror(errno));
        else
            log_notice("intake", "followed file was rotated more than once file=%s name=%s", path,
                       found);
    }
    if (dir)
        closedir(dir);
    return fd;
}

/* The file is not open: begin where it was left, or where it begins. */
static void look_for(struct follow *follow)
{
    const char *path = follow->settings->address;
    const struct position *left = &follow->delivered; /* what is saved may be a second behind */
    struct stat stat;
    int fd = open_file(AT_FDCWD, path), error = errno;
    bool has_place = left->inode != 0;
    bool is_same_file = fd >= 0 && has_place && fstat(fd, &stat) == 0 &&
                        (uint64_t)stat.st_ino == left->inode &&
                        (uint64_t)stat.st_dev == left->device;
    if (has_place && !is_same_file) {
        int renamed = find_renamed(follow);
        if (renamed >= 0) {
            if (fd >= 0)
                close(fd);
            begin(follow, renamed, left->offset);
            return;
        }
    }
    if (fd < 0) {
        tell(follow, error);
        return;
    }
    bool goes_on = is_same_file && stat.st_size >= left->offset;
    if (has_place && !goes_on)
        log_notice("intake", "followed file is another one: begun anew file=%s", path);
    begin(follow, fd, goes_on ? left->offset : 0);
}

/* At the end of what is there: has the file been replaced, or cut short? */
static void look_around(struct follow *follow)
{
    struct stat now = {0}, own;
    /* First the new one: whoever writes to it has let go of ours, whose size is final then. Until
       there is something in it he may not have been told yet (logrotate's "create"). */
    bool has_other = stat(follow->settings->address, &now) == 0 && now.st_size > 0;
    if (fstat(follow->fd, &own) < 0)
        return;
    int64_t read_to = follow->at.offset + (int64_t)follow->read.n;
    if (own.st_size < read_to) {
        /* A line without its end stands nowhere else any more: it is taken, or it is lost. */
        if (!consume(follow, true))
            stats_add(&follow->worker->intake->options.stats->dropped_full, 1);
        log_notice("intake", "followed file was cut short: begun anew file=%s",
                   follow->settings->address);
        begin(follow, follow->fd, 0);
        return;
    }
    bool is_replaced = has_other && (now.st_ino != own.st_ino || now.st_dev != own.st_dev);
    if (!is_replaced || own.st_size > read_to)
        return;
    int fd = open_file(AT_FDCWD, follow->settings->address);
    if (fd < 0) { /* we stay in the old one until it can be */
        tell(follow, errno);
        return;
    }
    if (!consume(follow, true)) {
        close(fd);
        return;
    }
    close(follow->fd);
    int between = open_rotated(follow, &own);
    follow->inode_before = own.st_ino;
    if (between >= 0)
        close(fd);
    begin(follow, between >= 0 ? between : fd, 0);
}

static void look(void *context)
{
    struct follow *follow = context;
    if (follow->fd < 0)
        look_for(follow);
    for (int i = 0; i < READS_A_LOOK && follow->fd >= 0; i++) {
        ssize_t n = read(follow->fd, buf_reserve(&follow->read, READ_BYTES), READ_BYTES);
        if (n <= 0) {
            look_around(follow);
            break;
        }
        follow->read.n += (size_t)n;
        if (!consume(follow, false))
            break;
    }
    follow_committed(follow, false);
}

/* ---- begin and end ---- */

/* Its name must survive restarts: a hash of the path that is no secret's. */
static char *keep_path(const char *state_dir, const char *path)
{
    char *out = NULL;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (const char *p = path; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    if (asprintf(&out, "%s/follow", state_dir) < 0)
        return NULL;
    bool ok = mkdir(out, 0750) == 0 || errno == EEXIST;
    free(out);
    return ok && asprintf(&out, "%s/follow/%016" PRIx64, state_dir, hash) >= 0 ? out : NULL;
}

int follow_open(struct worker *worker, const struct intake_listener *settings, struct diag *diag)
{
    struct follow *follow = gw_alloc(sizeof *follow);
    *follow = (struct follow){.worker = worker, .settings = settings, .fd = -1};
    follow->keep = keep_path(worker->intake->options.state_dir, settings->address);
    if (!follow->keep) {
        diag_add_at(diag, settings->place,
                    "<follow file=\"%s\">: cannot keep its position in the state folder: %s",
                    settings->address, strerror(errno));
        free(follow);
        return GW_ERR_IO;
    }
    follow->peer = peers_local(worker->peers, "file:", settings->address, GW_TRANSPORT_FILE);
    framing_init(&follow->framing, FRAMING_LF, (size_t)settings->max_message_bytes);
    if (!load(follow))
        follow->saved = (struct position){0};
    follow->delivered = follow->saved; /* kept as it is while the file is away */
    follow->next = worker->follows;
    worker->follows = follow;
    follow->timer = loop_timer_new(worker->loop, LOOK_MS, look, follow);
    return follow->timer ? GW_OK : GW_ERR_IO;
}

void follow_close_all(struct worker *worker)
{
    /* What is staged is committed before the journal closes; until then it is not known. */
    uint64_t last = 0;
    for (const struct follow *follow = worker->follows; follow; follow = follow->next)
        if (follow->sequence > last)
            last = follow->sequence;
    if (last)
        journal_wait_committed(worker->intake->options.journal, last, CLOSE_MS);
    while (worker->follows) {
        struct follow *follow = worker->follows;
        worker->follows = follow->next;
        loop_timer_free(follow->timer);
        follow_committed(follow, true);
        follow_committed(follow, true);
        if (follow->fd >= 0)
            close(follow->fd);
        framing_fini(&follow->framing);
        buf_free(&follow->read);
        free(follow->keep);
        free(follow);
    }
}
