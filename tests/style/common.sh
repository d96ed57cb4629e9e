# SPDX-License-Identifier: GPL-3.0-or-later
# What every style test begins with; sourced, not run.
#
#   tree      the source tree that is judged: the first argument, else $top_srcdir, else ours
#   bad TEXT  counts and prints one finding
#   finish WHAT N  ends the test; N things were looked at, and to have found none is a failure
#
# A test reads the tree only, prints file:line: text for each finding, and exits 0, 1 (findings, or
# nothing to check) or 77 (cannot be judged here; automake shows it as skipped).
set -u
LC_ALL=C
export LC_ALL
tree=${1:-${top_srcdir:-$(dirname "$0")/../..}}
tree=$(cd "$tree" && pwd) || exit 99
cd "$tree" || exit 99
findings=0

bad()
{
    findings=$((findings + 1))
    printf '%s\n' "$*"
}

# Findings that a filter printed, one a line.
bad_lines()
{
    [ -n "$1" ] || return 0
    printf '%s\n' "$1"
    findings=$((findings + $(printf '%s\n' "$1" | wc -l)))
}

# Source files under the given folders; files that a build made in the tree are none of ours.
sources()
{
    for folder in "$@"; do
        [ -d "$folder" ] && find "$folder" -name .deps -prune -o -type f -name '*.[ch]' -print \
            -o -type f -name '*.def' -print
    done | sort
}

finish()
{
    if [ "$2" -eq 0 ]; then
        echo "$1: found nothing to check in $tree"
        exit 1
    fi
    echo "$1: $2 checked, $findings findings"
    [ "$findings" -eq 0 ]
    exit
}
