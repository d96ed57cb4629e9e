/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_MNEMONIC_H
#define PARSERS_MNEMONIC_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/* Whether s begins with MODULE/n/MNEMONIC, which a tag of RFC 3164 would look like too. */
bool parse_mnemonic_is_plain(struct slice s);

/* Length of %FACILITY-n-NUMBER, as ASA and its kin write, at the start of s, without ':'; 0: none.
 */
size_t parse_mnemonic_numbered(struct slice s);

/* Whether a head of network gear stands in msg: at its start; within about a hundred bytes behind a
 * blank or ':' where it begins with '%'; or as consoles show it, "% host MODULE/n/MNEMONIC:". *at
 * is the head's first byte. */
bool parse_mnemonic_find(struct slice msg, size_t *at);

/**
 * Read the body that network gear sends: who speaks, how grave it is, its name, and text.
 *
 *     %FACILITY-SUBFACILITY-n-MNEMONIC: text                            Cisco IOS and its kin
 *     %%01MODULE/n/MNEMONIC(l)[1009]:text (Key=value, Key=value)        Huawei VRP
 *     %%10MODULE/n/MNEMONIC(t): -DevIP=192.0.2.1-Slot=1; text           H3C Comware
 *     10MODULE/n/serial: log_type=port;content=text                     H3C, the UNICOM form
 *     MODULE/n/MNEMONIC:OID 1.3.6.1... text                             both, without the mark
 *
 * out is not cleared. Format text; header fields facility, form, severity, mnemonic, text and,
 * where sent, type, number, oid, trap and carrier (the head around a head: %IOSXE-6-PLATFORM). form
 * is what stands before the facility ("%", "%%01", "%%10", "10"); of a head with nothing there,
 * what stands behind it: ":" as VRP writes it, ": " as Comware does. severity is as sent, even
 * where it is none. Extensions are the pairs of a block of place, of a list in parentheses, or of a
 * text that is all list; only the '/' forms have them. Always PARSE_OK; the arena is not used.
 * Source: Cisco IOS system message guide; Huawei and H3C information centre guides; messages seen.
 */
enum parse_status parse_mnemonic(struct slice in, const struct parse_options *options,
                                 struct arena *arena, struct fields *out);

#endif
