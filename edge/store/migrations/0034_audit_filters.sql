-- What the audit is asked for, found without reading every act: the acts on one case, of one kind, by
-- one person, in a time. SQLite keeps the entry's number in each, so they are in order.
create index ledger_by_subject on ledger (subject);
create index ledger_by_kind on ledger (kind);
create index ledger_by_operator on ledger (operator);
create index ledger_by_time on ledger (at);
