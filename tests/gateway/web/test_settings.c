/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which addresses the pages may be served at. */
#include "gateway/web/settings.h"
#include "tests/support/unit.h"

static void test_addresses(void)
{
    static const struct {
        const char *address;
        bool is_good;
    } cases[] = {
        {NULL, true},
        {"127.0.0.1:9116", true},
        {"127.1.2.3:80", true},
        {"[::1]:9116", true},
        {"0.0.0.0:9116", false},
        {"[::]:9116", false},
        {"128.0.0.1:9116", false},
        {"192.0.2.1:9116", false},
        {"[2001:db8::1]:9116", false},
        {"[::ffff:192.0.2.1]:9116", false},
        {"localhost:9116", false},
        {"127.0.0.1", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct diag diag = {0};
        struct web_section web = {.place = {"x.xml", 3}, .address = cases[i].address};
        web_check(&web, &diag);
        CU_ASSERT_EQUAL(diag_is_empty(&diag), cases[i].is_good);
        diag_free(&diag);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"addresses", test_addresses}, CU_TEST_INFO_NULL};
    return unit_run("web settings", tests);
}
