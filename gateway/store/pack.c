/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     mask: a bit for each id that is not the one before's, 128: n is not 1
 *     those ids, as zigzag varints of the difference; n, as a zigzag varint
 */
#include "gateway/store/pack.h"

enum { HAS_N = 128 };

static uint64_t zigzag(uint64_t v)
{
    return v << 1 ^ (0 - (v >> 63));
}

static uint64_t unzigzag(uint64_t v)
{
    return v >> 1 ^ (0 - (v & 1));
}

int store_figure_compare(const struct store_figure *a, const struct store_figure *b)
{
    for (size_t i = 0; i < STORE_IDS; i++)
        if (a->ids[i] != b->ids[i])
            return a->ids[i] < b->ids[i] ? -1 : 1;
    return 0;
}

void store_pack_put(struct buf *pack, struct store_figure *last, const struct store_figure *figure)
{
    unsigned mask = figure->n == 1 ? 0 : HAS_N;
    buf_reserve(pack, STORE_PACKED_MOST);
    size_t at = pack->n++;
    for (size_t i = 0; i < STORE_IDS; i++) {
        uint64_t delta = (uint64_t)figure->ids[i] - (uint64_t)last->ids[i];
        if (!delta)
            continue;
        mask |= 1u << i;
        buf_varint(pack, zigzag(delta));
    }
    if (mask & HAS_N)
        buf_varint(pack, zigzag((uint64_t)figure->n));
    pack->p[at] = (char)mask;
    *last = *figure;
}

bool store_pack_next(struct cursor *bytes, struct store_figure *figure)
{
    if (bytes->p == bytes->end)
        return false;
    unsigned mask = cursor_u8(bytes);
    for (size_t i = 0; i < STORE_IDS; i++)
        if (mask >> i & 1)
            figure->ids[i] = (int64_t)((uint64_t)figure->ids[i] + unzigzag(cursor_varint(bytes)));
    figure->n = mask & HAS_N ? (int64_t)unzigzag(cursor_varint(bytes)) : 1;
    return !bytes->failed;
}
