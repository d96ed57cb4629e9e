#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the rooms' libraries export, read from the built libraries with nm:
#   - names begin with the room's prefix, with the name of the file that defines them, or with that
#     of a struct in one of the room's headers; or they stand in the room's internal header;
#   - no two rooms export the same name: an archive's first would be taken without a word;
#   - no name lies in a foreign library's namespace, and none is exported by a library we link:
#     such a library would call ours in place of its own;
#   - no data that can be written: state sits in a struct that is handed in. A thread's own scratch
#     (_Thread_local, no state between calls) is none.
# Built with sanitizers or for coverage the libraries hold the compilers' own data: then skipped.
#
# ROOM_LIBRARIES: the libraries, relative to $top_builddir; the Makefile sets both.
. "$(dirname "$0")/common.sh"

[ -n "${GW_INSTRUMENTED:-}" ] && { echo 'symbols: an instrumented build'; exit 77; }
command -v nm >/dev/null || { echo 'symbols: no nm'; exit 77; }
cd "${top_builddir:-.}" || exit 99

# room, then the prefixes that its files may export beside the file's own name.
prefixes='
base gw_
schema gw_
snmp gwsnmp_
parsers parse_ fields_
daemon gateway_
'
foreign='^(event_|evbuffer_|bufferevent_|evhttp_|evutil_|snmp_|netsnmp_|relp[A-Z]|xml[A-Z]|oid_)'
# file, then why it may hold data that changes.
writable='
arena.o a flag that is set once, when the process ends for lack of memory
log.o one log a process, set up once at the start
crc32c.o a table computed once, behind pthread_once
map.o a seed drawn once, behind pthread_once
libstore_a-db.o what SQLite is told once, behind pthread_once
libsnmp_a-guard.o net-snmp calls back without a word from us: one session a process
libsnmp_a-log.o the same, for its log lines
libsnmp_a-session.o the count that refuses a second session; names that net-snmp wants writable
'

libraries=${ROOM_LIBRARIES:-$(find gateway parsers -name 'lib*.a' 2>/dev/null)}
count=0
ours=$(mktemp) theirs=$(mktemp)
trap 'rm -f "$ours" "$theirs"' EXIT

for library in $libraries; do
    [ -f "$library" ] || continue
    count=$((count + 1))
    room=$(basename "$(dirname "$library")")
    allowed="${room}_ $(printf '%s' "$prefixes" | sed -n "s/^$room //p")"
    structs=$(sed -n 's/^struct \([a-z0-9_]*\)\( {.*\|;\)$/\1/p' \
        "$tree/$(dirname "$library")"/*.h 2>/dev/null | tr '\n' ' ')
    internal=$(cat "$tree/$(dirname "$library")"/*_internal.h 2>/dev/null |
        grep -o '[a-z0-9_]*(' | tr '(\n' '  ')
    # sysv format: name|value|class|type|size|line|section, after a line that names the member.
    nm --format=sysv "$library" 2>/dev/null | tr -d ' ' | awk -F'|' -v library="$library" \
        -v allowed="$allowed" -v structs="$structs" -v internal=" $internal " \
        -v foreign="$foreign" -v writable="$writable" -v ours="$ours" '
        BEGIN { n = split(allowed, prefix, " ") }
        /^Symbols/ { member = $0; sub(/.*\[/, "", member); sub(/\].*/, "", member)
                     stem = member; sub(/\.o$/, "", stem); sub(/.*-/, "", stem)
                     next }
        NF < 7 || $1 ~ /^(\.|__|_GLOBAL|$)/ { next }
        $3 == "T" || $3 == "D" || $3 == "B" || $3 == "R" || $3 == "C" {
            good = index($1, stem "_") == 1 || $1 == stem
            word = stem
            sub(/_.*/, "", word)
            good = good || index($1, word "_") == 1
            for (i = 1; i <= n; i++)
                good = good || index($1, prefix[i]) == 1
            good = good || index(internal, " " $1 " ") > 0
            m = split(structs, name, " ")
            for (i = 1; i <= m; i++)
                good = good || index($1, name[i] "_") == 1
            if (!good && $1 != "main")
                print library "(" member "): " $1 ": begins with neither " allowed "nor " stem \
                    "_, nor with a struct of the room"
            if ($1 ~ foreign)
                print library "(" member "): " $1 ": in a foreign namespace"
            print $1 >> ours
        }
        index(writable, "\n" member " ") > 0 { next }
        $7 ~ /^\.t(bss|data)/ { next }
        $3 ~ /^[bBC]$/ || ($3 ~ /^[dD]$/ && $7 !~ /rel\.ro/) {
            print library "(" member "): " $1 ": data that can be written"
        }'
done >"$theirs"
bad_lines "$(cat "$theirs")"
[ "$count" -eq 0 ] && finish symbols 0
bad_lines "$(sort "$ours" | uniq -d | sed 's/$/: exported twice/')"

for name in xml2 event event_core event_pthreads netsnmp netsnmpagent pcre2-8 jansson \
    ssl crypto rdkafka nats c; do
    file=$(${CC:-cc} -print-file-name="lib$name.so" 2>/dev/null)
    [ "$name" = c ] && file=$(${CC:-cc} -print-file-name=libc.so.6)
    [ -f "$file" ] && nm -D --defined-only "$file" 2>/dev/null |
        awk -v library="lib$name" '$2 ~ /^[TWDBRVi]$/ { sub(/@.*/, "", $3); print $3, library }'
done | sort -u >"$theirs"
bad_lines "$(sort -u "$ours" | join - "$theirs" |
    sed 's/^\([^ ]*\) \(.*\)$/\1: \2 exports that name too, and would call ours/')"

finish symbols "$count"
