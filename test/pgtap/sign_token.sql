/*
 * sign_token: a tenant's own kinds of tokens. It can forge no other kind, fills in what is missing, and
 * signs nothing for longer than the tenant allows.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql

SELECT plan(277);

SELECT forge.make_tenant(t) FROM (VALUES ('t'), ('all'), ('two')) AS r (t);
SELECT access_token.create_tenant('No issuer', 'nowhere');
SELECT access_token.create_tenant('Platform', 'platform', default_issuer => 'https://platform.example/p');
SELECT access_token.rotate_signing_key(t, 'EdDSA') FROM (VALUES ('t'), ('nowhere'), ('platform'), ('two')) AS r (t);
SELECT access_token.rotate_signing_key('two', 'ES256');

CREATE FUNCTION sign(claims jsonb DEFAULT '{}', header jsonb DEFAULT '{"typ": "invitation+jwt"}', tenant text DEFAULT 't') RETURNS text LANGUAGE sql AS $function$
    SELECT access_token.sign_token(tenant, claims, header => header)
$function$;
-- Claims or header of what is signed.
CREATE FUNCTION claims_of(claims jsonb, tenant text DEFAULT 't') RETURNS jsonb LANGUAGE sql AS $function$
    SELECT forge.claims_of(sign(claims, tenant => tenant))::jsonb
$function$;
CREATE FUNCTION refusal_of(claims jsonb, header jsonb DEFAULT '{"typ": "invitation+jwt"}') RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM sign(claims, header);
    RETURN 'signed';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$function$;

-- What is filled in.
CREATE TABLE filled AS SELECT claims_of('{}') AS c, extract(epoch FROM clock_timestamp()) AS after;
SELECT set_eq($$ SELECT jsonb_object_keys(c) FROM filled $$, ARRAY['iss', 'iat', 'exp', 'jti'], 'iss, iat, exp and jti are filled in');
SELECT is(c ->> 'iss', 'https://t.example', 'iss is the tenant''s issuer') FROM filled;
SELECT ok((c ->> 'iat')::numeric BETWEEN after - 60 AND after AND (c ->> 'iat') !~ '[.]', 'iat is now, in whole seconds') FROM filled;
SELECT is((c ->> 'exp')::bigint, (c ->> 'iat')::bigint + 3600, 'exp is an hour later') FROM filled;
SELECT matches(c ->> 'jti', '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', 'jti is a UUIDv7') FROM filled;
SELECT is((SELECT count(DISTINCT claims_of('{}') ->> 'jti') FROM generate_series(1, 100)), 100::bigint, 'and another one each time');
SELECT is(forge.header_of(sign())::jsonb - 'kid', '{"alg": "EdDSA", "typ": "invitation+jwt"}', 'the header: alg, typ, kid');
SELECT is(forge.header_of(sign())::jsonb ->> 'kid', kid, 'kid is the current key''s') FROM access_token.signing_keys WHERE tenant_id = 't' AND state = 'current';
SELECT is(claims_of('{}', 'platform') ->> 'iss', 'https://platform.example/p', 'iss is the default issuer where there is no other');
SELECT is(forge.value_of($$ SELECT sign(tenant => 'nowhere') $$), '22023', 'a tenant without any issuer signs nothing');

-- What is given stays, members and values as they are.
SELECT is(claims_of(c) -> name, c -> name, format('given: %s %s', name, c -> name))
FROM (VALUES ('jti', '{"jti": "of ours"}'::jsonb), ('iat', jsonb_build_object('iat', floor(forge.epoch(-100)))),
             ('nbf', jsonb_build_object('nbf', floor(forge.epoch(10)))), ('exp', jsonb_build_object('exp', floor(forge.epoch(100)))),
             ('sub', '{"sub": "user|42"}'), ('aud', '{"aud": ["a", "b"]}'), ('aud', '{"aud": "a"}'),
             ('iss', '{"iss": "https://t.example"}'), ('grants', '{"grants": {"identity": "x"}}'),
             ('x', '{"x": [1.50, null, true, {"y": "\u00e9\" \\"}]}')) AS r (name, c);
SELECT is(claims_of('{"iss": "https://platform.example/p"}', 'platform') ->> 'iss', 'https://platform.example/p', 'iss given as the default issuer');
SELECT is(forge.header_of(sign('{}', '{"typ": "a+jwt", "cty": "b", "x": [1]}'))::jsonb - 'kid' - 'alg', '{"typ": "a+jwt", "cty": "b", "x": [1]}',
          'members of the header stay, too');

-- typ is required, printable, and not one that has a meaning of its own, in whatever letters.
SELECT is(refusal_of('{}', header), '22023 typ is not of the tenant''s own', format('typ: %s', header))
FROM (VALUES ('{}'::jsonb), ('{"typ": null}'), ('{"typ": 1}'), ('{"typ": ["invitation+jwt"]}'), ('{"typ": ""}'), ('{"typ": " "}'), ('{"typ": "a b"}'),
             ('{"typ": "a\nb"}'), ('{"typ": "\u00e9"}'), ('{"typ": "a\\b"}'), ('{"typ": "a\"b"}'),
             (jsonb_build_object('typ', repeat('x', 128))), ('{"cty": "invitation+jwt"}'), ('{"typ": "at+jwt;x=1"}'), ('{"typ": "JWT; charset=utf-8"}'), ('{"typ": "x,JWT"}')) AS r (header);
SELECT is(refusal_of('{}', header), '22023 header member is reserved', format('typ in other letters: %s', header))
FROM (VALUES ('{"Typ": "invitation+jwt"}'::jsonb), ('{"typ": "invitation+jwt", "TYP": "at+jwt"}')) AS r (header);
SELECT is(refusal_of('{}', jsonb_build_object('typ', prefix || spelled)), '22023 typ is not of the tenant''s own', format('typ: %s%s', prefix, spelled))
FROM unnest(ARRAY['JWT', 'at+jwt', 'token-introspection+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt', 'id_token+jwt']) AS typ,
     LATERAL (SELECT DISTINCT s FROM unnest(ARRAY[typ, lower(typ), upper(typ), initcap(typ)]) AS s) AS r (spelled),
     unnest(ARRAY['', 'application/', 'APPLICATION/', 'Application/']) AS prefix;
SELECT is(refusal_of('{}', jsonb_build_object('typ', typ)), 'signed', 'typ: ' || typ)
FROM (VALUES ('x'), ('invitation+jwt'), ('application/invitation+jwt'), ('JWT2'), ('at+jwt2'), ('my/at+jwt'), (repeat('x', 127))) AS r (typ);
SELECT is(forge.value_of($$ SELECT access_token.sign_token('t', '{}') $$), '22004', 'without a header there is no typ');
SELECT is(forge.value_of($$ SELECT access_token.sign_token('t', '{}', header => 'null') $$), '22023', 'nor in null');
SELECT is(forge.value_of($$ SELECT access_token.sign_token('t', '{}', header => '["typ"]') $$), '22023', 'nor in an array');

-- Claims by which others tell an id_token, in whatever letters; in depth they mean nothing.
SELECT is(refusal_of(jsonb_build_object(spelled, v)), '22023 claims would look like an id_token', format('claim: %s %s', spelled, v))
FROM unnest(ARRAY['nonce', 'at_hash', 'auth_time']) AS name,
     LATERAL (VALUES (name, '"x"'::jsonb), (upper(name), '1'), (initcap(name), 'null'), (left(name, -1) || upper(right(name, 1)), '{}'))
         AS r (spelled, v);
SELECT is(refusal_of(format('{"%s": 1}', escaped)::jsonb), '22023 claims would look like an id_token', 'claim: ' || escaped)
FROM (VALUES ('\u006eonce'), ('\u006E\u006f\u006E\u0063\u0065'), ('at\u005fhash'), ('auth\u005Ftime'),
             ('\u0061\u0075\u0074\u0068\u005f\u0074\u0069\u006d\u0065')) AS r (escaped);
SELECT is(refusal_of('{"x": {"nonce": 1, "at_hash": 2, "auth_time": 3}}'), 'signed', 'in depth they mean nothing');
SELECT is(refusal_of('{"nonces": 1, "at_hash2": 2, "auth time": 3, "non": 4}'), 'signed', 'nor do names like them');

-- Header members that are not the caller's, in whatever letters.
SELECT is(refusal_of('{}', jsonb_build_object('typ', 'invitation+jwt', spelled, v)), '22023 header member is reserved', format('header: %s %s', spelled, v))
FROM (VALUES ('alg', '"none"'::jsonb), ('alg', '"EdDSA"'), ('kid', '"x"'), ('crit', '["exp"]'), ('b64', 'true'), ('zip', '"DEF"'), ('enc', '"A256GCM"'),
             ('jwk', '{}'), ('jku', '"https://x"'), ('x5u', '"https://x"'), ('x5c', '[]')) AS r (name, v),
     LATERAL (SELECT DISTINCT s FROM unnest(ARRAY[name, upper(name)]) AS s) AS s (spelled);

-- iss is the tenant's own, exactly.
SELECT is(refusal_of(jsonb_build_object('iss', iss)), '22023 iss is not the tenant''s', format('iss: %s', iss))
FROM (VALUES ('"https://two.example"'::jsonb), ('"https://t.example/"'), ('"https://T.example"'), ('"http://t.example"'), ('""'), ('"t"'),
             ('"https://t.example "')) AS r (iss);
SELECT is(refusal_of(c), '22023 claims are malformed', format('claims: %s', c))
FROM (VALUES ('{"iss": null}'::jsonb), ('{"iss": ["https://t.example"]}'), ('{"exp": "never"}'), ('{"exp": null}'), ('{"iat": "now"}'), ('{"nbf": []}'),
             ('{"jti": 1}'), ('{"sub": 42}'), ('{"aud": []}'), ('{"aud": [1]}'), ('{"aud": null}'), ('{"scope": "a  b"}')) AS r (c);
SELECT is(left(refusal_of(c), 5), '22023', 'claims: ' || what)
FROM (VALUES ('an array', '[]'::jsonb), ('a string', '"x"'), ('null', 'null'),
             ('too deep', ('{"x":' || repeat('[', 32) || repeat(']', 32) || '}')::jsonb),
             ('a number beyond the range of doubles', '{"exp": 1e400}'),
             ('too large', jsonb_build_object('x', repeat('x', 70000)))) AS r (what, c);

-- exp lies ahead, and nothing is signed for longer than max_token_lifetime, whatever iat says.
SELECT access_token.update_tenant('t', '{"max_token_lifetime": 7200}');
SELECT is(refusal_of(jsonb_build_object('exp', floor(forge.epoch(s)))), '22023 exp is out of range', format('exp: in %s seconds', s))
FROM (VALUES (-100000), (-1), (0), (7203), (7300), (172801), (1000000000)) AS r (s);
SELECT is(refusal_of(jsonb_build_object('exp', floor(forge.epoch(s)))), 'signed', format('exp: in %s seconds', s)) FROM (VALUES (10), (7190)) AS r (s);
SELECT is(refusal_of(jsonb_build_object('iat', floor(forge.epoch(iat)), 'exp', floor(forge.epoch(exp)))), '22023 exp is out of range',
          format('iat %s, exp %s', iat, exp)) FROM (VALUES (-7000, 300), (-100000, 10)) AS r (iat, exp);
CREATE FUNCTION longest(iat numeric) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    RETURN CASE WHEN (public.claims_of(jsonb_build_object('iat', iat)) ->> 'exp')::numeric - forge.epoch() > 7200
                THEN 'signed beyond the cap' ELSE 'within the cap' END;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'within the cap';
END
$function$;
SELECT is(longest(floor(forge.epoch(s))), 'within the cap', format('iat %s seconds ahead does not prolong the token', s))
FROM (VALUES (0), (3601), (7200), (86400), (1000000000)) AS r (s);
SELECT is(longest(floor(forge.epoch(4))), 'within the cap', 'nor does one that the leeway allows');
-- An exp that is filled in is held to the same: it lies ahead, an hour after iat.
SELECT is((claims_of(jsonb_build_object('iat', iat)) ->> 'exp')::bigint, iat + 3600, 'filled in: exp follows iat') FROM (SELECT floor(forge.epoch(-3000))::bigint AS iat) AS r;
SELECT is(refusal_of(jsonb_build_object('iat', floor(forge.epoch(s)))), '22023 exp is out of range', format('iat %s: a token that would have expired is not signed', s))
FROM (VALUES (-3600), (-7100), (-100000)) AS r (s);
SELECT access_token.update_tenant('t', '{"max_token_lifetime": 600}');
SELECT is((c ->> 'exp')::numeric <= forge.epoch() + 600, true, 'an iat of 4 seconds ahead does not add to it') FROM (SELECT claims_of(jsonb_build_object('iat', floor(forge.epoch(4)))) AS c) AS r;
SELECT is((c ->> 'exp')::bigint - (c ->> 'iat')::bigint, 600::bigint, 'exp that is filled in keeps to a shorter max_token_lifetime') FROM (SELECT claims_of('{}') AS c) AS r;

-- Algorithms: the one current key, or the one named.
SELECT is(forge.value_of($$ SELECT access_token.sign_token('two', '{}', header => '{"typ": "x"}') $$), '42704', 'of two current keys one must be named');
SELECT is(forge.header_of(access_token.sign_token('two', '{}', a, '{"typ": "x"}'))::jsonb ->> 'alg', a, 'named: ' || a) FROM (VALUES ('ES256'), ('EdDSA')) AS r (a);
SELECT is(forge.value_of(format($$ SELECT access_token.sign_token('two', '{}', %L, '{"typ": "x"}') $$, a)), sqlstate, format('algorithm %L', a))
FROM (VALUES ('RS256', '42704'), ('HS256', '22023'), ('none', '22023'), ('', '22023'), ('es256', '22023'), ('ES256K', '22023')) AS r (a, sqlstate);
SELECT is(forge.value_of(format($$ SELECT access_token.sign_token(%L, '{}', header => '{"typ": "x"}') $$, t)), '42704', format('tenant %L', t))
FROM (VALUES ('nobody'), (''), ('T')) AS r (t);

SELECT access_token.rotate_signing_key('all', a)
FROM unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) AS a;
CREATE TABLE every AS
SELECT algorithm, access_token.sign_token('all', '{"sub": "x"}', algorithm, '{"typ": "invitation+jwt"}') AS token
FROM access_token.signing_keys WHERE tenant_id = 'all' AND state = 'current';
SELECT is((SELECT count(*) FROM every), 10::bigint, 'ten algorithms sign');
SELECT is(forge.header_of(token)::jsonb ->> 'alg', algorithm, algorithm || ': alg') FROM every;
SELECT is(length(forge.from_base64url(split_part(token, '.', 3))),
          CASE algorithm WHEN 'ES256' THEN 64 WHEN 'EdDSA' THEN 64 WHEN 'ES384' THEN 96 WHEN 'ES512' THEN 132 ELSE 256 END,
          algorithm || ': the signature''s length') FROM every;
SELECT is(forge.own_verdict(token, 'all'), 'accepts', algorithm || ': verify_token') FROM every;
SELECT is(access_token.jwt_verify(token, k.public_jwk, ARRAY[every.algorithm], 'https://all.example') ->> 'sub', 'x', every.algorithm || ': and the toolbox with the public key')
FROM every JOIN access_token.signing_keys AS k ON k.kid = forge.header_of(token)::jsonb ->> 'kid';
-- RS256 is deterministic: the same bytes as by arithmetic of the test's own.
SELECT forge.make_signing_key('rsa', 't', 'RS256');
SELECT is(split_part(token, '.', 3), forge.rs256(jwk, split_part(token, '.', 1) || '.' || split_part(token, '.', 2)), 'RS256: the signature is the one of RFC 8017')
FROM forge.signing_key, LATERAL (SELECT access_token.sign_token('t', '{}', 'RS256', '{"typ": "x"}') AS token) AS s;

SELECT * FROM finish();
ROLLBACK;
