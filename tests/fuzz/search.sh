#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One libFuzzer target (configure --enable-fuzzers): its corpus is replayed, then searched on from.
#
#   sh tests/fuzz/search.sh SECONDS PROGRAM
#
# What it finds (crash-*, leak-*, timeout-*) is left beside the program, for the corpus of the
# commit that mends it; new inputs that only reach further go to a folder beside it too.
set -u
seconds=$1 program=$2
name=$(basename "$program")
corpus=${top_srcdir:-$(dirname "$0")/../..}/tests/fuzz/corpus/${name#fuzz_}
[ -x "$program" ] || { echo "$program: no such program"; exit 1; }
[ -n "$(ls -A "$corpus" 2>/dev/null)" ] || { echo "$corpus: no corpus"; exit 1; }
corpus=$(cd "$corpus" && pwd)
cd "$(dirname "$program")" || exit 99
mkdir -p "$name.found"
exec "./$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$name." "$name.found" "$corpus"
