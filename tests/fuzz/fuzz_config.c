/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file: loaded, or refused with a reason that has its line. */
#include "gateway/base/error.h"
#include "gateway/daemon/settings.h"
#include "gateway/xml/document.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"config", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag diag = {0};
    struct config *config = NULL;
    size_t n;
    const struct section *const *sections = settings_sections(&n);
    xml_init();
    int result = config_load_text(fuzz_slice(data, size), "fuzz.xml", "/nonexistent", sections, n,
                                  &diag, &config);
    FUZZ_CHECK((result == GW_OK) == (config != NULL));
    FUZZ_CHECK(result == GW_OK || diag.n > 0);
    for (size_t i = 0; i < diag.n; i++)
        fuzz_touch(slice_from(diag.items[i].text));
    config_free(config);
    diag_free(&diag);
    return 0;
}
