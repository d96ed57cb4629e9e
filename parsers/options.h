/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_OPTIONS_H
#define PARSERS_OPTIONS_H

#include <stdbool.h>

/** How a parser reads. NULL where one is asked for means all defaults: lenient. */
struct parse_options {
    /* Report as an error what a strict RFC 5424, RFC 3164 or CEF reader must refuse. The fields
       are filled with the lenient reader's understanding all the same. */
    bool strict;
};

static inline bool parse_options_strict(const struct parse_options *options)
{
    return options && options->strict;
}

#endif
