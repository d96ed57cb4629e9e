/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_SETTINGS_H
#define GATEWAY_JOURNAL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/option.h"
#include "gateway/journal/journal.h"

/** <journal segment-size= retention= max-size= staging= replay-window=
 * retention-force=/>; may be left out. */
struct journal_settings {
    struct section_place place;
    int64_t segment_bytes, staging_bytes, max_bytes, retention_ms, replay_window_ms;
    bool retention_force;
};
extern const struct section journal_section;

void journal_settings_to_options(const struct journal_settings *settings,
                                 struct journal_options *out);

#endif
