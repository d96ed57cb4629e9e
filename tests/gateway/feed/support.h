/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_FEED_SUPPORT_H
#define TESTS_GATEWAY_FEED_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/feed/driver.h"

/** A driver without its target: what it tells is kept. And a peer to talk to, on one thread. */
enum { FT_TOLD_MAX = 20000 };
struct ft_driver {
    const struct feed_driver *ops;
    void *at;
    struct feed_section section;
    struct clock clock; /* stands still until it is moved */
    int64_t wall_ms, mono_ms;
    uint64_t acked[FT_TOLD_MAX], rejected[FT_TOLD_MAX];
    size_t n_acked, n_rejected, n_final;
    char trouble[400];
};
/* section's text is borrowed. */
void ft_driver_create(struct ft_driver *driver, const struct feed_driver *ops,
                      const struct feed_section *section);
void ft_driver_destroy(struct ft_driver *driver);
enum feed_answer ft_send(struct ft_driver *driver, uint64_t sequence, const char *text);
/* Polls until it says link, at most ten seconds. */
bool ft_poll_until(struct ft_driver *driver, enum feed_link link);
/* Polls until n are acknowledged. */
bool ft_poll_acked(struct ft_driver *driver, size_t n);

struct ft_peer {
    int listener, fd; /* -1: none */
    char address[32]; /* "127.0.0.1:PORT" */
    struct buf in;
};
void ft_peer_listen(struct ft_peer *peer);
bool ft_peer_accept(struct ft_peer *peer);
/* Reads what there is; false: the end. */
bool ft_peer_read(struct ft_peer *peer);
/* Reads until in holds word, polling the driver meanwhile. */
bool ft_peer_expect(struct ft_peer *peer, struct ft_driver *driver, const char *word);
void ft_peer_say(struct ft_peer *peer, const char *text);
void ft_peer_close(struct ft_peer *peer);
void ft_peer_fini(struct ft_peer *peer);

#endif
