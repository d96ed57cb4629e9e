/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/diag.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static char *printed(const struct diag *diag)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    diag_print(diag, out);
    fclose(out);
    return text;
}

static void test_print(void)
{
    struct diag diag = {0};
    CU_ASSERT(diag_is_empty(&diag));
    diag_add(&diag, "a.xml", 3, "found '%s', expected %d", "x", 7);
    diag_add(&diag, NULL, 0, "no file");
    diag_add(&diag, "a.xml", 4, "'%s' is none",
             "x\na.xml:9: y\x1b\x7f\xc3\xa9\xc2\x9b\xe2\x80\xae\xff");
    char *text = printed(&diag);
    CU_ASSERT_STRING_EQUAL(text, "a.xml:3: found 'x', expected 7\n-:0: no file\n"
                                 "a.xml:4: 'x?a.xml:9: y??\xc3\xa9??"
                                 "?' is none\n");
    CU_ASSERT(!diag_is_empty(&diag));
    free(text);
    diag_free(&diag);
    CU_ASSERT(diag_is_empty(&diag));
    diag_free(&diag);
}

static void test_bounds(void)
{
    struct diag diag = {0};
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    for (int i = 0; i < DIAG_MAX + 50; i++)
        diag_add(&diag, "f", i + 1, "%s", large);
    CU_ASSERT_EQUAL(diag.n, DIAG_MAX);
    CU_ASSERT_EQUAL(diag.total, DIAG_MAX + 50);
    CU_ASSERT(strlen(diag.items[0].text) < 1100);
    char *text = printed(&diag);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "... and 50 more\n"));
    free(text);
    diag_free(&diag);
}

int main(void)
{
    static const struct suite_test tests[] = {{"print", test_print}, {"bounds", test_bounds}};
    return suite_run("diag", tests, sizeof tests / sizeof *tests);
}
