-- When each desk's agent was heard last, and from which PC.

create table agents (
    desk text primary key check (desk <> ''),
    host text not null,
    seen_at text not null
) strict;
