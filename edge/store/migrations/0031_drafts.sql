-- A message whose lines lie with its cause is a draft: it is made, signed and kept when it is sent.
alter table outbox add column draft integer not null default 0 check (draft in (0, 1));
create trigger outbox_draft_stays_one before update of draft on outbox
begin
    select raise(abort, 'an outbox message is never altered');
end;

create table outbox_signed (
    message text primary key references outbox (id),
    sha256 text not null check (length(sha256) = 64),
    payload_sealed blob not null
) strict;
create trigger outbox_signed_is_kept before delete on outbox_signed
begin
    select raise(abort, 'what was signed is never deleted');
end;
create trigger outbox_signed_says_the_same before update on outbox_signed
begin
    select raise(abort, 'what was signed is never altered');
end;
