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
    t.disabled_at,
    t.tokens_revoked_at
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
    k.previous_retires_at,
    k.tokens_revoked_at
FROM access_token.api_key AS k;

COMMENT ON VIEW access_token.api_keys IS
    'API keys; state is active, rotating (two secrets live), disabled or expired; secrets show their last four characters';

CREATE VIEW access_token.clients AS
SELECT
    c.client_id,
    c.tenant_id,
    c.name,
    CASE WHEN c.disabled_at IS NULL THEN 'active' ELSE 'disabled' END AS state,
    c.audience,
    c.algorithm,
    c.lifetime,
    c.allowed_scopes,
    c.allowed_roles,
    c.created_at,
    c.disabled_at,
    c.tokens_revoked_at
FROM access_token.client AS c;

COMMENT ON VIEW access_token.clients IS 'Clients; state is active or disabled';

CREATE VIEW access_token.revocations AS
SELECT r.tenant_id, r.kind, r.value, r.revoked_at, r.expires_at
FROM access_token.revocation AS r;

COMMENT ON VIEW access_token.revocations IS
    'Revoked tokens (jti, or token: the hash of one without jti) and cut-offs of identities, until they are purged';

CREATE VIEW access_token.signing_keys AS
SELECT
    k.kid,
    k.tenant_id,
    k.algorithm,
    CASE
        WHEN k.state = 'previous'
             AND k.retired_at <= pg_catalog.clock_timestamp()
                                 - pg_catalog.make_interval(secs => t.max_token_lifetime)
        THEN 'expired'
        ELSE k.state
    END AS state,
    k.public_jwk::pg_catalog.jsonb AS public_jwk,
    k.sealed_private_key IS NOT NULL AS has_private_key,
    k.created_at,
    k.activated_at,
    k.retired_at,
    CASE WHEN k.state = 'previous'
         THEN k.retired_at + pg_catalog.make_interval(secs => t.max_token_lifetime) END AS verifies_until,
    k.revoked_at
FROM access_token.signing_key AS k
JOIN access_token.tenant AS t ON t.tenant_id OPERATOR(pg_catalog.=) k.tenant_id;

COMMENT ON VIEW access_token.signing_keys IS
    'Signing keys; state is next, current, previous, expired (a previous key past its time) or revoked';

CREATE VIEW access_token.sealed_value AS
SELECT 'api_key' AS table_name, k.api_key_id AS row_id, k.current_sealed_secret AS sealed
FROM access_token.api_key AS k
UNION ALL
SELECT 'api_key', k.api_key_id, k.previous_sealed_secret
FROM access_token.api_key AS k WHERE k.previous_sealed_secret IS NOT NULL
UNION ALL
SELECT 'signing_key', k.kid, k.sealed_private_key
FROM access_token.signing_key AS k WHERE k.sealed_private_key IS NOT NULL;

COMMENT ON VIEW access_token.sealed_value IS
    'Internal: everything that is sealed under a root key; granted to nobody';

/* Reads the id that a sealed value carries in the clear: version, length, id (src/store/seal.h). */
CREATE VIEW access_token.root_keys AS
WITH uses AS (
    SELECT
        pg_catalog.encode(pg_catalog.substr(s.sealed, 3, pg_catalog.get_byte(s.sealed, 1)), 'escape') AS root_key_id,
        pg_catalog.count(DISTINCT (s.table_name, s.row_id)) AS seals_rows
    FROM access_token.sealed_value AS s
    WHERE pg_catalog.length(s.sealed) OPERATOR(pg_catalog.>) 2
    GROUP BY 1
), sources AS (
    SELECT k.root_key_id, 'database' AS source, k.created_at FROM access_token.root_key AS k WHERE k.seals
    UNION ALL
    SELECT k.root_key_id, 'imported', k.created_at FROM access_token.root_key AS k WHERE NOT k.seals
    UNION ALL
    SELECT pg_catalog.split_part(e.name, ':', 2), pg_catalog.split_part(e.name, ':', 1), NULL
    FROM pg_catalog.unnest(access_token.external_root_keys()) AS e (name)
)
SELECT
    coalesce(s.root_key_id, u.root_key_id) AS root_key_id,
    coalesce(s.source, 'missing') AS source,
    s.created_at,
    coalesce(u.seals_rows, 0) AS seals_rows
FROM sources AS s
FULL JOIN uses AS u ON u.root_key_id OPERATOR(pg_catalog.=) s.root_key_id;

COMMENT ON VIEW access_token.root_keys IS
    'Root keys by source (database, imported, file, command, missing) with the number of rows each seals; no key bytes';
