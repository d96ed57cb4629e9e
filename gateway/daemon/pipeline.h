/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_PIPELINE_H
#define GATEWAY_DAEMON_PIPELINE_H

#include "gateway/daemon/rules.h"
#include "gateway/intake/envelope.h"
#include "gateway/journal/journal.h"
#include "gateway/stats/stats.h"

/**
 * The way of the data, one record going down:
 *
 *     envelope -> parse -> normalize -> encode -> journal
 *
 * Each intake thread has a lane with its own memory and converters; lanes share nothing but the
 * rules, which a reload swaps under them between two messages.
 */
struct pipeline;

struct pipeline *pipeline_new(struct journal *journal, struct stats *stats, struct rules *rules);
void pipeline_free(struct pipeline *pipeline);
/* From the next message on; takes a reference of its own. Any thread. */
void pipeline_set_rules(struct pipeline *pipeline, struct rules *rules);
/* What intake delivers into. */
struct intake_sink pipeline_sink(struct pipeline *pipeline);
/* Messages taken so far: the ticker's sign of traffic. */
uint64_t pipeline_taken(const struct pipeline *pipeline);

#endif
