/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_SETTINGS_H
#define GATEWAY_STORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/option.h"

/** <store enabled= hours= days= max-size=/>; may be left out. */
struct store_section {
    struct section_place place;
    bool is_enabled;
    int64_t hours_ms, days_ms, max_bytes;
};
extern const struct section store_section;

#endif
