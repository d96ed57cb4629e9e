/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body of network gear. The head is read by a strict grammar, since free text may hold '%', '-'
 * and '/' as well; behind it all is text, of which only the vendors' own lists become fields. A key
 * that stands twice is kept twice: the first counts for whoever asks.
 */
#include "parsers/mnemonic.h"

#include <string.h>

enum { FACILITY_MAX = 48, MNEMONIC_MAX = 64, SEARCH_MAX = 96, CARRIER_MAX = 160, KEY_MAX = 40 };

struct head {
    struct slice form, facility, severity, mnemonic, type, number;
    bool has_colon;
    size_t n; /* its bytes, the ':' included */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_alpha(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_word(char c)
{
    return is_alpha(c) || is_digit(c) || c == '_';
}

static bool at(struct slice s, size_t i, char c)
{
    return i < s.n && s.p[i] == c;
}

static size_t skip_blanks(struct slice s, size_t i)
{
    while (at(s, i, ' ') || at(s, i, '\t'))
        i++;
    return i;
}

/* [blanks] ':' at i; *i moves behind it. */
static bool take_colon(struct slice s, size_t *i)
{
    size_t k = skip_blanks(s, *i);
    if (!at(s, k, ':'))
        return false;
    *i = k + 1;
    return true;
}

/* The end of a run of word characters from i on, FACILITY_MAX at most. */
static size_t word_end(struct slice s, size_t i)
{
    size_t start = i;
    while (i < s.n && i - start < FACILITY_MAX && is_word(s.p[i]))
        i++;
    return i;
}

/* FACILITY[-SUB...]-n-MNEMONIC from i on; the first part that is a number is the severity. */
static bool read_dashed(struct slice s, size_t i, struct head *out)
{
    size_t start = i, end = word_end(s, i);
    if (end == start || !is_upper(s.p[start]))
        return false;
    while (at(s, end, '-') && end - start <= FACILITY_MAX) {
        size_t next = word_end(s, end + 1);
        bool is_severity = next > end + 1 && next - end <= 3 && is_digit(s.p[end + 1]) &&
                           is_digit(s.p[next - 1]) && at(s, next, '-');
        if (!is_severity) {
            end = next;
            continue;
        }
        out->facility = slice_of(s.p + start, end - start);
        out->severity = slice_of(s.p + end + 1, next - end - 1);
        size_t name = next + 1;
        for (end = name;
             end < s.n && end - name < MNEMONIC_MAX && (is_word(s.p[end]) || s.p[end] == '-');)
            end++;
        out->mnemonic = slice_of(s.p + name, end - name);
        out->n = end;
        out->has_colon = take_colon(s, &out->n);
        return end > name && (out->has_colon || end == s.n || s.p[end] == ' ');
    }
    return false;
}

/* "(l)", "[1009]" and ':' behind a mnemonic. */
static bool read_tail(struct slice s, size_t i, struct head *out)
{
    if (at(s, i, '(') && i + 2 < s.n && is_alpha(s.p[i + 1]) && s.p[i + 2] == ')') {
        out->type = slice_of(s.p + i + 1, 1);
        i += 3;
    }
    if (at(s, i, '[')) {
        size_t end = i + 1;
        while (end < s.n && end - i <= 10 && is_digit(s.p[end]))
            end++;
        if (!at(s, end, ']'))
            return false;
        out->number = slice_of(s.p + i + 1, end - i - 1);
        i = end + 1;
    }
    out->has_colon = take_colon(s, &i);
    out->n = i;
    return out->has_colon;
}

/* MODULE/n/MNEMONIC(l)[1009]: from i on. Old Comware writes blanks in mnemonics. */
static bool read_slashed(struct slice s, size_t i, struct head *out)
{
    size_t end = word_end(s, i);
    if (end < i + 2 || !is_upper(s.p[i]) || end + 3 >= s.n || s.p[end] != '/' ||
        s.p[end + 1] < '0' || s.p[end + 1] > '8' || s.p[end + 2] != '/')
        return false;
    out->facility = slice_of(s.p + i, end - i);
    out->severity = slice_of(s.p + end + 1, 1);
    size_t name = end + 3, stop = name;
    while (stop < s.n && stop - name < MNEMONIC_MAX &&
           (is_word(s.p[stop]) || s.p[stop] == '-' || s.p[stop] == ' '))
        stop++;
    out->mnemonic = slice_trim(slice_of(s.p + name, stop - name));
    return out->mnemonic.n > 0 && is_word(s.p[name]) && read_tail(s, stop, out);
}

/* What stands behind a head without a mark tells whose it is. */
static struct slice form_by_end(struct slice s, size_t end)
{
    /* "NTP_LOG:- 1 - text" is Comware's as well, a slot. */
    if (at(s, end, '-'))
        return SLICE(": ");
    bool is_blank = at(s, end, ' ') && !slice_starts_with(slice_skip(s, end + 1), SLICE("OID"));
    return is_blank ? SLICE(": ") : SLICE(":");
}

static bool read_head(struct slice s, struct head *out)
{
    *out = (struct head){0};
    if (s.n < 6)
        return false;
    if (s.p[0] == '%' && s.p[1] == '%') {
        out->form = slice_head(s, 4);
        return is_digit(s.p[2]) && is_digit(s.p[3]) && read_slashed(s, 4, out);
    }
    if (s.p[0] == '%') {
        out->form = slice_head(s, 1);
        return read_dashed(s, 1, out);
    }
    if (is_digit(s.p[0]) && is_digit(s.p[1])) {
        out->form = slice_head(s, 2);
        return read_slashed(s, 2, out);
    }
    if (read_slashed(s, 0, out)) {
        out->form = form_by_end(s, out->n);
        return true;
    }
    *out = (struct head){.form = SLICE("%")};
    return read_dashed(s, 0, out) && out->has_colon && out->severity.n == 1;
}

bool parse_mnemonic_is_plain(struct slice s)
{
    struct head head = {0};
    size_t mark = s.n > 2 && is_digit(s.p[0]) && is_digit(s.p[1]) ? 2 : 0;
    return s.n >= 6 && is_upper(s.p[mark]) && read_slashed(s, mark, &head);
}

size_t parse_mnemonic_numbered(struct slice s)
{
    struct head head = {0};
    if (s.n < 6 || s.p[0] != '%' || !read_dashed(s, 1, &head))
        return 0;
    for (size_t i = 0; i < head.mnemonic.n; i++)
        if (!is_digit(head.mnemonic.p[i]))
            return 0;
    return (size_t)(head.mnemonic.p - s.p) + head.mnemonic.n;
}

bool parse_mnemonic_find(struct slice msg, size_t *found)
{
    struct head head;
    size_t start = skip_blanks(msg, 0), end = msg.n < SEARCH_MAX + 5 ? msg.n : SEARCH_MAX + 5;
    for (size_t i = start; i + 6 <= end; i++) {
        bool is_start = i == start || msg.p[i - 1] == ' ' || msg.p[i - 1] == ':';
        if (is_start && read_head(slice_skip(msg, i), &head)) {
            *found = i;
            return true;
        }
        i += slice_find(slice_skip(slice_head(msg, end), i + 1), '%');
    }
    /* The console's form: "% host MODULE/n/MNEMONIC: text". */
    if (start + 2 < msg.n && msg.p[start] == '%' && msg.p[start + 1] == ' ') {
        size_t i = start + 2 + slice_find(slice_skip(msg, start + 2), ' ') + 1;
        if (i < msg.n && i < SEARCH_MAX && parse_mnemonic_is_plain(slice_skip(msg, i))) {
            *found = i;
            return true;
        }
    }
    return false;
}

/* ---- the text ---- */

/* Length of a key at i that '=' follows, "name" or "name(1017)"; *name_n is the name's alone. */
static size_t key_length(struct slice s, size_t i, size_t *name_n)
{
    size_t n = 0;
    while (i + n < s.n && n < KEY_MAX && (is_word(s.p[i + n]) || (n && s.p[i + n] == '-')))
        n++;
    *name_n = n;
    if (n == 0 || !is_alpha(s.p[i]))
        return 0;
    if (at(s, i + n, '(')) {
        n++;
        while (i + n < s.n && n < KEY_MAX && is_digit(s.p[i + n]))
            n++;
        if (!at(s, i + n, ')'))
            return 0;
        n++;
    }
    return at(s, i + n, '=') ? n : 0;
}

/* Where a value from i on ends: before a separator and the next key, or at the end. */
static size_t value_end(struct slice s, size_t i, size_t *next)
{
    size_t name_n;
    for (size_t k = i; k < s.n; k++) {
        if (s.p[k] != ',' && s.p[k] != ';' && s.p[k] != ' ')
            continue;
        size_t behind = k;
        while (behind < s.n && (s.p[behind] == ' ' || s.p[behind] == ',' || s.p[behind] == ';'))
            behind++;
        if (key_length(s, behind, &name_n)) {
            *next = behind;
            return k;
        }
        k = behind - 1;
    }
    *next = s.n;
    return s.n;
}

static struct slice without_punctuation(struct slice value)
{
    while (value.n && strchr(" .,;", value.p[value.n - 1]) && value.p[value.n - 1] != '\0')
        value.n--;
    return slice_trim(value);
}

/* Pairs from i on, to the end of s. */
static void take_pairs(struct slice s, size_t i, struct fields *out)
{
    size_t key_n, name_n;
    while ((key_n = key_length(s, i, &name_n)) > 0) {
        struct slice name = slice_of(s.p + i, name_n), value;
        size_t start = i + key_n + 1, next, close;
        if (at(s, start, '"')) {
            close = start + 1 + slice_find(slice_skip(s, start + 1), '"');
            value = slice_of(s.p + start + 1, (close < s.n ? close : s.n) - start - 1);
            value_end(s, close < s.n ? close + 1 : s.n, &next);
        } else {
            size_t end = value_end(s, start, &next);
            value = without_punctuation(slice_of(s.p + start, end - start));
        }
        if (!fields_add(out, name, value))
            return;
        i = next;
    }
}

/* "-DevIP=192.0.2.1-Slot=1; ", Huawei's "CID=0x8-alarmID=0x9;" at *i: the block without its ';',
 * and *i behind it. */
static struct slice cut_place(struct slice s, size_t *i)
{
    enum { PLACE_MAX = 512 };
    size_t n = slice_find(slice_head(slice_skip(s, *i), PLACE_MAX), ';'), name_n;
    struct slice block = slice_of(s.p + *i, n);
    bool is_huawei = slice_starts_with(block, SLICE("CID=0x")) && slice_find(block, ' ') == block.n;
    if (!at(s, *i + n, ';') || (!is_huawei && (!at(s, *i, '-') || !key_length(block, 1, &name_n))))
        return SLICE_NONE;
    *i = skip_blanks(s, *i + n + 1);
    return block;
}

/* '-', a key of letters and '=': "-Slot=", not the '-' of a value. The first needs no '-'. */
static size_t place_key(struct slice block, size_t i)
{
    size_t name = i + at(block, i, '-'), n = 0;
    while (name + n < block.n && n < KEY_MAX && is_word(block.p[name + n]))
        n++;
    return (name > i || i == 0) && at(block, name + n, '=') ? n : 0;
}

static void take_place(struct slice block, struct fields *out)
{
    size_t key_n;
    for (size_t i = 0; (key_n = place_key(block, i)) > 0;) {
        size_t name = i + at(block, i, '-'), start = name + key_n + 1, end = start;
        while (end < block.n && !place_key(block, end))
            end++;
        if (!fields_add(out, slice_of(block.p + name, key_n),
                        slice_of(block.p + start, end - start)))
            return;
        i = end;
    }
}

/* The list of pairs that text is or holds: "(Ip=192.0.2.1, UserName=x)". */
static struct slice find_list(struct slice text)
{
    size_t name_n;
    if (key_length(text, 0, &name_n))
        return text;
    for (size_t i = 0; (i += slice_find(slice_skip(text, i), '(')) < text.n; i++) {
        size_t start = skip_blanks(text, i + 1);
        if (!key_length(text, start, &name_n))
            continue;
        size_t end = text.n;
        while (end > start && text.p[end - 1] != ')')
            end--;
        return slice_of(text.p + start, (end > start ? end - 1 : text.n) - start);
    }
    return SLICE_NONE;
}

/* "OID 1.3.6.1...", "Trap 1.3.6.1...<name>:": an OID is no address, and no part of the text. */
static void take_oid(struct slice s, size_t *i, struct slice *oid, struct slice *trap)
{
    size_t k = *i;
    if (slice_starts_with(slice_skip(s, k), SLICE("OID")))
        k += 3;
    else if (slice_starts_with(slice_skip(s, k), SLICE("Trap ")))
        k += 5;
    take_colon(s, &k);
    k = skip_blanks(s, k);
    size_t start = k;
    int dots = 0;
    while (k < s.n && (is_digit(s.p[k]) || (s.p[k] == '.' && k + 1 < s.n && is_digit(s.p[k + 1]))))
        dots += s.p[k++] == '.';
    if (dots < 5)
        return;
    *oid = slice_of(s.p + start, k - start);
    if (at(s, k, '<')) {
        size_t end = k + slice_find(slice_skip(s, k), '>');
        if (end < s.n) {
            *trap = slice_of(s.p + k + 1, end - k - 1);
            k = end + 1;
        }
    }
    take_colon(s, &k);
    *i = skip_blanks(s, k);
}

/* A head that only carries another: "%IOSXE-6-PLATFORM: R0/0: ... %FW-6-DROP_PKT: ". */
static bool is_carrier(const struct head *head)
{
    return slice_equal(head->mnemonic, SLICE("PLATFORM")) ||
           slice_equal(head->mnemonic, SLICE("MSG"));
}

static bool find_carried(struct slice in, struct head *head, size_t *start)
{
    struct head inner;
    for (size_t i = head->n; i + 6 <= in.n && i < head->n + CARRIER_MAX; i++)
        if (in.p[i] == '%' && in.p[i - 1] == ' ' && read_head(slice_skip(in, i), &inner)) {
            *start = i;
            *head = inner;
            return true;
        }
    return false;
}

static void add_if(struct fields *out, struct slice name, struct slice value)
{
    if (value.n)
        fields_add(out, name, value);
}

enum parse_status parse_mnemonic(struct slice in, const struct parse_options *options,
                                 struct arena *arena, struct fields *out)
{
    (void)options, (void)arena;
    struct head head, outer;
    struct slice place = SLICE_NONE, oid = SLICE_NONE, trap = SLICE_NONE;
    size_t start = 0;
    out->format = GW_FORMAT_TEXT;
    out->n_header = out->n;
    if (!read_head(in, &head))
        return PARSE_OK;
    outer = head;
    bool is_carried = is_carrier(&head) && find_carried(in, &head, &start);
    bool is_slashed = head.form.n != 1 || head.form.p[0] == ':';
    size_t i = skip_blanks(in, start + head.n);
    if (is_slashed) {
        place = cut_place(in, &i);
        take_oid(in, &i, &oid, &trap);
    }
    struct slice text = slice_trim(slice_skip(in, i));
    fields_add(out, SLICE("facility"), head.facility);
    fields_add(out, SLICE("form"), head.form);
    fields_add(out, SLICE("severity"), head.severity);
    fields_add(out, SLICE("mnemonic"), head.mnemonic);
    fields_add(out, SLICE("text"), text);
    add_if(out, SLICE("type"), head.type);
    add_if(out, SLICE("number"), head.number);
    add_if(out, SLICE("oid"), oid);
    add_if(out, SLICE("trap"), trap);
    add_if(out, SLICE("carrier"), is_carried ? slice_trim(slice_head(in, outer.n)) : SLICE_NONE);
    out->n_header = out->n;
    if (is_slashed) {
        take_place(place, out);
        take_pairs(find_list(text), 0, out);
    }
    return PARSE_OK;
}
