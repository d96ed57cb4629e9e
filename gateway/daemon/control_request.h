/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_REQUEST_H
#define GATEWAY_DAEMON_CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

enum {
    CONTROL_REQUEST_MAX = 1024, /* bytes of a request, its line end not among them */
    CONTROL_ACK_NAME_MAX = 127, /* bytes; the engine keeps no more */
    CONTROL_ACK_NOTE_MAX = 511,
    CONTROL_WATCH_FILE_MAX = 255
};

enum control_cut {
    CONTROL_CUT_LINE,
    CONTROL_CUT_MORE,    /* no whole line yet */
    CONTROL_CUT_TOO_LONG /* what comes is no request any more, however it goes on */
};

/**
 * Cut the next request off what arrived. How the bytes arrived makes no difference.
 *
 * in    moved on behind the line and its end; left alone when there is no line
 * line  the request, without white space around it; a slice into in
 */
enum control_cut control_request_cut(struct slice *in, struct slice *line);

struct control_tail {
    uint64_t n;      /* how many of the last records */
    bool has_own;    /* the gateway's ticks and loads too */
    bool is_unknown; /* what no mapping knew, alone, and then the end */
};

struct control_ack {
    uint32_t id;
    struct slice name, note; /* UTF-8 that steers nothing */
};

struct control_top {
    uint32_t period, kind; /* as in struct top_row; 0: all of them */
};

struct control_watch_request {
    enum { CONTROL_WATCH_SHOW, CONTROL_WATCH_LOAD, CONTROL_WATCH_RESET } what;
    size_t bytes;      /* of the list that follows; from 1 */
    struct slice file; /* where it is from, as its sender calls it: UTF-8 that steers nothing */
};

/* "[day|week|month|all] [malware|source|computer|all]"; the words of struct top_row's numbers. */
const char *control_request_top(struct slice argument, struct control_top *out);
const char *control_top_period(uint32_t period); /* "day" of 1; NULL beyond them */
const char *control_top_kind(uint32_t kind);

/* "[N] [all|unknown]", "ID TAB NAME [TAB NOTE]" and "[load BYTES FILE|reset]". NULL, or what is
   wrong, in words. */
const char *control_request_tail(struct slice argument, struct control_tail *out);
const char *control_request_ack(struct slice argument, struct control_ack *out);
const char *control_request_watch(struct slice argument, struct control_watch_request *out);

#endif
