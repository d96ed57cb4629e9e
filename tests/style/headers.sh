#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header stands alone: it compiles by itself, twice in a row, without a warning, with each
# compiler that is here, and its guard is named after its path.
. "$(dirname "$0")/common.sh"

flags='-std=gnu11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Wstrict-prototypes -Werror'
libraries=$(pkg-config --cflags libxml-2.0 libevent libpcre2-8 openssl pangocairo 2>/dev/null)

headers=$(sources gateway parsers tests | grep '\.h$')
count=$(printf '%s\n' "$headers" | grep -c .)
[ "$count" -eq 0 ] && finish headers 0

compilers=
for name in gcc clang; do
    command -v "$name" >/dev/null && compilers="$compilers $name"
done
[ -n "$compilers" ] || compilers=${CC:-cc}

for header in $headers; do
    guard=$(printf '%s' "$header" | tr 'a-z' 'A-Z' | tr -c 'A-Z0-9' '_')
    awk -v guard="$guard" '
        /^#/ { n++; if (n == 1 && $0 != "#ifndef " guard) exit 1
               if (n == 2 && $0 != "#define " guard) exit 1; if (n == 2) exit 0 }
        END { if (n < 2) exit 1 }' "$header" ||
        bad "$header:1: the guard must be $guard, before anything else"
    for compiler in $compilers; do
        # The build folder holds config.h. shellcheck would quote these lists; they are lists.
        output=$(printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
            $compiler $flags $libraries -I. -I"${top_builddir:-.}" -x c - 2>&1) ||
            bad "$header:1: does not compile alone with $compiler:
$output"
    done
done

finish headers "$count"
