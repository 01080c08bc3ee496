/*
 * Tokens that somebody's backend signed with a key's secret, knowing only what Parra documents: header
 * alg, typ, cty; claims iss, sub, exp, grants.identity; no kid, no iat, no jti.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(40);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('k384', 't', 'HS384');
SELECT forge.make_key('k512', 't', 'HS512');
SELECT forge.make_key('sibling', 't');
SELECT forge.make_key('foreign', 'u');

-- The helper really leaves away what outsiders do not know.
SELECT is(forge.header_of(forge.outside_token('k'))::jsonb, '{"alg": "HS256", "typ": "JWT", "cty": "parra-fpa;v=1"}',
          'the header has what is documented');
SELECT is(forge.claims_of(forge.outside_token('k'))::jsonb - 'exp',
          '{"iss": "k", "sub": "t", "grants": {"identity": "user|42"}}', 'the claims have what is documented');

SELECT is(forge.verdict(forge.outside_token(label), tenant_id), forge.acceptance(), 'verifies: ' || algorithm)
FROM forge.api_key ORDER BY label;
SELECT is(access_token.verify_access_token(token), forge.claims_of(token)::jsonb, 'its claims come back as they are')
FROM (SELECT forge.outside_token('k') AS token) AS t;

-- Members in another order, spelled with white space and escapes: the MAC covers the text.
SELECT is(forge.verdict(forge.token(
              'k', E'{\r\n "typ" : "jwt",\n "cty":"\\u0070arra-fpa;v=1", "alg"\t:"HS256" }',
              format(E'{ "grants": {"identity": "\\u00e9"}, "exp": %s, "sub": "\\u0074", "iss": "k" }', forge.epoch(60)))),
          forge.acceptance(), 'spelling and order do not matter');

-- What outsiders may add.
SELECT is(forge.verdict(forge.outside_token('k', changes)), forge.acceptance(), 'may add: ' || what)
FROM (VALUES
    ('iat', json_build_object('iat', floor(forge.epoch()))),
    ('nbf', json_build_object('nbf', floor(forge.epoch()))),
    ('a jti of any form', '{"jti": "1"}'),
    ('a scope', '{"scope": "read write"}'),
    ('claims of its own', '{"name": "x", "admin": {"of": ["y"]}}'),
    ('names that issue_access_token reserves', '{"nonce": "x", "client_id": "y", "act": {"sub": "z"}}')
) AS r (what, changes);

-- The key is the one that iss names, and the secret must be its own.
SELECT is(forge.verdict(forge.outside_token('k', json_build_object('iss', label, 'sub', tenant_id))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'signed with k''s secret in the name of ' || label)
FROM forge.api_key WHERE label <> 'k' ORDER BY label;
SELECT is(forge.verdict(forge.outside_token('k'), 'u'), forge.refusal('TK006', 'wrong_tenant', 'both', 'decodes'),
          'not for another tenant');
SELECT is(forge.verdict(forge.token('k', forge.header('k', '{"kid": "unknown"}'))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'a kid that is unknown is not made up for by iss');
SELECT is(forge.verdict(forge.token('k', forge.header('k', json_build_object('kid', s.kid)))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'nor is one of another key')
FROM forge.api_key AS s WHERE s.label = 'sibling';

-- Both secrets of a rotation, and no third.
CREATE TABLE old AS SELECT 1 AS generation, k.kid, forge.outside_token('k') AS without_kid, forge.token('k') AS with_kid
FROM forge.api_key AS k WHERE k.label = 'k';
SELECT forge.rotate_key('k', '1 hour');
INSERT INTO old SELECT 2, k.kid, forge.outside_token('k'), forge.token('k') FROM forge.api_key AS k WHERE k.label = 'k';

SELECT is(forge.verdict(without_kid), forge.acceptance(), format('rotating, secret %s, no kid', generation)) FROM old;
SELECT is(forge.verdict(with_kid), forge.acceptance(), format('rotating, secret %s, with kid', generation)) FROM old;
SELECT is(forge.verdict(forge.token('k', forge.header('k', json_build_object('kid', kid)))),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'rotating: a kid names one secret, not its neighbour')
FROM old WHERE generation = 1;

SELECT forge.rotate_key('k', '1 hour');
INSERT INTO old SELECT 3, k.kid, forge.outside_token('k'), forge.token('k') FROM forge.api_key AS k WHERE k.label = 'k';

SELECT is(forge.verify_verdict(without_kid, NULL, NULL, NULL) || ' ' || forge.verify_verdict(with_kid, NULL, NULL, NULL),
          CASE generation WHEN 1 THEN 'TK003 TK003' ELSE 'accepts accepts' END,
          format('rotated twice within the grace, secret %s', generation)) FROM old ORDER BY generation;

SELECT forge.rotate_key('k', '0');
INSERT INTO old SELECT 4, k.kid, forge.outside_token('k'), forge.token('k') FROM forge.api_key AS k WHERE k.label = 'k';

SELECT is(forge.verify_verdict(without_kid, NULL, NULL, NULL) || ' ' || forge.verify_verdict(with_kid, NULL, NULL, NULL),
          CASE generation WHEN 4 THEN 'accepts accepts' ELSE 'TK003 TK003' END,
          format('rotated without grace, secret %s', generation)) FROM old ORDER BY generation;

-- What is switched off refuses tokens from outside, too.
SELECT access_token.set_api_key_enabled('k', false);
SELECT is(forge.verdict(forge.outside_token('k')), forge.refusal('TK009', 'disabled', 'both', 'decodes'), 'key disabled');
SELECT access_token.set_api_key_enabled('k', true);
SELECT access_token.set_tenant_enabled('t', false);
SELECT is(forge.verdict(forge.outside_token('k')), forge.refusal('TK009', 'disabled', 'both', 'decodes'), 'tenant disabled');
SELECT access_token.set_tenant_enabled('t', true);
SELECT is(forge.verdict(forge.outside_token('k')), forge.acceptance(), 'both enabled again');
SELECT is(forge.verdict(forge.outside_token('foreign')), forge.acceptance(), 'another tenant''s key was fine throughout');
CREATE TABLE last AS SELECT forge.outside_token('k') AS without_kid, forge.token('k') AS with_kid;
SELECT access_token.delete_api_key('k');
SELECT is(forge.verdict(without_kid), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'key deleted, no kid') FROM last;
SELECT is(forge.verdict(with_kid), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'key deleted, with kid') FROM last;

SELECT * FROM finish();
ROLLBACK;
