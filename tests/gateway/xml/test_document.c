/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents: positions, texts, schema errors, and what must never be followed. */
#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/xml/document.h"

static void test_walk(void)
{
    struct diag diag = {0};
    struct xml_document *document;
    const char *text = "<?xml version='1.0' encoding='UTF-8'?>\n<a x='1' y='\xE4\xB8\xAD'>\n <!-- "
                       "no element -->\n <b>one</b>\n"
                       " <c>t&lt;<![CDATA[<raw>]]></c>\n</a>";
    CU_ASSERT_EQUAL_FATAL(xml_load_text(slice_from(text), "a.xml", NULL, &diag, &document), GW_OK);
    const struct xml_node *root = xml_root(document), *b = xml_child(root), *c = xml_next(b);
    CU_ASSERT_STRING_EQUAL(xml_name(root), "a");
    CU_ASSERT_STRING_EQUAL(xml_attribute(root, "y"), "\xE4\xB8\xAD");
    CU_ASSERT_PTR_NULL(xml_attribute(root, "z"));
    CU_ASSERT_EQUAL(xml_line(b), 4);
    CU_ASSERT_STRING_EQUAL(xml_text(b), "one");
    CU_ASSERT_STRING_EQUAL(xml_text(c), "t<<raw>");
    CU_ASSERT_PTR_NULL(xml_next(c));
    CU_ASSERT_PTR_EQUAL(xml_find(root, "c"), c);
    CU_ASSERT_PTR_NULL(xml_find(root, "d"));
    const void *position = NULL;
    const char *name, *value;
    size_t n = 0;
    while (xml_next_attribute(root, &position, &name, &value))
        n++;
    CU_ASSERT_EQUAL(n, 2);
    xml_free(document);
}

static void test_schema(void)
{
    const char *schema = "<element name='a' xmlns='http://relaxng.org/ns/structure/1.0'><attribute "
                         "name='x'/></element>";
    struct diag diag = {0};
    struct xml_document *document;
    CU_ASSERT_EQUAL(
        xml_load_checked(SLICE("<a x='1'/>"), "a.xml", slice_from(schema), &diag, &document),
        GW_OK);
    CU_ASSERT_TRUE(diag_is_empty(&diag));
    xml_free(document);
    CU_ASSERT_EQUAL(
        xml_load_checked(SLICE("<a>\n<b/></a>"), "a.xml", slice_from(schema), &diag, &document),
        GW_ERR_INVALID);
    CU_ASSERT_FALSE(diag_is_empty(&diag));
    diag_free(&diag);
    CU_ASSERT_EQUAL(
        xml_load_checked(SLICE("<a x='1'/>"), "a.xml", SLICE("<nonsense/>"), &diag, &document),
        GW_ERR_INVALID);
    diag_free(&diag);
    CU_ASSERT_EQUAL(
        xml_load_text(SLICE("<a x='1'/>"), "a.xml", "/nonexistent.rng", &diag, &document),
        GW_ERR_INVALID);
    diag_free(&diag);
}

/* Entities that grow, and entities that read files, are refused before anything is expanded, by the
 * line of what declares them. */
static void test_entities(void)
{
    static const char *const texts[] = {
        "<!-- <!DOCTYPE -->\n<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "<?x?>\n<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxx'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]><a>&c;</a>",
        "<?x?>\n<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a/>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct diag diag = {0};
        struct xml_document *document;
        CU_ASSERT_EQUAL(xml_load_text(slice_from(texts[i]), "a.xml", NULL, &diag, &document),
                        GW_ERR_INVALID);
        CU_ASSERT_PTR_NULL(document);
        CU_ASSERT_EQUAL_FATAL(diag.n, 1);
        CU_ASSERT_EQUAL(diag.items[0].line, 2);
        diag_free(&diag);
    }
}

static void test_damaged(void)
{
    const char *whole = "<a x='1'>\n<b>text</b>\n</a>";
    for (size_t n = 0; n < strlen(whole); n++) {
        struct diag diag = {0};
        struct xml_document *document;
        CU_ASSERT_EQUAL(xml_load_text(slice_of(whole, n), "a.xml", NULL, &diag, &document),
                        GW_ERR_INVALID);
        CU_ASSERT_FALSE(diag_is_empty(&diag));
        diag_free(&diag);
    }
    struct buf deep = {0};
    for (int i = 0; i < 100000; i++)
        buf_slice(&deep, SLICE("<a>"));
    struct diag diag = {0};
    struct xml_document *document;
    CU_ASSERT_EQUAL(xml_load_text(buf_get(&deep), "deep.xml", NULL, &diag, &document),
                    GW_ERR_INVALID);
    diag_free(&diag);
    buf_free(&deep);
}

static void test_files(void)
{
    struct diag diag = {0};
    struct xml_document *document;
    struct buf text = {0};
    CU_ASSERT_EQUAL(xml_load_file("/nonexistent/file.xml", NULL, &diag, &document),
                    GW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL_FATAL(diag.n, 1);
    CU_ASSERT_STRING_EQUAL(diag.items[0].file, "/nonexistent/file.xml");
    CU_ASSERT_EQUAL(xml_read_file("/dev/zero", &text, &diag), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(text.n, 0);
    diag_free(&diag);
    /* A byte too many, and all of them, behind what out had. */
    char path[] = "/tmp/test-document-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0 && ftruncate(fd, (off_t)XML_FILE_MAX + 1) == 0);
    buf_byte(&text, 'x');
    CU_ASSERT_EQUAL(xml_read_file(path, &text, &diag), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(text.n, 1);
    CU_ASSERT_EQUAL_FATAL(diag.n, 1);
    CU_ASSERT_STRING_EQUAL(diag.items[0].file, path);
    CU_ASSERT_EQUAL(ftruncate(fd, XML_FILE_MAX), 0);
    CU_ASSERT_EQUAL(xml_read_file(path, &text, &diag), GW_OK);
    CU_ASSERT_EQUAL(text.n, (size_t)XML_FILE_MAX + 1);
    close(fd);
    unlink(path);
    diag_free(&diag);
    buf_clear(&text);
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    alarm(10); /* nobody writes into it */
    CU_ASSERT_EQUAL(xml_read_file(path, &text, &diag), GW_ERR_INVALID);
    alarm(0);
    CU_ASSERT_EQUAL(text.n, 0);
    unlink(path);
    buf_free(&text);
    diag_free(&diag);
}

int main(void)
{
    xml_init();
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("xml", NULL, NULL);
    CU_add_test(suite, "walk", test_walk);
    CU_add_test(suite, "schema", test_schema);
    CU_add_test(suite, "entities", test_entities);
    CU_add_test(suite, "damaged", test_damaged);
    CU_add_test(suite, "files", test_files);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    xml_fini();
    return failed ? 1 : 0;
}
