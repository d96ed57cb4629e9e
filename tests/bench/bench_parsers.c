/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parsers cost for one message, all that makes a record of one, and what the record costs
 * on its way out and in the indicators.
 *
 *     bench_parsers [MAPPINGS LINES]
 *
 * prints nanoseconds of CPU time, the best of several rounds, since other work on the machine can
 * only add to it. Not part of `make check`.
 *
 *     bench_parsers --count [MAPPINGS LINES]
 *
 * is for instructions.py, which runs it under callgrind: each case a few times between its calls
 * and the return of counted(), a line for each: its name, messages, and what was found in them
 * (fields, or bytes). --compiled says by what it was compiled. MAPPINGS is a folder of mappings
 * with kpi.xml and watchlist.xml, LINES a file of messages that they know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/mapping/mapping.h"
#include "gateway/normalize/normalize.h"
#include "gateway/schema/cef_write.h"
#include "gateway/schema/event.h"
#include "gateway/schema/ocsf.h"
#include "gateway/xml/document.h"
#include "parsers/cef.h"
#include "parsers/colon_list.h"
#include "parsers/delimited.h"
#include "parsers/framing.h"
#include "parsers/instant.h"
#include "parsers/json.h"
#include "parsers/kv.h"
#include "parsers/leef.h"
#include "parsers/registry.h"
#include "parsers/relp.h"
#include "parsers/syslog.h"
#include "parsers/timestamp.h"
#include "parsers/tmcm.h"
#include "parsers/varbinds.h"
#include "tests/bench/indicators.h"

enum { ROUNDS = 9, REPEATS = 100000, COUNTED = 100, FRAMES = 16, LINES_MAX = 64 };

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

static const char rfc3164_line[] =
    "<189>Nov 24 04:05:06 switch-1.example.net sshd[2417]: Accepted publickey for operator from "
    "192.0.2.7 port 50122 ssh2";

/* As Deep Security sends it: 14 attributes. */
static const char leef_line[] =
    "LEEF:2.0|Example|Agent|20.0.0.5394|4000000|cat=Anti-Malware\tname=Eicar_test_file\tdesc=A "
    "file "
    "was \\= quarantined\tsev=6\tcn1=241\tcn1Label=Host ID\tdvchost=server-1\tsrc=192.0.2.10\t"
    "act=Delete\tmsg=Realtime\tfilePath=C:\\\\Users\\\\someuser\\\\eicar.com\tusrName=someuser\t"
    "devTime=Nov 24 2026 04:05:06 GMT+00:00\tresult=Passed";

static const char json_line[] =
    "{\"time\":\"2026-11-24T04:05:06Z\",\"id\":710233,\"vendor\":\"Example\",\"event\":{\"name\":"
    "\"file quarantined\",\"level\":3,\"tags\":[\"malware\",\"endpoint\"],\"is_test\":false},"
    "\"host\":{\"name\":\"client-0042\",\"ip\":\"192.0.2.42\",\"os\":null},\"file\":{\"path\":"
    "\"C:\\\\Users\\\\someuser\\\\eicar.com\",\"size\":68,\"note\":\"caf\\u00e9\"},\"user\":"
    "\"EXAMPLE\\\\someuser\",\"score\":0.75}";

static const char tmcm_line[] =
    "TMCM:SLF_INCIDENT_EVT_VIRUS_FOUND_CLEAN_SUCCESS Security product=\"OfficeScan\" Security "
    "product node=\"console1\" Event time=\"11/24/2026 04:05:06\" Virus=\"Eicar_test_file\" "
    "Source=\"N/A\" Destination=\"client-0042\" Infected file=\"C:\\Users\\someuser\\eicar.com\" "
    "Result=\"Clean success\" Scan type=\"Real-time Scan\" Engine version=\"22.580.1004\"";

/* As Check Point's log exporter sends it. */
static const char colons_line[] =
    "[action:\"Drop\"; flags:\"400644\"; ifdir:\"inbound\"; ifname:\"eth0\"; loguid:\"{0x0,0x1}\"; "
    "origin:\"192.0.2.1\"; time:\"1795493106\"; version:\"5\"; dst:\"198.51.100.20\"; "
    "inzone:\"External\"; layer_name:\"a \\\"layer\\\"\"; product:\"VPN-1 & FireWall-1\"; "
    "proto:\"6\"; rule:\"12\"; s_port:\"49908\"; service:\"443\"; src:\"192.0.2.10\"]";

static const char mnemonic_line[] =
    "<189>712: switch-1: Nov 24 04:05:06.123: %LINEPROTO-5-UPDOWN: Line protocol on Interface "
    "GigabitEthernet0/1, changed state to down";

static struct arena arena;
static struct fields fields;
static struct notification notification;
static struct buf lf_stream, octet_stream, relp_stream, encoded, sent;
static struct buf records[LINES_MAX]; /* of the lines, as the journal has them */
static struct normalizer *normalizer;
static struct mapping_set *mappings;
static struct slice lines[LINES_MAX];
static size_t n_lines, next_line;
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

static void run_leef(void)
{
    size_t at;
    fields.n = 0;
    if (parse_leef_find(SLICE(leef_line), &at))
        parse_leef(slice_skip(SLICE(leef_line), at), NULL, &arena, &fields);
    sink += fields.n;
}

static void run_json(void)
{
    size_t at;
    fields.n = 0;
    if (parse_json_find(SLICE(json_line), &at))
        parse_json(slice_skip(SLICE(json_line), at), NULL, &arena, &fields);
    sink += fields.n;
}

static void run_tmcm(void)
{
    size_t at;
    fields.n = 0;
    if (parse_tmcm_find(SLICE(tmcm_line), &at))
        parse_tmcm(slice_skip(SLICE(tmcm_line), at), NULL, &arena, &fields);
    sink += fields.n;
}

static void run_colons(void)
{
    size_t at;
    fields.n = 0;
    if (parse_colon_list_find(SLICE(colons_line), &at))
        parse_colon_list(slice_skip(SLICE(colons_line), at), NULL, &arena, &fields);
    sink += fields.n;
}

static void run_mnemonic(void)
{
    parse_message(SLICE(mnemonic_line), NULL, &arena, &fields);
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

static void run_rfc3164(void)
{
    parse_syslog(SLICE(rfc3164_line), NULL, &arena, &fields);
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

static void run_framing(const struct buf *stream)
{
    struct framing framing;
    struct slice frame, rest = buf_get(stream);
    size_t consumed;
    framing_init(&framing, FRAMING_AUTO, 0);
    while (framing_next(&framing, rest, &frame, &consumed) == PARSE_OK) {
        sink += frame.n;
        rest = slice_skip(rest, consumed);
    }
    framing_fini(&framing);
}

static void run_lf(void)
{
    run_framing(&lf_stream);
}

static void run_octets(void)
{
    run_framing(&octet_stream);
}

static void run_relp(void)
{
    struct relp_reader reader;
    struct relp_frame frame;
    struct slice rest = buf_get(&relp_stream);
    size_t consumed;
    relp_reader_init(&reader, FRAMING_MESSAGE_MAX);
    while (relp_next(&reader, rest, &frame, &consumed) == PARSE_OK) {
        sink += frame.data.n;
        rest = slice_skip(rest, consumed);
    }
    relp_reader_fini(&reader);
}

/* What daemon/pipeline.c does between the wire and the journal, line after line. */
static const struct gw_event *make_record(void)
{
    static struct gw_event event;
    gw_event_clear(&event);
    event.raw = event.text = lines[next_line];
    event.transport = GW_TRANSPORT_TCP;
    event.received_ms = INT64_C(1795493107000);
    next_line = (next_line + 1) % n_lines;
    gw_event_set_text(&event, GW_FIELD_PEER, SLICE("192.0.2.1"));
    parse_message(event.text, NULL, &arena, &fields);
    normalize_event(normalizer, mappings, NULL, &fields, &arena, &event);
    return &event;
}

static void run_record(void)
{
    sink += make_record()->kind != GW_KIND_GATEWAY_UNTRANSLATABLE;
}

static void run_encoded(void)
{
    buf_clear(&encoded);
    gw_event_encode(make_record(), &encoded);
    sink += encoded.n > 0;
}

/* What a feed does between the journal and its target: it reads the record, then writes it. */
static struct gw_event *read_record(void)
{
    static struct gw_event event;
    next_line = (next_line + 1) % n_lines;
    if (gw_event_decode(buf_get(&records[next_line]), &event) == GW_OK)
        event.sequence = 1000000 + next_line;
    buf_clear(&sent);
    return &event;
}

static void run_ocsf(void)
{
    static const struct ocsf_context context = {.gateway_id = {"gw1", 3},
                                                .epoch = {"8ff24f2f0be5ca7d", 16},
                                                .version = {"0.1.0", 5},
                                                .has_unmapped = true};
    const struct gw_event *event = read_record();
    ocsf_write(event, &context, &sent);
    sink += event->sequence != 0;
}

static void run_cef_line(void)
{
    const struct gw_event *event = read_record();
    cef_write(event, &sent);
    sink += event->sequence != 0;
}

static void run_indicators(void)
{
    indicators_take(buf_get(&records[next_line]));
    next_line = (next_line + 1) % n_lines;
    sink++;
}

static const struct bench_case {
    const char *name;
    size_t bytes; /* 0: a line's of the file */
    void (*run)(void);
    unsigned messages; /* of one run */
} cases[] = {
    {"header and CEF", sizeof cef_line - 1, run_message, 1},
    {"CEF alone", sizeof cef_line - 1, run_cef, 1}, /* of the text that the case before left */
    {"CEF line's header alone", sizeof cef_line - 1, run_header, 1},
    {"RFC 3164 header", sizeof rfc3164_line - 1, run_rfc3164, 1},
    {"RFC 5424 header", sizeof rfc5424_line - 1, run_rfc5424, 1},
    {"LEEF", sizeof leef_line - 1, run_leef, 1},
    {"JSON", sizeof json_line - 1, run_json, 1},
    {"key=value pairs", sizeof pairs_line - 1, run_pairs, 1},
    {"key:value list", sizeof colons_line - 1, run_colons, 1},
    {"Control Manager", sizeof tmcm_line - 1, run_tmcm, 1},
    {"header and mnemonic", sizeof mnemonic_line - 1, run_mnemonic, 1},
    {"columns between commas", sizeof columns_line - 1, run_columns, 1},
    {"a time and its instant", 30, run_time, 1},
    {"v2c trap", sizeof trap - 1, run_notification, 1},
    {"v2c trap's fields", sizeof trap - 1, run_varbinds, 1},
    {"framing by LF", sizeof rfc3164_line, run_lf, FRAMES},
    {"framing by octet count", sizeof rfc3164_line + 3, run_octets, FRAMES},
    {"RELP frames", sizeof rfc3164_line + 15, run_relp, FRAMES},
    {"message to record", 0, run_record, 1},
    {"message to journal's bytes", 0, run_encoded, 1},
    {"record's bytes to OCSF JSON", 0, run_ocsf, 1},
    {"record's bytes to CEF", 0, run_cef_line, 1},
    {"record's bytes to indicators", 0, run_indicators, 1},
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(const struct bench_case *c, size_t bytes)
{
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (unsigned i = 0; i < REPEATS; i += c->messages) {
            arena_reset(&arena);
            c->run();
        }
        double each = (now_ns() - start) / REPEATS;
        if (each < best)
            best = each;
    }
    printf("%-28s %5zu bytes %7.0f ns %7.2f GB/s\n", c->name, bytes, best, (double)bytes / best);
}

/* The tool finds it by its name. */
__attribute__((noinline)) static void counted(void (*run)(void))
{
    for (int i = 0; i < COUNTED; i++) {
        arena_reset(&arena);
        run();
    }
}

/* The first rounds are not counted: they grow what is kept from message to message. */
static void count(const struct bench_case *c)
{
    for (size_t i = 0; i < LINES_MAX; i++) {
        arena_reset(&arena);
        c->run();
    }
    next_line = 0;
    size_t before = sink;
    counted(c->run);
    printf("%s\t%u\t%zu\n", c->name, c->messages * COUNTED, sink - before);
}

static bool read_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while (file && n_lines < LINES_MAX && (n = getline(&line, &size, file)) > 1)
        lines[n_lines++] = slice_from(strndup(line, (size_t)n - 1));
    free(line);
    if (file)
        fclose(file);
    return n_lines > 0;
}

static bool open_lines(const char *folder, const char *path)
{
    struct diag diag = {0};
    normalizer = normalizer_new();
    bool is_open = mapping_set_load(folder, &diag, &mappings) == GW_OK && read_lines(path) &&
                   indicators_open(folder);
    diag_print(&diag, stderr);
    diag_free(&diag);
    for (size_t i = 0; i < n_lines && is_open; i++) {
        arena_reset(&arena);
        gw_event_encode(make_record(), &records[i]);
    }
    return is_open;
}

static void make_streams(void)
{
    for (unsigned i = 0; i < FRAMES; i++) {
        buf_printf(&lf_stream, "%s\n", rfc3164_line);
        buf_printf(&octet_stream, "%zu %s", sizeof rfc3164_line - 1, rfc3164_line);
        relp_write(&relp_stream, i + 1, SLICE("syslog"), SLICE(rfc3164_line));
    }
}

static void close_all(void)
{
    for (size_t i = 0; i < n_lines; i++) {
        free((void *)(uintptr_t)lines[i].p);
        buf_free(&records[i]);
    }
    indicators_close();
    mapping_set_free(mappings);
    normalizer_free(normalizer);
    arena_fini(&arena);
    buf_free(&lf_stream);
    buf_free(&octet_stream);
    buf_free(&relp_stream);
    buf_free(&encoded);
    buf_free(&sent);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--compiled") == 0) {
        printf("%s, %s\n", __VERSION__, COMPILED_WITH);
        return 0;
    }
    bool is_counting = argc > 1 && strcmp(argv[1], "--count") == 0;
    argc -= is_counting;
    argv += is_counting;
    if (argc != 1 && argc != 3) {
        fputs("usage: bench_parsers [--count] [MAPPINGS LINES]\n", stderr);
        return 2;
    }
    xml_init();
    arena_init(&arena, 0);
    make_streams();
    int result = argc == 3 && !open_lines(argv[1], argv[2]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases && !result; i++) {
        if (!cases[i].bytes && !mappings)
            continue;
        if (is_counting)
            count(&cases[i]);
        else
            measure(&cases[i], cases[i].bytes ? cases[i].bytes : lines[0].n);
    }
    if (mappings && !result && !indicators_counted()) {
        fputs("bench_parsers: no indicator counted its records\n", stderr);
        result = 1;
    }
    close_all();
    xml_fini();
    return result;
}
