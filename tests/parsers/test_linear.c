/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a message costs grows with its length and no faster: the head of every format, and behind it
 * 64 KB of what its reader passes over, stops at or begins anew from.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "parsers/registry.h"
#include "tests/support/unit.h"

/* A reader that looks at each byte a hundred times is done in a tenth of this. */
enum { LENGTH = 64 * 1024, LIMIT_MS = 500 };

static const char *const heads[] = {
    "",
    "<13>",
    "<13>1 ",
    "<13>1 2026-11-24T04:05:06Z h a - - ",
    "<13>1 2026-11-24T04:05:06Z h a - - [x@1 y=\"",
    "<13>1 2026-11-24T04:05:06Z h a - - [x@1 ",
    "<13>Nov 24 04:05:06 h ",
    "<13>Nov 24 04:05:06 h app[1]: ",
    "<13>Nov 24 04:05:06 h app",
    "CEF:0|a|b|1|2|n|3|",
    "CEF:0|a|",
    "CEF:0|a|b|1|2|n|3|k=",
    "LEEF:1.0|a|b|1|2|",
    "LEEF:2.0|a|b|1|2|^|k=",
    "{\"a\":",
    "{\"a\":\"",
    "{\"a\":[",
    "a=b c=d e=",
    "a=b c=\"",
    "[a:\"b\"; c:\"",
    "TMCM:X Event time=\"",
    "<189>712: h: Nov 24 04:05:06: %LINEPROTO-5-UPDOWN: ",
    "<189>%ASA-6-302013: ",
    "<13>%%01AAA/1/BBB(l):x",
    "<13>%%01AAA/1/BBB(l)[1]:x(",
    "<13>Nov 24 04:05:06 h %%10AAA/1/BBB: -Slot=",
    "1,2026/11/24 04:05:06,\"",
};

static const char *const fillers[] = {
    " ",     "\t",
    "a",     "1",
    "=",     "\\",
    "\"",    "'",
    "|",     "^",
    ",",     ";",
    ":",     "(",
    ")",     "( ",
    "[",     "]",
    "{",     "}",
    "<",     ">",
    "%",     "-",
    ".",     "/",
    "@",     "#",
    "\n",    "_",
    "a ",    "a=",
    "a= ",   " a=",
    "a:",    "\\=",
    "\\\\",  "\\\"",
    "\"\"",  "a|",
    "EF:",   "CEF",
    "1|",    "%A-",
    "%%",    "[x]",
    "[x ",   "x]",
    "(a=",   "a(1)",
    "-a=",   "1.",
    "a,b",   ": ",
    "\":",   "[[",
    "{\"",   "],",
    "\"a\"", "::",
    "\xe4",  "\xe4\xb8\xad",
    "#012",  "a\t",
};

static char message[LENGTH + 256];
static struct arena arena;
static struct fields fields;

static long milliseconds(struct slice text)
{
    clock_t begun = clock();
    arena_reset(&arena);
    parse_message(text, NULL, &arena, &fields);
    return (long)((clock() - begun) * 1000 / CLOCKS_PER_SEC);
}

static void every_head(void)
{
    for (size_t h = 0; h < sizeof heads / sizeof *heads; h++)
        for (size_t f = 0; f < sizeof fillers / sizeof *fillers; f++) {
            size_t n = strlen(heads[h]), step = strlen(fillers[f]);
            memcpy(message, heads[h], n);
            for (; n < LENGTH; n += step)
                memcpy(message + n, fillers[f], step);
            for (int end = 0; end < 2; end++) { /* blanks at the end are not looked at */
                long took_ms = milliseconds(slice_of(message, n));
                if (took_ms > LIMIT_MS)
                    printf("\n    %ld ms: '%s' and many of '%s'", took_ms, heads[h], fillers[f]);
                CU_ASSERT(took_ms <= LIMIT_MS);
                message[n++] = 'y';
            }
        }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"every head, every filler", every_head},
                                        CU_TEST_INFO_NULL};
    arena_init(&arena, 0);
    int status = unit_run("linear", tests);
    arena_fini(&arena);
    return status;
}
