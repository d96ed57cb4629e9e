/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's id stays and its boots grow, whatever state the file is found in. */
#include "gateway/snmp/engine.h"

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "tests/support/suite.h"

static char dir[] = "engine-XXXXXX", path[64], beside[64];
static unsigned warnings;

static void on_log(void *context, enum log_level level, const char *room, const char *text)
{
    (void)context;
    (void)room;
    (void)text;
    warnings += level <= LOG_LEVEL_WARN;
}

static void write_file(const char *bytes, size_t n)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, n, file), n);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static size_t read_file(char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t n = fread(out, 1, size, file);
    fclose(file);
    return n;
}

static void test_grows(void)
{
    struct gwsnmp_engine first, next;
    struct stat status;
    unlink(path);
    warnings = 0;
    CU_ASSERT_EQUAL_FATAL(gwsnmp_engine_start(dir, &first), GW_OK);
    CU_ASSERT_EQUAL(first.boots, 1);
    CU_ASSERT(first.n_id >= 5 && first.n_id <= GWSNMP_ENGINE_ID_MAX);
    CU_ASSERT_EQUAL(first.id[0] & 0x80, 0x80); /* RFC 3411: of this form */
    for (uint32_t boots = 2; boots < 6; boots++) {
        CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &next), GW_OK);
        CU_ASSERT_EQUAL(next.boots, boots);
        CU_ASSERT(next.n_id == first.n_id && memcmp(next.id, first.id, first.n_id) == 0);
    }
    CU_ASSERT_EQUAL(warnings, 0);
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0600);
    CU_ASSERT_NOT_EQUAL(access(beside, F_OK), 0);
}

/* Two gateways never share an id. */
static void test_differs(void)
{
    struct gwsnmp_engine a, b;
    unlink(path);
    gwsnmp_engine_start(dir, &a);
    unlink(path);
    gwsnmp_engine_start(dir, &b);
    CU_ASSERT(a.n_id == b.n_id && memcmp(a.id, b.id, a.n_id) != 0);
}

/* A file of other content gives a new id, boots from 1, and a warning; never an old id with boots
 * that went back. */
static void test_damaged(void)
{
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
#define BYTES(text) {text, sizeof(text) - 1}
        BYTES(""),
        BYTES("\n\n"),
        BYTES("id 80001f8805\n"),
        BYTES("id 80001f8805\nboots \n"),
        BYTES("id 80001f8805\nboots x\n"),
        BYTES("id 80001f8805\nboots -1\n"),
        BYTES("id 80001f8805\nboots 2147483648\n"),
        BYTES("id 80001f880\nboots 5\n"),
        BYTES("id 8000\nboots 5\n"),
        BYTES("id 80001f88zz\nboots 5\n"),
        BYTES("id 80001f8805"
              "80001f880580001f880580001f880580001f880580001f880580001f8805\nboots 5\n"),
        BYTES("boots 5\nid 80001f8805\n"),
        BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    };
    static const unsigned char old[] = {0x80, 0x00, 0x1f, 0x88, 0x05};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gwsnmp_engine engine, again;
        write_file(bad[i].bytes, bad[i].n);
        warnings = 0;
        CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &engine), GW_OK);
        CU_ASSERT_EQUAL(engine.boots, 1);
        CU_ASSERT(engine.n_id != sizeof old || memcmp(engine.id, old, sizeof old) != 0);
        CU_ASSERT_EQUAL(warnings, 1);
        CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &again), GW_OK);
        CU_ASSERT(again.boots == 2 && memcmp(again.id, engine.id, engine.n_id) == 0);
    }
}

/* A whole file cut after any byte is never taken for an older one. */
static void test_cut(void)
{
    char whole[256];
    struct gwsnmp_engine engine, found;
    unlink(path);
    for (int i = 0; i < 12; i++)
        gwsnmp_engine_start(dir, &engine);
    size_t n = read_file(whole, sizeof whole);
    for (size_t cut = 0; cut < n; cut++) {
        write_file(whole, cut);
        CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &found), GW_OK);
        bool is_same = found.n_id == engine.n_id && memcmp(found.id, engine.id, engine.n_id) == 0;
        CU_ASSERT(!is_same || found.boots > engine.boots);
    }
}

/* One bit that is another is damage, and said to be; neither is another id taken, nor boots of
 * before. */
static void test_bits(void)
{
    char whole[256], text[256];
    struct gwsnmp_engine engine, found;
    unlink(path);
    for (int i = 0; i < 12; i++)
        gwsnmp_engine_start(dir, &engine);
    size_t n = read_file(whole, sizeof whole);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(text, whole, n);
        text[bit / 8] ^= (char)(1 << bit % 8);
        write_file(text, n);
        warnings = 0;
        CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &found), GW_OK);
        CU_ASSERT_EQUAL(warnings, 1);
        CU_ASSERT_EQUAL(found.boots, 1);
    }
}

/* What was written before there was a checksum is taken, and gets one. */
static void test_without_checksum(void)
{
    struct gwsnmp_engine engine;
    char text[256];
    static const char before[] = "id 80001f8805\nboots 41\n";
    write_file(before, sizeof before - 1);
    warnings = 0;
    CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &engine), GW_OK);
    CU_ASSERT(engine.boots == 42 && engine.n_id == 5 && warnings == 0);
    size_t n = read_file(text, sizeof text - 1);
    text[n] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ncrc "));
}

static void test_ends(void)
{
    struct gwsnmp_engine engine;
    static const char last[] = "id 80001f8805\nboots 2147483646\n";
    write_file(last, sizeof last - 1);
    CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &engine), GW_OK);
    CU_ASSERT(engine.boots == 2147483647 && engine.n_id == 5);
    /* RFC 3414 section 2.2.2: at the end, a new id. */
    CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &engine), GW_OK);
    CU_ASSERT(engine.boots == 1 && engine.n_id != 5);
}

static void test_refused(void)
{
    struct gwsnmp_engine engine;
    CU_ASSERT_EQUAL(gwsnmp_engine_start("/nowhere/at/all", &engine), GW_ERR_IO);
    /* A folder in the file's place: neither read nor written over. */
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(gwsnmp_engine_start(dir, &engine), GW_ERR_IO);
    rmdir(path);
}

static void test_hex(void)
{
    struct gwsnmp_engine engine = {.id = {0x80, 0x00, 0x1f, 0x88, 0xff}, .n_id = 5};
    char text[2 * GWSNMP_ENGINE_ID_MAX + 1];
    gwsnmp_engine_hex(&engine, text);
    CU_ASSERT_STRING_EQUAL(text, "80001f88ff");
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"boots grow", test_grows},   {"ids differ", test_differs},
        {"damaged", test_damaged},    {"cut", test_cut},
        {"bits", test_bits},          {"without checksum", test_without_checksum},
        {"ends", test_ends},          {"refused", test_refused},
        {"as hexadecimal", test_hex},
    };
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/engine", dir);
    snprintf(beside, sizeof beside, "%s/engine.new", dir);
    log_set_sink(on_log, NULL);
    int status = suite_run("snmp engine", tests, sizeof tests / sizeof *tests);
    log_set_sink(NULL, NULL);
    unlink(path);
    unlink(beside);
    rmdir(dir);
    return status;
}
