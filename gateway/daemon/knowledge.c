/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, checking and journaling what the indicator engine must know. */
#include "gateway/daemon/knowledge.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/zone.h"
#include "gateway/daemon/engine_rows.h"
#include "gateway/daemon/settings.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/kpi/inventory.h"
#include "gateway/kpi/settings.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/xml/document.h"

/* The order of journaling: an inventory names sites, overrides name indicators. */
static const enum kpi_load order[] = {KPI_LOAD_CATALOGUE, KPI_LOAD_WATCHLIST, KPI_LOAD_SETTINGS,
                                      KPI_LOAD_INVENTORY};

/* ---- checks ---- */

/* A file that the configuration names and that is not there is the configuration's mistake. */
static bool can_read(const struct section_place *place, const char *element, const char *path,
                     struct diag *diag)
{
    if (place->line == 0 || access(path, R_OK) == 0)
        return true;
    diag_add_at(diag, *place, "<%s>: cannot open %s: %s", element, path, strerror(errno));
    return false;
}

/* Levels mean what the catalogue's do; NULL: these can. */
static const char *level_mistake(const struct kpi_test *test,
                                 const struct kpi_override_settings *override)
{
    int64_t warning = override->warning, critical = override->critical;
    if (test->is_percent && (warning > 100 || critical > 100))
        return "levels of a share are percent, 100 at most";
    if (!test->is_falling && (warning == 0 || critical == 0))
        return "a level of 0 would always be reached; enabled=\"no\" switches an indicator off";
    if (warning >= 0 && critical >= 0 &&
        (test->is_falling ? critical > warning : critical < warning))
        return "critical comes before warning";
    return NULL;
}

/* Overrides name indicators of the catalogue at hand. */
static void check_overrides(const struct config *config, const struct kpi_catalogue *catalogue,
                            struct diag *diag)
{
    const struct kpi_override_settings *override;
    for (size_t i = 0; (override = config_at(config, "kpi", i)); i++) {
        const struct kpi_entry *entry = kpi_catalogue_find(catalogue, slice_from(override->key));
        if (!entry)
            diag_add_at(diag, override->place,
                        "<kpi key=\"%s\">: the catalogue has no such indicator", override->key);
        else if (override->is_enabled && (size_t) override->test > entry->n_tests)
            diag_add_at(diag, override->place, "<kpi key=\"%s\" test=\"%lld\">: it has %zu tests",
                        override->key, (long long) override->test, entry->n_tests);
        if (!entry || (size_t) override->test > entry->n_tests)
            continue;
        const char *mistake = level_mistake(&entry->tests[override->test - 1], override);
        if (mistake)
            diag_add_at(diag, override->place, "<kpi key=\"%s\">: %s", override->key, mistake);
    }
}

/* What was read is what is checked and journaled: a file may change at any moment. */

/* out: the text of the one at path; the customer's own is appended. */
static void check_catalogue(const struct config *config, const char *path, const char *schema,
                            struct diag *diag, struct buf *out)
{
    const struct data_settings *data = config_get(config, "data");
    const char *own = data->own_catalogue;
    struct buf own_text = {0};
    struct kpi_catalogue *catalogue;
    if (!own || (can_read(&data->place, "data", own, diag) &&
                 xml_read_file(own, &own_text, diag) == GW_OK)) {
        if (kpi_catalogue_load_both(buf_get(out), path, buf_get(&own_text), own, schema, diag,
                                    &catalogue) == GW_OK) {
            check_overrides(config, catalogue, diag);
            kpi_catalogue_free(catalogue);
        }
        if (own) {
            buf_byte(out, '\0');
            buf_slice(out, buf_get(&own_text));
        }
    }
    buf_free(&own_text);
}

/* Returns its entries. */
static size_t check_watchlist(struct slice text, const char *path, const char *schema,
                              struct diag *diag)
{
    struct kpi_watchlist *watchlist = NULL;
    if (kpi_watchlist_load_text(text, path, schema, diag, &watchlist) != GW_OK)
        return 0;
    size_t n = kpi_watchlist_count(watchlist);
    kpi_watchlist_free(watchlist);
    return n;
}

static void check_inventory(struct slice text, const char *path, struct diag *diag)
{
    struct kpi_inventory *inventory;
    if (kpi_inventory_load_text(text, path, diag, &inventory) == GW_OK)
        kpi_inventory_free(inventory);
}

/* ---- settings for the engine ---- */

/* Both were checked with the configuration. The zones' bytes are appended to zones. */
static struct kpi_maintenance *read_maintenance(const struct config *config, struct buf *zones,
                                                size_t *n)
{
    const struct maintenance_settings *row;
    struct buf zone = {0};
    *n = config_count(config, "maintenance");
    struct kpi_maintenance *out = gw_alloc((*n + 1) * sizeof *out);
    for (size_t i = 0; (row = config_at(config, "maintenance", i)); i++) {
        engine_rows_maintenance(config, row, &zone, &out[i]);
        buf_slice(zones, out[i].zone);
    }
    /* Now that they move no more. */
    struct slice rest = buf_get(zones);
    for (size_t i = 0; i < *n; i++) {
        out[i].zone = slice_head(rest, out[i].zone.n);
        rest = slice_skip(rest, out[i].zone.n);
    }
    buf_free(&zone);
    return out;
}

static struct kpi_newest *read_newest(const struct config *config, size_t *n)
{
    const struct newest_settings *row;
    *n = config_count(config, "newest");
    struct kpi_newest *out = gw_alloc((*n + 1) * sizeof *out);
    for (size_t i = 0; (row = config_at(config, "newest", i)); i++)
        engine_rows_newest(row, &out[i]);
    return out;
}

/* As eogctl sums it, too: gateway/ctl/sources.c. */
static uint32_t sum_declared(const struct config *config, const char *gateway_id)
{
    const struct gateway_settings *gateway = config_get(config, "gateway");
    const struct source_settings *source;
    const struct tenant_settings *tenant;
    uint32_t sum = kpi_declared_sum(0, (const char *const[]){gateway_id, gateway->site}, 2);
    for (size_t i = 0; (source = config_at(config, "source", i)); i++) {
        const char *words[] = {source->address, source->site, source->charset, source->zone,
                               source->time == 1 ? "receipt" : NULL};
        sum = kpi_declared_sum(sum, words, 5);
    }
    for (size_t i = 0; (tenant = config_at(config, "tenant", i)); i++)
        sum = kpi_declared_sum(sum, (const char *const[]){tenant->name, tenant->site}, 2);
    return sum;
}

static void encode_settings(const struct config *config, const char *gateway_id, const char *epoch,
                            struct buf *out)
{
    const struct engine_settings *engine = config_get(config, "engine");
    const struct site_settings *site;
    const struct kpi_override_settings *override;
    const struct source_settings *source;
    struct kpi_settings settings = {
        .gateway_id = gateway_id,
        .epoch = epoch,
        .source_alive_ms = engine->source_alive_ms,
        .clear_hold_ms = engine->clear_hold_ms,
        .raise_hold_ms = engine->raise_hold_ms,
        .record_changes = true, /* reports and feeds tell states over time */
        .remind_ms = engine->remind_ms > 0 ? engine->remind_ms : -1,
        .n_sites = config_count(config, "site"),
        .n_overrides = config_count(config, "kpi"),
        .n_sources = config_count(config, "source"),
        .declared = sum_declared(config, gateway_id),
    };
    struct kpi_site *sites = gw_alloc((settings.n_sites + 1) * sizeof *sites);
    struct kpi_override *overrides = gw_alloc((settings.n_overrides + 1) * sizeof *overrides);
    struct kpi_declared_source *sources = gw_alloc((settings.n_sources + 1) * sizeof *sources);
    for (size_t i = 0; (site = config_at(config, "site", i)); i++)
        sites[i] = (struct kpi_site){site->id, site->name, site->zone, site->hosts};
    for (size_t i = 0; (override = config_at(config, "kpi", i)); i++)
        overrides[i] = (struct kpi_override){
            .key = override->key,
            .site = override->site,
            .enabled = override->is_enabled ? 1 : 0,
            .test = (uint8_t) override->test,
            .warning = override->warning < 0 ? KPI_LEVEL_KEEP : (int32_t) override->warning,
            .critical = override->critical < 0 ? KPI_LEVEL_KEEP : (int32_t) override->critical,
        };
    for (size_t i = 0; (source = config_at(config, "source", i)); i++)
        sources[i] = (struct kpi_declared_source){source->address};
    struct buf zone = {0}, zones = {0};
    if (settings.n_sites && sites[0].zone) /* was checked with the configuration */
        zone_free(zone_open_bytes(sites[0].zone, &zone));
    settings.zone = buf_get(&zone);
    struct kpi_maintenance *windows = read_maintenance(config, &zones, &settings.n_maintenance);
    struct kpi_newest *newest = read_newest(config, &settings.n_newest);
    settings.maintenance = windows;
    settings.newest = newest;
    settings.sites = sites;
    settings.overrides = overrides;
    settings.sources = sources;
    kpi_settings_encode(&settings, out);
    buf_free(&zone);
    buf_free(&zones);
    free(windows);
    free(newest);
    free(sites);
    free(overrides);
    free(sources);
}

static void load_xml(const struct rules *rules, const char *data_dir, enum kpi_load load,
                     struct diag *diag, struct knowledge *out)
{
    char path[PATH_MAX], schema[PATH_MAX];
    bool is_catalogue = load == KPI_LOAD_CATALOGUE;
    rules_path(rules, data_dir, kpi_load_name(load), path);
    snprintf(schema, sizeof schema, "%.4000s/mappings/%s.rng", data_dir,
             is_catalogue ? "kpi" : "watchlist");
    out->file[load] = gw_strdup(path);
    const struct data_settings *data = config_get(rules->config, "data");
    if (!can_read(&data->place, "data", path, diag) ||
        xml_read_file(path, &out->text[load], diag) != GW_OK)
        return;
    if (is_catalogue)
        check_catalogue(rules->config, path, schema, diag, &out->text[load]);
    else
        out->watch_entries = check_watchlist(buf_get(&out->text[load]), path, schema, diag);
}

int knowledge_load(const struct rules *rules, const char *data_dir, struct diag *diag,
                   struct knowledge *out)
{
    const struct inventory_settings *inventory = config_get(rules->config, "inventory");
    *out = (struct knowledge){0};
    load_xml(rules, data_dir, KPI_LOAD_CATALOGUE, diag, out);
    load_xml(rules, data_dir, KPI_LOAD_WATCHLIST, diag, out);
    if (inventory->file) {
        out->file[KPI_LOAD_INVENTORY] = gw_strdup(inventory->file);
        if (can_read(&inventory->place, "inventory", inventory->file, diag) &&
            xml_read_file(inventory->file, &out->text[KPI_LOAD_INVENTORY], diag) == GW_OK)
            check_inventory(buf_get(&out->text[KPI_LOAD_INVENTORY]), inventory->file, diag);
    }
    return diag_is_empty(diag) ? GW_OK : GW_ERR_INVALID;
}

void knowledge_free(struct knowledge *knowledge)
{
    for (int i = 0; i < KPI_LOADS; i++) {
        buf_free(&knowledge->text[i]);
        free(knowledge->file[i]);
    }
    *knowledge = (struct knowledge){0};
}

int knowledge_await_room(struct journal *journal)
{
    enum { ROOM_MS = 5000 };
    struct journal_status status;
    journal_get_status(journal, &status);
    return status.is_failing ? GW_ERR_IO : journal_wait_committed(journal, status.staged, ROOM_MS);
}

int knowledge_append(const struct knowledge *knowledge, const struct rules *rules,
                     const char *gateway_id, struct journal *journal, int64_t now_ms)
{
    enum { N = sizeof order / sizeof *order };
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf settings = {0}, encoded[N] = {{0}};
    struct slice records[N];
    uint64_t last;
    encode_settings(rules->config, gateway_id, journal_epoch(journal), &settings);
    for (size_t i = 0; i < N; i++) {
        enum kpi_load load = order[i];
        char hash[KPI_LOAD_HASH_MAX];
        /* An inventory that was taken away is an empty one: the engine must hear of it. */
        const char *file = knowledge->file[load] ? knowledge->file[load] : "(none)";
        struct slice content =
            load == KPI_LOAD_SETTINGS ? buf_get(&settings) : buf_get(&knowledge->text[load]);
        kpi_record_load(event, load, slice_from(file), content, now_ms, hash);
        gw_event_encode(event, &encoded[i]);
        records[i] = buf_get(&encoded[i]);
    }
    /* Together: a part of them would be another configuration than was checked. */
    int result = journal_append_all(journal, records, N, &last);
    if (result == GW_ERR_FULL && knowledge_await_room(journal) == GW_OK)
        result = journal_append_all(journal, records, N, &last);
    for (size_t i = 0; i < N; i++)
        buf_free(&encoded[i]);
    buf_free(&settings);
    free(event);
    return result;
}

int knowledge_read_sites(struct slice settings, struct arena *arena, struct store_site **sites)
{
    struct kpi_settings s;
    if (kpi_settings_decode(settings, arena, &s) != GW_OK)
        return -1;
    *sites = arena_alloc(arena, (s.n_sites + 1) * sizeof **sites);
    for (size_t i = 0; i < s.n_sites; i++)
        (*sites)[i] = (struct store_site){s.sites[i].id, s.sites[i].zone, s.sites[i].name};
    return (int)s.n_sites;
}
