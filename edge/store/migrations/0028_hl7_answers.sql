-- What was answered to an HL7 message that did something: the same control id is answered so again.
create table hl7_answers (
    system text not null,              -- the hospital system's name, as its token says
    control_id text not null,          -- MSH-10
    sha256 text not null,              -- of the message: other content under one id is refused
    sealed blob not null,              -- the acknowledgement
    at text not null,
    primary key (system, control_id)
) strict, without rowid;
create index hl7_answers_by_age on hl7_answers (at);
