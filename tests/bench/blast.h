/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_BENCH_BLAST_H
#define TESTS_BENCH_BLAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/** How datagrams are sent. */
struct blast_options {
    double rate;    /* datagrams a second; 0: as fast as it goes */
    uint64_t count; /* how many in all; the list is gone round as needed */
    double seconds; /* how long, in place of count, at that rate */
    bool is_gso;    /* one send() carries up to 64 datagrams of one length (UDP_SEGMENT) */
};

/* For getopt(): -r RATE, -n COUNT, -t SECONDS, -g. */
#define BLAST_OPTIONS "r:n:t:g"

/* Takes one of BLAST_OPTIONS; false: it is another. */
bool blast_option(struct blast_options *options, int option, const char *argument);
/* Once all are taken: of seconds and rate, the count. */
void blast_count(struct blast_options *options);

double blast_now_s(void);

/* A UDP socket connected to address (IPv4, loopback only) and port, with a large send buffer. Exits
 * on error. */
int blast_open_udp(const char *address, const char *port);
/* Refuse any target but loopback: these tools saturate. Exits on error. */
void blast_check_loopback(const char *address);

/* The whole file in memory, cut at LF without it. Exits on error. */
struct iovec *blast_read_lines(const char *path, size_t *n);

/**
 * Sends options->count datagrams out of list. Prints "offered N in S s = R/s (target T), short S":
 * short counts those the kernel did not take. With is_gso the list is ordered by length first.
 */
void blast_datagrams(int fd, struct iovec *list, size_t n, const struct blast_options *options);

#endif
