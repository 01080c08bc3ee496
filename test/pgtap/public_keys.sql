/*
 * Public API keys: whoever knows the id gets a token for any user id, so such a token is a claim that
 * nobody proved. It is refused unless the caller asks for it, and the secret never leaves the server.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql

SELECT plan(49);

SELECT forge.make_key('secret', 't');
SELECT forge.make_key('public', 't', public => true);
SELECT forge.make_key('public512', 't', 'HS512', '{"token_lifetime": 60}', public => true);

-- The secret of a public key is never returned.
SELECT is(secret, NULL, 'created without showing a secret') FROM forge.api_key WHERE label LIKE 'public%';
SELECT results_eq($$ SELECT c.* FROM access_token.create_api_key('t', 'x', public => true, id => 'x') AS c $$,
                  $$ VALUES ('x', NULL::text) $$, 'create_api_key returns id and NULL');
SELECT is(access_token.rotate_api_key('public'), NULL, 'rotated without showing a secret');
SELECT isnt(k.current_secret_id, f.kid, 'although it was rotated')
FROM access_token.api_keys AS k JOIN forge.api_key AS f ON f.label = k.api_key_id WHERE f.label = 'public';
SELECT throws_ok($$ SELECT access_token.create_api_key('t', 'x', true, imported_secret => repeat('s', 64)) $$,
                 '22023', 'a public API key takes no secret', 'none is imported');
SELECT throws_ok($$ SELECT access_token.create_api_key('t', 'x', true, imported_secret => '') $$,
                 '22023', 'a public API key takes no secret', 'not even an empty one');
SELECT is(array_agg(DISTINCT kind), '{public}', 'the view calls them public')
FROM access_token.api_keys WHERE api_key_id IN ('public', 'public512', 'x');

-- The token, to the letter.
CREATE TABLE issued AS SELECT access_token.issue_public_token('t', 'public', 'user|42') AS token;
SELECT is(forge.header_of(token), format('{"alg":"HS256","typ":"JWT","cty":"parra-fpa;v=1","kid":"%s"}', k.current_secret_id),
          'the header') FROM issued, access_token.api_keys AS k WHERE k.api_key_id = 'public';
SELECT is(forge.claims_of(token),
          format('{"exp":%s,"iat":%s,"iss":"public","jti":"%s","sub":"t","grants":{"identity":"user|42"},"scope":"public"}',
                 (c ->> 'iat')::bigint + 3600, c ->> 'iat', c ->> 'jti'), 'the claims')
FROM issued, LATERAL (SELECT forge.claims_of(token)::jsonb AS c) AS claims;
SELECT is((c ->> 'exp')::bigint - (c ->> 'iat')::bigint, 60::bigint, 'lives as long as the key''s settings say')
FROM (SELECT access_token.verify_access_token(access_token.issue_public_token('t', 'public512', 'x'), scope => 'public') AS c) AS v;

-- Refused without scope => 'public', whatever else is asked.
SELECT is(forge.verdict(token, 't', NULL, scope), forge.refusal('TK008', 'public_token', 'both', 'decodes'),
          'refused with scope ' || coalesce(quote_literal(scope), 'NULL'))
FROM issued, (VALUES (NULL), ('read'), ('Public'), ('publi'), ('publicx'), ('public:read'), ('clients:issue')) AS r (scope);
SELECT is(forge.verdict(token, 't', NULL, 'public'), forge.acceptance(), 'accepted with scope public') FROM issued;
SELECT is(forge.verdict(token, NULL, NULL, 'public public'), forge.acceptance(), 'accepted with scope public twice') FROM issued;
SELECT is(forge.verdict(token, 't', NULL, scope), forge.refusal('TK008', 'insufficient_scope', 'both', 'decodes'),
          'has no other scope: ' || scope)
FROM issued, (VALUES ('public read'), ('read public')) AS r (scope);
SELECT is(forge.verdict(token, 'bystander', NULL, 'public'), forge.refusal('TK006', 'wrong_tenant', 'both', 'decodes'),
          'refused for another tenant') FROM issued;
SELECT is(forge.verdict(token, NULL, 'api', 'public'), forge.refusal('TK006', 'wrong_audience', 'both', 'decodes'),
          'refused for an audience: it has none') FROM issued;

-- The hint says what to do.
SELECT is(forge.hint_of(format('SELECT access_token.verify_access_token(%L)', token)),
          'Where that is enough, pass scope => ''public''.', 'the refusal says how to accept it') FROM issued;

-- Public is decided by the key's kind: a secret key cannot say it of its own.
SELECT throws_ok(format($$ SELECT access_token.issue_access_token('secret', 'user|42', scope => %L) $$, scope),
                 '22023', 'scope is not allowed', 'a secret key does not issue the scope ' || scope)
FROM (VALUES ('public'), ('read public'), ('public read')) AS r (scope);
SELECT is(forge.verdict(forge.token('secret', claims => forge.claims('secret', json_build_object('scope', claimed))), NULL, NULL, asked),
          forge.refusal('TK008', 'scope_not_allowed', 'both', 'decodes'),
          format('nor may it be claimed with its secret: %s, asked for %s', claimed, coalesce(asked, 'none')))
FROM (VALUES ('public', NULL), ('public', 'public'), ('read public', NULL), ('read public', 'read')) AS r (claimed, asked);
SELECT is(forge.verdict(forge.token('secret'), NULL, NULL, 'public'),
          forge.refusal('TK008', 'insufficient_scope', 'both', 'decodes'), 'a secret key''s token is not public');
SELECT throws_ok($$ SELECT access_token.update_api_key('secret', '{"allowed_scopes": ["read", "public"]}') $$,
                 '22023', 'allowed_scopes is not valid', 'and it cannot be allowed to a secret key');
SELECT throws_ok($$ SELECT access_token.create_api_key('t', 'x', settings => '{"allowed_scopes": ["public"]}') $$,
                 '22023', 'allowed_scopes is not valid', 'from the beginning or later');

-- Each kind has its own function, and the hint names it.
SELECT throws_ok($$ SELECT access_token.issue_access_token('public', 'user|42') $$, '22023', 'API key is public',
                 'issue_access_token refuses a public key');
SELECT is(forge.hint_of($$ SELECT access_token.issue_access_token('public', 42) $$), 'Call access_token.issue_public_token.',
          'and names the function to call');
SELECT throws_ok($$ SELECT access_token.issue_public_token('t', 'secret', 'user|42') $$, '22023', 'API key is secret',
                 'issue_public_token refuses a secret key');
SELECT is(forge.hint_of($$ SELECT access_token.issue_public_token('t', 'secret', 'x') $$), 'Call access_token.issue_access_token.',
          'and names the function to call');

-- The tenant must own the key; the answer does not tell another tenant's key from none.
SELECT throws_ok(format('SELECT access_token.issue_public_token(%L, %L, %L)', tenant_id, api_key_id, 'user|42'),
                 '42704', 'API key does not exist', format('tenant %s, key %s', tenant_id, api_key_id))
FROM (VALUES ('t', 'bystander_public'), ('bystander', 'public'), ('t', 'nobody'), ('nobody', 'public'), ('T', 'public'),
             ('bystander', 'secret')) AS r (tenant_id, api_key_id);

SELECT throws_ok($$ SELECT access_token.issue_public_token('t', 'public', '') $$, '22023', 'user_id has no valid length',
                 'a user id is not empty');
SELECT access_token.set_api_key_enabled('public', false);
SELECT throws_ok($$ SELECT access_token.issue_public_token('t', 'public', 'x') $$, 'TK009', 'API key is disabled',
                 'a disabled one issues nothing');
SELECT is(forge.verdict(token, 't', NULL, 'public'), forge.refusal('TK009', 'disabled', 'both', 'decodes'),
          'and its tokens are refused') FROM issued;
SELECT forge.bystander_is_unchanged('public keys');

SELECT * FROM finish();
ROLLBACK;
