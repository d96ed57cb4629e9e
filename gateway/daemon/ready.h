/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_READY_H
#define GATEWAY_DAEMON_READY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/**
 * Telling the service manager how we are: the datagrams of sd_notify(3), spoken here, so that no
 * library of the manager's is needed. One that cannot be told is logged and holds up nothing.
 *
 * Order of calls: ready_open() while there is one thread, ready_running(), then the others as it
 * happens, ready_close(). All of one thread. A NULL ready, and one that was opened without a
 * socket's name, tell nobody.
 * Source: sd_notify(3) and sd_watchdog_enabled(3) of systemd 252; MONOTONIC_USEC: of 253.
 */
struct ready {
    int fd; /* -1: nobody to tell */
    struct sockaddr_un manager;
    socklen_t manager_size;
    int64_t watchdog_ms; /* a sign of life that often; 0: nobody waits for one */
    int64_t alive_ms;    /* the last one, by the monotonic clock */
};

/* The longest that a manager who does not read holds up our start, a reload or our end. */
enum { READY_PATIENCE_MS = 1000, READY_TEXT_MAX = 400 };

/**
 * socket         NOTIFY_SOCKET: an absolute path, or '@' and an abstract name; NULL: nobody to tell
 * watchdog_usec  WATCHDOG_USEC; NULL: no sign of life is waited for; half of it is our period
 * watchdog_pid   WATCHDOG_PID: whose sign of life; NULL: ours
 * Values that are none are logged and are as if they were not there.
 */
void ready_open(struct ready *ready, const char *socket, const char *watchdog_usec,
                const char *watchdog_pid);
/* The same from the environment, out of which it is taken: no program that we start tells for us.
 */
void ready_open_environment(struct ready *ready);
void ready_close(struct ready *ready);

/* It runs: after the start, and after a reload, done or refused. status is for people, one line;
   control characters in it become blanks, what is too long is cut. */
void ready_running(const struct ready *ready, const char *status);
/* A reload begins. now_ms is of the monotonic clock. */
void ready_reloading(const struct ready *ready, int64_t now_ms);
void ready_stopping(const struct ready *ready);
/* What people see, without a change of state. */
void ready_status(const struct ready *ready, const char *status);
/* Call it often: a sign of life goes out when one is due, and is tried again at the next call
   if the manager takes none now. Never waits. */
void ready_alive(struct ready *ready, int64_t now_ms);

#endif
