/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole message as a row of SYSLOG-MSG-MIB and as its notification: what the MIB and a datagram
 * promise of sizes and characters. */
#include <string.h>

#include "gateway/agent/syslog_filter.h"
#include "gateway/agent/syslog_notify.h"
#include "gateway/agent/syslog_tables.h"
#include "gateway/base/arena.h"
#include "gateway/base/utf8.h"
#include "parsers/rfc5424.h"
#include "parsers/syslog.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"syslog", "syslog_row", NULL};
const char *const fuzz_shared_seeds[] = {"syslog", "cve-derived/syslog", NULL};

static void check_printable(struct slice text, size_t max)
{
    FUZZ_CHECK(text.n <= max);
    for (size_t i = 0; i < text.n; i++)
        FUZZ_CHECK(text.p[i] >= ' ' && text.p[i] <= '~');
}

static void check_time(const struct syslog_row *row)
{
    const unsigned char *t = (const unsigned char *)row->time;
    FUZZ_CHECK(row->n_time == 0 || row->n_time == 10 || row->n_time == 13);
    if (row->n_time)
        FUZZ_CHECK(t[2] >= 1 && t[2] <= 12 && t[3] >= 1 && t[3] <= 31 && t[4] < 24 && t[5] < 60 &&
                   t[6] <= 60 && (t[7] << 16 | t[8] << 8 | t[9]) < 1000000);
    if (row->n_time == 13)
        FUZZ_CHECK((t[10] == '+' || t[10] == '-') && t[11] <= 13 && t[12] < 60);
}

static void check_row(const struct syslog_row *row)
{
    size_t values = 0;
    FUZZ_CHECK(row->facility < 24 && row->severity < 8 && row->version <= 999);
    check_time(row);
    check_printable(row->hostname, SYSLOG_HOSTNAME_MAX);
    check_printable(row->appname, SYSLOG_APPNAME_MAX);
    check_printable(row->procid, SYSLOG_PROCID_MAX);
    check_printable(row->msgid, SYSLOG_MSGID_MAX);
    fuzz_touch(row->msg);
    FUZZ_CHECK(row->msg.n <= SYSLOG_TEXT_MAX);
    FUZZ_CHECK(row->n_params <= row->n_sent && row->n_params <= SYSLOG_PARAMS_MAX);
    for (size_t i = 0; i < row->n_params; i++) {
        const struct syslog_param *param = &row->params[i];
        uint32_t arcs[GWSNMP_INDEX_MAX];
        FUZZ_CHECK(param->id.n && param->name.n && param->value.n <= SYSLOG_TEXT_MAX);
        check_printable(param->id, SYSLOG_SD_NAME_MAX);
        check_printable(param->name, SYSLOG_SD_NAME_MAX);
        FUZZ_CHECK(utf8_is_valid(param->value));
        values += param->value.n;
        FUZZ_CHECK(syslog_row_param_index(row, i, arcs) == 4 + param->id.n + param->name.n);
    }
    FUZZ_CHECK(values <= SYSLOG_VALUES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fields fields;
    static struct gwsnmp_notification notification;
    struct arena arena;
    arena_init(&arena, 0);
    parse_syslog(fuzz_slice(data, size), NULL, &arena, &fields);
    const struct syslog_header *header = &fields.syslog;
    struct syslog_row *row = syslog_row_new(header, 1794000000000, size);
    check_row(row);
    if (parse_structured_data_has(header->structured_data, SLICE("snmp")))
        FUZZ_CHECK(syslog_origin(header, SLICE("gw1"), 1) == SYSLOG_CIRCULAR);
    arena_fini(&arena); /* nothing of it is kept */
    check_row(row);
    syslog_notify_build(row, SLICE("192.0.2.1"), &notification);
    FUZZ_CHECK(notification.n >= 10 && notification.n <= GWSNMP_VARBINDS_MAX);
    for (size_t i = 0; i < notification.n; i++)
        if (notification.v[i].value.type == GWSNMP_OCTETS)
            fuzz_touch(notification.v[i].value.octets);
    syslog_row_put(row);
    return 0;
}
