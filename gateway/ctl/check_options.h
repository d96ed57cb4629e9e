/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CHECK_OPTIONS_H
#define GATEWAY_CTL_CHECK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/ctl/check_range.h"
#include "gateway/snmp/access.h"

enum check_mode { CHECK_INDICATOR, CHECK_PRODUCTS, CHECK_FEEDS, CHECK_GATEWAY };

/** What check_eog is asked for, on its command line. */
struct check_options {
    const char *host; /* without port */
    unsigned port;
    enum check_mode mode;
    const char *kpi;                      /* CHECK_INDICATOR: key, number, or "all" */
    const char *scope;                    /* or site, product, feed; NULL: the worst of all */
    struct check_range warning, critical; /* of one indicator's value, if set */
    bool is_verbose;                      /* rows that are ok, too */
    int version;
    const char *community;
    struct gwsnmp_user user; /* version 3 */
    int timeout_ms;
    int64_t max_age_ms; /* of the tables; 0: any */
    bool is_help, is_version;
};

/* False: `error` says in one sentence what is wrong. Texts live in arena or argv. */
bool check_options_parse(int argc, char **argv, struct arena *arena, struct check_options *out,
                         struct buf *error);

/* For --help. */
extern const char check_options_help[];

#endif
