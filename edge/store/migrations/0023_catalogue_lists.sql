-- A region publishes more than one list: that of work injury and that of basic medical insurance
-- (川 第二十一条). Which one a version is of; none said: it counts for each.

alter table catalogue_versions add column insurance text
    check (insurance in ('work_injury', 'medical'));

alter table code_mappings add column insurance text
    check (insurance in ('work_injury', 'medical'));

-- The part of the cost that the list leaves to the patient: a decimal from 0 to 1, 4 places.
alter table catalogue_rows add column co_payment_share text;
