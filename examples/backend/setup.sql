-- What the example needs, once, by a superuser:
--   createdb example && psql -d example -v role=example_backend -f examples/backend/setup.sql
-- The backend never sees the key's secret: it only names the key, so the secret is not selected here.
\set ON_ERROR_STOP on
\if :{?role}
\else
    \set role example_backend
\endif

CREATE EXTENSION IF NOT EXISTS access_token;

-- How it logs in (a password, a certificate, peer) is for pg_hba.conf and the DBA to decide.
CREATE ROLE :"role" LOGIN;
SELECT access_token.grant_access(:'role', 'issuer');
SELECT access_token.grant_access(:'role', 'verifier');

SELECT access_token.create_tenant('Example', tenant_id => 'example');
SELECT api_key_id
FROM access_token.create_api_key('example', 'backend', id => 'example-backend', settings => '{
    "token_lifetime": 900, "max_token_lifetime": 3600, "allowed_scopes": ["profile"]}');
