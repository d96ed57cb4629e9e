/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration against option rows: values, defaults, every kind of mistake with its line. */
#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <string.h>
#include <time.h>

#include "gateway/base/error.h"
#include "gateway/config/config.h"
#include "gateway/xml/document.h"

struct sample {
    struct section_place place;
    bool is_on;
    int64_t count, size_bytes, wait_ms, colour;
    const char *name, *file;
};

static const struct option rows[] = {
    {.name = "on",
     .type = OPTION_BOOL,
     .offset = offsetof(struct sample, is_on),
     .fallback = "yes",
     .help = "."},
    {.name = "count",
     .type = OPTION_INT,
     .offset = offsetof(struct sample, count),
     .fallback = "7",
     .min = 1,
     .max = 9,
     .help = "."},
    {.name = "size",
     .type = OPTION_SIZE,
     .offset = offsetof(struct sample, size_bytes),
     .fallback = "4k",
     .help = ".",
     .needs_restart = true},
    {.name = "wait",
     .type = OPTION_DURATION,
     .offset = offsetof(struct sample, wait_ms),
     .fallback = "5s",
     .help = "."},
    {.name = "colour",
     .type = OPTION_ENUM,
     .offset = offsetof(struct sample, colour),
     .fallback = "green",
     .choices = "red green blue",
     .help = "."},
    {.name = "name",
     .type = OPTION_TEXT,
     .offset = offsetof(struct sample, name),
     .is_required = true,
     .help = ".",
     .needs_restart = true},
    {.name = "file", .type = OPTION_FILE, .offset = offsetof(struct sample, file), .help = "."},
};
static const struct section one = {
    "one", rows, sizeof rows / sizeof *rows - 2, sizeof(struct sample), false, "One."};
static const struct section many = {
    "many", rows, sizeof rows / sizeof *rows, sizeof(struct sample), true, "Many."};
static const struct section *const sections[] = {&one, &many};

static int load(const char *text, struct diag *diag, struct config **out)
{
    return config_load_text(slice_from(text), "test.xml", "/folder", sections, 2, diag, out);
}

static void test_values(void)
{
    struct diag diag = {0};
    struct config *config;
    CU_ASSERT_EQUAL_FATAL(
        load("<eog-gateway>\n<one on='no' count='9' size='2M' wait='3h' colour='blue'/>\n"
             "<many name='a' file='x.csv'/><many name='b &amp; c' file='/abs'/></eog-gateway>",
             &diag, &config),
        GW_OK);
    const struct sample *s = config_get(config, "one");
    CU_ASSERT_FALSE(s->is_on);
    CU_ASSERT_EQUAL(s->count, 9);
    CU_ASSERT_EQUAL(s->size_bytes, 2 << 20);
    CU_ASSERT_EQUAL(s->wait_ms, 3 * 3600000);
    CU_ASSERT_EQUAL(s->colour, 2);
    CU_ASSERT_EQUAL(s->place.line, 2);
    CU_ASSERT_EQUAL(config_count(config, "many"), 2);
    s = config_at(config, "many", 0);
    CU_ASSERT_STRING_EQUAL(s->file, "/folder/x.csv");
    s = config_at(config, "many", 1);
    CU_ASSERT_STRING_EQUAL(s->name, "b & c");
    CU_ASSERT_STRING_EQUAL(s->file, "/abs");
    CU_ASSERT_PTR_NULL(config_at(config, "many", 2));
    config_free(config);
}

static void test_defaults(void)
{
    struct diag diag = {0};
    struct config *config;
    CU_ASSERT_EQUAL_FATAL(load("<eog-gateway/>", &diag, &config), GW_OK);
    const struct sample *s = config_get(config, "one");
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT_TRUE(s->is_on);
    CU_ASSERT_EQUAL(s->count, 7);
    CU_ASSERT_EQUAL(s->size_bytes, 4096);
    CU_ASSERT_EQUAL(s->wait_ms, 5000);
    CU_ASSERT_EQUAL(s->colour, 1);
    CU_ASSERT_EQUAL(s->place.line, 0);
    CU_ASSERT_EQUAL(config_count(config, "many"), 0);
    config_free(config);
}

/* Each text has its mistake on line 2; the message names what to write. */
static void test_mistakes(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"<eog-gateway>\n<unknown/></eog-gateway>", "unknown"},
        {"<eog-gateway>\n<one nosuch='1'/></eog-gateway>", "nosuch"},
        {"<eog-gateway>\n<one count='10'/></eog-gateway>", "out of range"},
        {"<eog-gateway>\n<one count='x'/></eog-gateway>", "whole number"},
        {"<eog-gateway>\n<one count='99999999999999999999'/></eog-gateway>", "whole number"},
        {"<eog-gateway>\n<one size='5q'/></eog-gateway>", "64k"},
        {"<eog-gateway>\n<one size='9999999999G'/></eog-gateway>", "64k"},
        {"<eog-gateway>\n<one wait='5'/></eog-gateway>", "500ms"},
        {"<eog-gateway>\n<one colour='pink'/></eog-gateway>", "red green blue"},
        {"<eog-gateway>\n<one on='true'/></eog-gateway>", "yes or no"},
        {"<eog-gateway>\n<many/></eog-gateway>", "needs name"},
        {"<eog-gateway>\n<many name='a' file=''/></eog-gateway>", "path"},
        {"<eog-gateway>\n<many name=''/></eog-gateway>", "<many name>: is empty"},
        {"<eog-gateway>\n<many name=' '/></eog-gateway>", "<many name>: is empty"},
        {"<eog-gateway>\n<one/><one/></eog-gateway>", "second time"},
        {"<eog-gateway>\n<one><b/></one></eog-gateway>", "inside"},
        {"<eog-gateway>\n<one count='5'", ""},
        {"<eog-gateway>\n<one count=5/></eog-gateway>", ""},
        {"<eog-gateway>\n</wrong>", ""},
        {"<other>\n</other>", ""},
        {"", ""},
        {"not xml at all", ""},
        {"<!DOCTYPE eog-gateway [<!ENTITY a 'b'>]>\n<eog-gateway/>", "DOCTYPE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct diag diag = {0};
        struct config *config = NULL;
        CU_ASSERT_EQUAL(load(cases[i].text, &diag, &config), GW_ERR_INVALID);
        CU_ASSERT_PTR_NULL(config);
        CU_ASSERT_FALSE_FATAL(diag_is_empty(&diag));
        CU_ASSERT_STRING_EQUAL(diag.items[0].file, "test.xml");
        bool is_said = false;
        for (size_t k = 0; k < diag.n; k++)
            is_said |= strstr(diag.items[k].text, cases[i].says) != NULL;
        if (!is_said)
            diag_print(&diag, stdout);
        CU_ASSERT_TRUE(is_said);
        diag_free(&diag);
    }
}

static void test_all_mistakes_in_one_run(void)
{
    struct diag diag = {0};
    struct config *config;
    load("<eog-gateway>\n<one count='0'/>\n<many name='a' size='z'/>\n<many name='b' "
         "on='maybe'/></eog-gateway>",
         &diag, &config);
    CU_ASSERT_EQUAL_FATAL(diag.n, 3);
    CU_ASSERT_EQUAL(diag.items[0].line, 2);
    CU_ASSERT_EQUAL(diag.items[1].line, 3);
    CU_ASSERT_EQUAL(diag.items[2].line, 4);
    diag_free(&diag);
}

static void test_restarts(void)
{
    struct diag diag = {0};
    struct config *a, *b;
    struct buf out = {0};
    load("<eog-gateway><one size='4k'/><many name='x'/></eog-gateway>", &diag, &a);
    load("<eog-gateway><one size='8k' count='3'/><many name='x'/></eog-gateway>", &diag, &b);
    config_list_restarts(a, b, sections, 2, &out);
    CU_ASSERT_STRING_EQUAL(buf_text(&out), " <one size>");
    buf_clear(&out);
    config_list_restarts(a, a, sections, 2, &out);
    CU_ASSERT_STRING_EQUAL(buf_text(&out), "");
    buf_free(&out);
    config_free(a);
    config_free(b);
}

static void test_manual_names_every_option(void)
{
    struct buf out = {0};
    config_write_manual(sections, 2, &out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), rows[i].name));
    buf_free(&out);
}

/* Processor time, in ticks of clock(), of a file with n sections. */
static clock_t time_of(size_t n)
{
    struct buf text = {0};
    struct diag diag = {0};
    struct config *config;
    buf_printf(&text, "<eog-gateway>\n");
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "<many name='a%zu'/>\n", i);
    buf_printf(&text, "</eog-gateway>\n");
    clock_t begun = clock();
    CU_ASSERT_EQUAL_FATAL(load(buf_text(&text), &diag, &config), GW_OK);
    clock_t took = clock() - begun;
    CU_ASSERT_EQUAL(config_count(config, "many"), n);
    config_free(config);
    buf_free(&text);
    return took;
}

/* A customer has tens of thousands of senders: it must not grow with their square. */
static void test_many(void)
{
    enum { FEW = 2000, TIMES = 16 };
    clock_t few = time_of(FEW), more = time_of(FEW * TIMES);
    CU_ASSERT(more < few * TIMES * 4 + CLOCKS_PER_SEC / 10);
}

int main(void)
{
    xml_init();
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("config", NULL, NULL);
    CU_add_test(suite, "values", test_values);
    CU_add_test(suite, "defaults", test_defaults);
    CU_add_test(suite, "mistakes", test_mistakes);
    CU_add_test(suite, "all mistakes in one run", test_all_mistakes_in_one_run);
    CU_add_test(suite, "restarts", test_restarts);
    CU_add_test(suite, "many sections", test_many);
    CU_add_test(suite, "manual", test_manual_names_every_option);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    xml_fini();
    return failed ? 1 : 0;
}
