/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TEST_KPI_H
#define GATEWAY_CTL_TEST_KPI_H

#include <stddef.h>

/* `eogctl test kpi`: kpi.samples against kpi.xml and watchlist.xml of the folder. Prints what
   differs and one line of figures; returns how much differed. */
size_t ctl_test_kpi(const char *mappings_dir);

#endif
