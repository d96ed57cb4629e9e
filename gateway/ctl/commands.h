/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_COMMANDS_H
#define GATEWAY_CTL_COMMANDS_H

/**
 * The table of commands. A command prints its help, by the rules that complete.h has, when --help
 * is among its arguments, and returns a code of exit.h.
 */
struct ctl_command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0]: "eogctl NAME" */
    const char *help;                  /* a few words */
};

/* All, in the order of --help; the last one has no name. */
const struct ctl_command *ctl_commands(void);

/* NULL: there is none of that name. */
const struct ctl_command *ctl_find_command(const char *name);

/* The one that was meant by a mistyped word; NULL: none is near. */
const char *ctl_near_command(const char *word);

#endif
