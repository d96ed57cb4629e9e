/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_TEMPLATE_H
#define PARSERS_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * Administrators' message templates ("Virus/Malware: %v Computer: %s ...") as matchers of the text
 * they produced. Immutable once compiled: any thread may match with it.
 */
struct template;

/* What a token of the product means: {"v", "malware"}, {"CV", "detections"}. */
struct template_variable {
    const char *token; /* without '%'; the longest that fits wins */
    const char *name;  /* of the field; NULL or "": matched and left out */
};

enum { TEMPLATE_PIECES_MAX = 64, TEMPLATE_BYTES_MAX = 8192 };

/**
 * text: the template as the administrator wrote it. '%' and a token of variables is a variable; '%'
 * and any other letter is one without a name; "%%" is a percent sign, as is a '%' before anything
 * else. Names are copied.
 * NULL when there is no variable, no literal text to hold on to, or a bound above is passed;
 * *error (or NULL) then gets a constant text.
 */
struct template *template_compile(struct slice text, const struct template_variable *variables,
                                  size_t n_variables, const char **error);
void template_free(struct template *template);

/**
 * Match a whole text. The literal pieces must stand in it in order, the first at its start and the
 * last at its end; a variable takes the shortest text up to the next piece, the last one the rest.
 * A run of blanks or line ends in the template matches any such run; blanks around a value are
 * removed.
 * Returns the number of fields written to out (at most max; empty values are left out), or -1 when
 * the text is not of this template. Values are slices of text, names live as long as the template.
 * *is_ambiguous (or NULL) is set when the text could be divided in another way too: a value holds
 * the text that stood before it once more, by chance or put there to be taken for the true one.
 */
int template_match(const struct template *template, struct slice text, struct field *out,
                   size_t max, bool *is_ambiguous);

#endif
