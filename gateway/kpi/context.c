/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One record, seen as the engine needs it: which site, from a known source or not, sent by whom,
 * reported by which product, about which computer, and which inputs of the catalogue it matches.
 *
 * Known source: made by the gateway itself, on loopback, inside a declared <source>, or an address
 * of the inventory. When no <source> is declared at all, whoever reaches a listener is known: then
 * the listener's address is the declaration. Unknown sources count under the site "(unlisted)", and
 * make no products.
 */
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"
#include "gateway/schema/who.h"

static bool is_loopback(struct slice peer)
{
    return peer.n == 0 || slice_starts_with(peer, SLICE("127.")) || slice_equal(peer, SLICE("::1"));
}

static uint64_t address_key(struct slice text)
{
    return kpi_hash_nocase(1, 1, text);
}

static bool is_declared(const struct kpi_engine *engine, struct slice peer)
{
    struct network one;
    if (engine->settings.n_sources == 0)
        return true;
    if (!network_parse(peer, &one))
        return false;
    for (size_t i = 0; i < engine->n_networks; i++)
        if (network_has(&engine->networks[i], slice_of((const char *)one.bytes, one.n)))
            return true;
    return false;
}

/* Site and trust of a sender, from what the record, the inventory and the settings say. */
static bool judge_sender(struct context *c, uint32_t *site)
{
    struct kpi_engine *engine = c->engine;
    struct slice peer = context_text(c, GW_FIELD_PEER), declared = context_text(c, GW_FIELD_SITE);
    struct slice agent = context_text(c, GW_FIELD_SNMP_AGENT_ADDRESS);
    const uint32_t *listed =
        kpi_table_get(&engine->listed_addresses, address_key(peer.n ? peer : agent));
    bool is_known = c->event->transport == GW_TRANSPORT_NONE ||
                    c->event->transport == GW_TRANSPORT_FILE ||
                    c->event->transport == GW_TRANSPORT_UNIX || is_loopback(peer) || listed ||
                    is_declared(engine, peer);
    *site = UINT32_MAX;
    if (declared.n)
        *site = kpi_site_number(engine, declared, false);
    else if (listed)
        *site = *listed;
    else if (is_known && engine->n_sites)
        *site = engine->default_site;
    if (*site == UINT32_MAX || !is_known)
        *site = kpi_unlisted_site(engine);
    return is_known;
}

void kpi_source_able(const struct kpi_engine *engine, const char *mapping, uint8_t *able)
{
    for (size_t k = 0; k < engine->n_runs; k++) {
        const struct kpi_entry *entry = engine->runs[k].entry;
        for (size_t i = 0; i < entry->n_sources && *mapping; i++)
            if (kpi_like(slice_from(mapping), entry->sources[i]))
                bit_set(able, k);
    }
}

static struct source *make_source(struct context *c, uint64_t key)
{
    struct kpi_engine *engine = c->engine;
    uint32_t site;
    if (!judge_sender(c, &site)) {
        c->site = site;
        c->is_known = false;
        return NULL;
    }
    c->site = site;
    c->is_known = true;
    if (engine->n_sources == SOURCES_MAX) {
        engine->refused_sources++;
        return NULL;
    }
    if (engine->n_sources == engine->cap_sources) {
        engine->cap_sources = engine->cap_sources ? engine->cap_sources * 2 : 16;
        engine->sources =
            gw_realloc(engine->sources, engine->cap_sources * sizeof *engine->sources);
    }
    struct slice mapping = context_text(c, GW_FIELD_MAPPING);
    char text[96];
    gw_clean_text(mapping, text, sizeof text - 1, true);
    *kpi_table_put(&engine->source_numbers, key, NULL) = (uint32_t)engine->n_sources;
    struct source *s = &engine->sources[engine->n_sources++];
    *s = (struct source){.key = key, .site = site, .mapping = gw_strdup(text)};
    kpi_source_able(engine, text, s->able);
    return s;
}

/* The usual interval follows what is seen; it begins with the first gap, or who speaks once a week
 * would need months to be known for it. */
static void note_interval(int64_t *interval_ms, int64_t gap_ms, bool is_first)
{
    *interval_ms = is_first ? gap_ms : *interval_ms + (gap_ms - *interval_ms) / 16;
}

static void note_source(struct context *c)
{
    struct kpi_engine *engine = c->engine;
    uint64_t key = kpi_hash(engine->seed, 11, context_text(c, GW_FIELD_PEER));
    key = kpi_hash(key, 12, context_text(c, GW_FIELD_MAPPING));
    key = kpi_hash(key, 13, context_text(c, GW_FIELD_SYSLOG_HOSTNAME));
    key = kpi_hash(key, 14, context_text(c, GW_FIELD_SNMP_AGENT_ADDRESS));
    key = kpi_hash(key, 15, context_text(c, GW_FIELD_SITE));
    const uint32_t *known = kpi_table_get(&engine->source_numbers, key);
    struct source *s = known ? &engine->sources[*known] : make_source(c, key);
    c->source = s;
    if (!s)
        return;
    if (s->is_stale) {
        uint32_t site;
        s->is_stranger = !judge_sender(c, &site);
        s->site = site;
        s->is_stale = false;
    }
    c->site = s->site;
    c->is_known = !s->is_stranger;
    if (s->records > 0)
        note_interval(&s->interval_ms, engine->up_ms - s->last_up_ms, s->records == 1);
    s->records++;
    s->last_up_ms = engine->up_ms;
    s->last_ms = c->event->received_ms;
}

void kpi_context_fill(struct context *c, struct kpi_engine *engine, const struct gw_event *event)
{
    c->at = event->at;
    c->engine = engine;
    c->event = event;
    c->time_ms = event->time_ms < event->received_ms ? event->time_ms : event->received_ms;
    if (c->time_ms < 0) /* before 1970: older than any window, and no more than that */
        c->time_ms = 0;
    c->source = NULL;
    c->is_refused = c->is_repeat = c->has_asked_repeat = c->has_origin = false;
    c->sender = c->reporter = c->subject = KPI_NO_ENTITY;
    note_source(c);
}

/* ---- people ---- */

static void set_text(struct kpi_text *place, struct slice text)
{
    char clean[256];
    if (text.n == 0 || slice_equal(slice_of(place->p, place->n), text))
        return;
    size_t n = gw_clean_text(text, clean, sizeof clean - 1, false);
    free(place->p);
    *place = (struct kpi_text){gw_strdup(clean), n};
}

/* What a record says about the product that sent or reported it. */
static void note_product(struct context *c, uint32_t id, uint8_t flag, struct slice said)
{
    struct kpi_engine *engine = c->engine;
    struct kpi_entity *e = kpi_entity_at(&engine->entities, id);
    struct kpi_product *p = kpi_entity_product(&engine->entities, id);
    if (!(e->flags & flag)) {
        if (!kpi_entity_is_product(e))
            engine->entities_dirty = true;
        e->flags |= flag;
        engine->rows_dirty = true;
    }
    if (!e->scope && kpi_scope_of_entity(engine, id, KPI_SCOPE_PRODUCT, said) != NO_SCOPE)
        engine->rows_dirty = true;
    if (p->has_spoken)
        note_interval(&p->interval_ms, engine->up_ms - p->spoke_up_ms, p->interval_ms == 0);
    p->has_spoken = true;
    if (!p->gaps)
        p->gaps = gw_alloc(sizeof *p->gaps);
    kpi_gaps_note(p->gaps, engine->up_ms, engine->now_ms);
    p->spoke_up_ms = p->heard_up_ms = engine->up_ms;
    if (c->event->received_ms > p->seen_ms)
        p->seen_ms = c->event->received_ms;
    if (c->time_ms > e->seen_ms)
        e->seen_ms = c->time_ms;
    set_text(&p->vendor, context_text(c, GW_FIELD_PRODUCT_VENDOR));
    set_text(&p->name, context_text(c, GW_FIELD_PRODUCT_NAME));
    set_text(&p->version, context_text(c, GW_FIELD_PRODUCT_VERSION));
    if (!p->address) {
        struct kpi_text address = {0};
        set_text(&address, context_text(c, GW_FIELD_PRODUCT_IP).n
                               ? context_text(c, GW_FIELD_PRODUCT_IP)
                               : context_text(c, GW_FIELD_PEER));
        p->address = address.p;
    }
    if (c->source && take_able(p->able, c->source->able))
        engine->rows_dirty = true;
}

/* A word about a product, by whoever: it is heard of, by somebody who can report so much of it. */
static void note_heard(struct context *c)
{
    struct kpi_product *p = kpi_entity_at(&c->engine->entities, c->subject)->product;
    if (!p || !c->is_known)
        return;
    p->heard_up_ms = c->engine->up_ms;
    if (c->event->received_ms > p->seen_ms)
        p->seen_ms = c->event->received_ms;
    if (c->source && take_able(p->able, c->source->able))
        c->engine->rows_dirty = true;
}

static uint32_t find_sender(struct context *c)
{
    struct kpi_identity who = {.site = c->site};
    struct slice agent = context_text(c, GW_FIELD_SNMP_AGENT_ADDRESS);
    if (!gw_is_nobody(agent))
        who.ip = agent;
    else if (c->at[GW_FIELD_SYSLOG_HOSTNAME])
        who.name = context_text(c, GW_FIELD_SYSLOG_HOSTNAME);
    else
        who.ip = context_text(c, GW_FIELD_PEER);
    return kpi_entity_resolve(&c->engine->entities, &who, c->is_known);
}

static uint32_t find_subject(struct context *c)
{
    struct kpi_identity who = {
        .site = c->site,
        .guid = context_text(c, GW_FIELD_HOST_GUID),
        .name = context_text(c, GW_FIELD_HOST_NAME),
        .domain = context_text(c, GW_FIELD_HOST_DOMAIN),
        .mac = context_text(c, GW_FIELD_HOST_MAC),
        .ip = context_text(c, GW_FIELD_HOST_IP),
    };
    if (!who.guid.n && !who.name.n && !who.mac.n && !who.ip.n)
        return KPI_NO_ENTITY;
    return kpi_entity_resolve(&c->engine->entities, &who, true);
}

static bool is_listed_product(const struct kpi_entities *entities, uint32_t id)
{
    return id != KPI_NO_ENTITY && kpi_entity_at(entities, id)->flags & KPI_ENTITY_LISTED_PRODUCT;
}

void kpi_context_people(struct context *c)
{
    struct kpi_entities *entities = &c->engine->entities;
    bool is_mapped = c->is_known && c->at[GW_FIELD_MAPPING];
    uint64_t refused = entities->refused;
    c->subject = find_subject(c);
    c->sender = find_sender(c);
    struct slice host = context_text(c, GW_FIELD_PRODUCT_HOST),
                 ip = context_text(c, GW_FIELD_PRODUCT_IP);
    if (is_mapped && (!gw_is_nobody(host) || !gw_is_nobody(ip))) {
        struct kpi_identity who = {.site = c->site, .name = host, .ip = ip};
        c->reporter = kpi_entity_resolve(entities, &who, true);
        /* Some consoles name the computer itself as the product's host: then it reports itself only
           as far as any endpoint does, and the sender is the product. What the inventory lists as a
           product is one, and has spoken: a mail gateway of its own mails, by its console. */
        if (c->reporter == c->subject && !is_listed_product(entities, c->reporter))
            c->reporter = KPI_NO_ENTITY;
    }
    if (c->reporter == KPI_NO_ENTITY)
        c->reporter = c->sender;
    if (c->reporter == KPI_NO_ENTITY && is_mapped) {
        struct kpi_identity who = {.site = c->site,
                                   .product = context_text(c, GW_FIELD_PRODUCT_NAME)};
        c->reporter = kpi_entity_resolve(entities, &who, true);
    }
    c->is_refused = entities->refused != refused;
    /* Resolving one may have joined another. */
    c->subject = c->subject == KPI_NO_ENTITY ? c->subject : kpi_entity_root(entities, c->subject);
    c->sender = c->sender == KPI_NO_ENTITY ? c->sender : kpi_entity_root(entities, c->sender);
    if (is_mapped && c->sender != KPI_NO_ENTITY)
        note_product(c, c->sender, KPI_ENTITY_SOURCE, context_text(c, GW_FIELD_SYSLOG_HOSTNAME));
    if (is_mapped && c->reporter != KPI_NO_ENTITY && c->reporter != c->sender)
        note_product(c, c->reporter, KPI_ENTITY_REPORTER, host);
    if (c->subject != KPI_NO_ENTITY) {
        struct kpi_entity *e = kpi_entity_at(entities, c->subject);
        if (c->time_ms > e->seen_ms)
            e->seen_ms = c->time_ms;
        if (is_mapped && c->reporter != KPI_NO_ENTITY)
            e->reporter = c->reporter;
        note_heard(c);
    }
}

/* ---- inputs ---- */

static bool text_matches(const struct kpi_where *w, struct slice text)
{
    for (size_t i = 0; i < w->n_texts; i++) {
        bool hit = w->op == KPI_WHERE_LIKE || w->op == KPI_WHERE_UNLIKE
                       ? kpi_like(text, w->texts[i])
                       : slice_equal_nocase(text, w->texts[i]);
        if (hit)
            return true;
    }
    return false;
}

static bool number_matches(const struct kpi_where *w, int64_t number)
{
    int64_t n;
    for (size_t i = 0; i < w->n_texts; i++)
        if (slice_to_int(w->texts[i], &n) && n == number)
            return true;
    return false;
}

static const struct kpi_watch_entry *look_up_name(struct kpi_engine *engine, struct slice name)
{
    if (!engine->watchlist || !name.n)
        return NULL;
    if (!engine->watch_memo)
        engine->watch_memo = gw_alloc(sizeof *engine->watch_memo);
    uint64_t hash = kpi_hash_nocase(engine->seed, 33, name);
    size_t slot = hash % WATCH_MEMO;
    if (engine->watch_memo->slots[slot].name != hash) {
        engine->watch_memo->slots[slot].name = hash;
        engine->watch_memo->slots[slot].entry = kpi_watchlist_match(engine->watchlist, name);
    }
    return engine->watch_memo->slots[slot].entry;
}

static bool where_holds(struct context *c, const struct kpi_where *w)
{
    const struct gw_value *value = c->at[w->field] ? &c->event->values[c->at[w->field] - 1] : NULL;
    bool is_number = value && (value->type == GW_TYPE_INT || value->type == GW_TYPE_TIME);
    switch (w->op) {
    case KPI_WHERE_MIN:
        return is_number && value->number >= w->number;
    case KPI_WHERE_MAX:
        return is_number && value->number <= w->number;
    case KPI_WHERE_WATCHED:
        return value && !is_number && look_up_name(c->engine, value->text) != NULL;
    case KPI_WHERE_NOT:
    case KPI_WHERE_UNLIKE:
        return !value ||
               !(is_number ? number_matches(w, value->number) : text_matches(w, value->text));
    default:
        return value &&
               (is_number ? number_matches(w, value->number) : text_matches(w, value->text));
    }
}

bool kpi_input_matches(struct context *c, const struct kpi_input *input)
{
    bool hit = input->kinds[c->event->kind < GW_KIND_END ? c->event->kind : 0];
    for (size_t i = 0; !hit && i < input->n_has; i++)
        hit = c->at[input->has[i]] != 0;
    hit = hit && (c->event->severity >= input->least || c->event->severity == GW_SEVERITY_UNKNOWN);
    hit = hit && (!input->by_agent || c->event->flags & GW_EVENT_BY_AGENT);
    for (size_t i = 0; hit && i < input->n_wheres; i++)
        hit = where_holds(c, &input->wheres[i]);
    return hit;
}
