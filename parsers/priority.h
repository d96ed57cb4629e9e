/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_PRIORITY_H
#define PARSERS_PRIORITY_H

#include <stddef.h>

#include "gateway/base/slice.h"

/**
 * "local7.notice" at the start of in, in '<' and '>' or not, before a blank, a tab or the end: what
 * a file says in place of a PRI. Any case. Returns the bytes of it and sets *pri, or returns 0.
 */
size_t parse_priority_prefix(struct slice in, int *pri);

#endif
