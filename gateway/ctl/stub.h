/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_STUB_H
#define GATEWAY_CTL_STUB_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/buf.h"
#include "gateway/ctl/shape.h"

/** A mapping to start from, and its samples: what the messages themselves tell, filled in. */
struct names;

struct stub {
    struct buf id; /* "vendor/product", of letters, digits and '-': where the two files go */
    struct buf mapping, samples;
};

/**
 * One mapping of n shapes of one group, one rule a shape; it loads as it is and its samples pass.
 * names, or NULL: of varbinds, for the comments.
 * NULL, or in constant words why there is nothing to recognise such messages by.
 */
const char *stub_write(const struct shape *const *shapes, size_t n, const struct names *names,
                       struct stub *out);
void stub_free(struct stub *stub);

#endif
