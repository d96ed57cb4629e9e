/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plugin's command line: what it understands, and what it says to mistakes. */
#include "gateway/ctl/check_options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/unit.h"

static char secret_path[] = "/tmp/eog-check-options-XXXXXX";

struct parsed {
    struct arena arena;
    struct check_options options;
    struct buf error;
    bool is_fine;
};

/* words: the command line after the program's name, split at blanks; FILE is a file with a secret.
 */
static struct parsed parse(const char *words)
{
    static char copy[512];
    static char *argv[32];
    struct parsed p = {.is_fine = false};
    int argc = 0;
    snprintf(copy, sizeof copy, "check_eog %s", words);
    for (char *word = strtok(copy, " "); word && argc < 31; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "FILE") == 0 ? secret_path : word;
    argv[argc] = NULL;
    arena_init(&p.arena, 0);
    p.is_fine = check_options_parse(argc, argv, &p.arena, &p.options, &p.error);
    CU_ASSERT_EQUAL(p.is_fine, p.error.n == 0);
    return p;
}

static void done(struct parsed *p)
{
    arena_fini(&p->arena);
    buf_free(&p->error);
}

static void expect_host(const char *words, const char *host, unsigned port)
{
    struct parsed p = parse(words);
    CU_ASSERT_FATAL(p.is_fine);
    CU_ASSERT_STRING_EQUAL(p.options.host, host);
    CU_ASSERT_EQUAL(p.options.port, port);
    done(&p);
}

static void test_hosts(void)
{
    expect_host("-H gw.example -k all", "gw.example", 161);
    expect_host("-H 192.0.2.1:1161 -k 11", "192.0.2.1", 1161);
    expect_host("-H 2001:db8::1 -k 11", "2001:db8::1", 161);
    expect_host("-H [2001:db8::1] -k 11", "2001:db8::1", 161);
    expect_host("--host=[::1]:1161 --kpi=11", "::1", 1161);
}

static void test_defaults(void)
{
    struct parsed p = parse("-H gw -k outbreak");
    CU_ASSERT_EQUAL(p.options.version, 2);
    CU_ASSERT_STRING_EQUAL(p.options.community, "public");
    CU_ASSERT_EQUAL(p.options.timeout_ms, 10000);
    CU_ASSERT_EQUAL(p.options.max_age_ms, 300000);
    CU_ASSERT_PTR_NULL(p.options.scope);
    done(&p);
    p = parse("-H gw -k outbreak -s hq/apex -t 3 -m 0 --community-file FILE");
    CU_ASSERT_STRING_EQUAL(p.options.scope, "hq/apex");
    CU_ASSERT_EQUAL(p.options.timeout_ms, 3000);
    CU_ASSERT_EQUAL(p.options.max_age_ms, 0);
    CU_ASSERT_STRING_EQUAL(p.options.community, "a passphrase");
    done(&p);
}

static void test_users(void)
{
    struct parsed p = parse("-H gw -k 1 -P 3 -u nms --auth-file FILE --privacy-file FILE");
    CU_ASSERT_FATAL(p.is_fine);
    CU_ASSERT_EQUAL(p.options.user.auth, GWSNMP_AUTH_SHA_256);
    CU_ASSERT_EQUAL(p.options.user.privacy, GWSNMP_PRIVACY_AES_128);
    CU_ASSERT_STRING_EQUAL(p.options.user.auth_passphrase, "a passphrase");
    CU_ASSERT_STRING_EQUAL(p.options.user.privacy_passphrase, "a passphrase");
    done(&p);
    p = parse("-H gw -k 1 -P 3 -u nms --auth-file FILE -a sha-512 -x AES-256 --privacy-file FILE");
    CU_ASSERT_EQUAL(p.options.user.auth, GWSNMP_AUTH_SHA_512);
    CU_ASSERT_EQUAL(p.options.user.privacy, GWSNMP_PRIVACY_AES_256);
    done(&p);
    p = parse("-H gw -k 1 -P 3 -u nms --auth-file FILE");
    CU_ASSERT_EQUAL(p.options.user.privacy, GWSNMP_PRIVACY_NONE);
    CU_ASSERT_PTR_NULL(p.options.user.privacy_passphrase);
    done(&p);
}

static void test_modes(void)
{
    struct parsed p = parse("-H gw --products -s hq -v");
    CU_ASSERT(p.is_fine && p.options.mode == CHECK_PRODUCTS && p.options.is_verbose);
    CU_ASSERT_STRING_EQUAL(p.options.scope, "hq");
    done(&p);
    p = parse("-H gw --feeds");
    CU_ASSERT(p.is_fine && p.options.mode == CHECK_FEEDS);
    done(&p);
    p = parse("-H gw --gateway");
    CU_ASSERT(p.is_fine && p.options.mode == CHECK_GATEWAY);
    done(&p);
    p = parse("-H gw -k 4 -w 98: -c 90:");
    CU_ASSERT(p.is_fine && p.options.warning.is_set && p.options.critical.start == 9000);
    done(&p);
}

static void test_help(void)
{
    struct parsed p = parse("-h");
    CU_ASSERT(p.is_fine && p.options.is_help);
    done(&p);
    p = parse("--version -k");
    CU_ASSERT(p.is_fine && p.options.is_version);
    done(&p);
}

/* Each is refused in a sentence that names what is wrong. */
static void test_mistakes(void)
{
    static const struct {
        const char *words, *named;
    } mistakes[] = {
        {"", "-H is missing"},
        {"-H gw", "-k is missing"},
        {"-k outbreak", "-H is missing"},
        {"-H gw: -k 1", "-H 'gw:'"},
        {"-H gw:0 -k 1", "-H 'gw:0'"},
        {"-H gw:65536 -k 1", "-H 'gw:65536'"},
        {"-H gw:snmp -k 1", "-H 'gw:snmp'"},
        {"-H [::1 -k 1", "-H '[::1'"},
        {"-H [::1]1161 -k 1", "-H '[::1]1161'"},
        {"-H [] -k 1", "-H '[]'"},
        {"-H [::1]: -k 1", "-H '[::1]:'"},
        {"-H :161 -k 1", "-H ':161'"},
        {"-H gw -k 1 -t 0", "-t '0'"},
        {"-H gw -k 1 -t 1000", "-t '1000'"},
        {"-H gw -k 1 -t x", "-t 'x'"},
        {"-H gw -k 1 -m -1", "-m '-1'"},
        {"-H gw -k 1 -P 1", "-P '1'"},
        {"-H gw -k 1 --frobnicate", "unknown"},
        {"-H gw -k 1 -C", "lacks"},
        {"-H gw -k 1 more", "'more'"},
        {"-H gw -k all -s hq", "-k all"},
        {"-H gw -k 1 -u nms", "-P 3"},
        {"-H gw -k 1 -w x", "-w 'x'"},
        {"-H gw -k 1 -c 20:10", "-c '20:10'"},
        {"-H gw -k all -w 10", "-w and -c"},
        {"-H gw --feeds -c 10", "-w and -c"},
        {"-H gw --feeds -k 1", "-k goes without"},
        {"-H gw --feeds --products", "one at a time"},
        {"-H gw --gateway -s hq", "--gateway has no -s"},
        {"-H gw -k 1 -P 3", "-u"},
        {"-H gw -k 1 -P 3 -u nms", "--auth-file"},
        {"-H gw -k 1 -P 3 -u nms --auth-file /nowhere/file", "/nowhere/file"},
        {"-H gw -k 1 -P 3 -u nms --auth-file FILE -a ROT13", "-a 'ROT13'"},
        {"-H gw -k 1 -P 3 -u nms --auth-file FILE -x ROT13", "-x 'ROT13'"},
        {"-H gw -k 1 -P 3 -u nms --auth-file FILE -x DES", "--privacy-file"},
        {"-H gw -k 1 -P 3 -u a23456789012345678901234567890123 --auth-file FILE", "32"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct parsed p = parse(mistakes[i].words);
        CU_ASSERT_FALSE(p.is_fine);
        bool is_named = strstr(buf_text(&p.error), mistakes[i].named) != NULL;
        if (!is_named)
            printf("\n    %s: %s\n", mistakes[i].words, buf_text(&p.error));
        CU_ASSERT(is_named);
        done(&p);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"hosts and ports", test_hosts},
                                        {"defaults", test_defaults},
                                        {"users", test_users},
                                        {"modes and ranges", test_modes},
                                        {"help and version", test_help},
                                        {"mistakes", test_mistakes},
                                        CU_TEST_INFO_NULL};
    int fd = mkstemp(secret_path);
    if (fd < 0 || write(fd, "a passphrase\n", 13) != 13)
        return 1;
    close(fd);
    int status = unit_run("check_options", tests);
    unlink(secret_path);
    return status;
}
