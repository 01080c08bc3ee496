/*
 * Scopes and the role claim: what a key may give at issue, what it may have given at verification, and
 * what the verifier asks for.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql

SELECT plan(109);

SELECT forge.make_key('any', 't');
SELECT forge.make_key('read', 't', settings => '{"allowed_scopes": ["read", "write:own"]}');
SELECT forge.make_key('no_scope', 't', settings => '{"allowed_scopes": []}');
SELECT forge.make_key('clients', 't', settings => '{"allowed_scopes": ["clients:issue"]}');
SELECT forge.make_key('roles', 't', settings => '{"allowed_roles": ["web_user", "we\"ird"]}');

CREATE FUNCTION issued(label text, scope text) RETURNS text LANGUAGE sql AS $function$
    SELECT access_token.issue_access_token(label, 'x', scope => scope)
$function$;
CREATE FUNCTION claiming(label text, changes json) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.token(label, claims => forge.claims(label, changes))
$function$;

-- At issue.
SELECT is(access_token.verify_access_token(issued(label, scope)) ->> 'scope', scope,
          format('key %s gives %s', label, coalesce(scope, 'no scope')))
FROM (VALUES ('any', NULL), ('any', 'read'), ('any', 'a b c'), ('any', 'https://example.com/a?b=c#d'), ('any', '!~'),
             ('any', 'read read'), ('any', 'Public'), ('any', 'clients'), ('read', NULL), ('read', 'read'),
             ('read', 'write:own read'), ('no_scope', NULL), ('clients', 'clients:issue')) AS r (label, scope);
SELECT throws_ok(format('SELECT issued(%L, %L)', label, scope), '22023', 'scope is not allowed',
                 format('key %s does not give %s', label, scope))
FROM (VALUES ('any', 'public'), ('any', 'clients:issue'), ('any', 'read clients:issue'), ('read', 'write'), ('read', 'read write'),
             ('read', 'rea'), ('read', 'reader'), ('read', 'READ'), ('no_scope', 'read'), ('clients', 'read'),
             ('clients', 'public')) AS r (label, scope);

-- RFC 6749 3.3: one or more of printable ASCII without quote and backslash, single spaces between.
CREATE TABLE malformed (scope text);
INSERT INTO malformed VALUES (''), (' '), (' a'), ('a '), ('a  b'), ('"a"'), ('a\b'), (E'a\tb'), (E'a\n'), (U&'\00E9'), (E'a\x7f');
SELECT throws_ok(format('SELECT issued(%L, %L)', 'any', scope), '22023', 'scope is malformed',
                 'not to be issued: ' || to_json(scope)) FROM malformed;
SELECT throws_ok(format('SELECT access_token.%s(%L, scope => %L)', f, issued('any', 'a'), scope), '22023', 'scope is malformed',
                 format('not to be asked for by %s: %s', f, to_json(scope)))
FROM malformed, (VALUES ('verify_access_token'), ('inspect_access_token')) AS r (f)
WHERE scope IN ('', 'a  b', U&'\00E9');

-- At most 256 words: what the one side has is compared with what the other asks for, each with each.
CREATE FUNCTION words(count integer) RETURNS text LANGUAGE sql AS $function$
    SELECT string_agg('s' || n, ' ' ORDER BY n) FROM generate_series(1, count) AS n
$function$;
SELECT is(forge.verdict(issued('any', words(n)), scope => words(n)), forge.acceptance(), n || ' words: issued, and asked for')
FROM (VALUES (255), (256)) AS r (n);
SELECT throws_ok(format('SELECT issued(%L, words(%s))', 'any', n), '22023', 'scope is malformed', n || ' words: not to be issued')
FROM (VALUES (257), (9000)) AS r (n);
SELECT throws_ok(format('SELECT access_token.%s(%L, scope => words(%s))', f, issued('any', 'a'), n), '22023', 'scope is malformed',
                 format('%s words: not to be asked for by %s', n, f))
FROM (VALUES ('verify_access_token'), ('inspect_access_token')) AS r (f), (VALUES (257), (30000)) AS c (n);
SELECT is(forge.verdict(claiming('any', json_build_object('scope', words(n))), scope => asked), forge.acceptance(),
          format('%s words: claimed', n))
FROM (VALUES (256, NULL), (256, 's256')) AS r (n, asked);
SELECT is(forge.verdict(claiming('any', json_build_object('scope', words(n)))), forge.refusal('TK001', 'bad_claim', 'both', 'decodes'),
          format('%s words: claimed, and malformed', n))
FROM (VALUES (257), (7000)) AS r (n);

-- What the verifier asks for: all of it, as whole words, in any order.
SELECT is(forge.verdict(issued('any', has), scope => asked), forge.acceptance(), format('has %s, asked for %s', has,
    coalesce(asked, 'nothing')))
FROM (VALUES ('a b c', NULL), ('a b c', 'a'), ('a b c', 'c a'), ('a b c', 'b b'), ('a', 'a'), ('a b c', 'a b c')) AS r (has, asked);
SELECT is(forge.verdict(issued('any', has), scope => asked), forge.refusal('TK008', 'insufficient_scope', 'both', 'decodes'),
          format('has %s, not %s', coalesce(has, 'none'), asked))
FROM (VALUES (NULL, 'a'), ('a b', 'c'), ('a b', 'a c'), ('ab', 'a'), ('a', 'ab'), ('a', 'A'), ('a:b', 'a'), ('a',
    'public')) AS r (has, asked);

-- Whoever holds the secret can claim any scope; what the key may not give is refused all the same.
SELECT is(forge.verdict(claiming(label, json_build_object('scope', scope)), scope => asked),
          forge.refusal('TK008', 'scope_not_allowed', 'both', 'decodes'), format('key %s, claimed %s', label, scope))
FROM (VALUES ('any', 'public', NULL), ('any', 'clients:issue', NULL), ('any', 'read clients:issue', 'read'), ('read', 'write', NULL),
             ('read', 'read write', 'read'), ('no_scope', 'read', NULL), ('clients', 'public', 'public')) AS r (label, scope, asked);
SELECT is(forge.verdict(claiming('read', '{"scope": "read"}')), forge.acceptance(), 'key read, claimed read');

-- allowed_scopes binds tokens that are out.
CREATE TABLE out AS SELECT issued('any', 'read write') AS two, issued('any', 'read') AS one, issued('any', NULL) AS none;
SELECT access_token.update_api_key('any', '{"allowed_scopes": ["read"]}');
SELECT is(forge.verdict(two), forge.refusal('TK008', 'scope_not_allowed', 'both', 'decodes'),
    'narrowed: the wider token is refused') FROM out;
SELECT is(forge.verdict(one), forge.acceptance(), 'narrowed: the narrower token is good') FROM out;
SELECT is(forge.verdict(none), forge.acceptance(), 'narrowed: the token without scope is good') FROM out;
SELECT throws_ok($$ SELECT issued('any', 'write') $$, '22023', 'scope is not allowed', 'narrowed: no more of it is issued');
SELECT access_token.update_api_key('any', '{"allowed_scopes": null}');
SELECT is(forge.verdict(two), forge.acceptance(), 'widened: the wider token is good again') FROM out;

SELECT throws_ok(format('SELECT access_token.update_api_key(%L, %L)', 'any', settings::text), '22023', message,
    'allowed_scopes: not ' || settings::text)
FROM (VALUES
    ('{"allowed_scopes": "read"}'::jsonb, 'setting "allowed_scopes" has the wrong type'),
    ('{"allowed_scopes": [1]}', 'setting "allowed_scopes" has the wrong type'),
    ('{"allowed_scopes": [null]}', 'setting "allowed_scopes" has the wrong type'),
    ('{"allowed_scopes": [["read"]]}', 'setting "allowed_scopes" has the wrong type'),
    ('{"allowed_scopes": {}}', 'setting "allowed_scopes" has the wrong type'),
    ('{"allowed_scopes": [""]}', 'allowed_scopes is not valid'),
    ('{"allowed_scopes": ["a b"]}', 'allowed_scopes is not valid'),
    ('{"allowed_scopes": ["a", "public"]}', 'allowed_scopes is not valid'),
    ('{"allowed_scopes": ["\u00e9"]}', 'allowed_scopes is not valid')
) AS r (settings, message);
SELECT is(allowed_scopes, NULL, 'nothing of that was written') FROM access_token.api_keys WHERE api_key_id = 'any';

-- The role claim, which PostgREST reads: only what the key allows, and by default nothing.
CREATE FUNCTION with_role(label text, role text) RETURNS text LANGUAGE sql AS $function$
    SELECT access_token.issue_access_token(label, 'x', claims => jsonb_build_object('role', role))
$function$;
SELECT is(access_token.verify_access_token(with_role('roles', role)) ->> 'role', role, 'key roles gives the role ' || role)
FROM (VALUES ('web_user'), ('we"ird')) AS r (role);
SELECT throws_ok(format('SELECT with_role(%L, %L)', label, role), '22023', 'role is not allowed',
                 format('key %s does not give the role %s', label, quote_literal(role)))
FROM (VALUES ('any', 'web_user'), ('any', 'postgres'), ('any', ''), ('roles', 'postgres'), ('roles', 'WEB_USER'), ('roles', 'web_user '),
             ('roles', 'web')) AS r (label, role);
SELECT throws_ok(format('SELECT access_token.issue_access_token(%L, %L, claims => %L)', 'roles', 'x', claims), '22023',
    'role is not allowed',
                 'a role is one name: not ' || claims)
FROM (VALUES ('{"role": ["web_user"]}'), ('{"role": null}'), ('{"role": 1}')) AS r (claims);
SELECT is(forge.verdict(claiming(label, json_build_object('role', role))),
          forge.refusal('TK008', 'role_not_allowed', 'both', 'decodes'), format('key %s, claimed role %s', label, quote_literal(role)))
FROM (VALUES ('any', 'postgres'), ('any', ''), ('roles', 'postgres'), ('roles', '')) AS r (label, role);
SELECT is(forge.verdict(claiming('roles', '{"role": "web\u005fuser"}')), forge.acceptance(), 'key roles, claimed role by an escape');
CREATE TABLE role_out AS SELECT with_role('roles', 'web_user') AS token;
SELECT access_token.update_api_key('roles', '{"allowed_roles": []}');
SELECT is(forge.verdict(token), forge.refusal('TK008', 'role_not_allowed', 'both', 'decodes'),
    'taken back: the role''s token is refused') FROM role_out;
SELECT forge.bystander_is_unchanged('scopes and roles');

SELECT * FROM finish();
ROLLBACK;
