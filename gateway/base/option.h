/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_OPTION_H
#define GATEWAY_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/diag.h"

/**
 * One row describes one option of a room: parser, --check, the RELAX NG schema and the manual page
 * are all made from it. In the configuration file an option is an attribute of its section's
 * element.
 */
enum option_type {
    OPTION_BOOL,     /* "yes" | "no" -> bool */
    OPTION_INT,      /* -> int64_t, in range */
    OPTION_SIZE,     /* "64M", "4k", bytes -> int64_t */
    OPTION_DURATION, /* "500ms", "5s", "10m", "24h", "180d" -> int64_t milliseconds */
    OPTION_TEXT, /* -> const char * in the configuration's arena; NULL when absent without default
                  */
    OPTION_ENUM, /* one of choices, blank separated -> int64_t, its number from 0 */
    OPTION_FILE, /* path, relative to the configuration file's folder -> const char * */
};

struct option {
    const char *name;
    enum option_type type;
    size_t offset;        /* of the member in the section's struct */
    const char *fallback; /* default as text; NULL: none */
    bool is_required;
    int64_t min, max;    /* INT, SIZE, DURATION (ms); both 0: no bounds */
    const char *choices; /* ENUM */
    const char *unit;    /* for the manual: "bytes", "s", "" */
    const char *help;    /* one sentence */
    bool needs_restart;  /* a reload does not apply it */
};

/** A section of the configuration file: an element and its rows. Its struct begins with the
 * section_place where the element stood. */
struct section {
    const char *element;
    const struct option *rows;
    size_t n_rows;
    size_t size;  /* of the struct the rows fill */
    bool is_many; /* the element may stand more than once; else it may be left out (defaults) */
    const char *help;
};

/**
 * Parse text into the member of base. error gets a reason in words ("'12x' is no duration; write
 * 500ms, 5s, 10m, 24h or 180d"). folder resolves OPTION_FILE. False on error.
 */
bool option_parse(const struct option *row, const char *text, const char *folder, void *base,
                  struct arena *arena, struct buf *error);
/* Fill all members with their defaults. */
void option_defaults(const struct section *section, const char *folder, void *base,
                     struct arena *arena);

/* The row's member is the same in a and b, structs of its section. */
bool option_is_same(const struct option *row, const void *a, const void *b);
/* Every member is; where the section stood does not count. */
bool section_is_same(const struct section *section, const void *a, const void *b);
/* A copy that lives as long as the arena, with the text of its members and of its place. */
void *section_dup(const struct section *section, const void *from, struct arena *arena);

#endif
