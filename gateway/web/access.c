/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The token of the status page: few guesses a minute, compared in constant time. */
#include "gateway/web/access.h"

#include <stdint.h>
#include <string.h>

#include "gateway/base/log.h"
#include "gateway/base/secret.h"

enum { MINUTE_MS = 60000 };

char *web_token_read(const char *file, struct arena *arena, bool *is_exposed, struct buf *error)
{
    char *token = (char *)(uintptr_t)secret_read(file, arena, is_exposed, error);
    if (!token || strlen(token) >= WEB_TOKEN_MIN)
        return token;
    buf_printf(error, "'%s': its first line is shorter than %d bytes", file, WEB_TOKEN_MIN);
    secret_wipe(token, strlen(token));
    return NULL;
}

static enum web_verdict compare(const char *file, struct slice shown)
{
    struct arena arena;
    struct buf error = {0};
    bool is_exposed;
    arena_init(&arena, 0);
    char *token = web_token_read(file, &arena, &is_exposed, &error);
    enum web_verdict verdict = WEB_NO_TOKEN;
    if (token) {
        verdict = secret_is_same(shown, slice_from(token)) ? WEB_ALLOWED : WEB_WRONG;
        secret_wipe(token, strlen(token));
    } else {
        log_error("web", "no token: %s", buf_text(&error));
    }
    arena_fini(&arena);
    buf_free(&error);
    return verdict;
}

static size_t place_of(const char *peer)
{
    size_t number = 5381;
    for (; *peer; peer++)
        number = number * 33 + (unsigned char)*peer;
    return number;
}

enum web_verdict web_access_judge(struct web_access *access, const char *peer,
                                  struct slice authorization, int64_t now_ms)
{
    enum { PLACES = sizeof access->guesses / sizeof *access->guesses };
    size_t place = place_of(peer) % PLACES;
    struct slice scheme, token;
    if (!access->token_file)
        return WEB_NO_TOKEN;
    if (now_ms - access->guesses[place].window_ms >= MINUTE_MS) {
        access->guesses[place].window_ms = now_ms;
        access->guesses[place].wrong = 0;
    }
    if (access->guesses[place].wrong >= WEB_WRONG_MAX)
        return WEB_TOO_OFTEN;
    enum web_verdict verdict = WEB_WRONG;
    if (slice_cut(authorization, ' ', &scheme, &token) &&
        slice_equal_nocase(scheme, SLICE("Bearer")))
        verdict = compare(access->token_file, slice_trim(token));
    access->guesses[place].wrong += verdict == WEB_WRONG && authorization.n > 0;
    return verdict;
}
