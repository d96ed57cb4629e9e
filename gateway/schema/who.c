/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One word for one computer: names as consoles write them, seen the same way by all who count. */
#include "gateway/schema/who.h"

#include <inttypes.h>
#include <stdio.h>

#include "gateway/base/address.h"
#include "gateway/base/ascii.h"
#include "gateway/base/buf.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/utf8.h"

static bool begins_nobody(char c)
{
    return c == 'n' || c == 'N' || c == '-' || c == '0' || c == ':' || c == 'u' || c == 'U' ||
           c == '(';
}

bool gw_is_nobody(struct slice text)
{
    static const struct slice nobody[] = {{"n/a", 3},     {"na", 2},    {"-", 1},    {"--", 2},
                                          {"0.0.0.0", 7}, {"::", 2},    {"null", 4}, {"none", 4},
                                          {"unknown", 7}, {"(null)", 6}};
    if (text.n == 0)
        return true;
    if (text.n > 8 || !begins_nobody(text.p[0]))
        return false;
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        if (text.n == nobody[i].n && slice_equal_nocase(text, nobody[i]))
            return true;
    return false;
}

struct slice gw_short_name(struct slice name)
{
    size_t slash = slice_find(name, '\\');
    if (slash < name.n)
        name = slice_skip(name, slash + 1);
    name = slice_head(name, slice_find(name, '.'));
    if (name.n > 1 && name.p[name.n - 1] == '$')
        name.n--;
    return name;
}

bool gw_is_zero_id(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '0' && text.p[i] != '-' && text.p[i] != ':' && text.p[i] != '{' &&
            text.p[i] != '}')
            return false;
    return true;
}

static struct slice named(struct slice text)
{
    text = slice_trim(text);
    return gw_is_nobody(text) ? SLICE_NONE : text;
}

static struct slice domain_of(struct slice name, struct slice domain)
{
    size_t slash = slice_find(name, '\\');
    struct slice host = slash < name.n ? slice_skip(name, slash + 1) : name;
    size_t dot = slice_find(host, '.');
    if (!domain.n && slash < name.n)
        domain = slice_head(name, slash);
    if (gw_is_nobody(domain) && dot < host.n)
        domain = slice_skip(host, dot + 1);
    domain = slice_head(domain, slice_find(domain, '.'));
    domain = slice_head(domain, slice_find(domain, '\\'));
    bool is_none = gw_is_nobody(domain) || slice_equal_nocase(domain, SLICE("workgroup")) ||
                   slice_equal_nocase(domain, SLICE("default"));
    return is_none ? SLICE_NONE : domain;
}

/* "00-11-22-AA-BB-CC", "0011.22aa.bbcc". */
static struct slice mac_digits(struct slice mac, char out[12])
{
    size_t n = 0;
    for (size_t i = 0; i < mac.n && n < 12; i++)
        if (mac.p[i] != ':' && mac.p[i] != '-' && mac.p[i] != '.')
            out[n++] = mac.p[i];
    return slice_of(out, n);
}

void gw_identity_of(struct gw_identity *who)
{
    struct slice name = named(who->name), mac = named(who->mac);
    who->guid = named(who->guid);
    who->ip = named(who->ip);
    if (name.n && address_is_ip(name)) {
        who->ip = who->ip.n ? who->ip : name;
        name = SLICE_NONE;
    }
    who->name = gw_short_name(name);
    who->domain = who->name.n ? domain_of(name, named(who->domain)) : SLICE_NONE;
    if (gw_is_zero_id(who->guid))
        who->guid = SLICE_NONE;
    if (gw_is_zero_id(mac))
        mac = SLICE_NONE;
    who->mac = mac_digits(mac, who->mac_digits);
    if (slice_starts_with(who->ip, SLICE("127.")) || slice_equal(who->ip, SLICE("::1")))
        who->ip = SLICE_NONE;
    who->label = who->name.n ? who->name : who->guid.n ? who->guid : who->mac.n ? mac : who->ip;
}

/* What stays as it is, or lower case, at the beginning: returns its length, a multiple of eight. */
static size_t copy_printable(struct slice text, char *out, size_t max, bool lower)
{
    size_t n = 0, end = text.n < max ? text.n : max;
    for (uint64_t word; n + sizeof word <= end; n += sizeof word) {
        memcpy(&word, text.p + n, sizeof word);
        if (!ascii_is_printable8(word))
            break;
        word = lower ? ascii_lower8(word) : word;
        memcpy(out + n, &word, sizeof word);
    }
    return n;
}

size_t gw_clean_text(struct slice text, char *out, size_t max, bool lower)
{
    size_t used = copy_printable(text, out, max, lower);
    for (size_t i = used; i < text.n;) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x80) {
            if (used + 1 > max)
                break;
            if (c < 0x20 || c == 0x7f)
                c = '?';
            out[used++] = lower ? ascii_lower((char)c) : (char)c;
            i++;
            continue;
        }
        size_t length = utf8_char((const unsigned char *)text.p + i, text.n - i);
        bool is_bad =
            length == 0 || utf8_is_steering(utf8_code((const unsigned char *)text.p + i, length));
        if (used + (is_bad ? 1 : length) > max)
            break;
        if (is_bad) {
            out[used++] = '?';
            i += length ? length : 1;
        } else {
            memcpy(out + used, text.p + i, length);
            used += length;
            i += length;
        }
    }
    out[used] = '\0';
    return used;
}

/* "\\HOST\share\x" and "HOST.example.net" are HOST; an address or a mail address stays whole. */
static struct slice source_name(struct slice text)
{
    text = slice_trim(text);
    while (text.n && (text.p[0] == '\\' || text.p[0] == '/'))
        text = slice_skip(text, 1);
    size_t end = 0;
    while (end < text.n && text.p[end] != '\\' && text.p[end] != '/')
        end++;
    text = slice_head(text, end);
    if (address_is_ip(text) || slice_find(text, '@') < text.n)
        return text;
    return slice_head(text, slice_find(text, '.'));
}

struct slice gw_infection_source(const struct gw_event *event)
{
    struct slice host = gw_short_name(gw_event_text(event, GW_FIELD_HOST_NAME));
    struct slice host_ip = gw_event_text(event, GW_FIELD_HOST_IP);
    const enum gw_field fields[] = {GW_FIELD_SOURCE_NAME, GW_FIELD_SOURCE_IP};
    struct slice ip = gw_event_text(event, GW_FIELD_SOURCE_IP);
    if (ip.n && slice_equal(ip, host_ip))
        return SLICE_NONE;
    for (size_t i = 0; i < 2; i++) {
        struct slice text = slice_trim(gw_event_text(event, fields[i]));
        if (gw_is_nobody(text))
            continue;
        text = source_name(text);
        if (gw_is_nobody(text) || slice_equal_nocase(text, SLICE("localhost")) ||
            slice_starts_with(text, SLICE("127.")) || slice_equal(text, SLICE("::1")))
            continue;
        if (slice_equal_nocase(text, host) || slice_equal(text, host_ip))
            return SLICE_NONE;
        return text;
    }
    return SLICE_NONE;
}

/* ---- told again ---- */

enum char_class { NO_CLASS, DIGIT, LOWER, UPPER };

static enum char_class class_of(char c)
{
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c >= 'a' && c <= 'z')
        return LOWER;
    return c >= 'A' && c <= 'Z' ? UPPER : NO_CLASS;
}

bool gw_is_unique_key(struct slice key)
{
    size_t n = 0, mixed = 0;
    enum char_class last = NO_CLASS;
    for (size_t i = 0; i < key.n && (n < 16 || mixed < 8); i++) {
        enum char_class now = class_of(key.p[i]);
        if (now == NO_CLASS)
            continue;
        if (last != NO_CLASS && now != last)
            mixed += now == DIGIT || last == DIGIT ? 2 : 1;
        last = now;
        n++;
    }
    return n >= 16 && mixed >= 8;
}

/* A piece of a repeat's key, and what parts it from the next. */
static size_t put_piece(char *out, size_t used, struct slice text, size_t max, bool lower)
{
    size_t n = gw_clean_text(text, out + used, max, lower);
    if (text.n > max) /* what is cut off still tells them apart */
        n += (size_t)snprintf(out + used + n, 12, "~%08" PRIx32, crc32c(0, text.p, text.n));
    out[used + n] = ' ';
    return used + n + 1;
}

static struct slice first_of(const struct gw_event *event, const enum gw_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct slice text = slice_trim(gw_event_text(event, fields[i]));
        if (!gw_is_nobody(text))
            return text;
    }
    return SLICE_NONE;
}

/* Of a key that may be a mere counter: whose it is, and of when. */
static size_t put_owner(const struct gw_event *event, char *out, size_t n)
{
    static const enum gw_field reporters[] = {GW_FIELD_PRODUCT_HOST, GW_FIELD_PRODUCT_IP,
                                              GW_FIELD_SNMP_AGENT_ADDRESS, GW_FIELD_SYSLOG_HOSTNAME,
                                              GW_FIELD_PEER};
    static const enum gw_field subjects[] = {GW_FIELD_HOST_NAME, GW_FIELD_HOST_IP};
    int64_t time_ms = event->time_ms < event->received_ms ? event->time_ms : event->received_ms;
    struct slice reporter = first_of(event, reporters, sizeof reporters / sizeof *reporters),
                 subject = first_of(event, subjects, sizeof subjects / sizeof *subjects);
    n = put_piece(out, n, gw_event_text(event, GW_FIELD_SITE), 64, true);
    n = put_piece(out, n, reporter, 100, true);
    n = put_piece(out, n, subject, 100, true);
    return n + (size_t)snprintf(out + n, 24, "%" PRId64 " ", time_ms / 86400000);
}

size_t gw_repeat_key(const struct gw_event *event, char out[GW_REPEAT_KEY_MAX])
{
    struct slice key = gw_event_text(event, GW_FIELD_EVENT_KEY);
    *out = '\0';
    if (!key.n)
        return 0;
    size_t n = put_piece(out, 0, key, 256, false);
    n = put_piece(out, n, gw_event_text(event, GW_FIELD_MAPPING), 100, false);
    if (!gw_is_unique_key(key))
        n = put_owner(event, out, n);
    n += gw_put_uint(out + n, event->kind);
    out[n] = '\0';
    return n;
}
