/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_PATTERN_POOL_H
#define GATEWAY_MAPPING_PATTERN_POOL_H

#include <stddef.h>

#include "gateway/base/slice.h"

struct pattern;

/**
 * The regular expressions of a set of mappings, each text compiled once: half of them stand in
 * blocks that many mappings of a vendor use. Filled by one thread while mappings are compiled; its
 * patterns live as long as the pool.
 */
struct pattern_pool;

struct pattern_pool *pattern_pool_new(void);
void pattern_pool_free(struct pattern_pool *pool);

/* As pattern_compile(). text is borrowed for the pool's life; the pattern stays the pool's. */
struct pattern *pattern_pool_get(struct pattern_pool *pool, struct slice text, char *reason,
                                 size_t *error_at);

#endif
