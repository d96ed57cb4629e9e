/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_LOCAL_H
#define GATEWAY_BASE_LOCAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gateway/base/slice.h"

/**
 * Answers to datagrams from the address of ours that they came to. A socket that is bound to all
 * addresses would send from the one that the kernel's routes prefer, and who asked another takes
 * that for a stranger's answer.
 */
struct local_address {
    unsigned char bytes[16];
    uint8_t n; /* 4, 16; 0: not told, the socket's own */
};

/* Room for msg_control of a datagram that is received. */
union local_control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Have the kernel tell; false: it need not, the socket is bound to one address, or cannot. */
bool local_tell(int fd);
struct local_address local_of(const struct msghdr *header);
/* As sendto(), without waiting. */
ssize_t local_send(int fd, const struct local_address *from, const struct sockaddr *to,
                   socklen_t to_n, struct slice message);

#endif
