/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogctl decode: options, files, lines; one line out for each line in. */
#include "gateway/ctl/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/ctl/decode_input.h"
#include "gateway/ctl/decoder.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/fields_write.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"
#include "gateway/schema/cef_write.h"
#include "gateway/schema/ocsf.h"

enum { READ_BYTES = 256 * 1024, FLUSH_BYTES = 1024 * 1024 };

enum input { INPUT_LINE, INPUT_JSON, INPUT_TRAP, INPUT_FRAMES };
enum format { FORMAT_OCSF, FORMAT_CEF, FORMAT_FIELDS };

static const char *const input_names[] = {"line", "json", "trap", "frames", NULL};
static const char *const format_names[] = {"ocsf", "cef", "fields", NULL};

struct decode {
    struct decoder_options options;
    struct decoder *decoder;
    int input, format;
    struct buf out;
    struct buf message; /* of a JSON line, decoded */
    bool failed;        /* a file could not be read, or the output not written */
};

static const char usage_text[] =
    "usage: eogctl decode [OPTIONS] [FILE...]\n"
    "One line out for each line in, in order. Reads standard input without FILE.\n\n"
    "  --input line|json|trap|frames\n"
    "                   line: each line is a message (default); json: a JSON string, or an object\n"
    "                   with a member \"input\"; trap: a notification,\n"
    "                   {\"version\":..,\"trap_oid\":..,\"varbinds\":[..]}; frames: a byte "
    "stream,\n"
    "                   of which the frames are printed\n"
    "  --format ocsf|cef|fields\n"
    "                   ocsf: the record as an OCSF event (default); cef: as CEF; fields: what "
    "the\n"
    "                   parsers saw\n"
    "  --json           --format ocsf: JSON is what it prints anyway\n"
    "  --strict         report what RFC 5424, RFC 3164 and CEF forbid\n"
    "  --config FILE    gateway id, mappings and sources of a configuration\n"
    "  --source ADDRESS read as this <source> of the configuration is declared\n"
    "  --charset NAME   character set of the messages\n"
    "  --data DIR       folder that holds mappings/\n\n"
    "  eogctl decode messages.log | jq .class_uid\n"
    "  eogctl decode --input trap --format fields traps.jsonl\n";

/* ---- output ---- */

/* Lines of CEF are no JSON, and another program reads them as they are; a terminal obeys them. */
static void show_lines(struct decode *d)
{
    char *end, *line = (char *)(uintptr_t)buf_text(&d->out);
    for (; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        table_put_text(line, INT_MAX, stdout);
        putchar('\n');
    }
    if (fflush(stdout) != 0)
        d->failed = true;
    buf_clear(&d->out);
}

/* What is wrong with standard output main.c says. */
static void flush(struct decode *d)
{
    struct buf text = {0};
    if (d->format == FORMAT_CEF && d->input != INPUT_FRAMES) {
        if (isatty(STDOUT_FILENO) == 1) {
            show_lines(d);
            return;
        }
        buf_slice(&text, buf_get(&d->out));
    } else {
        inert_json(&text, buf_get(&d->out));
    }
    if ((text.n && fwrite(text.p, 1, text.n, stdout) != text.n) || fflush(stdout) != 0)
        d->failed = true;
    buf_free(&text);
    buf_clear(&d->out);
}

static void put_record(struct decode *d)
{
    struct decoder *decoder = d->decoder;
    if (d->format == FORMAT_FIELDS)
        fields_write(&decoder->fields, &decoder->event, &decoder->arena, &d->out);
    else if (d->format == FORMAT_CEF)
        cef_write(&decoder->event, &d->out);
    else
        ocsf_write(&decoder->event, &decoder->ocsf, &d->out);
}

static void decode_line(struct decode *d, struct slice line)
{
    struct decoder *decoder = d->decoder;
    struct slice message = line;
    const char *error = NULL;
    int64_t now_ms = clock_read(&clock_system).wall_ms;
    if (d->input == INPUT_FRAMES) {
        decode_frames(line, decoder->is_strict, &d->message, &d->out);
    } else if (d->input == INPUT_TRAP) {
        decoder_begin(decoder);
        error = decode_trap(line, &decoder->arena, &decoder->fields);
        if (error)
            decoder_refuse(decoder, line, error, now_ms);
        else
            decoder_read_fields(decoder, line, now_ms);
        put_record(d);
    } else {
        if (d->input == INPUT_JSON)
            error = decode_json(line, &d->message, &message);
        if (error)
            decoder_refuse(decoder, line, error, now_ms);
        else
            decoder_read_message(decoder, message, now_ms);
        put_record(d);
    }
    buf_byte(&d->out, '\n');
    if (d->out.n >= FLUSH_BYTES)
        flush(d);
}

/* ---- input ---- */

/* All whole lines of what is buffered; returns the bytes used. */
static size_t decode_lines(struct decode *d, struct slice all)
{
    struct slice line, rest = all;
    while (!d->failed) {
        size_t at = slice_find(rest, '\n');
        if (at == rest.n)
            break;
        line = slice_head(rest, at);
        rest = slice_skip(rest, at + 1);
        decode_line(d, line);
    }
    return all.n - rest.n;
}

static void decode_stream(struct decode *d, int fd, const char *name)
{
    struct buf in = {0};
    size_t searched =
        0; /* bytes known to hold no line end: a line of a gigabyte is searched once */
    while (!d->failed) {
        flush(d);
        ssize_t n = read(fd, buf_reserve(&in, READ_BYTES), READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fprintf(stderr, "eogctl: %s: %s\n", name, strerror(errno));
            d->failed = true;
        }
        if (n <= 0)
            break;
        in.n += (size_t)n;
        if (!memchr(in.p + searched, '\n', in.n - searched)) {
            searched = in.n;
            continue;
        }
        size_t used = decode_lines(d, buf_get(&in));
        memmove(in.p, in.p + used, in.n - used);
        in.n -= used;
        searched = in.n;
    }
    if (in.n && !d->failed)
        decode_line(d, buf_get(&in)); /* the last line may lack its end */
    flush(d);
    buf_free(&in);
}

static void decode_file(struct decode *d, const char *name)
{
    if (strcmp(name, "-") == 0) {
        decode_stream(d, STDIN_FILENO, "standard input");
        return;
    }
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "eogctl: %s: %s\n", name, strerror(errno));
        d->failed = true;
        return;
    }
    decode_stream(d, fd, name);
    close(fd);
}

/* ---- options ---- */

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, struct decode *d)
{
    static const struct option rows[] = {
        {"config", required_argument, NULL, 'c'}, {"data", required_argument, NULL, 'd'},
        {"source", required_argument, NULL, 's'}, {"charset", required_argument, NULL, 'C'},
        {"input", required_argument, NULL, 'i'},  {"format", required_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},         {"strict", no_argument, NULL, 'S'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    int letter;
    optind = 1;
    while ((letter = getopt_long(argc, argv, "h", rows, NULL)) != -1) {
        switch (letter) {
        case 'c':
            d->options.config = optarg;
            break;
        case 'd':
            d->options.data = optarg;
            break;
        case 's':
            d->options.source = optarg;
            break;
        case 'C':
            d->options.charset = optarg;
            break;
        case 'j':
            d->format = FORMAT_OCSF;
            break;
        case 'S':
            d->options.is_strict = true;
            break;
        case 'i':
            if (!ctl_choose("decode", "input", optarg, input_names, &d->input))
                return CTL_USAGE;
            break;
        case 'f':
            if (!ctl_choose("decode", "format", optarg, format_names, &d->format))
                return CTL_USAGE;
            break;
        case 'h':
            return ctl_help(usage_text, true);
        default:
            return CTL_USAGE;
        }
    }
    if (d->options.source && !d->options.config) {
        fputs("eogctl decode: --source needs --config\n", stderr);
        return CTL_USAGE;
    }
    return -1;
}

int ctl_decode(int argc, char **argv)
{
    struct decode d = {.input = INPUT_LINE, .format = FORMAT_OCSF};
    int status = read_options(argc, argv, &d);
    if (status >= 0)
        return status;
    if (!decoder_open(&d.options, &d.decoder))
        return CTL_CANNOT;
    if (optind == argc)
        decode_file(&d, "-");
    for (int i = optind; i < argc && !d.failed; i++)
        decode_file(&d, argv[i]);
    decoder_close(d.decoder);
    buf_free(&d.out);
    buf_free(&d.message);
    return d.failed ? CTL_CANNOT : CTL_OK;
}
