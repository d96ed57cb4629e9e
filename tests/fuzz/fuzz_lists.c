/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person or the core gives the indicators: the inventory, the watchlist, a catalogue of
   one's own. The first byte says which. Loaded, or refused with reasons; what is loaded can be
   asked. */
#include "gateway/base/error.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/kpi/inventory.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/xml/document.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"lists", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static int load_inventory(struct slice text, struct diag *diag)
{
    struct kpi_inventory *inventory = NULL;
    int result = kpi_inventory_load_text(text, "fuzz.csv", diag, &inventory);
    FUZZ_CHECK((result == GW_OK) == (inventory != NULL));
    for (size_t i = 0; inventory && i < inventory->n_rows; i++) {
        fuzz_touch(inventory->rows[i].name);
        fuzz_touch(inventory->rows[i].uplinks);
    }
    kpi_inventory_free(inventory);
    return result;
}

static int load_watchlist(struct slice text, struct diag *diag)
{
    struct kpi_watchlist *watchlist = NULL;
    int result = kpi_watchlist_load_text(
        text, "fuzz.xml", TEST_TOP_SRCDIR "/mappings/watchlist.rng", diag, &watchlist);
    FUZZ_CHECK((result == GW_OK) == (watchlist != NULL));
    if (watchlist) {
        kpi_watchlist_match(watchlist, SLICE("TROJ_FAKE.A"));
        kpi_watchlist_match(watchlist, text);
    }
    kpi_watchlist_free(watchlist);
    return result;
}

static int load_catalogue(struct slice text, const char *schema, struct diag *diag)
{
    struct kpi_catalogue *catalogue = NULL;
    int result = kpi_catalogue_load_text(text, "fuzz.xml", schema, diag, &catalogue);
    FUZZ_CHECK((result == GW_OK) == (catalogue != NULL));
    if (catalogue)
        kpi_catalogue_find(catalogue, SLICE("outbreak"));
    kpi_catalogue_free(catalogue);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag diag = {0};
    if (size == 0)
        return 0;
    struct slice text = fuzz_slice(data + 1, size - 1);
    xml_init();
    int result = data[0] == 'i'   ? load_inventory(text, &diag)
                 : data[0] == 'w' ? load_watchlist(text, &diag)
                 : data[0] == 'k' ? load_catalogue(text, TEST_TOP_SRCDIR "/mappings/kpi.rng", &diag)
                                  : load_catalogue(text, NULL, &diag);
    FUZZ_CHECK(result == GW_OK || diag.n > 0);
    diag_free(&diag);
    return 0;
}
