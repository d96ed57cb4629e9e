/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_TMCM_H
#define PARSERS_TMCM_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/* Whether a Control Manager event notification stands at the start of msg: "TMCM:" or an event's
 * name. */
bool parse_tmcm_find(struct slice msg, size_t *at);

/**
 * Read a notification of Control Manager's Event Center:
 *
 *     TMCM:SLF_INCIDENT_EVT_VIRUS_FOUND_CLEAN_SUCCESS Security product="OfficeScan" Event
 * time="..."
 *
 * out is not cleared; header: event. Then a field a pair; keys hold blanks and '/', values are in
 * quotes and end at a quote that the end, or a blank and another pair, follows. Nothing is escaped.
 * Text that is in no pair is a field "_text".
 * PARSE_OK; PARSE_MALFORMED, with all fields, when a key stands twice: no product sends that, so
 * one of them is text inside a value, put there to be taken for a field. Source: messages seen.
 */
enum parse_status parse_tmcm(struct slice in, const struct parse_options *options,
                             struct arena *arena, struct fields *out);

#endif
