/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names to addresses. All of them are sent the engine discovery at once (RFC 3414 section 4), which
 * every agent that knows version 3 answers to anybody. */
#include "gateway/snmp/client_address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/snmp/discovery.h"

enum { ADDRESSES_MAX = 8 };
enum { QUESTION_ID = 0x454f4732 }; /* not random: that somebody answers is all we want to know */

/* IPv4 written as IPv6 is IPv4: the library knows no other sockets for it. */
static void take(const struct addrinfo *from, struct address *out)
{
    memset(&out->storage, 0, sizeof out->storage);
    memcpy(&out->storage, from->ai_addr, from->ai_addrlen);
    out->length = from->ai_addrlen;
    struct slice bytes = address_bytes((const struct sockaddr *)&out->storage);
    if (from->ai_family != AF_INET6 || bytes.n != sizeof(struct in_addr))
        return;
    struct sockaddr_in plain = {
        .sin_family = AF_INET,
        .sin_port = ((const struct sockaddr_in6 *)(const void *)from->ai_addr)->sin6_port};
    memcpy(&plain.sin_addr, bytes.p, bytes.n);
    memset(&out->storage, 0, sizeof out->storage);
    memcpy(&out->storage, &plain, sizeof plain);
    out->length = sizeof plain;
}

/* The socket that was asked by, or -1, which poll() passes over. */
static int ask(const struct address *address)
{
    unsigned char question[GWSNMP_DISCOVERY_SIZE];
    int fd = socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    gwsnmp_discovery_make(QUESTION_ID, question);
    if (fd >= 0 &&
        (connect(fd, (const struct sockaddr *)&address->storage, address->length) != 0 ||
         send(fd, question, sizeof question, MSG_NOSIGNAL) != (ssize_t)sizeof question)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* One that refuses is taken out of the list. */
static bool has_answered(struct pollfd *one)
{
    char answer[512];
    if (!one->revents)
        return false;
    if (recv(one->fd, answer, sizeof answer, MSG_DONTWAIT) > 0)
        return true;
    close(one->fd);
    one->fd = -1;
    return false;
}

static size_t first_to_answer(const struct address *addresses, size_t n, int patience_ms)
{
    struct pollfd asked[ADDRESSES_MAX];
    size_t first = n, n_open = 0;
    int64_t until_ms = clock_read(&clock_system).mono_ms + patience_ms, left_ms = patience_ms;
    for (size_t i = 0; i < n; i++) {
        asked[i] = (struct pollfd){.fd = ask(&addresses[i]), .events = POLLIN};
        n_open += asked[i].fd >= 0;
    }
    while (first == n && n_open && left_ms > 0 && poll(asked, n, (int)left_ms) >= 0) {
        n_open = 0;
        for (size_t i = 0; i < n && first == n; i++) {
            if (has_answered(&asked[i]))
                first = i;
            n_open += asked[i].fd >= 0;
        }
        left_ms = until_ms - clock_read(&clock_system).mono_ms;
    }
    for (size_t i = 0; i < n; i++)
        if (asked[i].fd >= 0)
            close(asked[i].fd);
    return first < n ? first : 0;
}

int gwsnmp_client_address(const char *host, unsigned port, int patience_ms, struct address *out,
                          struct buf *error)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    struct address addresses[ADDRESSES_MAX];
    char service[12];
    size_t n = 0;

    snprintf(service, sizeof service, "%u", port);
    int rc = getaddrinfo(host, service, &wanted, &found);
    for (const struct addrinfo *at = found; rc == 0 && at && n < ADDRESSES_MAX; at = at->ai_next)
        if (at->ai_addrlen <= sizeof addresses[n].storage)
            take(at, &addresses[n++]);
    if (found)
        freeaddrinfo(found);
    if (!n) {
        buf_printf(error, "the name '%s' leads to no address: %s", host, gai_strerror(rc));
        return GW_ERR_NOT_FOUND;
    }
    *out = addresses[n > 1 ? first_to_answer(addresses, n, patience_ms) : 0];
    return GW_OK;
}
