#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILD [ARGUMENTS OF bench.py]: `make bench`. Builds the tools, then measures.
set -eu
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd -P)
make -C "$build" tests/bench/gen_cef tests/bench/blast_tcp tests/bench/blast_udp \
    tests/bench/blast_trap tests/bench/snmp_load tests/bench/peer_table
EOG_BUILD=$build exec python3 "$here/bench.py" "$@"
