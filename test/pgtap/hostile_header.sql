/*
 * Headers that lie about the algorithm, demand extensions, bring keys of their own or name another kind
 * of token, and MACs that are not the key's. The ids are those of the table of hostile inputs. Where
 * nothing else is said the MAC is valid: the key's own secret and algorithm over the text as it stands.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(165);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('k384', 't', 'HS384');
SELECT forge.make_key('k512', 't', 'HS512');
SELECT forge.make_key('public', 't', public => true);
SELECT forge.make_key('foreign', 'u');

SELECT is(forge.verdict(forge.token(label)), forge.acceptance(), 'what is spoilt below is good: ' || label)
FROM forge.api_key WHERE secret IS NOT NULL ORDER BY label;

-- What the form of a header forbids, decode_token refuses likewise, and nothing is shown.
SELECT is(forge.verdict(forge.token('k', forge.header('k', changes, without))),
          forge.refusal(sqlstate, reason, 'nothing', sqlstate), id)
FROM (VALUES
    ('H11 alg missing', '{}'::json, '{alg}'::text[], 'TK001', 'bad_header'),
    ('H12 alg null', '{"alg": null}', '{}', 'TK001', 'bad_header'),
    ('H13 alg number', '{"alg": 256}', '{}', 'TK001', 'bad_header'),
    ('H14 alg array', '{"alg": ["HS256"]}', '{}', 'TK001', 'bad_header'),
    ('H14 alg object', '{"alg": {"alg": "HS256"}}', '{}', 'TK001', 'bad_header'),
    ('H17 ALG in capitals', '{"ALG": "HS256"}', '{alg}', 'TK001', 'bad_header'),
    ('K13 kid number', '{"kid": 1}', '{}', 'TK001', 'bad_header'),
    ('K14 kid array', '{"kid": ["k"]}', '{}', 'TK001', 'bad_header'),
    ('K15 kid null', '{"kid": null}', '{}', 'TK001', 'bad_header'),
    ('K16 kid object', '{"kid": {"kid": "k"}}', '{}', 'TK001', 'bad_header'),
    ('T08 typ number', '{"typ": 1}', '{}', 'TK001', 'bad_header'),
    ('T09 typ null', '{"typ": null}', '{}', 'TK001', 'bad_header'),
    ('T09 typ array', '{"typ": ["JWT"]}', '{}', 'TK001', 'bad_header'),
    ('cty number', '{"cty": 1}', '{}', 'TK001', 'bad_header'),
    ('H30 crit unknown', '{"crit": ["x"], "x": 1}', '{}', 'TK002', 'unsupported_header'),
    ('H31 crit []', '{"crit": []}', '{}', 'TK002', 'unsupported_header'),
    ('H32 crit string', '{"crit": "x", "x": 1}', '{}', 'TK002', 'unsupported_header'),
    ('H33 crit names an absent member', '{"crit": ["x"]}', '{}', 'TK002', 'unsupported_header'),
    ('H34 crit names a registered member', '{"crit": ["kid"]}', '{}', 'TK002', 'unsupported_header'),
    ('H35 crit with duplicates', '{"crit": ["x", "x"], "x": 1}', '{}', 'TK002', 'unsupported_header'),
    ('H36 crit number', '{"crit": 1}', '{}', 'TK002', 'unsupported_header'),
    ('H37 crit null', '{"crit": null}', '{}', 'TK002', 'unsupported_header'),
    ('H38 crit object', '{"crit": {"x": 1}, "x": 1}', '{}', 'TK002', 'unsupported_header'),
    ('H38 crit false', '{"crit": false}', '{}', 'TK002', 'unsupported_header'),
    ('H39 b64 not boolean', '{"b64": "false"}', '{}', 'TK002', 'unsupported_header'),
    ('H39 b64 null', '{"b64": null}', '{}', 'TK002', 'unsupported_header'),
    ('H40 b64 false without crit', '{"b64": false}', '{}', 'TK002', 'unsupported_header'),
    ('H41 b64 false with crit', '{"b64": false, "crit": ["b64"]}', '{}', 'TK002', 'unsupported_header'),
    ('H41 b64 true with crit', '{"b64": true, "crit": ["b64"]}', '{}', 'TK002', 'unsupported_header'),
    ('H42 zip', '{"zip": "DEF"}', '{}', 'TK002', 'unsupported_header'),
    ('H42 zip null', '{"zip": null}', '{}', 'TK002', 'unsupported_header')
) AS r (id, changes, without, sqlstate, reason);

SELECT is(forge.verdict(forge.token('k', replace(forge.header('k'), '"HS256"', '"HS256\u0000"'))),
          forge.refusal('TK001', 'bad_json', 'nothing', 'TK001'), 'H19 NUL in alg');

-- H41 as RFC 7797 means it: the payload is not encoded at all.
SELECT is(forge.verdict(forge.sign('k', forge.base64url(convert_to(forge.header('k', '{"b64": false, "crit": ["b64"]}'),
    'UTF8')) || '.claims')),
          forge.refusal('TK001', 'malformed', 'nothing', 'TK001'), 'H41 unencoded payload');

-- An algorithm that does not exist here is refused before any key is looked for.
CREATE FUNCTION foreign_algorithms() RETURNS TABLE (id text, alg json) LANGUAGE sql AS $function$
    VALUES ('H01 none', '{"alg": "none"}'::json), ('H02 None', '{"alg": "None"}'), ('H03 NONE', '{"alg": "NONE"}'),
           ('H04 nOnE', '{"alg": "nOnE"}'), ('H05 none and a space', '{"alg": "none "}'), ('H06 empty', '{"alg": ""}'),
           ('H07 none by an escape', '{"alg": "\u006eone"}'), ('H15 hs256', '{"alg": "hs256"}'),
           ('H16 HS256 and a space', '{"alg": "HS256 "}'), ('H16 a space and HS256', '{"alg": " HS256"}'),
           ('H16 HS256 and a newline', '{"alg": "HS256\n"}'), ('HS1', '{"alg": "HS1"}'), ('HS224', '{"alg": "HS224"}'),
           ('HS2560', '{"alg": "HS2560"}'), ('HS', '{"alg": "HS"}'),
           ('H18 dir', '{"alg": "dir", "enc": "A256GCM"}'), ('H18 A256KW', '{"alg": "A256KW", "enc": "A256GCM"}'),
           ('ES256K', '{"alg": "ES256K"}'), ('RS1', '{"alg": "RS1"}')
$function$;
-- One that exists, but for another type of key: the header is only compared with the key's algorithm.
CREATE FUNCTION algorithms_of_signing_keys() RETURNS TABLE (id text, alg json) LANGUAGE sql AS $function$
    SELECT 'H18 ' || a, json_build_object('alg', a)
    FROM unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']) AS a
$function$;

SELECT is(forge.verdict(forge.token('k', forge.header('k', alg))),
          forge.refusal('TK002', 'unsupported_algorithm', 'nothing', 'decodes'), id || ', with signature')
FROM foreign_algorithms();
SELECT is(forge.verdict(token), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), format('%s with an HMAC key, %s', id, how))
FROM algorithms_of_signing_keys(), LATERAL (VALUES ('with kid', forge.token('k', forge.header('k', alg))),
                                                   ('without', forge.token('k', forge.header('k', alg, '{kid}')))) AS t (how, token);

SELECT is((SELECT array_agg(DISTINCT forge.verdict(
                      forge.base64url(convert_to(forge.header('k', alg), 'UTF8')) || '.'
                      || forge.base64url(convert_to(forge.claims('k'), 'UTF8')) || '.'))
           FROM (SELECT * FROM foreign_algorithms() UNION ALL SELECT * FROM algorithms_of_signing_keys()) AS a),
          ARRAY[forge.refusal('TK001', 'malformed', 'nothing', 'TK001')], 'H08 the same without signature');
SELECT is((SELECT array_agg(DISTINCT forge.verdict(
                      forge.sign('k', forge.base64url(convert_to(
                                          forge.header('k', json_build_object('alg', alg -> 'alg', 'kid', p.kid)), 'UTF8'))
                                      || '.' || forge.base64url(convert_to(forge.claims('public'), 'UTF8')))))
           FROM foreign_algorithms(), forge.api_key AS p WHERE p.label = 'public'),
          ARRAY[forge.refusal('TK002', 'unsupported_algorithm', 'nothing', 'decodes')],
          'H09 the same beside the kid of a public key');
SELECT is((SELECT array_agg(DISTINCT forge.verdict(
                      forge.token('k', forge.header('k', alg, '{kid}'))))
           FROM foreign_algorithms()),
          ARRAY[forge.refusal('TK002', 'unsupported_algorithm', 'nothing', 'decodes')],
          'H10 the same without a kid, the key named by iss');

-- A signature or a key that does not fit is one answer.
CREATE TABLE base AS
SELECT forge.base64url(convert_to(forge.header('k'), 'UTF8')) || '.' || forge.base64url(convert_to(forge.claims('k'), 'UTF8')) AS input,
       convert_to(k.secret, 'UTF8') AS secret, k.kid
FROM forge.api_key AS k WHERE k.label = 'k';

CREATE FUNCTION mac(algorithm text) RETURNS bytea LANGUAGE sql AS $function$
    SELECT public.hmac(convert_to(input, 'UTF8'), secret, algorithm) FROM public.base
$function$;

CREATE FUNCTION alg_and_mac(label text, alg text, hash text, without text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.sign(convert_to(k.secret, 'UTF8'),
                      forge.base64url(convert_to(forge.header(k.label, json_build_object('alg', alg), without), 'UTF8'))
                      || '.' || forge.base64url(convert_to(forge.claims(k.label), 'UTF8')), hash)
    FROM forge.api_key AS k WHERE k.label = alg_and_mac.label
$function$;

SELECT is(b.input || '.' || forge.base64url(mac('sha256')), forge.sign('k', b.input), 'these MACs are the right ones')
FROM base AS b;
SELECT is(forge.verdict(alg_and_mac('k', 'HS256', 'sha256')), forge.acceptance(), 'and these tokens are good');

SELECT is(forge.verdict(r.token), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), r.id)
FROM base AS b, LATERAL (VALUES
    ('H20 HS384 throughout, with a key for HS256', alg_and_mac('k', 'HS384', 'sha384')),
    ('H20 HS512 throughout, with a key for HS256', alg_and_mac('k', 'HS512', 'sha512')),
    ('H20 HS256 throughout, with a key for HS384', alg_and_mac('k384', 'HS256', 'sha256')),
    ('H20 HS256 throughout, with a key for HS512', alg_and_mac('k512', 'HS256', 'sha256')),
    ('H20 HS384 throughout, with a key for HS256, no kid', alg_and_mac('k', 'HS384', 'sha384', '{kid}')),
    ('H20 HS256 throughout, with a key for HS512, no kid', alg_and_mac('k512', 'HS256', 'sha256', '{kid}')),
    ('H20 HS384 in the header, MAC of HS256', alg_and_mac('k', 'HS384', 'sha256')),
    ('H21 HS256 in the header, MAC of HS512', alg_and_mac('k', 'HS256', 'sha512')),
    ('H21 HS256 in the header, MAC of HS384', alg_and_mac('k', 'HS256', 'sha384')),
    ('H21 HS512 cut to the length of HS256', b.input || '.' || forge.base64url(substr(mac('sha512'), 1, 32))),
    ('H22 MAC without its last byte', b.input || '.' || forge.base64url(substr(mac('sha256'), 1, 31))),
    ('H22 half of the MAC', b.input || '.' || forge.base64url(substr(mac('sha256'), 1, 16))),
    ('H22 one byte of the MAC', b.input || '.' || forge.base64url(substr(mac('sha256'), 1, 1))),
    ('H22 MAC without its first byte', b.input || '.' || forge.base64url(substr(mac('sha256'), 2))),
    ('H23 MAC and a zero byte', b.input || '.' || forge.base64url(mac('sha256') || '\x00')),
    ('H23 MAC twice', b.input || '.' || forge.base64url(mac('sha256') || mac('sha256'))),
    ('H23 MAC of 45 kB', b.input || '.' || repeat('A', 60000)),
    ('H24 zero bytes for the MAC', b.input || '.' || repeat('A', 43)),
    ('MAC in hexadecimal', b.input || '.' || encode(mac('sha256'), 'hex')),
    ('MAC of another text', b.input || '.' || split_part(forge.token('k', claims => forge.claims('k', '{"x":1}')), '.', 3)),
    ('SHA-256 without a key', b.input || '.' || forge.base64url(sha256(convert_to(b.input, 'UTF8')))),
    ('key and text exchanged', b.input || '.' || forge.base64url(hmac(b.secret, convert_to(b.input, 'UTF8'), 'sha256'))),
    ('secret without its prefix as the key', forge.sign(substr(b.secret, 5), b.input)),
    ('secret''s random bytes as the key', forge.sign(forge.from_base64url(substr(convert_from(b.secret, 'UTF8'), 5, 43)), b.input)),
    ('secret and a newline as the key', forge.sign(b.secret || '\x0a', b.input)),
    ('another tenant''s secret as the key',
     (SELECT forge.sign(convert_to(f.secret, 'UTF8'), b.input) FROM forge.api_key AS f WHERE f.label = 'foreign')),
    ('key''s id as the key', forge.sign(convert_to('k', 'UTF8'), b.input)),
    ('kid as the key', forge.sign(convert_to(b.kid, 'UTF8'), b.input))
) AS r (id, token);

SELECT is(forge.verdict(b.input || '.'), forge.refusal('TK001', 'malformed', 'nothing', 'TK001'), 'H24 empty MAC')
FROM base AS b;

-- kid is looked up as it stands: it is no SQL, no path and no pattern.
CREATE TABLE kids AS
SELECT r.id, r.kid
FROM base AS b, LATERAL (VALUES
    ('K01 SQL text', $x$x' OR '1'='1$x$), ('K01 SQL that ends a statement', $x$'; DELETE FROM access_token.api_key; --$x$),
    ('K02 path', '../../dev/null'), ('K02 path to a file', '/etc/passwd'), ('K02 URL', 'file:///dev/null'),
    ('K03 unknown', 'unknown'), ('K03 unknown UUID', gen_random_uuid()::text), ('K04 empty', ''),
    ('K05 other case', upper(b.kid)), ('K06 trailing space', b.kid || ' '), ('K06 leading space', ' ' || b.kid),
    ('K07 trailing newline', b.kid || E'\n'), ('K08 %', '%'), ('K09 all but one letter and _', left(b.kid, -1) || '_'),
    ('K09 underscores', repeat('_', 36)), ('K10 prefix', left(b.kid, -1)), ('K11 longer', b.kid || '0'),
    ('K12 the API key''s id', 'k'), ('K12 without hyphens', replace(b.kid, '-', '')), ('K12 in braces', '{' || b.kid || '}'),
    ('K12 a very long one', repeat('k', 5000)), ('K12 letters outside ASCII', U&'\043A')
) AS r (id, kid);

SELECT is(forge.verdict(forge.token('k', forge.header('k', json_build_object('kid', kid)))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), id)
FROM kids;

SELECT is(forge.verdict(forge.token('k', forge.header('k', json_build_object('kid', f.kid)))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'K03 the kid of another key: ' || f.label)
FROM forge.api_key AS f WHERE f.label <> 'k';

-- A key that the token brings along is never a source of trust.
SELECT is(forge.verdict(forge.sign('attacker''s own secret, long enough'::bytea,
                                   forge.base64url(convert_to(forge.header('k', changes, without), 'UTF8')) || '.'
                                   || forge.base64url(convert_to(forge.claims('k'), 'UTF8')))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), id || ', signed with the key it brings')
FROM (VALUES
    ('H50 jwk, own kid', '{"kid": "mine", "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "mine"}}'::json, '{}'::text[]),
    ('H51 jwk, our kid', '{"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}', '{}'),
    ('H52 jku http', '{"jku": "http://127.0.0.1/jwks"}', '{}'),
    ('H53 jku file', '{"jku": "file:///dev/zero"}', '{}'),
    ('H54 x5u metadata address', '{"x5u": "http://169.254.169.254/latest/meta-data/"}', '{}'),
    ('H55 x5c', '{"x5c": ["MIIB"]}', '{}'),
    ('H56 symmetric jwk', '{"jwk": {"kty": "oct", "k": "YXR0YWNrZXIncyBvd24gc2VjcmV0LCBsb25nIGVub3VnaA"}}', '{}'),
    ('H56 symmetric jwk, no kid', '{"jwk": {"kty": "oct", "k": "YXR0YWNrZXIncyBvd24gc2VjcmV0LCBsb25nIGVub3VnaA"}}', '{kid}')
) AS r (id, changes, without);

-- They are ignored like any other unknown member: the signature alone decides.
SELECT is(forge.verdict(forge.token('k', forge.header('k', changes))), forge.acceptance(), 'ignored: ' || id)
FROM (VALUES
    ('jwk, jku, x5u and x5c', '{"jwk": {"kty": "oct", "k": "AA"}, "jku": "http://127.0.0.1/", "x5u": "file:///dev/zero", "x5c": [1]}'::json),
    ('b64 true', '{"b64": true}'),
    ('an unknown member', '{"x": {"crit": ["x"]}}')
) AS r (id, changes);

-- Another kind of token signed with the same secret is no access token.
SELECT is(forge.verdict(forge.token('k', forge.header('k', changes, without))),
          forge.refusal('TK006', reason, 'both', 'decodes'), id)
FROM (VALUES
    ('T01 typ at+jwt', '{"typ": "at+jwt"}'::json, '{}'::text[], 'wrong_type'),
    ('T05 typ dpop+jwt', '{"typ": "dpop+jwt"}', '{}', 'wrong_type'),
    ('T06 typ token-introspection+jwt', '{"typ": "token-introspection+jwt"}', '{}', 'wrong_type'),
    ('T07 typ logout+jwt', '{"typ": "logout+jwt"}', '{}', 'wrong_type'),
    ('T07 typ application/jwt', '{"typ": "application/jwt"}', '{}', 'wrong_type'),
    ('T07 typ JWS', '{"typ": "JWS"}', '{}', 'wrong_type'),
    ('T07 typ empty', '{"typ": ""}', '{}', 'wrong_type'),
    ('T10 typ with a parameter', '{"typ": "JWT;v=1"}', '{}', 'wrong_type'),
    ('T10 typ with a space', '{"typ": "JWT "}', '{}', 'wrong_type'),
    ('T11 typ missing', '{}', '{typ}', 'wrong_type'),
    ('cty missing', '{}', '{cty}', 'wrong_content_type'),
    ('cty empty', '{"cty": ""}', '{}', 'wrong_content_type'),
    ('cty JWT: a nested token', '{"cty": "JWT"}', '{}', 'wrong_content_type'),
    ('cty of another version', '{"cty": "parra-fpa;v=2"}', '{}', 'wrong_content_type'),
    ('cty in other case', '{"cty": "Parra-fpa;v=1"}', '{}', 'wrong_content_type')
) AS r (id, changes, without, reason);

SELECT is(forge.verdict(forge.token('k', forge.header('k', '{"typ": "jWt"}'))), forge.acceptance(),
          'typ JWT in any case of letters is good');

SELECT * FROM finish();
ROLLBACK;
