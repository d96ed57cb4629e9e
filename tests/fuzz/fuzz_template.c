/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first line is a template, the rest a text. */
#include "parsers/template.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"template", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct template_variable variables[] = {{"v", "malware"}, {"s", "host"},
                                                         {"CV", "count"},  {"CC", "hosts"},
                                                         {"C", "logs"},    {"a", NULL}};
    struct slice in = fuzz_slice(data, size), head, text;
    struct field out[8];
    const char *error = "";

    slice_cut(in, '\n', &head, &text);
    struct template *t = template_compile(head, variables, 6, &error);
    FUZZ_CHECK((t == NULL) == (error != NULL));
    if (!t)
        return 0;
    bool is_ambiguous = false;
    int n = template_match(t, text, out, 8, &is_ambiguous);
    FUZZ_CHECK(n >= -1 && n <= 8);
    for (int i = 0; i < n; i++) {
        FUZZ_CHECK(out[i].name.n && out[i].value.n);
        FUZZ_CHECK(out[i].value.p >= text.p && out[i].value.p + out[i].value.n <= text.p + text.n);
        fuzz_touch(out[i].value);
    }
    FUZZ_CHECK(n >= 0 || !is_ambiguous);
    template_free(t);
    return 0;
}
