/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ten most of a store, as reports read them: malware, sources and computers of infections.
 *
 *     read_tops STORE.DB < lines        SITE|- FROM TO BEFORE_FROM BEFORE_TO (days since 1970)
 *
 * prints for each line of input a line "group count names n before" for each group's total, then
 * its rows, "name <TAB> n <TAB> before".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/store/read.h"

enum { ROWS = 10 };

static int print_top(struct store_reader *reader, struct store_query *query)
{
    struct store_top_row rows[ROWS];
    struct store_total total = {0};
    size_t n = ROWS;
    int result = store_read_top(reader, query, rows, &n, &total);
    if (result != GW_OK) {
        fprintf(stderr, "read_tops: %s\n", store_reader_trouble(reader));
        return result;
    }
    printf("%d %zu %" PRId64 " %" PRId64 " %" PRId64 "\n", (int)query->group, n, total.names,
           total.n, total.before);
    for (size_t i = 0; i < n; i++)
        printf("%s\t%" PRId64 "\t%" PRId64 "\n", rows[i].name, rows[i].n, rows[i].before);
    return GW_OK;
}

static int print_all(struct store_reader *reader)
{
    static const enum store_group groups[] = {STORE_BY_MALWARE, STORE_BY_SOURCE, STORE_BY_COMPUTER};
    struct store_query query = {.is_infection = true};
    char site[65];
    int result = GW_OK;
    while (result == GW_OK &&
           scanf("%64s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, site, &query.from, &query.to,
                 &query.before_from, &query.before_to) == 5) {
        query.site = strcmp(site, "-") == 0 ? NULL : site;
        for (size_t i = 0; result == GW_OK && i < sizeof groups / sizeof *groups; i++) {
            query.group = groups[i];
            result = print_top(reader, &query);
        }
    }
    return result;
}

int main(int argc, char **argv)
{
    struct store_reader *reader;
    char trouble[200] = "";
    if (argc != 2) {
        fputs("usage: read_tops STORE.DB < lines\n", stderr);
        return 2;
    }
    int result = store_reader_open(argv[1], &reader, trouble, sizeof trouble);
    if (result != GW_OK) {
        fprintf(stderr, "read_tops: %s: %s\n", argv[1], trouble);
        return 1;
    }
    result = store_reader_begin(reader);
    if (result == GW_OK)
        result = print_all(reader);
    store_reader_end(reader);
    store_reader_close(reader);
    return result == GW_OK ? 0 : 1;
}
