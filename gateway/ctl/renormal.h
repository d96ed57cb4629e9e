/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_RENORMAL_H
#define GATEWAY_CTL_RENORMAL_H

#include "gateway/base/arena.h"
#include "gateway/ctl/sources.h"
#include "gateway/mapping/mapping.h"
#include "gateway/normalize/normalize.h"
#include "gateway/schema/event.h"
#include "parsers/fields.h"
#include "parsers/varbinds.h"

/**
 * A recorded message through the present mappings: the steps of gateway/daemon/pipeline.c from the
 * raw bytes and the envelope that the record kept. One thread.
 */
enum renormal_result {
    RENORMAL_SAME,
    RENORMAL_CHANGED,
    RENORMAL_UNDERSTOOD, /* no mapping knew it, one does now */
    RENORMAL_LOST,       /* a mapping knew it, none does now */
    RENORMAL_FAILED,     /* it cannot be read again; why says it */
    RENORMAL_RESULTS
};

struct renormal {
    const struct mapping_set *set;
    struct sources *sources;
    struct normalizer *normalizer;
    struct arena arena;
    struct fields fields;
    struct notification notification;
    struct normalize_trace trace;
    struct gw_event event; /* as it reads now, envelope included; until the next call */
    const char *why;       /* constant words */
};

/* set and sources are borrowed. */
void renormal_init(struct renormal *renormal, const struct mapping_set *set,
                   struct sources *sources);
void renormal_fini(struct renormal *renormal);

/* record: decoded, not one of the gateway's own; renormal->event borrows from it. */
enum renormal_result renormal_run(struct renormal *renormal, const struct gw_event *record);

/* The gateway's own records (ticks, loads, alerts) are no messages. */
bool renormal_is_message(const struct gw_event *record);

#endif
