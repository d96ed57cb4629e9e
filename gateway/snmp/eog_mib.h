/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_EOG_MIB_H
#define GATEWAY_SNMP_EOG_MIB_H

#include "config.h"

/**
 * Numbers of EOG-GATEWAY-MIB, from eog_mib.def. An initializer of a group's base:
 *     static const uint32_t base[] = {EOG_SCALARS_BASE(EOG_GROUP_TRAFFIC)};
 *     static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_KPI)};
 */
enum { EOG_ARC_NOTIFICATIONS = 0, EOG_ARC_OBJECTS = 1, EOG_ARC_CONFORMANCE = 2 };

#define EOG_OBJECTS_BASE        EOG_ENTERPRISE_OID_ARCS, EOG_ARC_OBJECTS
#define EOG_SCALARS_BASE(group) EOG_OBJECTS_BASE, (group)
#define EOG_TABLE_BASE(group)   EOG_OBJECTS_BASE, (group), 1

enum eog_group {
#define EOG_SCALARS(GROUP, arc, text) EOG_GROUP_##GROUP = arc,
#define EOG_TABLE(GROUP, arc, text)   EOG_GROUP_##GROUP = arc,
#define EOG_OBJECT(GROUP, number, NAME, text, TYPE)
#define EOG_INDEX(GROUP, number, NAME, text, TYPE)
#define EOG_NOTIFICATION(number, NAME, text)
#include "gateway/snmp/eog_mib.def"
#undef EOG_SCALARS
#undef EOG_TABLE
#undef EOG_OBJECT
#undef EOG_INDEX
#undef EOG_NOTIFICATION
};

enum eog_object {
#define EOG_SCALARS(GROUP, arc, text)
#define EOG_TABLE(GROUP, arc, text)
#define EOG_OBJECT(GROUP, number, NAME, text, TYPE) EOG_##GROUP##_##NAME = number,
#define EOG_INDEX(GROUP, number, NAME, text, TYPE)  EOG_##GROUP##_##NAME = number,
#define EOG_NOTIFICATION(number, NAME, text)        EOG_NOTIFICATION_##NAME = number,
#include "gateway/snmp/eog_mib.def"
#undef EOG_SCALARS
#undef EOG_TABLE
#undef EOG_OBJECT
#undef EOG_INDEX
#undef EOG_NOTIFICATION
};

#endif
