/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugin's command line. Passphrases are read from files only: arguments are seen by everybody
 * on the host. A community may stand there, since SNMP sends it in the clear anyway.
 */
#include "gateway/ctl/check_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/secret.h"
#include "gateway/base/slice.h"

const char check_options_help[] =
    "usage: check_eog -H HOST[:PORT] -k KPI [-s SCOPE] [options]\n"
    "       check_eog -H HOST[:PORT] --products|--feeds [-s NAME] [options]\n"
    "       check_eog -H HOST[:PORT] --gateway [options]\n"
    "\n"
    "Asks an eog-gateway by SNMP for the state of one security indicator, of all, of products,\n"
    "feeds, or of itself. Exit codes and output are a monitoring plugin's: 0 ok, 1 warning,\n"
    "2 critical, 3 unknown. A gateway that cannot be asked is unknown, with the reason.\n"
    "\n"
    "  -H, --host HOST[:PORT]   name or address; [2001:db8::1]:1161 for IPv6; port 161 if none\n"
    "  -k, --kpi KPI            key or number of the indicator (eogctl status lists them);\n"
    "                           all: the worst of all indicators, and of the journal\n"
    "  -s, --scope SCOPE        one site, product or device (hq, hq/apex-central); without it\n"
    "                           the worst of all scopes\n"
    "      --products           the worst of all products; -s: of a site, or one "
    "(hq/apex-central)\n"
    "      --feeds              the worst of all feeds to cores; -s: one\n"
    "      --gateway            its journal, and whether it has caught up\n"
    "  -w, --warning RANGE      levels for the value of -k in place of the gateway's own: alert\n"
    "  -c, --critical RANGE     outside START:END; 10 is 0:10, 95: is below 95, @10:20 inside.\n"
    "                           Percent where the value is a share. Without -s each scope is\n"
    "                           judged by them\n"
    "  -t, --timeout SECONDS    for everything together; 10 if not given\n"
    "  -m, --max-age SECONDS    unknown if the gateway judged nothing for so long, unless it says\n"
    "                           that its disk refuses, and if its clock is ahead by more; 300 if\n"
    "                           not given, 0: never. Needs clocks that agree\n"
    "  -P, --protocol 2c|3      version of SNMP; 2c if not given\n"
    "  -C, --community NAME     version 2c; public if not given\n"
    "      --community-file F   its first line in place of -C\n"
    "  -u, --user NAME          version 3\n"
    "  -a, --auth PROTOCOL      MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512; SHA-256 if not given\n"
    "      --auth-file F        file whose first line is the passphrase\n"
    "  -x, --privacy PROTOCOL   none DES AES-128 AES-192 AES-256 AES-192-C AES-256-C; AES-128 if\n"
    "                           there is a --privacy-file, else none\n"
    "      --privacy-file F     file whose first line is the passphrase\n"
    "  -v, --verbose            list what is ok, too\n"
    "  -h, --help               this text\n"
    "  -V, --version            the program's version\n"
    "\n"
    "Performance data: with -k KPI the value of the row that is told of, with its levels, and\n"
    "without -s how many scopes are in each state; with -k all how many indicators are.\n"
    "\n"
    "examples:\n"
    "  check_eog -H 192.0.2.10 -k outbreak\n"
    "  check_eog -H 192.0.2.10 -k pattern-outdated -s hq/apex-central -C monitoring\n"
    "  check_eog -H gateway.example -k 11 -P 3 -u nms --auth-file /etc/nagios/eog.auth \\\n"
    "      --privacy-file /etc/nagios/eog.privacy\n"
    "  check_eog -H 192.0.2.10:1161 -k all -t 5\n"
    "  check_eog -H 192.0.2.10 -k install-rate -s hq -w 98: -c 90:\n"
    "  check_eog -H 192.0.2.10 --products -s hq\n";

enum {
    OPTION_COMMUNITY_FILE = 256,
    OPTION_AUTH_FILE,
    OPTION_PRIVACY_FILE,
    OPTION_PRODUCTS,
    OPTION_FEEDS,
    OPTION_GATEWAY
};
enum { PORT = 161, TIMEOUT_S = 10, TIMEOUT_MAX_S = 600, AGE_S = 300, AGE_MAX_S = 10000000 };

static const struct option long_options[] = {
    {"host", required_argument, NULL, 'H'},
    {"kpi", required_argument, NULL, 'k'},
    {"scope", required_argument, NULL, 's'},
    {"timeout", required_argument, NULL, 't'},
    {"max-age", required_argument, NULL, 'm'},
    {"products", no_argument, NULL, OPTION_PRODUCTS},
    {"feeds", no_argument, NULL, OPTION_FEEDS},
    {"gateway", no_argument, NULL, OPTION_GATEWAY},
    {"warning", required_argument, NULL, 'w'},
    {"critical", required_argument, NULL, 'c'},
    {"protocol", required_argument, NULL, 'P'},
    {"verbose", no_argument, NULL, 'v'},
    {"community", required_argument, NULL, 'C'},
    {"community-file", required_argument, NULL, OPTION_COMMUNITY_FILE},
    {"user", required_argument, NULL, 'u'},
    {"auth", required_argument, NULL, 'a'},
    {"auth-file", required_argument, NULL, OPTION_AUTH_FILE},
    {"privacy", required_argument, NULL, 'x'},
    {"privacy-file", required_argument, NULL, OPTION_PRIVACY_FILE},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* What one reading carries. */
struct reading {
    struct check_options *out;
    struct arena *arena;
    struct buf *error;
    const char *auth, *auth_file, *privacy, *privacy_file, *community_file;
};

/* "host", "host:port", "[v6]", "[v6]:port", "v6". */
static bool take_host(struct reading *r, const char *text)
{
    struct slice host = slice_from(text), port = SLICE_NONE, head, rest, more, none;
    int64_t number = PORT;
    bool is_fine = true;
    if (host.n && host.p[0] == '[') {
        is_fine =
            slice_cut(slice_skip(host, 1), ']', &head, &rest) && (!rest.n || rest.p[0] == ':');
        port = slice_skip(rest, 1);
        is_fine = is_fine && (rest.n == 0 || port.n);
        host = head;
    } else if (slice_cut(host, ':', &head, &rest) && !slice_cut(rest, ':', &more, &none)) {
        is_fine = rest.n > 0;
        port = rest;
        host = head;
    }
    if (!is_fine || !host.n ||
        (port.n && (!slice_to_int(port, &number) || number < 1 || number > 65535))) {
        buf_printf(r->error, "-H '%s' is no HOST, HOST:PORT or [IPv6]:PORT", text);
        return false;
    }
    r->out->host = arena_text(r->arena, host);
    r->out->port = (unsigned)number;
    return true;
}

static bool take_seconds(struct reading *r, const char *name, const char *text, int64_t least,
                         int64_t most, int64_t *ms)
{
    int64_t seconds;
    if (!slice_to_int(slice_from(text), &seconds) || seconds < least || seconds > most) {
        buf_printf(r->error, "%s '%s' is no number of seconds from %lld to %lld", name, text,
                   (long long)least, (long long)most);
        return false;
    }
    *ms = seconds * 1000;
    return true;
}

static bool take_version(struct reading *r, const char *text)
{
    if (strcmp(text, "2c") != 0 && strcmp(text, "3") != 0) {
        buf_printf(r->error, "-P '%s' is no version of SNMP spoken here: 2c or 3", text);
        return false;
    }
    r->out->version = *text - '0';
    return true;
}

static bool take_range(struct reading *r, const char *name, const char *text,
                       struct check_range *out)
{
    if (check_range_parse(slice_from(text), out))
        return true;
    buf_printf(r->error, "%s '%s' is no range such as 10, 95:, ~:10, 10:20 or @10:20", name, text);
    return false;
}

static bool take_mode(struct reading *r, enum check_mode mode)
{
    if (r->out->mode != CHECK_INDICATOR && r->out->mode != mode) {
        buf_printf(r->error, "--products, --feeds and --gateway go one at a time");
        return false;
    }
    r->out->mode = mode;
    return true;
}

static bool take(struct reading *r, int option)
{
    struct check_options *out = r->out;
    int64_t ms;
    switch (option) {
    case 'H':
        return take_host(r, optarg);
    case 'k':
        out->kpi = optarg;
        return true;
    case 's':
        out->scope = optarg;
        return true;
    case 't':
        if (!take_seconds(r, "-t", optarg, 1, TIMEOUT_MAX_S, &ms))
            return false;
        out->timeout_ms = (int)ms;
        return true;
    case 'm':
        return take_seconds(r, "-m", optarg, 0, AGE_MAX_S, &out->max_age_ms);
    case OPTION_PRODUCTS:
        return take_mode(r, CHECK_PRODUCTS);
    case OPTION_FEEDS:
        return take_mode(r, CHECK_FEEDS);
    case OPTION_GATEWAY:
        return take_mode(r, CHECK_GATEWAY);
    case 'w':
        return take_range(r, "-w", optarg, &out->warning);
    case 'c':
        return take_range(r, "-c", optarg, &out->critical);
    case 'P':
        return take_version(r, optarg);
    case 'v':
        return out->is_verbose = true;
    case 'C':
        out->community = optarg;
        return true;
    case OPTION_COMMUNITY_FILE:
        r->community_file = optarg;
        return true;
    case 'u':
        out->user.name = optarg;
        return true;
    case 'a':
        r->auth = optarg;
        return true;
    case OPTION_AUTH_FILE:
        r->auth_file = optarg;
        return true;
    case 'x':
        r->privacy = optarg;
        return true;
    case OPTION_PRIVACY_FILE:
        r->privacy_file = optarg;
        return true;
    case 'h':
        return out->is_help = true;
    case 'V':
        return out->is_version = true;
    default:
        buf_printf(r->error, "an option is unknown or lacks its argument; see check_eog --help");
        return false;
    }
}

static const char *secret(struct reading *r, const char *path)
{
    bool is_exposed;
    return secret_read(path, r->arena, &is_exposed, r->error);
}

static bool finish_user(struct reading *r)
{
    struct gwsnmp_user *user = &r->out->user;
    int auth = gwsnmp_auth_by_name(slice_from(r->auth ? r->auth : "SHA-256"));
    const char *default_privacy = r->privacy_file ? "AES-128" : "none";
    int privacy = gwsnmp_privacy_by_name(slice_from(r->privacy ? r->privacy : default_privacy));

    if (!user->name || !*user->name || strlen(user->name) > GWSNMP_NAME_MAX)
        buf_printf(r->error, "version 3 needs -u with a name of 1 to %d octets", GWSNMP_NAME_MAX);
    else if (!r->auth_file)
        buf_printf(r->error, "version 3 needs --auth-file: the gateway answers no user without "
                             "authentication");
    else if (auth < 0)
        buf_printf(r->error, "-a '%s' is none of %s", r->auth, GWSNMP_AUTH_CHOICES);
    else if (privacy < 0)
        buf_printf(r->error, "-x '%s' is none of %s", r->privacy, GWSNMP_PRIVACY_CHOICES);
    else if (privacy != GWSNMP_PRIVACY_NONE && !r->privacy_file)
        buf_printf(r->error, "-x %s needs --privacy-file", r->privacy);
    if (r->error->n)
        return false;
    user->auth = (enum gwsnmp_auth)auth;
    user->privacy = (enum gwsnmp_privacy)privacy;
    user->auth_passphrase = secret(r, r->auth_file);
    if (user->auth_passphrase && privacy != GWSNMP_PRIVACY_NONE)
        user->privacy_passphrase = secret(r, r->privacy_file);
    return !r->error->n;
}

static bool finish(struct reading *r, int argc, char **argv)
{
    struct check_options *out = r->out;
    if (optind < argc)
        buf_printf(r->error, "'%s' is no option; see check_eog --help", argv[optind]);
    else if (!out->host)
        buf_printf(r->error, "-H is missing: which gateway? See check_eog --help");
    else if (out->mode != CHECK_INDICATOR && out->kpi)
        buf_printf(r->error, "-k goes without --products, --feeds and --gateway");
    else if (out->mode == CHECK_GATEWAY && out->scope)
        buf_printf(r->error, "--gateway has no -s: there is but one");
    else if (out->mode == CHECK_INDICATOR && (!out->kpi || !*out->kpi))
        buf_printf(r->error, "-k is missing: which indicator? See check_eog --help");
    else if ((out->warning.is_set || out->critical.is_set) &&
             (out->mode != CHECK_INDICATOR || strcmp(out->kpi, "all") == 0))
        buf_printf(r->error, "-w and -c are for the value of one indicator: -k KPI");
    else if (out->mode == CHECK_INDICATOR && out->scope && strcmp(out->kpi, "all") == 0)
        buf_printf(r->error, "-k all has no -s: it tells of all indicators and scopes");
    else if (out->scope && (!*out->scope || strlen(out->scope) > 64))
        buf_printf(r->error, "-s must have 1 to 64 octets");
    else if (out->version == 2 && (out->user.name || r->auth_file || r->privacy_file))
        buf_printf(r->error, "a user needs -P 3");
    if (r->error->n)
        return false;
    if (out->version == 3)
        return finish_user(r);
    if (r->community_file)
        out->community = secret(r, r->community_file);
    return !r->error->n;
}

bool check_options_parse(int argc, char **argv, struct arena *arena, struct check_options *out,
                         struct buf *error)
{
    struct reading r = {.out = out, .arena = arena, .error = error};
    int option;

    *out = (struct check_options){.port = PORT,
                                  .version = 2,
                                  .community = "public",
                                  .timeout_ms = TIMEOUT_S * 1000,
                                  .max_age_ms = AGE_S * 1000};
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+H:k:s:w:c:t:m:P:C:u:a:x:vhV", long_options, NULL)) !=
           -1) {
        if (!take(&r, option))
            return false;
        if (out->is_help || out->is_version)
            return true;
    }
    return finish(&r, argc, argv);
}
