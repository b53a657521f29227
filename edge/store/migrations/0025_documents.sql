-- Documents as they were made, byte for byte, and each time one was handed out or printed; the
-- papers of a hand-over to the worker; complaints. Nothing of it is ever altered or deleted.

create table documents (
    id text primary key,
    kind text not null,
    owner_kind text not null check (
        owner_kind in ('stay', 'fitting', 'claim', 'day', 'complaint')
    ),
    owner text not null,                 -- of whom it is listed: a case, a month, a day, a complaint
    subject text not null,               -- what it speaks of: a settlement, a sheet, a claim
    edition text not null,               -- empty: of this subject there is one for good
    title text not null,
    media text not null check (media in ('application/pdf', 'application/zip')),
    sha256 text not null check (length(sha256) = 64),
    size integer not null check (size > 0),
    dated text not null,                 -- the moment that it speaks of
    made_by text not null,
    made_at text not null,
    content_sealed blob not null,
    unique (kind, subject, edition)
) strict;
create index documents_by_owner on documents (owner_kind, owner);
create trigger document_is_kept before delete on documents
begin
    select raise(abort, 'a document is never deleted');
end;
create trigger document_says_the_same before update on documents
begin
    select raise(abort, 'a document is never altered');
end;

create table document_uses (
    document_id text not null references documents (id),
    use text not null check (use in ('shown', 'printed')),
    number integer not null check (number >= 1), -- the second that is printed is reprint 1
    operator text not null,
    at text not null,
    primary key (document_id, use, number)
) strict, without rowid;
create trigger document_use_is_kept before delete on document_uses
begin
    select raise(abort, 'a print is never forgotten');
end;
create trigger document_use_says_the_same before update on document_uses
begin
    select raise(abort, 'a print is never altered');
end;

-- Which papers of a manual package were gathered, as it was said each time, and who took them.
create table manual_handovers (
    stay_id text references stays (id),
    fitting_id text references fittings (id),
    case_id text generated always as (coalesce(stay_id, fitting_id)) virtual,
    number integer not null check (number >= 1),
    gathered text not null,              -- JSON: the papers that are there, by their names
    taken_by_sealed blob,                -- who took the package along; null: not yet
    operator text not null,
    at text not null,
    check ((stay_id is null) <> (fitting_id is null))
) strict;
create unique index manual_handovers_in_order on manual_handovers (case_id, number);
create unique index one_handover_a_case on manual_handovers (case_id)
    where taken_by_sealed is not null;
create trigger manual_handover_is_kept before delete on manual_handovers
begin
    select raise(abort, 'a hand-over is never deleted');
end;
create trigger manual_handover_says_the_same before update on manual_handovers
begin
    select raise(abort, 'a hand-over is never altered');
end;
create trigger nothing_is_gathered_after_the_handover before insert on manual_handovers
when exists (
    select 1 from manual_handovers
    where case_id = coalesce(new.stay_id, new.fitting_id) and taken_by_sealed is not null
)
begin
    select raise(abort, 'the package was taken along');
end;

create table complaints (
    id text primary key,
    channel text not null check (channel in ('desk', 'agency')),
    said_sealed blob not null,           -- who complains, how to reach them, of what
    state text not null check (state in ('new', 'in_work', 'answered')),
    received_at text not null,
    received_by text not null,
    due_on text not null,
    taken_by text,
    answer_sealed blob,
    told_by_sealed blob,                 -- how the result was told (津 第四十条)
    answered_by text,
    answered_at text,
    check ((state = 'answered') = (answer_sealed is not null)),
    check ((answer_sealed is null) = (told_by_sealed is null)),
    check ((answer_sealed is null) = (answered_by is null)),
    check ((answer_sealed is null) = (answered_at is null))
) strict;
create index complaints_open on complaints (due_on) where state <> 'answered';
create index complaints_by_day on complaints (received_at);
create trigger complaint_is_kept before delete on complaints
begin
    select raise(abort, 'a complaint is never deleted');
end;
create trigger complaint_says_the_same
before update of id, channel, said_sealed, received_at, received_by, due_on on complaints
begin
    select raise(abort, 'what was complained of is never altered');
end;
create trigger complaint_is_answered_once before update on complaints
when old.state = 'answered'
begin
    select raise(abort, 'a complaint is answered once');
end;
