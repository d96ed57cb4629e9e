/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NOTIFY_BUILD_H
#define GATEWAY_NOTIFY_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/schema/event.h"
#include "gateway/snmp/notification.h"

/**
 * The notification that a record stands for, as EOG-GATEWAY-MIB defines it: always the same objects
 * in the same order, empty where the record has none. False when the record is not to be told: it
 * is no alert (or, with tells_changes, change of a state), it is muted, or it is a person's
 * acknowledgement that the engine has not answered yet.
 *
 * uid   the record's; it, gateway and event are borrowed until the notification is sent
 */
bool notify_build(const struct gw_event *event, struct slice gateway, struct slice uid,
                  bool tells_changes, struct gwsnmp_notification *out);

/* The notification EOG_NOTIFICATION_... of this number, with the event's fields as its objects;
   out->number is 0. Borrows as above. */
void notify_fill(uint32_t number, const struct gw_event *event, struct slice gateway,
                 struct slice uid, struct gwsnmp_notification *out);

#endif
