/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_PACK_H
#define GATEWAY_STORE_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"

/** Figures as bytes: some eight of them each, where a row of its own has thirty. */

/* What a figure is about, in the order of their order: what differs most comes first. */
enum store_id {
    STORE_ID_COMPUTER,
    STORE_ID_MALWARE,
    STORE_ID_SOURCE,
    STORE_ID_KIND,
    STORE_ID_ACTION,
    STORE_ID_PRODUCT,
    STORE_ID_SITE,
    STORE_IDS
};
struct store_figure {
    int64_t ids[STORE_IDS];
    int64_t n; /* below 0: taken away from what another says of the same */
};

int store_figure_compare(const struct store_figure *a, const struct store_figure *b);

enum { STORE_PACKED_MOST = 1 + 10 * (STORE_IDS + 1) }; /* bytes of one */

/* last: what was put before it, zeroed for the first; it is the figure's afterwards. */
void store_pack_put(struct buf *pack, struct store_figure *last, const struct store_figure *figure);
/* figure: the one before, zeroed for the first. False: the end, or bytes->failed. */
bool store_pack_next(struct cursor *bytes, struct store_figure *figure);

#endif
