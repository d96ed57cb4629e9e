/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Declarations of senders out of a configuration file. It needs these few attributes and checks no
 * more: that is eogd --check's.
 */
#include "gateway/ctl/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/base/zone.h"
#include "gateway/xml/document.h"

/* As the embedded configuration of eogd has it; tests/system/test_renormalize.py compares them. */
static const char defaults[] = "<eog-gateway><gateway id=\"gw1\" site=\"default\"/>"
                               "<source address=\"127.0.0.0/8\" site=\"default\"/></eog-gateway>";

static const char *keep(struct sources *sources, const char *text)
{
    return text ? arena_text(&sources->strings, slice_from(text)) : NULL;
}

static void complain(const struct xml_document *document, const struct xml_node *node,
                     const char *what, const char *value)
{
    fprintf(stderr, "%s:%d: <source>: %s '%s' is not known here\n", xml_file(document),
            xml_line(node), what, value);
}

static bool add(struct sources *sources, const struct xml_document *document,
                const struct xml_node *node)
{
    const char *address = xml_attribute(node, "address"), *site = xml_attribute(node, "site");
    const char *charset = xml_attribute(node, "charset"), *zone = xml_attribute(node, "zone");
    const char *time = xml_attribute(node, "time");
    sources->rows = gw_realloc(sources->rows, (sources->n + 1) * sizeof *sources->rows);
    struct sources_row *row = &sources->rows[sources->n++];
    *row = (struct sources_row){.address = keep(sources, address ? address : "")};
    row->is_local =
        strncmp(row->address, "unix:", 5) == 0 || strncmp(row->address, "file:", 5) == 0;
    row->profile.time_is_receipt = time && strcmp(time, "receipt") == 0;
    const char *words[] = {address, site, charset, zone,
                           row->profile.time_is_receipt ? "receipt" : NULL};
    sources->declared = kpi_declared_sum(sources->declared, words, 5);
    row->profile.site = site ? keep(sources, site) : sources->rows[0].profile.site;
    row->profile.charset = charset_open(charset);
    row->profile.zone = row->zone = zone ? zone_open(zone) : NULL;
    if (!row->is_local && !network_parse(slice_from(row->address), &row->network))
        complain(document, node, "address", row->address);
    else if (!row->profile.charset)
        complain(document, node, "charset", charset);
    else if (zone && !row->zone)
        complain(document, node, "zone", zone);
    else
        return true;
    return false;
}

static void add_tenants(struct sources *sources, const struct xml_node *root)
{
    for (const struct xml_node *node = xml_child(root); node; node = xml_next(node)) {
        const char *name = xml_attribute(node, "name"), *site = xml_attribute(node, "site");
        if (strcmp(xml_name(node), "tenant") != 0 || !name || !site)
            continue;
        tenants_add(&sources->tenants, keep(sources, name), keep(sources, site));
        sources->declared =
            kpi_declared_sum(sources->declared, (const char *const[]){name, site}, 2);
    }
    tenants_build(&sources->tenants);
    for (size_t i = 0; i < sources->n; i++)
        sources->rows[i].profile.tenants = sources->tenants.n ? &sources->tenants : NULL;
}

/* Paths of a configuration file are relative to its folder. */
static const char *keep_path(struct sources *sources, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    if (!path || path[0] == '/' || !slash)
        return keep(sources, path);
    return arena_printf(&sources->strings, "%.*s/%s", (int)(slash - file), file, path);
}

bool sources_load(const char *config, struct sources *out)
{
    struct diag diag = {0};
    struct xml_document *document = NULL;
    bool is_sound = true;
    *out = (struct sources){.n = 1};
    arena_init(&out->strings, 0);
    tenants_init(&out->tenants);
    out->rows = gw_alloc(sizeof *out->rows);
    out->rows[0] = (struct sources_row){
        .address = "", .profile.site = "default", .profile.charset = charset_open(NULL)};
    int result = config ? xml_load_file(config, NULL, &diag, &document)
                        : xml_load_text(slice_from(defaults), "defaults", NULL, &diag, &document);
    diag_print(&diag, stderr);
    diag_free(&diag);
    if (result != GW_OK)
        return false;
    const struct xml_node *root = xml_root(document), *node = xml_find(root, "gateway");
    const char *id = node ? xml_attribute(node, "id") : NULL;
    if (node && xml_attribute(node, "site"))
        out->rows[0].profile.site = keep(out, xml_attribute(node, "site"));
    out->declared = kpi_declared_sum(0, (const char *const[]){id, out->rows[0].profile.site}, 2);
    if ((node = xml_find(root, "data")))
        out->mappings = keep_path(out, config ? config : "", xml_attribute(node, "mappings"));
    for (node = xml_child(root); node; node = xml_next(node))
        if (strcmp(xml_name(node), "source") == 0)
            is_sound &= add(out, document, node);
    add_tenants(out, root);
    xml_free(document);
    return is_sound;
}

void sources_free(struct sources *sources)
{
    for (size_t i = 0; i < sources->n; i++) {
        charset_close(sources->rows[i].profile.charset);
        zone_free(sources->rows[i].zone);
    }
    free(sources->rows);
    map_free(sources->found, NULL);
    tenants_fini(&sources->tenants);
    arena_fini(&sources->strings);
}

/* ---- finding ---- */

enum { FOUND_MAX = 100000 };

static const struct sources_row *find_network(const struct sources *sources, struct slice peer)
{
    const struct sources_row *best = &sources->rows[0];
    struct network address;
    if (!network_parse(peer, &address))
        return best;
    struct slice bytes = slice_of((const char *)address.bytes, address.n);
    for (size_t i = 1; i < sources->n; i++) {
        const struct sources_row *row = &sources->rows[i];
        bool is_longer = best == &sources->rows[0] || row->network.bits > best->network.bits;
        if (!row->is_local && is_longer && network_has(&row->network, bytes))
            best = row;
    }
    return best;
}

static bool is_alike(const struct source_profile *a, const struct source_profile *b)
{
    return !a->zone && !b->zone && a->time_is_receipt == b->time_is_receipt &&
           strcmp(charset_name(a->charset), charset_name(b->charset)) == 0;
}

static bool is_tenants_site(const struct tenants *tenants, struct slice site)
{
    for (size_t i = 0; i < tenants->n; i++)
        if (slice_equal(slice_from(tenants->sites[i]), site))
            return true;
    return false;
}

/* The recorded site tells which of several it was, unless a tenant's; what is left must not make a
 * difference. */
static const struct source_profile *find_local(const struct sources *sources, const char *kind,
                                               struct slice site)
{
    const struct source_profile *found = NULL;
    bool is_any = is_tenants_site(&sources->tenants, site);
    for (size_t i = 0; i < sources->n; i++) {
        const struct sources_row *row = &sources->rows[i];
        bool fits = i == 0 || strncmp(row->address, kind, strlen(kind)) == 0;
        if (!fits || (!is_any && !slice_equal(slice_from(row->profile.site), site)))
            continue;
        if (found && !is_alike(found, &row->profile))
            return NULL;
        found = &row->profile;
    }
    return found;
}

const struct source_profile *sources_find(struct sources *sources, const struct gw_event *record)
{
    struct slice peer = gw_event_text(record, GW_FIELD_PEER);
    if (record->transport == GW_TRANSPORT_UNIX || record->transport == GW_TRANSPORT_FILE)
        return find_local(sources, record->transport == GW_TRANSPORT_UNIX ? "unix:" : "file:",
                          gw_event_text(record, GW_FIELD_SITE));
    const struct sources_row *row = sources->found ? map_get(sources->found, peer) : NULL;
    if (row)
        return &row->profile;
    if (sources->found && map_count(sources->found) == FOUND_MAX) {
        map_free(sources->found, NULL);
        sources->found = NULL;
    }
    if (!sources->found)
        sources->found = map_new();
    row = find_network(sources, peer);
    map_put(sources->found, peer, (void *)(uintptr_t)row);
    return &row->profile;
}

bool sources_are_of(const struct sources *sources, const struct kpi_settings *settings)
{
    return settings->declared == sources->declared;
}
