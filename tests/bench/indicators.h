/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_BENCH_INDICATORS_H
#define TESTS_BENCH_INDICATORS_H

#include <stdbool.h>

#include "gateway/base/slice.h"

/**
 * A journal's record to the indicators, as the engine's thread takes it: decoded and counted.
 * folder holds kpi.xml and watchlist.xml. False: one of them is not to be read, which is said.
 */
bool indicators_open(const char *folder);
/* An encoded record. Each call's is a finding of its own, also when its bytes are those of before.
 */
void indicators_take(struct slice record);
/* Records that an indicator's window or held state knows of: with none nothing was measured. */
bool indicators_counted(void);
void indicators_close(void);

#endif
