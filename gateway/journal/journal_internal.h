/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_JOURNAL_INTERNAL_H
#define GATEWAY_JOURNAL_JOURNAL_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "gateway/base/clock.h"
#include "gateway/base/steady.h"
#include "gateway/journal/damage.h"
#include "gateway/journal/format.h"
#include "gateway/journal/io.h"
#include "gateway/journal/journal.h"
#include "gateway/journal/skips.h"
#include "gateway/journal/walk.h"

/**
 * The parts of an open journal, by file:
 *   staging.c   appended, not yet written: two buffers that take turns
 *   segments.c  the list of segments: made, found at the start, let go
 *   writer.c    the writer thread: commit, roll, failure and return
 *   cursors.c   dir/cursors/NAME;  skips.c: dir/FROM.skip;  damage.c: what is lost
 *   reader.c    readers;  cache.c: what they leave behind in the page cache
 *   walk.c      the bytes, with format.c;  scan.c: offline
 *   journal.c   opening, closing, status, waiting
 *
 * Locks, in the order they may be taken: commit_lock, then state_lock. stage_lock stands alone.
 */

/* ---- staging ---- */

struct staging_buffer {
    uint8_t *p;
    size_t capacity, used, touched; /* touched: so many bytes have memory behind them */
    uint64_t first;                 /* sequence of its first record */
    _Atomic uint32_t copying;       /* appenders that still write into it */
};

struct staging {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct staging_buffer buffers[2];
    struct staging_buffer *active; /* appenders' */
    _Atomic size_t total;          /* bytes in both; under the lock, but for a look */
    size_t limit;
    uint64_t next_sequence;
    _Atomic uint64_t marked; /* the last sequence that is marked, before it is committed */
    int pace_ms;
    struct timespec next_commit;                               /* not before, unless hurried */
    enum { STAGING_BUSY, STAGING_IDLE, STAGING_PACED } writer; /* what wakes it */
    bool is_hurried;
    bool is_closing;
    bool is_refusing; /* the disk fails: nothing is staged */
};

int staging_init(struct staging *staging, int64_t limit_bytes, int pace_ms, uint64_t next_sequence);
void staging_fini(struct staging *staging);
/* Marked. */
int staging_append(struct staging *staging, struct slice payload, uint64_t *sequence);
/* Not marked. */
int staging_append_all(struct staging *staging, const struct slice *payloads, size_t n,
                       uint64_t *last);
bool staging_has_room(struct staging *staging, int eighths);
/* Wait at most timeout_ms for records; NULL: none came or it is closing. The buffer is the writer's
   until staging_release(). */
struct staging_buffer *staging_take(struct staging *staging, int timeout_ms, bool *is_closing);
/* bytes of a taken buffer are on disk; when all are, the buffer is free again. */
void staging_release(struct staging *staging, struct staging_buffer *buffer);
void staging_hurry(struct staging *staging);
/* Sleep for timeout_ms, or until staging is closed: then true. */
bool staging_pause(struct staging *staging, int timeout_ms);
void staging_refuse(struct staging *staging, bool is_refusing);
void staging_close(struct staging *staging);
uint64_t staging_last(struct staging *staging);

/* ---- segments ---- */

enum { SEGMENT_AGE_UNKNOWN = 1 };
struct segment {
    uint64_t first;
    int64_t created_ms; /* 0: not read yet; SEGMENT_AGE_UNKNOWN: its header cannot be read */
    int64_t wall_ms;    /* as in format_segment; read with created_ms */
    int64_t bytes;      /* of the file */
    int64_t end;        /* committed data ends here; -1: closed before this start, not scanned */
};

struct cursor_entry {
    char *name;
    uint64_t sequence;
    bool is_open; /* a reader has it */
};

struct journal_watch_entry {
    journal_wake_fn *wake;
    void *context;
    int id;
};

/* Where a named reader stands; the journal's list of them is under state_lock (cache.c). */
struct cache_place {
    uint64_t segment; /* its first sequence; 0: not begun */
    int64_t offset;
    uint64_t sequence; /* the next it wants */
    struct cache_place *next;
};

/* What tests put in place of the real thing. */
struct journal_setup {
    const struct journal_io *io;
    const struct clock *clock;
    int retry_ms;           /* between attempts on a failing disk; 1000 */
    int housekeeping_ms;    /* retention when idle; 60000 */
    int64_t segment_age_ms; /* a segment is closed beyond this age; 24 h */
};
void journal_setup_default(struct journal_setup *setup);
int journal_open_with(const char *dir, const struct journal_options *options,
                      const struct journal_setup *setup, struct journal **out);

struct journal {
    struct journal_options options;
    struct journal_setup setup;
    const struct journal_io *io;
    char *dir;
    int dir_fd, cursors_fd, lock_fd;
    uint64_t epoch;
    char epoch_text[17];
    struct staging staging;

    pthread_t writer;
    _Atomic uint64_t committed;
    _Atomic uint64_t oldest;
    _Atomic int64_t pressed_until_ms;
    _Atomic int64_t committing_since_ms; /* monotonic; 0: the writer waits for no disk */

    /* state_lock guards what follows; changed: committed, health or a wake. */
    pthread_mutex_t state_lock;
    pthread_cond_t changed;
    struct segment *segments;
    size_t n_segments, cap_segments;
    struct cursor_entry *cursors;
    size_t n_cursors, cap_cursors;
    struct cache_place *places;
    struct damage damage;
    uint64_t damaged_records, commits, dropped_unread, skipped;
    char held_by[JOURNAL_CURSOR_NAME_MAX];
    bool is_failing;
    char failure[160];

    /* held while watchers are called */
    pthread_mutex_t watch_lock;
    struct journal_watch_entry *watches;
    size_t n_watches, cap_watches;
    int next_watch_id;

    /* the writer's own */
    int active_fd; /* -1: none; the last segment's */
    struct format_segment active;
    int64_t active_end;     /* committed */
    uint64_t active_next;   /* sequence after its last committed */
    int64_t active_mono_ms; /* when it was created */
    int64_t next_housekeeping_ms;
    struct steady time;   /* what segments' ages are reckoned by */
    uint64_t held_logged; /* first sequence of the segment that the log said a cursor holds */
};

/* Make the next segment, durable and in the list; on failure nothing is left behind. */
int segments_create(struct journal *journal, uint64_t first);
/* Write the seal, sync, close. Errors are only logged: every record is synced already. */
void segments_seal(struct journal *journal);
/* A write or sync failed: never use the file again; forget what was not committed in it. */
void segments_abandon(struct journal *journal);
/* Find what is there, recover the last one. *last: the last sequence that is kept. */
int segments_load(struct journal *journal, uint64_t *last);
/* Let go what retention allows. */
void segments_retain(struct journal *journal);
/* Creation time of segment i (wall clock), or SEGMENT_AGE_UNKNOWN. state_lock is held. */
int64_t segments_created_ms(struct journal *journal, size_t i);
/* Read and check both header copies. */
int segments_read_header(const struct journal_io *io, int fd, struct format_segment *out,
                         int *damaged_copies);
/* The names in a journal's folder, sorted; *n of them, free() it. */
int segments_list(int dir_fd, struct segment **out, size_t *n);

void *writer_main(void *journal);
/* Enter the failing state in words, or leave it (what NULL). */
void writer_set_failing(struct journal *journal, const char *what, int error_number);

/* Count and log what is lost, each sequence once (damage.c). Takes state_lock. */
void journal_report_damage(struct journal *journal, uint64_t segment, const struct walk_gap *gap);
void journal_notify(struct journal *journal);
/* Its timed waits end at a pause_deadline(). */
void journal_cond_init(pthread_cond_t *cond);

/* ---- the page cache ---- */

enum { CACHE_STEP = 4 * 1024 * 1024 };
void cache_join(struct journal *journal, struct cache_place *place);
void cache_leave(struct journal *journal, struct cache_place *place);
/* The reader stands at offset of a segment, and wants sequence next. Returns how many bytes from
   the segment's beginning nobody wants any more. */
int64_t cache_go_on(struct journal *journal, struct cache_place *place, uint64_t segment,
                    int64_t offset, uint64_t sequence);

/* ---- cursors ---- */

bool cursor_name_is_valid(const char *name);
int cursors_load(struct journal *journal);
void cursors_free(struct journal *journal);
/* Write dir/cursors/name durably. */
int cursor_write(struct journal *journal, const char *name, uint64_t sequence);
/* Make name a reader's own; *sequence is where it stands, fresh when it is new. */
int cursor_claim(struct journal *journal, const char *name, uint64_t fresh, uint64_t *sequence);
void cursor_release(struct journal *journal, const char *name);
int cursor_store(struct journal *journal, const char *name, uint64_t sequence);
/* An open descriptor of its note, -1: cannot; written by cursor_put_note(). */
int cursor_open_note(struct journal *journal, const char *name);
void cursor_put_note(struct journal *journal, int fd, uint64_t sequence);
int cursor_read(const struct journal_io *io, int cursors_fd, const char *name,
                struct format_cursor *out);

#endif
