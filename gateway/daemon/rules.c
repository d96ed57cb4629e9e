/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading one generation of the rules, and finding a sender's declaration. */
#include "gateway/daemon/rules.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/zone.h"
#include "gateway/daemon/settings.h"
#include "gateway/intake/certificates.h"
#include "gateway/mapping/mapping.h"

static void data_path(const struct config *config, const char *data_dir, const char *which,
                      char *out)
{
    const struct data_settings *data = config_get(config, "data");
    bool is_mappings = strcmp(which, "mappings") == 0;
    const char *set = is_mappings                       ? data->mappings
                      : strcmp(which, "catalogue") == 0 ? data->catalogue
                                                        : data->watchlist;
    const char *file = is_mappings                       ? ""
                       : strcmp(which, "catalogue") == 0 ? "/kpi.xml"
                                                         : "/watchlist.xml";
    int n = set ? snprintf(out, PATH_MAX, "%s", set)
                : snprintf(out, PATH_MAX, "%s/mappings%s", data_dir, file);
    if (n < 0 || n >= PATH_MAX)
        out[0] = '\0';
}

void rules_path(const struct rules *rules, const char *data_dir, const char *which, char *out)
{
    data_path(rules->config, data_dir, which, out);
}

static void add_sources(struct rules *rules)
{
    const struct gateway_settings *gateway = config_get(rules->config, "gateway");
    const struct source_settings *source;
    rules->n_sources = config_count(rules->config, "source") + 1;
    rules->sources = gw_alloc(rules->n_sources * sizeof *rules->sources);
    rules->sources[0] = (struct rules_source){.site = gateway->site};
    for (size_t i = 0; (source = config_at(rules->config, "source", i)); i++) {
        struct rules_source *to = &rules->sources[i + 1];
        *to = (struct rules_source){
            .site = source->site ? source->site : gateway->site,
            .charset = source->charset,
            .zone = source->zone ? zone_open(source->zone) : NULL,
            .time_is_receipt = source->time == 1,
            .number = i + 1,
        };
        if (settings_source_is_local(source->address))
            to->local = source->address;
        else
            network_parse(slice_from(source->address), &to->network);
    }
}

static void add_tenants(struct rules *rules, struct diag *diag)
{
    const struct tenant_settings *tenant;
    for (size_t i = 0; (tenant = config_at(rules->config, "tenant", i)); i++)
        if (!tenants_add(&rules->tenants, tenant->name, tenant->site))
            diag_add_at(diag, tenant->place, "<tenant>: '%s' has a site already", tenant->name);
    tenants_build(&rules->tenants);
}

/* RELP speaks TLS when any of its options is there: to forget one is a mistake then. */
static bool has_tls(const char *element, const struct tls_settings *tls)
{
    return strcmp(element, "syslog-tls") == 0 || tls_settings_are_given(tls);
}

static void load_certificates(struct rules *rules, struct diag *diag)
{
    static const char *const elements[] = {"syslog-tls", "syslog-relp"};
    const struct intake_listener *listener;
    rules->certificates = certificates_new();
    for (size_t k = 0; k < sizeof elements / sizeof *elements; k++)
        for (size_t i = 0; (listener = config_at(rules->config, elements[k], i)); i++)
            if (has_tls(elements[k], &listener->tls))
                certificates_load(rules->certificates, elements[k], listener, diag);
}

/* A folder that the configuration names and that is not there is the configuration's mistake. */
static int load_mappings(struct rules *rules, const char *data_dir, struct diag *diag)
{
    char path[PATH_MAX];
    const struct data_settings *data = config_get(rules->config, "data");
    data_path(rules->config, data_dir, "mappings", path);
    if (!data->mappings || access(path, R_OK | X_OK) == 0)
        return mapping_set_load(path, diag, &rules->mappings);
    diag_add_at(diag, data->place, "<data mappings>: cannot open %s: %s", path, strerror(errno));
    return GW_ERR_INVALID;
}

int rules_load(struct config *config, const char *data_dir, uint64_t generation, struct diag *diag,
               struct rules **out)
{
    struct rules *rules = gw_alloc(sizeof *rules);
    *out = NULL;
    *rules = (struct rules){.config = config, .generation = generation, .references = 1};
    tenants_init(&rules->tenants);
    add_tenants(rules, diag);
    int result = load_mappings(rules, data_dir, diag);
    load_certificates(rules, diag);
    if (result == GW_OK && !diag_is_empty(diag))
        result = GW_ERR_INVALID;
    if (result != GW_OK) {
        rules_put(rules);
        return result;
    }
    add_sources(rules);
    *out = rules;
    return GW_OK;
}

void rules_look(const struct rules *rules, int64_t now_ms)
{
    certificates_look(rules->certificates, now_ms);
}

struct rules *rules_get(struct rules *rules)
{
    __atomic_add_fetch(&rules->references, 1, __ATOMIC_RELAXED);
    return rules;
}

void rules_put(struct rules *rules)
{
    if (!rules || __atomic_sub_fetch(&rules->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < rules->n_sources; i++)
        zone_free(rules->sources[i].zone);
    free(rules->sources);
    tenants_fini(&rules->tenants);
    mapping_set_free(rules->mappings);
    certificates_free(rules->certificates);
    config_free(rules->config);
    free(rules);
}

const struct rules_source *rules_find(const struct rules *rules, struct slice peer)
{
    const struct rules_source *best = &rules->sources[0];
    struct network address;
    if (!network_parse(peer, &address)) {
        for (size_t i = 1; i < rules->n_sources; i++)
            if (rules->sources[i].local && slice_equal(peer, slice_from(rules->sources[i].local)))
                return &rules->sources[i];
        return best;
    }
    struct slice bytes = slice_of((const char *)address.bytes, address.n);
    for (size_t i = 1; i < rules->n_sources; i++) {
        const struct rules_source *source = &rules->sources[i];
        if (source->local)
            continue;
        bool is_longer = best->number == 0 || source->network.bits > best->network.bits;
        if (is_longer && network_has(&source->network, bytes))
            best = source;
    }
    return best;
}
