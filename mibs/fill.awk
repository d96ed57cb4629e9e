# SPDX-License-Identifier: GPL-3.0-or-later
# Writes the module's root into EOG-GATEWAY-MIB.txt.in: awk -v oid=1.3.6.1.4.1.N.N.N -f fill.awk
# A root several arcs below enterprises gets a named node for each arc, as SMIv2 checkers ask for.
BEGIN {
    n = split(oid, arc, ".")
    parent = "enterprises"
    nodes = ""
    for (i = 7; i < n; i++) {
        nodes = nodes sprintf("eogRoot%d OBJECT IDENTIFIER ::= { %s %s }\n", i - 6, parent, arc[i])
        parent = "eogRoot" (i - 6)
    }
    if (nodes != "")
        nodes = nodes "\n"
    identity = "{ " parent " " arc[n] " }"
}
{
    if ((at = index($0, "@MODULE_IDENTITY@")) > 0)
        $0 = substr($0, 1, at - 1) identity substr($0, at + 17)
    if ((at = index($0, "@MODULE_NODES@")) > 0)
        $0 = substr($0, 1, at - 1) nodes substr($0, at + 14)
    print
}
