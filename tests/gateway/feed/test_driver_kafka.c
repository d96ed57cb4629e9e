/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Kafka driver against librdkafka's own mock cluster: what is acknowledged is read back. */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/feed/support.h"
#include "tests/support/suite.h"

enum { BROKERS = 3, PARTITIONS = 4, KEYS = 7, PATIENCE_MS = 60000, RECORDS = 3000 };

static struct ft_driver driver;
static rd_kafka_t *host; /* of the mock cluster */
static rd_kafka_mock_cluster_t *cluster;
static struct feed_section section;
static uint64_t next_sequence;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

static void begin_cluster(void)
{
    char error[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    cluster = rd_kafka_mock_cluster_new(host, BROKERS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cluster);
    CU_ASSERT_EQUAL(rd_kafka_mock_topic_create(cluster, "eog", PARTITIONS, BROKERS), 0);
    section = (struct feed_section){.name = "t",
                                    .address = rd_kafka_mock_cluster_bootstraps(cluster),
                                    .topic = "eog",
                                    .max_message_bytes = 65536,
                                    .connect_timeout_ms = 10000};
    next_sequence = 1;
}

static void begin(void)
{
    begin_cluster();
    ft_driver_create(&driver, &feed_driver_kafka, &section);
    CU_ASSERT_EQUAL(ft_send(&driver, 1, "early"), FEED_FULL);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
}

static void end_cluster(void)
{
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

static void end(void)
{
    ft_driver_destroy(&driver);
    end_cluster();
}

/* Record `sequence`, of the key sequence % KEYS; its text is its number. */
static enum feed_answer send_one(uint64_t sequence)
{
    char key[16], uid[32], text[32];
    snprintf(key, sizeof key, "site-%" PRIu64, sequence % KEYS);
    snprintf(uid, sizeof uid, "gw1.e.%" PRIu64, sequence);
    snprintf(text, sizeof text, "{\"n\":%" PRIu64 "}", sequence);
    struct feed_record record = {.sequence = sequence,
                                 .key = slice_from(key),
                                 .uid = slice_from(uid),
                                 .kind = SLICE("malware.found"),
                                 .bytes = slice_from(text)};
    return driver.ops->send(driver.at, &record);
}

/* Sends up to `last`; false: no room for too long, or lost. */
static bool send_up_to(uint64_t last)
{
    int64_t until = now_ms() + PATIENCE_MS;
    while (next_sequence <= last && now_ms() < until) {
        enum feed_answer answer = send_one(next_sequence);
        if (answer == FEED_TAKEN)
            next_sequence++;
        else if (answer != FEED_FULL || driver.ops->poll(driver.at, -1, 20) == FEED_LINK_LOST)
            return false;
    }
    return next_sequence > last;
}

static bool wait_acked(size_t n)
{
    int64_t until = now_ms() + PATIENCE_MS;
    while (driver.n_acked < n && now_ms() < until)
        if (driver.ops->poll(driver.at, -1, 100) == FEED_LINK_LOST)
            return false;
    return driver.n_acked == n;
}

/* ---- reading back ---- */

struct seen {
    unsigned times[RECORDS + 1];
    uint64_t last[KEYS]; /* first occurrences of a key grow */
    size_t n, repeats;
    bool is_in_order, is_whole; /* key, headers and text say the same */
};

static bool has_header(const rd_kafka_message_t *message, const char *name, const char *text)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t n;
    return rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           rd_kafka_header_get_last(headers, name, &value, &n) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           n == strlen(text) && memcmp(value, text, n) == 0;
}

static void note(struct seen *seen, const rd_kafka_message_t *message)
{
    char text[32], uid[32], key[16];
    uint64_t sequence;
    snprintf(text, sizeof text, "%.*s", (int)message->len, (const char *)message->payload);
    if (sscanf(text, "{\"n\":%" SCNu64 "}", &sequence) != 1 || sequence > RECORDS) {
        seen->is_whole = false;
        return;
    }
    snprintf(uid, sizeof uid, "gw1.e.%" PRIu64, sequence);
    snprintf(key, sizeof key, "site-%" PRIu64, sequence % KEYS);
    seen->is_whole &=
        has_header(message, "uid", uid) && has_header(message, "kind", "malware.found") &&
        message->key_len == strlen(key) && memcmp(message->key, key, message->key_len) == 0;
    seen->n++;
    if (seen->times[sequence]++) {
        seen->repeats++;
        return;
    }
    seen->is_in_order &= sequence > seen->last[sequence % KEYS];
    seen->last[sequence % KEYS] = sequence;
}

/* A partition whose leader moves tells its end more than once, so ends are counted by partition;
   and a reader whose query for the beginning fails goes to the end unless told otherwise. */
static void read_back(struct seen *seen, size_t expected)
{
    enum { ALL_ENDED = (1 << PARTITIONS) - 1 };
    char error[200];
    int ended = 0; /* bit: partition */
    int64_t until = now_ms() + PATIENCE_MS;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    memset(seen, 0, sizeof *seen);
    seen->is_in_order = seen->is_whole = true;
    rd_kafka_conf_set_log_cb(conf, quiet);
    rd_kafka_conf_set(conf, "bootstrap.servers", section.address, error, sizeof error);
    rd_kafka_conf_set(conf, "group.id", "g", error, sizeof error);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", error, sizeof error);
    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", error, sizeof error);
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(all, "eog", i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    CU_ASSERT_EQUAL(rd_kafka_assign(reader, all), RD_KAFKA_RESP_ERR_NO_ERROR);
    while ((ended != ALL_ENDED || seen->n - seen->repeats < expected) && now_ms() < until) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 200);
        if (!message)
            continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            ended |= 1 << message->partition;
        else if (!message->err)
            note(seen, message);
        rd_kafka_message_destroy(message);
    }
    CU_ASSERT_EQUAL(ended, ALL_ENDED);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
}

/* All of 1..last are there, in order of their keys, each told once. */
static void judge(uint64_t last, size_t most_repeats)
{
    static struct seen seen;
    static bool told[RECORDS + 1];
    read_back(&seen, last);
    CU_ASSERT_TRUE(seen.is_whole);
    CU_ASSERT_TRUE(seen.is_in_order);
    CU_ASSERT_EQUAL(seen.n - seen.repeats, last);
    CU_ASSERT_TRUE(seen.repeats <= most_repeats);
    memset(told, 0, sizeof told);
    for (size_t i = 0; i < driver.n_acked; i++) {
        CU_ASSERT_FALSE(told[driver.acked[i]]);
        CU_ASSERT_TRUE(seen.times[driver.acked[i]] > 0);
        told[driver.acked[i]] = true;
    }
}

/* ---- tests ---- */

static void test_all(void)
{
    begin();
    CU_ASSERT_TRUE(send_up_to(RECORDS));
    CU_ASSERT_TRUE(wait_acked(RECORDS));
    judge(RECORDS, 0);
    end();
}

/* Leaders die under load and come back; then all brokers at once. No repeat: the library goes on
   where it was. */
static void test_brokers_down(void)
{
    begin();
    for (int broker = 1; broker <= BROKERS; broker++) {
        CU_ASSERT_TRUE(send_up_to(next_sequence + 299));
        rd_kafka_mock_broker_set_down(cluster, broker);
        CU_ASSERT_TRUE(send_up_to(next_sequence + 299));
        rd_kafka_mock_broker_set_up(cluster, broker);
    }
    CU_ASSERT_TRUE(wait_acked(next_sequence - 1));
    for (int broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_down(cluster, broker);
    CU_ASSERT_TRUE(send_up_to(next_sequence + 99));
    size_t before = driver.n_acked;
    for (int i = 0; i < 10; i++)
        CU_ASSERT_NOT_EQUAL(driver.ops->poll(driver.at, -1, 50), FEED_LINK_LOST);
    CU_ASSERT_EQUAL(driver.n_acked, before);
    for (int broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_up(cluster, broker);
    CU_ASSERT_TRUE(wait_acked(next_sequence - 1));
    judge(next_sequence - 1, 0);
    end();
}

/* One at a time, so that none is behind another. */
static bool deliver_singly(uint64_t last)
{
    while (next_sequence <= last)
        if (!send_up_to(next_sequence) || !wait_acked(next_sequence - 1))
            return false;
    return true;
}

/* Errors that pass, slow brokers, leaders that move: tried again in order. None is behind a batch
   that is refused or may be: a broker refuses what comes behind a missing batch, the mock takes it,
   and the library concludes that the missing one is there. */
static void test_errors_that_pass(void)
{
    static const rd_kafka_resp_err_t errors[] = {
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, /* these three may have been kept */
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    };
    begin();
    CU_ASSERT_TRUE(send_up_to(100));
    CU_ASSERT_TRUE(wait_acked(100));
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        rd_kafka_mock_push_request_errors(cluster, 0 /* Produce */, 1, errors[i]);
        CU_ASSERT_TRUE(deliver_singly(101 + i));
    }
    rd_kafka_mock_push_request_errors(cluster, 0, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    CU_ASSERT_TRUE(deliver_singly(106));
    CU_ASSERT_TRUE(send_up_to(600));
    rd_kafka_mock_broker_set_rtt(cluster, 2, 300);
    CU_ASSERT_TRUE(send_up_to(800));
    CU_ASSERT_TRUE(wait_acked(800));
    for (int partition = 0; partition < PARTITIONS; partition++)
        rd_kafka_mock_partition_set_leader(cluster, "eog", partition, 1 + partition % BROKERS);
    CU_ASSERT_TRUE(deliver_singly(800 + KEYS)); /* it learns of all leaders */
    CU_ASSERT_TRUE(send_up_to(1000));
    CU_ASSERT_TRUE(wait_acked(1000));
    judge(1000, 0);
    end();
}

/* An error that ends the producer: a new one sends again what was not told. */
static void test_fatal(void)
{
    begin();
    CU_ASSERT_TRUE(send_up_to(200));
    CU_ASSERT_TRUE(wait_acked(200));
    rd_kafka_mock_push_request_errors(cluster, 0, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    while (next_sequence <= 300 && send_one(next_sequence) == FEED_TAKEN)
        next_sequence++;
    CU_ASSERT_FALSE(wait_acked(300));
    CU_ASSERT_TRUE(driver.n_acked < 300);
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "uthoriz"));
    CU_ASSERT_EQUAL(send_one(301), FEED_LOST);
    driver.ops->close(driver.at);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    /* As the feed does: from the oldest that was not told, those that were told left out. */
    static bool told[RECORDS + 1];
    memset(told, 0, sizeof told);
    for (size_t i = 0; i < driver.n_acked; i++)
        told[driver.acked[i]] = true;
    for (uint64_t sequence = 1; sequence <= 300; sequence++)
        if (!told[sequence])
            CU_ASSERT_EQUAL(send_one(sequence), FEED_TAKEN);
    CU_ASSERT_TRUE(wait_acked(300));
    judge(300, 100);
    end();
}

/* A batch is refused for one record in it: none is passed over before it was sent alone. */
static void test_too_large(void)
{
    begin();
    rd_kafka_mock_push_request_errors(cluster, 0, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    for (uint64_t sequence = 1; sequence <= 50; sequence++)
        CU_ASSERT_EQUAL(send_one(sequence), FEED_TAKEN);
    CU_ASSERT_FALSE(wait_acked(50));
    CU_ASSERT_TRUE(driver.n_rejected > 0);
    CU_ASSERT_EQUAL(driver.n_final, 0);
    driver.ops->close(driver.at);
    size_t before = driver.n_acked;
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    rd_kafka_mock_push_request_errors(cluster, 0, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    CU_ASSERT_EQUAL(send_one(60), FEED_TAKEN);
    int64_t until = now_ms() + PATIENCE_MS;
    while (!driver.n_final && now_ms() < until)
        driver.ops->poll(driver.at, -1, 50);
    CU_ASSERT_EQUAL(driver.n_final, 1);
    CU_ASSERT_EQUAL(driver.rejected[driver.n_rejected - 1], 60);
    /* The next ones go. */
    CU_ASSERT_EQUAL(send_one(61), FEED_TAKEN);
    CU_ASSERT_TRUE(wait_acked(before + 1));
    CU_ASSERT_EQUAL(driver.acked[before], 61);
    end();
}

/* One that the library itself finds too long is refused at once. */
static void test_longer_than_max_message(void)
{
    begin();
    char *text = calloc(1, 100001);
    memset(text, 'x', 100000);
    CU_ASSERT_EQUAL(ft_send(&driver, 5, text), FEED_REFUSED);
    CU_ASSERT_NOT_EQUAL(driver.trouble[0], '\0');
    CU_ASSERT_EQUAL(ft_send(&driver, 6, "short"), FEED_TAKEN);
    CU_ASSERT_TRUE(wait_acked(1));
    CU_ASSERT_EQUAL(driver.acked[0], 6);
    free(text);
    end();
}

/* Nobody takes it: there is an end of what is in flight, and of memory; closing does not wait. */
static void test_full(void)
{
    begin();
    for (int broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_down(cluster, broker);
    size_t taken = 0;
    while (taken < 20000 && send_one(next_sequence++) == FEED_TAKEN)
        taken++;
    CU_ASSERT_EQUAL(taken, 8192);
    int64_t start = now_ms();
    driver.ops->close(driver.at);
    CU_ASSERT_TRUE(now_ms() - start < 10000); /* nothing is given up by itself */
    for (int broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_up(cluster, broker);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    CU_ASSERT_EQUAL(driver.n_acked, 0);
    end();
}

static void test_nobody(void)
{
    struct ft_peer peer;
    ft_peer_listen(&peer);
    close(peer.listener); /* a port where nobody is */
    section = (struct feed_section){.name = "t",
                                    .address = peer.address,
                                    .topic = "eog",
                                    .max_message_bytes = 65536,
                                    .connect_timeout_ms = 10000};
    ft_driver_create(&driver, &feed_driver_kafka, &section);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "no broker can be reached"));
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "refused"));
    ft_driver_destroy(&driver);
}

/* All brokers go while nothing is in flight: seen as a lost connection, not as a quiet one. */
static void test_idle(void)
{
    begin();
    for (int broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_down(cluster, broker);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    driver.ops->close(driver.at);
    for (int broker = 1; broker <= BROKERS; broker++)
        rd_kafka_mock_broker_set_up(cluster, broker);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_UP));
    end();
}

static void test_check(void)
{
    static const struct {
        struct feed_section section;
        const char *says; /* NULL: nothing */
    } cases[] = {
        {{.address = "k1.example.net:9092, 192.0.2.1:9092 [2001:db8::1]:9092", .topic = "a.b_c-1"},
         NULL},
        {{.address = "", .topic = "t"}, "needs one server"},
        {{.address = "k1:9092 k2", .topic = "t"}, "needs one server"},
        {{.address = "k1:9092", .topic = "a b"}, "<feed topic"},
        {{.address = "k1:9092", .topic = ""}, "<feed topic"},
        {{.address = "k1:9092", .topic = "t", .user = "u"}, "go together"},
        {{.address = "k1:9092", .topic = "t", .user = "u", .password_file = "/dev/null"},
         "no file that holds a secret"},
        {{.address = "k1:9092", .topic = "t", .user = "u", .password_file = "/proc/version"},
         "would show the password"},
        {{.address = "k1:9092", .topic = "t", .nkey_file = "/proc/version"}, "nkey-file"},
        {{.address = "k1:9092", .topic = "t", .has_tls = true}, "<feed tls>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct diag diag = {0};
        bool is_fine = feed_driver_kafka.check(&cases[i].section, &diag);
        CU_ASSERT_EQUAL(is_fine, !cases[i].says);
        bool is_said = !cases[i].says;
        for (size_t k = 0; k < diag.n; k++)
            is_said |= cases[i].says && strstr(diag.items[k].text, cases[i].says);
        CU_ASSERT_TRUE(is_said);
        if (!is_said)
            diag_print(&diag, stdout);
        diag_free(&diag);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"all", test_all},
        {"brokers down", test_brokers_down},
        {"errors that pass", test_errors_that_pass},
        {"fatal", test_fatal},
        {"too large", test_too_large},
        {"longer than max-message", test_longer_than_max_message},
        {"full", test_full},
        {"nobody", test_nobody},
        {"idle", test_idle},
        {"check", test_check},
    };
    return suite_run("Kafka driver", tests, sizeof tests / sizeof *tests);
}
