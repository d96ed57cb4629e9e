/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The live view: one line a record for a person, or the OCSF event as it is. */
#include "gateway/ctl/tail.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "gateway/base/slice.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"

static const char help[] =
    "usage: eogctl tail [-n N] [--all] [--json] [--state DIR]\n"
    "The last N records (default 10), then each new one: time, kind, site, product, what it "
    "says.\n\n"
    "  eogctl tail\n"
    "  eogctl tail -n 1000 --json | jq 'select(.class_uid == 2004) | .malware[0].name'\n";

static void put_inert(const char *text)
{
    table_put_text(text, INT_MAX, stdout);
}

static const char *label(const json_t *event, const char *prefix)
{
    const json_t *labels = json_object_get(json_object_get(event, "metadata"), "labels"), *row;
    size_t i, n = strlen(prefix);
    json_array_foreach(labels, i, row)
    {
        const char *text = json_string_value(row);
        if (text && strncmp(text, prefix, n) == 0)
            return text + n;
    }
    return "-";
}

static const char *text_at(const json_t *event, const char *object, const char *key)
{
    const json_t *from = object ? json_object_get(event, object) : event;
    return json_string_value(
        json_object_get(json_is_array(from) ? json_array_get(from, 0) : from, key));
}

/* Whether text only repeats name: "X", or "X: X" as some consoles make their titles. */
static bool says_twice(const char *name, const char *text)
{
    size_t n = strlen(name);
    return strncmp(name, text, n) == 0 &&
           (!text[n] || (strncmp(text + n, ": ", 2) == 0 && strcmp(text + n + 2, name) == 0));
}

static void show(const char *line)
{
    json_t *event = json_loads(line, JSON_ALLOW_NUL, NULL);
    if (!event) {
        fputs(line, stdout);
        return;
    }
    char time[CIVIL_RFC3339_MAX];
    civil_format((int64_t)json_integer_value(json_object_get(event, "time")), time);
    const char *product = text_at(json_object_get(event, "metadata"), "product", "name");
    const char *host = text_at(event, "device", "hostname");
    const char *malware = text_at(event, "malware", "name");
    const char *text = text_at(event, NULL, "message");
    if (!text)
        text = text_at(event, "finding_info", "title");
    printf("%s %-22s %-10s ", time, label(event, "eog.kind:"), label(event, "eog.site:"));
    const char *revision = label(event, "eog.revision:");
    if (strcmp(revision, "-") != 0) {
        fputs("correction, revision ", stdout);
        put_inert(revision);
        fputs(": ", stdout);
    }
    put_inert(product ? product : "-");
    if (host) {
        putchar(' ');
        put_inert(host);
    }
    if (malware) {
        putchar(' ');
        put_inert(malware);
    }
    if (malware && text && says_twice(malware, text))
        text = NULL; /* a title that is the name: once is enough */
    if (text || !malware) {
        fputs(": ", stdout);
        put_inert(text ? text
                  : json_string_value(json_object_get(event, "raw_data"))
                      ? json_string_value(json_object_get(event, "raw_data"))
                      : "");
    }
    putchar('\n');
    json_decref(event);
}

/* A reader that went away is noticed here, before the next record is written to nobody. */
static ssize_t read_while_read(void *cookie, char *out, size_t size)
{
    struct pollfd fds[] = {{.fd = *(int *)cookie, .events = POLLIN}, {.fd = STDOUT_FILENO}};
    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return -1;
    if (fds[1].revents & POLLERR) {
        errno = EPIPE;
        return -1;
    }
    return read(fds[0].fd, out, size);
}

int ctl_tail(int argc, char **argv)
{
    struct client_options options;
    const char *count = NULL;
    int64_t n = 10;
    bool is_all = client_take_flag(&argc, argv, "--all");
    if (!client_take(&argc, argv, "-n", &count))
        return CTL_USAGE;
    if (count && (!slice_to_int(slice_from(count), &n) || n < 0)) {
        fputs("eogctl tail: -n wants a number\n", stderr);
        return CTL_USAGE;
    }
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest)
        return ctl_help(help, options.is_help);
    char request[40];
    snprintf(request, sizeof request, "tail %lld%s", (long long)n, is_all ? " all" : "");
    FILE *stream = client_connect(&options, request);
    if (!stream)
        return CTL_CANNOT;
    client_wait_on(stream);
    int fd = fileno(stream);
    FILE *records = fopencookie(&fd, "r", (cookie_io_functions_t){.read = read_while_read});
    if (!records)
        gw_die_no_memory(0);
    char *line = NULL;
    size_t size = 0;
    int result = 0;
    while (getline(&line, &size, records) > 0) {
        if (client_is_error(&options, line)) {
            result = CTL_CANNOT;
            break;
        }
        if (options.is_json)
            inert_print(slice_from(line), stdout);
        else
            show(line);
        if (fflush(stdout) != 0)
            break;
    }
    if (feof(records) || (ferror(records) && errno != EPIPE)) {
        fputs("eogctl tail: the gateway ended, or closed a reader that was too slow\n", stderr);
        result = CTL_CANNOT;
    }
    free(line);
    fclose(records);
    fclose(stream);
    return result;
}
