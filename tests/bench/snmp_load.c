/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_load [-o get|next|bulk] [-m REPETITIONS] [-w WINDOW] [-t SECONDS | -n COUNT] [-r RATE] [-c
 * COMMUNITY] ADDRESS PORT OID...
 *
 * v2c requests in a closed loop: WINDOW of them are always under way; with -r no more than RATE a
 * second are begun. Each request asks for all OIDs. Prints answers a second and percentiles of the
 * time to the answer. A request unanswered after a second is counted as lost and given up.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/thread.h"
#include "gateway/ctl/ber_write.h"
#include "gateway/ctl/trap_encode.h"
#include "tests/bench/blast.h"

enum { WINDOW_MAX = 4096, REQUEST_MAX = 1400, ANSWERS_MAX = 1 << 22, LOST_AFTER_MS = 1000 };

struct load {
    uint8_t operation;
    int repetitions, window;
    const char *community;
    char **oids;
    int n_oids, fd;
    double seconds, rate;
    uint64_t count;
    int32_t ids[WINDOW_MAX]; /* 0: free */
    double begun[WINDOW_MAX];
    uint64_t asked, answered, lost, bytes;
    int32_t next_id;
    float *latency_ms;
};

static void send_request(struct load *load, int slot)
{
    uint8_t room[REQUEST_MAX];
    struct ber_writer w = ber_writer_of(room, sizeof room);
    size_t end = w.at;
    for (int i = load->n_oids; i-- > 0;) {
        size_t mark = w.at;
        ber_put_octets(&w, BER_NULL, SLICE_NONE);
        ber_put_oid(&w, slice_from(load->oids[i]));
        ber_wrap(&w, BER_SEQUENCE, mark);
    }
    ber_wrap(&w, BER_SEQUENCE, end);
    ber_put_int(&w, BER_INTEGER, load->operation == BER_PDU_GET_BULK ? load->repetitions : 0);
    ber_put_int(&w, BER_INTEGER, 0);
    /* The slot is in the id, so an answer finds its request without a search. */
    load->ids[slot] = load->next_id++ % 100000 * WINDOW_MAX + slot + 1;
    ber_put_int(&w, BER_INTEGER, load->ids[slot]);
    ber_wrap(&w, load->operation, end);
    ber_put_octets(&w, BER_OCTETS, slice_from(load->community));
    ber_put_int(&w, BER_INTEGER, 1);
    ber_wrap(&w, BER_SEQUENCE, end);
    struct slice request = ber_encoding(&w);
    if (request.n == 0) {
        fprintf(stderr, "the request does not fit, or an OID is wrong\n");
        exit(2);
    }
    load->begun[slot] = blast_now_s();
    load->asked++;
    if (send(load->fd, request.p, request.n, 0) < 0)
        perror("send");
}

static void take_answers(struct load *load, int timeout_ms)
{
    static char bytes[65536];
    struct pollfd wait = {.fd = load->fd, .events = POLLIN};
    ssize_t n;
    if (poll(&wait, 1, timeout_ms) <= 0)
        return;
    while ((n = recv(load->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        int32_t id;
        if (!trap_read_response(slice_of(bytes, (size_t)n), &id))
            continue;
        int slot = (id - 1) % WINDOW_MAX;
        if (id < 1 || load->ids[slot] != id)
            continue; /* late, or not ours */
        if (load->answered < ANSWERS_MAX)
            load->latency_ms[load->answered] = (float)((blast_now_s() - load->begun[slot]) * 1e3);
        load->answered++;
        load->bytes += (uint64_t)n;
        load->ids[slot] = 0;
    }
}

static void run(struct load *load)
{
    double begun = blast_now_s(), now;
    for (;;) {
        now = blast_now_s();
        bool is_over = load->count ? load->asked >= load->count : now - begun >= load->seconds;
        int under_way = 0;
        for (int i = 0; i < load->window; i++) {
            if (load->ids[i] != 0 && now - load->begun[i] > LOST_AFTER_MS / 1e3) {
                load->lost++;
                load->ids[i] = 0;
            }
            bool may_ask =
                !is_over && (load->rate <= 0 || (double)load->asked < (now - begun) * load->rate);
            if (load->ids[i] == 0 && may_ask && (!load->count || load->asked < load->count))
                send_request(load, i);
            under_way += load->ids[i] != 0;
        }
        if (is_over && under_way == 0)
            break;
        take_answers(load, load->rate > 0 && !under_way ? 1 : 10);
    }
    load->seconds = now - begun;
}

static int compare_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static void print_result(struct load *load)
{
    size_t n = load->answered < ANSWERS_MAX ? load->answered : ANSWERS_MAX;
    qsort(load->latency_ms, n, sizeof(float), compare_float);
    printf("answers %llu in %.3f s = %.0f/s, %llu B each, lost %llu",
           (unsigned long long)load->answered, load->seconds,
           (double)load->answered / load->seconds,
           (unsigned long long)(load->answered ? load->bytes / load->answered : 0),
           (unsigned long long)load->lost);
    if (n > 0)
        printf(", ms p50 %.3f p95 %.3f p99 %.3f max %.3f", load->latency_ms[n / 2],
               load->latency_ms[n * 95 / 100], load->latency_ms[n * 99 / 100],
               load->latency_ms[n - 1]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct load load = {.operation = BER_PDU_GET,
                               .repetitions = 20,
                               .window = 1,
                               .community = "public",
                               .seconds = 2};
    int option;
    gw_thread_is_prompt(); /* its own wait for a processor is not the agent's */
    while ((option = getopt(argc, argv, "o:m:w:t:n:r:c:")) != -1) {
        switch (option) {
        case 'o':
            load.operation = strcmp(optarg, "bulk") == 0   ? BER_PDU_GET_BULK
                             : strcmp(optarg, "next") == 0 ? BER_PDU_GET_NEXT
                                                           : BER_PDU_GET;
            break;
        case 'm':
            load.repetitions = atoi(optarg);
            break;
        case 'w':
            load.window = atoi(optarg);
            break;
        case 't':
            load.seconds = atof(optarg);
            break;
        case 'n':
            load.count = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            load.rate = atof(optarg);
            break;
        case 'c':
            load.community = optarg;
            break;
        default:
            return 2;
        }
    }
    if (argc - optind < 3 || load.window < 1 || load.window > WINDOW_MAX)
        return 2;
    load.oids = argv + optind + 2;
    load.n_oids = argc - optind - 2;
    load.latency_ms = malloc(ANSWERS_MAX * sizeof(float));
    load.fd = blast_open_udp(argv[optind], argv[optind + 1]);
    if (!load.latency_ms)
        return 1;
    run(&load);
    print_result(&load);
    return load.answered == 0;
}
