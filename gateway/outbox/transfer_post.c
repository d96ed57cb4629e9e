/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP. */
#include <string.h>

#include "gateway/base/secret.h"
#include "gateway/outbox/transfer_internal.h"

static enum transfer_result result_of(long status)
{
    /* 404: perhaps not there just now, as behind a proxy while the program is put in place anew
       (RFC 9110 section 15.5.5); for ever would be 410. */
    static const long not_now[] = {401, 403, 404, 407, 408, 425, 429};
    if (status >= 200 && status < 300)
        return TRANSFER_DONE;
    for (size_t i = 0; i < sizeof not_now / sizeof *not_now; i++)
        if (status == not_now[i])
            return TRANSFER_LATER;
    return status >= 400 && status < 500 ? TRANSFER_REFUSED : TRANSFER_LATER;
}

/* The status decides once the whole head has come, even if the connection broke in the body. */
static enum transfer_result judge(struct transfer *transfer, CURLcode code,
                                  struct transfer_report *report)
{
    long status = 0;
    curl_off_t after = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &after);
    if (status < 200) {
        transfer_say(report, "%s", *transfer->error ? transfer->error : curl_easy_strerror(code));
        return TRANSFER_LATER;
    }
    struct slice body = slice_trim(slice_of(transfer->line, transfer->n_line));
    transfer_say(report, "HTTP %ld%s%.*s", status, body.n ? ": " : "", SLICE_FMT(body));
    report->retry_after_s = after > 0 && after < 86400 ? (int)after : 0;
    return result_of(status);
}

/* False: no token, as report says. */
static bool add_headers(const struct outbox_section *section, const char *key,
                        struct curl_slist **headers, struct transfer_report *report)
{
    struct arena arena;
    arena_init(&arena, 0);
    const char *token = transfer_secret(section->token_file, &arena, report);
    bool is_fine = token || !section->token_file;
    *headers = curl_slist_append(*headers, "Content-Type: application/json");
    *headers = curl_slist_append(*headers, "Expect:"); /* it is short: no asking beforehand */
    *headers = curl_slist_append(*headers, arena_printf(&arena, "Idempotency-Key: %s", key));
    if (token) {
        struct buf line = {0};
        buf_printf(&line, "Authorization: Bearer %s", token);
        *headers = curl_slist_append(*headers, buf_text(&line));
        secret_wipe(line.p, line.n);
        secret_wipe((char *)token, strlen(token));
        buf_free(&line);
    }
    arena_fini(&arena);
    return is_fine;
}

enum transfer_result transfer_post(struct transfer *transfer, const struct outbox_section *section,
                                   const char *key, struct slice json,
                                   struct transfer_report *report)
{
    CURL *curl = transfer->curl;
    struct curl_slist *headers = NULL;
    *report = (struct transfer_report){0};
    enum transfer_result result = TRANSFER_LATER;
    if (add_headers(section, key, &headers, report)) {
        transfer_prepare(transfer, section, section->url);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "eog-gateway");
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)json.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json.p);
        curl_easy_setopt(curl, CURLOPT_SSLCERT, section->cert);
        curl_easy_setopt(curl, CURLOPT_SSLKEY, section->key);
        result = judge(transfer, curl_easy_perform(curl), report);
        curl_easy_reset(curl); /* forgets headers and json */
    }
    curl_slist_free_all(headers);
    return result;
}
