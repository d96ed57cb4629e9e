/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the status page does with a request: "GET /path?query", headers, an empty line, a body, as
 * the server below hands it on. Only what may be had is given, only who shows the token changes
 * anything, and what is called JSON is JSON.
 *
 * The first byte: whether it is a local page ('l'), and whether it has a token (upper case).
 */
#include <ctype.h>
#include <ftw.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/daemon/web_answers.h"
#include "gateway/schema/event.h"
#include "gateway/web/exposition.h"
#include "gateway/web/routes.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"web", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

#define TOKEN "an-invented-token-of-tests"
enum { RECORDS = 3 };

static char folder[200], token_file[256];
static struct journal *journal;
static struct snapshot_board *board;
static struct stats *stats;
static struct control_options shown;

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

static void clean_up(void)
{
    journal_close(journal);
    snapshot_board_free(board);
    stats_free(stats);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Strangers' texts stand in what is shown. */
static void publish(void)
{
    static const struct kpi_about about = {"outbreak", "hosts", ""};
    static const struct kpi_row row = {.kpi = 11,
                                       .about = &about,
                                       .scope = "hq\"<\xff",
                                       .scope_name = "\\\x01",
                                       .state = KPI_CRITICAL,
                                       .value_text = "7 hosts",
                                       .reason = "</script>"};
    static const struct alert_row alert = {.id = 7,
                                           .kpi = 11,
                                           .key = "outbreak",
                                           .scope = "hq\"<\xff",
                                           .scope_name = "",
                                           .value_text = "",
                                           .reason = "\xe2\x80\xae",
                                           .advice = "",
                                           .ack_name = "",
                                           .ack_note = "",
                                           .evidence = "",
                                           .origin = ""};
    struct snapshot *snapshot = snapshot_new();
    snapshot->taken_ms = 1794000000000;
    snapshot->kpis = &row;
    snapshot->alerts = &alert;
    snapshot->n_kpis = snapshot->n_alerts = 1;
    snapshot->top_zone = "UTC";
    snapshot_publish(board, snapshot);
}

static void append_records(void)
{
    struct gw_event *event = malloc(sizeof *event);
    struct buf encoded = {0};
    uint64_t sequence = 0;
    FUZZ_CHECK(event);
    for (int i = 0; i < RECORDS; i++) {
        gw_event_clear(event);
        event->kind = (uint16_t)(i ? GW_KIND_MALWARE_QUARANTINED : GW_KIND_GATEWAY_TICK);
        gw_event_set_text(event, GW_FIELD_MALWARE_NAME, SLICE("\"<\xff"));
        buf_clear(&encoded);
        gw_event_encode(event, &encoded);
        FUZZ_CHECK(journal_append(journal, buf_get(&encoded), &sequence) == GW_OK);
    }
    FUZZ_CHECK(journal_wait_committed(journal, sequence, 60000) == GW_OK);
    buf_free(&encoded);
    free(event);
}

static void begin(void)
{
    struct journal_options options;
    const char *base = getenv("TMPDIR");
    if (journal)
        return;
    log_set_sink(fuzz_no_log, NULL);
    snprintf(folder, sizeof folder, "%.150s/eog-web-XXXXXX", base && *base ? base : "/tmp");
    FUZZ_CHECK(mkdtemp(folder));
    snprintf(token_file, sizeof token_file, "%s/token", folder);
    FILE *file = fopen(token_file, "w");
    FUZZ_CHECK(file && fputs(TOKEN "\n", file) >= 0 && fclose(file) == 0);
    /* Acknowledgements of a long search do not fill the disk. */
    journal_options_default(&options);
    options.segment_bytes = 1 << 20;
    options.max_bytes = 8 << 20;
    options.replay_window_ms = 0;
    options.sync = false;
    snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "/journal");
    FUZZ_CHECK(journal_open(folder, &options, &journal) == GW_OK);
    *strrchr(folder, '/') = '\0';
    board = snapshot_board_new();
    stats = stats_new();
    shown = (struct control_options){
        .clock = &clock_system, .journal = journal, .board = board, .stats = stats};
    atexit(clean_up);
    publish();
    append_records();
}

/* Those answers that are made of the journal and the snapshot alone. */
static size_t choose_answers(struct web_answer out[8])
{
    static const char *const wanted[] = {"/api/kpis", "/api/alerts", "/api/top", "/api/events",
                                         "/api/ack"};
    size_t n_all, n = 0;
    const struct web_answer *all = web_answers(&n_all);
    for (size_t i = 0; i < n_all; i++)
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
            if (strcmp(all[i].path, wanted[k]) == 0)
                out[n++] = all[i];
    FUZZ_CHECK(n == sizeof wanted / sizeof *wanted);
    return n;
}

/* ---- requests ---- */

static struct slice *place_of(struct http_request *request, struct slice name)
{
    return slice_equal_nocase(name, SLICE("Accept"))          ? &request->accept
           : slice_equal_nocase(name, SLICE("Host"))          ? &request->host
           : slice_equal_nocase(name, SLICE("Authorization")) ? &request->authorization
           : slice_equal_nocase(name, SLICE("Content-Type"))  ? &request->content_type
                                                              : NULL;
}

/* What the server hands on: path, query and headers end at a NUL, a path is never missing. */
static void read_request(struct slice in, char *path, size_t cap, struct http_request *out)
{
    struct slice line, word, target, rest;
    *out = (struct http_request){.peer = "192.0.2.1", .path = path};
    slice_cut(in, '\n', &line, &in);
    slice_cut(line, ' ', &word, &target);
    out->method = slice_equal(word, SLICE("GET"))    ? HTTP_GET
                  : slice_equal(word, SLICE("HEAD")) ? HTTP_HEAD
                  : slice_equal(word, SLICE("POST")) ? HTTP_POST
                                                     : HTTP_OTHER;
    slice_cut(slice_head(target, slice_find(target, '\0')), '?', &target, &out->query);
    snprintf(path, cap, "%.*s", SLICE_FMT(target));
    while (in.n) {
        slice_cut(in, '\n', &line, &in);
        if (line.n == 0)
            break;
        slice_cut(slice_head(line, slice_find(line, '\0')), ':', &word, &rest);
        struct slice *place = place_of(out, word);
        if (place)
            *place = slice_trim(rest);
    }
    if (out->method == HTTP_POST)
        out->body = in;
}

/* ---- promises ---- */

static bool shows_token(const struct http_request *request)
{
    struct slice scheme, token;
    return slice_cut(request->authorization, ' ', &scheme, &token) &&
           slice_equal_nocase(scheme, SLICE("Bearer")) &&
           slice_equal(slice_trim(token), SLICE(TOKEN));
}

static void check_json(struct slice body)
{
    json_error_t error;
    json_t *value = json_loadb(body.p, body.n, 0, &error);
    FUZZ_CHECK(json_is_object(value));
    json_decref(value);
}

static void check_reply(const struct web_routes *routes, const struct http_request *request,
                        const struct http_reply *reply)
{
    bool is_api = strncmp(request->path, "/api/", 5) == 0;
    bool is_json = strcmp(reply->type, "application/json") == 0;
    uint64_t counted = 0;
    for (size_t i = 0; i < WEB_STATUSES; i++)
        counted += routes->answered[i];
    FUZZ_CHECK(counted == 1);
    fuzz_touch(buf_get(&reply->body));
    FUZZ_CHECK(reply->body.n > 0);
    if (is_json)
        check_json(buf_get(&reply->body));
    FUZZ_CHECK(is_json == (is_api && (reply->status == 200 || reply->status == 400 ||
                                      (reply->status == 503 && request->method == HTTP_POST))));
    if (reply->status != 200)
        return;
    FUZZ_CHECK(request->method != HTTP_OTHER);
    /* Numbers and names: of a local page, or who knows the token. */
    FUZZ_CHECK(!is_api || routes->is_local || (routes->access.token_file && shows_token(request)));
    if (request->method == HTTP_POST) {
        FUZZ_CHECK(routes->access.token_file && shows_token(request));
        FUZZ_CHECK(slice_starts_with(request->content_type, SLICE("a")) ||
                   slice_starts_with(request->content_type, SLICE("A")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    char path[512];
    struct http_request request;
    struct web_answer answers[8];
    begin();
    if (in.n == 0)
        return 0;
    struct web_routes routes = {.from = {.journal = journal},
                                .answers = answers,
                                .n_answers = choose_answers(answers),
                                .context = &shown,
                                .access.token_file = isupper(data[0]) ? token_file : NULL,
                                .is_local = tolower(data[0]) == 'l'};
    read_request(slice_skip(in, 1), path, sizeof path, &request);
    fuzz_touch(slice_from(exposition_media_type(exposition_choose(request.accept))));
    if (strcmp(path, "/metrics") == 0) /* has nothing more of the request, and wants a gateway */
        return 0;
    uint64_t before = journal_committed(journal);
    struct http_reply reply = {.status = 500, .type = "text/plain; charset=utf-8"};
    web_routes_answer(&routes, &request, &reply);
    check_reply(&routes, &request, &reply);
    FUZZ_CHECK(journal_committed(journal) - before ==
               (reply.status == 200 && request.method == HTTP_POST));
    buf_free(&reply.body);
    return 0;
}
