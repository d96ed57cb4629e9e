#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The rooms' ranks: a file includes its own room and lower ranks only, by the full path from the
# root. Also: the own header (or the room's internal one) comes first, a room's internal header
# stays in the room, every .c has a header to be met by, and no headers include one another in a
# ring.
. "$(dirname "$0")/common.sh"

# rank room...; a room that is not here does not exist.
ranks='
0 base
1 xml schema loop stats
2 config parsers snmp tls
3 mapping journal
4 kpi normalize store
5 intake agent notify feed outbox report
6 web
7 ctl daemon
'

for folder in gateway/*/; do
    room=$(basename "$folder")
    printf '%s' "$ranks" | tr ' ' '\n' | grep -qx "$room" ||
        bad "gateway/$room: an unknown room; give it a rank in tests/style/layers.sh"
done

files=$(sources gateway parsers)
count=$(printf '%s\n' "$files" | grep -c .)
[ "$count" -eq 0 ] && finish layers 0

# Prints findings to stdout and the include pairs of headers, marked, for the search for rings.
report=$(printf '%s\n' "$files" | awk -v table="$ranks" '
    function room_of(path,    part) {
        split(path, part, "/")
        if (part[1] == "parsers")
            return "parsers"
        return part[1] == "gateway" && part[3] != "" ? part[2] : ""
    }
    function stem_of(path) {
        sub(/.*\//, "", path)
        sub(/\.[^.]*$/, "", path)
        return path
    }
    function complain(text) { print file ":" n ": " text }
    function judge(target,    own, other) {
        if (target == "config.h")
            return
        if (!(target in known)) {
            complain("\"" target "\": no such file; the path goes from the root of the tree")
            return
        }
        if (target ~ /\.c$/)
            complain("\"" target "\": a .c file is compiled, not included")
        own = room_of(file)
        other = room_of(target)
        if (own != other && !(rank[other] < rank[own]))
            complain(own " (rank " rank[own] ") must not include " target " (rank " rank[other] ")")
        if (own != other && target ~ /_internal\.h$/)
            complain(target " is internal to " other)
        if (file ~ /\.c$/ && !first && (header in known) && target != header &&
            !(own == other && target ~ /_internal\.h$/))
            complain("the own header, " header ", comes first")
        first = 1
        if (target != header && own == other && target ~ /_internal\.h$/)
            met = 1
        if (own == other && index(stem_of(file) "_", stem_of(target) "_") == 1)
            met = 1
        if (file ~ /\.h$/ && target ~ /\.h$/)
            print "PAIR " file " " target
    }
    BEGIN {
        lines = split(table, line, "\n")
        for (i = 1; i <= lines; i++) {
            words = split(line[i], word, " ")
            for (j = 2; j <= words; j++)
                rank[word[j]] = word[1]
        }
    }
    { known[$0] = 1; name[++total] = $0 }
    END {
        for (k = 1; k <= total; k++) {
            file = name[k]
            header = file
            sub(/\.c$/, ".h", header)
            first = met = main = n = 0
            if (!(room_of(file) in rank))
                complain("stands in no room")
            while ((getline text < file) > 0) {
                n++
                if (text ~ /^int main\(/)
                    main = 1
                if (text ~ /^[ \t]*#[ \t]*include[ \t]*<(gateway|parsers|tests)\//)
                    complain("our own headers go in quotes")
                if (text ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
                    sub(/^[^"]*"/, "", text)
                    sub(/".*/, "", text)
                    judge(text)
                }
            }
            close(file)
            if (file ~ /\.c$/ && !met && !main)
                complain("no header of its own, and none of its room that it is a part of")
        }
    }')
bad_lines "$(printf '%s\n' "$report" | grep -v '^PAIR ' | grep .)"

ring=$(printf '%s\n' "$report" | sed -n 's/^PAIR //p' | tsort 2>&1 >/dev/null | grep '\.h$')
[ -n "$ring" ] && bad "headers that include one another: $(printf '%s' "$ring" | tr '\n' ' ')"

finish layers "$count"
