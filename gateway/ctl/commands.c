/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of eogctl, and which of them a mistyped word is nearest to. */
#include "gateway/ctl/commands.h"

#include <string.h>

#include "gateway/ctl/ack.h"
#include "gateway/ctl/backup.h"
#include "gateway/ctl/completion.h"
#include "gateway/ctl/decode.h"
#include "gateway/ctl/explain.h"
#include "gateway/ctl/feed.h"
#include "gateway/ctl/inventory.h"
#include "gateway/ctl/journal.h"
#include "gateway/ctl/learn.h"
#include "gateway/ctl/mail.h"
#include "gateway/ctl/renormalize.h"
#include "gateway/ctl/report.h"
#include "gateway/ctl/reports.h"
#include "gateway/ctl/send.h"
#include "gateway/ctl/status.h"
#include "gateway/ctl/store.h"
#include "gateway/ctl/tail.h"
#include "gateway/ctl/test.h"
#include "gateway/ctl/top.h"
#include "gateway/ctl/watchlist.h"

static const struct ctl_command commands[] = {
    {"status", ctl_status, "counters, journal and indicators of the running gateway"},
    {"alerts", ctl_alerts, "open alerts"},
    {"ack", ctl_ack, "say that somebody has an alert in hand"},
    {"sources", ctl_sources, "who sends, and what was not understood"},
    {"feed", ctl_feed, "targets that records are sent to, and what waits for them"},
    {"mail", ctl_mail, "who is told of alerts by mail or webhook, and a test of it"},
    {"store", ctl_store, "what reports are made of: its state, made anew, verified"},
    {"report", ctl_report, "of a day, a week, a month: HTML, PDF, CSV, JSON"},
    {"reports", ctl_reports, "what is made on schedule: when next, what became of the last"},
    {"top", ctl_top, "what malware, sources and computers are found most often"},
    {"learn", ctl_learn, "a mapping to start from, out of what no mapping knew"},
    {"tail", ctl_tail, "records as they come"},
    {"decode", ctl_decode, "messages from files or standard input into records, offline"},
    {"explain", ctl_explain, "which parser, mapping and rule a message matched, and why"},
    {"test", ctl_test, "run the mappings' own samples"},
    {"send", ctl_send, "send or replay messages and notifications"},
    {"inventory", ctl_inventory, "what a list of hosts would change, before it is loaded"},
    {"watchlist", ctl_watchlist, "high-risk malware: the list in force, checked, loaded, reset"},
    {"journal", ctl_journal, "segments, records and damage of a journal, offline"},
    {"backup", ctl_backup, "all of a gateway, while it runs, each record checked"},
    {"restore", ctl_restore, "a state folder out of a backup"},
    {"renormalize", ctl_renormalize, "newer mappings over the past of a journal"},
    {"completion", ctl_completion, "what a shell needs to complete these words"},
    {0},
};

enum { WORD_MAX = 24 };

const struct ctl_command *ctl_commands(void)
{
    return commands;
}

const struct ctl_command *ctl_find_command(const char *name)
{
    for (const struct ctl_command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

/* Letters to put in, take out or replace, and neighbours to swap, each counted as one. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), rows[WORD_MAX + 1][WORD_MAX + 1];
    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (size_t i = 0; i <= n; i++) {
        for (size_t k = 0; k <= m; k++) {
            if (i == 0 || k == 0) {
                rows[i][k] = i + k;
                continue;
            }
            size_t best = rows[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
            if (rows[i - 1][k] + 1 < best)
                best = rows[i - 1][k] + 1;
            if (rows[i][k - 1] + 1 < best)
                best = rows[i][k - 1] + 1;
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
                rows[i - 2][k - 2] + 1 < best)
                best = rows[i - 2][k - 2] + 1;
            rows[i][k] = best;
        }
    }
    return rows[n][m];
}

const char *ctl_near_command(const char *word)
{
    const char *near = NULL;
    size_t n = strlen(word), best = n < 3 ? 1 : n < 5 ? 2 : 3; /* below it */
    for (const struct ctl_command *command = commands; command->name; command++) {
        size_t d = distance(word, command->name);
        if (n >= 3 && strncmp(word, command->name, n) == 0)
            d = 0; /* its beginning */
        if (d < best) {
            best = d;
            near = command->name;
        }
    }
    return near;
}
