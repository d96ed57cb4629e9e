/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may read: every combination that a request can come in. */
#include "gateway/snmp/access.h"

#include <CUnit/Basic.h>
#include <string.h>

#include "tests/support/suite.h"

static struct gwsnmp_community community(const char *name, const char *source)
{
    struct gwsnmp_community c = {.name = name, .is_from_anywhere = !source};
    if (source)
        CU_ASSERT_FATAL(network_parse(slice_from(source), &c.source));
    return c;
}

static enum gwsnmp_decision ask(const struct gwsnmp_access *access, int version, struct slice name,
                                const char *from, bool is_write)
{
    struct network address = {.n = 0};
    if (from)
        CU_ASSERT_FATAL(network_parse(slice_from(from), &address));
    const struct gwsnmp_request request = {.version = version,
                                           .name = name,
                                           .source =
                                               slice_of((const char *)address.bytes, address.n),
                                           .is_write = is_write};
    return gwsnmp_access_decide(access, &request);
}

static void test_communities(void)
{
    const struct gwsnmp_community list[] = {community("public", "127.0.0.0/8"),
                                            community("nms", "2001:db8::/32"),
                                            community("nms", "192.0.2.7"), community("open", NULL)};
    const struct gwsnmp_access access = {.communities = list, .n_communities = 4};
    for (int version = 1; version <= 2; version++) {
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("public"), "127.0.0.1", false), GWSNMP_ALLOWED);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("public"), "127.0.0.1", true),
                        GWSNMP_NO_ACCESS);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("public"), "128.0.0.1", false),
                        GWSNMP_NO_SUCH_NAME);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("public"), "::1", false), GWSNMP_NO_SUCH_NAME);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("public"), NULL, false), GWSNMP_NO_SUCH_NAME);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("nms"), "2001:db8::1", false), GWSNMP_ALLOWED);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("nms"), "192.0.2.7", false), GWSNMP_ALLOWED);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("nms"), "192.0.2.6", false),
                        GWSNMP_NO_SUCH_NAME);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("open"), "203.0.113.1", false), GWSNMP_ALLOWED);
        CU_ASSERT_EQUAL(ask(&access, version, SLICE("open"), NULL, false), GWSNMP_ALLOWED);
    }
}

/* Only the very name: no part of it, nothing more, whatever a constant-time comparison repeats. */
static void test_names(void)
{
    const struct gwsnmp_community list[] = {community("abab", NULL)};
    const struct gwsnmp_access access = {.communities = list, .n_communities = 1};
    static const struct slice wrong[] = {{"", 0},
                                         {NULL, 0},
                                         {"a", 1},
                                         {"aba", 3},
                                         {"ababa", 5},
                                         {"abababab", 8},
                                         {"ABAB", 4},
                                         {"abab\0", 5},
                                         {"abac", 4},
                                         {"\xe1"
                                          "bab",
                                          4}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(ask(&access, 2, wrong[i], "127.0.0.1", false), GWSNMP_NO_SUCH_NAME);
    CU_ASSERT_EQUAL(ask(&access, 2, SLICE("abab"), "127.0.0.1", false), GWSNMP_ALLOWED);
    const struct gwsnmp_access none = {.n_communities = 0};
    CU_ASSERT_EQUAL(ask(&none, 2, SLICE(""), "127.0.0.1", false), GWSNMP_NO_SUCH_NAME);
}

static enum gwsnmp_decision ask_user(const struct gwsnmp_access *access, const char *name,
                                     enum gwsnmp_level level, bool is_write, bool has_context)
{
    const struct gwsnmp_request request = {.version = 3,
                                           .name = slice_from(name),
                                           .level = level,
                                           .is_write = is_write,
                                           .has_context = has_context};
    return gwsnmp_access_decide(access, &request);
}

static void test_users(void)
{
    const struct gwsnmp_user users[] = {{.name = "auth", .auth = GWSNMP_AUTH_SHA_256},
                                        {.name = "priv", .privacy = GWSNMP_PRIVACY_AES_128}};
    const struct gwsnmp_community list[] = {community("priv", NULL)};
    const struct gwsnmp_access access = {
        .communities = list, .n_communities = 1, .users = users, .n_users = 2};
    static const struct {
        const char *name;
        enum gwsnmp_level level;
        enum gwsnmp_decision decision;
    } rows[] = {
        {"auth", GWSNMP_LEVEL_NONE, GWSNMP_NO_ACCESS},
        {"auth", GWSNMP_LEVEL_AUTH, GWSNMP_ALLOWED},
        {"auth", GWSNMP_LEVEL_PRIV, GWSNMP_ALLOWED},
        {"priv", GWSNMP_LEVEL_NONE, GWSNMP_NO_ACCESS},
        {"priv", GWSNMP_LEVEL_AUTH, GWSNMP_NO_ACCESS},
        {"priv", GWSNMP_LEVEL_PRIV, GWSNMP_ALLOWED},
        {"eve", GWSNMP_LEVEL_PRIV, GWSNMP_NO_SUCH_NAME},
        {"", GWSNMP_LEVEL_NONE, GWSNMP_NO_SUCH_NAME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_EQUAL(ask_user(&access, rows[i].name, rows[i].level, false, false),
                        rows[i].decision);
    CU_ASSERT_EQUAL(ask_user(&access, "priv", GWSNMP_LEVEL_PRIV, true, false), GWSNMP_NO_ACCESS);
    CU_ASSERT_EQUAL(ask_user(&access, "priv", GWSNMP_LEVEL_PRIV, false, true),
                    GWSNMP_NO_SUCH_CONTEXT);
    /* A community is no user, a user no community. */
    CU_ASSERT_EQUAL(ask(&access, 2, SLICE("auth"), "127.0.0.1", false), GWSNMP_NO_SUCH_NAME);
}

static void test_protocols(void)
{
    for (int i = GWSNMP_AUTH_MD5; i <= GWSNMP_AUTH_SHA_512; i++)
        CU_ASSERT_EQUAL(gwsnmp_auth_by_name(slice_from(gwsnmp_auth_name((enum gwsnmp_auth)i))), i);
    for (int i = GWSNMP_PRIVACY_NONE; i <= GWSNMP_PRIVACY_AES_256_C; i++)
        CU_ASSERT_EQUAL(
            gwsnmp_privacy_by_name(slice_from(gwsnmp_privacy_name((enum gwsnmp_privacy)i))), i);
    CU_ASSERT_EQUAL(gwsnmp_auth_by_name(SLICE("sha-1")), GWSNMP_AUTH_SHA);
    CU_ASSERT_EQUAL(gwsnmp_privacy_by_name(SLICE("aes")), GWSNMP_PRIVACY_AES_128);
    CU_ASSERT_EQUAL(gwsnmp_auth_by_name(SLICE("")), -1);
    CU_ASSERT_EQUAL(gwsnmp_privacy_by_name(SLICE("AES-12")), -1);
}

/* A copy owes nothing to the original. */
static void test_dup(void)
{
    char name[] = "public", user[] = "nms", phrase[] = "a passphrase";
    struct gwsnmp_community list[] = {community(name, "127.0.0.1")};
    struct gwsnmp_user users[] = {{.name = user, .auth_passphrase = phrase}};
    struct gwsnmp_sender senders[] = {{.user = users[0], .engine = {0x80, 1}, .n_engine = 2}};
    struct gwsnmp_access access = {.communities = list,
                                   .n_communities = 1,
                                   .users = users,
                                   .n_users = 1,
                                   .senders = senders,
                                   .n_senders = 1};
    struct arena arena;
    arena_init(&arena, 0);
    struct gwsnmp_access copy = gwsnmp_access_dup(&arena, &access);
    name[0] = user[0] = phrase[0] = 'X';
    memset(list, 0, sizeof list);
    memset(users, 0, sizeof users);
    memset(senders, 0, sizeof senders);
    CU_ASSERT_EQUAL(ask(&copy, 2, SLICE("public"), "127.0.0.1", false), GWSNMP_ALLOWED);
    CU_ASSERT_EQUAL(ask(&copy, 2, SLICE("public"), "127.0.0.2", false), GWSNMP_NO_SUCH_NAME);
    CU_ASSERT_STRING_EQUAL(copy.users->name, "nms");
    CU_ASSERT_STRING_EQUAL(copy.users->auth_passphrase, "a passphrase");
    CU_ASSERT_PTR_NULL(copy.users->privacy_passphrase);
    CU_ASSERT_STRING_EQUAL(copy.senders->user.auth_passphrase, "a passphrase");
    CU_ASSERT_EQUAL(copy.senders->n_engine, 2);
    arena_fini(&arena);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"communities", test_communities},     {"the very name", test_names}, {"users", test_users},
        {"protocols by name", test_protocols}, {"a copy", test_dup},
    };
    return suite_run("snmp access", tests, sizeof tests / sizeof *tests);
}
