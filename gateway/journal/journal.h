/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_JOURNAL_H
#define GATEWAY_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * The durable log that everything rests on: append-only segments, one writer thread, group commit.
 *
 * Order of calls: journal_open(), then any thread may journal_append() and journal_committed();
 * readers are opened by name and each used by one thread; journal_close() after all of them.
 * A record is acknowledged to its sender only when journal_committed() >= its sequence.
 */
struct journal;
struct journal_reader;

/**
 * A segment goes when it is closed, retention_ms or max_bytes wants it gone, it is older than the
 * replay window (age counts from its closing) and every cursor has passed it. A cursor that holds
 * more than retention wants is said in the log and the status; journal_cursor_remove() drops one
 * nobody reads, and retention_force lets go what a reader has not had, counted.
 */
struct journal_options {
    int64_t segment_bytes; /* a segment is closed beyond this; default 64 MiB */
    int64_t staging_bytes; /* appended and not yet written; default 32 MiB; beyond: GW_ERR_FULL */
    int64_t retention_ms;  /* closed segments older than this may go; default 180 days */
    int64_t max_bytes;     /* total size; beyond, the oldest go; 0: no bound */
    int64_t replay_window_ms; /* younger than this stays whatever else is said; default 24 h */
    bool retention_force;     /* a cursor holds nothing back; default false */
    int64_t pace_ms;          /* least time between commits that nobody waits for; default 5 */
    bool sync;                /* fdatasync each commit; false only in tests of speed */
};
void journal_options_default(struct journal_options *options);

/**
 * dir is created when missing (mode 0700) and locked: GW_ERR_BUSY when another process has it.
 * A torn tail is cut, damaged records are skipped and counted. GW_ERR_VERSION: of a newer format;
 * GW_ERR_DAMAGED: no segment has a sound header; GW_ERR_IO, GW_ERR_DENIED: as the system says.
 */
int journal_open(const char *dir, const struct journal_options *options, struct journal **out);
/* Commits what is staged, then closes. */
void journal_close(struct journal *journal);

/* Random id drawn when the journal was created, 16 hex digits: part of every record's uid. */
const char *journal_epoch(const struct journal *journal);

/**
 * Stage one record; payload is copied. *sequence (from 1, no gaps) is its number.
 * GW_OK; GW_ERR_FULL: staging is full, wait to be woken (journal_watch); GW_ERR_IO: the disk
 * refuses; GW_ERR_INVALID: larger than JOURNAL_RECORD_MAX; GW_ERR_CLOSED (nothing is staged then).
 * Thread-safe; order of sequence is the order on disk. The record is marked: a reader that looks
 * for few records finds it, and is led past others (journal_reader_pass()).
 */
int journal_append(struct journal *journal, struct slice payload, uint64_t *sequence);
enum { JOURNAL_RECORD_MAX = 64 * 1024 * 1024 };
/**
 * The same for n records, at least one, of which all are staged, or none: no other stands between
 * them, and *last is the number of the last one. They are not marked. GW_ERR_INVALID also when they
 * are larger than JOURNAL_TOGETHER_MAX in all.
 */
int journal_append_all(struct journal *journal, const struct slice *payloads, size_t n,
                       uint64_t *last);
enum { JOURNAL_TOGETHER_MAX = 2 * JOURNAL_RECORD_MAX };

/**
 * Whether so many eighths of staging are free; true too while the disk refuses or the journal
 * closes, since to wait would not help. Others may be faster: a hint, not a promise. Streams leave
 * JOURNAL_ROOM_STREAM free, as their senders wait; datagrams JOURNAL_ROOM_DATAGRAM, as what is read
 * of them has no other place. After GW_ERR_FULL or false, journal_watch() tells when there may be
 * room. Thread-safe.
 */
bool journal_has_room(struct journal *journal, int eighths);
enum { JOURNAL_ROOM_DATAGRAM = 1, JOURNAL_ROOM_STREAM = 2 };

/**
 * Somebody waits for the acknowledgement of what is staged: commit now, not at the journal's pace.
 * Without it a record is on disk at most pace_ms (and one sync) later; after a pause, or with a
 * mebibyte staged, at once anyway. Call it once a batch (a RELP window read, an inform), not once a
 * record: a sync costs about 100 us of processor time. Thread-safe.
 */
void journal_hurry(struct journal *journal);

/**
 * Intake calls journal_press() while datagrams pile up in the kernel, which drops what exceeds its
 * queue. For JOURNAL_PRESS_MS a reader that can wait leaves the processor to it: what is in the
 * journal is not lost. Lock-free, any thread; mono_ms is the monotonic clock.
 */
enum { JOURNAL_PRESS_MS = 50 };
void journal_press(struct journal *journal, int64_t mono_ms);
bool journal_is_pressed(const struct journal *journal, int64_t mono_ms);

/* The last sequence that is on disk (0: none). Thread-safe, lock-free. */
uint64_t journal_committed(const struct journal *journal);
/* The first sequence still kept. */
uint64_t journal_oldest(const struct journal *journal);

/**
 * wake() is called on the writer thread after each commit and each change of health; it must not
 * block (write an eventfd). Returns an id for journal_unwatch(), above 0; it does not fail.
 */
typedef void journal_wake_fn(void *context);
int journal_watch(struct journal *journal, journal_wake_fn *wake, void *context);
void journal_unwatch(struct journal *journal, int id);

/* Block until sequence is committed or timeout_ms passed: GW_OK, GW_ERR_BUSY (timeout), GW_ERR_IO.
 */
int journal_wait_committed(struct journal *journal, uint64_t sequence, int timeout_ms);

enum { JOURNAL_CURSOR_NAME_MAX = 65 }; /* with its NUL */
struct journal_status {
    uint64_t oldest, committed, staged; /* sequences */
    uint64_t records; /* committed since the journal was created: no skipped sequences among them */
    int64_t bytes;    /* on disk */
    size_t segments;  /* files */
    int64_t oldest_ms;                     /* wall clock of the oldest segment's creation */
    uint64_t damaged_records;              /* found since open; at least so many */
    uint64_t dropped_unread;               /* let go since open though a reader had not had them */
    char held_by[JOURNAL_CURSOR_NAME_MAX]; /* the cursor that alone keeps the oldest; "": none */
    uint64_t commits;
    bool is_failing;   /* the last write or sync failed, or has not returned for 10 s */
    char failure[160]; /* why, in words */
};
void journal_get_status(const struct journal *journal, struct journal_status *out);

/* ---- readers ---- */

struct journal_record {
    uint64_t sequence;
    struct slice payload; /* valid until the next call on this reader */
};

/**
 * A reader with its own persistent cursor (dir/cursors/NAME). A new one starts at from_sequence
 * (0: the oldest kept; UINT64_MAX: after the last committed). name NULL: nothing is persisted, and
 * retention does not wait for it. name: letters, digits, '.', '_', '-', at most 64, no '.' in
 * front. GW_ERR_INVALID: a bad name; GW_ERR_BUSY: another reader has it; GW_ERR_IO: cannot be
 * persisted.
 */
int journal_reader_open(struct journal *journal, const char *name, uint64_t from_sequence,
                        struct journal_reader **out);
void journal_reader_close(struct journal_reader *reader);
/* GW_OK and a record; GW_ERR_NOT_FOUND: caught up with what is committed; GW_ERR_IO: the disk
   refuses to read now, try later. Damage is skipped and counted. */
int journal_reader_next(struct journal_reader *reader, struct journal_record *out);
/**
 * For a reader that looks for marked records alone. True: no record from its place to the last
 * committed one is marked; it now stands behind all of them, and *last is the last one passed over.
 * False: some may be marked, or there is nothing to pass; go on with journal_reader_next(). What
 * was there when the journal was opened counts as marked.
 */
bool journal_reader_pass(struct journal_reader *reader, uint64_t *last);
/* Block until there may be more: at most timeout_ms, and all of it after GW_ERR_IO. */
void journal_reader_wait(struct journal_reader *reader, int timeout_ms);
/* End a wait from another thread. */
void journal_reader_wake(struct journal_reader *reader);
/* Position at sequence (the next one read); clamped to what is kept. */
int journal_reader_seek(struct journal_reader *reader, uint64_t sequence);
/**
 * Position before the newest n records that are wanted, of those behind sequence `after`. Looks at
 * no more than the newest JOURNAL_NEWEST_LOOK, as that takes tens of milliseconds: where fewer are
 * wanted among them, before these; with a larger n before the newest n, wanted or not.
 */
enum { JOURNAL_NEWEST_LOOK = 20000 };
typedef bool journal_wanted_fn(void *context, struct slice payload);
void journal_reader_seek_newest(struct journal_reader *reader, uint64_t n, uint64_t after,
                                journal_wanted_fn *is_wanted, void *context);
/* Everything up to and including sequence needs no second reading: written by rename, synced. */
int journal_reader_commit(struct journal_reader *reader, uint64_t sequence);
/**
 * The same without a sync: it outlives the death of this process, not that of the machine, and
 * costs one small write. For a reader that seldom commits, and yet wants to see few records twice
 * after a kill: the next start takes the newer of the two. Errors are ignored: a note is a hint.
 */
void journal_reader_note(struct journal_reader *reader, uint64_t sequence);
/* Forget a name for good, so that retention waits for it no more. GW_ERR_NOT_FOUND; GW_ERR_BUSY:
 * open. */
int journal_cursor_remove(struct journal *journal, const char *name);
/* Every cursor there is, of open readers and of others; at most max, in no order. Thread-safe. */
enum { JOURNAL_CURSORS_MAX = 256 };
struct journal_cursor {
    char name[65];     /* with its NUL */
    uint64_t sequence; /* as persisted */
    bool is_open;
};
size_t journal_list_cursors(struct journal *journal, struct journal_cursor *out, size_t max);
/* The cursor as persisted: last committed by journal_reader_commit(); when never, the sequence
   before the one it began with (a new name is persisted at once, so that a restart skips nothing).
 */
uint64_t journal_reader_cursor(const struct journal_reader *reader);

/* ---- offline, no lock: `eogctl journal`, tests ---- */
struct journal_scan {
    char epoch[17]; /* as journal_epoch(); empty: no segment has a sound header */
    uint64_t first, last, records;
    uint64_t damaged;       /* sequences that are lost */
    uint64_t damaged_marks; /* header copies and seals; no record is lost by one */
    int64_t bytes, bytes_read;
    size_t segments;
    bool is_torn; /* the last segment ends in a partial record */
};

/* One segment file, when it has been read to its end. */
struct journal_scan_segment {
    uint64_t first; /* what its name says: the sequence of its first record */
    uint64_t last;  /* of its last sound record; 0: none */
    uint64_t records, damaged, damaged_marks;
    int64_t bytes;
    int64_t sound_bytes; /* what a start of the daemon would keep of it: all but a torn tail; with
                            what the daemon has appended meanwhile */
    int64_t created_ms;  /* wall clock; 0: no sound header */
    bool is_sealed, is_torn;
};

/* A place where something is wrong: in which segment file, from which byte on. */
struct journal_scan_damage {
    uint64_t segment;  /* its first sequence */
    int64_t offset;    /* bytes from the file's start */
    uint64_t from, to; /* sequences that are lost; 0: none */
    /* Constant text: "records"; "header" (one of two copies), "segment" (no sound header, nothing
       in it can be read), "seal", "bytes" (behind the last record). */
    const char *what;
};

/* Any of them may be NULL. context is handed to each. */
struct journal_scan_calls {
    bool (*on_record)(void *context, const struct journal_record *record); /* false: stop */
    void (*on_segment)(void *context, const struct journal_scan_segment *segment);
    void (*on_damage)(void *context, const struct journal_scan_damage *damage);
    void *context;
};

/* GW_OK also when there is damage; GW_ERR_NOT_FOUND: no journal there; GW_ERR_VERSION: a newer
   format. Calls on_record for each sound record in order (NULL: only count); stops when it returns
   false. */
int journal_scan_dir(const char *dir, struct journal_scan *out,
                     bool (*on_record)(void *context, const struct journal_record *record),
                     void *context);
/* The same, and tells of segments and places of damage. out->bytes and out->epoch are set before
   the first call, the other members grow as it goes. */
int journal_scan_dir_calls(const char *dir, struct journal_scan *out,
                           const struct journal_scan_calls *calls);
/**
 * Offline, for a journal that is open nowhere: it will never give out the sequences from..to but go
 * on behind them, and no reader takes them for lost (skips.h). epoch: as journal_scan tells it.
 * GW_OK; GW_ERR_INVALID, GW_ERR_NOT_FOUND, GW_ERR_EXISTS, GW_ERR_IO.
 */
int journal_skip(const char *dir, const char *epoch, uint64_t from, uint64_t to);
/* "00000000000000000001.seg"; out holds JOURNAL_SEGMENT_NAME_MAX bytes. */
enum { JOURNAL_SEGMENT_NAME_MAX = 32 };
void journal_segment_name(uint64_t first, char *out);

#endif
