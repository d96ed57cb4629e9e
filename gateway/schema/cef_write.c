/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record as CEF, for tools that read nothing else. */
#include "gateway/schema/cef_write.h"

#include <string.h>

#include "gateway/base/plain.h"
#include "gateway/base/slice.h"

enum { KEY_MAX = 31 };

/* With a blank before it and '=' behind; copied at its full size, which needs no call. */
struct key {
    uint8_t n;
    char text[KEY_MAX];
};
#define KEY(text)                                                                                  \
    {                                                                                              \
        sizeof(" " text "=") - 1, " " text "="                                                     \
    }

/* A key of the dictionary that several fields may have: the first one that is there takes it. */
enum rivals { NO_RIVALS, DHOST, DST, DMAC, SHOST, SRC, SMAC, FILE_HASH };

static const struct {
    enum gw_field field;
    enum rivals rivals;
    struct key key;
} dictionary[] = {
    {GW_FIELD_MESSAGE, NO_RIVALS, KEY("msg")},
    {GW_FIELD_EVENT_KEY, NO_RIVALS, KEY("externalId")},
    {GW_FIELD_EVENT_COUNT, NO_RIVALS, KEY("cnt")},
    {GW_FIELD_CLASS, NO_RIVALS, KEY("cat")},
    {GW_FIELD_REASON, NO_RIVALS, KEY("reason")},
    {GW_FIELD_ACTION, NO_RIVALS, KEY("act")},
    {GW_FIELD_PRODUCT_HOST, NO_RIVALS, KEY("dvchost")},
    {GW_FIELD_PRODUCT_IP, NO_RIVALS, KEY("dvc")},
    {GW_FIELD_PRODUCT_MODULE, NO_RIVALS, KEY("deviceFacility")},
    {GW_FIELD_DST_NAME, DHOST, KEY("dhost")},
    {GW_FIELD_DST_IP, DST, KEY("dst")},
    {GW_FIELD_DST_PORT, NO_RIVALS, KEY("dpt")},
    {GW_FIELD_DST_MAC, DMAC, KEY("dmac")},
    {GW_FIELD_HOST_NAME, DHOST, KEY("dhost")},
    {GW_FIELD_HOST_IP, DST, KEY("dst")},
    {GW_FIELD_HOST_MAC, DMAC, KEY("dmac")},
    {GW_FIELD_HOST_DOMAIN, NO_RIVALS, KEY("dntdom")},
    {GW_FIELD_SRC_NAME, SHOST, KEY("shost")},
    {GW_FIELD_SRC_IP, SRC, KEY("src")},
    {GW_FIELD_SRC_PORT, NO_RIVALS, KEY("spt")},
    {GW_FIELD_SRC_MAC, SMAC, KEY("smac")},
    {GW_FIELD_SOURCE_NAME, SHOST, KEY("shost")},
    {GW_FIELD_SOURCE_IP, SRC, KEY("src")},
    {GW_FIELD_SOURCE_USER, NO_RIVALS, KEY("suser")},
    {GW_FIELD_USER_NAME, NO_RIVALS, KEY("duser")},
    {GW_FIELD_FILE_NAME, NO_RIVALS, KEY("fname")},
    {GW_FIELD_FILE_PATH, NO_RIVALS, KEY("filePath")},
    {GW_FIELD_FILE_SHA256, FILE_HASH, KEY("fileHash")},
    {GW_FIELD_FILE_SHA1, FILE_HASH, KEY("fileHash")},
    {GW_FIELD_FILE_MD5, FILE_HASH, KEY("fileHash")},
    {GW_FIELD_PROCESS_NAME, NO_RIVALS, KEY("dproc")},
    {GW_FIELD_PROCESS_ID, NO_RIVALS, KEY("dpid")},
    {GW_FIELD_URL, NO_RIVALS, KEY("request")},
    {GW_FIELD_NET_APP, NO_RIVALS, KEY("app")},
    {GW_FIELD_NET_PROTOCOL, NO_RIVALS, KEY("proto")},
    {GW_FIELD_INTERFACE_NAME, NO_RIVALS, KEY("deviceInboundInterface")},
};
enum { DICTIONARY = sizeof dictionary / sizeof *dictionary };

/* Of a field that the dictionary has no key for, or whose key is taken. A key may hold letters,
   digits, '_' and '.', as names of fields do. */
static const struct key own_keys[GW_FIELD_END] = {
#define GW_FIELD(number, NAME, text, TYPE) [number] = KEY("ad." text),
#include "gateway/schema/fields.def"
#undef GW_FIELD
};

/* OCSF severity_id to CEF's 0 to 10. */
static const char *const severities[] = {"Unknown", "1", "3", "5", "7", "9", "10"};

/* What is not written as it is, in the header and in the extension. */
static const bool is_plain_in_header[256] = {
    [' ' ... '['] = 1, [']' ... '{'] = 1, ['}' ... '~'] = 1};
static const bool is_plain_in_value[256] = {
    [' ' ... '<'] = 1, ['>' ... '['] = 1, [']' ... '~'] = 1};
#define PLAIN_IN_HEADER ((struct plain_set){'|', '\\', 0x7f, '\\', is_plain_in_header})
#define PLAIN_IN_VALUE  ((struct plain_set){'=', '\\', 0x7f, '\\', is_plain_in_value})

static inline size_t copy_special(char **to, const char *p, size_t n, bool is_header)
{
    char c = *p;
    if ((unsigned char)c >= 0x80)
        return plain_copy_char(to, p, n);
    bool is_escaped = c == '\\' || c == (is_header ? '|' : '=');
    bool is_line_end = !is_header && (c == '\n' || c == '\r');
    if (is_escaped || is_line_end)
        *(*to)++ = '\\';
    *(*to)++ = is_escaped ? c : !is_line_end ? ' ' : c == '\n' ? 'n' : 'r';
    return 1;
}

static size_t copy_header_special(char **to, const char *p, size_t n)
{
    return copy_special(to, p, n, true);
}

static size_t copy_value_special(char **to, const char *p, size_t n)
{
    return copy_special(to, p, n, false);
}

/* to lies in out's reserved room, enough for text as it is. */
static void put_text_at(struct buf *out, char *to, struct slice text)
{
    plain_put(out, to, text, PLAIN_IN_VALUE, copy_value_special);
}

static void put_header(struct buf *out, struct slice text)
{
    plain_put(out, buf_reserve(out, text.n), text, PLAIN_IN_HEADER, copy_header_special);
    buf_byte(out, '|');
}

static struct slice first_of(const struct gw_event *event, enum gw_field a, enum gw_field b,
                             struct slice fallback)
{
    struct slice text = gw_event_text(event, a);
    if (!text.n)
        text = gw_event_text(event, b);
    return text.n ? text : fallback;
}

static void put_field(struct buf *out, const struct key *key, const struct gw_value *value)
{
    bool is_number = value->type == GW_TYPE_INT || value->type == GW_TYPE_TIME;
    char *to = buf_reserve(out, KEY_MAX + (is_number ? 0 : value->text.n));
    memcpy(to, key->text, KEY_MAX);
    if (!is_number) {
        put_text_at(out, to + key->n, value->text);
        return;
    }
    out->n += key->n;
    buf_int(out, value->number);
}

/* Whether "ad." with this name is a key of the gateway's own. */
static bool is_own_name(struct slice name)
{
    enum { AROUND = sizeof " ad.=" - 1 };
    if (slice_starts_with(name, SLICE("eog.")))
        return true;
    for (size_t i = 1; i < GW_FIELD_END; i++)
        if (own_keys[i].n == name.n + AROUND &&
            memcmp(own_keys[i].text + AROUND - 1, name.p, name.n) == 0)
            return true;
    return false;
}

/* What a key may hold. */
enum { PLAIN = 1, CAPITAL = 2 }; /* no name of ours has a capital */
static const unsigned char in_key[256] = {
    ['a' ... 'z'] = PLAIN, ['A' ... 'Z'] = PLAIN | CAPITAL, ['0' ... '9'] = PLAIN, ['.'] = PLAIN};

static bool is_same_key(struct slice one, struct slice other)
{
    bool is_same = one.n == other.n;
    for (size_t i = 0; i < one.n && is_same; i++)
        is_same = one.p[i] == other.p[i] ||
                  !(in_key[(unsigned char)one.p[i]] | in_key[(unsigned char)other.p[i]]);
    return is_same;
}

/* Receivers keep one value a key, so those of a name that was there, or that becomes the same key,
   are numbered. */
static void put_number(struct buf *out, const struct gw_pair *pairs, size_t i)
{
    unsigned number = 1;
    for (size_t k = 0; k < i; k++)
        number += is_same_key(pairs[k].name, pairs[i].name);
    if (number > 1) {
        buf_byte(out, '.');
        buf_uint(out, number);
    }
}

/* Anything else than a key may hold becomes '_'. What would be read as the gateway's own word, so
   that a sender could forge it, is called sent.NAME. */
static void put_unmapped(struct buf *out, const struct gw_pair *pairs, size_t place)
{
    const struct gw_pair *pair = &pairs[place];
    static const char sent[] = {'s', 'e', 'n', 't', '.'};
    unsigned seen = 0;
    char *to = buf_reserve(out, sizeof " ad." - 1 + sizeof sent + pair->name.n);
    memcpy(to, " ad.", 4);
    char *name = to += 4;
    for (size_t i = 0; i < pair->name.n; i++) {
        unsigned kind = in_key[(unsigned char)pair->name.p[i]];
        *to++ = kind ? pair->name.p[i] : '_';
        seen |= kind;
    }
    if (!(seen & CAPITAL) && is_own_name(slice_of(name, (size_t)(to - name)))) {
        memmove(name + sizeof sent, name, (size_t)(to - name));
        memcpy(name, sent, sizeof sent);
        to += sizeof sent;
    }
    out->n = (size_t)(to - out->p);
    put_number(out, pairs, place);
    buf_byte(out, '=');
    put_text_at(out, buf_reserve(out, pair->value.n), pair->value);
}

/* Writes the fields that have a key of the dictionary, and marks them. */
static void put_known(const struct gw_event *event, bool *is_taken, struct buf *out)
{
    unsigned written = 0; /* rivals, by bit */
    for (size_t i = 0; i < DICTIONARY; i++) {
        const struct gw_value *value = gw_event_find(event, dictionary[i].field);
        enum rivals rivals = dictionary[i].rivals;
        if (!value || (rivals && (written >> rivals & 1)))
            continue;
        written |= 1u << rivals;
        is_taken[value - event->values] = true;
        put_field(out, &dictionary[i].key, value);
    }
}

void cef_write(const struct gw_event *event, struct buf *out)
{
    static const enum gw_field in_header[] = {GW_FIELD_PRODUCT_VENDOR, GW_FIELD_PRODUCT_NAME,
                                              GW_FIELD_PRODUCT_VERSION, GW_FIELD_EVENT_CODE,
                                              GW_FIELD_EVENT_NAME};
    bool is_taken[GW_EVENT_VALUES_MAX] = {false};
    struct slice kind = slice_from(gw_kind_name((enum gw_kind)event->kind));
    buf_slice(out, SLICE("CEF:0|"));
    put_header(out,
               first_of(event, GW_FIELD_PRODUCT_VENDOR, GW_FIELD_PRODUCT_VENDOR, SLICE("Unknown")));
    put_header(out,
               first_of(event, GW_FIELD_PRODUCT_NAME, GW_FIELD_SYSLOG_APPNAME, SLICE("Unknown")));
    put_header(out, gw_event_text(event, GW_FIELD_PRODUCT_VERSION));
    put_header(out, first_of(event, GW_FIELD_EVENT_CODE, GW_FIELD_SNMP_TRAP_OID, kind));
    put_header(out, first_of(event, GW_FIELD_EVENT_NAME, GW_FIELD_MALWARE_NAME, kind));
    put_header(out,
               slice_from(severities[event->severity <= GW_SEVERITY_FATAL ? event->severity : 0]));
    buf_slice(out, SLICE("rt="));
    buf_int(out, event->time_ms);
    for (size_t i = 0; i < sizeof in_header / sizeof *in_header; i++) {
        const struct gw_value *value = gw_event_find(event, in_header[i]);
        if (value)
            is_taken[value - event->values] = true;
    }
    put_known(event, is_taken, out);
    buf_slice(out, SLICE(" ad.eog.kind="));
    put_text_at(out, buf_reserve(out, kind.n), kind);
    for (size_t i = 0; i < event->n_values; i++)
        if (!is_taken[i])
            put_field(out, &own_keys[event->values[i].field], &event->values[i]);
    for (size_t i = 0; i < event->n_unmapped; i++)
        put_unmapped(out, event->unmapped, i);
}
