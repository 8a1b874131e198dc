"""After a test that commits: the database as the migrations left it, by one statement.

Django truncates every table and loads what was in them from a text, half a second for each of two hundred tests. Here
only tables with pages are emptied, and only rows of the migrations that a test has changed are put back. What a test
left to grow is truncated all the same: deleted rows stay in the files.
"""

from __future__ import annotations

from typing import Any

# Tables as they are after the migrations, each beside the statement that brings its rows back and a digest of them.
REMEMBER = r"""
create schema kept;
create table kept.digests (name name primary key, digest text not null, fill text not null);
create function kept.digest_of(name name) returns text language plpgsql as $$
declare
    digest text;
begin
    execute format('select md5(coalesce(string_agg(one::text, e''\n'' order by one::text), '''')) from public.%I as one', name)
    into digest;
    return digest;
end
$$;
create function kept.is_filled(name name) returns boolean language plpgsql as $$
declare
    is_filled boolean;
begin
    execute format('select exists (select from public.%I)', name) into is_filled;
    return is_filled;
end
$$;
do $$
declare
    one record;
begin
    for one in
        select pg_class.relname as name, string_agg(format('%I', attname), ', ' order by attnum) as columns
        from pg_class
        join pg_attribute on pg_attribute.attrelid = pg_class.oid
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'django_migrations'
          and attnum > 0 and not attisdropped and attgenerated = '' and kept.is_filled(pg_class.relname)
        group by pg_class.relname
    loop
        execute format('create table kept.%I as table public.%I', one.name, one.name);
        insert into kept.digests values (
            one.name, kept.digest_of(one.name),
            format('insert into public.%1$I (%2$s) select %2$s from kept.%1$I', one.name, one.columns)
        );
    end loop;
end
$$;
create function kept.restore(most_bytes bigint) returns void language plpgsql as $$
declare
    everything text;
    bytes bigint;
    one record;
begin
    perform set_config('session_replication_role', 'replica', true);  -- no keys are checked, no trigger is pulled
    select string_agg(format('public.%I', relname), ', ' order by relname) into everything
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname <> 'django_migrations';
    -- Whoever still writes is waited for; what he commits goes as well.
    execute format('lock table %s in exclusive mode', everything);
    select sum(pg_relation_size(oid)) into bytes
    from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r';
    if bytes > most_bytes then
        execute format('truncate %s', everything);
    end if;
    for one in
        select relname as name, pg_relation_size(oid) > 0 as has_pages, digest, fill
        from pg_class
        left join kept.digests on digests.name = relname
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'django_migrations'
          and (pg_relation_size(oid) > 0 or digest is not null)
    loop
        if one.digest is null or kept.digest_of(one.name) <> one.digest then
            if one.has_pages then
                execute format('delete from public.%I', one.name);
            end if;
            if one.fill is not null then
                execute one.fill;
            end if;
        end if;
    end loop;
end
$$;
"""
MOST_BYTES = 32 * 1024**2


def remember(connection: Any) -> None:
    """Note what the tables hold; every later `restore` brings it back."""
    with connection.cursor() as cursor:
        cursor.execute("drop schema if exists kept cascade")
        cursor.execute(REMEMBER)


def restore(connection: Any) -> None:
    """Take back what was committed since `remember`; sequences go on counting."""
    with connection.cursor() as cursor:
        cursor.execute("select kept.restore(%s)", [MOST_BYTES])


def install() -> None:
    """Let Django's transactional tests end so; they begin with what they find."""
    from django.db import connection
    from django.test import TransactionTestCase

    TransactionTestCase._fixture_setup = classmethod(lambda cls: None)
    TransactionTestCase._fixture_teardown = lambda self: restore(connection)
