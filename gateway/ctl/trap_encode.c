/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A notification written as one JSON line becomes the datagram that a device would send.
 * Sources: RFC 1157 section 4.1.6 (Trap-PDU), RFC 3416 sections 3 and 4.2.6 (SNMPv2-Trap-PDU).
 */
#include "gateway/ctl/trap_encode.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/ctl/ber_write.h"

#define OID_UPTIME        "1.3.6.1.2.1.1.3.0"
#define OID_TRAP_OID      "1.3.6.1.6.3.1.1.4.1.0"
#define OID_GENERIC_TRAPS "1.3.6.1.6.3.1.1.5"

enum { VALUE_MAX = 65000 };

static const struct type_name {
    const char *name;
    uint8_t tag;
} type_names[] = {
    {"INTEGER", BER_INTEGER},
    {"Integer32", BER_INTEGER},
    {"TruthValue", BER_INTEGER},
    {"InterfaceIndex", BER_INTEGER},
    {"InterfaceIndexOrZero", BER_INTEGER},
    {"InetAddressType", BER_INTEGER},
    {"STRING", BER_OCTETS},
    {"OCTET STRING", BER_OCTETS},
    {"DisplayString", BER_OCTETS},
    {"SnmpAdminString", BER_OCTETS},
    {"Hex-STRING", BER_OCTETS},
    {"BITS", BER_OCTETS},
    {"OID", BER_OID},
    {"OBJECT IDENTIFIER", BER_OID},
    {"RowPointer", BER_OID},
    {"NULL", BER_NULL},
    {"IpAddress", BER_IPADDRESS},
    {"NetworkAddress", BER_IPADDRESS},
    {"RouterID", BER_IPADDRESS},
    {"Counter", BER_COUNTER32},
    {"Counter32", BER_COUNTER32},
    {"Gauge", BER_GAUGE32},
    {"Gauge32", BER_GAUGE32},
    {"Unsigned32", BER_GAUGE32},
    {"Timeticks", BER_TIMETICKS},
    {"TimeStamp", BER_TIMETICKS},
    {"Opaque", BER_OPAQUE},
    {"Counter64", BER_COUNTER64},
};

/* 0: not a type we know. */
static uint8_t type_tag(const char *name)
{
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (strcasecmp(name, type_names[i].name) == 0)
            return type_names[i].tag;
    return 0;
}

/* Whole text as a number. An enumeration as net-snmp prints it, "up(1)", is its number. */
static bool text_to_int(const char *text, int64_t *out)
{
    struct slice s = slice_trim(slice_from(text));
    if (slice_to_int(s, out))
        return true;
    const char *open = strrchr(text, '(');
    const char *close = open ? strchr(open, ')') : NULL;
    return close && slice_to_int(slice_of(open + 1, (size_t)(close - open - 1)), out);
}

/* "(123) 0:00:01.23", "26:19:43:37.24" (days first) or plain hundredths. */
static bool text_to_ticks(const char *text, int64_t *out)
{
    int64_t parts[4] = {0};
    int n = 0;
    if (text_to_int(text, out))
        return true;
    for (const char *p = text; n < 4; p++) {
        char *end;
        if (!isdigit((unsigned char)*p))
            return false;
        parts[n++] = (int64_t)strtoul(p, &end, 10);
        if (*end != ':') {
            int64_t hundredths = 0;
            if (*end == '.' && isdigit((unsigned char)end[1]))
                hundredths =
                    (end[1] - '0') * 10 + (isdigit((unsigned char)end[2]) ? end[2] - '0' : 0);
            int64_t s = 0;
            static const int64_t unit[4] = {86400, 3600, 60, 1};
            for (int i = 0; i < n; i++)
                s += parts[i] * unit[4 - n + i];
            *out = s * 100 + hundredths;
            return n > 1;
        }
        p = end;
    }
    return false;
}

/* "07 E2 0C" or "07:e2:0c" as octets; false where it is not that. */
static bool text_to_octets(const char *text, char *out, size_t cap, size_t *n)
{
    *n = 0;
    while (*text) {
        if (*text == ' ' || *text == ':' || *text == '\n') {
            text++;
            continue;
        }
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || *n == cap)
            return false;
        char pair[3] = {text[0], text[1], 0};
        out[(*n)++] = (char)strtoul(pair, NULL, 16);
        text += 2;
    }
    return *n > 0;
}

static bool put_number(struct ber_writer *w, uint8_t tag, json_t *value)
{
    int64_t number;
    if (json_is_integer(value))
        number = json_integer_value(value);
    else if (json_is_boolean(value))
        number = json_is_true(value) ? 1 : 2; /* TruthValue, RFC 2579 */
    else if (!json_is_string(value))
        return false;
    else if (tag == BER_TIMETICKS ? !text_to_ticks(json_string_value(value), &number)
                                  : !text_to_int(json_string_value(value), &number))
        return false;
    if (tag == BER_INTEGER) {
        if (number < INT32_MIN || number > UINT32_MAX)
            return false;
        ber_put_int(w, tag, (int32_t)number);
    } else {
        if (number < 0 || (tag != BER_COUNTER64 && number > UINT32_MAX))
            return false;
        ber_put_unsigned(w, tag, (uint64_t)number);
    }
    return true;
}

static bool put_address(struct ber_writer *w, const char *text)
{
    struct in_addr address;
    if (!text || inet_pton(AF_INET, text, &address) != 1)
        return false;
    ber_put_octets(w, BER_IPADDRESS, slice_of((const char *)&address, 4));
    return true;
}

/* JSON text is UTF-8; a member "encoding":"latin-1" of the line says that each code point is an
 * octet. */
static struct slice octets_of(json_t *value, bool is_latin1, char *out, size_t cap)
{
    const unsigned char *p = (const unsigned char *)json_string_value(value);
    size_t left = json_string_length(value), n = 0;
    if (!is_latin1)
        return slice_of((const char *)p, left);
    for (; left > 0 && n < cap; n++) {
        bool is_pair = left > 1 && (p[0] & 0xfc) == 0xc0; /* U+0080 to U+00FF */
        out[n] = (char)(is_pair ? (p[0] & 3) << 6 | (p[1] & 0x3f) : p[0]);
        p += is_pair ? 2 : 1;
        left -= is_pair ? 2 : 1;
    }
    return slice_of(out, n);
}

static bool put_value(struct ber_writer *w, const char *type, json_t *value, bool is_latin1)
{
    static _Thread_local char scratch[VALUE_MAX];
    uint8_t tag = type_tag(type);
    size_t n;
    if (tag == 0)
        tag = json_is_integer(value) ? BER_INTEGER : BER_OCTETS;
    switch (tag) {
    case BER_OCTETS:
    case BER_OPAQUE:
        if (json_is_integer(value)) { /* a number in a text column */
            n = (size_t)snprintf(scratch, sizeof scratch, "%lld",
                                 (long long)json_integer_value(value));
            ber_put_octets(w, tag, slice_of(scratch, n));
            return true;
        }
        if (!json_is_string(value))
            return false;
        if ((strcasecmp(type, "Hex-STRING") == 0 || tag == BER_OPAQUE) &&
            text_to_octets(json_string_value(value), scratch, sizeof scratch, &n))
            ber_put_octets(w, tag, slice_of(scratch, n));
        else
            ber_put_octets(w, tag, octets_of(value, is_latin1, scratch, sizeof scratch));
        return true;
    case BER_OID:
        if (!json_is_string(value))
            return false;
        ber_put_oid(w, slice_from(json_string_value(value)));
        return !w->failed;
    case BER_IPADDRESS:
        return put_address(w, json_string_value(value));
    case BER_NULL:
        ber_put_octets(w, BER_NULL, SLICE_NONE);
        return true;
    default:
        return put_number(w, tag, value);
    }
}

static void put_varbind_head(struct ber_writer *w, const char *oid, size_t mark)
{
    ber_put_oid(w, slice_from(oid));
    ber_wrap(w, BER_SEQUENCE, mark);
}

static bool put_varbind(struct ber_writer *w, json_t *varbind, bool is_latin1, struct buf *error)
{
    const char *oid = json_string_value(json_array_get(varbind, 0));
    const char *type = json_string_value(json_array_get(varbind, 1));
    size_t mark = w->at;
    if (!oid || !type) {
        buf_printf(error, "a varbind must be [\"oid\",\"type\",value]");
        return false;
    }
    if (!put_value(w, type, json_array_get(varbind, 2), is_latin1)) {
        buf_printf(error, "varbind %s: the value does not fit its type %s", oid, type);
        return false;
    }
    put_varbind_head(w, oid, mark);
    if (w->failed)
        buf_printf(error, "varbind %s: not an OID in numbers, or the message is too long", oid);
    return !w->failed;
}

static const char *strip_dot(const char *oid)
{
    return oid && *oid == '.' ? oid + 1 : oid;
}

static bool varbinds_have(json_t *varbinds, const char *oid)
{
    size_t i;
    json_t *varbind;
    json_array_foreach(varbinds, i, varbind)
    {
        const char *name = strip_dot(json_string_value(json_array_get(varbind, 0)));
        if (name && strcmp(name, oid) == 0)
            return true;
    }
    return false;
}

/* The VarBindList, with what a v2c message must begin with where the line leaves it out. */
static bool put_varbinds(struct ber_writer *w, json_t *line, bool is_v2,
                         const struct trap_options *options, struct buf *error)
{
    json_t *varbinds = json_object_get(line, "varbinds");
    const char *encoding = json_string_value(json_object_get(line, "encoding"));
    bool is_latin1 = encoding && strcmp(encoding, "latin-1") == 0;
    size_t mark = w->at;
    for (size_t i = json_array_size(varbinds); i-- > 0;)
        if (!put_varbind(w, json_array_get(varbinds, i), is_latin1, error))
            return false;
    if (is_v2 && !varbinds_have(varbinds, OID_TRAP_OID)) {
        const char *trap_oid = json_string_value(json_object_get(line, "trap_oid"));
        size_t start = w->at;
        if (!trap_oid) {
            buf_printf(error, "a v2c notification needs trap_oid, or a varbind " OID_TRAP_OID);
            return false;
        }
        ber_put_oid(w, slice_from(trap_oid));
        put_varbind_head(w, OID_TRAP_OID, start);
    }
    if (is_v2 && !varbinds_have(varbinds, OID_UPTIME)) {
        size_t start = w->at;
        ber_put_unsigned(w, BER_TIMETICKS, options->uptime_cs);
        put_varbind_head(w, OID_UPTIME, start);
    }
    ber_wrap(w, BER_SEQUENCE, mark);
    return true;
}

/* Generic and specific as stated, or out of trap_oid (RFC 3584 section 3.2); enterprise likewise.
 */
static bool v1_names(json_t *line, int64_t *generic, int64_t *specific, struct slice *enterprise)
{
    const char *trap_oid = strip_dot(json_string_value(json_object_get(line, "trap_oid")));
    json_t *g = json_object_get(line, "generic"), *s = json_object_get(line, "specific");
    *enterprise = slice_from(strip_dot(json_string_value(json_object_get(line, "enterprise"))));
    *generic = json_is_integer(g) ? json_integer_value(g) : 6;
    *specific = json_integer_value(s);
    if (json_is_integer(g) || json_is_integer(s) || !trap_oid)
        return enterprise->n > 0;
    struct slice oid = slice_from(trap_oid);
    size_t last = oid.n;
    while (last > 0 && oid.p[last - 1] != '.')
        last--;
    if (last < 2 || !slice_to_int(slice_skip(oid, last), specific))
        return false;
    struct slice prefix = slice_head(oid, last - 1);
    if (slice_equal(prefix, SLICE(OID_GENERIC_TRAPS)) && *specific >= 1 && *specific <= 6) {
        *generic = *specific - 1;
        *specific = 0;
    } else if (slice_ends_with(prefix, SLICE(".0"))) {
        prefix.n -= 2;
    }
    if (enterprise->n == 0)
        *enterprise = prefix;
    return true;
}

static bool put_v1_pdu(struct ber_writer *w, json_t *line, const struct trap_options *options,
                       struct buf *error)
{
    int64_t generic, specific;
    struct slice enterprise;
    const char *agent = json_string_value(json_object_get(line, "agent_addr"));
    json_t *timestamp = json_object_get(line, "timestamp");
    size_t mark = w->at;
    if (!v1_names(line, &generic, &specific, &enterprise)) {
        buf_printf(error, "a v1 trap needs enterprise with generic and specific, or trap_oid");
        return false;
    }
    if (!put_varbinds(w, line, false, options, error))
        return false;
    if (!timestamp || !put_number(w, BER_TIMETICKS, timestamp))
        ber_put_unsigned(w, BER_TIMETICKS, options->uptime_cs);
    ber_put_int(w, BER_INTEGER, specific);
    ber_put_int(w, BER_INTEGER, generic);
    if (!put_address(w, agent ? agent : "0.0.0.0")) {
        buf_printf(error, "agent_addr '%s' is no IPv4 address", agent);
        return false;
    }
    ber_put_oid(w, enterprise);
    ber_wrap(w, BER_PDU_TRAP_V1, mark);
    return true;
}

static bool put_v2_pdu(struct ber_writer *w, json_t *line, const struct trap_options *options,
                       struct buf *error)
{
    size_t mark = w->at;
    if (!put_varbinds(w, line, true, options, error))
        return false;
    ber_put_int(w, BER_INTEGER, 0); /* error-index */
    ber_put_int(w, BER_INTEGER, 0); /* error-status */
    ber_put_int(w, BER_INTEGER, options->request_id);
    ber_wrap(w, options->is_inform ? BER_PDU_INFORM : BER_PDU_TRAP_V2, mark);
    return true;
}

static bool put_message(struct ber_writer *w, json_t *line, const struct trap_options *options,
                        struct buf *error)
{
    const char *version = json_string_value(json_object_get(line, "version"));
    const char *community = json_string_value(json_object_get(line, "community"));
    bool is_v1 = version && (strcmp(version, "v1") == 0 || strcmp(version, "1") == 0);
    bool is_v2 = version && (strcmp(version, "v2c") == 0 || strcmp(version, "2c") == 0 ||
                             strcmp(version, "v1-proxied") == 0);
    size_t mark = w->at;
    if (!is_v1 && !is_v2) {
        buf_printf(error, "version '%s' cannot be sent: v1 or v2c", version ? version : "");
        return false;
    }
    if (is_v1 && options->is_inform) {
        buf_printf(error, "SNMPv1 has no informs");
        return false;
    }
    if (!(is_v1 ? put_v1_pdu : put_v2_pdu)(w, line, options, error))
        return false;
    ber_put_octets(w, BER_OCTETS, slice_from(community ? community : options->community));
    ber_put_int(w, BER_INTEGER, is_v1 ? 0 : 1);
    ber_wrap(w, BER_SEQUENCE, mark);
    return true;
}

struct slice trap_encode_json(struct slice line, const struct trap_options *options, void *out,
                              size_t cap, struct buf *error)
{
    json_error_t where;
    struct ber_writer w = ber_writer_of(out, cap);
    bool is_good = false;
    json_t *root = json_loadb(line.p ? line.p : "", line.n, JSON_ALLOW_NUL, &where);
    if (!root)
        buf_printf(error, "not JSON: %s", where.text);
    else if (!json_is_object(root))
        buf_printf(error, "a notification is a JSON object");
    else
        is_good = put_message(&w, root, options, error);
    json_decref(root);
    if (is_good && w.failed)
        buf_printf(error, "the message is longer than a datagram, or an OID is not in numbers");
    return is_good ? ber_encoding(&w) : SLICE_NONE;
}

bool trap_read_response(struct slice datagram, int32_t *request_id)
{
    struct ber outer = ber_of(datagram);
    struct ber message = ber_inside(&outer, ber_take(&outer, BER_SEQUENCE, "no message"));
    int32_t version = ber_int32(&message, "no version");
    ber_take(&message, BER_OCTETS, "no community");
    struct ber pdu = ber_inside(&message, ber_take(&message, BER_PDU_RESPONSE, "no response"));
    int32_t id = ber_int32(&pdu, "no request-id"), status = ber_int32(&pdu, "no error-status");
    if (outer.error || message.error || pdu.error || version != 1 || status != 0)
        return false;
    *request_id = id;
    return true;
}
