/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of eight slots: what comes is put first, the last of a set goes. With another secret no hash
 * of before is found again.
 */
#include "gateway/store/memo.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"

enum { WAYS = 8 };

/* The hashes first: to look for one is to look at 64 bytes. */
struct set {
    uint64_t hashes[WAYS];
    uint32_t ids[WAYS]; /* 0: free */
};

struct store_memo {
    uint64_t secret[2];
    size_t sets;
    struct set set[];
};

struct store_memo *store_memo_new(size_t slots)
{
    size_t sets = slots / WAYS;
    struct store_memo *memo = gw_alloc(sizeof *memo + sets * sizeof *memo->set);
    memo->secret[1] = map_hash(SLICE("memo"));
    memo->sets = sets;
    return memo;
}

void store_memo_free(struct store_memo *memo)
{
    free(memo);
}

int64_t store_memo_get(const struct store_memo *memo, struct slice key)
{
    uint64_t hash = map_hash_by(memo->secret, key);
    const struct set *set = &memo->set[hash & (memo->sets - 1)];
    for (size_t i = 0; i < WAYS; i++)
        if (set->hashes[i] == hash)
            return set->ids[i];
    return 0;
}

void store_memo_put(struct store_memo *memo, struct slice key, int64_t id)
{
    uint64_t hash = map_hash_by(memo->secret, key);
    struct set *set = &memo->set[hash & (memo->sets - 1)];
    if (id > UINT32_MAX)
        return;
    memmove(set->hashes + 1, set->hashes, (WAYS - 1) * sizeof *set->hashes);
    memmove(set->ids + 1, set->ids, (WAYS - 1) * sizeof *set->ids);
    set->hashes[0] = hash;
    set->ids[0] = (uint32_t)id;
}

void store_memo_forget(struct store_memo *memo)
{
    memo->secret[0]++;
}
