/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An inform by version 3 to the SNMP thread, as the intake hands it on: it is answered when its
 * record is on disk, and whenever that happens. net-snmp's snmpinform is the sender.
 */
#include "gateway/snmp/session.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/snmp/guard.h"
#include "parsers/snmp_guard.h"
#include "tests/support/suite.h"

#define INFORM_TOOL "/usr/bin/snmpinform"
#define PASSPHRASE  "a passphrase of ours"

enum { TEST_SKIP = 77 };

static struct gwsnmp_session *session;
static _Atomic int asked; /* how often committed() was called since the record was taken */

static int take(void *context, const struct gwsnmp_received *received, uint64_t *sequence)
{
    (void)context;
    CU_ASSERT_TRUE(received->is_inform);
    asked = 0;
    *sequence = 1;
    return GW_OK;
}

/* The commit comes between the first question and the second, when nobody waits for it yet: so
   nobody is woken by it (gwsnmp_session_committed()). */
static uint64_t committed(void *context)
{
    (void)context;
    return asked++ > 0;
}

static void dropped(void *context, const struct sockaddr *peer)
{
    (void)context, (void)peer;
    CU_FAIL("dropped");
}

static void refused(void *context, const struct gwsnmp_pair_head *head, const char *why)
{
    (void)context, (void)head;
    printf("refused: %s\n", why);
    CU_FAIL("refused");
}

/* ---- the intake's part ---- */

static void hand_on(int udp, int pair)
{
    char bytes[4096];
    struct gwsnmp_pair_head head = {.peer_n = sizeof head.peer};
    struct snmp_v3_claim claim;
    ssize_t n = recvfrom(udp, bytes, sizeof bytes, 0, (struct sockaddr *)&head.peer, &head.peer_n);
    CU_ASSERT_TRUE_FATAL(n > 0 && parse_snmp_v3_claim(slice_of(bytes, (size_t)n), &claim));
    memcpy(head.engine, claim.engine.n ? claim.engine.p : "", claim.engine.n);
    memcpy(head.user, claim.user.n ? claim.user.p : "", claim.user.n);
    head.n_engine = (uint8_t)claim.engine.n;
    head.n_user = (uint8_t)claim.user.n;
    struct iovec parts[] = {{&head, sizeof head}, {bytes, (size_t)n}};
    CU_ASSERT_TRUE(sendmsg(pair, &(struct msghdr){.msg_iov = parts, .msg_iovlen = 2}, 0) > 0);
}

static void hand_back(int pair, int udp)
{
    char bytes[4096];
    struct gwsnmp_pair_head head;
    struct iovec parts[] = {{&head, sizeof head}, {bytes, sizeof bytes}};
    ssize_t n = recvmsg(pair, &(struct msghdr){.msg_iov = parts, .msg_iovlen = 2}, 0);
    CU_ASSERT_TRUE_FATAL(n > (ssize_t)sizeof head);
    sendto(udp, bytes, (size_t)n - sizeof head, 0, (struct sockaddr *)&head.peer, head.peer_n);
}

static int inform(int udp, int pair)
{
    struct sockaddr_in own;
    socklen_t n = sizeof own;
    char address[32];
    int status;
    CU_ASSERT_EQUAL_FATAL(getsockname(udp, (struct sockaddr *)&own, &n), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(own.sin_port));
    pid_t child = fork();
    if (child == 0) {
        execl(INFORM_TOOL, INFORM_TOOL, "-v3", "-l", "authNoPriv", "-u", "test", "-a", "SHA", "-A",
              PASSPHRASE, "-m", "", "-r", "0", "-t", "20", address, "", "1.3.6.1.6.3.1.1.5.1",
              (char *)NULL);
        _exit(99);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct pollfd fds[] = {{udp, POLLIN, 0}, {pair, POLLIN, 0}};
        poll(fds, 2, 20);
        if (fds[0].revents & POLLIN)
            hand_on(udp, pair);
        if (fds[1].revents & POLLIN)
            hand_back(pair, udp);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_commit_between(void)
{
    const struct gwsnmp_receiver to = {take, committed, dropped, refused, NULL};
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int pair[2], udp = socket(AF_INET, SOCK_DGRAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(udp, (struct sockaddr *)&own, sizeof own), 0);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    CU_ASSERT_EQUAL_FATAL(gwsnmp_session_receive(session, pair[1], &to), GW_OK);
    CU_ASSERT_EQUAL(inform(udp, pair[0]), 0);
    gwsnmp_session_stop_receiving(session);
    close(udp);
    close(pair[0]);
    close(pair[1]);
}

static bool is_safe(struct slice message)
{
    return gwsnmp_guard_message_size(message) == message.n;
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"a commit before the answer waits for it", test_commit_between},
    };
    static const struct gwsnmp_sender sender = {
        .user = {.name = "test", .auth = GWSNMP_AUTH_SHA, .auth_passphrase = PASSPHRASE}};
    char dir[] = "/tmp/eog-receive-XXXXXX", command[64];
    if (access(INFORM_TOOL, X_OK) != 0) {
        printf("%s is not installed\n", INFORM_TOOL);
        return TEST_SKIP;
    }
    if (!mkdtemp(dir))
        return 99;
    struct stats *stats = stats_new();
    struct gwsnmp_session_options options = {.mode = GWSNMP_MODE_OFF,
                                             .state_dir = dir,
                                             .name = "test",
                                             .description = "test",
                                             .access = {.senders = &sender, .n_senders = 1},
                                             .is_safe = is_safe,
                                             .stats = stats};
    if (gwsnmp_session_start(&options, &session) != GW_OK)
        return 99;
    int code = suite_run("receive", tests, sizeof tests / sizeof *tests);
    gwsnmp_session_stop(session);
    stats_free(stats);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? code : 99;
}
