/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line: bar, share, count, rate, time left. Cut to the terminal's width. */
#include "gateway/ctl/progress.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, REDRAW_MS = 100 };

void progress_begin(struct progress *progress, FILE *out, uint64_t total, int64_t mono_ms)
{
    *progress =
        (struct progress){out, isatty(fileno(out)) == 1, total, mono_ms, mono_ms - REDRAW_MS, NULL};
}

static int terminal_width(FILE *out)
{
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return 79;
    return size.ws_col > 250 ? 249 : size.ws_col - 1;
}

void progress_draw(struct progress *progress, uint64_t done, int64_t mono_ms)
{
    char line[256], bar[BAR_WIDTH + 1];
    if (!progress->is_shown || mono_ms - progress->drawn_ms < REDRAW_MS)
        return;
    progress->drawn_ms = mono_ms;
    double elapsed = (double)(mono_ms - progress->begun_ms) / 1000.0;
    double rate = elapsed > 0 ? (double)done / elapsed : 0;
    if (progress->total == 0) {
        snprintf(line, sizeof line, "%llu sent  %.0f/s  %.0f s", (unsigned long long)done, rate,
                 elapsed);
    } else {
        double share = (double)done / (double)progress->total;
        int filled = (int)(share * BAR_WIDTH);
        for (int i = 0; i < BAR_WIDTH; i++)
            bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
        bar[BAR_WIDTH] = '\0';
        long left = rate > 0 ? (long)((double)(progress->total - done) / rate + 0.5) : 0;
        const char *unit = progress->unit ? progress->unit : "";
        snprintf(line, sizeof line, "[%s] %3.0f %%  %llu of %llu%s  %.0f%s/s  ETA %ld:%02ld:%02ld",
                 bar, share * 100, (unsigned long long)done, (unsigned long long)progress->total,
                 unit, rate, unit, left / 3600, left / 60 % 60, left % 60);
    }
    fprintf(progress->out, "\r%.*s\033[K", terminal_width(progress->out), line);
    fflush(progress->out);
}

void progress_end(struct progress *progress)
{
    if (!progress->is_shown)
        return;
    fprintf(progress->out, "\r\033[K");
    fflush(progress->out);
}
