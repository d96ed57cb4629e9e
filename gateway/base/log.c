/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line a call: a peer's text must not forge lines, steer a terminal, or be so broken that a
 * journal does not show it. */
#include "gateway/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/utf8.h"

static _Atomic(log_sink_fn *) sink_fn;
static void *_Atomic sink_context;
static atomic_int max_level = LOG_LEVEL_INFO;

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};

void log_set_sink(log_sink_fn *sink, void *context)
{
    atomic_store(&sink_context, context);
    atomic_store(&sink_fn, sink);
}

void log_set_level(enum log_level level)
{
    atomic_store(&max_level, level);
}

static void to_stderr(enum log_level level, const char *room, const char *text)
{
    char line[2048];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t begin = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &utc);
    int n = (int)begin + snprintf(line + begin, sizeof line - begin, ".%03ldZ %s %s: %s\n",
                                  now.tv_nsec / 1000000, level_names[level], room, text);
    if (n >= (int)sizeof line) {
        n = sizeof line;
        line[n - 1] = '\n';
    }
    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
        return; /* nowhere left to say it */
}

/* What is no character, or steers who shows it, becomes '?', a byte each. */
static void make_plain(char *text)
{
    unsigned char *p = (unsigned char *)text, *end = p + strlen(text);
    while (p < end) {
        size_t n = utf8_char(p, (size_t)(end - p));
        if (n == 0 || utf8_is_steering(utf8_code(p, n))) {
            memset(p, '?', n ? n : 1);
            n += n == 0;
        }
        p += n;
    }
}

void log_line(enum log_level level, const char *room, const char *format, ...)
{
    if ((int)level > atomic_load_explicit(&max_level, memory_order_relaxed))
        return;
    char text[1900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    make_plain(text);
    log_sink_fn *sink = atomic_load(&sink_fn);
    if (sink)
        sink(atomic_load(&sink_context), level, room, text);
    else
        to_stderr(level, room, text);
}

int log_allowed(struct log_limit *limit, int period_ms, unsigned long *held)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long ms = (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (ms < __atomic_load_n(&limit->next_mono_ms, __ATOMIC_RELAXED)) {
        __atomic_add_fetch(&limit->held, 1, __ATOMIC_RELAXED);
        return 0;
    }
    __atomic_store_n(&limit->next_mono_ms, ms + period_ms, __ATOMIC_RELAXED);
    *held = __atomic_exchange_n(&limit->held, 0, __ATOMIC_RELAXED);
    return 1;
}
