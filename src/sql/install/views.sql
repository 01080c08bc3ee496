/* Views for the DBA: every column that is no secret. They call built-in functions alone. */

CREATE VIEW access_token.tenants AS
SELECT
    t.tenant_id,
    t.name,
    CASE WHEN t.disabled_at IS NULL THEN 'active' ELSE 'disabled' END AS state,
    t.issuer,
    t.default_issuer,
    t.max_token_lifetime,
    t.created_at,
    t.disabled_at
FROM access_token.tenant AS t;

COMMENT ON VIEW access_token.tenants IS 'Tenants; state is active or disabled';

CREATE VIEW access_token.api_keys AS
SELECT
    k.api_key_id,
    k.tenant_id,
    k.name,
    k.kind,
    CASE
        WHEN k.disabled_at IS NOT NULL THEN 'disabled'
        WHEN k.expires_at <= pg_catalog.clock_timestamp() THEN 'expired'
        WHEN k.previous_retires_at > pg_catalog.clock_timestamp() THEN 'rotating'
        ELSE 'active'
    END AS state,
    k.algorithm,
    k.content_type,
    k.token_lifetime,
    k.max_token_lifetime,
    k.allowed_scopes,
    k.allowed_roles,
    k.created_at,
    k.expires_at,
    k.disabled_at,
    k.current_secret_id,
    k.current_last_four,
    k.current_created_at,
    k.previous_secret_id,
    k.previous_last_four,
    k.previous_created_at,
    k.previous_retires_at
FROM access_token.api_key AS k;

COMMENT ON VIEW access_token.api_keys IS
    'API keys; state is active, rotating (two secrets live), disabled or expired; secrets show their last four characters';
