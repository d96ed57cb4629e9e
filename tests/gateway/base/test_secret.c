/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets: the first line of a file, and what is none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/secret.h"
#include "tests/support/suite.h"

/* What is read of a file with these bytes and mode; "": nothing, with a reason in words. */
static const char *read_of(const char *bytes, size_t n, mode_t mode, bool *is_exposed)
{
    static char found[2048];
    char path[] = "/tmp/eog-test-secret-XXXXXX";
    struct arena arena;
    struct buf error = {0};
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && fchmod(fd, mode) == 0);
    close(fd);
    arena_init(&arena, 0);
    const char *text = secret_read(path, &arena, is_exposed, &error);
    CU_ASSERT_EQUAL(text == NULL, error.n > 0);
    snprintf(found, sizeof found, "%s", text ? text : "");
    arena_fini(&arena);
    buf_free(&error);
    unlink(path);
    return found;
}

static void test_lines(void)
{
    bool is_exposed;
    char long_one[1100];
    memset(long_one, 'x', sizeof long_one);
    CU_ASSERT_STRING_EQUAL(read_of("word\nmore\n", 10, 0600, &is_exposed), "word");
    CU_ASSERT_FALSE(is_exposed);
    CU_ASSERT_STRING_EQUAL(read_of("two words\r\n", 11, 0640, &is_exposed), "two words");
    CU_ASSERT_FALSE(is_exposed);
    CU_ASSERT_STRING_EQUAL(read_of("word", 4, 0644, &is_exposed), "word");
    CU_ASSERT_TRUE(is_exposed);
    CU_ASSERT_STRING_EQUAL(read_of("", 0, 0600, &is_exposed), "");
    CU_ASSERT_STRING_EQUAL(read_of("\nword\n", 6, 0600, &is_exposed), "");
    CU_ASSERT_STRING_EQUAL(read_of("a\0b\n", 4, 0600, &is_exposed), "");
    CU_ASSERT_STRING_EQUAL(read_of(long_one, sizeof long_one, 0600, &is_exposed), "");
}

static void test_no_file(void)
{
    struct arena arena;
    struct buf error = {0};
    bool is_exposed = true;
    arena_init(&arena, 0);
    CU_ASSERT_PTR_NULL(secret_read("/nonexistent/secret", &arena, &is_exposed, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&error), "/nonexistent/secret"));
    buf_clear(&error);
    CU_ASSERT_PTR_NULL(secret_read("/", &arena, &is_exposed, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&error), "no file"));
    CU_ASSERT_FALSE(is_exposed);
    buf_free(&error);
    arena_fini(&arena);
}

static void test_wipe(void)
{
    char bytes[] = "secret";
    secret_wipe(bytes, sizeof bytes);
    CU_ASSERT_EQUAL(memcmp(bytes, "\0\0\0\0\0\0", sizeof bytes), 0);
}

static void test_same(void)
{
    static const struct {
        const char *sent, *secret;
        bool is_same;
    } cases[] = {{"public", "public", true},  {"public", "Public", false},
                 {"publi", "public", false},  {"publicpublic", "public", false},
                 {"", "public", false},       {"public", "", false},
                 {"publix", "public", false}, {"", "", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(secret_is_same(slice_from(cases[i].sent), slice_from(cases[i].secret)),
                        cases[i].is_same);
    CU_ASSERT_FALSE(secret_is_same(slice_of("\0", 1), SLICE_NONE));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"lines", test_lines}, {"no file", test_no_file}, {"wipe", test_wipe}, {"same", test_same}};
    return suite_run("secret", tests, sizeof tests / sizeof *tests);
}
