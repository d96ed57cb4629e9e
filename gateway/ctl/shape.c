/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that look alike. A shape's words come from hostile messages: they are made printable and
   cut before they are kept. */
#include "gateway/ctl/shape.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/charset.h"
#include "gateway/base/crc32c.h"
#include "gateway/schema/who.h"
#include "parsers/registry.h"
#include "parsers/varbinds.h"

enum { KEY_MAX = 160, CODE_MAX = 512, NAMES_MAX = 6, WORDS_MAX = 5 };

struct shapes {
    struct shape v[SHAPES_MAX];
    uint32_t hash[SHAPES_MAX];
    size_t n;
    uint64_t others;
    struct arena arena;
    struct fields fields;
};

struct shapes *shapes_new(void)
{
    struct shapes *shapes = gw_alloc(sizeof *shapes);
    shapes->n = 0;
    shapes->others = 0;
    arena_init(&shapes->arena, 0);
    return shapes;
}

void shapes_free(struct shapes *shapes)
{
    if (!shapes)
        return;
    for (size_t i = 0; i < shapes->n; i++) {
        struct shape *shape = &shapes->v[i];
        for (size_t k = 0; k < shape->n_peers; k++)
            free(shape->peers[k]);
        free(shape->key);
        free(shape->group);
        free(shape->code);
        free((void *)shape->raw.p);
    }
    arena_fini(&shapes->arena);
    free(shapes);
}

bool shape_parse(struct slice raw, bool is_notification, struct arena *arena, struct fields *out)
{
    struct parse_options options = {0};
    arena_reset(arena);
    fields_clear(out);
    if (!is_notification) {
        parse_message(raw, &options, arena, out);
        return true;
    }
    struct notification *notification = arena_alloc(arena, sizeof *notification);
    if (parse_notification(raw, notification) != PARSE_OK)
        return false;
    parse_varbinds(notification, NULL, arena, out);
    return true;
}

struct slice shape_header(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n_header; i++)
        if (slice_equal(fields->v[i].name, slice_from(name)))
            return fields->v[i].value;
    return SLICE_NONE;
}

/* Digits that stand together become one '#'. */
static void put_folded(struct buf *out, struct slice text)
{
    struct slice word, rest = slice_trim(text);
    bool more = rest.n > 0;
    for (int i = 0; more && i < WORDS_MAX; i++) {
        more = slice_cut(rest, ' ', &word, &rest);
        if (i)
            buf_byte(out, ' ');
        for (size_t k = 0; k < word.n; k++) {
            bool is_digit = word.p[k] >= '0' && word.p[k] <= '9';
            if (!is_digit)
                buf_byte(out, word.p[k]);
            else if (k == 0 || word.p[k - 1] < '0' || word.p[k - 1] > '9')
                buf_byte(out, '#');
        }
    }
}

static void put_names(struct buf *out, const struct fields *fields)
{
    for (size_t i = fields->n_header; i < fields->n && i < fields->n_header + NAMES_MAX; i++) {
        if (i > fields->n_header)
            buf_byte(out, ',');
        buf_slice(out, fields->v[i].name);
    }
}

/* Without its last arc, and the 0 that RFC 3584 section 3.1 puts before it. */
static struct slice module_of(struct slice oid)
{
    for (int i = 0; i < 2; i++) {
        size_t at = oid.n;
        while (at > 0 && oid.p[at - 1] != '.')
            at--;
        if (at < 2 || (i == 1 && !slice_equal(slice_skip(oid, at), SLICE("0"))))
            break;
        oid = slice_head(oid, at - 1);
    }
    return oid;
}

static char *printable(const struct buf *text)
{
    char clean[KEY_MAX + 1];
    size_t n = gw_clean_text(buf_get(text), clean, KEY_MAX, false);
    char *out = gw_alloc(n + 1);
    memcpy(out, clean, n);
    out[n] = '\0';
    return out;
}

static void name_shape(const struct fields *fields, bool is_notification, struct slice code,
                       char **key, char **group)
{
    struct buf text = {0};
    struct slice product = shape_header(fields, "device_product");
    if (is_notification) {
        buf_printf(&text, "trap:%.*s", SLICE_FMT(module_of(code)));
        *group = printable(&text);
        buf_clear(&text);
        buf_printf(&text, "trap:%.*s", SLICE_FMT(code));
    } else if (product.n) {
        buf_printf(&text, "%s:%.*s/%.*s", gw_format_name(fields->format),
                   SLICE_FMT(slice_head(shape_header(fields, "device_vendor"), 48)),
                   SLICE_FMT(slice_head(product, 48)));
        *group = printable(&text);
        buf_printf(&text, "/%.*s", SLICE_FMT(slice_head(code, 48)));
    } else {
        buf_printf(&text, "%s:", gw_format_name(fields->format));
        put_folded(&text, slice_head(fields->syslog.appname, 48));
        if (fields->syslog.appname.n)
            buf_byte(&text, '/');
        if (fields->n)
            put_names(&text, fields);
        else
            put_folded(&text, slice_head(fields->syslog.msg, KEY_MAX * 2));
        *group = printable(&text);
    }
    *key = printable(&text);
    buf_free(&text);
}

static void note_peer(struct shape *shape, struct slice peer)
{
    for (size_t i = 0; i < shape->n_peers; i++)
        if (slice_equal(slice_from(shape->peers[i]), peer))
            return;
    if (peer.n && shape->n_peers < SHAPE_PEERS_MAX) {
        struct buf text = {0};
        buf_slice(&text, peer);
        shape->peers[shape->n_peers++] = printable(&text);
        buf_free(&text);
    } else if (peer.n) {
        shape->has_more_peers = true;
    }
}

static struct slice copy(struct slice s, size_t max)
{
    s = slice_head(s, max);
    char *p = gw_alloc(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return slice_of(p, s.n);
}

/* One that is no text, or too long to be written into a mapping, is none. */
static char *code_text(struct slice code)
{
    bool is_text = code.n <= CODE_MAX && (code.n == 0 || !memchr(code.p, '\0', code.n));
    return (char *)copy(is_text ? code : SLICE_NONE, CODE_MAX).p;
}

void shapes_add(struct shapes *shapes, struct slice raw, bool is_notification, struct slice code,
                struct slice peer, int64_t when_ms)
{
    char *key, *group;
    size_t i = 0;
    shape_parse(raw, is_notification, &shapes->arena, &shapes->fields);
    name_shape(&shapes->fields, is_notification, code, &key, &group);
    uint32_t hash = crc32c(0, key, strlen(key));
    while (i < shapes->n && (shapes->hash[i] != hash || strcmp(shapes->v[i].key, key) != 0))
        i++;
    if (i == SHAPES_MAX)
        shapes->others++;
    if (i < shapes->n || i == SHAPES_MAX) {
        free(key);
        free(group);
    } else {
        shapes->hash[i] = hash;
        shapes->v[i] = (struct shape){.key = key,
                                      .group = group,
                                      .is_notification = is_notification,
                                      .code = code_text(code),
                                      .raw = copy(raw, SHAPE_RAW_MAX)};
        shapes->n++;
    }
    if (i == SHAPES_MAX)
        return;
    shapes->v[i].count++;
    if (when_ms > shapes->v[i].last_ms)
        shapes->v[i].last_ms = when_ms;
    note_peer(&shapes->v[i], peer);
}

static int by_count(const void *a, const void *b)
{
    const struct shape *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->key, y->key);
}

void shapes_sort(struct shapes *shapes)
{
    qsort(shapes->v, shapes->n, sizeof *shapes->v, by_count);
    for (size_t i = 0; i < shapes->n; i++)
        shapes->hash[i] = crc32c(0, shapes->v[i].key, strlen(shapes->v[i].key));
}

size_t shapes_count(const struct shapes *shapes)
{
    return shapes->n;
}

const struct shape *shapes_at(const struct shapes *shapes, size_t i)
{
    return &shapes->v[i];
}

uint64_t shapes_others(const struct shapes *shapes)
{
    return shapes->others;
}
