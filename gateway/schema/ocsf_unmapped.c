/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `unmapped`: what the product sent and no mapping placed, and what the record holds and OCSF has
 * no home for; all values text. A name that occurs twice becomes one member with an array: a
 * repeated key is legal JSON that most readers silently cut down to one, and the sender chooses
 * the names. Not those under which the gateway's own word stands here: who had signed, where it
 * came from, what an indicator is. A sender's of such a name is written as "sent.NAME".
 */
#include "gateway/base/utf8.h"
#include "gateway/schema/ocsf_internal.h"

enum { ITEMS_MAX = GW_EVENT_VALUES_MAX + GW_EVENT_UNMAPPED_MAX };

struct item {
    struct slice name;
    struct slice text;
    int64_t number;
    uint32_t mark;         /* the same of names that are the same */
    const struct key *key; /* of a field; NULL */
    bool is_number;
    bool is_sent;   /* name stands behind "sent." */
    bool is_repeat; /* written with an earlier one */
    bool has_repeat;
};

/* A field's name, quoted and with its colon; copied at its full size, which needs no call. */
enum { KEY_MAX = 31 };
struct key {
    uint8_t n;
    char text[KEY_MAX];
};
static const struct key keys[GW_FIELD_END] = {
#define GW_FIELD(number, NAME, text, TYPE) [number] = {sizeof text + 2, "\"" text "\":"},
#include "gateway/schema/fields.def"
#undef GW_FIELD
};

#define SENT "sent."

/* The fields that tell the gateway's word and may stand here. */
static const uint8_t own[] = {
    GW_FIELD_PEER,           GW_FIELD_SNMP_TRAP_OID,   GW_FIELD_SNMP_VERSION,
    GW_FIELD_SNMP_UPTIME,    GW_FIELD_SNMP_ENTERPRISE, GW_FIELD_SNMP_AGENT_ADDRESS,
    GW_FIELD_SNMP_USER,      GW_FIELD_SNMP_ENGINE_ID,  GW_FIELD_BOOT_ID,
    GW_FIELD_MONO_TIME,      GW_FIELD_LOAD_TYPE,       GW_FIELD_LOAD_HASH,
    GW_FIELD_LOAD_FILE,      GW_FIELD_LOAD_SHA256,     GW_FIELD_LOAD_COUNT,
    GW_FIELD_LOAD_BY,        GW_FIELD_EMISSION,        GW_FIELD_KPI_ID,
    GW_FIELD_KPI_KEY,        GW_FIELD_KPI_SCOPE,       GW_FIELD_KPI_SCOPE_NAME,
    GW_FIELD_KPI_STATE,      GW_FIELD_KPI_OLD_STATE,   GW_FIELD_KPI_VALUE,
    GW_FIELD_KPI_VALUE_TEXT, GW_FIELD_KPI_UNIT,        GW_FIELD_ALERT_ID,
    GW_FIELD_ALERT_WORST,    GW_FIELD_ALERT_OPENED,    GW_FIELD_ALERT_EVIDENCE,
    GW_FIELD_ALERT_ACK_NAME, GW_FIELD_ALERT_ACK_NOTE,  GW_FIELD_ALERT_MUTED,
    GW_FIELD_ADVICE,         GW_FIELD_ORIGIN_IP};

static struct slice name_of(const struct key *key)
{
    return slice_of(key->text + 1, key->n - 3u);
}

/* Most senders' names are none by a look: ours are peer, advice, emission, or have a point behind
   three to six letters. */
static bool may_be_own(struct slice name)
{
    const char *p = name.p;
    if (name.n < 6)
        return name.n == 4 && p[0] == 'p';
    return p[3] == '.' || p[4] == '.' || p[5] == '.' || (name.n > 6 && p[6] == '.') ||
           (name.n == 6 && p[0] == 'a') || (name.n == 8 && p[0] == 'e');
}

static bool is_own(struct slice name)
{
    for (size_t i = 0; may_be_own(name) && i < sizeof own; i++)
        if (slice_equal(name, name_of(&keys[own[i]])))
            return true;
    return false;
}

/* Equal once written: bytes that are no character are all U+FFFD then. */
static bool is_same_name(struct slice a, struct slice b)
{
    while (a.n && b.n) {
        static const struct slice replacement = {"\xEF\xBF\xBD", 3};
        size_t an = utf8_char((const unsigned char *)a.p, a.n),
               bn = utf8_char((const unsigned char *)b.p, b.n);
        if (!slice_equal(an ? slice_head(a, an) : replacement,
                         bn ? slice_head(b, bn) : replacement))
            return false;
        a = slice_skip(a, an ? an : 1);
        b = slice_skip(b, bn ? bn : 1);
    }
    return a.n == b.n;
}

static bool is_ascii(struct slice s)
{
    uint64_t all = 0, word;
    if (s.n < sizeof word) {
        for (size_t i = 0; i < s.n; i++)
            all |= (unsigned char)s.p[i];
        return all < 0x80;
    }
    for (size_t i = 0; i + sizeof word < s.n; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        all |= word;
    }
    memcpy(&word, s.p + s.n - sizeof word, sizeof word);
    return !((all | word) & 0x8080808080808080u);
}

/* A name of ASCII is the same as another only byte for byte; all that are not share one mark. */
static uint32_t mark_of(struct slice ascii)
{
    if (!ascii.n)
        return 1;
    unsigned char first = (unsigned char)ascii.p[0], middle = (unsigned char)ascii.p[ascii.n / 2],
                  last = (unsigned char)ascii.p[ascii.n - 1];
    return ((uint32_t)ascii.n << 24 ^ (uint32_t)first << 16 ^ (uint32_t)middle << 8 ^ last) | 1;
}

/* Whoever sends that name itself sends the same. */
static void take_name(struct item *item, struct slice name)
{
    struct slice behind =
        slice_starts_with(name, SLICE(SENT)) ? slice_skip(name, sizeof SENT - 1) : name;
    item->is_sent = is_own(behind);
    item->name = item->is_sent ? behind : name;
    item->mark = is_ascii(item->name) ? mark_of(item->name) : 0;
}

static size_t collect(const struct ocsf_writer *w, struct item *items)
{
    const struct gw_event *event = w->event;
    size_t n = 0;
    for (size_t i = 0; i < event->n_values; i++) {
        if (w->is_taken[i])
            continue;
        const struct gw_value *v = &event->values[i];
        struct item *item = &items[n++];
        item->key = &keys[v->field];
        item->name = name_of(item->key);
        item->mark = mark_of(item->name);
        item->is_sent = item->is_repeat = item->has_repeat = false;
        item->is_number = v->type == GW_TYPE_INT || v->type == GW_TYPE_TIME;
        if (item->is_number)
            item->number = v->number;
        else
            item->text = v->text;
    }
    for (size_t i = 0; i < event->n_unmapped; i++) {
        struct item *item = &items[n++];
        take_name(item, event->unmapped[i].name);
        item->text = event->unmapped[i].value;
        item->key = NULL;
        item->is_number = item->is_repeat = item->has_repeat = false;
    }
    return n;
}

static bool is_same_item(const struct item *a, const struct item *b)
{
    return a->is_sent == b->is_sent && is_same_name(a->name, b->name);
}

static void find_repeats(struct item *items, size_t n)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bit = (uint64_t)1 << (items[i].mark * 0x9e3779b9u >> 26);
        for (size_t k = 0; (seen & bit) && k < i && !items[i].is_repeat; k++) {
            if (items[k].mark == items[i].mark && !items[k].is_repeat &&
                is_same_item(&items[k], &items[i])) {
                items[k].has_repeat = true;
                items[i].is_repeat = true;
            }
        }
        seen |= bit;
    }
}

static void put_name(struct ocsf_writer *w, const struct item *item)
{
    if (item->key) {
        char *to = json_key_at(&w->json, JSON_ITEM, KEY_MAX);
        memcpy(to, item->key->text, KEY_MAX);
        w->json.out->n = (size_t)(to + item->key->n - w->json.out->p);
        return;
    }
    json_member_string(&w->json, JSON_ITEM, item->is_sent ? SLICE(SENT) : item->name);
    if (item->is_sent) {
        struct buf *out = w->json.out;
        out->n--; /* the names of ours need no escape */
        buf_slice(out, item->name);
        buf_byte(out, '"');
    }
    buf_byte(w->json.out, ':');
}

static void put_text(struct ocsf_writer *w, const struct item *item)
{
    if (item->is_number)
        json_quote_int(w->json.out, item->number);
    else
        json_quote(w->json.out, item->text);
}

/* One name's values, the first of which is items[0]. */
static void put_texts(struct ocsf_writer *w, const struct item *items, size_t n)
{
    json_put_array(&w->json);
    for (size_t i = 0; i < n; i++) {
        if (i && !(items[i].is_repeat && is_same_item(&items[0], &items[i])))
            continue;
        json_key(&w->json, JSON_ITEM);
        put_text(w, &items[i]);
    }
    json_end_array(&w->json);
}

void ocsf_put_unmapped(struct ocsf_writer *w)
{
    struct item items[ITEMS_MAX];
    size_t n = collect(w, items);
    if (n == 0)
        return;
    find_repeats(items, n);
    json_member_object(&w->json, JSON_KEY("unmapped"));
    for (size_t i = 0; i < n; i++) {
        if (items[i].is_repeat)
            continue;
        put_name(w, &items[i]);
        if (items[i].has_repeat)
            put_texts(w, &items[i], n - i);
        else
            put_text(w, &items[i]);
    }
    json_end_object(&w->json);
}
