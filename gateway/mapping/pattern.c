/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PCRE2 behind a small face: the only file that sees it. Limits hold for the interpreter and for
 * JIT-compiled code alike. Text is UTF-8 when it comes here; PCRE2_MATCH_INVALID_UTF makes any
 * other bytes harmless.
 */
#include "gateway/mapping/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"

enum { MATCH_LIMIT = 20000, DEPTH_LIMIT = 1000, HEAP_LIMIT_KIB = 256 };

struct pattern {
    pcre2_code *code;
    const unsigned char *names;
    uint32_t n_names, name_size;
};

/* One a thread: match data is scratch memory. Freed by the thread's end. */
struct scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void scratch_free(void *p)
{
    struct scratch *scratch = p;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    free(scratch);
}

static void scratch_make_key(void)
{
    if (pthread_key_create(&scratch_key, scratch_free) != 0)
        abort();
}

static struct scratch *scratch_get(void)
{
    pthread_once(&scratch_once, scratch_make_key);
    struct scratch *scratch = pthread_getspecific(scratch_key);
    if (scratch)
        return scratch;
    scratch = gw_alloc(sizeof *scratch);
    scratch->data = pcre2_match_data_create(PATTERN_GROUPS_MAX, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    if (!scratch->data || !scratch->context) {
        pcre2_match_data_free(scratch->data);
        pcre2_match_context_free(scratch->context);
        free(scratch);
        return NULL;
    }
    pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
    pthread_setspecific(scratch_key, scratch);
    return scratch;
}

struct pattern *pattern_compile(struct slice text, char *reason, size_t *error_at)
{
    int error;
    PCRE2_SIZE at;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &error, &at, NULL);
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
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without JIT the interpreter does it */
    struct pattern *pattern = gw_alloc(sizeof *pattern);
    pattern->code = code;
    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &pattern->n_names);
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &pattern->name_size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &pattern->names);
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (!pattern)
        return;
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

bool pattern_match(const struct pattern *pattern, struct slice text, struct slice *groups)
{
    struct scratch *scratch = scratch_get();
    if (!scratch)
        return false;
    size_t n = text.n < PATTERN_TEXT_MAX ? text.n : PATTERN_TEXT_MAX;
    const char *subject = text.p ? text.p : "";
    int count =
        pcre2_match(pattern->code, (PCRE2_SPTR)subject, n, 0, 0, scratch->data, scratch->context);
    if (count < 0)
        return false;
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(scratch->data);
    for (int i = 0; i < PATTERN_GROUPS_MAX; i++) {
        bool took_part =
            i < count && bounds[2 * i] != PCRE2_UNSET && bounds[2 * i] <= bounds[2 * i + 1];
        groups[i] = took_part ? slice_of(subject + bounds[2 * i], bounds[2 * i + 1] - bounds[2 * i])
                              : SLICE_NONE;
    }
    return true;
}
