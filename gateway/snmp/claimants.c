/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows in two lists, those that proved themselves and those that did not, each from the one that
 * was silent longest to the one that spoke last.
 *
 * Boots and time are the library's own record of an engine. It makes one for whatever engine a
 * message names, before it knows the message to be authentic, and never lets go of any: those of
 * engines that never proved themselves go with their row.
 */
#include "gateway/snmp/claimants.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/map.h"
#include "gateway/base/secret.h"
#include "gateway/snmp/snmp_internal.h"

enum {
    SOURCE_PROVEN_MAX = GWSNMP_PROVEN_MAX / 4, /* places before it must do with its own */
    SOURCE_TIMES_MAX = GWSNMP_TIMES_MAX / 4
};

/* An address that messages came from; kept while it has rows or engines. */
struct claimant_source {
    size_t n_rows, n_proven, n_times;
    char address[16];
    size_t n_address;
};

struct list {
    struct gwsnmp_claimant *oldest, *newest;
    size_t n;
};

struct gwsnmp_claimants {
    const struct gwsnmp_engine *ours;
    const struct gwsnmp_sinks *sinks;
    const struct gwsnmp_access *access;
    struct gwsnmp_user_keys *keys; /* of access->senders */
    size_t n_keys;
    struct map *rows;    /* by engine and user */
    struct map *sources; /* by address */
    struct list unproven, proven;
    size_t n_times;
};

/* ---- who may send ---- */

static const struct gwsnmp_sender *find_sender(const struct gwsnmp_claimants *c, struct slice user,
                                               struct slice engine, size_t *at)
{
    for (size_t i = 0; c->access && i < c->access->n_senders; i++) {
        const struct gwsnmp_sender *sender = &c->access->senders[i];
        bool fits = sender->n_engine == 0 ||
                    slice_equal(engine, slice_of((const char *)sender->engine, sender->n_engine));
        *at = i;
        if (fits && slice_equal(user, slice_from(sender->user.name)))
            return sender;
    }
    return NULL;
}

static struct slice our_engine(const struct gwsnmp_claimants *c)
{
    return slice_of((const char *)c->ours->id, c->ours->n_id);
}

static struct slice engine_of(const struct gwsnmp_claimant *claimant)
{
    return slice_of((const char *)claimant->engine, claimant->n_engine);
}

/* Whether the library's user of that name at that engine is not ours to add and remove: at our own
   engine it is the agent's and the inform senders', at another it may be a sink's. */
static bool is_others(const struct gwsnmp_claimants *c, const char *user, struct slice engine)
{
    return slice_equal(engine, our_engine(c)) || gwsnmp_sinks_have(c->sinks, user, engine);
}

/* ---- rows ---- */

struct claim_key {
    char bytes[2 * GWSNMP_ENGINE_ID_MAX + 1];
    size_t n;
};

static struct claim_key key_of(struct slice engine, struct slice user)
{
    struct claim_key key = {.n = 1 + engine.n + user.n};
    key.bytes[0] = (char)engine.n;
    memcpy(key.bytes + 1, engine.p, engine.n);
    if (user.n)
        memcpy(key.bytes + 1 + engine.n, user.p, user.n);
    return key;
}

static struct list *list_of(struct gwsnmp_claimants *c, const struct gwsnmp_claimant *claimant)
{
    return claimant->is_proven ? &c->proven : &c->unproven;
}

static void link_newest(struct list *list, struct gwsnmp_claimant *claimant)
{
    claimant->newer = NULL;
    claimant->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = claimant;
    list->newest = claimant;
    list->n++;
}

static void unlink_row(struct list *list, struct gwsnmp_claimant *claimant)
{
    *(claimant->older ? &claimant->older->newer : &list->oldest) = claimant->newer;
    *(claimant->newer ? &claimant->newer->older : &list->newest) = claimant->older;
    list->n--;
}

static struct claimant_source *take_source(struct gwsnmp_claimants *c, struct slice address)
{
    struct claimant_source *source = map_get(c->sources, address);
    if (!source) {
        source = gw_alloc(sizeof *source);
        source->n_address = address.n;
        if (address.n)
            memcpy(source->address, address.p, address.n);
        map_put(c->sources, address, source);
    }
    source->n_rows++;
    return source;
}

static void put_source(struct gwsnmp_claimants *c, struct claimant_source *source)
{
    if (--source->n_rows || source->n_times)
        return;
    map_remove(c->sources, slice_of(source->address, source->n_address));
    free(source);
}

/* The library may know an engine's time though no row of it proved itself: by a message that was
   authentic but could not be decrypted. */
static void count_time(struct gwsnmp_claimants *c, struct gwsnmp_claimant *claimant)
{
    if (!claimant->is_new || !gwsnmp_usm_knows_time(engine_of(claimant)))
        return;
    claimant->is_new = false;
    claimant->source->n_times++;
    c->n_times++;
}

/* The row goes; boots and time stay if an authentic message told them. */
static void forget(struct gwsnmp_claimants *c, struct gwsnmp_claimant *claimant)
{
    struct slice engine = engine_of(claimant);
    struct claim_key key = key_of(engine, slice_from(claimant->row.user));
    if (!is_others(c, claimant->row.user, engine))
        gwsnmp_usm_remove_user(claimant->row.user, engine);
    if (!gwsnmp_usm_knows_time(engine))
        gwsnmp_usm_forget_time(engine);
    count_time(c, claimant);
    unlink_row(list_of(c, claimant), claimant);
    claimant->source->n_proven -= claimant->is_proven;
    put_source(c, claimant->source);
    map_remove(c->rows, slice_of(key.bytes, key.n));
    free(claimant);
}

/* The row that was silent longest goes; of the newcomer's source, if that has its share. */
static void make_room(struct gwsnmp_claimants *c, const struct claimant_source *newcomer)
{
    struct gwsnmp_claimant *oldest = c->proven.oldest;
    while (oldest && newcomer->n_proven >= SOURCE_PROVEN_MAX && oldest->source != newcomer)
        oldest = oldest->newer;
    if (oldest)
        forget(c, oldest);
}

static struct gwsnmp_claimant *add(struct gwsnmp_claimants *c, const struct gwsnmp_sender *sender,
                                   size_t at, struct slice engine, struct slice address)
{
    struct gwsnmp_engine id = {.n_id = engine.n};
    if (c->unproven.n >= GWSNMP_UNPROVEN_MAX)
        forget(c, c->unproven.oldest);
    if (!is_others(c, sender->user.name, engine) &&
        gwsnmp_usm_add_user(&sender->user, &c->keys[at], engine) != GW_OK)
        return NULL;
    struct gwsnmp_claimant *claimant = gw_alloc(sizeof *claimant);
    struct slice user = slice_from(sender->user.name);
    *claimant = (struct gwsnmp_claimant){.sender = sender,
                                         .source = take_source(c, address),
                                         .is_new = !gwsnmp_usm_knows_time(engine),
                                         .n_engine = engine.n};
    memcpy(claimant->engine, engine.p, engine.n);
    memcpy(id.id, engine.p, engine.n);
    gwsnmp_engine_hex(&id, claimant->row.engine);
    memcpy(claimant->row.user, user.p, user.n);
    struct claim_key key = key_of(engine, user);
    map_put(c->rows, slice_of(key.bytes, key.n), claimant);
    link_newest(&c->unproven, claimant);
    return claimant;
}

static bool is_beyond(const struct gwsnmp_claimants *c, const struct gwsnmp_sender *sender,
                      struct slice engine, struct slice address)
{
    const struct claimant_source *source = map_get(c->sources, address);
    bool is_full =
        c->n_times >= GWSNMP_TIMES_MAX || (source && source->n_times >= SOURCE_TIMES_MAX);
    return is_full && !sender->n_engine && !gwsnmp_usm_knows_time(engine);
}

struct gwsnmp_claimant *gwsnmp_claimants_find(struct gwsnmp_claimants *c, struct slice engine,
                                              struct slice user, struct slice address,
                                              const char **why)
{
    size_t at;
    struct claim_key key = key_of(engine, user);
    struct gwsnmp_claimant *claimant = map_get(c->rows, slice_of(key.bytes, key.n));
    if (claimant)
        return claimant;
    const struct gwsnmp_sender *sender = find_sender(c, user, engine, &at);
    *why = "unknown user or engine";
    if (sender && is_beyond(c, sender, engine, address)) {
        *why = "more engines than are kept; name it by its engine";
        return NULL;
    }
    return sender ? add(c, sender, at, engine, address) : NULL;
}

void gwsnmp_claimants_prove(struct gwsnmp_claimants *c, struct gwsnmp_claimant *claimant)
{
    struct claimant_source *source = claimant->source;
    unlink_row(list_of(c, claimant), claimant);
    if (!claimant->is_proven) {
        if (c->proven.n >= GWSNMP_PROVEN_MAX)
            make_room(c, source);
        claimant->is_proven = true;
        source->n_proven++;
        count_time(c, claimant);
    }
    link_newest(&c->proven, claimant);
}

bool gwsnmp_claimants_have(const struct gwsnmp_claimants *c, struct slice engine, struct slice user)
{
    struct claim_key key = key_of(engine, user);
    return map_get(c->rows, slice_of(key.bytes, key.n));
}

size_t gwsnmp_claimants_list(const struct gwsnmp_claimants *c, struct gwsnmp_engine_row *out,
                             size_t max)
{
    size_t n = 0, position = 0;
    void *value;
    struct slice key;
    while (n < max && map_next(c->rows, &position, &key, &value))
        out[n++] = ((struct gwsnmp_claimant *)value)->row;
    return n;
}

/* ---- begin, change, end ---- */

/* Senders that are not bound to an engine of theirs may send informs, which name our engine. */
static void add_local_users(struct gwsnmp_claimants *c)
{
    struct slice ours = our_engine(c);
    for (size_t i = 0; i < c->access->n_senders; i++) {
        const struct gwsnmp_sender *sender = &c->access->senders[i];
        size_t at;
        if (find_sender(c, slice_from(sender->user.name), ours, &at) == sender &&
            !gwsnmp_usm_has_user(sender->user.name, ours))
            gwsnmp_usm_add_user(&sender->user, &c->keys[i], ours);
    }
}

static void forget_all(struct gwsnmp_claimants *c)
{
    while (c->unproven.oldest)
        forget(c, c->unproven.oldest);
    while (c->proven.oldest)
        forget(c, c->proven.oldest);
}

static void wipe_keys(struct gwsnmp_claimants *c)
{
    if (c->keys)
        secret_wipe(c->keys, c->n_keys * sizeof *c->keys);
    free(c->keys);
    c->keys = NULL;
}

void gwsnmp_claimants_set_access(struct gwsnmp_claimants *c, const struct gwsnmp_access *access,
                                 const struct gwsnmp_user_keys *keys)
{
    forget_all(c);
    wipe_keys(c);
    c->access = access;
    c->n_keys = access->n_senders;
    c->keys = gw_alloc((c->n_keys + 1) * sizeof *c->keys);
    if (keys)
        memcpy(c->keys, keys, c->n_keys * sizeof *keys);
    for (size_t i = 0; !keys && i < access->n_senders; i++)
        gwsnmp_usm_make_keys(&access->senders[i].user, &c->keys[i]);
    add_local_users(c);
}

struct gwsnmp_claimants *gwsnmp_claimants_new(const struct gwsnmp_engine *ours,
                                              const struct gwsnmp_sinks *sinks)
{
    struct gwsnmp_claimants *c = gw_alloc(sizeof *c);
    c->ours = ours;
    c->sinks = sinks;
    c->rows = map_new();
    c->sources = map_new();
    return c;
}

void gwsnmp_claimants_free(struct gwsnmp_claimants *c)
{
    if (!c)
        return;
    forget_all(c);
    map_free(c->rows, NULL);
    map_free(c->sources, free);
    wipe_keys(c);
    free(c);
}
