/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_CHILD_H
#define GATEWAY_REPORT_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * A program that does one thing beside the gateway, and may fail, hang or try to use up everything:
 * it runs at low priority, within limits of time and memory, without a descriptor of ours, without
 * privileges, and ends when we do. Blocks its thread; several threads may run one each.
 */
struct child {
    const char *const *argv;      /* the program's path first; NULL behind the last */
    int64_t timeout_ms;           /* of elapsed time, and of processor time */
    int64_t memory_bytes;         /* 0: no limit */
    const atomic_bool *is_ending; /* NULL, or: it is killed when this becomes true */
};

enum { CHILD_TROUBLE_MAX = 300 };
enum child_result {
    CHILD_DONE,
    CHILD_FAILED, /* trouble: what it said on standard error, or how it ended; inert, one line */
    CHILD_ENDED   /* by is_ending */
};
enum child_result child_run(const struct child *child, char trouble[CHILD_TROUBLE_MAX]);

#endif
