/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PCRE2 behind a small face: the only file that sees it. Limits hold for the interpreter and for
 * JIT-compiled code alike. Text is UTF-8 when it comes here; PCRE2_MATCH_INVALID_UTF makes any
 * other bytes harmless.
 */
#include "gateway/mapping/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"

enum { MATCH_LIMIT = 20000, DEPTH_LIMIT = 1000, HEAP_LIMIT_KIB = 256 };

/*
 * Machine code is several times as large as what the interpreter reads, and takes as long to make
 * as the rest of a start; most mappings are of products that a customer does not have. So the
 * first match makes it, beside the interpreted code, which other threads may be running.
 */
struct pattern {
    pcre2_code *code;
    pcre2_code *_Atomic machine_code; /* NULL: nobody has made it yet */
    atomic_flag is_asked;
    const unsigned char *names;
    uint32_t n_names, name_size;
};

struct pattern_scratch {
    pcre2_general_context *memory;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

/* PCRE2's memory is ours: exhaustion is one logged abort, as everywhere. */
static void *scratch_alloc(PCRE2_SIZE size, void *unused)
{
    (void)unused;
    return gw_alloc(size);
}

static void scratch_release(void *p, void *unused)
{
    (void)unused;
    free(p);
}

struct pattern_scratch *pattern_scratch_new(void)
{
    struct pattern_scratch *scratch = gw_alloc(sizeof *scratch);
    scratch->memory = pcre2_general_context_create(scratch_alloc, scratch_release, NULL);
    scratch->data = pcre2_match_data_create(PATTERN_GROUPS_MAX, scratch->memory);
    scratch->context = pcre2_match_context_create(scratch->memory);
    pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
    return scratch;
}

void pattern_scratch_free(struct pattern_scratch *scratch)
{
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_general_context_free(scratch->memory);
    free(scratch);
}

/* Where the class that begins at i, with its '[', ends. */
static size_t class_end(struct slice text, size_t i)
{
    i += slice_starts_with(slice_skip(text, i + 1), SLICE("^")) ? 2 : 1;
    for (size_t first = i; i < text.n && (text.p[i] != ']' || i == first); i++)
        if (text.p[i] == '\\')
            i++;
        else if (slice_starts_with(slice_skip(text, i), SLICE("[:")))
            i += slice_search(slice_skip(text, i), SLICE(":]")) + 1;
    return i;
}

/*
 * \S, \D and \W as classes of their own. Outside one PCRE2 10.42, compiled to machine code with
 * PCRE2_MATCH_INVALID_UTF, has them refuse every character beyond ASCII: a user's Chinese name.
 * out: room for 2 bytes more a backslash.
 */
static size_t widen(struct slice text, char *out)
{
    bool is_quoted = slice_search(text, SLICE("\\Q")) < text.n; /* text as it stands, no escapes */
    size_t n = 0, in_class = 0;
    for (size_t i = 0; i < text.n; i++) {
        char next = i + 1 < text.n ? text.p[i + 1] : '\0';
        if (text.p[i] == '[' && i >= in_class)
            in_class = class_end(text, i);
        bool is_escape = text.p[i] == '\\' && next != '\0';
        bool is_wide =
            is_escape && i >= in_class && !is_quoted && (next == 'S' || next == 'D' || next == 'W');
        if (is_wide)
            out[n++] = '[';
        out[n++] = text.p[i];
        if (is_escape)
            out[n++] = text.p[++i];
        if (is_wide)
            out[n++] = ']';
    }
    return n;
}

struct pattern *pattern_compile(struct slice text, char *reason, size_t *error_at)
{
    int error;
    PCRE2_SIZE at;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
    char *wide = gw_alloc(2 * text.n + 1);
    size_t wide_n = widen(text, wide);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)wide, wide_n, options, &error, &at, NULL);
    free(wide);
    if (!code) /* the mistake's place is that of the text as it was written */
        code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &error, &at, NULL);
    uint32_t n_groups = 0;
    *error_at = 0;
    if (!code) {
        pcre2_get_error_message(error, (PCRE2_UCHAR *)reason, 128);
        *error_at = at;
        return NULL;
    }
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &n_groups);
    if (n_groups >= PATTERN_GROUPS_MAX) {
        snprintf(reason, 128, "more than %d groups", PATTERN_GROUPS_MAX - 1);
        pcre2_code_free(code);
        return NULL;
    }
    struct pattern *pattern = gw_alloc(sizeof *pattern);
    pattern->code = code;
    atomic_init(&pattern->machine_code, NULL);
    atomic_flag_clear(&pattern->is_asked);
    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &pattern->n_names);
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &pattern->name_size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &pattern->names);
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->machine_code);
    pcre2_code_free(pattern->code);
    free(pattern);
}

/* An entry of PCRE2's name table: two bytes of number, high first, then the name. */
bool pattern_group(const struct pattern *pattern, size_t i, const char **name, unsigned *number)
{
    if (i >= pattern->n_names)
        return false;
    const unsigned char *entry = pattern->names + i * pattern->name_size;
    *number = (unsigned)entry[0] << 8 | entry[1];
    *name = (const char *)entry + 2;
    return true;
}

static const pcre2_code *code_of(struct pattern *pattern)
{
    pcre2_code *code = atomic_load_explicit(&pattern->machine_code, memory_order_acquire);
    if (code || atomic_flag_test_and_set_explicit(&pattern->is_asked, memory_order_relaxed))
        return code ? code : pattern->code;
    code = pcre2_code_copy(pattern->code);
    if (!code)
        return pattern->code;
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where there is none it stays interpreted */
    atomic_store_explicit(&pattern->machine_code, code, memory_order_release);
    return code;
}

enum pattern_result pattern_match(struct pattern *pattern, struct pattern_scratch *scratch,
                                  struct slice text, struct slice *groups)
{
    size_t n = text.n < PATTERN_TEXT_MAX ? text.n : PATTERN_TEXT_MAX;
    const char *subject = text.p ? text.p : "";
    int count = pcre2_match(code_of(pattern), (PCRE2_SPTR)subject, n, 0, 0, scratch->data,
                            scratch->context);
    if (count < 0)
        return count == PCRE2_ERROR_NOMATCH ? PATTERN_NOT_FOUND : PATTERN_GAVE_UP;
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(scratch->data);
    for (int i = 0; i < PATTERN_GROUPS_MAX; i++) {
        bool took_part =
            i < count && bounds[2 * i] != PCRE2_UNSET && bounds[2 * i] <= bounds[2 * i + 1];
        groups[i] = took_part ? slice_of(subject + bounds[2 * i], bounds[2 * i + 1] - bounds[2 * i])
                              : SLICE_NONE;
    }
    return PATTERN_FOUND;
}
