/* SPDX-License-Identifier: GPL-3.0-or-later */
/* URLs are read by libcurl, so that what --check has seen is what is connected to. */
#include "gateway/outbox/place.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/address.h"
#include "gateway/base/ascii.h"
#include "gateway/outbox/settings.h"

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK && text && *text;
    curl_free(text);
    return has;
}

static bool is_loopback(CURLU *url)
{
    char *host = NULL;
    struct network network;
    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return false;
    struct slice name = slice_from(host);
    if (name.n && name.p[0] == '[')
        name = slice_skip(slice_head(name, name.n - 1), 1);
    bool is = slice_equal_nocase(name, SLICE("localhost"));
    if (network_parse(name, &network))
        is = network.n == 4 ? network.bytes[0] == 127 : slice_equal(name, SLICE("::1"));
    curl_free(host);
    return is;
}

static void show(CURLU *url, const char *scheme, struct place *out)
{
    char *host = NULL, *port = NULL;
    curl_url_get(url, CURLUPART_HOST, &host, 0);
    curl_url_get(url, CURLUPART_PORT, &port, 0);
    snprintf(out->shown, sizeof out->shown, "%s%s%s%s%s", scheme, *scheme ? "://" : "",
             host ? host : "", port ? ":" : "", port ? port : "");
    curl_free(host);
    curl_free(port);
}

bool place_of_server(const char *address, struct place *out)
{
    char text[512];
    CURLU *url = curl_url();
    bool fits = snprintf(text, sizeof text, "smtp://%s", address) < (int)sizeof text;
    *out = (struct place){0};
    bool is = url && fits && !strpbrk(address, "/?#@ \t\r\n") &&
              curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
              has_part(url, CURLUPART_HOST) && has_part(url, CURLUPART_PORT);
    if (is) {
        out->is_loopback = is_loopback(url);
        show(url, "", out);
    }
    curl_url_cleanup(url);
    return is;
}

bool place_of_url(const char *text, struct place *out)
{
    CURLU *url = curl_url();
    char *scheme = NULL;
    *out = (struct place){0};
    bool is = url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              has_part(url, CURLUPART_HOST) && !has_part(url, CURLUPART_USER) &&
              !has_part(url, CURLUPART_PASSWORD);
    if (is) {
        out->is_loopback = is_loopback(url);
        show(url, scheme, out);
        out->is_encrypted = strcmp(scheme, "https") == 0;
        is = out->is_encrypted || strcmp(scheme, "http") == 0;
    }
    curl_free(scheme);
    curl_url_cleanup(url);
    return is;
}

/* Parts with one dot between them, of letters, digits and these. */
static bool is_dotted(struct slice text, const char *more)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_dot = c == '.' && i > 0 && i + 1 < text.n && text.p[i - 1] != '.';
        if (!is_dot && !ascii_is_alnum(c) && !(c && strchr(more, c)))
            return false;
    }
    return text.n > 0;
}

bool place_is_mailbox(struct slice text)
{
    struct slice local, domain;
    enum { LOCAL_MAX = 64 };
    return text.n <= OUTBOX_ADDRESS_MAX && slice_cut(text, '@', &local, &domain) &&
           local.n <= LOCAL_MAX && is_dotted(local, "!#$%&'*+-/=?^_`{|}~") &&
           is_dotted(domain, "-");
}
