/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is accepted and who is refused, for which reason: each certificate shown by a client to a
 * server, and by a server to a client. And what a context says of files that cannot be used.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "tests/gateway/tls/support.h"
#include "tests/support/suite.h"

struct shown {
    const char *name;  /* of the certificate */
    const char *peers; /* whom the judging end accepts; NULL: a server anybody, a client the name */
    const char *reason; /* what it says; NULL: accepted */
    const char *peer;   /* what its log calls the other; NULL: not looked at */
};

static const struct shown cases[] = {
    {"client", "client.example.net", NULL, "client.example.net"},
    {"client", "CLIENT.Example.NET", NULL, NULL},
    {"client", "client.example.net.", NULL, NULL},
    {"client", "a.example.net, client.example.net", NULL, NULL},
    {"client", "*.example.net", NULL, NULL},
    {"client", NULL, NULL, NULL},
    {"chain", "client.example.net", NULL, NULL},
    {"wild", "client.example.net", NULL, "*.example.net"},
    {"wild", "*.example.net", NULL, NULL},
    {"address", "192.0.2.7", NULL, "192.0.2.7"},
    {"address", "2001:DB8:0::7", NULL, NULL},

    {"expired", "client.example.net", "expired on 2021-01-01", "client.example.net"},
    {"early", "client.example.net", "not valid before 2048-01-01", NULL},
    {"revoked", "client.example.net", "is revoked", "client.example.net"},
    {"unknown", "client.example.net", "of an unknown CA", "client.example.net"},
    {"self", "client.example.net", "signed by itself", NULL},
    {"wrong", "client.example.net", "for another name: elsewhere.example.org", NULL},
    {"second", "client.example.net", "for another name: second.example.net", NULL},
    {"nameless", "nameless.example.net", "no DNS name or address", "CN=nameless.example.net"},
    {"nul", "client.example.net", "has a NUL", NULL},
    {"nul", NULL, "has a NUL", NULL},
    {"many", "client.example.net", "1000 names", NULL},
    {"long", "client.example.net", "certificate or greeting of more than", NULL},
    {"wide", "client.net", "too wide a wildcard", NULL},
    {"wide", "net", "too wide a wildcard", NULL},
    {"widest", "net", "too wide a wildcard", NULL},
    {"partial", "client.example.net", "too wide a wildcard", NULL},
    {"inner", "client.example.net", "too wide a wildcard", NULL},
    /* one label, neither none nor two; and the right one */
    {"wild", "example.net", "for another name", NULL},
    {"wild", "a.client.example.net", "for another name", NULL},
    {"wild", "client.example.org", "for another name", NULL},
    {"wild", "*.client.example.net", "for another name", NULL},
    {"client", "*.client.example.net", "for another name", NULL},
    {"client", "client.example.ne", "for another name", NULL},
    {"client", "lient.example.net", "for another name", NULL},
    {"address", "192.0.2.8", "for another name: 192.0.2.7 and others", NULL},
    {"addresstext", "192.0.2.7", "for another name", NULL},
    {"address", "address.example.net", "for another name", NULL},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static struct tls_context *context(const struct tls_settings *settings, bool is_server)
{
    struct buf error = {0};
    struct tls_context *made = tls_context_new(settings, is_server, &error);
    if (!made)
        printf("\n    %s\n", buf_text(&error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    buf_free(&error);
    return made;
}

static void expect(const struct shown *row, enum tls_status status, struct tls_session *judge,
                   enum tls_status other_status, struct tls_session *other)
{
    const char *seen = status == TLS_OK ? "accepted" : tls_reason(judge);
    bool is_good = row->reason ? status == TLS_FAILED && strstr(seen, row->reason)
                               : status == TLS_OK && other_status == TLS_OK;
    is_good = is_good && (!row->peer || strcmp(row->peer, tls_peer(judge)) == 0);
    if (!is_good)
        printf("\n    %s for %s: expected '%s', seen '%s' of '%s', the other: %d '%s'\n", row->name,
               row->peers ? row->peers : "anybody", row->reason ? row->reason : "accepted", seen,
               tls_peer(judge), other_status, tls_reason(other));
    CU_ASSERT_TRUE(is_good);
}

static void test_shown_by_clients(void)
{
    for (size_t i = 0; i < N_CASES; i++) {
        const struct shown *row = &cases[i];
        struct support_pair pair;
        struct tls_settings server = support_settings("server", row->peers, true);
        struct tls_settings client = support_settings(row->name, NULL, false);
        support_shake(&pair, context(&server, true), context(&client, false), "localhost");
        expect(row, pair.server_status, pair.server, pair.client_status, pair.client);
        support_close(&pair);
    }
}

static void test_shown_by_servers(void)
{
    for (size_t i = 0; i < N_CASES; i++) {
        const struct shown *row = &cases[i];
        struct support_pair pair;
        struct tls_settings server = support_settings(row->name, NULL, false);
        struct tls_settings client = support_settings(NULL, row->peers, true);
        server.verify = TLS_VERIFY_NONE;
        support_shake(&pair, context(&server, true), context(&client, false), "client.example.net");
        expect(row, pair.client_status, pair.client, pair.server_status, pair.server);
        support_close(&pair);
    }
}

/* The name that was called counts when no peers are given; peers replace it. */
static void test_called_name(void)
{
    static const struct {
        const char *called, *peers, *reason;
    } rows[] = {
        {"server.example.net", NULL, NULL},
        {"server.example.net.", NULL, NULL},
        {"127.0.0.1", NULL, NULL},
        {"::1", NULL, NULL},
        {"127.0.0.2", NULL, "for another name"},
        {"other.example.net", NULL, "for another name: server.example.net and others"},
        {"", NULL, "for another name"},
        {"other.example.net", "server.example.net", NULL},
        {"server.example.net", "other.example.net", "for another name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct shown row = {"server", rows[i].peers, rows[i].reason, NULL};
        struct support_pair pair;
        struct tls_settings server = support_settings("server", NULL, false);
        struct tls_settings client = support_settings(NULL, rows[i].peers, true);
        server.verify = TLS_VERIFY_NONE;
        support_shake(&pair, context(&server, true), context(&client, false), rows[i].called);
        expect(&row, pair.client_status, pair.client, pair.server_status, pair.server);
        support_close(&pair);
    }
}

static void test_no_certificate(void)
{
    static const struct {
        int64_t verify;
        const char *name, *reason;
    } rows[] = {
        {TLS_VERIFY_REQUIRED, NULL, "no client certificate"},
        {TLS_VERIFY_OPTIONAL, NULL, NULL},
        {TLS_VERIFY_OPTIONAL, "client", NULL},
        {TLS_VERIFY_OPTIONAL, "unknown", "unknown CA"},
        {TLS_VERIFY_OPTIONAL, "second", "another name"},
        {TLS_VERIFY_NONE, NULL, NULL},
        {TLS_VERIFY_NONE, "unknown", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct shown row = {rows[i].name, NULL, rows[i].reason, NULL};
        struct support_pair pair;
        struct tls_settings server = support_settings("server", "client.example.net", true);
        struct tls_settings client = support_settings(rows[i].name, NULL, true);
        server.verify = rows[i].verify;
        support_shake(&pair, context(&server, true), context(&client, false), "localhost");
        expect(&row, pair.server_status, pair.server, pair.client_status, pair.client);
        support_close(&pair);
    }
}

/* By its fingerprint a certificate is accepted whoever issued it, but within its dates only. */
static void test_pinned(void)
{
    static const struct {
        const char *shown, *pinned, *reason;
    } rows[] = {
        {"self", "self", NULL},
        {"client", "client", NULL},
        {"client", "self", "for another name"},
        {"self", "client", "signed by itself"},
        {"expired", "expired", "expired on"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int has_ca = 0; has_ca < 2; has_ca++) {
            const char *peers = support_print(rows[i].pinned);
            const struct shown row = {rows[i].shown, peers,
                                      rows[i].reason && !has_ca && strstr(rows[i].reason, "name")
                                          ? "unknown CA"
                                          : rows[i].reason,
                                      NULL};
            struct support_pair pair;
            struct tls_settings server = support_settings("server", peers, has_ca);
            struct tls_settings client = support_settings(rows[i].shown, NULL, false);
            server.ca = has_ca ? server.ca : NULL;
            support_shake(&pair, context(&server, true), context(&client, false), "localhost");
            expect(&row, pair.server_status, pair.server, pair.client_status, pair.client);
            support_close(&pair);
        }
}

/* What extended key usage permits; a CRL that is past its end; that of a CA between is not asked
 * for, but of the issuer it must be there. */
static void test_use_and_crl(void)
{
    static const struct {
        const char *name, *crl, *reason;
    } rows[] = {
        {"clientonly", "crl.pem", NULL},          {"serveronly", "crl.pem", "not for this use"},
        {"client", "old-crl.pem", "out of date"}, {"client", "between-crl.pem", "no CRL"},
        {"chain", "between-crl.pem", NULL},       {"chain", "ca-crl.pem", "no CRL"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct shown row = {rows[i].name, NULL, rows[i].reason, NULL};
        struct support_pair pair;
        struct tls_settings server = support_settings("server", NULL, false);
        struct tls_settings client = support_settings(rows[i].name, NULL, false);
        server.crl = support_path(rows[i].crl);
        support_shake(&pair, context(&server, true), context(&client, false), "localhost");
        expect(&row, pair.server_status, pair.server, pair.client_status, pair.client);
        support_close(&pair);
    }
}

/* A CA that another issued is known as far as the file has those above it, up to the root. */
static void test_ca_between(void)
{
    struct support_pair pair;
    const struct shown row = {"chain", NULL, "the CA above it", "client.example.net"};
    struct tls_settings server = support_settings("server", NULL, false);
    struct tls_settings client = support_settings(row.name, NULL, false);
    server.ca = support_path("between.pem");
    support_shake(&pair, context(&server, true), context(&client, false), "localhost");
    expect(&row, pair.server_status, pair.server, pair.client_status, pair.client);
    support_close(&pair);
}

/* ---- files ---- */

static void test_files(void)
{
    static const struct {
        const char *cert, *key, *ca, *crl, *peers;
        int64_t verify;
        bool is_client;
        const char *reason; /* NULL: good */
    } rows[] = {
        {"server.pem", "server.key", "ca.pem", "crl.pem", "a.example", 0, false, NULL},
        {"both.pem", NULL, "ca.pem", NULL, NULL, 0, false, NULL},
        {NULL, NULL, "ca.pem", NULL, NULL, 0, true, NULL},
        {NULL, NULL, NULL, NULL, NULL, TLS_VERIFY_NONE, true, NULL},
        {NULL, NULL, "ca.pem", NULL, NULL, 0, false, "cert: a server shows"},
        {NULL, "server.key", "ca.pem", NULL, NULL, 0, true, "key: needs the certificate"},
        {"server.pem", "server.key", NULL, NULL, NULL, 0, false, "ca: nobody could be accepted"},
        {"server.pem", "server.key", NULL, NULL, "a.example", 0, false, "ca: nobody"},
        {"server.pem", "server.key", NULL, "crl.pem", NULL, 2, false, "crl: needs the CAs"},
        {NULL, NULL, "ca.pem", NULL, NULL, TLS_VERIFY_OPTIONAL, true, "verify: a server always"},
        {"none.pem", "server.key", "ca.pem", NULL, NULL, 0, false, "No such file"},
        {"server.pem", "none.key", "ca.pem", NULL, NULL, 0, false, "No such file"},
        {"server.pem", NULL, "ca.pem", NULL, NULL, 0, false, "key: cannot use"},
        {"server.pem", "client.key", "ca.pem", NULL, NULL, 0, false, "is not the key of"},
        {"server.pem", "encrypted.key", "ca.pem", NULL, NULL, 0, false, "has a passphrase"},
        {"server.pem", "server.key", "crl.pem", NULL, NULL, 0, false, "ca: cannot use"},
        {"server.pem", "server.key", "ca.pem", "ca.pem", NULL, 0, false, "crl: cannot use"},
        {"server.pem", "server.key", "none", NULL, NULL, 0, false, "ca: cannot use"},
        {"pipe", "server.key", "ca.pem", NULL, NULL, 0, false, "is no plain file"},
        {"server.pem", "pipe", "ca.pem", NULL, NULL, 0, false, "is no plain file"},
        {"server.pem", "server.key", "pipe", NULL, NULL, 0, false, "is no plain file"},
        {"server.pem", "server.key", "ca.pem", "pipe", NULL, 0, false, "is no plain file"},
        {"weak.pem", "weak.key", "ca.pem", NULL, NULL, 0, false, "too small"},
        {"server.pem", "server.key", "ca.pem", NULL, "a..b", 0, false, "'a..b' is no name"},
        {"server.pem", "server.key", "ca.pem", NULL, "*.net", 0, false, "'*.net' is no name"},
        {"server.pem", "server.key", "ca.pem", NULL, "sha256:ab", 0, false, "is no name"},
    };
    CU_ASSERT_EQUAL(mkfifo(support_path("pipe"), 0600), 0);
    alarm(60); /* nobody writes into the pipe: who waits for that waits for ever */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_settings settings = {
            .cert = support_path(rows[i].cert),
            .key = support_path(rows[i].key),
            .ca = support_path(rows[i].ca),
            .crl = support_path(rows[i].crl),
            .peers = rows[i].peers,
            .verify = rows[i].verify,
        };
        struct buf error = {0};
        struct tls_context *made = tls_context_new(&settings, !rows[i].is_client, &error);
        bool is_good = rows[i].reason ? !made && strstr(buf_text(&error), rows[i].reason)
                                      : made && error.n == 0;
        if (!is_good)
            printf("\n    row %zu: expected '%s', seen '%s'\n", i,
                   rows[i].reason ? rows[i].reason : "good", buf_text(&error));
        CU_ASSERT_TRUE(is_good);
        tls_context_put(made);
        buf_free(&error);
    }
    alarm(0);
}

static void keep_line(void *out, enum log_level level, const char *room, const char *text)
{
    (void)level;
    (void)room;
    buf_printf(out, "%s\n", text);
}

static void test_warnings(void)
{
    static const struct {
        const char *name, *crl, *line; /* NULL: silence */
    } rows[] = {
        {"server", "crl.pem", NULL},
        {"ending", "crl.pem", "ends soon: renew it and reload what=cert days=2"},
        {"expired", "crl.pem", "out of date: peers refuse it, or are refused by it what=cert"},
        {"server", "old-crl.pem", "what=crl"},
        {"second", "crl.pem", "everybody may read this key"},
    };
    CU_ASSERT_EQUAL(chmod(support_path("second.key"), 0644), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf lines = {0};
        struct tls_settings settings = support_settings(rows[i].name, NULL, true);
        settings.crl = support_path(rows[i].crl);
        log_set_sink(keep_line, &lines);
        struct tls_context *made = context(&settings, true);
        CU_ASSERT_EQUAL(lines.n, 0); /* a connection makes one too */
        tls_context_warn(made, &settings);
        tls_context_put(made);
        log_set_sink(NULL, NULL);
        const char *text = buf_text(&lines);
        CU_ASSERT_TRUE(rows[i].line ? strstr(text, rows[i].line) != NULL : lines.n == 0);
        buf_free(&lines);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"shown by clients", test_shown_by_clients},
        {"shown by servers", test_shown_by_servers},
        {"the name that was called", test_called_name},
        {"no certificate", test_no_certificate},
        {"pinned", test_pinned},
        {"use and CRL", test_use_and_crl},
        {"a CA between", test_ca_between},
        {"files", test_files},
        {"warnings", test_warnings},
    };
    log_set_level(LOG_LEVEL_WARN);
    int bad = !support_begin() || suite_run("tls context", tests, sizeof tests / sizeof *tests);
    support_end();
    return bad;
}
