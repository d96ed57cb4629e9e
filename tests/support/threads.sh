#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command whose programs are built with the thread sanitizer, and fails if any of them, a
# child or one that was killed too, saw a race:
#
#   CC=... sh tests/support/threads.sh FOLDER COMMAND...
#
# FOLDER is emptied; a report a file is in it afterwards, named by program and process. That a race
# is seen at all is tried first, by a program that has one.
set -u
folder=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$folder" && mkdir -p "$folder" && folder=$(cd "$folder" && pwd) || exit 99
TSAN_OPTIONS="log_path=$folder/race log_exe_name=1 second_deadlock_stack=1 history_size=5"
TSAN_OPTIONS="$TSAN_OPTIONS suppressions=$here/threads.supp"
EOG_PATIENCE=${EOG_PATIENCE:-120} # ten times slower and more
export TSAN_OPTIONS EOG_PATIENCE

$CC -g -fsanitize=thread "$here/race.c" -o "$folder/a-race" -pthread || exit 99
if "$folder/a-race" || ! grep -q 'data race.*in touch$' "$folder"/race.a-race.*; then
    echo 'the sanitizer does not see a race that is there'
    exit 99
fi
rm -f "$folder"/race.a-race.* "$folder/a-race"

"$@"
status=$?
for report in "$folder"/race.*; do
    [ -f "$report" ] || break
    status=1
    printf '== %s\n' "$report"
    cat "$report"
done
exit "$status"
