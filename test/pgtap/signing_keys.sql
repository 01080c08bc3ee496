/*
 * The life of a tenant's signing keys: next, current, previous, revoked. Every step but deletion can be
 * taken back, no key signs before verifiers can know it, and none outlives its last token.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql
\ir support/bystander.sql

SELECT plan(143);

SELECT forge.make_tenant(t) FROM (VALUES ('t'), ('u'), ('rsa'), ('sizes'), ('pem')) AS r (t);

-- The other tenant has signing keys, too, of the same algorithms, and a token.
SELECT access_token.rotate_signing_key('bystander', 'ES256');
SELECT access_token.rotate_signing_key('bystander', 'RS256');
UPDATE forge.bystander_before SET picture = forge.bystander();
CREATE FUNCTION other_tenant() RETURNS jsonb LANGUAGE sql AS $function$
    SELECT jsonb_agg(to_jsonb(k) ORDER BY k.kid) FROM access_token.signing_key AS k WHERE k.tenant_id = 'bystander'
$function$;
CREATE TABLE other_before AS
SELECT other_tenant() AS keys, access_token.jwks('bystander') AS jwks,
       access_token.sign_token('bystander', '{}', 'ES256', '{"typ": "invitation+jwt"}') AS token;

-- One row of this for each step: the kid that signs, and a token of that time.
CREATE TABLE step (n serial PRIMARY KEY, kid text, token text);
CREATE FUNCTION sign() RETURNS text LANGUAGE sql AS $function$
    SELECT access_token.sign_token('t', '{}', 'ES256', '{"typ": "invitation+jwt"}')
$function$;
CREATE FUNCTION kid_of(token text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.header_of(token)::jsonb ->> 'kid'
$function$;
CREATE FUNCTION state_of(kid text) RETURNS text LANGUAGE sql AS $function$
    SELECT k.state FROM access_token.signing_keys AS k WHERE k.kid = state_of.kid
$function$;
-- Moves what has happened to a key into the past.
CREATE FUNCTION age(kid text, how_long interval) RETURNS void LANGUAGE sql AS $function$
    UPDATE access_token.signing_key AS k
    SET created_at = k.created_at - how_long, activated_at = k.activated_at - how_long,
        retired_at = k.retired_at - how_long, revoked_at = k.revoked_at - how_long
    WHERE k.kid = age.kid
$function$;

-- Creating: a thumbprint, in state next, which does not sign.
SELECT is(forge.states('t', 'ES256'), 'none', 'before: no key');
SELECT is(forge.sqlstate_of('SELECT sign()'), '42704', 'and nothing can be signed');
CREATE TABLE first AS SELECT access_token.create_signing_key('t', 'ES256') AS kid;
SELECT matches(kid, '^[A-Za-z0-9_-]{43}$', 'create_signing_key returns a thumbprint') FROM first;
SELECT is(forge.states('t', 'ES256'), 'next', 'the key is next');
SELECT is(forge.sqlstate_of('SELECT sign()'), '42704', 'a next key does not sign');
SELECT is(k.kid, access_token.jwk_thumbprint(k.public_jwk), 'kid is the thumbprint of the public key')
FROM access_token.signing_keys AS k WHERE k.tenant_id = 't';
SELECT throws_ok($$ SELECT access_token.create_signing_key('t', 'ES256') $$, '55000', 'a next signing key exists already',
                 'one next key for an algorithm');
SELECT throws_ok(format('SELECT access_token.import_signing_key(''t'', %L, ''ES256'')', access_token.jwk_generate('ES256')), '55000',
                 'a next signing key exists already', 'an imported one neither');
SELECT lives_ok($$ SELECT access_token.create_signing_key('t', 'ES384') $$, 'but one for each algorithm');
SELECT is(forge.states('t', 'ES256') || ', ' || forge.states('t', 'ES384'), 'next, next', 'both are next');
SELECT lives_ok($$ SELECT access_token.revoke_signing_key(kid) FROM access_token.signing_keys WHERE algorithm = 'ES384' AND tenant_id = 't' $$,
                'a next key can be revoked');
SELECT is(forge.states('t', 'ES256') || ', ' || forge.states('t', 'ES384'), 'next, revoked', 'without touching the other algorithm');

-- The first rotation waits for nobody: the next key, seconds old, signs.
SELECT is(access_token.rotate_signing_key('t', 'ES256'), (SELECT kid FROM first), 'the first rotation takes the next key, however young');
SELECT is(forge.states('t', 'ES256'), 'current next', 'and publishes another');
INSERT INTO step (token) SELECT sign();
UPDATE step SET kid = kid_of(token);
SELECT is(kid, (SELECT kid FROM first), 'it signs') FROM step;
SELECT is(forge.own_verdict(token), 'accepts', 'and verifies') FROM step;
CREATE TABLE both_made AS SELECT access_token.rotate_signing_key('u', 'EdDSA') AS kid;
SELECT is(state_of(kid), 'current', 'the first rotation of an algorithm without keys makes the one that signs') FROM both_made;
SELECT is(forge.states('u', 'EdDSA'), 'current next', 'and the next one');

-- A next key that no cached set can hold yet.
SELECT throws_ok($$ SELECT access_token.rotate_signing_key('t', 'ES256') $$, '55000', 'next signing key is too young',
                 'a young next key is refused');
SELECT age(kid, '9 minutes 55 seconds') FROM access_token.signing_keys WHERE tenant_id = 't' AND state = 'next';
SELECT is(forge.sqlstate_of($$ SELECT access_token.rotate_signing_key('t', 'ES256') $$), '55000', 'just below 10 minutes it still is');
SELECT is(forge.states('t', 'ES256'), 'next current', 'nothing was done'); -- next was aged beyond current
SELECT age(kid, '6 seconds') FROM access_token.signing_keys WHERE tenant_id = 't' AND state = 'next';
CREATE TABLE announced AS SELECT kid FROM access_token.signing_keys WHERE tenant_id = 't' AND state = 'next';
SELECT is(access_token.rotate_signing_key('t', 'ES256'), (SELECT kid FROM announced), 'after 10 minutes the key that was announced signs');
INSERT INTO step (token) SELECT sign();
UPDATE step SET kid = kid_of(token);
SELECT is(array_agg(state_of(kid) ORDER BY n), '{previous,current}', 'the one before it is previous') FROM step;
SELECT is(array_agg(forge.own_verdict(token) ORDER BY n), '{accepts,accepts}', 'tokens of both are good') FROM step;
SELECT is(forge.sqlstate_of($$ SELECT access_token.rotate_signing_key('t', 'ES256', false) $$), '55000', 'the new next is young again');
SELECT lives_ok($$ SELECT access_token.rotate_signing_key('t', 'ES256', true) $$, 'force takes it all the same');
INSERT INTO step (token) SELECT sign();
UPDATE step SET kid = kid_of(token);
SELECT is(array_agg(state_of(kid) ORDER BY n), '{previous,previous,current}', 'there may be several previous keys') FROM step;
SELECT is(array_agg(forge.own_verdict(token) ORDER BY n), '{accepts,accepts,accepts}', 'and no token was lost') FROM step;
SELECT is((SELECT count(*) FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES256' AND state = s), 1::bigint,
          'one key is ' || s) FROM (VALUES ('next'), ('current')) AS r (s);

-- A previous key verifies for the tenant's max_token_lifetime.
SELECT access_token.update_tenant('t', '{"max_token_lifetime": 7200}');
UPDATE access_token.signing_key AS k SET retired_at = clock_timestamp() - interval '7195 seconds' FROM step WHERE k.kid = step.kid AND n = 1;
SELECT is(forge.own_verdict(token) || ' ' || state_of(kid), 'accepts previous', 'within max_token_lifetime') FROM step WHERE n = 1;
SELECT ok(access_token.jwks('t')::text LIKE '%' || kid || '%', 'and in the key set') FROM step WHERE n = 1;
UPDATE access_token.signing_key AS k SET retired_at = clock_timestamp() - interval '7201 seconds' FROM step WHERE k.kid = step.kid AND n = 1;
SELECT is(forge.own_verdict(token) || ' ' || state_of(kid), 'TK003 expired', 'beyond it') FROM step WHERE n = 1;
SELECT ok(access_token.jwks('t')::text NOT LIKE '%' || kid || '%', 'nor in the key set') FROM step WHERE n = 1;
SELECT is(array_agg(forge.own_verdict(token) ORDER BY n), '{accepts,accepts}', 'the others verify') FROM step WHERE n > 1;
SELECT access_token.update_tenant('t', '{"max_token_lifetime": 10800}');
SELECT is(forge.own_verdict(token) || ' ' || state_of(kid), 'accepts previous', 'the window follows the setting') FROM step WHERE n = 1;
SELECT access_token.update_tenant('t', '{"max_token_lifetime": 7200}');
SELECT is(k.verifies_until, k.retired_at + interval '2 hours', 'verifies_until tells its end') FROM access_token.signing_keys AS k JOIN step USING (kid)
WHERE n = 1;

-- Revoking: a previous key whose tokens are dead needs no force, one whose tokens may live does.
SELECT lives_ok(format('SELECT access_token.revoke_signing_key(%L)', kid), 'previous and past its time: revoked') FROM step WHERE n = 1;
SELECT throws_ok(format('SELECT access_token.revoke_signing_key(%L)', kid), '55000', 'tokens of this signing key may still live',
                 'previous: not without force') FROM step WHERE n = 2;
SELECT is(forge.own_verdict(token) || ' ' || state_of(kid), 'accepts previous', 'it verifies still') FROM step WHERE n = 2;
SELECT lives_ok(format('SELECT access_token.revoke_signing_key(%L, force => true)', kid), 'with force') FROM step WHERE n = 2;
SELECT is(forge.own_verdict(token) || ' ' || state_of(kid), 'TK003 revoked', 'its tokens are refused') FROM step WHERE n = 2;
SELECT ok(access_token.jwks('t')::text NOT LIKE '%' || kid || '%', 'and it is in no key set') FROM step WHERE n = 2;
SELECT lives_ok(format('SELECT access_token.revoke_signing_key(%L)', kid), 'revoked again, nothing changes') FROM step WHERE n = 2;

-- Restoring takes it back.
SELECT lives_ok(format('SELECT access_token.restore_signing_key(%L)', kid), 'restored') FROM step WHERE n IN (1, 2) ORDER BY n;
SELECT is(array_agg(state_of(kid) ORDER BY n), '{expired,previous,current}', 'previous again, its time is not prolonged') FROM step;
SELECT is(array_agg(forge.own_verdict(token) ORDER BY n), '{TK003,accepts,accepts}', 'its tokens are good again, as far as they were') FROM step;
SELECT throws_ok(format('SELECT access_token.restore_signing_key(%L)', kid), '55000', 'signing key is not revoked',
                 'nothing to restore: ' || state_of(kid)) FROM step ORDER BY n;

-- Revoking the current key promotes the next one and publishes another; restored it is previous.
CREATE TABLE heir AS SELECT kid FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES256' AND state = 'next';
SELECT lives_ok(format('SELECT access_token.revoke_signing_key(%L)', kid), 'the current key revoked') FROM step WHERE n = 3;
SELECT is(state_of(kid), 'current', 'the next one signs') FROM heir;
SELECT is(kid_of(sign()), kid, 'indeed') FROM heir;
SELECT is((SELECT count(*) FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES256' AND state = 'next'), 1::bigint,
          'and a new next is published');
SELECT is(forge.own_verdict(token), 'TK003', 'tokens of the revoked one are refused') FROM step WHERE n = 3;
SELECT access_token.restore_signing_key(kid) FROM step WHERE n = 3;
SELECT is(forge.own_verdict(token) || ' ' || state_of(kid), 'accepts previous', 'restored: good again') FROM step WHERE n = 3;
SELECT ok(retired_at IS NOT NULL AND revoked_at IS NULL, 'its time runs from when it ceased to sign')
FROM access_token.signing_keys JOIN step USING (kid) WHERE n = 3;

-- Revoking next leaves no next; rotation then makes one, which is young.
SELECT access_token.revoke_signing_key(kid) FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES256' AND state = 'next';
SELECT is((SELECT count(*) FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES256' AND state = 'next'), 0::bigint, 'no next');
SELECT is(forge.sqlstate_of($$ SELECT access_token.rotate_signing_key('t', 'ES256') $$), '55000', 'none to rotate to');
SELECT lives_ok($$ SELECT access_token.rotate_signing_key('t', 'ES256', true) $$, 'with force one is made');
SELECT is((SELECT array_agg(state ORDER BY state) FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES256'
           AND state IN ('next', 'current')), '{current,next}', 'a current and a next');

-- Deleting: revoked keys alone, for good.
SELECT throws_ok(format('SELECT access_token.delete_signing_key(%L)', kid), '55000', 'signing key is in use', 'not deleted: ' || state)
FROM (SELECT DISTINCT ON (state) kid, state FROM access_token.signing_keys WHERE tenant_id = 't' AND state <> 'revoked' ORDER BY state, kid) AS k;
SELECT access_token.revoke_signing_key(kid, true) FROM step WHERE n = 2;
SELECT lives_ok(format('SELECT access_token.delete_signing_key(%L)', kid), 'a revoked key is deleted') FROM step WHERE n = 2;
SELECT is(forge.own_verdict(token) || coalesce(state_of(kid), ' gone'), 'TK003 gone', 'and its tokens are nobody''s') FROM step WHERE n = 2;
SELECT is(forge.sqlstate_of(format('SELECT access_token.%s_signing_key(%L)', f, kid)), '42704', f || ': no such key')
FROM step, (VALUES ('restore'), ('revoke'), ('delete')) AS r (f) WHERE n = 2;

-- The same key twice, in whatever form, for whatever tenant.
CREATE TABLE given AS SELECT access_token.jwk_generate('ES512')::text AS jwk;
SELECT is(access_token.import_signing_key('t', jwk, 'ES512'), access_token.jwk_thumbprint(jwk), 'imported: the kid is the thumbprint') FROM given;
SELECT access_token.rotate_signing_key('t', 'ES512');
SELECT access_token.revoke_signing_key(kid) FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES512' AND state = 'next';
SELECT throws_ok(format('SELECT access_token.import_signing_key(%L, %L, ''ES512'')', tenant, text), '42710', 'signing key exists already',
                 'the same key again: ' || what)
FROM given, LATERAL (VALUES ('as JWK', 't', jwk), ('as PEM', 't', access_token.jwk_to_pem(jwk)), ('for another tenant', 'u', jwk),
     ('with other labels', 't', (jwk::jsonb - 'alg' || '{"kid": "other"}')::text)) AS r (what, tenant, text);

-- From PEM and from JWK: it signs as any library with that key would.
SELECT is(access_token.import_signing_key('pem', access_token.jwk_to_pem(jwk), a), access_token.jwk_thumbprint(jwk), 'from PEM: ' || a)
FROM (SELECT a, access_token.jwk_generate(a)::text AS jwk FROM unnest(ARRAY['RS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) AS a OFFSET 0) AS k;
SELECT is(access_token.import_signing_key('pem', (jwk::jsonb - 'alg' - 'kid' - 'use')::text, a), access_token.jwk_thumbprint(jwk),
          'from JWK without labels: ' || a)
FROM (SELECT a, access_token.jwk_generate(a)::text AS jwk FROM unnest(ARRAY['RS256', 'PS256']) AS a OFFSET 0) AS k;
SELECT is(access_token.rotate_signing_key('pem', algorithm), kid, 'and it becomes current: ' || algorithm)
FROM access_token.signing_keys WHERE tenant_id = 'pem' AND state = 'next' AND algorithm IN ('ES256', 'EdDSA');
SELECT is(access_token.jws_verify(token, access_token.jwks('pem'), ARRAY[a]), convert_to(forge.claims_of(token), 'UTF8'), 'it signs: ' || a)
FROM (SELECT a, access_token.sign_token('pem', '{}', a, '{"typ": "x+jwt"}') AS token FROM unnest(ARRAY['ES256', 'EdDSA']) AS a) AS s;

SELECT is(forge.sqlstate_of(format('SELECT access_token.import_signing_key(''u'', %L, %L)', key, a)), sqlstate, 'not imported: ' || what)
FROM (SELECT access_token.jwk_generate('ES256')::jsonb AS ec, access_token.jwk_generate('RS256')::jsonb AS rsa,
             access_token.jwk_generate('HS256')::jsonb AS oct, access_token.jwk_generate('EdDSA')::jsonb AS okp) AS g,
     LATERAL (VALUES
        ('a public JWK', access_token.jwk_public(ec)::text, 'ES256', 'TK010'),
        ('a public PEM', access_token.jwk_to_pem(access_token.jwk_public(rsa)), 'RS256', 'TK010'),
        ('a symmetric key', oct::text, 'HS256', '22023'),
        ('a symmetric key as another', oct::text, 'RS256', 'TK010'),
        ('a key of another curve', (ec - 'alg')::text, 'ES384', 'TK010'),
        ('a key of another type', (ec - 'alg')::text, 'RS256', 'TK010'),
        ('a key whose alg is another', rsa::text, 'PS256', 'TK010'),
        ('a key for encryption', (ec - 'alg' || '{"use": "enc"}')::text, 'ES256', 'TK010'),
        ('a key set', jsonb_build_object('keys', jsonb_build_array(ec))::text, 'ES256', 'TK010'),
        ('nothing', '', 'ES256', 'TK010'),
        ('words', 'hunter2', 'ES256', 'TK010'),
        ('PEM with an end alone', '-----BEGIN PRIVATE KEY-----', 'ES256', 'TK010'),
        ('two blocks', repeat(access_token.jwk_to_pem(ec), 2), 'ES256', 'TK010'),
        ('PEM and junk', access_token.jwk_to_pem(ec) || 'x', 'ES256', 'TK010'),
        ('no algorithm of ours', ec::text, 'ES256K', '22023'),
        ('an algorithm in other letters', ec::text, 'es256', '22023'),
        ('none', ec::text, 'none', '22023')) AS r (what, key, a, sqlstate);
SELECT is((SELECT count(*) FROM access_token.signing_keys WHERE tenant_id = 'u'), 2::bigint, 'nothing of that was stored');

SELECT is(forge.sqlstate_of(format('SELECT access_token.create_signing_key(''u'', %L)', a)), '22023', format('no key for %L', a))
FROM (VALUES ('HS256'), ('none'), (''), ('rs256'), ('RS1'), ('ES256K'), ('RSA-OAEP')) AS r (a);
SELECT is(forge.sqlstate_of(format('SELECT access_token.%s(%L, ''ES256'')', f, t)), '42704', format('%s: no tenant %L', f, t))
FROM (VALUES ('create_signing_key'), ('rotate_signing_key')) AS f (f), (VALUES ('nobody'), (''), ('T')) AS t (t);

-- RSA: the size asked for, kept by rotation.
SELECT lives_ok($$ SELECT access_token.create_signing_key('sizes', 'RS256', 3072) $$, '3072 bits');
SELECT access_token.rotate_signing_key('sizes', 'RS256');
CREATE FUNCTION bits() RETURNS integer[] LANGUAGE sql AS $function$
    SELECT array_agg(8 * length(forge.from_base64url(public_jwk ->> 'n')) ORDER BY created_at)
    FROM access_token.signing_keys WHERE tenant_id = 'sizes' AND algorithm = 'RS256'
$function$;
SELECT is(bits(), '{3072,3072}', 'rotation keeps the size');
SELECT access_token.rotate_signing_key('rsa', 'PS384');
SELECT is((SELECT array_agg(DISTINCT 8 * length(forge.from_base64url(public_jwk ->> 'n'))) FROM access_token.signing_keys WHERE tenant_id = 'rsa'),
          '{2048}', '2048 when nothing was asked for');
SELECT throws_ok(format('SELECT access_token.create_signing_key(''u'', ''RS256'', %s)', bits), '22023', 'rsa_bits is out of range', 'not ' || bits)
FROM (VALUES (2047), (8193), (0), (-1), (2147483647), (1024)) AS r (bits);

-- Generation obeys statement_timeout, and cancel by the same way; 8192 bits take many seconds.
CREATE FUNCTION outcome_of(statement text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE statement;
    RETURN 'finished';
EXCEPTION WHEN query_canceled THEN
    RETURN SQLSTATE;
END
$function$;
SET LOCAL statement_timeout = '200ms';
CREATE TABLE canceled AS SELECT outcome_of($$ SELECT access_token.create_signing_key('u', 'RS256', 8192) $$) AS outcome;
RESET statement_timeout;
SELECT is(outcome, '57014', 'generating 8192 bits is canceled by statement_timeout') FROM canceled;
SELECT is(forge.states('u', 'RS256'), 'none', 'and leaves no key');
SELECT lives_ok($$ SELECT access_token.create_signing_key('u', 'RS256') $$, 'the session goes on');
SELECT access_token.revoke_signing_key(kid) FROM access_token.signing_keys WHERE tenant_id = 'u' AND algorithm = 'RS256';
SELECT access_token.delete_signing_key(kid) FROM access_token.signing_keys WHERE tenant_id = 'u' AND algorithm = 'RS256';

-- A tenant that is switched off signs and verifies nothing; its keys can be looked after.
CREATE TABLE off AS SELECT sign() AS token;
SELECT access_token.set_tenant_enabled('t', false);
SELECT is(forge.sqlstate_of('SELECT sign()'), 'TK009', 'disabled: nothing is signed');
SELECT is(forge.own_verdict(token), 'TK009', 'disabled: nothing verifies') FROM off;
SELECT lives_ok($$ SELECT access_token.rotate_signing_key('t', 'ES256', true) $$, 'disabled: keys rotate');
SELECT access_token.set_tenant_enabled('t', true);
SELECT is(forge.own_verdict(token), 'accepts', 'enabled again') FROM off;

-- A tenant with keys is not deleted.
SELECT throws_ok($$ SELECT access_token.delete_tenant('u') $$, '2BP01', 'tenant is not empty', 'a tenant with signing keys is not empty');
SELECT access_token.revoke_signing_key(kid, true) FROM access_token.signing_keys WHERE tenant_id = 'u' AND state = 'next';
SELECT access_token.revoke_signing_key(kid, true) FROM access_token.signing_keys WHERE tenant_id = 'u' AND state = 'current';
SELECT access_token.revoke_signing_key(kid, true) FROM access_token.signing_keys WHERE tenant_id = 'u' AND state = 'next';
SELECT is(forge.sqlstate_of($$ SELECT access_token.delete_tenant('u') $$), '2BP01', 'nor with revoked ones');

-- What is stored is sealed.
SELECT is((SELECT count(*) FROM access_token.signing_key AS k, given AS g
           WHERE position(convert_to(g.jwk::jsonb ->> 'd', 'UTF8') IN k.sealed_private_key) > 0
              OR position(forge.from_base64url(g.jwk::jsonb ->> 'd') IN k.sealed_private_key) > 0
              OR k.public_jwk LIKE '%' || (g.jwk::jsonb ->> 'd') || '%'), 0::bigint, 'the private part stands in no row');
SELECT is((SELECT count(*) FROM access_token.signing_key AS k WHERE k.sealed_private_key IS NULL
           OR k.public_jwk::jsonb ?| '{d,p,q,dp,dq,qi,k,oth}'), 0::bigint, 'nor private members in any public key');

-- The second tenant.
SELECT is(other_tenant(), keys, 'the other tenant''s signing keys are as before') FROM other_before;
SELECT is(access_token.jwks('bystander'), jwks, 'and so is its key set') FROM other_before;
SELECT is(forge.own_verdict(token, 'bystander'), 'accepts', 'its token is good') FROM other_before;
SELECT forge.bystander_is_unchanged('signing keys');

SELECT * FROM finish();
ROLLBACK;
