/*
 * verify_token: what sign_token made, by kind, tenant and audience, with the same refusals as
 * verify_access_token. Every token here but those of sign_token is signed by the test itself, with a key
 * that is the tenant's: the named defect alone causes the refusal.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql

SELECT plan(245);

SELECT forge.make_signing_key('k', 't', 'EdDSA');
SELECT forge.make_signing_key('rsa', 't', 'RS256');
SELECT forge.make_signing_key('ec', 't', 'ES256');
SELECT forge.make_signing_key('foreign', 'u', 'EdDSA');
SELECT forge.make_key('api', 't');

-- The measure of all below.
SELECT is(forge.own_verdict(forge.own_token(label)), 'accepts', 'a token of the test''s own making is good: ' || algorithm)
FROM forge.signing_key WHERE tenant_id = 't' AND algorithm <> 'ES256';
SELECT is(forge.own_signature(label, substring(token FROM '(.*)[.]')), split_part(token, '.', 3), 'and as the toolbox signs: ' || algorithm)
FROM forge.signing_key, LATERAL (SELECT access_token.jws_sign('', jwk) AS token OFFSET 0) AS t WHERE algorithm <> 'ES256';
SELECT is(access_token.verify_token(token, 't', 'invitation+jwt'), forge.claims_of(token)::jsonb, 'its claims come back as they are')
FROM (SELECT forge.own_token('k', claims => forge.own_claims('k', '{"x": [1.50, null, {"y": "\u00e9"}]}')) AS token) AS r;
SELECT is(forge.own_verdict(forge.own_token('k', E'{\n "kid":"' || kid || E'", "alg"\t: "EdDSA", "typ" : "Invitation+JWT" }')), 'accepts',
          'spelling and order do not matter, nor letters of typ') FROM forge.signing_key WHERE label = 'k';
CREATE TABLE signed AS SELECT access_token.sign_token('t', '{"sub": "x"}', a, '{"typ": "invitation+jwt"}') AS token, a FROM unnest(ARRAY['EdDSA', 'RS256', 'ES256']) AS a;
SELECT is(forge.own_verdict(token), 'accepts', 'signed by sign_token: ' || a) FROM signed;

-- Format: as verify_access_token refuses it.
SELECT is(forge.own_verdict(mangled), 'TK001', what)
FROM (SELECT forge.own_token('k') AS token) AS g, LATERAL (SELECT split_part(token, '.', 1) AS h, split_part(token, '.', 2) AS p, split_part(token, '.', 3) AS s) AS part,
     LATERAL (VALUES
        ('no token', NULL), ('F01 empty', ''), ('F02 a dot', '.'), ('F03 two dots', '..'), ('F04 two segments', h || '.' || p), ('F05 four segments', token || '.x'),
        ('F06 five segments', token || '.x.x'), ('F07 one segment', h), ('F08 payload removed', h || '..' || s), ('F16 signature removed', h || '.' || p || '.'),
        ('F09 leading space', ' ' || token), ('F10 trailing newline', token || E'\n'), ('F11 Bearer', 'Bearer ' || token), ('F12 BOM', U&'\FEFF' || token),
        ('F13 %2E', replace(token, '.', '%2E')), ('F14 ideographic full stop', replace(token, '.', U&'\3002')), ('F15 quotes', '"' || token || '"'),
        ('F20 padding of the header', h || '=.' || p || '.' || s), ('F21 padding of the payload', h || '.' || p || '=.' || s), ('F22 padding of the signature', token || '=='),
        ('F23 the other alphabet', h || '.' || p || '.' || '+' || substr(s, 2)), ('F27 newline in the signature', overlay(token PLACING E'\n' FROM length(token) - 10 FOR 0)),
        ('F28 spare bits of the signature', left(token, -1) || translate(right(token, 1), 'AQgw', 'BRhx')),
        ('F31 length 1 mod 4', token || 'AAA'), ('F33 JSON serialization', format('{"protected":"%s","payload":"%s","signature":"%s"}', h, p, s)),
        ('F35 beyond max_token_size', h || '.' || repeat('A', 65536) || '.' || s)) AS r (what, mangled);

-- JSON of the header.
SELECT is(forge.own_verdict(forge.own_token_of_bytes('k', h, convert_to(forge.own_claims('k'), 'UTF8'))), 'TK001', 'header: ' || what)
FROM forge.signing_key AS k, LATERAL (SELECT convert_to(forge.own_header('k'), 'UTF8') AS good, k.kid) AS g,
     LATERAL (VALUES
        ('J01 duplicate alg, none first', convert_to('{"alg":"none",' || substr(forge.own_header('k'), 2), 'UTF8')),
        ('J02 duplicate alg, none last', convert_to(rtrim(forge.own_header('k'), '}') || ',"alg":"none"}', 'UTF8')),
        ('J03 duplicate alg by an escape', convert_to(rtrim(forge.own_header('k'), '}') || ',"\u0061lg":"none"}', 'UTF8')),
        ('J04 duplicate kid', convert_to(rtrim(forge.own_header('k'), '}') || ',"kid":"x"}', 'UTF8')),
        ('J08 trailing garbage', good || 'x'), ('J33 BOM', '\xefbbbf'::bytea || good), ('J11 byte FF', convert_to(rtrim(forge.own_header('k'), '}'), 'UTF8') || ',"x":"\377"}'::bytea),
        ('J14 NUL', convert_to(rtrim(forge.own_header('k'), '}') || ',"x":"\u0000"}', 'UTF8')), ('J16 lone surrogate', convert_to(rtrim(forge.own_header('k'), '}') || ',"x":"\ud800"}', 'UTF8')),
        ('J24 array', convert_to('[' || forge.own_header('k') || ']', 'UTF8')), ('J30 null', 'null'::bytea), ('J31 string', '"x"'::bytea),
        ('H11 alg missing', convert_to(forge.own_header('k', '{}', '{alg}'), 'UTF8')), ('H12 alg null', convert_to(forge.own_header('k', '{"alg": null}'), 'UTF8')),
        ('H13 alg number', convert_to(forge.own_header('k', '{"alg": 256}'), 'UTF8')), ('H14 alg array', convert_to(forge.own_header('k', '{"alg": ["EdDSA"]}'), 'UTF8')),
        ('K10 kid number', convert_to(forge.own_header('k', '{"kid": 1}'), 'UTF8')), ('K11 kid array', convert_to(forge.own_header('k', '{"kid": ["x"]}'), 'UTF8')),
        ('K12 kid null', convert_to(forge.own_header('k', '{"kid": null}'), 'UTF8')), ('T09 typ number', convert_to(forge.own_header('k', '{"typ": 1}'), 'UTF8')),
        ('T10 typ null', convert_to(forge.own_header('k', '{"typ": null}'), 'UTF8')),
        ('J38 nested', convert_to(forge.own_header('k', ('{"x":' || repeat('[', 33) || repeat(']', 33) || '}')::json), 'UTF8'))) AS r (what, h)
WHERE k.label = 'k';

-- Meaning of the header.
SELECT is(forge.own_verdict(forge.own_token('k', forge.own_header('k', changes, without))), sqlstate, 'header: ' || what)
FROM (VALUES
    ('H01 none', '{"alg": "none"}'::json, '{}'::text[], 'TK002'), ('H02 None', '{"alg": "None"}', '{}', 'TK002'), ('H07 none by an escape', '{"alg": "\u006eone"}', '{}', 'TK002'),
    ('H06 empty alg', '{"alg": ""}', '{}', 'TK002'), ('H15 eddsa', '{"alg": "eddsa"}', '{}', 'TK002'), ('H16 EdDSA and a space', '{"alg": "EdDSA "}', '{}', 'TK002'),
    ('RS1', '{"alg": "RS1"}', '{}', 'TK002'), ('ES256K', '{"alg": "ES256K"}', '{}', 'TK002'),
    ('H18 HS256', '{"alg": "HS256"}', '{}', 'TK003'), ('RS256', '{"alg": "RS256"}', '{}', 'TK003'), ('PS256', '{"alg": "PS256"}', '{}', 'TK003'),
    ('ES256', '{"alg": "ES256"}', '{}', 'TK003'), ('Ed25519, another name of EdDSA', '{"alg": "Ed25519"}', '{}', 'accepts'),
    ('H30 crit unknown', '{"crit": ["x"], "x": 1}', '{}', 'TK002'), ('H31 crit []', '{"crit": []}', '{}', 'TK002'), ('H34 crit registered', '{"crit": ["kid"]}', '{}', 'TK002'),
    ('H37 crit null', '{"crit": null}', '{}', 'TK002'), ('H40 b64 false', '{"b64": false}', '{}', 'TK002'), ('H41 b64 false with crit', '{"b64": false, "crit": ["b64"]}', '{}', 'TK002'),
    ('H42 zip', '{"zip": "DEF"}', '{}', 'TK002'),
    ('K01 kid missing', '{}', '{kid}', 'TK003'), ('K02 kid SQL', '{"kid": "'' OR true --"}', '{}', 'TK003'), ('K03 kid path', '{"kid": "../../dev/null"}', '{}', 'TK003'),
    ('K04 kid unknown', '{"kid": "x"}', '{}', 'TK003'), ('K05 kid empty', '{"kid": ""}', '{}', 'TK003'), ('K08 kid %', '{"kid": "%"}', '{}', 'TK003'),
    ('typ another', '{"typ": "receipt+jwt"}', '{}', 'TK006'), ('T01 typ JWT', '{"typ": "JWT"}', '{}', 'TK006'), ('T05 typ at+jwt', '{"typ": "at+jwt"}', '{}', 'TK006'),
    ('T11 typ missing', '{}', '{typ}', 'TK006'), ('typ with parameter', '{"typ": "invitation+jwt;x=1"}', '{}', 'TK006'), ('typ and a space', '{"typ": "invitation+jwt "}', '{}', 'TK006'),
    ('typ as media type', '{"typ": "application/invitation+jwt"}', '{}', 'TK006')) AS r (what, changes, without, sqlstate);
SELECT is(forge.own_verdict(forge.own_token('k', forge.own_header('k', json_build_object('kid', r.kid)))), 'TK003', 'header: kid ' || what)
FROM forge.signing_key AS k, LATERAL (VALUES ('in other letters', upper(k.kid)), ('and a space', k.kid || ' '), ('and a newline', k.kid || E'\n'), ('cut', left(k.kid, -1))) AS r (what, kid)
WHERE label = 'k';
SELECT is(forge.own_verdict(forge.own_token('k', forge.own_header('k', json_build_object('kid', other.kid)))), 'TK003', 'header: kid of ' || other.label)
FROM (SELECT label, kid FROM forge.signing_key WHERE label <> 'k' UNION ALL SELECT label, kid FROM forge.api_key
      UNION ALL SELECT 'the next key', kid FROM access_token.signing_keys WHERE tenant_id = 't' AND state = 'next' AND algorithm = 'EdDSA') AS other;
-- What a header brings along is no source of trust.
SELECT is(forge.own_verdict(forge.own_token('foreign', forge.own_header('k', changes), forge.own_claims('k'))), 'TK003', 'embedded: ' || what)
FROM forge.signing_key AS f, LATERAL (VALUES ('H50 jwk', json_build_object('jwk', access_token.jwk_public(f.jwk))),
    ('H51 jwk and its kid', json_build_object('jwk', access_token.jwk_public(f.jwk), 'kid', 'x')), ('H52 jku', '{"jku": "https://x.example/jwks"}'),
    ('H53 jku file', '{"jku": "file:///dev/null"}'), ('H54 x5u', '{"x5u": "http://169.254.169.254/"}'), ('H55 x5c', '{"x5c": ["AAAA"]}')) AS r (what, changes)
WHERE f.label = 'foreign';
SELECT is(forge.own_verdict(forge.own_token('k', forge.own_header('k', json_build_object('jwk', access_token.jwk_public(f.jwk), 'jku', 'x', 'x5u', 'y', 'x5c', 'z')))), 'accepts',
          'embedded: ignored where the signature is the tenant''s') FROM forge.signing_key AS f WHERE f.label = 'foreign';

-- Signatures that are not.
SELECT is(forge.own_verdict(input || '.' || signature), 'TK003', 'EdDSA: ' || what)
FROM (SELECT substring(token FROM '(.*)[.]') AS input, forge.from_base64url(split_part(token, '.', 3)) AS s
      FROM (SELECT forge.own_token('k') AS token OFFSET 0) AS t) AS g, forge.signing_key AS k,
     LATERAL (VALUES ('D01 S + L', forge.eddsa(k.jwk, input, 1)), ('D02 63 bytes', forge.base64url(substr(s, 1, 63))), ('D03 65 bytes', forge.base64url(s || '\x00'::bytea)),
        ('D04 zero', forge.base64url(decode(repeat('00', 64), 'hex'))), ('all ones', forge.base64url(decode(repeat('ff', 64), 'hex'))),
        ('one bit', forge.base64url(set_byte(s, 40, get_byte(s, 40) # 1))), ('halves swapped', forge.base64url(substr(s, 33) || substr(s, 1, 32))),
        ('of another payload', forge.eddsa(k.jwk, input || 'A'))) AS r (what, signature)
WHERE k.label = 'k';
SELECT is(forge.own_verdict(input || '.' || signature), 'TK003', 'RS256: ' || what)
FROM (SELECT substring(token FROM '(.*)[.]') AS input, forge.from_base64url(split_part(token, '.', 3)) AS s
      FROM (SELECT forge.own_token('rsa') AS token OFFSET 0) AS t) AS g,
     LATERAL (VALUES ('R01 255 bytes', forge.base64url(substr(s, 1, 255))), ('R02 257 bytes', forge.base64url(s || '\x00'::bytea)), ('a zero in front', forge.base64url('\x00'::bytea || s)),
        ('R04 0', forge.base64url(decode(repeat('00', 256), 'hex'))), ('R05 1', forge.base64url(decode(repeat('00', 255) || '01', 'hex'))),
        ('all ones', forge.base64url(decode(repeat('ff', 256), 'hex'))), ('one bit', forge.base64url(set_byte(s, 100, get_byte(s, 100) # 1)))) AS r (what, signature);
SELECT is(forge.own_verdict(input || '.' || forge.base64url(signature)), 'TK003', 'ES256: ' || what)
FROM (SELECT substring(token FROM '(.*)[.]') AS input, forge.from_base64url(split_part(token, '.', 3)) AS s FROM signed WHERE a = 'ES256') AS g,
     LATERAL (SELECT decode(repeat('00', 32), 'hex') AS zero, decode('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex') AS n) AS c,
     LATERAL (VALUES ('S01 r = s = 0', zero || zero), ('S02 r = 0', zero || substr(s, 33)), ('S03 s = 0', substr(s, 1, 32) || zero), ('S04 r = s = n', n || n),
        ('S05 s = n', substr(s, 1, 32) || n), ('S06 all ones', decode(repeat('ff', 64), 'hex')), ('S08 63 bytes', substr(s, 1, 63)), ('S09 65 bytes', s || '\x00'::bytea),
        ('S11 halves swapped', substr(s, 33) || substr(s, 1, 32)),
        ('S07 DER', '\x3046022100'::bytea || substr(s, 1, 32) || '\x022100'::bytea || substr(s, 33))) AS r (what, signature);
-- S13: n - s is as good as s; the text of a token is no identity.
SELECT is(forge.own_verdict(substring(token FROM '(.*)[.]') || '.' || forge.base64url(substr(s, 1, 32) || decode(forge.hex_of(
              forge.number_of('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551') - forge.number_of(encode(substr(s, 33), 'hex')), 32), 'hex'))),
          'accepts', 'ES256: S13 the other s is the one exception')
FROM (SELECT token, forge.from_base64url(split_part(token, '.', 3)) AS s FROM signed WHERE a = 'ES256') AS g;
-- s + n is the same number modulo n, one byte or bit longer.
SELECT is(forge.own_verdict(input || '.' || forge.base64url(decode(forge.hex_of(s + n, 257), 'hex'))), 'TK003', 'RS256: R03 s + n')
FROM (SELECT forge.number_of(forge.hex_member(k.jwk, 'n')) AS n, substring(t.token FROM '(.*)[.]') AS input,
             forge.number_of(encode(forge.from_base64url(split_part(t.token, '.', 3)), 'hex')) AS s
      FROM forge.signing_key AS k, LATERAL (SELECT forge.own_token(k.label) AS token OFFSET 0) AS t WHERE k.label = 'rsa') AS r;
SELECT is(forge.own_verdict(split_part(a, '.', 1) || '.' || split_part(b, '.', 2) || '.' || split_part(b, '.', 3)), 'TK003', 'signature: of another header')
FROM (SELECT forge.own_token('k') AS a, forge.own_token('k', forge.own_header('k', '{"x": 1}')) AS b) AS r;

-- Payload, its claims.
SELECT is(forge.own_verdict(forge.own_token_of_bytes('k', convert_to(forge.own_header('k'), 'UTF8'), p)), 'TK001', 'payload: ' || what)
FROM (SELECT forge.own_claims('k') AS good) AS g, LATERAL (VALUES
    ('J05 duplicate exp', convert_to(rtrim(good, '}') || ',"exp":1}', 'UTF8')), ('J07 duplicate sub by an escape', convert_to(rtrim(good, '}') || ',"sub":"a","\u0073ub":"b"}', 'UTF8')),
    ('J09 two objects', convert_to(good || good, 'UTF8')), ('J10 BOM', '\xefbbbf'::bytea || convert_to(good, 'UTF8')), ('J11 byte FF', convert_to(rtrim(good, '}'), 'UTF8') || ',"x":"\377"}'::bytea),
    ('J12 overlong', convert_to(rtrim(good, '}'), 'UTF8') || ',"x":"\300\257"}'::bytea), ('J14 NUL', convert_to(rtrim(good, '}') || ',"x":"\u0000"}', 'UTF8')),
    ('J16 lone surrogate', convert_to(rtrim(good, '}') || ',"x":"\ud800"}', 'UTF8')), ('J18 NaN', convert_to(rtrim(good, '}') || ',"x":NaN}', 'UTF8')),
    ('J21 comment', convert_to(good || '//', 'UTF8')), ('J22 trailing comma', convert_to(rtrim(good, '}') || ',}', 'UTF8')), ('J24 array', convert_to('[' || good || ']', 'UTF8')),
    ('J26 number', '1'::bytea), ('J27 null', 'null'::bytea), ('J34 01', convert_to(rtrim(good, '}') || ',"x":01}', 'UTF8')),
    ('J38 nested', convert_to(rtrim(good, '}') || ',"x":' || repeat('[', 10000) || repeat(']', 10000) || '}', 'UTF8')),
    ('J40 long number', convert_to(rtrim(good, '}') || ',"x":' || repeat('9', 10000) || '}', 'UTF8'))) AS r (what, p);
SELECT is(forge.own_verdict(forge.own_token('k', claims => forge.own_claims('k', changes, without))), sqlstate, 'claims: ' || what)
FROM (VALUES
    ('C01 exp string', '{"exp": "99999999999"}'::json, '{}'::text[], 'TK001'), ('C02 exp 1e400', '{"exp": 1e400}', '{}', 'TK001'), ('C04 exp 0', '{"exp": 0}', '{}', 'TK004'),
    ('C05 exp -1', '{"exp": -1}', '{}', 'TK004'), ('C06 exp true', '{"exp": true}', '{}', 'TK001'), ('C07 exp null', '{"exp": null}', '{}', 'TK001'),
    ('C08 exp []', '{"exp": []}', '{}', 'TK001'), ('C10 exp {}', '{"exp": {}}', '{}', 'TK001'),
    ('C12 exp now', json_build_object('exp', floor(forge.epoch())), '{}', 'TK004'), ('C20 exp missing', '{}', '{exp}', 'TK006'),
    ('C21 nbf ahead', json_build_object('nbf', floor(forge.epoch(100))), '{}', 'TK005'), ('C22 nbf string', '{"nbf": "0"}', '{}', 'TK001'),
    ('C26 iat string', '{"iat": "0"}', '{}', 'TK001'), ('C27 iat ahead', json_build_object('iat', floor(forge.epoch(100))), '{}', 'TK005'),
    ('C50 iss number', '{"iss": 1}', '{}', 'TK001'), ('C51 iss array', '{"iss": ["https://t.example"]}', '{}', 'TK001'), ('C52 iss slash', '{"iss": "https://t.example/"}', '{}', 'TK006'),
    ('C53 iss suffix', '{"iss": "https://t.example.com"}', '{}', 'TK006'), ('C54 iss null', '{"iss": null}', '{}', 'TK001'), ('C55 iss missing', '{}', '{iss}', 'TK006'),
    ('iss of another tenant', '{"iss": "https://u.example"}', '{}', 'TK006'), ('C56 sub number', '{"sub": 42}', '{}', 'TK001'), ('C58 jti number', '{"jti": 1}', '{}', 'TK001'),
    ('lives too long', json_build_object('exp', floor(forge.epoch(172900))), '{}', 'TK006'),
    ('lived too long', json_build_object('iat', floor(forge.epoch(-172800))), '{}', 'TK006'),
    ('id_token: nonce', '{"nonce": "x"}', '{}', 'TK006'), ('id_token: at_hash', '{"at_hash": "x"}', '{}', 'TK006'), ('id_token: auth_time', '{"auth_time": 1}', '{}', 'TK006'),
    ('id_token: NONCE', '{"NONCE": "x"}', '{}', 'TK006'), ('id_token: nonce null', '{"nonce": null}', '{}', 'TK006'), ('nonce in depth', '{"x": {"nonce": 1}}', '{}', 'accepts'),
    ('exp in a fraction of a second', json_build_object('exp', forge.epoch(1.5)), '{}', 'accepts'),
    ('no iat, no jti', '{}', '{iat,jti}', 'accepts')) AS r (what, changes, without, sqlstate);
-- An id_token's claims, their names escaped in part and in whole.
SELECT is(forge.own_verdict(forge.own_token('k', claims => rtrim(forge.own_claims('k'), '}') || format(',"%s":1}', escaped))), 'TK006', 'id_token by escapes: ' || escaped)
FROM (SELECT overlay(name PLACING format('\u%s', lpad(to_hex(ascii(name)), 4, '0')) FROM 1 FOR 1) AS escaped
      FROM unnest(ARRAY['nonce', 'at_hash', 'auth_time']) AS name
      UNION ALL
      SELECT (SELECT string_agg(format('\u%s', lpad(to_hex(ascii(c)), 4, '0')), '' ORDER BY n) FROM string_to_table(name, NULL) WITH ORDINALITY AS l (c, n))
      FROM unnest(ARRAY['nonce', 'at_hash', 'auth_time']) AS name) AS r;

-- Audience.
SELECT is(forge.own_verdict(forge.own_token('k', claims => forge.own_claims('k', changes)), audience => audience), sqlstate, format('%s for %L', changes, audience))
FROM (VALUES ('{"aud": "a"}'::json, 'a', 'accepts'), ('{"aud": ["b", "a"]}', 'a', 'accepts'), ('{"aud": "a"}', NULL, 'TK006'), ('{}', 'a', 'TK006'), ('{}', NULL, 'accepts'),
             ('{"aud": "a/"}', 'a', 'TK006'), ('{"aud": "ab"}', 'a', 'TK006'), ('{"aud": "A"}', 'a', 'TK006'), ('{"aud": "a b"}', 'a', 'TK006'), ('{"aud": ["b"]}', 'a', 'TK006'),
             ('{"aud": []}', 'a', 'TK001'), ('{"aud": ["a", 1]}', 'a', 'TK001'), ('{"aud": 1}', 'a', 'TK001'), ('{"aud": {}}', 'a', 'TK001'), ('{"aud": null}', 'a', 'TK001'),
             ('{"aud": ""}', 'a', 'TK006'), ('{"aud": [["a"]]}', 'a', 'TK001'), ('{"aud": "a"}', '', '22023')) AS r (changes, audience, sqlstate);

-- Tenant and typ as they are asked for.
CREATE TABLE good AS SELECT forge.own_token('k') AS token;
SELECT is(forge.own_verdict(token, tenant), sqlstate, format('for tenant %L', tenant)) FROM good,
    (VALUES ('t', 'accepts'), ('u', 'TK003'), ('nobody', 'TK003'), ('', 'TK003'), ('T', 'TK003'), (NULL, '22004')) AS r (tenant, sqlstate);
SELECT is(forge.own_verdict(token, 't', typ), sqlstate, format('as typ %L', typ)) FROM good,
    (VALUES ('invitation+jwt', 'accepts'), ('INVITATION+JWT', 'accepts'), ('receipt+jwt', 'TK006'), (NULL, '22004'), ('', '22023'), ('JWT', '22023'), ('at+jwt', '22023'),
            ('application/at+jwt', '22023'), ('a b', '22023')) AS r (typ, sqlstate);
SELECT is(forge.own_verdict(forge.own_token('foreign', claims => forge.own_claims('k'))), 'TK003', 'a foreign tenant''s key in the name of this one');
SELECT is(forge.own_verdict(forge.own_token('foreign', claims => forge.own_claims('k')), 'u'), 'TK006', 'nor with this one''s issuer for the other');

-- The default issuer is the tenant's as well; one that is no longer its issuer is not.
SELECT access_token.update_tenant('t', '{"default_issuer": "https://platform.example/t"}');
SELECT is(forge.own_verdict(forge.own_token('k', claims => forge.own_claims('k', '{"iss": "https://platform.example/t"}'))), 'accepts', 'iss is the default issuer');
SELECT access_token.update_tenant('t', '{"issuer": "https://moved.example"}');
SELECT is(forge.own_verdict(token), 'TK006', 'iss was the issuer once') FROM good;
SELECT access_token.update_tenant('t', '{"issuer": "https://t.example"}');
SELECT is(forge.own_verdict(token), 'accepts', 'and is again') FROM good;

-- No kind passes for another.
SELECT is(forge.verdict(token), forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'verify_access_token never accepts what sign_token made: ' || a) FROM signed;
SELECT is(forge.verdict(forge.own_token('k', forge.own_header('k', json_build_object('typ', 'JWT', 'cty', 'parra-fpa;v=1')),
              forge.claims('api'))), forge.refusal('TK006', 'missing_claim', 'both', 'decodes'), 'nor a token of a signing key that looks like an API key''s');
SELECT is(forge.verdict(forge.own_token('k', forge.own_header('k', json_build_object('typ', 'JWT', 'cty', 'parra-fpa;v=1'), '{kid}'), forge.claims('api'))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'nor without a kid');
SELECT is(forge.own_verdict(access_token.issue_access_token('api', 'x')), 'TK003', 'verify_token never accepts an API key''s');
SELECT is(forge.own_verdict(forge.token('api', forge.header('api', '{"typ": "invitation+jwt"}'), forge.own_claims('k'))), 'TK003', 'nor one that looks like its own');
SELECT is(forge.own_verdict(forge.token('api', forge.header('api', json_build_object('typ', 'invitation+jwt', 'kid', k.kid)), forge.own_claims('k'))), 'TK003', 'with whatever kid')
FROM forge.signing_key AS k WHERE label = 'k';

-- Every one-bit flip of a short stretch, and every truncation, of a good token of each algorithm.
SELECT is((SELECT array_agg(DISTINCT forge.own_verdict(left(token, n))) FROM generate_series(0, length(token) - 1) AS n) <@ '{TK001,TK003}', true, 'truncated anywhere: ' || a) FROM signed;
SELECT is((SELECT array_agg(DISTINCT forge.own_verdict(overlay(token PLACING chr(ascii(substr(token, n, 1)) # (1 << bit)) FROM n FOR 1)))
           FROM generate_series(1, length(token)) AS n, generate_series(0, 5) AS bit
           WHERE ascii(substr(token, n, 1)) # (1 << bit) BETWEEN 1 AND 127) <@ '{TK001,TK002,TK003}', true, 'any bit of any letter flipped: ' || a)
FROM signed;

-- Times are read by the real clock, not the transaction's.
CREATE TABLE short AS SELECT forge.own_token('k', claims => forge.own_claims('k', json_build_object('exp', forge.epoch(2)))) AS token;
SELECT is(forge.own_verdict(token), 'accepts', 'before its exp') FROM short;
SELECT pg_sleep(2);
SELECT is(forge.own_verdict(token), 'TK004', 'expired within this transaction') FROM short;

SELECT * FROM finish();
ROLLBACK;
