/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_SNMP_LIBRARY_H
#define TESTS_GATEWAY_SNMP_LIBRARY_H

#include <stdbool.h>

#include "gateway/base/slice.h"

/** net-snmp's own reader of messages, for tests of what it may be shown. Set up once. */
void library_begin(void);

/* What the agent's library does with a message before it asks for anything: version, community or
 * user, PDU, varbinds; all of it is read and copied once. True: it would go on. */
bool library_reads(struct slice message);

#endif
