/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the library from what it reads by itself: configuration, MIB texts, state folders. */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <stdlib.h>

void gwsnmp_library_isolate(void)
{
    static const char *const variables[] = {"SNMPCONFPATH", "SNMP_PERSISTENT_DIR",
                                            "SNMP_PERSISTENT_FILE", "MIBDIRS", "MIBFILES"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    setenv("MIBS", "", 1);
    /* The library makes a folder for certificates in here, even if it needs none: it cannot. */
    setenv("SNMP_PERSISTENT_DIR", "/dev/null/none", 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
}
