/*
 * Who is asking: a token is verified once, and its subject is there for the policies of row-level
 * security until the transaction ends, also where a function with a SET clause of its own does it.
 *
 * The readers are STABLE, which a policy needs to use an index; nothing is bound while a query is planned
 * that was not bound before.
 */

CREATE FUNCTION access_token.authenticate(
    token text, tenant_id text, audience text DEFAULT NULL, scope text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_authenticate';

COMMENT ON FUNCTION access_token.authenticate(text, text, text, text) IS
    'Verifies a token, binds its subject to the transaction and returns its claims; raises TK001 to TK009 for any other';

CREATE FUNCTION access_token.current_identity()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_current_identity';

COMMENT ON FUNCTION access_token.current_identity() IS
    'The user of the bound token, where somebody vouches for it; else NULL';

CREATE FUNCTION access_token.current_client()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_current_client';

COMMENT ON FUNCTION access_token.current_client() IS
    'The client of the bound token; NULL for a token of an API key and where nothing is bound';

CREATE FUNCTION access_token.current_tenant()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_current_tenant';

COMMENT ON FUNCTION access_token.current_tenant() IS
    'The tenant of the bound token; NULL where nothing is bound';

CREATE FUNCTION access_token.current_claims()
RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_current_claims';

COMMENT ON FUNCTION access_token.current_claims() IS
    'All claims of the bound token; NULL where nothing is bound';

CREATE FUNCTION access_token.current_scopes()
RETURNS text[]
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_current_scopes';

COMMENT ON FUNCTION access_token.current_scopes() IS
    'The scopes of the bound token, none of them an empty array; NULL where nothing is bound';

CREATE FUNCTION access_token.has_scope(scope text)
RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_has_scope';

COMMENT ON FUNCTION access_token.has_scope(text) IS
    'Whether the bound token has all scopes of a list; false where nothing is bound';
