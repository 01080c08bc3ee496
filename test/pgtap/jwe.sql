/*
 * Encrypted tokens: every algorithm with every content encryption there and back, what is refused, and
 * that every failure from the key on looks alike.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql

SELECT plan(455);

CREATE TABLE alg AS SELECT a FROM unnest(ARRAY['dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW', 'RSA-OAEP', 'RSA-OAEP-256',
                                               'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW']) AS a;
CREATE TABLE enc AS SELECT e FROM unnest(ARRAY['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM']) AS e;

-- A key for each pair; for dir it is the content encryption's.
CREATE TABLE key AS SELECT a, access_token.jwk_generate(a)::text AS jwk FROM alg WHERE a <> 'dir'
UNION ALL SELECT 'dir ' || e, access_token.jwk_generate(e)::text FROM enc;
CREATE FUNCTION key_for(a text, e text) RETURNS text LANGUAGE sql AS $function$
    SELECT jwk FROM public.key AS k WHERE k.a = CASE key_for.a WHEN 'dir' THEN 'dir ' || e ELSE key_for.a END
$function$;
CREATE FUNCTION public_of(jwk text) RETURNS text LANGUAGE sql AS $function$
    SELECT CASE WHEN jwk::jsonb ->> 'kty' = 'oct' THEN jwk ELSE access_token.jwk_public(jwk)::text END
$function$;
CREATE FUNCTION decrypted(token text, key text, algorithms text[], encryptions text[]) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.value_of(format('SELECT access_token.jwe_decrypt(%L, %L::text, %L::text[], %L::text[])', token, key, algorithms, encryptions))
$function$;

-- There and back: 13 x 6, encrypted with what the sender has.
CREATE TABLE good AS
SELECT a, e, key_for(a, e) AS jwk, access_token.jwe_encrypt('\x706c61696e20ff00'::bytea, public_of(key_for(a, e)), a, e, '{"x": [1], "typ": "y"}') AS token FROM alg, enc;
SELECT is((SELECT count(*) FROM good), 78::bigint, '13 algorithms, 6 content encryptions');
SELECT is(access_token.jwe_decrypt(token, jwk, ARRAY[a], ARRAY[e]), '\x706c61696e20ff00'::bytea, format('%s with %s', a, e)) FROM good;
SELECT is(array_length(string_to_array(token, '.'), 1) || CASE WHEN split_part(token, '.', 2) = '' THEN ' no key' ELSE ' a key' END, '5 ' || CASE WHEN a IN ('dir', 'ECDH-ES') THEN 'no key' ELSE 'a key' END,
          format('five segments, encrypted key: %s', a)) FROM good WHERE e = 'A256GCM';
SELECT is(length(forge.from_base64url(split_part(token, '.', 3))) || ' ' || length(forge.from_base64url(split_part(token, '.', 5))),
          CASE e WHEN 'A128CBC-HS256' THEN '16 16' WHEN 'A192CBC-HS384' THEN '16 24' WHEN 'A256CBC-HS512' THEN '16 32' ELSE '12 16' END, 'IV and tag: ' || e) FROM good WHERE a = 'A256KW';
SELECT is(forge.header_of(token)::jsonb - '{epk,iv,tag,kid}'::text[], jsonb_build_object('alg', a, 'enc', e, 'x', '[1]'::jsonb, 'typ', 'y'), format('header: %s', a)) FROM good WHERE e = 'A128GCM';
SELECT is(forge.header_of(token)::jsonb ? 'epk', a LIKE 'ECDH%', format('epk: %s', a)) FROM good WHERE e = 'A128GCM';
SELECT is(forge.header_of(token)::jsonb -> 'epk' ? 'd', false, format('epk holds no private part: %s', a)) FROM good WHERE e = 'A128GCM' AND a LIKE 'ECDH%';
SELECT isnt(access_token.jwe_encrypt('x', jwk, a, e), access_token.jwe_encrypt('x', jwk, a, e), format('another token each time: %s', a)) FROM good WHERE e = 'A128GCM';

-- Curves of ECDH-ES.
CREATE TABLE curve AS
SELECT 'P-256' AS crv, access_token.jwk_generate('ECDH-ES')::jsonb - 'alg' AS jwk
UNION ALL SELECT 'P-384', access_token.jwk_generate('ES384')::jsonb - '{alg,use}'::text[]
UNION ALL SELECT 'P-521', access_token.jwk_generate('ES512')::jsonb - '{alg,use}'::text[]
-- X25519 has no name to generate it by: PKCS#8 (RFC 8410) around 32 bytes.
UNION ALL SELECT 'X25519', access_token.jwk_from_pem(format(E'-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n',
    encode('\x302e020100300506032b656e04220420'::bytea || gen_random_bytes(32), 'base64')))::jsonb;
SELECT is(access_token.jwe_decrypt(access_token.jwe_encrypt('x', access_token.jwk_public(jwk), a, 'A256GCM'), jwk, ARRAY[a], '{A256GCM}'), 'x'::bytea, format('%s on %s', a, crv))
FROM curve, (VALUES ('ECDH-ES'), ('ECDH-ES+A256KW')) AS r (a);
SELECT is(forge.header_of(access_token.jwe_encrypt('x', access_token.jwk_public(jwk), 'ECDH-ES', 'A256GCM'))::jsonb #>> '{epk,crv}', crv, 'epk is on the curve of the key: ' || crv) FROM curve;
SELECT is(decrypted(access_token.jwe_encrypt('x', access_token.jwk_public(c.jwk), 'ECDH-ES', 'A256GCM'), other.jwk::text, '{ECDH-ES}', '{A256GCM}'), 'TK003', format('for %s, not with %s', c.crv, other.crv))
FROM curve AS c, curve AS other WHERE c.crv <> other.crv;

-- Plaintexts of any length and bytes.
SELECT is(access_token.jwe_decrypt(access_token.jwe_encrypt(plain, key_for(a, e), a, e), key_for(a, e), ARRAY[a], ARRAY[e]), plain, format('%s bytes: %s', length(plain), e))
FROM enc, (VALUES (''::bytea), ('\x00'), ('\xff'), (decode(repeat('00', 15), 'hex')), (decode(repeat('10', 16), 'hex')), (decode(repeat('ff', 17), 'hex')), (decode(repeat('ab', 40000), 'hex'))) AS p (plain), (VALUES ('A256KW')) AS r (a);
SELECT throws_ok(format('SELECT access_token.jwe_encrypt(%L, %L::text, ''A256KW'', ''A256GCM'')', decode(repeat('ab', 60000), 'hex'), key_for('A256KW', '')), '22023', 'token would be too large', 'not beyond access_token.max_token_size');

-- json and jsonb the same as text.
SELECT is(forge.value_of(format('SELECT access_token.jwe_decrypt(access_token.jwe_encrypt(''x'', %L::%s, %L, ''A128GCM'', ''{"y": 1}''), %L::%s, ARRAY[%L], ''{A128GCM}'')', public_of(jwk), type, a, jwk, type, a)), '\x78', format('%s with %s', a, type))
FROM good, (VALUES ('text'), ('json'), ('jsonb')) AS t (type) WHERE a IN ('dir', 'ECDH-ES+A128KW') AND e = 'A128GCM';

-- Algorithms and encryptions are required, known, and meant.
SELECT is(decrypted(token, jwk, algorithms, encryptions), expected, format('algorithms %L, encryptions %L', algorithms, encryptions)) FROM good,
    (VALUES ('{A256KW}'::text[], '{A256GCM}'::text[], '\x706c61696e20ff00'), (NULL, '{A256GCM}', '22004'), ('{A256KW}', NULL, '22004'), ('{}', '{A256GCM}', '22023'), ('{A256KW}', '{}', '22023'),
            ('{NULL}', '{A256GCM}', '22004'), ('{A256KW}', '{A256GCM,NULL}', '22004'), ('{none}', '{A256GCM}', '22023'), ('{RSA1_5}', '{A256GCM}', '22023'), ('{A256KW,RSA1_5}', '{A256GCM}', '22023'),
            ('{PBES2-HS256+A128KW}', '{A256GCM}', '22023'), ('{a256kw}', '{A256GCM}', '22023'), ('{A256KW}', '{a256gcm}', '22023'), ('{A256KW}', '{A256KW}', '22023'), ('{A256KW}', '{""}', '22023'),
            ('{HS256}', '{A256GCM}', '22023'), ('{A128KW}', '{A256GCM}', 'TK002'), ('{A256KW}', '{A128GCM}', 'TK002'), ('{dir,A256KW,RSA-OAEP}', '{A256GCM,A128GCM}', '\x706c61696e20ff00')) AS r (algorithms, encryptions, expected)
WHERE a = 'A256KW' AND e = 'A256GCM';
SELECT is(forge.value_of(format('SELECT access_token.jwe_encrypt(''x'', %L::text, %L, %L)', key_for('A256KW', ''), a, e)), expected, format('not encrypted: %L, %L', a, e))
FROM (VALUES ('RSA1_5', 'A256GCM', '22023'), ('PBES2-HS256+A128KW', 'A256GCM', '22023'), ('none', 'A256GCM', '22023'), ('', 'A256GCM', '22023'), ('A256KW', 'none', '22023'), ('A256KW', '', '22023'), ('A256KW', 'A256CBC', '22023'),
             (NULL, 'A256GCM', '22004'), ('A256KW', NULL, '22004'), ('A128KW', 'A256GCM', 'TK010'), ('RSA-OAEP', 'A256GCM', 'TK010'), ('ECDH-ES', 'A256GCM', 'TK010'), ('dir', 'A256GCM', 'TK010'), ('A256GCMKW', 'A256GCM', 'TK010')) AS r (a, e, expected);
SELECT is(forge.value_of(format('SELECT access_token.jwe_encrypt(''x'', %L::text, ''A256KW'', ''A256GCM'', %L)', key_for('A256KW', ''), header)), '22023', format('header not the caller''s: %s', header))
FROM (VALUES ('{"alg": "dir"}'::jsonb), ('{"enc": "A128GCM"}'), ('{"epk": {}}'), ('{"iv": "AAAA"}'), ('{"tag": "AAAA"}'), ('{"zip": "DEF"}'), ('{"crit": ["exp"]}'), ('[]'), ('"x"'), ('null'), ('{"kid": 1}'), ('{"typ": 1}')) AS r (header);
SELECT is(forge.value_of(format('SELECT access_token.jwe_encrypt(''x'', %L::text, ''ECDH-ES'', ''A256GCM'', %L)', public_of(key_for('ECDH-ES', '')), header)), '22023', format('header: %s', header))
FROM (VALUES ('{"apu": "a b"}'::jsonb), ('{"apv": 1}'), ('{"apu": "QQ=="}')) AS r (header);
SELECT is(decrypted(access_token.jwe_encrypt('x', public_of(key_for('ECDH-ES', '')), 'ECDH-ES', 'A256GCM', '{"apu": "QWxpY2U", "apv": "Qm9i"}'), key_for('ECDH-ES', ''), '{ECDH-ES}', '{A256GCM}'), '\x78', 'apu and apv');

-- Keys that are not for it.
SELECT is(forge.value_of(format('SELECT access_token.jwe_encrypt(''x'', %L::text, %L, ''A256GCM'')', key, a)), 'TK010', 'key: ' || what)
FROM (SELECT key_for('A256KW', '')::jsonb AS oct, key_for('RSA-OAEP', '')::jsonb AS rsa, key_for('ECDH-ES', '')::jsonb AS ec) AS k, LATERAL (VALUES
    ('for signing', (oct || '{"use": "sig"}')::text, 'A256KW'), ('of a wrong length', (oct - 'alg' || jsonb_build_object('k', forge.base64url(decode(repeat('61', 31), 'hex'))))::text, 'A256KW'),
    ('whose alg is another', (rsa || '{"alg": "RSA-OAEP-256"}')::text, 'RSA-OAEP'), ('whose alg is for signing', (rsa - 'use' || '{"alg": "RS256"}')::text, 'RSA-OAEP'), ('key_ops sign', (ec - 'use' || '{"key_ops": ["sign"]}')::text, 'ECDH-ES'),
    ('Ed25519', access_token.jwk_generate('EdDSA')::text, 'ECDH-ES'), ('PEM', access_token.jwk_to_pem(rsa), 'RSA-OAEP'), ('nothing', '', 'A256KW'), ('words', 'words', 'A256KW'), ('a set', '{"keys": []}', 'A256KW')) AS r (what, key, a);
-- key_ops: what is for the sender is not for the receiver; with either name where a key wraps.
CREATE FUNCTION with_ops(jwk text, op text) RETURNS text LANGUAGE sql AS $function$
    SELECT (jwk::jsonb || jsonb_build_object('key_ops', jsonb_build_array(op)))::text
$function$;
SELECT is(left(forge.value_of(format('SELECT access_token.jwe_encrypt(''x'', %L::text, %L, %L)', with_ops(public_of(jwk), op), a, e)), 5) <> 'TK010', op = ANY (sender), format('%s: key_ops %s encrypts', a, op))
FROM good, LATERAL (SELECT CASE WHEN a = 'dir' THEN '{encrypt}'::text[] WHEN a LIKE 'ECDH%' THEN '{deriveKey,deriveBits}' ELSE '{encrypt,wrapKey}' END AS sender) AS s,
     unnest(ARRAY['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveKey', 'deriveBits', 'sign']) AS op WHERE e = 'A256GCM' AND a IN ('dir', 'A256KW', 'A128GCMKW', 'RSA-OAEP', 'ECDH-ES', 'ECDH-ES+A256KW');
SELECT is(decrypted(token, with_ops(jwk, op), ARRAY[a], ARRAY[e]), CASE WHEN op = ANY (receiver) THEN '\x706c61696e20ff00' ELSE 'TK010' END, format('%s: key_ops %s decrypts', a, op))
FROM good, LATERAL (SELECT CASE WHEN a = 'dir' THEN '{decrypt}'::text[] WHEN a LIKE 'ECDH%' THEN '{deriveKey,deriveBits}' ELSE '{decrypt,unwrapKey}' END AS receiver) AS s,
     unnest(ARRAY['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveKey', 'deriveBits', 'sign']) AS op WHERE e = 'A256GCM' AND a IN ('dir', 'A256KW', 'A128GCMKW', 'RSA-OAEP', 'ECDH-ES', 'ECDH-ES+A256KW');
SELECT is(decrypted(token, public_of(jwk), ARRAY[a], ARRAY[e]), 'TK010', 'a public key decrypts nothing: ' || a) FROM good WHERE e = 'A256GCM' AND a IN ('RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW');

-- Form: told apart, because it depends on nothing secret.
CREATE FUNCTION with_header(token text, changes json, without text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.base64url(convert_to(forge.object(forge.header_of(token)::json, changes, without), 'UTF8')) || substring(token FROM '[.].*')
$function$;
SELECT is(decrypted(mangled, jwk, ARRAY[a], ARRAY[e]), expected, format('%s: %s', a, what))
FROM good, LATERAL (SELECT string_to_array(token, '.') AS s) AS s, LATERAL (VALUES
    ('no token', NULL, 'TK001'), ('empty', '', 'TK001'), ('X20 six segments', token || '.x', 'TK001'), ('four segments', s[1] || '.' || s[3] || '.' || s[4] || '.' || s[5], 'TK001'), ('X19 a JWS', s[1] || '.' || s[4] || '.' || s[5], 'TK001'),
    ('no IV', s[1] || '.' || s[2] || '..' || s[4] || '.' || s[5], 'TK001'), ('X06 no tag', s[1] || '.' || s[2] || '.' || s[3] || '.' || s[4] || '.', 'TK001'), ('not base64url', s[1] || '.' || s[2] || '.' || s[3] || '.' || s[4] || '=.' || s[5], 'TK001'),
    ('X14 enc missing', with_header(token, '{}', '{enc}'), 'TK001'), ('alg missing', with_header(token, '{}', '{alg}'), 'TK001'), ('alg number', with_header(token, '{"alg": 1}'), 'TK001'),
    ('X18 duplicate enc', forge.base64url(convert_to(rtrim(forge.header_of(token), '}') || ',"enc":"A256GCM"}', 'UTF8')) || substring(token FROM '[.].*'), 'TK001'),
    ('X12 unknown zip', with_header(token, '{"zip": "x"}'), 'TK002'), ('X11 zip DEF', with_header(token, '{"zip": "DEF"}'), 'TK002'), ('X13 crit', with_header(token, '{"crit": ["x"], "x": 1}'), 'TK002'),
    ('X16 alg none', with_header(token, '{"alg": "none"}'), 'TK002'), ('X17 RSA1_5', with_header(token, '{"alg": "RSA1_5"}'), 'TK002'), ('X25 PBES2', with_header(token, '{"alg": "PBES2-HS256+A128KW", "p2c": 2000000000, "p2s": "AAAAAAAAAAA"}'), 'TK002'),
    ('enc unknown', with_header(token, '{"enc": "A512GCM"}'), 'TK002'), ('too large', token || repeat('A', 65536), 'TK001')) AS r (what, mangled, expected)
WHERE a IN ('A256KW', 'ECDH-ES', 'RSA-OAEP') AND e = 'A256GCM';

-- From the key on every failure is one: SQLSTATE, message, detail and hint.
CREATE FUNCTION failure(token text, key text, a text, e text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    detail text;
    hint text;
BEGIN
    PERFORM access_token.jwe_decrypt(token, key, ARRAY[a], ARRAY[e]);
    RETURN 'decrypted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(E'\n', SQLSTATE, SQLERRM, detail, hint);
END
$function$;
CREATE FUNCTION flipped(segment text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.base64url(set_byte(b, length(b) / 2, get_byte(b, length(b) / 2) # 1)) FROM forge.from_base64url(segment) AS b
$function$;
CREATE TABLE failed AS
SELECT g.a, g.e, what, failure(mangled, coalesce(other, jwk), g.a, g.e) AS answer
FROM good AS g, LATERAL (SELECT string_to_array(token, '.') AS s) AS s, LATERAL (VALUES
    ('another key', token, CASE WHEN a = 'dir' THEN access_token.jwk_generate(e)::text WHEN a LIKE 'RSA%' THEN (key_for(CASE a WHEN 'RSA-OAEP' THEN 'RSA-OAEP-256' ELSE 'RSA-OAEP' END, '')::jsonb - 'alg' - 'kid')::text
                            ELSE (access_token.jwk_generate(a)::jsonb - 'kid')::text END),
    ('IV flipped', s[1] || '.' || s[2] || '.' || flipped(s[3]) || '.' || s[4] || '.' || s[5], NULL), ('ciphertext flipped', s[1] || '.' || s[2] || '.' || s[3] || '.' || flipped(s[4]) || '.' || s[5], NULL),
    ('tag flipped', s[1] || '.' || s[2] || '.' || s[3] || '.' || s[4] || '.' || flipped(s[5]), NULL), ('X24 ciphertext empty', s[1] || '.' || s[2] || '.' || s[3] || '..' || s[5], NULL),
    ('ciphertext cut', s[1] || '.' || s[2] || '.' || s[3] || '.' || forge.base64url(substr(forge.from_base64url(s[4]), 2)) || '.' || s[5], NULL),
    ('X01 tag cut by one', s[1] || '.' || s[2] || '.' || s[3] || '.' || s[4] || '.' || forge.base64url(substr(forge.from_base64url(s[5]), 1, length(forge.from_base64url(s[5])) - 1)), NULL),
    ('X03 tag of 8', s[1] || '.' || s[2] || '.' || s[3] || '.' || s[4] || '.' || forge.base64url(substr(forge.from_base64url(s[5]), 1, 8)), NULL),
    ('X05 tag of 1', s[1] || '.' || s[2] || '.' || s[3] || '.' || s[4] || '.' || forge.base64url(substr(forge.from_base64url(s[5]), 1, 1)), NULL),
    ('tag too long', s[1] || '.' || s[2] || '.' || s[3] || '.' || s[4] || '.' || forge.base64url(forge.from_base64url(s[5]) || '\x00'::bytea), NULL),
    ('X08 IV of 8', s[1] || '.' || s[2] || '.' || forge.base64url(decode(repeat('00', 8), 'hex')) || '.' || s[4] || '.' || s[5], NULL), ('X07 IV of 13', s[1] || '.' || s[2] || '.' || forge.base64url(decode(repeat('00', 13), 'hex')) || '.' || s[4] || '.' || s[5], NULL),
    ('another header', with_header(token, '{"x": 2}'), NULL),
    ('encrypted key flipped', CASE WHEN s[2] <> '' THEN s[1] || '.' || flipped(s[2]) || '.' || s[3] || '.' || s[4] || '.' || s[5] END, NULL),
    ('X21 encrypted key gone', CASE WHEN s[2] <> '' THEN s[1] || '..' || s[3] || '.' || s[4] || '.' || s[5] END, NULL),
    ('X22 encrypted key short', CASE WHEN s[2] <> '' THEN s[1] || '.' || forge.base64url(substr(forge.from_base64url(s[2]), 1, 8)) || '.' || s[3] || '.' || s[4] || '.' || s[5] END, NULL),
    ('encrypted key too long', CASE WHEN s[2] <> '' THEN s[1] || '.' || forge.base64url(forge.from_base64url(s[2]) || '\x00'::bytea) || '.' || s[3] || '.' || s[4] || '.' || s[5] END, NULL),
    ('X15 an encrypted key where there is none', CASE WHEN s[2] = '' THEN s[1] || '.' || repeat('A', 54) || '.' || s[3] || '.' || s[4] || '.' || s[5] END, NULL),
    ('X32 epk off the curve', CASE WHEN a LIKE 'ECDH%' THEN with_header(token, jsonb_set(forge.header_of(token)::jsonb, '{epk,y}', forge.header_of(token)::jsonb #> '{epk,x}')::json) END, NULL),
    ('X33 epk of another curve', CASE WHEN a LIKE 'ECDH%' THEN with_header(token, json_build_object('epk', access_token.jwk_public(access_token.jwk_generate('ES384')))) END, NULL),
    ('X34 epk 0/0', CASE WHEN a LIKE 'ECDH%' THEN with_header(token, jsonb_build_object('epk', jsonb_build_object('kty', 'EC', 'crv', 'P-256', 'x', repeat('A', 43), 'y', repeat('A', 43)))::json) END, NULL),
    ('X35 epk of another type', CASE WHEN a LIKE 'ECDH%' THEN with_header(token, json_build_object('epk', access_token.jwk_public(access_token.jwk_generate('EdDSA')))) END, NULL),
    ('epk another', CASE WHEN a LIKE 'ECDH%' THEN with_header(token, json_build_object('epk', jsonb_build_object('kty', 'EC', 'crv', 'P-256', 'x', access_token.jwk_generate('ES256') -> 'x')::json)) END, NULL),
    ('kid of another key', with_header(token, '{"kid": "another"}'), NULL)) AS r (what, mangled, other)
WHERE mangled IS NOT NULL;
SELECT cmp_ok((SELECT count(*) FROM failed), '>', 1000::bigint, 'over a thousand failures');
SELECT is((SELECT array_agg(DISTINCT answer) FROM failed),
          ARRAY[E'TK003\ntoken cannot be decrypted\nThe key is another one, or the token was altered.\nWhich of both is not told, because the difference would help an attacker.'], 'all alike');
SELECT is(array_agg(DISTINCT a || ' ' || e), NULL, 'but for: ' || what || ', ' || left(answer, 60)) FROM failed WHERE answer NOT LIKE 'TK003%cannot be decrypted%' GROUP BY what, answer;
-- epk is not there, no object, or has a private part: form.
SELECT is(decrypted(with_header(token, changes, without), jwk, ARRAY[a], ARRAY[e]) IN ('TK001', 'TK003'), true, format('%s: epk %s', a, changes))
FROM good, (VALUES ('{}'::json, '{epk}'::text[]), ('{"epk": 1}', '{}'), ('{"epk": "x"}', '{}'), ('{"epk": null}', '{}'), ('{"epk": []}', '{}'), ('{"epk": {}}', '{}')) AS r (changes, without) WHERE a LIKE 'ECDH%' AND e = 'A256GCM';
SELECT is(decrypted(with_header(access_token.jwe_encrypt('x', jwk, a, 'A128GCM'), changes), jwk, ARRAY[a], '{A128GCM}') IN ('TK001', 'TK003'), true, format('%s: %s', a, changes))
FROM good, (VALUES ('{"iv": "AAAA"}'::json), ('{"tag": "AAAA"}'), ('{"tag": ""}'), ('{"iv": 1}'), ('{"tag": "AAAAAAAAAAAAAAAAAAAAAAA"}')) AS r (changes) WHERE a = 'A256GCMKW' AND e = 'A128GCM';

-- Nothing is signed by encryption, nor the other way round.
SELECT is(decrypted(access_token.jws_sign('x', access_token.jwk_generate('HS256')), jwk, ARRAY[a], ARRAY[e]), 'TK001', 'a JWS is no JWE') FROM good WHERE a = 'A256KW' AND e = 'A256GCM';
SELECT is(forge.value_of(format('SELECT access_token.jws_verify(%L, %L::text, ''{HS256}'')', token, access_token.jwk_generate('HS256'))), 'TK001', 'a JWE is no JWS') FROM good WHERE a = 'A256KW' AND e = 'A256GCM';
SELECT is(forge.verdict(token), forge.refusal('TK001', 'malformed', 'nothing', 'TK001'), 'nor an access token') FROM good WHERE a = 'A256KW' AND e = 'A256GCM';

SELECT * FROM finish();
ROLLBACK;
