/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogctl: a table of commands; each is a file of its own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "gateway/ctl/ack.h"
#include "gateway/ctl/backup.h"
#include "gateway/ctl/decode.h"
#include "gateway/ctl/explain.h"
#include "gateway/ctl/feed.h"
#include "gateway/ctl/inventory.h"
#include "gateway/ctl/journal.h"
#include "gateway/ctl/learn.h"
#include "gateway/ctl/mail.h"
#include "gateway/ctl/renormalize.h"
#include "gateway/ctl/reports.h"
#include "gateway/ctl/send.h"
#include "gateway/ctl/status.h"
#include "gateway/ctl/store.h"
#include "gateway/ctl/tail.h"
#include "gateway/ctl/test.h"
#include "gateway/ctl/top.h"
#include "gateway/xml/document.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    {"status", ctl_status, "counters, journal and indicators of the running gateway"},
    {"alerts", ctl_alerts, "open alerts"},
    {"ack", ctl_ack, "say that somebody has an alert in hand"},
    {"sources", ctl_sources, "who sends, and what was not understood"},
    {"feed", ctl_feed, "targets that records are sent to, and what waits for them"},
    {"mail", ctl_mail, "who is told of alerts by mail or webhook, and a test of it"},
    {"reports", ctl_reports, "reports made on schedule: when next, what became of the last"},
    {"store", ctl_store, "what reports are made of: its state, made anew, verified"},
    {"top", ctl_top, "what malware, sources and computers are found most often"},
    {"learn", ctl_learn, "a mapping to start from, out of what no mapping knew"},
    {"tail", ctl_tail, "records as they come"},
    {"decode", ctl_decode, "messages from files or standard input into records, offline"},
    {"explain", ctl_explain, "which parser, mapping and rule a message matched, and why"},
    {"test", ctl_test, "run the mappings' own samples"},
    {"send", ctl_send, "send or replay messages and notifications"},
    {"inventory", ctl_inventory, "what a list of hosts would change, before it is loaded"},
    {"journal", ctl_journal, "segments, records and damage of a journal, offline"},
    {"backup", ctl_backup, "all of a gateway, while it runs, each record checked"},
    {"restore", ctl_restore, "a state folder out of a backup"},
    {"renormalize", ctl_renormalize, "newer mappings over the past of a journal"},
};

static void usage(FILE *out)
{
    fputs("usage: eogctl COMMAND [OPTIONS]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-11s  %s\n", commands[i].name, commands[i].help);
    fputs("\nEach command explains itself: eogctl COMMAND --help\n", out);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("eogctl " PACKAGE_VERSION);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        xml_init();
        int result = commands[i].run(argc - 1, argv + 1);
        xml_fini();
        return result;
    }
    fprintf(stderr, "eogctl: unknown command '%s'\n\n", argv[1]);
    usage(stderr);
    return 2;
}
