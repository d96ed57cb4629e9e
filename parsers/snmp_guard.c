/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A look at any SNMP message before net-snmp sees it. Debian's version dies on some v1 traps, and
 * lacks later fixes of its USM and OID readers; what is refused here is refused by the standards
 * too. Source: RFC 1157, RFC 3416 section 3, RFC 3412 section 6, RFC 3414 section 2.4, RFC 7860.
 */
#include "parsers/snmp_guard.h"

#include "parsers/ber.h"
#include "parsers/varbinds.h"

enum {
    GUARD_VARBINDS_MAX = 4096,
    PDU_GET = 0xA0,
    PDU_TRAP_V1 = 0xA4,
    PDU_REPORT = 0xA8,
    FLAG_AUTH = 1,
    FLAG_PRIV = 2,
    ENGINE_ID_MAX = 32,
    USER_MAX = 32
};

static const char bad[] = "unsafe";

static void check_varbinds(struct ber *pdu)
{
    struct ber list = ber_inside(pdu, ber_take(pdu, BER_SEQUENCE, bad));
    if (pdu->p != pdu->end)
        ber_fail(pdu, bad);
    for (int n = 0; !ber_is_end(&list); n++) {
        struct ber b = ber_inside(&list, ber_take(&list, BER_SEQUENCE, bad));
        struct slice name = ber_take(&b, BER_OID, bad);
        uint8_t type;
        struct slice value = ber_any(&b, &type);
        if (list.error || b.error || ber_oid_arcs(name) == 0 || !ber_is_value(type, value) ||
            b.p != b.end || n == GUARD_VARBINDS_MAX) {
            ber_fail(pdu, bad);
            return;
        }
    }
    if (list.error)
        ber_fail(pdu, bad);
}

static void check_trap_v1(struct ber *b)
{
    unsigned arcs = ber_oid_arcs(ber_take(b, BER_OID, bad));
    if (arcs == 0 || arcs + 2 > OID_ARCS_MAX)
        ber_fail(b, bad);
    if (ber_take(b, BER_IPADDRESS, bad).n != 4)
        ber_fail(b, bad);
    int32_t generic = ber_int32(b, bad);
    if (generic < 0 || generic > 6 || ber_int32(b, bad) < 0)
        ber_fail(b, bad);
    struct slice ticks = ber_take(b, BER_TIMETICKS, bad);
    if (!b->error && !ber_is_value(BER_TIMETICKS, ticks))
        ber_fail(b, bad);
    check_varbinds(b);
}

/* One PDU, to the end of its parent. */
static void check_pdu(struct ber *parent, bool is_v1)
{
    uint8_t tag;
    struct ber b = ber_inside(parent, ber_any(parent, &tag));
    bool is_known = is_v1 ? tag >= PDU_GET && tag <= PDU_TRAP_V1
                          : tag >= PDU_GET && tag <= PDU_REPORT && tag != PDU_TRAP_V1;
    if (parent->error || parent->p != parent->end || !is_known) {
        ber_fail(parent, bad);
        return;
    }
    if (tag == PDU_TRAP_V1) {
        check_trap_v1(&b);
    } else {
        ber_int32(&b, bad);
        ber_int32(&b, bad);
        ber_int32(&b, bad);
        check_varbinds(&b);
    }
    if (b.error)
        ber_fail(parent, bad);
}

static bool is_engine_id(struct slice id)
{
    return id.n == 0 || (id.n >= 5 && id.n <= ENGINE_ID_MAX);
}

static void check_usm(struct ber *message, struct slice parameters, int flags)
{
    struct ber outer = ber_inside(message, parameters);
    struct ber b = ber_inside(&outer, ber_take(&outer, BER_SEQUENCE, bad));
    if (outer.error || outer.p != outer.end) {
        ber_fail(message, bad);
        return;
    }
    bool is_good = is_engine_id(ber_take(&b, BER_OCTETS, bad));
    is_good &= ber_int32(&b, bad) >= 0;
    is_good &= ber_int32(&b, bad) >= 0;
    is_good &= ber_take(&b, BER_OCTETS, bad).n <= USER_MAX;
    size_t auth = ber_take(&b, BER_OCTETS, bad).n;
    size_t priv = ber_take(&b, BER_OCTETS, bad).n;
    /* MD5 and SHA: 12; SHA-2: 16, 24, 32, 48. */
    bool has_auth = auth == 12 || auth == 16 || auth == 24 || auth == 32 || auth == 48;
    is_good &= flags & FLAG_AUTH ? has_auth : auth == 0;
    is_good &= flags & FLAG_PRIV ? priv == 8 : priv == 0 || priv == 8;
    if (!is_good || b.error || b.p != b.end)
        ber_fail(message, bad);
}

static void check_v3(struct ber *message)
{
    struct ber header = ber_inside(message, ber_take(message, BER_SEQUENCE, bad));
    bool is_good = ber_int32(&header, bad) >= 0;
    is_good &= ber_int32(&header, bad) >= 484;
    struct slice flag_byte = ber_take(&header, BER_OCTETS, bad);
    is_good &= ber_int32(&header, bad) == 3; /* USM: no other model is spoken here */
    int flags = flag_byte.n == 1 ? flag_byte.p[0] : FLAG_PRIV;
    is_good &= (flags & (FLAG_AUTH | FLAG_PRIV)) != FLAG_PRIV; /* privacy needs authentication */
    if (!is_good || header.error || header.p != header.end)
        ber_fail(message, bad);
    check_usm(message, ber_take(message, BER_OCTETS, bad), flags);
    if (message->error)
        return;
    if (flags & FLAG_PRIV) {
        if (ber_take(message, BER_OCTETS, bad).n == 0 || message->p != message->end)
            ber_fail(message, bad);
        return;
    }
    struct slice scoped = ber_take(message, BER_SEQUENCE, bad);
    struct ber b = ber_inside(message, scoped);
    if (message->error || message->p != message->end ||
        !is_engine_id(ber_take(&b, BER_OCTETS, bad)))
        ber_fail(message, bad);
    ber_take(&b, BER_OCTETS, bad); /* contextName: any length */
    check_pdu(&b, false);
    if (b.error)
        ber_fail(message, bad);
}

bool parse_snmp_is_safe(struct slice datagram)
{
    struct ber outer = ber_of(datagram);
    struct ber message = ber_inside(&outer, ber_take(&outer, BER_SEQUENCE, bad));
    if (outer.error || outer.p != outer.end)
        return false;
    int32_t version = ber_int32(&message, bad);
    if (version == 3) {
        check_v3(&message);
    } else if (version == 0 || version == 1) {
        ber_take(&message, BER_OCTETS, bad);
        check_pdu(&message, version == 0);
    } else {
        return false;
    }
    return !message.error;
}

bool parse_snmp_v3_claim(struct slice datagram, struct snmp_v3_claim *out)
{
    struct ber outer = ber_of(datagram);
    struct ber message = ber_inside(&outer, ber_take(&outer, BER_SEQUENCE, bad));
    int32_t version = ber_int32(&message, bad);
    struct ber header = ber_inside(&message, ber_take(&message, BER_SEQUENCE, bad));
    ber_int32(&header, bad);
    ber_int32(&header, bad);
    struct slice flags = ber_take(&header, BER_OCTETS, bad);
    int32_t model = ber_int32(&header, bad);
    struct ber usm = ber_inside(&message, ber_take(&message, BER_OCTETS, bad));
    struct ber b = ber_inside(&usm, ber_take(&usm, BER_SEQUENCE, bad));
    *out = (struct snmp_v3_claim){.engine = ber_take(&b, BER_OCTETS, bad)};
    ber_int32(&b, bad);
    ber_int32(&b, bad);
    out->user = ber_take(&b, BER_OCTETS, bad);
    if (outer.error || message.error || header.error || usm.error || b.error || version != 3 ||
        model != 3 || flags.n != 1 || out->engine.n > ENGINE_ID_MAX || out->user.n > USER_MAX)
        return false;
    out->has_auth = flags.p[0] & FLAG_AUTH;
    out->has_privacy = flags.p[0] & FLAG_PRIV;
    return true;
}
