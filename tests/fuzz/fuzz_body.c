/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body formats beside CEF, each whether its find() would ask for it or not. */
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

static void run(struct slice in, find_fn *find, parse_fn *parse, size_t cap)
{
    static struct fields fields;
    struct arena arena;
    size_t at;
    FUZZ_CHECK(!find(in, &at) || at <= in.n);
    arena_init(&arena, cap);
    fields_clear(&fields);
    enum parse_status status = parse(in, NULL, &arena, &fields);
    FUZZ_CHECK(status != PARSE_MORE && (status == PARSE_MALFORMED) == (fields.error != NULL));
    FUZZ_CHECK(fields.error_at <= in.n && fields.n_header <= fields.n && fields.n <= FIELDS_MAX);
    size_t total = 0;
    for (size_t i = 0; i < fields.n; i++) {
        fuzz_touch(fields.v[i].name);
        fuzz_touch(fields.v[i].value);
        total += fields.v[i].value.n;
    }
    /* A head's text is a field, and the pairs in it are once more. */
    FUZZ_CHECK(total <= (parse == parse_mnemonic ? 2 : 1) * in.n);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    for (size_t cap = 0; cap <= 24; cap += 24) {
        run(in, parse_leef_find, parse_leef, cap);
        run(in, parse_tmcm_find, parse_tmcm, cap);
        run(in, parse_kv_find, parse_kv, cap);
        run(in, parse_json_find, parse_json, cap);
        run(in, parse_mnemonic_find, parse_mnemonic, cap);
    }
    return 0;
}
