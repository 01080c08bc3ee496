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
        WHEN previous.retires_at > pg_catalog.clock_timestamp() THEN 'rotating'
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
    current.secret_id AS current_secret_id,
    current.last_four AS current_last_four,
    current.created_at AS current_created_at,
    previous.secret_id AS previous_secret_id,
    previous.last_four AS previous_last_four,
    previous.created_at AS previous_created_at,
    previous.retires_at AS previous_retires_at
FROM access_token.api_key AS k
LEFT JOIN access_token.api_key_secret AS current
    ON current.api_key_id OPERATOR(pg_catalog.=) k.api_key_id AND current.retires_at IS NULL
LEFT JOIN access_token.api_key_secret AS previous
    ON previous.api_key_id OPERATOR(pg_catalog.=) k.api_key_id AND previous.retires_at IS NOT NULL;

COMMENT ON VIEW access_token.api_keys IS
    'API keys; state is active, rotating (two secrets live), disabled or expired; secrets show their last four characters';
