/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TABLE_H
#define GATEWAY_CTL_TABLE_H

#include <stdio.h>

/**
 * A table of text for a terminal: columns as wide as their cells need; cells that a line of the
 * terminal has no room for go on below, indented. Chinese characters count two columns. Control
 * characters in cells are shown as '?', so that text from a message cannot steer the terminal.
 * Cells "ok", "warning", "critical" and "unknown", or with a word behind a comma, are coloured on a
 * terminal that can (TERM), unless NO_COLOR says no; CLICOLOR_FORCE colours everywhere.
 */
struct table;

struct table *table_new(const char *const *headings, int n_columns);
void table_free(struct table *table);
/* As many cells as columns; copied. NULL is an empty cell. */
void table_add(struct table *table, const char *const *cells);
void table_print(const struct table *table, FILE *out);

/* Text of a message, harmless as in a cell, at most max columns of it (out NULL: only counted).
   Returns the columns used. */
int table_put_text(const char *text, int max, FILE *out);

#endif
