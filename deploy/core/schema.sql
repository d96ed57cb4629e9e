-- SPDX-License-Identifier: GPL-3.0-or-later
-- The core's tables: every record of every gateway once, by its uid. core.sh runs this file at each
-- start, so all of it can be run again. PostgreSQL 15.
\set ON_ERROR_STOP on
set client_min_messages = warning;
begin;

-- A record as a gateway sent it (OCSF, one JSON object), and beside it what is asked for often.
create table if not exists record (
    uid      text primary key,     -- gateway.epoch.sequence: repeats have the same
    revision integer not null,     -- 1; a correction's is higher (label eog.revision)
    time     timestamptz not null, -- when it happened
    received timestamptz,          -- when the gateway took it
    stored   timestamptz not null, -- when this revision came here
    gateway  text not null,
    sequence bigint not null,      -- its place in the gateway's journal
    site     text not null,        -- '': the record names none
    kind     text not null,
    severity smallint not null,    -- OCSF severity_id: 0 unknown, 1 informational ... 6 fatal
    product  text,
    host     text,
    raw      json not null         -- byte for byte
);
create index if not exists record_site_time on record (site, time);
create index if not exists record_gateway_stored on record (gateway, stored);
-- Records come roughly in the order of their times: that is what this kind of index is small for.
create index if not exists record_time on record using brin (time) with (autosummarize = on);

-- What is no record: kept whole, with the reason, so that nothing is dropped uncounted.
create table if not exists refused (
    stored timestamptz not null default now(),
    reason text not null,
    text   text not null
);

-- How far core.sh has loaded each file of the spool; written with what was loaded, or not at all.
create table if not exists spool (
    name  text primary key,
    bytes bigint not null
);

-- OCSF's milliseconds.
create or replace function instant(ms text) returns timestamptz
    language sql immutable strict parallel safe as $$
    select to_timestamp(ms::double precision / 1000)
$$;

-- Takes lines, each a record. A repeat changes nothing, a higher revision replaces the lower one in
-- whichever order they come. A line that is no record is refused, and holds up no other: lines
-- among which one is bad are taken by halves. Any other error, of the disk say, is the caller's.
create or replace function take(lines text[]) returns void
    language plpgsql as $$
begin
    with parsed as materialized (
        -- \u0000 is JSON, but no text of PostgreSQL's; raw keeps it, columns do without.
        select line, case when strpos(line, '\u0000') > 0 then replace(line, '\u0000', '\ufffd')
                     else line end::jsonb as j
        from unnest(lines) as line
    ), named as materialized (
        select *, j -> 'metadata' as m, j #> '{metadata,labels}' as labels,
               regexp_match(j #>> '{metadata,uid}', '^(.+)\.[^.]+\.(\d{1,18})$') as id
        from parsed
    ), read as (
        select m ->> 'uid' as uid,
               coalesce(substr(jsonb_path_query_first(
                   labels, '$[*] ? (@ starts with "eog.revision:")') #>> '{}', 14)::integer, 1)
                   as revision,
               instant(j ->> 'time') as time, instant(m ->> 'logged_time') as received,
               clock_timestamp() as stored, id[1] as gateway, id[2]::bigint as sequence,
               coalesce(substr(jsonb_path_query_first(
                   labels, '$[*] ? (@ starts with "eog.site:")') #>> '{}', 10), '') as site,
               substr(jsonb_path_query_first(
                   labels, '$[*] ? (@ starts with "eog.kind:")') #>> '{}', 10) as kind,
               (j ->> 'severity_id')::smallint as severity, m #>> '{product,name}' as product,
               coalesce(j #>> '{device,hostname}', j #>> '{device,ip}') as host,
               line::json as raw
        from named
    )
    insert into record
    select distinct on (uid) * from read order by uid, revision desc
    on conflict (uid) do update set
        (revision, time, received, stored, site, kind, severity, product, host, raw) =
        (excluded.revision, excluded.time, excluded.received, excluded.stored, excluded.site,
         excluded.kind, excluded.severity, excluded.product, excluded.host, excluded.raw)
        where excluded.revision > record.revision;
exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
    if cardinality(lines) = 1 then
        insert into refused (reason, text) values (sqlerrm, lines[1]);
    else
        perform take(lines[: cardinality(lines) / 2]);
        perform take(lines[cardinality(lines) / 2 + 1 :]);
    end if;
end
$$;

-- ---- questions ----

-- What a site sent on a day, in the session's zone.
create or replace function sent(of_site text, of_day date)
    returns table (kind text, severity smallint, product text, records bigint, hosts bigint,
                   first timestamptz, last timestamptz)
    language sql stable as $$
    select kind, max(severity), product, count(*), count(distinct host), min(time), max(time)
    from record
    where site = of_site and time >= of_day::timestamptz and time < (of_day + 1)::timestamptz
    group by kind, product order by max(severity) desc, count(*) desc, kind, product
$$;

-- The ten found most often on a day: malware, infection sources, infected computers; of_site null:
-- all sites. Counted as eogctl top does: a record that stands for n findings counts n times.
create or replace function top(of_day date, of_site text default null)
    returns table (list text, rank bigint, name text, found numeric)
    language sql stable as $$
    with finding as (
        select greatest(coalesce((raw ->> 'count')::numeric, 1), 1) as n,
               array['malware', 'source', 'computer'] as lists,
               array[raw -> 'malware' -> 0 ->> 'name',
                     coalesce(raw -> 'evidences' -> 0 -> 'src_endpoint' ->> 'hostname',
                              raw -> 'evidences' -> 0 -> 'src_endpoint' ->> 'ip'),
                     host] as names
        from record
        where kind like 'malware.%' and kind not like 'malware.outbreak%'
          and time >= of_day::timestamptz and time < (of_day + 1)::timestamptz
          and (of_site is null or site = of_site)
    ), counted as (
        select l.list, min(l.name) as name, sum(n) as found
        from finding, unnest(lists, names) as l(list, name)
        where l.name <> '' group by l.list, lower(l.name)
    ), ranked as (
        select list, row_number() over (partition by list order by found desc, name) as rank,
               name, found
        from counted
    )
    select * from ranked where rank <= 10 order by list, rank
$$;

-- Each gateway: its newest record, and how late that came. One look into an index a gateway.
create or replace view gateways as
with recursive name(gateway) as (
    (select gateway from record order by gateway limit 1)
    union all
    select (select r.gateway from record r where r.gateway > name.gateway
            order by r.gateway limit 1)
    from name where name.gateway is not null
)
select name.gateway, newest.stored as last_stored, newest.received as last_received,
       date_trunc('second', newest.stored - newest.received) as late, newest.sequence,
       (select count(*) from record r where r.gateway = name.gateway
        and r.stored > now() - interval '1 hour') as last_hour
from name, lateral (select * from record r where r.gateway = name.gateway
                    order by stored desc limit 1) newest
where name.gateway is not null;
commit;
