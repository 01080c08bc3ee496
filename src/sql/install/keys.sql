/* Internal functions around secrets; no role but the owner may call them. */

CREATE FUNCTION access_token.new_root_key()
RETURNS bytea
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_new_root_key';

COMMENT ON FUNCTION access_token.new_root_key() IS 'Internal: 32 random bytes';

CREATE FUNCTION access_token.new_api_key_secret(
    secret_id text, api_key_id text, algorithm text, imported_secret text,
    OUT secret text, OUT sealed_secret bytea, OUT last_four text)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_new_api_key_secret';

COMMENT ON FUNCTION access_token.new_api_key_secret(text, text, text, text) IS
    'Internal: makes or takes a secret and seals it for the row it will stand in';

CREATE FUNCTION access_token.sealed_under(sealed bytea)
RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_sealed_under';

COMMENT ON FUNCTION access_token.sealed_under(bytea) IS
    'Internal: the id of the root key under which a value is sealed';

INSERT INTO access_token.root_key (root_key_id, key)
VALUES (pg_catalog.gen_random_uuid()::text, access_token.new_root_key());
