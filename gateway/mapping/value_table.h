/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_VALUE_TABLE_H
#define GATEWAY_MAPPING_VALUE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/mapping/lookup.h"

struct literals;

/**
 * What a product's values mean: a key (a number, a word in any language, the beginning of a text)
 * leads to a row of named columns. Keys are compared without case of ASCII letters.
 */
enum { VALUE_TABLE_COLUMNS_MAX = 8 };

struct value_cell {
    struct slice text;
    int64_t number; /* of columns "kind" and "severity": the enum's number */
    bool is_number;
};

struct value_table {
    const char *name;
    int line;
    const char *columns[VALUE_TABLE_COLUMNS_MAX];
    size_t n_columns;
    struct value_cell *cells; /* [row * VALUE_TABLE_COLUMNS_MAX + column] */
    size_t n_rows, cap_rows;
    struct lookup exact;
    struct literals *patterns; /* prefix and contains keys; NULL: none */
    bool is_shared;            /* belongs to a vendor.xml, not to one mapping */
};

/* Row of a value, exact keys before prefixes before contained texts; -1: none. Thread-safe. */
int value_table_row(const struct value_table *table, struct slice value);

static inline const struct value_cell *value_table_cell(const struct value_table *table, int row,
                                                        size_t column)
{
    return &table->cells[(size_t)row * VALUE_TABLE_COLUMNS_MAX + column];
}

/* Index of a column, or -1. */
int value_table_column(const struct value_table *table, const char *name);

void value_table_init(struct value_table *table, const char *name, int line);
void value_table_fini(struct value_table *table);
/* A new row with empty cells; its number. */
uint32_t value_table_add_row(struct value_table *table);

enum value_key { VALUE_KEY_EXACT, VALUE_KEY_PREFIX, VALUE_KEY_CONTAINS };
/* key is borrowed for the table's life. False: the table has this key already. */
bool value_table_add_key(struct value_table *table, enum value_key type, struct slice key,
                         uint32_t row);
/* After the last key. */
void value_table_build(struct value_table *table);

#endif
