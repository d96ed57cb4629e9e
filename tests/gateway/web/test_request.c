/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries, JSON bodies and tokens: what is right, what is not, and bytes that are anything. */
#include "gateway/web/request.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/web/access.h"
#include "tests/support/unit.h"

static void queries(void)
{
    static const struct {
        const char *query, *value; /* NULL: refused */
    } cases[] = {
        {"", ""},
        {"site", ""},
        {"site=", ""},
        {"site=bj", "bj"},
        {"a=1&site=bj", "bj"},
        {"site=a&site=b", "a"},
        {"sites=a&xsite=b", ""},
        {"site=a+b%20c", "a b c"},
        {"site=%e4%ba%ac", "京"},
        {"site=%", NULL},
        {"site=%4", NULL},
        {"site=%zz", NULL},
        {"site=%00", NULL},
        {"site=1234567", "1234567"},
        {"site=12345678", NULL},
        {"&&=&site=x&", "x"},
    };
    char out[8];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool is_good = request_query(slice_from(cases[i].query), "site", out, sizeof out);
        CU_ASSERT_EQUAL(is_good, cases[i].value != NULL);
        CU_ASSERT_STRING_EQUAL(out, cases[i].value ? cases[i].value : "");
    }
}

static void numbers(void)
{
    static const struct {
        const char *query;
        int64_t value; /* -1: refused */
    } cases[] = {
        {"", 50},      {"n=", 50},  {"n=1", 1},   {"n=200", 200}, {"n=0", -1},
        {"n=201", -1}, {"n=x", -1}, {"n=1x", -1}, {"n=-5", -1},   {"n=99999999999999999999", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t n;
        bool is_good = request_query_int(slice_from(cases[i].query), "n", 50, 1, 200, &n);
        CU_ASSERT_EQUAL(is_good, cases[i].value != -1);
        if (is_good)
            CU_ASSERT_EQUAL(n, cases[i].value);
    }
}

static void bodies(void)
{
    static const char *const none[] = {
        "", "[]", "7", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CU_ASSERT_PTR_NULL(request_body_parse(slice_from(none[i])));
    struct request_body *body =
        request_body_parse(SLICE("{\"id\":7,\"name\":\"王\",\"real\":7.5,\"none\":null}"));
    int64_t id;
    CU_ASSERT_PTR_NOT_NULL_FATAL(body);
    CU_ASSERT(request_body_int(body, "id", &id) && id == 7);
    CU_ASSERT_FALSE(request_body_int(body, "name", &id));
    CU_ASSERT_FALSE(request_body_int(body, "real", &id));
    CU_ASSERT_FALSE(request_body_int(body, "absent", &id));
    CU_ASSERT_STRING_EQUAL(request_body_text(body, "name"), "王");
    CU_ASSERT_PTR_NULL(request_body_text(body, "id"));
    CU_ASSERT_PTR_NULL(request_body_text(body, "none"));
    CU_ASSERT_PTR_NULL(request_body_text(body, "absent"));
    request_body_free(body);
    request_body_free(NULL);
}

/* Whatever comes: bounded, ended, no crash (a sanitizer looks on). */
static void any_bytes(void)
{
    static const char alphabet[] = "site=&%+0aF\"{}[]:,\\u\0\xff n";
    char bytes[48] = "", out[8];
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)(rand_r(&seed) % (int)sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
        char *exact = malloc(n + 1); /* one byte beyond is seen */
        memcpy(exact, bytes, n);
        memset(out, 'x', sizeof out);
        bool is_good = request_query(slice_of(exact, n), "site", out, sizeof out);
        CU_ASSERT_FATAL(memchr(out, '\0', sizeof out) != NULL);
        CU_ASSERT(is_good || out[0] == '\0');
        request_body_free(request_body_parse(slice_of(exact, n)));
        free(exact);
    }
}

static char path[] = "/tmp/eog-token-XXXXXX";

static void put_token(const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void tokens(void)
{
    struct web_access access = {.token_file = path};
    struct web_access nobody = {0};
    put_token("0123456789abcdef\nmore\n");
    CU_ASSERT_EQUAL(web_access_judge(&access, "::1", SLICE("Bearer 0123456789abcdef"), 1),
                    WEB_ALLOWED);
    CU_ASSERT_EQUAL(web_access_judge(&access, "::1", SLICE("bearer  0123456789abcdef "), 1),
                    WEB_ALLOWED);
    CU_ASSERT_EQUAL(web_access_judge(&nobody, "::1", SLICE("Bearer 0123456789abcdef"), 1),
                    WEB_NO_TOKEN);
    static const char *const wrong[] = {"",
                                        "Bearer",
                                        "Bearer ",
                                        "Basic 0123456789abcdef",
                                        "0123456789abcdef",
                                        "Bearer 0123456789abcde",
                                        "Bearer 0123456789abcdef0",
                                        "Bearer 0123456789abcdeF"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(web_access_judge(&access, "::1", slice_from(wrong[i]), 1), WEB_WRONG);
    for (size_t i = sizeof wrong / sizeof *wrong - 1; i < WEB_WRONG_MAX; i++)
        CU_ASSERT_EQUAL(web_access_judge(&access, "::1", SLICE("x"), 1), WEB_WRONG);
    CU_ASSERT_EQUAL(web_access_judge(&access, "::1", SLICE("Bearer 0123456789abcdef"), 2),
                    WEB_TOO_OFTEN);
    CU_ASSERT_EQUAL(web_access_judge(&access, "::1", SLICE("Bearer 0123456789abcdef"), 60002),
                    WEB_ALLOWED);
    CU_ASSERT_EQUAL(web_access_judge(&access, "192.0.2.7", SLICE("x"), 2), WEB_WRONG);
    put_token("short\n"); /* read anew */
    CU_ASSERT_EQUAL(web_access_judge(&access, "::1", SLICE("Bearer short"), 60003), WEB_NO_TOKEN);
    put_token("");
    CU_ASSERT_EQUAL(web_access_judge(&access, "::1", SLICE("Bearer "), 60003), WEB_NO_TOKEN);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"queries", queries}, {"numbers", numbers},
                                        {"bodies", bodies},   {"any bytes", any_bytes},
                                        {"tokens", tokens},   CU_TEST_INFO_NULL};
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int status = unit_run("web requests", tests);
    unlink(path);
    return status;
}
