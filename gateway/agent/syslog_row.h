/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_SYSLOG_ROW_H
#define GATEWAY_AGENT_SYSLOG_ROW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * One syslog message as SYSLOG-MSG-MIB has it: a row of syslogMsgTable with its rows of
 * syslogMsgSDTable, in one block of memory that never changes. Sizes are the MIB's where it has
 * one; where it leaves them to the environment (syslogMsgMsg, syslogMsgSDParamValue) an instance
 * must fit an answer of 1472 octets, else a walk would end at it.
 * Source: RFC 5676 section 7, the MIB module: its syntaxes and descriptions.
 */
enum {
    SYSLOG_HOSTNAME_MAX = 255,
    SYSLOG_APPNAME_MAX = 48,
    SYSLOG_PROCID_MAX = 128,
    SYSLOG_MSGID_MAX = 32,
    SYSLOG_SD_NAME_MAX = 32,  /* SD-ID and PARAM-NAME */
    SYSLOG_TEXT_MAX = 1024,   /* MSG, and one PARAM-VALUE */
    SYSLOG_PARAMS_MAX = 64,   /* kept of one message */
    SYSLOG_VALUES_MAX = 4096, /* octets of all PARAM-VALUEs of one message together */
    SYSLOG_TIME_MAX = 13
};

struct syslog_param {
    struct slice id, name; /* printable ASCII, 1..32 octets */
    struct slice value;    /* UTF-8, without escapes */
};

struct syslog_row {
    atomic_uint holders;
    uint64_t sequence; /* of the record in the journal */
    uint32_t index;    /* syslogMsgIndex, made of it */
    uint8_t facility, severity;
    uint16_t version; /* 0: not RFC 5424 */
    size_t n_time;    /* 0: unknown, 10: local time without zone, 13 */
    char time[SYSLOG_TIME_MAX];
    struct slice hostname, appname, procid, msgid; /* printable ASCII; empty: unknown */
    struct slice msg;                              /* any octets */
    uint32_t n_sent;                               /* parameters that the message carried */
    size_t n_params;                               /* those that are kept */
    struct syslog_param params[];
};

/* syslogMsgIndex of a record: 1 ... 4294967295, then 1 again; the same after a restart. */
uint32_t syslog_row_index(uint64_t sequence);

/**
 * A row of a message's header, held once; nothing of header is kept. received_ms: what a time
 * without a year is near to.
 */
struct syslog_row *syslog_row_new(const struct syslog_header *header, int64_t received_ms,
                                  uint64_t sequence);
struct syslog_row *syslog_row_hold(struct syslog_row *row);
/* Frees it with the last. NULL is fine. Any thread. */
void syslog_row_put(struct syslog_row *row);

/* At most max octets of text; of UTF-8 no character is cut. */
struct slice syslog_row_cut(struct slice text, size_t max);

/**
 * SyslogTimeStamp of a time: year, month, day, hour, minute, second, microseconds (3 octets), and,
 * when the zone is known, its direction, hours, minutes. as_sent: its text, for the digits behind
 * the milliseconds of RFC 5424. A zone beyond the 13 hours that the MIB has room for becomes UTC.
 * out holds SYSLOG_TIME_MAX; returns 0, 10 or 13.
 */
size_t syslog_row_time(const struct parsed_time *time, struct slice as_sent, bool is_5424,
                       int64_t received_ms, char *out);

#endif
