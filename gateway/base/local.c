/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of our addresses a datagram came to, and one sent from it: IP_PKTINFO, and IPV6_PKTINFO
 * (RFC 3542 section 6), which an IPv6 socket has for IPv4 too, mapped.
 */
#include "gateway/base/local.h"

#include <string.h>

#include "gateway/base/address.h"

bool local_tell(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t n_own = sizeof own;
    int yes = 1;
    if (getsockname(fd, (struct sockaddr *)&own, &n_own) != 0)
        return false;
    struct slice address = address_bytes((struct sockaddr *)&own);
    for (size_t i = 0; i < address.n; i++)
        if (address.p[i])
            return false; /* bound to one */
    return own.ss_family == AF_INET
               ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes) == 0
               : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes) == 0;
}

struct local_address local_of(const struct msghdr *received)
{
    struct local_address local = {.n = 0};
    struct in_pktinfo v4;
    struct in6_pktinfo v6;
    struct msghdr header = *received; /* CMSG_NXTHDR() wants one that it might change */
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&v4, CMSG_DATA(c), sizeof v4);
            local.n = sizeof v4.ipi_spec_dst;
            memcpy(local.bytes, &v4.ipi_spec_dst, sizeof v4.ipi_spec_dst);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            memcpy(&v6, CMSG_DATA(c), sizeof v6);
            local.n = sizeof v6.ipi6_addr;
            memcpy(local.bytes, &v6.ipi6_addr, sizeof v6.ipi6_addr);
        }
    }
    return local;
}

/* No interface: of a link-local address the destination's scope says which. */
static void put_local(struct msghdr *header, union local_control *control,
                      const struct local_address *from)
{
    struct in_pktinfo v4 = {0};
    struct in6_pktinfo v6 = {.ipi6_ifindex = 0};
    bool is_v4 = from->n == sizeof v4.ipi_spec_dst;
    size_t n = is_v4 ? sizeof v4 : sizeof v6;
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(n);
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
    c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(n);
    memcpy(is_v4 ? (void *)&v4.ipi_spec_dst : (void *)&v6.ipi6_addr, from->bytes, from->n);
    memcpy(CMSG_DATA(c), is_v4 ? (void *)&v4 : (void *)&v6, n);
}

ssize_t local_send(int fd, const struct local_address *from, const struct sockaddr *to,
                   socklen_t to_n, struct slice message)
{
    union local_control control = {.bytes = {0}};
    struct iovec part = {(void *)(uintptr_t)message.p, message.n};
    struct msghdr header = {
        .msg_name = (void *)(uintptr_t)to, .msg_namelen = to_n, .msg_iov = &part, .msg_iovlen = 1};
    if (from->n)
        put_local(&header, &control, from);
    return sendmsg(fd, &header, MSG_DONTWAIT);
}
