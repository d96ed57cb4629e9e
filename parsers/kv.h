/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_KV_H
#define PARSERS_KV_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/* Whether msg is a list of key=value from its start on, of three pairs at least. *at is 0. What
 * stands between the pairs is the one of blank, comma, semicolon and bar that is met four times
 * first, or most often: a value with a list of its own ("CN=a,OU=b") does not turn the line's. */
bool parse_kv_find(struct slice msg, size_t *at);

/**
 * Read key=value pairs: with blanks between them, as FortiGate, SonicWall and Sophos send them, or
 * with commas, as FortiMail, F5 and ClearPass do, or bars, as Check Point does for Splunk. out is
 * not cleared; no header. A value in quotes ends at a quote without a backslash before it, and \"
 * and \\ in it are removed; one without ends where a separator and the next "key=" stand. Text in
 * no pair is a field "_text". Always PARSE_OK. Source: messages seen.
 */
enum parse_status parse_kv(struct slice in, const struct parse_options *options,
                           struct arena *arena, struct fields *out);

#endif
