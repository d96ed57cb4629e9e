/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may stand next on a command line, by a help text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/ctl/complete.h"
#include "tests/support/suite.h"

static const char help[] =
    "usage: tool ls|cat [OPTIONS] [FOLDER]\n"
    "       tool test NAME [--json]\n"
    "                 [--long-one WORD]\n"
    "       tool make -o FILE.tar|DIR PART...\n"
    "What it does; `other --foreign X` is not its own, nor is what a-word --has.\n\n"
    "  -o FILE.tar      one file; -o DIR: a folder\n"
    "  -H, --host HOST[:PORT]  where\n"
    "      --period day|week   how long\n"
    "  --udp, --tcp     how\n"
    "  --wait SECONDS   after --tcp, as --example: has it\n\n"
    "  tool --only-in-an-example ls\n";

static void put(void *context, struct slice word)
{
    buf_printf(context, "%.*s ", SLICE_FMT(word));
}

static void values(void *context, struct slice kind)
{
    buf_printf(context, "<%.*s> ", SLICE_FMT(kind));
}

/* The words of line, by blanks; the one under way is the last. */
static const char *next(const char *text, const char *line)
{
    static char found[4096], copy[4096];
    char *words[64], *rest = copy;
    int n = 0;
    struct buf out = {0};
    struct complete_calls calls = {put, values, &out};
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word; n < 64 && (word = strsep(&rest, " "));)
        words[n++] = word;
    complete_line(text, words, n, n - 1, &calls);
    snprintf(found, sizeof found, "%s", buf_text(&out));
    buf_free(&out);
    return found;
}

static void test_words(void)
{
    CU_ASSERT_STRING_EQUAL(next(help, "tool "), "ls cat test make ");
    CU_ASSERT_STRING_EQUAL(next(help, "/usr/bin/tool "), "ls cat test make ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls "), "<FOLDER> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool cat --wait 3 --udp "), "<FOLDER> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool cat x "), "");
    CU_ASSERT_STRING_EQUAL(next(help, "tool test "), "<NAME> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool make "), "<PART> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool make a b c "), "<PART> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool nonsense "), "");
}

static void test_options(void)
{
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls -"), "--json --long-one -o -o -H --host --period "
                                                    "--udp --tcp --wait --help ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool make -o "), "<FILE> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls -H "), "<HOST> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls --host "), "<HOST> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls --period "), "day week ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls --period = w"), "day week ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls --period ="), "day week ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool test --long-one "), "<WORD> ");
    CU_ASSERT_STRING_EQUAL(next(help, "tool ls --tcp "), "<FOLDER> ");
}

/* A help that is none, or that ends anywhere, is read within its bounds. */
static void test_torn(void)
{
    static const char *const lines[] = {"tool ",          "tool -", "tool ls -o ",
                                        "tool make a b ", "",       "tool"};
    for (size_t n = 0; n <= strlen(help); n++) {
        char *torn = strndup(help, n);
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
            next(torn, lines[i]);
        free(torn);
    }
    CU_ASSERT_STRING_EQUAL(next("", "tool "), "");
    CU_ASSERT_STRING_EQUAL(next("eogctl: there is no such command", "tool "), "");
    CU_ASSERT_STRING_EQUAL(next("usage: tool ]]] [[[ [a [b] ", "tool "), "");
    char many[1024] = "usage: tool";
    for (int i = 0; i < 100; i++)
        strcat(many, " [X...]");
    CU_ASSERT_STRING_EQUAL(next(many, "tool "), "<X> ");
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"words", test_words}, {"options", test_options}, {"torn", test_torn}};
    return suite_run("complete", tests, sizeof tests / sizeof *tests);
}
