/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_COMPLETE_H
#define GATEWAY_CTL_COMPLETE_H

#include "gateway/base/slice.h"

/**
 * What may stand next on a command line, by nothing but the command's own --help. Its rules:
 *
 * - "usage: NAME ..." begins it, with further ways below, each beginning with "       NAME". A word
 *   in small letters or several (ls|cat|verify) stand for themselves, one in capitals (FILE, SITE)
 *   for a value of that kind; [FILE] and [FILE...] may stay away; options are in brackets too.
 * - An option stands there, or begins a line of its own, as "--name", "--name VALUE" or "--name
 *   day|week"; "-o, --out VALUE".
 */
struct complete_calls {
    void (*put)(void *context, struct slice word);
    /* Words of a kind: the capitals of a VALUE. */
    void (*values)(void *context, struct slice kind);
    void *context;
};

/* The words of the line, the program's first; at: which one is under way (n: a new one). Bash sets
   "=" apart as a word of its own. What is put need not begin as the word does. */
void complete_line(const char *help, char *const *words, int n, int at,
                   const struct complete_calls *calls);

#endif
