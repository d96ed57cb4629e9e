/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that listens at an address, or reads or writes a file, side by side. */
#include "gateway/daemon/taken.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/agent/agent.h"
#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/feed/settings.h"
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

/* ---- feeds ---- */

/* Other names of this machine, and gateways in a ring, nobody can see here. */
static bool is_reached(const struct taken *listener, const struct address *to)
{
    return listener->is_stream && address_clashes(&listener->address, to) &&
           (address_is_loopback(to) ||
            slice_equal(address_bytes((const struct sockaddr *)&listener->address.storage),
                        address_bytes((const struct sockaddr *)&to->storage)));
}

static void check_feed_address(const struct feed_section *feed, const struct all *all,
                               struct diag *diag)
{
    static const char local[] = "localhost:";
    bool is_local = strncasecmp(feed->address, local, sizeof local - 1) == 0;
    char text[ADDRESS_TEXT_MAX];
    struct address to;
    snprintf(text, sizeof text, "%s%s", is_local ? "127.0.0.1:" : "",
             feed->address + (is_local ? sizeof local - 1 : 0));
    bool is_numeric = address_parse(slice_from(text), &to);
    for (size_t i = 0; is_numeric && i < all->n; i++)
        if (is_reached(&all->v[i], &to))
            diag_add_at(diag, feed->place,
                        "<feed address=\"%s\">: <%s> of line %d listens there: the gateway would "
                        "send records to itself, without end",
                        feed->address, all->v[i].element, all->v[i].place->line);
}

static void check_feed_file(const struct config *config, const struct feed_section *feed, size_t n,
                            struct diag *diag)
{
    const struct intake_listener *follow;
    const struct feed_section *before;
    for (size_t i = 0; (follow = config_at(config, "follow", i)); i++)
        if (strcmp(feed->file, follow->address) == 0)
            diag_add_at(diag, feed->place,
                        "<feed file=\"%s\">: <follow> of line %d reads it: the gateway would send "
                        "records to itself, without end",
                        feed->file, follow->place.line);
    for (size_t i = 0; i < n && (before = config_at(config, "feed", i)); i++)
        if (before->kind == FEED_KIND_FILE && before->file && strcmp(feed->file, before->file) == 0)
            diag_add_at(diag, feed->place,
                        "<feed file=\"%s\">: <feed> of line %d writes it already", feed->file,
                        before->place.line);
}

static void check_feeds(const struct config *config, const struct all *all, struct diag *diag)
{
    const struct feed_section *feed;
    for (size_t i = 0; (feed = config_at(config, "feed", i)); i++) {
        bool is_stream = feed->kind == FEED_KIND_RELP || feed->kind == FEED_KIND_SYSLOG;
        if (is_stream && feed->address)
            check_feed_address(feed, all, diag);
        else if (feed->kind == FEED_KIND_FILE && feed->file)
            check_feed_file(config, feed, i, diag);
    }
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
    check_feeds(config, &all, diag);
    free(all.v);
}
