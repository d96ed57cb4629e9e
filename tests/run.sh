#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what the tests need, builds in several ways and runs every test:
#
#   sh tests/run.sh              all stages
#   sh tests/run.sh STAGE...     some: style plain sanitized fuzz lint dist system
#
# Builds are kept in ./build-tests, so a second run is shorter. Prints a line a test and, of what
# failed, the end of its log; closes with what took how long and "N passed, N failed", and exits 0
# only if none failed.
# Each build counts as a test too: one that does not compile is one that failed.
set -u
cd "$(dirname "$0")/.." || exit 99
top=$(pwd -P)
work=$top/build-tests
jobs=$(nproc)
waiting=$((2 * jobs + 1)) # tests at a time: more than half of the time each waits
passed=0
failed=0
skipped=0
failures= # their names, told once more at the end
stages=   # and the stages' seconds
began=$(date +%s)
LC_ALL=C.UTF-8
export LC_ALL

heading()
{
    printf '\n== %s  [%d s]\n' "$*" "$(($(date +%s) - began))"
}

# step NAME LOG COMMAND...: one thing that must succeed, counted as a test.
step()
{
    step_name=$1 step_log=$2
    shift 2
    if "$@" </dev/null >"$step_log" 2>&1; then
        passed=$((passed + 1))
        printf 'PASS: %s\n' "$step_name"
    else
        failed=$((failed + 1))
        failures="$failures
  $step_name"
        printf 'FAIL: %s; the end of %s:\n' "$step_name" "$step_log"
        grep -a '^\(FAIL\|ERROR\): ' "$step_log" | sed 's/^/    /' # which of a check within
        tail -n 40 "$step_log" | sed 's/^/    /'
        return 1
    fi
}

# configured FOLDER CONFIGURE-ARGUMENT...: a build folder, configured anew when its arguments or
# configure itself changed.
configured()
{
    folder=$1
    shift
    mkdir -p "$folder"
    if [ ! -f "$folder/config.status" ] || [ ! -f "$folder/arguments" ] ||
        [ "$*" != "$(cat "$folder/arguments")" ]; then
        (cd "$folder" && "$top/configure" --quiet "$@") || return 1
        printf '%s' "$*" >"$folder/arguments"
    fi
}

build()
{
    configured "$@" && make -C "$1" -j"$jobs"
}

# check NAME FOLDER TARGET MAKE-ARGUMENT...: counts the tests of a make check by the results that
# automake left, and shows the logs of those that failed. A check that ran no test has failed.
check()
{
    check_name=$1 folder=$2 target=$3
    shift 3
    find "$folder" -name '*.trs' -exec rm -f {} +
    make -C "$folder" -j"$waiting" -k "$target" "$@" </dev/null >"$folder/$target.output" 2>&1
    status=$?
    results=$(find "$folder" -name '*.trs' ! -name test-suite.trs | sort)
    note_times
    ran=0
    for result in $results; do
        ran=$((ran + 1))
        verdict=$(sed -n 's/^:test-result: *\([A-Z]*\).*/\1/p' "$result" | head -n 1)
        test_name=${result#"$folder"/}
        test_name=${test_name%.trs}
        case $verdict in
        PASS) passed=$((passed + 1)) ;;
        SKIP) skipped=$((skipped + 1)) ;;
        *)
            failed=$((failed + 1))
            failures="$failures
  $check_name $test_name"
            ;;
        esac
        printf '%s: %s %s\n' "${verdict:-ERROR}" "$check_name" "$test_name"
        case $verdict in
        PASS) ;;
        SKIP) tail -n 1 "${result%.trs}.log" | sed 's/^/    /' ;;
        *) tail -n 40 "${result%.trs}.log" | sed 's/^/    /' ;;
        esac
    done
    if [ "$ran" -eq 0 ] || { [ "$status" -ne 0 ] && ! grep -q '^# FAIL: *[1-9]\|^# ERROR: *[1-9]' \
        "$folder/$target.output"; }; then
        failed=$((failed + 1))
        printf 'FAIL: %s %s: exit %d after %d tests; the end of its output:\n' \
            "$check_name" "$target" "$status" "$ran"
        tail -n 40 "$folder/$target.output" | sed 's/^/    /'
    fi
}

# A test's log is made when it begins and written last when it ends; a file system that keeps no
# times of birth leaves the list empty.
note_times()
{
    for result in $results; do
        stat -c '%.1W %.1Y %n' "${result%.trs}.log"
    done | awk -v name="$check_name" -v skip="$((${#folder} + 2))" '
        $1 > 0 { printf "%6.1f s  %s %s\n", $2 - $1, name, substr($3, skip) }' >>"$work/times"
}

stage_style()
{
    heading 'Style: layout (every test of the code itself is part of make check)'
    step 'clang-format' "$work/format.log" make -C "$work/plain" format-check
}

stage_plain()
{
    heading 'Plain build with gcc, make check'
    step 'gcc -Werror' "$work/gcc.log" build "$work/plain" CC=gcc --enable-werror &&
        check plain "$work/plain" check
}

# -g1, here and for fuzzing: reports name functions and lines, no variables.
stage_sanitized()
{
    heading 'Build with address and undefined-behaviour sanitizers, make check'
    step 'gcc sanitizers' "$work/sanitized.log" build "$work/sanitized" CC=gcc CFLAGS='-O1 -g1' \
        --enable-werror --enable-sanitizers=address,undefined &&
        check sanitized "$work/sanitized" check-code
}

# A short search each: enough to see that target, corpus and search work. Long ones: make fuzz.
stage_fuzz()
{
    heading 'Build with libFuzzer; every target replays its corpus and searches on for 2 s'
    step 'clang libFuzzer' "$work/fuzz.log" build "$work/fuzz" CC=clang CFLAGS='-O1 -g1' \
        --enable-fuzzers --enable-sanitizers=address,undefined &&
        check fuzz "$work/fuzz" fuzz FUZZ_SECONDS=2 -j"$jobs" # a search never waits
}

stage_lint()
{
    heading 'Static analysis: cppcheck (clang-tidy over everything: make lint)'
    step 'cppcheck' "$work/cppcheck.log" make -C "$work/plain" lint-cppcheck
}

stage_dist()
{
    heading 'make distcheck with clang -Werror, and nothing forgotten in the package'
    step 'distcheck' "$work/distcheck.log" make -C "$work/plain" -j"$waiting" distcheck-short &&
        step 'every file packed' "$work/packed.log" every_file_packed
}

# What git holds, the package must hold too (dot files of the repository aside).
every_file_packed()
{
    package=$(ls "$work"/plain/eog-gateway-*.tar.xz) || return 1
    tar tf "$package" | sed 's,^[^/]*/,,' | sort >"$work/packed.list"
    git ls-files | grep -v '^\.' | sort >"$work/held.list" || return 0 # not a git checkout
    [ -s "$work/held.list" ] || return 0
    missing=$(comm -13 "$work/packed.list" "$work/held.list")
    [ -z "$missing" ] || { printf 'not in the package:\n%s\n' "$missing"; return 1; }
}

stage_system()
{
    heading 'System: the real programs, on loopback'
    check system "$work/plain" check-system
}

prepare()
{
    heading 'Packages'
    . "$top/deploy/packages.sh"
    # Not a step: without them nothing below says anything about the project.
    if ! packages_install $packages_build $packages_run $packages_test $packages_core; then
        echo '0 passed, 1 failed'
        exit 1
    fi
    echo 'all here'
    mkdir -p "$work"
    : >"$work/times"
    if [ -f config.status ]; then
        echo "The source tree itself is configured; run make distclean in $top first."
        echo '0 passed, 1 failed'
        exit 1
    fi
    step 'autoreconf' "$work/autoreconf.log" autoreconf -i || finish
    step 'configure' "$work/configure.log" configured "$work/plain" CC=gcc --enable-werror || finish
}

finish()
{
    printf '\nseconds:%s\nthe slowest tests:\n' "$stages"
    sort -rn "$work/times" | head -n 10
    [ -z "$failures" ] || printf '\nfailed:%s\n' "$failures"
    printf '\n%d tests skipped; %d s\n' "$skipped" "$(($(date +%s) - began))"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
    exit
}

prepare
for stage in ${*:-style plain sanitized fuzz lint dist system}; do
    case $stage in
    style | plain | sanitized | fuzz | lint | dist | system)
        stage_began=$(date +%s)
        "stage_$stage"
        stages="$stages $stage $(($(date +%s) - stage_began))"
        ;;
    *)
        failed=$((failed + 1))
        echo "FAIL: there is no stage '$stage'"
        ;;
    esac
done
finish
