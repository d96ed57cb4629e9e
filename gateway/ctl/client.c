/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding and asking the daemon at hand. */
#include "gateway/ctl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char packaged_state[] = "/var/lib/eog-gateway";

bool client_parse(int argc, char **argv, struct client_options *out)
{
    *out = (struct client_options){0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            out->is_json = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            out->is_help = true;
        } else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc) {
            out->state = argv[++i];
        } else if (strncmp(argv[i], "--", 2) == 0) {
            fprintf(stderr, "eogctl: unknown option %s; try --help\n", argv[i]);
            return false;
        } else {
            argv[1 + out->n_rest++] = argv[i];
        }
    }
    return true;
}

static FILE *connect_to(const char *state, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(address->sun_path, sizeof address->sun_path, "%s/control.sock", state);
    if (n < 0 || (size_t)n >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)address, sizeof *address) < 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        errno = why;
        return NULL;
    }
    return fdopen(fd, "r+");
}

FILE *client_connect(const struct client_options *options)
{
    struct sockaddr_un address;
    const char *state = options->state ? options->state : getenv("EOG_STATE");
    FILE *stream = connect_to(state ? state : "var", &address);
    if (!stream && !state)
        stream = connect_to(packaged_state, &address);
    if (!stream)
        fprintf(stderr,
                "eogctl: no gateway answers at %s: %s\n"
                "Is eogd running? Name its state folder with --state DIR or EOG_STATE.\n",
                address.sun_path, strerror(errno));
    return stream;
}

char *client_ask(const struct client_options *options, const char *request)
{
    FILE *stream = client_connect(options);
    char *line = NULL;
    size_t size = 0;
    if (!stream)
        return NULL;
    if (fprintf(stream, "%s\n", request) < 0 || fflush(stream) != 0 ||
        getline(&line, &size, stream) < 0) {
        fprintf(stderr, "eogctl: the gateway did not answer\n");
        free(line);
        line = NULL;
    }
    fclose(stream);
    return line;
}

const char *client_packaged_state(void)
{
    return packaged_state;
}
