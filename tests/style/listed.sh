#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Nothing forgotten: every source file is named in a Makefile.inc (else it is never built, nor
# packed), every unit test in one too, every test stands where its source stands and asserts
# something, and every folder's Makefile.inc is included.
. "$(dirname "$0")/common.sh"

files=$(sources gateway parsers tests)
count=$(printf '%s\n' "$files" | grep -c .)
[ "$count" -eq 0 ] && finish listed 0

makefiles=$(find . -name 'build*' -prune -o -name Makefile.inc -print | sed 's,^\./,,')
[ -f Makefile.am ] && makefiles="Makefile.am $makefiles"
named=$(cat $makefiles /dev/null | sed 's/#.*//' | tr ' \t=\\' '\n\n\n\n')

for file in $files; do
    # A program of one file with its own name as source may leave the name to automake.
    program=$(printf '%s' "${file%.c}" | tr -c 'A-Za-z0-9@\n' '_')
    printf '%s\n' "$named" | grep -qxF -e "$file" -e "${file%.c}" ||
        bad "$file: named in no Makefile.inc (neither as a source nor as the program ${program})"
done

for makefile in $makefiles; do
    [ "$makefile" = Makefile.am ] && continue
    printf '%s\n' "$named" | grep -qxF "$makefile" || bad "$makefile: included by none"
done

for file in $(printf '%s\n' "$files" | grep '/test_[^/]*\.c$'); do
    grep -qE 'CU_(ASSERT|TEST|FAIL)|assert\(' "$file" || bad "$file: a test that asserts nothing"
    folder=${file#tests/}
    folder=${folder%/*}
    [ -d "$folder" ] || bad "$file: there is no $folder/ that it could be a test of"
done

finish listed "$count"
