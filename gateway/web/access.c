/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The token of the status page. Guesses are few a minute; a comparison tells nothing by its time.
 */
#include "gateway/web/access.h"

#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/log.h"
#include "gateway/snmp/secret.h"

enum { MINUTE_MS = 60000 };

static bool is_same(struct slice a, struct slice b)
{
    unsigned char differs = a.n != b.n;
    for (size_t i = 0; i < a.n && i < b.n; i++)
        differs |= (unsigned char)(a.p[i] ^ b.p[i]);
    return !differs;
}

static enum web_verdict compare(const char *file, struct slice shown)
{
    struct arena arena;
    struct buf error = {0};
    bool is_exposed = false;
    arena_init(&arena, 0);
    char *token = (char *)gwsnmp_secret_read(file, &arena, &is_exposed, &error);
    enum web_verdict verdict = WEB_NO_TOKEN;
    if (!token)
        log_error("web", "no token: %s", buf_text(&error));
    else if (strlen(token) < WEB_TOKEN_MIN)
        log_error("web", "the token is shorter than %d bytes file=%s", WEB_TOKEN_MIN, file);
    else
        verdict = is_same(slice_from(token), shown) ? WEB_ALLOWED : WEB_WRONG;
    if (token && is_exposed)
        log_warn("web", "everybody may read this secret: chmod o-r file=%s", file);
    if (token)
        gwsnmp_secret_wipe(token, strlen(token));
    arena_fini(&arena);
    buf_free(&error);
    return verdict;
}

enum web_verdict web_access_judge(struct web_access *access, struct slice authorization,
                                  int64_t now_ms)
{
    struct slice scheme, token;
    if (!access->token_file)
        return WEB_NO_TOKEN;
    if (now_ms - access->window_ms >= MINUTE_MS) {
        access->window_ms = now_ms;
        access->wrong = 0;
    }
    if (access->wrong >= WEB_WRONG_MAX)
        return WEB_TOO_OFTEN;
    enum web_verdict verdict = WEB_WRONG;
    if (slice_cut(authorization, ' ', &scheme, &token) &&
        slice_equal_nocase(scheme, SLICE("Bearer")))
        verdict = compare(access->token_file, slice_trim(token));
    access->wrong += verdict == WEB_WRONG;
    return verdict;
}
