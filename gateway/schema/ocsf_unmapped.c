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
    struct json_key key;           /* the name quoted already; of fields only */
    const struct gw_value *number; /* else text */
    struct slice text;
    bool is_repeat; /* written with an earlier one */
    bool has_repeat;
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

/*
 * One of 64: names that are the same once written have the same. Those of ASCII alone are the same
 * only byte for byte; all others share one.
 */
static unsigned bucket(struct slice name)
{
    const uint64_t high = 0x8080808080808080u;
    uint64_t first = 0, last = 0;
    if (name.n >= 8) {
        uint64_t all = 0, w;
        for (size_t i = 0; i + 8 <= name.n; i += 8) {
            memcpy(&w, name.p + i, 8);
            all |= w;
        }
        memcpy(&first, name.p, 8);
        memcpy(&last, name.p + name.n - 8, 8);
        if ((all | last) & high)
            return 0;
    } else {
        for (size_t i = 0; i < name.n; i++)
            first = first << 8 | (unsigned char)name.p[i];
        if (first & high)
            return 0;
    }
    return (unsigned)((first ^ last * 3 ^ name.n) * 0x9e3779b97f4a7c15u >> 58);
}

static void put_name(struct ocsf_writer *w, const struct item *item)
{
    json_key(&w->json, item->key.n ? item->key : JSON_ITEM);
    if (item->key.n)
        return;
    json_quote(w->json.out, item->name);
    buf_byte(w->json.out, ':');
}

static void put_text(struct ocsf_writer *w, const struct item *item)
{
    if (!item->number) {
        json_quote(w->json.out, item->text);
        return;
    }
    buf_byte(w->json.out, '"');
    json_put_int(&w->json, item->number->number);
    buf_byte(w->json.out, '"');
}

static const struct json_key keys[GW_FIELD_END] = {
#define GW_FIELD(number, NAME, text, TYPE) [number] = {"\"" text "\":", sizeof text + 2},
#include "gateway/schema/fields.def"
#undef GW_FIELD
};

static size_t collect(const struct ocsf_writer *w, struct item *items)
{
    const struct gw_event *event = w->event;
    size_t n = 0;
    for (size_t i = 0; i < event->n_values; i++) {
        const struct gw_value *v = &event->values[i];
        if (w->is_taken[i])
            continue;
        bool is_number = v->type == GW_TYPE_INT || v->type == GW_TYPE_TIME;
        struct json_key key = keys[v->field];
        items[n++] = (struct item){.name = slice_of(key.text + 1, key.n - 3),
                                   .key = key,
                                   .number = is_number ? v : NULL,
                                   .text = is_number ? SLICE_NONE : v->text};
    }
    for (size_t i = 0; i < event->n_unmapped; i++)
        items[n++] =
            (struct item){.name = event->unmapped[i].name, .text = event->unmapped[i].value};
    return n;
}

static void find_repeats(struct item *items, size_t n)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bit = (uint64_t)1 << bucket(items[i].name);
        for (size_t k = 0; (seen & bit) && k < i && !items[i].is_repeat; k++) {
            if (!items[k].is_repeat && is_same_name(items[k].name, items[i].name)) {
                items[k].has_repeat = true;
                items[i].is_repeat = true;
            }
        }
        seen |= bit;
    }
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
