/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_SIEVE_H
#define GATEWAY_MAPPING_SIEVE_H

#include <stddef.h>

#include "gateway/base/slice.h"

/**
 * Of a text, the few places where one of many words may begin, without a look at each byte. Which
 * word it is, and whether, is the caller's to see. ASCII letters are compared without case.
 */
struct sieve;

/* Words of so many bytes are long ones. */
enum { SIEVE_LONG = 7 };

/* Of words in lower case, each of one byte or more; they are not kept. */
struct sieve *sieve_new(const struct slice *words, size_t n);
void sieve_free(struct sieve *sieve);

typedef void sieve_visit(void *context, size_t at);

/**
 * Visit each place where a long word may begin, from the first to the last. None where one does is
 * left out. Thread-safe, as the next.
 */
void sieve_long(const struct sieve *sieve, struct slice text, sieve_visit *visit, void *context);
/* Each place where a shorter one may begin, in no order, and the same place again. */
void sieve_short(const struct sieve *sieve, struct slice text, sieve_visit *visit, void *context);

#endif
