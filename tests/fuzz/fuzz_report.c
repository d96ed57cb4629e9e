/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strangers' texts in a report, a line of the input each, in every place that has one. The first
 * byte says in which: 'h' the page is element for element that of harmless names, 'c' the
 * spreadsheet has its cells and no formula, 'j' JSON is JSON, 'p' a PDF is one; upper case: in
 * Chinese. Of what is text nothing steers. A PDF takes long: its seed is short.
 */
#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/report/write.h"
#include "tests/fuzz/fuzz.h"
#include "tests/gateway/report/cells.h"
#include "tests/gateway/report/markup.h"
#include "tests/gateway/report/sample.h"

const char *const fuzz_own_seeds[] = {"report", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

enum { TEXTS = 15, LINE = 600 }; /* longer ones are cut */

static void check_inert(struct slice text)
{
    FUZZ_CHECK(utf8_is_valid(text));
    while (text.n) {
        const unsigned char *p = (const unsigned char *)text.p;
        size_t n = utf8_char(p, text.n);
        FUZZ_CHECK(*p == '\n' || *p == '\r' || !utf8_is_steering(utf8_code(p, n)));
        text = slice_skip(text, n);
    }
}

static void check_html(const struct report_view *view, enum report_language language)
{
    static struct markup tame[REPORT_LANGUAGES];
    struct markup seen = {.depth = 0};
    struct buf out = {0};
    if (tame[language].skeleton.n == 0) {
        struct sample *month = sample_new(SAMPLE_MONTH);
        report_write_html(sample_view(month), language, &out);
        markup_read(buf_text(&out), &tame[language]);
        sample_free(month);
        buf_clear(&out);
    }
    report_write_html(view, language, &out);
    markup_read(buf_text(&out), &seen);
    FUZZ_CHECK(!seen.is_broken);
    FUZZ_CHECK(slice_equal(buf_get(&seen.skeleton), buf_get(&tame[language].skeleton)));
    check_inert(buf_get(&out));
    buf_free(&seen.skeleton);
    buf_free(&out);
}

static void check_csv(const struct report_view *view, enum report_language language)
{
    static struct cells tame[REPORT_LANGUAGES];
    struct buf out = {0};
    if (tame[language].n_rows == 0) {
        struct sample *month = sample_new(SAMPLE_MONTH);
        report_write_csv(sample_view(month), language, &out);
        tame[language] = cells_read(buf_get(&out));
        sample_free(month);
        buf_clear(&out);
    }
    report_write_csv(view, language, &out);
    struct cells seen = cells_read(buf_get(&out));
    FUZZ_CHECK(!seen.is_broken && !seen.has_formula);
    FUZZ_CHECK(seen.n_rows == tame[language].n_rows && seen.n_cells == tame[language].n_cells);
    check_inert(slice_skip(buf_get(&out), 3)); /* behind its mark */
    buf_free(&out);
}

static void check_json(const struct report_view *view)
{
    struct buf out = {0};
    report_write_json(view, &out);
    json_t *value = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_object(value));
    json_decref(value);
    buf_free(&out);
}

static void check_pdf(const struct report_view *view, enum report_language language)
{
    char trouble[256];
    struct buf out = {0};
    if (report_write_pdf(view, language, &out, trouble, sizeof trouble) == 0) {
        FUZZ_CHECK(slice_starts_with(buf_get(&out), SLICE("%PDF-")));
        FUZZ_CHECK(slice_ends_with(buf_get(&out), SLICE("%%EOF\n")));
    } else
        FUZZ_CHECK(trouble[0]); /* no font here */
    buf_free(&out);
}

/* How many; no text would be no element: nobody has it in hand. */
static size_t split(struct slice in, const char *texts[TEXTS])
{
    static char lines[TEXTS][LINE];
    struct slice line;
    size_t n = 0;
    while (in.n && n < TEXTS) {
        slice_cut(in, '\n', &line, &in);
        line = slice_head(line, slice_find(line, '\0'));
        snprintf(lines[n], LINE, "%.*s", SLICE_FMT(line));
        texts[n] = lines[n];
        n += line.n > 0;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *texts[TEXTS];
    struct slice in = fuzz_slice(data, size);
    size_t n = split(slice_skip(in, size > 0), texts);
    if (n == 0)
        return 0;
    enum report_language language = isupper(data[0]) ? REPORT_ZH : REPORT_EN;
    struct sample *sample = sample_new_of(SAMPLE_HOSTILE, texts, n);
    switch (tolower(data[0])) {
    case 'h':
        check_html(sample_view(sample), language);
        break;
    case 'c':
        check_csv(sample_view(sample), language);
        break;
    case 'j':
        check_json(sample_view(sample));
        break;
    case 'p':
        check_pdf(sample_view(sample), language);
        break;
    default:
        break;
    }
    sample_free(sample);
    return 0;
}
