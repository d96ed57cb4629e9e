/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The examples of FIPS 180-4 and the test cases of RFC 4231; every length around a block's end. */
#include "gateway/base/sha256.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static const char *hex(const uint8_t *bytes)
{
    static char text[2 * SHA256_BYTES + 1];
    for (int i = 0; i < SHA256_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

static const char *hash_of(struct slice bytes)
{
    uint8_t out[SHA256_BYTES];
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, bytes);
    sha256_end(&hash, out);
    return hex(out);
}

static const char *code_of(struct slice key, struct slice bytes)
{
    uint8_t out[SHA256_BYTES];
    struct hmac_sha256 code;
    hmac_sha256_init(&code, key);
    hmac_sha256_add(&code, bytes);
    hmac_sha256_end(&code, out);
    return hex(out);
}

static void test_hash(void)
{
    CU_ASSERT_STRING_EQUAL(hash_of(SLICE_NONE),
                           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CU_ASSERT_STRING_EQUAL(hash_of(SLICE("abc")),
                           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CU_ASSERT_STRING_EQUAL(
        hash_of(SLICE("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    static char many[1000000];
    memset(many, 'a', sizeof many);
    CU_ASSERT_STRING_EQUAL(hash_of(slice_of(many, sizeof many)),
                           "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* In one piece, and in two cut anywhere: the same. */
static void test_pieces(void)
{
    char bytes[130];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t n = 0; n <= sizeof bytes; n++) {
        char whole[2 * SHA256_BYTES + 1];
        snprintf(whole, sizeof whole, "%s", hash_of(slice_of(bytes, n)));
        for (size_t cut = 0; cut <= n; cut++) {
            uint8_t out[SHA256_BYTES];
            struct sha256 hash;
            sha256_init(&hash);
            sha256_add(&hash, slice_of(bytes, cut));
            sha256_add(&hash, slice_of(bytes + cut, n - cut));
            sha256_end(&hash, out);
            CU_ASSERT_STRING_EQUAL(hex(out), whole);
        }
    }
}

static void test_code(void)
{
    char key[131], data[50];
    memset(key, 0x0b, 20);
    CU_ASSERT_STRING_EQUAL(code_of(slice_of(key, 20), SLICE("Hi There")),
                           "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CU_ASSERT_STRING_EQUAL(code_of(SLICE("Jefe"), SLICE("what do ya want for nothing?")),
                           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    CU_ASSERT_STRING_EQUAL(code_of(slice_of(key, 20), slice_of(data, sizeof data)),
                           "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    CU_ASSERT_STRING_EQUAL(code_of(slice_of(key, sizeof key),
                                   SLICE("Test Using Larger Than Block-Size Key - Hash Key First")),
                           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* A key set up once starts many codes. */
static void test_copy(void)
{
    struct hmac_sha256 key;
    hmac_sha256_init(&key, SLICE("Jefe"));
    for (int i = 0; i < 3; i++) {
        uint8_t out[SHA256_BYTES];
        struct hmac_sha256 code = key;
        hmac_sha256_add(&code, SLICE("what do ya want "));
        hmac_sha256_add(&code, SLICE("for nothing?"));
        hmac_sha256_end(&code, out);
        CU_ASSERT_STRING_EQUAL(hex(out),
                               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"examples of the standard", test_hash},
        {"pieces", test_pieces},
        {"message authentication", test_code},
        {"a key used again", test_copy},
    };
    return suite_run("sha256", tests, sizeof tests / sizeof *tests);
}
