/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letters on a disk that fails, and a clock that steps: none is lost, none is sent again without
 * end. */
#include "gateway/outbox/postbox.h"

#include <CUnit/Basic.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/outbox/settings.h"
#include "gateway/outbox/target.h"
#include "gateway/outbox/transfer.h"
#include "tests/gateway/journal/support.h"
#include "tests/support/clock_ahead.h"
#include "tests/support/suite.h"

enum { PATIENCE_MS = 30000, STEP_US = 5000 };

/* ---- a disk that fails ---- */

static atomic_bool fails_read, fails_unlink;

static bool is_letter(int fd)
{
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name);
    return n > 4 && memcmp(name + n - 4, ".eml", 4) == 0;
}

ssize_t read(int fd, void *to, size_t n)
{
    if (atomic_load(&fails_read) && is_letter(fd)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, fd, to, n);
}

int unlinkat(int folder, const char *name, int flags)
{
    if (atomic_load(&fails_unlink) && slice_ends_with(slice_from(name), SLICE(".eml"))) {
        errno = EROFS;
        return -1;
    }
    return (int)syscall(SYS_unlinkat, folder, name, flags);
}

/* ---- a server that takes everything ---- */

struct server {
    int fd;
    pthread_t thread;
    atomic_uint n_taken;
};

static const char *answer_to(const char *line, bool *is_message)
{
    bool is_data = strncmp(line, "DATA", 4) == 0;
    *is_message = is_data;
    return is_data ? "354 go on\r\n" : "250 fine\r\n";
}

static void talk(struct server *server, int fd)
{
    char line[4096];
    bool is_message = false;
    FILE *in = fdopen(dup(fd), "r");
    dprintf(fd, "220 test\r\n");
    while (fgets(line, sizeof line, in)) {
        if (!is_message)
            dprintf(fd, "%s", answer_to(line, &is_message));
        else if (strcmp(line, ".\r\n") == 0) {
            is_message = false;
            atomic_fetch_add(&server->n_taken, 1);
            dprintf(fd, "250 taken\r\n");
        }
    }
    fclose(in);
    close(fd);
}

static void *serve(void *context)
{
    struct server *server = context;
    int fd;
    while ((fd = accept(server->fd, NULL, NULL)) >= 0)
        talk(server, fd);
    return NULL;
}

static void start_server(struct server *server, char *address, size_t size)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof own;
    atomic_store(&server->n_taken, 0);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(bind(server->fd, (struct sockaddr *)&own, n), 0);
    CU_ASSERT_EQUAL_FATAL(listen(server->fd, 8), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(server->fd, (struct sockaddr *)&own, &n), 0);
    snprintf(address, size, "127.0.0.1:%u", ntohs(own.sin_port));
    CU_ASSERT_EQUAL_FATAL(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop_server(struct server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

/* ---- a postbox ---- */

struct world {
    char dir[JT_PATH];
    struct server server;
    struct config *config;
    struct postbox *postbox;
};

/* The section's cursor and the folder are there before the postbox is. */
static void begin(struct world *world, const char *name)
{
    static const struct section *const sections[] = {&outbox_mail_section};
    char text[512], address[64];
    struct diag diag = {0};
    jt_dir(world->dir, name);
    CU_ASSERT_EQUAL_FATAL(mkdir(world->dir, 0700), 0);
    start_server(&world->server, address, sizeof address);
    snprintf(text, sizeof text,
             "<eog-gateway><mail name=\"m\" address=\"%s\" from=\"a@b.test\" to=\"c@d.test\" "
             "tls=\"no\"/></eog-gateway>",
             address);
    CU_ASSERT_EQUAL_FATAL(
        config_load_text(slice_from(text), "test", "/", sections, 1, &diag, &world->config), GW_OK);
}

static void start(struct world *world)
{
    const struct postbox_options options = {.folder = world->dir,
                                            .gateway_id = "gw1",
                                            .epoch = "0123456789abcdef",
                                            .clock = &clock_ahead};
    CU_ASSERT_EQUAL_FATAL(postbox_start(&options, world->config, &world->postbox), GW_OK);
}

static void post(struct world *world, const char *id)
{
    const struct mail_letter letter = {.id = id, .subject = SLICE("s"), .text = SLICE("t\n")};
    CU_ASSERT_EQUAL(postbox_post(world->postbox, "m", &letter), GW_OK);
}

static struct postbox_row row_of(struct world *world)
{
    struct postbox_row row = {0};
    postbox_list(world->postbox, &row, 1);
    return row;
}

/* As soon as each letter was tried, or nothing more happens. */
static struct postbox_row wait_for(struct world *world, uint64_t n_tries, uint64_t n_waiting)
{
    struct postbox_row row = row_of(world);
    for (int ms = 0; ms < PATIENCE_MS &&
                     (row.sent + row.refused + row.retried < n_tries || row.waiting != n_waiting);
         ms += STEP_US / 1000) {
        usleep(STEP_US);
        row = row_of(world);
    }
    return row;
}

static void end(struct world *world)
{
    postbox_stop(world->postbox);
    stop_server(&world->server);
    config_free(world->config);
    jt_remove(world->dir);
}

/* ---- tests ---- */

static void test_unreadable(void)
{
    struct world world;
    begin(&world, "postbox-unreadable");
    start(&world);
    atomic_store(&fails_read, true);
    post(&world, "1");
    struct postbox_row row = wait_for(&world, 1, 1);
    CU_ASSERT_EQUAL(row.refused, 0);
    CU_ASSERT_EQUAL(row.expired, 0);
    CU_ASSERT_EQUAL(row.retried, 1);
    CU_ASSERT_EQUAL(row.waiting, 1);
    CU_ASSERT(row.is_failing);
    CU_ASSERT_STRING_EQUAL(row.trouble, "cannot be read: Input/output error");
    atomic_store(&fails_read, false);
    post(&world, "2"); /* the letter that could not be read holds up no other */
    row = wait_for(&world, 3, 0);
    CU_ASSERT_EQUAL(row.sent, 2);
    CU_ASSERT_EQUAL(atomic_load(&world.server.n_taken), 2);
    CU_ASSERT(!row.is_failing);
    end(&world);
}

/* Nobody tried for a month to send what was posted just now, whatever the wall clock says. */
static void test_step(void)
{
    enum { MONTH_S = 30 * 24 * 3600 };
    struct world world;
    begin(&world, "postbox-step");
    start(&world);
    atomic_store(&fails_read, true);
    post(&world, "1");
    wait_for(&world, 1, 1);
    atomic_store(&ahead_ms, MONTH_S * INT64_C(1000));
    post(&world, "2");
    struct postbox_row row = wait_for(&world, 3, 2);
    CU_ASSERT_EQUAL(row.expired, 0);
    CU_ASSERT_EQUAL(row.waiting, 2);
    atomic_store(&fails_read, false);
    atomic_store(&ahead_ms, 0);
    post(&world, "3");
    row = wait_for(&world, 6, 0);
    CU_ASSERT_EQUAL(row.sent, 3);
    end(&world);
}

static void test_undeletable(void)
{
    struct world world;
    begin(&world, "postbox-undeletable");
    start(&world);
    atomic_store(&fails_unlink, true);
    post(&world, "1");
    wait_for(&world, 1, 0);
    post(&world, "2");
    wait_for(&world, 2, 0);
    post(&world, "3");
    struct postbox_row row = wait_for(&world, 3, 0);
    CU_ASSERT_EQUAL(row.sent, 3);
    CU_ASSERT_EQUAL(row.waiting, 0);
    CU_ASSERT_EQUAL(atomic_load(&world.server.n_taken), 3);
    postbox_reload(world.postbox, world.config);
    post(&world, "4");
    row = wait_for(&world, 4, 0);
    CU_ASSERT_EQUAL(atomic_load(&world.server.n_taken), 4);
    atomic_store(&fails_unlink, false);
    post(&world, "5");
    wait_for(&world, 5, 0);
    postbox_stop(world.postbox);
    start(&world); /* what was deleted is not there to be sent again */
    CU_ASSERT_EQUAL(row_of(&world).waiting, 0);
    CU_ASSERT_EQUAL(atomic_load(&world.server.n_taken), 5);
    end(&world);
}

/* What is no file will never be one. */
static void test_no_file(void)
{
    struct world world;
    char cursor[OUTBOX_CURSOR_MAX], path[JT_PATH + OUTBOX_CURSOR_MAX + 16];
    begin(&world, "postbox-no-file");
    outbox_target_cursor(config_at(world.config, "mail", 0), SLICE("c@d.test"), cursor);
    snprintf(path, sizeof path, "%s/%s.0.eml", world.dir, cursor);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    start(&world);
    wait_for(&world, 1, 0);
    post(&world, "1");
    struct postbox_row row = wait_for(&world, 2, 0);
    CU_ASSERT_EQUAL(row.refused, 1);
    CU_ASSERT_EQUAL(row.sent, 1);
    CU_ASSERT_EQUAL(row.waiting, 0);
    CU_ASSERT_EQUAL(rmdir(path), 0);
    end(&world);
}

int main(void)
{
    static const struct suite_test tests[] = {{"unreadable", test_unreadable},
                                              {"the clock steps", test_step},
                                              {"undeletable", test_undeletable},
                                              {"no file", test_no_file}};
    if (!transfer_start_library())
        return 2;
    int result = suite_run("postbox", tests, sizeof tests / sizeof *tests);
    transfer_stop_library();
    return result;
}
