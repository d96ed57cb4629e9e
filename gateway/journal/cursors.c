/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cursors: dir/cursors/NAME, one small file each. Written to NAME.tmp, synced, renamed, the folder
 * synced: after a crash the old one is there or the new one. On a disk without room for a second
 * file the old one is overwritten: otherwise no cursor could move there, retention would keep every
 * segment, and the disk would stay full. A cursor that cannot be trusted (damaged, or of another
 * journal) counts as 0: its reader reads everything again, which is harmless; skipping is not.
 *
 * Beside it there may be NAME.note, written in place and never synced: where the reader was when
 * the process died. It counts when it is whole, of this journal, and further than the cursor.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/journal/journal_internal.h"

enum { NAME_MAX_BYTES = JOURNAL_CURSOR_NAME_MAX - 1 };

static const char note_end[] = ".note";

static bool has_end(const char *name, size_t n, const char *end)
{
    return n >= strlen(end) && strcmp(name + n - strlen(end), end) == 0;
}

bool cursor_name_is_valid(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_BYTES || name[0] == '.')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= 'A' && name[i] <= 'Z') &&
            !(name[i] >= '0' && name[i] <= '9') && !strchr("._-", name[i]))
            return false;
    return !has_end(name, n, ".tmp") && !has_end(name, n, note_end);
}

int cursor_read(const struct journal_io *io, int cursors_fd, const char *name,
                struct format_cursor *out)
{
    uint8_t bytes[FORMAT_CURSOR_BYTES + 1];
    size_t got = 0;
    int fd = io->open(io->context, cursors_fd, name, O_RDONLY, 0);
    if (fd < 0)
        return errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO;
    int error = journal_io_read(io, fd, bytes, sizeof bytes, 0, &got);
    io->close(io->context, fd);
    return error == GW_OK ? format_get_cursor(bytes, got, out) : error;
}

static int put_file(struct journal *journal, const char *name, int flags, const uint8_t *bytes)
{
    const struct journal_io *io = journal->io;
    int fd = io->open(io->context, journal->cursors_fd, name, O_WRONLY | flags, 0600);
    if (fd < 0)
        return GW_ERR_IO;
    journal_crash_point(io, "cursor-temporary");
    int error = journal_io_write(io, fd, bytes, FORMAT_CURSOR_BYTES, 0);
    if (error == GW_OK && journal->options.sync && io->datasync(io->context, fd) != 0)
        error = GW_ERR_IO;
    int why = errno;
    io->close(io->context, fd);
    errno = why;
    return error;
}

static int put_beside(struct journal *journal, const char *name, const uint8_t *bytes)
{
    const struct journal_io *io = journal->io;
    char temporary[NAME_MAX_BYTES + 8];
    snprintf(temporary, sizeof temporary, "%s.tmp", name);
    int error = put_file(journal, temporary, O_CREAT | O_TRUNC, bytes);
    journal_crash_point(io, "cursor-synced");
    if (error == GW_OK && io->rename(io->context, journal->cursors_fd, temporary, name) != 0)
        error = GW_ERR_IO;
    if (error != GW_OK) {
        int why = errno;
        io->unlink(io->context, journal->cursors_fd, temporary);
        errno = why;
        return error;
    }
    journal_crash_point(io, "cursor-renamed");
    if (journal->options.sync && io->sync_dir(io->context, journal->cursors_fd) != 0)
        return GW_ERR_IO;
    journal_crash_point(io, "cursor-committed");
    return GW_OK;
}

int cursor_write(struct journal *journal, const char *name, uint64_t sequence)
{
    uint8_t bytes[FORMAT_CURSOR_BYTES];
    struct format_cursor cursor = {journal->epoch, sequence,
                                   clock_read(journal->setup.clock).wall_ms};
    format_put_cursor(&cursor, bytes);
    int error = put_beside(journal, name, bytes), why = errno;
    if (error != GW_OK && (why == ENOSPC || why == EDQUOT)) {
        error = put_file(journal, name, 0, bytes);
        errno = why; /* of a new one there is no file */
    }
    return error;
}

static void add(struct journal *journal, const char *name, uint64_t sequence)
{
    if (journal->n_cursors == journal->cap_cursors) {
        journal->cap_cursors = journal->cap_cursors ? journal->cap_cursors * 2 : 8;
        journal->cursors =
            gw_realloc(journal->cursors, journal->cap_cursors * sizeof *journal->cursors);
    }
    journal->cursors[journal->n_cursors++] =
        (struct cursor_entry){gw_strdup(name), sequence, false};
}

/* The note's sequence where it is further than the cursor's. */
static uint64_t read_note(struct journal *journal, const char *name, uint64_t sequence)
{
    char note[NAME_MAX_BYTES + 8];
    struct format_cursor cursor;
    snprintf(note, sizeof note, "%.*s%s", NAME_MAX_BYTES, name, note_end);
    if (cursor_read(journal->io, journal->cursors_fd, note, &cursor) != GW_OK ||
        cursor.epoch != journal->epoch || cursor.sequence <= sequence)
        return sequence;
    return cursor.sequence;
}

int cursor_open_note(struct journal *journal, const char *name)
{
    char note[NAME_MAX_BYTES + 8];
    snprintf(note, sizeof note, "%.*s%s", NAME_MAX_BYTES, name, note_end);
    return journal->io->open(journal->io->context, journal->cursors_fd, note, O_WRONLY | O_CREAT,
                             0600);
}

void cursor_put_note(struct journal *journal, int fd, uint64_t sequence)
{
    uint8_t bytes[FORMAT_CURSOR_BYTES];
    struct format_cursor cursor = {journal->epoch, sequence,
                                   clock_read(journal->setup.clock).wall_ms};
    format_put_cursor(&cursor, bytes);
    (void)journal_io_write(journal->io, fd, bytes, sizeof bytes, 0);
}

static int load_one(struct journal *journal, const char *name)
{
    struct format_cursor cursor;
    int error = cursor_read(journal->io, journal->cursors_fd, name, &cursor);
    if (error == GW_ERR_VERSION) {
        log_error("journal", "%s/cursors/%s has a newer format than this program reads",
                  journal->dir, name);
        return error;
    }
    if (error != GW_OK)
        log_error(
            "journal",
            "cursor cannot be read, its reader begins at the oldest record cursor=%s reason=\"%s\"",
            name, gw_error_text(error));
    else if (cursor.epoch != journal->epoch)
        log_error("journal",
                  "cursor is of another journal, its reader begins at the oldest record cursor=%s",
                  name);
    bool is_ours = error == GW_OK && cursor.epoch == journal->epoch;
    add(journal, name, is_ours ? read_note(journal, name, cursor.sequence) : 0);
    return GW_OK;
}

int cursors_load(struct journal *journal)
{
    DIR *dir = journal_io_list(journal->cursors_fd);
    if (!dir)
        return GW_ERR_IO;
    int error = GW_OK;
    struct dirent *entry;
    while (error == GW_OK && (entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);
        if (n > 4 && strcmp(entry->d_name + n - 4, ".tmp") == 0)
            journal->io->unlink(journal->io->context, journal->cursors_fd, entry->d_name);
        else if (cursor_name_is_valid(entry->d_name))
            error = load_one(journal, entry->d_name);
    }
    closedir(dir);
    return error;
}

void cursors_free(struct journal *journal)
{
    for (size_t i = 0; i < journal->n_cursors; i++)
        free(journal->cursors[i].name);
    free(journal->cursors);
}

static struct cursor_entry *find(struct journal *journal, const char *name)
{
    for (size_t i = 0; i < journal->n_cursors; i++)
        if (strcmp(journal->cursors[i].name, name) == 0)
            return &journal->cursors[i];
    return NULL;
}

int cursor_claim(struct journal *journal, const char *name, uint64_t fresh, uint64_t *sequence)
{
    int error = GW_OK;
    pthread_mutex_lock(&journal->state_lock);
    struct cursor_entry *entry = find(journal, name);
    bool is_new = !entry;
    if (entry && entry->is_open) {
        error = GW_ERR_BUSY;
    } else {
        if (is_new) {
            add(journal, name, fresh);
            entry = find(journal, name);
        }
        entry->is_open = true;
        *sequence = entry->sequence;
    }
    pthread_mutex_unlock(&journal->state_lock);
    if (error == GW_OK && is_new && cursor_write(journal, name, fresh) != GW_OK) {
        log_error("journal", "cursor cannot be written cursor=%s error=%s", name, strerror(errno));
        cursor_release(journal, name);
        journal_cursor_remove(journal, name);
        return GW_ERR_IO;
    }
    return error;
}

void cursor_release(struct journal *journal, const char *name)
{
    pthread_mutex_lock(&journal->state_lock);
    struct cursor_entry *entry = find(journal, name);
    if (entry)
        entry->is_open = false;
    pthread_mutex_unlock(&journal->state_lock);
}

int cursor_store(struct journal *journal, const char *name, uint64_t sequence)
{
    if (cursor_write(journal, name, sequence) != GW_OK) {
        log_error("journal", "cursor cannot be written cursor=%s error=%s", name, strerror(errno));
        return GW_ERR_IO;
    }
    /* Retention goes by the cursor in memory: it moves only now that it is on disk. */
    pthread_mutex_lock(&journal->state_lock);
    struct cursor_entry *entry = find(journal, name);
    if (entry)
        entry->sequence = sequence;
    pthread_mutex_unlock(&journal->state_lock);
    return GW_OK;
}

int journal_cursor_remove(struct journal *journal, const char *name)
{
    int error = GW_OK;
    pthread_mutex_lock(&journal->state_lock);
    struct cursor_entry *entry = find(journal, name);
    if (!entry) {
        error = GW_ERR_NOT_FOUND;
    } else if (entry->is_open) {
        error = GW_ERR_BUSY;
    } else {
        free(entry->name);
        *entry = journal->cursors[--journal->n_cursors];
    }
    pthread_mutex_unlock(&journal->state_lock);
    if (error == GW_OK) {
        const struct journal_io *io = journal->io;
        char note[NAME_MAX_BYTES + 8];
        snprintf(note, sizeof note, "%.*s%s", NAME_MAX_BYTES, name, note_end);
        io->unlink(io->context, journal->cursors_fd, note);
        if (io->unlink(io->context, journal->cursors_fd, name) == 0 && journal->options.sync)
            io->sync_dir(io->context, journal->cursors_fd);
    }
    return error;
}

size_t journal_list_cursors(struct journal *journal, struct journal_cursor *out, size_t max)
{
    pthread_mutex_lock(&journal->state_lock);
    size_t n = journal->n_cursors < max ? journal->n_cursors : max;
    for (size_t i = 0; i < n; i++) {
        const struct cursor_entry *entry = &journal->cursors[i];
        out[i] = (struct journal_cursor){.sequence = entry->sequence, .is_open = entry->is_open};
        snprintf(out[i].name, sizeof out[i].name, "%s", entry->name);
    }
    pthread_mutex_unlock(&journal->state_lock);
    return n;
}
