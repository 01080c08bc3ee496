/*
 * Key material that is none: tokens keyed with what everybody knows, and secrets that are refused at
 * import. The ids are those of the table of hostile inputs. There are no asymmetric keys here yet, so
 * the confusion of algorithms is tried the other way round: no published bytes may become an HMAC key.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(81);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('k384', 't', 'HS384');
SELECT forge.make_key('k512', 't', 'HS512');
SELECT forge.make_key('public', 't', public => true);

-- Public keys, made for this test: SubjectPublicKeyInfo in DER.
CREATE TABLE spki AS
SELECT decode('MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3RFIDA5N416c73K6oi+xBENyx5PF0K7npdATWZ+clVfQmvXZryDy'
              '1N2sBsVkCalDTxkXgwl0impuYlz4FTDCLQHMFS/v3K5yuQuoxSafjdzYD6nL4KKdijMUmhDZ9aMM0IHuKVtEjDAqIhcqACfH'
              'vz5VbperCuKLUPcuba/hibKKLQ8OwkTQujCCwxP+BWXB5VwpvPpd/7V4s0wQykEUU0RWepUBX0n5RwlmenQ8hhBx7iLSZfvP'
              'aTuVaFAWu8IK6+7d0wYmYC7L23aKTwFFoobQ2R8vwa4GUbB2J9tVCqQ8bX7qCTbAuHeJb3IcOWfFZrdluq9i+JaIKmYa0J4M'
              'vwIDAQAB', 'base64') AS rsa,
       decode('MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECnaJt18SgWMPGVEXuwk6gNCQSWnord8UyMkDiJrpHYnimFoo9TyN6aQn4HXT'
              'gPDJU9KF/lFMN0RgOaY43LZCuQ==', 'base64') AS ec,
       decode('MCowBQYDK2VwAyEAedFDvV95DONBcnngBHejV0O2+yA6IuBrMdeOMUK07RY=', 'base64') AS ed;

CREATE FUNCTION pem(label text, der bytea) RETURNS text LANGUAGE sql AS $function$
    SELECT format(E'-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n', label,
                  regexp_replace(translate(encode(der, 'base64'), E'\n', ''), '(.{64})(?=.)', E'\\1\n', 'g'))
$function$;

-- Behind the 24 bytes of its algorithm an RSA SPKI holds PKCS#1: a header of 9 bytes, then n, then e.
CREATE TABLE known AS
SELECT m.id, m.bytes
FROM spki AS s, LATERAL (VALUES
    ('A01 RSA SPKI PEM', convert_to(pem('PUBLIC KEY', s.rsa), 'UTF8')),
    ('A02 RSA SPKI PEM without newline at its end', convert_to(rtrim(pem('PUBLIC KEY', s.rsa), E'\n'), 'UTF8')),
    ('A03 PKCS#1 PEM', convert_to(pem('RSA PUBLIC KEY', substr(s.rsa, 25)), 'UTF8')),
    ('A04 SPKI DER', s.rsa),
    ('A05 PKCS#1 DER', substr(s.rsa, 25)),
    ('A06 JWK text', convert_to(format('{"kty":"RSA","n":"%s","e":"AQAB","alg":"RS256"}',
                                       forge.base64url(substr(s.rsa, 34, 256))), 'UTF8')),
    ('A31 JWK without alg', convert_to(format('{"kty":"RSA","n":"%s","e":"AQAB"}',
                                              forge.base64url(substr(s.rsa, 34, 256))), 'UTF8')),
    ('A07 modulus', substr(s.rsa, 34, 256)),
    ('A08 n text', convert_to(forge.base64url(substr(s.rsa, 34, 256)), 'UTF8')),
    ('A09 zero bytes', decode(repeat('00', 32), 'hex')),
    ('A10 kid', (SELECT convert_to(k.kid, 'UTF8') FROM forge.api_key AS k WHERE k.label = 'k')),
    ('A20 EC SPKI PEM', convert_to(pem('PUBLIC KEY', s.ec), 'UTF8')),
    ('A21 EC SPKI DER', s.ec),
    ('A22 EC point', substr(s.ec, length(s.ec) - 64)),
    ('A23 EC x and y', substr(s.ec, length(s.ec) - 63)),
    ('A24 zero bytes of a point', decode(repeat('00', 64), 'hex')),
    ('A30 Ed25519 x', substr(s.ed, length(s.ed) - 31)),
    ('W01 HMAC key of 0 bytes', ''::bytea),
    ('W02 HMAC key of 6 bytes', 'secret'::bytea),
    ('W03 HMAC key of 31 bytes', convert_to(repeat('s', 31), 'UTF8')),
    ('the key''s id', 'k'::bytea),
    ('the tenant''s id', 't'::bytea),
    ('the text of a NULL', 'null'::bytea)
) AS m (id, bytes);

SELECT is(substr(rsa, 25, 9), '\x3082010a0282010100'::bytea, 'the RSA key is taken apart where PKCS#1 begins') FROM spki;

-- Each of the bytes with each algorithm, under the kid of each key and without a kid.
SELECT is((SELECT array_agg(DISTINCT forge.verdict(forge.sign(
                      m.bytes,
                      forge.base64url(convert_to(forge.header(k.label, json_build_object('alg', h.alg), h.without), 'UTF8'))
                      || '.' || forge.base64url(convert_to(forge.claims(k.label), 'UTF8')),
                      replace(h.alg, 'HS', 'sha'))))
           FROM forge.api_key AS k,
                (SELECT alg, without FROM unnest(ARRAY['HS256', 'HS384', 'HS512']) AS alg,
                        (VALUES ('{}'::text[]), ('{kid}')) AS w (without)) AS h),
          ARRAY[forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes')],
          m.id || ' as the key of a token')
FROM known AS m;

SELECT is(forge.verdict(forge.token('k')), forge.acceptance(), 'a token by the key''s secret is good');

-- What may be imported: nothing shorter than the hash, nothing that is public as often as not.
CREATE TABLE keys_before AS SELECT count(*) AS keys, jsonb_agg(to_jsonb(k) ORDER BY k.api_key_id) AS rows
FROM access_token.api_key AS k;

SELECT throws_ok(format('SELECT access_token.create_api_key(%L, %L, imported_secret => %L)', 't', 'imported', secret),
                 'TK010', 'imported secret is not usable', id || ': not to be imported')
FROM (SELECT id, convert_from(bytes, 'UTF8') AS secret
      FROM known WHERE id ~ '^(A0[1236]|A31|A20|W0)'
      UNION ALL
      SELECT v.* FROM spki AS s, LATERAL (VALUES
          ('W03 RFC 7518 3.2: 31 characters in many bytes', repeat(U&'\00E9', 31)),
          ('M01 RSA PEM on one line', translate(pem('PUBLIC KEY', s.rsa), E'\n', ' ')),
          ('M01 PEM behind a blank', '  ' || translate(pem('PUBLIC KEY', s.rsa), E'\n', ' ')),
          ('M01 PEM behind other text', 'key: ' || translate(pem('RSA PUBLIC KEY', substr(s.rsa, 25)), E'\n', '|')),
          ('M01 certificate', '-----BEGIN CERTIFICATE-----' || encode(substr(s.rsa, 1, 40), 'base64')),
          ('M01 private key', '-----BEGIN EC PRIVATE KEY-----' || repeat('A', 64)),
          ('M01 key file of OpenSSH', 'ssh-rsa ' || repeat('A', 64)),
          ('M01 key file of OpenSSH, Ed25519', 'ssh-ed25519 ' || repeat('A', 64)),
          ('M01 key file of OpenSSH, ECDSA', 'ecdsa-sha2-nistp256 ' || repeat('A', 64)),
          ('M01 key of SSH2', '---- BEGIN SSH2 PUBLIC KEY ----' || repeat('A', 64)),
          ('M01 JWK with spaces', '{ "kty" : "oct", "k" : "' || repeat('A', 64) || '" }'),
          ('M01 JWK Set', '{"keys":[{"kty":"oct","k":"' || repeat('A', 64) || '"}]}'),
          ('a newline at the end', repeat('s', 40) || E'\n'),
          ('a tab within', repeat('s', 40) || E'\t' || repeat('s', 40)),
          ('a byte order mark', U&'\FEFF' || repeat('s', 40)),
          ('a letter outside ASCII', repeat('s', 40) || U&'\00E9'),
          ('a DEL', repeat('s', 40) || E'\x7f'),
          ('4097 characters', repeat('s', 4097)),
          ('a megabyte', repeat('s', 1048576))
      ) AS v (id, secret)) AS bad;

SELECT throws_ok(format('SELECT access_token.create_api_key(%L, %L, algorithm => %L, imported_secret => %L)',
                        't', 'imported', algorithm, repeat('s', length)),
                 'TK010', 'imported secret is not usable', format('%s: %s characters are too few', algorithm, length))
FROM (VALUES ('HS256', 1), ('HS256', 31), ('HS384', 32), ('HS384', 47), ('HS512', 32), ('HS512', 48), ('HS512', 63))
         AS r (algorithm, length);

SELECT is((SELECT count(*) FROM access_token.api_key), keys, 'no refused secret left a key behind') FROM keys_before;
SELECT is((SELECT jsonb_agg(to_jsonb(k) ORDER BY k.api_key_id) FROM access_token.api_key AS k), rows, 'nor a secret in another')
FROM keys_before;

-- Exactly as long as the hash is long enough, spaces and all: the text is the key.
CREATE TABLE imported (label text, algorithm text, secret text);
INSERT INTO imported VALUES
    ('shortest256', 'HS256', repeat('s', 32)), ('shortest384', 'HS384', repeat('s', 48)), ('shortest512', 'HS512', repeat('s', 64)),
    ('spaces', 'HS256', ' a secret with spaces around it, "quoted" \ and all '),
    ('base64', 'HS256', 'c2VjcmV0cyBhcmUgdGV4dCwgbm90IGJhc2U2NA=='),
    ('longest', 'HS512', repeat('s', 4096));

SELECT is((SELECT c.secret FROM access_token.create_api_key('t', 'imported', false, i.algorithm, i.label, i.secret) AS c),
          i.secret, 'imported: ' || i.label) FROM imported AS i;

INSERT INTO forge.api_key
SELECT i.label, 't', i.algorithm, v.content_type, v.current_secret_id, i.secret
FROM imported AS i JOIN access_token.api_keys AS v ON v.api_key_id = i.label;

SELECT is(forge.verdict(forge.token(label)), forge.acceptance(), 'signed elsewhere with the imported secret: ' || label)
FROM imported;
SELECT is(forge.sign(label, substring(token FROM '(.*)[.]')), token, 'signed here with the imported secret: ' || label)
FROM (SELECT label, access_token.issue_access_token(label, 'user|42') AS token FROM imported) AS issued;

SELECT throws_ok($$ SELECT access_token.create_api_key('t', 'imported', true, imported_secret => repeat('s', 32)) $$,
                 '22023', 'a public API key takes no secret', 'no secret is imported for a public key');

SELECT * FROM finish();
ROLLBACK;
