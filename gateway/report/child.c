/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fork and exec out of a process of many threads: between the two nothing but what may be called in
 * a signal handler.
 */
#include "gateway/report/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/base/utf8.h"

enum { NICE = 10, LOOK_MS = 50, SAID_MAX = 4096, NOT_RUN = 127 };

/* ---- in the child ---- */

static void limit(int resource, int64_t most)
{
    const struct rlimit both = {(rlim_t)most, (rlim_t)most};
    (void)!setrlimit(resource, &both);
}

static void reset_signals(void)
{
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const struct child *child, pid_t parent, int null, int said)
{
    setpgid(0, 0);
    reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (getppid() != parent)
        _exit(NOT_RUN);
    (void)!nice(NICE);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, child->timeout_ms / 1000 + 1);
    if (child->memory_bytes)
        limit(RLIMIT_AS, child->memory_bytes);
    if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(said, 2) < 0)
        _exit(NOT_RUN);
    closefrom(3);
    execv(child->argv[0], (char *const *)child->argv);
    dprintf(2, "cannot run %s: errno %d", child->argv[0], errno);
    _exit(NOT_RUN);
}

/* ---- in the parent ---- */

/* Keeps the end of what the child said, which tells what it died of, made inert. */
static void make_inert(struct slice said, char trouble[CHILD_TROUBLE_MAX])
{
    struct buf out = {0};
    said = slice_trim(said);
    if (said.n > CHILD_TROUBLE_MAX - 1)
        said = slice_skip(said, said.n - (CHILD_TROUBLE_MAX - 1));
    for (size_t i = 0; i < said.n;) {
        const unsigned char *p = (const unsigned char *)said.p + i;
        size_t n = utf8_char(p, said.n - i);
        if (n && !utf8_is_steering(utf8_code(p, n)))
            buf_append(&out, p, n);
        else
            buf_byte(&out, n ? ' ' : '?');
        i += n ? n : 1;
    }
    snprintf(trouble, CHILD_TROUBLE_MAX, "%s", buf_text(&out));
    buf_free(&out);
}

static void note(struct buf *said, int fd)
{
    char bytes[1024];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0) {
        buf_append(said, bytes, (size_t)n);
        if (said->n > SAID_MAX) {
            memmove(said->p, said->p + said->n - SAID_MAX / 2, SAID_MAX / 2);
            said->n = SAID_MAX / 2;
        }
    }
}

static enum child_result judge(int status, struct buf *said, char trouble[CHILD_TROUBLE_MAX])
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return CHILD_DONE;
    make_inert(buf_get(said), trouble);
    size_t n = strlen(trouble);
    if (WIFSIGNALED(status))
        snprintf(trouble + n, CHILD_TROUBLE_MAX - n, "%sended by signal %d", n ? "; " : "",
                 WTERMSIG(status));
    else if (n == 0)
        snprintf(trouble, CHILD_TROUBLE_MAX, "ended with code %d and said nothing",
                 WEXITSTATUS(status));
    return CHILD_FAILED;
}

static void kill_all(pid_t pid)
{
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
}

static void pause_for(int fd)
{
    const struct timespec step = {.tv_nsec = LOOK_MS * 100000};
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, LOOK_MS) != 0) /* it said something, or closed its end: no busy loop */
        nanosleep(&step, NULL);
}

static enum child_result watch(const struct child *child, pid_t pid, int fd, struct buf *said,
                               char trouble[CHILD_TROUBLE_MAX])
{
    int64_t until = clock_read(&clock_system).mono_ms + child->timeout_ms;
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
        bool is_ending = child->is_ending && atomic_load(child->is_ending);
        if (is_ending || clock_read(&clock_system).mono_ms >= until) {
            kill_all(pid);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
            snprintf(trouble, CHILD_TROUBLE_MAX, "took longer than %lld s, killed",
                     (long long)child->timeout_ms / 1000);
            return is_ending ? CHILD_ENDED : CHILD_FAILED;
        }
        note(said, fd);
        pause_for(fd);
    }
    kill(-pid, SIGKILL); /* whatever processes it may have left behind */
    note(said, fd);
    if (ended == pid)
        return judge(status, said, trouble);
    snprintf(trouble, CHILD_TROUBLE_MAX, "cannot be waited for: %s", strerror(errno));
    return CHILD_FAILED;
}

enum child_result child_run(const struct child *child, char trouble[CHILD_TROUBLE_MAX])
{
    int pipes[2] = {-1, -1};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    enum child_result result = CHILD_FAILED;
    struct buf said = {0};
    pid_t parent = getpid(), pid = -1;
    trouble[0] = '\0';
    if (null >= 0 && pipe2(pipes, O_CLOEXEC) == 0 && fcntl(pipes[0], F_SETFL, O_NONBLOCK) == 0)
        pid = fork();
    if (pid == 0)
        become(child, parent, null, pipes[1]);
    if (pid < 0)
        snprintf(trouble, CHILD_TROUBLE_MAX, "cannot start %s: %s", child->argv[0],
                 strerror(errno));
    if (pipes[1] >= 0)
        close(pipes[1]);
    if (pid > 0) {
        setpgid(pid, pid); /* whoever is first */
        result = watch(child, pid, pipes[0], &said, trouble);
    }
    if (pipes[0] >= 0)
        close(pipes[0]);
    if (null >= 0)
        close(null);
    buf_free(&said);
    return result;
}
