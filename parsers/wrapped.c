/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names are as collectors write them: Elastic's schema ("event.original", "log.syslog..."), the
 * journal's export (capitals), Graylog's GELF ("full_message"), Fluentd ("ident"), Logstash
 * ("syslog_..."), rsyslog's and syslog-ng's property names.
 */
#include "parsers/wrapped.h"

#include "parsers/timestamp.h"

/* No line that says something is shorter. */
enum { LINE_MIN = 8, PRI_MAX = 191, SEVERITY_MAX = 7, FACILITY_MAX = 23 };

/* Each list ends with an empty name; the first that has a value counts. */
static const char *const lines[] = {
    "event.original", "rawmsg",  "raw_message", "_raw",           "raw", "full_message",
    "original",       "message", "MESSAGE",     "syslog_message", "msg", "@message",
    "short_message",  "log",     "body",        "data",           ""};
static const char *const hosts[] = {"_HOSTNAME",
                                    "log.syslog.hostname",
                                    "syslog_hostname",
                                    "hostname",
                                    "host.hostname",
                                    "host.name",
                                    "host",
                                    "HOST",
                                    "fromhost",
                                    "logsource",
                                    ""};
static const char *const programs[] = {"SYSLOG_IDENTIFIER",
                                       "log.syslog.appname",
                                       "syslog_program",
                                       "programname",
                                       "program",
                                       "PROGRAM",
                                       "appname",
                                       "app-name",
                                       "app_name",
                                       "process.name",
                                       "_COMM",
                                       "ident",
                                       ""};
static const char *const processes[] = {
    "SYSLOG_PID", "_PID", "log.syslog.procid", "syslog_pid", "procid", "process.pid", "pid", ""};
static const char *const times[] = {"timereported",
                                    "syslog_timestamp",
                                    "_SOURCE_REALTIME_TIMESTAMP",
                                    "__REALTIME_TIMESTAMP",
                                    "@timestamp",
                                    "timestamp",
                                    "ISODATE",
                                    "time",
                                    ""};
static const char *const pris[] = {"log.syslog.priority", "syslog_pri", "pri", "PRI", ""};
static const char *const severities[] = {"PRIORITY", "log.syslog.severity.code",
                                         "syslog_severity_code", "level", ""};
static const char *const facilities[] = {"SYSLOG_FACILITY", "log.syslog.facility.code",
                                         "syslog_facility_code", ""};

static struct slice value_of(const struct fields *object, const char *name)
{
    for (size_t i = object->n_header; i < object->n; i++)
        if (slice_equal(object->v[i].name, slice_from(name)))
            return object->v[i].value;
    return SLICE_NONE;
}

static struct slice first_of(const struct fields *object, const char *const *names)
{
    struct slice value = SLICE_NONE;
    for (; **names && !value.n; names++)
        value = value_of(object, *names);
    return value;
}

/* -1: none in that range. */
static int number_of(const struct fields *object, const char *const *names, int max)
{
    int64_t number;
    bool is_number = slice_to_int(first_of(object, names), &number) && number >= 0 && number <= max;
    return is_number ? (int)number : -1;
}

struct slice parse_wrapped_line(const struct fields *object, unsigned number)
{
    for (const char *const *name = lines; **name; name++) {
        struct slice value = value_of(object, *name);
        if (value.n >= LINE_MIN && number-- == 0)
            return value;
    }
    return SLICE_NONE;
}

static void take_pri(const struct fields *object, struct syslog_header *header)
{
    int severity = number_of(object, severities, SEVERITY_MAX),
        facility = number_of(object, facilities, FACILITY_MAX);
    header->pri = number_of(object, pris, PRI_MAX);
    if (header->pri < 0 && severity >= 0 && facility >= 0)
        header->pri = facility * 8 + severity;
    if (header->pri < 0)
        header->pri = object->syslog.pri;
}

void parse_wrapped_header(const struct fields *object, struct syslog_header *header)
{
    const struct syslog_header *outer = &object->syslog;
    if (header->pri < 0)
        take_pri(object, header);
    if (!header->timestamp.n) {
        header->timestamp = first_of(object, times);
        header->time = (struct parsed_time){0};
        if (!parse_timestamp(header->timestamp, &header->time)) {
            header->timestamp = outer->timestamp;
            header->time = outer->time;
        }
    }
    if (!header->hostname.n)
        header->hostname = first_of(object, hosts);
    if (!header->hostname.n)
        header->hostname = outer->hostname;
    if (!header->appname.n) {
        header->appname = first_of(object, programs);
        header->procid = first_of(object, processes);
    }
}
