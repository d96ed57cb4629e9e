/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/map.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "tests/support/suite.h"

enum { KEYS = 3000 };

static struct slice key_of(int i, char *text)
{
    return slice_of(text, (size_t)sprintf(text, "key-%d", i));
}

/* Against the plainest model: an array that says which keys are in. */
static void test_against_model(void)
{
    static int model[KEYS];
    struct map *map = map_new();
    size_t live = 0;
    srand(7);
    for (int step = 0; step < 200000; step++) {
        char text[32];
        int i = rand() % KEYS;
        struct slice key = key_of(i, text);
        if (rand() % 3) {
            void *old = map_put(map, key, &model[i]);
            CU_ASSERT_EQUAL_FATAL(old != NULL, model[i] != 0);
            live += !model[i];
            model[i] = 1;
        } else {
            CU_ASSERT_EQUAL_FATAL(map_remove(map, key) != NULL, model[i] != 0);
            live -= (size_t)model[i];
            model[i] = 0;
        }
        CU_ASSERT_EQUAL_FATAL(map_count(map), live);
    }
    for (int i = 0; i < KEYS; i++) {
        char text[32];
        CU_ASSERT_PTR_EQUAL_FATAL(map_get(map, key_of(i, text)), model[i] ? &model[i] : NULL);
    }
    map_free(map, NULL);
}

static void test_order_and_removal(void)
{
    struct map *map = map_new();
    char text[32];
    int values[100];
    for (int i = 0; i < 100; i++)
        map_put(map, key_of(i, text), &values[i]);
    size_t position = 0;
    struct slice key;
    void *value;
    int n = 0;
    while (map_next(map, &position, &key, &value)) {
        CU_ASSERT_PTR_EQUAL(value, &values[n]);
        CU_ASSERT(slice_equal(key, key_of(n, text)));
        if (n % 2)
            CU_ASSERT_PTR_EQUAL(map_remove(map, key), &values[n]);
        n++;
    }
    CU_ASSERT_EQUAL(n, 100);
    CU_ASSERT_EQUAL(map_count(map), 50);
    for (int i = 100; i < 300; i++)
        map_put(map, key_of(i, text), &values[0]);
    position = 0;
    CU_ASSERT(map_next(map, &position, &key, &value) && value == &values[0]);
    CU_ASSERT(map_next(map, &position, &key, &value) && value == &values[2]);
    map_free(map, NULL);
}

static void test_odd_keys(void)
{
    struct map *map = map_new();
    CU_ASSERT_PTR_NULL(map_get(map, SLICE("x")));
    CU_ASSERT_PTR_NULL(map_remove(map, SLICE("x")));
    map_put(map, SLICE_NONE, gw_strdup("empty"));
    map_put(map, slice_of("\0", 1), gw_strdup("nul"));
    map_put(map, slice_of("\0\0", 2), gw_strdup("nuls"));
    CU_ASSERT_STRING_EQUAL(map_get(map, SLICE("")), "empty");
    CU_ASSERT_STRING_EQUAL(map_get(map, slice_of("\0", 1)), "nul");
    CU_ASSERT_STRING_EQUAL(map_get(map, slice_of("\0\0", 2)), "nuls");
    void *old = map_put(map, SLICE_NONE, gw_strdup("new"));
    CU_ASSERT_STRING_EQUAL(old, "empty");
    free(old);
    map_free(map, free);
    map_free(NULL, free);
    CU_ASSERT(map_hash(SLICE("a")) == map_hash(SLICE("a")) &&
              map_hash(SLICE("a")) != map_hash(SLICE("b")));
}

int main(void)
{
    static const struct suite_test tests[] = {{"against a model", test_against_model},
                                              {"order and removal", test_order_and_removal},
                                              {"odd keys", test_odd_keys}};
    return suite_run("map", tests, sizeof tests / sizeof *tests);
}
