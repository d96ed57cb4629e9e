/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets as people write them, and names looked up beside the work. */
#include "gateway/base/resolve.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "tests/support/suite.h"

static void test_split(void)
{
    static const struct {
        const char *text, *host;
        unsigned port;
    } cases[] = {
        {"192.0.2.1:2514", "192.0.2.1", 2514},
        {"core.example.net:1", "core.example.net", 1},
        {"[2001:db8::1]:65535", "2001:db8::1", 65535},
        {"2001:db8::1:2514", NULL, 0}, /* which of them is the port? */
        {"core.example.net", NULL, 0},
        {":2514", NULL, 0},
        {"[]:2514", NULL, 0},
        {"core:0", NULL, 0},
        {"core:65536", NULL, 0},
        {"core:", NULL, 0},
        {"core:-1", NULL, 0},
        {"co re:1", NULL, 0},
        {"", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char host[RESOLVE_HOST_MAX] = "";
        unsigned port = 0;
        bool is_fine = resolve_split(slice_from(cases[i].text), host, &port);
        CU_ASSERT_EQUAL(is_fine, cases[i].host != NULL);
        if (is_fine && cases[i].host) {
            CU_ASSERT_STRING_EQUAL(host, cases[i].host);
            CU_ASSERT_EQUAL(port, cases[i].port);
        }
    }
    char longest[400], host[RESOLVE_HOST_MAX];
    unsigned port;
    memset(longest, 'a', sizeof longest);
    memcpy(longest + RESOLVE_HOST_MAX - 1, ":1", 3);
    CU_ASSERT_TRUE(resolve_split(slice_from(longest), host, &port));
    memset(longest, 'a', sizeof longest);
    memcpy(longest + RESOLVE_HOST_MAX, ":1", 3);
    CU_ASSERT_FALSE(resolve_split(slice_from(longest), host, &port));
}

static size_t look_up(const char *host, struct address *out, const char **reason)
{
    struct resolve *resolve = resolve_start(host, 2514);
    size_t n = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(resolve);
    struct pollfd fd = {.fd = resolve_fd(resolve), .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&fd, 1, 60000), 1);
    CU_ASSERT_TRUE(resolve_get(resolve, out, &n, reason));
    resolve_end(resolve);
    return n;
}

static void test_look_up(void)
{
    struct address found[RESOLVE_MAX];
    const char *reason = "";
    CU_ASSERT_EQUAL_FATAL(look_up("192.0.2.1", found, &reason), 1);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&found[0].storage;
    CU_ASSERT_EQUAL(v4->sin_family, AF_INET);
    CU_ASSERT_EQUAL(ntohs(v4->sin_port), 2514);
    CU_ASSERT_EQUAL_FATAL(look_up("2001:db8::1", found, &reason), 1);
    CU_ASSERT_EQUAL(found[0].storage.ss_family, AF_INET6);
    CU_ASSERT_EQUAL(look_up("not..a.name", found, &reason), 0);
    CU_ASSERT_TRUE(strlen(reason) > 0);
}

/* Who asked may go before there is an answer. */
static void test_left(void)
{
    for (int i = 0; i < 50; i++)
        resolve_end(resolve_start("192.0.2.1", 1));
    resolve_end(NULL);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"name and port", test_split},
        {"looked up", test_look_up},
        {"left alone", test_left},
    };
    return suite_run("resolve", tests, sizeof tests / sizeof *tests);
}
