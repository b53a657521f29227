-- The first house: people, identifications, verifications, stays, charges, settlements, ledger.
-- Times are ISO 8601 in UTC; money is integer fen; *_sealed columns hold compressed, encrypted JSON.

create table people (
    id text primary key,
    number_index blob not null unique,   -- keyed HMAC of the identity number; exact match only
    identity_sealed blob not null,       -- {number, name}
    created_at text not null
) strict;

create table identifications (
    id text primary key,
    person_id text not null references people (id),
    source text not null check (source in ('card', 'e_card')),
    reader text not null,
    credential_sealed blob not null,
    presented_at text not null,
    expires_at text not null
) strict;

create table verifications (
    id text primary key,
    identification_id text references identifications (id),
    person_id text not null references people (id),
    service text not null,
    moment text not null,
    at text not null,
    basis text not null check (basis in ('online', 'list', 'none')),
    as_of text,
    decision text not null,
    facts_sealed blob not null,          -- the inputs, as decided on
    verdict_sealed blob not null,        -- the answer, byte for byte
    determinations_sealed blob not null, -- the injury determinations that the platform knows
    proof_sealed blob                    -- what the platform said, byte for byte
) strict;

create table stays (
    id text primary key,
    person_id text not null references people (id),
    verification_id text not null references verifications (id),
    hospital_number text not null unique,
    service text not null,
    determination text not null,         -- the one injury determination this stay is bound to
    injured_parts text not null,
    ward text not null,
    bed text not null,
    diagnosis text not null,
    emergency_document text not null,
    insured_region text not null,
    admission_decision text not null,
    state text not null
        check (state in ('admitted', 'discharged', 'settled', 'manual', 'cancelled', 'reversed')),
    admitted_at text not null,
    discharged_at text,
    settle_by text,
    check ((discharged_at is null) = (settle_by is null))
) strict;
create index stays_by_person on stays (person_id);
create index stays_by_state on stays (state, settle_by);

create table charge_batches (
    stay_id text not null references stays (id),
    number integer not null check (number >= 1),
    lines_sealed blob not null,
    line_count integer not null check (line_count >= 1),
    received_at text not null,
    primary key (stay_id, number)
) strict;

create table settlements (
    id text primary key,
    stay_id text not null references stays (id),
    verification_id text not null references verifications (id),
    idempotency_key text not null unique,
    total_fen integer not null,
    fund_fen integer not null,
    personal_fen integer not null,
    basis text not null,
    overdue_reason text,
    bill_sealed blob not null,           -- the inputs of the ruling
    ruling_sealed blob not null,         -- the ruling, byte for byte
    catalogue_sha256 text not null,
    settled_at text not null,
    effective integer not null check (effective in (0, 1)),
    check (fund_fen + personal_fen = total_fen)
) strict;
create unique index one_effective_settlement on settlements (stay_id) where effective = 1;

create table ledger (
    seq integer primary key check (seq >= 1),
    kind text not null,
    at text not null,
    operator text not null,
    subject text not null,
    body text not null,                  -- canonical JSON, never an identity
    prev blob not null,
    mac blob not null
) strict;
create trigger ledger_is_never_changed before update on ledger
begin
    select raise(abort, 'the ledger is append-only');
end;
create trigger ledger_is_never_shortened before delete on ledger
begin
    select raise(abort, 'the ledger is append-only');
end;
