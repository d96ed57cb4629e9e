/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_SCHEDULE_INTERNAL_H
#define GATEWAY_REPORT_SCHEDULE_INTERNAL_H

#include <stdatomic.h>

#include "gateway/base/arena.h"
#include "gateway/report/child.h"
#include "gateway/report/due.h"
#include "gateway/report/made.h"
#include "gateway/report/schedule.h"

/* What a period's report needs to be made. */
struct make {
    const struct schedule_options *options;
    const struct schedule_plan *plan;
    const char *folder;
    const struct due_rule *rule;
    struct store_days days;
    int64_t due_ms;
    const atomic_bool *is_ending;
};

struct make_file {
    const char *name, *path, *type;
    int64_t bytes; /* -1: it could not be made */
};
struct make_result {
    struct arena arena; /* of what is below */
    struct make_file *files;
    size_t n, n_failed;
    char trouble[SCHEDULE_TROUBLE_MAX]; /* of the first that failed */
};

/* Every file of the period. False: is_ending. out is freed in any case. */
bool make_files(const struct make *make, struct make_result *out);
void make_free(struct make_result *result);

/* Hands what was made to each <mail>; GW_OK, or an error of post(), the reason in trouble. */
int make_post(const struct make *make, const struct make_result *result, char *trouble,
              size_t size);

#endif
