/*
 * The main job: a tenant, a key, a token for a user, its claims back; and the exact header and claims.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(74);

-- As the README tells it.
SELECT is(access_token.create_tenant('Acme', tenant_id => 'acme'), 'acme', 'create_tenant returns the id');
CREATE TABLE made AS SELECT * FROM access_token.create_api_key('acme', 'backend');
SELECT is((SELECT count(*) FROM made), 1::bigint, 'create_api_key returns one row');
SELECT matches(api_key_id, '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', 'with an id') FROM made;
SELECT matches(secret, '^atk_[A-Za-z0-9_-]{49}$', 'and a secret') FROM made;

CREATE TABLE issued AS
SELECT m.api_key_id, t.token, extract(epoch FROM clock_timestamp()) AS after
FROM made AS m, LATERAL (SELECT access_token.issue_access_token(m.api_key_id, 'user|42') AS token) AS t;

SELECT is(access_token.verify_access_token(token, tenant_id => 'acme'), forge.claims_of(token)::jsonb,
          'verify_access_token returns the claims') FROM issued;
SELECT is(access_token.verify_access_token(token) #>> '{grants,identity}', 'user|42', 'among them the user') FROM issued;
SELECT results_eq('SELECT i.* FROM issued, access_token.inspect_access_token(token, ''acme'') AS i',
                  'SELECT true, NULL::text, forge.header_of(token)::jsonb, forge.claims_of(token)::jsonb FROM issued',
                  'inspect_access_token says valid and shows the same');
SELECT results_eq('SELECT d.* FROM issued, access_token.decode_token(token) AS d',
                  $$ SELECT forge.header_of(token)::jsonb, forge.claims_of(token)::jsonb,
                            forge.from_base64url(split_part(token, '.', 3)) FROM issued $$,
                  'decode_token shows the same, and the signature');
SELECT is(length(d.signature), 32, 'which has the 32 bytes of HS256')
FROM issued, access_token.decode_token(token) AS d;

-- To the letter: what Parra documents, plus kid, iat and jti, and nothing between the members.
SELECT is(forge.header_of(i.token),
          format('{"alg":"HS256","typ":"JWT","cty":"parra-fpa;v=1","kid":"%s"}', k.current_secret_id),
          'the header, to the letter')
FROM issued AS i JOIN access_token.api_keys AS k USING (api_key_id);
SELECT is(forge.claims_of(token),
          format('{"exp":%s,"iat":%s,"iss":"%s","jti":"%s","sub":"acme","grants":{"identity":"user|42"}}',
                 (c ->> 'iat')::bigint + 3600, c ->> 'iat', api_key_id, c ->> 'jti'),
          'the claims, to the letter; they live for an hour')
FROM issued, LATERAL (SELECT forge.claims_of(token)::jsonb AS c) AS claims;
SELECT cmp_ok((forge.claims_of(token)::jsonb ->> 'iat')::numeric, '<=', after, 'iat is not ahead') FROM issued;
SELECT cmp_ok((forge.claims_of(token)::jsonb ->> 'iat')::numeric, '>=', extract(epoch FROM now()) - 1,
              'nor before this transaction') FROM issued;

-- jti: a UUID of version 7 whose time is iat's.
SELECT matches(forge.claims_of(token)::jsonb ->> 'jti',
               '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', 'jti is a UUIDv7') FROM issued;
SELECT is(('x' || left(replace(c ->> 'jti', '-', ''), 12))::bit(48)::bigint / 1000, (c ->> 'iat')::bigint,
          'its time in milliseconds lies in iat''s second')
FROM issued, LATERAL (SELECT forge.claims_of(token)::jsonb AS c) AS claims;

CREATE TABLE many AS
SELECT n, forge.claims_of(access_token.issue_access_token(api_key_id, 'user|42'))::jsonb ->> 'jti' AS jti
FROM issued, generate_series(1, 5000) AS n;
SELECT is((SELECT count(DISTINCT jti) FROM many), 5000::bigint, '5000 tokens have 5000 jti');
SELECT is((SELECT count(DISTINCT right(jti, 17)) FROM many), 5000::bigint, 'whose random parts all differ');
SELECT is((SELECT count(*) FROM (SELECT left(jti, 13) < lag(left(jti, 13)) OVER (ORDER BY n) AS backwards FROM many) AS m
           WHERE backwards), 0::bigint, 'and whose time never goes back');

-- The MAC is over the text of the token, keyed with the text of the secret.
SELECT is(token, forge.sign(convert_to(secret, 'UTF8'), substring(token FROM '(.*)[.]')),
          'any HMAC with the secret''s text makes the same signature')
FROM issued JOIN made USING (api_key_id);

-- Every algorithm.
SELECT forge.make_key(lower(a), 'acme', a) FROM unnest(ARRAY['HS256', 'HS384', 'HS512']) AS a;
SELECT is(forge.sign(label, substring(token FROM '(.*)[.]')), token, algorithm || ': the signature is pgcrypto''s')
FROM (SELECT k.*, access_token.issue_access_token(label, 'user|42') AS token FROM forge.api_key AS k) AS t;
SELECT is(forge.header_of(access_token.issue_access_token(label, 'user|42'))::jsonb ->> 'alg', algorithm,
          algorithm || ': alg is the key''s') FROM forge.api_key;
SELECT is(forge.verdict(access_token.issue_access_token(label, 'user|42')), forge.acceptance(), algorithm || ': verifies')
FROM forge.api_key;
SELECT is(length(d.signature), right(k.algorithm, 3)::integer / 8, k.algorithm || ': the signature is as long as the hash')
FROM forge.api_key AS k, access_token.decode_token(access_token.issue_access_token(k.label, 'user|42')) AS d;

-- Identities of every type are strings in the token, spelled as the type spells them.
SELECT is(access_token.verify_access_token(token) #> '{grants,identity}', expected, 'identity: ' || what)
FROM (VALUES
    ('text', access_token.issue_access_token('hs256', 'user|42'::text), '"user|42"'::jsonb),
    ('a literal without type is text', access_token.issue_access_token('hs256', '42'), '"42"'),
    ('smallint', access_token.issue_access_token('hs256', 42::smallint), '"42"'),
    ('smallint at its least', access_token.issue_access_token('hs256', (-32768)::smallint), '"-32768"'),
    ('integer', access_token.issue_access_token('hs256', 42), '"42"'),
    ('integer at its least', access_token.issue_access_token('hs256', -2147483648), '"-2147483648"'),
    ('bigint', access_token.issue_access_token('hs256', 9223372036854775807), '"9223372036854775807"'),
    ('bigint at its least', access_token.issue_access_token('hs256', -9223372036854775808), '"-9223372036854775808"'),
    ('bigint 0', access_token.issue_access_token('hs256', 0::bigint), '"0"'),
    ('uuid', access_token.issue_access_token('hs256', '00112233-4455-6677-8899-AABBCCDDEEFF'::uuid),
     '"00112233-4455-6677-8899-aabbccddeeff"'),
    ('quotes, backslashes and control characters', access_token.issue_access_token('hs256', E'a"b\\c\n\t\x01/'),
     to_jsonb(E'a"b\\c\n\t\x01/'::text)),
    ('letters outside ASCII', access_token.issue_access_token('hs256', U&'\00E9\4E2D\+01F600'), to_jsonb(U&'\00E9\4E2D\+01F600'::text)),
    ('blanks', access_token.issue_access_token('hs256', ' '), '" "'),
    ('255 bytes', access_token.issue_access_token('hs256', repeat('x', 255)), to_jsonb(repeat('x', 255)))
) AS r (what, token, expected);

SELECT throws_ok($$ SELECT access_token.issue_access_token('hs256', '') $$, '22023', 'identity has no valid length',
                 'identity: not empty');
SELECT throws_ok($$ SELECT access_token.issue_access_token('hs256', repeat('x', 256)) $$, '22023',
                 'identity has no valid length', 'identity: not more than 255 bytes');
SELECT throws_ok($$ SELECT access_token.issue_access_token('hs256', repeat(U&'\00E9', 128)) $$, '22023',
                 'identity has no valid length', 'identity: bytes count, not letters');

-- Extra claims stand as they are given; what the token itself says cannot be given.
SELECT is(access_token.verify_access_token(
              access_token.issue_access_token('hs256', 'user|42', claims => c)) - '{iss,sub,iat,exp,jti,grants}'::text[],
          c, 'claims: ' || what)
FROM (VALUES
    ('none', '{}'::jsonb),
    ('of every type', '{"a": null, "b": true, "c": 1.50, "d": "e\u00e9\"", "f": [1, {"g": []}], "h": {}}'),
    ('with names that need escapes', '{"\"": 1, "\\": 2, "\n": 3, "\u00e9": 4}'),
    ('with a number of 100 digits', ('{"n": ' || repeat('9', 100) || '}')::jsonb),
    ('with reserved names in depth', '{"x": {"iss": 1, "exp": "never", "role": "postgres"}}'),
    ('of 10 kB', jsonb_build_object('x', repeat('x', 10000)))
) AS r (what, c);

SELECT throws_ok(format($$ SELECT access_token.issue_access_token('hs256', 'user|42', claims => '{"x": 1, "%s": "y"}') $$, name),
                 '22023', format('claim "%s" is reserved', name), 'claims: not ' || name)
FROM unnest(ARRAY['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'grants', 'scope', 'client_id', 'cnf', 'act', 'nonce'])
    AS name;

SELECT throws_ok(format($$ SELECT access_token.issue_access_token('hs256', 'user|42', claims => %L) $$, c), '22023', message,
                 'claims: ' || what)
FROM (VALUES
    ('not an array', '[]'::jsonb, 'claims is not an object'),
    ('not a string', '"x"', 'claims is not an object'),
    ('not null', 'null', 'claims is not an object'),
    ('not deeper than a token may be', ('{"x":' || repeat('[', 32) || repeat(']', 32) || '}')::jsonb, 'claims cannot go into a token'),
    ('no number of 129 digits', ('{"x":' || repeat('9', 129) || '}')::jsonb, 'claims cannot go into a token'),
    ('not beyond the size of a token', jsonb_build_object('x', repeat('x', 65536)), 'token would be too large')
) AS r (what, c, message);

SELECT throws_ok($$ SELECT access_token.issue_access_token('nobody', 'user|42') $$, '42704', 'API key does not exist',
                 'no token without a key');

SELECT * FROM finish();
ROLLBACK;
