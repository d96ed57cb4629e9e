/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_MADE_H
#define GATEWAY_REPORT_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/report/settings.h"

/**
 * Files that scheduled reports are made as, and what is remembered of them. Any thread, each file
 * one at a time.
 */

/* A site's name as a part of a file's name: letters, digits, '-', '_', '.' and inert characters
   beyond ASCII stay, any other becomes '_'. A name that was changed so gets "~" and four digits, to
   tell it from others that look the same then. */
void made_put_site(struct buf *out, const char *site);

/* "daily-2026-03-01-hq.zh.pdf"; site, language NULL: without. */
void made_put_name(struct buf *out, const char *report, int64_t day, const char *site,
                   const char *language, const char *format);

/* The folder, made when missing. GW_OK, or GW_ERR_IO with the reason in trouble. */
int made_folder(const char *folder, char *trouble, size_t size);

/* What a file is called while it is being made: ".NAME.part". */
void made_put_partial(struct buf *out, const char *folder, const char *name);
/* A file that was made as partial becomes NAME, mode 0640, and is on the disk, or GW_ERR_IO. */
int made_adopt(const char *folder, const char *name, int64_t *bytes, char *trouble, size_t size);

/* Deletes files of the report whose date is before that day, and partial ones that a crash left.
   How many files. */
size_t made_expire(const char *folder, const char *report, int64_t before_day);

/** What is remembered of a report. */
struct made_memory {
    char name[REPORT_NAME_MAX + 1];
    int64_t done;     /* the `to` of the last period that was made or given up: due.h */
    int64_t made_ms;  /* wall clock; 0: none yet */
    int64_t from, to; /* of the last that was made */
    int64_t files;
};
/* Of the file: at most max of them; a file that is not there or damaged has none, and the log says
   so. */
size_t made_load(const char *path, struct made_memory *out, size_t max);
/* GW_OK: it is on the disk; else what was before is. */
int made_save(const char *path, const struct made_memory *memory, size_t n);

#endif
