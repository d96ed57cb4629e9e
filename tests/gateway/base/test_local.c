/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Over loopback, all of whose addresses are ours. */
#include "gateway/base/local.h"

#include <CUnit/Basic.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "tests/support/suite.h"

/* Bound to a port of its own; *out: where that is. */
static int server_of(const char *address, struct address *out)
{
    CU_ASSERT_FATAL(address_parse(slice_from(address), out));
    int fd = socket(out->storage.ss_family, SOCK_DGRAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&out->storage, out->length), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&out->storage, &out->length), 0);
    return fd;
}

/* The server's port, at another address. */
static struct address at(const struct address *server, const char *address)
{
    struct address to;
    CU_ASSERT_FATAL(address_parse(slice_from(address), &to));
    /* The port stands at the same place in both families. */
    ((struct sockaddr_in *)&to.storage)->sin_port =
        ((const struct sockaddr_in *)&server->storage)->sin_port;
    return to;
}

/* A client that hears only whom it asked is answered. The address that the server was told. */
static struct local_address asked(int server, const struct address *to)
{
    char byte;
    struct sockaddr_storage from;
    union local_control control;
    struct iovec part = {&byte, 1};
    struct msghdr header = {.msg_name = &from,
                            .msg_namelen = sizeof from,
                            .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    int client = socket(to->storage.ss_family, SOCK_DGRAM, 0);
    CU_ASSERT_EQUAL_FATAL(connect(client, (const struct sockaddr *)&to->storage, to->length), 0);
    CU_ASSERT_EQUAL_FATAL(send(client, "?", 1, 0), 1);
    CU_ASSERT_EQUAL_FATAL(recvmsg(server, &header, 0), 1);
    struct local_address local = local_of(&header);
    CU_ASSERT_EQUAL(
        local_send(server, &local, (struct sockaddr *)&from, header.msg_namelen, SLICE("!")), 1);
    /* By loopback it is there when it is sent. */
    CU_ASSERT_EQUAL(recv(client, &byte, 1, MSG_DONTWAIT), 1);
    close(client);
    return local;
}

static void test_all_of_v4(void)
{
    struct address server, to;
    int fd = server_of("0.0.0.0:0", &server);
    CU_ASSERT(local_tell(fd));
    to = at(&server, "127.0.0.2:1");
    struct local_address local = asked(fd, &to);
    CU_ASSERT_EQUAL(local.n, 4);
    CU_ASSERT_EQUAL(memcmp(local.bytes, "\x7f\0\0\2", 4), 0);
    close(fd);
}

static bool has_v6(void)
{
    struct address one;
    CU_ASSERT_FATAL(address_parse(SLICE("[::1]:1"), &one));
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool has = fd >= 0 && connect(fd, (struct sockaddr *)&one.storage, one.length) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

static void test_all_of_v6(void)
{
    static const unsigned char one[16] = {[15] = 1}, mapped[16] = {[10] = 0xff, 0xff, 127, 0, 0, 3};
    struct address server, to;
    if (!has_v6())
        return;
    int fd = server_of("[::]:0", &server);
    CU_ASSERT(local_tell(fd));
    to = at(&server, "[::1]:1");
    struct local_address local = asked(fd, &to);
    CU_ASSERT_EQUAL(local.n, 16);
    CU_ASSERT_EQUAL(memcmp(local.bytes, one, 16), 0);
    to = at(&server, "127.0.0.3:1");
    local = asked(fd, &to);
    CU_ASSERT_EQUAL(local.n, 16);
    CU_ASSERT_EQUAL(memcmp(local.bytes, mapped, 16), 0);
    close(fd);
}

static void test_one(void)
{
    struct address server;
    int fd = server_of("127.0.0.2:0", &server);
    CU_ASSERT_FALSE(local_tell(fd));
    CU_ASSERT_EQUAL(asked(fd, &server).n, 0);
    close(fd);
    CU_ASSERT_FALSE(local_tell(-1));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"bound to all of IPv4", test_all_of_v4},
        {"bound to all of both", test_all_of_v6},
        {"bound to one", test_one},
    };
    return suite_run("local", tests, sizeof tests / sizeof *tests);
}
