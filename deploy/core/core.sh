#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The core's end of the feed, ready to run: rsyslog takes records by RELP into a spool, a loader
# puts them into a PostgreSQL of its own. `core.sh` alone prints its commands; README, "The core's
# end".
set -u
umask 077
here=$(cd "$(dirname "$0")" && pwd -P) || exit 1
dir=${EOG_CORE:-./core}
address=${EOG_CORE_ADDRESS:-127.0.0.1}
port=${EOG_CORE_PORT:-2515}
tls=${EOG_CORE_TLS:-yes}
max=256k
chunk=33554432
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8 PGTZ="${PGTZ:-UTC}" PGCLIENTENCODING=UTF8 PGOPTIONS=

usage()
{
    cat <<END
Usage: core.sh COMMAND

  certificates [NAME...]  a CA for trials, the core's certificate, one for each gateway NAME
  start                   start what does not run: PostgreSQL, rsyslog, the loader
  stop                    stop all three; what is in the spool stays there for the next start
  status                  what runs, what waits, what was refused; the newest of each gateway
  query SITE [DATE]       what a site sent today, or on DATE (2026-03-31), by kind
  top [DATE] [SITE]       malware, infection sources and computers found most often on a day
  sql [TEXT]              psql on the core's database; TEXT: this statement alone
  jetstream OPTION...     take a JetStream stream into the spool too, in the foreground, for as
                          long as it runs; jetstream --help

Environment: EOG_CORE          folder of everything that is kept (now: $dir)
             EOG_CORE_ADDRESS  where RELP is taken (now: $address)
             EOG_CORE_PORT     its port (now: $port)
             EOG_CORE_TLS      yes: gateways show a certificate of ca.pem; no (now: $tls)
             EOG_CORE_USER     who runs it when started by root (default: postgres)
             PGTZ              the zone that days are of (now: $PGTZ)
END
}

fail()
{
    printf 'core.sh: %s\n' "$*" >&2
    exit 1
}

# PostgreSQL's programs refuse root.
if [ "$(id -u)" -eq 0 ]; then
    user=${EOG_CORE_USER:-postgres}
    become="setpriv --reuid=$user --regid=$user --init-groups --"
else
    user=$(id -un)
    become=
fi

as()
{
    $become "$@"
}

psql_core()
{
    as psql -X -q -h "$dir/socket" -U "$user" -d eog -v ON_ERROR_STOP=1 "$@"
}

# is_ours PIDFILE WORD: the process lives and has WORD in its command (a pid may be another's now).
is_ours()
{
    pid=$(head -n 1 "$1" 2>/dev/null) && [ -n "$pid" ] &&
        tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2"
}

wait_until() # SECONDS COMMAND...
{
    tries=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

prepare()
{
    for program in initdb pg_ctl; do
        [ -x "$bin/$program" ] || fail "PostgreSQL is missing: apt-get install postgresql"
    done
    command -v rsyslogd >/dev/null || fail 'rsyslog is missing: apt-get install rsyslog'
    id "$user" >/dev/null 2>&1 || fail "there is no user $user; set EOG_CORE_USER"
    mkdir -p "$dir" || exit 1
    dir=$(cd "$dir" && pwd -P)
    case $dir in *[!A-Za-z0-9/._+-]*) fail "$dir: letters, digits and / . _ + - only" ;; esac
    [ "${#dir}" -le 80 ] || fail "$dir: too long for the name of a socket in it"
    mkdir -p "$dir/socket" "$dir/spool" "$dir/rsyslog" "$dir/tls"
    [ "$(id -u)" -ne 0 ] || chown "$user" "$dir" "$dir"/*
    as test -w "$dir/spool" || fail "the user $user cannot write in $dir"
}

start_postgresql()
{
    data=$dir/postgresql
    if [ ! -f "$data/PG_VERSION" ]; then
        # Beside, then renamed: one that was broken off is begun anew.
        as rm -rf "$data.new"
        as "$bin/initdb" -D "$data.new" -U "$user" -A peer -E UTF8 --locale=C.UTF-8 \
            >"$dir/initdb.log" 2>&1 || fail "initdb failed: $dir/initdb.log"
        as mv "$data.new" "$data"
    fi
    if ! is_answering; then
        # After a kill -9 its children may still hold its memory for a moment.
        wait_until 60 as "$bin/pg_ctl" -D "$data" -w -t 300 -l "$dir/postgresql.log" -o \
            "-c listen_addresses= -c unix_socket_directories=$dir/socket \
             -c unix_socket_permissions=0700 -c max_wal_size=2GB" start ||
            fail "PostgreSQL does not start: $dir/postgresql.log"
    fi
    as psql -X -Atq -h "$dir/socket" -U "$user" -d postgres \
        -c "select 1 from pg_database where datname = 'eog'" | grep -q 1 ||
        as "$bin/createdb" -h "$dir/socket" -U "$user" eog || exit 1
    psql_core -o /dev/null <"$here/schema.sql" || fail 'schema.sql failed'
}

is_answering()
{
    as "$bin/pg_isready" -q -h "$dir/socket" -d postgres
}

write_configuration()
{
    tls_library='' tls_words=''
    if [ "$tls" = yes ]; then
        for name in ca.pem core.pem core.key; do
            as test -r "$dir/tls/$name" ||
                fail "$dir/tls/$name is missing: put it there, or core.sh certificates for a trial"
        done
        tls_library='tls.tlslib="openssl"'
        tls_words="tls=\"on\" tls.authMode=\"certvalid\" tls.caCert=\"$dir/tls/ca.pem\""
        tls_words="$tls_words tls.myCert=\"$dir/tls/core.pem\" tls.myPrivKey=\"$dir/tls/core.key\""
    fi
    sed -e '/^#/d' -e "s|@DIR@|$dir|g; s|@MAX@|$max|g; s|@ADDRESS@|$address|; s|@PORT@|$port|" \
        -e "s|@TLSLIB@|$tls_library|; s|@TLS@|$tls_words|" "$here/rsyslog.conf.in" |
        as tee "$dir/rsyslog.conf" >/dev/null
    as rsyslogd -N1 -f "$dir/rsyslog.conf" >"$dir/check.log" 2>&1 ||
        fail "rsyslog refuses its configuration: $dir/check.log"
}

# A line that a writer's death cut off: ended, so that it is counted as refused, and what comes next
# is whole.
end_line() # FILE
{
    [ -z "$(tail -c 1 "$1" | tr -d '\n')" ] || echo >>"$1"
}

background() # LOG COMMAND...: its output goes to LOG, nothing of ours stays open in it
{
    log=$1
    shift
    (exec </dev/null >>"$log" 2>&1 && exec $become setsid "$@") &
}

start()
{
    prepare
    start_postgresql
    if ! is_ours "$dir/rsyslog.pid" "$dir/rsyslog.conf"; then
        write_configuration
        rm -f "$dir/rsyslog.pid"
        # Its own files are seconds; those of another writer, who may be at it, have more behind.
        for file in "$dir"/spool/[0-9]*; do
            case ${file##*/} in *[!0-9]*) ;; *) end_line "$file" ;; esac
        done
        background "$dir/rsyslog.log" rsyslogd -n -f "$dir/rsyslog.conf" -i "$dir/rsyslog.pid"
        wait_until 30 is_ours "$dir/rsyslog.pid" "$dir/rsyslog.conf" ||
            fail "rsyslog does not start: $dir/rsyslog.log"
    fi
    if ! is_ours "$dir/loader.pid" "$dir/loader.sh load"; then
        # Its user may not see this folder.
        as tee "$dir/loader.sh" <"$here/core.sh" >/dev/null
        EOG_CORE=$dir background "$dir/loader.log" sh "$dir/loader.sh" load
        wait_until 30 is_ours "$dir/loader.pid" "$dir/loader.sh load" ||
            fail "the loader does not start: $dir/loader.log"
    fi
    echo "The core takes records at $address:$port (RELP, TLS: $tls); it keeps them in $dir"
}

stop()
{
    for name in rsyslog loader; do
        word=$dir/rsyslog.conf
        [ "$name" = rsyslog ] || word="$dir/loader.sh load"
        is_ours "$dir/$name.pid" "$word" || continue
        kill "$pid"
        wait_until 30 sh -c "! kill -0 $pid" || kill -KILL "$pid"
    done
    as "$bin/pg_ctl" -D "$dir/postgresql" -m fast -w -t 300 stop >/dev/null 2>&1
    ! is_answering || fail 'PostgreSQL does not stop'
}

# ---- the loader ----

# Whole lines of a file from a byte on, and how far they go, in one transaction.
load_part() # FILE FROM
{
    tail -c "+$(($2 + 1))" "$1" | head -c "$chunk" >"$dir/part.new"
    [ -z "$(tail -c 1 "$dir/part.new" | tr -d '\n')" ] && mv "$dir/part.new" "$dir/part" ||
        head -n -1 "$dir/part.new" >"$dir/part"
    bytes=$(stat -c %s "$dir/part")
    [ "$bytes" -gt 0 ] || return 1
    psql_core -o /dev/null <<END
begin;
create temporary table part (n serial, line text) on commit drop;
\copy part (line) from '$dir/part' with (format csv, delimiter E'\x02', quote E'\x01')
select take(array_agg(substr(line, 2))) from part group by n / 1000;
insert into spool values ('${1##*/}', $(($2 + bytes)))
    on conflict (name) do update set bytes = excluded.bytes;
commit;
END
}

load_file() # NAME SIZE LOADED-TO
{
    # Names are seconds, a second writer's have a dot and more behind.
    age=$(($(date +%s) - ${1%%.*}))
    if [ "$2" -gt "$3" ]; then
        [ "$age" -le 60 ] || end_line "$dir/spool/$1"
        load_part "$dir/spool/$1" "$3"
    elif [ "$age" -gt 60 ]; then
        # Nobody writes into a file of a minute ago. Without its row it would be loaded again.
        rm -f "$dir/spool/$1" && psql_core -c "delete from spool where name = '$1'"
    fi
}

# A line a file, oldest first: its name, its size, how far it is loaded.
list_files()
{
    psql_core -At -F ' ' -c 'select name, bytes from spool' >"$dir/loaded" &&
        find "$dir/spool" -type f -name '[0-9]*' -printf '%f %s\n' | sort -n |
        awk 'FILENAME != "-" { to[$1] = $2; next } { print $1, $2, to[$1] + 0 }' "$dir/loaded" -
}

load()
{
    # The one loader: the lock goes when the process does, however it does.
    exec 9>"$dir/loader.lock"
    flock -n 9 || fail 'a loader runs already'
    echo $$ >"$dir/loader.pid"
    trap 'rm -f "$dir/loader.pid"; exit 0' TERM INT
    while :; do
        list_files >"$dir/files" || sleep 1
        while read -r name size to; do
            load_file "$name" "$size" "$to" || sleep 1
        done <"$dir/files"
        sleep 0.5
    done
}

# Beside rsyslog, for gateways whose <feed kind="nats"> goes to a cluster.
jetstream()
{
    as test -w "$dir/spool" || fail "start it first: $dir/spool is not there"
    python=/usr/bin/python3 # one that its user may run
    [ -x "$python" ] || python=python3
    as tee "$dir/jetstream.py" <"$here/jetstream.py" >/dev/null
    exec $become "$python" "$dir/jetstream.py" --spool "$dir/spool" "$@"
}

# ---- looking at it ----

status()
{
    running=0
    for name in PostgreSQL rsyslog loader; do
        case $name in
        PostgreSQL) is_answering ;;
        rsyslog) is_ours "$dir/rsyslog.pid" "$dir/rsyslog.conf" ;;
        loader) is_ours "$dir/loader.pid" "$dir/loader.sh load" ;;
        esac && word=runs && running=$((running + 1)) || word='does not run'
        printf '%-12s%s\n' "$name" "$word"
    done
    all=$(find "$dir/spool" -type f -printf '%s\n' 2>/dev/null | awk '{n += $1} END {print n + 0}')
    if psql_core -At -F ' ' -c "select count(*), (select coalesce(sum(bytes), 0) from spool),
            (select count(*) from refused) from record" >"$dir/status.new" 2>/dev/null; then
        read -r records loaded refused <"$dir/status.new"
        printf '%-12s%s\n' records "$records" refused "$refused"
        printf '%-12s%s bytes wait in the spool\n' backlog "$((all > loaded ? all - loaded : 0))"
        psql_core -c 'select * from gateways'
    fi
    rm -f "$dir/status.new"
    [ "$running" -eq 3 ]
}

day()
{
    case $1 in
    '') echo current_date ;;
    *[!0-9-]*) fail "$1 is no date like 2026-03-31" ;;
    *) echo "date '$1'" ;;
    esac
}

# ---- certificates for a trial ----

certificate() # FILE NAMES
{
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" \
        -subj "/CN=$1" 2>>openssl.log &&
        printf 'subjectAltName=%s\n' "$2" >"$1.ext" &&
        openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 398 \
            -extfile "$1.ext" -out "$1.pem" 2>>openssl.log ||
        fail "openssl failed: $PWD/openssl.log"
    rm -f "$1.csr" "$1.ext"
}

certificates()
{
    command -v openssl >/dev/null || fail 'openssl is missing: apt-get install openssl'
    mkdir -p "$dir/tls" && cd "$dir/tls" || exit 1
    [ -f ca.pem ] ||
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key \
            -out ca.pem -days 3650 -subj '/CN=eog-gateway trial CA' 2>openssl.log ||
        fail "openssl failed: $PWD/openssl.log"
    [ -f core.pem ] || certificate core "DNS:localhost,DNS:$(uname -n),IP:127.0.0.1"
    for name in "$@"; do
        case $name in
        '' | -* | *[!A-Za-z0-9._-]*) fail "$name: letters, digits and . _ - only" ;;
        esac
        [ -f "$name.pem" ] || certificate "$name" "DNS:$name"
    done
    [ "$(id -u)" -ne 0 ] || chown -R "$user" .
    printf 'In %s: ca.pem, and .pem and .key of: core %s\n' "$PWD" "$*"
}

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ ! -d "$dir" ] || dir=$(cd "$dir" && pwd -P)
command=${1:-}
[ $# -eq 0 ] || shift
case $command in
start | stop | status | load) "$command" ;;
jetstream) jetstream "$@" ;;
certificates) certificates "$@" ;;
query)
    [ $# -ge 1 ] || fail 'query SITE [DATE]'
    day=$(day "${2:-}") || exit 1
    echo "select * from sent(:'site', $day)" | psql_core -v "site=$1"
    ;;
top)
    day=$(day "${1:-}") || exit 1
    echo "select * from top($day, nullif(:'site', ''))" | psql_core -v "site=${2:-}"
    ;;
sql) if [ $# -gt 0 ]; then psql_core -c "$*"; else psql_core; fi ;;
*)
    usage
    [ -z "$command" ] || exit 1
    ;;
esac
