-- The desk: its lists, the planned discharge, and a clerk's word that two names are one person's.

-- A page of the stays in one state, the newest first, whatever their number.
create index stays_in_state on stays (state);

alter table stays add column planned_on text;  -- the day on which the ward means to discharge

create index verifications_by_person on verifications (person_id);

create table identity_confirmations (
    person_id text not null references people (id),
    names_index blob not null,           -- keyed HMAC of the name shown and the name on record
    verification_id text not null references verifications (id),
    reason_sealed blob not null,
    operator text not null,
    confirmed_at text not null,
    primary key (person_id, names_index)
) strict, without rowid;
create trigger identity_confirmations_say_the_same before update on identity_confirmations
begin
    select raise(abort, 'a confirmation is never altered');
end;
create trigger identity_confirmations_are_kept before delete on identity_confirmations
begin
    select raise(abort, 'a confirmation is never deleted');
end;
