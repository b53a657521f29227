-- The law by its hash: a settlement of years ago is decided again by the packs that decided it.

create table packs_kept (
    sha256 text primary key check (length(sha256) = 64),
    place text not null check (place <> ''),
    rules blob not null,                 -- the file's bytes
    source text not null check (source in ('release', 'platform')),
    kept_at text not null
) strict, without rowid;
create trigger pack_is_kept before delete on packs_kept
begin
    select raise(abort, 'a pack that may have decided is never deleted');
end;
create trigger pack_says_the_same before update on packs_kept
begin
    select raise(abort, 'a pack is never altered');
end;
