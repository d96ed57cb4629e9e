/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_ACCESS_H
#define GATEWAY_WEB_ACCESS_H

#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/** Who may change something by the page: who knows the token. One thread. */
struct web_access {
    const char *token_file; /* NULL: nobody; borrowed */
    struct {
        int64_t window_ms; /* when the minute of wrong ones began */
        int wrong;         /* in it */
    } guesses[64];         /* by a hash of the address: whoever guesses locks out few others */
};
enum { WEB_TOKEN_MIN = 16, WEB_WRONG_MAX = 10 };

enum web_verdict {
    WEB_ALLOWED,
    WEB_NO_TOKEN, /* none is configured, or its file cannot be used: said in the log */
    WEB_WRONG,    /* or none was shown, which is no guess */
    WEB_TOO_OFTEN /* WEB_WRONG_MAX wrong ones within a minute: not even looked at */
};

/* The file's first line, for the caller to wipe; NULL, and why, where it is none to use.
   is_exposed: as secret_read() says. */
char *web_token_read(const char *file, struct arena *arena, bool *is_exposed, struct buf *error);

/* peer: whose address. authorization: the header, "Bearer TOKEN". now_ms: monotonic. */
enum web_verdict web_access_judge(struct web_access *access, const char *peer,
                                  struct slice authorization, int64_t now_ms);

#endif
