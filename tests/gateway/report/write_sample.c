/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a sample as a page, for the eye and for tests in other languages:
 * write_sample month|day|quiet|hostile|empty en|zh > FILE
 */
#include <stdio.h>
#include <string.h>

#include "gateway/report/write.h"
#include "tests/gateway/report/sample.h"

int main(int argc, char **argv)
{
    struct buf out = {0};
    int kind = 0;
    while (argc == 3 && kind < SAMPLE_KINDS && strcmp(argv[1], sample_name(kind)) != 0)
        kind++;
    if (argc != 3 || kind == SAMPLE_KINDS) {
        fprintf(stderr, "usage: write_sample month|day|quiet|hostile|empty en|zh\n");
        return 2;
    }
    struct sample *sample = sample_new(kind);
    report_write_html(sample_view(sample), strcmp(argv[2], "zh") == 0 ? REPORT_ZH : REPORT_EN,
                      &out);
    size_t written = fwrite(out.p, 1, out.n, stdout);
    int failed = written != out.n || fflush(stdout) != 0;
    buf_free(&out);
    sample_free(sample);
    return failed;
}
