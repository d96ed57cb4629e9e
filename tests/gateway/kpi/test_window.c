/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rings, pairs and held states against a plain list of what happened. */
#include "gateway/kpi/window.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/kpi/held.h"
#include "tests/support/suite.h"

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void test_bucket(void)
{
    CU_ASSERT_EQUAL(kpi_bucket_of(0, 3600000), 0);
    CU_ASSERT_EQUAL(kpi_bucket_of(59999, 3600000), 0);
    CU_ASSERT_EQUAL(kpi_bucket_of(60000, 3600000), 1);
    CU_ASSERT_EQUAL(kpi_bucket_of(-5, 3600000), 0);
    CU_ASSERT_EQUAL(kpi_bucket_of(1000, 30), 1000); /* a bucket is never narrower than 1 ms */
    CU_ASSERT_TRUE(kpi_bucket_is_in(100, 100));
    CU_ASSERT_TRUE(kpi_bucket_is_in(41, 100));
    CU_ASSERT_FALSE(kpi_bucket_is_in(40, 100));
    CU_ASSERT_FALSE(kpi_bucket_is_in(101, 100));
}

static void test_ring(void)
{
    struct kpi_ring ring = {0};
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 0), 0);
    CU_ASSERT_TRUE(kpi_ring_add(&ring, 1000, 1000, 1));
    CU_ASSERT_TRUE(kpi_ring_add(&ring, 941, 1000, 2));
    CU_ASSERT_FALSE(kpi_ring_add(&ring, 940, 1000, 4));
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 1000), 3);
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 1001), 1);
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 1059), 1);
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 1060), 0);
    CU_ASSERT_TRUE(kpi_ring_add(&ring, 1002, 1000, 7)); /* ahead: waits until now is there */
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 1000), 3);
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 1002), 8);
    CU_ASSERT_TRUE(kpi_ring_add(&ring, 1002, 1002, UINT32_MAX));
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 1002), UINT32_MAX + 1ull);
    /* The clock was set back by far: what stands ahead gives way. */
    CU_ASSERT_TRUE(kpi_ring_add(&ring, 490, 490, 5));
    CU_ASSERT_EQUAL(kpi_ring_total(&ring, 490), 5);
}

enum { EVENTS = 4000 };
struct happened {
    uint64_t key;
    uint32_t member, bucket, n;
};

static uint32_t count_plain(const struct happened *list, size_t n, uint64_t key, uint32_t now,
                            bool is_count)
{
    uint32_t total = 0;
    bool seen[64] = {false};
    for (size_t i = 0; i < n; i++) {
        if (list[i].key != key || !kpi_bucket_is_in(list[i].bucket, now))
            continue;
        if (is_count)
            total += list[i].n;
        else if (!seen[list[i].member])
            total++;
        seen[list[i].member] = true;
    }
    return total;
}

/* Random records, late ones among them, against the plain list at every step of the window. */
static void pairs_against_plain(bool is_count, uint64_t seed)
{
    struct kpi_pairs pairs = {.is_count = is_count, .now = 1000};
    struct happened *list = calloc(EVENTS, sizeof *list);
    uint32_t now = 1000;
    size_t wrong = 0, n = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        struct happened h = {1 + next(&seed) % 5, (uint32_t)(next(&seed) % 64),
                             now - (uint32_t)(next(&seed) % 70), 1 + (uint32_t)(next(&seed) % 9)};
        bool is_taken = kpi_pairs_add(&pairs, h.key, h.member, h.bucket, h.n);
        wrong += is_taken != kpi_bucket_is_in(h.bucket, now);
        if (is_taken)
            list[n++] = h;
        if (next(&seed) % 4 == 0) {
            now += (uint32_t)(next(&seed) % 3);
            kpi_pairs_roll(&pairs, now, next(&seed) % 2, NULL, NULL, NULL);
        }
        uint32_t max = 0;
        for (uint64_t key = 1; key <= 5; key++) {
            uint32_t total = count_plain(list, n, key, now, is_count);
            max = total > max ? total : max;
        }
        wrong += kpi_pairs_max(&pairs, NULL, NULL) != max;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(n > EVENTS / 2);
    kpi_pairs_free(&pairs);
    free(list);
}

static void test_pairs(void)
{
    pairs_against_plain(false, 88172645463325252u);
    pairs_against_plain(true, 4101842887655102017u);
}

static void test_pairs_bounded(void)
{
    struct kpi_pairs pairs = {.now = 100};
    for (uint32_t i = 0; i < KPI_PAIRS_MAX; i++)
        CU_ASSERT_TRUE_FATAL(kpi_pairs_add(&pairs, 7, i, 100, 1));
    CU_ASSERT_FALSE(kpi_pairs_add(&pairs, 7, KPI_PAIRS_MAX, 100, 1));
    CU_ASSERT_FALSE(kpi_pairs_add(&pairs, 8, 1, 100, 1));
    CU_ASSERT_TRUE(kpi_pairs_add(&pairs, 7, 5, 100, 1)); /* what is known goes on */
    CU_ASSERT_EQUAL(pairs.refused, 2);
    CU_ASSERT_EQUAL(kpi_pairs_max(&pairs, NULL, NULL), KPI_PAIRS_MAX);
    kpi_pairs_roll(&pairs, 160, false, NULL, NULL, NULL);
    CU_ASSERT_EQUAL(pairs.cells.n, 0);
    CU_ASSERT_TRUE(kpi_pairs_add(&pairs, 8, 1, 160, 1));
    kpi_pairs_free(&pairs);
}

/* Twice as many members as fit, in groups of every size: no group's value is too high, and none is
   too low by more than was refused. */
static void test_pairs_error(void)
{
    enum { GROUPS = 40, MEMBERS = 2 * KPI_PAIRS_MAX };
    struct kpi_pairs pairs = {.now = 100};
    uint32_t exact[GROUPS + 1] = {0}, largest = 0;
    uint64_t random = 88172645463325252u;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t a = random % GROUPS, b = random / GROUPS % GROUPS; /* small ones are larger */
        uint64_t group = (a < b ? a : b) + 1;
        exact[group]++;
        kpi_pairs_add(&pairs, group, i, 100, 1);
    }
    CU_ASSERT_EQUAL(pairs.refused, MEMBERS - KPI_PAIRS_MAX);
    CU_ASSERT_EQUAL(pairs.n_groups, GROUPS);
    for (size_t g = 0; g < pairs.n_groups; g++) {
        uint32_t is = pairs.groups[g].total, should = exact[pairs.groups[g].key];
        CU_ASSERT_TRUE(is <= should && is + pairs.refused >= should);
        largest = should > largest ? should : largest;
    }
    uint32_t max = kpi_pairs_max(&pairs, NULL, NULL);
    CU_ASSERT_TRUE(max <= largest && max + pairs.refused >= largest);
    kpi_pairs_free(&pairs);
}

static uint32_t halve(void *context, uint32_t member)
{
    (void)context;
    return member / 2 + 1;
}

static void test_pairs_remap(void)
{
    struct kpi_pairs pairs = {.now = 100};
    for (uint32_t i = 0; i < 10; i++)
        kpi_pairs_add(&pairs, 7, i, 100 - i, 1);
    kpi_pairs_roll(&pairs, 100, true, halve, NULL, NULL);
    CU_ASSERT_EQUAL(kpi_pairs_max(&pairs, NULL, NULL), 5);
    kpi_pairs_roll(&pairs, 152, false, NULL, NULL, NULL);
    /* Of the joined the newest counts: 100, 98, 96, 94 and 92; 93 and younger are in. */
    CU_ASSERT_EQUAL(kpi_pairs_max(&pairs, NULL, NULL), 4);
    kpi_pairs_free(&pairs);
}

static void test_pairs_codec(void)
{
    struct kpi_pairs pairs = {.now = 100}, again = {0};
    struct buf bytes = {0};
    for (uint32_t i = 0; i < 200; i++)
        kpi_pairs_add(&pairs, 1 + i % 7, i % 31, 100 - i % 60, 1);
    kpi_pairs_encode(&pairs, &bytes);
    struct cursor in = cursor_of(buf_get(&bytes));
    CU_ASSERT_TRUE(kpi_pairs_decode(&again, &in));
    CU_ASSERT_EQUAL(cursor_left(&in), 0);
    CU_ASSERT_EQUAL(kpi_pairs_max(&again, NULL, NULL), kpi_pairs_max(&pairs, NULL, NULL));
    CU_ASSERT_EQUAL(again.cells.n, pairs.cells.n);
    kpi_pairs_free(&again);
    for (size_t n = 0; n < bytes.n; n++) {
        struct kpi_pairs cut = {0};
        in = cursor_of(slice_head(buf_get(&bytes), n));
        CU_ASSERT_FALSE(kpi_pairs_decode(&cut, &in));
        kpi_pairs_free(&cut);
    }
    for (size_t i = 0; i < bytes.n; i++) {
        struct kpi_pairs bad = {0};
        bytes.p[i] = (char)~bytes.p[i];
        in = cursor_of(buf_get(&bytes));
        kpi_pairs_decode(&bad, &in); /* anything but a crash */
        kpi_pairs_free(&bad);
        bytes.p[i] = (char)~bytes.p[i];
    }
    kpi_pairs_free(&pairs);
    buf_free(&bytes);
}

/* ---- held states ---- */

static void test_held(void)
{
    struct kpi_held held = {0};
    CU_ASSERT_PTR_NULL(kpi_held_get(&held, 5));
    CU_ASSERT_TRUE(kpi_held_set(&held, 5, 0, 1000, true));
    CU_ASSERT_FALSE(kpi_held_set(&held, 5, 0, 999, false)); /* older */
    CU_ASSERT_TRUE(kpi_held_is_on(kpi_held_get(&held, 5), 1000, 0));
    CU_ASSERT_TRUE(kpi_held_set(&held, 5, 0, 1000, false)); /* same time: the later one */
    CU_ASSERT_FALSE(kpi_held_is_on(kpi_held_get(&held, 5), 1000, 0));
    CU_ASSERT_TRUE(kpi_held_set(&held, 5, 0, 2000, true));
    CU_ASSERT_TRUE(kpi_held_is_on(kpi_held_get(&held, 5), 2999, 1000));
    CU_ASSERT_FALSE(kpi_held_is_on(kpi_held_get(&held, 5), 3000, 1000));
    CU_ASSERT_FALSE(kpi_held_is_on(NULL, 0, 0));
    CU_ASSERT_FALSE(kpi_held_end(&held, 5, 0, 1999)); /* older */
    CU_ASSERT_TRUE(kpi_held_end(&held, 5, 0, 2000));
    CU_ASSERT_FALSE(kpi_held_end(&held, 5, 0, 4000)); /* off already, and later now */
    CU_ASSERT_FALSE(kpi_held_set(&held, 5, 0, 3999, true));
    CU_ASSERT_FALSE(kpi_held_end(&held, 8, 0, 4000)); /* of one that was never on, too */
    CU_ASSERT_FALSE(kpi_held_set(&held, 8, 0, 3999, true));
    kpi_held_set(&held, 6, 0, 100, false);
    kpi_held_set(&held, 7, 0, 100, true);
    kpi_held_rebuild(&held, 5000, 0, 500, NULL, NULL);
    CU_ASSERT_PTR_NULL(kpi_held_get(&held, 6)); /* off and old */
    CU_ASSERT_PTR_NOT_NULL(kpi_held_get(&held, 7));
    kpi_held_rebuild(&held, 5000, 1000, 6000, NULL, NULL);
    CU_ASSERT_EQUAL(held.n, 0); /* forgotten */
    kpi_held_free(&held);
}

static void test_held_bounded(void)
{
    struct kpi_held held = {0};
    for (uint64_t i = 1; i <= KPI_HELD_MAX; i++)
        CU_ASSERT_TRUE_FATAL(kpi_held_set(&held, i, 0, 1, true));
    CU_ASSERT_FALSE(kpi_held_set(&held, KPI_HELD_MAX + 1, 0, 1, true));
    CU_ASSERT_TRUE(kpi_held_set(&held, 3, 0, 2, false));
    CU_ASSERT_EQUAL(held.refused, 1);
    struct buf bytes = {0};
    struct kpi_held again = {0};
    kpi_held_encode(&held, &bytes);
    struct cursor in = cursor_of(buf_get(&bytes));
    CU_ASSERT_TRUE(kpi_held_decode(&again, &in));
    CU_ASSERT_EQUAL(again.n, held.n);
    CU_ASSERT_EQUAL(again.refused, 1);
    CU_ASSERT_FALSE(kpi_held_get(&again, 3)->is_on);
    kpi_held_free(&again);
    kpi_held_free(&held);
    buf_free(&bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {{"buckets", test_bucket},
                                              {"ring", test_ring},
                                              {"pairs against a plain list", test_pairs},
                                              {"pairs are bounded", test_pairs_bounded},
                                              {"pairs beyond the bound", test_pairs_error},
                                              {"members that turn out to be one", test_pairs_remap},
                                              {"pairs as bytes", test_pairs_codec},
                                              {"held states", test_held},
                                              {"held states are bounded", test_held_bounded}};
    return suite_run("kpi windows", tests, sizeof tests / sizeof *tests);
}
