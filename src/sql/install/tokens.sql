/*
 * Issuing and verifying: C functions, so EXECUTE is the gate. All are VOLATILE, because plain EXPLAIN
 * runs a STABLE function whose arguments are constants, and because they read the real clock.
 */

/* One form for each type that applications number their users by: an overload spares them the cast. */
CREATE FUNCTION access_token.issue_access_token(
    api_key_id text, identity text, expires_in integer DEFAULT NULL, scope text DEFAULT NULL,
    audience text[] DEFAULT NULL, claims jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_issue_access_token';

COMMENT ON FUNCTION access_token.issue_access_token(text, text, integer, text, text[], jsonb) IS
    'A token for a user, signed with the secret of an API key; expires_in is in seconds';

CREATE FUNCTION access_token.issue_access_token(
    api_key_id text, identity smallint, expires_in integer DEFAULT NULL, scope text DEFAULT NULL,
    audience text[] DEFAULT NULL, claims jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_issue_access_token_smallint';

COMMENT ON FUNCTION access_token.issue_access_token(text, smallint, integer, text, text[], jsonb) IS
    'A token for a user, signed with the secret of an API key; expires_in is in seconds';

CREATE FUNCTION access_token.issue_access_token(
    api_key_id text, identity integer, expires_in integer DEFAULT NULL, scope text DEFAULT NULL,
    audience text[] DEFAULT NULL, claims jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_issue_access_token_integer';

COMMENT ON FUNCTION access_token.issue_access_token(text, integer, integer, text, text[], jsonb) IS
    'A token for a user, signed with the secret of an API key; expires_in is in seconds';

CREATE FUNCTION access_token.issue_access_token(
    api_key_id text, identity bigint, expires_in integer DEFAULT NULL, scope text DEFAULT NULL,
    audience text[] DEFAULT NULL, claims jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_issue_access_token_bigint';

COMMENT ON FUNCTION access_token.issue_access_token(text, bigint, integer, text, text[], jsonb) IS
    'A token for a user, signed with the secret of an API key; expires_in is in seconds';

CREATE FUNCTION access_token.issue_access_token(
    api_key_id text, identity uuid, expires_in integer DEFAULT NULL, scope text DEFAULT NULL,
    audience text[] DEFAULT NULL, claims jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_issue_access_token_uuid';

COMMENT ON FUNCTION access_token.issue_access_token(text, uuid, integer, text, text[], jsonb) IS
    'A token for a user, signed with the secret of an API key; expires_in is in seconds';

CREATE FUNCTION access_token.issue_public_token(tenant_id text, api_key_id text, user_id text)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_issue_public_token';

COMMENT ON FUNCTION access_token.issue_public_token(text, text, text) IS
    'A token of a public API key; its user id is a claim that nobody proved';

CREATE FUNCTION access_token.verify_access_token(
    token text, tenant_id text DEFAULT NULL, audience text DEFAULT NULL, scope text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_verify_access_token';

COMMENT ON FUNCTION access_token.verify_access_token(text, text, text, text) IS
    'The claims of a good token; raises TK001 to TK009 for any other';

CREATE FUNCTION access_token.inspect_access_token(
    token text, tenant_id text DEFAULT NULL, audience text DEFAULT NULL, scope text DEFAULT NULL)
RETURNS TABLE (valid boolean, reason text, header jsonb, claims jsonb)
LANGUAGE c VOLATILE PARALLEL SAFE ROWS 1
AS 'MODULE_PATHNAME', 'access_token_inspect_access_token';

COMMENT ON FUNCTION access_token.inspect_access_token(text, text, text, text) IS
    'The verdict on a token as a row; never raises for what a token contains';

CREATE FUNCTION access_token.introspect_access_token(
    token text, tenant_id text, audience text DEFAULT NULL, scope text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_introspect_access_token';

COMMENT ON FUNCTION access_token.introspect_access_token(text, text, text, text) IS
    'What RFC 7662 says of a good token of a tenant; exactly {"active": false} for anything else';

CREATE FUNCTION access_token.decode_token(token text)
RETURNS TABLE (header jsonb, claims jsonb, signature bytea)
LANGUAGE c VOLATILE PARALLEL SAFE ROWS 1
AS 'MODULE_PATHNAME', 'access_token_decode_token';

COMMENT ON FUNCTION access_token.decode_token(text) IS
    'What a token says; checks its form, not its signature: never decide by it';
