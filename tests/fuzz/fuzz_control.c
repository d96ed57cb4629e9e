/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket's requests: cut from a stream that arrives in pieces, then read for their
 * words. What is understood must not depend on the pieces, and nothing understood breaks a promise.
 */
#include "gateway/base/buf.h"
#include "gateway/base/utf8.h"
#include "gateway/daemon/control_request.h"
#include "gateway/kpi/watchlist.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"control", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static void check_ack(struct slice argument, struct buf *out)
{
    struct control_ack ack;
    const char *wrong = control_request_ack(argument, &ack);
    fuzz_touch(ack.name);
    fuzz_touch(ack.note);
    if (wrong) {
        buf_printf(out, "%s.", wrong);
        return;
    }
    FUZZ_CHECK(ack.id > 0 && ack.name.n > 0);
    FUZZ_CHECK(ack.name.n <= CONTROL_ACK_NAME_MAX && ack.note.n <= CONTROL_ACK_NOTE_MAX);
    FUZZ_CHECK(utf8_is_valid(ack.name) && utf8_is_valid(ack.note));
    for (size_t i = 0; i < ack.name.n; i++)
        FUZZ_CHECK((unsigned char)ack.name.p[i] >= 0x20 && ack.name.p[i] != 0x7f);
    for (size_t i = 0; i < ack.note.n; i++)
        FUZZ_CHECK((unsigned char)ack.note.p[i] >= 0x20 && ack.note.p[i] != 0x7f);
    buf_printf(out, "ack %u:", ack.id);
    buf_slice(out, ack.name);
    buf_byte(out, '\t');
    buf_slice(out, ack.note);
}

static void check_top(struct slice argument, struct buf *out)
{
    struct control_top top;
    const char *wrong = control_request_top(argument, &top);
    if (!wrong)
        FUZZ_CHECK(control_top_period(top.period) && control_top_kind(top.kind));
    buf_printf(out, "%s %u %u", wrong ? wrong : "top", wrong ? 0 : top.period,
               wrong ? 0 : top.kind);
}

static void check_watch(struct slice argument, struct buf *out)
{
    struct control_watch_request asked;
    const char *wrong = control_request_watch(argument, &asked);
    fuzz_touch(asked.file);
    if (!wrong && asked.what == CONTROL_WATCH_LOAD) {
        FUZZ_CHECK(asked.bytes > 0 && asked.bytes <= KPI_WATCH_PUSHED_MAX);
        FUZZ_CHECK(asked.file.n > 0 && asked.file.n <= CONTROL_WATCH_FILE_MAX);
        FUZZ_CHECK(utf8_is_valid(asked.file));
        for (size_t i = 0; i < asked.file.n; i++)
            FUZZ_CHECK((unsigned char)asked.file.p[i] >= 0x20 && asked.file.p[i] != 0x7f);
    }
    buf_printf(out, "%s %d %zu", wrong ? wrong : "watch", asked.what, wrong ? 0 : asked.bytes);
}

/* One request as it is understood, as text to compare. */
static void record(struct slice line, struct buf *out)
{
    struct control_tail tail;
    struct slice word, argument;
    fuzz_touch(line);
    FUZZ_CHECK(line.n <= CONTROL_REQUEST_MAX);
    FUZZ_CHECK(slice_find(line, '\n') == line.n);
    slice_cut(line, ' ', &word, &argument);
    const char *wrong = control_request_tail(argument, &tail);
    if (!wrong)
        FUZZ_CHECK(!tail.has_own || !tail.is_unknown);
    buf_printf(out, "%zu %s %llu %d %d:", word.n, wrong ? wrong : "tail",
               (unsigned long long)tail.n, tail.has_own, tail.is_unknown);
    check_ack(argument, out);
    check_top(argument, out);
    check_watch(argument, out);
    buf_byte(out, '\n');
}

/* As the daemon does: what was no whole line waits for more, and never much of it. */
static void cut(struct slice in, size_t step, struct buf *out)
{
    struct slice held = slice_of(in.p, 0), line;
    size_t arrived = 0;
    for (;;) {
        enum control_cut cut = control_request_cut(&held, &line);
        if (cut == CONTROL_CUT_LINE) {
            record(line, out);
            continue;
        }
        if (cut == CONTROL_CUT_TOO_LONG) {
            buf_printf(out, "too long");
            return;
        }
        FUZZ_CHECK(held.n <= CONTROL_REQUEST_MAX);
        if (arrived == in.n)
            return;
        size_t n = in.n - arrived < step ? in.n - arrived : step;
        held = slice_of(in.p + arrived - held.n, held.n + n);
        arrived += n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    struct buf whole = {0}, pieces = {0};
    cut(in, size ? size : 1, &whole);
    cut(in, size > 4096 ? 13 : 1, &pieces);
    FUZZ_CHECK(slice_equal(buf_get(&whole), buf_get(&pieces)));
    buf_free(&whole);
    buf_free(&pieces);
    return 0;
}
