/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CLIENT_H
#define GATEWAY_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "gateway/base/slice.h"

/**
 * The connection to a running eogd: one request line out, lines of JSON back.
 * Options every live command takes: --state DIR (where control.sock is), --json, --help.
 */
struct client_options {
    const char *state; /* --state; NULL: $EOG_STATE, else the first of ./var and the packaged one */
    bool is_json;
    bool is_help;
    int n_rest;     /* arguments that are no option, moved to argv[1..] */
    int patience_s; /* how long the gateway may be silent; 0: 20 */
};

/* Takes "NAME VALUE" or "NAME=VALUE" out of the arguments, before client_parse(); *value stays when
   it is not there. False after a message when the value is missing. */
bool client_take(int *argc, char **argv, const char *name, const char **value);

/* Takes a word out of the arguments; whether it was there. */
bool client_take_flag(int *argc, char **argv, const char *name);

/* Understands the options above and leaves the rest; false after a message for an unknown option.
 */
bool client_parse(int argc, char **argv, struct client_options *out);

/* Sends the request; a stream to read answers from, or NULL after a message on stderr. */
FILE *client_connect(const struct client_options *options, const char *request);

/* All of bytes to the gateway: a request, or what follows one. False: it has closed; its reason can
   still be read, so that callers go on to read. */
bool client_send(int fd, struct slice bytes);

/* The next line of an answer, as getline() reads it; false after a message: the gateway ended, or
   was silent for longer than the patience. A stream that is waited on may be silent for ever. */
bool client_read(const struct client_options *options, FILE *stream, char **line, size_t *size);
void client_wait_on(FILE *stream);

/* A line that is an error of the gateway's: it is said on stderr (and printed for --json). */
bool client_is_error(const struct client_options *options, const char *line);

/* Request and one line of answer, NUL-terminated, malloc'd; NULL after a message on stderr, be it
   ours or the gateway's. */
char *client_ask(const struct client_options *options, const char *request);

/* Members of an answer: "", none and 0 where there are none. */
const char *client_text(const json_t *object, const char *key);
const char *client_text_or(const json_t *object, const char *key, const char *none);
long long client_int(const json_t *object, const char *key);

/* A row's last trouble, with its time, in out; "" when it had none. */
const char *client_trouble(const json_t *row, char *out, size_t size);
/* Ends the line about a row; with its last trouble if that is to be shown. */
void client_end_line(const json_t *row, bool is_shown);

/* An answer to be read; NULL after a message. The caller's to release. */
json_t *client_ask_json(const struct client_options *options, const char *request);

/* The rows of one member of the status: as JSON, by show, or, if there are none, the words of none.
   Returns an exit code. */
int client_show_rows(const struct client_options *options, const char *member,
                     void (*show)(const json_t *rows), const char *none);

/* A table. Of each column: its heading; the rows' member that is in its cells, "trouble" behind its
   time; and, or NULL, what stands behind a number, or in place of a text that is null. */
void client_show_table(const json_t *rows, const char *const (*columns)[3], int n);

enum { CLIENT_STATES = 2 };
/* State folders to look into, in this order: given, else $EOG_STATE, else ./var and the packaged
   one. Returns how many. */
size_t client_states(const char *given, const char *states[CLIENT_STATES]);

#endif
