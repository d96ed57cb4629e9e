# SPDX-License-Identifier: GPL-3.0-or-later
# `eogd --options` as roff, in place of the line @OPTIONS@ of a page. The list is the first file:
#
#   <section>                  a .SS; what it is for stands four columns in
#       option = type; ...     a .TP; what it means stands eight columns in
#
# A line of another form stops it: better no page than one that lacks an option.
function text(line)
{
    sub(/^ +/, "", line)
    gsub(/\\/, "\\e", line)
    gsub(/-/, "\\-", line)
    sub(/^['.]/, "\\\\\\&&", line) # a dot or quote in front would be a request
    return line
}

function fail(why)
{
    print "options.awk: " FILENAME ":" FNR ": " why >"/dev/stderr"
    failed = 1
    exit 1
}

NR == FNR && /^<[a-z0-9-]+>/ {
    out = out ".SS " text($0) "\n"
    sections++
    is_head = 1
    next
}
NR == FNR && /^        [^ ]/ {
    if (is_head)
        fail("a meaning without its option")
    out = out text($0) "\n"
    next
}
NR == FNR && /^    [^ ]/ && is_head {
    out = out text($0) "\n"
    is_head = 0
    next
}
NR == FNR && /^    [a-z0-9-]+ = / {
    name = $1
    sub(/^ +[a-z0-9-]+ = /, "")
    out = out ".TP\n.B " text(name) "\n" text($0) ".\n.br\n"
    next
}
NR == FNR && /^$/ { next }
NR == FNR { fail("not understood: " $0) }

$0 == "@OPTIONS@" {
    if (!sections)
        fail("the list of options is empty")
    printf "%s", out
    placed = 1
    next
}
{ print }
END {
    if (!failed && !placed)
        fail("no line @OPTIONS@")
    exit failed
}
