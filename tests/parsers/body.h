/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_PARSERS_BODY_H
#define TESTS_PARSERS_BODY_H

#include "gateway/base/buf.h"
#include "parsers/fields.h"
#include "parsers/registry.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

/** A body format's test: a message in, its fields out as one text. */
struct body_test {
    struct arena arena;
    struct fields fields;
    struct buf text;
    enum parse_status status;
};

/* "format: name=value|name=value", the header's in front of ';'. Through the registry, as all
 * messages go. */
static inline struct slice body_read(struct body_test *t, struct slice message)
{
    arena_reset(&t->arena);
    buf_clear(&t->text);
    t->status = parse_message(message, NULL, &t->arena, &t->fields);
    buf_printf(&t->text, "%s:", gw_format_name(t->fields.format));
    for (size_t i = 0; i < t->fields.n; i++) {
        buf_printf(&t->text, "%s%.*s=",
                   i == 0                    ? " "
                   : i == t->fields.n_header ? ";"
                                             : "|",
                   SLICE_FMT(t->fields.v[i].name));
        buf_slice(&t->text, t->fields.v[i].value);
    }
    return buf_get(&t->text);
}

static inline void body_visit(struct slice input, void *context)
{
    struct body_test *t = (struct body_test *)context;
    body_read(t, input);
    CU_ASSERT(t->status != PARSE_MORE && t->fields.error_at <= input.n);
}

/* Each text cut after every byte and with every byte changed, right before a protected page. */
static inline void body_damage(struct body_test *t, const char *const *texts, size_t n)
{
    struct guard g = guard_new(1024);
    for (size_t i = 0; i < n; i++) {
        guard_truncate(&g, slice_from(texts[i]), body_visit, t);
        guard_flip(&g, slice_from(texts[i]), body_visit, t);
    }
    guard_free(&g);
}

static inline void body_free(struct body_test *t)
{
    arena_fini(&t->arena);
    buf_free(&t->text);
}

#endif
