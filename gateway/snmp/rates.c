/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of a few rows, found by a hash with a random seed: nobody outside can aim at one. */
#include "gateway/snmp/rates.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/base/arena.h"
#include "gateway/base/rate.h"

enum { WAYS = 8, SETS = GWSNMP_RATES_MAX / WAYS };

struct row {
    unsigned char
        source[16]; /* an IPv4 address behind 12 zeros, which no sender's IPv6 address is */
    int64_t due_ns[GWSNMP_ANSWERS];
};

struct gwsnmp_rates {
    uint64_t seed;
    struct row rows[SETS][WAYS];
};

struct gwsnmp_rates *gwsnmp_rates_new(void)
{
    struct gwsnmp_rates *rates = gw_alloc(sizeof *rates);
    if (getrandom(&rates->seed, sizeof rates->seed, GRND_NONBLOCK) != sizeof rates->seed)
        rates->seed = (uint64_t)(uintptr_t)rates;
    return rates;
}

void gwsnmp_rates_free(struct gwsnmp_rates *rates)
{
    free(rates);
}

static struct row *set_of(struct gwsnmp_rates *rates, const unsigned char source[16])
{
    uint64_t h = rates->seed, part;
    for (int i = 0; i < 16; i += 8) {
        memcpy(&part, source + i, sizeof part);
        h = (h ^ part) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return rates->rows[(h * 0xbf58476d1ce4e5b9u >> 40) % SETS];
}

/* How much of its bounds the row has used: when the last of them is whole again. */
static int64_t used_ns(const struct row *row, int64_t now_ns)
{
    int64_t most = 0;
    for (int i = 0; i < GWSNMP_ANSWERS; i++)
        if (row->due_ns[i] - now_ns > most)
            most = row->due_ns[i] - now_ns;
    return most;
}

/* The source's row. One that has none gets NULL or, if is_wanted, the row that was used least. */
static struct row *row_of(struct gwsnmp_rates *rates, struct slice source, bool is_wanted,
                          int64_t now_ns)
{
    unsigned char key[16] = {0};
    if (source.n == 0 || source.n > sizeof key)
        return NULL;
    memcpy(key + sizeof key - source.n, source.p, source.n);
    struct row *set = set_of(rates, key), *least = set;
    for (int i = 0; i < WAYS; i++) {
        if (memcmp(set[i].source, key, sizeof key) == 0)
            return &set[i];
        if (used_ns(&set[i], now_ns) < used_ns(least, now_ns))
            least = &set[i];
    }
    if (!is_wanted)
        return NULL;
    *least = (struct row){0};
    memcpy(least->source, key, sizeof key);
    return least;
}

bool gwsnmp_rates_allow(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                        int64_t per_s, int64_t now_ns)
{
    const struct row *row = per_s > 0 ? row_of(rates, source, false, now_ns) : NULL;
    return !row || rate_allows(row->due_ns[answer], per_s, now_ns);
}

void gwsnmp_rates_spend(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                        int64_t per_s, int64_t now_ns)
{
    struct row *row = per_s > 0 ? row_of(rates, source, true, now_ns) : NULL;
    if (row)
        row->due_ns[answer] = rate_next(row->due_ns[answer], per_s, now_ns);
}

void gwsnmp_rates_refund(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                         int64_t per_s, int64_t now_ns)
{
    struct row *row = per_s > 0 ? row_of(rates, source, false, now_ns) : NULL;
    if (row && row->due_ns[answer] > now_ns)
        row->due_ns[answer] -= rate_interval_ns(per_s);
}
