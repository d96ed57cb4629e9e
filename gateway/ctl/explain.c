/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogctl explain: the record of a message beside the statements that made it. */
#include "gateway/ctl/explain.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/charset.h"
#include "gateway/base/civil.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/base/zone.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/explain_write.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/offline.h"

/* Text from a message must not steer the terminal: quoted and escaped as JSON. */
static void print_quoted(struct slice text)
{
    struct buf out = {0}, inert = {0};
    json_quote(&out, text);
    inert_json(&inert, buf_get(&out));
    fwrite(inert.p, 1, inert.n, stdout);
    buf_free(&out);
    buf_free(&inert);
}

static void print_value(const struct gw_value *value)
{
    char time[CIVIL_RFC3339_MAX];
    if (value->type == GW_TYPE_TEXT || value->type == GW_TYPE_IP)
        print_quoted(value->text);
    else if (value->type == GW_TYPE_TIME)
        printf("%.*s", (int)civil_format(value->number, time), time);
    else
        printf("%" PRId64, value->number);
}

static void print_origin(const struct normalize_step *step)
{
    if (step && step->line > 0)
        printf("   <- %.*s%sline %d", SLICE_FMT(step->source), step->source.n ? ", " : "constant, ",
               step->line);
    putchar('\n');
}

static void print_head(const struct offline *offline)
{
    const struct normalize_trace *trace = &offline->trace;
    const struct fields *fields = &offline->fields;
    printf("format   %s, %zu fields", gw_format_name(fields->format), fields->n);
    if (fields->error)
        printf("; error at byte %zu: %s", fields->error_at, fields->error);
    printf("\nheader   %s\n",
           fields->syslog.is_present ? fields->syslog.version ? "RFC 5424" : "RFC 3164" : "none");
    if (!trace->mapping) {
        printf("mapping  none: no mapping recognises this message\n");
        if (trace->notification.n)
            printf("name     %.*s (notifications.txt)\n", SLICE_FMT(trace->notification));
        return;
    }
    printf("mapping  %s, by %s (%s)\n", mapping_id(trace->mapping), trace->how,
           mapping_file(trace->mapping));
    printf("code     ");
    print_quoted(trace->code);
    if (trace->template >= 0)
        printf(", by template %d", trace->template + 1);
    if (trace->rule >= 0)
        printf("\nrule     %s, line %d%s%s\n",
               mapping_rule_name(trace->mapping, (size_t)trace->rule),
               mapping_rule_line(trace->mapping, (size_t)trace->rule),
               mapping_rule_is_shared(trace->mapping, (size_t)trace->rule) ? " of " : "",
               mapping_rule_is_shared(trace->mapping, (size_t)trace->rule)
                   ? mapping_rule_file(trace->mapping, (size_t)trace->rule)
                   : "");
    else
        printf("\nrule     none knows this code: only <common> was run\n");
    if (trace->notification.n)
        printf("name     %.*s (notifications.txt)\n", SLICE_FMT(trace->notification));
}

static void print_record(const struct offline *offline)
{
    const struct gw_event *event = &offline->event;
    const struct normalize_trace *trace = &offline->trace;
    char time[CIVIL_RFC3339_MAX];
    printf("kind     %s", gw_kind_name((enum gw_kind)event->kind));
    print_origin(explain_step(trace, 0, "kind"));
    printf("severity %s", gw_severity_name((enum gw_severity)event->severity));
    print_origin(explain_step(trace, 0, "severity"));
    printf("time     %.*s%s%s", (int)civil_format(event->time_ms, time), time,
           event->flags & GW_EVENT_NO_TIME ? " (receipt: the message has no usable time)" : "",
           event->flags & GW_EVENT_TIME_AHEAD ? " (receipt: dated more than 5 minutes ahead)" : "");
    print_origin(explain_step(trace, 0, "time"));
    for (size_t i = 0; i < event->n_values; i++) {
        printf("  %-20s ", gw_field_name((enum gw_field)event->values[i].field));
        print_value(&event->values[i]);
        print_origin(explain_step(trace, event->values[i].field, NULL));
    }
    if (event->n_unmapped)
        printf("unmapped\n");
    for (size_t i = 0; i < event->n_unmapped; i++) {
        printf("  ");
        print_quoted(event->unmapped[i].name);
        putchar(' ');
        print_quoted(event->unmapped[i].value);
        putchar('\n');
    }
}

static void print_message(const struct offline *offline, bool is_first, bool is_json)
{
    if (is_json) {
        struct buf out = {0};
        explain_write(offline, &out);
        fputs(is_first ? "" : ",", stdout);
        inert_print(buf_get(&out), stdout);
        buf_free(&out);
    } else {
        if (!is_first)
            putchar('\n');
        print_head(offline);
        print_record(offline);
    }
}

/* False: not all of them could be read. */
static bool explain_lines(const struct mapping_set *set, const struct source_profile *profile,
                          bool is_json)
{
    struct offline *offline = gw_alloc(sizeof *offline);
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool is_first = true;
    offline_init(offline);
    if (is_json)
        fputs("{\"messages\":[\n", stdout);
    while ((n = getline(&line, &cap, stdin)) >= 0) {
        if (n > 0 && line[n - 1] == '\n')
            n--;
        offline_message(offline, set, profile, SLICE_NONE, slice_of(line, (size_t)n),
                        clock_read(&clock_system).wall_ms);
        print_message(offline, is_first, is_json);
        is_first = false;
    }
    bool is_read = feof(stdin);
    if (!is_read)
        fprintf(stderr, "eogctl explain: standard input: %s\n", strerror(errno));
    if (is_json)
        fputs("]}\n", stdout);
    free(line);
    offline_fini(offline);
    free(offline);
    return is_read;
}

static const char help[] =
    "usage: eogctl explain [--data DIR] [--charset NAME] [--zone NAME] [--json] < MESSAGES\n"
    "Says of each line which parser, mapping and rule it matched, and where each field came "
    "from.\n"
    "  --data DIR      the folder that holds mappings/ (default: $EOG_DATA, else as "
    "installed)\n"
    "  --charset NAME  as declared for the source: GB18030, Big5, CP932 ...\n"
    "  --zone NAME     as declared for the source: Asia/Shanghai ...\n"
    "  --json          one JSON document\n\n"
    "  eogctl explain < messages.log\n"
    "  eogctl explain --charset GB18030 --zone Asia/Shanghai < messages.log\n"
    "  eogctl explain --json < messages.log | jq '.messages[] | select(.rule == null).code'\n";

struct wishes {
    const char *data_dir, *charset, *zone;
    bool is_json;
};

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, struct wishes *wishes)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"charset", required_argument, NULL, 'c'},
        {"zone", required_argument, NULL, 'z'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'd')
            wishes->data_dir = optarg;
        else if (option == 'c')
            wishes->charset = optarg;
        else if (option == 'z')
            wishes->zone = optarg;
        else if (option == 'j')
            wishes->is_json = true;
        else
            return option == 'h' ? ctl_help(help, true) : CTL_USAGE;
    }
    return optind == argc ? -1 : ctl_help(help, false);
}

int ctl_explain(int argc, char **argv)
{
    struct wishes wishes = {0};
    int result = read_options(argc, argv, &wishes);
    if (result >= 0)
        return result;
    struct arena arena;
    struct diag diag = {0};
    struct mapping_set *set = NULL;
    struct charset *charset = charset_open(wishes.charset);
    struct zone *zone = wishes.zone ? zone_open(wishes.zone) : NULL;
    struct source_profile profile = {.charset = charset, .zone = zone};
    arena_init(&arena, 0);
    bool is_known = charset && (zone || !wishes.zone);
    result = is_known ? CTL_CANNOT : CTL_USAGE;
    if (!charset)
        fprintf(stderr, "eogctl: charset '%s' is not known\n", wishes.charset);
    else if (wishes.zone && !zone)
        fprintf(stderr, "eogctl: zone '%s' is not known\n", wishes.zone);
    else if (mapping_set_load(offline_mappings(&arena, wishes.data_dir), &diag, &set) == GW_OK) {
        result = explain_lines(set, &profile, wishes.is_json) ? CTL_OK : CTL_CANNOT;
    }
    diag_print(&diag, stderr);
    diag_free(&diag);
    mapping_set_free(set);
    charset_close(charset);
    zone_free(zone);
    arena_fini(&arena);
    return result;
}
