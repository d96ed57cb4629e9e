/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snmp_parse() without a socket, which in the library stands behind one. */
#include "tests/gateway/snmp/library.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <stdlib.h>
#include <string.h>

#include "gateway/snmp/snmp_internal.h"

static netsnmp_session session;

void library_begin(void)
{
    gwsnmp_library_isolate();
    snmp_disable_log();
    init_snmp("library");
    snmp_sess_init(&session);
    session.version = SNMP_DEFAULT_VERSION;
    session.flags |= SNMP_FLAGS_DONT_PROBE;
}

bool library_reads(struct slice message)
{
    /* Not ours to be changed, and the library has it in a buffer of just that size. */
    u_char *bytes = malloc(message.n ? message.n : 1);
    netsnmp_pdu *pdu = snmp_pdu_create(0);
    if (!bytes || !pdu)
        abort();
    if (message.n)
        memcpy(bytes, message.p, message.n);
    pdu->securityNameLen = 0;
    bool is_read = snmp_parse(NULL, &session, pdu, bytes, message.n) == SNMPERR_SUCCESS;
    if (is_read)
        snmp_free_pdu(snmp_clone_pdu(pdu));
    snmp_free_pdu(pdu);
    free(bytes);
    return is_read;
}
