/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body formats beside CEF, each whether its find() would ask for it or not. */
#include "parsers/delimited.h"
#include "parsers/json.h"
#include "parsers/kv.h"
#include "parsers/leef.h"
#include "parsers/mnemonic.h"
#include "parsers/tmcm.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"body", "cef", NULL};
const char *const fuzz_shared_seeds[] = {"cef", "cve-derived/cef", NULL};

typedef bool find_fn(struct slice msg, size_t *at);
typedef enum parse_status parse_fn(struct slice in, const struct parse_options *options,
                                   struct arena *arena, struct fields *out);

static struct fields fields;

/* times: how often a byte may stand in values. */
static void check(struct slice in, enum parse_status status, size_t times)
{
    FUZZ_CHECK(status != PARSE_MORE && (status == PARSE_MALFORMED) == (fields.error != NULL));
    FUZZ_CHECK(fields.error_at <= in.n && fields.n_header <= fields.n && fields.n <= FIELDS_MAX);
    size_t total = 0;
    for (size_t i = 0; i < fields.n; i++) {
        fuzz_touch(fields.v[i].name);
        fuzz_touch(fields.v[i].value);
        total += fields.v[i].value.n;
    }
    FUZZ_CHECK(total <= times * in.n);
}

static void run(struct slice in, find_fn *find, parse_fn *parse, size_t cap)
{
    struct arena arena;
    size_t at;
    FUZZ_CHECK(!find(in, &at) || at <= in.n);
    arena_init(&arena, cap);
    fields_clear(&fields);
    /* A head's text is a field, and the pairs in it are once more. */
    check(in, parse(in, NULL, &arena, &fields), parse == parse_mnemonic ? 2 : 1);
    arena_fini(&arena);
}

/* Columns between every delimiter that gear uses. */
static void run_columns(struct slice in, size_t cap)
{
    static const char *const delimiters[] = {",", "\t", ";", "|", " ", "<;>"};
    for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++) {
        struct slice delimiter = slice_from(delimiters[i]);
        struct arena arena;
        arena_init(&arena, cap);
        fields_clear(&fields);
        check(in, parse_delimited(in, delimiter, &arena, &fields), 1);
        FUZZ_CHECK(fields.n > 0 && fields.format == GW_FORMAT_CSV);
        FUZZ_CHECK(delimited_has_columns(in, delimiter, fields.n, fields.n) || fields.is_truncated);
        arena_fini(&arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    for (size_t cap = 0; cap <= 24; cap += 24) {
        run(in, parse_leef_find, parse_leef, cap);
        run(in, parse_tmcm_find, parse_tmcm, cap);
        run(in, parse_kv_find, parse_kv, cap);
        run(in, parse_json_find, parse_json, cap);
        run_columns(in, cap);
        run(in, parse_mnemonic_find, parse_mnemonic, cap);
    }
    return 0;
}
