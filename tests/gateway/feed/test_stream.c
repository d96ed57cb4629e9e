/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of a name's addresses is connected to. */
#include "gateway/feed/stream.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/error.h"
#include "tests/gateway/feed/support.h"
#include "tests/support/suite.h"

static struct ft_peer peers[2];
static struct feed_section section;
static struct feed_stream stream;

static void on_trouble(void *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void on_trouble(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static const struct feed_host host = {.trouble = on_trouble};

/* The name has both as its addresses, as if it had been looked up just now. */
static void begin(void)
{
    for (size_t i = 0; i < 2; i++)
        ft_peer_listen(&peers[i]);
    section = (struct feed_section){.name = "t", .address = peers[0].address};
    CU_ASSERT_EQUAL_FATAL(feed_stream_init(&stream, &section, &host), GW_OK);
    stream.n_found = 2;
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_TRUE(address_parse(slice_from(peers[i].address), &stream.found[i]));
}

static void end(void)
{
    feed_stream_fini(&stream);
    for (size_t i = 0; i < 2; i++)
        ft_peer_fini(&peers[i]);
}

/* Opens, and closes again: whom it was connected to. */
static size_t connect_once(bool is_good)
{
    enum feed_link link = FEED_LINK_OPENING;
    size_t met = 2;
    CU_ASSERT_EQUAL(feed_stream_open(&stream), GW_OK);
    for (int n = 0; n < 500 && link == FEED_LINK_OPENING; n++)
        link = feed_stream_work(&stream, -1, 20);
    CU_ASSERT_EQUAL(link, FEED_LINK_UP);
    for (size_t i = 0; i < 2; i++) {
        char text[ADDRESS_TEXT_MAX];
        address_format((struct sockaddr *)&stream.found[stream.current].storage, text);
        if (strcmp(text, peers[i].address) == 0)
            met = i;
    }
    stream.is_good = is_good;
    feed_stream_close(&stream);
    return met;
}

/* One that takes connections and nothing else is not all there is. */
static void test_useless(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_once(false), 0);
    CU_ASSERT_EQUAL(connect_once(false), 1);
    CU_ASSERT_EQUAL(connect_once(false), 0); /* looked up anew: section.address alone */
    end();
}

/* One that took something is the first again, for as long as the name has it. */
static void test_good(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_once(false), 0);
    CU_ASSERT_EQUAL(connect_once(true), 1);
    CU_ASSERT_TRUE(resolve_split(slice_from(peers[1].address), stream.name, &stream.port));
    CU_ASSERT_EQUAL(connect_once(true), 1);
    CU_ASSERT_TRUE(resolve_split(slice_from(peers[0].address), stream.name, &stream.port));
    CU_ASSERT_EQUAL(connect_once(true), 0); /* the name has moved */
    end();
}

/* It is also what is left when nobody answers for the name. */
static void test_no_name(void)
{
    begin();
    CU_ASSERT_EQUAL(connect_once(false), 0);
    CU_ASSERT_EQUAL(connect_once(true), 1);
    snprintf(stream.name, sizeof stream.name, "no.such.name.invalid");
    CU_ASSERT_EQUAL(connect_once(true), 1);
    CU_ASSERT_TRUE(resolve_split(slice_from(peers[0].address), stream.name, &stream.port));
    CU_ASSERT_EQUAL(feed_stream_open(&stream), GW_OK); /* asks, and nobody answers in time */
    feed_stream_close(&stream);
    CU_ASSERT_EQUAL(connect_once(true), 1);
    end();
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"useless", test_useless}, {"good", test_good}, {"no name", test_no_name}};
    return suite_run("feed stream", tests, sizeof tests / sizeof *tests);
}
