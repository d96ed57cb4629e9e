#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From a checkout on Debian 12 to a running gateway:
#
#   sh deploy/quickstart.sh          install what is missing, build, run eogd in the foreground
#   sh deploy/quickstart.sh --demo   the same, and replay a small day of events into it
#
# Everything stays in the checkout: the build in ./build-quickstart, the state in ./var. Listeners
# are on 127.0.0.1 only. Run again as often as you like; what is done already is not done again.
#
# As root, eogd runs as a user number of its own that has no account, no groups and no capabilities,
# and owns nothing but ./var. Where only root may enter the checkout's folder (say, in /root), eogd
# sees the checkout through a mount of its own.
set -eu
cd "$(dirname "$0")/.."
top=$(pwd -P)
build=$top/build-quickstart
root=$build/root
state=$top/var
# From the range that no account is ever given by adduser or by the distribution.
run_as=61514
demo=no

usage()
{
    sed -n 's/^#   //p' "$0"
}

say()
{
    printf '\n== %s\n' "$*"
}

die()
{
    printf '%s\n' "$*" >&2
    exit 1
}

for argument in "$@"; do
    case $argument in
    --demo) demo=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

# 1. Packages
. "$top/deploy/packages.sh"
packages_install $packages_build $packages_run

# 2. Build, out of the tree
build_gateway()
{
    if [ -f config.status ]; then
        die "The source tree itself is configured; run make distclean in $top first."
    fi
    [ -f configure ] || autoreconf -i
    mkdir -p "$build"
    cd "$build"
    [ -f config.status ] || ../configure --prefix="$root" --quiet
    make -s -j"$(nproc)"
    make -s install
}
say "Building in build-quickstart (log: build-quickstart.log)"
mkdir -p "$build"
if ! (build_gateway) >"$build.log" 2>&1; then
    tail -n 30 "$build.log" >&2
    die "The build failed; the whole log is $build.log"
fi
mv -f "$build.log" "$build/quickstart.log"
oid=$(sed -n 's/^#define EOG_ENTERPRISE_OID "\(.*\)"/\1/p' "$build/config.h")
PATH=$root/sbin:$root/bin:$PATH

# 3. Run
mkdir -p "$state"
chmod 750 "$state"
seen=$top
if [ "$(id -u)" -eq 0 ]; then
    chown -R "$run_as:$run_as" "$state"
    drop="setpriv --reuid=$run_as --regid=$run_as --clear-groups --no-new-privs
        --inh-caps=-all --ambient-caps=-all --bounding-set=-all"
else
    [ -w "$state" ] || die "$state is not yours; a run as root made it. Run as root, or remove it."
    drop=
fi

# May the user that eogd runs as come here at all? Else a mount that eogd alone sees brings the
# checkout to where it may.
view=
if [ -n "$drop" ] && ! $drop test -x "$root/sbin/eogd" 2>/dev/null; then
    view=$(mktemp -d /run/eog-quickstart.XXXXXX)
    chmod 755 "$view"
    if unshare --mount mount --bind "$top" "$view" 2>/dev/null; then
        seen=$view
    else
        rmdir "$view"
        die "eogd does not run as root, and only root may enter $top.
Move the checkout to a folder that all may enter, /srv or /usr/local/src, and run this again."
    fi
fi

arguments="--state $seen/var --data $seen/build-quickstart/root/share/eog-gateway --foreground"
[ "$demo" = yes ] && arguments="--config $seen/deploy/demo/eogd.xml $arguments"

finish()
{
    trap '' INT TERM
    if [ -n "${eogd:-}" ]; then
        kill -TERM "$eogd" 2>/dev/null || true
        wait "$eogd" 2>/dev/null || true
    fi
    [ -z "$view" ] || rmdir "$view" 2>/dev/null || true
}
trap 'finish; exit 130' INT
trap 'finish; exit 143' TERM
trap finish EXIT

say "Starting eogd${drop:+ as user number $run_as}, state in ./var"
if [ "$seen" != "$top" ]; then
    # shellcheck disable=SC2086 # lists of words
    unshare --mount --propagation private sh -c '
        mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"' sh "$top" "$view" \
        $drop "$seen/build-quickstart/root/sbin/eogd" $arguments &
else
    # shellcheck disable=SC2086
    $drop "$root/sbin/eogd" $arguments &
fi
eogd=$!

poll()
{
    snmpbulkwalk -v2c -c public -m '' -On -t 2 -r 0 127.0.0.1:1161 "$1" 2>/dev/null
}

waited=0
until poll "$oid" | grep -q "^\.$oid\."; do
    kill -0 "$eogd" 2>/dev/null || die 'eogd ended; its reason stands above.'
    waited=$((waited + 1))
    [ "$waited" -lt 150 ] || die 'eogd runs, but its agent did not answer within 30 s.'
    sleep 0.2
done

if [ "$demo" = yes ]; then
    say 'Replaying a day of events (deploy/demo)'
    sh "$top/deploy/demo/replay.sh" "$oid" || die 'The demonstration failed.'
fi

cat <<END

eog-gateway runs; Ctrl-C stops it. It listens on this machine only:

  syslog         127.0.0.1:5514        UDP, and TCP (lines or octet counts)
                 127.0.0.1:2514        RELP, acknowledged when on disk
  notifications  127.0.0.1:1162/udp    SNMP v1 and v2c, community public
  SNMP agent     127.0.0.1:1161/udp    v2c, community public, read-only
  status page    127.0.0.1:8080        http: states and alerts; /metrics for Prometheus, /healthz

Send:
  logger -n 127.0.0.1 -P 5514 -d \\
      'CEF:0|Trend Micro|Apex Central|2019|800101|Pattern Update Status|3|shost=pc-1 cn1=1 cn3=4'
  snmptrap -v2c -c public 127.0.0.1:1162 '' 1.3.6.1.6.3.1.1.5.3
Poll:
  snmpbulkwalk -v2c -c public -m '' 127.0.0.1:1161 $oid
  ${root#"$top"/}/bin/eogctl status
  ${root#"$top"/}/bin/check_eog -H 127.0.0.1:1161 -k outbreak
  ${root#"$top"/}/bin/check_eog -H 127.0.0.1:1161 -k all
END

# The shell's wait ends early when a signal comes; the traps above then end it all.
status=0
wait "$eogd" || status=$?
eogd=
exit "$status"
