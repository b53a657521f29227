-- Heads of the ledger that the facility signed, every so many entries and every hour. Append-only:
-- the platform keeps them too, and the day-end sheet prints one.

create table ledger_heads (
    seq integer primary key references ledger (seq),
    signed blob not null                 -- JWS: seq, mac and the moment of signing
) strict;
create trigger ledger_head_is_never_changed before update on ledger_heads
begin
    select raise(abort, 'a signed head is never altered');
end;
create trigger ledger_head_is_never_deleted before delete on ledger_heads
begin
    select raise(abort, 'a signed head is never deleted');
end;

-- The latest moment that this site has ever seen: deadlines and the list's expiry go by it.
create table high_water (
    one integer primary key check (one = 1),
    at text not null
) strict;

-- Each warning of the 48 hours is given once, however the clock jumps.
create table deadline_warnings (
    stay_id text not null references stays (id),
    step text not null check (step in ('24', '36', '44', 'overdue')),
    given_at text not null,
    primary key (stay_id, step)
) strict, without rowid;
create trigger deadline_warning_is_kept before delete on deadline_warnings
begin
    select raise(abort, 'a warning that was given is never taken back');
end;

-- Moments in UTC, so that text order is time order.
update stays set
    discharged_at = strftime('%Y-%m-%dT%H:%M:%f000+00:00', discharged_at),
    settle_by = strftime('%Y-%m-%dT%H:%M:%f000+00:00', settle_by)
where discharged_at is not null;

-- The money of a day, found without reading every act.
create index ledger_of_money on ledger (at) where kind in
    ('stay.settled', 'fitting.settled', 'settlement.reversed', 'stay.handed_to_manual',
        'fitting.handed_to_manual');

-- No way round: a package only for a case in manual that has no effective settlement, and no
-- settlement beside a package (鲁 第二十条, 吉规 第二十六条).
create trigger no_package_beside_a_settlement before insert on manual_packages
when (
        not exists (select 1 from stays where id = new.stay_id and state = 'manual')
        and not exists (select 1 from fittings where id = new.fitting_id and state = 'manual')
    )
    or exists (
        select 1 from settlements
        where case_id = coalesce(new.stay_id, new.fitting_id) and effective = 1
    )
begin
    select raise(abort, 'only a case in manual has a package');
end;
create trigger no_settlement_beside_a_package before insert on settlements
when exists (
    select 1 from manual_packages where case_id = coalesce(new.stay_id, new.fitting_id)
)
begin
    select raise(abort, 'a case with a manual package is never settled');
end;
