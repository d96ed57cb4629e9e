/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_LOG_H
#define GATEWAY_BASE_LOG_H

/**
 * error: an operator must act; warning: degraded; notice: state changed; info: lifecycle; debug.
 * A line: level, room, fact, then key=value pairs. No payload above debug, no secrets at any level.
 * Thread-safe. The sink is process-wide on purpose: a handle through every call would say nothing.
 */
enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

/* Where lines go; text is one line without its end. NULL: standard error. */
typedef void log_sink_fn(void *context, enum log_level level, const char *room, const char *text);
void log_set_sink(log_sink_fn *sink, void *context);
/* Lines above this level are not formatted. Starts at LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

void log_line(enum log_level level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(room, ...)  log_line(LOG_LEVEL_ERROR, room, __VA_ARGS__)
#define log_warn(room, ...)   log_line(LOG_LEVEL_WARN, room, __VA_ARGS__)
#define log_notice(room, ...) log_line(LOG_LEVEL_NOTICE, room, __VA_ARGS__)
#define log_info(room, ...)   log_line(LOG_LEVEL_INFO, room, __VA_ARGS__)
#define log_debug(room, ...)  log_line(LOG_LEVEL_DEBUG, room, __VA_ARGS__)

/** At most one line a period from one place; the next that passes says how many were held back. */
struct log_limit {
    long long next_mono_ms;
    unsigned long held;
};
/* True when the caller may log now; *held gets the number suppressed since. Racy by design:
   two threads may both pass. */
int log_allowed(struct log_limit *limit, int period_ms, unsigned long *held);

#endif
