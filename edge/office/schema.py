"""The books' tables, step by step. A step that has landed is never edited; the next is added."""

from typing import LiteralString

from edge.core.errors import Fault, Words
from edge.office.books import Books, Rows

_ONE_AT_A_TIME = 0x6F66666963  # "offic": the advisory lock of whoever brings the books up

_BEGINNING: LiteralString = """\
create table campuses (
    facility text primary key,
    heard_at timestamptz,
    asked_at timestamptz,
    list_asked_at timestamptz,
    list_version bigint,
    list_as_of timestamptz
);
create table envelopes (
    id text primary key check (length(id) between 1 and 64),
    facility text not null,
    order_key text not null,
    kind text not null,
    place bigint not null,
    moment timestamptz not null,
    received_at timestamptz not null,
    sha256 bytea not null check (length(sha256) = 32),
    lines_sealed bytea not null,
    fund_fen bigint,
    about text,
    happened_at timestamptz,
    state text not null default 'pending' check (state in ('pending', 'accepted', 'rejected')),
    due_at timestamptz not null,
    tries integer not null default 0 check (tries >= 0),
    code text,
    answered_at timestamptz,
    check ((state = 'pending') = (answered_at is null))
);
create index envelopes_to_send on envelopes (place) where state = 'pending';
create index envelopes_of_a_stay on envelopes (facility, order_key, place) where state = 'pending';
create index envelopes_told on envelopes (facility, kind)
    where kind in ('discharge', 'cancellation', 'settlement', 'reversal', 'manual', 'claim');
create table receipts (
    message text not null,
    attempt integer not null check (attempt >= 1),
    facility text not null,
    answer_sealed bytea not null,
    made_at timestamptz not null,
    published_at timestamptz,
    primary key (message, attempt)
);
create index receipts_to_publish on receipts (made_at) where published_at is null;
create table quarantine (
    number bigint generated always as identity primary key,
    subject text not null,
    facility text not null,
    message text,
    place bigint not null,
    sha256 bytea not null check (length(sha256) = 32),
    code text not null,
    text text not null,
    text_en text not null,
    next_action text not null,
    next_action_en text not null,
    came_at timestamptz not null,
    came_again_at timestamptz,
    times integer not null default 1 check (times >= 1),
    bytes_sealed bytea not null,
    unique (subject, sha256, code)
);
create table heads (
    facility text not null,
    seq bigint not null check (seq >= 1),
    mac bytea not null check (length(mac) = 32),
    at timestamptz not null,
    message text not null,
    primary key (facility, seq)
);
create table dispatches (
    facility text not null,
    seq bigint not null check (seq >= 1),
    id text not null,
    kind text not null,
    month text,
    fen bigint,
    moment timestamptz not null,
    seen_at timestamptz not null,
    primary key (facility, seq)
);
"""

_KEPT: LiteralString = """\
create function is_kept() returns trigger language plpgsql as $$
begin
    raise exception 'what came is never deleted';
end $$;
create trigger envelopes_are_kept before delete or truncate on envelopes execute function is_kept();
create trigger quarantine_is_kept
    before delete or truncate on quarantine execute function is_kept();
create trigger heads_are_kept
    before delete or update or truncate on heads execute function is_kept();
create function says_the_same() returns trigger language plpgsql as $$
begin
    raise exception 'what came is never altered';
end $$;
create trigger envelopes_say_the_same
    before update of id, facility, order_key, kind, moment, sha256, lines_sealed on envelopes
    execute function says_the_same();
create function ends_once() returns trigger language plpgsql as $$
begin
    raise exception 'what was accepted stays accepted';
end $$;
create trigger envelopes_end_once before update of state on envelopes
    for each row when (old.state = 'accepted') execute function ends_once();
"""

_SHOWN: LiteralString = """\
create index envelopes_of_a_case on envelopes (facility, order_key, kind)
    where kind in ('discharge', 'cancellation', 'settlement', 'manual');
create index envelopes_taken_back on envelopes (about) where kind = 'reversal';
create index quarantine_by_facility on quarantine (facility, number);
"""

_DEALT_WITH: LiteralString = """\
alter table quarantine add column open boolean not null default true;
create table quarantine_deeds (
    number bigint not null references quarantine,
    nth integer not null check (nth >= 1),
    act text not null check (act in ('dealt_with', 'reopened')),
    operator text not null,
    why_sealed bytea not null,
    at timestamptz not null,
    primary key (number, nth)
);
create trigger quarantine_deeds_are_kept
    before delete or update or truncate on quarantine_deeds execute function is_kept();
alter table campuses add column newest_seq bigint;
"""

STEPS: tuple[LiteralString, ...] = (_BEGINNING, _KEPT, _SHOWN, _DEALT_WITH)
"""In order; the number of a step is its place, from 1."""


def bring_up(books: Books) -> int:
    """Take the steps that the books have not taken, each whole or not at all; return the version.

    Several may call it at once: one works, the others wait.

    Raises:
        Fault: BOOKS_UNAVAILABLE; BOOKS_NEWER, when a later release has brought them up.
    """
    with books.transaction() as db:
        db.execute("select pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        db.execute("create table if not exists version (number integer not null)")
        taken = version(db)
        if taken > len(STEPS):
            raise _newer(taken)
        for step in STEPS[taken:]:
            db.execute(step)
        db.execute("delete from version")
        db.execute("insert into version values (%s)", [len(STEPS)])
    return len(STEPS)


def version(db: Rows) -> int:
    """Return how many steps the books have taken."""
    row = db.one("select max(number) as number from version")
    return int(row["number"] or 0) if row else 0


def _newer(taken: int) -> Fault:
    return Fault(
        "BOOKS_NEWER",
        Words(
            f"集团账册已由更新的版本升级（第 {taken} 版）",
            f"the books were brought up by a later release (step {taken})",
        ),
        Words("安装该版本或更新的版本", "install that release, or a later one"),
    )
