/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder is the queue: CURSOR.ID.eml, where CURSOR names a <mail> and a receiver as its place
 * in the journal does. A letter is written beside, synced, then linked once for each receiver, so
 * that it is there whole or not at all.
 */
#include "gateway/outbox/postbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/thread.h"
#include "gateway/outbox/target.h"
#include "gateway/outbox/transfer.h"

enum {
    LOOK_MS =
        60000, /* the folder is looked at when something was posted, or is to be tried again */
    RETRY_FIRST_MS = 1000,
    WORD_MS = 600000,
    LEAVE_MS = 1000,
    LEAVE_STEP_MS = 10,
    LETTER_MAX_BYTES = 512 << 20
};
#define BESIDE ".new"
#define LETTER ".eml"

struct receiver {
    const struct outbox_section *section; /* in the arena */
    char cursor[OUTBOX_CURSOR_MAX];
    bool is_used;
    int64_t retry_at, word_at; /* monotonic */
    int64_t down_since;        /* monotonic; 0: the last letter went */
    unsigned failures;
    struct postbox_row row;
};

/* A letter that is done but cannot be deleted: only the deletion is tried again. */
struct done {
    struct done *next;
    char file[NAME_MAX + 1];
};

struct postbox {
    struct postbox_options options;
    char *folder;
    int dirfd;
    struct transfer *transfer;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping, is_done;
    struct arena arena;
    pthread_mutex_t posting; /* one at a time writes beside */
    pthread_mutex_t lock;    /* of what follows */
    pthread_cond_t changed;
    bool is_posted; /* a letter was posted since the folder was last looked at */
    struct done *done;
    struct receiver receivers[OUTBOX_TARGETS_MAX];
    size_t n;
};

static struct clock_reading now_of(const struct postbox *postbox)
{
    return clock_read(postbox->options.clock);
}

/* ---- receivers ---- */

/* Its counters go on from the row that it had before. */
static void add_receiver(struct postbox *postbox, const struct outbox_section *section,
                         struct slice word, const struct postbox_row *before, size_t n_before)
{
    struct receiver *receiver = &postbox->receivers[postbox->n++];
    *receiver = (struct receiver){.section = section};
    outbox_target_cursor(section, word, receiver->cursor);
    snprintf(receiver->row.name, sizeof receiver->row.name, "%s", section->name);
    snprintf(receiver->row.receiver, sizeof receiver->row.receiver, "%.*s", SLICE_FMT(word));
    for (size_t i = 0; i < n_before; i++)
        if (strcmp(before[i].name, receiver->row.name) == 0 &&
            strcmp(before[i].receiver, receiver->row.receiver) == 0) {
            receiver->row = before[i];
            receiver->is_used = true;
        }
}

static void copy_settings(struct postbox *postbox, const struct config *config,
                          const struct postbox_row *before, size_t n_before)
{
    const struct outbox_section *section;
    arena_init(&postbox->arena, 0);
    postbox->n = 0;
    for (size_t i = 0; (section = config_at(config, "mail", i)); i++) {
        const struct outbox_section *own =
            section_dup(&outbox_mail_section, section, &postbox->arena);
        struct slice list = slice_from(own->to), word;
        while (slice_next_word(&list, &word) && postbox->n < OUTBOX_TARGETS_MAX)
            add_receiver(postbox, own, word, before, n_before);
    }
}

static struct receiver *find_receiver(struct postbox *postbox, const char *file)
{
    size_t n = strcspn(file, ".");
    for (size_t i = 0; i < postbox->n; i++)
        if (strlen(postbox->receivers[i].cursor) == n &&
            strncmp(postbox->receivers[i].cursor, file, n) == 0)
            return &postbox->receivers[i];
    return NULL;
}

/* ---- the folder ---- */

static int is_letter(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && slice_ends_with(slice_from(entry->d_name), SLICE(LETTER));
}

/* By name; freed by free_names(). */
static int list_letters(const struct postbox *postbox, struct dirent ***names)
{
    *names = NULL;
    int n = scandir(postbox->folder, names, is_letter, alphasort);
    return n < 0 ? 0 : n;
}

static void free_names(struct dirent **names, int n)
{
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

/* GW_OK; GW_ERR_NOT_FOUND: it is gone, or no letter and never will be; GW_ERR_IO: not readable this
   time. errno says why. */
static int read_letter(const struct postbox *postbox, const char *file, struct buf *out,
                       int64_t *posted_ms)
{
    struct stat about;
    if (fstatat(postbox->dirfd, file, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO;
    *posted_ms = (int64_t)about.st_mtim.tv_sec * 1000;
    if (!S_ISREG(about.st_mode) || about.st_size > LETTER_MAX_BYTES) {
        errno = S_ISREG(about.st_mode) ? EFBIG : EINVAL;
        return GW_ERR_NOT_FOUND;
    }
    int fd = openat(postbox->dirfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool is_fine = fd >= 0;
    while (is_fine && out->n < (size_t)about.st_size) {
        ssize_t n = read(fd, buf_reserve(out, (size_t)about.st_size - out->n),
                         (size_t)about.st_size - out->n);
        is_fine = n > 0;
        out->n += is_fine ? (size_t)n : 0;
    }
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return is_fine ? GW_OK : GW_ERR_IO;
}

/* The link in the list to this file's entry, or the last one. Under lock. */
static struct done **find_done(struct postbox *postbox, const char *file)
{
    struct done **at = &postbox->done;
    while (*at && strcmp((*at)->file, file) != 0)
        at = &(*at)->next;
    return at;
}

static bool is_done(struct postbox *postbox, const char *file)
{
    pthread_mutex_lock(&postbox->lock);
    bool is = *find_done(postbox, file) != NULL;
    pthread_mutex_unlock(&postbox->lock);
    return is;
}

static void drop_done(struct done **at)
{
    struct done *gone = *at;
    *at = gone->next;
    free(gone);
}

/* True: no such name is there any more. */
static bool delete_letter(const struct postbox *postbox, const char *file)
{
    return unlinkat(postbox->dirfd, file, 0) == 0 || errno == ENOENT;
}

static void forget(struct postbox *postbox, const char *file)
{
    bool is_deleted = delete_letter(postbox, file);
    if (!is_deleted || fsync(postbox->dirfd) != 0)
        log_warn("outbox",
                 "a letter cannot be deleted and may be sent again after a restart file=%s "
                 "reason=\"%s\"",
                 file, strerror(errno));
    if (is_deleted)
        return;
    struct done *done = gw_alloc(sizeof *done);
    snprintf(done->file, sizeof done->file, "%s", file);
    pthread_mutex_lock(&postbox->lock);
    done->next = postbox->done;
    postbox->done = done;
    pthread_mutex_unlock(&postbox->lock);
}

static void delete_done(struct postbox *postbox)
{
    pthread_mutex_lock(&postbox->lock);
    for (struct done **at = &postbox->done; *at;)
        if (delete_letter(postbox, (*at)->file))
            drop_done(at);
        else
            at = &(*at)->next;
    pthread_mutex_unlock(&postbox->lock);
}

/* ---- posting ---- */

static int write_beside(const struct postbox *postbox, struct slice bytes)
{
    size_t done = 0;
    /* What a crash left there may be linked as a letter: not written into, but replaced. */
    unlinkat(postbox->dirfd, BESIDE, 0);
    int fd = openat(postbox->dirfd, BESIDE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    bool is_fine = fd >= 0;
    while (is_fine && done < bytes.n) {
        ssize_t n = write(fd, bytes.p + done, bytes.n - done);
        is_fine = n > 0 || (n < 0 && errno == EINTR);
        done += n > 0 ? (size_t)n : 0;
    }
    is_fine = is_fine && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_fine ? GW_OK : GW_ERR_IO;
}

static int link_for(struct postbox *postbox, struct receiver *receiver, const char *id)
{
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%s.%s" LETTER, receiver->cursor, id);
    bool is_new = linkat(postbox->dirfd, BESIDE, postbox->dirfd, name, 0) == 0;
    if (!is_new && errno != EEXIST)
        return GW_ERR_IO;
    struct done **done = find_done(postbox, name);
    if (is_new && *done) /* somebody else deleted the one of that name */
        drop_done(done);
    receiver->is_used = true;
    return GW_OK;
}

static int link_for_all(struct postbox *postbox, const char *mail, const char *id)
{
    int result = GW_OK;
    pthread_mutex_lock(&postbox->lock);
    for (size_t i = 0; i < postbox->n && result == GW_OK; i++)
        if (strcmp(postbox->receivers[i].section->name, mail) == 0)
            result = link_for(postbox, &postbox->receivers[i], id);
    if (fsync(postbox->dirfd) != 0)
        result = GW_ERR_IO;
    postbox->is_posted = true;
    pthread_cond_broadcast(&postbox->changed);
    pthread_mutex_unlock(&postbox->lock);
    return result;
}

/* True: the <mail> is there, and what a letter is written with is in out. */
static bool write_letter(struct postbox *postbox, const char *mail,
                         const struct mail_letter *letter, struct buf *out)
{
    const struct outbox_section *section = NULL;
    pthread_mutex_lock(&postbox->lock);
    for (size_t i = 0; i < postbox->n && !section; i++)
        if (strcmp(postbox->receivers[i].section->name, mail) == 0)
            section = postbox->receivers[i].section;
    if (section) {
        struct zone *zone = section->zone ? zone_open(section->zone) : NULL;
        const struct mail_writer writer = {
            .section = section,
            .zone = zone,
            .gateway = postbox->options.gateway_id,
            .epoch = postbox->options.epoch,
        };
        mail_write_letter(&writer, letter, out);
        zone_free(zone);
    }
    pthread_mutex_unlock(&postbox->lock);
    return section != NULL;
}

int postbox_post(struct postbox *postbox, const char *mail, const struct mail_letter *letter)
{
    struct dirent **names;
    struct buf bytes = {0};
    int n = list_letters(postbox, &names);
    free_names(names, n);
    if (n >= POSTBOX_LETTERS_MAX)
        return GW_ERR_FULL;
    pthread_mutex_lock(&postbox->posting);
    int result = write_letter(postbox, mail, letter, &bytes) ? GW_OK : GW_ERR_NOT_FOUND;
    if (result == GW_OK)
        result = write_beside(postbox, buf_get(&bytes));
    if (result == GW_OK)
        result = link_for_all(postbox, mail, letter->id);
    unlinkat(postbox->dirfd, BESIDE, 0);
    pthread_mutex_unlock(&postbox->posting);
    buf_free(&bytes);
    return result;
}

/* ---- sending ---- */

static void note_trouble(struct receiver *receiver, const char *text, int64_t wall_ms)
{
    snprintf(receiver->row.trouble, sizeof receiver->row.trouble, "%s", text);
    receiver->row.trouble_ms = wall_ms;
    receiver->row.is_failing = true;
}

/* True: the letter is over. Under lock. */
static bool put_off(struct receiver *receiver, const char *file, const char *answer,
                    int64_t posted_ms, struct clock_reading now)
{
    const struct outbox_section *section = receiver->section;
    note_trouble(receiver, answer, now.wall_ms);
    receiver->row.retried++;
    if (!receiver->down_since)
        receiver->down_since = now.mono_ms ? now.mono_ms : 1;
    if (now.mono_ms >= receiver->word_at) {
        receiver->word_at = now.mono_ms + WORD_MS;
        log_warn("outbox", "a letter waits mail=%s receiver=%s letter=%s reason=\"%s\"",
                 section->name, receiver->row.receiver, file, answer);
    }
    if (!outbox_gives_up(section, posted_ms, receiver->down_since, now))
        return false;
    receiver->row.expired++;
    log_error("outbox", "letter given up: nobody took it for too long letter=%s reason=\"%s\"",
              file, answer);
    return true;
}

/* True: the letter is over. Under lock. */
static bool note_answer(struct postbox *postbox, struct receiver *receiver, const char *file,
                        enum transfer_result result, const char *answer, int64_t posted_ms)
{
    struct clock_reading now = now_of(postbox);
    if (result == TRANSFER_LATER) {
        if (atomic_load(&postbox->is_stopping))
            return false;
        receiver->failures++;
        receiver->retry_at = now.mono_ms + pause_back_off_ms(receiver->failures, RETRY_FIRST_MS,
                                                             receiver->section->retry_ms);
        return put_off(receiver, file, answer, posted_ms, now);
    }
    receiver->failures = 0;
    receiver->word_at = receiver->down_since = 0;
    if (result == TRANSFER_DONE) {
        receiver->row.sent++;
        receiver->row.is_failing = false;
        log_info("outbox", "letter sent mail=%s receiver=%s letter=%s", receiver->section->name,
                 receiver->row.receiver, file);
        return true;
    }
    note_trouble(receiver, answer, now.wall_ms);
    receiver->row.refused++;
    log_error("outbox", "letter refused, passed over letter=%s reason=\"%s\"", file, answer);
    return true;
}

/* True: the letter is done. That the disk does not give one is not the receiver's trouble: his
   other letters go on, and it is tried again when the folder is looked at next. */
static bool note_unread(struct postbox *postbox, struct receiver *receiver, const char *file,
                        int result, const char *answer, int64_t posted_ms)
{
    struct clock_reading now = now_of(postbox);
    if (result == GW_ERR_NOT_FOUND)
        return note_answer(postbox, receiver, file, TRANSFER_REFUSED, answer, posted_ms);
    return put_off(receiver, file, answer, posted_ms ? posted_ms : now.wall_ms, now);
}

static void send_letter(struct postbox *postbox, struct receiver *receiver, const char *file)
{
    struct transfer_report report = {0};
    struct buf bytes = {0};
    int64_t posted_ms = 0;
    enum transfer_result sent = TRANSFER_LATER;
    int result = read_letter(postbox, file, &bytes, &posted_ms);
    if (result == GW_OK)
        sent = transfer_mail(postbox->transfer, receiver->section, receiver->row.receiver,
                             buf_get(&bytes), &report);
    else
        snprintf(report.answer, sizeof report.answer, "cannot be read: %s", strerror(errno));
    buf_free(&bytes);
    pthread_mutex_lock(&postbox->lock);
    receiver->is_used = true;
    bool is_over = result == GW_OK
                       ? note_answer(postbox, receiver, file, sent, report.answer, posted_ms)
                       : note_unread(postbox, receiver, file, result, report.answer, posted_ms);
    pthread_mutex_unlock(&postbox->lock);
    if (is_over)
        forget(postbox, file);
}

/* Under the lock, so that a letter posted meanwhile is in this list or causes another look. */
static int look(struct postbox *postbox, struct dirent ***names)
{
    pthread_mutex_lock(&postbox->lock);
    postbox->is_posted = false;
    int n = list_letters(postbox, names);
    pthread_mutex_unlock(&postbox->lock);
    return n;
}

/* Tries every letter that is due. Returns how long until the next one is, in ms. */
static int64_t send_all(struct postbox *postbox)
{
    struct dirent **names;
    int64_t wait_ms = LOOK_MS;
    delete_done(postbox);
    int n = look(postbox, &names);
    for (int i = 0; i < n && !atomic_load(&postbox->is_stopping); i++) {
        if (is_done(postbox, names[i]->d_name))
            continue;
        struct receiver *receiver = find_receiver(postbox, names[i]->d_name);
        if (!receiver) {
            log_warn("outbox", "a letter to nobody that is configured is deleted letter=%s",
                     names[i]->d_name);
            forget(postbox, names[i]->d_name);
            continue;
        }
        int64_t left = receiver->retry_at - now_of(postbox).mono_ms;
        if (receiver->failures == 0 || left <= 0)
            send_letter(postbox, receiver, names[i]->d_name);
        left = receiver->failures ? receiver->retry_at - now_of(postbox).mono_ms : LOOK_MS;
        wait_ms = left < wait_ms ? left : wait_ms;
    }
    free_names(names, n);
    return wait_ms > 0 ? wait_ms : 0;
}

static void wait_for_work(struct postbox *postbox, int64_t wait_ms)
{
    struct timespec until = pause_deadline(wait_ms);
    pthread_mutex_lock(&postbox->lock);
    while (!postbox->is_posted && !atomic_load(&postbox->is_stopping) &&
           pthread_cond_timedwait(&postbox->changed, &postbox->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&postbox->lock);
}

static void *run(void *context)
{
    struct postbox *postbox = context;
    while (!atomic_load(&postbox->is_stopping))
        wait_for_work(postbox, send_all(postbox));
    atomic_store(&postbox->is_done, true);
    return NULL;
}

/* ---- start and end ---- */

static int start_thread(struct postbox *postbox)
{
    atomic_store(&postbox->is_stopping, false);
    atomic_store(&postbox->is_done, false);
    postbox->transfer = transfer_new();
    if (!postbox->transfer)
        return GW_ERR_IO;
    int result = gw_thread_start(&postbox->thread, "postbox", run, postbox);
    postbox->is_running = result == GW_OK;
    return result;
}

static void stop_thread(struct postbox *postbox)
{
    const struct timespec step = {.tv_nsec = LEAVE_STEP_MS * 1000000};
    pthread_mutex_lock(&postbox->lock);
    atomic_store(&postbox->is_stopping, true);
    pthread_cond_broadcast(&postbox->changed);
    pthread_mutex_unlock(&postbox->lock);
    for (int waited = 0;
         postbox->is_running && !atomic_load(&postbox->is_done) && waited < LEAVE_MS;
         waited += LEAVE_STEP_MS)
        nanosleep(&step, NULL);
    if (postbox->is_running) {
        transfer_end(postbox->transfer);
        pthread_join(postbox->thread, NULL);
    }
    postbox->is_running = false;
    transfer_free(postbox->transfer);
    postbox->transfer = NULL;
}

static int open_folder(struct postbox *postbox)
{
    if (mkdir(postbox->folder, 0750) == 0 || errno == EEXIST)
        postbox->dirfd = open(postbox->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return postbox->dirfd >= 0 ? GW_OK : GW_ERR_IO;
}

int postbox_start(const struct postbox_options *options, const struct config *config,
                  struct postbox **out)
{
    struct postbox *postbox = gw_alloc(sizeof *postbox);
    pthread_condattr_t attributes;
    postbox->options = *options;
    postbox->folder = gw_strdup(options->folder);
    postbox->dirfd = -1;
    pthread_mutex_init(&postbox->posting, NULL);
    pthread_mutex_init(&postbox->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&postbox->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    copy_settings(postbox, config, NULL, 0);
    int result = open_folder(postbox);
    if (result == GW_OK)
        result = start_thread(postbox);
    if (result == GW_OK) {
        *out = postbox;
        return GW_OK;
    }
    log_error("outbox", "letters cannot be sent folder=%s reason=\"%s\"", postbox->folder,
              strerror(errno));
    postbox_stop(postbox);
    return result;
}

void postbox_reload(struct postbox *postbox, const struct config *config)
{
    struct postbox_row *rows = gw_alloc(OUTBOX_TARGETS_MAX * sizeof *rows);
    size_t n = postbox_list(postbox, rows, OUTBOX_TARGETS_MAX);
    stop_thread(postbox);
    pthread_mutex_lock(&postbox->lock);
    arena_fini(&postbox->arena);
    copy_settings(postbox, config, rows, n);
    pthread_mutex_unlock(&postbox->lock);
    if (start_thread(postbox) != GW_OK)
        log_error("outbox", "letters wait until a restart: no thread is left");
    free(rows);
}

void postbox_stop(struct postbox *postbox)
{
    if (!postbox)
        return;
    stop_thread(postbox);
    delete_done(postbox);
    if (postbox->dirfd >= 0)
        close(postbox->dirfd);
    arena_fini(&postbox->arena);
    while (postbox->done)
        drop_done(&postbox->done);
    pthread_cond_destroy(&postbox->changed);
    pthread_mutex_destroy(&postbox->lock);
    pthread_mutex_destroy(&postbox->posting);
    free(postbox->folder);
    free(postbox);
}

/* ---- looking at it ---- */

size_t postbox_list(struct postbox *postbox, struct postbox_row *out, size_t max)
{
    struct dirent **names;
    size_t n = 0;
    int n_names = list_letters(postbox, &names);
    pthread_mutex_lock(&postbox->lock);
    for (size_t i = 0; i < postbox->n; i++)
        postbox->receivers[i].row.waiting = 0;
    for (int i = 0; i < n_names; i++) {
        struct receiver *receiver = find_receiver(postbox, names[i]->d_name);
        if (receiver && !*find_done(postbox, names[i]->d_name))
            receiver->row.waiting++;
    }
    for (size_t i = 0; i < postbox->n && n < max; i++)
        if (postbox->receivers[i].is_used || postbox->receivers[i].row.waiting)
            out[n++] = postbox->receivers[i].row;
    pthread_mutex_unlock(&postbox->lock);
    free_names(names, n_names);
    return n;
}
