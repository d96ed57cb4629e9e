/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_V3_HEAD_H
#define GATEWAY_SNMP_V3_HEAD_H

#include <stdbool.h>

#include "gateway/base/slice.h"

/**
 * What a message says of itself in the clear, before net-snmp has read it or after it has built it:
 * enough to bound what is sent to strangers. False too when the message cannot be read so far. Pure
 * functions. Source: RFC 3412 section 6.
 */

/* A message of a version that nobody speaks here: neither 1, 2c nor 3. */
bool gwsnmp_is_of_other_version(struct slice message);

/* A message of version 3, whatever else it is. */
bool gwsnmp_is_version_3(struct slice message);

/* Version 3, and authenticated (msgFlags, section 6.4): our engine sends such a message only to
   somebody who has shown that he knows the passphrase. */
bool gwsnmp_is_authenticated(struct slice message);

/* Version 3, and a Report that is not encrypted (RFC 3414 section 3.2): what our engine sends to
   those who have proved nothing. */
bool gwsnmp_is_report(struct slice message);

#endif
