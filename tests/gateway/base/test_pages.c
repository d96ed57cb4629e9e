/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file's bytes whole; what was passed goes back, what was not stays; files that are none. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/base/pages.h"
#include "tests/support/suite.h"

enum { BYTES = 100000 };

static int file_of(size_t n)
{
    char path[] = "/tmp/eog-pages-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    unlink(path);
    for (size_t i = 0; i < n; i++) {
        char byte = (char)(i % 251);
        CU_ASSERT_EQUAL_FATAL(write(fd, &byte, 1), 1);
    }
    CU_ASSERT_EQUAL_FATAL(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static size_t resident(const struct pages *pages)
{
    unsigned char in[BYTES / 1024] = {0};
    size_t n = 0;
    CU_ASSERT_EQUAL_FATAL(mincore(pages->bytes, pages->n, in), 0);
    for (size_t i = 0; i < sizeof in; i++)
        n += in[i] & 1;
    return n;
}

static bool is_as_written(const struct pages *pages, size_t from)
{
    for (size_t i = from; i < pages->n; i++)
        if (pages->bytes[i] != (char)(i % 251))
            return false;
    return true;
}

static void test_passed(void)
{
    struct pages pages;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int fd = file_of(BYTES);
    CU_ASSERT_EQUAL_FATAL(pages_read(&pages, fd), GW_OK);
    close(fd);
    CU_ASSERT_EQUAL(pages.n, BYTES);
    CU_ASSERT_TRUE(is_as_written(&pages, 0));
    size_t all = resident(&pages);
    CU_ASSERT_EQUAL(all, (BYTES + page - 1) / page);
    pages_pass(&pages, pages.bytes + page - 1); /* its page is not read through */
    CU_ASSERT_EQUAL(resident(&pages), all);
    pages_pass(&pages, pages.bytes + 5 * page + 7);
    CU_ASSERT_TRUE(is_as_written(&pages, 5 * page));
    CU_ASSERT_EQUAL(resident(&pages), all - 5);
    pages_pass(&pages, pages.bytes + 2 * page); /* back: nothing */
    CU_ASSERT_EQUAL(resident(&pages), all - 5);
    pages_pass(&pages, pages.bytes + pages.n);
    CU_ASSERT_TRUE(is_as_written(&pages, BYTES / page * page));
    pages_free(&pages);
    CU_ASSERT_PTR_NULL(pages.bytes);
    pages_pass(&pages, &page);
    pages_free(&pages);
}

static void test_none(void)
{
    struct pages pages;
    int fd = file_of(0);
    CU_ASSERT_EQUAL(pages_read(&pages, fd), GW_ERR_DAMAGED);
    close(fd);
    CU_ASSERT_EQUAL(pages_read(&pages, fd), GW_ERR_IO);
    fd = open("/tmp", O_RDONLY | O_CLOEXEC);
    CU_ASSERT_NOT_EQUAL(pages_read(&pages, fd), GW_OK);
    close(fd);
    fd = file_of(100);
    CU_ASSERT_EQUAL_FATAL(lseek(fd, 40, SEEK_SET), 40); /* ends before its size */
    CU_ASSERT_EQUAL(pages_read(&pages, fd), GW_ERR_DAMAGED);
    close(fd);
    CU_ASSERT_PTR_NULL(pages.bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {{"passed", test_passed}, {"none", test_none}};
    return suite_run("pages", tests, sizeof tests / sizeof *tests);
}
