/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mails and webhooks for a person, and a test of them. */
#include "gateway/ctl/mail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"

static const char help[] =
    "usage: eogctl mail [--json] [--state DIR]\n"
    "       eogctl mail test NAME [--json] [--state DIR]\n"
    "Who is told of alerts by mail or webhook: their state, what waits for them, what they got.\n"
    "test sends a mail (to a webhook a request) that says it is a test to each target of <mail> "
    "or\n"
    "<webhook> NAME, and says what the server answered.\n"
    "Exit code: 0, 1 somebody did not take it, 2 wrong usage, 3 no gateway answers or none is so\n"
    "named.\n\n"
    "  eogctl mail\n"
    "  eogctl mail --json | jq '.mails[] | select(.state != \"ok\") | .trouble'\n"
    "  eogctl mail test night\n";

/* ASK_MS between two looks; a target may be at an alert first, each for at most its timeout. */
enum { ASK_MS = 100, PATIENCE_MS = 20 * 60000, TEXT_COLUMNS = 200 };

void mail_show_lines(const json_t *mails)
{
    const json_t *row;
    size_t i;
    json_array_foreach(mails, i, row)
    {
        printf("%s, %s: %s, waiting %lld, oldest %lld s, sent %lld, retried %lld, refused %lld, "
               "expired %lld",
               client_text(row, "name"), client_text(row, "target"), client_text(row, "state"),
               client_int(row, "waiting"), client_int(row, "backlog_seconds"),
               client_int(row, "sent"), client_int(row, "retried"), client_int(row, "refused"),
               client_int(row, "expired"));
        client_end_line(row, strcmp(client_text(row, "state"), "ok") != 0);
    }
}

static void show_table(const json_t *mails)
{
    static const char *const columns[][3] = {
        {"NAME", "name"},
        {"TARGET", "target"},
        {"STATE", "state"},
        {"WAITING", "waiting"},
        {"OLDEST", "backlog_seconds", " s"},
        {"SENT", "sent"},
        {"DIGESTS", "digests"},
        {"RETRIED", "retried"},
        {"REFUSED", "refused"},
        {"EXPIRED", "expired"},
        {"LAST TROUBLE", "trouble"},
    };
    client_show_table(mails, columns, sizeof columns / sizeof *columns);
}

static int show_results(const struct client_options *options, const json_t *answer)
{
    const json_t *results = json_object_get(answer, "results"), *row;
    int code = json_array_size(results) ? CTL_OK : CTL_NO;
    size_t i;
    if (options->is_json)
        inert_print_json(answer, stdout);
    json_array_foreach(results, i, row)
    {
        bool has_passed = json_is_true(json_object_get(row, "passed"));
        if (!has_passed)
            code = CTL_NO;
        if (options->is_json)
            continue;
        table_put_text(client_text(row, "target"), TEXT_COLUMNS, stdout);
        fputs(has_passed ? ": taken, " : ": NOT taken, ", stdout);
        table_put_text(client_text(row, "answer"), TEXT_COLUMNS, stdout);
        putchar('\n');
    }
    return code;
}

static int test(const struct client_options *options, const char *name)
{
    const struct timespec pause = {.tv_nsec = ASK_MS * 1000000};
    char request[256];
    if (strlen(name) > 200 || strpbrk(name, " \t\r\n")) {
        fputs("eogctl mail: NAME is that of a <mail> or <webhook>; see eogctl mail\n", stderr);
        return CTL_USAGE;
    }
    snprintf(request, sizeof request, "mail test %s", name);
    json_t *answer = client_ask_json(options, request);
    if (!answer)
        return CTL_CANNOT;
    snprintf(request, sizeof request, "mail result %lld", client_int(answer, "test"));
    json_decref(answer);
    for (int waited = 0; waited < PATIENCE_MS; waited += ASK_MS) {
        answer = client_ask_json(options, request);
        if (!answer)
            return CTL_CANNOT;
        if (json_is_true(json_object_get(answer, "done"))) {
            int code = show_results(options, answer);
            json_decref(answer);
            return code;
        }
        json_decref(answer);
        nanosleep(&pause, NULL);
    }
    fputs("eogctl mail: no answer yet; see eogctl mail\n", stderr);
    return CTL_CANNOT;
}

int ctl_mail(int argc, char **argv)
{
    struct client_options options;
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (!options.is_help && options.n_rest == 0)
        return client_show_rows(&options, "mails", show_table,
                                "no <mail> and no <webhook> is configured");
    if (!options.is_help && options.n_rest == 2 && strcmp(argv[1], "test") == 0)
        return test(&options, argv[2]);
    return ctl_help(help, options.is_help);
}
