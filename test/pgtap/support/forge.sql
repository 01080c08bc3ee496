/*
 * Tokens that the extension itself would never make, and the whole answer to one token.
 *
 * Everything is in the schema forge and goes away with the test's ROLLBACK. MACs are pgcrypto's, so a
 * row with a valid MAC proves that the named defect alone caused the refusal.
 */
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE SCHEMA forge;

-- The keys of a test by a label that is also their id; kid and secret are the current ones.
CREATE TABLE forge.api_key (
    label text PRIMARY KEY,
    tenant_id text NOT NULL,
    algorithm text NOT NULL,
    content_type text NOT NULL,
    kid text NOT NULL,
    secret text
);

-- The secrets that are stored, one a row: a secret of which any column is set is there.
CREATE VIEW forge.stored_secret AS
SELECT k.api_key_id, s.*
FROM access_token.api_key AS k
CROSS JOIN LATERAL (VALUES
    (k.current_secret_id, k.current_sealed_secret, k.current_last_four, k.current_created_at, NULL),
    (k.previous_secret_id, k.previous_sealed_secret, k.previous_last_four, k.previous_created_at, k.previous_retires_at))
    AS s (secret_id, sealed_secret, last_four, created_at, retires_at)
WHERE num_nonnulls(s.secret_id, s.sealed_secret, s.last_four, s.created_at, s.retires_at) > 0;

CREATE FUNCTION forge.make_key(
    label text, tenant_id text, algorithm text DEFAULT 'HS256', settings jsonb DEFAULT '{}',
    public boolean DEFAULT false)
RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
    secret text;
BEGIN
    IF NOT EXISTS (SELECT FROM access_token.tenants AS t WHERE t.tenant_id = make_key.tenant_id) THEN
        PERFORM access_token.create_tenant('Tenant of a test', make_key.tenant_id);
    END IF;
    SELECT k.secret INTO secret
    FROM access_token.create_api_key(
        make_key.tenant_id, 'Key of a test', make_key.public, make_key.algorithm, make_key.label,
        settings => make_key.settings) AS k;
    INSERT INTO forge.api_key
    SELECT k.api_key_id, k.tenant_id, k.algorithm, k.content_type, k.current_secret_id, secret
    FROM access_token.api_keys AS k WHERE k.api_key_id = make_key.label;
END
$function$;

CREATE FUNCTION forge.rotate_key(label text, grace interval) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
    new_secret text := access_token.rotate_api_key(label, grace);
BEGIN
    UPDATE forge.api_key AS f SET secret = new_secret, kid = k.current_secret_id
    FROM access_token.api_keys AS k
    WHERE f.label = rotate_key.label AND k.api_key_id = rotate_key.label;
END
$function$;

CREATE FUNCTION forge.base64url(bytes bytea) RETURNS text LANGUAGE sql AS $function$
    SELECT rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=')
$function$;

CREATE FUNCTION forge.from_base64url(segment text) RETURNS bytea LANGUAGE sql AS $function$
    SELECT decode(rpad(translate(segment, '-_', '+/'), (length(segment) + 3) / 4 * 4, '='), 'base64')
$function$;

-- signing_input "." MAC; hash is one of pgcrypto's names.
CREATE FUNCTION forge.sign(secret bytea, signing_input text, hash text DEFAULT 'sha256')
RETURNS text LANGUAGE sql AS $function$
    SELECT signing_input || '.' || forge.base64url(
        public.hmac(convert_to(signing_input, 'UTF8'), secret, hash))
$function$;

CREATE FUNCTION forge.sign(label text, signing_input text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.sign(convert_to(k.secret, 'UTF8'), signing_input, replace(k.algorithm, 'HS', 'sha'))
    FROM forge.api_key AS k WHERE k.label = sign.label
$function$;

/*
 * A JSON object of defaults with members changed, added or left out. json, not jsonb: it keeps every
 * value as it is spelled, 1e400 and all.
 */
CREATE FUNCTION forge.object(defaults json, changes json, without text[]) RETURNS text
LANGUAGE sql AS $function$
    SELECT '{' || string_agg(to_json(m.key)::text || ':' || m.value::text, ',' ORDER BY m.part, m.place) || '}'
    FROM (SELECT 1 AS part, d.* FROM json_each(defaults) WITH ORDINALITY AS d (key, value, place)
          WHERE d.key <> ALL (without) AND d.key NOT IN (SELECT json_object_keys(changes))
          UNION ALL
          SELECT 2, c.* FROM json_each(changes) WITH ORDINALITY AS c (key, value, place)) AS m
$function$;

CREATE FUNCTION forge.header(label text, changes json DEFAULT '{}', without text[] DEFAULT '{}')
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.object(
        json_build_object('alg', k.algorithm, 'typ', 'JWT', 'cty', k.content_type, 'kid', k.kid),
        changes, without)
    FROM forge.api_key AS k WHERE k.label = header.label
$function$;

-- Seconds since 1970, some seconds from now, with their fraction.
CREATE FUNCTION forge.epoch(seconds numeric DEFAULT 0) RETURNS numeric LANGUAGE sql AS $function$
    SELECT extract(epoch FROM clock_timestamp()) + seconds
$function$;

-- What Parra documents: iss, sub, exp and grants.identity.
CREATE FUNCTION forge.claims(label text, changes json DEFAULT '{}', without text[] DEFAULT '{}')
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.object(
        json_build_object('iss', k.label, 'sub', k.tenant_id, 'exp', forge.epoch(600),
                          'grants', json_build_object('identity', 'user|42')),
        changes, without)
    FROM forge.api_key AS k WHERE k.label = claims.label
$function$;

CREATE FUNCTION forge.token_of_bytes(label text, header bytea, payload bytea)
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.sign(label, forge.base64url(header) || '.' || forge.base64url(payload))
$function$;

CREATE FUNCTION forge.token(label text, header text DEFAULT NULL, claims text DEFAULT NULL)
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.token_of_bytes(
        label, convert_to(coalesce(header, forge.header(label)), 'UTF8'),
        convert_to(coalesce(claims, forge.claims(label)), 'UTF8'))
$function$;

-- As a backend elsewhere signs it, knowing only what Parra documents: the header has no kid.
CREATE FUNCTION forge.outside_token(label text, changes json DEFAULT '{}', without text[] DEFAULT '{}')
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.token(label, forge.header(label, '{}', ARRAY['kid']), forge.claims(label, changes, without))
$function$;

CREATE FUNCTION forge.header_of(token text) RETURNS text LANGUAGE sql AS $function$
    SELECT convert_from(forge.from_base64url(split_part(token, '.', 1)), 'UTF8')
$function$;

CREATE FUNCTION forge.claims_of(token text) RETURNS text LANGUAGE sql AS $function$
    SELECT convert_from(forge.from_base64url(split_part(token, '.', 2)), 'UTF8')
$function$;

-- The SQLSTATE that a statement ends with, 00000 when with none.
CREATE FUNCTION forge.sqlstate_of(statement text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE statement;
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;

-- The hint of the error that a statement ends with.
CREATE FUNCTION forge.hint_of(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END
$function$;

-- What an error lacks or gives away, as a suffix of its SQLSTATE; empty when all is well.
CREATE FUNCTION forge.fault_of_error(token text, message text, detail text, hint text)
RETURNS text LANGUAGE sql AS $function$
    SELECT CASE
        WHEN '' IN (message, detail, hint) THEN ' without detail or hint'
        WHEN EXISTS (
            SELECT FROM string_to_table(token, '.') AS segment
            WHERE length(segment) > 8 AND position(segment IN message || detail || hint) > 0)
        THEN ' showing the token'
        ELSE ''
    END
$function$;

CREATE FUNCTION forge.verify_verdict(token text, tenant_id text, audience text, scope text)
RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    RETURN CASE WHEN access_token.verify_access_token(token, tenant_id, audience, scope) IS NULL
                THEN 'NULL' ELSE 'accepts' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || forge.fault_of_error(token, message, detail, hint);
END
$function$;

CREATE FUNCTION forge.inspect_verdict(token text, tenant_id text, audience text, scope text)
RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    verdict record;
    row_count integer := 0;
BEGIN
    FOR verdict IN SELECT * FROM access_token.inspect_access_token(token, tenant_id, audience, scope) LOOP
        row_count := row_count + 1;
    END LOOP;
    RETURN CASE
        WHEN row_count <> 1 THEN row_count || ' rows'
        WHEN verdict.valid AND verdict.reason IS NULL THEN 'valid'
        WHEN verdict.valid IS FALSE AND verdict.reason <> '' THEN verdict.reason
        ELSE 'contradicts itself'
    END || ', shows ' || CASE
        WHEN verdict.header IS NOT NULL AND verdict.claims IS NOT NULL THEN 'both'
        WHEN verdict.header IS NOT NULL THEN 'header'
        WHEN verdict.claims IS NOT NULL THEN 'claims'
        ELSE 'nothing'
    END;
EXCEPTION WHEN OTHERS THEN
    RETURN 'raises ' || SQLSTATE;
END
$function$;

CREATE FUNCTION forge.decode_verdict(token text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    PERFORM FROM access_token.decode_token(token) AS d
    WHERE d.header IS NULL OR d.claims IS NULL OR d.signature IS NULL;
    RETURN CASE WHEN FOUND THEN 'NULL' ELSE 'decodes' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || forge.fault_of_error(token, message, detail, hint);
END
$function$;

/*
 * What the three functions answer to one token, in one line:
 * "verify TK001, inspect malformed, shows nothing, decode TK001".
 */
CREATE FUNCTION forge.verdict(
    token text, tenant_id text DEFAULT NULL, audience text DEFAULT NULL, scope text DEFAULT NULL)
RETURNS text LANGUAGE sql AS $function$
    SELECT format('verify %s, inspect %s, decode %s',
                  forge.verify_verdict(token, tenant_id, audience, scope),
                  forge.inspect_verdict(token, tenant_id, audience, scope),
                  forge.decode_verdict(token))
$function$;

-- The verdict to expect: shows is nothing, header or both; decode is decodes or a SQLSTATE.
CREATE FUNCTION forge.refusal(sqlstate text, reason text, shows text, decode text)
RETURNS text LANGUAGE sql AS $function$
    SELECT format('verify %s, inspect %s, shows %s, decode %s', sqlstate, reason, shows, decode)
$function$;

CREATE FUNCTION forge.acceptance() RETURNS text LANGUAGE sql AS $function$
    SELECT 'verify accepts, inspect valid, shows both, decode decodes'
$function$;
