-- The agency's own file: what it registers, what edges sent, what it made of that. Money in fen.

create table if not exists facilities (
    id text primary key,
    region text not null,
    city text not null,
    name text not null,
    kinds text not null,                 -- words with a space between
    direct integer not null,
    suspended integer not null,
    live_from text not null              -- direct settlement begins on this day
) strict;

create table if not exists workers (
    id_number text primary key,
    name text not null,
    insured_region text not null,
    insured_city text,
    suspended integer not null,
    contribution text,                   -- JSON, as in FACTS.json
    determinations text not null         -- JSON
) strict;

create table if not exists filings (
    id text primary key,
    id_number text not null references workers (id_number),
    status text not null
        check (status in ('active', 'pending', 'suspended', 'terminated', 'cancelled')),
    document text not null,              -- JSON, as in FACTS.json
    locked_until text
) strict;
create index if not exists filings_by_worker on filings (id_number);

create table if not exists notices (
    id text primary key,
    id_number text not null references workers (id_number),
    document text not null
) strict;
create index if not exists notices_by_worker on notices (id_number);

create table if not exists catalogue_releases (
    what text not null check (what in ('catalogue', 'pack')),
    region text not null,
    version text not null,
    starts_on text not null,
    sha256 text not null,
    primary key (what, region, version)
) strict, without rowid;

create table if not exists catalogue_files (
    region text not null,
    version text not null,
    suffix text not null,                -- .csv or .xlsx
    data blob not null,
    primary key (region, version)
) strict, without rowid;

create table if not exists catalogue_lists (  -- which list of its region a file is; else each
    region text not null,
    version text not null,
    insurance text not null,
    primary key (region, version),
    foreign key (region, version) references catalogue_files (region, version)
) strict, without rowid;

create table if not exists applications (
    filing text primary key references filings (id),
    channel text not null check (channel in ('online', 'window')),
    applied_on text not null,            -- day in Shanghai
    decided_on text
) strict;

create table if not exists messages (
    seq integer primary key autoincrement,
    id text not null unique,
    kept text not null                   -- JSON: the message and our receipt
) strict;

create table if not exists cases (
    facility text not null references facilities (id),
    order_key text not null,
    id_number text not null,
    filing text,
    service text not null,
    insured_region text not null,
    opened_at text not null,
    discharged_at text,
    manual integer not null default 0,
    primary key (facility, order_key)
) strict, without rowid;
create index if not exists cases_by_worker on cases (id_number);

create table if not exists notice_uses (               -- which fitting was opened with which notice
    facility text not null,
    order_key text not null,
    region text not null,                -- the insured region that issued it
    notice text not null,
    primary key (facility, order_key)
) strict, without rowid;
create index if not exists notice_uses_by_notice on notice_uses (region, notice);

create table if not exists settlements (
    message text primary key,
    settlement text not null,
    facility text not null,
    order_key text not null,
    total_fen integer not null,
    fund_fen integer not null,
    basis text not null,
    settled_at text not null,
    reversed_at text,
    foreign key (facility, order_key) references cases (facility, order_key)
) strict;
create index if not exists settlements_by_case on settlements (facility, order_key);
create index if not exists settlements_by_name on settlements (facility, settlement);

create table if not exists bills (       -- which message told the lines of a settlement
    facility text not null,
    settlement text not null,
    message text not null,
    primary key (facility, settlement)
) strict, without rowid;

create table if not exists claims (
    id text primary key,                 -- the id of the message that claimed
    facility text not null,
    month text not null,
    claimed_at text not null,
    audited_at text,
    confirmed_at text,
    confirmed_fen integer
) strict;

create table if not exists claim_items (
    claim text not null references claims (id),
    settlement text not null,
    kind text not null,
    claimed_fen integer not null,
    found_fen integer,                   -- null: the agency does not have it
    approved_fen integer,                -- null: not audited yet; answers to objections counted
    primary key (claim, settlement)
) strict, without rowid;

create table if not exists deductions (
    id text primary key,
    claim text not null references claims (id),
    settlement text not null,
    line text not null,
    amount_fen integer not null,
    kind text not null,
    reason text not null,
    article text not null,
    points integer not null,
    lifted_fen integer not null default 0
) strict;

create table if not exists objections (
    id text primary key,                 -- the id of the message that objected
    deduction text not null,
    facility text not null,
    month text not null,
    text text not null,
    answered_at text
) strict;

create table if not exists payments (
    id text primary key,
    facility text not null,
    month text not null,
    amount_fen integer not null,
    paid_on text not null
) strict;

create table if not exists reimbursements (
    inquiry text primary key,
    id_number text not null,
    facility text not null,
    region text not null,
    since text not null,
    until text not null,
    state text not null
        check (state in ('asked', 'clear', 'refused', 'reimbursed', 'withdrawn')),
    stays text not null default '[]',
    asked_at text not null
) strict;

create table if not exists prepayments (
    id integer primary key,
    payer text not null,                 -- province of the insured region
    payee text not null,                 -- province of the treatment region
    kind text not null check (kind in ('annual', 'emergency')),
    amount_fen integer not null check (amount_fen > 0),
    quarter text not null,               -- 2026Q4
    decided_at text not null
) strict;
create unique index if not exists one_emergency_a_quarter on prepayments (payer, payee, quarter)
    where kind = 'emergency';

create table if not exists clearings (   -- confirmed between regions: nothing comes in afterwards
    region text not null,
    period text not null,                -- 2026-11 or 2026Q4
    confirmed_on text not null,
    fund_fen integer not null,
    primary key (region, period)
) strict, without rowid;

create table if not exists dispatches (
    facility text not null,
    seq integer not null check (seq >= 1),
    id text not null unique,
    signed text not null,
    primary key (facility, seq)
) strict, without rowid;

create table if not exists keys (
    name text primary key,
    pem text not null
) strict;
