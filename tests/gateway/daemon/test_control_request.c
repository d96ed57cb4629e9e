/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests of the control socket: what is one, what its words mean, what is refused. */
#include <string.h>

#include "gateway/daemon/control_request.h"
#include "tests/support/unit.h"

static void test_cut(void)
{
    struct slice in = SLICE(" status \r\n\nack 7\tlin\nala"), line;
    CU_ASSERT_EQUAL(control_request_cut(&in, &line), CONTROL_CUT_LINE);
    UNIT_TEXT(line, "status");
    CU_ASSERT_EQUAL(control_request_cut(&in, &line), CONTROL_CUT_LINE);
    UNIT_TEXT(line, "");
    CU_ASSERT_EQUAL(control_request_cut(&in, &line), CONTROL_CUT_LINE);
    UNIT_TEXT(line, "ack 7\tlin");
    CU_ASSERT_EQUAL(control_request_cut(&in, &line), CONTROL_CUT_MORE);
    UNIT_TEXT(line, "");
    UNIT_TEXT(in, "ala");
    in = SLICE_NONE;
    CU_ASSERT_EQUAL(control_request_cut(&in, &line), CONTROL_CUT_MORE);
}

/* With its end or without: one byte too long is too long. */
static void test_length(void)
{
    char bytes[CONTROL_REQUEST_MAX + 2];
    struct slice line;
    for (size_t n = CONTROL_REQUEST_MAX - 1; n <= CONTROL_REQUEST_MAX + 1; n++) {
        bool fits = n <= CONTROL_REQUEST_MAX;
        memset(bytes, 'x', sizeof bytes);
        struct slice in = slice_of(bytes, n);
        CU_ASSERT_EQUAL(control_request_cut(&in, &line),
                        fits ? CONTROL_CUT_MORE : CONTROL_CUT_TOO_LONG);
        bytes[n] = '\n';
        in = slice_of(bytes, n + 1);
        CU_ASSERT_EQUAL(control_request_cut(&in, &line),
                        fits ? CONTROL_CUT_LINE : CONTROL_CUT_TOO_LONG);
        CU_ASSERT_EQUAL(line.n, fits ? n : 0);
    }
}

static void test_tail(void)
{
    static const struct {
        const char *argument;
        uint64_t n;
        bool is_good, has_own, is_unknown;
    } cases[] = {
        {"", 0, true, false, false},
        {"20", 20, true, false, false},
        {"20 all", 20, true, true, false},
        {"0 unknown", 0, true, false, true},
        {"20 unknown", 20, true, false, true},
        {"-1", 0, false, false, false},
        {"x", 0, false, false, false},
        {"all", 0, false, false, false},
        {"20x", 0, false, false, false},
        {"20 al", 20, false, false, false},
        {"20 all all", 20, false, false, false},
        {"99999999999999999999", 0, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct control_tail tail;
        const char *wrong = control_request_tail(slice_from(cases[i].argument), &tail);
        CU_ASSERT_EQUAL(!wrong, cases[i].is_good);
        CU_ASSERT(wrong || tail.n == cases[i].n);
        CU_ASSERT_EQUAL(tail.has_own, cases[i].has_own);
        CU_ASSERT_EQUAL(tail.is_unknown, cases[i].is_unknown);
    }
}

static void test_top(void)
{
    static const struct {
        const char *argument;
        uint32_t period, kind;
        bool is_good;
    } cases[] = {
        {"", 0, 0, true},
        {"all", 0, 0, true},
        {"day", 1, 0, true},
        {"week all", 2, 0, true},
        {"month source", 3, 2, true},
        {"all computer", 0, 3, true},
        {"day malware", 1, 1, true},
        {"malware", 0, 0, false},
        {"day month", 0, 0, false},
        {"days", 0, 0, false},
        {"day malware all", 0, 0, false},
        {"Day", 0, 0, false},
        {"da", 0, 0, false},
        {"day\tall", 0, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct control_top top;
        const char *wrong = control_request_top(slice_from(cases[i].argument), &top);
        CU_ASSERT_EQUAL(!wrong, cases[i].is_good);
        CU_ASSERT(wrong || (top.period == cases[i].period && top.kind == cases[i].kind));
    }
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_PTR_NOT_NULL(control_top_period(i));
        CU_ASSERT_PTR_NOT_NULL(control_top_kind(i));
    }
    CU_ASSERT_PTR_NULL(control_top_period(4));
    CU_ASSERT_PTR_NULL(control_top_kind(UINT32_MAX));
}

static void test_ack(void)
{
    struct control_ack ack;
    CU_ASSERT_PTR_NULL(control_request_ack(SLICE("7\t王 \t ticket 4711 "), &ack));
    CU_ASSERT_EQUAL(ack.id, 7);
    UNIT_TEXT(ack.name, "王");
    UNIT_TEXT(ack.note, "ticket 4711");
    CU_ASSERT_PTR_NULL(control_request_ack(SLICE("4294967295\tlin"), &ack));
    CU_ASSERT_EQUAL(ack.id, 4294967295U);
    UNIT_TEXT(ack.note, "");
    static const char *const refused[] = {
        "",
        "7",
        "7\t",
        "7\t \tnote",
        "x\tlin",
        "0\tlin",
        "-7\tlin",
        "4294967296\tlin",
        "7 \tlin",
        "7\ta\x1b[2J",
        "7\ta\x7f",
        ("7\ta\xc2\x9b"
         "2J"),
        "7\t\xff",
        "7\t\xe7\x8e",
        "7\ta\tb\tc",
        "7\ta\tb\x1b[2J",
        "7\tlin\xe2\x80\xae",
        "7\tlin\tgpj.\xe2\x80\xae"
        "exe",
        "7\tlin\tone\xe2\x80\xa8two",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CU_ASSERT_PTR_NOT_NULL(control_request_ack(slice_from(refused[i]), &ack));
}

/* As much as the engine keeps, and not a byte more. */
static void test_ack_length(void)
{
    struct control_ack ack;
    char text[2 + CONTROL_ACK_NAME_MAX + 1 + CONTROL_ACK_NOTE_MAX + 1] = "7\t";
    char *note = text + 2 + CONTROL_ACK_NAME_MAX + 1;
    memset(text + 2, 'n', CONTROL_ACK_NAME_MAX);
    note[-1] = '\t';
    memset(note, 't', CONTROL_ACK_NOTE_MAX + 1);
    CU_ASSERT_PTR_NULL(control_request_ack(slice_of(text, sizeof text - 1), &ack));
    CU_ASSERT_EQUAL(ack.name.n, CONTROL_ACK_NAME_MAX);
    CU_ASSERT_EQUAL(ack.note.n, CONTROL_ACK_NOTE_MAX);
    CU_ASSERT_PTR_NOT_NULL(control_request_ack(slice_of(text, sizeof text), &ack));
    note[-1] = 'n';
    CU_ASSERT_PTR_NOT_NULL(control_request_ack(slice_of(text, 2 + CONTROL_ACK_NAME_MAX + 1), &ack));
}

static void test_watch(void)
{
    struct control_watch_request asked;
    CU_ASSERT_PTR_NULL(control_request_watch(SLICE_NONE, &asked));
    CU_ASSERT_EQUAL(asked.what, CONTROL_WATCH_SHOW);
    CU_ASSERT_PTR_NULL(control_request_watch(SLICE("reset"), &asked));
    CU_ASSERT_EQUAL(asked.what, CONTROL_WATCH_RESET);
    CU_ASSERT_EQUAL(asked.bytes, 0);
    CU_ASSERT_PTR_NULL(control_request_watch(SLICE("load 16777216 /srv/a b.xml"), &asked));
    CU_ASSERT_EQUAL(asked.what, CONTROL_WATCH_LOAD);
    CU_ASSERT_EQUAL(asked.bytes, 16777216);
    UNIT_TEXT(asked.file, "/srv/a b.xml");
    static const char *const refused[] = {
        "load",         "load 5",          "load 0 x",
        "load -1 x",    "load 16777217 x", "load 5x x",
        "load  5 x",    "load 5 \xff",     "load 5 a\x1b[2J",
        "load 5 a\x7f", "load 5 \xc2\x9b", "loads 5 x",
        "reset now",    "unload",          "load 99999999999999999999 x",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CU_ASSERT_PTR_NOT_NULL(control_request_watch(slice_from(refused[i]), &asked));
    CU_ASSERT_PTR_NOT_NULL(control_request_watch(SLICE("load 5 \xe2\x80\xae"), &asked));
    char text[7 + CONTROL_WATCH_FILE_MAX + 2] = "load 5 ";
    memset(text + 7, 'f', CONTROL_WATCH_FILE_MAX + 1);
    CU_ASSERT_PTR_NULL(control_request_watch(slice_of(text, 7 + CONTROL_WATCH_FILE_MAX), &asked));
    CU_ASSERT_PTR_NOT_NULL(
        control_request_watch(slice_of(text, 7 + CONTROL_WATCH_FILE_MAX + 1), &asked));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"cut", test_cut},     {"length", test_length}, {"tail", test_tail},
        {"top", test_top},     {"ack", test_ack},       {"ack length", test_ack_length},
        {"watch", test_watch}, CU_TEST_INFO_NULL,
    };
    return unit_run("control_request", tests);
}
