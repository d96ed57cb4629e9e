/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <table>: rows of named columns; and the small unnamed tables behind equals= and one-of=. */
#include "gateway/mapping/compile.h"

#include <stdlib.h>
#include <string.h>

/* Words that number fields know beside digits. */
struct word {
    enum gw_field field;
    const char *word;
    int64_t number;
};

static const struct word words_of[] = {
    {GW_FIELD_AGENT_CONNECTION, "offline", GW_CONNECTION_OFFLINE},
    {GW_FIELD_AGENT_CONNECTION, "online", GW_CONNECTION_ONLINE},
    {GW_FIELD_AGENT_CONNECTION, "roaming", GW_CONNECTION_ROAMING},
    {GW_FIELD_COMPONENT_TYPE, "other", GW_COMPONENT_OTHER},
    {GW_FIELD_COMPONENT_TYPE, "engine", GW_COMPONENT_ENGINE},
    {GW_FIELD_COMPONENT_TYPE, "pattern", GW_COMPONENT_PATTERN},
    {GW_FIELD_STATUS_ID, "success", 1},
    {GW_FIELD_STATUS_ID, "failure", 2},
    {GW_FIELD_DIRECTION, "in", 1},
    {GW_FIELD_DIRECTION, "out", 2},
    {GW_FIELD_DIRECTION, "lateral", 3},
};

bool compile_number(enum gw_field field, struct slice text, int64_t *number)
{
    if (slice_to_int(text, number))
        return true;
    for (size_t i = 0; i < sizeof words_of / sizeof *words_of; i++)
        if (words_of[i].field == field && slice_equal(text, slice_from(words_of[i].word))) {
            *number = words_of[i].number;
            return true;
        }
    return false;
}

/* Keys of a row: key="a|b", prefix="..", contains="..". */
static void add_keys(struct compiler *c, const struct xml_node *node, struct value_table *table,
                     const char *attribute, enum value_key type, struct slice words, uint32_t row)
{
    struct slice part;
    bool more = words.n > 0;
    while (more) {
        more = slice_cut(words, '|', &part, &words);
        if (type == VALUE_KEY_EXACT)
            part = slice_trim(part);
        if (part.n == 0)
            compile_error(c, node, "%s: a key between '|' is empty", attribute);
        else if (!value_table_add_key(table, type, part, row))
            compile_error(c, node, "%s '%.*s' stands in this table before", attribute,
                          SLICE_FMT(part));
    }
}

static bool is_key_attribute(const char *name)
{
    return strcmp(name, "key") == 0 || strcmp(name, "prefix") == 0 || strcmp(name, "contains") == 0;
}

static int column_of(struct compiler *c, const struct xml_node *node, struct value_table *table,
                     const char *name)
{
    int column = value_table_column(table, name);
    if (column >= 0)
        return column;
    if (table->n_columns == VALUE_TABLE_COLUMNS_MAX) {
        compile_error(c, node, "a table has at most %d columns; '%s' is one more",
                      VALUE_TABLE_COLUMNS_MAX, name);
        return -1;
    }
    table->columns[table->n_columns] = arena_text(c->arena, slice_from(name));
    return (int)table->n_columns++;
}

static void fill_cell(struct compiler *c, const struct xml_node *node, const char *column,
                      struct slice text, struct value_cell *cell)
{
    *cell = (struct value_cell){.text = text};
    if (strcmp(column, "kind") == 0) {
        cell->number = compile_kind_name(c, node, text);
        cell->is_number = true;
    } else if (strcmp(column, "severity") == 0) {
        cell->number = gw_severity_by_name(text);
        if (cell->number < 0)
            compile_error(c, node, "no severity is named '%.*s'", SLICE_FMT(text));
        cell->is_number = true;
    } else {
        cell->is_number = slice_to_int(text, &cell->number);
    }
}

static void compile_row(struct compiler *c, const struct xml_node *node, struct value_table *table)
{
    uint32_t row = value_table_add_row(table);
    const void *position = NULL;
    const char *name, *value;
    bool has_key = false;
    while (xml_next_attribute(node, &position, &name, &value)) {
        struct slice text = arena_dup(c->arena, slice_from(value));
        if (is_key_attribute(name)) {
            enum value_key type = name[0] == 'k'   ? VALUE_KEY_EXACT
                                  : name[0] == 'p' ? VALUE_KEY_PREFIX
                                                   : VALUE_KEY_CONTAINS;
            add_keys(c, node, table, name, type, text, row);
            has_key = true;
            continue;
        }
        int column = column_of(c, node, table, name);
        if (column >= 0)
            fill_cell(c, node, name, text,
                      &table->cells[row * VALUE_TABLE_COLUMNS_MAX + (size_t)column]);
    }
    if (!has_key)
        compile_error(c, node, "a row needs key=, prefix= or contains=");
}

struct value_table *compile_table(struct compiler *c, const struct xml_node *node)
{
    struct value_table *table = gw_alloc(sizeof *table);
    struct slice name = compile_text(c, node, "name");
    value_table_init(table, name.n ? name.p : "", xml_line(node));
    for (const struct xml_node *row = xml_child(node); row; row = xml_next(row))
        compile_row(c, row, table);
    if (table->n_rows == 0)
        compile_error(c, node, "table '%s' has no rows", table->name);
    value_table_build(table);
    return table;
}

uint32_t compile_word_table(struct compiler *c, const struct xml_node *node, struct slice words,
                            enum value_key type)
{
    struct value_table *table = gw_alloc(sizeof *table);
    value_table_init(table, "", xml_line(node));
    uint32_t row = value_table_add_row(table);
    add_keys(c, node, table, "value", type, words, row);
    value_table_build(table);
    *(struct value_table **)vec_push(&c->tables) = table;
    return (uint32_t)c->tables.n - 1;
}

bool compile_find_table(struct compiler *c, const struct xml_node *node, const char *name,
                        uint32_t *table)
{
    struct named *tables = c->named_tables.p;
    for (size_t i = 0; i < c->named_tables.n; i++)
        if (strcmp(tables[i].name, name) == 0) {
            tables[i].is_used = true;
            *table = tables[i].table;
            return true;
        }
    compile_error(c, node, "no table is named '%s'", name);
    return false;
}

/* Cells of a number field must be numbers, or words that the field knows. */
static void check_cells(struct compiler *c, const struct xml_node *node, struct value_table *table,
                        size_t column, enum gw_field field)
{
    enum gw_type type = gw_field_type(field);
    if (type != GW_TYPE_INT && type != GW_TYPE_TIME)
        return;
    for (size_t row = 0; row < table->n_rows; row++) {
        struct value_cell *cell = &table->cells[row * VALUE_TABLE_COLUMNS_MAX + column];
        if (cell->text.n == 0 || cell->is_number)
            continue;
        cell->is_number = compile_number(field, cell->text, &cell->number);
        if (!cell->is_number)
            compile_error(c, node, "table '%s' gives '%.*s' for %s, which takes a number",
                          table->name, SLICE_FMT(cell->text), gw_field_name(field));
    }
}

bool compile_column(struct compiler *c, const struct xml_node *node, uint32_t table,
                    const char *wanted, enum gw_field field, uint32_t *column)
{
    struct value_table *found = ((struct value_table **)c->tables.p)[table];
    const char *named = xml_attribute(node, "column");
    int at = value_table_column(found, named ? named : wanted);
    if (at < 0 && !named)
        at = value_table_column(found, "value");
    if (at < 0) {
        compile_error(c, node, "table '%s' has no column '%s'", found->name,
                      named ? named : wanted);
        return false;
    }
    if (field)
        check_cells(c, node, found, (size_t)at, field);
    *column = (uint32_t)at;
    return true;
}
