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

-- The value behind a label's prefix: label(j, 'eog.kind:').
create or replace function label(labels jsonb, prefix text) returns text
    language sql immutable strict parallel safe as $$
    select substr(value, length(prefix) + 1)
    from jsonb_array_elements_text(labels) value
    where starts_with(value, prefix) limit 1
$$;

-- OCSF's milliseconds.
create or replace function instant(ms text) returns timestamptz
    language sql immutable strict parallel safe as $$
    select to_timestamp(ms::double precision / 1000)
$$;

-- Takes one line. A repeat changes nothing, a higher revision replaces the lower one in whichever
-- order they come. Whatever the line holds, this raises no error: one bad line must not hold up the
-- batch that it came in.
create or replace function take(line text) returns void
    language plpgsql as $$
declare
    j jsonb;
    m jsonb;
    r public.record;
    id text[];
begin
    begin
        -- \u0000 is JSON, but no text of PostgreSQL's; raw keeps it, columns do without.
        j := case when strpos(line, '\u0000') > 0 then replace(line, '\u0000', '\ufffd')
                  else line end::jsonb;
        m := j -> 'metadata';
        id := regexp_match(m ->> 'uid', '^(.+)\.[^.]+\.(\d{1,18})$');
        if id is null then
            raise 'metadata.uid is no gateway.epoch.sequence';
        end if;
        r := (m ->> 'uid', coalesce(label(m -> 'labels', 'eog.revision:')::integer, 1),
              instant(j ->> 'time'), instant(m ->> 'logged_time'), clock_timestamp(),
              id[1], id[2]::bigint, coalesce(label(m -> 'labels', 'eog.site:'), ''),
              label(m -> 'labels', 'eog.kind:'), (j ->> 'severity_id')::smallint,
              m -> 'product' ->> 'name',
              coalesce(j -> 'device' ->> 'hostname', j -> 'device' ->> 'ip'), line::json);
        if r.time is null or r.kind is null or r.severity is null then
            raise 'time, eog.kind or severity_id is missing';
        end if;
    exception when others then
        insert into refused (reason, text) values (sqlerrm, line);
        return;
    end;
    insert into record values (r.*)
    on conflict (uid) do update set
        (revision, time, received, stored, site, kind, severity, product, host, raw) =
        (excluded.revision, excluded.time, excluded.received, excluded.stored, excluded.site,
         excluded.kind, excluded.severity, excluded.product, excluded.host, excluded.raw)
        where excluded.revision > record.revision;
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
