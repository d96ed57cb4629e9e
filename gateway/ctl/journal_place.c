/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments of commands that read a journal offline: which journal, and from when to when. */
#include "gateway/ctl/journal_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/base/clock.h"
#include "gateway/ctl/client.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"

static bool has_journal(const char *state, char *out, size_t size)
{
    struct stat st;
    int n = snprintf(out, size, "%s/journal", state);
    return n > 0 && (size_t)n < size && stat(out, &st) == 0 && S_ISDIR(st.st_mode);
}

void journal_place_find(const char *state, const char *folder, char *out, size_t size)
{
    const char *states[CLIENT_STATES];
    size_t n = folder ? 0 : client_states(state, states);
    if (folder && !has_journal(folder, out, size))
        snprintf(out, size, "%s", folder);
    for (size_t i = 0; i < n && !has_journal(states[i], out, size); i++)
        ;
}

/* A day, or a day and a time without seconds, is completed before it is read. */
bool journal_place_time(const char *command, const char *option, const char *text, int64_t *out_ms)
{
    char whole[64];
    struct parsed_time time = {0};
    size_t n = strlen(text);
    bool is_iso = n >= 10 && n < 40 && strspn(text, "0123456789") == 4 && text[4] == '-';
    snprintf(whole, sizeof whole, "%.40s%s", text, n == 10 ? "T00:00:00Z" : n == 16 ? ":00Z" : "");
    if (is_iso && parse_timestamp(slice_from(whole), &time) &&
        parsed_time_to_ms(&time, NULL, clock_read(&clock_system).wall_ms, out_ms))
        return true;
    fprintf(stderr, "eogctl %s: --%s '%s' is no time; write 2026-11-24 or 2026-11-24T04:12:20Z\n",
            command, option, text);
    return false;
}
