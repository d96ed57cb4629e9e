#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The promised command, as a newcomer runs it: a copy of the checkout in a folder that only root may
# enter, sh deploy/quickstart.sh --demo in a network of its own, polled, stopped by SIGTERM.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
skip()
{
    echo "skipped: $*"
    exit 77
}
[ "$(id -u)" -eq 0 ] || skip 'needs root'
unshare --net ip link set lo up 2>/dev/null || skip 'needs a network namespace'
[ -n "$(git -C "$top" ls-files 2>/dev/null)" ] || skip 'needs a git checkout'

work=$(mktemp -d)
out=$work/out
script=
cleanup()
{
    [ -z "$script" ] || kill -TERM "$script" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
failures=0
fail()
{
    failures=$((failures + 1))
    echo "FAIL: $*"
}

mkdir "$work/checkout"
git -C "$top" ls-files -z | (cd "$top" && tar c --null -T -) | tar x -C "$work/checkout" || exit 99

# The network lives as long as this process in it.
unshare --net sh -c 'ip link set lo up && exec sleep 1000000' &
holder=$!
trap 'kill "$holder" 2>/dev/null; cleanup' EXIT
waited=0
up='ip -br link show lo'
until nsenter --net="/proc/$holder/ns/net" $up 2>/dev/null | grep -Eq 'UP|UNKNOWN'; do
    waited=$((waited + 1))
    [ "$waited" -lt 100 ] || exit 99
    sleep 0.1
done
inside()
{
    nsenter --net="/proc/$holder/ns/net" "$@"
}

cd "$work/checkout" || exit 99
# Unoptimized: the build is half of this test. Not by the function: the signal below is for the
# script, not for a shell between.
CFLAGS=-O0 nsenter --net="/proc/$holder/ns/net" sh deploy/quickstart.sh --demo >"$out" 2>&1 &
script=$!
until grep -q '^eog-gateway runs' "$out"; do
    if ! kill -0 "$script" 2>/dev/null; then
        cat "$out"
        echo 'FAIL: quickstart.sh ended'
        exit 1
    fi
    sleep 0.5
done
cat "$out"

# Runs unprivileged, on the state that it alone owns.
eogd=
for process in /proc/[0-9]*; do
    [ "$(readlink "$process/ns/net")" = "$(readlink "/proc/$holder/ns/net")" ] &&
        [ "$(cat "$process/comm")" = eogd ] && eogd=$process
done 2>/dev/null
if [ -n "$eogd" ]; then
    grep -Eq '^Uid:(.61514){4}' "$eogd/status" || fail 'eogd does not run as 61514'
    grep -Eq '^CapEff:.0+$' "$eogd/status" || fail 'eogd has capabilities'
    grep -Eq '^NoNewPrivs:.1' "$eogd/status" || fail 'eogd may gain privileges'
else
    fail 'no eogd in the namespace'
fi

# What a manager sees: 28 rows that always exist, and what the day should have shown.
oid=$(sed -n 's/^#define EOG_ENTERPRISE_OID "\(.*\)"/\1/p' build-quickstart/config.h)
rows=$(inside snmpbulkwalk -v2c -c public -m '' -Onq 127.0.0.1:1161 "$oid.1.4.1.2" | wc -l)
[ "$rows" -eq 28 ] || fail "$rows rows in eogKpiSummaryTable, not 28"
expect()
{
    grep -Eq "^$1 +$2 " "$out" || fail "$1 is not $2 in the table"
}
expect product-offline critical
expect pattern-outdated '(warning|critical)'
expect engine-outdated '(warning|critical)'
expect install-rate warning
expect agent-offline warning
expect outbreak '(warning|critical)'
expect suspected-virus warning
expect infection-level critical
expect infection-source critical

status=0
inside build-quickstart/root/bin/check_eog -H 127.0.0.1:1161 -k infection-source || status=$?
[ "$status" -eq 2 ] || fail "check_eog: exit $status for a critical indicator"

# Stops cleanly, within 5 s, and leaves nothing behind.
kill -TERM "$script"
waited=0
while kill -0 "$script" 2>/dev/null; do
    waited=$((waited + 1))
    [ "$waited" -lt 60 ] || { fail 'still there 6 s after SIGTERM'; break; }
    sleep 0.1
done
script=
[ -z "$eogd" ] || [ ! -d "$eogd" ] || fail 'eogd outlived the script'
[ -z "$(ls -d /run/eog-quickstart.* 2>/dev/null)" ] || fail 'the mount point was left in /run'

[ "$failures" -eq 0 ] || exit 1
echo 'the quick start does what it promises'
