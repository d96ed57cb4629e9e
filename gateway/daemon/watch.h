/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_WATCH_H
#define GATEWAY_DAEMON_WATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/knowledge.h"
#include "gateway/kpi/pushed.h"

/**
 * Which watchlist is in force: the configured one, or one that was pushed to the running gateway
 * and is kept in the state folder (gateway/kpi/pushed.h). A push goes in four steps, so that a
 * death at any moment leaves one whole list in force and the journal and the kept file agree at the
 * latest with the next start:
 *
 *     watch_prepare()  checked, written beside the kept one and synced; nothing has changed
 *     watch_record()   appended to the journal by the caller: from there on it is in force
 *     watch_take()     the kept one is replaced
 *     commit           the caller answers
 *
 * All on the main thread, but for watch_get_status().
 */
struct watch;

struct watch_status {
    bool is_pushed;              /* else the configured one */
    char sha256[KPI_PUSHED_HEX]; /* of its bytes, as sha256sum prints it */
    char file[KPI_PUSHED_FILE_MAX];
    char by[KPI_PUSHED_BY_MAX]; /* who pushed it; "" */
    uint64_t entries;
    int64_t since_ms;        /* when it was pushed, or first loaded by this daemon */
    uint64_t pushes, resets; /* since the start, like the next two */
    uint64_t refused;        /* lists that were pushed and had mistakes */
    uint64_t unusable;       /* starts and reloads that found the kept one damaged */
    char trouble[200];       /* with the kept one; "": none */
};

/* The state folder is ours already (the journal's lock). data_dir: the folder with mappings/. */
struct watch *watch_new(const char *state_dir, const char *data_dir);
void watch_free(struct watch *watch);
/* Any thread. */
void watch_get_status(struct watch *watch, struct watch_status *out);

/* What a start or a reload finds. */
struct watch_choice {
    enum kpi_pushed_choice made;
    struct kpi_pushed kept, configured;
    char configured_file[PATH_MAX];
    char why[180]; /* it is UNUSABLE */
};
/* Behind all checks: the list of knowledge becomes the kept one if that wins. Nothing changes yet.
 */
void watch_choose(const struct watch *watch, struct knowledge *knowledge, int64_t now_ms,
                  struct watch_choice *out);
/* The journal has the record of knowledge: that list is in force. A kept one that did not win
   because the configured one was changed is removed. */
void watch_settle(struct watch *watch, const struct watch_choice *choice);
void watch_choice_fini(struct watch_choice *choice);
/* All that together: knowledge_append(), with the list that wins. */
int watch_append(struct watch *watch, struct knowledge *knowledge, const struct rules *rules,
                 const char *gateway_id, struct journal *journal, int64_t now_ms);

/* A list about to be in force; {0} before watch_prepare(). */
struct watch_change {
    bool is_reset;
    struct kpi_pushed list; /* its text in list.bytes */
};
void watch_change_fini(struct watch_change *change);

/* GW_OK; GW_ERR_INVALID: mistakes, counted, in diag; GW_ERR_IO: the state folder takes nothing,
   diag says why. text is copied. */
int watch_prepare(struct watch *watch, struct slice text, struct slice file, const char *by,
                  int64_t now_ms, struct diag *diag, struct watch_change *out);
/* The configured list again, as it is on disk now. GW_OK; GW_ERR_INVALID, GW_ERR_IO with diag. */
int watch_prepare_reset(struct watch *watch, const char *by, int64_t now_ms, struct diag *diag,
                        struct watch_change *out);
/* The record of the change, appended to out. */
void watch_record(const struct watch_change *change, struct buf *out);
/* The record is in the journal. GW_ERR_IO: in force, but the next start will not know it; logged.
 */
int watch_take(struct watch *watch, const struct watch_change *change, uint64_t sequence);
/* It did not come so far: the old one goes on. */
void watch_drop(struct watch *watch, const struct watch_change *change);

#endif
