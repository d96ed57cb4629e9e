/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMTP. libcurl tells which of its own steps failed; which command of the dialogue was refused, and
   how, we read from what went over the line (on_debug()). */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/ascii.h"
#include "gateway/base/secret.h"
#include "gateway/outbox/transfer_internal.h"

/* Only these words are kept of what we send: the lines behind AUTH are secrets. */
static const char *const verbs[] = {"EHLO", "HELO", "STARTTLS", "AUTH",
                                    "MAIL", "RCPT", "DATA",     "RSET"};

/* libcurl would wait for the answer to QUIT, beyond our time limit; nobody needs it. */
static void note_command(struct transfer *transfer, struct slice line)
{
    struct slice word;
    line = slice_trim(line);
    slice_cut(line, ' ', &word, &line);
    if (slice_equal(word, SLICE("QUIT"))) {
        transfer->is_over = true;
        transfer_shut(transfer, SHUT_RD);
        return;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (slice_equal(word, slice_from(verbs[i])))
            transfer->verb = verbs[i];
    if (strcmp(transfer->verb, "MAIL") == 0)
        transfer->has_begun = true;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *context)
{
    struct transfer *transfer = context;
    (void)curl;
    if (type == CURLINFO_HEADER_OUT)
        note_command(transfer, slice_of(data, size));
    if (type == CURLINFO_HEADER_IN && !transfer->is_over) {
        transfer->n_line = size < sizeof transfer->line ? size : sizeof transfer->line;
        memcpy(transfer->line, data, transfer->n_line);
    }
    return 0;
}

/* "Log in first", "this mechanism is too weak", "wrong password", "only over TLS": nothing is said
   about the message yet. */
static bool is_about_login(long code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

/* MAIL names the sender, which is the configuration's and every message's: "not you" is trouble of
   ours. But its SIZE is this message's: 552 is about that (RFC 1870 section 6.1). */
static bool is_about_sender(const struct transfer *transfer, long code)
{
    return strcmp(transfer->verb, "MAIL") == 0 && code != 552;
}

static enum transfer_result judge(struct transfer *transfer, CURLcode code,
                                  struct transfer_report *report)
{
    long answer = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &answer);
    struct slice line = slice_trim(slice_of(transfer->line, transfer->n_line));
    if (code == CURLE_OK) {
        transfer_say(report, "%.*s", SLICE_FMT(line));
        return TRANSFER_DONE;
    }
    if (answer < 400 || answer > 599) {
        transfer_say(report, "%s%s%s",
                     *transfer->error ? transfer->error : curl_easy_strerror(code),
                     *transfer->verb ? ", after " : "", transfer->verb);
        return TRANSFER_LATER;
    }
    transfer_say(report, "%s%s%.*s", transfer->verb, *transfer->verb ? " was answered " : "",
                 SLICE_FMT(line));
    bool is_refused = answer >= 500 && transfer->has_begun && !is_about_login(answer) &&
                      !is_about_sender(transfer, answer);
    return is_refused ? TRANSFER_REFUSED : TRANSFER_LATER;
}

/* Whom EHLO names: a whole name (RFC 5321 section 4.1.1.1), without which servers refuse whatever
   comes. A host that knows only its short name gets the sender's domain. */
static void put_client(const struct outbox_section *section, struct buf *out)
{
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) != 0 || !*host)
        snprintf(host, sizeof host, "localhost");
    for (char *p = host; *p; p++)
        buf_byte(out, ascii_is_alnum(*p) || *p == '.' ? *p : '-');
    const char *at = strchr(section->from, '@');
    if (!strchr(host, '.') && at)
        buf_printf(out, ".%s", at + 1);
}

/* What a password is enough for. libcurl would take Kerberos first, if the server offers it and the
   user's name has a domain, and nothing else when that fails: there is no ticket here. */
#define MECHANISMS                                                                                 \
    "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;AUTH=DIGEST-MD5;AUTH=CRAM-MD5;AUTH=NTLM;AUTH=PLAIN;"      \
    "AUTH=LOGIN"

/* False: no password, as report says. */
static bool set_login(struct transfer *transfer, const struct outbox_section *section,
                      struct transfer_report *report)
{
    struct arena arena;
    if (!section->user)
        return true;
    arena_init(&arena, 0);
    const char *password = transfer_secret(section->password_file, &arena, report);
    if (password) {
        curl_easy_setopt(transfer->curl, CURLOPT_USERNAME, section->user);
        curl_easy_setopt(transfer->curl, CURLOPT_PASSWORD, password);
        curl_easy_setopt(transfer->curl, CURLOPT_LOGIN_OPTIONS, MECHANISMS);
        secret_wipe((char *)password, strlen(password));
    }
    arena_fini(&arena);
    return password != NULL;
}

enum transfer_result transfer_mail(struct transfer *transfer, const struct outbox_section *section,
                                   const char *receiver, struct slice message,
                                   struct transfer_report *report)
{
    CURL *curl = transfer->curl;
    struct buf url = {0};
    *report = (struct transfer_report){0};
    buf_printf(&url, "%s://%s/", section->encryption == OUTBOX_SMTPS ? "smtps" : "smtp",
               section->address);
    put_client(section, &url);
    transfer_prepare(transfer, section, buf_text(&url));
    buf_free(&url);
    if (!set_login(transfer, section, report))
        return TRANSFER_LATER;
    struct curl_slist *receivers = curl_slist_append(NULL, receiver);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(
        curl, CURLOPT_USE_SSL,
        (long)(section->encryption == OUTBOX_STARTTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, section->from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, receivers);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)message.n);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L); /* not printed: on_debug() is told */
    transfer->unsent = message;
    enum transfer_result result = judge(transfer, curl_easy_perform(curl), report);
    curl_easy_reset(curl); /* forgets the password */
    curl_slist_free_all(receivers);
    return result;
}
