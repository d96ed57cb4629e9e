/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_DISCOVERY_H
#define GATEWAY_SNMP_DISCOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/snmp/engine.h"

/**
 * Engine discovery (RFC 3414 section 4): a question that every engine of version 3 answers to
 * anybody, and what the answer tells. No net-snmp: its own discovery waits for the answer.
 */
enum { GWSNMP_DISCOVERY_SIZE = 64 };

/* The question. id comes back in its answer: 2^30 to 2^31 - 1. */
void gwsnmp_discovery_make(uint32_t id, unsigned char out[GWSNMP_DISCOVERY_SIZE]);

/* An answer to the question of that id, from anybody: the id of the engine, boots 0. False when it
   is none. Nothing about it is authentic yet. */
bool gwsnmp_discovery_read(struct slice answer, uint32_t id, struct gwsnmp_engine *out);

#endif
