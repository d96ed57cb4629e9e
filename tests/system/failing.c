/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into eogd by tests: one kind of call fails at a given place; or the wall clock, never
 * the monotonic one, is as a test says.
 *
 *   EOG_CLOCK        a file with the seconds, as eight bytes, by which the wall clock is ahead
 *   EOG_FAIL         fdatasync, pwrite or malloc (with calloc and realloc); the store's files,
 * whose calls come when they will, neither fail nor count EOG_FAIL_AT      the first call that
 * fails, from 1 EOG_FAIL_COUNT   how many fail; default 1 EOG_FAIL_ERRNO   why; default EIO
 *   EOG_FAIL_REPORT  a file that gets "failed" when the first one does, at the end "calls N" with
 *                    the number of all, and "misuse" when a
 *                    descriptor is written or synced again after its fdatasync failed: the kernel
 *                    may have dropped what was written before, and would say that all is well
 *   EOG_SYNC_MS      how long fdatasync of all but the store's files takes at least
 *   EOG_KILL         "before NAME" or "after NAME": the process dies, as of kill -9, when rename()
 *                    gives a file a name that ends so
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* ---- the wall clock ---- */

static int64_t seconds_ahead(void)
{
    static int64_t *_Atomic shared;
    static const int64_t none;
    if (!shared) {
        const char *path = getenv("EOG_CLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *p = fd >= 0 ? mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
        shared = p == MAP_FAILED ? (int64_t *)&none : p;
    }
    return *(volatile int64_t *)shared;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int result = (int)syscall(SYS_clock_gettime, clock, out);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += seconds_ahead();
    return result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

/* ---- calls that fail ---- */

extern void *__libc_malloc(size_t size);           /* NOLINT: glibc's names */
extern void *__libc_calloc(size_t n, size_t size); /* NOLINT */
extern void *__libc_realloc(void *p, size_t size); /* NOLINT */

enum { FDS = 4096 };
enum kind { NONE, SYNC, WRITE, MEMORY };

static _Atomic int kind = -1; /* not read yet */
static long fail_at, fail_count;
static int fail_errno;
static _Atomic long calls;
static atomic_bool poisoned[FDS];

static long number_of(const char *name, long fallback)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : fallback;
}

static enum kind kind_wanted(void)
{
    if (kind < 0) {
        const char *text = getenv("EOG_FAIL");
        fail_at = number_of("EOG_FAIL_AT", 0);
        fail_count = number_of("EOG_FAIL_COUNT", 1);
        fail_errno = (int)number_of("EOG_FAIL_ERRNO", EIO);
        kind = !text                            ? NONE
               : strcmp(text, "fdatasync") == 0 ? SYNC
               : strcmp(text, "pwrite") == 0    ? WRITE
               : strcmp(text, "malloc") == 0    ? MEMORY
                                                : NONE;
    }
    return (enum kind)kind;
}

static void report(const char *line)
{
    const char *path = getenv("EOG_FAIL_REPORT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        return;
    close(fd);
}

__attribute__((destructor)) static void report_calls(void)
{
    char line[32];
    snprintf(line, sizeof line, "calls %ld\n", atomic_load(&calls));
    report(line);
}

static bool has_turn(enum kind what)
{
    if (kind_wanted() != what)
        return false;
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (call < fail_at || call >= fail_at + fail_count)
        return false;
    if (call == fail_at)
        report("failed\n");
    errno = what == MEMORY ? ENOMEM : fail_errno;
    return true;
}

/* SQLite's. */
static bool is_store(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return strstr(path, "/store.db") != NULL;
}

static bool is_misused(int fd)
{
    if (fd < 0 || fd >= FDS || !atomic_load(&poisoned[fd]))
        return false;
    report("misuse\n");
    return true;
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    if (is_store(fd))
        return real(fd);
    long slow_ms = number_of("EOG_SYNC_MS", 0);
    nanosleep(&(struct timespec){slow_ms / 1000, slow_ms % 1000 * 1000000}, NULL);
    is_misused(fd);
    if (has_turn(SYNC)) {
        if (fd >= 0 && fd < FDS)
            atomic_store(&poisoned[fd], true);
        return -1;
    }
    return real(fd);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite");
    if (is_store(fd))
        return real(fd, p, n, offset);
    is_misused(fd);
    return has_turn(WRITE) ? -1 : real(fd, p, n, offset);
}

int close(int fd)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "close");
    if (fd >= 0 && fd < FDS)
        atomic_store(&poisoned[fd], false);
    return real(fd);
}

void *malloc(size_t size)
{
    return has_turn(MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return has_turn(MEMORY) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return has_turn(MEMORY) ? NULL : __libc_realloc(p, size);
}

/* ---- a death ---- */

int rename(const char *from, const char *to)
{
    const char *wanted = getenv("EOG_KILL"), *name = wanted ? strchr(wanted, ' ') : NULL;
    size_t n = strlen(to), m = name ? strlen(name + 1) : 0;
    bool is_it = m && n >= m && strcmp(to + n - m, name + 1) == 0;
    if (is_it && wanted[0] == 'b')
        kill(getpid(), SIGKILL);
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (is_it)
        kill(getpid(), SIGKILL);
    return result;
}
