/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTML as we write it and no other: what a browser would mend is broken here. */
#include "tests/gateway/report/markup.h"

#include <stdio.h>
#include <string.h>

static bool is_in(struct slice name, const char *list)
{
    char found[32];
    snprintf(found, sizeof found, " %.*s ", (int)name.n, name.p);
    return strstr(list, found) != NULL;
}

static struct slice take_name(const char **p)
{
    size_t n = strspn(*p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    struct slice name = slice_of(*p, n);
    *p += n;
    return name;
}

/* Behind "<name": attributes, each in double quotes without < in them, of those that we write. */
static bool read_attributes(struct markup *m, const char **p)
{
    static const char ours[] =
        " lang charset http-equiv content name class id width height aria-hidden role aria-label "
        "viewBox preserveAspectRatio patternUnits d x y scope colspan data-label style ";
    while (**p == ' ') {
        ++*p;
        struct slice name = take_name(p);
        if (!is_in(name, ours) || (*p)[0] != '=' || (*p)[1] != '"')
            return false;
        buf_printf(&m->skeleton, " %.*s", (int)name.n, name.p);
        *p += 2;
        if (slice_equal(name, SLICE("style")) && strncmp(*p, "flex-grow:", 10) != 0)
            return false;
        *p += strcspn(*p, "\"<");
        if (**p != '"')
            return false;
        ++*p;
    }
    return true;
}

static bool read_tag(struct markup *m, const char **p)
{
    static const char ours[] =
        " html head meta title style body svg defs pattern rect path header h1 h2 h3 dl div dt dd "
        "bdi b small strong span main section ul li p table thead tbody tfoot tr th td figure "
        "figcaption i details summary ";
    bool is_end = (*p)[1] == '/';
    *p += is_end ? 2 : 1;
    struct slice name = take_name(p);
    buf_printf(&m->skeleton, "\n%s%.*s", is_end ? "/" : "", (int)name.n, name.p);
    if (!is_in(name, ours))
        return false;
    if (is_end) {
        if (m->depth == 0 || !slice_equal(m->open[--m->depth], name) || **p != '>')
            return false;
        ++*p;
        return true;
    }
    if (!read_attributes(m, p))
        return false;
    if ((*p)[0] == '/' && (*p)[1] == '>') {
        *p += 2;
        return true;
    }
    if (**p != '>' || m->depth == sizeof m->open / sizeof *m->open)
        return false;
    ++*p;
    m->open[m->depth++] = name;
    if (slice_equal(name, SLICE("style")))
        *p = strstr(*p, "</style>");
    return *p != NULL;
}

static bool is_entity(const char *p)
{
    static const char *const ours[] = {"&lt;", "&gt;", "&amp;", "&#34;", "&#39;"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strncmp(p, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

void markup_read(const char *p, struct markup *m)
{
    static const char doctype[] = "<!DOCTYPE html>\n";
    m->is_broken = strncmp(p, doctype, strlen(doctype)) != 0;
    p += m->is_broken ? 0 : strlen(doctype);
    while (*p && !m->is_broken) {
        if (*p == '<')
            m->is_broken = !read_tag(m, &p);
        else {
            m->is_broken = *p == '>' || *p == '"' || (*p == '&' && !is_entity(p));
            p++;
        }
    }
    m->is_broken |= m->depth > 0;
}
