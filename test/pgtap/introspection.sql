/*
 * Introspection (RFC 7662): what a good token of the tenant says of itself, and for anything else exactly
 * {"active": false}, which does not tell a foreign token from an unknown one.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql
\ir support/bystander.sql
\ir support/roles.sql
\ir support/faults.sql

SELECT plan(79);

SELECT forge.make_tenant('t');
SELECT forge.make_key('k', 't', settings => '{"allowed_roles": ["web_user"]}'), forge.make_key('p', 't', public => true);
SELECT forge.make_signing_key('ed', 't', 'EdDSA');
SELECT access_token.create_client('t', 'Client', settings => '{"algorithm": "EdDSA"}', id => 'c');
SELECT access_token.create_client('t', 'Client', '{https://api.example,https://b.example}', '{"algorithm": "ES256"}', id => 'c2');

CREATE FUNCTION says(token text, audience text DEFAULT NULL, scope text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $function$
    SELECT access_token.introspect_access_token(token, 't', audience, scope)
$function$;

-- The claims of a token of those names, as jsonb.
CREATE FUNCTION claims(token text, names text[]) RETURNS jsonb LANGUAGE sql AS $function$
    SELECT jsonb_object_agg(key, value) FROM jsonb_each(forge.claims_of(token)::jsonb) WHERE key = ANY (names)
$function$;

CREATE FUNCTION client_token(changes json DEFAULT '{}') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.own_token('ed', forge.own_header('ed', '{"typ": "at+jwt"}'), forge.own_claims('ed', c::json))
    FROM forge.object('{"client_id": "c", "sub": "user|42", "jti": "x"}', changes, '{}') AS c
$function$;

-- Active: every member, and no other.
CREATE TABLE good AS
SELECT what, token, audience, scope, added::jsonb
FROM (VALUES
    ('an API key''s token', access_token.issue_access_token('k', 'user|42'), NULL, NULL, '{"client_id": "k", "username": "user|42"}'),
    ('with everything', access_token.issue_access_token('k', 'user|42', 60, 'read write', ARRAY['a', 'b'], '{"role": "web_user", "name": "x", "admin": true}'), 'b', 'read',
     '{"client_id": "k", "username": "user|42"}'),
    ('signed outside', forge.outside_token('k', json_build_object('nbf', floor(forge.epoch()), 'jti', U&'\00E9', 'aud', 'a')), 'a', NULL,
     '{"client_id": "k", "username": "user|42"}'),
    ('with an identity in escapes', forge.token('k', NULL, replace(forge.claims('k', '{"grants": {"identity": "PLACE"}}'), 'PLACE', '\"\\\u0001\u00e9')), NULL, NULL,
     '{"client_id": "k", "username": "\"\\\u0001\u00e9"}'),
    ('with claims called like members', forge.outside_token('k', '{"active": false, "token_type": "x", "client_id": "x", "username": "x"}'), NULL, NULL,
     '{"client_id": "k", "username": "user|42"}'),
    ('a public key''s token', access_token.issue_public_token('t', 'p', 'user|42'), NULL, 'public', '{"client_id": "p"}'),
    ('a client''s token', (SELECT access_token FROM access_token.issue_client_token('t', 'c', scope => 'read')), NULL, NULL, '{"client_id": "c"}'),
    ('a client''s token with audiences', (SELECT access_token FROM access_token.issue_client_token('t', 'c2', claims => '{"x": 1}')), 'https://b.example', NULL, '{"client_id": "c2"}'),
    ('a client''s token for a user', client_token(), NULL, NULL, '{"client_id": "c", "username": "user|42"}')
) AS r (what, token, audience, scope, added);
SELECT is(says(token, audience, scope),
          '{"active": true, "token_type": "Bearer"}' || added || claims(token, '{scope,exp,iat,nbf,sub,aud,iss,jti}'), what) FROM good;
SELECT is(jsonb_typeof(says(token, 'b', 'read') -> 'aud'), 'array', 'aud as it stands in the token') FROM good WHERE what = 'with everything';
SELECT is(pg_typeof(says(token))::text, 'jsonb', 'the answer is jsonb') FROM good WHERE what = 'a client''s token';

-- Anything else. The token is good but for one thing, or no token at all.
SELECT is(says(token, audience, scope), '{"active": false}', what)
FROM (VALUES
    ('NULL', NULL, NULL, NULL), ('an empty text', '', NULL, NULL), ('garbage', 'garbage', NULL, NULL), ('two dots', '..', NULL, NULL),
    ('a long text', repeat('x', 500000), NULL, NULL),
    ('backslashes', E'\\x00', NULL, NULL),
    ('an unknown kid', forge.token('k', forge.header('k', '{"kid": "unknown"}')), NULL, NULL),
    ('an unknown issuer', forge.outside_token('k', '{"iss": "unknown"}'), NULL, NULL),
    ('an altered signature', (SELECT overlay(t placing CASE right(t, 4) WHEN 'AAAA' THEN 'BBBB' ELSE 'AAAA' END from length(t) - 4) FROM forge.outside_token('k') AS t), NULL, NULL),
    ('alg none', forge.token('k', forge.header('k', '{"alg": "none"}')), NULL, NULL),
    ('a critical header', forge.token('k', forge.header('k', '{"crit": ["x"]}')), NULL, NULL),
    ('a payload that is no object', forge.token('k', NULL, '[]'), NULL, NULL),
    ('a number for jti', forge.token('k', NULL, forge.claims('k', '{"jti": 1}')), NULL, NULL),
    ('expired', forge.outside_token('k', json_build_object('exp', forge.epoch(-1))), NULL, NULL),
    ('not yet valid', forge.outside_token('k', json_build_object('nbf', forge.epoch(60))), NULL, NULL),
    ('a life too long', forge.outside_token('k', json_build_object('exp', forge.epoch(500000))), NULL, NULL),
    ('another typ', forge.token('k', forge.header('k', '{"typ": "other"}')), NULL, NULL),
    ('no audience named', forge.outside_token('k', '{"aud": "a"}'), NULL, NULL),
    ('another audience', forge.outside_token('k', '{"aud": "a"}'), 'b', NULL),
    ('an audience where there is none', forge.outside_token('k'), 'b', NULL),
    ('a scope that it lacks', forge.outside_token('k', '{"scope": "read"}'), NULL, 'write'),
    ('a scope that the key may not give', forge.outside_token('k', '{"scope": "public"}'), NULL, NULL),
    ('a role that the key may not give', forge.outside_token('k', '{"role": "postgres"}'), NULL, NULL),
    ('a public key''s token without the scope public', access_token.issue_public_token('t', 'p', 'user|42'), NULL, NULL),
    ('a public key''s token with another scope', access_token.issue_public_token('t', 'p', 'user|42'), NULL, 'read'),
    ('another tenant''s token', (SELECT token FROM forge.bystander_token WHERE scope IS NULL LIMIT 1), NULL, NULL),
    ('another tenant''s public key', (SELECT token FROM forge.bystander_token WHERE scope = 'public'), NULL, 'public'),
    ('an id_token', forge.own_token('ed', forge.own_header('ed', '{"typ": "JWT"}'), forge.own_claims('ed', '{"client_id": "c", "sub": "user|42", "nonce": "n"}')), NULL, NULL),
    ('a token of sign_token', access_token.sign_token('t', '{}', 'EdDSA', '{"typ": "invitation+jwt"}'), NULL, NULL),
    ('an unknown client', client_token('{"client_id": "nobody"}'), NULL, NULL)
) AS r (what, token, audience, scope);
SELECT is(access_token.introspect_access_token(token, tenant_id), '{"active": false}', 'asked by ' || tenant_id)
FROM good, unnest(ARRAY['bystander', 'nobody', '', 'T']) AS tenant_id WHERE what = 'an API key''s token';

-- What was good and is no longer.
SELECT is(forge.answer_with(fault, format('SELECT access_token.introspect_access_token(%L, %L)', token, 't')), '{"active": false}', fault)
FROM good, (VALUES ($$SELECT access_token.set_api_key_enabled('k', false)$$), ($$SELECT access_token.set_tenant_enabled('t', false)$$),
    ($$SELECT access_token.delete_api_key('k')$$), ($$SELECT access_token.rotate_api_key('k', '0')$$),
    ($$SELECT access_token.revoke_identity('t', 'user|42')$$), ($$SELECT access_token.revoke_api_key_tokens('k')$$),
    ($$SELECT access_token.revoke_tenant_tokens('t')$$)) AS r (fault) WHERE what = 'an API key''s token';
SELECT is(forge.answer_with(format('SELECT access_token.revoke_access_token(%L)', token), format('SELECT access_token.introspect_access_token(%L, %L, %L, %L)', token, 't', audience, scope)),
          '{"active": false}', 'revoked: ' || what) FROM good;
SELECT is(forge.answer_with(fault, format('SELECT access_token.introspect_access_token(%L, %L)', token, 't')), '{"active": false}', fault)
FROM good, (VALUES ($$SELECT access_token.set_client_enabled('c', false)$$), ($$SELECT access_token.delete_client('c')$$),
    ($$SELECT access_token.revoke_client_tokens('c')$$)) AS r (fault) WHERE what = 'a client''s token';
SELECT is(says(token, audience, scope) -> 'active', 'true', 'undone: ' || what) FROM good;

-- What the caller gets wrong, and what the database lacks, is an error.
SELECT throws_ok($$ SELECT access_token.introspect_access_token('x', NULL) $$, '22004', NULL, 'no tenant');
SELECT throws_ok($$ SELECT access_token.introspect_access_token('x', 't', '') $$, '22023', NULL, 'an empty audience');
SELECT throws_ok($$ SELECT access_token.introspect_access_token('x', 't', NULL, 'a  b') $$, '22023', NULL, 'a malformed scope');
SELECT is(forge.answer_with('DROP INDEX access_token.revocation_lookup_key_idx', format('SELECT access_token.introspect_access_token(%L, %L)', token, 't')),
          'XX002', 'no index of revocations') FROM good WHERE what = 'an API key''s token';
SELECT is(forge.answer_with('SET LOCAL transaction_read_only = on', format('SELECT access_token.introspect_access_token(%L, %L) -> %L', token, 't', 'active')),
          'true', 'in a read-only transaction') FROM good WHERE what = 'an API key''s token';

SELECT forge.bystander_is_unchanged('all of it');
SELECT * FROM finish();
ROLLBACK;
