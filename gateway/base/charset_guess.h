/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_CHARSET_GUESS_H
#define GATEWAY_BASE_CHARSET_GUESS_H

#include "gateway/base/slice.h"

/**
 * The character set that a text is most likely in, which is not well-formed UTF-8 and of whose
 * sender nothing is declared: GB18030, Big5 or CP932. NULL: none is likely enough, or read
 * in it a character would swallow what may be a delimiter or an escape. Looks at where the bytes
 * lie among the set's characters, so the same bytes have the same answer always. A static name.
 */
const char *charset_guess(struct slice text);

enum { CHARSET_GUESSES = 3 }; /* different answers */

#endif
