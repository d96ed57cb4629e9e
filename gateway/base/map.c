/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open addressing over an array of entries that keeps insertion order. A removed entry stays as
 * a hole (value NULL) until the next growth. SipHash-1-3 with a random key guards against
 * chosen collisions. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */
#include "gateway/base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "gateway/base/arena.h"

struct entry {
    uint64_t hash;
    void *value; /* NULL: a hole */
    char *key;
    size_t key_n;
};

struct map {
    struct entry *entries;
    size_t used, live, cap;
    uint32_t *index; /* 0: free, else entry number + 1 */
    size_t mask;
};

static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
    if (getrandom(seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed[0] = (uint64_t)now.tv_nsec ^ (uintptr_t)&now;
        seed[1] = (uint64_t)now.tv_sec;
    }
}

static inline uint64_t rotl(uint64_t x, unsigned b)
{
    return x << b | x >> (64 - b);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

uint64_t map_hash_by(const uint64_t secret[2], struct slice key)
{
    uint64_t v[4] = {secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
                     secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573};
    size_t n = key.n;
    const char *p = key.p;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t m;
        memcpy(&m, p, 8);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)key.n << 56;
    if (n)
        memcpy(&last, p, n);
    last = (last & 0x00ffffffffffffff) | (uint64_t)(key.n & 0xff) << 56;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t map_hash(struct slice key)
{
    pthread_once(&seed_once, draw_seed);
    return map_hash_by(seed, key);
}

struct map *map_new(void)
{
    return gw_alloc(sizeof(struct map));
}

void map_free(struct map *map, void (*free_value)(void *value))
{
    if (!map)
        return;
    for (size_t i = 0; i < map->used; i++) {
        if (map->entries[i].value && free_value)
            free_value(map->entries[i].value);
        free(map->entries[i].key);
    }
    free(map->entries);
    free(map->index);
    free(map);
}

size_t map_count(const struct map *map)
{
    return map->live;
}

static void index_add(struct map *map, size_t number)
{
    size_t at = map->entries[number].hash & map->mask;
    while (map->index[at])
        at = (at + 1) & map->mask;
    map->index[at] = (uint32_t)number + 1;
}

/* Close the holes, make room for more, index anew. */
static void rebuild(struct map *map)
{
    size_t kept = 0;
    for (size_t i = 0; i < map->used; i++) {
        if (map->entries[i].value)
            map->entries[kept++] = map->entries[i];
        else
            free(map->entries[i].key);
    }
    map->used = kept;
    if (map->cap < kept * 2 || map->cap == 0) {
        map->cap = kept ? kept * 2 : 8;
        map->entries = gw_realloc(map->entries, map->cap * sizeof *map->entries);
    }
    size_t slots = 16;
    while (slots < map->cap * 2)
        slots *= 2;
    free(map->index);
    map->index = gw_alloc(slots * sizeof *map->index);
    map->mask = slots - 1;
    for (size_t i = 0; i < kept; i++)
        index_add(map, i);
}

static struct entry *find(const struct map *map, struct slice key, uint64_t hash)
{
    if (!map->index)
        return NULL;
    for (size_t at = hash & map->mask; map->index[at]; at = (at + 1) & map->mask) {
        struct entry *e = &map->entries[map->index[at] - 1];
        if (e->value && e->hash == hash && e->key_n == key.n &&
            (key.n == 0 || memcmp(e->key, key.p, key.n) == 0))
            return e;
    }
    return NULL;
}

void *map_get(const struct map *map, struct slice key)
{
    struct entry *e = find(map, key, map_hash(key));
    return e ? e->value : NULL;
}

void *map_put(struct map *map, struct slice key, void *value)
{
    uint64_t hash = map_hash(key);
    struct entry *e = find(map, key, hash);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    if (map->used == map->cap)
        rebuild(map);
    e = &map->entries[map->used];
    *e = (struct entry){.hash = hash, .value = value, .key = gw_alloc(key.n + 1), .key_n = key.n};
    if (key.n)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): e->key is new, not what rebuild() freed */
        memcpy(e->key, key.p, key.n);
    index_add(map, map->used++);
    map->live++;
    return NULL;
}

void *map_remove(struct map *map, struct slice key)
{
    struct entry *e = find(map, key, map_hash(key));
    if (!e)
        return NULL;
    void *old = e->value;
    e->value = NULL;
    map->live--;
    return old;
}

bool map_next(const struct map *map, size_t *position, struct slice *key, void **value)
{
    for (; *position < map->used; (*position)++) {
        struct entry *e = &map->entries[*position];
        if (e->value) {
            *key = slice_of(e->key, e->key_n);
            *value = e->value;
            (*position)++;
            return true;
        }
    }
    return false;
}
