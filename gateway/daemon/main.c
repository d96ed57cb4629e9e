/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogd: the command line, going into the background, and nothing else. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/write.h"
#include "gateway/config/config.h"
#include "gateway/daemon/gateway.h"
#include "gateway/daemon/memory.h"
#include "gateway/daemon/ready.h"
#include "gateway/daemon/settings.h"
#include "gateway/xml/document.h"

static const char usage[] =
    "usage: eogd [--config FILE] [--state DIR] [--data DIR] [--foreground] [--check]\n\n"
    "  --config FILE   the configuration; without it the embedded defaults run\n"
    "  --state DIR     journal, checkpoints, control socket (default: as the configuration says)\n"
    "  --data DIR      the folder that holds mappings/ (default: $EOG_DATA, else the installed "
    "one)\n"
    "  --foreground    do not go into the background; log to standard error\n"
    "  --check         check configuration, mappings, catalogue, inventory and watchlist: exit 0, "
    "or 2\n"
    "                  with every error as file:line: text\n"
    "  --defaults      print the embedded configuration\n"
    "  --options       print every option of the configuration, its default and meaning\n"
    "  --version       print the version\n\n"
    "SIGHUP reloads, all or nothing; SIGTERM stops.\n";

struct arguments {
    struct gateway_options options;
    bool is_foreground, is_check;
};

static int print_options(void)
{
    struct buf text = {0};
    size_t n;
    const struct section *const *sections = settings_sections(&n);
    config_write_manual(sections, n, &text);
    fwrite(text.p, 1, text.n, stdout);
    buf_free(&text);
    return 0;
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct arguments *out)
{
    const char *data = getenv("EOG_DATA");
    *out = (struct arguments){.options.data_dir = data ? data : EOG_DATA_DIR};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i],
                   **value = strcmp(name, "--config") == 0  ? &out->options.config_path
                             : strcmp(name, "--state") == 0 ? &out->options.state_dir
                             : strcmp(name, "--data") == 0  ? &out->options.data_dir
                                                            : NULL;
        if (value && i + 1 < argc) {
            *value = argv[++i];
        } else if (strcmp(name, "--foreground") == 0) {
            out->is_foreground = true;
        } else if (strcmp(name, "--check") == 0) {
            out->is_check = true;
        } else if (strcmp(name, "--options") == 0) {
            return print_options();
        } else if (strcmp(name, "--defaults") == 0) {
            fwrite(settings_default_text().p, 1, settings_default_text().n, stdout);
            return 0;
        } else if (strcmp(name, "--version") == 0) {
            puts("eogd " PACKAGE_VERSION);
            return 0;
        } else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
            fputs(usage, stdout);
            return 0;
        } else {
            fprintf(stderr, value ? "eogd: %s wants a value\n\n" : "eogd: unknown option %s\n\n",
                    name);
            fputs(usage, stderr);
            return 2;
        }
    }
    return -1;
}

static int check(const struct gateway_options *options)
{
    struct diag diag = {0};
    int result = gateway_check(options, &diag);
    diag_print(&diag, stdout);
    diag_free(&diag);
    return result == GW_OK ? 0 : 2;
}

/* In the child of the first fork: the parent waits until we run, or reads why not on its terminal.
 */
static int into_background(void)
{
    int ready[2];
    if (pipe(ready) < 0)
        return -1;
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child > 0) {
        char byte;
        close(ready[1]);
        _exit(read(ready[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(ready[0]);
    setsid();
    return ready[1];
}

/* The terminal is let go only now: errors of the start were still shown there. */
static void leave_terminal(int ready, const char *state)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/eogd.log", state);
    int null = open("/dev/null", O_RDWR), log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(log >= 0 ? log : null, STDERR_FILENO);
    if (write(ready, "", 1) != 1)
        _exit(1);
    close(ready);
    close(null);
    if (log >= 0)
        close(log);
}

/* What stands on standard error too; the first mistake is the one that people see at a glance. */
static void tell_failure(const struct ready *manager, const struct diag *diag, int result)
{
    char text[READY_TEXT_MAX];
    const struct diag_item *first = diag->n ? diag->items : NULL;
    if (first)
        snprintf(text, sizeof text, "not started: %s:%d: %s", first->file, first->line,
                 first->text);
    else
        snprintf(text, sizeof text, "not started: %s", gw_error_text(result));
    ready_status(manager, text);
}

static int finish(int code)
{
    return write_end_output("eogd") == WRITE_LOST && code == 0 ? 1 : code;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct gateway *gateway;
    struct ready manager;
    struct diag diag = {0};
    write_hold_standard();
    signal(SIGPIPE, SIG_IGN);
    int code = parse(argc, argv, &arguments), ready = -1;
    if (code >= 0)
        return finish(code);
    memory_set_up();
    xml_init();
    if (arguments.is_check) {
        code = check(&arguments.options);
        xml_fini();
        return finish(code);
    }
    if (!arguments.is_foreground && (ready = into_background()) < 0) {
        perror("eogd: cannot go into the background");
        return 1;
    }
    ready_open_environment(&manager);
    arguments.options.ready = &manager;
    int result = gateway_start(&arguments.options, &diag, &gateway);
    diag_print(&diag, stderr);
    if (result != GW_OK)
        tell_failure(&manager, &diag, result);
    diag_free(&diag);
    if (result != GW_OK) {
        fprintf(stderr, "eogd: not started: %s\n", gw_error_text(result));
        return result == GW_ERR_INVALID ? 2 : 1;
    }
    if (arguments.is_foreground)
        gateway_print_addresses(gateway);
    else
        leave_terminal(ready, gateway_state_dir(gateway));
    gateway_run(gateway);
    gateway_stop(gateway);
    ready_close(&manager);
    xml_fini();
    return 0;
}
