-- A presentation identifies once; a case that is done leaves its card behind; tokens bound to a desk.

alter table identifications add column presentation text;
update identifications set presentation = id; -- before this, the showing had no name of its own
create unique index one_identification_a_presentation on identifications (presentation);

alter table desk_cases add column done_at text;

alter table api_tokens add column desk text not null default '';
