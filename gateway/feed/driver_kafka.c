/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kafka, by librdkafka: an idempotent producer that waits for all replicas in sync. The library
 * keeps what is in flight in order and tries again by itself while brokers come and go; the feed's
 * cursor moves by its delivery reports alone. Only what it gives up for good, or what is silent for
 * ack-timeout, ends the producer; the next one sends again from the cursor, and the core drops what
 * it has by the header uid.
 *
 * The library's threads never call into the target but for log lines: its events wait in its queue,
 * which makes `bell` readable, and are served in poll().
 *
 * A broker refuses a whole batch for one record in it. So after such an answer the records are sent
 * one by one: then the refused one is known, and only that one is passed over.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/ascii.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/base/thread.h"
#include "gateway/feed/broker.h"
#include "gateway/feed/driver.h"

enum {
    FLIGHT_MAX = 8192,
    QUEUE_KIB = 16384,     /* of records that wait in the library; more when one alone is longer */
    OVERHEAD_BYTES = 4096, /* headers and framing around a record */
    LOOK_MS = 500,         /* longest wait for the topic's description */
    LEAVE_MS = 100,
    LEAVE_STEP_MS = 5,
    LOG_PERIOD_MS = 10000,
    REASON_MAX = 256
};

/* What the library's threads see; lives until the last of them is gone. */
struct producer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *topic;
    struct kafka *owner; /* for callbacks that poll() serves */
    char name[FEED_NAME_MAX + 1];
    struct log_limit limit;
};

struct kafka {
    const struct feed_section *section;
    struct feed_host host;
    const char *gateway_id;
    int bell;                  /* readable: the library has something to tell */
    struct producer *producer; /* NULL: closed */
    bool is_up, is_lost, is_down;
    bool is_single;          /* a batch was refused: one record each from now on */
    char reason[REASON_MAX]; /* the last the library told of its connections */

    uint64_t *flights; /* sequences by slot, which is a message's opaque */
    uint32_t *spare;   /* slots that are free */
    size_t n_spare;
};

static bool check(const struct feed_section *section, struct diag *diag)
{
    size_t before = diag->total;
    feed_broker_check(section, diag);
    if (section->user && section->sasl == FEED_SASL_PLAIN && !section->has_tls)
        diag_add_at(
            diag, section->place,
            "<feed sasl=\"plain\">: would show the password to the network; add tls=\"yes\"");
    if (section->nkey_file)
        diag_add_at(diag, section->place, "<feed nkey-file>: is of kind=\"nats\"");
    if (!ascii_is_word(section->topic, "._-", 249))
        diag_add_at(diag, section->place,
                    "<feed topic=\"%s\">: write 1 to 249 letters, digits, '.', '_' or '-'",
                    section->topic);
    return diag->total == before;
}

static int create(const struct feed_driver_options *options, void **out)
{
    struct kafka *kafka = gw_alloc(sizeof *kafka);
    *out = kafka;
    kafka->section = options->section;
    kafka->host = options->host;
    kafka->gateway_id = options->gateway_id;
    kafka->flights = gw_alloc(FLIGHT_MAX * sizeof *kafka->flights);
    kafka->spare = gw_alloc(FLIGHT_MAX * sizeof *kafka->spare);
    kafka->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (kafka->bell >= 0)
        return GW_OK;
    kafka->host.trouble(kafka->host.context, "no descriptor is left");
    return GW_ERR_IO;
}

static void destroy(void *driver)
{
    struct kafka *kafka = driver;
    if (!kafka)
        return;
    if (kafka->bell >= 0)
        close(kafka->bell);
    free(kafka->flights);
    free(kafka->spare);
    free(kafka);
}

static void lose(struct kafka *kafka, const char *what, const char *detail)
{
    kafka->is_lost = true;
    kafka->host.trouble(kafka->host.context, "%s%s%s", what, *detail ? ": " : "", detail);
}

/* ---- what the library tells ---- */

/* On any of its threads, for as long as the producer lives. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct producer *producer = rd_kafka_opaque(rk);
    unsigned long held = 0;
    /* TERMINATE: what was in flight is dropped, which is meant. */
    if (level > 4 || strcmp(facility, "TERMINATE") == 0)
        log_debug("feed", "librdkafka feed=%s %s \"%s\"", producer->name, facility, text);
    else if (log_allowed(&producer->limit, LOG_PERIOD_MS, &held))
        log_warn("feed", "librdkafka says feed=%s facility=%s text=\"%s\" more=%lu", producer->name,
                 facility, text, held);
}

static bool is_any_in_flight(const struct kafka *kafka)
{
    return kafka->n_spare < FLIGHT_MAX;
}

static void on_error(rd_kafka_t *rk, int code, const char *text, void *opaque)
{
    struct kafka *kafka = ((struct producer *)opaque)->owner;
    char fatal[REASON_MAX] = "";
    switch (code) {
    case RD_KAFKA_RESP_ERR__FATAL:
        rd_kafka_fatal_error(rk, fatal, sizeof fatal);
        lose(kafka, "the producer cannot go on", fatal);
        break;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        kafka->is_down = true;
        break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        lose(kafka, "the broker refuses the log-in", text);
        break;
    default:
        snprintf(kafka->reason, sizeof kafka->reason, "%s", text);
        if (!kafka->is_lost)
            kafka->host.trouble(kafka->host.context, "%s", text);
    }
}

static bool is_about_record(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
           code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
           code == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka *kafka = ((struct producer *)opaque)->owner;
    size_t slot = (size_t)((uintptr_t)message->_private - 1);
    uint64_t sequence = kafka->flights[slot];
    (void)rk;
    kafka->spare[kafka->n_spare++] = (uint32_t)slot;
    /* Once one has failed, none that follows may overtake it: all are sent again. */
    if (kafka->is_lost)
        return;
    if (!message->err) {
        kafka->is_down = false;
        kafka->host.acknowledged(kafka->host.context, sequence);
        return;
    }
    const char *reason = rd_kafka_err2str(message->err);
    if (!is_about_record(message->err)) {
        lose(kafka, "a record was not delivered", reason);
    } else {
        kafka->host.rejected(kafka->host.context, sequence, kafka->is_single, reason);
        if (!kafka->is_single)
            lose(kafka, "the broker refuses a batch; records go one by one", reason);
        kafka->is_single = true;
    }
}

/* ---- opening ---- */

struct setting {
    const char *name, *value;
};

static bool set_all(rd_kafka_conf_t *conf, const struct setting *settings, char *error)
{
    for (; settings->name; settings++)
        if (settings->value && rd_kafka_conf_set(conf, settings->name, settings->value, error,
                                                 REASON_MAX) != RD_KAFKA_CONF_OK)
            return false;
    return true;
}

static bool set_always(const struct kafka *kafka, rd_kafka_conf_t *conf, char *error)
{
    const struct feed_section *section = kafka->section;
    char most[24], batch[24], queue[24], connect_ms[24];
    struct buf servers = {0};
    struct slice list = slice_from(section->address), server;
    while (feed_broker_next(&list, &server))
        buf_printf(&servers, "%s%.*s", servers.n ? "," : "", (int)server.n, server.p);
    int64_t queue_kib = section->max_message_bytes / 512;
    snprintf(most, sizeof most, "%" PRId64, section->max_message_bytes + OVERHEAD_BYTES);
    snprintf(batch, sizeof batch, "%" PRId64, section->max_message_bytes);
    snprintf(queue, sizeof queue, "%" PRId64, queue_kib > QUEUE_KIB ? queue_kib : QUEUE_KIB);
    snprintf(connect_ms, sizeof connect_ms, "%" PRId64,
             section->connect_timeout_ms < 1000 ? 1000 : section->connect_timeout_ms);
    const struct setting settings[] = {
        {"bootstrap.servers", buf_text(&servers)},
        {"client.id", kafka->gateway_id},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"max.in.flight.requests.per.connection", "5"},
        {"partitioner", "murmur2_random"}, /* as Java's producers */
        {"linger.ms", "5"},
        {"compression.codec", "lz4"},
        {"message.timeout.ms", "0"}, /* never given up: ack-timeout ends it all, in order */
        {"message.max.bytes", most},
        /* A broker that takes a record of max-message takes a batch too. */
        {"batch.size", batch},
        {"batch.num.messages", kafka->is_single ? "1" : NULL},
        {"queue.buffering.max.kbytes", queue},
        {"receive.message.max.bytes", "4194304"},
        {"socket.connection.setup.timeout.ms", connect_ms},
        {"socket.keepalive.enable", "true"},
        {"reconnect.backoff.max.ms", "1000"},
        {"log.connection.close", "false"},
        {NULL, NULL}};
    bool is_fine = set_all(conf, settings, error);
    buf_free(&servers);
    return is_fine;
}

static bool set_tls(const struct feed_section *section, rd_kafka_conf_t *conf, char *error)
{
    const struct tls_settings *tls = &section->tls;
    bool is_verified = tls->verify == TLS_VERIFY_REQUIRED;
    const struct setting settings[] = {
        {"ssl.ca.location", tls->ca},
        {"ssl.crl.location", tls->crl},
        {"ssl.certificate.location", tls->cert},
        {"ssl.key.location", tls->key ? tls->key : tls->cert},
        {"enable.ssl.certificate.verification", is_verified ? "true" : "false"},
        {"ssl.endpoint.identification.algorithm", is_verified ? "https" : "none"},
        {NULL, NULL}};
    return set_all(conf, settings, error);
}

static bool set_login(const struct feed_section *section, rd_kafka_conf_t *conf, char *error)
{
    static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    struct arena arena;
    struct buf reason = {0};
    arena_init(&arena, 0);
    char *password = feed_broker_secret(section->password_file, &arena, &reason);
    bool is_fine = password != NULL;
    if (password) {
        const struct setting settings[] = {{"sasl.mechanism", mechanisms[section->sasl]},
                                           {"sasl.username", section->user},
                                           {"sasl.password", password},
                                           {NULL, NULL}};
        is_fine = set_all(conf, settings, error);
        secret_wipe(password, strlen(password));
    } else {
        snprintf(error, REASON_MAX, "%s", buf_text(&reason));
    }
    arena_fini(&arena);
    buf_free(&reason);
    return is_fine;
}

static rd_kafka_conf_t *configure(const struct kafka *kafka, struct producer *producer, char *error)
{
    const struct feed_section *section = kafka->section;
    const char *protocol = section->has_tls ? section->user ? "sasl_ssl" : "ssl"
                           : section->user  ? "sasl_plaintext"
                                            : "plaintext";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (set_always(kafka, conf, error) &&
        set_all(conf, (struct setting[]){{"security.protocol", protocol}, {NULL, NULL}}, error) &&
        (!section->has_tls || set_tls(section, conf, error)) &&
        (!section->user || set_login(section, conf, error)))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* On a thread of its own: destroying waits for the library's threads, and one of these may be
   looking up a name. What the library still tells goes nowhere. */
static void *end(void *context)
{
    struct producer *producer = context;
    rd_kafka_destroy_flags(producer->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(producer);
    return NULL;
}

static void end_producer(struct producer *producer)
{
    const struct timespec step = {.tv_nsec = LEAVE_STEP_MS * 1000000L};
    pthread_t thread;
    rd_kafka_queue_io_event_enable(producer->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(producer->queue);
    rd_kafka_topic_destroy(producer->topic);
    rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                     RD_KAFKA_PURGE_F_NON_BLOCKING);
    if (gw_thread_start(&thread, "feed-kafka-end", end, producer) != GW_OK) {
        end(producer);
        return;
    }
    for (int waited = 0; pthread_tryjoin_np(thread, NULL) != 0; waited += LEAVE_STEP_MS) {
        if (waited >= LEAVE_MS) {
            pthread_detach(thread);
            return;
        }
        nanosleep(&step, NULL);
    }
}

static void drop(void *driver)
{
    struct kafka *kafka = driver;
    if (kafka->producer)
        end_producer(kafka->producer);
    kafka->producer = NULL;
}

static int begin(void *driver)
{
    struct kafka *kafka = driver;
    char error[REASON_MAX] = "";
    struct producer *producer = gw_alloc(sizeof *producer);
    producer->owner = kafka;
    snprintf(producer->name, sizeof producer->name, "%s", kafka->section->name);
    kafka->is_up = kafka->is_lost = kafka->is_down = false;
    kafka->reason[0] = '\0';
    for (kafka->n_spare = 0; kafka->n_spare < FLIGHT_MAX; kafka->n_spare++)
        kafka->spare[kafka->n_spare] = (uint32_t)kafka->n_spare;
    rd_kafka_conf_t *conf = configure(kafka, producer, error);
    if (conf)
        producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (!producer->rk) {
        if (conf)
            rd_kafka_conf_destroy(conf);
        free(producer);
        lose(kafka, "no producer can be made", error);
        return GW_ERR_IO;
    }
    producer->queue = rd_kafka_queue_get_main(producer->rk);
    rd_kafka_queue_io_event_enable(producer->queue, kafka->bell, &(uint64_t){1}, sizeof(uint64_t));
    producer->topic = rd_kafka_topic_new(producer->rk, kafka->section->topic, NULL);
    kafka->producer = producer;
    return GW_OK;
}

/* ---- work ---- */

static enum feed_answer take(void *driver, const struct feed_record *record)
{
    struct kafka *kafka = driver;
    if (kafka->is_lost)
        return FEED_LOST;
    if (!kafka->is_up || kafka->n_spare == 0)
        return FEED_FULL;
    uint32_t slot = kafka->spare[kafka->n_spare - 1];
    rd_kafka_resp_err_t result =
        rd_kafka_producev(kafka->producer->rk, RD_KAFKA_V_RKT(kafka->producer->topic),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_KEY(record->key.n ? record->key.p : NULL, record->key.n),
                          RD_KAFKA_V_VALUE((void *)record->bytes.p, record->bytes.n),
                          RD_KAFKA_V_HEADER("kind", record->kind.p, (ssize_t)record->kind.n),
                          RD_KAFKA_V_HEADER("uid", record->uid.p, (ssize_t)record->uid.n),
                          RD_KAFKA_V_OPAQUE((void *)((uintptr_t)slot + 1)), RD_KAFKA_V_END);
    if (result == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return FEED_FULL;
    if (result == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        kafka->host.trouble(kafka->host.context, "%s", rd_kafka_err2str(result));
        return FEED_REFUSED;
    }
    if (result) {
        lose(kafka, "the library takes no record", rd_kafka_err2str(result));
        return FEED_LOST;
    }
    kafka->flights[slot] = record->sequence;
    kafka->n_spare--;
    return FEED_TAKEN;
}

/* Is there a broker, and does it know the topic? */
static void look(struct kafka *kafka)
{
    const struct rd_kafka_metadata *found = NULL;
    if (rd_kafka_metadata(kafka->producer->rk, 0, kafka->producer->topic, &found, LOOK_MS))
        return; /* not yet */
    rd_kafka_resp_err_t code =
        found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && found->topics[0].partition_cnt > 0)
        kafka->is_up = true;
    else if (code && code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        lose(kafka, "the topic cannot be written", rd_kafka_err2str(code));
    rd_kafka_metadata_destroy(found);
}

static enum feed_link work(void *driver, int wake_fd, int timeout_ms)
{
    struct kafka *kafka = driver;
    struct pollfd fds[] = {{.fd = kafka->bell, .events = POLLIN},
                           {.fd = wake_fd, .events = POLLIN}};
    uint64_t rings;
    /* look() blocks for LOOK_MS, which may be longer than timeout_ms: its answer cannot be waited
       for in parts. */
    if (!kafka->is_up && !kafka->is_lost && timeout_ms)
        look(kafka);
    else
        poll(fds, 2, kafka->is_lost ? 0 : timeout_ms);
    (void)!read(kafka->bell, &rings, sizeof rings); /* first: what comes now rings again */
    rd_kafka_poll(kafka->producer->rk, 0);
    /* With nothing in flight a new producer costs nothing. Otherwise brokers may come back, and the
       library goes on without sending anything twice. */
    if (kafka->is_down && !kafka->is_lost && !is_any_in_flight(kafka))
        lose(kafka, "no broker can be reached", kafka->reason);
    return kafka->is_lost ? FEED_LINK_LOST : kafka->is_up ? FEED_LINK_UP : FEED_LINK_OPENING;
}

const struct feed_driver feed_driver_kafka = {
    .kind = "kafka",
    .check = check,
    .create = create,
    .destroy = destroy,
    .open = begin,
    .send = take,
    .poll = work,
    .close = drop,
};
