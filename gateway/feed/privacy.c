/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fields by class, removed or replaced; then the same values in the record's other texts, the
 * longest first, so that a path goes as a whole before the file's name in it.
 */
#include "gateway/feed/privacy.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/address.h"
#include "gateway/base/ascii.h"
#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/schema/who.h"
#include "gateway/tls/mac.h"

enum { KEY_MIN = 16, TOKEN_MAX = 64, WORD_MIN = 2, RECEIVERS_MAX = 64 };

static const char *const class_names[FEED_CLASSES] = {
    "user", "host", "ip", "mac", "file", "process", "email", "subject", "url", "message"};

static const uint8_t classes[GW_FIELD_END] = {
#define IN(class_, field) [GW_FIELD_##field] = FEED_CLASS_##class_ + 1
    IN(USER, USER_NAME),
    IN(USER, USER_DOMAIN),
    IN(USER, TARGET_USER),
    IN(USER, SOURCE_USER),
    IN(USER, SNMP_USER),
    IN(HOST, HOST_NAME),
    IN(HOST, HOST_GUID),
    IN(HOST, HOST_DOMAIN),
    IN(HOST, SRC_NAME),
    IN(HOST, DST_NAME),
    IN(HOST, SOURCE_NAME),
    IN(IP, PEER),
    IN(IP, PRODUCT_IP),
    IN(IP, HOST_IP),
    IN(IP, SOURCE_IP),
    IN(IP, SRC_IP),
    IN(IP, DST_IP),
    IN(IP, SNMP_AGENT_ADDRESS),
    IN(IP, ORIGIN_IP),
    IN(IP, RELAY),
    IN(MAC, HOST_MAC),
    IN(MAC, SOURCE_MAC),
    IN(MAC, SRC_MAC),
    IN(MAC, DST_MAC),
    IN(FILE, FILE_NAME),
    IN(FILE, FILE_PATH),
    IN(FILE, FILE_INNER),
    IN(FILE, REGISTRY_KEY),
    IN(PROCESS, PROCESS_NAME),
    IN(PROCESS, PROCESS_PATH),
    IN(PROCESS, PROCESS_COMMAND),
    IN(EMAIL, EMAIL_FROM),
    IN(EMAIL, EMAIL_TO),
    IN(SUBJECT, EMAIL_SUBJECT),
    IN(URL, URL),
    IN(URL, DNS_QUERY),
    IN(MESSAGE, MESSAGE),
    IN(MESSAGE, REASON),
    IN(MESSAGE, STATUS_DETAIL),
#undef IN
};

/* Names of ours and of products stay, even where a user is called like a site. */
static const bool is_vocabulary[GW_FIELD_END] = {
    [GW_FIELD_MAPPING] = true,        [GW_FIELD_SITE] = true,
    [GW_FIELD_EVENT_CODE] = true,     [GW_FIELD_PRODUCT_VENDOR] = true,
    [GW_FIELD_PRODUCT_NAME] = true,   [GW_FIELD_PRODUCT_VERSION] = true,
    [GW_FIELD_PRODUCT_MODULE] = true, [GW_FIELD_MALWARE_NAME] = true,
    [GW_FIELD_SNMP_TRAP_OID] = true,  [GW_FIELD_SNMP_ENTERPRISE] = true,
    [GW_FIELD_KPI_KEY] = true,        [GW_FIELD_KPI_SCOPE] = true,
    [GW_FIELD_KPI_UNIT] = true,       [GW_FIELD_ALERT_EVIDENCE] = true,
    [GW_FIELD_BOOT_ID] = true,        [GW_FIELD_LOAD_TYPE] = true,
};

/* ---- settings ---- */

static bool wrong(const struct feed_section *section, struct diag *diag, const char *text)
{
    if (diag)
        diag_add_at(diag, section->place, "%s", text);
    else
        log_error("feed", "%s feed=%s", text, section->name);
    return false;
}

static bool read_classes(struct feed_privacy *privacy, const struct feed_section *section,
                         const char *option, enum feed_treatment treatment, struct diag *diag)
{
    struct slice rest = slice_from(treatment == FEED_HIDE ? section->hide : section->hash), word;
    bool is_fine = true;
    while (rest.n) {
        size_t i = 0;
        struct buf text = {0};
        slice_cut(rest, ' ', &word, &rest);
        while (i < FEED_CLASSES && !slice_equal(word, slice_from(class_names[i])))
            i++;
        if (i == FEED_CLASSES && word.n)
            buf_printf(&text,
                       "<feed %s>: '%.*s' is not one of: user host ip mac file process "
                       "email subject url message",
                       option, SLICE_FMT(word));
        else if (word.n && privacy->treatment[i])
            buf_printf(&text, "<feed %s>: '%.*s' stands twice in hide and hash", option,
                       SLICE_FMT(word));
        else if (word.n)
            privacy->treatment[i] = (uint8_t)treatment;
        if (text.n)
            is_fine = wrong(section, diag, buf_text(&text));
        privacy->is_on |= word.n > 0;
        buf_free(&text);
    }
    return is_fine;
}

static bool read_key(struct feed_privacy *privacy, const struct feed_section *section,
                     struct diag *diag)
{
    struct arena arena;
    struct buf text = {0};
    bool is_exposed;
    if (!section->hash_key_file)
        return wrong(section, diag,
                     "<feed hash>: needs hash-key-file=, a file whose first line "
                     "is a key of at least 16 bytes");
    arena_init(&arena, 0);
    const char *key = secret_read(section->hash_key_file, &arena, &is_exposed, &text);
    size_t n = key ? strlen(key) : 0;
    if (key && n < KEY_MIN)
        buf_printf(&text, "'%s': its first line has %zu bytes; a key needs at least %d",
                   section->hash_key_file, n, KEY_MIN);
    if (key && is_exposed)
        log_warn("feed", "everybody may read this key: chmod o-r file=%s", section->hash_key_file);
    if (text.n)
        wrong(section, diag, buf_text(&text));
    else
        privacy->key = tls_mac_new(slice_of(key, n));
    if (privacy->key) {
        tls_mac_begin(privacy->key);
        tls_mac_end(privacy->key, privacy->mark);
    }
    bool is_fine = !text.n;
    if (key)
        secret_wipe((char *)(uintptr_t)key, n);
    arena_fini(&arena);
    buf_free(&text);
    return is_fine;
}

bool feed_privacy_init(struct feed_privacy *privacy, const struct feed_section *section,
                       struct diag *diag)
{
    *privacy = (struct feed_privacy){0};
    bool is_fine = read_classes(privacy, section, "hide", FEED_HIDE, diag);
    is_fine = read_classes(privacy, section, "hash", FEED_HASH, diag) && is_fine;
    if (section->hash && is_fine)
        is_fine = read_key(privacy, section, diag);
    if (privacy->is_on && section->has_raw)
        is_fine = wrong(section, diag,
                        "<feed raw>: the message as it came holds what hide and hash take away");
    privacy->drops_unmapped = section->unmapped == FEED_UNMAPPED_NO ||
                              (section->unmapped == FEED_UNMAPPED_AUTO && privacy->is_on);
    return is_fine;
}

bool feed_privacy_is_same_key(const struct feed_privacy *privacy,
                              const struct feed_section *section)
{
    struct feed_privacy now;
    bool is_same = feed_privacy_init(&now, section, NULL) &&
                   memcmp(now.mark, privacy->mark, sizeof now.mark) == 0;
    feed_privacy_wipe(&now);
    return is_same;
}

void feed_privacy_wipe(struct feed_privacy *privacy)
{
    tls_mac_free(privacy->key);
    privacy->key = NULL;
}

/* ---- tokens ---- */

static void put_hex(char *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

/* The class is hashed first, so that nobody can see that a host and a user have the same name. */
static void hash_value(const struct feed_privacy *privacy, enum feed_class class_,
                       struct slice text, uint8_t *out)
{
    struct tls_mac *code = privacy->key;
    char part[256];
    tls_mac_begin(code);
    tls_mac_add(code, slice_from(class_names[class_]));
    tls_mac_add(code, slice_of("", 1));
    while (text.n) {
        size_t n = text.n < sizeof part ? text.n : sizeof part;
        for (size_t i = 0; i < n; i++)
            part[i] = ascii_lower(text.p[i]);
        tls_mac_add(code, slice_of(part, n));
        text = slice_skip(text, n);
    }
    tls_mac_end(code, out);
}

static struct slice token(const struct feed_privacy *privacy, enum feed_class class_,
                          struct slice text, struct arena *arena)
{
    uint8_t h[TLS_MAC_BYTES];
    char hex[2 * TLS_MAC_BYTES + 1], out[TOKEN_MAX];
    hash_value(privacy, class_, text, h);
    switch (class_) {
    case FEED_CLASS_IP:
        snprintf(out, sizeof out, "100::%x:%x:%x:%x", h[0] << 8 | h[1], h[2] << 8 | h[3],
                 h[4] << 8 | h[5], h[6] << 8 | h[7]);
        break;
    case FEED_CLASS_MAC:
        snprintf(out, sizeof out, "%02x:%02x:%02x:%02x:%02x:%02x", (h[0] & 0xfc) | 2, h[1], h[2],
                 h[3], h[4], h[5]);
        break;
    default:
        put_hex(hex, h, 16);
        snprintf(out, sizeof out, class_ == FEED_CLASS_EMAIL ? "%s@h.invalid" : "h-%s", hex);
        break;
    }
    return arena_dup(arena, slice_from(out));
}

/* ---- other texts ---- */

struct masked {
    struct slice from, to;
    bool is_mac;
};

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether what is looked for may end between these two bytes: they are not of one word. */
static bool is_edge(char inside, char outside)
{
    return !(is_word_byte(inside) && is_word_byte(outside));
}

/* How many bytes the address has at the beginning of text; 0: it is not there. Senders write its
   digits with ':', '-' or '.' between some of them, or nothing. */
static size_t match_mac(struct slice text, struct slice mac)
{
    size_t n = 0;
    for (size_t i = 0; i < mac.n; i++) {
        if (!is_word_byte(mac.p[i]))
            continue;
        n += n && n < text.n && memchr(":-.", text.p[n], 3) != NULL;
        if (n == text.n || ascii_lower(text.p[n++]) != ascii_lower(mac.p[i]))
            return 0;
    }
    return n;
}

/* The same of any other text. */
static size_t match(struct slice text, const struct masked *masked)
{
    struct slice from = masked->from;
    if (masked->is_mac)
        return match_mac(text, from);
    return text.n >= from.n && slice_equal_nocase(slice_head(text, from.n), from) ? from.n : 0;
}

/* Where it stands as a word of its own, from `at` on, and how long it is there; text.n: nowhere. */
static size_t find_word(struct slice text, size_t at, const struct masked *masked, size_t *n)
{
    for (; at < text.n; at++) {
        *n = match(slice_skip(text, at), masked);
        size_t end = at + *n;
        if (*n && (at == 0 || is_edge(text.p[at], text.p[at - 1])) &&
            (end == text.n || is_edge(text.p[end - 1], text.p[end])))
            return at;
    }
    return text.n;
}

static struct slice replace(struct slice text, const struct masked *masked, struct arena *arena)
{
    size_t n, at = find_word(text, 0, masked, &n), done = 0;
    if (at == text.n)
        return text;
    struct buf out = {0};
    while (at < text.n) {
        buf_append(&out, text.p + done, at - done);
        buf_slice(&out, masked->to);
        done = at + n;
        at = find_word(text, done, masked, &n);
    }
    buf_append(&out, text.p + done, text.n - done);
    text = arena_dup(arena, buf_get(&out));
    buf_free(&out);
    return text;
}

static struct slice mask(struct slice text, const struct masked *masked, size_t n,
                         struct arena *arena)
{
    for (size_t i = 0; i < n; i++)
        text = replace(text, &masked[i], arena);
    return text;
}

/* Longest first; insertion, as there are few. */
static void sort(struct masked *masked, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k && masked[k - 1].from.n < masked[k].from.n; k--) {
            struct masked swap = masked[k];
            masked[k] = masked[k - 1];
            masked[k - 1] = swap;
        }
}

static enum feed_treatment treatment_of(const struct feed_privacy *privacy,
                                        const struct gw_value *value)
{
    unsigned class_ = classes[value->field];
    return class_ ? (enum feed_treatment)privacy->treatment[class_ - 1] : FEED_KEEP;
}

/* The next address of a list as people write it: "a@x;Bob <b@y>". False at its end. */
static bool next_address(struct slice *rest, struct slice *address)
{
    static const char between[] = ";, \t\r\n<>\"";
    while (rest->n) {
        size_t n = 0;
        while (n < rest->n && !memchr(between, rest->p[n], sizeof between - 1))
            n++;
        *address = slice_head(*rest, n);
        *rest = slice_skip(*rest, n + 1);
        if (slice_find(*address, '@') < address->n)
            return true;
    }
    return false;
}

/* A value that is a list: each of its addresses is masked by itself, from the RECEIVERS_MAX-th on
   all as one. Returns the text that replaces the value when it is hashed. */
static struct slice treat_receivers(const struct feed_privacy *privacy,
                                    enum feed_treatment treatment, struct slice text,
                                    struct masked *masked, size_t *n, struct arena *arena)
{
    struct buf out = {0};
    struct slice rest = text, address;
    for (size_t i = 0; i < RECEIVERS_MAX && next_address(&rest, &address); i++) {
        if (i + 1 == RECEIVERS_MAX)
            address = slice_of(address.p, (size_t)(text.p + text.n - address.p));
        struct masked *entry = &masked[(*n)++];
        *entry = (struct masked){.from = address, .to = SLICE("***")};
        if (treatment == FEED_HASH)
            entry->to = token(privacy, FEED_CLASS_EMAIL, address, arena);
        buf_printf(&out, "%s%.*s", i ? ";" : "", SLICE_FMT(entry->to));
    }
    struct slice all = out.n ? arena_dup(arena, buf_get(&out)) : SLICE("***");
    buf_free(&out);
    return all;
}

/* By what people call who is named with a domain: "pc-1" of pc-1.example.net and CORP\PC-1$, "bob"
   of CORP\bob and bob@example.net. */
static struct slice short_of(enum feed_class class_, struct slice text)
{
    if (class_ == FEED_CLASS_HOST && !address_is_ip(text))
        return gw_short_name(text);
    if (class_ != FEED_CLASS_USER)
        return text;
    const char *slash = text.n ? memrchr(text.p, '\\', text.n) : NULL;
    text = slash ? slice_skip(text, (size_t)(slash + 1 - text.p)) : text;
    return slice_head(text, slice_find(text, '@'));
}

/* Takes a value out of the record; the last one takes its place. */
static void remove_value(struct gw_event *event, size_t i)
{
    event->at[event->values[i].field] = 0;
    event->values[i] = event->values[--event->n_values];
    if (i < event->n_values)
        event->at[event->values[i].field] = (uint8_t)(i + 1);
}

static size_t treat_values(const struct feed_privacy *privacy, struct gw_event *event,
                           struct masked *masked, struct arena *arena)
{
    size_t n = 0;
    for (size_t i = 0; i < event->n_values;) {
        struct gw_value *value = &event->values[i];
        enum feed_treatment treatment = treatment_of(privacy, value);
        if (treatment == FEED_KEEP) {
            i++;
            continue;
        }
        enum feed_class class_ = (enum feed_class)(classes[value->field] - 1);
        struct slice text = value->text, rest = text, address, to = SLICE("***");
        bool is_list =
            class_ == FEED_CLASS_EMAIL && next_address(&rest, &address) && address.n < text.n;
        if (is_list)
            to = treat_receivers(privacy, treatment, text, masked, &n, arena);
        else if (treatment == FEED_HASH)
            to = token(privacy, class_, text, arena);
        if (treatment == FEED_HASH)
            value->text = to;
        masked[n] = (struct masked){text, to, class_ == FEED_CLASS_MAC};
        n += text.n >= WORD_MIN;
        struct slice name = short_of(class_, text);
        if (name.n >= WORD_MIN && name.n < text.n) {
            masked[n++] = (struct masked){
                .from = name,
                .to = treatment == FEED_HASH ? token(privacy, class_, name, arena) : SLICE("***")};
        }
        if (treatment == FEED_HIDE)
            remove_value(event, i);
        else
            i++;
    }
    return n;
}

void feed_privacy_apply(const struct feed_privacy *privacy, struct gw_event *event,
                        struct arena *arena)
{
    /* Two fields may be lists: EMAIL_FROM, EMAIL_TO. */
    struct masked masked[2 * GW_EVENT_VALUES_MAX + 2 * RECEIVERS_MAX];
    if (privacy->drops_unmapped)
        event->n_unmapped = 0;
    if (!privacy->is_on)
        return;
    size_t n = treat_values(privacy, event, masked, arena);
    sort(masked, n);
    for (size_t i = 0; i < event->n_values && n; i++) {
        struct gw_value *value = &event->values[i];
        if (treatment_of(privacy, value) == FEED_KEEP && !is_vocabulary[value->field] &&
            (value->type == GW_TYPE_TEXT || value->type == GW_TYPE_IP))
            value->text = mask(value->text, masked, n, arena);
    }
    for (size_t i = 0; i < event->n_unmapped && n; i++)
        event->unmapped[i].value = mask(event->unmapped[i].value, masked, n, arena);
}
