# SPDX-License-Identifier: GPL-3.0-or-later
# Debian packages: which ones a task needs, and how those that are missing are installed; sourced by
# quickstart.sh and tests/run.sh, not run. Where packages come from is the machine's own affair.

packages_build='gcc libc6-dev make autoconf automake pkg-config
    libevent-dev libxml2-dev libsnmp-dev libpcre2-dev libjansson-dev libssl-dev libsqlite3-dev
    libcurl4-openssl-dev librdkafka-dev libnats-dev libcairo2-dev libpango1.0-dev'
# tzdata: sites and sources name their zones; a small system has none. fonts-wqy-microhei: Chinese
# in reports as PDF.
packages_run='snmp tzdata fonts-wqy-microhei'
# libclang-rt-14-dev: sanitizers and libFuzzer for clang. python3: tests are written in it.
# valgrind: counts instructions.
packages_test='clang libclang-rt-14-dev clang-format cppcheck libcunit1-dev python3 python3-yaml
    snmpd snmptrapd rsyslog rsyslog-openssl rsyslog-relp openssl smitools binutils xz-utils
    nats-server iproute2 groff-base e2fsprogs mount poppler-utils valgrind'
# The packages of deploy/build-deb.sh, and their test; systemd has the judge of units.
packages_deb='debhelper dpkg-dev fakeroot lintian debootstrap systemd'
# What draws the benchmarks' curves and takes profiles: make curves, make profiles.
packages_bench='python3-matplotlib linux-perf'
# The core's end (deploy/core), and its test.
packages_core='postgresql rsyslog rsyslog-relp rsyslog-openssl openssl util-linux procps'
# The monitoring systems that deploy/ is tried in: make nms.
packages_nms='nagios4-core monitoring-plugins-basic icinga2-bin snmptrapd
    prometheus prometheus-snmp-exporter
    zabbix-server-pgsql postgresql-15 zabbix-frontend-php php-cli php-pgsql'

packages_missing()
{
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            printf '%s ' "$package"
    done
}

# packages_install NAME...: install what is missing, ask nothing, start nothing. The lists of
# packages are fetched only when something is missing. A service that comes with a package is
# neither started now nor at the next boot; services that were here before are left as they are.
packages_install()
{
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    echo "Installing from Debian: $missing"
    if [ "$(id -u)" -ne 0 ]; then
        echo "That needs root: run this script as root once, or: apt-get install $missing" >&2
        return 1
    fi
    # invoke-rc.d asks this file; 101: not allowed. One that the machine has already has the word.
    policy=/usr/sbin/policy-rc.d
    ours=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && ours=$policy
    fi
    log=$(mktemp)
    status=0
    {
        apt-get -q update &&
            DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
                -o Dpkg::Options::=--force-confold install $missing
    } </dev/null >"$log" 2>&1 || status=$?
    [ -z "$ours" ] || rm -f "$ours"
    if [ "$status" -ne 0 ]; then
        tail -n 30 "$log" >&2
        echo "apt-get failed (above)" >&2
    fi
    rm -f "$log"
    for service in snmpd snmptrapd rsyslog postgresql; do
        case " $missing " in
        *" $service "*)
            systemctl --quiet disable "$service" 2>/dev/null || true # or: no systemd here
            ;;
        esac
    done
    return "$status"
}
