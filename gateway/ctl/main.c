/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogctl: a table of commands; each is a file of its own. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "gateway/base/write.h"
#include "gateway/ctl/commands.h"
#include "gateway/ctl/exit.h"
#include "gateway/xml/document.h"

static void usage(FILE *out)
{
    fputs("usage: eogctl COMMAND [OPTIONS]\n\n", out);
    for (const struct ctl_command *command = ctl_commands(); command->name; command++)
        fprintf(out, "  %-11s  %s\n", command->name, command->help);
    fputs(
        "\nEach command explains itself: eogctl COMMAND --help\n"
        "All take --color=always|never|auto (default: auto, on a terminal, unless NO_COLOR is set\n"
        "or TERM is dumb). Exit code: 0 done, 1 the answer is no, 2 wrong usage, 3 it cannot be\n"
        "done.\n",
        out);
}

/* Takes --color out of the arguments, up to "--"; tables look at the environment (table.c). */
static bool take_colour(int *argc, char **argv)
{
    for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--color=", 8) != 0)
            continue;
        const char *when = argv[i] + 8;
        if (strcmp(when, "always") == 0) {
            unsetenv("NO_COLOR");
            setenv("CLICOLOR_FORCE", "1", 1);
        } else if (strcmp(when, "never") == 0) {
            setenv("NO_COLOR", "1", 1);
        } else if (strcmp(when, "auto") != 0) {
            fprintf(stderr, "eogctl: --color wants always, never or auto\n");
            return false;
        }
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv); /* NULL too */
        --*argc;
        i--;
    }
    return true;
}

/* Output that nobody reads any more (a closed pipe) is no failure. */
static int finish(int code)
{
    enum write_end end = write_end_output("eogctl");
    if (end == WRITE_UNREAD && code == CTL_CANNOT)
        return CTL_OK;
    return end == WRITE_LOST ? CTL_CANNOT : code;
}

static int say_unknown(const char *word)
{
    const char *near = ctl_near_command(word);
    if (near)
        fprintf(stderr, "eogctl: there is no command '%s'; did you mean '%s'?\n", word, near);
    else
        fprintf(stderr, "eogctl: there is no command '%s'; eogctl --help lists them\n", word);
    return CTL_USAGE;
}

int main(int argc, char **argv)
{
    write_hold_standard();
    signal(SIGPIPE, SIG_IGN); /* a peer's connection may end too: see finish() */
    if (!take_colour(&argc, argv))
        return CTL_USAGE;
    if (argc < 2) {
        usage(stderr);
        return CTL_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("eogctl " PACKAGE_VERSION);
        return finish(CTL_OK);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return finish(CTL_OK);
    }
    const struct ctl_command *command = ctl_find_command(argv[1]);
    if (!command)
        return say_unknown(argv[1]);
    char name[64]; /* getopt begins its messages with it */
    snprintf(name, sizeof name, "eogctl %s", command->name);
    argv[1] = name;
    xml_init();
    int code = command->run(argc - 1, argv + 1);
    xml_fini();
    if (code == CTL_USAGE)
        fprintf(stderr, "eogctl %s --help says more\n", command->name);
    return finish(code);
}
