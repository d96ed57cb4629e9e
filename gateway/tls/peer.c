/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who a peer is, by the names on its certificate, and whether it is permitted.
 *
 * Only subject alternative names count, never the common name. A wildcard is the whole left-most
 * label, stands for exactly one label, and at least two follow it; addresses match addresses alone.
 * A fingerprint stands for itself: neither CA, CRL nor names are asked.
 * Sources: RFC 9525 section 6; RFC 5425 section 5; CVE-2024-47619 (a wildcard that matched too
 * much), CVE-2018-1000140 (room for names overrun).
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/tls/tls_internal.h"

/* ---- names ---- */

/* Letters, digits, hyphens, underscores; labels of 1 to 63 between single dots; of a wildcard the
 * first label is "*" and two follow at least. */
static bool is_sound(struct slice name)
{
    size_t labels = 0;
    bool is_wild = slice_starts_with(name, SLICE("*."));
    if (name.n == 0 || name.n > 253)
        return false;
    if (is_wild)
        name = slice_skip(name, 2);
    bool is_more = true;
    while (is_more) {
        struct slice label;
        is_more = slice_cut(name, '.', &label, &name);
        if (label.n == 0 || label.n > 63)
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!isalnum((unsigned char)label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
                return false;
        labels++;
    }
    return labels >= (is_wild ? 2 : 1);
}

static bool is_wildcard(struct slice name)
{
    return name.n && *name.p == '*';
}

/* pattern, a sound wildcard, stands for name, which is none. */
static bool stands_for(struct slice pattern, struct slice name)
{
    struct slice first, rest;
    return slice_cut(name, '.', &first, &rest) && slice_equal_nocase(slice_skip(pattern, 2), rest);
}

/* Both sound. A wildcard may stand on either side: a person may permit *.example.net. */
static bool is_same_name(struct slice permitted, struct slice shown)
{
    if (slice_equal_nocase(permitted, shown))
        return true;
    if (is_wildcard(permitted) == is_wildcard(shown))
        return false;
    return is_wildcard(shown) ? stands_for(shown, permitted) : stands_for(permitted, shown);
}

bool peer_parse(struct slice text, struct tls_peer *out)
{
    *out = (struct tls_peer){.kind = TLS_PEER_NAME};
    if (address_is_ip(text)) {
        char ip[ADDRESS_TEXT_MAX];
        snprintf(ip, sizeof ip, "%.*s", SLICE_FMT(text));
        out->kind = TLS_PEER_ADDRESS;
        out->n = strchr(ip, ':') ? 16 : 4;
        return inet_pton(out->n == 16 ? AF_INET6 : AF_INET, ip, out->bytes) == 1;
    }
    if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    out->text = text;
    return is_sound(text);
}

/* 64 hexadecimal digits, colons between any two. */
static bool parse_print(struct slice text, struct tls_peer *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    *out = (struct tls_peer){.kind = TLS_PEER_PRINT, .n = 32};
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == ':' && n % 2 == 0)
            continue;
        const char *digit = memchr(digits, tolower((unsigned char)text.p[i]), 16);
        if (!digit || n == 64)
            return false;
        out->bytes[n / 2] = (unsigned char)(out->bytes[n / 2] << 4 | (digit - digits));
        n++;
    }
    return n == 64;
}

static bool parse_any(struct slice text, struct tls_peer *out)
{
    static const char *const prefixes[] = {"sha256:", "sha-256:"};
    for (size_t i = 0; i < 2; i++) {
        struct slice prefix = slice_from(prefixes[i]);
        if (slice_equal_nocase(slice_head(text, prefix.n), prefix))
            return parse_print(slice_skip(text, prefix.n), out);
    }
    return peer_parse(text, out);
}

bool peer_parse_list(const char *text, struct tls_context *context, struct buf *error)
{
    context->peers_text = gw_strdup(text);
    struct slice rest = slice_from(context->peers_text);
    context->peers = gw_alloc((rest.n / 2 + 1) * sizeof *context->peers);
    while (rest.n) {
        size_t n = 0;
        while (n < rest.n && !strchr(" \t\r\n,", rest.p[n]))
            n++;
        struct slice word = slice_head(rest, n);
        rest = slice_skip(rest, n ? n : 1);
        if (n == 0)
            continue;
        if (!parse_any(word, &context->peers[context->n_peers++])) {
            buf_printf(error,
                       "peers: '%.*s' is no name, address or fingerprint; write host.example.net, "
                       "*.example.net, 192.0.2.7 or sha256: and 64 hexadecimal digits",
                       SLICE_FMT(slice_head(word, 100)));
            return false;
        }
    }
    return true;
}

/* ---- certificates ---- */

bool peer_is_pinned(const struct tls_context *context, X509 *certificate)
{
    unsigned char print[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    for (size_t i = 0; i < context->n_peers; i++) {
        const struct tls_peer *peer = &context->peers[i];
        if (peer->kind != TLS_PEER_PRINT)
            continue;
        if (n == 0 && !X509_digest(certificate, EVP_sha256(), print, &n))
            return false;
        if (n == peer->n && memcmp(print, peer->bytes, n) == 0)
            return true;
    }
    return false;
}

static struct slice bytes_of(const ASN1_STRING *string)
{
    return slice_of((const char *)ASN1_STRING_get0_data(string),
                    (size_t)ASN1_STRING_length(string));
}

/* Its bytes, of the kinds of names that are text. */
static struct slice text_of(const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
        return bytes_of(name->d.ia5);
    default:
        return SLICE_NONE;
    }
}

static bool is_permitted_name(const struct tls_peer *peer, const GENERAL_NAME *name)
{
    if (name->type == GEN_DNS && peer->kind == TLS_PEER_NAME)
        return is_sound(bytes_of(name->d.dNSName)) &&
               is_same_name(peer->text, bytes_of(name->d.dNSName));
    if (name->type == GEN_IPADD && peer->kind == TLS_PEER_ADDRESS)
        return slice_equal(slice_of((const char *)peer->bytes, peer->n),
                           bytes_of(name->d.iPAddress));
    return false;
}

/* Printable, without blanks: for a log's value. */
static void copy_printable(struct slice text, char *out, size_t size)
{
    size_t n = 0;
    for (; n < text.n && n + 1 < size; n++)
        out[n] = text.p[n] > ' ' && text.p[n] < 127 ? text.p[n] : '_';
    out[n] = '\0';
}

/* Why a name that might have been meant was none: the most telling of all. */
static void explain_mismatch(const GENERAL_NAMES *names, X509 *certificate, char *reason)
{
    char shown[TLS_PEER_MAX];
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        struct slice text = name->type == GEN_DNS ? text_of(name) : SLICE_NONE;
        if (slice_find(text, '*') == text.n || is_sound(text))
            continue;
        copy_printable(text, shown, sizeof shown);
        snprintf(reason, TLS_REASON_MAX, "its certificate's name %s is too wide a wildcard", shown);
        return;
    }
    peer_describe(certificate, shown);
    snprintf(reason, TLS_REASON_MAX, "its certificate is for another name: %s%s",
             sk_GENERAL_NAME_num(names) > 0 ? shown : "it has no DNS name or address",
             sk_GENERAL_NAME_num(names) > 1 ? " and others" : "");
}

/* Those that a name must be one of: the context's, else the one that was called. */
static bool is_any(const struct tls_context *context, const struct tls_peer *wanted,
                   const GENERAL_NAME *name)
{
    for (size_t i = 0; i < context->n_peers; i++)
        if (is_permitted_name(&context->peers[i], name))
            return true;
    return context->n_peers == 0 && (!wanted || is_permitted_name(wanted, name));
}

static bool judge(const struct tls_context *context, const struct tls_peer *wanted,
                  const GENERAL_NAMES *names, X509 *certificate, char *reason)
{
    int n = names ? sk_GENERAL_NAME_num(names) : 0;
    if (n > TLS_NAMES_MAX) {
        snprintf(reason, TLS_REASON_MAX, "its certificate has %d names, more than %d", n,
                 TLS_NAMES_MAX);
        return false;
    }
    bool is_permitted = context->n_peers == 0 && !wanted;
    for (int i = 0; i < n; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        struct slice text = text_of(name);
        if (text.n && memchr(text.p, '\0', text.n)) {
            snprintf(reason, TLS_REASON_MAX, "a name of its certificate has a NUL in it");
            return false;
        }
        is_permitted = is_permitted || is_any(context, wanted, name);
    }
    if (!is_permitted)
        explain_mismatch(names, certificate, reason);
    return is_permitted;
}

/* *names NULL and true: there are none. */
static bool read_names(X509 *certificate, GENERAL_NAMES **names)
{
    int state; /* -1: there is no such extension; -2: it is there twice */
    *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &state, NULL);
    return *names || state == -1;
}

bool peer_is_permitted(const struct tls_context *context, const struct tls_peer *wanted,
                       X509 *certificate, char *reason)
{
    GENERAL_NAMES *names;
    if (!read_names(certificate, &names)) {
        snprintf(reason, TLS_REASON_MAX, "the names of its certificate cannot be read");
        return false;
    }
    bool is_permitted = judge(context, wanted, names, certificate, reason);
    GENERAL_NAMES_free(names);
    return is_permitted;
}

static void describe_subject(X509 *certificate, char out[TLS_PEER_MAX])
{
    char *text;
    BIO *memory = BIO_new(BIO_s_mem());
    if (!memory)
        return;
    X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    long n = BIO_get_mem_data(memory, &text);
    if (n > 0)
        copy_printable(slice_of(text, (size_t)n), out, TLS_PEER_MAX);
    BIO_free(memory);
}

void peer_describe(X509 *certificate, char out[TLS_PEER_MAX])
{
    GENERAL_NAMES *names;
    out[0] = '\0';
    read_names(certificate, &names);
    for (int i = 0; i < (names ? sk_GENERAL_NAME_num(names) : 0) && !out[0]; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS)
            copy_printable(text_of(name), out, TLS_PEER_MAX);
        struct slice ip = name->type == GEN_IPADD ? bytes_of(name->d.iPAddress) : SLICE_NONE;
        if (ip.n == 4 || ip.n == 16)
            inet_ntop(ip.n == 4 ? AF_INET : AF_INET6, ip.p, out, TLS_PEER_MAX);
    }
    GENERAL_NAMES_free(names);
    if (!out[0])
        describe_subject(certificate, out);
}
