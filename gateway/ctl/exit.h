/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_EXIT_H
#define GATEWAY_CTL_EXIT_H

#include <stdbool.h>

/**
 * Exit codes of every command of eogctl; check_eog has those of monitoring plugins.
 */
enum ctl_exit {
    CTL_OK = 0,
    CTL_NO = 1,    /* it was done, and the answer is no: damage, mistakes, a test that failed */
    CTL_USAGE = 2, /* a command line that means nothing; nothing was done */
    CTL_CANNOT = 3 /* it could not be done, or not wholly: no gateway answers or it refuses, no
                      permission, a file that cannot be read or written */
};

/* The help as it was asked for, on standard output; else the lines of its usage on the other, for a
   command line that lacks something. Returns CTL_OK or CTL_USAGE. */
int ctl_help(const char *help, bool is_asked);

/* Whether word is one of words, the last of which is NULL; out (may be NULL) is its number. If not,
   standard error says which there are. */
bool ctl_choose(const char *command, const char *option, const char *word, const char *const *words,
                int *out);

/* What to do when a part of a state folder cannot be read, behind what is the matter: "; ..." or
   "". */
const char *ctl_advice(int error);

#endif
