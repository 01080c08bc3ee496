/* Root keys: where they are, moving them with a logical dump, moving secrets to the current one. */

CREATE FUNCTION access_token.open_root_keys(
    sealed text, passphrase text, OUT ids text[], OUT keys bytea[])
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_open_root_keys';

COMMENT ON FUNCTION access_token.open_root_keys(text, text) IS
    'Internal: opens what export_root_key returned';

CREATE FUNCTION access_token.reseal("column" text, row_id text, owner_id text, sealed bytea)
RETURNS bytea
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_reseal';

COMMENT ON FUNCTION access_token.reseal(text, text, text, bytea) IS
    'Internal: a sealed value anew, under the current root key';

CREATE FUNCTION access_token.current_root_key_id()
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_current_root_key_id';

COMMENT ON FUNCTION access_token.current_root_key_id() IS
    'Internal: the id of the root key that seals; TK011 when there is none';

CREATE FUNCTION access_token.external_root_keys()
RETURNS text[]
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_external_root_keys';

COMMENT ON FUNCTION access_token.external_root_keys() IS
    'The ids of root keys from file and command, as file:id or command:id; no keys';

CREATE FUNCTION access_token.external_root_key_problem()
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_external_root_key_problem';

COMMENT ON FUNCTION access_token.external_root_key_problem() IS
    'Internal: what is wrong with root_key_file or root_key_command; NULL when nothing is';

CREATE FUNCTION access_token.export_root_key(passphrase text)
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_export_root_key';

COMMENT ON FUNCTION access_token.export_root_key(text) IS
    'The root keys of the table, sealed under a passphrase (scrypt); for a superuser alone';

/* An imported key opens; it seals nothing until rewrap_secrets has made it superfluous. */
CREATE FUNCTION access_token.import_root_key(sealed text, passphrase text)
RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    opened record;
BEGIN
    PERFORM access_token.check_primary();
    opened := access_token.open_root_keys(import_root_key.sealed, import_root_key.passphrase);
    INSERT INTO access_token.root_key (root_key_id, key, seals)
    SELECT k.root_key_id, k.key, false
    FROM unnest(opened.ids, opened.keys) AS k (root_key_id, key)
    ON CONFLICT ON CONSTRAINT root_key_pkey DO NOTHING;
    RETURN opened.ids;
END
$function$;

COMMENT ON FUNCTION access_token.import_root_key(text, text) IS
    'Takes what export_root_key returned, to open what a restored dump holds; returns the ids';

CREATE FUNCTION access_token.rewrap_secrets(batch integer DEFAULT 1000)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    current_id text;
    secrets integer;
    private_keys integer;
BEGIN
    PERFORM access_token.check_primary();
    current_id := access_token.current_root_key_id();
    IF rewrap_secrets.batch IS NULL OR rewrap_secrets.batch < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'batch is out of range',
            DETAIL = 'It must be 1 or more rows.',
            HINT = 'Call it until it returns 0.';
    END IF;

    WITH chosen AS (
        SELECT k.api_key_id FROM access_token.api_key AS k
        WHERE access_token.sealed_under(k.current_sealed_secret) IS DISTINCT FROM current_id
           OR (k.previous_secret_id IS NOT NULL
               AND access_token.sealed_under(k.previous_sealed_secret) IS DISTINCT FROM current_id)
        LIMIT rewrap_secrets.batch
        FOR UPDATE SKIP LOCKED)
    UPDATE access_token.api_key AS k
    SET current_sealed_secret = access_token.reseal('api_key', k.current_secret_id, k.api_key_id, k.current_sealed_secret),
        previous_sealed_secret = CASE WHEN k.previous_secret_id IS NOT NULL THEN
            access_token.reseal('api_key', k.previous_secret_id, k.api_key_id, k.previous_sealed_secret) END
    FROM chosen
    WHERE k.api_key_id = chosen.api_key_id;
    GET DIAGNOSTICS secrets = ROW_COUNT;

    WITH chosen AS (
        SELECT k.kid FROM access_token.signing_key AS k
        WHERE k.sealed_private_key IS NOT NULL
          AND access_token.sealed_under(k.sealed_private_key) IS DISTINCT FROM current_id
        LIMIT rewrap_secrets.batch - secrets
        FOR UPDATE SKIP LOCKED)
    UPDATE access_token.signing_key AS k
    SET sealed_private_key = access_token.reseal('signing_key', k.kid, k.tenant_id, k.sealed_private_key)
    FROM chosen
    WHERE k.kid = chosen.kid;
    GET DIAGNOSTICS private_keys = ROW_COUNT;
    RETURN secrets + private_keys;
END
$function$;

COMMENT ON FUNCTION access_token.rewrap_secrets(integer) IS
    'Seals up to batch secrets anew under the current root key and returns how many; call until 0';
