/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Value tables of mappings: filled by the compiler, read by normalize. */
#include "gateway/mapping/value_table.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/mapping/literals.h"

/* A value that is to be looked up is a word or a sentence; of a longer one the beginning decides.
 */
enum { PATTERN_SCAN_MAX = 1024 };
enum { ROW_BYTES = VALUE_TABLE_COLUMNS_MAX * sizeof(struct value_cell) };

void value_table_init(struct value_table *table, const char *name, int line)
{
    *table = (struct value_table){.name = name, .line = line};
    lookup_init(&table->exact, true);
}

void value_table_fini(struct value_table *table)
{
    free(table->cells);
    lookup_fini(&table->exact);
    literals_free(table->patterns);
}

uint32_t value_table_add_row(struct value_table *table)
{
    if (table->n_rows == table->cap_rows) {
        table->cap_rows = table->cap_rows ? table->cap_rows * 2 : 1; /* most are a single word */
        table->cells = gw_realloc(table->cells, table->cap_rows * ROW_BYTES);
    }
    memset(&table->cells[table->n_rows * VALUE_TABLE_COLUMNS_MAX], 0, ROW_BYTES);
    return (uint32_t)table->n_rows++;
}

bool value_table_add_key(struct value_table *table, enum value_key type, struct slice key,
                         uint32_t row)
{
    if (key.n == 0)
        return false;
    if (type == VALUE_KEY_EXACT)
        return lookup_add(&table->exact, key, row) == LOOKUP_NONE;
    if (!table->patterns)
        table->patterns = literals_new();
    return type == VALUE_KEY_PREFIX ? literals_add_start(table->patterns, key, &row)
                                    : literals_add_inside(table->patterns, key, &row);
}

void value_table_build(struct value_table *table)
{
    if (table->n_rows < table->cap_rows)
        table->cells = gw_realloc(table->cells, table->n_rows * ROW_BYTES);
    table->cap_rows = table->n_rows;
    lookup_build(&table->exact);
    if (table->patterns)
        literals_build(table->patterns);
}

int value_table_row(const struct value_table *table, struct slice value)
{
    struct literals_hit hit;
    uint32_t row = lookup_get(&table->exact, value);
    if (row != LOOKUP_NONE)
        return (int)row;
    if (!table->patterns)
        return -1;
    if (literals_find_start(table->patterns, value, NULL, &hit) ||
        literals_find_inside(table->patterns, value, PATTERN_SCAN_MAX, NULL, &hit))
        return (int)hit.value;
    return -1;
}

int value_table_column(const struct value_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i], name) == 0)
            return (int)i;
    return -1;
}
