/*
 * JOSE with the caller's own keys. A key is a JWK, or to verify with a JWK Set, as text that C code
 * parses: a malformed argument of type json would stand in the server's log. The forms for json and
 * jsonb are there so that the result of one function feeds the next.
 */

DO $toolbox$
DECLARE
    form record;
    key_type text;
BEGIN
    FOR form IN
        SELECT f.name, f.before_key, f.after_key, f.result, f.names
        FROM (VALUES
            ('jws_sign', 'payload bytea', 'header jsonb DEFAULT NULL', 'text', 'payload, key, header'),
            ('jws_verify', 'token text', 'algorithms text[]', 'bytea', 'token, key, algorithms'),
            ('jwt_sign', 'claims jsonb', 'header jsonb DEFAULT NULL', 'text', 'claims, key, header'),
            ('jwt_verify', 'token text',
             'algorithms text[], issuer text DEFAULT NULL, audience text DEFAULT NULL, '
             'leeway integer DEFAULT NULL, require_exp boolean DEFAULT true', 'jsonb',
             'token, key, algorithms, issuer, audience, leeway, require_exp'),
            ('jwk_public', '', '', 'json', 'key'),
            ('jwk_thumbprint', '', '', 'text', 'key'),
            ('jwk_to_pem', '', '', 'text', 'key'),
            ('jwe_encrypt', 'plaintext bytea', 'algorithm text, encryption text, header jsonb DEFAULT NULL',
             'text', 'plaintext, key, algorithm, encryption, header'),
            ('jwe_decrypt', 'token text', 'algorithms text[], encryptions text[]', 'bytea',
             'token, key, algorithms, encryptions')
        ) AS f (name, before_key, after_key, result, names)
    LOOP
        FOREACH key_type IN ARRAY ARRAY['text', 'json', 'jsonb'] LOOP
            EXECUTE pg_catalog.format(
                'CREATE FUNCTION access_token.%1$I(%2$s) RETURNS %3$s LANGUAGE %4$s VOLATILE PARALLEL SAFE %5$s',
                form.name,
                pg_catalog.concat_ws(', ', nullif(form.before_key, ''), 'key ' || key_type, nullif(form.after_key, '')),
                form.result,
                CASE key_type WHEN 'jsonb' THEN 'sql' ELSE 'c' END,
                CASE key_type
                    WHEN 'jsonb' THEN pg_catalog.format(
                        'RETURN access_token.%I(%s)', form.name,
                        (SELECT pg_catalog.string_agg(
                             pg_catalog.format(CASE n.name WHEN 'key' THEN '%I.%I::text' ELSE '%I.%I' END, form.name, n.name),
                             ', ' ORDER BY n.place)
                         FROM pg_catalog.unnest(pg_catalog.string_to_array(form.names, ', '))
                              WITH ORDINALITY AS n (name, place)))
                    ELSE pg_catalog.format('AS ''MODULE_PATHNAME'', %L', 'access_token_' || form.name)
                END);
        END LOOP;
    END LOOP;

    -- One comment for all three forms of each.
    FOR form IN
        SELECT p.oid::pg_catalog.regprocedure AS signature, c.remark
        FROM pg_catalog.pg_proc AS p
        JOIN (VALUES
            ('jws_sign', 'Signs bytes as compact JWS (RFC 7515)'),
            ('jws_verify', 'The payload of a compact JWS whose signature is good, by the algorithms named'),
            ('jwt_sign', 'Signs claims as JWT (RFC 7519)'),
            ('jwt_verify', 'The claims of a good JWT, by the algorithms named; leeway is in seconds'),
            ('jwk_public', 'The public part of a JWK'),
            ('jwk_thumbprint', 'The SHA-256 thumbprint of a JWK (RFC 7638)'),
            ('jwk_to_pem', 'A JWK as PEM: SPKI, or PKCS#8 when it is private'),
            ('jwe_encrypt', 'Encrypts bytes as compact JWE (RFC 7516)'),
            ('jwe_decrypt', 'The plaintext of a compact JWE, by the algorithms named; every failure is alike')
        ) AS c (name, remark) ON c.name OPERATOR(pg_catalog.=) p.proname
        WHERE p.pronamespace OPERATOR(pg_catalog.=) 'access_token'::pg_catalog.regnamespace
    LOOP
        EXECUTE pg_catalog.format('COMMENT ON FUNCTION %s IS %L', form.signature, form.remark);
    END LOOP;
END
$toolbox$;

CREATE FUNCTION access_token.jwk_generate(algorithm text)
RETURNS json
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_generate';

COMMENT ON FUNCTION access_token.jwk_generate(text) IS
    'A new private or symmetric JWK for a signature, key management or content encryption algorithm';

CREATE FUNCTION access_token.jwk_from_pem(pem text)
RETURNS json
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_from_pem';

COMMENT ON FUNCTION access_token.jwk_from_pem(text) IS
    'A PEM key as JWK: SPKI, PKCS#1, PKCS#8 or SEC1, one block, not encrypted';
