/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_PROGRESS_H
#define GATEWAY_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** A bar on a terminal, redrawn at most ten times a second; nothing where out is no terminal. */
struct progress {
    FILE *out;
    bool is_shown;
    uint64_t total; /* 0: no end known, so no bar and no ETA */
    int64_t begun_ms, drawn_ms;
    const char *unit; /* of done and total, with a blank in front; NULL: none is written */
};

void progress_begin(struct progress *progress, FILE *out, uint64_t total, int64_t mono_ms);
void progress_draw(struct progress *progress, uint64_t done, int64_t mono_ms);
/* Clears the line, so that a summary can follow. */
void progress_end(struct progress *progress);

#endif
