/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_ENGINE_H
#define GATEWAY_SNMP_ENGINE_H

#include <stddef.h>
#include <stdint.h>

/**
 * The SNMP engine's identity: an id made once, and the number of its starts. RFC 3414 section 2.2:
 * boots must never go back while the id stays, or recorded messages could be played again. So it
 * is ours to keep: raised and synced to disk before the first message, whatever ends the process.
 */
enum { GWSNMP_ENGINE_ID_MAX = 32 };

struct gwsnmp_engine {
    unsigned char id[GWSNMP_ENGINE_ID_MAX];
    size_t n_id;    /* 5 to 32 */
    uint32_t boots; /* from 1; of this start */
};

/**
 * Read dir/engine, raise boots, write it back durably. Without a file, with a damaged one, or when
 * boots reached its end (2^31 - 1), a new id is made and boots is 1. dir must exist.
 * GW_OK, or GW_ERR_IO when it cannot be written: then no v3 may be spoken.
 */
int gwsnmp_engine_start(const char *dir, struct gwsnmp_engine *out);

/**
 * Raise boots in dir/engine by so many, durably: for a state folder that is restored from a backup,
 * since the engine may have been started any number of times after that. A missing file is not
 * made. GW_OK, GW_ERR_DAMAGED, GW_ERR_IO.
 */
int gwsnmp_engine_advance(const char *dir, uint32_t by);

/* Lower-case hex of the id; out holds 2 * GWSNMP_ENGINE_ID_MAX + 1 bytes. */
void gwsnmp_engine_hex(const struct gwsnmp_engine *engine, char *out);

#endif
