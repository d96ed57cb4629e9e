/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_ANSWERS_H
#define GATEWAY_SNMP_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Responses to informs of version 3 that wait for the commit of their records, in order of receipt.
 * Bounded by the memory they take, which for many small varbinds is a hundred times the message:
 * whoever sends those while the disk is stuck must not use up ours. All but _wait() are the SNMP
 * thread's.
 */
enum { GWSNMP_ANSWERS_BYTES_MAX = 8 << 20 };
struct gwsnmp_answers;
struct snmp_pdu;

struct gwsnmp_answers *gwsnmp_answers_new(void);
/* Frees what still waits too. */
void gwsnmp_answers_free(struct gwsnmp_answers *answers);

/* Whether a response with the inform's varbinds may wait too; the only one always may. */
bool gwsnmp_answers_have_room(const struct gwsnmp_answers *answers, const struct snmp_pdu *inform);
/* Takes over response, which waits for the record of that sequence. */
void gwsnmp_answers_put(struct gwsnmp_answers *answers, struct snmp_pdu *response,
                        uint64_t sequence);
/* The first one, the caller's from then on. NULL: none waits, or its record is not on disk yet. */
struct snmp_pdu *gwsnmp_answers_take(struct gwsnmp_answers *answers, uint64_t committed);
/* Whether one waits. Any thread. */
bool gwsnmp_answers_wait(const struct gwsnmp_answers *answers);

#endif
