/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_KV_H
#define PARSERS_KV_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/* Whether msg is a list of key=value from its start on, of three pairs at least. *at is 0. */
bool parse_kv_find(struct slice msg, size_t *at);

/**
 * Read key=value pairs, as FortiGate, SonicWall and Sophos send them. out is not cleared; no
 * header. A value in quotes ends at a quote without a backslash before it, and \" and \\ in it are
 * removed; one without ends where a blank and the next "key=" stand. Text in no pair is a field
 * "_text". Always PARSE_OK. Source: messages seen.
 */
enum parse_status parse_kv(struct slice in, const struct parse_options *options,
                           struct arena *arena, struct fields *out);

#endif
