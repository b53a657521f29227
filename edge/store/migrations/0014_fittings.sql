-- Fittings beside stays: both are settled, reversed and handed to manual by the same tables. What
-- is typed into the national site by hand stands on entry sheets; nothing is both sent and typed.

create table fittings (
    id text primary key,
    person_id text not null references people (id),
    verification_id text not null unique references verifications (id),
    hospital_number text not null unique,
    determination text not null,
    injured_parts text not null,
    insured_region text not null,
    admission_decision text not null,
    channel text not null check (channel in ('api', 'login')),
    filing_id text not null,             -- empty: none
    notice_id text check (notice_id <> ''),
    notice_sealed blob,                  -- the fitting notice as it was shown
    approved text not null,              -- JSON: the devices that the filing names
    state text not null check (state in ('verified', 'fitted', 'settled', 'manual', 'reversed')),
    opened_at text not null,
    fitted_at text,
    check (notice_id is null or notice_sealed is not null),
    check ((state = 'verified') = (fitted_at is null))
) strict;
create index fittings_by_person on fittings (person_id);
create index fittings_by_notice on fittings (insured_region, notice_id);
-- A notice pays once; a reversal frees it.
create unique index one_settled_fitting_a_notice on fittings (insured_region, notice_id)
    where state = 'settled' and notice_id is not null;
create trigger fitting_is_kept before delete on fittings
begin
    select raise(abort, 'a fitting is never deleted');
end;
create trigger fitting_says_the_same
before update of id, person_id, verification_id, hospital_number, determination, injured_parts,
    insured_region, admission_decision, channel, filing_id, notice_id, notice_sealed, approved,
    opened_at on fittings
begin
    select raise(abort, 'a fitting is never altered');
end;

-- What was fitted, as it was said each time; the last word counts.
create table fitted_lines (
    fitting_id text not null references fittings (id),
    number integer not null check (number >= 1),
    lines_sealed blob not null,
    fitted_at text not null,
    said_by text not null,
    said_at text not null,
    primary key (fitting_id, number)
) strict, without rowid;
create trigger fitted_lines_are_kept before delete on fitted_lines
begin
    select raise(abort, 'what was fitted is never deleted');
end;
create trigger fitted_lines_say_the_same before update on fitted_lines
begin
    select raise(abort, 'what was fitted is never altered');
end;

-- Stays and fittings alike, as what is settled asks about them.
create view cases as
    select id, hospital_number, service, insured_region from stays
    union all
    select id, hospital_number, 'device', insured_region from fittings;

create table entry_sheets (
    id text primary key,
    fitting_id text not null references fittings (id),
    kind text not null check (kind in ('settlement', 'reversal')),
    fields_sealed blob not null,         -- what the clerk copies, in the site's order
    made_at text not null,
    state text not null default 'waiting' check (state in ('waiting', 'confirmed', 'withdrawn')),
    confirmation text unique check (confirmation <> ''),
    closed_by text,
    closed_at text,
    note_sealed blob,
    check ((state = 'confirmed') = (confirmation is not null)),
    check ((state = 'withdrawn') = (note_sealed is not null)),
    check ((state = 'waiting') = (closed_by is null)),
    check ((closed_by is null) = (closed_at is null))
) strict;
create index entry_sheets_by_fitting on entry_sheets (fitting_id);
create index entry_sheets_waiting on entry_sheets (made_at) where state = 'waiting';
create trigger entry_sheet_is_kept before delete on entry_sheets
begin
    select raise(abort, 'an entry sheet is never deleted');
end;
create trigger entry_sheet_says_the_same
before update of id, fitting_id, kind, fields_sealed, made_at on entry_sheets
begin
    select raise(abort, 'an entry sheet is never altered');
end;
create trigger entry_sheet_is_closed_once before update on entry_sheets
when old.state <> 'waiting'
begin
    select raise(abort, 'an entry sheet is closed once');
end;
create trigger nothing_is_typed_that_is_sent before insert on entry_sheets
when (select channel from fittings where id = new.fitting_id) <> 'login'
    or exists (select 1 from outbox where order_key = new.fitting_id)
begin
    select raise(abort, 'what is sent is not typed as well');
end;
create trigger nothing_is_sent_that_is_typed before insert on outbox
when exists (select 1 from fittings where id = new.order_key and channel = 'login')
begin
    select raise(abort, 'what is typed is not sent as well');
end;

-- Settlements, of a stay or a fitting: the table is made anew, its rows as they were.
create table settlements_of_cases (
    id text primary key,
    stay_id text references stays (id),
    fitting_id text references fittings (id),
    case_id text generated always as (coalesce(stay_id, fitting_id)) virtual,
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
    packs text not null,
    settled_at text not null,
    effective integer not null check (effective in (0, 1)),
    message_id text references outbox (id),
    entry_sheet_id text references entry_sheets (id),
    check (fund_fen + personal_fen = total_fen),
    check ((stay_id is null) <> (fitting_id is null))
) strict;
insert into settlements_of_cases (
    id, stay_id, verification_id, idempotency_key, total_fen, fund_fen, personal_fen, basis,
    overdue_reason, bill_sealed, ruling_sealed, catalogue_sha256, packs, settled_at, effective,
    message_id
)
select id, stay_id, verification_id, idempotency_key, total_fen, fund_fen, personal_fen, basis,
    overdue_reason, bill_sealed, ruling_sealed, catalogue_sha256, packs, settled_at, effective,
    message_id
from settlements order by rowid;
drop trigger no_manual_beside_a_settlement; -- it names the table, and is made again below
drop table settlements;
alter table settlements_of_cases rename to settlements;
create unique index one_effective_settlement on settlements (case_id) where effective = 1;
create index settlements_by_case on settlements (case_id);
create trigger settlement_is_kept before delete on settlements
begin
    select raise(abort, 'a settlement is never deleted');
end;
create trigger settlement_says_the_same
before update of id, stay_id, fitting_id, verification_id, idempotency_key, total_fen, fund_fen,
    personal_fen, basis, overdue_reason, bill_sealed, ruling_sealed, catalogue_sha256, settled_at,
    message_id, entry_sheet_id, packs on settlements
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
when (new.message_id is null) = (new.entry_sheet_id is null)
begin
    select raise(abort, 'a settlement keeps the id of its message, or of its entry sheet');
end;
create trigger no_settlement_after_manual before insert on settlements
when exists (select 1 from stays where id = new.stay_id and state = 'manual')
    or exists (select 1 from fittings where id = new.fitting_id and state = 'manual')
begin
    select raise(abort, 'a case in manual is never settled');
end;
create trigger no_settlement_beside_a_reimbursement before insert on settlements
when exists (
    select 1 from reimbursements
    where stay_id = new.stay_id and state in ('asked', 'reimbursed')
)
begin
    select raise(abort, 'a stay that is reimbursed by hand is not settled');
end;

-- Which sheet takes a typed settlement back.
alter table reversals add column entry_sheet_id text references entry_sheets (id);

create table manual_packages_of_cases (
    stay_id text unique references stays (id),
    fitting_id text unique references fittings (id),
    case_id text generated always as (coalesce(stay_id, fitting_id)) virtual,
    verification_id text not null references verifications (id),
    ground text not null,                -- the code of what kept the case from settling directly
    article text not null,
    package_sealed blob not null,        -- what the documents are made of, byte for byte
    message_id text references outbox (id), -- null: nothing of the case was ever sent
    handed_at text not null,
    check ((stay_id is null) <> (fitting_id is null)),
    check (stay_id is null or message_id is not null)
) strict;
insert into manual_packages_of_cases (
    stay_id, verification_id, ground, article, package_sealed, message_id, handed_at
)
select stay_id, verification_id, ground, article, package_sealed, message_id, handed_at
from manual_packages;
drop table manual_packages;
alter table manual_packages_of_cases rename to manual_packages;
create trigger manual_package_is_kept before delete on manual_packages
begin
    select raise(abort, 'a manual package is never deleted');
end;
create trigger manual_package_says_the_same before update on manual_packages
begin
    select raise(abort, 'a manual package is never altered');
end;

create trigger no_manual_beside_a_settlement before update of state on stays
when new.state = 'manual'
    and exists (select 1 from settlements where stay_id = new.id and effective = 1)
begin
    select raise(abort, 'a settled stay never goes to manual');
end;
create trigger no_manual_fitting_beside_a_settlement before update of state on fittings
when new.state = 'manual'
    and exists (select 1 from settlements where fitting_id = new.id and effective = 1)
begin
    select raise(abort, 'a settled fitting never goes to manual');
end;
create trigger manual_fitting_is_final before update of state on fittings
when old.state = 'manual' and new.state <> 'manual'
begin
    select raise(abort, 'a fitting in manual stays there');
end;
