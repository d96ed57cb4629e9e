/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_MAP_H
#define GATEWAY_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * Hash table from bytes to a pointer. Keys are copied. The hash is seeded per process, so that
 * names chosen by an attacker do not collide; iteration is in order of insertion, so that what
 * is computed from it does not depend on the seed. Not thread-safe.
 */
struct map;

struct map *map_new(void);
/* free_value: called on each value, or NULL. */
void map_free(struct map *map, void (*free_value)(void *value));

size_t map_count(const struct map *map);
/* The value, or NULL. */
void *map_get(const struct map *map, struct slice key);
/* Set; returns the value it replaces, or NULL. value must not be NULL. */
void *map_put(struct map *map, struct slice key, void *value);
/* Remove; returns the value that was there, or NULL. */
void *map_remove(struct map *map, struct slice key);

/**
 * Iterate: start with *position = 0. Returns false at the end. The entry just returned may be
 * removed during the walk; nothing may be added.
 */
bool map_next(const struct map *map, size_t *position, struct slice *key, void **value);

/* 64-bit seeded hash of bytes, for tables of one's own. Not stable between processes. */
uint64_t map_hash(struct slice key);
/* The same by a secret of one's own: stable, for what is kept. */
uint64_t map_hash_by(const uint64_t secret[2], struct slice key);

#endif
