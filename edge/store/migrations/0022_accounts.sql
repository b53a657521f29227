-- Who fails to prove themselves is locked out; administrators have a second factor; tokens a pace.

create table failed_proofs (
    operator_id text primary key references operators (id),
    failures integer not null check (failures >= 1),
    last_at text not null,
    locked_until text                    -- null while there are fewer failures than lock
) strict;

create table second_factors (
    operator_id text primary key references operators (id),
    secret_sealed blob not null,         -- TOTP (RFC 6238), SHA-1, six digits, 30 s
    last_step integer not null,          -- no code counts twice: later steps alone are taken
    enrolled_at text not null
) strict;

alter table api_tokens add column calls_per_min integer not null default 3000
    check (calls_per_min between 1 and 100000);
