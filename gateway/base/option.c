/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of one option into its member, by its row. */
#include "gateway/base/option.h"

#include <string.h>

#include "gateway/base/slice.h"

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit sizes[] = {
    {"", 1}, {"k", 1024}, {"K", 1024}, {"M", 1024 * 1024}, {"G", 1024LL * 1024 * 1024}};
static const struct unit durations[] = {{"ms", 1},      {"s", 1000},    {"m", 60000},
                                        {"min", 60000}, {"h", 3600000}, {"d", 86400000}};

/* Digits, then one of the units. A bare "0" needs none. */
static bool with_unit(const char *text, const struct unit *units, size_t n, int64_t *out)
{
    struct slice s = slice_from(text);
    size_t digits = strspn(text, "0123456789");
    if (!slice_to_int(slice_head(s, digits), out))
        return false;
    const char *unit = text + digits;
    for (size_t i = 0; i < n; i++)
        if (strcmp(unit, units[i].name) == 0)
            return !__builtin_mul_overflow(*out, units[i].factor, out);
    return *out == 0 && *unit == '\0';
}

static bool in_range(const struct option *row, int64_t value, const char *text, struct buf *error)
{
    if ((row->min == 0 && row->max == 0) || (value >= row->min && value <= row->max))
        return true;
    const char *unit = row->type == OPTION_DURATION ? " ms"
                       : row->type == OPTION_SIZE   ? " bytes"
                                                    : "";
    buf_printf(error, "'%s' is out of range; write %lld to %lld%s", text, (long long)row->min,
               (long long)row->max, unit);
    return false;
}

static bool parse_number(const struct option *row, const char *text, void *base, struct buf *error)
{
    int64_t value = 0;
    bool sound = false;
    const char *expected = "";
    switch (row->type) {
    case OPTION_SIZE:
        sound = with_unit(text, sizes, sizeof sizes / sizeof *sizes, &value);
        expected = "size; write bytes or 64k, 32M, 1G";
        break;
    case OPTION_DURATION:
        sound = with_unit(text, durations, sizeof durations / sizeof *durations, &value);
        expected = "duration; write 500ms, 5s, 10m, 24h or 180d";
        break;
    default:
        sound = slice_to_int(slice_from(text), &value);
        expected = "whole number";
        break;
    }
    if (!sound) {
        buf_printf(error, "'%s' is no %s", text, expected);
        return false;
    }
    if (!in_range(row, value, text, error))
        return false;
    *(int64_t *)((char *)base + row->offset) = value;
    return true;
}

static bool parse_choice(const struct option *row, const char *text, void *base, struct buf *error)
{
    struct slice rest = slice_from(row->choices), word;
    int64_t number = 0;
    while (rest.n) {
        slice_cut(rest, ' ', &word, &rest);
        if (slice_equal(word, slice_from(text))) {
            *(int64_t *)((char *)base + row->offset) = number;
            return true;
        }
        number++;
    }
    buf_printf(error, "'%s' is not one of: %s", text, row->choices);
    return false;
}

bool option_parse(const struct option *row, const char *text, const char *folder, void *base,
                  struct arena *arena, struct buf *error)
{
    void *member = (char *)base + row->offset;
    switch (row->type) {
    case OPTION_BOOL:
        if (strcmp(text, "yes") && strcmp(text, "no")) {
            buf_printf(error, "'%s' is not yes or no", text);
            return false;
        }
        *(bool *)member = *text == 'y';
        return true;
    case OPTION_ENUM:
        return parse_choice(row, text, base, error);
    case OPTION_TEXT:
        if (slice_trim(slice_from(text)).n == 0) {
            buf_printf(error, "is empty; %s%s",
                       row->is_required ? "" : "leave it out, or write: ", row->help);
            return false;
        }
        *(const char **)member = arena_text(arena, slice_from(text));
        return true;
    case OPTION_FILE:
        if (*text == '\0') {
            buf_printf(error, "is empty; write a path");
            return false;
        }
        *(const char **)member = *text == '/' || !folder
                                     ? arena_text(arena, slice_from(text))
                                     : arena_printf(arena, "%s/%s", folder, text);
        return true;
    default:
        return parse_number(row, text, base, error);
    }
}

void option_defaults(const struct section *section, const char *folder, void *base,
                     struct arena *arena)
{
    struct buf error = {0};
    for (size_t i = 0; i < section->n_rows; i++)
        if (section->rows[i].fallback)
            option_parse(&section->rows[i], section->rows[i].fallback, folder, base, arena, &error);
    buf_free(&error);
}

bool option_is_same(const struct option *row, const void *a, const void *b)
{
    const char *member_a = (const char *)a + row->offset, *member_b = (const char *)b + row->offset;
    if (row->type == OPTION_BOOL)
        return *(const bool *)member_a == *(const bool *)member_b;
    if (row->type != OPTION_TEXT && row->type != OPTION_FILE)
        return *(const int64_t *)member_a == *(const int64_t *)member_b;
    const char *text_a = *(const char *const *)member_a, *text_b = *(const char *const *)member_b;
    return text_a == text_b || (text_a && text_b && strcmp(text_a, text_b) == 0);
}

bool section_is_same(const struct section *section, const void *a, const void *b)
{
    for (size_t i = 0; i < section->n_rows; i++)
        if (!option_is_same(&section->rows[i], a, b))
            return false;
    return true;
}

void *section_dup(const struct section *section, const void *from, struct arena *arena)
{
    char *copy = arena_alloc(arena, section->size);
    memcpy(copy, from, section->size);
    struct section_place *place = (struct section_place *)copy;
    if (place->file)
        place->file = arena_text(arena, slice_from(place->file));
    for (size_t i = 0; i < section->n_rows; i++) {
        const struct option *row = &section->rows[i];
        const char **text = (const char **)(copy + row->offset);
        if ((row->type == OPTION_TEXT || row->type == OPTION_FILE) && *text)
            *text = arena_text(arena, slice_from(*text));
    }
    return copy;
}
