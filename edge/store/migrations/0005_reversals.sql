-- Reversals of settlements, and stays handed to manual reimbursement. Nothing is ever deleted,
-- and no stay is both settled and manual: that would be reimbursed twice.

-- What a reversal names on the wire, and which packs ruled the bill.
alter table settlements add column message_id text references outbox (id);
alter table settlements add column packs text not null default '[]';
-- Until now a stay had one settlement and that one message.
update settlements set message_id = (
    select id from outbox where order_key = settlements.stay_id and kind = 'settlement'
);

create table reversals (
    id text primary key,
    settlement_id text not null unique references settlements (id),
    idempotency_key text not null unique,
    operator text not null,
    second_person text not null,
    reason_sealed blob not null,
    message_id text references outbox (id), -- null: the platform never had the settlement
    reversed_at text not null,
    check (operator <> second_person)
) strict;

create table manual_packages (
    stay_id text primary key references stays (id),
    verification_id text not null references verifications (id),
    ground text not null,                -- the code of what kept the stay from settling directly
    article text not null,
    package_sealed blob not null,        -- what the documents are made of, byte for byte
    message_id text not null references outbox (id),
    handed_at text not null
) strict;

create trigger settlement_is_kept before delete on settlements
begin
    select raise(abort, 'a settlement is never deleted');
end;
create trigger settlement_says_the_same
before update of id, stay_id, verification_id, idempotency_key, total_fen, fund_fen, personal_fen,
    basis, overdue_reason, bill_sealed, ruling_sealed, catalogue_sha256, settled_at, message_id,
    packs on settlements
begin
    select raise(abort, 'a settlement is never altered');
end;
create trigger settlement_ends_by_a_reversal before update of effective on settlements
when new.effective = old.effective or new.effective = 1
    or not exists (select 1 from reversals where settlement_id = old.id)
begin
    select raise(abort, 'a settlement ends once, by its reversal');
end;
create trigger settlement_names_its_message before insert on settlements
when new.message_id is null
begin
    select raise(abort, 'a settlement keeps the id of its message');
end;
create trigger no_settlement_after_manual before insert on settlements
when exists (select 1 from stays where id = new.stay_id and state = 'manual')
begin
    select raise(abort, 'a stay in manual is never settled');
end;
create trigger no_manual_beside_a_settlement before update of state on stays
when new.state = 'manual'
    and exists (select 1 from settlements where stay_id = new.id and effective = 1)
begin
    select raise(abort, 'a settled stay never goes to manual');
end;
create trigger manual_is_final before update of state on stays
when old.state = 'manual' and new.state <> 'manual'
begin
    select raise(abort, 'a stay in manual stays there');
end;
create trigger reversal_is_kept before delete on reversals
begin
    select raise(abort, 'a reversal is never deleted');
end;
create trigger reversal_says_the_same before update on reversals
begin
    select raise(abort, 'a reversal is never altered');
end;
create trigger manual_package_is_kept before delete on manual_packages
begin
    select raise(abort, 'a manual package is never deleted');
end;
create trigger manual_package_says_the_same before update on manual_packages
begin
    select raise(abort, 'a manual package is never altered');
end;
