/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Examples of NIST for SHA-256: nothing, one block, two blocks, many. */
#include "gateway/tls/digest.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static void expect(struct slice bytes, const char *expected)
{
    char hex[TLS_SHA256_HEX];
    memset(hex, 'x', sizeof hex);
    tls_sha256(bytes, hex);
    CU_ASSERT_STRING_EQUAL(hex, expected);
}

static void test_examples(void)
{
    expect(SLICE_NONE, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(SLICE("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(SLICE("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *many = malloc(1000000);
    memset(many, 'a', 1000000);
    expect(slice_of(many, 1000000),
           "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(many);
}

int main(void)
{
    static const struct suite_test tests[] = {{"examples", test_examples}};
    return suite_run("digest", tests, sizeof tests / sizeof *tests);
}
