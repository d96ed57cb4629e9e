/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_RENORMALIZE_H
#define GATEWAY_CTL_RENORMALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/ctl/renormalize_report.h"
#include "gateway/schema/event.h"

int ctl_renormalize(int argc, char **argv);

/**
 * The pass over a journal, apart from the command's options and from where its corrections go, so
 * that tests can call it. Takes each message received from..to as it was recorded last (its newest
 * correction) through the present mappings. Memory does not grow with the period.
 */
struct renormalize_job {
    const char *folder; /* the journal's */
    int64_t from_ms, to_ms;
    struct slice product, kind, site; /* mapping id; beginning of a kind; site; empty: all */
    bool is_for_feed;
    size_t revisions_max; /* rows of gateway/ctl/revisions.h; 0: a million */
    bool has_progress;    /* a bar on standard error, if that is a terminal */
    /* A correction, valid during the call. False: stop. NULL: none is wanted. */
    bool (*correct)(void *context, const struct gw_event *correction);
    void *context;
    /* Settings of the daemon that wrote the journal, the newest ones; false: stop. May be NULL. */
    bool (*judge_settings)(void *context, struct slice settings);
};

/* GW_OK, or the journal's error. end: damaged, unreadable and is_whole are set. */
int renormalize_run(const struct renormalize_job *job, struct renormal *renormal,
                    struct renormalize_report *report, struct renormalize_end *end);

#endif
