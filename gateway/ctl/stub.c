/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mapping out of messages. Everything in it comes from hostile messages: text goes into XML
 * escaped and printable, into samples as \xHH, and never as a name of a file but in letters,
 * digits and '-'.
 */
#include "gateway/ctl/stub.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/ascii.h"
#include "gateway/base/utf8.h"
#include "gateway/mapping/names.h"

/* Names that mean the same wherever they stand; proposals, so a wrong one costs a look. */
static const struct known {
    const char *name, *field;
} known[] = {
    {"src", "src.ip"},         {"srcip", "src.ip"},
    {"src_ip", "src.ip"},      {"spt", "src.port"},
    {"srcPort", "src.port"},   {"srcport", "src.port"},
    {"dst", "dst.ip"},         {"dstip", "dst.ip"},
    {"dst_ip", "dst.ip"},      {"dpt", "dst.port"},
    {"dstPort", "dst.port"},   {"dstport", "dst.port"},
    {"shost", "src.name"},     {"dhost", "host.name"},
    {"host", "host.name"},     {"hostname", "host.name"},
    {"suser", "user.name"},    {"duser", "user.name"},
    {"user", "user.name"},     {"usrName", "user.name"},
    {"username", "user.name"}, {"fname", "file.name"},
    {"filePath", "file.path"}, {"fileHash", "file.sha1"},
    {"act", "action"},         {"action", "action"},
    {"request", "url"},        {"url", "url"},
    {"msg", "message"},        {"message", "message"},
    {"reason", "reason"},      {"dvchost", "product.host"},
    {"dvc", "product.ip"},     {"app", "net.app"},
    {"cnt", "event.count"},    {"cat", "class"},
    {"smac", "src.mac"},       {"dmac", "dst.mac"},
    {"sproc", "process.name"}, {"1.3.6.1.2.1.1.5.0", "host.name"},
};
static const char *const known_times[] = {"rt",        "end",  "devTime",  "time",
                                          "timestamp", "date", "eventtime"};

/* The octets of the character at p, of which n are there; 0: XML 1.0 cannot hold it as it is. */
static size_t xml_char(const unsigned char *p, size_t n)
{
    size_t len = utf8_char(p, n);
    if (len == 1 && (p[0] < 0x20 || p[0] == 0x7f))
        return 0;
    if (len == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe)
        return 0;
    return len;
}

/* A name that can stand in a mapping as it stands in the message; without blanks at its ends, which
   nobody would see. */
static bool is_writable(struct slice text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    for (size_t i = 0, n; i < text.n; i += n) {
        n = xml_char(p + i, text.n - i);
        if (n == 0)
            return false;
    }
    return text.n > 0 && slice_trim(text).n == text.n;
}

/* Attribute or text of XML; what XML 1.0 cannot hold becomes '?', what a terminal or an editor
   would obey a reference. */
static void put_xml(struct buf *out, struct slice text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    for (size_t i = 0, n; i < text.n; i += n ? n : 1) {
        n = xml_char(p + i, text.n - i);
        const char *entity = n != 1        ? NULL
                             : p[i] == '&' ? "&amp;"
                             : p[i] == '<' ? "&lt;"
                             : p[i] == '>' ? "&gt;"
                             : p[i] == '"' ? "&quot;"
                                           : NULL;
        if (n == 0)
            buf_byte(out, '?');
        else if (entity)
            buf_printf(out, "%s", entity);
        else if (utf8_is_steering(utf8_code(p + i, n)))
            buf_printf(out, "&#x%x;", (unsigned)utf8_code(p + i, n));
        else
            buf_append(out, p + i, n);
    }
}

/* Inside a comment, where "--" would end it. */
static void put_comment(struct buf *out, struct slice text)
{
    struct buf clean = {0};
    put_xml(&clean, text);
    for (size_t i = 0; i < clean.n; i++)
        buf_byte(out, clean.p[i] == '-' && i > 0 && clean.p[i - 1] == '-' ? '_' : clean.p[i]);
    if (clean.n && clean.p[clean.n - 1] == '-')
        buf_byte(out, ' ');
    buf_free(&clean);
}

/* As samples have it: printable ASCII stands, all else is \xHH; a blank at an end too, and an '='
   at the beginning, which would make an expectation of the line. */
static void put_escaped(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_end = i == 0 || i + 1 == text.n;
        if (c == '\\')
            buf_printf(out, "\\\\");
        else if (c < 0x20 || c > 0x7e || (c == ' ' && is_end) || (c == '=' && i == 0))
            buf_printf(out, "\\x%02X", c);
        else
            buf_byte(out, (char)c);
    }
}

static void put_slug(struct buf *out, struct slice text)
{
    size_t begun = out->n;
    for (size_t i = 0; i < text.n && out->n < begun + 40; i++) {
        if (ascii_is_alnum(text.p[i]))
            buf_byte(out, ascii_lower(text.p[i]));
        else if (out->n > begun && out->p[out->n - 1] != '-')
            buf_byte(out, '-');
    }
    while (out->n > begun && out->p[out->n - 1] == '-')
        out->n--;
    if (out->n == begun)
        buf_printf(out, "unknown");
}

/* vendor.xml and vendor-IDEA.xml are what mappings share. */
static void put_file_name(struct buf *out, struct slice product)
{
    struct buf name = {0};
    put_slug(&name, product);
    if (slice_equal(buf_get(&name), SLICE("vendor")) ||
        slice_starts_with(buf_get(&name), SLICE("vendor-")))
        buf_printf(out, "product-");
    buf_slice(out, buf_get(&name));
    buf_free(&name);
}

/* ---- by what such messages are told ---- */

/* The text's beginning as far as it has no digit, at a word's end: empty when that says too little.
 */
static struct slice telling_start(struct slice text)
{
    size_t n = 0, end = 0;
    text = slice_head(slice_trim(text), 60);
    while (n < text.n && (unsigned char)text.p[n] >= 0x20 && (unsigned char)text.p[n] < 0x7f &&
           (text.p[n] < '0' || text.p[n] > '9')) {
        n++;
        if (n == text.n || text.p[n] == ' ' || text.p[n] == ':')
            end = n;
    }
    return end >= 4 ? slice_head(text, end) : SLICE_NONE;
}

static struct slice telling_name(const struct fields *fields)
{
    struct slice best = SLICE_NONE;
    for (size_t i = fields->n_header; i < fields->n; i++)
        if (fields->v[i].name.n > best.n && fields->v[i].name.n <= 60 &&
            is_writable(fields->v[i].name))
            best = fields->v[i].name;
    return best;
}

static bool is_dotted(struct slice text, int least, int most)
{
    int dots = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool is_digit = text.p[i] >= '0' && text.p[i] <= '9';
        bool is_dot = text.p[i] == '.' && i > 0 && text.p[i - 1] != '.' && i + 1 < text.n;
        if (!is_digit && !is_dot)
            return false;
        dots += is_dot;
    }
    return text.n > 0 && text.n < 200 && dots >= least && dots <= most;
}

/* Formats whose products are told by the header's words alone. */
static bool has_header(enum gw_format format)
{
    return format == GW_FORMAT_CEF || format == GW_FORMAT_LEEF || format == GW_FORMAT_TMEF;
}

static const char *put_recognise(const struct shape *shape, const struct fields *fields,
                                 struct buf *out)
{
    struct slice product = shape_header(fields, "device_product");
    struct slice vendor = shape_header(fields, "device_vendor");
    struct slice app = fields->syslog.appname, start = telling_start(fields->syslog.msg);
    struct slice name = telling_name(fields);
    const char *format = fields->format == GW_FORMAT_NONE ? "text" : gw_format_name(fields->format);
    if (shape->is_notification && !is_dotted(slice_from(shape->code), 2, 127))
        return "it was recorded without the notification's OID";
    if (has_header(fields->format) && !is_writable(product))
        return "its header names no product in characters that XML can hold";
    buf_printf(out, "  <recognise format=\"%s\">\n", shape->is_notification ? "varbinds" : format);
    if (shape->is_notification) {
        buf_printf(out, "    <trap under=\"%s\"/>\n", shape->group + strlen("trap:"));
    } else if (is_writable(product)) {
        if (is_writable(vendor)) {
            buf_printf(out, "    <vendor>");
            put_xml(out, vendor);
            buf_printf(out, "</vendor>\n");
        }
        buf_printf(out, is_writable(vendor) ? "    <product>" : "    <product any-vendor=\"yes\">");
        put_xml(out, product);
        buf_printf(out, "</product>\n");
    } else if (is_writable(app)) {
        buf_printf(out, "    <app-name>");
        put_xml(out, app);
        buf_printf(out, "</app-name>\n");
    } else if (name.n) {
        buf_printf(out,
                   "    <!-- Is this name telling enough? Any of the message's will do. -->\n");
        buf_printf(out, "    <key name=\"");
        put_xml(out, name);
        buf_printf(out, "\"/>\n");
    } else if (start.n && strcmp(format, "text") == 0) {
        buf_printf(out, "    <starts>");
        put_xml(out, start);
        buf_printf(out, "</starts>\n");
    } else {
        return "nothing in the message tells what it is: no syslog tag, no names, no words in "
               "front "
               "of its first number";
    }
    buf_printf(out, "  </recognise>\n");
    return NULL;
}

/* ---- rules and samples ---- */

static void put_proposal(struct buf *out, const struct names *names, struct slice name)
{
    for (size_t i = 0; i < sizeof known_times / sizeof *known_times; i++)
        if (slice_equal(name, slice_from(known_times[i]))) {
            buf_printf(out, "    <!-- <time from=\"%s\"/> -->\n", known_times[i]);
            return;
        }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_equal(name, slice_from(known[i].name))) {
            buf_printf(out, "    <!-- <set field=\"%s\" from=\"%s\"/> -->\n", known[i].field,
                       known[i].name);
            return;
        }
    buf_printf(out, "    <!-- no proposal: ");
    put_comment(out, slice_head(name, 100));
    struct slice instance;
    const struct names_row *row = names_object(names, name, &instance);
    if (row) {
        buf_printf(out, ", ");
        put_comment(out, names_name(row));
        put_comment(out, instance);
    }
    buf_printf(out, " -->\n");
}

static bool is_first(const struct fields *fields, size_t i)
{
    return fields_find(fields, fields->v[i].name) == &fields->v[i];
}

static void put_rule_name(struct buf *out, const struct shape *shape, bool has_code)
{
    if (has_code)
        put_xml(out, slice_from(shape->code));
    else
        buf_printf(out, "all");
}

static void put_rule(const struct shape *shape, const struct fields *fields, bool has_code,
                     const struct names *names, struct buf *out)
{
    buf_printf(out, "\n  <!-- Seen %llu times: ", (unsigned long long)shape->count);
    put_comment(out, slice_from(shape->key));
    buf_printf(out, " -->\n  <rule name=\"");
    put_rule_name(out, shape, has_code);
    buf_printf(out, "\" kind=\"system.status\" severity=\"informational\">\n    <match ");
    if (has_code) {
        buf_printf(out, "code=\"");
        put_xml(out, slice_from(shape->code));
        buf_printf(out, "\"/>\n");
    } else {
        buf_printf(out, "any=\"yes\"/>\n");
    }
    for (size_t i = fields->n_header; i < fields->n; i++)
        if (is_first(fields, i))
            put_proposal(out, names, fields->v[i].name);
    buf_printf(out, "  </rule>\n");
}

static void put_varbinds(const struct shape *shape, const struct fields *fields, struct buf *out)
{
    int n = 0;
    buf_printf(out, "trap 2c %s\n", shape->code);
    for (size_t i = fields->n_header; i < fields->n && n < 32; i++) {
        const struct field *field = &fields->v[i];
        if (!is_dotted(field->name, 2, 127))
            continue;
        n++;
        buf_printf(out, "varbind %.*s %c ", SLICE_FMT(field->name),
                   field->value.n < 10 && is_dotted(field->value, 0, 0) ? 'i' : 's');
        put_escaped(out, field->value);
        buf_byte(out, '\n');
    }
}

static void put_sample(const struct shape *shape, const struct fields *fields, bool has_code,
                       struct buf *out)
{
    buf_printf(out, "\nsample ");
    put_escaped(out, slice_from(shape->key));
    buf_printf(out, "\nnote as received; replace names and addresses by your own inventions\n");
    if (shape->is_notification) {
        put_varbinds(shape, fields, out);
    } else {
        buf_printf(out, "message ");
        put_escaped(out, shape->raw);
        buf_byte(out, '\n');
    }
    buf_printf(out, "kind = system.status\nseverity = informational\nrule = ");
    struct buf name = {0};
    if (has_code)
        put_escaped(&name, slice_from(shape->code));
    else
        buf_printf(&name, "all");
    buf_slice(out, buf_get(&name));
    buf_free(&name);
    buf_byte(out, '\n');
}

static void put_head(const struct shape *shape, const struct fields *fields, struct stub *out)
{
    struct slice vendor = shape_header(fields, "device_vendor"),
                 product = shape_header(fields, "device_product"), app = fields->syslog.appname;
    if (vendor.n == 0)
        vendor = SLICE("unknown");
    if (product.n == 0)
        product = app.n ? app : slice_from(shape->group);
    put_slug(&out->id, vendor);
    buf_byte(&out->id, '/');
    put_file_name(&out->id, product);
    buf_printf(&out->mapping, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<!-- What it is, and what the vendor's guide says of it. -->\n"
                              "<mapping vendor=\"");
    put_xml(&out->mapping, vendor);
    buf_printf(&out->mapping, "\" product=\"");
    put_xml(&out->mapping, product);
    buf_printf(&out->mapping, "\">\n  <guide title=\"the vendor's guide, its edition\"/>\n\n");
    buf_printf(&out->samples, "# Run them: eogctl test --data DIR %s\n", buf_text(&out->id));
}

const char *stub_write(const struct shape *const *shapes, size_t n, const struct names *names,
                       struct stub *out)
{
    struct arena arena;
    struct fields *fields = gw_alloc(sizeof *fields);
    const char *wrong = NULL;
    bool has_any = false; /* a rule for what has no code */
    *out = (struct stub){0};
    arena_init(&arena, 0);
    for (size_t i = 0; i < n && !wrong; i++) {
        const struct shape *shape = shapes[i];
        shape_parse(shape->raw, shape->is_notification, &arena, fields);
        bool has_code = (shape->is_notification || shape_header(fields, "device_product").n) &&
                        is_writable(slice_from(shape->code));
        if (i == 0) {
            put_head(shape, fields, out);
            wrong = put_recognise(shape, fields, &out->mapping);
            buf_printf(&out->mapping,
                       "\n  <!-- For each rule: the kind and severity that fit (gateway/schema/"
                       "kinds.def),\n       and the proposals that are right. -->\n");
        }
        if (has_any && !has_code)
            continue; /* nothing would tell it from the rule before */
        has_any |= !has_code;
        put_rule(shape, fields, has_code, names, &out->mapping);
        put_sample(shape, fields, has_code, &out->samples);
    }
    buf_printf(&out->mapping, "</mapping>\n");
    arena_fini(&arena);
    free(fields);
    return wrong;
}

void stub_free(struct stub *stub)
{
    buf_free(&stub->id);
    buf_free(&stub->mapping);
    buf_free(&stub->samples);
}
