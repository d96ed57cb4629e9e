/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SCHEMA_CORRECTIONS_H
#define GATEWAY_SCHEMA_CORRECTIONS_H

/**
 * How corrections travel from eogctl to eogd: in batches of at most so many bytes, each a sequence
 * of records as gw_event_encode() writes them, their length as a varint before each.
 */
enum { GW_CORRECTIONS_MAX = 4 * 1024 * 1024 };

#endif
