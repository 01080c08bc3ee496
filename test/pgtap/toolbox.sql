/*
 * The toolbox with the caller's own keys: signing, verifying, keys. The caller names the algorithms, the
 * key is never guessed from the token, and text, json and jsonb give the same.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql

SELECT plan(604);

CREATE TABLE key AS
SELECT a, access_token.jwk_generate(a)::text AS jwk
FROM unnest(ARRAY['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) AS a;
CREATE FUNCTION key_for(a text) RETURNS text LANGUAGE sql AS $function$ SELECT jwk FROM public.key WHERE key.a = key_for.a $function$;
CREATE FUNCTION public_for(a text) RETURNS text LANGUAGE sql AS $function$
    SELECT CASE WHEN a LIKE 'HS%' THEN jwk ELSE access_token.jwk_public(jwk)::text END FROM public.key WHERE key.a = public_for.a
$function$;
-- A value of a call, or the SQLSTATE and message it ends with.
CREATE FUNCTION answer(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    value text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$function$;
CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE sql AS $function$
    SELECT CASE WHEN a LIKE 'eyJ%.%.%' THEN 'signed' ELSE left(a, 5) END FROM public.answer(statement) AS a
$function$;
CREATE FUNCTION verified(token text, key text, algorithms text[]) RETURNS text LANGUAGE sql AS $function$
    SELECT split_part(forge.value_of(format('SELECT access_token.jws_verify(%L, %L::text, %L::text[])', token, key, algorithms)), ' ', 1)
$function$;

-- Every algorithm, there and back.
SELECT is((SELECT count(*) FROM key), 13::bigint, 'thirteen algorithms');
SELECT is(access_token.jws_verify(access_token.jws_sign('payload', jwk), public_for(a), ARRAY[a]), 'payload'::bytea, a || ': signed and verified') FROM key;
SELECT is(forge.header_of(access_token.jws_sign('payload', jwk)), format('{"alg":"%s","kid":"%s"}', a, jwk::jsonb ->> 'kid'), a || ': the header') FROM key;
SELECT is(access_token.jwt_verify(token, public_for(a), ARRAY[a]), claims, a || ': claims there and back')
FROM key, LATERAL (SELECT jsonb_build_object('iss', 'x', 'exp', floor(forge.epoch(60)), 'x', '{"y": [1.50, null]}'::jsonb) AS claims) AS c,
     LATERAL (SELECT access_token.jwt_sign(claims, jwk) AS token) AS t;
SELECT is(verified(access_token.jws_sign('x', key_for('EdDSA'), '{"alg": "Ed25519"}'), public_for('EdDSA'), '{EdDSA}'), '\x78', 'Ed25519 is another name of EdDSA');
SELECT is(verified(access_token.jws_sign('x', key_for('EdDSA')), public_for('EdDSA'), '{Ed25519}'), '\x78', 'among the algorithms allowed as well');

-- Payloads of bytes, whatever they are; a JWT is an object.
SELECT is(access_token.jws_verify(access_token.jws_sign(payload, key_for(a)), key_for(a), ARRAY[a]), payload, format('payload %s, %s', what, a))
FROM (VALUES ('of zeros', '\x0000'::bytea), ('of no text', '\xfffe80c0af'), ('that looks like a token', 'a.b.c'), ('of 40000 bytes', decode(repeat('00ff', 20000), 'hex')),
             ('empty', '')) AS p (what, payload), (VALUES ('HS256'), ('ES256')) AS r (a);
SELECT is(forge.sqlstate_of(format('SELECT access_token.jwt_verify(%L, %L, ''{HS256}'')', access_token.jws_sign(p, key_for('HS256')), key_for('HS256'))), 'TK001',
          'no JWT: a payload of ' || what)
FROM (VALUES ('nothing', ''::bytea), ('words', 'words'), ('an array', '[]'), ('a string', '"x"'), ('bytes', '\xff'), ('null', 'null'),
             ('an object that repeats a name', '{"a":1,"a":2}'), ('NUL', '{"a":"\\u0000"}')) AS r (what, p);
SELECT is(forge.header_of(access_token.jwt_sign('{}', key_for('HS256')))::jsonb ->> 'typ', 'JWT', 'jwt_sign says typ JWT');
SELECT is(forge.header_of(access_token.jwt_sign('{}', key_for('HS256'), '{"typ": "x"}'))::jsonb ->> 'typ', 'x', 'unless header has one');
SELECT is(forge.header_of(access_token.jws_sign('x', key_for('HS256')))::jsonb -> 'typ', NULL, 'jws_sign says none');
SELECT is(answer(format('SELECT access_token.jws_sign(%L, %L::text)', repeat('x', 65536), key_for('HS256'))), '22023 token would be too large', 'not beyond access_token.max_token_size');

-- The header: the caller's members stay, alg and kid agree with the key's.
SELECT is(forge.header_of(access_token.jws_sign('x', key_for('HS256'), '{"x": [1.0, "\u00e9"], "cty": "y"}'))::jsonb - 'alg' - 'kid', '{"x": [1.0, "\u00e9"], "cty": "y"}', 'members of header');
SELECT is(forge.header_of(access_token.jws_sign('x', key_for('HS256'), '{"kid": "mine"}'))::jsonb ->> 'kid', 'mine', 'kid of header goes before the key''s');
SELECT is(outcome(format('SELECT access_token.jws_sign(''x'', %L::text, %L)', key_for('HS256'), header)), expected, format('header %s', header))
FROM (VALUES ('{"alg": "HS256"}'::jsonb, 'signed'), ('{"alg": "HS384"}', 'TK010'), ('{"alg": "RS256"}', 'TK010'), ('{"alg": "none"}', '22023'), ('{"alg": "hs256"}', '22023'), ('{"alg": ""}', '22023'),
             ('{"alg": null}', '22023'), ('{"alg": 1}', '22023'), ('{"crit": ["exp"]}', '22023'), ('{"b64": false}', '22023'), ('{"b64": true}', 'signed'), ('{"zip": "DEF"}', '22023'),
             ('{"kid": 1}', '22023'), ('{"typ": 1}', '22023'), ('{"cty": []}', '22023'), ('[]', '22023'), ('"x"', '22023'), ('null', '22023')) AS r (header, expected);
SELECT is(outcome(format('SELECT access_token.jwt_sign(%L, %L::text)', claims, key_for('HS256'))), expected, format('claims %s', left(claims::text, 50)))
FROM (VALUES ('{}'::jsonb, 'signed'), ('[]', '22023'), ('"x"', '22023'), ('null', '22023'), ('{"exp": "never"}', '22023'), ('{"exp": null}', '22023'), ('{"aud": []}', '22023'), ('{"iss": 1}', '22023'),
             (('{"x":' || repeat('[', 32) || repeat(']', 32) || '}')::jsonb, '22023')) AS r (claims, expected);

-- M06: limits of what is read as a key.
SELECT is(verified('eyJhbGciOiJIUzI1NiJ9.eA.eA', key, '{HS256}'), 'TK010', 'M06 ' || what)
FROM (SELECT key_for('HS256')::jsonb AS j) AS h, LATERAL (VALUES
    ('a modulus of 16384 bits', json_build_object('kty', 'RSA', 'e', 'AQAB', 'n', forge.base64url(decode(repeat('ff', 2048), 'hex')))::text),
    ('a member of 1 MB', json_build_object('kty', 'oct', 'k', repeat('A', 1048576))::text),
    ('a member of 1 MB that means nothing', (j || jsonb_build_object('x', repeat('A', 1048576)))::text),
    ('a set of 100000 keys', (SELECT json_build_object('keys', json_agg(json_build_object('kty', 'EC', 'kid', n::text))) FROM generate_series(1, 100000) AS n)::text)) AS r (what, key);

-- A key without alg: usable where exactly one algorithm is named.
CREATE TABLE bare AS SELECT a, (jwk::jsonb - 'alg')::text AS jwk, access_token.jws_sign('x', jwk) AS token FROM key;
SELECT is(left(answer(format('SELECT access_token.jws_sign(''x'', %L::text)', jwk)), 5), '22023', 'signing without any alg: ' || a) FROM bare WHERE a IN ('HS256', 'ES256', 'RS256');
SELECT is(verified(access_token.jws_sign('x', jwk, jsonb_build_object('alg', a)), jwk, ARRAY[a]), '\x78', 'alg in header alone: ' || a) FROM bare;
SELECT is(verified(token, jwk, ARRAY[a, 'HS384', 'RS256']), 'TK010', 'several algorithms allowed: a key without alg is none of them, ' || a) FROM bare;
SELECT is(verified(token, jwk, ARRAY[a]), '\x78', 'one allowed: it is, ' || a) FROM bare;
SELECT is(verified(token, jwk, ARRAY[a, 'HS384', 'RS256']), 'TK010', 'and not after that, ' || a) FROM bare;
SELECT is(verified(token, bare.jwk, ARRAY[a, a]), 'TK010', 'the same twice counts as several, ' || a) FROM bare WHERE a = 'HS256';
SELECT is(verified(access_token.jws_sign('x', jwk), public_for(a), '{HS256,HS384,HS512,RS256,PS256,ES256,EdDSA,RS384,RS512,PS384,PS512,ES384,ES512}'), '\x78', 'a key with alg among all of them: ' || a) FROM key;

-- The algorithms that are allowed: required, known, and meant.
CREATE TABLE good AS SELECT access_token.jws_sign('x', jwk) AS token, jwk FROM key WHERE a = 'HS256';
SELECT is(verified(token, jwk, algorithms), sqlstate, format('algorithms %L', algorithms)) FROM good,
    (VALUES (NULL::text[], '22004'), ('{}', '22023'), ('{NULL}', '22004'), ('{HS256,NULL}', '22004'), ('{""}', '22023'), ('{none}', '22023'), ('{HS256,none}', '22023'), ('{None}', '22023'),
            ('{hs256}', '22023'), ('{"HS256 "}', '22023'), ('{HS256,ES256K}', '22023'), ('{RSA-OAEP}', '22023'), ('{HS384}', 'TK002'), ('{RS256,ES256}', 'TK002'), ('{{HS256},{HS384}}', '22023'),
            ('{HS256}', '\x78')) AS r (algorithms, sqlstate);
SELECT is(forge.value_of(format('SELECT access_token.jwt_verify(%L, %L::text, %L)', access_token.jwt_sign('{"exp": 99999999999}', jwk), jwk, algorithms)), sqlstate, format('jwt_verify: algorithms %L', algorithms)) FROM good,
    (VALUES (NULL::text[], '22004'), ('{}', '22023'), ('{NULL}', '22004'), ('{none}', '22023'), ('{HS512}', 'TK002')) AS r (algorithms, sqlstate);
SELECT is(answer(format('SELECT access_token.jws_verify(%L, %L::text, ''{{HS256},{HS384}}'')', token, jwk)), '22023 algorithms has several dimensions', 'the message names the argument') FROM good;
-- Bad arguments are told apart from bad tokens, whatever the token.
SELECT is(verified('x', jwk, '{none}'), '22023', 'bad algorithms before a bad token') FROM good;

-- Headers with a lie: the MAC is right throughout.
CREATE FUNCTION forged(header text, hash text DEFAULT 'sha256', payload text DEFAULT 'x') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.sign(forge.from_base64url(jwk::jsonb ->> 'k'), forge.base64url(convert_to(header, 'UTF8')) || '.' || forge.base64url(convert_to(payload, 'UTF8')), hash) FROM public.good
$function$;
SELECT is(verified(forged(header), jwk, '{HS256}'), expected, 'header ' || header) FROM good,
    (VALUES ('{"alg":"HS256"}', '\x78'), ('{"alg":"none"}', 'TK002'), ('{"alg":"NONE"}', 'TK002'), ('{"alg":"HS384"}', 'TK002'), ('{"alg":"hs256"}', 'TK002'), ('{"alg":"HS256 "}', 'TK002'), ('{"alg":""}', 'TK002'),
            ('{"alg":"\u0048S256"}', 'TK002'), ('{}', 'TK001'), ('{"alg":null}', 'TK001'), ('{"alg":["HS256"]}', 'TK001'), ('{"alg":"HS256","alg":"HS256"}', 'TK001'), ('{"alg":"HS256","\u0061lg":"none"}', 'TK001'),
            ('{"alg":"HS256","crit":["x"],"x":1}', 'TK002'), ('{"alg":"HS256","crit":[]}', 'TK002'), ('{"alg":"HS256","b64":false}', 'TK002'), ('{"alg":"HS256","b64":false,"crit":["b64"]}', 'TK002'),
            ('{"alg":"HS256","zip":"DEF"}', 'TK002'), ('{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}', '\x78'), ('{"alg":"HS256","kid":1}', 'TK001'), ('{"alg":"HS256","kid":"another"}', 'TK003'),
            ('["HS256"]', 'TK001'), ('null', 'TK001'), ('{"alg":"HS256"', 'TK001')) AS r (header, expected);
SELECT is(verified(forged('{"alg":"HS256"}', 'sha512'), jwk, '{HS256}'), 'TK003', 'H21 HS512 under HS256') FROM good;
SELECT is(verified(left(token, n), jwk, '{HS256}') IN ('TK001', 'TK003'), true, 'H22 truncated by ' || -n) FROM good, (VALUES (-1), (-2), (-3), (-4), (-8), (-20), (-43)) AS r (n);
SELECT is(verified(token || tail, jwk, '{HS256}') IN ('TK001', 'TK003'), true, 'H23 extended by ' || to_json(tail)) FROM good, (VALUES ('A'), ('AA'), ('AAAA'), ('='), (E'\n'), (' ')) AS r (tail);
SELECT is(verified(t, jwk, '{HS256}'), 'TK001', format('no token: %L', t)) FROM good, (VALUES (NULL), (''), ('.'), ('..'), ('a.b'), ('a.b.c.d')) AS r (t);

-- A verdict does not depend on what was verified before with the same key.
CREATE TABLE fresh AS SELECT access_token.jwk_generate('HS256')::text AS jwk;
SELECT is(verified(access_token.jws_sign('x', (f.jwk::jsonb - 'kid')::text, header), f.jwk, '{HS256}'), expected, format('%s. header %s', n, header))
FROM fresh AS f, (VALUES (1, '{"kid": ""}'::jsonb, 'TK003'), (2, '{}', '\x78'), (3, '{"kid": ""}', 'TK003'), (4, '{"kid": "x"}', 'TK003'), (5, '{}', '\x78')) AS r (n, header, expected)
ORDER BY n;

-- Keys that are none.
SELECT is(verified(g.token, key, '{HS256}'), 'TK010', 'key: ' || what)
FROM good AS g, LATERAL (SELECT jwk::jsonb AS j) AS j, LATERAL (VALUES
    ('Q01 empty', ''), ('Q02 null', 'null'), ('Q03 []', '[]'), ('Q04 {}', '{}'), ('Q05 truncated', left(jwk, -1)), ('Q06 kty Oct', (j || '{"kty": "Oct"}')::text), ('Q07 kty number', (j || '{"kty": 1}')::text),
    ('Q08 duplicate kty', '{"kty":"oct",' || substr(j::text, 2)), ('Q10 k empty', (j || '{"k": ""}')::text), ('Q11 k padded', (j || jsonb_build_object('k', (j ->> 'k') || '='))::text),
    ('Q12 k spaced', (j || jsonb_build_object('k', ' ' || (j ->> 'k')))::text), ('Q13 k number', (j || '{"k": 1}')::text), ('Q14 spare bits', (j || jsonb_build_object('k', repeat('A', 42) || 'B'))::text),
    ('Q15 k missing', (j - 'k')::text), ('Q16 k of 6 bytes', (j || '{"k": "AAAAAAAA"}')::text), ('W03 k of 31 bytes', (j || jsonb_build_object('k', forge.base64url(decode(repeat('61', 31), 'hex'))))::text),
    ('Q80 key_ops duplicate', (j || '{"key_ops": ["sign", "sign"]}')::text), ('Q81 key_ops against use', (j || '{"use": "sig", "key_ops": ["encrypt"]}')::text),
    ('Q82 key_ops no array', (j || '{"key_ops": "sign"}')::text), ('Q83 use number', (j || '{"use": 1}')::text), ('Q84 kid number', (j || '{"kid": 1}')::text), ('alg number', (j || '{"alg": 1}')::text),
    ('the secret itself', j ->> 'k'), ('words', 'a secret as people gave it to pgjwt'), ('two keys', jwk || jwk), ('a key in an array', '[' || jwk || ']'), ('a trailing word', jwk || 'x'),
    ('PEM', access_token.jwk_to_pem(key_for('ES256'))), ('public PEM', access_token.jwk_to_pem(public_for('RS256'))), ('PEM as k', (j || jsonb_build_object('k', forge.base64url(convert_to(access_token.jwk_to_pem(public_for('RS256')), 'UTF8'))))::text)
    ) AS r (what, key);
SELECT is(verified(g.token, key, '{HS256}'), 'TK003', 'a sound key, but another: ' || what)
FROM good AS g, (VALUES ('of the same type', access_token.jwk_generate('HS256')::text), ('for HS512', key_for('HS512')), ('RSA', public_for('RS256'))) AS r (what, key);
SELECT is(forge.value_of(format('SELECT access_token.jws_sign(''x'', %L::text)', key)), 'TK010', 'nothing is signed with ' || what)
FROM (VALUES ('a public key', public_for('ES256')), ('a key set', jsonb_build_object('keys', jsonb_build_array(public_for('ES256')::jsonb))::text), ('PEM', access_token.jwk_to_pem(key_for('ES256'))),
             ('a key for encryption', (key_for('ES256')::jsonb || '{"use": "enc"}')::text), ('a secret of 31 bytes', jsonb_build_object('kty', 'oct', 'alg', 'HS256', 'k', forge.base64url(decode(repeat('61', 31), 'hex')))::text),
             ('the bytes of a public key', jsonb_build_object('kty', 'oct', 'alg', 'HS256', 'k', forge.base64url(convert_to(access_token.jwk_to_pem(public_for('RS256')), 'UTF8')))::text)) AS r (what, key);

-- key_ops: what is for signing is not for verifying, nor the other way round, also where the key is known from before.
CREATE FUNCTION with_ops(jwk text, ops text) RETURNS text LANGUAGE sql AS $function$
    SELECT (jwk::jsonb || jsonb_build_object('key_ops', ops::jsonb))::text
$function$;
SELECT is(outcome(format('SELECT access_token.jws_sign(''x'', %L::text)', with_ops(jwk, ops))) || ' ' || verified(access_token.jws_sign('x', jwk), with_ops(jwk, ops), ARRAY[a])
          || ' ' || outcome(format('SELECT access_token.jws_sign(''x'', %L::text)', with_ops(jwk, ops))), expected, format('key_ops %s: %s', ops, a))
FROM key, (VALUES ('["sign"]', 'signed TK010 signed'), ('["verify"]', 'TK010 \x78 TK010'), ('["sign", "verify"]', 'signed \x78 signed'), ('["x"]', 'TK010 TK010 TK010'), ('[]', 'TK010 TK010 TK010')) AS o (ops, expected)
WHERE a IN ('HS256', 'RS256', 'ES384', 'EdDSA');
SELECT is(verified(access_token.jws_sign('x', jwk), with_ops(access_token.jwk_public(jwk)::text, ops), ARRAY[a]), expected, format('key_ops %s of a public key: %s', ops, a))
FROM key, (VALUES ('["verify"]', '\x78'), ('["sign"]', 'TK010')) AS o (ops, expected) WHERE a IN ('PS256', 'ES256', 'EdDSA');
SELECT is(verified(access_token.jws_sign('x', jwk), jsonb_build_object('keys', jsonb_build_array(with_ops(access_token.jwk_public(jwk)::text, ops)::jsonb))::text, ARRAY[a]), expected, format('key_ops %s in a set: %s', ops, a))
FROM key, (VALUES ('["verify"]', '\x78'), ('["sign"]', 'TK003')) AS o (ops, expected) WHERE a IN ('PS256', 'ES256');
SELECT is(verified(token, access_token.jwk_generate('A256GCM')::text, '{HS256}'), 'TK010', 'a key for encryption verifies nothing') FROM good;

-- Claims: exp by default required and exact, the rest as it is asked for.
CREATE FUNCTION verdict(claims jsonb, arguments text DEFAULT '') RETURNS text LANGUAGE sql AS $function$
    SELECT CASE WHEN v LIKE '{%' THEN 'accepts' ELSE v END
    FROM public.good, forge.value_of(format('SELECT access_token.jwt_verify(%L, %L::text, ''{HS256}''%s)', public.forged('{"alg":"HS256"}', payload => claims::text), jwk, arguments)) AS v
$function$;
SELECT is(verdict(claims, arguments), expected, format('%s with %s', what, coalesce(nullif(arguments, ''), 'nothing')))
FROM (SELECT floor(forge.epoch())::bigint AS now) AS n, LATERAL (VALUES
    ('no exp', '{}'::jsonb, '', 'TK006'), ('no exp', '{}', ', require_exp => false', 'accepts'), ('no exp', '{}', ', require_exp => NULL', 'TK006'),
    ('an exp past', jsonb_build_object('exp', now - 10), ', require_exp => false', 'TK004'), ('an exp past', jsonb_build_object('exp', now - 10), '', 'TK004'),
    ('an exp past', jsonb_build_object('exp', now - 10), ', leeway => 60', 'accepts'), ('an exp past', jsonb_build_object('exp', now - 100), ', leeway => 60', 'TK004'),
    ('an exp past', jsonb_build_object('exp', now), ', leeway => 0', 'TK004'), ('an exp past', jsonb_build_object('exp', now - 1), ', leeway => NULL', 'TK004'),
    ('nbf ahead', jsonb_build_object('exp', now + 99, 'nbf', now + 50), '', 'TK005'), ('nbf ahead', jsonb_build_object('exp', now + 99, 'nbf', now + 50), ', leeway => 60', 'accepts'),
    ('nbf ahead by less than access_token.leeway', jsonb_build_object('exp', now + 99, 'nbf', now + 4), '', 'accepts'), ('nbf ahead', jsonb_build_object('exp', now + 99, 'nbf', now + 4), ', leeway => 0', 'TK005'),
    ('iat ahead', jsonb_build_object('exp', now + 99, 'iat', now + 50), '', 'TK005'), ('iat ahead', jsonb_build_object('exp', now + 99, 'iat', now + 50), ', leeway => 60', 'accepts'),
    ('a long life', jsonb_build_object('exp', now + 999999999), '', 'accepts'),
    ('an exp', jsonb_build_object('exp', now + 99), ', leeway => -1', '22023'), ('an exp', jsonb_build_object('exp', now + 99), ', leeway => 301', '22023'),
    ('iss', jsonb_build_object('exp', now + 99, 'iss', 'a'), '', 'accepts'), ('iss', jsonb_build_object('exp', now + 99, 'iss', 'a'), ', issuer => ''a''', 'accepts'),
    ('iss', jsonb_build_object('exp', now + 99, 'iss', 'a'), ', issuer => ''A''', 'TK006'), ('iss', jsonb_build_object('exp', now + 99, 'iss', 'a'), ', issuer => ''a/''', 'TK006'),
    ('iss', jsonb_build_object('exp', now + 99, 'iss', 'a'), ', issuer => ''''', 'TK006'),
    ('no iss', jsonb_build_object('exp', now + 99), ', issuer => ''a''', 'TK006'), ('no iss', jsonb_build_object('exp', now + 99), ', issuer => ''''', 'TK006'),
    ('aud', jsonb_build_object('exp', now + 99, 'aud', 'a'), '', 'TK006'), ('aud', jsonb_build_object('exp', now + 99, 'aud', 'a'), ', audience => ''a''', 'accepts'),
    ('aud', jsonb_build_object('exp', now + 99, 'aud', '["b", "a"]'::jsonb), ', audience => ''a''', 'accepts'), ('aud', jsonb_build_object('exp', now + 99, 'aud', 'b'), ', audience => ''a''', 'TK006'),
    ('aud', jsonb_build_object('exp', now + 99, 'aud', 'a'), ', audience => ''''', '22023'), ('no aud', jsonb_build_object('exp', now + 99), ', audience => ''a''', 'TK006'),
    ('aud []', jsonb_build_object('exp', now + 99, 'aud', '[]'::jsonb), ', audience => ''a''', 'TK001'), ('aud [a, 1]', jsonb_build_object('exp', now + 99, 'aud', '["a", 1]'::jsonb), ', audience => ''a''', 'TK001'),
    ('exp string', '{"exp": "99999999999"}', '', 'TK001'), ('exp null', '{"exp": null}', ', require_exp => false', 'TK001')) AS r (what, claims, arguments, expected);
SET LOCAL access_token.leeway = 0;
SELECT is(verdict(jsonb_build_object('exp', floor(forge.epoch(99)), 'nbf', floor(forge.epoch(4)))), 'TK005', 'leeway NULL means access_token.leeway for nbf');
RESET access_token.leeway;

-- Key sets: by kid, by algorithm where there is none; public keys alone.
CREATE TABLE set AS SELECT jsonb_build_object('keys', jsonb_agg(public_for(a)::jsonb ORDER BY a)) AS jwks FROM key WHERE a NOT LIKE 'HS%';
SELECT is(verified(access_token.jws_sign('x', jwk), jwks::text, ARRAY[a]), '\x78', 'set: by kid, ' || a) FROM key, set WHERE a NOT LIKE 'HS%';
SELECT is(verified(access_token.jws_sign('x', (jwk::jsonb - 'kid')::text), jwks::text, ARRAY[a]), '\x78', 'set: without kid, the only key of the algorithm, ' || a) FROM key, set WHERE a IN ('RS256', 'EdDSA');
SELECT is(verified(access_token.jws_sign('x', jwk, '{"kid": "another"}'), jwks::text, ARRAY[a]), 'TK003', 'set: unknown kid, ' || a) FROM key, set WHERE a IN ('RS256', 'EdDSA');
SELECT is(verified(access_token.jws_sign('x', jwk, jsonb_build_object('kid', key_for('ES384')::jsonb ->> 'kid')), jwks::text, ARRAY[a]), 'TK003', 'set: kid of another key, ' || a) FROM key, set WHERE a IN ('RS256', 'EdDSA');
SELECT is(verified(access_token.jws_sign('x', key_for('ES256')), key, '{ES256}'), expected, 'set: ' || what)
FROM set, LATERAL (SELECT public_for('ES256')::jsonb AS es) AS e, LATERAL (VALUES
    ('empty', '{"keys": []}', 'TK003'), ('keys no array', '{"keys": {}}', 'TK010'), ('keys null', '{"keys": null}', 'TK010'), ('Q93 [1]', '{"keys": [1]}', 'TK010'), ('keys twice', '{"keys": [], "keys": []}', 'TK010'),
    ('Q95 kid twice', jsonb_build_object('keys', jsonb_build_array(es, es))::text, 'TK010'),
    ('Q96 symmetric', (jwks || jsonb_build_object('keys', jwks -> 'keys' || key_for('HS256')::jsonb))::text, 'TK010'),
    ('Q98 private', jsonb_build_object('keys', jsonb_build_array(key_for('ES256')::jsonb))::text, 'TK010'),
    ('Q98 private, of another algorithm', (jwks || jsonb_build_object('keys', jwks -> 'keys' || access_token.jwk_generate('ES384')::jsonb))::text, 'TK010'),
    ('Q99 kty missing', jsonb_build_object('keys', jsonb_build_array(es - 'kty'))::text, 'TK010'),
    ('7517-02 a kty that is unknown is skipped', jsonb_build_object('keys', jsonb_build_array('{"kty": "AKP", "alg": "ML-DSA-44"}'::jsonb, es))::text, '\x78'),
    ('other members beside keys', (jwks || '{"x": 1}')::text, '\x78'),
    ('two keys without kid', jsonb_build_object('keys', jsonb_build_array(es - 'kid', access_token.jwk_public(access_token.jwk_generate('ES256')::text)::jsonb - 'kid'))::text, 'TK003')) AS r (what, key, expected);
SELECT is(verified(access_token.jws_sign('x', key_for('HS256')), jwks::text, '{HS256}'), 'TK003', 'set: no HMAC by a set') FROM set;

-- That a set was read before changes no verdict about it.
SELECT is(verified(access_token.jws_sign('x', key_for('ES256'), header), s.key, '{ES256}'), expected, format('%s. the same set, header %s', n, header))
FROM (SELECT jsonb_build_object('x', 'first seen here', 'keys', jwks -> 'keys')::text AS key FROM set) AS s,
     (VALUES (1, '{"kid": "another"}'::jsonb, 'TK003'), (2, '{}', '\x78'), (3, '{"kid": "another"}', 'TK003'), (4, '{"kid": ""}', 'TK003'), (5, '{}', '\x78')) AS r (n, header, expected) ORDER BY n;
SELECT is(forge.value_of(format('SELECT access_token.jwk_thumbprint(%L::text)', jsonb_build_object('x', 'first seen here', 'keys', jwks -> 'keys'))), 'TK010', 'a set that has been read is no single key still') FROM set;
SELECT is(verified(access_token.jws_sign('x', key_for('ES256')), jsonb_build_object('x', 'bad', 'keys', jwks -> 'keys' || key_for('HS256')::jsonb)::text, '{ES256}'), 'TK010', n || '. a bad set is bad each time') FROM set, (VALUES (1), (2)) AS r (n);

-- Keys: what is generated, published, named, converted.
SELECT is((SELECT array_agg(m ORDER BY m COLLATE "C") FROM jsonb_object_keys(access_token.jwk_generate(a)::jsonb) AS m), members, 'generated: ' || a)
FROM (VALUES ('HS256', '{alg,k,kid,kty,use}'::text[]), ('ES256', '{alg,crv,d,kid,kty,use,x,y}'), ('EdDSA', '{alg,crv,d,kid,kty,use,x}'), ('RS256', '{alg,d,dp,dq,e,kid,kty,n,p,q,qi,use}'),
             ('A128KW', '{alg,k,kid,kty,use}'), ('A256GCM', '{alg,k,kid,kty,use}'), ('ECDH-ES', '{alg,crv,d,kid,kty,use,x,y}'), ('RSA-OAEP-256', '{alg,d,dp,dq,e,kid,kty,n,p,q,qi,use}')) AS r (a, members);
SELECT is(length(forge.from_base64url(access_token.jwk_generate(a) ->> 'k')), bytes, format('generated: %s has %s bytes', a, bytes))
FROM (VALUES ('HS256', 32), ('HS384', 48), ('HS512', 64), ('A128KW', 16), ('A192KW', 24), ('A256KW', 32), ('A128GCMKW', 16), ('A256GCMKW', 32), ('A128GCM', 16), ('A256GCM', 32), ('A128CBC-HS256', 32), ('A256CBC-HS512', 64)) AS r (a, bytes);
SELECT is(access_token.jwk_generate(a) ->> 'use', use, format('generated: use of %s', a)) FROM (VALUES ('ES256', 'sig'), ('A256KW', 'enc'), ('ECDH-ES+A128KW', 'enc')) AS r (a, use);
SELECT is(forge.value_of(format('SELECT access_token.jwk_generate(%L)', a)), sqlstate, format('not generated: %L', a))
FROM (VALUES ('none', '22023'), ('', '22023'), ('hs256', '22023'), ('dir', '22023'), ('RSA1_5', '22023'), ('PBES2-HS256+A128KW', '22023'), ('ES256K', '22023'), (NULL, '22004')) AS r (a, sqlstate);
SELECT isnt(access_token.jwk_generate('HS256') ->> 'k', access_token.jwk_generate('HS256') ->> 'k', 'generated: another one each time');
SELECT is(access_token.jwk_public(jwk)::jsonb, jwk::jsonb - '{d,p,q,dp,dq,qi}'::text[], 'public part: ' || a) FROM key WHERE a NOT LIKE 'HS%';
SELECT is(access_token.jwk_public(access_token.jwk_public(jwk))::jsonb, access_token.jwk_public(jwk)::jsonb, 'of a public part it is itself: ' || a) FROM key WHERE a IN ('RS256', 'EdDSA');
SELECT is(forge.value_of(format('SELECT access_token.%s(%L::text)', f, key_for('HS256'))), '22023', f || ' of a symmetric key') FROM (VALUES ('jwk_public'), ('jwk_to_pem')) AS r (f);
SELECT is(access_token.jwk_thumbprint(jwk), jwk::jsonb ->> 'kid', 'kid is the thumbprint: ' || a) FROM key;
SELECT is(access_token.jwk_thumbprint(jwk), forge.base64url(digest('{' || (
              SELECT string_agg(format('"%s":"%s"', m.key, m.value), ',' ORDER BY m.key COLLATE "C")
              FROM jsonb_each_text(jwk::jsonb) AS m WHERE m.key = ANY (CASE jwk::jsonb ->> 'kty' WHEN 'oct' THEN '{k,kty}' WHEN 'RSA' THEN '{e,kty,n}' WHEN 'EC' THEN '{crv,kty,x,y}' ELSE '{crv,kty,x}' END::text[])) || '}', 'sha256')),
          'which is RFC 7638''s: ' || a) FROM key;
SELECT is(access_token.jwk_thumbprint(access_token.jwk_public(jwk)), access_token.jwk_thumbprint(jwk), 'private and public have the same: ' || a) FROM key WHERE a IN ('ES256', 'RS256', 'EdDSA');
-- PEM has no place for alg, use and kid.
SELECT is(access_token.jwk_from_pem(access_token.jwk_to_pem(jwk))::jsonb - '{alg,use,kid}'::text[], jwk::jsonb - '{alg,use,kid}'::text[], 'PEM there and back, private: ' || a) FROM key WHERE a NOT LIKE 'HS%';
SELECT is(access_token.jwk_from_pem(access_token.jwk_to_pem(public_for(a)))::jsonb - '{alg,use,kid}'::text[], public_for(a)::jsonb - '{alg,use,kid}'::text[], 'PEM there and back, public: ' || a) FROM key WHERE a NOT LIKE 'HS%';
-- RSA as n, e and d alone, as some libraries write it: the rest is found.
CREATE TABLE bare_rsa AS SELECT a, jwk, (jwk::jsonb - '{p,q,dp,dq,qi}'::text[])::text AS bare FROM key WHERE a IN ('RS256', 'PS512');
SELECT is(access_token.jwk_to_pem(bare), access_token.jwk_to_pem(jwk), 'PEM of n, e and d: ' || a) FROM bare_rsa;
SELECT is(access_token.jwk_public(bare)::jsonb, access_token.jwk_public(jwk)::jsonb, 'its public part: ' || a) FROM bare_rsa;
SELECT is(verified(access_token.jws_sign('x', bare), public_for(a), ARRAY[a]), '\x78', 'it signs: ' || a) FROM bare_rsa;
SELECT forge.make_tenant('bare');
SELECT is(access_token.import_signing_key('bare', bare, a), access_token.jwk_thumbprint(jwk), 'and is imported: ' || a) FROM bare_rsa;
SELECT is(split_part(access_token.jwk_to_pem(k), E'\n', 1), first, 'PEM: ' || first) FROM (VALUES (key_for('ES256'), '-----BEGIN PRIVATE KEY-----'), (public_for('ES256'), '-----BEGIN PUBLIC KEY-----')) AS r (k, first);
SELECT is(forge.value_of(format('SELECT access_token.jwk_from_pem(%L)', r.pem)), 'TK010', 'PEM: ' || what)
FROM (SELECT access_token.jwk_to_pem(key_for('ES256')) AS pem) AS p, LATERAL (VALUES ('nothing', ''), ('words', 'words'), ('a JWK', key_for('ES256')), ('junk after it', p.pem || 'junk'), ('two blocks', p.pem || p.pem), ('no end', left(p.pem, 60)),
    ('a letter changed', overlay(p.pem PLACING '!' FROM 60)), ('an empty block', E'-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n'), ('another label', replace(p.pem, 'PRIVATE KEY', 'CERTIFICATE')),
    ('a label that lies', replace(p.pem, 'PRIVATE', 'PUBLIC')), ('encrypted', replace(p.pem, 'PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'))) AS r (what, pem);
SELECT is(forge.value_of(format('SELECT access_token.%s(%L::text)', f, key)), 'TK010', format('%s of %s', f, left(key, 20)))
FROM (VALUES ('jwk_public'), ('jwk_thumbprint'), ('jwk_to_pem')) AS f (f), (VALUES (''), ('{}'), ('words'), ('{"keys": []}'), ('{"kty":"EC"}')) AS k (key);
SELECT is(forge.value_of(format('SELECT access_token.%s(NULL::%s)', f, t)), '22004', format('%s of a NULL of %s', f, t))
FROM (VALUES ('jwk_public'), ('jwk_thumbprint'), ('jwk_to_pem')) AS f (f), (VALUES ('text'), ('json'), ('jsonb')) AS k (t);

-- json and jsonb, so that the result of one function feeds the next: the same as text.
CREATE FUNCTION of_type(statement text, jwk text, type text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.value_of(replace(statement, '$key', format('%L::%s', jwk, type)))
$function$;
SELECT is(of_type(statement, jwk, type), of_type(statement, jwk, 'text'), format('%s: %s as text', statement, type))
FROM (VALUES ('json'), ('jsonb')) AS t (type), (VALUES
    ('SELECT access_token.jws_sign(''x'', $key, ''{"x": 1}'')', 'EdDSA'), ('SELECT access_token.jwt_sign(''{"a": 1}'', $key)', 'HS256'), ('SELECT access_token.jwk_public($key)', 'RS256'),
    ('SELECT access_token.jwk_thumbprint($key)', 'ES512'), ('SELECT access_token.jwk_to_pem($key)', 'PS384'), ('SELECT access_token.jwk_public($key)', 'HS256'),
    ('SELECT access_token.jws_sign(''x'', $key, ''{"alg": "none"}'')', 'EdDSA')) AS s (statement, a) JOIN key USING (a);
SELECT is(forge.value_of(format('SELECT access_token.jws_verify(%L, %L::%s, %L)', access_token.jws_sign('x', jwk), public_for(a), type, ARRAY[a])), '\x78', format('jws_verify with %s', type))
FROM key, (VALUES ('text'), ('json'), ('jsonb')) AS t (type) WHERE a IN ('PS256', 'ES384');
SELECT is(forge.value_of(format('SELECT access_token.jwt_verify(%L, %L::%s, %L, ''i'', ''a'', 10, false)', access_token.jwt_sign('{"iss": "i", "aud": "a"}', jwk), public_for(a), type, ARRAY[a])), '{"aud": "a", "iss": "i"}', format('jwt_verify with %s, every argument', type))
FROM key, (VALUES ('text'), ('json'), ('jsonb')) AS t (type) WHERE a IN ('PS256', 'ES384');
SELECT is(forge.value_of(format('SELECT access_token.jwt_verify(%L, %L::%s, %L, %s)', access_token.jwt_sign('{"iss": "i", "aud": "a", "exp": 1}', jwk), public_for(a), type, ARRAY[a], arguments)), sqlstate, format('jwt_verify with %s: %s', type, arguments))
FROM key, (VALUES ('text'), ('json'), ('jsonb')) AS t (type), (VALUES ('''I'', ''a'', 10, false', 'TK004'), ('''i'', ''a'', 301, false', '22023'), ('''i'', '''', 10, false', '22023')) AS r (arguments, sqlstate) WHERE a = 'ES256';
SELECT is(access_token.jws_verify(access_token.jws_sign('chain', k), access_token.jwk_public(k), '{ES256}'), 'chain'::bytea, 'results feed the next function') FROM (SELECT access_token.jwk_generate('ES256') AS k OFFSET 0) AS r;
SELECT is(of_type('SELECT access_token.jwk_thumbprint($key)', '{"kty":"oct","kty":"oct","k":"AAAA"}', type), expected, 'a repeated member as ' || type)
FROM (VALUES ('text', 'TK010'), ('json', 'TK010'), ('jsonb', access_token.jwk_thumbprint('{"kty":"oct","k":"AAAA"}'::text))) AS r (type, expected);

-- An argument without a type is text: a malformed key stands in no error of the server's parser.
CREATE FUNCTION error_of(statement text, key text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    message text;
    detail text;
    hint text;
    context text;
BEGIN
    EXECUTE statement USING key;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
    RETURN SQLSTATE || CASE WHEN message || detail || hint || context LIKE '%MARKER%' THEN ' shows the key' ELSE '' END;
END
$function$;
SELECT is(error_of(statement, key), 'TK010', format('malformed key %s: %s', key, statement))
FROM (VALUES ('{"kty":"oct","k":"MARKER'), ('MARKER'), ('{"kty":"MARKER"}'), ('{"kty":"oct","k":"MARKER!"}'), ('{"kty":"RSA","n":"MARKER","e":"AQAB"}'), ('-----BEGIN PRIVATE KEY-----MARKER')) AS k (key),
     (VALUES ('SELECT access_token.jws_sign(''x'', $1, ''{"alg":"HS256"}'')'), ('SELECT access_token.jwt_sign(''{}'', $1, ''{"alg":"RS256"}'')'), ('SELECT access_token.jws_verify(''eyJhbGciOiJIUzI1NiJ9.eA.eA'', $1, ''{HS256}'')'),
             ('SELECT access_token.jwk_public($1)'), ('SELECT access_token.jwk_thumbprint($1)'), ('SELECT access_token.jwk_to_pem($1)'), ('SELECT access_token.jwk_from_pem($1)')) AS s (statement);
PREPARE untyped AS SELECT access_token.jwk_thumbprint($1);
SELECT is((SELECT parameter_types FROM pg_prepared_statements WHERE name = 'untyped'), '{text}'::regtype[], 'a bound key without a type is text');

SELECT * FROM finish();
ROLLBACK;
