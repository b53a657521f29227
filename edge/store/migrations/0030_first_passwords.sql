-- A password that somebody else gave is changed at the first login; a second factor counts once its
-- owner's code has confirmed it; a token may have a last day.

alter table operators add column must_change integer not null default 0
    check (must_change in (0, 1));

create table offered_factors (
    operator_id text primary key references operators (id),
    secret_sealed blob not null,         -- as in second_factors, which it takes the place of
    offered_at text not null
) strict;

alter table api_tokens add column expires_at text;  -- null: until it is ended
