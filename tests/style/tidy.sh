#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What every file keeps to: the licence line, a purpose on top, no leftovers, no path of one
# machine, lengths that read well, and nothing at the top level that was not agreed.
. "$(dirname "$0")/common.sh"

# The words are put together here, so that this file does not hold them.
leftover='(TO''DO|FIX''ME|XX''X|HA''CK)'
columns=100
columns_python=120
lines=700

code=$(sources gateway parsers tests)
scripts=$(find deploy tests mibs .ci -type f \( -name '*.sh' -o -name '*.py' -o -path '.ci/*' \) \
    2>/dev/null | sort)
data=$(find mappings -type f \( -name '*.xml' -o -name '*.rng' \) 2>/dev/null | sort)
build=$(find . -name 'build*' -prune -o -name Makefile.inc -print | sed 's,^\./,,' | sort)
for file in configure.ac Makefile.am; do
    [ -f "$file" ] && build="$file $build"
done
count=$(printf '%s\n' $code $scripts $data | grep -c .)
[ "$count" -eq 0 ] && finish tidy 0

for file in $code $scripts $data; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' ||
        bad "$file:1: no SPDX-License-Identifier in the first lines"
done

# A .c file says what it is for before it includes anything; a unit test does by its name.
for file in $(printf '%s\n' $code | grep '\.c$' | grep -v '/test_[^/]*$'); do
    awk '/^#/ { exit 1 } NR > 1 && /^\/\*/ { found = 1; exit 0 } END { exit !found }' "$file" ||
        bad "$file:2: no comment that tells the file's purpose before its first #include"
done

bad_lines "$(grep -nwE "$leftover" $code $scripts $build /dev/null)"

# A path of one machine: a home, a work folder, a fixed name in a folder that all share. In tests,
# messages may quote such paths as the products write them: there only in scripts.
product=$(printf '%s\n' $code | grep -v '^tests/')
bad_lines "$(grep -nE "(^|[\"'= (,])/(home|root|work|mnt|opt)/[a-z]|/tmp/[A-Za-z0-9]" \
    $product $scripts $build /dev/null)"

# Columns, counting characters: the second and later bytes of one are dropped. *.def are tables, a
# row a line; nothing reformats Python, which may be wider.
bad_lines "$(for file in $(printf '%s\n' $code | grep -v '\.def$') $scripts $build; do
    case $file in
    *.py) max=$columns_python ;;
    *) max=$columns ;;
    esac
    awk -v max=$max '{ gsub(/[\200-\277]/, "") }
        length($0) > max { print FILENAME ":" FNR ": " length($0) " columns, " max " at most" }
        /[ \t]$/ { print FILENAME ":" FNR ": blanks at the end" }
        /\r$/ { print FILENAME ":" FNR ": a carriage return" }' "$file"
done)"
bad_lines "$(for file in $(printf '%s\n' $code | grep '\.c$'); do
    awk '/^\t/ { print FILENAME ":" FNR ": a tab" }' "$file"
done)"
bad_lines "$(for file in $code $scripts; do
    awk -v max=$lines 'END { if (NR > max) print FILENAME ":" NR ": " NR " lines, " max \
        " at most: split by idea" }' "$file"
done)"

# The top level. A checkout has what git holds; a release has automake's additions too, and what
# the quick start left.
agreed='gateway|mibs|parsers|mappings|deploy|tests|configure\.ac|Makefile\.am|README\.md|COPYING'
agreed="^($agreed|SECURITY\.md|\..*)\$"
added='Makefile\.in|aclocal\.m4|ar-lib|compile|config\.h\.in|configure|depcomp|install-sh|missing'
added="^($added|test-driver|autom4te\.cache|_build|_inst|build.*|configure~|var)\$"
if top=$(git ls-files 2>/dev/null) && [ -n "$top" ]; then
    top=$(printf '%s\n' "$top" | cut -d/ -f1 | sort -u)
else
    top=$(ls -A | grep -vE "$added")
fi
bad_lines "$(printf '%s\n' "$top" | grep -vE "$agreed" | sed 's/$/: not agreed at the top level/')"

finish tidy "$count"
