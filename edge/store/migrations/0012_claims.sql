-- Monthly claims and what came of them. Money is integer fen; nothing is ever deleted or altered.

-- What the platform, asked again, says of a settlement that rests on the cached list.
create table reverifications (
    settlement_id text primary key references settlements (id),
    verification_id text not null references verifications (id),
    agrees integer not null check (agrees in (0, 1)),
    at text not null,
    decision text check (decision in ('claim', 'leave_out')), -- a person's, where they disagree
    decided_by text,
    decided_at text,
    note_sealed blob,
    check ((decision is null) = (decided_at is null)),
    check (decision is null or agrees = 0)
) strict;

create table claims (
    id text primary key,                 -- the id of the message that made the claim
    month text not null check (length(month) = 7),
    idempotency_key text not null unique,
    item_count integer not null check (item_count >= 1),
    fund_fen integer not null,
    operator text not null,
    submitted_at text not null,
    standing integer not null default 1 check (standing in (0, 1))
) strict;
create unique index one_standing_claim_a_month on claims (month) where standing = 1;

create table claim_items (
    claim_id text not null references claims (id),
    settlement_id text not null references settlements (id),
    kind text not null check (kind in ('settlement', 'correction')),
    settled_on text not null,
    total_fen integer not null,
    fund_fen integer not null,
    standing integer not null default 1 check (standing in (0, 1)),
    primary key (claim_id, settlement_id),
    check (kind = 'settlement' or fund_fen <= 0)
) strict, without rowid;
create unique index claimed_once on claim_items (settlement_id, kind) where standing = 1;

create table audits (
    claim_id text primary key references claims (id),
    dispatch_id text not null unique references inbox (id),
    audited_at text not null
) strict;

-- What the agency found claimed; it may know settlements that we do not.
create table audit_items (
    claim_id text not null references audits (claim_id),
    settlement_id text not null,
    fund_fen integer not null,
    approved_fen integer not null,
    primary key (claim_id, settlement_id)
) strict, without rowid;

create table deductions (
    id text primary key,
    claim_id text not null,
    settlement_id text not null,
    line text not null,
    amount_fen integer not null check (amount_fen > 0),
    class text not null check (class in (
        'non_injury', 'over_standard', 'out_of_catalogue', 'clinical_routine', 'other_breach'
    )),
    article text not null,
    points integer not null check (points >= 0),
    reason_sealed blob not null,         -- the agency may name the worker in it
    foreign key (claim_id, settlement_id) references audit_items (claim_id, settlement_id)
) strict;
create index deductions_by_claim on deductions (claim_id, settlement_id);

create table objections (
    id text primary key,                 -- the id of the message that made it
    deduction_id text not null unique references deductions (id),
    idempotency_key text not null unique,
    text_sealed blob not null,
    operator text not null,
    made_at text not null
) strict;

create table objection_answers (
    objection_id text primary key references objections (id),
    dispatch_id text not null unique references inbox (id),
    lifted_fen integer not null check (lifted_fen >= 0),
    article text not null,
    text_sealed blob not null,
    answered_at text not null
) strict;

create table claim_confirmations (
    claim_id text primary key references claims (id),
    message_id text not null references outbox (id),
    approved_fen integer not null,
    note_sealed blob,
    operator text not null,
    confirmed_at text not null
) strict;

create table claim_statements (
    dispatch_id text primary key references inbox (id),
    month text not null,
    item_count integer not null,
    claimed_fen integer not null,
    deducted_fen integer not null,
    approved_fen integer not null,
    stated_at text not null
) strict;
create index claim_statements_by_month on claim_statements (month);

create table claim_payments (
    id text primary key,                 -- the agency's number of the payment
    dispatch_id text not null unique references inbox (id),
    month text not null,
    amount_fen integer not null check (amount_fen <> 0),
    paid_on text not null,
    reference text not null
) strict;
create index claim_payments_by_month on claim_payments (month);

-- A stay about which the insured region asks whether it was settled directly, before it pays by hand.
create table reimbursements (
    stay_id text not null references stays (id),
    inquiry text not null,
    state text not null check (state in ('asked', 'reimbursed', 'withdrawn')),
    dispatch_id text not null references inbox (id),
    at text not null,
    primary key (stay_id, inquiry)
) strict, without rowid;

-- What the platform said of a worker or of us since the cached list was made.
create table worker_standings (
    dispatch_id text primary key references inbox (id),
    number_index blob not null,          -- keyed HMAC of the identity number
    suspended integer not null check (suspended in (0, 1)),
    since text not null
) strict;
create index worker_standings_by_number on worker_standings (number_index);

create table facility_standings (
    dispatch_id text primary key references inbox (id),
    direct integer not null check (direct in (0, 1)),
    suspended integer not null check (suspended in (0, 1)),
    since text not null
) strict;

-- Catalogues and region packs that the platform says are out.
create table announced_releases (
    dispatch_id text primary key references inbox (id),
    what text not null check (what in ('catalogue', 'pack')),
    region text not null check (length(region) = 6),
    version text not null,
    starts_on text not null,
    sha256 text not null
) strict;

create trigger claim_is_kept before delete on claims
begin
    select raise(abort, 'a claim is never deleted');
end;
create trigger claim_says_the_same
before update of id, month, idempotency_key, item_count, fund_fen, operator, submitted_at on claims
begin
    select raise(abort, 'a claim is never altered');
end;
create trigger claim_item_is_kept before delete on claim_items
begin
    select raise(abort, 'a claim is never shortened');
end;
create trigger claim_item_says_the_same
before update of claim_id, settlement_id, kind, settled_on, total_fen, fund_fen on claim_items
begin
    select raise(abort, 'a claim is never altered');
end;
create trigger deduction_is_kept before delete on deductions
begin
    select raise(abort, 'a deduction is never deleted');
end;
create trigger deduction_says_the_same before update on deductions
begin
    select raise(abort, 'a deduction is never altered');
end;
create trigger audit_item_says_the_same before update on audit_items
begin
    select raise(abort, 'an audit is never altered');
end;
create trigger payment_is_kept before delete on claim_payments
begin
    select raise(abort, 'a payment is never deleted');
end;
create trigger payment_says_the_same before update on claim_payments
begin
    select raise(abort, 'a payment is never altered');
end;
create trigger reimbursed_stays_so before update of state on reimbursements
when old.state = 'reimbursed'
begin
    select raise(abort, 'a stay that was reimbursed by hand stays so');
end;
create trigger no_settlement_beside_a_reimbursement before insert on settlements
when exists (
    select 1 from reimbursements
    where stay_id = new.stay_id and state in ('asked', 'reimbursed')
)
begin
    select raise(abort, 'a stay that is reimbursed by hand is not settled');
end;
