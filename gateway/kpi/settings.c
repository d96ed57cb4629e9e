/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings as bytes of a load record: a version, then every member in order. Version 1 had no
 * zone, version 2 no reminders, maintenance and newest versions; version 3 may end with `declared`.
 */
#include "gateway/kpi/settings.h"

#include "gateway/base/crc32c.h"
#include "gateway/base/cursor.h"
#include "gateway/base/error.h"
#include "gateway/kpi/codec.h"

enum { SETTINGS_VERSION = 3 };

uint32_t kpi_declared_sum(uint32_t before, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        before = words[i] ? crc32c(before, words[i], strlen(words[i]) + 1) : crc32c(before, "", 1);
    return before;
}

static void put_optional(struct buf *out, const char *text)
{
    buf_byte(out, text ? 1 : 0);
    if (text)
        kpi_put_text(out, slice_from(text));
}

static const char *get_optional(struct cursor *in, struct arena *arena)
{
    if (!cursor_u8(in))
        return NULL;
    return arena_text(arena, cursor_text(in));
}

static void put_maintenance(struct buf *out, const struct kpi_maintenance *m)
{
    put_optional(out, m->site);
    put_optional(out, m->scope);
    buf_byte(out, (char)m->days);
    buf_varint(out, m->from_min);
    buf_varint(out, m->to_min);
    kpi_put_int(out, m->begin_ms);
    kpi_put_int(out, m->end_ms);
    kpi_put_text(out, m->zone);
}

void kpi_settings_encode(const struct kpi_settings *s, struct buf *out)
{
    buf_byte(out, SETTINGS_VERSION);
    put_optional(out, s->gateway_id);
    put_optional(out, s->epoch);
    kpi_put_int(out, s->source_alive_ms);
    kpi_put_int(out, s->clear_hold_ms);
    kpi_put_int(out, s->raise_hold_ms);
    buf_byte(out, s->record_changes);
    buf_varint(out, s->n_sites);
    for (size_t i = 0; i < s->n_sites; i++) {
        put_optional(out, s->sites[i].id);
        put_optional(out, s->sites[i].name);
        put_optional(out, s->sites[i].zone);
        kpi_put_int(out, s->sites[i].hosts);
    }
    buf_varint(out, s->n_overrides);
    for (size_t i = 0; i < s->n_overrides; i++) {
        put_optional(out, s->overrides[i].key);
        put_optional(out, s->overrides[i].site);
        kpi_put_int(out, s->overrides[i].enabled);
        buf_byte(out, (char)s->overrides[i].test);
        kpi_put_int(out, s->overrides[i].warning);
        kpi_put_int(out, s->overrides[i].critical);
    }
    buf_varint(out, s->n_sources);
    for (size_t i = 0; i < s->n_sources; i++)
        put_optional(out, s->sources[i].network);
    kpi_put_text(out, s->zone);
    kpi_put_int(out, s->remind_ms);
    buf_varint(out, s->n_maintenance);
    for (size_t i = 0; i < s->n_maintenance; i++)
        put_maintenance(out, &s->maintenance[i]);
    buf_varint(out, s->n_newest);
    for (size_t i = 0; i < s->n_newest; i++) {
        buf_byte(out, (char)s->newest[i].type);
        put_optional(out, s->newest[i].component);
        kpi_put_int(out, s->newest[i].number);
        kpi_put_int(out, s->newest[i].since_ms);
    }
    buf_varint(out, s->declared);
}

/* How many rows follow; each is at least a byte. */
static size_t get_count(struct cursor *in)
{
    uint64_t n = cursor_varint(in);
    if (n > cursor_left(in)) {
        cursor_fail(in);
        return 0;
    }
    return (size_t)n;
}

static void get_rows(struct cursor *in, struct arena *arena, struct kpi_settings *out)
{
    size_t n = get_count(in);
    struct kpi_site *sites = arena_alloc(arena, (n + 1) * sizeof *sites);
    for (size_t i = 0; i < n && !in->failed; i++) {
        sites[i].id = get_optional(in, arena);
        sites[i].name = get_optional(in, arena);
        sites[i].zone = get_optional(in, arena);
        sites[i].hosts = kpi_get_int(in);
    }
    out->sites = sites;
    out->n_sites = n;
    n = get_count(in);
    struct kpi_override *overrides = arena_alloc(arena, (n + 1) * sizeof *overrides);
    for (size_t i = 0; i < n && !in->failed; i++) {
        overrides[i].key = get_optional(in, arena);
        overrides[i].site = get_optional(in, arena);
        overrides[i].enabled = (int8_t)kpi_get_int(in);
        overrides[i].test = cursor_u8(in);
        overrides[i].warning = (int32_t)kpi_get_int(in);
        overrides[i].critical = (int32_t)kpi_get_int(in);
    }
    out->overrides = overrides;
    out->n_overrides = n;
    n = get_count(in);
    struct kpi_declared_source *sources = arena_alloc(arena, (n + 1) * sizeof *sources);
    for (size_t i = 0; i < n && !in->failed; i++)
        sources[i].network = get_optional(in, arena);
    out->sources = sources;
    out->n_sources = n;
}

static void get_maintenance(struct cursor *in, struct arena *arena, struct kpi_maintenance *m)
{
    m->site = get_optional(in, arena);
    m->scope = get_optional(in, arena);
    m->days = cursor_u8(in);
    m->from_min = (uint16_t)cursor_varint(in);
    m->to_min = (uint16_t)cursor_varint(in);
    m->begin_ms = kpi_get_int(in);
    m->end_ms = kpi_get_int(in);
    m->zone = arena_dup(arena, cursor_text(in));
}

static void get_version_3(struct cursor *in, struct arena *arena, struct kpi_settings *out)
{
    out->remind_ms = kpi_get_int(in);
    size_t n = get_count(in);
    struct kpi_maintenance *maintenance = arena_alloc(arena, (n + 1) * sizeof *maintenance);
    for (size_t i = 0; i < n && !in->failed; i++)
        get_maintenance(in, arena, &maintenance[i]);
    out->maintenance = maintenance;
    out->n_maintenance = n;
    n = get_count(in);
    struct kpi_newest *newest = arena_alloc(arena, (n + 1) * sizeof *newest);
    for (size_t i = 0; i < n && !in->failed; i++) {
        newest[i].type = (enum gw_component)cursor_u8(in);
        newest[i].component = get_optional(in, arena);
        newest[i].number = kpi_get_int(in);
        newest[i].since_ms = kpi_get_int(in);
    }
    out->newest = newest;
    out->n_newest = n;
    if (!in->failed && cursor_left(in))
        out->declared = (uint32_t)cursor_varint(in);
}

int kpi_settings_decode(struct slice bytes, struct arena *arena, struct kpi_settings *out)
{
    struct cursor in = cursor_of(bytes);
    *out = (struct kpi_settings){0};
    uint8_t version = cursor_u8(&in);
    if (!in.failed && version > SETTINGS_VERSION)
        return GW_ERR_VERSION;
    out->gateway_id = get_optional(&in, arena);
    out->epoch = get_optional(&in, arena);
    out->source_alive_ms = kpi_get_int(&in);
    out->clear_hold_ms = kpi_get_int(&in);
    out->raise_hold_ms = kpi_get_int(&in);
    out->record_changes = cursor_u8(&in) != 0;
    get_rows(&in, arena, out);
    if (version >= 2)
        out->zone = arena_dup(arena, cursor_text(&in));
    if (version >= 3)
        get_version_3(&in, arena, out);
    return in.failed || version == 0 ? GW_ERR_DAMAGED : GW_OK;
}
