/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_JOURNAL_SUPPORT_H
#define TESTS_GATEWAY_JOURNAL_SUPPORT_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/journal/journal.h"
#include "gateway/journal/journal_internal.h"

/** What the journal's tests share: folders, records that prove themselves, fake clock, file images.
 */

/* A fresh folder's path in out (not made); jt_remove() takes it away with all in it. */
enum { JT_PATH = 256 };
void jt_dir(char *out, const char *name);
void jt_remove(const char *dir);

/* Bytes that follow from id alone, id inside; length follows from id too, at least 16. Static
 * memory per thread. */
struct slice jt_payload(uint64_t id);
/* True when payload is jt_payload(id) for the id inside; *id gets it. */
bool jt_check(struct slice payload, uint64_t *id);

/* Small segments, no sync unless asked, no pace. */
struct journal_options jt_options(int64_t segment_bytes, bool sync);
/* Append jt_payload(id) for id = from..to; each must get its id as sequence. False on any failure.
 */
bool jt_append(struct journal *journal, uint64_t from, uint64_t to);
/* Append and wait for each commit. */
bool jt_append_each(struct journal *journal, uint64_t from, uint64_t to);
/* Read all from the oldest: every record must prove itself; returns how many, or -1 on a false one.
   missing (or NULL): bitmap of max+1 bools, set true for sequences that were read. */
int64_t jt_read_all(struct journal *journal, bool *seen, uint64_t max);
/* A new journal of records 1..n, closed in order. */
bool jt_make(const char *dir, int64_t segment_bytes, uint64_t n);

/** All regular files of a folder and its cursors/, in memory. */
struct jt_file {
    char name[64];
    uint8_t *p;
    size_t n;
};
struct jt_image {
    struct jt_file *files;
    size_t n;
};
void jt_image_read(struct jt_image *image, const char *dir);
void jt_image_write(const struct jt_image *image, const char *dir);
void jt_image_free(struct jt_image *image);
void jt_write_file(const char *dir, const char *name, const void *p, size_t n);

/* Log lines are swallowed and counted; the last one that holds a word can be asked for. */
void jt_log_capture(void);
bool jt_log_has(const char *word);
void jt_log_clear(void);

/* A clock that stands until it is moved. */
struct jt_clock {
    struct clock clock;
    _Atomic int64_t wall_ms, mono_ms;
};
void jt_clock_init(struct jt_clock *clock);

/* Poll until condition(context) or ten seconds are over. */
bool jt_until(bool (*condition)(void *context), void *context);

/** A disk that refuses what is named here, and reads not what lies in bad_from..bad_to. */
struct jt_disk {
    struct journal_io io;
    _Atomic int64_t bad_from, bad_to;
    _Atomic(const char *) call; /* a member of struct journal_io, such as "pwrite"; NULL: none */
    _Atomic(const char *) name; /* open, unlink: in the file's name; NULL: any */
    _Atomic int error;
    _Atomic unsigned refused;
    void (*_Atomic before_open)(const char *name); /* NULL: nothing */
};
void jt_disk_init(struct jt_disk *disk);
/* The next calls of this kind fail; call NULL: all is well again. */
void jt_disk_refuse(struct jt_disk *disk, const char *call, const char *name, int error);

struct jt_test {
    const char *name;
    void (*run)(void);
};
/* CUnit's main. */
int jt_main(const char *suite, const struct jt_test *tests, size_t n);

#endif
