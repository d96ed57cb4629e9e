/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_LITERALS_H
#define GATEWAY_MAPPING_LITERALS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * Many literal texts looked for at once: those a text must begin with, and those that may stand
 * anywhere in it. The cost is a question a byte of the text, however many literals there are, and
 * a walk where one may begin, at most as long as the longest. ASCII letters are compared without
 * case.
 */
struct literals;

struct literals *literals_new(void);
void literals_free(struct literals *literals);

/**
 * Add before literals_build(). Returns false, and adds nothing, when the same literal is there
 * already; *value then gets the value it has. An empty literal is refused the same way.
 */
bool literals_add_start(struct literals *literals, struct slice literal, uint32_t *value);
bool literals_add_inside(struct literals *literals, struct slice literal, uint32_t *value);
void literals_build(struct literals *literals);

struct literals_hit {
    uint32_t value;
    size_t length; /* of the literal, bytes */
    size_t at;     /* where it stands in the text */
};

/* Asked of a literal that was met: does it count? What it refuses stands back for a shorter one. */
struct literals_filter {
    bool (*accepts)(void *context, uint32_t value);
    void *context;
};

/**
 * The longest literal the text begins with; false: none. filter NULL: each counts. Thread-safe
 * after the build.
 */
bool literals_find_start(const struct literals *literals, struct slice text,
                         const struct literals_filter *filter, struct literals_hit *hit);
/**
 * The longest literal inside the text; of equal length the first met. Only the first limit bytes
 * are looked at.
 */
bool literals_find_inside(const struct literals *literals, struct slice text, size_t limit,
                          const struct literals_filter *filter, struct literals_hit *hit);
/* Whether one begins in the first n bytes of the text, and ends in it or may go on behind it.
 * Thread-safe as well. */
bool literals_may_begin(const struct literals *literals, struct slice text, size_t n);

#endif
