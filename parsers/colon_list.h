/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_COLON_LIST_H
#define PARSERS_COLON_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/* Whether a list [key:"value"; key:"value"] stands at the start of msg, or behind a few words (the
 * rest of a header of RFC 5424 whose VERSION was left out); *at is where. Two pairs are asked for:
 * "[12:34]" is text. */
bool parse_colon_list_find(struct slice msg, size_t *at);

/**
 * Read such a list, as Check Point's log exporter sends it where structured data would stand. It is
 * a list of key and value like any other, and its format GW_FORMAT_KV; the header's one field,
 * "form", is "colon-list". One colon or two; a value
 * ends at a quote without a backslash before it, and \" \\ \] in it are unescaped. What follows the
 * list is a field "_text". PARSE_MALFORMED where a pair is damaged: those before it are there.
 * Source: Check Point, Log Exporter (sk122323), format "syslog"; messages seen.
 */
enum parse_status parse_colon_list(struct slice in, const struct parse_options *options,
                                   struct arena *arena, struct fields *out);

#endif
