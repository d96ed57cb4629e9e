/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is who, and how far behind: identity, joins, components, their bounds and their bytes. */
#include "gateway/kpi/entity.h"

#include <stdio.h>
#include <string.h>

#include "gateway/schema/who.h"
#include "tests/support/suite.h"

static uint32_t resolve(struct kpi_entities *e, uint32_t site, const char *guid, const char *name,
                        const char *domain, const char *mac, const char *ip)
{
    struct kpi_identity who = {.site = site,
                               .guid = slice_from(guid),
                               .name = slice_from(name),
                               .domain = slice_from(domain),
                               .mac = slice_from(mac),
                               .ip = slice_from(ip)};
    uint32_t id = kpi_entity_resolve(e, &who, true);
    return id == KPI_NO_ENTITY ? id : kpi_entity_root(e, id);
}

static void test_forms(void)
{
    struct kpi_entities e;
    kpi_entities_init(&e, 1);
    uint32_t id = resolve(&e, 0, NULL, "WKS-1", NULL, NULL, NULL);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "wks-1", NULL, NULL, NULL), id);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, " wks-1 ", NULL, NULL, NULL), id);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "wks-1$", NULL, NULL, NULL), id);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "corp\\wks-1", NULL, NULL, NULL), id);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "wks-1.corp.example.net", NULL, NULL, NULL), id);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "wks-1", "CORP\\", NULL, NULL), id);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "wks-1", "workgroup", NULL, NULL), id);
    CU_ASSERT_NOT_EQUAL(resolve(&e, 0, NULL, "wks-1", "lab", NULL, NULL), id);
    CU_ASSERT_NOT_EQUAL(resolve(&e, 1, NULL, "wks-1", NULL, NULL, NULL), id);
    CU_ASSERT_STRING_EQUAL(e.all[id].label, "WKS-1");
    /* An address that stands where a name should is an address. */
    uint32_t ip = resolve(&e, 0, NULL, "10.1.1.1", NULL, NULL, NULL);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, NULL, NULL, NULL, "10.1.1.1"), ip);
    uint32_t mac = resolve(&e, 0, NULL, NULL, NULL, "00-11-22-aa-bb-cc", NULL);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, NULL, NULL, "00:11:22:AA:BB:CC", NULL), mac);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, NULL, NULL, "0011.22aa.bbcc", NULL), mac);
    kpi_entities_fini(&e);
}

static void test_nobody(void)
{
    static const char *const nobody[] = {"",   "N/A",  "n/a",  "-",       "--",    "0.0.0.0",
                                         "::", "NULL", "none", "Unknown", "(null)"};
    struct kpi_entities e;
    kpi_entities_init(&e, 1);
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        CU_ASSERT_TRUE(gw_is_nobody(slice_from(nobody[i])));
        CU_ASSERT_EQUAL(resolve(&e, 0, nobody[i], nobody[i], NULL, nobody[i], nobody[i]),
                        KPI_NO_ENTITY);
    }
    CU_ASSERT_EQUAL(resolve(&e, 0, "{00000000-0000-0000-0000-000000000000}", NULL, NULL,
                            "00:00:00:00:00:00", "127.0.0.1"),
                    KPI_NO_ENTITY);
    CU_ASSERT_FALSE(gw_is_nobody(SLICE("nobody")));
    CU_ASSERT_EQUAL(e.live, 0);
    kpi_entities_fini(&e);
}

static void test_joins(void)
{
    struct kpi_entities e;
    kpi_entities_init(&e, 1);
    uint32_t ip = resolve(&e, 0, NULL, NULL, NULL, NULL, "10.1.1.1");
    uint32_t name = resolve(&e, 0, NULL, "wks-1", NULL, NULL, NULL);
    uint32_t guid = resolve(&e, 0, "g-1", NULL, NULL, NULL, NULL);
    CU_ASSERT_TRUE(ip != name && name != guid);
    e.all[ip].agent_ms = 500;
    e.all[name].agent_ms = 300;
    e.all[name].removed_ms = 700;
    uint32_t one = resolve(&e, 0, "g-1", "wks-1", NULL, NULL, "10.1.1.1");
    CU_ASSERT_EQUAL(kpi_entity_root(&e, ip), one);
    CU_ASSERT_EQUAL(kpi_entity_root(&e, name), one);
    CU_ASSERT_EQUAL(kpi_entity_root(&e, guid), one);
    CU_ASSERT_EQUAL(e.all[one].agent_ms, 500);
    CU_ASSERT_EQUAL(e.all[one].removed_ms, 700);
    CU_ASSERT_STRING_EQUAL(e.all[one].label, "wks-1");
    CU_ASSERT_TRUE(e.has_joined);
    /* Another GUID under the same name is another computer; the address moves, nothing else. */
    uint32_t other = resolve(&e, 0, "g-2", "wks-1", NULL, NULL, "10.1.1.1");
    CU_ASSERT_NOT_EQUAL(other, one);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, NULL, NULL, NULL, "10.1.1.1"), other);
    CU_ASSERT_EQUAL(resolve(&e, 0, "g-1", NULL, NULL, NULL, NULL), one);
    kpi_entities_fini(&e);
}

static unsigned random_below(unsigned *state, unsigned below)
{
    *state = *state * 1103515245u + 12345u;
    return *state / 65536 % below;
}

/* What is remembered of who was found is what would be found: against one that remembers nothing,
   with few names and addresses that move about, more of them than one may have, and some that go.
 */
static void test_remembered(void)
{
    struct kpi_entities remembers, forgets;
    unsigned state = 1;
    kpi_entities_init(&remembers, 7);
    kpi_entities_init(&forgets, 7);
    char guid[16] = "", name[16] = "", mac[16] = "", ip[24] = "";
    unsigned says = 0, domain = 0;
    for (unsigned i = 0; i < 30000; i++) {
        unsigned hosts = i / 1000 % 2 ? 40 : 2;
        if (random_below(&state, 2)) { /* else the same again */
            snprintf(guid, sizeof guid, "g-%u", random_below(&state, hosts));
            snprintf(name, sizeof name, "pc-%u", random_below(&state, hosts));
            snprintf(mac, sizeof mac, "0011223344%02x", random_below(&state, 60));
            snprintf(ip, sizeof ip, "10.0.0.%u", random_below(&state, 200));
            says = random_below(&state, 32);
            domain = random_below(&state, 3);
        }
        const char *who[] = {says & 1 && says & 8 ? guid : NULL, says & 2 ? name : NULL,
                             says & 16 ? domain == 0   ? "hq"
                                         : domain == 1 ? "lab"
                                                       : NULL
                                       : NULL,
                             says & 4 ? mac : NULL, says & 8 ? ip : NULL};
        kpi_entities_forget_found(&forgets);
        uint32_t found = resolve(&remembers, 0, who[0], who[1], who[2], who[3], who[4]);
        CU_ASSERT_EQUAL_FATAL(found, resolve(&forgets, 0, who[0], who[1], who[2], who[3], who[4]));
        if (found == KPI_NO_ENTITY)
            continue;
        kpi_entity_at(&remembers, found)->seen_ms = kpi_entity_at(&forgets, found)->seen_ms = i;
        if (i % 5000 == 4999) {
            kpi_entities_collect(&remembers, i - 50);
            kpi_entities_collect(&forgets, i - 50);
        }
    }
    CU_ASSERT_EQUAL(remembers.live, forgets.live);
    CU_ASSERT_EQUAL(remembers.refused_aliases, forgets.refused_aliases);
    CU_ASSERT(remembers.refused_aliases > 100);
    kpi_entities_fini(&remembers);
    kpi_entities_fini(&forgets);
}

static void test_collect(void)
{
    struct kpi_entities e;
    kpi_entities_init(&e, 1);
    uint32_t old = resolve(&e, 0, NULL, "old", NULL, NULL, NULL);
    uint32_t young = resolve(&e, 0, NULL, "young", NULL, NULL, NULL);
    uint32_t listed = resolve(&e, 0, NULL, "listed", NULL, NULL, NULL);
    e.all[old].seen_ms = 10;
    e.all[young].seen_ms = 1000;
    e.all[young].reporter = old;
    e.all[listed].flags = KPI_ENTITY_LISTED_HOST;
    kpi_entities_collect(&e, 500);
    CU_ASSERT_EQUAL(e.live, 2);
    CU_ASSERT_EQUAL(e.all[young].reporter, KPI_NO_ENTITY);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "young", NULL, NULL, NULL), young);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "new", NULL, NULL, NULL), old); /* its slot */
    CU_ASSERT_EQUAL(e.n, 3);
    kpi_entities_fini(&e);
}

static void test_bounded(void)
{
    struct kpi_entities e;
    char name[24];
    kpi_entities_init(&e, 1);
    for (int i = 0; i < KPI_ENTITIES_MAX; i++) {
        snprintf(name, sizeof name, "pc-%d", i);
        CU_ASSERT_NOT_EQUAL_FATAL(resolve(&e, 0, NULL, name, NULL, NULL, NULL), KPI_NO_ENTITY);
    }
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "one-more", NULL, NULL, NULL), KPI_NO_ENTITY);
    CU_ASSERT_EQUAL(e.refused, 1);
    CU_ASSERT_NOT_EQUAL(resolve(&e, 0, NULL, "pc-7", NULL, NULL, NULL), KPI_NO_ENTITY);
    kpi_entities_fini(&e);
}

/* Strangers have a share, and what is forgotten of them is room for others. */
static void test_strangers(void)
{
    struct kpi_entities e;
    char name[24];
    kpi_entities_init(&e, 1);
    resolve(&e, 1, NULL, "first", NULL, NULL, NULL);
    kpi_entities_bound_site(&e, 1);
    for (int i = 1; i < KPI_STRANGERS_MAX; i++) {
        snprintf(name, sizeof name, "pc-%d", i);
        CU_ASSERT_NOT_EQUAL_FATAL(resolve(&e, 1, NULL, name, NULL, NULL, NULL), KPI_NO_ENTITY);
    }
    CU_ASSERT_EQUAL(resolve(&e, 1, NULL, "one-more", NULL, NULL, NULL), KPI_NO_ENTITY);
    CU_ASSERT_EQUAL(e.refused, 1);
    CU_ASSERT_NOT_EQUAL(resolve(&e, 1, NULL, "pc-7", NULL, NULL, NULL), KPI_NO_ENTITY);
    CU_ASSERT_NOT_EQUAL(resolve(&e, 0, NULL, "one-more", NULL, NULL, NULL), KPI_NO_ENTITY);
    kpi_entities_collect(&e, 1);
    CU_ASSERT_EQUAL(e.live, 0);
    CU_ASSERT_EQUAL(e.strangers, 0);
    CU_ASSERT_NOT_EQUAL(resolve(&e, 1, NULL, "one-more", NULL, NULL, NULL), KPI_NO_ENTITY);
    kpi_entities_fini(&e);
}

/* ---- components ---- */

static const struct kpi_component_state *state_of(const struct kpi_entities *e, uint32_t id,
                                                  uint32_t component)
{
    for (size_t i = 0; i < e->all[id].n_components; i++)
        if (e->all[id].components[i].component == component)
            return &e->all[id].components[i];
    return NULL;
}

static void update(struct kpi_entities *e, uint32_t id, uint32_t component, int stated,
                   int64_t number, int64_t time_ms)
{
    kpi_component_learn(e, component, id, number, time_ms);
    kpi_component_update(e, id, component, stated, number, time_ms);
}

static void test_versions(void)
{
    struct kpi_entities e;
    int64_t since;
    kpi_entities_init(&e, 1);
    uint32_t a = resolve(&e, 0, NULL, "a", NULL, NULL, NULL),
             b = resolve(&e, 0, NULL, "b", NULL, NULL, NULL);
    uint32_t p = kpi_component_number(&e, GW_COMPONENT_PATTERN, SLICE("2048"), true);
    CU_ASSERT_EQUAL(kpi_component_number(&e, GW_COMPONENT_PATTERN, SLICE(" 2048 "), true), p);
    CU_ASSERT_NOT_EQUAL(kpi_component_number(&e, GW_COMPONENT_ENGINE, SLICE("2048"), true), p);
    /* Not stated: what others have counts, whenever they got it. 17.715.00 is 1771500. */
    update(&e, a, p, -1, 1771500, 1000);
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), false, &since), 0);
    CU_ASSERT_EQUAL(since, 0);
    update(&e, b, p, -1, 1771700, 500);
    update(&e, b, p, -1, 1772100, 3000);
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), false, &since), 2);
    CU_ASSERT_EQUAL(since, 500);
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), true, NULL), 0);
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, b, p), false, &since), 0);
    /* Stated: only what came out later adds to it. */
    update(&e, a, p, 1, 1771500, 2000);
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), false, &since), 2);
    CU_ASSERT_EQUAL(since, 2000);
    update(&e, a, p, 3, 1771500, 4000);
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), false, &since), 3);
    CU_ASSERT_EQUAL(since, 2000);       /* behind since then, though further now */
    update(&e, a, p, 0, 1772100, 3500); /* older word */
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), false, NULL), 3);
    update(&e, a, p, 0, 1772100, 5000);
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), false, &since), 0);
    CU_ASSERT_EQUAL(since, 0);
    update(&e, a, p, 30000, 0, 6000); /* hostile */
    CU_ASSERT_EQUAL(kpi_component_lag(&e, state_of(&e, a, p), true, NULL), 1000);
    kpi_entities_fini(&e);
}

static void test_versions_bounded(void)
{
    struct kpi_entities e;
    char id[16];
    kpi_entities_init(&e, 1);
    uint32_t who = resolve(&e, 0, NULL, "a", NULL, NULL, NULL),
             other = resolve(&e, 0, NULL, "b", NULL, NULL, NULL);
    uint32_t p = kpi_component_number(&e, GW_COMPONENT_PATTERN, SLICE("0"), true);
    const struct kpi_component *c = &e.components[p];
    for (int64_t i = 1; i <= 200; i++)
        kpi_component_learn(&e, p, who, i * 100, 1000 + i);
    CU_ASSERT_EQUAL(c->n_versions, KPI_VERSIONS_MAX);
    CU_ASSERT_EQUAL(c->versions[KPI_VERSIONS_MAX - 1].number, 20000);
    CU_ASSERT_EQUAL(c->versions[0].number, (200 - KPI_VERSIONS_MAX + 1) * 100);
    kpi_component_learn(&e, p, other, 50, 1);
    CU_ASSERT_EQUAL(c->versions[0].number, (200 - KPI_VERSIONS_MAX + 1) * 100);
    kpi_component_learn(&e, p, who, 20000, 5); /* first seen earlier than thought */
    CU_ASSERT_EQUAL(c->versions[KPI_VERSIONS_MAX - 1].first_ms, 5);
    kpi_component_learn(&e, p, other, 19950, 7); /* in between */
    CU_ASSERT_EQUAL(c->versions[KPI_VERSIONS_MAX - 2].number, 19950);
    kpi_component_learn(&e, p, who, 0, 7);
    kpi_component_learn(&e, p, who, -5, 7);
    for (size_t i = 1; i < c->n_versions; i++)
        CU_ASSERT_TRUE(c->versions[i - 1].number < c->versions[i].number);
    for (int i = 0; i < KPI_COMPONENTS_MAX + 5; i++) {
        snprintf(id, sizeof id, "%d", i);
        uint32_t n = kpi_component_number(&e, GW_COMPONENT_PATTERN, slice_from(id), true);
        CU_ASSERT_EQUAL(n == UINT32_MAX, i >= KPI_COMPONENTS_MAX);
        if (n != UINT32_MAX)
            update(&e, who, n, 0, 1, 1);
    }
    CU_ASSERT_EQUAL(e.all[who].n_components, KPI_COMPONENTS_PER_ENTITY);
    kpi_entities_fini(&e);
}

static bool counts(const struct kpi_entities *e, uint32_t component, int64_t number)
{
    const struct kpi_component *c = &e->components[component];
    for (size_t i = 0; i < c->n_versions; i++)
        if (c->versions[i].number == number)
            return c->versions[i].counts;
    return false;
}

/* Whose word a version is: of one, of two, of the configuration, of nobody any more. */
static void test_versions_believed(void)
{
    struct kpi_entities e;
    kpi_entities_init(&e, 1);
    uint32_t a = resolve(&e, 0, NULL, "a", NULL, NULL, NULL),
             b = resolve(&e, 0, NULL, "b", NULL, NULL, NULL),
             c = resolve(&e, 0, NULL, NULL, NULL, NULL, "10.0.0.3");
    uint32_t p = kpi_component_number(&e, GW_COMPONENT_PATTERN, SLICE("2048"), true);
    update(&e, a, p, -1, 9000, 1000);
    CU_ASSERT_TRUE(counts(&e, p, 9000)); /* of two, who knows which one errs */
    update(&e, b, p, -1, 100, 1000);
    CU_ASSERT_TRUE(counts(&e, p, 9000));
    update(&e, c, p, -1, 100, 1000);
    CU_ASSERT_FALSE(counts(&e, p, 9000));
    update(&e, b, p, -1, 400, 2000);
    CU_ASSERT_TRUE(counts(&e, p, 400));
    update(&e, b, p, -1, 401, 3000);
    CU_ASSERT_TRUE(counts(&e, p, 401)); /* 4 times and a little */
    update(&e, b, p, -1, 500, 4000);
    CU_ASSERT_FALSE(counts(&e, p, 500));
    update(&e, b, p, -1, 200, 3999); /* an older word takes back nothing */
    CU_ASSERT_TRUE(counts(&e, p, 401));
    update(&e, b, p, -1, 200, 5000);
    CU_ASSERT_FALSE(counts(&e, p, 400) || counts(&e, p, 401));
    CU_ASSERT_TRUE(counts(&e, p, 200));
    /* The configuration's word stands while it is said. */
    kpi_component_tell(&e.components[p], 9000, 10);
    kpi_component_tell(&e.components[p], 9500, 10);
    update(&e, a, p, -1, 100, 6000);
    CU_ASSERT_TRUE(counts(&e, p, 9000) && counts(&e, p, 9500));
    kpi_component_tell(&e.components[p], 0, 0);
    CU_ASSERT_FALSE(counts(&e, p, 9000) || counts(&e, p, 9500));
    /* Who joined is one: he confirms nothing that he said himself, and may take it back. */
    update(&e, c, p, -1, 300, 7000);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "b", NULL, NULL, "10.0.0.3"), b);
    update(&e, b, p, -1, 300, 8000);
    CU_ASSERT_TRUE(counts(&e, p, 300));
    kpi_entities_collect(&e, 0); /* the number that c had is free */
    update(&e, b, p, -1, 200, 9000);
    CU_ASSERT_FALSE(counts(&e, p, 300));
    /* What only one had that is gone, nobody has. */
    update(&e, a, p, -1, 350, 9000);
    e.all[b].seen_ms = 9000;
    kpi_entities_collect(&e, 500);
    CU_ASSERT_FALSE(counts(&e, p, 350));
    CU_ASSERT_TRUE(counts(&e, p, 200));
    kpi_entities_fini(&e);
}

static uint32_t find(struct kpi_entities *e, const char *ip)
{
    struct kpi_identity who = {.ip = slice_from(ip)};
    uint32_t id = kpi_entity_resolve(e, &who, false);
    return id == KPI_NO_ENTITY ? id : kpi_entity_root(e, id);
}

/* One that is called otherwise with each record: its names and addresses are bounded, and so is the
 * room for what it was called; others are found as ever. */
static void test_aliases_bounded(void)
{
    struct kpi_entities e;
    struct buf bytes = {0};
    char name[24], ip[24];
    kpi_entities_init(&e, 1);
    uint32_t a = resolve(&e, 0, NULL, "a", NULL, NULL, "10.0.0.1"),
             g = resolve(&e, 0, "g", NULL, NULL, NULL, NULL);
    for (int i = 0; i < 200000; i++) {
        snprintf(name, sizeof name, "name-%d", i);
        snprintf(ip, sizeof ip, "10.%d.%d.%d", 1 + i / 65536, i / 256 % 256, i % 256);
        CU_ASSERT_EQUAL(resolve(&e, 0, "g", name, NULL, NULL, ip), g);
    }
    CU_ASSERT_TRUE(e.aliases.n <= 2 * KPI_ALIASES_PER_ENTITY);
    CU_ASSERT_TRUE(e.refused_aliases > 0);
    CU_ASSERT_TRUE(e.labels.used_bytes < 4 << 20);
    CU_ASSERT_STRING_EQUAL(e.all[g].label, "name-199999");
    /* What it takes over from another is nobody's: it is not that one's any more. */
    resolve(&e, 0, "g", "z", NULL, NULL, "10.0.0.1");
    CU_ASSERT_EQUAL(find(&e, "10.0.0.1"), KPI_NO_ENTITY);
    CU_ASSERT_EQUAL(resolve(&e, 0, NULL, "a", NULL, NULL, NULL), a);
    /* Nor do those that join it, one after the other, bring more than it may have. */
    for (int i = 0; i < 1000; i++) {
        snprintf(ip, sizeof ip, "11.0.%d.%d", i / 256, i % 256);
        resolve(&e, 0, NULL, NULL, NULL, NULL, ip);
        CU_ASSERT_EQUAL(resolve(&e, 0, "g", NULL, NULL, NULL, ip), g);
        CU_ASSERT_EQUAL(find(&e, ip), g);
    }
    kpi_entities_encode(&e, &bytes, NULL, NULL);
    kpi_entities_collect(&e, 0);
    CU_ASSERT_TRUE(e.aliases.n <= 2 * KPI_ALIASES_PER_ENTITY);
    CU_ASSERT_EQUAL(resolve(&e, 0, "g", NULL, NULL, NULL, NULL), g);
    /* A checkpoint knows no number of aliases: they are counted. */
    struct kpi_entities again;
    kpi_entities_init(&again, 1);
    struct cursor in = cursor_of(buf_get(&bytes));
    CU_ASSERT_TRUE_FATAL(kpi_entities_decode(&again, &in, NULL, NULL));
    CU_ASSERT_EQUAL(again.all[g].n_aliases, KPI_ALIASES_PER_ENTITY);
    kpi_entities_collect(&again, 0);
    CU_ASSERT_EQUAL(again.aliases.n, e.aliases.n);
    kpi_entities_fini(&e);
    kpi_entities_fini(&again);
    buf_free(&bytes);
}

/* Undeclared senders get a tenth of the components; what a declared one says is no stranger's. */
static void test_components_bounded(void)
{
    struct kpi_entities e;
    char id[16];
    kpi_entities_init(&e, 1);
    for (int i = 0; i < KPI_COMPONENTS_MAX + 5; i++) {
        snprintf(id, sizeof id, "%d", i);
        uint32_t n = kpi_component_number(&e, GW_COMPONENT_PATTERN, slice_from(id), false);
        CU_ASSERT_EQUAL(n == UINT32_MAX, i >= KPI_STRANGE_COMPONENTS_MAX);
    }
    CU_ASSERT_EQUAL(e.refused_components, KPI_COMPONENTS_MAX + 5u - KPI_STRANGE_COMPONENTS_MAX);
    CU_ASSERT_EQUAL(kpi_component_number(&e, GW_COMPONENT_PATTERN, SLICE("7"), true), 7);
    CU_ASSERT_NOT_EQUAL(kpi_component_number(&e, GW_COMPONENT_PATTERN, SLICE("a"), false),
                        UINT32_MAX);
    CU_ASSERT_EQUAL(kpi_component_number(&e, GW_COMPONENT_PATTERN, SLICE("b"), false), UINT32_MAX);
    for (int i = 0; i < KPI_COMPONENTS_MAX - KPI_STRANGE_COMPONENTS_MAX - 1; i++) {
        snprintf(id, sizeof id, "%d", i);
        CU_ASSERT_NOT_EQUAL(kpi_component_number(&e, GW_COMPONENT_ENGINE, slice_from(id), true),
                            UINT32_MAX);
    }
    CU_ASSERT_EQUAL(kpi_component_number(&e, GW_COMPONENT_ENGINE, SLICE("c"), true), UINT32_MAX);
    kpi_entities_fini(&e);
}

static void test_codec(void)
{
    struct kpi_entities e, again;
    struct buf bytes = {0};
    char name[24];
    kpi_entities_init(&e, 1);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "pc-%d", i);
        uint32_t id = resolve(&e, (uint32_t)i % 2, NULL, name, NULL, NULL, NULL);
        update(&e, id, kpi_component_number(&e, GW_COMPONENT_ENGINE, SLICE("1"), true), 1, 100 + i,
               1000 + i);
        e.all[id].seen_ms = i < 5 ? 1 : 1000;
    }
    resolve(&e, 0, "g", "pc-6", NULL, NULL, "10.0.0.1");
    kpi_entity_product(&e, resolve(&e, 0, NULL, "pc-8", NULL, NULL, NULL))->seen_ms = 77;
    kpi_entities_collect(&e, 500);
    kpi_entities_encode(&e, &bytes, NULL, NULL);
    kpi_entities_init(&again, 1);
    struct cursor in = cursor_of(buf_get(&bytes));
    CU_ASSERT_TRUE(kpi_entities_decode(&again, &in, NULL, NULL));
    CU_ASSERT_EQUAL(cursor_left(&in), 0);
    CU_ASSERT_EQUAL(again.live, e.live);
    uint32_t id = resolve(&again, 0, NULL, NULL, NULL, NULL, "10.0.0.1");
    CU_ASSERT_EQUAL(id, resolve(&e, 0, NULL, "pc-6", NULL, NULL, NULL));
    CU_ASSERT_EQUAL(again.all[resolve(&again, 0, NULL, "pc-8", NULL, NULL, NULL)].product->seen_ms,
                    77);
    for (int i = 0; i < 100; i++) { /* free slots first, then new ones */
        snprintf(name, sizeof name, "more-%d", i);
        CU_ASSERT_EQUAL(resolve(&again, 0, NULL, name, NULL, NULL, NULL),
                        resolve(&again, 0, NULL, name, NULL, NULL, NULL));
    }
    CU_ASSERT_EQUAL(again.live, e.live + 100);
    CU_ASSERT_EQUAL(again.n, again.live);
    kpi_entities_fini(&again);
    for (size_t n = 0; n < bytes.n; n++) {
        kpi_entities_init(&again, 1);
        in = cursor_of(slice_head(buf_get(&bytes), n));
        CU_ASSERT_FALSE(kpi_entities_decode(&again, &in, NULL, NULL));
        kpi_entities_fini(&again);
    }
    for (size_t i = 0; i < bytes.n * 8; i++) {
        bytes.p[i / 8] = (char)(bytes.p[i / 8] ^ 1 << i % 8);
        kpi_entities_init(&again, 1);
        in = cursor_of(buf_get(&bytes));
        kpi_entities_decode(&again, &in, NULL, NULL); /* anything but a crash */
        kpi_entities_fini(&again);
        bytes.p[i / 8] = (char)(bytes.p[i / 8] ^ 1 << i % 8);
    }
    kpi_entities_fini(&e);
    buf_free(&bytes);
}

/* A restored table of every small size grows. */
static void test_growth(void)
{
    for (int n = 0; n < 6; n++) {
        struct kpi_entities e, again;
        struct buf bytes = {0};
        char name[24];
        kpi_entities_init(&e, 1);
        for (int i = 0; i < n; i++) {
            snprintf(name, sizeof name, "pc-%d", i);
            resolve(&e, 0, NULL, name, NULL, NULL, NULL);
        }
        kpi_entities_encode(&e, &bytes, NULL, NULL);
        kpi_entities_init(&again, 1);
        struct cursor in = cursor_of(buf_get(&bytes));
        CU_ASSERT_TRUE(kpi_entities_decode(&again, &in, NULL, NULL));
        for (int i = 0; i < 200; i++) {
            snprintf(name, sizeof name, "pc-%d", i);
            CU_ASSERT_EQUAL(resolve(&again, 0, NULL, name, NULL, NULL, NULL), (uint32_t)i);
        }
        kpi_entities_fini(&again);
        kpi_entities_fini(&e);
        buf_free(&bytes);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"forms of a name", test_forms},
        {"nobody", test_nobody},
        {"joins", test_joins},
        {"who was found before", test_remembered},
        {"housekeeping", test_collect},
        {"computers are bounded", test_bounded},
        {"strangers have a share", test_strangers},
        {"versions", test_versions},
        {"versions are bounded", test_versions_bounded},
        {"versions: whose word it is", test_versions_believed},
        {"aliases are bounded", test_aliases_bounded},
        {"components are bounded", test_components_bounded},
        {"as bytes", test_codec},
        {"growth after a restore", test_growth}};
    return suite_run("kpi entities", tests, sizeof tests / sizeof *tests);
}
