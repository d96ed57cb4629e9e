/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collects positions and texts of mistakes. */
#include "gateway/base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/utf8.h"

void diag_free(struct diag *diag)
{
    for (size_t i = 0; i < diag->n; i++) {
        free(diag->items[i].file);
        free(diag->items[i].text);
    }
    free(diag->items);
    *diag = (struct diag){0};
}

/* What a mistake quotes must not look like another one, nor steer the terminal that shows it. */
static void make_inert(char *text)
{
    char *to = text;
    for (size_t left = strlen(text); left;) {
        size_t n = utf8_char((const unsigned char *)text, left), used = n ? n : 1;
        if (n && !utf8_is_steering(utf8_code((const unsigned char *)text, n))) {
            memmove(to, text, n);
            to += n;
        } else {
            *to++ = '?';
        }
        text += used;
        left -= used;
    }
    *to = '\0';
}

__attribute__((format(printf, 4, 0))) static void add(struct diag *diag, const char *file, int line,
                                                      const char *format, va_list args)
{
    diag->total++;
    if (diag->n == DIAG_MAX)
        return;
    if (diag->n == diag->cap) {
        diag->cap = diag->cap ? diag->cap * 2 : 8;
        diag->items = gw_realloc(diag->items, diag->cap * sizeof *diag->items);
    }
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    make_inert(text);
    diag->items[diag->n++] =
        (struct diag_item){gw_strdup(file ? file : "-"), line, gw_strdup(text)};
}

void diag_add(struct diag *diag, const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(diag, file, line, format, args);
    va_end(args);
}

void diag_add_at(struct diag *diag, struct section_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(diag, place.file, place.line, format, args);
    va_end(args);
}

void diag_print(const struct diag *diag, FILE *out)
{
    for (size_t i = 0; i < diag->n; i++)
        fprintf(out, "%s:%d: %s\n", diag->items[i].file, diag->items[i].line, diag->items[i].text);
    if (diag->total > diag->n)
        fprintf(out, "... and %zu more\n", diag->total - diag->n);
}
