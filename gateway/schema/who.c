/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One word for one computer: names as consoles write them, seen the same way by all who count. */
#include "gateway/schema/who.h"

#include "gateway/base/address.h"
#include "gateway/base/utf8.h"

bool gw_is_nobody(struct slice text)
{
    static const char *const nobody[] = {"n/a", "na",   "-",    "--",      "0.0.0.0",
                                         "::",  "null", "none", "unknown", "(null)"};
    if (text.n == 0)
        return true;
    if (text.n > 8)
        return false;
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        if (slice_equal_nocase(text, slice_from(nobody[i])))
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

size_t gw_clean_text(struct slice text, char *out, size_t max, bool lower)
{
    size_t used = 0;
    for (size_t i = 0; i < text.n;) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x80) {
            if (used + 1 > max)
                break;
            if (c < 0x20 || c == 0x7f)
                c = '?';
            out[used++] = (char)(lower && c >= 'A' && c <= 'Z' ? c + 32 : c);
            i++;
            continue;
        }
        size_t length = utf8_char((const unsigned char *)text.p + i, text.n - i);
        /* U+0080..U+009F are controls too. */
        bool is_bad = length == 0 || (c == 0xc2 && (unsigned char)text.p[i + 1] < 0xa0);
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
