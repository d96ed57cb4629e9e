/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_REPORT_CELLS_H
#define TESTS_GATEWAY_REPORT_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"

/** A report's CSV, read strictly (RFC 4180): how many rows and cells, and what is wrong in it. */
struct cells {
    size_t n_rows, n_cells;
    bool is_broken;   /* a bare cell that is no number, a quote or line end where none may be */
    bool has_formula; /* a cell that a spreadsheet would reckon */
};

struct cells cells_read(struct slice file);

#endif
