-- What is due is found from the oldest on, however long the queue is.
create index outbox_in_order on outbox (seq) where state <> 'accepted' and resolved_at is null;
