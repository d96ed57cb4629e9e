/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_SETTINGS_H
#define GATEWAY_JOURNAL_SETTINGS_H

#include "gateway/base/option.h"
#include "gateway/journal/journal.h"

/** <journal>; may be left out. */
struct journal_settings {
    struct section_place place;
    struct journal_options options; /* but pace_ms and sync, which cannot be configured */
};
extern const struct section journal_section;

/* Ready for journal_open(). */
void journal_settings_to_options(const struct journal_settings *settings,
                                 struct journal_options *out);

#endif
