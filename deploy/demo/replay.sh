#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sends the demonstration's day to an eogd with the quick start's listeners, its last message moved
# to now; waits until the indicators show it, and prints them. Called by quickstart.sh, which has
# eogctl in PATH.
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

# eogKpiSummaryTable: what its columns say, a line an indicator.
summary()
{
    snmpbulkwalk -v2c -c public -m '' -OnqU -t 2 -r 1 127.0.0.1:1161 "$oid.1.2" 2>/dev/null
}

# The engine judges by ticks, some seconds apart: the outbreak is there, or 60 s are over.
waited=0
until check_eog -H 127.0.0.1:1161 -k outbreak -s hq >"$work/outbreak" 2>&1 || [ $? -eq 1 ] ||
    grep -q CRITICAL "$work/outbreak"; do
    waited=$((waited + 1))
    [ "$waited" -lt 60 ] || { cat "$work/outbreak" >&2; exit 1; }
    sleep 1
done
summary | head -n 200 >"$work/summary"
[ -s "$work/summary" ]
eogctl status
