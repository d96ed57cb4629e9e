/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mapping that somebody wrote: loaded, or refused with reasons; one that is loaded is asked about
   a message, whatever it says is done with it. */
#include "gateway/base/error.h"
#include "gateway/ctl/offline.h"
#include "gateway/xml/document.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/mapping_folder.h"

const char *const fuzz_own_seeds[] = {"mapping", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

#define MESSAGE "CEF:0|Example|Box|1|7|n|3|src=192.0.2.1 act=denied msg=a b c"
static struct mapping_folder folder;
static struct offline offline;

static void clean_up(void)
{
    offline_fini(&offline);
    mapping_folder_free(&folder);
}

static void begin(void)
{
    if (folder.path[0])
        return;
    xml_init();
    folder = mapping_folder_new();
    offline_init(&offline);
    atexit(clean_up);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct source_profile profile = {0};
    begin();
    char *text = strndup((const char *)data, size);
    mapping_folder_put(&folder, "example/box.xml", text);
    free(text);
    if (mapping_folder_load(&folder)) {
        FUZZ_CHECK(mapping_set_count(folder.set) == 1);
        offline_message(&offline, folder.set, &profile, SLICE("192.0.2.9"), SLICE(MESSAGE),
                        1795493540000);
        FUZZ_CHECK(offline.event.kind != GW_KIND_NONE);
    } else {
        FUZZ_CHECK(folder.diag.n > 0);
    }
    return 0;
}
