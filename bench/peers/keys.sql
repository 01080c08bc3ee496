-- The table that every peer looks its key up in: one primary key, one unique
-- kid, the secret in plain text. The bench copies our own key's secret here, so
-- that all sides sign and verify with the same key.
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE SCHEMA peer;

CREATE TABLE peer.api_key (
    api_key_id   text PRIMARY KEY,
    kid          text NOT NULL UNIQUE,
    tenant_id    text NOT NULL,
    secret       text NOT NULL,
    content_type text NOT NULL DEFAULT 'parra-fpa;v=1',
    lifetime     integer NOT NULL DEFAULT 3600,
    disabled_at  timestamptz
);
