/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watchlist that was pushed: its file, whole or refused; and which list wins. */
#include "gateway/kpi/pushed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/write.h"
#include "gateway/kpi/watchlist.h"
#include "tests/support/guard.h"
#include "tests/support/suite.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct kpi_pushed example(void)
{
    return (struct kpi_pushed){
        .sha256 = HASH_A,
        .configured = HASH_B,
        .file = "/srv/lists/\xe9\xab\x98\xe5\x8d\xb1.xml",
        .by = "uid=1000",
        .time_ms = 1780000000123,
        .entries = 100000,
        .text = SLICE("<watchlist>\n\0</watchlist>"),
    };
}

static void check_example(const struct kpi_pushed *got)
{
    struct kpi_pushed expected = example();
    CU_ASSERT_STRING_EQUAL(got->sha256, expected.sha256);
    CU_ASSERT_STRING_EQUAL(got->configured, expected.configured);
    CU_ASSERT_STRING_EQUAL(got->file, expected.file);
    CU_ASSERT_STRING_EQUAL(got->by, expected.by);
    CU_ASSERT_EQUAL(got->time_ms, expected.time_ms);
    CU_ASSERT_EQUAL(got->entries, expected.entries);
    CU_ASSERT_TRUE(slice_equal(got->text, expected.text));
}

static void test_round(void)
{
    struct buf bytes = {0};
    struct kpi_pushed got, list = example();
    buf_slice(&bytes, SLICE("before"));
    kpi_pushed_encode(&list, &bytes);
    CU_ASSERT_EQUAL_FATAL(kpi_pushed_decode(slice_skip(buf_get(&bytes), 6), &got), GW_OK);
    check_example(&got);
    buf_free(&bytes);
}

static void expect_none(struct slice bytes, int error)
{
    struct kpi_pushed got;
    CU_ASSERT_EQUAL(kpi_pushed_decode(bytes, &got), error);
    CU_ASSERT_EQUAL(got.text.n, 0);
    CU_ASSERT_EQUAL(got.sha256[0], '\0');
}

static void visit(struct slice bytes, void *context)
{
    struct kpi_pushed got;
    int error = kpi_pushed_decode(bytes, &got);
    if (bytes.n == *(size_t *)context && error == GW_OK)
        check_example(&got); /* untouched: a NUL became one */
    else
        CU_ASSERT_TRUE(error == GW_ERR_DAMAGED || error == GW_ERR_VERSION);
}

static void test_damage(void)
{
    struct buf bytes = {0};
    struct kpi_pushed list = example();
    kpi_pushed_encode(&list, &bytes);
    size_t whole = bytes.n;
    struct guard guard = guard_new(whole);
    guard_truncate(&guard, buf_get(&bytes), visit, &whole);
    guard_flip(&guard, buf_get(&bytes), visit, &whole);
    guard_free(&guard);
    expect_none(SLICE_NONE, GW_ERR_DAMAGED);
    bytes.p[8] = 2; /* of the next program: said, whatever its sum is */
    expect_none(buf_get(&bytes), GW_ERR_VERSION);
    buf_free(&bytes);
}

/* What has a sound sum and still cannot be: somebody made it so. */
static void test_lies(void)
{
    struct kpi_pushed lies[6];
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        lies[i] = example();
    lies[0].text = SLICE_NONE;
    lies[1].sha256[63] = '\0';
    lies[2].configured[0] = 'X';
    lies[3].time_ms = -1;
    memcpy(lies[4].file, "\xff", 2);
    memcpy(lies[5].by, "\xc2", 2);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct buf bytes = {0};
        kpi_pushed_encode(&lies[i], &bytes);
        expect_none(buf_get(&bytes), GW_ERR_DAMAGED);
        buf_free(&bytes);
    }
    /* A length beyond the end, and a name longer than its room. */
    const struct slice bodies[] = {SLICE("\xff\xff\xff\xff\x0f"), SLICE("\x41" HASH_A "a")};
    for (size_t i = 0; i < 2; i++) {
        struct buf bytes = {0};
        buf_slice(&bytes, SLICE("EOGWATCH\1\0\0\0"));
        buf_slice(&bytes, bodies[i]);
        uint32_t sum = crc32c(0, bytes.p, bytes.n);
        for (int k = 0; k < 4; k++)
            buf_byte(&bytes, (char)(sum >> 8 * k & 0xff));
        expect_none(buf_get(&bytes), GW_ERR_DAMAGED);
        buf_free(&bytes);
    }
}

static void test_file(void)
{
    char folder[] = "/tmp/eog-pushed-XXXXXX", path[80];
    struct buf bytes = {0};
    struct kpi_pushed got, list = example();
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, KPI_PUSHED_NAME);
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_NOT_FOUND);
    kpi_pushed_fini(&got);
    CU_ASSERT_EQUAL(kpi_pushed_remove(path), GW_OK); /* there is none */
    kpi_pushed_encode(&list, &bytes);
    CU_ASSERT_EQUAL(write_beside(path, buf_get(&bytes)), GW_OK);
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_NOT_FOUND); /* not adopted yet */
    CU_ASSERT_EQUAL(write_adopt(path), GW_OK);
    CU_ASSERT_EQUAL_FATAL(kpi_pushed_read(path, &got), GW_OK);
    check_example(&got);
    kpi_pushed_fini(&got);
    CU_ASSERT_EQUAL(truncate(path, (off_t)bytes.n - 1), 0);
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_DAMAGED);
    CU_ASSERT_EQUAL(truncate(path, KPI_WATCH_PUSHED_MAX + 8192), 0);
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_DAMAGED);
    CU_ASSERT_EQUAL(kpi_pushed_remove(path), GW_OK);
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0); /* does not hang */
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_DAMAGED);
    unlink(path);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_DAMAGED);
    CU_ASSERT_EQUAL(kpi_pushed_remove(path), GW_ERR_IO);
    rmdir(path);
    CU_ASSERT_EQUAL(symlink("/etc/hostname", path), 0);
    CU_ASSERT_EQUAL(kpi_pushed_read(path, &got), GW_ERR_IO);
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    buf_free(&bytes);
}

static void test_choice(void)
{
    struct kpi_pushed list = example(), none = {0};
    CU_ASSERT_EQUAL(kpi_pushed_choose(GW_ERR_NOT_FOUND, &none, HASH_B), KPI_PUSHED_NONE);
    CU_ASSERT_EQUAL(kpi_pushed_choose(GW_OK, &list, HASH_B), KPI_PUSHED_WINS);
    CU_ASSERT_EQUAL(kpi_pushed_choose(GW_OK, &list, HASH_A), KPI_PUSHED_OUTDATED);
    CU_ASSERT_EQUAL(kpi_pushed_choose(GW_ERR_DAMAGED, &none, HASH_B), KPI_PUSHED_UNUSABLE);
    CU_ASSERT_EQUAL(kpi_pushed_choose(GW_ERR_VERSION, &none, HASH_B), KPI_PUSHED_UNUSABLE);
    CU_ASSERT_EQUAL(kpi_pushed_choose(GW_ERR_IO, &none, HASH_B), KPI_PUSHED_UNUSABLE);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"there and back", test_round},
        {"damage", test_damage},
        {"lies", test_lies},
        {"file", test_file},
        {"choice", test_choice},
    };
    return suite_run("pushed watchlist", tests, sizeof tests / sizeof *tests);
}
