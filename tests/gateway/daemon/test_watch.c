/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which watchlist a reload finds in force, and that one that is refused has changed nothing. */
#include "gateway/daemon/watch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/write.h"
#include "gateway/tls/digest.h"
#include "tests/support/unit.h"

static const char PUSHED[] = "<watchlist><entry pattern='pushed'/></watchlist>",
                  CONFIGURED[] = "<watchlist><entry pattern='configured'/></watchlist>",
                  EDITED[] = "<watchlist><entry pattern='edited'/></watchlist>";

static char folder[] = "/tmp/eog-watch-XXXXXX";
static char kept[PATH_MAX];

/* A list was pushed when the configured one was CONFIGURED. */
static void push(void)
{
    struct kpi_pushed pushed = {.entries = 1, .text = slice_from(PUSHED), .file = "new.xml"};
    struct buf bytes = {0};
    tls_sha256(slice_from(PUSHED), pushed.sha256);
    tls_sha256(slice_from(CONFIGURED), pushed.configured);
    kpi_pushed_encode(&pushed, &bytes);
    CU_ASSERT_EQUAL(write_beside(kept, buf_get(&bytes)), 0);
    CU_ASSERT_EQUAL(write_adopt(kept), 0);
    buf_free(&bytes);
}

static void choose(struct watch *watch, const char *configured, const char *expected,
                   bool is_recorded)
{
    struct knowledge knowledge = {0};
    struct watch_choice choice;
    buf_slice(&knowledge.text[KPI_LOAD_WATCHLIST], slice_from(configured));
    watch_choose(watch, &knowledge, 1000, &choice);
    UNIT_TEXT(buf_get(&knowledge.text[KPI_LOAD_WATCHLIST]), expected);
    if (is_recorded)
        watch_settle(watch, &choice);
    watch_choice_fini(&choice);
    knowledge_free(&knowledge);
}

static void is_in_force(struct watch *watch, bool is_pushed, const char *text)
{
    struct watch_status status;
    char sha256[KPI_PUSHED_HEX];
    watch_get_status(watch, &status);
    tls_sha256(slice_from(text), sha256);
    CU_ASSERT_EQUAL(status.is_pushed, is_pushed);
    CU_ASSERT_STRING_EQUAL(status.sha256, sha256);
}

static void test_choice(void)
{
    struct watch *watch = watch_new(folder, folder);
    push();
    choose(watch, CONFIGURED, PUSHED, true);
    is_in_force(watch, true, PUSHED);
    /* The journal did not take the edited one: the reload is refused. */
    choose(watch, EDITED, EDITED, false);
    is_in_force(watch, true, PUSHED);
    CU_ASSERT_EQUAL(access(kept, F_OK), 0);
    /* The edit was taken back. */
    choose(watch, CONFIGURED, PUSHED, true);
    is_in_force(watch, true, PUSHED);
    choose(watch, EDITED, EDITED, true);
    is_in_force(watch, false, EDITED);
    CU_ASSERT_EQUAL(access(kept, F_OK), -1);
    watch_free(watch);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(kept, sizeof kept, "%s/%s", folder, KPI_PUSHED_NAME);
    CU_TestInfo tests[] = {{"a choice, and what was not recorded", test_choice}, CU_TEST_INFO_NULL};
    int result = unit_run("watch", tests);
    unlink(kept);
    rmdir(folder);
    return result;
}
