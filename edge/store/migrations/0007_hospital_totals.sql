-- What the hospital's own system says a stay's bill comes to; the last word counts, all are kept.

create table hospital_totals (
    id integer primary key,
    stay_id text not null references stays (id),
    total_fen integer not null check (total_fen >= 0),
    said_by text not null,
    said_at text not null
) strict;

create index hospital_totals_by_stay on hospital_totals (stay_id, id);
