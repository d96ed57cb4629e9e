/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a checkpoint's body: what versions before 4 did not have, and each since. */
#include <stdlib.h>

#include "gateway/kpi/codec.h"
#include "gateway/kpi/engine_internal.h"

static void save_product(uint32_t id, const struct kpi_product *p, struct buf *out)
{
    buf_varint(out, id + 1ull);
    kpi_put_int(out, p->notice_ms);
    kpi_put_int(out, p->noticed_ms);
    buf_byte(out, p->is_undated);
    buf_byte(out, p->gaps != NULL);
    if (p->gaps)
        kpi_gaps_encode(p->gaps, out);
}

static void load_product(struct kpi_product *p, struct cursor *in)
{
    p->notice_ms = kpi_get_int(in);
    p->noticed_ms = kpi_get_int(in);
    p->is_undated = cursor_u8(in) != 0;
    if (!cursor_u8(in))
        return;
    if (!p->gaps)
        p->gaps = gw_alloc(sizeof *p->gaps);
    kpi_gaps_decode(p->gaps, in);
}

static void save_refused(const struct kpi_engine *engine, struct buf *out)
{
    for (size_t k = 0; k < engine->n_runs; k++)
        for (size_t t = 0; t < engine->runs[k].entry->n_tests; t++) {
            const struct test_run *run = &engine->runs[k].tests[t];
            for (size_t s = 0; s < run->n_stores; s++)
                if (run->stores[s])
                    buf_varint(out, run->stores[s]->refused);
        }
}

static void load_refused(struct kpi_engine *engine, struct cursor *in)
{
    for (size_t k = 0; k < engine->n_runs; k++)
        for (size_t t = 0; t < engine->runs[k].entry->n_tests; t++) {
            struct test_run *run = &engine->runs[k].tests[t];
            for (size_t s = 0; s < run->n_stores; s++)
                if (run->stores[s])
                    run->stores[s]->refused = (uint32_t)cursor_varint(in);
        }
}

/* Whose word components and their versions are. */
static void save_words(const struct kpi_entities *entities, struct buf *out)
{
    for (size_t i = 0; i < entities->n_components; i++) {
        buf_byte(out, entities->components[i].is_strange);
        for (size_t v = 0; v < entities->components[i].n_versions; v++) {
            const struct kpi_version *version = &entities->components[i].versions[v];
            buf_varint(out, version->by == KPI_NO_ENTITY ? 0 : version->by + 1ull);
            buf_byte(out, version->is_sure);
        }
    }
    buf_varint(out, entities->refused_components);
    buf_varint(out, entities->refused_aliases);
}

static void load_words(struct kpi_entities *entities, struct cursor *in)
{
    for (size_t i = 0; i < entities->n_components; i++) {
        entities->components[i].is_strange = cursor_u8(in) != 0;
        entities->n_strange_components += entities->components[i].is_strange;
        for (size_t v = 0; v < entities->components[i].n_versions; v++) {
            struct kpi_version *version = &entities->components[i].versions[v];
            uint64_t by = cursor_varint(in);
            version->by = by ? (uint32_t)(by - 1) : KPI_NO_ENTITY;
            version->is_sure = cursor_u8(in) != 0;
            if (by > entities->n || (by && !entities->all[by - 1].label))
                cursor_fail(in);
        }
        kpi_component_judge(&entities->components[i]);
    }
    entities->refused_components = cursor_varint(in);
    entities->refused_aliases = cursor_varint(in);
}

static void save_rests(const struct kpi_entities *entities, struct buf *out)
{
    for (size_t i = 0; i < entities->n; i++)
        if (entities->all[i].label && entities->all[i].product && entities->all[i].product->gaps)
            kpi_gaps_encode_rests(entities->all[i].product->gaps, out);
}

static void load_rests(struct kpi_entities *entities, struct cursor *in)
{
    for (size_t i = 0; i < entities->n; i++)
        if (entities->all[i].label && entities->all[i].product && entities->all[i].product->gaps)
            kpi_gaps_decode_rests(entities->all[i].product->gaps, in);
}

void kpi_added_save(const struct kpi_engine *engine, struct buf *out)
{
    kpi_bursts_encode(&engine->bursts, out);
    for (size_t i = 0; i < engine->entities.n; i++)
        if (engine->entities.all[i].label && engine->entities.all[i].product)
            save_product((uint32_t)i, engine->entities.all[i].product, out);
    buf_varint(out, 0);
    for (size_t i = 0; i < engine->entities.n_components; i++)
        for (size_t v = 0; v < engine->entities.components[i].n_versions; v++)
            buf_byte(out, engine->entities.components[i].versions[v].is_told);
    for (size_t i = 0; i < engine->n_alerts; i++) {
        buf_byte(out, (char)engine->alerts[i]->told_state);
        kpi_put_int(out, engine->alerts[i]->told_up_ms);
    }
    kpi_put_int(out, engine->values_said_ms); /* from version 5 on */
    save_refused(engine, out);                /* 6 */
    save_words(&engine->entities, out);       /* 7 */
    save_rests(&engine->entities, out);       /* 8 */
}

void kpi_added_load(struct kpi_engine *engine, struct cursor *in, uint32_t version)
{
    uint64_t id;
    kpi_bursts_decode(&engine->bursts, in);
    while ((id = cursor_varint(in)) > 0 && !in->failed) {
        if (id > engine->entities.n || !engine->entities.all[id - 1].product)
            cursor_fail(in);
        else
            load_product(engine->entities.all[id - 1].product, in);
    }
    for (size_t i = 0; i < engine->entities.n_components; i++)
        for (size_t v = 0; v < engine->entities.components[i].n_versions; v++)
            engine->entities.components[i].versions[v].is_told = cursor_u8(in) != 0;
    for (size_t i = 0; i < engine->n_alerts; i++) {
        engine->alerts[i]->told_state = cursor_u8(in);
        engine->alerts[i]->told_up_ms = kpi_get_int(in);
    }
    engine->values_said_ms = version >= 5 ? kpi_get_int(in) : engine->now_ms;
    if (version >= 6)
        load_refused(engine, in);
    if (version >= 7)
        load_words(&engine->entities, in);
    if (version >= 8)
        load_rests(&engine->entities, in);
}
