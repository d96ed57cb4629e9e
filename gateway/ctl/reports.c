/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports on schedule for a person. */
#include "gateway/ctl/reports.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/slice.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"

static const char help[] =
    "usage: eogctl reports [--json] [--state DIR]\n"
    "Reports that are made by themselves (<report>): when the next is due, what was made last, "
    "what\n"
    "the last trouble was; then who is sent them by mail, and what waits for him. Times are UTC.\n"
    "Exit code: 0, 2 wrong usage, 3 no gateway answers.\n\n"
    "  eogctl reports\n"
    "  eogctl reports --json | jq '.reports[] | select(.standing == \"failing\") | .trouble'\n";

static const char *or_dash(const char *text)
{
    return *text ? text : "-";
}

/* "2026-03-01", "2026-03-02 to 2026-03-08" */
static const char *days_of(const json_t *row, char out[64])
{
    const char *first = client_text(row, "first_day"), *last = client_text(row, "last_day");
    if (strcmp(first, last) == 0)
        snprintf(out, 64, "%.20s", or_dash(first));
    else
        snprintf(out, 64, "%.20s to %.20s", first, last);
    return out;
}

void reports_show_lines(const json_t *reports, const json_t *letters)
{
    const json_t *row;
    size_t i;
    char days[64];
    json_array_foreach(reports, i, row)
    {
        bool is_failing = strcmp(client_text(row, "standing"), "failing") == 0;
        printf("report %s: %s, next %s, last of %s made %s, failed %lld, given up %lld",
               client_text(row, "name"), client_text(row, "standing"),
               client_text(row, "next_time"), days_of(row, days),
               or_dash(client_text(row, "made_time")), client_int(row, "failed"),
               client_int(row, "given_up"));
        client_end_line(row, is_failing);
    }
    json_array_foreach(letters, i, row)
    {
        bool is_failing = json_is_true(json_object_get(row, "failing"));
        if (!is_failing && !client_int(row, "waiting"))
            continue;
        printf("letters to %s by %s: waiting %lld, sent %lld, refused %lld, expired %lld",
               client_text(row, "receiver"), client_text(row, "mail"), client_int(row, "waiting"),
               client_int(row, "sent"), client_int(row, "refused"), client_int(row, "expired"));
        client_end_line(row, is_failing);
    }
}

static void show_reports(const json_t *reports)
{
    static const char *const headings[] = {"NAME",     "PERIOD",      "STANDING", "NEXT",
                                           "LAST OF",  "FILES",       "MADE",     "FAILED",
                                           "GIVEN UP", "LAST TROUBLE"};
    enum { CELLS = sizeof headings / sizeof *headings };
    struct table *table = table_new(headings, CELLS);
    const json_t *row;
    size_t i;
    json_array_foreach(reports, i, row)
    {
        char days[64], n[4][24], trouble[500];
        static const char *const numbers[] = {"files", "made", "failed", "given_up"};
        const char *cells[CELLS] = {client_text(row, "name"), client_text(row, "period"),
                                    client_text(row, "standing"), client_text(row, "next_time"),
                                    days_of(row, days)};
        for (int k = 0; k < 4; k++) {
            snprintf(n[k], sizeof n[k], "%lld", client_int(row, numbers[k]));
            cells[5 + k] = n[k];
        }
        cells[CELLS - 1] = client_trouble(row, trouble, sizeof trouble);
        table_add(table, cells);
    }
    table_print(table, stdout);
    table_free(table);
}

static void show_letters(const json_t *letters)
{
    static const char *const columns[][3] = {
        {"MAIL", "mail"},       {"RECEIVER", "receiver"},    {"WAITING", "waiting"},
        {"SENT", "sent"},       {"RETRIED", "retried"},      {"REFUSED", "refused"},
        {"EXPIRED", "expired"}, {"LAST TROUBLE", "trouble"},
    };
    client_show_table(letters, columns, sizeof columns / sizeof *columns);
}

static void show(const struct client_options *options, json_t *answer)
{
    json_t *reports = json_object_get(answer, "reports"),
           *letters = json_object_get(answer, "letters");
    if (options->is_json) {
        json_t *out = json_pack("{s:O, s:O}", "reports", reports, "letters", letters);
        inert_print_json(out, stdout);
        json_decref(out);
        return;
    }
    if (json_array_size(reports))
        show_reports(reports);
    else
        puts("no <report> is configured");
    if (json_array_size(letters)) {
        putchar('\n');
        show_letters(letters);
    }
}

int ctl_reports(int argc, char **argv)
{
    struct client_options options;
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest > 0)
        return ctl_help(help, options.is_help);
    json_t *answer = client_ask_json(&options, "status");
    bool is_sound = json_is_array(json_object_get(answer, "reports")) &&
                    json_is_array(json_object_get(answer, "letters"));
    if (answer && !is_sound)
        fputs("eogctl reports: the gateway's answer cannot be read\n", stderr);
    if (is_sound)
        show(&options, answer);
    json_decref(answer);
    return is_sound ? CTL_OK : CTL_CANNOT;
}
