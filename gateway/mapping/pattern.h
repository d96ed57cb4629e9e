/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_PATTERN_H
#define GATEWAY_MAPPING_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"

/**
 * A regular expression of a mapping: PCRE2, UTF-8, with match and depth limits, so that no text
 * from outside costs more than a bounded time. Only ever asked behind a dispatch by literals or
 * codes. Shared by threads; each thread keeps its own match data.
 */
struct pattern;

enum { PATTERN_GROUPS_MAX = 16, PATTERN_TEXT_MAX = 8192 };

/* NULL on error; reason (at least 128 bytes) and *error_at then say what is wrong. */
struct pattern *pattern_compile(struct slice text, char *reason, size_t *error_at);
void pattern_free(struct pattern *pattern);

/* Names of the groups: number of the i-th named group; name lives with the pattern. False: no more.
 */
bool pattern_group(const struct pattern *pattern, size_t i, const char **name, unsigned *number);

/**
 * Search text (its first PATTERN_TEXT_MAX bytes). groups: PATTERN_GROUPS_MAX slices, group 0 the
 * whole match; groups that took no part are empty. False: no match, or a limit was reached.
 */
bool pattern_match(const struct pattern *pattern, struct slice text, struct slice *groups);

#endif
