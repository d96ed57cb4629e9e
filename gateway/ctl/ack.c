/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acknowledging an alert: who has it in hand, and a word on it. */
#include "gateway/ctl/ack.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/slice.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"

static const char help[] =
    "usage: eogctl ack ID [--name NAME] [--note TEXT] [--json] [--state DIR]\n"
    "Says that somebody has the alert in hand: it stays open, with the name and the note in its\n"
    "row, in the journal and in an eogAlertAcknowledged notification. That holds until it is\n"
    "cleared, or worse than what was acknowledged: who acknowledged a warning has not "
    "acknowledged\n"
    "the critical that it turns into, and somebody is asked for again.\n"
    "NAME is the caller's user name if not given. Who may: root, the gateway's own user, members\n"
    "of its group.\n"
    "Exit code: 0 it is on disk, 2 wrong usage, 3 refused (no such open alert, not allowed).\n\n"
    "  eogctl alerts\n"
    "  eogctl ack 7\n"
    "  eogctl ack 7 --name 'night shift' --note 'ticket 4711, computer is off the net'\n";

enum { NUMBER_MAX = 24 };

/* Behind sudo it is the person who counts. number has NUMBER_MAX bytes, for a user without name. */
static const char *caller_name(char *number)
{
    const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    if (sudo && *sudo)
        return sudo;
    const struct passwd *entry = getpwuid(getuid());
    if (entry && entry->pw_name)
        return entry->pw_name;
    snprintf(number, NUMBER_MAX, "uid %lu", (unsigned long)getuid());
    return number;
}

/* Tabs and line ends are the request's own; the gateway judges all else. */
static bool is_one_line(const char *option, const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            fprintf(stderr, "eogctl ack: %s must be without control characters\n", option);
            return false;
        }
    return true;
}

int ctl_ack(int argc, char **argv)
{
    struct client_options options;
    const char *name = NULL, *note = NULL;
    int64_t id = 0;
    if (!client_take(&argc, argv, "--name", &name) || !client_take(&argc, argv, "--note", &note) ||
        !client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest != 1)
        return ctl_help(help, options.is_help);
    if (!slice_to_int(slice_from(argv[1]), &id) || id < 1) {
        fputs("eogctl ack: ID is the number of an alert; see eogctl alerts\n", stderr);
        return CTL_USAGE;
    }
    char number[NUMBER_MAX];
    name = name ? name : caller_name(number);
    if (!is_one_line("--name", name) || !is_one_line("--note", note ? note : ""))
        return CTL_USAGE;
    if (strlen(name) + strlen(note ? note : "") > 900) {
        fputs("eogctl ack: name and note are too long\n", stderr);
        return CTL_USAGE;
    }
    char request[1024];
    snprintf(request, sizeof request, "ack %" PRId64 "\t%s\t%s", id, name, note ? note : "");
    char *line = client_ask(&options, request);
    if (!line)
        return CTL_CANNOT;
    if (options.is_json)
        inert_print(slice_from(line), stdout);
    else
        printf("alert %" PRId64 " is acknowledged by %s\n", id, name);
    free(line);
    return 0;
}
