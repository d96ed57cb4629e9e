/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scanner's report: whatever it holds, what goes out are lines that a listener takes, each one
   JSON object, as many as are counted. The first byte chooses --each and the charset. */
#include "gateway/base/utf8.h"
#include "gateway/ctl/csv.h"
#include "parsers/json.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"csv", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static void check_lines(struct slice rest, size_t expected)
{
    struct slice line;
    size_t n = 0;
    while (rest.n) {
        FUZZ_CHECK(slice_cut(rest, '\n', &line, &rest));
        FUZZ_CHECK(line.n >= 2 && line.p[0] == '{' && line.p[line.n - 1] == '}');
        FUZZ_CHECK(line.n <= (size_t)CSV_MESSAGE_MAX + CSV_COLUMNS_MAX * 1024);
        FUZZ_CHECK(utf8_is_valid(line));
        n++;
    }
    FUZZ_CHECK(n == expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const charsets[] = {NULL, "GB18030", "CP932"};
    struct buf out = {0}, error = {0};
    struct csv_figures figures;
    if (size == 0)
        return 0;
    struct csv_options options = {charsets[data[0] % 3], data[0] & 4 ? "IP" : NULL};
    bool is_good = csv_to_json(fuzz_slice(data + 1, size - 1), &options, &out, &figures, &error);
    FUZZ_CHECK(is_good == (error.n == 0));
    if (is_good)
        check_lines(buf_get(&out), figures.records + figures.each);
    buf_free(&out);
    buf_free(&error);
    return 0;
}
