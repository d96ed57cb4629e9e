/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_eog: the plugin for Nagios, Icinga and what speaks like them. One line, performance data,
 * more lines; the exit code is the state. Everything that goes wrong is 3, unknown, with a sentence
 * on standard output, where monitoring systems read. Help and version exit with 3 as well, as the
 * Monitoring Plugins Development Guidelines ask.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/write.h"
#include "gateway/ctl/check_ask.h"
#include "gateway/ctl/check_options.h"
#include "gateway/ctl/check_text.h"
#include "gateway/snmp/client.h"
#include "parsers/snmp_guard.h"

/* The client keeps its time; a name server that does not answer is beyond it. */
enum { GRACE_S = 2 };

static void on_alarm(int number)
{
    static const char text[] = "EOG UNKNOWN: no answer in time; does the name server answer?\n";
    (void)number;
    ssize_t n = write(STDOUT_FILENO, text, sizeof text - 1);
    (void)n;
    _exit(KPI_UNKNOWN);
}

/* What the library says would only confuse: failures are told in our words. */
static void no_log(void *context, enum log_level level, const char *room, const char *text)
{
    (void)context;
    (void)level;
    (void)room;
    (void)text;
}

static void print(struct check_result *result)
{
    static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    struct buf out = {0};
    for (size_t i = 0; i < result->subject.n; i++) {
        char c = result->subject.p[i];
        buf_byte(&out, (char)(c >= 'a' && c <= 'z' ? c - 32 : c));
    }
    if (!out.n)
        buf_slice(&out, SLICE("EOG"));
    buf_printf(&out, " %s: ", names[result->state]);
    buf_slice(&out, buf_get(&result->line));
    if (result->values.n) {
        buf_slice(&out, SLICE(" | "));
        buf_slice(&out, buf_get(&result->values));
    }
    buf_byte(&out, '\n');
    buf_slice(&out, buf_get(&result->more));
    fwrite(out.p, 1, out.n, stdout);
    buf_free(&out);
}

static void ask(const struct check_options *options, struct arena *arena,
                struct check_result *result)
{
    struct gwsnmp_client_options wanted = {
        .host = options->host,
        .port = options->port,
        .version = options->version,
        .community = options->community,
        .user = &options->user,
        .timeout_ms = options->timeout_ms,
        .is_safe = parse_snmp_is_safe,
        .clock = &clock_system,
    };
    struct gwsnmp_client *client;
    struct buf error = {0};

    signal(SIGALRM, on_alarm);
    alarm((unsigned)(options->timeout_ms / 1000) + GRACE_S);
    if (gwsnmp_client_open(&wanted, &client, &error) == GW_OK)
        check_ask(client, options, clock_read(&clock_system).wall_ms, arena, result);
    else
        check_add_text(&result->line, buf_get(&error));
    alarm(0);
    gwsnmp_client_close(client);
    buf_free(&error);
}

int main(int argc, char **argv)
{
    struct check_result result = {.state = KPI_UNKNOWN};
    struct check_options options;
    struct arena arena;
    struct buf error = {0};

    write_hold_standard();
    log_set_sink(no_log, NULL);
    arena_init(&arena, 0);
    if (!check_options_parse(argc, argv, &arena, &options, &error)) {
        check_add_text(&result.line, buf_get(&error));
        print(&result);
    } else if (options.is_help) {
        fputs(check_options_help, stdout);
    } else if (options.is_version) {
        printf("check_eog %s\n", PACKAGE_VERSION);
    } else {
        ask(&options, &arena, &result);
        print(&result);
    }
    int state = result.state;
    if (write_end_output("check_eog") == WRITE_LOST)
        state = KPI_UNKNOWN;
    check_result_free(&result);
    buf_free(&error);
    arena_fini(&arena);
    return state;
}
