/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_DIAG_H
#define GATEWAY_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * A person's mistakes in a file, all of one run: where, what was found, what to do.
 * {0} is a valid empty list; diag_free() gives the memory back. At most DIAG_MAX are kept,
 * the rest are counted.
 */
enum { DIAG_MAX = 200 };

struct diag_item {
    char *file; /* as the person named it */
    int line;   /* from 1; 0: unknown or the whole file */
    char *text; /* what was found, what was expected; one line, without control characters */
};

struct diag {
    struct diag_item *items;
    size_t n, cap;
    size_t total; /* with those not kept */
};

/* Where an element of a file stood, for a mistake that is found later. */
struct section_place {
    const char *file;
    int line; /* 0: from defaults */
};

void diag_free(struct diag *diag);
void diag_add(struct diag *diag, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_add_at(struct diag *diag, struct section_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "file:line: text" each on its line; how many more there were. */
void diag_print(const struct diag *diag, FILE *out);

static inline bool diag_is_empty(const struct diag *diag)
{
    return diag->total == 0;
}

#endif
