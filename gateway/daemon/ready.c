/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The service manager's protocol: a datagram of NAME=VALUE lines to the socket it named. */
#include "gateway/daemon/ready.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/slice.h"

/* False: a name that is no socket's. '@' stands for the NUL that an abstract name begins with; the
   name's length is part of it, so what follows it is not sent. */
static bool read_address(struct slice name, struct ready *ready)
{
    struct sockaddr_un *to = &ready->manager;
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (name.n < 2 || name.n >= sizeof to->sun_path || (name.p[0] != '/' && name.p[0] != '@'))
        return false;
    memcpy(to->sun_path, name.p, name.n);
    bool is_abstract = name.p[0] == '@';
    if (is_abstract)
        to->sun_path[0] = '\0';
    ready->manager_size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name.n + (is_abstract ? 0 : 1));
    return true;
}

static int64_t watchdog_period_ms(const char *usec, const char *pid)
{
    int64_t period_us, whose = getpid();
    if (!usec || (pid && slice_to_int(slice_from(pid), &whose) && whose != getpid()))
        return 0;
    if (!slice_to_int(slice_from(usec), &period_us) || period_us <= 0) {
        log_warn("daemon", "no sign of life will be given: WATCHDOG_USEC is no period");
        return 0;
    }
    int64_t half_ms = period_us / 2000;
    return half_ms ? half_ms : 1;
}

void ready_open(struct ready *ready, const char *socket_name, const char *watchdog_usec,
                const char *watchdog_pid)
{
    *ready = (struct ready){.fd = -1, .alive_ms = INT64_MIN / 2};
    if (!socket_name)
        return;
    if (!read_address(slice_from(socket_name), ready)) {
        log_warn("daemon", "the service manager is not told: NOTIFY_SOCKET is no socket's name");
        return;
    }
    ready->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = READY_PATIENCE_MS / 1000};
    if (ready->fd < 0 || setsockopt(ready->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience))
        log_warn("daemon", "the service manager is not told error=%s", strerror(errno));
    ready->watchdog_ms = watchdog_period_ms(watchdog_usec, watchdog_pid);
}

void ready_open_environment(struct ready *ready)
{
    ready_open(ready, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void ready_close(struct ready *ready)
{
    if (ready->fd >= 0)
        close(ready->fd);
    ready->fd = -1;
}

/* Not connected: a manager that was started anew has a new socket of the same name. */
static bool send_text(const struct ready *ready, const char *text, int flags)
{
    if (!ready || ready->fd < 0)
        return true;
    ssize_t sent;
    do
        sent = sendto(ready->fd, text, strlen(text), flags | MSG_NOSIGNAL,
                      (const struct sockaddr *)&ready->manager, ready->manager_size);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

static void tell(const struct ready *ready, const char *text)
{
    if (!send_text(ready, text, 0))
        log_warn("daemon", "the service manager was not told what=%.*s error=%s",
                 (int)strcspn(text, "\n"), text, strerror(errno));
}

static void tell_status(const struct ready *ready, const char *state, const char *status)
{
    char text[READY_TEXT_MAX];
    int n = snprintf(text, sizeof text, "%sSTATUS=", state);
    snprintf(text + n, sizeof text - (size_t)n, "%s", status);
    for (char *p = text + n; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    tell(ready, text);
}

void ready_running(const struct ready *ready, const char *status)
{
    tell_status(ready, "READY=1\n", status);
}

void ready_reloading(const struct ready *ready, int64_t now_ms)
{
    char text[64];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now_ms * 1000);
    tell(ready, text);
}

void ready_stopping(const struct ready *ready)
{
    tell(ready, "STOPPING=1\nSTATUS=stopping");
}

void ready_status(const struct ready *ready, const char *status)
{
    tell_status(ready, "", status);
}

void ready_alive(struct ready *ready, int64_t now_ms)
{
    if (!ready || !ready->watchdog_ms || now_ms - ready->alive_ms < ready->watchdog_ms)
        return;
    if (send_text(ready, "WATCHDOG=1", MSG_DONTWAIT))
        ready->alive_ms = now_ms;
}
