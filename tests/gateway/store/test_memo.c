/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it says is right; how much it keeps is counted. */
#include "gateway/store/memo.h"

#include <stdio.h>

#include "tests/support/suite.h"

static struct slice key_of(char text[24], unsigned number)
{
    return slice_of(text, (size_t)snprintf(text, 24, "computer %u", number));
}

static unsigned known(const struct store_memo *memo, unsigned n)
{
    char text[24];
    unsigned found = 0;
    for (unsigned i = 0; i < n; i++) {
        int64_t id = store_memo_get(memo, key_of(text, i));
        CU_ASSERT(id == 0 || id == (int64_t)i + 1);
        found += id != 0;
    }
    return found;
}

static void test_memo(void)
{
    char text[24];
    struct store_memo *memo = store_memo_new(1024);
    CU_ASSERT_EQUAL(known(memo, 10000), 0);
    for (unsigned i = 0; i < 400; i++)
        store_memo_put(memo, key_of(text, i), i + 1);
    /* A set may have more than eight of them: in six runs of a thousand more than five are lost. */
    CU_ASSERT(known(memo, 10000) >= 375);
    for (unsigned i = 400; i < 10000; i++)
        store_memo_put(memo, key_of(text, i), i + 1);
    unsigned kept = known(memo, 10000);
    CU_ASSERT(kept >= 1000 && kept <= 1024);
    CU_ASSERT_EQUAL(store_memo_get(memo, key_of(text, 9999)), 10000);
    store_memo_put(memo, key_of(text, 9999), 10000);
    CU_ASSERT_EQUAL(store_memo_get(memo, key_of(text, 9999)), 10000);
    store_memo_forget(memo);
    CU_ASSERT_EQUAL(known(memo, 10000), 0);
    store_memo_put(memo, key_of(text, 7), 8);
    CU_ASSERT_EQUAL(store_memo_get(memo, key_of(text, 7)), 8);
    CU_ASSERT_EQUAL(store_memo_get(memo, SLICE_NONE), 0);
    store_memo_free(memo);
}

int main(void)
{
    static const struct suite_test tests[] = {{"put, get, forget", test_memo}};
    return suite_run("store memo", tests, sizeof tests / sizeof *tests);
}
