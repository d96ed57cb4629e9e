/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test cases of RFC 4231, in one piece and in two; a key used again. */
#include "gateway/tls/mac.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static const char *code_of(struct tls_mac *mac, struct slice bytes, size_t cut)
{
    static char text[2 * TLS_MAC_BYTES + 1];
    uint8_t out[TLS_MAC_BYTES];
    tls_mac_begin(mac);
    tls_mac_add(mac, slice_of(bytes.p, cut));
    tls_mac_add(mac, slice_skip(bytes, cut));
    tls_mac_end(mac, out);
    for (int i = 0; i < TLS_MAC_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", out[i]);
    return text;
}

static void expect(struct slice key, struct slice bytes, const char *expected)
{
    struct tls_mac *mac = tls_mac_new(key);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mac);
    for (size_t cut = 0; cut <= bytes.n; cut++)
        CU_ASSERT_STRING_EQUAL(code_of(mac, bytes, cut), expected);
    /* What was begun and never ended is forgotten. */
    tls_mac_begin(mac);
    tls_mac_add(mac, SLICE("half"));
    CU_ASSERT_STRING_EQUAL(code_of(mac, bytes, 0), expected);
    tls_mac_free(mac);
}

static void test_cases(void)
{
    char key[131], data[50];
    memset(key, 0x0b, 20);
    expect(slice_of(key, 20), SLICE("Hi There"),
           "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    expect(SLICE("Jefe"), SLICE("what do ya want for nothing?"),
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    expect(slice_of(key, 20), slice_of(data, sizeof data),
           "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    expect(slice_of(key, sizeof key),
           SLICE("Test Using Larger Than Block-Size Key - Hash Key First"),
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Of no key and no bytes there is a code, too. */
static void test_nothing(void)
{
    expect(SLICE_NONE, SLICE_NONE,
           "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    tls_mac_free(NULL);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"cases of the standard", test_cases},
        {"nothing", test_nothing},
    };
    return suite_run("mac", tests, sizeof tests / sizeof *tests);
}
