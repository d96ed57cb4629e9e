/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The feeds for a person, and giving up what a feed that is gone still holds. */
#include "gateway/ctl/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/slice.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"

static const char help[] =
    "usage: eogctl feed [--json] [--state DIR]\n"
    "       eogctl feed forget NAME [--json] [--state DIR]\n"
    "The targets that records are sent to: their state, what waits for them, what they got.\n"
    "forget gives up what a feed that is not configured any more has not got: until then the\n"
    "journal keeps it, for the day that the feed comes back.\n\n"
    "  eogctl feed\n"
    "  eogctl feed --json | jq '.feeds[] | select(.backlog_seconds > 60) | .name'\n"
    "  eogctl feed forget old-core\n";

void feed_show_lines(const json_t *feeds)
{
    const json_t *row;
    size_t i;
    json_array_foreach(feeds, i, row)
    {
        printf("feed %s, %s: %s, %s, waiting %lld, oldest %lld s, acknowledged %lld, resent %lld, "
               "refused %lld",
               client_text(row, "name"), client_text(row, "target"), client_text(row, "standing"),
               client_text(row, "state"), client_int(row, "backlog_records"),
               client_int(row, "backlog_seconds"), client_int(row, "acknowledged"),
               client_int(row, "resent"), client_int(row, "refused"));
        client_end_line(row, strcmp(client_text(row, "state"), "ok") != 0);
    }
}

static void show_table(const json_t *feeds)
{
    static const char *const columns[][3] = {
        {"NAME", "name"},
        {"TARGET", "target"},
        {"STATE", "state"},
        {"CONNECTION", "standing"},
        {"WAITING", "backlog_records"},
        {"OLDEST", "backlog_seconds", " s"},
        {"ACKED", "acknowledged"},
        {"RESENT", "resent"},
        {"REFUSED", "refused"},
        {"LAST TROUBLE", "trouble"},
    };
    client_show_table(feeds, columns, sizeof columns / sizeof *columns);
}

static int forget(const struct client_options *options, const char *name)
{
    char request[256];
    if (strlen(name) > 200 || strpbrk(name, " \t\r\n")) {
        fputs("eogctl feed: NAME is the name of a feed; see eogctl feed\n", stderr);
        return CTL_USAGE;
    }
    snprintf(request, sizeof request, "feed forget %s", name);
    char *line = client_ask(options, request);
    if (!line)
        return CTL_CANNOT;
    if (options->is_json)
        inert_print(slice_from(line), stdout);
    else
        printf("feed %s is forgotten; the journal keeps nothing for it any more\n", name);
    free(line);
    return 0;
}

int ctl_feed(int argc, char **argv)
{
    struct client_options options;
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (!options.is_help && options.n_rest == 0)
        return client_show_rows(&options, "feeds", show_table, "no <feed> is configured");
    if (!options.is_help && options.n_rest == 2 && strcmp(argv[1], "forget") == 0)
        return forget(&options, argv[2]);
    return ctl_help(help, options.is_help);
}
