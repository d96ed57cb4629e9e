/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long the parsers take for one message: nanoseconds of CPU time, the best of several rounds,
 * since other work on the machine can only add to it. Not part of `make check`.
 */
#include <stdio.h>
#include <time.h>

#include "parsers/cef.h"
#include "parsers/delimited.h"
#include "parsers/framing.h"
#include "parsers/instant.h"
#include "parsers/kv.h"
#include "parsers/registry.h"
#include "parsers/syslog.h"
#include "parsers/timestamp.h"
#include "parsers/varbinds.h"

enum { ROUNDS = 9, REPEATS = 100000 };

/* 617 bytes with the header, 26 extension fields, two of them with escapes. */
static const char cef_line[] =
    "<134>Nov 24 04:05:06 console1 CEF:0|Example|Central Console|2026|AV:File "
    "quarantined|Eicar_test_file|3|"
    "deviceExternalId=38 rt=Nov 24 2026 04:05:01 GMT+00:00 cnt=1 dhost=client-0042 "
    "duser=EXAMPLE\\\\someuser act=File quarantined cn1Label=Pattern cn1=1771500 "
    "cn2Label=Second_Action "
    "cn2=1 cs1Label=VLF_FunctionCode cs1=Real-time Scan cs2Label=Engine cs2=22.580.1004 "
    "cs3Label=Product_Version cs3=14.0 cs5Label=First_Action_Result cs5=Unable to clean file "
    "cs6Label=Second_Action_Result cs6=File quarantined cat=1703 dvchost=console1 "
    "fname=eicar.com filePath=C:\\\\Users\\\\someuser\\\\Downloads\\\\ dst=192.0.2.42 "
    "deviceFacility=Endpoint";

static const char rfc5424_line[] =
    "<165>1 2026-11-24T04:05:06.789Z host.example.net app 8710 ID47 "
    "[exampleSDID@32473 iut=\"3\" eventSource=\"Application\"] An application event log entry";

static const char trap[] = "\x30\x5e\x02\x01\x01\x04\x06"
                           "public\xa7\x51\x02\x01\x4d\x02\x01\x00\x02\x01\x00\x30\x46"
                           "\x30\x0e\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x43\x02\x30\x39"
                           "\x30\x17\x06\x0a\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00\x06\x09\x2b"
                           "\x06\x01\x06\x03\x01\x01\x05\x03"
                           "\x30\x1b\x06\x0a\x2b\x06\x01\x02\x01\x02\x02\x01\x02\x02\x04\x0d"
                           "FastEthernet0";

/* As Palo Alto firewalls send it: 48 columns. */
static const char columns_line[] =
    "1,2026/11/24 04:05:06,007000000000001,TRAFFIC,end,2049,2026/11/24 04:05:06,192.0.2.10,"
    "198.51.100.20,203.0.113.1,198.51.100.20,\"allow, all\",example\\user,,ssl,vsys1,trust,untrust,"
    "ethernet1/2,ethernet1/1,forward,2026/11/24 04:05:06,33288,1,49908,443,4660,443,0x400053,tcp,"
    "allow,7012,1510,5502,23,2026/11/24 04:04:50,1,any,0,51224,0x0,192.0.2.0-192.0.2.255,"
    "United States,0,11,12,tcp-fin,0";

/* As FortiGate firewalls send it: 26 pairs. */
static const char pairs_line[] =
    "date=2026-11-24 time=04:05:06 devname=\"fw-1\" devid=\"FG000000000001\" logid=\"0000000013\" "
    "type=\"traffic\" subtype=\"forward\" level=\"notice\" vd=\"root\" eventtime=1795493106 "
    "srcip=192.0.2.10 srcport=49908 srcintf=\"lan\" dstip=198.51.100.20 dstport=443 "
    "dstintf=\"wan1\" "
    "policyid=1 sessionid=33288 proto=6 action=\"close\" service=\"HTTPS\" duration=16 "
    "sentbyte=1510 rcvdbyte=5502 app=\"SSL, or so\" msg=\"words of a text, and more\"";

static struct arena arena;
static struct fields fields;
static struct notification notification;
static volatile size_t sink;

static void run_cef(void)
{
    size_t at;
    struct slice msg = fields.syslog.msg;
    fields.n = 0;
    if (parse_cef_find(msg, &at))
        parse_cef(slice_skip(msg, at), NULL, &arena, &fields);
    sink += fields.n;
}

static void run_message(void)
{
    parse_message(SLICE(cef_line), NULL, &arena, &fields);
    sink += fields.n;
}

static void run_columns(void)
{
    fields.n = 0;
    parse_delimited(SLICE(columns_line), SLICE(","), &arena, &fields);
    sink += fields.n;
}

static void run_pairs(void)
{
    size_t at;
    fields.n = 0;
    if (parse_kv_find(SLICE(pairs_line), &at))
        parse_kv(SLICE(pairs_line), NULL, &arena, &fields);
    sink += fields.n;
}

static void run_header(void)
{
    parse_syslog(SLICE(cef_line), NULL, &arena, &fields);
    sink += fields.syslog.msg.n;
}

static void run_rfc5424(void)
{
    parse_syslog(SLICE(rfc5424_line), NULL, &arena, &fields);
    sink += fields.syslog.msg.n;
}

static void run_time(void)
{
    struct parsed_time time;
    int64_t ms;
    if (parse_timestamp(SLICE("Nov 24 2026 04:05:01 GMT+00:00"), &time) &&
        parsed_time_to_ms(&time, NULL, 0, &ms))
        sink += (size_t)ms;
}

static void run_notification(void)
{
    parse_notification(SLICE(trap), &notification);
    sink += notification.n;
}

static void run_varbinds(void)
{
    parse_varbinds(&notification, NULL, &arena, &fields);
    sink += fields.n;
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(const char *name, size_t bytes, void (*run)(void))
{
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (int i = 0; i < REPEATS; i++) {
            arena_reset(&arena);
            run();
        }
        double each = (now_ns() - start) / REPEATS;
        if (each < best)
            best = each;
    }
    printf("%-28s %5zu bytes %7.0f ns %7.2f GB/s\n", name, bytes, best, (double)bytes / best);
}

int main(void)
{
    arena_init(&arena, 0);
    measure("header and CEF", sizeof cef_line - 1, run_message);
    printf("%28s %zu fields, %zu header\n", "", fields.n, fields.n_header);
    measure("CEF alone", fields.syslog.msg.n, run_cef);
    measure("RFC 3164 header alone", sizeof cef_line - 1, run_header);
    measure("RFC 5424 header", sizeof rfc5424_line - 1, run_rfc5424);
    measure("key=value pairs", sizeof pairs_line - 1, run_pairs);
    measure("columns between commas", sizeof columns_line - 1, run_columns);
    measure("a time and its instant", 30, run_time);
    measure("v2c trap", sizeof trap - 1, run_notification);
    measure("v2c trap's fields", sizeof trap - 1, run_varbinds);
    arena_fini(&arena);
    return notification.error != NULL;
}
