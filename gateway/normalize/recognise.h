/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NORMALIZE_RECOGNISE_H
#define GATEWAY_NORMALIZE_RECOGNISE_H

#include "gateway/base/arena.h"
#include "gateway/mapping/mapping.h"
#include "parsers/fields.h"

/* What a search for a message's mapping needs; all of it is the caller's. */
struct recogniser {
    const struct mapping_set *set;
    struct pattern_scratch *scratch;
    struct arena *arena;         /* gets texts that are put together again */
    struct fields *again;        /* room for a message as it may have been */
    struct mapping_match *match; /* how the mapping was told */
};

/**
 * The mapping of a message, as it is or as it was before a relay took it apart or a collector
 * wrapped it; fields are then those of the sender's message. NULL: no mapping knows it, and fields
 * stay.
 */
const struct mapping *recognise(const struct recogniser *r, struct fields *fields);

#endif
