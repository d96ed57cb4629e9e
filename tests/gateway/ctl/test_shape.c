/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes of unknown messages and the stubs made of them. */
#include <stdio.h>
#include <string.h>

#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/ctl/shape.h"
#include "gateway/ctl/stub.h"
#include "gateway/mapping/names.h"
#include "tests/support/suite.h"

static const char *key_of(const char *message, const char *code)
{
    static char key[256];
    struct shapes *shapes = shapes_new();
    shapes_add(shapes, slice_from(message), false, slice_from(code), SLICE("192.0.2.1"), 1);
    snprintf(key, sizeof key, "%s|%s", shapes_at(shapes, 0)->key, shapes_at(shapes, 0)->group);
    shapes_free(shapes);
    return key;
}

static void test_keys(void)
{
    CU_ASSERT_STRING_EQUAL(key_of("CEF:0|Acme|Gate|1|E1|Door|5|a=b", "E1"),
                           "cef:Acme/Gate/E1|cef:Acme/Gate");
    CU_ASSERT_STRING_EQUAL(key_of("LEEF:1.0|Acme|Gate|1|E1|a=b", "E1"),
                           "leef:Acme/Gate/E1|leef:Acme/Gate");
    CU_ASSERT_STRING_EQUAL(key_of("a=1 b=2 c=3 d=4 e=5 f=6 g=7", ""),
                           "kv:a,b,c,d,e,f|kv:a,b,c,d,e,f");
    CU_ASSERT_STRING_EQUAL(key_of("<14>su[7]: 12 of 3x4 at last we stop", ""),
                           "text:su/# of #x# at last|text:su/# of #x# at last");
    CU_ASSERT_STRING_EQUAL(key_of("", ""), "text:|text:");
    CU_ASSERT_PTR_NULL(strchr(key_of("<14>su: a\x1b[2J b", ""), 0x1b));
}

static void test_counts(void)
{
    struct shapes *shapes = shapes_new();
    char message[64], peer[24];
    for (int i = 0; i < SHAPES_MAX + 10; i++) {
        snprintf(message, sizeof message, "<14>t%c%c%c: word", 'a' + i % 26, 'a' + i / 26 % 26,
                 'a' + i / 676);
        shapes_add(shapes, slice_from(message), false, SLICE_NONE, SLICE("192.0.2.1"), 5);
    }
    CU_ASSERT_EQUAL(shapes_count(shapes), SHAPES_MAX);
    CU_ASSERT_EQUAL(shapes_others(shapes), 10);
    for (int i = 0; i < 7; i++) {
        snprintf(peer, sizeof peer, "192.0.2.%d", i);
        shapes_add(shapes, SLICE("<14>tbaa: word"), false, SLICE_NONE, slice_from(peer), 9 - i);
    }
    shapes_sort(shapes);
    const struct shape *first = shapes_at(shapes, 0);
    CU_ASSERT_STRING_EQUAL(first->key, "text:tbaa/word");
    CU_ASSERT_EQUAL(first->count, 8);
    CU_ASSERT_EQUAL(first->last_ms, 9);
    CU_ASSERT_EQUAL(first->n_peers, SHAPE_PEERS_MAX);
    CU_ASSERT(first->has_more_peers);
    shapes_add(shapes, SLICE("<14>tbaa: word"), false, SLICE_NONE, SLICE_NONE, 1);
    CU_ASSERT_EQUAL(shapes_at(shapes, 0)->count, 9); /* found again after sorting */
    shapes_free(shapes);
}

/* What a stub says, or why there is none. */
static const char *stub_of(const char *message, const char *code, struct stub *stub)
{
    struct shapes *shapes = shapes_new();
    shapes_add(shapes, slice_from(message), false, slice_from(code), SLICE_NONE, 1);
    const struct shape *shape = shapes_at(shapes, 0);
    const char *wrong = stub_write(&shape, 1, NULL, stub);
    shapes_free(shapes);
    return wrong;
}

static void test_stub(void)
{
    struct stub stub;
    CU_ASSERT_PTR_NULL(
        stub_of("CEF:0|../A\"<c>|G/../x|1|E--1|n|5|src=192.0.2.1 x--y=1\x1b", "E--1", &stub));
    CU_ASSERT_STRING_EQUAL(buf_text(&stub.id), "a-c/g-x");
    const char *text = buf_text(&stub.mapping);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<vendor>../A&quot;&lt;c&gt;</vendor>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<!-- <set field=\"src.ip\" from=\"src\"/> -->"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<match code=\"E--1\"/>"));
    for (const char *p = text; (p = strstr(p, "<!--")); p++) {
        const char *dashes = strstr(p + 4, "--");
        CU_ASSERT_PTR_NOT_NULL_FATAL(dashes);
        CU_ASSERT_EQUAL(dashes[2], '>'); /* a comment ends where it was meant to */
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&stub.samples), "\\x1B"));
    stub_free(&stub);
}

/* vendor.xml and vendor-IDEA.xml are no mappings. */
static void test_stub_of_vendor(void)
{
    static const char *const products[][2] = {{"Vendor", "acme/product-vendor"},
                                              {"vendor EF:0", "acme/product-vendor-ef-0"},
                                              {"Vendors", "acme/vendors"}};
    char message[80];
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        struct stub stub;
        snprintf(message, sizeof message, "CEF:0|Acme|%s|1|1|n|5|src=192.0.2.1", products[i][0]);
        CU_ASSERT_PTR_NULL(stub_of(message, "1", &stub));
        CU_ASSERT_STRING_EQUAL(buf_text(&stub.id), products[i][1]);
        stub_free(&stub);
    }
}

static void test_untold(void)
{
    struct stub stub;
    CU_ASSERT_PTR_NOT_NULL(stub_of("12345", "", &stub));
    stub_free(&stub);
    CU_ASSERT_PTR_NOT_NULL(stub_of("", "", &stub));
    stub_free(&stub);
    CU_ASSERT_PTR_NULL(stub_of("Battery low on unit 7", "", &stub));
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&stub.mapping), "<starts>Battery low on unit</starts>"));
    stub_free(&stub);
}

/* Octets that are no notification, cut and flipped ones: a shape all the same, by what was
 * recorded.
 */
static void test_notification(void)
{
    struct shapes *shapes = shapes_new();
    struct stub stub;
    shapes_add(shapes, SLICE("\x30\x82\xff"), true, SLICE("1.3.6.1.4.1.32473.9.0.7"), SLICE_NONE,
               1);
    const struct shape *shape = shapes_at(shapes, 0);
    CU_ASSERT_STRING_EQUAL(shape->key, "trap:1.3.6.1.4.1.32473.9.0.7");
    CU_ASSERT_STRING_EQUAL(shape->group, "trap:1.3.6.1.4.1.32473.9");
    CU_ASSERT_PTR_NULL(stub_write(&shape, 1, NULL, &stub));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(buf_text(&stub.samples), "trap 2c 1.3.6.1.4.1.32473.9.0.7\nkind"));
    stub_free(&stub);
    shapes_free(shapes);
}

/* An unknown notification that carries ifOperStatus.3: the comment names it. */
static void test_varbind_names(void)
{
    static const char raw[] =
        "\x30\x53\x02\x01\x01\x04\x06\x70\x75\x62\x6c\x69\x63\xa7\x46\x02\x01\x01\x02"
        "\x01\x00\x02\x01\x00\x30\x3b\x30\x0d\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00"
        "\x43\x01\x01\x30\x19\x06\x0a\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00\x06\x0b"
        "\x2b\x06\x01\x04\x01\x81\xfd\x59\x09\x00\x07\x30\x0f\x06\x0a\x2b\x06\x01\x02"
        "\x01\x02\x02\x01\x08\x03\x02\x01\x02";
    struct shapes *shapes = shapes_new();
    struct diag diag = {0};
    struct names *names;
    struct stub stub;
    CU_ASSERT_EQUAL_FATAL(names_load(TEST_TOP_SRCDIR "/mappings/notifications.txt", &diag, &names),
                          GW_OK);
    shapes_add(shapes, slice_of(raw, sizeof raw - 1), true, SLICE("1.3.6.1.4.1.32473.9.0.7"),
               SLICE_NONE, 1);
    const struct shape *shape = shapes_at(shapes, 0);
    CU_ASSERT_PTR_NULL(stub_write(&shape, 1, names, &stub));
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&stub.mapping),
                                  "<!-- no proposal: 1.3.6.1.2.1.2.2.1.8.3, ifOperStatus.3 -->"));
    stub_free(&stub);
    names_free(names);
    diag_free(&diag);
    shapes_free(shapes);
}

int main(void)
{
    static const struct suite_test tests[] = {{"keys", test_keys},
                                              {"counts", test_counts},
                                              {"stub", test_stub},
                                              {"stub of vendor", test_stub_of_vendor},
                                              {"untold", test_untold},
                                              {"notification", test_notification},
                                              {"varbind names", test_varbind_names}};
    return suite_run("shape", tests, sizeof tests / sizeof *tests);
}
