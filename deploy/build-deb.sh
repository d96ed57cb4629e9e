#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the Debian packages of this checkout's last commit, or of this unpacked release:
#
#   sh deploy/build-deb.sh [FOLDER]      leaves the .deb files in FOLDER; default: ./packages
#
#   eog-gateway              eogd, its unit, its configuration, the mappings, manual pages
#   eog-gateway-tools        eogctl, check_eog
#   eog-gateway-mibs         EOG-GATEWAY-MIB
#   eog-gateway-monitoring   what Nagios, Icinga, Prometheus and Zabbix need
#
# and what a debugger needs of the first two. EOG_CONFIGURE has options for configure
# (--with-enterprise-oid=...), DEB_BUILD_OPTIONS those of Debian (nocheck, noautodbgsym,
# parallel=N). Needs no root: it names the packages that are missing.
set -eu
folder=${1:-packages}
case $folder in -*) sed -n 's/^#   //p' "$0" >&2; exit 2 ;; esac
mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/eog-gateway
mkdir "$tree"
if git rev-parse --git-dir >/dev/null 2>&1 && [ -z "$(git rev-parse --show-prefix)" ]; then
    git archive HEAD | tar x -C "$tree"
else
    cp -a . "$tree/"
fi
if [ -f "$tree/config.status" ]; then
    echo 'The source tree itself is configured; run make distclean in it first.' >&2
    exit 1
fi
cp -a "$tree/deploy/debian" "$tree/debian"

cd "$tree"
: "${DEB_BUILD_OPTIONS:=parallel=$(nproc)}"
export DEB_BUILD_OPTIONS
if ! dpkg-buildpackage -us -uc -b >"$work/log" 2>&1; then
    tail -n 40 "$work/log" >&2
    exit 1
fi
for package in "$work"/*.deb; do
    mv "$package" "$folder/"
    printf '%s\n' "$folder/${package##*/}"
done
