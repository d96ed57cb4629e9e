/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A watchlist that somebody pushes, of any bytes: sound or refused, never both, and what is said of
 * it steers no terminal. A sound one is found by its own patterns, and comes back from the file
 * that keeps it. The same bytes as that file: whole or refused.
 */
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/kpi/pushed.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/xml/document.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"watchlist", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static void check_inert(const char *text)
{
    struct slice rest = slice_from(text);
    while (rest.n) {
        const unsigned char *p = (const unsigned char *)rest.p;
        size_t n = utf8_char(p, rest.n);
        FUZZ_CHECK(n > 0);
        FUZZ_CHECK(!utf8_is_steering(utf8_code(p, n)));
        rest = slice_skip(rest, n);
    }
}

static void check_list(const struct kpi_watchlist *list)
{
    FUZZ_CHECK(kpi_watchlist_count(list) > 0);
    for (size_t i = 0; i < kpi_watchlist_count(list); i++) {
        const struct kpi_watch_entry *entry = kpi_watchlist_at(list, i);
        struct slice pattern = slice_from(entry->pattern);
        check_inert(entry->pattern);
        FUZZ_CHECK(kpi_watchlist_find(list, pattern) == entry);
        FUZZ_CHECK(kpi_watchlist_match(list, pattern) != NULL);
    }
}

static void check_kept(struct slice text)
{
    struct kpi_pushed list = {.file = "f", .by = "uid=0", .entries = 1, .text = text}, got;
    struct buf bytes = {0};
    memset(list.sha256, 'a', KPI_PUSHED_HEX - 1);
    memset(list.configured, 'b', KPI_PUSHED_HEX - 1);
    kpi_pushed_encode(&list, &bytes);
    FUZZ_CHECK(kpi_pushed_decode(buf_get(&bytes), &got) == GW_OK);
    FUZZ_CHECK(slice_equal(got.text, text));
    buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    struct diag diag = {0};
    struct kpi_watchlist *list;
    struct kpi_pushed kept;
    xml_init();
    int error = kpi_watchlist_load_pushed(in, "pushed.xml",
                                          TEST_TOP_SRCDIR "/mappings/watchlist.rng", &diag, &list);
    FUZZ_CHECK((error == GW_OK) == (list != NULL));
    FUZZ_CHECK((error == GW_OK) == (diag.total == 0));
    for (size_t i = 0; i < diag.n; i++)
        check_inert(diag.items[i].text);
    if (list) {
        check_list(list);
        check_kept(in);
    }
    if (kpi_pushed_decode(in, &kept) == GW_OK) {
        FUZZ_CHECK(kept.text.n > 0 && strlen(kept.sha256) == KPI_PUSHED_HEX - 1);
        fuzz_touch(kept.text);
    }
    kpi_watchlist_free(list);
    diag_free(&diag);
    return 0;
}
