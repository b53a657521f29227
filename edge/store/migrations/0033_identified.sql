-- Whoever settles a case asks for the worker's latest showing: without this, every showing that ever
-- was is read.
create index identifications_by_person on identifications (person_id, presented_at desc, id);
