/*
 * What is published of signing keys: jwks() for verifiers, the view signing_keys for the DBA. Never a
 * private or symmetric member.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql

SELECT plan(66);

SELECT forge.make_tenant(t) FROM (VALUES ('t'), ('other'), ('empty'), ('hmac')) AS r (t);
SELECT forge.make_key('k', 'hmac');

-- Kids of a tenant's key set in their order, and of its stored keys by state.
CREATE FUNCTION published(tenant_id text) RETURNS text[] LANGUAGE sql AS $function$
    SELECT coalesce(array_agg(k ->> 'kid' ORDER BY n), '{}')
    FROM jsonb_array_elements(access_token.jwks(tenant_id) -> 'keys') WITH ORDINALITY AS e (k, n)
$function$;
CREATE FUNCTION stored(tenant_id text, VARIADIC states text[]) RETURNS text[] LANGUAGE sql AS $function$
    SELECT coalesce(array_agg(k.kid ORDER BY k.created_at), '{}')
    FROM access_token.signing_key AS k WHERE k.tenant_id = stored.tenant_id AND k.state = ANY (states)
$function$;

SELECT is(access_token.jwks('empty'), '{"keys": []}', 'a tenant without signing keys has an empty set');
SELECT is(access_token.jwks('hmac'), '{"keys": []}', 'so has one with API keys alone: HMAC keys are never published');
SELECT throws_ok(format('SELECT access_token.jwks(%L)', t), '42704', 'tenant does not exist', format('no set of %L', t))
FROM (VALUES ('nobody'), (''), ('T'), (NULL)) AS r (t);

-- Through the life of keys.
SELECT access_token.create_signing_key('t', 'ES256');
SELECT is(published('t'), stored('t', 'next'), 'next is published before it signs');
SELECT is(array_length(published('t'), 1), 1, 'one key');
SELECT access_token.rotate_signing_key('t', 'ES256');
SELECT is(published('t'), stored('t', 'next', 'current'), 'current and next');
SELECT access_token.rotate_signing_key('t', 'ES256', true);
SELECT is(published('t'), stored('t', 'next', 'current', 'previous'), 'next, current and previous');
SELECT is(array_length(published('t'), 1), 3, 'three keys');
SELECT access_token.revoke_signing_key(kid, true) FROM access_token.signing_key WHERE tenant_id = 't' AND state = 'previous';
SELECT is(published('t'), stored('t', 'next', 'current'), 'revoked keys are not in it');
SELECT access_token.restore_signing_key(kid) FROM access_token.signing_key WHERE tenant_id = 't' AND state = 'revoked';
SELECT is(published('t'), stored('t', 'next', 'current', 'previous'), 'restored, it is');
UPDATE access_token.signing_key SET retired_at = clock_timestamp() - interval '48 hours 1 second' WHERE tenant_id = 't' AND state = 'previous';
SELECT is(published('t'), stored('t', 'next', 'current'), 'a previous key leaves when its last token is dead');
SELECT is(published('other'), '{}', 'the other tenant''s set is empty all the while');

-- Every algorithm: exactly these members, and kid is the thumbprint of them.
SELECT access_token.create_signing_key('other', a)
FROM unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) AS a;
CREATE TABLE jwk AS SELECT jwk FROM jsonb_array_elements(access_token.jwks('other') -> 'keys') AS e (jwk);
SELECT is((SELECT count(DISTINCT jwk ->> 'alg') FROM jwk), 10::bigint, 'ten algorithms');
SELECT set_eq(format('SELECT jsonb_object_keys(%L::jsonb)', jwk), members, 'exactly its public members: ' || (jwk ->> 'alg'))
FROM jwk JOIN (VALUES ('RSA', ARRAY['kty', 'use', 'alg', 'kid', 'n', 'e']), ('EC', ARRAY['kty', 'use', 'alg', 'kid', 'crv', 'x', 'y']),
                      ('OKP', ARRAY['kty', 'use', 'alg', 'kid', 'crv', 'x'])) AS m (kty, members) ON jwk ->> 'kty' = m.kty;
SELECT is(jwk ->> 'use', 'sig', 'use is sig: ' || (jwk ->> 'alg')) FROM jwk;
SELECT is(jwk ->> 'crv', crv, 'crv: ' || alg)
FROM jwk JOIN (VALUES ('ES256', 'P-256'), ('ES384', 'P-384'), ('ES512', 'P-521'), ('EdDSA', 'Ed25519')) AS c (alg, crv) ON jwk ->> 'alg' = alg;
-- RFC 7638: the required members in lexicographic order, without white space, hashed by pgcrypto.
SELECT is(jwk ->> 'kid', forge.base64url(digest('{' || (
              SELECT string_agg(format('"%s":"%s"', m.key, m.value), ',' ORDER BY m.key COLLATE "C")
              FROM jsonb_each_text(jwk) AS m WHERE m.key IN ('kty', 'n', 'e', 'crv', 'x', 'y')) || '}', 'sha256')),
          'kid is the RFC 7638 thumbprint: ' || (jwk ->> 'alg'))
FROM jwk;

-- The set as it is verifies the tenant's tokens with the toolbox, and nobody else's.
SELECT access_token.rotate_signing_key('other', a) FROM unnest(ARRAY['ES256', 'EdDSA']) AS a;
CREATE TABLE token AS
SELECT t, a, access_token.sign_token(t, '{}', a, '{"typ": "x+jwt"}') AS token
FROM (VALUES ('other', 'ES256'), ('other', 'EdDSA'), ('t', 'ES256')) AS r (t, a);
SELECT is(forge.value_of(format('SELECT length(access_token.jws_verify(%L, access_token.jwks(%L), ''{ES256,EdDSA}'')) > 0', token, set)),
          CASE WHEN set = t THEN 'true' ELSE 'TK003' END, format('a token of %s, %s, with the set of %s', t, a, set))
FROM token, (VALUES ('t'), ('other')) AS s (set);

-- The view: one row for each key, nothing private, and what the DBA asks.
SELECT is((SELECT count(*) FROM access_token.signing_keys), (SELECT count(*) FROM access_token.signing_key), 'every key is in the view');
SELECT is((SELECT count(*) FROM access_token.signing_keys AS v WHERE v::text LIKE '%"d"%' OR v.public_jwk ?| '{d,p,q,dp,dq,qi,oth,k}'), 0::bigint,
          'no private member');
SELECT is((SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'access_token.signing_keys'::regclass AND attnum > 0),
          '{kid,tenant_id,algorithm,state,public_jwk,has_private_key,created_at,activated_at,retired_at,verifies_until,revoked_at}',
          'its columns');
SELECT is((SELECT count(*) FROM access_token.signing_keys WHERE NOT has_private_key), 0::bigint, 'each has its private key');
SELECT is(to_jsonb(v) ->> 'state' || concat(' ' || (activated_at IS NULL), ' ' || (retired_at IS NULL), ' ' || (verifies_until IS NULL), ' ' || (revoked_at IS NULL)),
          state || ' ' || expected, 'its times: ' || state)
FROM access_token.signing_keys AS v
     JOIN (VALUES ('next', 'true true true true'), ('current', 'false true true true'), ('expired', 'false false false true')) AS e (state, expected)
     USING (state) WHERE tenant_id = 't' ORDER BY state;
-- A row as a subscriber to the public columns has it.
UPDATE access_token.signing_key SET sealed_private_key = NULL WHERE tenant_id = 'other' AND algorithm = 'ES256' AND state = 'current';
SELECT is((SELECT has_private_key FROM access_token.signing_keys WHERE tenant_id = 'other' AND algorithm = 'ES256' AND state = 'current'), false,
          'a row without private key says so');
SELECT is(forge.own_verdict(token, 'other', 'x+jwt'), 'accepts', 'it verifies') FROM token WHERE t = 'other' AND a = 'ES256';
SELECT is(forge.sqlstate_of($$ SELECT access_token.sign_token('other', '{}', 'ES256', '{"typ": "x+jwt"}') $$), 'TK010', 'and signs nothing');

SELECT * FROM finish();
ROLLBACK;
