/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_OFFLINE_H
#define GATEWAY_CTL_OFFLINE_H

#include "gateway/base/arena.h"
#include "gateway/mapping/mapping.h"
#include "gateway/mapping/samples.h"
#include "gateway/normalize/normalize.h"
#include "gateway/schema/event.h"
#include "parsers/fields.h"

/**
 * One message through charset, parser and mapping, without a daemon. Shared by `eogctl test` and
 * `eogctl explain`.
 */
struct offline {
    struct normalizer *normalizer;
    struct arena arena; /* of the record */
    struct fields fields;
    struct gw_event event;
    struct normalize_trace trace;
};

void offline_init(struct offline *offline);
void offline_fini(struct offline *offline);

/* The folder of mappings: dir, else $EOG_DATA, else where they were installed; "/mappings" added.
 */
const char *offline_mappings(struct arena *arena, const char *data_dir);

/* One message of any bytes from peer (empty: nobody known); offline->event, fields and trace are
 * filled. They live until the next.
 */
void offline_message(struct offline *offline, const struct mapping_set *set,
                     const struct source_profile *profile, struct slice peer, struct slice message,
                     int64_t received_ms);
/**
 * A sample: its declared charset and zone, its message or notification. NULL, or what is wrong with
 * the sample itself, in constant words.
 */
const char *offline_sample(struct offline *offline, const struct mapping_set *set,
                           const struct sample *sample);

#endif
