-- One active case a desk: what was presented there last. A later card or code clears the case.

alter table identifications add column desk text not null default '';

create table desk_cases (
    desk text primary key check (desk <> ''),
    presentation text not null,          -- the one-time token of the card or code that was presented
    identification_id text references identifications (id), -- null: presented, nobody asked yet
    since text not null
) strict;
