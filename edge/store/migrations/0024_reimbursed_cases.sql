-- An insured region asks about fittings as well as stays before it pays by hand (吉规 第二十六条).

create table reimbursements_of_cases (
    stay_id text references stays (id),
    fitting_id text references fittings (id),
    case_id text not null,               -- whichever of the two it is
    inquiry text not null,
    state text not null check (state in ('asked', 'reimbursed', 'withdrawn')),
    dispatch_id text not null references inbox (id),
    at text not null,
    primary key (case_id, inquiry),
    check (case_id = coalesce(stay_id, fitting_id)),
    check ((stay_id is null) <> (fitting_id is null))
) strict, without rowid;
insert into reimbursements_of_cases (stay_id, case_id, inquiry, state, dispatch_id, at)
select stay_id, stay_id, inquiry, state, dispatch_id, at from reimbursements;
drop trigger no_settlement_beside_a_reimbursement; -- it names the table, and is made again below
drop table reimbursements;
alter table reimbursements_of_cases rename to reimbursements;
create trigger reimbursed_stays_so before update of state on reimbursements
when old.state = 'reimbursed'
begin
    select raise(abort, 'a case that was reimbursed by hand stays so');
end;
create trigger no_settlement_beside_a_reimbursement before insert on settlements
when exists (
    select 1 from reimbursements
    where case_id = coalesce(new.stay_id, new.fitting_id) and state in ('asked', 'reimbursed')
)
begin
    select raise(abort, 'a case that is reimbursed by hand is not settled');
end;
