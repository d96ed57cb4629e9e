/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The service manager's protocol against a socket of our own: what it is told, word for word, and
   what names and periods that are none do. */
#include "gateway/daemon/ready.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "tests/support/unit.h"

static char folder[] = "/tmp/eog-ready-XXXXXX";
static int warnings;

static void count_warning(void *context, enum log_level level, const char *room, const char *text)
{
    (void)context, (void)room, (void)text;
    warnings += level <= LOG_LEVEL_WARN;
}

/* A manager's end; name is what NOTIFY_SOCKET says. */
static int listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + (name[0] != '@'));
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&at, size), 0);
    return fd;
}

static const char *path_in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void is_told(int fd, const char *expected)
{
    char bytes[1024];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    UNIT_TEXT(slice_of(bytes, n < 0 ? 0 : (size_t)n), expected);
}

static void is_told_nothing(int fd)
{
    char byte;
    CU_ASSERT_EQUAL(recv(fd, &byte, 1, 0), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
}

static void tell_all(int fd, struct ready *ready)
{
    ready_running(ready, "gw1, configuration 1");
    is_told(fd, "READY=1\nSTATUS=gw1, configuration 1");
    ready_reloading(ready, 9007199254740);
    is_told(fd, "RELOADING=1\nMONOTONIC_USEC=9007199254740000");
    ready_status(ready, "\xe4\xb8\xad\xe6\x96\x87");
    is_told(fd, "STATUS=\xe4\xb8\xad\xe6\x96\x87");
    ready_stopping(ready);
    is_told(fd, "STOPPING=1\nSTATUS=stopping");
    is_told_nothing(fd);
}

static void test_path(void)
{
    struct ready ready;
    const char *name = path_in_folder("path");
    int fd = listen_at(name);
    ready_open(&ready, name, NULL, NULL);
    tell_all(fd, &ready);
    /* The manager was started anew: the same name, another socket. */
    close(fd);
    unlink(name);
    fd = listen_at(name);
    tell_all(fd, &ready);
    ready_close(&ready);
    close(fd);
    CU_ASSERT_EQUAL(warnings, 0);
}

/* The longest names of both kinds, to the last byte. */
static void test_longest(void)
{
    struct ready ready;
    char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
    for (int kind = 0; kind < 2; kind++) {
        size_t n = (size_t)snprintf(name, sizeof name, "%s%s/", kind ? "@" : "", folder);
        memset(name + n, 'x', sizeof name - 2 - n);
        name[sizeof name - 2] = '\0';
        int fd = listen_at(name);
        ready_open(&ready, name, NULL, NULL);
        tell_all(fd, &ready);
        ready_close(&ready);
        close(fd);
    }
    name[sizeof name - 2] = 'x';
    name[sizeof name - 1] = '\0';
    ready_open(&ready, name, NULL, NULL);
    CU_ASSERT_EQUAL(ready.fd, -1);
    CU_ASSERT_EQUAL(warnings, 1);
}

static void test_abstract(void)
{
    struct ready ready;
    char name[64];
    snprintf(name, sizeof name, "@eog-ready/%d", (int)getpid());
    int fd = listen_at(name);
    ready_open(&ready, name, NULL, NULL);
    tell_all(fd, &ready);
    ready_close(&ready);
    close(fd);
}

/* Nobody is told, nothing is kept open, and the gateway goes on. */
static void test_no_socket(void)
{
    static const char *const names[] = {"",      "/",      "@",       "relative", "./notify",
                                        " /run", "\n/run", "vsock:2", "=/run/x",  "\xff\xfe"};
    struct ready ready;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        warnings = 0;
        ready_open(&ready, names[i], "1000000", NULL);
        CU_ASSERT_EQUAL(ready.fd, -1);
        CU_ASSERT_EQUAL(warnings, 1);
        ready_running(&ready, "x");
        ready_alive(&ready, 1);
        ready_stopping(&ready);
        ready_close(&ready);
        CU_ASSERT_EQUAL(warnings, 1);
    }
    warnings = 0;
    ready_open(&ready, NULL, "1000000", NULL);
    ready_running(&ready, "x");
    ready_alive(&ready, 1);
    ready_close(&ready);
    ready_running(NULL, "x");
    ready_alive(NULL, 1);
    CU_ASSERT_EQUAL(warnings, 0);
}

/* Names that are well-formed, where nobody takes datagrams: logged, each time but a sign of life.
 */
static void test_nobody_there(void)
{
    struct ready ready;
    char file[256];
    snprintf(file, sizeof file, "%s", path_in_folder("file"));
    fclose(fopen(file, "w"));
    const char *const names[] = {"/nonexistent/notify", folder, file, "/dev/null", "@eog-nobody"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        warnings = 0;
        ready_open(&ready, names[i], "1000000", NULL);
        ready_running(&ready, "x");
        ready_reloading(&ready, 1);
        CU_ASSERT_EQUAL(warnings, 2);
        ready_alive(&ready, 1);
        CU_ASSERT_EQUAL(warnings, 2);
        ready_close(&ready);
    }
}

/* A status forges no assignment, and too long a one is cut, not lost. */
static void test_status(void)
{
    struct ready ready;
    char text[2 * READY_TEXT_MAX], expected[READY_TEXT_MAX];
    const char *name = path_in_folder("status");
    int fd = listen_at(name);
    ready_open(&ready, name, NULL, NULL);
    ready_status(&ready, "a\nWATCHDOG=trigger\r\x7f%s%n\tb");
    is_told(fd, "STATUS=a WATCHDOG=trigger  %s%n b");
    ready_running(&ready, "");
    is_told(fd, "READY=1\nSTATUS=");
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(expected, sizeof expected, "STATUS=%.*s", (int)sizeof expected - 8, text);
    ready_status(&ready, text);
    is_told(fd, expected);
    ready_close(&ready);
    close(fd);
}

/* At half of the period, never before it, and at once after a gap. */
static void test_watchdog(void)
{
    struct ready ready;
    char pid[32];
    const char *name = path_in_folder("watchdog");
    int fd = listen_at(name);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    ready_open(&ready, name, "90000000", pid);
    for (int64_t ms = 0; ms <= 90000; ms += 250) {
        ready_alive(&ready, ms);
        if (ms % 45000 == 0)
            is_told(fd, "WATCHDOG=1");
        is_told_nothing(fd);
    }
    ready_alive(&ready, 10000000);
    is_told(fd, "WATCHDOG=1");
    ready_close(&ready);
    close(fd);
}

static void test_watchdog_values(void)
{
    static const struct {
        const char *usec, *pid;
        bool is_given;
        int warnings;
    } rows[] = {
        {NULL, NULL, false, 0},
        {"", NULL, false, 1},
        {"0", NULL, false, 1},
        {"-5", NULL, false, 1},
        {"1e9", NULL, false, 1},
        {"99999999999999999999", NULL, false, 1},
        {" 1000000", NULL, false, 1},
        {"1", NULL, true, 0},
        {"1000000", "1", false, 0},
        {"1000000", "rubbish", true, 0},
        {"9223372036854775807", NULL, true, 0},
    };
    struct ready ready;
    const char *name = path_in_folder("values");
    int fd = listen_at(name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        warnings = 0;
        ready_open(&ready, name, rows[i].usec, rows[i].pid);
        CU_ASSERT_EQUAL(warnings, rows[i].warnings);
        ready_alive(&ready, 0);
        if (rows[i].is_given)
            is_told(fd, "WATCHDOG=1");
        is_told_nothing(fd);
        ready_close(&ready);
    }
    close(fd);
}

/* A manager that does not read: signs of life wait for nothing and are tried again; what it must
   know waits a little, and then the gateway goes on. */
static void test_full(void)
{
    struct ready ready;
    struct timespec from, to;
    char bytes[64];
    int told = 0, missed = 0;
    const char *name = path_in_folder("full");
    int fd = listen_at(name);
    ready_open(&ready, name, "2000", NULL);
    for (int64_t ms = 0; ms < 100000 && !missed; ms++) {
        ready_alive(&ready, ms);
        missed = ready.alive_ms != ms;
        told += !missed;
    }
    CU_ASSERT(missed && told > 0);
    warnings = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    ready_running(&ready, "x");
    clock_gettime(CLOCK_MONOTONIC, &to);
    CU_ASSERT_EQUAL(warnings, 1);
    int64_t took_ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    CU_ASSERT(took_ms >= READY_PATIENCE_MS - 50 && took_ms < 30 * READY_PATIENCE_MS);
    for (int i = 0; i < told; i++)
        CU_ASSERT_EQUAL(recv(fd, bytes, sizeof bytes, 0), 10);
    is_told_nothing(fd);
    ready_alive(&ready, 100000);
    is_told(fd, "WATCHDOG=1");
    ready_close(&ready);
    close(fd);
}

/* Programs that the gateway starts do not find it. */
static void test_environment(void)
{
    struct ready ready;
    const char *name = path_in_folder("environment");
    int fd = listen_at(name);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "2000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    ready_open_environment(&ready);
    CU_ASSERT_PTR_NULL(getenv("NOTIFY_SOCKET"));
    CU_ASSERT_PTR_NULL(getenv("WATCHDOG_USEC"));
    CU_ASSERT_PTR_NULL(getenv("WATCHDOG_PID"));
    CU_ASSERT_EQUAL(ready.watchdog_ms, 0);
    tell_all(fd, &ready);
    ready_close(&ready);
    close(fd);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"path", test_path},
        {"longest names", test_longest},
        {"abstract", test_abstract},
        {"no socket's name", test_no_socket},
        {"nobody there", test_nobody_there},
        {"status", test_status},
        {"watchdog", test_watchdog},
        {"watchdog's values", test_watchdog_values},
        {"full", test_full},
        {"environment", test_environment},
        CU_TEST_INFO_NULL,
    };
    if (!mkdtemp(folder))
        return 1;
    log_set_sink(count_warning, NULL);
    int result = unit_run("ready", tests);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || result;
}
