/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NATS driver against a server that says what it likes; real ones: test_feed_nats.py. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "tests/gateway/feed/support.h"
#include "tests/support/suite.h"

static struct ft_driver driver;
static struct ft_peer peer;

static const char info[] = "INFO {\"server_id\":\"x\",\"version\":\"2.9.10\",\"proto\":1,"
                           "\"headers\":true,\"max_payload\":4096}\r\n";
static const char stream[] =
    "{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",\"config\":{\"name\":\"EOG\","
    "\"subjects\":[\"eog.>\"],\"retention\":\"limits\",\"storage\":\"file\",\"num_replicas\":1},"
    "\"state\":{}}";

/* Answers the oldest request in what came, which begins with `verb subject`, and takes it off. */
static void answer(const char *request, const char *text)
{
    char reply[128] = "", out[1024];
    int sid = 0;
    CU_ASSERT_TRUE_FATAL(ft_peer_expect(&peer, &driver, request));
    const char *all = buf_text(&peer.in);
    const char *at = strstr(all, request);
    CU_ASSERT_EQUAL(sscanf(at + strlen(request), " %127s", reply), 1);
    /* The subscription whose subject the reply's is of. */
    for (const char *p = strstr(all, "SUB "); p; p = strstr(p + 1, "SUB ")) {
        char subject[128];
        int number;
        if (sscanf(p, "SUB %127s %d", subject, &number) == 2 &&
            subject[strlen(subject) - 1] == '*' &&
            strncmp(subject, reply, strlen(subject) - 1) == 0) {
            sid = number;
        }
    }
    CU_ASSERT_TRUE(sid > 0);
    snprintf(out, sizeof out, "MSG %s %d %zu\r\n%s\r\n", reply, sid, strlen(text), text);
    ft_peer_say(&peer, out);
    memset(peer.in.p + (at - all), ' ', strlen(request)); /* answered */
}

static void begin(int64_t window)
{
    ft_peer_listen(&peer);
    struct feed_section section = {.name = "t",
                                   .address = peer.address,
                                   .subject = "eog",
                                   .stream = "EOG",
                                   .window = window,
                                   .connect_timeout_ms = 10000,
                                   .ack_timeout_ms = 60000};
    ft_driver_create(&driver, &feed_driver_nats, &section);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_EQUAL(ft_send(&driver, 1, "early"), FEED_FULL);
    CU_ASSERT_TRUE_FATAL(ft_peer_accept(&peer));
    ft_peer_say(&peer, info);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "PING\r\n"));
    ft_peer_say(&peer, "PONG\r\n");
}

static void begin_open(int64_t window)
{
    begin(window);
    answer("PUB $JS.API.STREAM.INFO.EOG", stream);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
}

static void end(void)
{
    ft_driver_destroy(&driver);
    ft_peer_fini(&peer);
}

static enum feed_answer send_of(uint64_t sequence, const char *key, const char *text)
{
    char uid[32];
    snprintf(uid, sizeof uid, "gw1.e.%" PRIu64, sequence);
    struct feed_record record = {.sequence = sequence,
                                 .key = slice_from(key),
                                 .uid = slice_from(uid),
                                 .kind = SLICE("malware.found"),
                                 .bytes = slice_from(text)};
    return driver.ops->send(driver.at, &record);
}

/* Acknowledged in any order; no more than the window. */
static void test_window(void)
{
    begin_open(2);
    CU_ASSERT_EQUAL(send_of(10, "a", "{1}"), FEED_TAKEN);
    CU_ASSERT_EQUAL(send_of(12, "b", "{2}"), FEED_TAKEN);
    CU_ASSERT_EQUAL(send_of(13, "c", "{3}"), FEED_FULL);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "Nats-Msg-Id: gw1.e.10\r\n"));
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "Nats-Expected-Stream: EOG\r\n"));
    answer("HPUB eog.b.malware.found", "{\"stream\":\"EOG\",\"seq\":2}");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 1));
    CU_ASSERT_EQUAL(driver.acked[0], 12);
    CU_ASSERT_EQUAL(send_of(13, "c", "{3}"), FEED_TAKEN);
    /* A repeat that the server knows is stored, too. */
    answer("HPUB eog.a.malware.found", "{\"stream\":\"EOG\",\"seq\":1,\"duplicate\":true}");
    answer("HPUB eog.c.malware.found", "{\"stream\":\"EOG\",\"seq\":3}");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 3));
    end();
}

/* However long the gateway's id is, the number at its end is the record's. */
static void test_long_uid(void)
{
    char uid[200];
    begin_open(2);
    snprintf(uid, sizeof uid, "%0150d.e.1234567", 1);
    struct feed_record record = {.sequence = 1234567,
                                 .key = SLICE("a"),
                                 .uid = slice_from(uid),
                                 .kind = SLICE("malware.found"),
                                 .bytes = SLICE("{}")};
    CU_ASSERT_EQUAL(driver.ops->send(driver.at, &record), FEED_TAKEN);
    answer("HPUB eog.a.malware.found", "{\"stream\":\"EOG\",\"seq\":1}");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 1));
    CU_ASSERT_EQUAL(driver.acked[0], 1234567);
    end();
}

/* A site's name cannot reach into other subjects, nor break the protocol. */
static void test_subjects(void)
{
    static const struct {
        const char *key, *subject;
    } cases[] = {
        {"hq", "HPUB eog.hq.malware.found "},
        {"hq/osce01", "HPUB eog.hq.malware.found "},
        {"a.b", "HPUB eog.a_b.malware.found "},
        {"*", "HPUB eog._.malware.found "},
        {">", "HPUB eog._.malware.found "},
        {"", "HPUB eog._.malware.found "},
        {"/", "HPUB eog._.malware.found "},
        {"a b\tc", "HPUB eog.a_b_c.malware.found "},
        {"x\r\nPUB y 0\r\n", "HPUB eog.x__PUB_y_0__.malware.found "},
        {"\xe5\x8c\x97", "HPUB eog.___.malware.found "},
        {"$JS.API", "HPUB eog._JS_API.malware.found "},
    };
    begin_open(64);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&peer.in);
        CU_ASSERT_EQUAL(send_of(i + 1, cases[i].key, "{}"), FEED_TAKEN);
        CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, cases[i].subject));
    }
    end();
}

/* What the stream says no to: for ever when it is about the record, else all of it comes again. */
static void test_refused(void)
{
    begin_open(8);
    CU_ASSERT_EQUAL(send_of(5, "a", "{1}"), FEED_TAKEN);
    answer(
        "HPUB eog.a.malware.found",
        "{\"error\":{\"code\":400,\"err_code\":10054,\"description\":\"message size exceeds\"}}");
    while (!driver.n_rejected && driver.ops->poll(driver.at, -1, 100) == FEED_LINK_UP)
        ;
    CU_ASSERT_EQUAL(driver.n_rejected, 1);
    CU_ASSERT_EQUAL(driver.n_final, 1);
    CU_ASSERT_EQUAL(driver.rejected[0], 5);
    CU_ASSERT_EQUAL(send_of(6, "b", "{2}"), FEED_TAKEN);
    answer("HPUB eog.b.malware.found",
           "{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"maximum messages\"}}");
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "maximum messages"));
    CU_ASSERT_EQUAL(driver.n_acked, 0);
    CU_ASSERT_EQUAL(driver.n_rejected, 1);
    end();
}

static void test_longer_than_max_payload(void)
{
    static char text[8192];
    memset(text, 'x', sizeof text - 1);
    begin_open(8);
    CU_ASSERT_EQUAL(send_of(5, "a", text), FEED_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "max_payload"));
    CU_ASSERT_EQUAL(send_of(6, "a", "{}"), FEED_TAKEN);
    end();
}

/* The server goes, with records in flight; then it is there again, and they come again. */
static void test_again(void)
{
    begin_open(8);
    CU_ASSERT_EQUAL(send_of(5, "a", "{1}"), FEED_TAKEN);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "HPUB eog.a."));
    ft_peer_close(&peer);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    CU_ASSERT_NOT_EQUAL(driver.trouble[0], '\0');
    driver.ops->close(driver.at);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE_FATAL(ft_peer_accept(&peer));
    ft_peer_say(&peer, info);
    CU_ASSERT_TRUE(ft_peer_expect(&peer, &driver, "PING\r\n"));
    ft_peer_say(&peer, "PONG\r\n");
    answer("PUB $JS.API.STREAM.INFO.EOG", stream);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    CU_ASSERT_EQUAL(send_of(5, "a", "{1}"), FEED_TAKEN);
    answer("HPUB eog.a.malware.found", "{\"stream\":\"EOG\",\"seq\":1}");
    CU_ASSERT_TRUE(ft_poll_acked(&driver, 1));
    CU_ASSERT_EQUAL(driver.acked[0], 5);
    end();
}

static void test_no_stream(void)
{
    begin(8);
    answer("PUB $JS.API.STREAM.INFO.EOG",
           "{\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"stream not found\"}}");
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "no such stream"));
    end();
}

static void test_check(void)
{
    static const struct {
        struct feed_section section;
        const char *says; /* NULL: nothing */
    } cases[] = {
        {{.address = "n1.example.net:4222 n2.example.net:4222", .subject = "eog.a", .stream = "E"},
         NULL},
        {{.address = "n1", .subject = "eog", .stream = "E"}, "needs one server"},
        {{.address = "n1:1", .subject = "eog.>", .stream = "E"}, "<feed subject"},
        {{.address = "n1:1", .subject = ".eog", .stream = "E"}, "<feed subject"},
        {{.address = "n1:1", .subject = "", .stream = "E"}, "<feed subject"},
        {{.address = "n1:1", .subject = "eog", .stream = "E.F"}, "<feed stream"},
        {{.address = "n1:1", .subject = "eog", .stream = "E", .nkey_file = "/proc/version"},
         "go together"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct diag diag = {0};
        CU_ASSERT_EQUAL(feed_driver_nats.check(&cases[i].section, &diag), !cases[i].says);
        CU_ASSERT_EQUAL(diag.n, cases[i].says != NULL);
        if (diag.n)
            CU_ASSERT_PTR_NOT_NULL(strstr(diag.items[0].text, cases[i].says));
        diag_free(&diag);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"window", test_window},   {"subjects", test_subjects},
        {"refused", test_refused}, {"longer than max_payload", test_longer_than_max_payload},
        {"again", test_again},     {"no stream", test_no_stream},
        {"check", test_check},     {"long uid", test_long_uid},
    };
    return suite_run("NATS driver", tests, sizeof tests / sizeof *tests);
}
