/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_DAMAGE_H
#define GATEWAY_JOURNAL_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

/**
 * Which sequences are known to be lost, so that several readers count each once. Bounded: of more
 * ranges than DAMAGE_RANGES_MAX the two nearest are kept as one, and what is lost between them
 * later is not counted; nothing is counted twice. All zero is an empty one.
 */
enum { DAMAGE_RANGES_MAX = 1024 };
struct damage_range {
    uint64_t from, to;
};
struct damage {
    struct damage_range *ranges; /* sorted; no two overlap */
    size_t n;
};

/* How many of from..to no earlier call had. */
uint64_t damage_add(struct damage *damage, uint64_t from, uint64_t to);
void damage_fini(struct damage *damage);

#endif
