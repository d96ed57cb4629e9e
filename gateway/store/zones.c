/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which clocks a site had when: a rule holds from the record that brought it. So a correction takes
 * a figure away from the day that it was added to, though the zone is another one since. Beside it
 * the sites' names, of which the last one holds.
 */
#include <stdlib.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/schema/who.h"
#include "gateway/store/store_internal.h"

/* Sites are one whatever their case: the engine writes them in small letters. */
static struct slice key_of(const char *site, char out[STORE_NAME_MAX + 1])
{
    return slice_of(out, gw_clean_text(slice_from(site), out, STORE_NAME_MAX, true));
}

static struct site_zones *zones_of(const struct store_fill *fill, const char *site)
{
    char key[STORE_NAME_MAX + 1];
    return map_get(fill->zones, key_of(site, key));
}

static void free_zones(void *value)
{
    struct site_zones *site = value;
    for (size_t i = 0; i < site->n; i++) {
        zone_free(site->rules[i].zone);
        free(site->rules[i].name);
    }
    free(site->rules);
    free(site);
}

void store_zones_free(struct store_fill *fill)
{
    map_free(fill->zones, free_zones);
    fill->zones = NULL;
}

/* Rules come in the order of their records. */
static void add_rule(struct store_fill *fill, const char *site, uint64_t since, const char *name)
{
    struct site_zones *zones = zones_of(fill, site);
    char key[STORE_NAME_MAX + 1];
    if (!zones) {
        zones = gw_alloc(sizeof *zones);
        map_put(fill->zones, key_of(site, key), zones);
    }
    zones->rules = gw_realloc(zones->rules, (zones->n + 1) * sizeof *zones->rules);
    struct zone_rule *rule = &zones->rules[zones->n++];
    *rule = (struct zone_rule){since, gw_strdup(name), *name ? zone_open(name) : NULL};
    if (*name && !rule->zone)
        log_error("store", "no such time zone here, its days are UTC's site=%s zone=%s",
                  *site ? site : "(others)", name);
}

void store_zones_load(struct store_fill *fill)
{
    sqlite3_stmt *row;
    fill->zones = map_new();
    for (bool has = store_db_row(&fill->db, &row,
                                 "SELECT site, since, zone FROM zone_rule ORDER BY since", "");
         has; has = store_db_next(&fill->db, row)) {
        const char *site = (const char *)sqlite3_column_text(row, 0),
                   *zone = (const char *)sqlite3_column_text(row, 2);
        if (site && zone)
            add_rule(fill, site, (uint64_t)sqlite3_column_int64(row, 1), zone);
    }
}

static void set_zone(struct store_fill *fill, const char *site, const char *zone, uint64_t since)
{
    const struct site_zones *zones = zones_of(fill, site);
    const char *now = zones ? zones->rules[zones->n - 1].name : NULL;
    if (now && strcmp(now, zone) == 0)
        return;
    add_rule(fill, site, since, zone);
    store_db_run(&fill->db, "INSERT OR REPLACE INTO zone_rule VALUES(?, ?, ?)", "tit", site,
                 (int64_t)since, zone);
}

void store_zones_take(struct store_fill *fill, const struct gw_event *settings, uint64_t sequence)
{
    struct store_site *sites = NULL;
    struct arena arena;
    arena_init(&arena, 0);
    int n = fill->options.read_sites(settings->raw, &arena, &sites);
    const char *usual = n > 0 && sites[0].zone ? sites[0].zone : "";
    if (n < 0)
        log_warn("store", "settings cannot be read, days are as before");
    else
        set_zone(fill, "", usual, sequence);
    for (int i = 0; i < n; i++)
        if (sites[i].id && *sites[i].id) {
            set_zone(fill, sites[i].id, sites[i].zone ? sites[i].zone : usual, sequence);
            store_db_run(&fill->db, "INSERT OR REPLACE INTO site_name VALUES(?, ?)", "tt",
                         sites[i].id, sites[i].name ? sites[i].name : "");
        }
    arena_fini(&arena);
}

const struct zone *store_zone_at(const struct store_fill *fill, const char *site, uint64_t sequence)
{
    const struct site_zones *zones = zones_of(fill, site);
    if (!zones)
        zones = map_get(fill->zones, SLICE(""));
    const struct zone *zone = NULL;
    for (size_t i = 0; zones && i < zones->n; i++)
        if (i == 0 || zones->rules[i].since <= sequence)
            zone = zones->rules[i].zone;
    return zone;
}
