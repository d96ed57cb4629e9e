/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The RELP client against a server that says what it likes. */
#include <string.h>
#include <sys/socket.h>

#include "gateway/base/error.h"
#include "tests/gateway/feed/support.h"
#include "tests/support/suite.h"

static struct ft_driver driver;
static struct ft_peer peer;

#define OFFERS "relp_version=0\nrelp_software=x\ncommands=syslog"
static const char open_ok[] = "1 rsp 53 200 OK\n" OFFERS "\n";

static void begin(int64_t window)
{
    ft_peer_listen(&peer);
    struct feed_section section = {
        .name = "t", .address = peer.address, .window = window, .ack_timeout_ms = 10000};
    ft_driver_create(&driver, &feed_driver_relp, &section);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_EQUAL(ft_send(&driver, 1, "early"), FEED_FULL);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "1 open "));
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "commands=syslog\n"));
}

static void begin_open(int64_t window)
{
    begin(window);
    ft_peer_say(&peer, open_ok);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
}

static void end(void)
{
    ft_driver_destroy(&driver);
    ft_peer_fini(&peer);
}

static void test_window(void)
{
    CU_ASSERT_EQUAL(strlen(OFFERS) + strlen("200 OK\n"), 53);
    begin_open(3);
    CU_ASSERT_EQUAL(ft_send(&driver, 10, "a"), FEED_TAKEN);
    CU_ASSERT_EQUAL(ft_send(&driver, 12, "b"), FEED_TAKEN);
    CU_ASSERT_EQUAL(ft_send(&driver, 13, "c"), FEED_TAKEN);
    CU_ASSERT_EQUAL(ft_send(&driver, 14, "d"), FEED_FULL);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "4 syslog 1 c\n"));
    /* In any order; the window moves when its oldest is answered. */
    ft_peer_say(&peer, "3 rsp 6 200 OK\n");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 1));
    CU_ASSERT_EQUAL(driver.acked[0], 12);
    CU_ASSERT_EQUAL(ft_send(&driver, 14, "d"), FEED_FULL);
    ft_peer_say(&peer, "2 rsp 6 200 OK\n");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 2));
    CU_ASSERT_EQUAL(driver.acked[1], 10);
    CU_ASSERT_EQUAL(ft_send(&driver, 14, "d"), FEED_TAKEN);
    CU_ASSERT_EQUAL(ft_send(&driver, 15, "e"), FEED_TAKEN);
    CU_ASSERT_EQUAL(ft_send(&driver, 16, "f"), FEED_FULL);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "6 syslog 1 e\n"));
    ft_peer_say(&peer, "4 rsp 6 200 OK\n5 rsp 6 200 OK\n6 rsp 6 200 OK\n");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 5));
    end();
}

/* A byte at a time is as good as all at once. */
static void test_bytes(void)
{
    begin(3);
    for (const char *p = open_ok; *p; p++) {
        ft_peer_say(&peer, (char[]){*p, '\0'});
        driver.ops->poll(driver.at, -1, 20);
    }
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    CU_ASSERT_EQUAL(ft_send(&driver, 7, "a"), FEED_TAKEN);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "2 syslog 1 a\n"));
    for (const char *p = "2 rsp 6 200 OK\n"; *p; p++) {
        ft_peer_say(&peer, (char[]){*p, '\0'});
        driver.ops->poll(driver.at, -1, 20);
    }
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 1));
    CU_ASSERT_EQUAL(driver.acked[0], 7);
    end();
}

static void test_rejected(void)
{
    begin_open(3);
    ft_send(&driver, 5, "a");
    ft_send(&driver, 6, "b");
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "3 syslog 1 b\n"));
    ft_peer_say(&peer, "2 rsp 9 500 no it\n3 rsp 6 200 OK\n");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 1));
    CU_ASSERT_EQUAL(driver.n_rejected, 1);
    CU_ASSERT_EQUAL(driver.rejected[0], 5);
    CU_ASSERT_STRING_EQUAL(driver.trouble, "500 no it");
    CU_ASSERT_EQUAL(driver.acked[0], 6);
    end();
}

/* What ends a session, before and after it is open, and what people read of it. */
static void test_bad_servers(void)
{
    static const struct {
        bool is_open;
        const char *says, *trouble;
    } cases[] = {
        {false, "1 rsp 9 500 no it\n", "refuses the session: no it"},
        {false, "1 rsp 21 200 OK\ncommands=other\n", "does not take syslog"},
        {false, "1 rsp 6 200 OK\n", "does not take syslog"},
        {false, "HTTP/1.1 400 Bad Request\r\n\r\n", "no RELP"},
        {false, "1 open 0\n", "no client expects"},
        {false, "0 serverclose 0\n", "ends the session"},
        {true, "0 serverclose 0\n", "ends the session"},
        {true, "2 rsp 6 2x0 OK\n", "no code"},
        {true, "3 rsp 6 200 OK\n", "was not sent"},
        {true, "1 rsp 6 200 OK\n", "was not sent"},
        {true, "999999999 rsp 6 200 OK\n", "was not sent"},
        {true, "2 rsp 6 200 OK\n2 rsp 6 200 OK\n", "was not sent"},
        {true, "\x16\x03\x01 junk\n", "no RELP"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].is_open) {
            begin_open(3);
            ft_send(&driver, 5, "a");
            CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "2 syslog 1 a\n"));
        } else {
            begin(3);
        }
        ft_peer_say(&peer, cases[i].says);
        CU_ASSERT_FALSE(cases[i].is_open && ft_poll_acked(&driver, 3));
        if (!cases[i].is_open)
            CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
        CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, cases[i].trouble));
        CU_ASSERT_TRUE(driver.n_acked <= 1);
        end();
    }
}

/* After a break the same numbers come again, and answers of before count for nothing. */
static void test_again(void)
{
    begin_open(3);
    ft_send(&driver, 5, "a");
    ft_send(&driver, 6, "b");
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "3 syslog 1 b\n"));
    ft_peer_close(&peer);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    driver.ops->close(driver.at);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "commands=syslog\n"));
    ft_peer_say(&peer, open_ok);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    ft_send(&driver, 5, "a");
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "2 syslog 1 a\n"));
    ft_peer_say(&peer, "2 rsp 6 200 OK\n");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 1));
    CU_ASSERT_EQUAL(driver.acked[0], 5);
    end();
}

/* A target that answers and goes at once, with what was sent meanwhile unread: its answers count.
 */
static void test_last_words(void)
{
    const struct linger at_once = {.l_onoff = 1};
    begin_open(3);
    ft_send(&driver, 5, "a");
    ft_send(&driver, 6, "b");
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "3 syslog 1 b\n"));
    ft_peer_say(&peer, "2 rsp 6 200 OK\n3 rsp 9 500 no it\n");
    setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ft_peer_close(&peer);
    CU_ASSERT_EQUAL(ft_send(&driver, 7, "c"), FEED_TAKEN);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    CU_ASSERT_EQUAL(driver.n_acked, 1);
    CU_ASSERT_EQUAL(driver.n_rejected, 1);
    end();
}

/* Says goodbye when it goes. */
static void test_close(void)
{
    begin_open(3);
    driver.ops->close(driver.at);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "2 close 0\n"));
    end();
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"window", test_window},           {"bytes", test_bytes}, {"rejected", test_rejected},
        {"bad servers", test_bad_servers}, {"again", test_again}, {"close", test_close},
        {"last words", test_last_words},
    };
    return suite_run("RELP client", tests, sizeof tests / sizeof *tests);
}
