/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_PATTERN_H
#define GATEWAY_MAPPING_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"

/**
 * A regular expression of a mapping: PCRE2, UTF-8, with match and depth limits, so that no text
 * from outside costs more than a bounded time. Only ever asked behind a dispatch by literals or
 * codes. Any number of threads may share one.
 */
struct pattern;

/**
 * What one thread needs to run patterns: PCRE2's match data and limits, made once and used for
 * every match, so that a match allocates nothing. Keeps nothing of one match for the next.
 */
struct pattern_scratch;
struct pattern_scratch *pattern_scratch_new(void);
void pattern_scratch_free(struct pattern_scratch *scratch);

enum { PATTERN_GROUPS_MAX = 16, PATTERN_TEXT_MAX = 8192 };

/* NULL on error; reason (at least 128 bytes) and *error_at then say what is wrong. */
struct pattern *pattern_compile(struct slice text, char *reason, size_t *error_at);
void pattern_free(struct pattern *pattern);

/* Names of the groups: number of the i-th named group; name lives with the pattern. False: no more.
 */
bool pattern_group(const struct pattern *pattern, size_t i, const char **name, unsigned *number);

/* GAVE_UP: a limit was reached before it was known whether the text matches. */
enum pattern_result { PATTERN_NOT_FOUND, PATTERN_FOUND, PATTERN_GAVE_UP };

/**
 * Search text (its first PATTERN_TEXT_MAX bytes). groups: PATTERN_GROUPS_MAX slices, group 0 the
 * whole match; groups that took no part are empty. Written only when found.
 */
enum pattern_result pattern_match(struct pattern *pattern, struct pattern_scratch *scratch,
                                  struct slice text, struct slice *groups);

#endif
