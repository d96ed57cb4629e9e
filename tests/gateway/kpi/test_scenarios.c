/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The delivered catalogue by its own samples, and every rule of the engine by those in this folder:
 * *.samples are found, not listed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/kpi/scenario.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static void run_file(const char *path, bool must_be_whole)
{
    struct diag diag = {0};
    struct buf text = {0}, catalogue = {0}, watchlist = {0};
    struct kpi_scenario_tally tally;
    struct kpi_catalogue *loaded = NULL;
    static const struct kpi_reached nothing;
    struct kpi_reached reached = nothing;
    kt_read("mappings/kpi.xml", &catalogue);
    kt_read("mappings/watchlist.xml", &watchlist);
    kt_read(path, &text);
    const struct kpi_scenario_data data = {buf_get(&catalogue), buf_get(&watchlist)};
    int error = kpi_scenario_run(buf_get(&text), path, &data, &diag, &tally, &reached);
    CU_ASSERT_EQUAL(error, GW_OK);
    CU_ASSERT_TRUE(tally.expectations > 0);
    if (must_be_whole &&
        kpi_catalogue_load_text(data.catalogue, "kpi.xml", NULL, &diag, &loaded) == GW_OK)
        CU_ASSERT_EQUAL(kpi_scenario_check(loaded, &reached, path, &diag), 0);
    printf("\n    %s: %zu samples, %zu failed, %zu expectations, %zu records\n", path,
           tally.samples, tally.failed, tally.expectations, tally.records);
    diag_print(&diag, stdout);
    kpi_catalogue_free(loaded);
    diag_free(&diag);
    buf_free(&text);
    buf_free(&catalogue);
    buf_free(&watchlist);
}

static void test_delivered(void)
{
    run_file("mappings/kpi.samples", true);
}

static void test_rules(void)
{
    char path[512];
    size_t n = 0;
    struct dirent **names = NULL;
    snprintf(path, sizeof path, "%s/tests/gateway/kpi", kt_source());
    int found = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        if (strstr(names[i]->d_name, ".samples")) {
            snprintf(path, sizeof path, "tests/gateway/kpi/%s", names[i]->d_name);
            run_file(path, false);
            n++;
        }
        free(names[i]);
    }
    free(names);
    CU_ASSERT_TRUE(n > 0);
}

/* Samples that are wrong must not pass. */
static void test_mistakes(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no sample"},
        {"expect outbreak default ok\n", "\"sample TITLE\" expected"},
        {"sample a\nexpect outbreak default ok\n", "expected ok, found unknown"},
        {"sample a\nexpect outbreak default unknown \"5 hosts\"\n", "expected the value"},
        {"sample a\nexpect outbreak default unknown because nonsense\n", "expected the reason"},
        {"sample a\nexpect outbreak nowhere ok\n", "there is no row"},
        {"sample a\nexpect outbreak default absent\n", "expected no row"},
        {"sample a\nexpect outbreak default fine\n", "is no state"},
        {"sample a\nexpect outbreak * ok\n", "summary of outbreak"},
        {"sample a\nexpect nothing * ok\n", "there is no summary"},
        {"sample a\nexpect outbreak\n", "takes 3 to 6 words"},
        {"sample a\nrecord nonsense a=b\n", "there is no kind"},
        {"sample a\nrecord malware.found nonsense=b\n", "there is no field"},
        {"sample a\nrecord malware.found host.name\n", "NAME=VALUE"},
        {"sample a\nrecord malware.found time=soon\n", "is no duration"},
        {"sample a\nrecord malware.found event.count=many\n", "is no number"},
        {"sample a\nrecord malware.found host.name=\"x\n", "a quote is not closed"},
        {"sample a\nlevel nothing enabled=yes\nquiet outbreak\n", "there is no KPI"},
        {"sample a\nlevel outbreak colour=red\n", "level has no"},
        {"sample a\nsite hq colour=red\n", "site has no"},
        {"sample a\nbegin today\n", "is no time"},
        {"sample a\nwait a-while\n", "is no duration"},
        {"sample a\nack outbreak default me\n", "there is no alert"},
        {"sample a\nsaid raised outbreak default critical\n", "nothing was said"},
        {"sample a\nsaid shouted outbreak default critical\n", "said [muted-]raised|changed"},
        {"sample a\ndance\n", "is not known here"},
        {"sample a\nrecord malware.outbreak host.name=x\nquiet outbreak\n", "nothing expected"},
        {"sample a\nrecord malware.outbreak host.name=x\nsaid cleared outbreak default ok\n",
         "expected cleared ok, said was alert.raised critical"},
        {"sample a\nrecord malware.outbreak host.name=x\n"
         "said raised outbreak default critical was warning\n",
         "expected from warning, said was from unknown"},
    };
    struct buf catalogue = {0};
    kt_read("mappings/kpi.xml", &catalogue);
    const struct kpi_scenario_data data = {buf_get(&catalogue), SLICE_NONE};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct diag diag = {0};
        struct kpi_scenario_tally tally;
        int error = kpi_scenario_run(slice_from(cases[i].text), "t", &data, &diag, &tally, NULL);
        CU_ASSERT_EQUAL(error, GW_ERR_INVALID);
        bool is_said = diag.n && strstr(diag.items[0].text, cases[i].says);
        if (!is_said)
            printf("\n    case %zu: \"%s\" expected, found \"%s\"\n", i, cases[i].says,
                   diag.n ? diag.items[0].text : "");
        CU_ASSERT_TRUE(is_said);
        diag_free(&diag);
    }
    buf_free(&catalogue);
}

/* What no sample expects is a gap, and it is named. */
static void test_gaps(void)
{
    struct diag diag = {0};
    struct kpi_catalogue *catalogue = NULL;
    struct buf text = {0};
    struct kpi_reached *reached = gw_alloc(sizeof *reached);
    kt_read("mappings/kpi.xml", &text);
    CU_ASSERT_EQUAL_FATAL(
        kpi_catalogue_load_text(buf_get(&text), "kpi.xml", NULL, &diag, &catalogue), GW_OK);
    size_t n = kpi_scenario_check(catalogue, reached, "t", &diag);
    CU_ASSERT_TRUE(n >= 28 * 4); /* ok, unknown, cleared, and a level at least */
    memset(reached->states, 15, sizeof reached->states);
    memset(reached->test_states, 15, sizeof reached->test_states);
    memset(reached->has_cleared, true, sizeof reached->has_cleared);
    CU_ASSERT_EQUAL(kpi_scenario_check(catalogue, reached, "t", &diag), 0);
    CU_ASSERT_EQUAL(diag.total, n);
    free(reached);
    kpi_catalogue_free(catalogue);
    diag_free(&diag);
    buf_free(&text);
}

int main(void)
{
    static const struct suite_test tests[] = {{"the delivered catalogue", test_delivered},
                                              {"every rule", test_rules},
                                              {"mistakes in samples", test_mistakes},
                                              {"gaps", test_gaps}};
    xml_init();
    int result = suite_run("kpi scenarios", tests, sizeof tests / sizeof *tests);
    xml_fini();
    return result;
}
