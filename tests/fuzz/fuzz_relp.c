/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A RELP stream cut at will: the frames must not depend on how the bytes arrived, and what is
 * written of a frame is that frame again. A small limit, so that short inputs reach the oversize
 * paths.
 */
#include "parsers/relp.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"relp", NULL};
const char *const fuzz_shared_seeds[] = {"cve-derived/relp", NULL};

static void rewrite(const struct relp_frame *frame)
{
    struct relp_reader reader;
    struct relp_frame again;
    struct buf out = {0};
    size_t consumed;
    relp_write(&out, frame->txnr, frame->command, frame->data);
    relp_reader_init(&reader, frame->data.n);
    FUZZ_CHECK(relp_next(&reader, buf_get(&out), &again, &consumed) == PARSE_OK);
    FUZZ_CHECK(consumed == out.n && again.txnr == frame->txnr && !again.full_size_bytes);
    FUZZ_CHECK(slice_equal(again.command, frame->command) && slice_equal(again.data, frame->data));
    relp_reader_fini(&reader);
    buf_free(&out);
}

static void read_data(struct slice data)
{
    struct slice text, rest, name, value;
    int code;
    if (relp_read_response(data, &code, &text, &rest)) {
        FUZZ_CHECK(code >= 0 && code <= 999);
        fuzz_touch(text);
        fuzz_touch(rest);
    }
    for (rest = data; relp_next_offer(&rest, &name, &value);) {
        fuzz_touch(name);
        fuzz_touch(value);
        relp_has_word(value, SLICE("syslog"));
    }
}

static void cut(struct slice in, size_t step, size_t max, struct buf *out)
{
    struct relp_reader reader;
    struct relp_frame frame;
    struct slice held = {in.p, 0};
    size_t consumed, arrived = 0;
    relp_reader_init(&reader, max);
    for (;;) {
        enum parse_status status = relp_next(&reader, held, &frame, &consumed);
        FUZZ_CHECK(consumed <= held.n);
        held = slice_skip(held, consumed);
        if (status == PARSE_MALFORMED) {
            buf_printf(out, "!%s", reader.error);
            break;
        }
        if (status == PARSE_OK) {
            FUZZ_CHECK(consumed > 0 && frame.data.n <= max && frame.txnr <= RELP_TXNR_MAX);
            FUZZ_CHECK(frame.command.n > 0 && frame.command.n <= RELP_COMMAND_MAX);
            FUZZ_CHECK(!frame.full_size_bytes || frame.full_size_bytes > max);
            rewrite(&frame);
            read_data(frame.data);
            buf_printf(out, "%u %llu %zu:", frame.txnr, (unsigned long long)frame.full_size_bytes,
                       frame.data.n);
            buf_slice(out, frame.command);
            buf_slice(out, frame.data);
            continue;
        }
        FUZZ_CHECK(held.n <= max + RELP_HEADER_MAX); /* a buffer of that size is enough */
        if (arrived == in.n)
            break;
        size_t n = in.n - arrived < step ? in.n - arrived : step;
        held.n += n;
        arrived += n;
    }
    relp_reader_fini(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    struct buf whole = {0}, pieces = {0};
    size_t max = size > 4096 ? 1000 : 40;
    cut(in, size ? size : 1, max, &whole);
    cut(in, size > 4096 ? 13 : 1, max, &pieces);
    FUZZ_CHECK(slice_equal(buf_get(&whole), buf_get(&pieces)));
    buf_free(&whole);
    buf_free(&pieces);
    return 0;
}
