/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eogctl send: the lines of a file as syslog messages or SNMP notifications, at a rate, once or
 * round and round, with their times moved to today if asked for.
 */
#include "gateway/ctl/send.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/base/json.h"
#include "gateway/ctl/csv.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/retime.h"
#include "gateway/ctl/send_target.h"
#include "gateway/ctl/table.h"
#include "gateway/ctl/trap_encode.h"

enum { DATAGRAM_MAX = 65507, CONNECTIONS_MAX = 1000, WINDOW_MAX = 1000000, READ_STEP = 1 << 20 };
enum framing { FRAMING_AUTO, FRAMING_LF, FRAMING_OCTET };

struct send_options {
    bool is_trap, is_csv, is_dry_run, is_loop, is_retime, is_json;
    struct csv_options csv;
    enum framing framing;
    double rate;    /* messages a second; 0: as fast as it goes */
    uint64_t count; /* 0: each line once */
    const char *community;
    const char *file;
    struct send_target_options target;
};

struct send_job {
    struct send_options options;
    struct buf text; /* the file */
    struct slice *lines;
    size_t n_lines;
    struct retime retime;
    struct send_target *target;
    struct progress progress;
    struct clock_reading begun;
    struct buf line, error; /* scratch: one moved line; a reason */
    char datagram[DATAGRAM_MAX];
    uint64_t sent, bytes, refused;
};

static const char usage[] =
    "usage: eogctl send [OPTION]... FILE\n"
    "Send each line of FILE (- for standard input) as one message, for load and for replay.\n"
    "\n"
    "  --syslog           lines are syslog messages (default)\n"
    "  --trap             lines are notifications in JSON, as decode --input trap reads them\n"
    "  --inform           with --trap: send v2c informs and wait for their responses\n"
    "  --csv              FILE is a table with a head, as scanners write it: each record becomes\n"
    "                     one line of JSON by the head's names\n"
    "  --each COLUMN      csv: say first of each value of COLUMN that the report speaks of it: "
    "the\n"
    "                     computer's column, so that what is gone since the last report is "
    "known;\n"
    "                     not over udp\n"
    "  --charset NAME     csv: what FILE is in (default: UTF-8, or what is likely)\n"
    "  --dry-run          print the messages, send none\n"
    "  --udp, --tcp       transport (default: tcp for syslog, udp for notifications)\n"
    "  --relp             transport RELP: wait until each message is acknowledged\n"
    "  --window N         relp: messages under way in a session (default: 1024)\n"
    "  --to HOST:PORT     target (default: 127.0.0.1:5514, with --relp 127.0.0.1:2514, with "
    "--trap\n"
    "                     127.0.0.1:1162)\n"
    "  --framing lf|octet|auto\n"
    "                     tcp; auto (default): lf unless a line begins with a digit\n"
    "  --rate N           messages a second (default: as fast as it goes)\n"
    "  --count N          stop after N messages, going round the file as needed\n"
    "  --loop             go round the file until interrupted\n"
    "  --retime           move the messages' times so that the last is now\n"
    "  --connections N    tcp, relp: spread the messages over N connections (default: 1)\n"
    "  --community NAME   notifications that name none (default: public)\n"
    "  --wait SECONDS     longest wait for the target to listen and to answer (default: 5)\n"
    "  --json             the final figures as one JSON object\n\n"
    "  eogctl send --to 127.0.0.1:5514 --rate 100 --retime messages.log\n"
    "  eogctl send --csv --each IP --dry-run openvas.csv | eogctl decode -\n";

static bool parse_number(const char *name, const char *text, double min, double max, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end != text && *end == '\0' && *out >= min && *out <= max)
        return true;
    fprintf(stderr, "eogctl send: --%s '%s': a number from %.0f to %.0f is expected\n", name, text,
            min, max);
    return false;
}

static bool parse_framing(const char *text, enum framing *out)
{
    static const char *const names[] = {"auto", "lf", "octet"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum framing)i;
            return true;
        }
    }
    fprintf(stderr, "eogctl send: --framing '%s': lf, octet or auto is expected\n", text);
    return false;
}

/* False: usage was wrong, and said so. */
static bool parse_option(int option, const char *name, struct send_options *o, int *transport)
{
    double number;
    switch (option) {
    case 's':
        o->is_trap = false;
        return true;
    case 't':
        o->is_trap = true;
        return true;
    case 'i':
        o->is_trap = o->target.wants_responses = true;
        return true;
    case 'u':
        *transport = SEND_UDP;
        return true;
    case 'c':
        *transport = SEND_TCP;
        return true;
    case 'R':
        *transport = SEND_RELP;
        return true;
    case 'W':
        if (!parse_number(name, optarg, 1, WINDOW_MAX, &number))
            return false;
        o->target.window = (int)number;
        return true;
    case 'a':
        o->target.address = optarg;
        return true;
    case 'f':
        return parse_framing(optarg, &o->framing);
    case 'r':
        return parse_number(name, optarg, 0, 1e7, &o->rate);
    case 'n':
        if (!parse_number(name, optarg, 1, 1e15, &number))
            return false;
        o->count = (uint64_t)number;
        return true;
    case 'l':
        o->is_loop = true;
        return true;
    case 'm':
        o->is_retime = true;
        return true;
    case 'j':
        o->is_json = true;
        return true;
    case 'k':
        if (!parse_number(name, optarg, 1, CONNECTIONS_MAX, &number))
            return false;
        o->target.connections = (int)number;
        return true;
    case 'C':
        o->community = optarg;
        return true;
    case 'v':
        o->is_csv = true;
        return true;
    case 'e':
        o->csv.each = optarg;
        return true;
    case 'x':
        o->csv.charset = optarg;
        return true;
    case 'y':
        o->is_dry_run = true;
        return true;
    case 'w':
        if (!parse_number(name, optarg, 0, 86400, &number))
            return false;
        o->target.wait_ms = (int64_t)(number * 1000);
        return true;
    default:
        return false;
    }
}

static bool fits_csv(const struct send_options *o, int transport)
{
    const char *wrong = NULL;
    if (!o->is_csv && (o->csv.each || o->csv.charset))
        wrong = "--each and --charset go with --csv";
    else if (o->is_trap && (o->is_csv || o->is_dry_run))
        wrong = "--csv and --dry-run are for syslog";
    else if (o->csv.each && o->target.connections > 1)
        wrong = "--each needs the order that one connection keeps";
    else if (o->csv.each && transport == SEND_UDP)
        wrong = "--each needs a transport that keeps the order and loses nothing: --tcp or --relp";
    if (wrong)
        fprintf(stderr, "eogctl send: %s\n", wrong);
    return !wrong;
}

/* 0: go on; else the exit code. */
static int parse_command_line(int argc, char **argv, struct send_options *o)
{
    static const struct option rows[] = {
        {"syslog", 0, NULL, 's'},    {"trap", 0, NULL, 't'},    {"inform", 0, NULL, 'i'},
        {"udp", 0, NULL, 'u'},       {"tcp", 0, NULL, 'c'},     {"to", 1, NULL, 'a'},
        {"framing", 1, NULL, 'f'},   {"rate", 1, NULL, 'r'},    {"count", 1, NULL, 'n'},
        {"loop", 0, NULL, 'l'},      {"retime", 0, NULL, 'm'},  {"connections", 1, NULL, 'k'},
        {"community", 1, NULL, 'C'}, {"wait", 1, NULL, 'w'},    {"json", 0, NULL, 'j'},
        {"relp", 0, NULL, 'R'},      {"window", 1, NULL, 'W'},  {"csv", 0, NULL, 'v'},
        {"each", 1, NULL, 'e'},      {"charset", 1, NULL, 'x'}, {"dry-run", 0, NULL, 'y'},
        {"help", 0, NULL, 'h'},      {NULL, 0, NULL, 0}};
    int option, index = 0, transport = -1;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", rows, &index)) != -1) {
        if (option == 'h') {
            ctl_help(usage, true);
            return -1;
        }
        if (!parse_option(option, rows[index].name, o, &transport))
            return CTL_USAGE;
    }
    if (optind + 1 != argc)
        return ctl_help(usage, false);
    o->file = argv[optind];
    if (!fits_csv(o, transport))
        return CTL_USAGE;
    if (o->is_trap && (transport == SEND_TCP || transport == SEND_RELP)) {
        fprintf(stderr, "eogctl send: notifications go over udp\n");
        return CTL_USAGE;
    }
    if (transport < 0)
        transport = o->is_trap ? SEND_UDP : SEND_TCP;
    o->target.transport = (enum send_transport)transport;
    if (transport == SEND_UDP)
        o->target.connections = 1;
    if (!o->target.address)
        o->target.address = o->is_trap               ? "127.0.0.1:1162"
                            : transport == SEND_RELP ? "127.0.0.1:2514"
                                                     : "127.0.0.1:5514";
    return 0;
}

static bool read_file(struct send_job *job)
{
    const char *name = job->options.file;
    int fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    while (fd >= 0 && (n = read(fd, buf_reserve(&job->text, READ_STEP), READ_STEP)) > 0)
        job->text.n += (size_t)n;
    if (n < 0)
        fprintf(stderr, "eogctl send: %s: %s\n", name, strerror(errno));
    if (fd > STDIN_FILENO)
        close(fd);
    return n == 0;
}

/* The table as lines; false: it is none. What is left out is said and counted as refused. */
static bool read_table(struct send_job *job)
{
    struct buf lines = {0};
    struct csv_figures figures;
    const char *file = job->options.file;
    bool is_good =
        csv_to_json(buf_get(&job->text), &job->options.csv, &lines, &figures, &job->error);
    if (!is_good) { /* names of columns are in it */
        fprintf(stderr, "eogctl send: %s: ", file);
        table_put_text(buf_text(&job->error), INT_MAX, stderr);
        putc('\n', stderr);
    } else if (job->options.csv.each)
        fprintf(stderr, "eogctl send: %s: %zu records, %zu different values of %s\n", file,
                figures.records, figures.each, job->options.csv.each);
    else
        fprintf(stderr, "eogctl send: %s: %zu records\n", file, figures.records);
    if (figures.before)
        fprintf(stderr, "eogctl send: %s: %zu lines before the head are left out\n", file,
                figures.before);
    if (figures.odd)
        fprintf(stderr,
                "eogctl send: %s:%zu: another number of columns than the head has; %zu such "
                "records are left out\n",
                file, figures.odd_line, figures.odd);
    if (figures.cut)
        fprintf(stderr, "eogctl send: %s: %zu records have values that were cut\n", file,
                figures.cut);
    if (figures.guessed)
        fprintf(
            stderr,
            "eogctl send: %s: no UTF-8: read as %s, which is likely; to be sure: --charset %s\n",
            file, figures.guessed, figures.guessed);
    if (figures.replaced)
        fprintf(stderr, "eogctl send: %s: %u bytes are no character: --charset?\n", file,
                figures.replaced);
    buf_free(&job->text);
    job->text = lines;
    job->refused = figures.odd;
    return is_good;
}

/* Empty lines are no messages. */
static bool split_lines(struct send_job *job)
{
    size_t cap = 0;
    struct slice rest = buf_get(&job->text), line;
    while (rest.n > 0) {
        size_t end = slice_find(rest, '\n');
        line = slice_head(rest, end);
        rest = slice_skip(rest, end + 1);
        if (line.n == 0)
            continue;
        if (job->n_lines == cap) {
            cap = cap ? 2 * cap : 1024;
            job->lines = gw_realloc(job->lines, cap * sizeof *job->lines);
        }
        job->lines[job->n_lines++] = line;
    }
    if (job->n_lines == 0)
        fprintf(stderr, "eogctl send: %s holds no line\n", job->options.file);
    return job->n_lines > 0;
}

/* A receiver that detects framing takes a digit for an octet count. */
static bool needs_octet_counts(const struct send_job *job)
{
    if (job->options.framing != FRAMING_AUTO)
        return job->options.framing == FRAMING_OCTET;
    for (size_t i = 0; i < job->n_lines; i++)
        if (job->lines[i].p[0] >= '0' && job->lines[i].p[0] <= '9')
            return true;
    return false;
}

static void look_for_newest(struct send_job *job)
{
    retime_begin(&job->retime, clock_read(&clock_system).wall_ms / 1000);
    for (size_t i = 0; i < job->n_lines; i++)
        retime_see(&job->retime, job->lines[i]);
}

/* The message for a line, in scratch or in the file; empty: counted as refused, said once. */
static struct slice make_message(struct send_job *job, size_t i, int32_t id)
{
    struct slice line = job->lines[i];
    if (job->options.is_retime) {
        buf_clear(&job->line);
        retime_write(&job->retime, line, &job->line);
        line = buf_get(&job->line);
    }
    if (!job->options.is_trap)
        return line;
    int64_t up_ms = clock_read(&clock_system).mono_ms;
    struct trap_options options = {.community = job->options.community,
                                   .is_inform = job->options.target.wants_responses,
                                   .request_id = id,
                                   .uptime_cs = (uint32_t)(up_ms / 10)};
    buf_clear(&job->error);
    struct slice message =
        trap_encode_json(line, &options, job->datagram, sizeof job->datagram, &job->error);
    if (message.n == 0 && job->refused++ == 0)
        fprintf(stderr, "eogctl send: %s, message %zu: %s\n", job->options.file, i + 1,
                buf_text(&job->error));
    return message;
}

/* Wait until the next message is due; what waits in a batch goes first. */
static bool keep_pace(struct send_job *job, uint64_t turn)
{
    if (job->options.rate <= 0)
        return true;
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        double elapsed_ms =
            (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6 - (double)job->begun.mono_ms;
        double ahead_ms = (double)turn * 1e3 / job->options.rate - elapsed_ms;
        if (ahead_ms <= 0)
            return true;
        if (!send_target_flush(job->target, &job->error))
            return false;
        if (send_target_is_stopped(job->target))
            return false;
        struct timespec rest = {0, (long)((ahead_ms < 50 ? ahead_ms : 50) * 1e6)};
        nanosleep(&rest, NULL);
        progress_draw(&job->progress, job->sent, clock_read(&clock_system).mono_ms);
    }
}

/* All messages; false when it ended early, with a reason in error or after a signal. */
static bool send_all(struct send_job *job)
{
    uint64_t total = job->options.count     ? job->options.count
                     : job->options.is_loop ? UINT64_MAX
                                            : job->n_lines;
    int32_t id = (int32_t)(clock_read(&clock_system).wall_ms & 0x3fffffff);
    for (uint64_t turn = 0; turn < total; turn++) {
        size_t i = (size_t)(turn % job->n_lines);
        if (i == 0 && turn > 0 && job->options.is_retime)
            look_for_newest(job);
        if (!keep_pace(job, turn))
            return false;
        if (++id < 1)
            id = 1;
        struct slice message = make_message(job, i, id);
        if (message.n == 0) {
            if (job->options.is_loop && job->refused == job->n_lines && job->sent == 0)
                return false; /* nothing in the file can be sent */
            continue;
        }
        if (!send_target_put(job->target, message, id, &job->error))
            return false;
        job->sent++;
        job->bytes += message.n;
        if ((turn & 1023) == 0) {
            progress_draw(&job->progress, job->sent, clock_read(&clock_system).mono_ms);
            if (send_target_is_stopped(job->target))
                return false;
        }
    }
    return true;
}

/* The shape stands in send.h. */
static void print_json(struct send_job *job, int64_t elapsed_ms, bool is_complete)
{
    struct buf out = {0};
    struct json json;
    json_begin(&json, &out);
    json_put_object(&json);
    json_member_int(&json, JSON_KEY("sent"), (int64_t)job->sent);
    json_member_int(&json, JSON_KEY("bytes"), (int64_t)job->bytes);
    json_member_int(&json, JSON_KEY("elapsed_ms"), elapsed_ms);
    json_member_int(&json, JSON_KEY("per_s"),
                    elapsed_ms > 0 ? (int64_t)((double)job->sent * 1e3 / (double)elapsed_ms) : 0);
    if (job->options.target.wants_responses || job->options.target.transport == SEND_RELP)
        json_member_int(&json, JSON_KEY("answered"), (int64_t)send_target_answered(job->target));
    else
        json_nil(&json, SLICE("answered"));
    json_member_int(&json, JSON_KEY("refused"), (int64_t)job->refused);
    json_bool(&json, SLICE("complete"), is_complete);
    if (job->error.n > 0 && !is_complete)
        json_member_string(&json, JSON_KEY("error"), buf_get(&job->error));
    else
        json_nil(&json, SLICE("error"));
    json_end_object(&json);
    inert_print(buf_get(&out), stdout);
    buf_free(&out);
}

static void print_summary(struct send_job *job)
{
    double s = (double)(clock_read(&clock_system).mono_ms - job->begun.mono_ms) / 1000.0;
    printf("sent %llu messages, %llu bytes in %.3f s", (unsigned long long)job->sent,
           (unsigned long long)job->bytes, s);
    if (s > 0)
        printf(", %.0f messages/s", (double)job->sent / s);
    if (job->options.target.wants_responses)
        printf(", %llu answered", (unsigned long long)send_target_answered(job->target));
    if (job->options.target.transport == SEND_RELP)
        printf(", %llu acknowledged", (unsigned long long)send_target_answered(job->target));
    if (job->refused > 0)
        printf(", %llu left out", (unsigned long long)job->refused);
    printf("\n");
}

/* As they are for a program that reads them; a terminal obeys them. */
static int print_messages(struct send_job *job)
{
    bool is_terminal = isatty(STDOUT_FILENO) == 1;
    struct buf shown = {0};
    if (job->options.is_retime)
        look_for_newest(job);
    for (size_t i = 0; i < job->n_lines; i++) {
        struct slice message = make_message(job, i, 0);
        buf_clear(&shown);
        buf_slice(&shown, message);
        if (is_terminal)
            table_put_text(buf_text(&shown), INT_MAX, stdout);
        else
            fwrite(message.p, 1, message.n, stdout);
        putchar('\n');
    }
    buf_free(&shown);
    return job->refused ? CTL_NO : CTL_OK;
}

static int run_job(struct send_job *job)
{
    uint64_t total = job->options.count     ? job->options.count
                     : job->options.is_loop ? 0
                                            : job->n_lines;
    job->options.target.is_octet_counted = needs_octet_counts(job);
    if (job->options.is_retime)
        look_for_newest(job);
    job->target = send_target_open(&job->options.target, &job->error);
    if (!job->target) {
        fprintf(stderr, "eogctl send: %s\n", buf_text(&job->error));
        return CTL_CANNOT;
    }
    job->begun = clock_read(&clock_system);
    progress_begin(&job->progress, stderr, total, job->begun.mono_ms);
    buf_clear(&job->error);
    bool is_good = send_all(job);
    bool is_asked_to_stop = send_target_is_stopped(job->target);
    if (is_good || is_asked_to_stop)
        is_good = send_target_finish(job->target, &job->error) && is_good;
    progress_end(&job->progress);
    if (!is_good && !is_asked_to_stop && job->error.n > 0)
        fprintf(stderr, "eogctl send: %s\n", buf_text(&job->error));
    if (job->options.is_json)
        print_json(job, clock_read(&clock_system).mono_ms - job->begun.mono_ms,
                   is_good && job->refused == 0);
    else
        print_summary(job);
    send_target_close(job->target);
    if (!is_good && !(is_asked_to_stop && job->options.is_loop))
        return CTL_CANNOT;
    return job->refused ? CTL_NO : CTL_OK;
}

static int send_file(struct send_job *job)
{
    if (!read_file(job) || (job->options.is_csv && !read_table(job)) || !split_lines(job))
        return CTL_CANNOT;
    return job->options.is_dry_run ? print_messages(job) : run_job(job);
}

int ctl_send(int argc, char **argv)
{
    struct send_job *job = gw_alloc(sizeof *job);
    job->options.community = "public";
    job->options.target.connections = 1;
    job->options.target.window = 1024;
    job->options.target.wait_ms = 5000;
    int code = parse_command_line(argc, argv, &job->options);
    if (code == 0)
        code = send_file(job);
    buf_free(&job->text);
    buf_free(&job->line);
    buf_free(&job->error);
    free(job->lines);
    free(job);
    return code < 0 ? 0 : code;
}
