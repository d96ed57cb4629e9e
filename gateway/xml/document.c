/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loading and checking XML by libxml2: no entity expansion, no network, no XInclude, positions
 * kept. Order of calls: xml_init(), then any number of loads, xml_fini(). The struct xml_node of
 * the header is libxml2's xmlNode under another name, so that nobody outside needs its headers.
 */
#include "gateway/xml/document.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"

enum { LARGE = 1024 * 1024 };

struct xml_document {
    xmlDocPtr doc;
    struct arena arena; /* attribute values and texts handed out */
    char *name;
    size_t size; /* bytes of its text */
};

/* Nesting beyond this is refused by libxml2 itself (256 without XML_PARSE_HUGE). */
enum { PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA };

void xml_init(void)
{
    xmlInitParser();
    LIBXML_TEST_VERSION
}

void xml_fini(void)
{
    xmlCleanupParser();
}

struct report {
    struct diag *diag;
    const char *name;
    size_t errors;
    bool has_dtd;
};

/* libxml2 keeps a node's line in 16 bits; of a text beyond, XML_PARSE_BIG_LINES keeps the line at
   its end. So the text before an element tells where that begins; between them may be a few others
   on the same line. */
enum { LINES_KEPT = 65535, NEIGHBOURS_MAX = 64 };

static int line_of(const xmlNode *node)
{
    const xmlNode *before = node->prev;
    if (node->line < LINES_KEPT)
        return node->line;
    for (int i = 0; before && i < NEIGHBOURS_MAX; i++, before = before->prev)
        if (before->type == XML_TEXT_NODE)
            return before->line < LINES_KEPT ? LINES_KEPT : (int)(ptrdiff_t)before->psvi;
    return (int)xmlGetLineNo(node);
}

/* libxml2's texts end in a line break; some span lines. */
static void report_error(void *context, xmlErrorPtr error)
{
    struct report *report = context;
    char text[512];
    size_t n = 0;
    for (const char *p = error->message ? error->message : "unknown error";
         *p && n < sizeof text - 1; p++)
        text[n++] = *p == '\n' || *p == '\r' ? ' ' : *p;
    while (n && text[n - 1] == ' ')
        n--;
    text[n] = '\0';
    const xmlNode *node = error->node; /* of a schema's error */
    bool is_at_element = node && node->type == XML_ELEMENT_NODE;
    report->errors++;
    diag_add(report->diag, report->name, is_at_element ? line_of(node) : error->line, "%s", text);
}

/* The schema was already freed of its own errors by its developer; they are reported all the same.
 */
static bool is_valid(xmlDocPtr doc, xmlRelaxNGParserCtxtPtr schema_parser, struct report *report)
{
    if (!schema_parser) {
        diag_add(report->diag, report->name, 0, "its schema cannot be opened");
        return false;
    }
    xmlRelaxNGSetParserStructuredErrors(schema_parser, (xmlStructuredErrorFunc)report_error,
                                        report);
    xmlRelaxNGPtr schema = xmlRelaxNGParse(schema_parser);
    xmlRelaxNGFreeParserCtxt(schema_parser);
    if (!schema) {
        diag_add(report->diag, report->name, 0, "its schema cannot be read");
        return false;
    }
    xmlRelaxNGValidCtxtPtr checker = xmlRelaxNGNewValidCtxt(schema);
    xmlRelaxNGSetValidStructuredErrors(checker, (xmlStructuredErrorFunc)report_error, report);
    int result = xmlRelaxNGValidateDoc(checker, doc);
    xmlRelaxNGFreeValidCtxt(checker);
    xmlRelaxNGFree(schema);
    if (result != 0 && report->errors == 0)
        diag_add(report->diag, report->name, 0, "does not agree with its schema");
    return result == 0;
}

/* A DTD could define entities that grow without bound: none of our files needs one, and none of it
 * is read. */
static void refuse_dtd(void *context, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    xmlParserCtxtPtr parser = context;
    struct report *report = parser->_private;
    (void)name;
    (void)external;
    (void)system;
    report->has_dtd = true;
    diag_add(report->diag, report->name, xmlSAX2GetLineNumber(parser),
             "has a DOCTYPE; remove it, entities are not supported");
    xmlStopParser(parser);
}

static int load(struct slice text, const char *name, xmlRelaxNGParserCtxtPtr schema,
                bool has_schema, struct diag *diag, struct xml_document **out)
{
    struct report report = {.diag = diag, .name = name};
    *out = NULL;
    if (text.n > XML_FILE_MAX) {
        diag_add(diag, name, 0, "larger than %d MiB", XML_FILE_MAX / 1024 / 1024);
        xmlRelaxNGFreeParserCtxt(schema);
        return GW_ERR_INVALID;
    }
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (!parser) {
        xmlRelaxNGFreeParserCtxt(schema);
        diag_add(diag, name, 0, "out of memory");
        return GW_ERR_INVALID;
    }
    xmlSetStructuredErrorFunc(&report, (xmlStructuredErrorFunc)report_error);
    parser->_private = &report;
    parser->sax->internalSubset = refuse_dtd;
    xmlDocPtr doc =
        xmlCtxtReadMemory(parser, text.n ? text.p : "", (int)text.n, name, NULL, PARSE_OPTIONS);
    xmlFreeParserCtxt(parser);
    bool sound = doc && xmlDocGetRootElement(doc) && !report.has_dtd;
    if (sound && has_schema)
        sound = is_valid(doc, schema, &report);
    else
        xmlRelaxNGFreeParserCtxt(schema);
    xmlSetStructuredErrorFunc(NULL, NULL);
    if (!sound) {
        if (diag_is_empty(diag))
            diag_add(diag, name, 0, "is no XML document");
        xmlFreeDoc(doc);
        return GW_ERR_INVALID;
    }
    struct xml_document *document = gw_alloc(sizeof *document);
    *document = (struct xml_document){.doc = doc, .name = gw_strdup(name), .size = text.n};
    arena_init(&document->arena, 0);
    doc->_private = document;
    *out = document;
    return GW_OK;
}

int xml_load_text(struct slice text, const char *name, const char *schema_path, struct diag *diag,
                  struct xml_document **out)
{
    xmlRelaxNGParserCtxtPtr schema = schema_path ? xmlRelaxNGNewParserCtxt(schema_path) : NULL;
    return load(text, name, schema, schema_path != NULL, diag, out);
}

int xml_load_checked(struct slice text, const char *name, struct slice schema_text,
                     struct diag *diag, struct xml_document **out)
{
    xmlRelaxNGParserCtxtPtr schema = xmlRelaxNGNewMemParserCtxt(schema_text.p, (int)schema_text.n);
    return load(text, name, schema, true, diag, out);
}

int xml_check(const struct xml_document *document, const char *schema_path, struct diag *diag)
{
    struct report report = {.diag = diag, .name = document->name};
    xmlSetStructuredErrorFunc(&report, (xmlStructuredErrorFunc)report_error);
    bool is_fine = is_valid(document->doc, xmlRelaxNGNewParserCtxt(schema_path), &report);
    xmlSetStructuredErrorFunc(NULL, NULL);
    return is_fine ? GW_OK : GW_ERR_INVALID;
}

/* Without a wait for whoever might write into it, where it is no file. */
static int open_file(const char *path, struct diag *diag, int *out)
{
    struct stat st;
    *out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*out < 0) {
        int missing = errno == ENOENT;
        diag_add(diag, path, 0, "cannot open: %s", strerror(errno));
        return missing ? GW_ERR_NOT_FOUND : GW_ERR_IO;
    }
    if (fstat(*out, &st) == 0 && !S_ISREG(st.st_mode)) {
        diag_add(diag, path, 0, "is not a regular file");
        close(*out);
        return GW_ERR_INVALID;
    }
    return GW_OK;
}

int xml_read_file(const char *path, struct buf *out, struct diag *diag)
{
    enum { STEP = 65536 };
    size_t start = out->n;
    ssize_t n = 1;
    int fd, result = open_file(path, diag, &fd);
    if (result != GW_OK)
        return result;
    while (n > 0 && out->n - start <= XML_FILE_MAX) {
        n = read(fd, buf_reserve(out, STEP), STEP);
        out->n += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        diag_add(diag, path, 0, "cannot read: %s", strerror(errno));
        result = GW_ERR_IO;
    } else if (out->n - start > XML_FILE_MAX) {
        diag_add(diag, path, 0, "larger than %d MiB", XML_FILE_MAX / 1024 / 1024);
        result = GW_ERR_INVALID;
    }
    close(fd);
    if (result != GW_OK)
        out->n = start;
    return result;
}

int xml_load_file(const char *path, const char *schema_path, struct diag *diag,
                  struct xml_document **out)
{
    struct buf text = {0};
    *out = NULL;
    int result = xml_read_file(path, &text, diag);
    if (result == GW_OK)
        result = xml_load_text(buf_get(&text), path, schema_path, diag, out);
    buf_free(&text);
    return result;
}

/* A tree is many times its text, in small pieces whose pages the C library would keep. */
static void give_back(size_t size)
{
#ifdef __GLIBC__
    if (size > LARGE)
        malloc_trim(0);
#else
    (void)size;
#endif
}

void xml_free(struct xml_document *document)
{
    if (!document)
        return;
    xmlFreeDoc(document->doc);
    arena_fini(&document->arena);
    free(document->name);
    size_t size = document->size;
    free(document);
    give_back(size);
}

static xmlNodePtr native(const struct xml_node *node)
{
    return (xmlNodePtr)node;
}

/* Values live in the arena of the document that owns the node. */
static struct xml_document *owner(const struct xml_node *node)
{
    return native(node)->doc->_private;
}

const struct xml_node *xml_root(const struct xml_document *document)
{
    return (const struct xml_node *)xmlDocGetRootElement(document->doc);
}

const char *xml_file(const struct xml_document *document)
{
    return document->name;
}

const char *xml_name(const struct xml_node *node)
{
    return (const char *)native(node)->name;
}

int xml_line(const struct xml_node *node)
{
    return line_of(native(node));
}

static const struct xml_node *element_from(xmlNodePtr node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return (const struct xml_node *)node;
}

const struct xml_node *xml_child(const struct xml_node *node)
{
    return element_from(native(node)->children);
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return element_from(native(node)->next);
}

const struct xml_node *xml_find(const struct xml_node *node, const char *name)
{
    for (const struct xml_node *child = xml_child(node); child; child = xml_next(child))
        if (strcmp(xml_name(child), name) == 0)
            return child;
    return NULL;
}

static const char *keep(const struct xml_node *node, xmlChar *text)
{
    const char *kept =
        text ? arena_text(&owner(node)->arena, slice_from((const char *)text)) : NULL;
    xmlFree(text);
    return kept;
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
    return keep(node, xmlGetNoNsProp(native(node), (const xmlChar *)name));
}

int xml_next_attribute(const struct xml_node *node, const void **position, const char **name,
                       const char **value)
{
    xmlAttrPtr attribute = *position ? ((xmlAttrPtr)*position)->next : native(node)->properties;
    if (!attribute)
        return 0;
    *position = attribute;
    *name = (const char *)attribute->name;
    *value = keep(node, xmlNodeListGetString(native(node)->doc, attribute->children, 1));
    if (!*value)
        *value = "";
    return 1;
}

const char *xml_text(const struct xml_node *node)
{
    struct buf text = {0};
    for (xmlNodePtr child = native(node)->children; child; child = child->next)
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            buf_slice(&text, slice_from((const char *)child->content));
    const char *kept = arena_text(&owner(node)->arena, buf_get(&text));
    buf_free(&text);
    return kept;
}
