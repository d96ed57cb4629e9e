#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves the two promised commands on a bare Debian 12: a root is made with debootstrap in a folder
# of its own, this checkout's committed files are copied into its /root, and both commands run in it
# as root, in namespaces of their own, with the packages' source and nothing else of this machine.
#
#   sh tests/system/bare.sh [quickstart|tests]...     default: both
#
# Needs root, debootstrap and some 3 GB. Downloads a lot, so it is a make target (check-bare) and no
# part of run.sh. BARE_ROOT names a folder to make the root in and to keep; run again on it to save
# the download.
set -eu
cd "$(dirname "$0")/../.."
top=$(pwd -P)
[ "$(id -u)" -eq 0 ] || { echo 'needs root'; exit 77; }
command -v debootstrap >/dev/null || { echo 'needs debootstrap'; exit 77; }

if [ -n "${BARE_ROOT:-}" ]; then
    root=$BARE_ROOT
    mkdir -p "$root"
else
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT
fi
chmod 755 "$root"

# Where Debian's packages come from is read from this machine's own apt.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' |
    sort -u | head -n 1)
[ -n "$mirror" ] || { echo 'apt knows no source of Debian 12 packages'; exit 77; }

if [ ! -f "$root/etc/debian_version" ]; then
    echo '== debootstrap'
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 || {
        tail -n 20 "$root.log"
        exit 1
    }
    rm -f "$root.log"
fi
# The same sources and the same proxy or keys that this machine's apt uses.
rm -f "$root/etc/apt/sources.list"
for item in sources.list sources.list.d apt.conf.d auth.conf.d keyrings trusted.gpg.d; do
    [ -e "/etc/apt/$item" ] && cp -a "/etc/apt/$item" "$root/etc/apt/"
done
cp -a /usr/share/keyrings/. "$root/usr/share/keyrings/" 2>/dev/null || true
cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true

copy=$root/root/eog-gateway
mkdir -p "$copy"
git archive HEAD | tar x -C "$copy"

# inside SECONDS COMMAND: in the root, with process, mount and network namespaces of its own. The
# network is this machine's, as apt needs it: listeners are on loopback and ports above 1024.
inside()
{
    timeout --foreground -k 20 "$1" \
        unshare --mount --pid --fork --kill-child sh -c '
            mount --bind "$1" "$1" && # a real root is a mount point; unshare in it needs that
            mount -t proc proc "$1/proc" &&
            mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/run" &&
            exec chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
                CI=true sh -c "$2"' sh "$root" "$2" </dev/null
}

quickstart()
{
    echo '== sh deploy/quickstart.sh --demo, polled, stopped'
    inside 1200 '
        cd "$HOME/eog-gateway" || exit 1
        sh deploy/quickstart.sh --demo >"$HOME/quickstart.out" 2>&1 &
        script=$!
        until grep -q "^eog-gateway runs" "$HOME/quickstart.out"; do
            kill -0 $script 2>/dev/null || { cat "$HOME/quickstart.out"; exit 1; }
            sleep 1
        done
        cat "$HOME/quickstart.out"
        oid=$(sed -n "s/^#define EOG_ENTERPRISE_OID \"\(.*\)\"/\1/p" build-quickstart/config.h)
        rows=$(snmpbulkwalk -v2c -c public -m "" -On 127.0.0.1:1161 $oid | wc -l)
        echo "walk: $rows objects"
        for process in /proc/[0-9]*; do
            [ "$(cat "$process/comm" 2>/dev/null)" = eogd ] && grep -E "^(Uid|Gid|Groups|CapEff):" \
                "$process/status"
        done
        kill -TERM $script
        wait $script
        echo "stopped: $?"
        [ "$rows" -gt 200 ]'
}

tests()
{
    echo '== sh .ci/run'
    inside 3600 'cd "$HOME/eog-gateway" && sh .ci/run'
}

status=0
for part in ${*:-quickstart tests}; do
    if "$part"; then
        echo "PASS: $part on a bare Debian 12"
    else
        echo "FAIL: $part on a bare Debian 12"
        status=1
    fi
done
exit "$status"
