/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine's whole state in one file, with the sequence it stands at, so that a restart replays
 * only what came after.
 *
 *     "EOGKPICK"  8 bytes      version  u32 LE      body      CRC-32C of all before, u32 LE
 *
 * A file that is damaged, or of a newer version, is refused by name and the journal is replayed
 * from its start: a wrong state is worse than a slow start. Loads (catalogue, inventory, watchlist,
 * settings) stand in the body as the bytes that the journal held.
 *
 * Version 1 had no counter of refused sources and, in a site, none of unlisted hosts; version 2 had
 * no top tens; version 3 nothing of checkpoint_added.c; version 4 kept names' hashes whole and
 * had not said values; version 5 did not know what full tables had refused; version 6 not whose
 * words components and their versions were; version 7 not when sources rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pages.h"
#include "gateway/base/write.h"
#include "gateway/kpi/codec.h"
#include "gateway/kpi/engine_internal.h"

enum { CHECKPOINT_VERSION = 8, MAGIC_SIZE = 8, HEAD_SIZE = 12 };
static const char MAGIC[] = "EOGKPICK";

static void put_u32(struct buf *out, uint32_t n)
{
    char bytes[4] = {(char)n, (char)(n >> 8), (char)(n >> 16), (char)(n >> 24)};
    buf_append(out, bytes, sizeof bytes);
}

static char *get_string(struct cursor *in)
{
    struct slice text = cursor_text(in);
    char *copy = gw_alloc(text.n + 1);
    if (text.n)
        memcpy(copy, text.p, text.n);
    return copy;
}

/* A number of things of at least one byte each. */
static size_t get_count(struct cursor *in, size_t max)
{
    uint64_t n = cursor_varint(in);
    if (n > max || n > cursor_left(in)) {
        cursor_fail(in);
        return 0;
    }
    return (size_t)n;
}

/* ---- clocks and counters ---- */

static void save_numbers(const struct kpi_engine *e, struct buf *out)
{
    buf_varint(out, e->seed);
    buf_varint(out, e->sequence);
    buf_varint(out, e->emission);
    buf_byte(out, e->has_tick);
    buf_byte(out, (char)(e->is_dirty | e->rows_dirty << 1 | e->entities_dirty << 2 |
                         e->entities.has_joined << 3 | e->is_full << 4));
    const int64_t times[] = {
        e->now_ms,       e->mono_ms,    e->up_ms,        e->seen_since_ms,
        e->next_look_ms, e->scanned_ms, e->collected_ms, 0 /* of before, unused */};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        kpi_put_int(out, times[i]);
    kpi_put_text(out, slice_from(e->boot_id));
    buf_varint(out, e->refused_scopes);
    buf_varint(out, e->refused_sources);
    buf_varint(out, e->repeats);
    buf_varint(out, e->late);
    buf_varint(out, e->last_alert_id);
    buf_varint(out, e->generation);
    buf_varint(out, e->evaluations);
    buf_varint(out, e->unlisted_site == SIZE_MAX ? 0 : e->unlisted_site + 1);
    buf_varint(out, e->default_site);
}

static void load_numbers(struct kpi_engine *e, struct cursor *in, uint32_t version, uint8_t *flags)
{
    e->seed = e->names.seed = e->entities.seed = cursor_varint(in);
    e->sequence = cursor_varint(in);
    e->emission = cursor_varint(in);
    e->has_tick = cursor_u8(in) != 0;
    *flags = cursor_u8(in);
    int64_t unused = 0; /* a time that the checkpoint has no more */
    int64_t *const times[] = {&e->now_ms,       &e->mono_ms,    &e->up_ms,        &e->seen_since_ms,
                              &e->next_look_ms, &e->scanned_ms, &e->collected_ms, &unused};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        *times[i] = kpi_get_int(in);
    struct slice boot = slice_head(cursor_text(in), sizeof e->boot_id - 1);
    memcpy(e->boot_id, boot.p ? boot.p : "", boot.n);
    e->boot_id[boot.n] = '\0';
    e->refused_scopes = cursor_varint(in);
    e->refused_sources = version >= 2 ? cursor_varint(in) : 0;
    e->repeats = cursor_varint(in);
    e->late = cursor_varint(in);
    e->last_alert_id = (uint32_t)cursor_varint(in);
    e->generation = cursor_varint(in);
    e->evaluations = cursor_varint(in);
    uint64_t unlisted = cursor_varint(in);
    e->unlisted_site = unlisted ? unlisted - 1 : SIZE_MAX;
    e->default_site = (uint32_t)cursor_varint(in);
}

/* ---- sites, scopes, sources ---- */

static void save_places(const struct kpi_engine *e, struct buf *out)
{
    buf_varint(out, e->n_sites);
    for (size_t i = 0; i < e->n_sites; i++) {
        const struct site *s = &e->sites[i];
        kpi_put_text(out, slice_from(s->id));
        kpi_put_text(out, slice_from(s->name));
        kpi_put_int(out, s->hosts_given);
        buf_byte(out, s->is_configured);
        buf_varint(out, s->scope);
        buf_varint(out, s->managed);
        buf_varint(out, s->listed);
        buf_varint(out, s->installed);
        buf_varint(out, s->unlisted);
    }
    kpi_table_encode(&e->site_numbers, out);
    buf_varint(out, e->n_scopes);
    for (size_t i = 0; i < e->n_scopes; i++) {
        const struct scope *s = &e->scopes[i];
        kpi_put_text(out, slice_from(s->key));
        kpi_put_text(out, slice_from(s->name));
        buf_byte(out, (char)(s->kind | s->is_gone << 4));
        buf_varint(out, s->site);
        buf_varint(out, s->entity);
        buf_varint(out, s->installed);
        buf_varint(out, s->managed);
        buf_varint(out, s->offline);
    }
    kpi_table_encode(&e->scope_numbers, out);
    buf_varint(out, e->n_sources);
    for (size_t i = 0; i < e->n_sources; i++) {
        const struct source *s = &e->sources[i];
        buf_varint(out, s->key);
        buf_varint(out, s->site);
        kpi_put_int(out, s->last_ms);
        kpi_put_int(out, s->last_up_ms);
        kpi_put_int(out, s->interval_ms);
        buf_varint(out, s->records);
        kpi_put_text(out, slice_from(s->mapping));
        buf_byte(out, (char)(s->is_stale | s->is_stranger << 1));
        buf_append(out, s->able, sizeof s->able);
    }
}

/* A table of numbers, each below n. */
static void load_numbers_of(struct kpi_table *table, size_t n, struct cursor *in)
{
    size_t at = 0;
    uint64_t key;
    uint32_t *value;
    if (!kpi_table_decode(table, in))
        return;
    while (kpi_table_next(table, &at, &key, &value))
        if (*value >= n)
            cursor_fail(in);
}

static size_t power_of_two(size_t n)
{
    size_t cap = 1;
    while (cap < n)
        cap *= 2;
    return cap;
}

static void load_sites(struct kpi_engine *e, struct cursor *in, uint32_t version)
{
    size_t n = get_count(in, SITES_MAX);
    e->sites = gw_alloc(power_of_two(n) * sizeof *e->sites);
    for (; e->n_sites < n && !in->failed; e->n_sites++) {
        struct site *s = &e->sites[e->n_sites];
        s->id = get_string(in);
        s->name = get_string(in);
        s->hosts_given = kpi_get_int(in);
        s->is_configured = cursor_u8(in) != 0;
        s->scope = (uint32_t)cursor_varint(in);
        s->managed = (uint32_t)cursor_varint(in);
        s->listed = (uint32_t)cursor_varint(in);
        s->installed = (uint32_t)cursor_varint(in);
        s->unlisted = version >= 2 ? (uint32_t)cursor_varint(in) : 0;
    }
    load_numbers_of(&e->site_numbers, e->n_sites, in);
}

static void load_scopes(struct kpi_engine *e, struct cursor *in)
{
    size_t n = get_count(in, SCOPES_MAX);
    e->scopes = gw_alloc(power_of_two(n) * sizeof *e->scopes);
    for (; e->n_scopes < n && !in->failed; e->n_scopes++) {
        struct scope *s = &e->scopes[e->n_scopes];
        s->key = get_string(in);
        s->name = get_string(in);
        uint8_t kind = cursor_u8(in);
        s->kind = (enum kpi_scope_kind)(kind & 15);
        s->is_gone = kind >> 4;
        s->site = (uint32_t)cursor_varint(in);
        s->entity = (uint32_t)cursor_varint(in);
        s->installed = (uint32_t)cursor_varint(in);
        s->managed = (uint32_t)cursor_varint(in);
        s->offline = (uint32_t)cursor_varint(in);
        if (s->site >= e->n_sites || s->kind > KPI_SCOPE_DEVICE)
            cursor_fail(in);
    }
    load_numbers_of(&e->scope_numbers, e->n_scopes, in);
}

static void load_sources(struct kpi_engine *e, struct cursor *in)
{
    size_t n = get_count(in, SOURCES_MAX);
    e->cap_sources = n + 16;
    e->sources = gw_alloc(e->cap_sources * sizeof *e->sources);
    for (; e->n_sources < n && !in->failed; e->n_sources++) {
        struct source *s = &e->sources[e->n_sources];
        s->key = cursor_varint(in);
        s->site = (uint32_t)cursor_varint(in);
        s->last_ms = kpi_get_int(in);
        s->last_up_ms = kpi_get_int(in);
        s->interval_ms = kpi_get_int(in);
        s->records = cursor_varint(in);
        s->mapping = get_string(in);
        uint8_t flags = cursor_u8(in);
        s->is_stale = flags & 1;
        s->is_stranger = flags >> 1 & 1;
        struct slice able = cursor_take(in, sizeof s->able);
        if (able.n == sizeof s->able)
            memcpy(s->able, able.p, able.n);
        if (s->key == 0 || s->site >= e->n_sites)
            cursor_fail(in);
        else
            *kpi_table_put(&e->source_numbers, s->key, NULL) = (uint32_t)e->n_sources;
    }
}

/* ---- tests and rows ---- */

static void save_test(const struct test_run *t, struct buf *out)
{
    size_t n = 0;
    for (size_t s = 0; s < t->n_stores; s++)
        n += t->stores[s] != NULL;
    buf_varint(out, n);
    for (size_t s = 0; s < t->n_stores; s++) {
        const struct cell_store *store = t->stores[s];
        if (!store)
            continue;
        buf_varint(out, s);
        for (size_t i = 0; store->ring && i < KPI_WINDOW_SLOTS; i++) {
            buf_varint(out, store->ring->bucket[i]);
            buf_varint(out, store->ring->count[i]);
        }
        kpi_pairs_encode(&store->pairs, out);
    }
    kpi_held_encode(&t->held, out);
    buf_varint(out, t->n_part);
    for (size_t s = 0; s < t->n_part; s++)
        buf_varint(out, t->part[s]);
}

static void load_test(const struct kpi_engine *e, struct test_run *t, struct cursor *in)
{
    size_t n = get_count(in, SCOPES_MAX);
    for (size_t i = 0; i < n && !in->failed; i++) {
        uint64_t scope = cursor_varint(in);
        if (scope >= e->n_scopes) {
            cursor_fail(in);
            return;
        }
        struct cell_store *store = kpi_store_at(t, (uint32_t)scope, true);
        for (size_t j = 0; store->ring && j < KPI_WINDOW_SLOTS; j++) {
            store->ring->bucket[j] = (uint32_t)cursor_varint(in);
            store->ring->count[j] = (uint32_t)cursor_varint(in);
        }
        kpi_pairs_decode(&store->pairs, in);
    }
    kpi_held_decode(&t->held, in);
    t->n_part = get_count(in, SCOPES_MAX);
    t->part = gw_alloc((t->n_part + 1) * sizeof *t->part);
    for (size_t s = 0; s < t->n_part; s++)
        t->part[s] = (uint32_t)cursor_varint(in);
}

static void save_row(const struct row *r, size_t n_tests, struct buf *out)
{
    buf_byte(out, (char)r->state);
    buf_byte(out, (char)r->worst_test);
    buf_byte(out, (char)(r->is_disabled | r->is_new << 1 | r->calm_state << 2 | r->is_unsaid << 4));
    buf_byte(out, (char)r->why);
    const int64_t numbers[] = {r->silent_since_ms, r->value, r->since_ms, r->changed_ms,
                               r->bad_since_up_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        kpi_put_int(out, numbers[i]);
    buf_varint(out, r->events);
    buf_varint(out, r->evidence ? r->n_evidence : 0);
    for (size_t i = 0; r->evidence && i < EVIDENCE_MAX; i++)
        buf_varint(out, r->evidence[i]);
    for (size_t t = 0; t < n_tests; t++) {
        const struct row_test *x = &r->tests[t];
        kpi_put_int(out, x->value);
        kpi_put_int(out, x->warning);
        kpi_put_int(out, x->critical);
        buf_varint(out, x->part);
        buf_varint(out, x->whole);
        buf_varint(out, x->detail);
        buf_byte(out, (char)x->level);
        buf_byte(out, (char)x->status);
        buf_byte(out, (char)x->why);
    }
}

static void load_row(struct row *r, size_t n_tests, struct cursor *in)
{
    r->state = cursor_u8(in);
    r->worst_test = cursor_u8(in);
    uint8_t flags = cursor_u8(in);
    r->is_disabled = flags & 1;
    r->is_new = flags >> 1 & 1;
    r->calm_state = flags >> 2 & 3;
    r->is_unsaid = flags >> 4 & 1; /* none before version 7: its end is said for nothing, then */
    r->why = cursor_u8(in);
    r->silent_since_ms = kpi_get_int(in);
    r->value = (int32_t)kpi_get_int(in);
    r->since_ms = kpi_get_int(in);
    r->changed_ms = kpi_get_int(in);
    r->bad_since_up_ms = kpi_get_int(in);
    r->events = cursor_varint(in);
    r->n_evidence = (uint32_t)cursor_varint(in);
    if (r->n_evidence)
        r->evidence = gw_alloc(EVIDENCE_MAX * sizeof *r->evidence);
    for (size_t i = 0; r->evidence && i < EVIDENCE_MAX; i++)
        r->evidence[i] = cursor_varint(in);
    for (size_t t = 0; t < n_tests; t++) {
        struct row_test *x = &r->tests[t];
        x->value = (int32_t)kpi_get_int(in);
        x->warning = (int32_t)kpi_get_int(in);
        x->critical = (int32_t)kpi_get_int(in);
        x->part = (uint32_t)cursor_varint(in);
        x->whole = (uint32_t)cursor_varint(in);
        x->detail = cursor_varint(in);
        x->level = cursor_u8(in);
        x->status = cursor_u8(in);
        x->why = cursor_u8(in);
    }
    if (r->state > KPI_UNKNOWN || r->worst_test >= n_tests)
        cursor_fail(in);
}

static void save_run(const struct kpi_run *run, struct buf *out)
{
    size_t n = 0;
    for (size_t t = 0; t < run->entry->n_tests; t++)
        save_test(&run->tests[t], out);
    for (size_t s = 0; s < run->n_rows; s++)
        n += run->rows[s] != NULL;
    buf_varint(out, n);
    for (size_t s = 0; s < run->n_rows; s++) {
        if (!run->rows[s])
            continue;
        buf_varint(out, s);
        save_row(run->rows[s], run->entry->n_tests, out);
    }
}

static void load_run(struct kpi_engine *e, struct kpi_run *run, struct cursor *in)
{
    for (size_t t = 0; t < run->entry->n_tests; t++)
        load_test(e, &run->tests[t], in);
    size_t n = get_count(in, SCOPES_MAX);
    for (size_t i = 0; i < n && !in->failed; i++) {
        uint64_t scope = cursor_varint(in);
        if (scope >= e->n_scopes || kpi_row_at(run, (uint32_t)scope)) {
            cursor_fail(in);
            return;
        }
        load_row(kpi_make_row(e, run, (uint32_t)scope), run->entry->n_tests, in);
    }
}

static void save_alerts(const struct kpi_engine *e, struct buf *out)
{
    buf_varint(out, e->n_alerts);
    for (size_t i = 0; i < e->n_alerts; i++) {
        const struct alert *a = e->alerts[i];
        buf_varint(out, a->id);
        buf_varint(out, a->kpi_id);
        buf_varint(out, a->scope);
        buf_byte(out, (char)a->state);
        buf_byte(out, (char)a->said_state);
        buf_byte(out, (char)a->worst);
        buf_byte(out, (char)((a->ack_state != 0) | a->is_unverified << 1 | a->ack_state << 2));
        kpi_put_int(out, a->opened_ms);
        kpi_put_int(out, a->changed_ms);
        kpi_put_int(out, a->ok_since_up_ms);
        kpi_put_int(out, a->value);
        const char *texts[] = {a->value_text, a->reason, a->ack_name, a->ack_note};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            kpi_put_text(out, slice_from(texts[t]));
    }
}

static void load_alert(struct kpi_engine *e, struct cursor *in)
{
    struct alert *a = gw_alloc(sizeof *a);
    a->id = (uint32_t)cursor_varint(in);
    a->kpi_id = (uint32_t)cursor_varint(in);
    a->scope = (uint32_t)cursor_varint(in);
    a->state = cursor_u8(in);
    a->said_state = cursor_u8(in);
    a->worst = cursor_u8(in);
    uint8_t flags = cursor_u8(in);
    if (flags & 1) /* of which state was not kept before */
        a->ack_state = flags >> 2 & 3 ? flags >> 2 & 3 : a->said_state;
    a->is_unverified = flags >> 1 & 1;
    a->opened_ms = kpi_get_int(in);
    a->changed_ms = kpi_get_int(in);
    a->ok_since_up_ms = kpi_get_int(in);
    a->value = (int32_t)kpi_get_int(in);
    char **const texts[] = {&a->value_text, &a->reason, &a->ack_name, &a->ack_note};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        *texts[t] = get_string(in);
    a->told_state = a->said_state; /* until version 4 whatever was said was told */
    a->told_up_ms = e->up_ms;
    kpi_alert_add(e, a);
    for (size_t k = 0; k < e->n_runs; k++) {
        struct row *row =
            e->runs[k].entry->id == a->kpi_id ? kpi_row_at(&e->runs[k], a->scope) : NULL;
        if (row && !row->alert) {
            row->alert = a;
            return;
        }
    }
    cursor_fail(in); /* an alert of no row */
}

/* ---- the whole ---- */

/* Where the bytes go: all of them into a buffer, or each part into a file, so that they never stand
   in memory all at once. */
struct saver {
    struct buf *out;
    int fd; /* -1: out keeps them */
    uint32_t crc;
    size_t summed; /* of out */
    int error;
};

static void end_part(void *context)
{
    struct saver *to = context;
    struct slice part = slice_skip(buf_get(to->out), to->summed);
    to->crc = crc32c(to->crc, part.p, part.n);
    to->summed = to->out->n;
    if (to->fd < 0)
        return;
    if (!to->error)
        to->error = write_whole(to->fd, part);
    buf_clear(to->out);
    to->summed = 0;
}

static void save(const struct kpi_engine *engine, struct saver *to)
{
    struct buf *out = to->out;
    buf_append(out, MAGIC, MAGIC_SIZE);
    put_u32(out, CHECKPOINT_VERSION);
    save_numbers(engine, out);
    save_places(engine, out);
    for (int load = 0; load < KPI_LOADS; load++) {
        kpi_put_text(out, slice_from(engine->load_hash[load]));
        kpi_put_text(out, buf_get(&engine->load_bytes[load]));
        end_part(to);
    }
    kpi_names_encode(&engine->names, out);
    end_part(to);
    kpi_entities_encode(&engine->entities, out, end_part, to);
    end_part(to);
    for (size_t k = 0; k < engine->n_runs; k++) {
        save_run(&engine->runs[k], out);
        end_part(to);
    }
    save_alerts(engine, out);
    kpi_table_encode(&engine->seen_keys[0], out);
    end_part(to);
    kpi_table_encode(&engine->seen_keys[1], out);
    kpi_top_encode(&engine->top, out);
    kpi_added_save(engine, out);
    end_part(to);
    put_u32(out, to->crc);
}

void kpi_engine_save(const struct kpi_engine *engine, struct buf *out)
{
    struct saver to = {.out = out, .fd = -1, .summed = out->n};
    save(engine, &to);
}

/* Where the bytes come from. */
struct loader {
    struct cursor in;
    struct pages pages; /* of a file; none: the bytes are another's */
};

static void pass_part(void *context)
{
    struct loader *from = context;
    if (!from->in.failed)
        pages_pass(&from->pages, from->in.p);
}

static void load_loads(struct kpi_engine *engine, struct cursor *in)
{
    static const enum kpi_load order[] = {KPI_LOAD_SETTINGS, KPI_LOAD_INVENTORY, KPI_LOAD_WATCHLIST,
                                          KPI_LOAD_CATALOGUE};
    struct slice hash[KPI_LOADS], bytes[KPI_LOADS];
    for (int load = 0; load < KPI_LOADS; load++) {
        hash[load] = cursor_text(in);
        bytes[load] = cursor_text(in);
    }
    for (int i = 0; i < KPI_LOADS && !in->failed; i++)
        if (hash[order[i]].n &&
            kpi_engine_load_bytes(engine, order[i], bytes[order[i]], hash[order[i]]))
            cursor_fail(in);
    kpi_index_sources(engine);
}

/* Scopes speak of entities: none may lead nowhere. */
static void check_scopes(const struct kpi_engine *engine, struct cursor *in)
{
    for (size_t i = 0; i < engine->n_scopes; i++) {
        const struct scope *s = &engine->scopes[i];
        if (s->kind != KPI_SCOPE_SITE && s->entity >= engine->entities.n)
            cursor_fail(in);
    }
    for (size_t i = 0; i < engine->entities.n; i++)
        if (engine->entities.all[i].scope > engine->n_scopes)
            cursor_fail(in);
    for (size_t i = 0; i < engine->n_sites; i++)
        if (engine->sites[i].scope != NO_SCOPE && engine->sites[i].scope >= engine->n_scopes)
            cursor_fail(in);
    if (engine->n_sites && engine->default_site >= engine->n_sites)
        cursor_fail(in);
}

/* GW_OK: magic, version and CRC are right, and the cursor stands at the body. */
static int open_body(struct slice bytes, struct cursor *in, uint32_t *version)
{
    if (bytes.n < HEAD_SIZE + 4 || memcmp(bytes.p, MAGIC, MAGIC_SIZE))
        return GW_ERR_DAMAGED;
    *in = cursor_of(slice_skip(bytes, MAGIC_SIZE));
    *version = cursor_u32le(in);
    if (*version > CHECKPOINT_VERSION)
        return GW_ERR_VERSION;
    if (*version == 0)
        return GW_ERR_DAMAGED;
    struct cursor tail = cursor_of(slice_skip(bytes, bytes.n - 4));
    if (crc32c(0, bytes.p, bytes.n - 4) != cursor_u32le(&tail))
        return GW_ERR_DAMAGED;
    in->end -= 4;
    return GW_OK;
}

static int restore(struct kpi_engine *engine, struct slice bytes, struct loader *from)
{
    uint8_t flags = 0;
    uint32_t version;
    struct cursor *in = &from->in;
    int error = open_body(bytes, in, &version);
    if (error)
        return error;
    load_numbers(engine, in, version, &flags);
    load_sites(engine, in, version);
    load_scopes(engine, in);
    load_sources(engine, in);
    load_loads(engine, in);
    kpi_names_decode(&engine->names, in);
    pass_part(from);
    if (!in->failed && kpi_entities_decode(&engine->entities, in, pass_part, from)) {
        if (engine->unlisted_site != SIZE_MAX)
            kpi_entities_bound_site(&engine->entities, (uint32_t)engine->unlisted_site);
        check_scopes(engine, in);
        for (size_t k = 0; k < engine->n_runs && !in->failed; k++) {
            load_run(engine, &engine->runs[k], in);
            pass_part(from);
        }
        for (size_t n = get_count(in, SCOPES_MAX * KPI_MAX); n > 0 && !in->failed; n--)
            load_alert(engine, in);
        kpi_table_decode(&engine->seen_keys[0], in);
        kpi_table_decode(&engine->seen_keys[1], in);
        pass_part(from);
        if (version >= 3)
            kpi_top_decode(&engine->top, engine->entities.n, in);
        else if (engine->has_tick)
            kpi_top_begin_at(&engine->top, engine->now_ms);
        if (version >= 4)
            kpi_added_load(engine, in, version);
    }
    engine->is_dirty = flags & 1;
    engine->rows_dirty = flags >> 1 & 1;
    engine->entities_dirty = flags >> 2 & 1;
    engine->entities.has_joined = flags >> 3 & 1;
    engine->is_full = flags >> 4 & 1;
    return in->failed || cursor_left(in) ? GW_ERR_DAMAGED : GW_OK;
}

int kpi_engine_restore(struct kpi_engine *engine, struct slice bytes)
{
    struct loader from = {0};
    return restore(engine, bytes, &from);
}

/* ---- the file ---- */

int kpi_checkpoint_write(const struct kpi_engine *engine, const char *path)
{
    struct buf bytes = {0}, temporary = {0};
    buf_printf(&temporary, "%s.tmp", path);
    const char *name = buf_text(&temporary);
    int error = GW_ERR_IO;
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
        struct saver to = {.out = &bytes, .fd = fd};
        save(engine, &to);
        error = to.error ? to.error : write_whole(fd, buf_get(&bytes));
        if (!error && fsync(fd))
            error = GW_ERR_IO;
        if (close(fd))
            error = GW_ERR_IO;
    }
    if (!error && rename(name, path))
        error = GW_ERR_IO;
    if (!error)
        error = write_sync_folder(path);
    if (error) {
        log_error("kpi", "checkpoint cannot be written file=%s reason=%m", path);
        unlink(name);
    }
    buf_free(&bytes);
    buf_free(&temporary);
    return error;
}

int kpi_checkpoint_read(struct kpi_engine *engine, const char *path)
{
    struct loader from = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return GW_ERR_NOT_FOUND;
    int error = fd < 0 ? GW_ERR_IO : pages_read(&from.pages, fd);
    if (fd >= 0)
        close(fd);
    if (!error)
        error = restore(engine, slice_of(from.pages.bytes, from.pages.n), &from);
    pages_free(&from.pages);
    return error;
}
