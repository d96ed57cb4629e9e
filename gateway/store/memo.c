/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of four slots: what comes is put first, the last of a set goes. With another secret no hash
 * of before is found again.
 */
#include "gateway/store/memo.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"

enum { WAYS = 4 };

struct slot {
    uint64_t hash;
    int64_t id; /* 0: free */
};

struct store_memo {
    uint64_t secret[2];
    size_t sets;
    struct slot slots[];
};

struct store_memo *store_memo_new(size_t slots)
{
    struct store_memo *memo = gw_alloc(sizeof *memo + slots * sizeof *memo->slots);
    memo->secret[1] = map_hash(SLICE("memo"));
    memo->sets = slots / WAYS;
    return memo;
}

void store_memo_free(struct store_memo *memo)
{
    free(memo);
}

static size_t set_of(const struct store_memo *memo, uint64_t hash)
{
    return (hash & (memo->sets - 1)) * WAYS;
}

int64_t store_memo_get(const struct store_memo *memo, struct slice key)
{
    uint64_t hash = map_hash_by(memo->secret, key);
    const struct slot *set = &memo->slots[set_of(memo, hash)];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].hash == hash)
            return set[i].id;
    return 0;
}

void store_memo_put(struct store_memo *memo, struct slice key, int64_t id)
{
    uint64_t hash = map_hash_by(memo->secret, key);
    struct slot *set = &memo->slots[set_of(memo, hash)];
    memmove(set + 1, set, (WAYS - 1) * sizeof *set);
    *set = (struct slot){hash, id};
}

void store_memo_forget(struct store_memo *memo)
{
    memo->secret[0]++;
}
