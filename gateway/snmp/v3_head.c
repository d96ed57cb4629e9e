/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements of a message are cut off one by one, as far as the answer needs. Any bytes may come. */
#include "gateway/snmp/v3_head.h"

#include <stddef.h>

/* Cuts the next BER element off rest. False: none begins there that also ends there. */
static bool cut_element(struct slice *rest, unsigned char *tag, struct slice *content)
{
    const unsigned char *p = (const unsigned char *)rest->p;
    if (rest->n < 2)
        return false;
    size_t at = 2, n = p[1];
    if (n >= 0x80) {
        size_t n_length = n & 0x7f;
        if (n_length > 4 || rest->n < 2 + n_length)
            return false;
        for (n = 0; at < 2 + n_length; at++)
            n = n << 8 | p[at];
    }
    if (n > rest->n - at)
        return false;
    *tag = p[0];
    *content = slice_of(rest->p + at, n);
    *rest = slice_skip(*rest, at + n);
    return true;
}

/* Cuts n elements off rest, and gives the last of them. */
static bool cut_elements(struct slice *rest, int n, unsigned char *tag, struct slice *content)
{
    while (n > 0 && cut_element(rest, tag, content))
        n--;
    return n == 0;
}

enum { INTEGER = 0x02, SEQUENCE = 0x30, REPORT = 0xa8, AUTH_FLAG = 1 };

/* in: what follows the version. False: no message of version 3. */
static bool open_message(struct slice message, struct slice *in)
{
    struct slice part;
    unsigned char tag;
    return cut_element(&message, &tag, in) && tag == SEQUENCE && cut_element(in, &tag, &part) &&
           part.n == 1 && part.p[0] == 3;
}

bool gwsnmp_is_of_other_version(struct slice message)
{
    struct slice in, version;
    unsigned char tag;
    return cut_element(&message, &tag, &in) && tag == SEQUENCE &&
           cut_element(&in, &tag, &version) && tag == INTEGER && version.n &&
           !slice_equal(version, SLICE("\0")) && !slice_equal(version, SLICE("\1")) &&
           !slice_equal(version, SLICE("\3"));
}

bool gwsnmp_is_version_3(struct slice message)
{
    struct slice in;
    return open_message(message, &in);
}

bool gwsnmp_is_authenticated(struct slice message)
{
    struct slice in, header, flags;
    unsigned char tag;
    return open_message(message, &in) && cut_element(&in, &tag, &header) && tag == SEQUENCE &&
           cut_elements(&header, 3, &tag, &flags) /* id, max size, flags */
           && flags.n == 1 && (flags.p[0] & AUTH_FLAG);
}

bool gwsnmp_is_report(struct slice message)
{
    struct slice in, part;
    unsigned char tag;
    /* header, security parameters, scoped PDU */
    if (!open_message(message, &in) || !cut_elements(&in, 3, &tag, &part))
        return false;
    if (tag != SEQUENCE) /* encrypted: to somebody we know */
        return false;
    return cut_elements(&part, 3, &tag, &in) && tag == REPORT; /* engine id, name, PDU */
}
