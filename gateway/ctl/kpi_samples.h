/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_KPI_SAMPLES_H
#define GATEWAY_CTL_KPI_SAMPLES_H

#include <stddef.h>

/* `eogctl test kpi`: kpi.samples against kpi.xml and watchlist.xml of the folder. Prints what
   differs and one line of figures; returns how much differed. */
size_t ctl_kpi_samples(const char *mappings_dir);

#endif
