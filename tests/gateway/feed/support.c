/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers under test, and who they talk to. */
#include "tests/gateway/feed/support.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"

enum { PATIENCE_MS = 10000, SLICE_MS = 20 };

static struct clock_reading read_clock(const struct clock *clock)
{
    const struct ft_driver *driver =
        (const struct ft_driver *)((const char *)clock - offsetof(struct ft_driver, clock));
    return (struct clock_reading){driver->wall_ms, driver->mono_ms};
}

static void on_acknowledged(void *context, uint64_t sequence)
{
    struct ft_driver *driver = context;
    if (driver->n_acked < FT_TOLD_MAX)
        driver->acked[driver->n_acked++] = sequence;
}

static void on_rejected(void *context, uint64_t sequence, bool is_final, const char *reason)
{
    struct ft_driver *driver = context;
    driver->n_final += is_final;
    snprintf(driver->trouble, sizeof driver->trouble, "%s", reason);
    if (driver->n_rejected < FT_TOLD_MAX)
        driver->rejected[driver->n_rejected++] = sequence;
}

static void on_trouble(void *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void on_trouble(void *context, const char *format, ...)
{
    struct ft_driver *driver = context;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(driver->trouble, sizeof driver->trouble, format, arguments);
    va_end(arguments);
}

void ft_driver_create(struct ft_driver *driver, const struct feed_driver *ops,
                      const struct feed_section *section)
{
    memset(driver, 0, sizeof *driver);
    driver->ops = ops;
    driver->section = *section;
    driver->clock.read = read_clock;
    driver->wall_ms = INT64_C(1795893863123);
    driver->mono_ms = 1000000;
    struct feed_driver_options options = {
        .section = &driver->section,
        .host = {driver, on_acknowledged, on_rejected, on_trouble},
        .clock = &driver->clock,
        .gateway_id = "gw1",
    };
    CU_ASSERT_EQUAL_FATAL(ops->create(&options, &driver->at), GW_OK);
}

void ft_driver_destroy(struct ft_driver *driver)
{
    driver->ops->close(driver->at);
    driver->ops->destroy(driver->at);
}

enum feed_answer ft_send(struct ft_driver *driver, uint64_t sequence, const char *text)
{
    struct feed_record record = {.sequence = sequence, .bytes = slice_from(text)};
    return driver->ops->send(driver->at, &record);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool ft_poll_until(struct ft_driver *driver, enum feed_link link)
{
    int64_t until = now_ms() + PATIENCE_MS;
    while (now_ms() < until) {
        enum feed_link seen = driver->ops->poll(driver->at, -1, SLICE_MS);
        if (seen == link)
            return true;
        if (seen == FEED_LINK_LOST)
            return false;
    }
    return false;
}

bool ft_poll_acked(struct ft_driver *driver, size_t n)
{
    int64_t until = now_ms() + PATIENCE_MS;
    while (driver->n_acked < n && now_ms() < until)
        if (driver->ops->poll(driver->at, -1, SLICE_MS) == FEED_LINK_LOST)
            break;
    return driver->n_acked >= n;
}

/* ---- the peer ---- */

void ft_peer_listen(struct ft_peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    memset(peer, 0, sizeof *peer);
    peer->fd = -1;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(peer->listener >= 0);
    CU_ASSERT_EQUAL_FATAL(bind(peer->listener, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL_FATAL(listen(peer->listener, 8), 0);
    getsockname(peer->listener, (struct sockaddr *)&address, &length);
    snprintf(peer->address, sizeof peer->address, "127.0.0.1:%u", ntohs(address.sin_port));
}

static bool accept_within(struct ft_peer *peer, int patience_ms)
{
    struct pollfd fd = {.fd = peer->listener, .events = POLLIN};
    if (poll(&fd, 1, patience_ms) != 1)
        return false;
    peer->fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return peer->fd >= 0;
}

bool ft_peer_accept(struct ft_peer *peer)
{
    return accept_within(peer, PATIENCE_MS);
}

bool ft_peer_read(struct ft_peer *peer)
{
    ssize_t n = recv(peer->fd, buf_reserve(&peer->in, 65536), 65536, 0);
    if (n > 0)
        peer->in.n += (size_t)n;
    return n != 0;
}

bool ft_peer_expect(struct ft_peer *peer, struct ft_driver *driver, const char *word)
{
    int64_t until = now_ms() + PATIENCE_MS;
    while (now_ms() < until) {
        if (peer->fd >= 0)
            ft_peer_read(peer);
        if (slice_search(buf_get(&peer->in), slice_from(word)) < peer->in.n)
            return true;
        driver->ops->poll(driver->at, -1, SLICE_MS);
        if (peer->fd < 0) /* it may not have its address yet: it wants to be polled again then */
            accept_within(peer, 0);
    }
    return false;
}

void ft_peer_say(struct ft_peer *peer, const char *text)
{
    CU_ASSERT_EQUAL(send(peer->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

void ft_peer_close(struct ft_peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    buf_clear(&peer->in);
}

void ft_peer_fini(struct ft_peer *peer)
{
    ft_peer_close(peer);
    close(peer->listener);
    buf_free(&peer->in);
}
