#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sends the demonstration's day to an eogd with the quick start's listeners, its last message moved
# to now; waits until the indicators show it, and prints them as a manager sees them, by SNMP.
# Called by quickstart.sh, which has eogctl in PATH.
#
#   sh replay.sh OID      OID: the root of EOG-GATEWAY-MIB
set -eu
oid=${1:?the root of EOG-GATEWAY-MIB is missing}
demo=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The times in notification texts are the console's own words; they are filled in here.
sed "s,@NOW@,$(date -u '+%Y/%m/%d %H:%M:%S'),g" "$demo/day.traps" >"$work/day.traps"
eogctl send --syslog --retime --to 127.0.0.1:5514 "$demo/day.syslog"
eogctl send --trap --to 127.0.0.1:1162 "$work/day.traps"

# Columns of eogKpiSummaryTable, of which there is a row for every indicator (its id is the index).
entry=$oid.1.4.1
key=2 name=3 state=6 scope=11
outbreak=11

get()
{
    snmpget -v2c -c public -m '' -Oqv -t 2 -r 1 127.0.0.1:1161 "$1" 2>/dev/null
}

# The engine judges by ticks, some seconds apart.
waited=0
until current=$(get "$entry.$state.$outbreak") && [ "$current" != 0 ] && [ "$current" != 3 ]; do
    waited=$((waited + 1))
    if [ "$waited" -ge 60 ]; then
        echo "The outbreak does not show after 60 s: its state is ${current:-not to be had}." >&2
        exit 1
    fi
    sleep 1
done

printf '\n%-24s %-9s %-28s %s\n' INDICATOR STATE WORST 'WHAT IT WATCHES'
snmpbulkwalk -v2c -c public -m '' -Onq -t 2 -r 1 127.0.0.1:1161 "$entry" | awk -v entry=".$entry." \
    -v key="$key" -v name="$name" -v state="$state" -v scope="$scope" '
    BEGIN { split("warning critical unknown", word, " "); word[0] = "ok" }
    index($0, entry) == 1 {
        split(substr($1, length(entry) + 1), part, ".")
        value = substr($0, length($1) + 2)
        gsub(/^"|"$/, "", value)
        cell[part[1], part[2]] = value
        if (part[2] > last)
            last = part[2]
    }
    END {
        for (id = 1; id <= last; id++)
            if ((key, id) in cell)
                printf "%-24s %-9s %-28s %s\n", cell[key, id], word[cell[state, id]], \
                    cell[scope, id], cell[name, id]
    }'
