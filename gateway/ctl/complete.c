/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help texts read as grammars. */
#include "gateway/ctl/complete.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 32 };

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_/.=-", c));
}

static bool is_option_char(char c)
{
    return islower((unsigned char)c) || isdigit((unsigned char)c) || c == '-';
}

/* ---- options ---- */

/* The option at p, which is not amidst a word: "-x" or "--name"; empty: none. */
static struct slice option_at(const char *start, const char *p)
{
    size_t n = 2;
    if (*p != '-' || (p > start && is_word_char(p[-1])))
        return SLICE_NONE;
    if (p[1] == '-' && islower((unsigned char)p[2])) {
        while (is_option_char(p[n]))
            n++;
    } else if (!isalpha((unsigned char)p[1])) {
        return SLICE_NONE;
    }
    return is_word_char(p[n]) && p[n] != '=' ? SLICE_NONE : slice_of(p, n);
}

/* What follows an option: VALUE or one|of; empty: it is a switch. */
static struct slice value_behind(const char *p)
{
    if (p[0] == ',' && p[1] == ' ') { /* -o, --out VALUE */
        struct slice other = option_at(p + 2, p + 2);
        return other.n ? value_behind(other.p + other.n) : SLICE_NONE;
    }
    if (*p != ' ' && *p != '=')
        return SLICE_NONE;
    struct slice value = slice_of(p + 1, strcspn(p + 1, " ],;)\n"));
    bool is_kind = value.n && isupper((unsigned char)value.p[0]) &&
                   (value.n == 1 || !islower((unsigned char)value.p[1]));
    return is_kind || slice_find(value, '|') < value.n ? value : SLICE_NONE;
}

/* An option stands in the usage, or begins its line, behind others at most: "  -o, --out". What is
   said amidst a sentence may be another command's. */
static bool is_explained(const char *help, const char *p)
{
    const char *line = p, *usage = help + strcspn(help, "\n");
    while (strncmp(usage, "\n       ", 8) == 0)
        usage += 1 + strcspn(usage + 1, "\n");
    if (p < usage)
        return true;
    while (line > help && line[-1] != '\n')
        line--;
    while (*line == ' ')
        line++;
    while (line < p && *line == '-') {
        line += strcspn(line, " ,\n");
        line += strncmp(line, ", ", 2) == 0 ? 2 : 0;
    }
    return line == p;
}

/* The next option of the help; *p moves behind it. */
static struct slice next_option(const char *help, const char **p)
{
    for (; **p; ++*p) {
        struct slice option = option_at(help, *p);
        if (option.n && is_explained(help, *p)) {
            *p += option.n;
            return option;
        }
    }
    return SLICE_NONE;
}

static struct slice value_of(const char *help, const char *option)
{
    struct slice found, value = SLICE_NONE;
    const char *p = help;
    while (!value.n && (found = next_option(help, &p)).n)
        if (slice_equal(found, slice_from(option)))
            value = value_behind(p);
    return value;
}

static void put_options(const char *help, const struct complete_calls *calls)
{
    struct slice found;
    const char *p = help;
    while ((found = next_option(help, &p)).n)
        calls->put(calls->context, found);
    calls->put(calls->context, SLICE("--help"));
}

/* ---- words ---- */

/* VALUE: of its kind; else the words themselves. */
static void put_value(struct slice value, const struct complete_calls *calls)
{
    size_t n = 0;
    while (n < value.n && (isupper((unsigned char)value.p[n]) || value.p[n] == '_'))
        n++;
    if (n > 0) {
        calls->values(calls->context, slice_head(value, n));
        return;
    }
    struct slice word;
    while (value.n) {
        slice_cut(value, '|', &word, &value);
        calls->put(calls->context, word);
    }
}

static bool fits(struct slice value, const char *word)
{
    struct slice one;
    if (value.n && isupper((unsigned char)value.p[0]))
        return true;
    while (value.n) {
        slice_cut(value, '|', &one, &value);
        if (slice_equal(one, slice_from(word)))
            return true;
    }
    return false;
}

/* What stands in one way of usage, without options and their values. Returns how many; *repeats:
   the last one may come again. */
static int read_usage(struct slice usage, struct slice *out, bool *repeats)
{
    int n = 0;
    bool is_value = false;
    *repeats = false;
    for (size_t i = 0; i < usage.n && n < WORDS_MAX;) {
        if (usage.p[i] == ' ' || usage.p[i] == '\n') {
            i++;
            continue;
        }
        size_t from = i, depth = 0;
        for (; i < usage.n && (depth > 0 || (usage.p[i] != ' ' && usage.p[i] != '\n')); i++)
            depth += (usage.p[i] == '[') - (usage.p[i] == ']' && depth > 0);
        struct slice word = slice_of(usage.p + from, i - from);
        if (word.p[0] == '<')
            break;
        bool may_stay_away = word.p[0] == '[';
        if (may_stay_away)
            word = slice_skip(word, 1);
        bool is_option = word.p[0] == '-', is_skipped = is_value;
        is_value = is_option && !may_stay_away; /* "-o FILE" without brackets */
        size_t end = 0;
        while (end < word.n && (is_word_char(word.p[end]) || word.p[end] == '|') &&
               strncmp(word.p + end, "...", 3) != 0)
            end++;
        struct slice text = slice_head(word, end);
        if (is_option || is_skipped || !end || slice_equal(text, SLICE("OPTION")) ||
            slice_equal(text, SLICE("OPTIONS")) || slice_equal(text, SLICE("options")))
            continue;
        out[n++] = text;
        *repeats = slice_find(word, '.') < word.n;
    }
    return n;
}

/* The next way of usage, behind the program's name; false: no more. */
static bool next_usage(const char *program, const char **p, struct slice *out)
{
    size_t n = strlen(program);
    bool is_first = strncmp(*p, "usage: ", 7) == 0;
    if ((!is_first && strncmp(*p, "       ", 7) != 0) || strncmp(*p + 7, program, n) != 0)
        return false;
    const char *from = *p + 7 + n, *to = from + strcspn(from, "\n");
    while (*to && strncmp(to + 1, "        ", 8) == 0) /* it goes on */
        to += 1 + strcspn(to + 1, "\n");
    *out = slice_of(from, (size_t)(to - from));
    *p = *to ? to + 1 : to;
    return true;
}

static void put_words(const char *help, const char *program, const char *const *typed, int n,
                      const struct complete_calls *calls)
{
    struct slice usage, place[WORDS_MAX];
    const char *p = help;
    while (next_usage(program, &p, &usage)) {
        bool repeats, is_fitting = true;
        int known = read_usage(usage, place, &repeats);
        for (int i = 0; i < n && i < known && is_fitting; i++)
            is_fitting = fits(place[i], typed[i]);
        if (is_fitting && n < known)
            put_value(place[n], calls);
        else if (is_fitting && known && repeats)
            put_value(place[known - 1], calls);
    }
}

/* ---- the line ---- */

void complete_line(const char *help, char *const *words, int n, int at,
                   const struct complete_calls *calls)
{
    const char *typed[WORDS_MAX];
    const char *slash = n > 0 ? strrchr(words[0], '/') : NULL;
    const char *program = n < 1 ? "" : slash ? slash + 1 : words[0];
    const char *word = at < n ? words[at] : "";
    int n_typed = 0, before = at - 1;
    if (at < 1 || at > n)
        return;
    if (strcmp(words[before], "=") == 0 && before > 1)
        before--;
    if (strcmp(word, "=") == 0)
        word = "";
    struct slice value = value_of(help, words[before]);
    if (words[before][0] == '-' && value.n) {
        put_value(value, calls);
        return;
    }
    if (word[0] == '-') {
        put_options(help, calls);
        return;
    }
    for (int i = 1; i < at && n_typed < WORDS_MAX; i++) {
        if (words[i][0] != '-') {
            typed[n_typed++] = words[i];
            continue;
        }
        if (!value_of(help, words[i]).n)
            continue;
        i += i + 1 < at && strcmp(words[i + 1], "=") == 0 ? 2 : 1;
    }
    put_words(help, program, typed, n_typed, calls);
}
