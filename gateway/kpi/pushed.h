/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_PUSHED_H
#define GATEWAY_KPI_PUSHED_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * The watchlist that was pushed to a running gateway, kept in its state folder so that a restart
 * has it again. It goes before the configured list until that is changed: who edits the configured
 * list after a push wants that one.
 */
enum { KPI_PUSHED_HEX = 65, KPI_PUSHED_FILE_MAX = 256, KPI_PUSHED_BY_MAX = 64 };
#define KPI_PUSHED_NAME "watchlist.pushed" /* in the state folder */

struct kpi_pushed {
    char sha256[KPI_PUSHED_HEX];     /* of text */
    char configured[KPI_PUSHED_HEX]; /* the same of the configured list, at the time of the push */
    char file[KPI_PUSHED_FILE_MAX];  /* where it was pushed from, as that machine called it */
    char by[KPI_PUSHED_BY_MAX];      /* who pushed it: "uid=1000" */
    int64_t time_ms;
    uint64_t entries;
    struct slice text; /* the list; of a kpi_pushed_read() in bytes */
    struct buf bytes;  /* owned; empty unless read */
};
void kpi_pushed_fini(struct kpi_pushed *pushed);

/* The file's bytes, appended. */
void kpi_pushed_encode(const struct kpi_pushed *pushed, struct buf *out);
/* text borrows from bytes. GW_OK, GW_ERR_DAMAGED, GW_ERR_VERSION (of a newer program). Any bytes.
 */
int kpi_pushed_decode(struct slice bytes, struct kpi_pushed *out);
/* GW_OK, GW_ERR_NOT_FOUND, GW_ERR_DAMAGED (too large, or no regular file, too), GW_ERR_VERSION,
   GW_ERR_IO. out is to be given back in any case. */
int kpi_pushed_read(const char *path, struct kpi_pushed *out);
/* GW_OK or GW_ERR_IO; there is none afterwards, or was none before. */
int kpi_pushed_remove(const char *path);

enum kpi_pushed_choice {
    KPI_PUSHED_NONE,     /* nothing is kept */
    KPI_PUSHED_WINS,     /* over the configured list */
    KPI_PUSHED_OUTDATED, /* the configured list is another than it was */
    KPI_PUSHED_UNUSABLE  /* the configured list it is, and somebody must look */
};
/* By what kpi_pushed_read() returned; configured: SHA-256 of the configured list as it is now. */
enum kpi_pushed_choice kpi_pushed_choose(int error, const struct kpi_pushed *pushed,
                                         const char *configured);

#endif
