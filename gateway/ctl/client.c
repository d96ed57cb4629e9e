/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding and asking the daemon at hand. */
#include "gateway/ctl/client.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"

bool client_take(int *argc, char **argv, const char *name, const char **value)
{
    size_t n = strlen(name);
    for (int i = 1; i < *argc; i++) {
        int used = strcmp(argv[i], name) == 0                            ? 2
                   : strncmp(argv[i], name, n) == 0 && argv[i][n] == '=' ? 1
                                                                         : 0;
        if (!used)
            continue;
        if (used == 2 && i + 1 == *argc) {
            fprintf(stderr, "eogctl: %s wants a value\n", name);
            return false;
        }
        *value = used == 2 ? argv[i + 1] : argv[i] + n + 1;
        memmove(&argv[i], &argv[i + used], (size_t)(*argc - i - used) * sizeof *argv);
        *argc -= used;
        i--;
    }
    return true;
}

bool client_take_flag(int *argc, char **argv, const char *name)
{
    bool is_there = false;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], name) != 0)
            continue;
        is_there = true;
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i - 1) * sizeof *argv);
        --*argc;
        i--;
    }
    return is_there;
}

bool client_parse(int argc, char **argv, struct client_options *out)
{
    *out = (struct client_options){0};
    if (!client_take(&argc, argv, "--state", &out->state))
        return false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            out->is_json = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            out->is_help = true;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            fprintf(stderr, "eogctl: unknown option %s\n", argv[i]);
            return false;
        } else {
            argv[1 + out->n_rest++] = argv[i];
        }
    }
    return true;
}

enum { PATIENCE_S = 20, TEXT_COLUMNS = 200, COLUMNS_MAX = 16, NUMBER_SIZE = 300 };

static int patience_s(const struct client_options *options)
{
    return options->patience_s ? options->patience_s : PATIENCE_S;
}

/* 0: for ever. A full house holds up the connection, too. */
static void set_patience(int fd, int seconds)
{
    const struct timeval patience = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static int connect_to(const char *state, int seconds, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(address->sun_path, sizeof address->sun_path, "%s/control.sock", state);
    if (n < 0 || (size_t)n >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        set_patience(fd, seconds);
    if (fd < 0 || connect(fd, (struct sockaddr *)address, sizeof *address) < 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        errno = why == EAGAIN ? ETIMEDOUT : why;
        return -1;
    }
    return fd;
}

bool client_send(int fd, struct slice bytes)
{
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = slice_skip(bytes, (size_t)n);
    }
    return true;
}

FILE *client_connect(const struct client_options *options, const char *request)
{
    struct sockaddr_un address;
    const char *states[CLIENT_STATES];
    size_t n = client_states(options->state, states);
    int fd = -1;
    for (size_t i = 0; i < n && fd < 0; i++)
        fd = connect_to(states[i], patience_s(options), &address);
    if (fd < 0) {
        const char *advice =
            errno == EACCES
                ? "Ask as root, or as a member of the gateway's group (packaged: eog-gateway)."
                : "Is eogd running? Name its state folder with --state DIR or EOG_STATE.";
        fprintf(stderr, "eogctl: no gateway answers at %s: %s\n%s\n", address.sun_path,
                strerror(errno), advice);
        return NULL;
    }
    if (client_send(fd, slice_from(request)))
        client_send(fd, SLICE("\n"));
    FILE *stream = fdopen(fd, "r");
    if (!stream)
        close(fd);
    return stream;
}

bool client_is_error(const struct client_options *options, const char *line)
{
    if (strncmp(line, "{\"error\":", 9) != 0)
        return false;
    json_t *answer = json_loads(line, 0, NULL);
    const char *text = json_string_value(json_object_get(answer, "error"));
    if (options->is_json)
        inert_print(slice_from(line), stdout);
    fputs("eogctl: ", stderr);
    table_put_text(text ? text : "the gateway refuses", INT_MAX, stderr);
    putc('\n', stderr);
    json_decref(answer);
    return true;
}

void client_wait_on(FILE *stream)
{
    set_patience(fileno(stream), 0);
}

bool client_read(const struct client_options *options, FILE *stream, char **line, size_t *size)
{
    errno = 0;
    if (getline(line, size, stream) > 0)
        return true;
    if (errno == EAGAIN)
        fprintf(stderr,
                "eogctl: the gateway has not answered for %d s: it stands still, or its disk does; "
                "its log says\nmore. It may still do what it was asked for.\n",
                patience_s(options));
    else
        fputs("eogctl: the gateway went away and did not answer\n", stderr);
    return false;
}

char *client_ask(const struct client_options *options, const char *request)
{
    FILE *stream = client_connect(options, request);
    char *line = NULL;
    size_t size = 0;
    if (!stream)
        return NULL;
    bool is_answered = client_read(options, stream, &line, &size);
    fclose(stream);
    if (is_answered && !client_is_error(options, line))
        return line;
    free(line);
    return NULL;
}

const char *client_text_or(const json_t *object, const char *key, const char *none)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : none;
}

const char *client_text(const json_t *object, const char *key)
{
    return client_text_or(object, key, "");
}

long long client_int(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

const char *client_trouble(const json_t *row, char *out, size_t size)
{
    const char *trouble = client_text(row, "trouble");
    snprintf(out, size, "%s %s", client_text(row, "trouble_time"), trouble);
    return *trouble ? out : "";
}

/* number holds what has to be written. */
static const char *cell_of(const json_t *row, const char *const *column, char *number, size_t size)
{
    const json_t *value = json_object_get(row, column[1]);
    const char *more = column[2] ? column[2] : "";
    if (strcmp(column[1], "trouble") == 0)
        return client_trouble(row, number, size);
    if (!json_is_integer(value))
        return client_text_or(row, column[1], more);
    snprintf(number, size, "%lld%s", (long long)json_integer_value(value), more);
    return number;
}

void client_show_table(const json_t *rows, const char *const (*columns)[3], int n)
{
    const char *cells[COLUMNS_MAX];
    char numbers[COLUMNS_MAX][NUMBER_SIZE];
    for (int i = 0; i < n; i++)
        cells[i] = columns[i][0];
    struct table *table = table_new(cells, n);
    const json_t *row;
    size_t k;
    json_array_foreach(rows, k, row)
    {
        for (int i = 0; i < n; i++)
            cells[i] = cell_of(row, columns[i], numbers[i], sizeof numbers[i]);
        table_add(table, cells);
    }
    table_print(table, stdout);
    table_free(table);
}

void client_end_line(const json_t *row, bool is_shown)
{
    const char *trouble = client_text(row, "trouble");
    if (*trouble && is_shown) {
        fputs("; ", stdout);
        table_put_text(trouble, TEXT_COLUMNS, stdout);
    }
    putchar('\n');
}

json_t *client_ask_json(const struct client_options *options, const char *request)
{
    char *line = client_ask(options, request);
    json_t *answer = line ? json_loads(line, JSON_ALLOW_NUL, NULL) : NULL;
    if (line && !answer)
        fputs("eogctl: the gateway's answer cannot be read\n", stderr);
    free(line);
    return answer;
}

int client_show_rows(const struct client_options *options, const char *member,
                     void (*show)(const json_t *rows), const char *none)
{
    json_t *answer = client_ask_json(options, "status");
    json_t *rows = json_object_get(answer, member);
    if (!answer)
        return CTL_CANNOT;
    if (options->is_json) {
        json_t *out = json_pack("{s:O?}", member, rows);
        inert_print_json(out, stdout);
        json_decref(out);
    } else if (json_array_size(rows)) {
        show(rows);
    } else {
        puts(none);
    }
    json_decref(answer);
    return CTL_OK;
}

size_t client_states(const char *given, const char *states[CLIENT_STATES])
{
    const char *named = given ? given : getenv("EOG_STATE");
    bool is_named = named && (*named || given); /* an empty variable is none */
    states[0] = is_named ? named : "var";
    states[1] = "/var/lib/eog-gateway";
    return is_named ? 1 : 2;
}
