/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_UTF8_H
#define GATEWAY_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/* Well-formed UTF-8 as RFC 3629 section 4 defines it (no surrogates, no overlong forms). */
bool utf8_is_valid(struct slice s);
/* Bytes below 0x80 at the beginning. */
size_t utf8_ascii_head(struct slice s);
/* Length in bytes of the well-formed character at p (n bytes left), or 0. */
size_t utf8_char(const unsigned char *p, size_t n);
/* Its code point; n is utf8_char()'s, not 0. */
uint32_t utf8_code(const unsigned char *p, size_t n);
/* A reader obeys it instead of showing it: C0, DEL and C1 controls, line and paragraph separators,
   what turns the direction of writing. */
bool utf8_is_steering(uint32_t code);
/* Well-formed, and none of it is obeyed. */
bool utf8_is_inert(struct slice s);
/* The longest prefix of at most max bytes that does not cut a character. s must be valid. */
struct slice utf8_head(struct slice s, size_t max);

#endif
