/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_BENCH_BLAST_V3_H
#define TESTS_BENCH_BLAST_V3_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

enum { V3_ENGINES = 16, V3_ENGINE_BYTES = 9, V3_KEY_BYTES = 32 };

/** Senders of version 3, authPriv by SHA-256 and AES-128: one user, V3_ENGINES engines. */
struct v3_senders {
    const char *user;
    struct {
        uint8_t id[V3_ENGINE_BYTES];
        uint8_t auth[V3_KEY_BYTES], privacy[V3_KEY_BYTES]; /* localized */
    } engines[V3_ENGINES];
};

/* Makes the keys; the passphrases are those of tests/bench/notifications.py. Exits on error. */
void v3_senders_init(struct v3_senders *senders, const char *user);

/**
 * The whole message around a PDU, sealed by engine i % V3_ENGINES; msgID and salt come of i. Boots
 * and time are always 1 and 1000: a receiver takes it for 150 s from the first on. Written to the
 * end of room; empty when it does not fit.
 */
struct slice v3_seal(const struct v3_senders *senders, unsigned i, struct slice pdu, uint8_t *room,
                     size_t cap);

#endif
