/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a manager asks first of an agent that stands alone: the system group and the counters of
 * the snmp group (RFC 3418 section 2), the engine's identity (RFC 3411 section 5, snmpEngineID
 * ...), what the User-based Security Model refused (RFC 3414 section 5, usmStats), and unknown
 * contexts (RFC 3413 section 4.1). A wrong community, key or context is answered by silence or a
 * short Report; here it is counted. Beside a master agent we serve none of this: the master does.
 */
#include "gateway/snmp/snmp_internal.h"

#include <string.h>

#include "config.h"

static const uint32_t system_base[] = {1, 3, 6, 1, 2, 1, 1};
static const uint32_t engine_base[] = {1, 3, 6, 1, 6, 3, 10, 2, 1};
static const uint32_t object_id[] = {EOG_ENTERPRISE_OID_ARCS};

static const uint32_t snmp_base[] = {1, 3, 6, 1, 2, 1, 11};
static const uint32_t usm_base[] = {1, 3, 6, 1, 6, 3, 15, 1, 1};
static const uint32_t target_base[] = {1, 3, 6, 1, 6, 3, 12, 1};

enum {
    SYSTEM_OBJECTS = 7,
    ENGINE_OBJECTS = 4,
    SNMP_OBJECTS = 32,
    USM_OBJECTS = 6,
    TARGET_OBJECTS = 5
};
/* snmpEnableAuthenTraps: we send none. */
enum { DISABLED = 2 };
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

/* The objects that RFC 3418 keeps; the numbers between them are obsolete. */
static bool get_snmp(const void *view, uint32_t object, struct gwsnmp_value *out)
{
    const struct gwsnmp_system *system = view;
    switch (object) {
    case 1:
        gwsnmp_set_counter(out, system->count(GWSNMP_IN_PACKETS));
        return true;
    case 3:
        gwsnmp_set_counter(out, system->count(GWSNMP_IN_BAD_VERSIONS));
        return true;
    case 4:
        gwsnmp_set_counter(out, system->count(GWSNMP_IN_BAD_COMMUNITY_NAMES));
        return true;
    case 5:
        gwsnmp_set_counter(out, system->count(GWSNMP_IN_BAD_COMMUNITY_USES));
        return true;
    case 6:
        gwsnmp_set_counter(out, system->count(GWSNMP_IN_PARSE_ERRORS));
        return true;
    case 30:
        gwsnmp_set_integer(out, DISABLED);
        return true;
    case 31:
        gwsnmp_set_counter(out, system->count(GWSNMP_SILENT_DROPS));
        return true;
    case 32: /* snmpProxyDrops: no proxy */
        gwsnmp_set_counter(out, 0);
        return true;
    }
    out->type = GWSNMP_NO_SUCH_INSTANCE;
    return false;
}

static bool get_usm(const void *view, uint32_t object, struct gwsnmp_value *out)
{
    const struct gwsnmp_system *system = view;
    gwsnmp_set_counter(
        out, system->count((enum gwsnmp_counted)(GWSNMP_UNSUPPORTED_LEVELS + object - 1)));
    return true;
}

/* The group of a command responder. */
static bool get_target(const void *view, uint32_t object, struct gwsnmp_value *out)
{
    const struct gwsnmp_system *system = view;
    switch (object) {
    case 4: /* snmpUnavailableContexts: the one that there is always is */
        gwsnmp_set_counter(out, 0);
        return true;
    case 5:
        gwsnmp_set_counter(out, system->count(GWSNMP_UNKNOWN_CONTEXTS));
        return true;
    }
    out->type = GWSNMP_NO_SUCH_INSTANCE;
    return false;
}

static const void *pin(void *context, bool is_new, bool is_walk, uint64_t asker)
{
    (void)is_new;
    (void)is_walk;
    (void)asker;
    return context;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define GROUP(name, arcs, objects, getter)                                                         \
    static const struct gwsnmp_group name##_group = {                                              \
        .base = (arcs), .n_base = COUNT(arcs), .n_objects = (objects), .scalars = {(getter)}};     \
    static const struct gwsnmp_group *const name##_groups[] = {&name##_group};                     \
    static const struct gwsnmp_mib name##_mib = {name##_groups, 1}

GROUP(system, system_base, SYSTEM_OBJECTS, get_system);
GROUP(snmp, snmp_base, SNMP_OBJECTS, get_snmp);
GROUP(engine, engine_base, ENGINE_OBJECTS, get_engine);
GROUP(usm, usm_base, USM_OBJECTS, get_usm);
GROUP(target, target_base, TARGET_OBJECTS, get_target);

void gwsnmp_system_subtrees(struct gwsnmp_system *system,
                            struct gwsnmp_subtree out[GWSNMP_OWN_SUBTREES])
{
    const struct gwsnmp_subtree subtrees[GWSNMP_OWN_SUBTREES] = {
        {"system", system_base, COUNT(system_base), &system_mib, pin, system},
        {"snmp", snmp_base, COUNT(snmp_base), &snmp_mib, pin, system},
        {"snmpEngine", engine_base, COUNT(engine_base), &engine_mib, pin, system},
        {"snmpTarget", target_base, COUNT(target_base), &target_mib, pin, system},
        {"usmStats", usm_base, COUNT(usm_base), &usm_mib, pin, system},
    };
    memcpy(out, subtrees, sizeof subtrees);
}
