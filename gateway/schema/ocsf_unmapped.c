/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `unmapped`: what the product sent and no mapping placed, and what the record holds and OCSF has
 * no home for; all values text. A name that occurs twice becomes one member with an array: a
 * repeated key is legal JSON that most readers silently cut down to one, and the sender chooses
 * the names.
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
        item->name = slice_of(item->key->text + 1, item->key->n - 3u);
        item->mark = mark_of(item->name);
        item->is_repeat = item->has_repeat = false;
        item->is_number = v->type == GW_TYPE_INT || v->type == GW_TYPE_TIME;
        if (item->is_number)
            item->number = v->number;
        else
            item->text = v->text;
    }
    for (size_t i = 0; i < event->n_unmapped; i++) {
        struct item *item = &items[n++];
        item->name = event->unmapped[i].name;
        item->text = event->unmapped[i].value;
        item->mark = is_ascii(item->name) ? mark_of(item->name) : 0;
        item->key = NULL;
        item->is_number = item->is_repeat = item->has_repeat = false;
    }
    return n;
}

static void find_repeats(struct item *items, size_t n)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bit = (uint64_t)1 << (items[i].mark * 0x9e3779b9u >> 26);
        for (size_t k = 0; (seen & bit) && k < i && !items[i].is_repeat; k++) {
            if (items[k].mark == items[i].mark && !items[k].is_repeat &&
                is_same_name(items[k].name, items[i].name)) {
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
    json_member_string(&w->json, JSON_ITEM, item->name);
    buf_byte(w->json.out, ':');
}

static void put_text(struct ocsf_writer *w, const struct item *item)
{
    if (!item->is_number) {
        json_quote(w->json.out, item->text);
        return;
    }
    buf_byte(w->json.out, '"');
    json_put_int(&w->json, item->number);
    buf_byte(w->json.out, '"');
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
        if (!items[i].has_repeat) {
            put_text(w, &items[i]);
            continue;
        }
        json_put_array(&w->json);
        for (size_t k = i; k < n; k++) {
            if (k != i && !(items[k].is_repeat && is_same_name(items[i].name, items[k].name)))
                continue;
            json_key(&w->json, JSON_ITEM);
            put_text(w, &items[k]);
        }
        json_end_array(&w->json);
    }
    json_end_object(&w->json);
}
