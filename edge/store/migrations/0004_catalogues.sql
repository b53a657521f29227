-- Catalogues by region and version, who imported them, and the hospital's codes for their codes.

create table catalogue_versions (
    id integer primary key,
    region text not null check (length(region) = 6),
    version text not null,
    starts_on text not null,             -- from this day it takes the place of the one before
    bed_day_fen integer check (bed_day_fen >= 0),
    unique (region, version)
) strict;

-- Of which kinds of cost a version is the list: of any other kind it says nothing.
create table catalogue_kinds (
    version_id integer not null references catalogue_versions (id),
    kind text not null check (kind in (
        'drug', 'treatment', 'consumable', 'bed', 'rehab', 'device', 'meal', 'travel'
    )),
    primary key (version_id, kind)
) strict, without rowid;

create table catalogue_rows (
    version_id integer not null,
    code text not null,
    valid_from text not null,
    valid_to text check (valid_to >= valid_from),
    kind text not null,
    in_scope integer not null check (in_scope in (0, 1)),
    price_cap_fen integer check (price_cap_fen >= 0),
    quantity_per_day_max text,           -- a decimal of at most 4 places
    quantity_max text,                   -- a stay; likewise
    service_years integer check (service_years >= 0),
    name text not null,
    restrictions text not null,
    primary key (version_id, code, valid_from),
    foreign key (version_id, kind) references catalogue_kinds (version_id, kind)
) strict, without rowid;

create table catalogue_imports (
    id integer primary key,
    version_id integer not null references catalogue_versions (id),
    file_sha256 text not null,
    starts_on text not null,
    imported_at text not null,
    imported_by text not null,
    row_count integer not null,
    new_count integer not null,
    changed_count integer not null,
    ended_count integer not null
) strict;

-- What a hospital's own code means in a region's catalogue, as it was said, one row each time.
-- Of the rows that cover a day the last said counts; without a catalogue code it ends a mapping.
create table code_mappings (
    id integer primary key,
    region text not null check (length(region) = 6),
    hospital_code text not null,
    catalogue_code text,
    valid_from text not null,
    valid_to text check (valid_to >= valid_from),
    mapped_at text not null,
    mapped_by text not null
) strict;
create index code_mappings_by_code on code_mappings (region, hospital_code);
create trigger code_mappings_are_never_changed before update on code_mappings
begin
    select raise(abort, 'the history of mappings is append-only');
end;
create trigger code_mappings_are_never_shortened before delete on code_mappings
begin
    select raise(abort, 'the history of mappings is append-only');
end;
