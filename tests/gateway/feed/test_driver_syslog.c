/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Syslog over TCP: what the target's system does not have is not acknowledged. */
#include <string.h>

#include "gateway/base/error.h"
#include "tests/gateway/feed/support.h"
#include "tests/support/suite.h"

static struct ft_driver driver;
static struct ft_peer peer;

static void begin(void)
{
    ft_peer_listen(&peer);
    struct feed_section section = {.name = "t", .address = peer.address, .ack_timeout_ms = 60000};
    ft_driver_create(&driver, &feed_driver_syslog, &section);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_EQUAL(ft_send(&driver, 1, "early"), FEED_FULL);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    CU_ASSERT_TRUE(ft_peer_accept(&peer));
}

static void end(void)
{
    ft_driver_destroy(&driver);
    ft_peer_fini(&peer);
}

static void test_counted(void)
{
    begin();
    CU_ASSERT_EQUAL(ft_send(&driver, 3, "<1>1 a"), FEED_TAKEN);
    CU_ASSERT_EQUAL(ft_send(&driver, 5, "<1>1 bcd"), FEED_TAKEN);
    CU_ASSERT_EQUAL(driver.n_acked, 0);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "6 <1>1 a8 <1>1 bcd"));
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 2));
    CU_ASSERT_EQUAL(driver.acked[0], 3);
    CU_ASSERT_EQUAL(driver.acked[1], 5);
    end();
}

/* One that reads nothing: its system takes some megabytes and no more; of what lies in ours nothing
   is acknowledged, until it reads. */
static void test_unread(void)
{
    enum { RECORDS = 4000, BYTES = 8000 };
    static char text[BYTES + 1];
    size_t sent = 0, before;
    begin();
    memset(text, 'x', BYTES);
    for (int stuck = 0; sent < RECORDS && stuck < 20; stuck++) {
        before = sent;
        while (sent < RECORDS && ft_send(&driver, sent + 1, text) == FEED_TAKEN)
            sent++;
        driver.ops->poll(driver.at, -1, 20);
        stuck = sent > before ? -1 : stuck;
    }
    CU_ASSERT_TRUE(sent < RECORDS);
    CU_ASSERT_TRUE(driver.n_acked < sent);
    size_t told = driver.n_acked;
    for (size_t i = 0; i < told; i++)
        CU_ASSERT_EQUAL(driver.acked[i], i + 1);
    /* It holds at least our own buffer and the kernel's for sending. */
    CU_ASSERT_TRUE((sent - told) * BYTES >= 512 * 1024);
    /* The last one arrives when all before it was read. */
    CU_ASSERT_EQUAL(ft_send(&driver, sent + 1, "the last"), FEED_FULL);
    while (ft_send(&driver, sent + 1, "the last") == FEED_FULL && ft_peer_read(&peer))
        driver.ops->poll(driver.at, -1, 20);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "8 the last"));
    CU_ASSERT_TRUE(ft_poll_acked(&driver, sent + 1));
    end();
}

static void test_closed(void)
{
    begin();
    ft_peer_close(&peer);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "closed"));
    driver.ops->close(driver.at);
    /* Nobody there any more. */
    ft_peer_fini(&peer);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "refused"));
    ft_driver_destroy(&driver);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"counted", test_counted},
        {"unread", test_unread},
        {"closed", test_closed},
    };
    return suite_run("syslog client", tests, sizeof tests / sizeof *tests);
}
