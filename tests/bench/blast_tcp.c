/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blast_tcp [-k CONNECTIONS] [-o] FILE ADDRESS PORT: the whole file over TCP, as fast as it is
 * taken. Lines end in LF; -o: octet counts before each (RFC 6587 section 3.4.1). With more
 * connections each gets its own part of the file and its own thread. Then it says that it is done
 * and waits until the receiver has closed: what was written was read.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/blast.h"

enum { CONNECTIONS_MAX = 64, CHUNK = 256 * 1024 };

struct part {
    pthread_t thread;
    struct iovec *lines;
    size_t n;
    int fd;
    bool is_octet_counted, failed;
};

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* Octet counts stand between the lines, so those are copied; LF lines lie in the file as they go
 * out. */
static bool send_counted(struct part *part)
{
    static const size_t room = CHUNK + 70000;
    char *chunk = malloc(room);
    size_t used = 0;
    bool ok = chunk != NULL;
    for (size_t i = 0; ok && i < part->n; i++) {
        size_t n = part->lines[i].iov_len;
        if (n > 65535)
            n = 65535;
        used += (size_t)sprintf(chunk + used, "%zu ", n);
        memcpy(chunk + used, part->lines[i].iov_base, n);
        used += n;
        if (used >= CHUNK) {
            ok = write_all(part->fd, chunk, used);
            used = 0;
        }
    }
    ok = ok && write_all(part->fd, chunk, used);
    free(chunk);
    return ok;
}

static bool send_lines(struct part *part)
{
    if (part->n == 0)
        return true;
    const char *p = part->lines[0].iov_base;
    const char *end =
        (const char *)part->lines[part->n - 1].iov_base + part->lines[part->n - 1].iov_len + 1;
    for (; p < end; p += CHUNK) {
        size_t n = (size_t)(end - p) < CHUNK ? (size_t)(end - p) : CHUNK;
        if (!write_all(part->fd, p, n))
            return false;
    }
    return true;
}

static void *run_part(void *context)
{
    struct part *part = context;
    char ignored[4096];
    part->failed = !(part->is_octet_counted ? send_counted : send_lines)(part);
    shutdown(part->fd, SHUT_WR);
    while (recv(part->fd, ignored, sizeof ignored, 0) > 0)
        ;
    close(part->fd);
    return NULL;
}

static int open_tcp(const char *address, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    blast_check_loopback(address);
    inet_pton(AF_INET, address, &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror(address);
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    static struct part parts[CONNECTIONS_MAX];
    size_t connections = 1, n, begin = 0;
    bool is_octet_counted = false, failed = false;
    int option;
    while ((option = getopt(argc, argv, "k:o")) != -1) {
        switch (option) {
        case 'k':
            connections = strtoul(optarg, NULL, 10);
            break;
        case 'o':
            is_octet_counted = true;
            break;
        default:
            return 2;
        }
    }
    if (argc - optind != 3 || connections < 1 || connections > CONNECTIONS_MAX)
        return 2;
    struct iovec *lines = blast_read_lines(argv[optind], &n);
    double begun = blast_now_s();
    for (size_t i = 0; i < connections; i++) {
        size_t end = n * (i + 1) / connections;
        parts[i] = (struct part){.lines = lines + begin,
                                 .n = end - begin,
                                 .fd = open_tcp(argv[optind + 1], argv[optind + 2]),
                                 .is_octet_counted = is_octet_counted};
        begin = end;
        pthread_create(&parts[i].thread, NULL, run_part, &parts[i]);
    }
    for (size_t i = 0; i < connections; i++) {
        pthread_join(parts[i].thread, NULL);
        failed |= parts[i].failed;
    }
    double took = blast_now_s() - begun;
    printf("%s %zu in %.3f s = %.0f/s\n", failed ? "FAILED" : "offered", n, took, (double)n / took);
    return failed;
}
