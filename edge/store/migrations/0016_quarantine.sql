-- A restored site tells the platform nothing new until it knows what it has forgotten.

create table quarantines (
    id integer primary key autoincrement,
    since text not null,
    backup_made_at text not null,
    lifted_at text,
    lifted_by text,
    check ((lifted_at is null) = (lifted_by is null))
) strict;
create unique index quarantine_open on quarantines (lifted_at is null) where lifted_at is null;
create trigger quarantine_is_kept before delete on quarantines
begin
    select raise(abort, 'a quarantine is never deleted');
end;

-- What the platform has of us and this database has not: acts of the time between backup and restore.
create table forgotten (
    message_id text primary key,
    kind text not null,
    order_key text not null,
    moment text not null,
    signed_sealed blob not null,
    found_at text not null,
    resolved_at text,
    resolved_by text,
    note_sealed blob,
    check ((resolved_at is null) = (resolved_by is null)),
    check ((resolved_at is null) = (note_sealed is null))
) strict, without rowid;
create index forgotten_by_case on forgotten (order_key);
create trigger forgotten_is_kept before delete on forgotten
begin
    select raise(abort, 'what was forgotten once is never forgotten again');
end;
