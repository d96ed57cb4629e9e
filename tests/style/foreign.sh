#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each foreign library lives in its room: only there may its headers be included. Headers of the C
# library and of the kernel are free for all; any other header must have a row here.
. "$(dirname "$0")/common.sh"

# header (a prefix), then the folders that may include it. tests/<room's path> may do what its room
# may; the benchmarks measure us beside the libraries and may use each of them.
homes='
libxml/           gateway/xml
event2/           gateway/loop
openssl/          gateway/tls
net-snmp/         gateway/snmp
pcre2.h           gateway/mapping
sqlite3.h         gateway/store
librdkafka/       gateway/feed
nats/             gateway/feed
curl/             gateway/outbox
cairo             gateway/report
pango/            gateway/report
jansson.h         gateway/ctl gateway/web tests
CUnit/            tests
lmdb.h            tests/bench
'

files=$(sources gateway parsers tests)
count=$(printf '%s\n' "$files" | grep -c .)
[ "$count" -eq 0 ] && finish foreign 0

bad_lines "$(printf '%s\n' "$files" | awk -v table="$homes" '
    function is_system(header) {
        if (header ~ /^(sys|arpa|net|netinet|linux|asm)\/[a-z0-9_]+\.h$/)
            return 1
        return header ~ free
    }
    function may(file, folders,    n, part, i, mirror) {
        mirror = file
        sub(/^tests\//, "", mirror)
        n = split(folders, part, " ")
        for (i = 1; i <= n; i++)
            if (index(file, part[i] "/") == 1 || index(mirror, part[i] "/") == 1)
                return 1
        return index(file, "tests/bench/") == 1
    }
    BEGIN {
        free = "^(" \
            "assert|byteswap|cpuid|ctype|dirent|dlfcn|emmintrin|endian|errno|error|fcntl|" \
            "fenv|float|fnmatch|ftw|getopt|glob|grp|iconv|ifaddrs|immintrin|inttypes|" \
            "langinfo|libgen|limits|locale|malloc|math|netdb|nmmintrin|poll|pthread|pwd|" \
            "regex|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|" \
            "stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog|termios|" \
            "threads|time|unistd|wchar|wctype|x86intrin|arm_acle)" \
            "[.]h$"
        lines = split(table, line, "\n")
        for (i = 1; i <= lines; i++)
            if (split(line[i], word, " ") > 1) {
                prefix[++rows] = word[1]
                home[rows] = line[i]
                sub(/^[^ ]+ +/, "", home[rows])
            }
    }
    {
        file = $0
        n = 0
        while ((getline text < file) > 0) {
            n++
            if (text !~ /^[ \t]*#[ \t]*include[ \t]*</)
                continue
            sub(/^[^<]*</, "", text)
            sub(/>.*/, "", text)
            found = 0
            for (i = 1; i <= rows && !found; i++)
                if (index(text, prefix[i]) == 1)
                    found = i
            if (found && !may(file, home[found]))
                print file ":" n ": <" text "> belongs to " home[found]
            if (!found && !is_system(text) && text !~ /^(gateway|parsers|tests)\//)
                print file ":" n ": <" text "> is of no known library; give it a room in " \
                    "tests/style/foreign.sh"
        }
        close(file)
    }')"

finish foreign "$count"
