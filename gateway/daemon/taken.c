/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that listens at an address, side by side. */
#include "gateway/daemon/taken.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/agent/agent.h"
#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/intake/intake.h"
#include "gateway/snmp/session.h"
#include "gateway/web/settings.h"

struct taken {
    const struct section_place *place;
    const char *element, *text; /* as it was written */
    struct address address;
    bool is_stream, is_v6_alone; /* the latter: [::] leaves IPv4 to others */
};

struct all {
    struct taken *v;
    size_t n;
};

static void add(struct all *all, struct taken taken, struct slice address)
{
    if (!address_parse(address, &taken.address))
        return;
    all->v = gw_realloc(all->v, (all->n + 1) * sizeof *all->v);
    all->v[all->n++] = taken;
}

static void add_listeners(const struct config *config, const char *element, bool is_stream,
                          struct all *all)
{
    const struct intake_listener *listener;
    for (size_t i = 0; (listener = config_at(config, element, i)); i++)
        add(all,
            (struct taken){.place = &listener->place,
                           .element = element,
                           .text = listener->address,
                           .is_stream = is_stream},
            slice_from(listener->address));
}

/* "udp:127.0.0.1:1161,tcp6:[::1]:1161" */
static void add_agent(const struct config *config, struct all *all)
{
    const struct agent_section *agent = config_get(config, "agent");
    struct slice rest = slice_from(agent->address), one, domain, address;
    while (agent->mode == GWSNMP_MODE_STANDALONE && rest.n) {
        slice_cut(rest, ',', &one, &rest);
        slice_cut(one, ':', &domain, &address);
        add(all,
            (struct taken){.place = &agent->place,
                           .element = "agent",
                           .text = agent->address,
                           .is_stream = slice_starts_with(domain, SLICE("tcp")),
                           .is_v6_alone = slice_ends_with(domain, SLICE("6"))},
            address);
    }
}

static void add_web(const struct config *config, struct all *all)
{
    const struct web_section *web = config_get(config, "web");
    add(all,
        (struct taken){
            .place = &web->place, .element = "web", .text = web->address, .is_stream = true},
        slice_from(web->address));
}

static bool clash(const struct taken *a, const struct taken *b)
{
    bool is_of_both = a->address.storage.ss_family == b->address.storage.ss_family ||
                      !(a->is_v6_alone || b->is_v6_alone);
    return a->is_stream == b->is_stream && is_of_both && address_clashes(&a->address, &b->address);
}

/* Said of the one that stands behind the other in the file. */
static void tell(const struct taken *a, const struct taken *b, struct diag *diag)
{
    const struct taken *late = a->place->line > b->place->line ? a : b, *early = late == a ? b : a;
    char where[32] = "by default";
    if (early->place->line)
        snprintf(where, sizeof where, "of line %d", early->place->line);
    diag_add_at(diag, *late->place, "<%s address=\"%s\">: <%s> %s listens there already",
                late->element, late->text, early->element, where);
}

void taken_check(const struct config *config, struct diag *diag)
{
    struct all all = {0};
    add_listeners(config, "syslog-udp", false, &all);
    add_listeners(config, "notifications", false, &all);
    add_listeners(config, "syslog-tcp", true, &all);
    add_listeners(config, "syslog-tls", true, &all);
    add_listeners(config, "syslog-relp", true, &all);
    add_agent(config, &all);
    add_web(config, &all);
    for (size_t i = 1; i < all.n; i++)
        for (size_t k = 0; k < i; k++)
            if (clash(&all.v[i], &all.v[k]))
                tell(&all.v[i], &all.v[k], diag);
    free(all.v);
}
