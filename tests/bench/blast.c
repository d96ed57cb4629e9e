/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams at a steady rate. Pacing is by due time, in batches: a sender that falls behind catches
 * up rather than slow down, so the offered rate is the asked rate wherever the machine allows it.
 */
#include "tests/bench/blast.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { BATCH = 32, SEGMENTS_MAX = 64, GSO_BYTES_MAX = 60000 };

double blast_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool blast_option(struct blast_options *options, int option, const char *argument)
{
    if (option == 'r')
        options->rate = atof(argument);
    else if (option == 'n')
        options->count = strtoull(argument, NULL, 10);
    else if (option == 't')
        options->seconds = atof(argument);
    else if (option == 'g')
        options->is_gso = true;
    else
        return false;
    return true;
}

void blast_count(struct blast_options *options)
{
    if (options->seconds > 0 && options->rate > 0)
        options->count = (uint64_t)(options->seconds * options->rate);
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

void blast_check_loopback(const char *address)
{
    struct in_addr a;
    if (inet_pton(AF_INET, address, &a) == 1 && ntohl(a.s_addr) >> 24 == 127)
        return;
    fprintf(stderr, "%s: only 127.0.0.0/8 is a target of this tool\n", address);
    exit(2);
}

int blast_open_udp(const char *address, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = 8 << 20;
    blast_check_loopback(address);
    inet_pton(AF_INET, address, &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail(address);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return fd;
}

struct iovec *blast_read_lines(const char *path, size_t *n)
{
    struct stat file;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &file) != 0 || file.st_size == 0)
        fail(path);
    size_t size = (size_t)file.st_size, cap = size / 64 + 16;
    char *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0), *end = p + size;
    struct iovec *lines = malloc(cap * sizeof *lines);
    if (p == MAP_FAILED || !lines)
        fail(path);
    for (*n = 0; p < end;) {
        char *lf = memchr(p, '\n', (size_t)(end - p));
        size_t length = (size_t)((lf ? lf : end) - p);
        if (*n == cap) {
            struct iovec *more = realloc(lines, (cap *= 2) * sizeof *lines);
            if (!more)
                fail(path);
            lines = more;
        }
        if (length > 0)
            lines[(*n)++] = (struct iovec){p, length};
        p += length + 1;
    }
    close(fd);
    return lines;
}

static int compare_length(const void *a, const void *b)
{
    const struct iovec *x = a, *y = b;
    return x->iov_len < y->iov_len ? -1 : x->iov_len > y->iov_len;
}

/* From list[*at] on: the kernel takes what it takes; the rest is short. Returns how many were
 * offered. */
static unsigned send_batch(int fd, struct iovec *list, size_t n, size_t *at, unsigned want,
                           uint64_t *is_short)
{
    static struct mmsghdr messages[BATCH];
    unsigned take = want < BATCH ? want : BATCH, done = 0;
    for (unsigned i = 0; i < take; i++) {
        messages[i].msg_hdr.msg_iov = &list[*at];
        messages[i].msg_hdr.msg_iovlen = 1;
        *at = *at + 1 == n ? 0 : *at + 1;
    }
    while (done < take) {
        int sent = sendmmsg(fd, messages + done, take - done, 0);
        *is_short += sent < 0;
        done += sent < 0 ? 1 : (unsigned)sent;
    }
    return take;
}

/* The same with one send() of equal lengths: the kernel cuts it into datagrams late. */
static unsigned send_segments(int fd, struct iovec *list, size_t n, size_t *at, unsigned want,
                              uint64_t *is_short)
{
    struct iovec parts[SEGMENTS_MAX];
    char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
    struct msghdr message = {
        .msg_iov = parts, .msg_control = control, .msg_controllen = sizeof control};
    uint16_t length = (uint16_t)list[*at].iov_len;
    unsigned take = 0;
    while (take < want && take < SEGMENTS_MAX && (take + 1) * (size_t)length <= GSO_BYTES_MAX &&
           list[*at].iov_len == length) {
        parts[take++] = list[*at];
        *at = *at + 1 == n ? 0 : *at + 1;
        if (*at == 0)
            break;
    }
    message.msg_iovlen = take;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof length);
    memcpy(CMSG_DATA(header), &length, sizeof length);
    if (sendmsg(fd, &message, 0) < 0)
        *is_short += take;
    return take;
}

/* Never spins: the processor is the receiver's as well. */
static void sleep_until(double due_s)
{
    time_t whole = (time_t)due_s;
    struct timespec due = {whole, (long)((due_s - (double)whole) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

void blast_datagrams(int fd, struct iovec *list, size_t n, const struct blast_options *options)
{
    uint64_t sent = 0, is_short = 0;
    size_t at = 0;
    if (options->is_gso)
        qsort(list, n, sizeof *list, compare_length);
    prctl(PR_SET_TIMERSLACK, 1UL);
    double begun = blast_now_s();
    while (sent < options->count) {
        uint64_t due = options->count;
        if (options->rate > 0) {
            double so_far = (blast_now_s() - begun) * options->rate;
            due = so_far < (double)due ? (uint64_t)so_far : due;
        }
        unsigned batch = options->is_gso ? SEGMENTS_MAX : BATCH;
        uint64_t want = options->count - sent < batch ? options->count - sent : batch;
        if (sent + want > due) {
            sleep_until(begun + (double)(sent + want) / options->rate);
            continue;
        }
        sent += (options->is_gso ? send_segments : send_batch)(fd, list, n, &at, (unsigned)want,
                                                               &is_short);
    }
    double took = blast_now_s() - begun;
    printf("offered %llu in %.3f s = %.0f/s (target %.0f), short %llu\n", (unsigned long long)sent,
           took, (double)sent / took, options->rate, (unsigned long long)is_short);
}
