/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a manager asks first of an agent that stands alone: the system group (RFC 3418 section 2)
 * and the engine's (RFC 3411 section 5, snmpEngineID ...). As a subagent the master has both.
 */
#include "gateway/snmp/snmp_internal.h"

#include "config.h"

static const uint32_t system_base[] = {1, 3, 6, 1, 2, 1, 1};
static const uint32_t engine_base[] = {1, 3, 6, 1, 6, 3, 10, 2, 1};
static const uint32_t object_id[] = {EOG_ENTERPRISE_OID_ARCS};

enum { SYSTEM_OBJECTS = 7, ENGINE_OBJECTS = 4 };
/* sysServices: a host that offers applications, layers 4 and 7: 2^3 + 2^6. */
enum { SYS_SERVICES = 72 };
/* What we send at most in one message; net-snmp's transports take as much. */
enum { ENGINE_MESSAGE_MAX = 65507 };

static bool get_system(const void *view, uint32_t object, struct gwsnmp_value *out)
{
    const struct gwsnmp_system *system = view;
    switch (object) {
    case 1:
        gwsnmp_set_text(out, slice_from(system->description));
        return true;
    case 2:
        gwsnmp_set_object_id(out, object_id, sizeof object_id / sizeof *object_id);
        return true;
    case 3:
        gwsnmp_set_timeticks(out, system->uptime());
        return true;
    case 5:
        gwsnmp_set_text(out, slice_from(system->name));
        return true;
    case 4: /* sysContact */
    case 6: /* sysLocation: nobody told us */
        gwsnmp_set_text(out, SLICE_NONE);
        return true;
    default:
        gwsnmp_set_integer(out, SYS_SERVICES);
        return true;
    }
}

static bool get_engine(const void *view, uint32_t object, struct gwsnmp_value *out)
{
    const struct gwsnmp_system *system = view;
    switch (object) {
    case 1:
        gwsnmp_set_text(out, slice_of((const char *)system->engine.id, system->engine.n_id));
        return true;
    case 2:
        gwsnmp_set_integer(out, (int32_t)system->engine.boots);
        return true;
    case 3:
        gwsnmp_set_integer(out, (int32_t)system->engine_time());
        return true;
    default:
        gwsnmp_set_integer(out, ENGINE_MESSAGE_MAX);
        return true;
    }
}

static const void *pin(void *context, bool is_new, bool is_walk)
{
    (void)is_new;
    (void)is_walk;
    return context;
}

size_t gwsnmp_system_subtrees(struct gwsnmp_system *system, struct gwsnmp_subtree *out, size_t max)
{
    static const struct gwsnmp_group system_group = {
        .base = system_base,
        .n_base = sizeof system_base / sizeof *system_base,
        .n_objects = SYSTEM_OBJECTS,
        .scalars = {get_system},
    };
    static const struct gwsnmp_group engine_group = {
        .base = engine_base,
        .n_base = sizeof engine_base / sizeof *engine_base,
        .n_objects = ENGINE_OBJECTS,
        .scalars = {get_engine},
    };
    static const struct gwsnmp_group *const system_groups[] = {&system_group};
    static const struct gwsnmp_group *const engine_groups[] = {&engine_group};
    static const struct gwsnmp_mib system_mib = {system_groups, 1}, engine_mib = {engine_groups, 1};

    if (max < 2)
        return 0;
    out[0] = (struct gwsnmp_subtree){
        "system", system_group.base, system_group.n_base, &system_mib, pin, system};
    out[1] = (struct gwsnmp_subtree){
        "snmpEngine", engine_group.base, engine_group.n_base, &engine_mib, pin, system};
    return 2;
}
