/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completion for shells: a function of the shell's hands the --help of the command under way and
 * the words of the line to `eogctl completion words`, which prints what may stand next, a word a
 * line; at ":files" and ":folders" the shell completes by itself. So a new command or option is
 * completed as soon as its help has it.
 */
#include "gateway/ctl/completion.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/commands.h"
#include "gateway/ctl/complete.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/offline.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/mapping/mapping.h"
#include "gateway/schema/event.h"

static const char help[] =
    "usage: eogctl completion bash|zsh\n"
    "Prints what has a shell complete the words of eogctl and check_eog: commands, options, "
    "files,\n"
    "and, as the gateway at hand has them, sites, scopes, indicators, feeds, targets of mails and\n"
    "numbers of alerts. bash finds what is installed by itself, if bash-completion is "
    "installed.\n\n"
    "  eogctl completion bash > ~/.local/share/bash-completion/completions/eogctl\n"
    "  eval \"$(eogctl completion bash)\"\n"
    "  eval \"$(eogctl completion zsh)\"\n";

static const char for_bash[] =
    "# eogctl and check_eog, for bash; made by `eogctl completion bash`.\n"
    "_eogctl() {\n"
    "    local command=(\"$1\") tool=eogctl word=\"${COMP_WORDS[COMP_CWORD]}\"\n"
    "    case \"$1\" in\n"
    "        *eogctl) tool=\"$1\"; ((COMP_CWORD > 1)) && command+=(\"${COMP_WORDS[1]}\") ;;\n"
    "    esac\n"
    "    [ \"$word\" = = ] && word=\n"
    "    mapfile -t COMPREPLY < <(\"${command[@]}\" --help 2>/dev/null |\n"
    "        \"$tool\" completion words \"$COMP_CWORD\" \"${COMP_WORDS[@]}\" 2>/dev/null)\n"
    "    case \"${COMPREPLY[0]}\" in\n"
    "        :files) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
    "        :folders) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
    "        *) return ;;\n"
    "    esac\n"
    "    compopt -o filenames 2>/dev/null\n"
    "}\n"
    "complete -F _eogctl eogctl check_eog\n";

static const char for_zsh[] =
    "# eogctl and check_eog, for zsh; made by `eogctl completion zsh`.\n"
    "_eogctl() {\n"
    "    local -a command found\n"
    "    local tool=eogctl\n"
    "    command=(\"${words[1]}\")\n"
    "    case \"${words[1]}\" in\n"
    "        *eogctl) tool=\"${words[1]}\"; ((CURRENT > 2)) && command+=(\"${words[2]}\") ;;\n"
    "    esac\n"
    "    found=(\"${(@f)$(\"${command[@]}\" --help 2>/dev/null |\n"
    "        \"$tool\" completion words $((CURRENT - 1)) \"${words[@]}\" 2>/dev/null)}\")\n"
    "    case \"${found[1]}\" in\n"
    "        :files) _files ;;\n"
    "        :folders) _files -/ ;;\n"
    "        '') ;;\n"
    "        *) compadd -- \"${found[@]}\" ;;\n"
    "    esac\n"
    "}\n"
    "compdef _eogctl eogctl check_eog\n";

struct line {
    struct slice begun; /* of the word under way */
    const char *command;
    struct client_options options;
    json_t *status;  /* NULL: not asked yet, or nobody answers */
    struct buf seen; /* "word\n" each */
};

/* Names come from messages too: what a shell could take for more than a word is left out. */
static bool is_plain(struct slice word)
{
    const unsigned char *p = (const unsigned char *)word.p;
    for (size_t i = 0, n; i < word.n; i += n) {
        bool is_letter = (p[i] | 32) >= 'a' && (p[i] | 32) <= 'z';
        bool is_digit = p[i] >= '0' && p[i] <= '9';
        n = utf8_char(p + i, word.n - i);
        if (n == 0 || p[i] == 0xc2 || p[i] == 0xe2) /* odd blanks among them */
            return false;
        if (n == 1 ? !is_letter && !is_digit && !memchr("-_./:@+", p[i], 7)
                   : utf8_is_steering(utf8_code(p + i, n)))
            return false;
    }
    return word.n > 0;
}

static void put(void *context, struct slice word)
{
    struct line *line = context;
    struct slice rest = buf_get(&line->seen), one;
    if (!slice_starts_with(word, line->begun) || !is_plain(word))
        return;
    while (rest.n) {
        slice_cut(rest, '\n', &one, &rest);
        if (slice_equal(one, word))
            return;
    }
    buf_slice(&line->seen, word);
    buf_byte(&line->seen, '\n');
}

/* ---- values ---- */

static const json_t *status_of(struct line *line, const char *member)
{
    if (!line->status)
        line->status = client_ask_json(&line->options, "status");
    return json_object_get(line->status, member);
}

static void put_members(struct line *line, const char *table, const char *member)
{
    const json_t *rows = status_of(line, table), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        const json_t *value = json_object_get(row, member);
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        const char *text = json_is_integer(value) ? number : json_string_value(value);
        put(line, slice_from(text ? text : ""));
    }
}

static void put_sites(struct line *line)
{
    const json_t *rows = status_of(line, "kpis"), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        const char *scope = json_string_value(json_object_get(row, "scope"));
        struct slice text = slice_from(scope ? scope : "");
        put(line, slice_head(text, slice_find(text, '/')));
    }
}

/* The gateway's own, else those that are installed. */
static void put_kpis(struct line *line)
{
    struct arena arena;
    struct diag diag = {0};
    struct kpi_catalogue *catalogue = NULL;
    put(line, SLICE("all"));
    put_members(line, "summary", "key");
    if (line->status)
        return;
    arena_init(&arena, 0);
    const char *folder = offline_mappings(&arena, NULL);
    if (kpi_catalogue_load(arena_printf(&arena, "%s/kpi.xml", folder), NULL, &diag, &catalogue) ==
        GW_OK)
        for (size_t i = 0; i < catalogue->n_entries; i++)
            put(line, slice_from(catalogue->entries[i].key));
    kpi_catalogue_free(catalogue);
    diag_free(&diag);
    arena_fini(&arena);
}

static void put_products(struct line *line)
{
    struct arena arena;
    struct diag diag = {0};
    struct mapping_set *set = NULL;
    arena_init(&arena, 0);
    if (mapping_set_load(offline_mappings(&arena, NULL), &diag, &set) == GW_OK)
        for (size_t i = 0; i < mapping_set_count(set); i++)
            put(line, slice_from(mapping_id(mapping_set_at(set, i))));
    mapping_set_free(set);
    diag_free(&diag);
    arena_fini(&arena);
}

static void put_kinds(struct line *line)
{
    for (int kind = 1; kind < GW_KIND_END; kind++)
        put(line, slice_from(gw_kind_name((enum gw_kind)kind)));
}

static void put_commands(struct line *line)
{
    for (const struct ctl_command *command = ctl_commands(); command->name; command++)
        put(line, slice_from(command->name));
}

static void put_feeds(struct line *line)
{
    put_members(line, "feeds", "name");
}

static void put_mails(struct line *line)
{
    put_members(line, "mails", "name");
}

static void put_alerts(struct line *line)
{
    put_members(line, "alerts", "id");
}

static void put_scopes(struct line *line)
{
    put_members(line, "kpis", "scope");
}

/* What a VALUE of a help text means, in one command or in all of them. */
static const struct {
    const char *kind, *command;
    void (*put)(struct line *line);
    const char *word;
} kinds[] = {
    {"COMMAND", NULL, put_commands, NULL}, {"FILE", NULL, NULL, ":files"},
    {"F", NULL, NULL, ":files"},           {"BACKUP", NULL, NULL, ":files"},
    {"DIR", NULL, NULL, ":folders"},       {"FOLDER", NULL, NULL, ":folders"},
    {"SITE", NULL, put_sites, NULL},       {"SCOPE", NULL, put_scopes, NULL},
    {"KPI", NULL, put_kpis, NULL},         {"PREFIX", NULL, put_kinds, NULL},
    {"PRODUCT", NULL, put_products, NULL}, {"ID", "renormalize", put_products, NULL},
    {"ID", "ack", put_alerts, NULL},       {"NAME", "feed", put_feeds, NULL},
    {"NAME", "mail", put_mails, NULL},
};

static void put_values(void *context, struct slice kind)
{
    struct line *line = context;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!slice_equal(kind, slice_from(kinds[i].kind)) ||
            (kinds[i].command && strcmp(kinds[i].command, line->command) != 0))
            continue;
        if (kinds[i].word)
            buf_printf(&line->seen, "%s\n", kinds[i].word);
        else
            kinds[i].put(line);
        return;
    }
}

/* ---- the command ---- */

/* Help comes in by standard input. */
static int put_next(int at, char **words, int n)
{
    enum { HELP_MAX = 64 * 1024 };
    struct buf text = {0};
    char *word = at < n ? words[at] : (char *)(uintptr_t) "";
    struct line line = {.begun = slice_from(strcmp(word, "=") == 0 ? "" : word),
                        .command = n > 1 ? words[1] : "",
                        .options.patience_s = 2};
    struct complete_calls calls = {put, put_values, &line};
    for (int i = 1; i + 1 < n; i++)
        if (strcmp(words[i], "--state") == 0)
            line.options.state = words[i + (i + 2 < n && strcmp(words[i + 1], "=") == 0 ? 2 : 1)];
    text.n = fread(buf_reserve(&text, HELP_MAX), 1, HELP_MAX, stdin);
    complete_line(buf_text(&text), words, n, at, &calls);
    fputs(buf_text(&line.seen), stdout);
    json_decref(line.status);
    buf_free(&line.seen);
    buf_free(&text);
    return CTL_OK;
}

int ctl_completion(int argc, char **argv)
{
    int64_t at;
    bool is_help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (argc > 3 && strcmp(argv[1], "words") == 0 && slice_to_int(slice_from(argv[2]), &at) &&
        at > 0 && at <= argc - 3)
        return put_next((int)at, argv + 3, argc - 3);
    if (argc == 2 && (strcmp(argv[1], "bash") == 0 || strcmp(argv[1], "zsh") == 0))
        return fputs(argv[1][0] == 'b' ? for_bash : for_zsh, stdout) < 0 ? CTL_CANNOT : CTL_OK;
    return ctl_help(help, is_help);
}
