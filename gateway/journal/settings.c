/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option rows of the <journal> section. */
#include "gateway/journal/settings.h"

#define AT(member) offsetof(struct journal_settings, options.member)

static const struct option rows[] = {
    {.name = "segment-size",
     .type = OPTION_SIZE,
     .offset = AT(segment_bytes),
     .fallback = "64M",
     .min = 1 << 20,
     .max = 1LL << 32,
     .unit = "bytes",
     .needs_restart = true,
     .help = "A file of the journal is closed beyond this size; what retention removes is whole "
             "files."},
    {.name = "retention",
     .type = OPTION_DURATION,
     .offset = AT(retention_ms),
     .fallback = "180d",
     .min = 60 * 1000,
     .max = 100LL * 366 * 86400 * 1000,
     .unit = "",
     .needs_restart = true,
     .help = "How long records are kept once every reader has passed them."},
    {.name = "max-size",
     .type = OPTION_SIZE,
     .offset = AT(max_bytes),
     .fallback = "0",
     .min = 0,
     .max = INT64_MAX,
     .unit = "bytes",
     .needs_restart = true,
     .help = "Beyond this total the oldest files go, though retention is not over; 0: no bound."},
    {.name = "staging",
     .type = OPTION_SIZE,
     .offset = AT(staging_bytes),
     .fallback = "32M",
     .min = 1 << 20,
     .max = 1LL << 30,
     .unit = "bytes",
     .needs_restart = true,
     .help = "Memory for records that wait for the disk; rides out a slow sync."},
    {.name = "replay-window",
     .type = OPTION_DURATION,
     .offset = AT(replay_window_ms),
     .fallback = "24h",
     .min = 0,
     .max = 366LL * 86400 * 1000,
     .unit = "",
     .needs_restart = true,
     .help = "Younger records stay whatever else is said, so that a core that lost data can be fed "
             "again."},
    {.name = "retention-force",
     .type = OPTION_BOOL,
     .offset = AT(retention_force),
     .fallback = "no",
     .needs_restart = true,
     .help = "Retention and max-size bind even where a reader, such as the feed to a core that is "
             "down, has not had the records yet: they are lost to it, counted and told. Without "
             "it the journal grows until the reader is there again."},
};

const struct section journal_section = {
    .element = "journal",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .size = sizeof(struct journal_settings),
    .help = "The durable log on which everything rests: files under the state folder.",
};

void journal_settings_to_options(const struct journal_settings *settings,
                                 struct journal_options *out)
{
    struct journal_options defaults;
    journal_options_default(&defaults);
    *out = settings->options;
    out->pace_ms = defaults.pace_ms;
    out->sync = defaults.sync;
}
