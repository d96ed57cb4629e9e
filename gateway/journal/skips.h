/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_SKIPS_H
#define GATEWAY_JOURNAL_SKIPS_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/journal/io.h"

/**
 * Sequences that this journal never gives out, and whose absence is no loss: dir/FROM.skip, in the
 * format of a cursor that stands at the last of them. A restored backup has one behind its end: the
 * journal that it was taken of went on there, and the core may have records of these numbers.
 */
struct skip {
    uint64_t from, to;
};
enum { SKIPS_MAX = 256 };

/* Sorted; out holds SKIPS_MAX. GW_ERR_DAMAGED, GW_ERR_VERSION: said in the log, by name. */
int skips_load(const struct journal_io *io, int dir_fd, uint64_t epoch, struct skip *out,
               size_t *n);
/* Takes what is skipped off both ends of from..to; from > to: nothing is left. */
void skips_trim(const struct skip *skips, size_t n, uint64_t *from, uint64_t *to);

#endif
