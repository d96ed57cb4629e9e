/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables for people: columns, wide characters, what a terminal obeys, colours. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ctl/table.h"
#include "tests/support/suite.h"

enum { COLUMNS = 3 };

/* Two rows of three cells under headings, as they are printed to a file. */
static char *printed(const char *const *cells)
{
    static const char *const headings[] = {"NAME", "STATE", "TEXT"};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct table *table = table_new(headings, COLUMNS);
    table_add(table, cells);
    table_add(table, cells + COLUMNS);
    table_print(table, out);
    table_free(table);
    fclose(out);
    return text;
}

static void expect(const char *const *cells, const char *expected)
{
    char *text = printed(cells);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void test_columns(void)
{
    static const char *const plain[] = {"a", "ok", "x", "a long name", "critical", ""};
    static const char *const empty[] = {"", "", "", "", "", ""};
    expect(plain, "NAME         STATE     TEXT\n"
                  "a            ok        x\n"
                  "a long name  critical  \n");
    expect(empty, "NAME  STATE  TEXT\n             \n             \n");
}

/* Chinese, kana, Hangul, fullwidth and rare characters are two columns wide, each. */
static void test_wide(void)
{
    static const char *const wide[] = {"北京总部", "ok", "x", "hq", "ok", "y"};
    static const char *const others[] = {"カナ한", "ok", "x", "Ａ𠀀é", "ok", "y"};
    expect(wide, "NAME      STATE  TEXT\n"
                 "北京总部  ok     x\n"
                 "hq        ok     y\n");
    expect(others, "NAME    STATE  TEXT\n"
                   "カナ한  ok     x\n"
                   "Ａ𠀀é   ok     y\n");
    CU_ASSERT_EQUAL(table_put_text("北京", INT_MAX, NULL), 4);
    CU_ASSERT_EQUAL(table_put_text("北京", 3, NULL), 2); /* half a character is none */
}

static void test_inert(void)
{
    static const char *const hostile[] = {"a\x1b[31mb", "\x7f\xc2\x9b", "\xe2\x80\xae",
                                          "\xff\n",     "\xd8\x9c",     "\xe2\x81\xa6"};
    expect(hostile, "NAME     STATE  TEXT\n"
                    "a?[31mb  ??     ?\n"
                    "??       ?      ?\n");
}

static void test_colours(void)
{
    static const char *const states[] = {"critical", "critical, muted", "x",
                                         "okay",     "unknown",         "y"};
    unsetenv("NO_COLOR");
    setenv("CLICOLOR_FORCE", "1", 1);
    expect(states, "NAME      STATE            TEXT\n"
                   "\033[31mcritical\033[0m  \033[31mcritical, muted\033[0m  x\n"
                   "okay      \033[35munknown\033[0m          y\n");
    setenv("NO_COLOR", "1", 1);
    expect(states, "NAME      STATE            TEXT\n"
                   "critical  critical, muted  x\n"
                   "okay      unknown          y\n");
    unsetenv("NO_COLOR");
    setenv("CLICOLOR_FORCE", "0", 1);
    expect(states, "NAME      STATE            TEXT\n"
                   "critical  critical, muted  x\n"
                   "okay      unknown          y\n");
    unsetenv("CLICOLOR_FORCE");
}

int main(void)
{
    static const struct suite_test tests[] = {{"columns", test_columns},
                                              {"wide", test_wide},
                                              {"inert", test_inert},
                                              {"colours", test_colours}};
    return suite_run("table", tests, sizeof tests / sizeof *tests);
}
