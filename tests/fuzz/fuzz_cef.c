/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CEF and TMEF alone. Fields come in the order sent, and none is longer than its place in the
 * message. */
#include "parsers/cef.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"cef", NULL};
const char *const fuzz_shared_seeds[] = {"cef", "cve-derived/cef", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fields fields;
    struct slice in = fuzz_slice(data, size);
    struct parse_options strict = {.strict = true};
    struct arena arena;
    size_t at;

    arena_init(&arena, 0);
    if (parse_cef_find(in, &at)) {
        FUZZ_CHECK(at < size);
        fields_clear(&fields);
        enum parse_status status = parse_cef(slice_skip(in, at), NULL, &arena, &fields);
        FUZZ_CHECK(fields.format == GW_FORMAT_CEF || fields.format == GW_FORMAT_TMEF);
        FUZZ_CHECK(status != PARSE_MORE);
        FUZZ_CHECK(fields.n_header == 7 || status == PARSE_MALFORMED);
        size_t total = 0;
        const char *last = in.p;
        for (size_t i = 0; i < fields.n; i++) {
            fuzz_touch(fields.v[i].value);
            total += fields.v[i].value.n;
            if (i >= fields.n_header && !slice_equal(fields.v[i].name, SLICE("_text"))) {
                FUZZ_CHECK(fields.v[i].name.n && fields.v[i].name.p >= last);
                FUZZ_CHECK(fields.v[i].name.p[fields.v[i].name.n] == '=');
                last = fields.v[i].name.p;
            }
        }
        FUZZ_CHECK(total <= size);
    }
    fields_clear(&fields);
    parse_cef(in, &strict, &arena, &fields);
    arena_fini(&arena);
    return 0;
}
