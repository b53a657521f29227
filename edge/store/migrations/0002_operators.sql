-- Operators, their sessions at a desk, and the tokens of hospital systems.
-- Only hashes are kept: argon2id of a password, SM3 of a token that holds 256 random bits.

create table operators (
    id text primary key,
    name text not null unique,
    role text not null check (role in (
        'system_administrator', 'security_administrator', 'auditor',
        'admission', 'discharge', 'fitting', 'finance'
    )),
    password_hash text not null check (password_hash like '$argon2id$%'),
    created_at text not null,
    disabled_at text
) strict;

create table sessions (
    token_hash blob primary key check (length(token_hash) = 32),
    operator_id text not null references operators (id),
    desk text not null,                  -- empty for roles that sit at no desk
    opened_at text not null,
    seen_at text not null
) strict;
create index sessions_by_operator on sessions (operator_id);

create table api_tokens (
    id text primary key,
    name text not null,                  -- the hospital system, as the ledger will name it
    token_hash blob not null unique check (length(token_hash) = 32),
    scopes text not null,                -- words with a space between
    created_at text not null,
    revoked_at text
) strict;
create unique index one_live_token_a_name on api_tokens (name) where revoked_at is null;
