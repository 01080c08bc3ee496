/*
 * Confusion of algorithms: every pair of a key and an alg in the header, with and without alg in the key.
 * Only the right one verifies, however the caller's list looks; and no HMAC key is made of a public key.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql

SELECT plan(113);

-- One key of each algorithm, its public form, and a token that it signed.
CREATE TABLE key AS
SELECT a, jwk, CASE WHEN a LIKE 'HS%' THEN jwk ELSE access_token.jwk_public(jwk)::text END AS public, access_token.jws_sign('x', jwk) AS token
FROM (SELECT a, access_token.jwk_generate(a)::text AS jwk
      FROM unnest(ARRAY['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) AS a OFFSET 0) AS k;
CREATE FUNCTION verified(token text, key text, algorithms text[]) RETURNS text LANGUAGE sql AS $function$
    SELECT split_part(forge.value_of(format('SELECT access_token.jws_verify(%L, %L::text, %L::text[])', token, key, algorithms)), ' ', 1)
$function$;
-- The same signature under a header of another alg: what a forger has who owns one good token.
CREATE FUNCTION relabelled(token text, alg text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.base64url(convert_to(jsonb_build_object('alg', alg)::text, 'UTF8')) || substring(token FROM '[.].*')
$function$;

-- The matrix: each key, each token, allowed alone, all together, and as the key's own algorithm.
CREATE TABLE algorithms AS SELECT array_agg(a) AS list FROM key;
CREATE TABLE matrix AS
SELECT k.a AS key, t.a AS token, h.a AS header, with_alg, listed.how,
       verified(CASE WHEN h.a = t.a THEN access_token.jws_sign('x', t.jwk, '{"kid": null}'::jsonb - 'kid') ELSE relabelled(t.token, h.a) END,
                CASE WHEN with_alg THEN (k.public::jsonb - 'kid')::text ELSE (k.public::jsonb - 'kid' - 'alg')::text END, listed.list) AS verdict
FROM key AS k, key AS t, key AS h, (VALUES (true), (false)) AS w (with_alg), algorithms AS all_of,
     LATERAL (VALUES ('alone', ARRAY[h.a]), ('all', all_of.list), ('the key''s own', ARRAY[k.a])) AS listed (how, list)
WHERE h.a = t.a OR t.a = k.a; -- a token as it was signed, or the key's own token relabelled
SELECT is((SELECT count(*) FROM matrix), (13 * 13 + 13 * 12) * 2 * 3::bigint, 'the whole matrix');
SELECT is_empty($$ SELECT * FROM matrix WHERE verdict NOT LIKE '\\x%' AND verdict NOT IN ('TK002', 'TK003', 'TK010') $$, 'nothing but the documented refusals');
SELECT set_eq($$ SELECT key, token, header, with_alg, how FROM matrix WHERE verdict LIKE '\\x%' $$,
              $$ SELECT a AS key, a AS token, a AS header, with_alg, how FROM key, (VALUES (true), (false)) AS w (with_alg), (VALUES ('alone'), ('all'), ('the key''s own')) AS l (how)
                 WHERE with_alg OR how <> 'all' $$,
              'each key verifies its own tokens under its own alg, and nothing else: without alg in the key only where one algorithm is allowed');
SELECT set_eq($$ SELECT DISTINCT verdict FROM matrix WHERE NOT with_alg AND how = 'all' $$, ARRAY['TK010'], 'several algorithms and a key without alg: the key is refused');
SELECT set_eq($$ SELECT DISTINCT verdict FROM matrix WHERE how = 'the key''s own' AND header <> key $$, ARRAY['TK002'], 'an alg that is not allowed is told as such');

-- The same key material under another algorithm of its type: RS256 against PS256 against RS512.
CREATE TABLE rsa AS
SELECT r.a, access_token.jws_sign('x', (k.jwk::jsonb - 'alg' - 'kid')::text, jsonb_build_object('alg', r.a)) AS token, k.public::jsonb - 'alg' - 'kid' AS public
FROM key AS k, unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']) AS r (a) WHERE k.a = 'RS256';
SELECT is(verified(token, (public || jsonb_build_object('alg', of_key))::text, ARRAY[of_key, a]), CASE WHEN a = of_key THEN '\x78' ELSE 'TK003' END,
          format('one RSA key: a token of %s with the key for %s', a, of_key)) FROM rsa, unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']) AS of_key;
SELECT is(verified(relabelled(token, other), public::text, ARRAY[other]), 'TK003', format('one RSA key: %s under the name %s', a, other))
FROM rsa, unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']) AS other WHERE other <> a;
-- ES256 with P-384, ES384 with P-256, names of curves that are not ours.
SELECT is(verified(token, (public::jsonb || jsonb_build_object('alg', other))::text, ARRAY[other]), 'TK002', format('a token of %s, a key that says %s', a, other))
FROM key, (VALUES ('ES256', 'ES384'), ('ES384', 'ES256'), ('ES512', 'ES256'), ('EdDSA', 'ES256')) AS r (mine, other) WHERE a = mine;
SELECT is(verified(relabelled(token, other), (public::jsonb || jsonb_build_object('alg', other))::text, ARRAY[other]), 'TK010', format('a key of %s that says %s contradicts itself', a, other))
FROM key, (VALUES ('ES256', 'ES384'), ('ES384', 'ES256'), ('EdDSA', 'ES256'), ('RS256', 'ES256'), ('RS256', 'HS256'), ('ES256', 'HS256'), ('HS256', 'RS256')) AS r (mine, other) WHERE a = mine;

/*
 * HMAC keyed with what everybody knows: every encoding of a public key, under each HMAC. The MAC is
 * pgcrypto's and right, so a verifier that takes these bytes as its secret would accept.
 */
CREATE TABLE material AS
SELECT k.a, m.what, m.bytes
FROM key AS k, LATERAL (SELECT access_token.jwk_to_pem(k.public) AS pem, k.public::jsonb AS j) AS p, LATERAL (VALUES
    ('SPKI PEM', convert_to(pem, 'UTF8')), ('SPKI PEM without its newline', convert_to(rtrim(pem, E'\n'), 'UTF8')), ('SPKI PEM after a blank', convert_to(' ' || pem, 'UTF8')),
    ('SPKI PEM with CRLF', convert_to(replace(pem, E'\n', E'\r\n'), 'UTF8')), ('PEM''s base64 alone', convert_to(replace(substring(pem FROM E'\n(.*)\n-'), E'\n', ''), 'UTF8')),
    ('SPKI DER', decode(substring(pem FROM E'\n(.*)\n-'), 'base64')), ('JWK text', convert_to(k.public, 'UTF8')), ('JWK text after a newline', convert_to(E'\n' || k.public, 'UTF8')),
    ('modulus', forge.from_base64url(j ->> 'n')), ('n text', convert_to(j ->> 'n', 'UTF8')), ('point', '\x04'::bytea || forge.from_base64url(j ->> 'x') || forge.from_base64url(j ->> 'y')),
    ('x||y', forge.from_base64url(j ->> 'x') || forge.from_base64url(j ->> 'y')), ('x', forge.from_base64url(j ->> 'x')), ('thumbprint', convert_to(access_token.jwk_thumbprint(k.public), 'UTF8')),
    ('zero bytes', decode(repeat('00', 64), 'hex'))) AS m (what, bytes)
WHERE k.a IN ('RS256', 'ES256', 'EdDSA') AND m.bytes IS NOT NULL AND k.a NOT LIKE 'HS%';
CREATE FUNCTION forged(bytes bytea, hash text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.sign(bytes, forge.base64url(convert_to(format('{"alg":"HS%s"}', right(hash, 3)), 'UTF8')) || '.eA', hash)
$function$;
-- The public key itself, given as the key: whatever the caller's list, the token is refused.
SELECT is((SELECT count(*) FROM material AS m JOIN key AS k USING (a), unnest(ARRAY['sha256', 'sha384', 'sha512']) AS hash, LATERAL (VALUES (k.public), ((k.public::jsonb - 'alg')::text)) AS p (public), algorithms AS all_of,
                  LATERAL (VALUES (ARRAY['HS' || right(hash, 3)]), (ARRAY[m.a]), (all_of.list)) AS l (list)
           WHERE verified(forged(m.bytes, hash), p.public, l.list) NOT IN ('TK002', 'TK003', 'TK010')), 0::bigint, 'an HMAC with public bytes is refused where the public key is the key');
SELECT is((SELECT count(*) FROM material AS m, unnest(ARRAY['sha256', 'sha384', 'sha512']) AS hash,
                  LATERAL (SELECT jsonb_build_object('keys', jsonb_agg(public::jsonb)) AS jwks FROM key WHERE a NOT LIKE 'HS%') AS s
           WHERE verified(forged(m.bytes, hash), s.jwks::text, ARRAY['HS' || right(hash, 3), m.a]) NOT IN ('TK002', 'TK003', 'TK010')), 0::bigint, 'or one of a set');
-- What can be told to be another key is refused as an HMAC key, for signing and for verifying.
SELECT is(verified(forged(bytes, 'sha256'), jsonb_build_object('kty', 'oct', 'alg', 'HS256', 'k', forge.base64url(bytes))::text, '{HS256}')
          || ' ' || forge.value_of(format('SELECT access_token.jws_sign(''x'', %L::text)', jsonb_build_object('kty', 'oct', 'alg', 'HS256', 'k', forge.base64url(bytes)))), 'TK010 TK010', format('refused as HMAC key: %s, %s', a, what))
FROM material WHERE what ~ 'PEM|DER|JWK';
-- Those bytes as text that is no JWK at all.
SELECT is((SELECT array_agg(DISTINCT verified(forged(bytes, 'sha256'), convert_from(bytes, 'UTF8'), '{HS256}')) FROM material WHERE what IN ('SPKI PEM', 'n text', 'thumbprint', 'PEM''s base64 alone')), '{TK010}', 'nor is text that is no JWK ever a secret');
SELECT is((SELECT array_agg(DISTINCT forge.value_of(format('SELECT access_token.jwt_verify(%L, %L::text, ''{HS256,RS256,ES256,EdDSA}'')', forged(bytes, 'sha256'), convert_from(bytes, 'UTF8')))) FROM material WHERE what IN ('SPKI PEM', 'n text', 'thumbprint')), '{TK010}', 'for jwt_verify neither');

-- The tenant's keys: a token of each algorithm under the kid of each key.
SELECT forge.make_tenant('t');
SELECT access_token.import_signing_key('t', jwk, a) FROM key WHERE a NOT LIKE 'HS%';
CREATE TABLE stored AS
SELECT k.a AS key, t.a AS token, forge.own_verdict(forged.token, 't', 'x+jwt') AS verdict
FROM key AS k, key AS t,
     LATERAL (SELECT access_token.jwt_sign(jsonb_build_object('iss', 'https://t.example', 'exp', floor(forge.epoch(600))), t.jwk, jsonb_build_object('typ', 'x+jwt', 'kid', access_token.jwk_thumbprint(k.jwk))) AS token) AS forged
WHERE k.a NOT LIKE 'HS%';
SELECT is((SELECT count(*) FROM stored), 130::bigint, 'every key of a tenant, every algorithm');
SELECT set_eq($$ SELECT key, token, verdict FROM stored $$, $$ SELECT k.a AS key, t.a AS token, CASE WHEN k.a = t.a THEN 'accepts' ELSE 'TK003' END FROM key AS k, key AS t WHERE k.a NOT LIKE 'HS%' $$, 'only the key''s own');
SELECT is((SELECT array_agg(DISTINCT forge.own_verdict(forge.sign(m.bytes, forge.base64url(convert_to(jsonb_build_object('alg', 'HS256', 'typ', 'x+jwt', 'kid', access_token.jwk_thumbprint(k.public))::text, 'UTF8')) || '.'
           || forge.base64url(convert_to(jsonb_build_object('iss', 'https://t.example', 'exp', floor(forge.epoch(600)))::text, 'UTF8'))), 't', 'x+jwt')) FROM material AS m JOIN key AS k USING (a)), '{TK003}', 'nor an HMAC with its public bytes');

SELECT * FROM finish();
ROLLBACK;
