/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, whole to who asks for it; the ways of usage, and advice, to who went wrong. */
#include "gateway/ctl/exit.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/error.h"

int ctl_help(const char *help, bool is_asked)
{
    if (is_asked) {
        fputs(help, stdout);
        return CTL_OK;
    }
    const char *end = help + strcspn(help, "\n");
    while (strncmp(end, "\n       ", 8) == 0)
        end += 1 + strcspn(end + 1, "\n");
    fprintf(stderr, "%.*s\n", (int)(end - help), help);
    return CTL_USAGE;
}

bool ctl_choose(const char *command, const char *option, const char *word, const char *const *words,
                int *out)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0) {
            if (out)
                *out = i;
            return true;
        }
    fprintf(stderr, "eogctl %s: --%s '%s': one of", command, option, word);
    for (size_t i = 0; words[i]; i++)
        fprintf(stderr, " %s", words[i]);
    putc('\n', stderr);
    return false;
}

const char *ctl_advice(int error)
{
    if (error == GW_ERR_NOT_FOUND)
        return "; name the gateway's state with --state DIR";
    if (error == GW_ERR_DENIED)
        return "; ask as root, or as the gateway's own user";
    return error == GW_ERR_VERSION ? "; the eogctl of that version can" : "";
}
