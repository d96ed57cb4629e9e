# SPDX-License-Identifier: GPL-3.0-or-later
# What gcov -b -n says of each file, summed: lines executed, branches taken, lines and branches in
# all, a file a line, then each room, then all. Headers and tests are left out.
function add(what) {
    lines[what] += n_lines
    hit[what] += n_lines * share / 100
}
function add_branches(what) {
    branches[what] += n_branches
    taken[what] += n_branches * share / 100
}
function print_one(what) {
    printf "%s\t%6.2f %% of %6d lines  %6.2f %% of %6d branches  %s\n", rank[what],
        100 * hit[what] / lines[what], lines[what],
        branches[what] ? 100 * taken[what] / branches[what] : 100, branches[what], what
}
/^Calls executed|^No calls/ {
    room = "" # a file's last line; behind the last file's stand the lines of them all
}
/^File / {
    room = ""
    gsub(/\047/, "", $2)
    if (match($2, /(gateway\/[a-z]+|parsers)\/[^\/]*\.c$/)) {
        file = room = substr($2, RSTART)
        sub(/\/[^\/]*$/, "", room)
        rank[file] = 1
        rank[room] = 2
        rank["all"] = 3
    }
}
room && /^Lines executed/ {
    split($0, part, /[:%]| of /)
    share = part[2]
    n_lines = $NF
    add(file)
    add(room)
    add("all")
}
room && /^Taken at least once/ {
    split($0, part, /[:%]| of /)
    share = part[2]
    n_branches = $NF
    add_branches(file)
    add_branches(room)
    add_branches("all")
}
END {
    for (what in lines)
        print_one(what)
    if (!("all" in lines))
        exit 1
}
