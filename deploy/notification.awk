# SPDX-License-Identifier: GPL-3.0-or-later
# What snmptrapd hands to its handlers (option -On, or "outputOption n"), read whole: for each object
# of one of our notifications object(NUMBER, VALUE, RAW) is called. NUMBER is that below eogNotify; 0
# is eogGatewayName, "n" the number of the notification. address is whom the datagram came from. It
# stands in the handlers where they say @NOTIFICATION_AWK@. For LC_ALL=C.
#
# A quoted text goes on until its closing quote, whatever its lines look like: what strangers wrote
# is no object. Octets that cannot be printed come as hexadecimal, "E4 B8 AD ".
function octet(digits)
{
    digits = toupper(digits)
    return (index("0123456789ABCDEF", substr(digits, 1, 1)) - 1) * 16 + \
           index("0123456789ABCDEF", substr(digits, 2, 1)) - 1
}
function is_open(text)
{
    if (text !~ /^"/)
        return 0
    return text == "\"" || !match(text, /\\*"$/) || RLENGTH % 2 == 0
}
function decode(text,    n, byte, i, out, value, is_quoted)
{
    sub(/[ \t\r\n]+$/, "", text)
    is_quoted = text ~ /^"/
    if (is_quoted)
        text = substr(text, 2, length(text) - 2)
    value = text
    gsub(/[ \n]+/, " ", value)
    if ((is_quoted && value !~ / $/) ||
        value !~ /^[0-9A-Fa-f][0-9A-Fa-f]( [0-9A-Fa-f][0-9A-Fa-f])+ ?$/) {
        gsub(/\\"/, "\"", text)
        gsub(/\\\\/, "\\", text)
        return text
    }
    n = split(value, byte, " ")
    for (i = 1; i <= n; i++) {
        value = octet(byte[i])
        if (value == 0)
            break
        out = out sprintf("%c", value)
    }
    return out
}
function take(    number)
{
    if (name == "")
        return
    if (name == root ".1.1.1.0")
        number = 0
    else if (index(name, root ".1.11.") == 1) {
        number = substr(name, length(root ".1.11.") + 1)
        sub(/\.0$/, "", number)
    } else if (name == ".1.3.6.1.6.3.1.1.4.1.0") {
        number = "n"
        if (index(value, root ".0.") != 1)
            return
        sub(/^.*\./, "", value)
    } else
        return
    if (!(number in taken))
        object(number, decode(value), value)
    taken[number] = 1
}
BEGIN { root = ".@ENTERPRISE_OID@" }
NR == 2 { # UDP: [192.0.2.1]:1->[192.0.2.2]:162
    address = $0
    sub(/^[^[]*\[/, "", address)
    sub(/\].*$/, "", address)
}
NR <= 2 { next }
is_open(value) { value = value "\n" $0; next }
/^\.1\.[0-9.]+ / {
    take()
    name = $1
    value = substr($0, length($1) + 2)
    next
}
{ value = value " " $0 } # a long one goes on
END { take() }
