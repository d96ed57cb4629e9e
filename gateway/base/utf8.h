/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_UTF8_H
#define GATEWAY_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"

/* Well-formed UTF-8 as RFC 3629 section 4 defines it (no surrogates, no overlong forms). */
bool utf8_is_valid(struct slice s);
/* Bytes below 0x80 at the beginning. */
size_t utf8_ascii_head(struct slice s);
/* Length in bytes of the well-formed character at p (n bytes left), or 0. */
size_t utf8_char(const unsigned char *p, size_t n);
/* The longest prefix of at most max bytes that does not cut a character. s must be valid. */
struct slice utf8_head(struct slice s, size_t max);

#endif
