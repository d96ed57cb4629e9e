/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_CHARSET_H
#define GATEWAY_BASE_CHARSET_H

#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"

/**
 * Turns a source's declared character set into UTF-8. One converter a thread: iconv keeps state.
 * Bytes that are no character become U+FFFD, one a byte, and the rest goes on: text never stops.
 */
struct charset;

/* name: as a person writes it (GB18030, GBK, Big5, CP932, Shift_JIS, EUC-JP, UTF-8, ISO-8859-1);
   NULL when unknown. Shift_JIS means CP932 (what Windows sends) and GB2312/GBK mean GB18030.
   name NULL: none is declared; then it is UTF-8, or else what charset_guess() says of each text. */
struct charset *charset_open(const char *name);
void charset_close(struct charset *charset);
/* Empty: none is declared. */
const char *charset_name(const struct charset *charset);

/* What a text lost on its way. */
struct charset_loss {
    unsigned replaced;   /* bytes that are no character */
    const char *guessed; /* the set it was read in, which nobody declared; NULL: not so. Static */
    bool is_cut;         /* the arena's cap was reached */
};

/**
 * in as UTF-8. Text that is well-formed UTF-8 already is returned as it is (a source may mix), but
 * for short text of a double-byte set that is both: there the declaration decides. UTF-8 that was
 * cut within a character stays UTF-8, of which that one is replaced. charset NULL replaces bad
 * bytes only. Returns in itself or bytes in the arena; cut on a character at the
 * arena's cap. *loss is set.
 */
struct slice charset_to_utf8(struct charset *charset, struct slice in, struct arena *arena,
                             struct charset_loss *loss);

#endif
