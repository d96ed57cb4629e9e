/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports as PDF: what pdftotext reads of them, glyphs, bytes, sheets, fonts that are missing. */
#include <cairo-pdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/report/pdf_table.h"
#include "gateway/report/words.h"
#include "gateway/report/write.h"
#include "tests/gateway/report/sample.h"
#include "tests/support/unit.h"

static void write_pdf(enum sample_kind kind, enum report_language language, struct buf *out)
{
    struct sample *sample = sample_new(kind);
    char trouble[160] = "?";
    CU_ASSERT_EQUAL(report_write_pdf(sample_view(sample), language, out, trouble, sizeof trouble),
                    GW_OK);
    UNIT_TEXT(slice_from(trouble), "");
    sample_free(sample);
}

/* What a command says of a file of these bytes. */
static void say(const char *command, const char *rest, const struct buf *pdf, struct buf *out)
{
    char path[] = "/tmp/eog-report-XXXXXX", line[200];
    int fd = mkstemp(path);
    FILE *pipe;
    size_t n;
    CU_ASSERT_FATAL(fd >= 0 && write(fd, pdf->p, pdf->n) == (ssize_t)pdf->n);
    close(fd);
    snprintf(line, sizeof line, "%s %s %s", command, path, rest);
    pipe = popen(line, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    while ((n = fread(buf_reserve(out, 4096), 1, 4096, pipe)) > 0)
        out->n += n;
    CU_ASSERT_EQUAL(pclose(pipe), 0);
    unlink(path);
}

static bool has(struct buf *text, const char *part)
{
    bool is_there = strstr(buf_text(text), part) != NULL;
    if (!is_there)
        printf("\n    not there: %s\n", part);
    return is_there;
}

static int pages_of(const struct buf *pdf)
{
    struct buf info = {0};
    const char *pages;
    say("pdfinfo", "", pdf, &info);
    pages = strstr(buf_text(&info), "Pages:");
    int n = pages ? atoi(pages + 6) : 0;
    buf_free(&info);
    return n;
}

static void test_texts(void)
{
    static const enum report_word sections[] = {
        WORD_SUMMARY,        WORD_OPEN_CASES, WORD_ALERTS,     WORD_TOP_TENS,       WORD_OVER_TIME,
        WORD_ALL_DETECTIONS, WORD_INDICATORS, WORD_INSPECTION, WORD_NOT_UNDERSTOOD, WORD_NOTES};
    for (int language = 0; language < REPORT_LANGUAGES; language++) {
        struct buf pdf = {0}, text = {0};
        char last[32];
        int pages;
        write_pdf(SAMPLE_MONTH, language, &pdf);
        CU_ASSERT_NSTRING_EQUAL(buf_text(&pdf), "%PDF-1.", 7);
        say("pdftotext -layout", "-", &pdf, &text);
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
            CU_ASSERT(has(&text, report_word(sections[i], language)));
        CU_ASSERT(has(&text, "TROJ_GENERIC.R002C0DLA26"));
        CU_ASSERT(has(&text, "研发部-张三的台式机"));
        CU_ASSERT(has(&text, report_state_word(2, language)));
        CU_ASSERT_PTR_NULL(strstr(buf_text(&text), "\xef\xbf\xbd"));
        pages = pages_of(&pdf);
        CU_ASSERT(pages >= 4);
        snprintf(last, sizeof last, "%d/%d", pages, pages); /* it leaves small gaps out */
        CU_ASSERT(has(&text, last));
        buf_free(&pdf);
        buf_free(&text);
    }
}

/* Made of the plan's time, not of now; and the outline has its sections. */
static void test_metadata(void)
{
    struct buf pdf = {0}, info = {0}, again = {0};
    struct timespec second = {1, 100000000};
    write_pdf(SAMPLE_MONTH, REPORT_EN, &pdf);
    say("TZ=UTC pdfinfo -isodates", "", &pdf, &info);
    CU_ASSERT(has(&info, "Monthly security report, 2026-03-01 – 2026-03-31"));
    CU_ASSERT(has(&info, "CreationDate:    2026-03-31T23:00:00Z"));
    CU_ASSERT_EQUAL(strstr(buf_text(&info), "ModDate"), NULL);
    CU_ASSERT(memmem(pdf.p, pdf.n, "/Outlines", 9) != NULL);
    nanosleep(&second, NULL); /* a date of now would be another one */
    write_pdf(SAMPLE_MONTH, REPORT_EN, &again);
    CU_ASSERT(slice_equal(buf_get(&pdf), buf_get(&again)));
    buf_free(&pdf);
    buf_free(&info);
    buf_free(&again);
}

static void test_empty(void)
{
    for (int language = 0; language < REPORT_LANGUAGES; language++) {
        struct buf pdf = {0}, text = {0};
        write_pdf(SAMPLE_EMPTY, language, &pdf);
        say("pdftotext -layout", "-", &pdf, &text);
        CU_ASSERT_EQUAL(pages_of(&pdf), 1);
        CU_ASSERT(has(&text, report_word(WORD_IS_EMPTY, language)));
        CU_ASSERT_PTR_NULL(strstr(buf_text(&text), report_word(WORD_TOP_TENS, language)));
        buf_free(&pdf);
        buf_free(&text);
    }
}

static void test_every_sample(void)
{
    for (int kind = 0; kind < SAMPLE_KINDS; kind++)
        for (int language = 0; language < REPORT_LANGUAGES; language++) {
            struct buf pdf = {0};
            write_pdf(kind, language, &pdf);
            CU_ASSERT(pages_of(&pdf) > 0);
            buf_free(&pdf);
        }
}

/* pdftotext says itself which words run from right to left. */
static bool is_of_pdftotext(uint32_t code)
{
    return code == '\n' || code == '\f' || code == 0x202a || code == 0x202b || code == 0x202c;
}

/* No text of a hostile report has a character that a reader obeys; markup is text. */
static void test_hostile(void)
{
    struct buf pdf = {0}, text = {0};
    write_pdf(SAMPLE_HOSTILE, REPORT_EN, &pdf);
    say("pdftotext -layout", "-", &pdf, &text);
    for (size_t i = 0, n; i < text.n; i += n) {
        const unsigned char *p = (const unsigned char *)text.p + i;
        uint32_t code;
        n = utf8_char(p, text.n - i);
        CU_ASSERT_FATAL(n > 0);
        code = utf8_code(p, n);
        CU_ASSERT(!utf8_is_steering(code) || is_of_pdftotext(code));
    }
    CU_ASSERT(has(&text, "<script>alert(1)</script>"));
    CU_ASSERT(has(&text, "invoice\\u{202e}gpj.exe"));
    buf_free(&pdf);
    buf_free(&text);
}

/* Each indicator stands in it by its name, below its part's heading, whether its scopes have strips
   or not. */
static void test_indicators(void)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    for (int form = 0; form < 2; form++) {
        struct report_view view = *sample_view(sample);
        struct report_kpi kpis[40];
        struct buf pdf = {0}, text = {0};
        char trouble[160];
        const char *part, *inspection;
        CU_ASSERT_FATAL(view.n_kpis > 0 && view.n_kpis <= 40);
        memcpy(kpis, view.kpis, view.n_kpis * sizeof *kpis);
        for (size_t i = 0; i < view.n_kpis; i++)
            kpis[i].n_lines = form == 0 ? kpis[i].n_lines : 0;
        view.kpis = kpis;
        CU_ASSERT_EQUAL(report_write_pdf(&view, REPORT_ZH, &pdf, trouble, sizeof trouble), GW_OK);
        say("pdftotext -layout", "-", &pdf, &text);
        for (size_t i = 0; i < view.n_kpis; i++)
            CU_ASSERT(has(&text, kpis[i].name[REPORT_ZH]));
        part = strstr(buf_text(&text), report_word(WORD_NETWORK, REPORT_ZH));
        inspection = strstr(buf_text(&text), report_word(WORD_INSPECTION, REPORT_ZH));
        CU_ASSERT(part && inspection && part < inspection);
        buf_free(&pdf);
        buf_free(&text);
    }
    sample_free(sample);
}

/* ---- the sheets themselves ---- */

struct drawing {
    struct sample *sample;
    struct pdf_sheet sheet;
    cairo_surface_t *surface;
};

static void open_drawing(struct drawing *d)
{
    d->sample = sample_new(SAMPLE_MONTH);
    CU_ASSERT_FATAL(pdf_sheet_init(&d->sheet, sample_view(d->sample), REPORT_ZH));
    d->surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    pdf_sheet_begin(&d->sheet, d->surface, false);
}

static void close_drawing(struct drawing *d)
{
    pdf_sheet_end(&d->sheet);
    cairo_surface_destroy(d->surface);
    pdf_sheet_fini(&d->sheet);
    sample_free(d->sample);
}

/* Any text stays in its box: names without blanks, without end, of marks, of no characters. */
static void test_boxes(void)
{
    char endless[5000];
    const char *const texts[] = {endless,
                                 "",
                                 "W32/Example",
                                 "研发部-张三的台式机-研发部-张三",
                                 "\xff\xfe\x80",
                                 "a\xcc\x81\xcc\x82\xcc\x83\xcc\x84",
                                 "שלום 12",
                                 "<b>bold</b> &amp;",
                                 NULL};
    static const double widths[] = {12, 40, 90, 300};
    struct drawing d;
    memset(endless, 'W', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    open_drawing(&d);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            struct pdf_text one = pdf_text_set(&d.sheet, PDF_CELL, "W", 0, 1, PDF_START);
            struct pdf_text text =
                pdf_text_set(&d.sheet, PDF_CELL, texts[i], widths[w], 3, PDF_END);
            CU_ASSERT(text.width <= widths[w] + 1);
            CU_ASSERT(pango_layout_get_line_count(text.layout) <= 3);
            CU_ASSERT(text.height <= 4 * one.height + 1);
            CU_ASSERT_EQUAL(pango_layout_get_unknown_glyphs_count(text.layout), 0);
            pdf_text_free(&text);
            pdf_text_free(&one);
        }
    close_drawing(&d);
}

/* A character that no font has is shown as its number. */
static void test_glyphs(void)
{
    struct drawing d;
    struct pdf_text text;
    open_drawing(&d);
    CU_ASSERT_FALSE(d.sheet.lacks_glyphs);
    text = pdf_text_set(&d.sheet, PDF_CELL, "a\xf3\xb0\x80\x81z", 0, 1, PDF_START); /* private */
    CU_ASSERT_STRING_EQUAL(pango_layout_get_text(text.layout), "a\\u{f0001}z");
    CU_ASSERT(d.sheet.lacks_glyphs);
    CU_ASSERT_FALSE(d.sheet.lacks_chinese);
    pdf_text_free(&text);
    close_drawing(&d);
}

/* Rows are whole on their sheets, the head comes again, and no heading is the last of a sheet. */
static void test_tables(void)
{
    static const struct pdf_column columns[] = {{.title = "a", .width = -1, .lines = 3},
                                                {.title = "b", .width = 60, .align = PDF_END}};
    for (double start = PDF_BOTTOM - 120; start < PDF_BOTTOM; start += 7) {
        struct drawing d;
        struct pdf_table table;
        double first;
        open_drawing(&d);
        d.sheet.y = start;
        pdf_sheet_heading(&d.sheet, "heading");
        pdf_sheet_minor(&d.sheet, "minor");
        pdf_table_begin(&table, &d.sheet, columns, 2);
        for (int i = 0; i < 200; i++) {
            const struct pdf_cell cells[] = {{.text = "one two three", .below = i % 3 ? "x" : NULL},
                                             {.text = "12,345"}};
            double before = d.sheet.y;
            int page = d.sheet.page;
            if (i % 5 == 0)
                pdf_table_group(&table, "group", "note", 1);
            pdf_table_row(&table, cells);
            CU_ASSERT(d.sheet.y <= PDF_BOTTOM + 0.1);
            CU_ASSERT(d.sheet.y > before || d.sheet.page == page + 1);
            if (i == 0)
                first = d.sheet.y;
            if (i == 1 && d.sheet.page == 1) /* what was begun went on for a row at least */
                CU_ASSERT(d.sheet.y > first);
            if (i == 1)
                CU_ASSERT_EQUAL(d.sheet.page, page);
        }
        CU_ASSERT(d.sheet.page >= 4);
        close_drawing(&d);
    }
}

/* What stands between two groups turned the page: the next row has the head above it all the same.
 */
static void test_turned_between(void)
{
    static const struct pdf_column columns[] = {{.title = "a", .width = -1}};
    static const struct pdf_cell cell = {.text = "row"};
    double high[2];
    for (int is_turned = 0; is_turned < 2; is_turned++) {
        struct drawing d;
        struct pdf_table table;
        open_drawing(&d);
        pdf_table_begin(&table, &d.sheet, columns, 1);
        pdf_table_row(&table, &cell);
        if (is_turned)
            pdf_sheet_need(&d.sheet, PDF_BOTTOM - d.sheet.y + 1);
        double before = d.sheet.y;
        CU_ASSERT_EQUAL(d.sheet.page, 1 + is_turned);
        pdf_table_row(&table, &cell);
        high[is_turned] = d.sheet.y - before;
        close_drawing(&d);
    }
    CU_ASSERT(high[1] > high[0] + 5); /* by the head */
}

/* ---- other fonts ---- */

/* Again, as a process of its own: fontconfig reads its file once. */
static void run_with_fonts(const char *folder, const char *language, struct buf *out)
{
    char path[] = "/tmp/eog-fonts-XXXXXX", line[600], self[300];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    FILE *file, *pipe;
    CU_ASSERT_FATAL(n > 0 && mkdtemp(path) != NULL);
    self[n] = 0;
    snprintf(line, sizeof line, "%s/fonts.conf", path);
    file = fopen(line, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fprintf(file, "<fontconfig><dir>%s</dir><cachedir>%s/cache</cachedir></fontconfig>\n",
            *folder ? folder : path, path);
    fclose(file);
    snprintf(line, sizeof line, "FONTCONFIG_FILE=%s/fonts.conf %s %s; rm -rf %s", path, self,
             language, path);
    pipe = popen(line, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    out->n += fread(buf_reserve(out, 1000), 1, 1000, pipe);
    CU_ASSERT_EQUAL(pclose(pipe), 0);
}

static int write_with_fonts(const char *language)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct buf pdf = {0};
    char trouble[160];
    int error =
        report_write_pdf(sample_view(sample), strcmp(language, "zh") == 0 ? REPORT_ZH : REPORT_EN,
                         &pdf, trouble, sizeof trouble);
    printf("%d %d %s", error, pdf.n > 0, trouble);
    buf_free(&pdf);
    sample_free(sample);
    return 0;
}

#define DEJAVU "/usr/share/fonts/truetype/dejavu"
/* Of packages_run: the only one that is always there. */
#define WQY "/usr/share/fonts/truetype/wqy"
static void test_missing_fonts(void)
{
    static const struct {
        const char *folder, *language, *says;
    } cases[] = {
        {"", "zh", "-3 0 no font at all: install fonts-noto-cjk or fonts-wqy-microhei"},
        {"", "en", "-3 0 no font at all: install fonts-noto-cjk or fonts-wqy-microhei"},
        {WQY, "zh", "0 1 "},
        {WQY, "en", "0 1 "},
        {DEJAVU, "zh", "-3 0 no font for Chinese: install fonts-noto-cjk or fonts-wqy-microhei"},
        {DEJAVU, "en",
         "0 1 Chinese names are shown as numbers: no font for Chinese: install fonts-noto-cjk or "
         "fonts-wqy-microhei"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0};
        if (*cases[i].folder && access(cases[i].folder, R_OK) != 0)
            continue; /* such a font is not on every machine; the first ones are judged everywhere
                       */
        run_with_fonts(cases[i].folder, cases[i].language, &text);
        UNIT_TEXT(buf_get(&text), cases[i].says);
        buf_free(&text);
    }
}

int main(int argc, char **argv)
{
    static const CU_TestInfo tests[] = {{"texts", test_texts},
                                        {"metadata", test_metadata},
                                        {"empty", test_empty},
                                        {"every sample", test_every_sample},
                                        {"hostile", test_hostile},
                                        {"indicators", test_indicators},
                                        {"boxes", test_boxes},
                                        {"glyphs", test_glyphs},
                                        {"tables", test_tables},
                                        {"turned between", test_turned_between},
                                        {"missing fonts", test_missing_fonts},
                                        CU_TEST_INFO_NULL};
    if (argc > 1)
        return write_with_fonts(argv[1]);
    return unit_run("report pdf", tests);
}
