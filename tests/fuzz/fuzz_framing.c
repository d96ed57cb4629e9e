/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream cut at will: the frames must not depend on how the bytes arrived. A small limit, so that
 * short inputs reach the oversize paths.
 */
#include "parsers/framing.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"framing", NULL};
const char *const fuzz_shared_seeds[] = {"tcp-framing", "cve-derived/tcp-framing", NULL};

/* The frames of a run, each with its status and size, as bytes to compare. */
static void record(struct buf *out, const struct framing *f, enum parse_status status,
                   struct slice frame, size_t max)
{
    FUZZ_CHECK(frame.n > 0);
    FUZZ_CHECK(frame.n <= max || (status == PARSE_MALFORMED && frame.n <= max + 32));
    FUZZ_CHECK(!f->is_truncated || f->full_size_bytes > max);
    buf_printf(out, "%d %d %llu %zu:", status, f->is_truncated,
               (unsigned long long)f->full_size_bytes, frame.n);
    buf_slice(out, frame);
}

static void cut(struct slice in, size_t step, size_t max, struct buf *out)
{
    struct framing f;
    struct slice frame, held = {in.p, 0};
    size_t consumed, arrived = 0;
    framing_init(&f, FRAMING_AUTO, max);
    bool is_end = false;
    for (;;) {
        enum parse_status status = is_end ? framing_end(&f, held, &frame, &consumed)
                                          : framing_next(&f, held, &frame, &consumed);
        FUZZ_CHECK(consumed <= held.n);
        held = slice_skip(held, consumed);
        if (status != PARSE_MORE) {
            FUZZ_CHECK(consumed || f.is_truncated);
            record(out, &f, status, frame, max);
            continue;
        }
        if (is_end)
            break;
        FUZZ_CHECK(held.n <= max + 32); /* a buffer of that size is enough */
        if (arrived == in.n) {
            is_end = true;
            continue;
        }
        size_t n = in.n - arrived < step ? in.n - arrived : step;
        held.n += n;
        arrived += n;
    }
    framing_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    struct buf whole = {0}, pieces = {0};
    size_t max = size > 4096 ? 1000 : 40;
    cut(in, size ? size : 1, max, &whole);
    cut(in, size > 4096 ? 13 : 1, max, &pieces);
    if (!slice_equal(buf_get(&whole), buf_get(&pieces)))
        fprintf(stderr, "at once:\n%.*s\nin pieces:\n%.*s\n", SLICE_FMT(buf_get(&whole)),
                SLICE_FMT(buf_get(&pieces)));
    FUZZ_CHECK(slice_equal(buf_get(&whole), buf_get(&pieces)));
    buf_free(&whole);
    buf_free(&pieces);
    return 0;
}
