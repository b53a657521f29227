-- Files that came with a release of the cached list, and what became of each: tried once by its hash.

create table deliveries (
    sha256 text primary key check (length(sha256) = 64),
    kind text not null,
    name text not null,
    state text not null check (state in ('taken', 'refused')),
    why text not null,                   -- the first reason of a refusal; else empty
    at text not null,
    check ((state = 'taken') = (why = ''))
) strict, without rowid;

-- The platform's library of facilities, whole, as last delivered.
create table facilities (
    id text primary key,
    name text not null,
    region text not null check (length(region) = 6),
    city text not null check (length(city) = 6),
    kinds text not null,                 -- a JSON array of medical, rehab, device
    direct integer not null check (direct in (0, 1)),
    suspended integer not null check (suspended in (0, 1)),
    live_on text                         -- the day from which it settles directly; null: always
) strict, without rowid;
