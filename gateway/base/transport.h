/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_TRANSPORT_H
#define GATEWAY_BASE_TRANSPORT_H

/* How a message came to us; numbers are on disk: never renumber. */
enum gw_transport {
    GW_TRANSPORT_NONE, /* made by the gateway, or read offline */
    GW_TRANSPORT_UDP,
    GW_TRANSPORT_TCP,
    GW_TRANSPORT_TLS,
    GW_TRANSPORT_RELP,
    GW_TRANSPORT_UNIX,
    GW_TRANSPORT_FILE,
    GW_TRANSPORT_SNMP
};

/** The transport's word, static; "none" for a number that is none of the above. */
const char *gw_transport_name(enum gw_transport transport);

#endif
