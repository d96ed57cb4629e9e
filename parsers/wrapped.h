/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_WRAPPED_H
#define PARSERS_WRAPPED_H

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * Collectors (Filebeat, Fluentd, Logstash, Vector, journald, GELF, the JSON templates of rsyslog
 * and syslog-ng) send the line they read as one value of a JSON object, and what they know of it
 * beside.
 */
enum { WRAPPED_LINES = 3 };

/**
 * The value that may be the line: number 0 is the likeliest, one with its header rather than
 * without. Empty: there are no more. It points where the object's value does.
 */
struct slice parse_wrapped_line(const struct fields *object, unsigned number);

/**
 * What the line does not say itself of its host, program, time and PRI, by the object and, where
 * that says nothing, by the header before the object.
 */
void parse_wrapped_header(const struct fields *object, struct syslog_header *header);

#endif
