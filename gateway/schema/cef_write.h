/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SCHEMA_CEF_WRITE_H
#define GATEWAY_SCHEMA_CEF_WRITE_H

#include "gateway/base/buf.h"
#include "gateway/schema/event.h"

/**
 * A record as one CEF line, without the newline. Fields go to the keys of the CEF dictionary; those
 * without one, and what no mapping placed, follow as ad.NAME. A sender's name that is a field's, or
 * begins with "eog.", is written ad.sent.NAME: ad.NAME of such is the gateway's word alone. The
 * second of a name, or of one that is the same as a key, is ad.NAME.2. Line ends are escaped, other
 * control characters become blanks, bytes that are not UTF-8 become U+FFFD.
 * Source: ArcSight Common Event Format, revision 26.
 */
void cef_write(const struct gw_event *event, struct buf *out);

#endif
