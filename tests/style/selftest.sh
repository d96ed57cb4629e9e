#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Shows that each style test can fail. A small tree on which all of them are silent is made, then
# broken in one way at a time; the test must find just that, by the words expected here. Each must
# also fail on a tree that holds nothing to check.
set -u
LC_ALL=C
export LC_ALL
unset top_srcdir ROOM_LIBRARIES GW_INSTRUMENTED
style=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cases=0
failures=0

file()
{
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

# A tree that every test accepts, in the current folder.
make_tree()
{
    file Makefile.am <<END
include gateway/Makefile.inc
include tests/Makefile.inc
END
    file gateway/Makefile.inc <<END
x_SOURCES = gateway/base/slice.c gateway/base/slice.h gateway/journal/journal.c \\
	gateway/journal/journal.h gateway/journal/journal_internal.h
END
    file tests/Makefile.inc <<END
y_SOURCES = tests/gateway/base/test_slice.c
END
    for name in base/slice journal/journal journal/journal_internal; do
        guard=GATEWAY_$(echo "$name" | tr 'a-z/' 'A-Z_')_H
        file "gateway/$name.h" <<END
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef $guard
#define $guard
#include <stddef.h>
int $(basename "$name")_read(size_t size);
#endif
END
    done
    for name in base/slice journal/journal; do
        file "gateway/$name.c" <<END
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads. */
#include "gateway/$name.h"

int $(basename "$name")_read(size_t size)
{
    return (int)size;
}
END
    done
    file tests/gateway/base/test_slice.c <<END
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests reading. */
#include <CUnit/CUnit.h>
int main(void)
{
    CU_ASSERT(1);
    return 0;
}
END
}

# check TEST WORDS: a fresh tree, broken by the commands on standard input, must fail with WORDS;
# with no WORDS it must pass.
check()
{
    cases=$((cases + 1))
    rm -rf "$work/tree"
    mkdir "$work/tree"
    (cd "$work/tree" && make_tree && . /dev/stdin)
    output=$(sh "$style/$1.sh" "$work/tree" 2>&1)
    status=$?
    if [ -z "$2" ]; then
        [ "$status" -eq 0 ] && return
    else
        [ "$status" -eq 1 ] && printf '%s\n' "$output" | grep -qF -e "$2" && return
    fi
    failures=$((failures + 1))
    echo "$1: expected '${2:-nothing to find}', got exit $status:"
    printf '%s\n' "$output" | sed 's/^/    /'
}

add()
{
    printf '%s\n' "$2" >>"$1"
}

for name in layers foreign headers listed tidy; do
    check "$name" '' <<END
END
    check "$name" 'found nothing to check' <<END
rm -rf gateway parsers tests
END
done

check layers 'base (rank 0) must not include' <<'END'
add gateway/base/slice.h '#include "gateway/journal/journal.h"'
END
check layers '' <<'END'
add gateway/journal/journal.h '#include "gateway/base/slice.h"'
END
check layers 'no such file' <<'END'
add gateway/base/slice.c '#include "slice.h"'
END
check layers 'go in quotes' <<'END'
add gateway/journal/journal.c '#include <gateway/base/slice.h>'
END
check layers 'an unknown room' <<'END'
mkdir gateway/util
END
check layers 'comes first' <<'END'
sed -i '3s/.*/#include "gateway\/base\/slice.h"/' gateway/journal/journal.c
add gateway/journal/journal.c '#include "gateway/journal/journal.h"'
END
check layers 'internal to journal' <<'END'
mkdir gateway/kpi
add gateway/kpi/state.h '#include "gateway/journal/journal_internal.h"'
END
check layers 'include one another' <<'END'
add gateway/journal/journal.h '#include "gateway/journal/journal_internal.h"'
add gateway/journal/journal_internal.h '#include "gateway/journal/journal.h"'
END
check layers 'no header of its own' <<'END'
add gateway/journal/segment.c 'int x;'
END
check layers 'is compiled, not included' <<'END'
add gateway/journal/journal.c '#include "gateway/base/slice.c"'
END

check foreign 'belongs to gateway/snmp' <<'END'
add gateway/base/slice.h '#include <net-snmp/net-snmp-config.h>'
END
check foreign 'belongs to tests' <<'END'
add gateway/base/slice.h '#include <CUnit/Basic.h>'
END
check foreign 'of no known library' <<'END'
add gateway/base/slice.h '#include <glib.h>'
END
check foreign '' <<'END'
mkdir -p gateway/xml
add gateway/xml/document.c '#include <libxml/tree.h>'
END

check headers 'does not compile alone' <<'END'
sed -i '/stddef/d' gateway/base/slice.h
END
check headers 'the guard must be GATEWAY_BASE_SLICE_H' <<'END'
sed -i 's/GATEWAY_BASE_SLICE_H/SLICE_H/' gateway/base/slice.h
END

check listed 'gateway/base/vec.c: named in no' <<'END'
add gateway/base/vec.c '/* */'
END
check listed 'asserts nothing' <<'END'
sed -i /CU_ASSERT/d tests/gateway/base/test_slice.c
END
check listed 'included by none' <<'END'
add gateway/journal/Makefile.inc '#'
END
check listed 'there is no gateway/feed/' <<'END'
mkdir tests/gateway/feed
mv tests/gateway/base/test_slice.c tests/gateway/feed
END

check tidy 'no SPDX' <<'END'
sed -i 1d gateway/base/slice.h
END
check tidy "file's purpose" <<'END'
sed -i 2d gateway/base/slice.c
END
check tidy 'gateway/base/slice.c:9:' <<'END'
add gateway/base/slice.c "/* TO""DO: later */"
END
check tidy 'gateway/base/slice.c:9:' <<'END'
add gateway/base/slice.c 'const char *p = "/ho""me/someone";'
sed -i 's/""//' gateway/base/slice.c
END
check tidy '101 columns' <<'END'
add gateway/base/slice.c "$(printf '/*%099d' 0)"
END
check tidy '' <<'END'
add gateway/base/slice.c "/*$(printf '\303\244%.0s' $(seq 98))"
END
check tidy 'blanks at the end' <<'END'
add gateway/base/slice.c 'int x; '
END
check tidy '708 lines' <<'END'
seq -f '/* %g */' 700 >>gateway/base/slice.c
END
check tidy 'not agreed at the top level' <<'END'
mkdir docs
END

# symbols judges built libraries.
build()
{
    for room in base journal; do
        for source in gateway/"$room"/*.c; do
            cc -I. -c "$source" -o "${source%.c}.o" || exit
        done
        ar cr "gateway/$room/lib$room.a" gateway/"$room"/*.o
    done
    mkdir -p "$work/tree"
}
top_builddir=$work/tree
export top_builddir
check symbols '' <<'END'
build
END
check symbols 'found nothing to check' <<'END'
END
check symbols '' <<'END'
add gateway/base/slice.h 'struct network {'
add gateway/base/slice.h 'int a; };'
add gateway/base/slice.c 'int network_read(void) { return 0; }'
build
END
check symbols 'begins with neither' <<'END'
add gateway/base/slice.c 'int other_thing(void) { return 0; }'
build
END
check symbols '' <<'END'
add gateway/journal/journal.c 'int other_thing(void) { return 0; }'
add gateway/journal/journal_internal.h 'int other_thing(void);'
build
END
check symbols 'other_thing: exported twice' <<'END'
for room in base/slice journal/journal; do
    add gateway/$room.c 'int other_thing(void) { return 0; }'
    add gateway/${room%/*}/x_internal.h 'int other_thing(void);'
done
build
END
check symbols 'in a foreign namespace' <<'END'
add gateway/base/slice.c 'int event_new(void) { return 0; }'
build
END
check symbols 'exports that name too' <<'END'
mv gateway/base/slice.c gateway/base/sem.c
add gateway/base/sem.c 'int sem_wait(void) { return 0; }'
build
END
check symbols 'data that can be written' <<'END'
add gateway/base/slice.c 'static int count; int *slice_count(void) { return &count; }'
build
END

echo "selftest: $cases cases, $failures failed"
[ "$failures" -eq 0 ] && [ "$cases" -gt 40 ]
