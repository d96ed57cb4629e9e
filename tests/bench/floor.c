/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor PORT JOURNAL OUT: what the bytes alone cost. Lines of one TCP connection go into a file as
 * large as the journal would be, synced a mebibyte at a time; it is read again twice, as the KPI
 * engine and a feed do, let go from the page cache, and for each line one as long as its JSON is
 * written. Nothing is parsed,
 * nothing known, one thread does it: no gateway that keeps and tells as much costs less.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* OUT_LINE and the half that a record is larger than its message: as eogd has it of gen_cef's. */
enum { CHUNK = 256 * 1024, BATCH = 1024 * 1024, READ = 128 * 1024, WRITE = 64 * 1024 };
enum { OUT_LINE = 1584, READERS = 2, FORGET_STEP = 4 * 1024 * 1024 };

struct floor {
    int journal, out;
    char chunk[CHUNK]; /* received; an unfinished line at its front */
    size_t held;
    char batch[BATCH + 2 * CHUNK];
    size_t used;
    off_t synced, forgotten;
    char lines[WRITE + OUT_LINE], line[OUT_LINE];
    size_t n_lines, waiting;
};

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool read_again(struct floor *f, size_t n)
{
    static char buffer[READ];
    for (size_t at = 0; at < n;) {
        ssize_t got = pread(f->journal, buffer, sizeof buffer, f->synced + (off_t)at);
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

static bool tell(struct floor *f)
{
    for (; f->waiting > 0; f->waiting--) {
        memcpy(f->lines + f->n_lines, f->line, OUT_LINE);
        f->n_lines += OUT_LINE;
        if (f->n_lines >= WRITE || f->waiting == 1) {
            if (!write_all(f->out, f->lines, f->n_lines))
                return false;
            f->n_lines = 0;
        }
    }
    return true;
}

static bool commit(struct floor *f)
{
    if (!write_all(f->journal, f->batch, f->used) || fdatasync(f->journal) != 0)
        return false;
    for (int reader = 0; reader < READERS; reader++)
        if (!read_again(f, f->used))
            return false;
    f->synced += (off_t)f->used;
    f->used = 0;
    if (f->synced - f->forgotten >= FORGET_STEP) {
        posix_fadvise(f->journal, 0, f->synced, POSIX_FADV_DONTNEED);
        f->forgotten = f->synced;
    }
    return tell(f);
}

/* Whole lines of the chunk into the batch, each with the half that its record has more. */
static void keep(struct floor *f, size_t n)
{
    char *from = f->chunk, *end = f->chunk + n, *behind;
    for (; (behind = memchr(from, '\n', (size_t)(end - from))); from = behind + 1) {
        size_t size = (size_t)(behind - from);
        memcpy(f->batch + f->used, from, size);
        memset(f->batch + f->used + size, 0, size / 2);
        f->used += size + size / 2;
        f->waiting++;
    }
    f->held = (size_t)(end - from);
    memmove(f->chunk, from, f->held);
}

static bool serve(struct floor *f, int fd)
{
    ssize_t got;
    while (f->held < CHUNK && (got = recv(fd, f->chunk + f->held, CHUNK - f->held, 0)) > 0) {
        keep(f, f->held + (size_t)got);
        if (f->used >= BATCH && !commit(f))
            return false;
    }
    return commit(f);
}

int main(int argc, char **argv)
{
    static struct floor f;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;
    if (argc != 4) {
        fputs("usage: floor PORT JOURNAL OUT\n", stderr);
        return 2;
    }
    memset(f.line, ' ', OUT_LINE - 1);
    f.line[OUT_LINE - 1] = '\n';
    f.journal = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    f.out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (f.journal < 0 || f.out < 0 || bind(fd, (const struct sockaddr *)&to, sizeof to) != 0 ||
        listen(fd, 8) != 0) {
        perror("floor");
        return 1;
    }
    while ((peer = accept(fd, NULL, NULL)) >= 0) {
        bool ok = serve(&f, peer);
        close(peer);
        if (!ok) {
            perror("floor");
            return 1;
        }
    }
    return 1;
}
