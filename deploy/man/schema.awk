# SPDX-License-Identifier: GPL-3.0-or-later
# kinds.def and fields.def as roff, in place of the lines @KINDS@ and @FIELDS@ of a page. The
# gateway's own kinds and fields, which no mapping may set, are left out: those from GATEWAY_TICK
# on, and those under a comment that begins "The gateway's own".
function text(line)
{
    gsub(/\\/, "\\e", line)
    gsub(/-/, "\\-", line)
    sub(/^['.]/, "\\\\\\&&", line) # a dot or quote in front would be a request
    return line
}

function quoted(line)
{
    if (!match(line, /"[^"]*"/)) {
        print "schema.awk: " FILENAME ":" FNR ": no name in quotes" >"/dev/stderr"
        failed = 1
        exit 1
    }
    return substr(line, RSTART + 1, RLENGTH - 2)
}

FNR == 1 { file++; is_own = 0 }
file == 1 && /^GW_KIND\([0-9]+, GATEWAY_TICK,/ { is_own = 1 }
file == 1 && /^GW_KIND\(/ && !is_own && quoted($0) != "none" {
    split(substr($0, index($0, "\"" quoted($0) "\"") + length(quoted($0)) + 2), part, /[, )]+/)
    kinds = kinds ".TP\n.B " text(quoted($0)) "\n" \
        (part[2] ? "Class " part[2] "." : "Base event.") "\n"
    next
}
file == 2 && /^\/\* The gateway's own/ { is_own = 1 }
file == 2 && /^\/\* [A-Z]/ && !is_own {
    heading = $0
    gsub(/^\/\* | \*\/$/, "", heading)
    fields = fields ".SS " text(heading) "\n"
    next
}
file == 2 && /^GW_FIELD\(/ && !is_own {
    type = $0
    sub(/^[^"]*"[^"]*", */, "", type)
    sub(/\).*/, "", type)
    type = type == "INT" ? "Number" : type == "TIME" ? "Time" : type == "IP" ? "Address" : "Text"
    meaning = $0
    meaning = match(meaning, /\/\* .* \*\//) ? substr(meaning, RSTART + 3, RLENGTH - 6) : ""
    fields = fields ".TP\n.B " text(quoted($0)) "\n" type (meaning ? ": " text(meaning) : "") ".\n"
    n++
    next
}
file < 3 { next }

$0 == "@KINDS@" { printf "%s", kinds; placed++; next }
$0 == "@FIELDS@" { printf "%s", fields; placed++; next }
{ print }
END {
    if (!failed && (placed != 2 || !kinds || n < 100)) {
        print "schema.awk: lists not found, or not placed" >"/dev/stderr"
        failed = 1
    }
    exit failed
}
