/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pattern a text, whoever asks for it. */
#include "gateway/mapping/pattern_pool.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/mapping/lookup.h"
#include "gateway/mapping/pattern.h"

struct pattern_pool {
    struct lookup numbers; /* text -> place in patterns */
    struct pattern **patterns;
    size_t n, cap;
};

struct pattern_pool *pattern_pool_new(void)
{
    struct pattern_pool *pool = gw_alloc(sizeof *pool);
    lookup_init(&pool->numbers, false);
    return pool;
}

void pattern_pool_free(struct pattern_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->n; i++)
        pattern_free(pool->patterns[i]);
    free(pool->patterns);
    lookup_fini(&pool->numbers);
    free(pool);
}

struct pattern *pattern_pool_get(struct pattern_pool *pool, struct slice text, char *reason,
                                 size_t *error_at)
{
    uint32_t number = lookup_peek(&pool->numbers, text);
    if (number != LOOKUP_NONE)
        return pool->patterns[number];
    struct pattern *pattern = pattern_compile(text, reason, error_at);
    if (!pattern)
        return NULL;
    if (pool->n == pool->cap) {
        pool->cap = pool->cap ? pool->cap * 2 : 64;
        pool->patterns = gw_realloc(pool->patterns, pool->cap * sizeof(struct pattern *));
    }
    pool->patterns[pool->n] = pattern;
    lookup_add(&pool->numbers, text, (uint32_t)pool->n++);
    return pattern;
}
