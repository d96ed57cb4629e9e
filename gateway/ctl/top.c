/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The top tens for a person's terminal: a table a period and kind. */
#include "gateway/ctl/top.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/slice.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"

static const char help[] =
    "usage: eogctl top [--period day|week|month|all] [--kind malware|source|computer|all]\n"
    "                  [--json] [--state DIR]\n"
    "What is found most often: malware, where infections come from, infected computers; all sites\n"
    "together, in the day, the week (from Monday) or the month under way, by the calendar of the\n"
    "first site. Malware that was blocked is no infection, nor are suspected and grayware.\n"
    "  --period  default: day; with --json all\n"
    "  --kind    default: all\n"
    "Counts are exact up to 4096 different names in a day, and in the rest of the week or month.\n"
    "Beyond that what is shown is a range.\n\n"
    "  eogctl top\n"
    "  eogctl top --period month --kind malware\n"
    "  eogctl top --json | jq -r '.tops[] | select(.kind == \"computer\") | .rows[].name'\n";

static const char *text_of(const json_t *object, const char *key)
{
    return client_text_or(object, key, "-");
}

static const char *title_of(const json_t *list)
{
    static const char *const titles[][2] = {{"malware", "Malware"},
                                            {"source", "Infection sources"},
                                            {"computer", "Infected computers"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(text_of(list, "kind"), titles[i][0]) == 0)
            return titles[i][1];
    return text_of(list, "kind");
}

static void add_row(struct table *table, const json_t *row, bool has_site)
{
    long long count = client_int(row, "count"), error = client_int(row, "error");
    char rank[24], found[48];
    snprintf(rank, sizeof rank, "%lld", client_int(row, "rank"));
    if (error)
        snprintf(found, sizeof found, "%lld to %lld", count - error, count);
    else
        snprintf(found, sizeof found, "%lld", count);
    const char *cells[] = {rank, found, has_site ? text_of(row, "site") : text_of(row, "name"),
                           text_of(row, "name")};
    table_add(table, cells);
}

static void show_list(const json_t *list)
{
    static const char *const headings[] = {"RANK", "FOUND", "SITE", "COMPUTER"},
                             *const short_headings[] = {"RANK", "FOUND", "NAME"};
    const json_t *rows = json_object_get(list, "rows"), *row;
    bool has_site = strcmp(text_of(list, "kind"), "computer") == 0;
    struct table *table = has_site ? table_new(headings, 4) : table_new(short_headings, 3);
    size_t i;
    printf("%s of the %s since %s: found %lld times\n", title_of(list), text_of(list, "period"),
           text_of(list, "begin"), client_int(list, "total"));
    json_array_foreach(rows, i, row)
    {
        add_row(table, row, has_site);
    }
    if (json_array_size(rows))
        table_print(table, stdout);
    table_free(table);
    if (client_int(list, "missed"))
        printf("Not all names could be counted; what was not was found at most %lld times.\n",
               client_int(list, "missed"));
    putchar('\n');
}

static int show(const char *line)
{
    json_t *answer = json_loads(line, JSON_ALLOW_NUL, NULL);
    const json_t *tops = json_object_get(answer, "tops"), *list;
    size_t i;
    if (!answer) {
        fputs("eogctl: the gateway's answer cannot be read\n", stderr);
        return CTL_CANNOT;
    }
    json_array_foreach(tops, i, list)
    {
        show_list(list);
    }
    if (!tops || json_is_true(json_object_get(answer, "catching_up")))
        puts("The gateway is catching up with its journal; ask again.");
    else if (json_array_size(tops))
        printf("Days begin by the clocks of %s.\n", text_of(answer, "zone"));
    json_decref(answer);
    return 0;
}

int ctl_top(int argc, char **argv)
{
    static const char *const periods[] = {"day", "week", "month", "all", NULL};
    static const char *const kinds[] = {"malware", "source", "computer", "all", NULL};
    struct client_options options;
    const char *period = NULL, *kind = "all";
    char request[64];
    if (!client_take(&argc, argv, "--period", &period) ||
        !client_take(&argc, argv, "--kind", &kind) || !client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest)
        return ctl_help(help, options.is_help);
    period = period ? period : options.is_json ? "all" : "day";
    if (!ctl_choose("top", "period", period, periods, NULL) ||
        !ctl_choose("top", "kind", kind, kinds, NULL))
        return CTL_USAGE;
    snprintf(request, sizeof request, "top %s %s", period, kind);
    char *line = client_ask(&options, request);
    if (!line)
        return CTL_CANNOT;
    int result = 0;
    if (options.is_json)
        inert_print(slice_from(line), stdout);
    else
        result = show(line);
    free(line);
    return result;
}
