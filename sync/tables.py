"""The outbox's two tables and every statement that is run on them. Runs none.

``SCHEMA`` is what the first release made; later changes are steps of the caller's migrations.
"""

SCHEMA = """\
create table outbox (
    seq integer primary key autoincrement,
    id text not null unique check (length(id) between 1 and 64),
    kind text not null,
    order_key text not null,
    state text not null default 'pending'
        check (state in ('pending', 'sending', 'accepted', 'rejected', 'unknown')),
    sha256 text not null check (length(sha256) = 64),
    payload_sealed blob not null,
    created_at text not null,
    tries integer not null default 0 check (tries >= 0),
    next_try_at text,
    code text,
    answer_sealed blob,
    receipt text,
    resolved_at text,
    resolved_by text,
    note_sealed blob,
    check ((state = 'accepted') = (receipt is not null)),
    check (resolved_at is null or state = 'rejected'),
    check ((resolved_at is null) = (resolved_by is null))
) strict;
create index outbox_undelivered on outbox (order_key, seq)
    where state <> 'accepted' and resolved_at is null;
create index outbox_by_case on outbox (order_key, seq);
create index outbox_by_state on outbox (state, resolved_at);
create table outbox_attempts (
    message text not null references outbox (id),
    number integer not null check (number >= 1),
    at text not null,
    outcome text not null
        check (outcome in ('accepted', 'retry', 'rejected', 'unknown', 'interrupted')),
    code text,
    text_sealed blob,
    primary key (message, number)
) strict, without rowid;
create trigger outbox_is_kept before delete on outbox
begin
    select raise(abort, 'an outbox message is never deleted');
end;
create trigger outbox_says_the_same
before update of seq, id, kind, order_key, sha256, payload_sealed, created_at on outbox
begin
    select raise(abort, 'an outbox message is never altered');
end;
create trigger outbox_attempts_are_kept before delete on outbox_attempts
begin
    select raise(abort, 'an attempt is never deleted');
end;
create trigger outbox_attempts_say_the_same before update on outbox_attempts
begin
    select raise(abort, 'an attempt is never altered');
end;
"""

# From the oldest on, until there are enough: sorting the whole queue at each claim would not do.
HEADS = """\
from outbox as head indexed by outbox_in_order
where head.state in ('pending', 'unknown') and head.state <> 'accepted'
and head.resolved_at is null
and not exists (
    select 1 from outbox as earlier
    where earlier.order_key = head.order_key and earlier.seq < head.seq
    and earlier.state <> 'accepted' and earlier.resolved_at is null
)"""
DUE = f"""\
select head.* {HEADS}
and (head.next_try_at is null or head.next_try_at <= ? or head.next_try_at > ?)
order by head.seq limit ?"""
DRAFTS = f"""\
select head.* {HEADS} and head.draft = 1
and not exists (select 1 from outbox_signed as signed where signed.message = head.id)
order by head.seq limit ?"""  # noqa: S608 - our own words
SIGNED = "select sha256, payload_sealed from outbox_signed where message = ?"
KEEP_SIGNED = """\
insert into outbox_signed (message, sha256, payload_sealed) values (?, ?, ?)
on conflict (message) do nothing"""
TRIED_IN_THE_FUTURE = """\
update outbox set next_try_at = null
where state in ('pending', 'unknown') and next_try_at is not null
and exists (select 1 from outbox_attempts where message = outbox.id and at > ?)"""
NEXT_DUE = f"""\
select min(case when head.next_try_at <= ? then head.next_try_at else ? end) as at {HEADS}"""
ATTEMPT = """\
insert into outbox_attempts (message, number, at, outcome, code, text_sealed)
values (?, ?, ?, ?, ?, ?)"""
MOVE = """\
update outbox set state = ?, next_try_at = ?, code = ?, answer_sealed = ?, tries = tries + 1
where id = ?"""
ACCEPT = """\
update outbox set state = 'accepted', receipt = ?, next_try_at = null, code = null,
answer_sealed = null, tries = tries + 1 where id = ?"""
RESOLVED_BEFORE = """\
select 1 from outbox where order_key = ? and seq < ? and resolved_at is not null limit 1"""
CLOSE = """\
update outbox set state = 'rejected', next_try_at = null, code = ?, answer_sealed = ?,
resolved_at = ?, resolved_by = ?, note_sealed = ? where id = ?"""
# A page begins where the one before ended: found by its key, not by walking past what is newer.
PAGE = """\
select * from outbox where seq < coalesce(?, 9223372036854775807) and (? is null or state = ?)
order by seq desc limit ?"""
UNDELIVERED = """\
select * from outbox indexed by outbox_in_order
where state <> 'accepted' and resolved_at is null and seq < coalesce(?, 9223372036854775807)
order by seq desc limit ?"""
COUNTS = """\
select state, resolved_at is not null as resolved, count(*) as messages
from outbox group by state, resolved"""
OLDEST = """\
select min(created_at) as at from outbox where state <> 'accepted' and resolved_at is null"""
