/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_KPI_SAMPLES_H
#define GATEWAY_CTL_KPI_SAMPLES_H

#include <stddef.h>

#include "gateway/base/diag.h"
#include "gateway/kpi/scenario.h"

struct kpi_samples_result {
    struct kpi_scenario_tally tally;
    size_t indicators; /* 0: they could not be read */
    size_t failures;   /* how much differed, or could not be read */
    struct diag diag;  /* what; the caller's to free */
};

/* `eogctl test kpi`: kpi.samples against kpi.xml and watchlist.xml of the folder. */
void ctl_kpi_samples(const char *mappings_dir, struct kpi_samples_result *out);

#endif
