/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names by number: given at first sight, given back when nothing uses them. */
#include "gateway/kpi/names.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/kpi/codec.h"
#include "gateway/schema/who.h"

void kpi_names_init(struct kpi_names *names, uint64_t seed)
{
    *names = (struct kpi_names){.seed = seed, .n = 1, .cap = 64};
    names->texts = gw_alloc(names->cap * sizeof *names->texts);
    arena_init(&names->arena, 0);
    names->texts[0] = "(others)";
}

void kpi_names_fini(struct kpi_names *names)
{
    free(names->texts);
    arena_fini(&names->arena);
    free(names->free_ids);
    kpi_table_free(&names->by_hash);
    *names = (struct kpi_names){0};
}

static uint32_t new_id(struct kpi_names *names)
{
    if (names->n_free)
        return names->free_ids[--names->n_free];
    if (names->n == names->cap) {
        names->cap *= 2;
        names->texts = gw_realloc(names->texts, names->cap * sizeof *names->texts);
    }
    return (uint32_t)names->n++;
}

uint32_t kpi_names_put(struct kpi_names *names, struct slice text)
{
    uint64_t hash = kpi_hash_nocase(names->seed, 0, slice_head(text, KPI_NAME_MAX));
    const uint32_t *known = kpi_table_get(&names->by_hash, hash);
    if (known)
        return *known;
    if (names->live >= (names->is_strange ? KPI_STRANGE_NAMES_MAX : KPI_NAMES_MAX)) {
        names->refused++;
        return 0;
    }
    char clean[KPI_NAME_MAX + 1];
    gw_clean_text(text, clean, KPI_NAME_MAX, true);
    uint32_t id = new_id(names);
    names->texts[id] = arena_text(&names->arena, slice_from(clean));
    names->live++;
    *kpi_table_put(&names->by_hash, hash, NULL) = id;
    return id;
}

const char *kpi_names_text(const struct kpi_names *names, uint32_t id)
{
    return id < names->n && names->texts[id] ? names->texts[id] : "";
}

static void repack(struct kpi_names *names)
{
    struct arena old = names->arena;
    arena_init(&names->arena, 0);
    for (size_t i = 1; i < names->n; i++)
        if (names->texts[i])
            names->texts[i] = arena_text(&names->arena, slice_from(names->texts[i]));
    arena_fini(&old);
    names->dropped_bytes = 0;
}

void kpi_names_collect(struct kpi_names *names, const uint8_t *used)
{
    struct kpi_table kept = {0};
    size_t at = 0;
    uint64_t key;
    uint32_t *id;
    if (names->cap_free < names->n) {
        names->cap_free = names->n;
        names->free_ids = gw_realloc(names->free_ids, names->cap_free * sizeof *names->free_ids);
    }
    while (kpi_table_next(&names->by_hash, &at, &key, &id)) {
        if (used[*id]) {
            *kpi_table_put(&kept, key, NULL) = *id;
            continue;
        }
        names->dropped_bytes += strlen(names->texts[*id]) + 1;
        names->texts[*id] = NULL;
        names->live--;
        names->free_ids[names->n_free++] = *id;
    }
    kpi_table_free(&names->by_hash);
    names->by_hash = kept;
    if (names->dropped_bytes > names->arena.used_bytes / 2)
        repack(names);
}

void kpi_names_encode(const struct kpi_names *names, struct buf *out)
{
    size_t at = 0;
    uint64_t key;
    uint32_t *id;
    buf_varint(out, names->n);
    buf_varint(out, names->by_hash.n);
    while (kpi_table_next(&names->by_hash, &at, &key, &id)) {
        buf_varint(out, key);
        buf_varint(out, *id);
        kpi_put_text(out, slice_from(names->texts[*id]));
    }
    buf_varint(out, names->refused);
}

bool kpi_names_decode(struct kpi_names *names, struct cursor *in)
{
    uint64_t n = cursor_varint(in), live = cursor_varint(in);
    if (n == 0 || n > KPI_NAMES_MAX + 1 || live >= n || live > cursor_left(in)) {
        cursor_fail(in);
        return false;
    }
    if (n > names->cap) {
        names->cap = n;
        names->texts = gw_realloc(names->texts, n * sizeof *names->texts);
    }
    memset(names->texts + 1, 0, (n - 1) * sizeof *names->texts);
    names->n = n;
    for (uint64_t i = 0; i < live && !in->failed; i++) {
        uint64_t key = cursor_varint(in), id = cursor_varint(in);
        struct slice text = cursor_text(in);
        if (key == 0 || id == 0 || id >= n || names->texts[id]) {
            cursor_fail(in);
            break;
        }
        names->texts[id] = arena_text(&names->arena, text);
        *kpi_table_put(&names->by_hash, key, NULL) = (uint32_t)id;
        names->live++;
    }
    names->refused = cursor_varint(in);
    names->cap_free = n;
    names->free_ids = gw_realloc(names->free_ids, n * sizeof *names->free_ids);
    for (uint64_t id = n - 1; id > 0; id--)
        if (!names->texts[id])
            names->free_ids[names->n_free++] = (uint32_t)id;
    return !in->failed;
}
