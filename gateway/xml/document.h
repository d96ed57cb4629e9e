/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_XML_DOCUMENT_H
#define GATEWAY_XML_DOCUMENT_H

#include <stddef.h>

#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"

/**
 * XML files that a person wrote, with positions: configuration, mappings, KPI catalogue, watchlist.
 * The only room that sees libxml2. Entities, network access and XInclude are off; files beyond
 * XML_FILE_MAX are refused. A document belongs to the thread that loads it.
 */
struct xml_document;
struct xml_node; /* an element; lives as long as its document */

enum { XML_FILE_MAX = 64 * 1024 * 1024 };

/* Once, before any thread starts; xml_fini() at the end of the process. */
void xml_init(void);
void xml_fini(void);

/**
 * Load and check against a RELAX NG schema file (NULL: only well-formedness). name stands in
 * errors; for a file it is its path. GW_OK; GW_ERR_NOT_FOUND, GW_ERR_INVALID with every error in
 * diag.
 */
int xml_load_file(const char *path, const char *schema_path, struct diag *diag,
                  struct xml_document **out);
int xml_load_text(struct slice text, const char *name, const char *schema_path, struct diag *diag,
                  struct xml_document **out);
/* As xml_load_text(), the schema given as text too. */
int xml_load_checked(struct slice text, const char *name, struct slice schema, struct diag *diag,
                     struct xml_document **out);
/* A document that was loaded without one against a schema file. GW_OK, or GW_ERR_INVALID with every
   error in diag. */
int xml_check(const struct xml_document *document, const char *schema_path, struct diag *diag);
void xml_free(struct xml_document *document);

/* A whole regular file of at most XML_FILE_MAX bytes, appended to out; GW_ERR_NOT_FOUND, GW_ERR_IO
   or GW_ERR_INVALID with the reason in diag, and out as it was. */
int xml_read_file(const char *path, struct buf *out, struct diag *diag);

const struct xml_node *xml_root(const struct xml_document *document);
const char *xml_file(const struct xml_document *document);

/* Local name of the element. */
const char *xml_name(const struct xml_node *node);
/* Line in its file, from 1. */
int xml_line(const struct xml_node *node);
/* First child element, next sibling element; NULL at the end. */
const struct xml_node *xml_child(const struct xml_node *node);
const struct xml_node *xml_next(const struct xml_node *node);
/* First child element of that name, NULL: none. */
const struct xml_node *xml_find(const struct xml_node *node, const char *name);
/* Value of an attribute, NULL when absent; lives as long as the document. */
const char *xml_attribute(const struct xml_node *node, const char *name);
/* Iterate over attributes: start with *position = NULL; false at the end. */
int xml_next_attribute(const struct xml_node *node, const void **position, const char **name,
                       const char **value);
/* All text directly inside the element, as written; "" when none; lives as long as the document. */
const char *xml_text(const struct xml_node *node);

#endif
