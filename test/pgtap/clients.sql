/*
 * Clients: ids, audiences, settings, switching off and deleting, and the signing keys that come with
 * them. What is done to the clients of one tenant leaves the other as it was.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql
\ir support/roles.sql
\ir support/bystander.sql

SELECT plan(228);

SELECT access_token.create_tenant('T', 't', 'https://t.example');
SELECT access_token.rotate_signing_key('t', 'ES256'); -- makes no client wait for a key of RSA below

-- A client with its id, on the algorithm whose keys are there.
CREATE FUNCTION make(id text, tenant_id text DEFAULT 't', audience text[] DEFAULT '{}', settings jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql AS $function$
    SELECT client_id FROM access_token.create_client(tenant_id, 'C', audience, '{"algorithm": "ES256"}'::jsonb || settings, id)
$function$;
CREATE FUNCTION client(id text) RETURNS jsonb LANGUAGE sql AS $function$
    SELECT to_jsonb(c) - 'created_at' FROM access_token.clients AS c WHERE c.client_id = client.id
$function$;

-- What comes of no more than a tenant and a name.
CREATE TABLE plain AS SELECT * FROM access_token.create_client('t', 'Plain');
SELECT is(count(*), 1::bigint, 'one row') FROM plain;
SELECT matches(client_id, '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', 'a random UUID when no id is given') FROM plain;
SELECT is(client_secret, NULL, 'and no secret') FROM plain;
SELECT is(client(client_id) - 'client_id',
          '{"tenant_id": "t", "name": "Plain", "state": "active", "audience": [], "algorithm": "RS256", "lifetime": 3600,
            "allowed_scopes": null, "allowed_roles": [], "disabled_at": null, "tokens_revoked_at": null}', 'the defaults') FROM plain;
SELECT is(created_at BETWEEN now() AND clock_timestamp(), true, 'made just now') FROM access_token.clients JOIN plain USING (client_id);
SELECT is(pg_get_function_result('access_token.create_client(text, text, text[], jsonb, text)'::regprocedure),
          'TABLE(client_id text, client_secret text)', 'its columns');

-- Ids: 1 to 128 of the allowed characters, unique across tenants.
SELECT is(make(id), id, 'an id: ' || left(id, 40))
FROM (VALUES ('c'), ('C'), ('-'), ('_'), ('0'), ('a-b_C9'), (repeat('x', 128))) AS r (id);
SELECT throws_ok(format('SELECT make(%L)', id), '22023', 'id is not valid', 'no id: ' || to_json(left(id, 40)))
FROM (VALUES (''), (' '), ('a b'), ('c '), (E'c\n'), ('a.b'), ('a/b'), ('a''b'), ('a"b'), ('a%b'), (U&'\00E9'), (U&'\0441'), (repeat('x', 129))) AS r (id);
SELECT throws_ok(format('SELECT make(%L)', id), '42710', 'client exists already', 'an id is taken once: ' || id)
FROM (VALUES ('c'), ('bystander_client')) AS r (id);
SELECT is(forge.hint_of($$ SELECT make('c') $$), 'Ids are unique across tenants; leave id away to have a UUID made.', 'which the hint says');
SELECT is(make('t'), 't', 'a tenant''s id is free for a client');
SELECT is(make('bystander_secret'), 'bystander_secret', 'as is an API key''s');
SELECT throws_ok(format('SELECT make(''new'', %L)', tenant_id), '42704', 'tenant does not exist', 'no tenant: ' || coalesce(tenant_id, 'NULL'))
FROM (VALUES ('nobody'), (''), ('T'), ('t '), (NULL)) AS r (tenant_id);
SELECT is(client('new'), NULL, 'and no client');
SELECT lives_ok(format('SELECT access_token.create_client(''t'', %L)', name), 'a name of ' || length(name))
FROM (VALUES ('x'), (U&'\00E9''"\\ '), (repeat(U&'\00E9', 255))) AS r (name);
SELECT throws_ok(format('SELECT access_token.create_client(''t'', %L)', name), '22023', 'name is not valid', 'no name of ' || coalesce(length(name)::text, 'NULL'))
FROM (VALUES (''), (repeat('x', 256)), (NULL)) AS r (name);

-- Audiences: a plain list of up to 32 texts of 1 to 255 characters, the same at the beginning and later.
CREATE TABLE audience (what text, list text[], refused text);
INSERT INTO audience VALUES
    ('none', '{}', NULL), ('one', '{https://api.example}', NULL), ('of any characters', ARRAY[U&'\00E9 "\\'], NULL),
    ('of 255 characters', ARRAY[repeat(U&'\00E9', 255)], NULL), ('32', ARRAY(SELECT 'a' || n FROM generate_series(1, 32) AS n), NULL),
    ('33', ARRAY(SELECT 'a' || n FROM generate_series(1, 33) AS n), 'audience is not valid'),
    ('an empty text', '{api,""}', 'audience is not valid'), ('256 characters', ARRAY[repeat('x', 256)], 'audience is not valid');
SELECT throws_ok(format('SELECT make(''x'', audience => %L)', list), '22023', refused, 'no audience at the beginning: ' || what) FROM audience WHERE refused IS NOT NULL;
SELECT is(client(make(replace('aud-' || what, ' ', '-'), audience => list)) -> 'audience', to_jsonb(list), 'audience at the beginning: ' || what)
FROM audience WHERE refused IS NULL;
SELECT access_token.update_client('c', jsonb_build_object('audience', list)) FROM audience WHERE what = 'one';
SELECT throws_ok(format('SELECT access_token.update_client(''c'', %L)', jsonb_build_object('audience', list)), '22023', refused, 'audience later: ' || what)
FROM audience WHERE refused IS NOT NULL;
SELECT is(client('c') -> 'audience', '["https://api.example"]', 'nothing of that was written');
SELECT throws_ok(format('SELECT access_token.create_client(''t'', ''C'', %s)', list), '22023', 'audience is not valid', 'no audience: ' || list)
FROM (VALUES ('NULL'), ('ARRAY[NULL::text]'), ('ARRAY[''a'', NULL]'), ('ARRAY[[''a'', ''b'']]'), ('ARRAY[[''a''], [''b'']]'), ('''{{{a}}}''')) AS r (list);
SELECT is(client((access_token.create_client('t', 'C', '[5:6]={a,b}', '{"algorithm": "ES256"}', 'bounds')).client_id) -> 'audience', '["a", "b"]',
          'a list may begin with any number');

-- Settings: each with good and bad values, at the beginning and later.
CREATE TABLE setting (name text, value jsonb, message text);
INSERT INTO setting VALUES
    ('lifetime', '1', NULL), ('lifetime', '172800', NULL), ('lifetime', '0', 'lifetime is out of range'), ('lifetime', '-1', 'lifetime is out of range'),
    ('lifetime', '172801', 'lifetime is out of range'), ('lifetime', '999999999', 'lifetime is out of range'), ('lifetime', '1.5', 'setting "lifetime" has the wrong type'),
    ('lifetime', '"60"', 'setting "lifetime" has the wrong type'), ('lifetime', 'null', 'setting "lifetime" has the wrong type'),
    ('lifetime', '99999999999', 'setting "lifetime" has the wrong type'), ('lifetime', '1e400', 'setting "lifetime" has the wrong type'),
    ('algorithm', '"ES256"', NULL), ('algorithm', '"EdDSA"', NULL), ('algorithm', '"HS256"', 'algorithm is not supported'), ('algorithm', '"none"', 'algorithm is not supported'),
    ('algorithm', '"es256"', 'algorithm is not supported'), ('algorithm', '"ES256 "', 'algorithm is not supported'), ('algorithm', '"ES256K"', 'algorithm is not supported'),
    ('algorithm', '""', 'algorithm is not supported'), ('algorithm', 'null', 'setting "algorithm" has the wrong type'), ('algorithm', '["ES256"]', 'setting "algorithm" has the wrong type'),
    ('allowed_scopes', 'null', NULL), ('allowed_scopes', '[]', NULL), ('allowed_scopes', '["read", "clients:issue"]', NULL),
    ('allowed_scopes', '["public"]', 'allowed_scopes is not valid'), ('allowed_scopes', '[""]', 'allowed_scopes is not valid'),
    ('allowed_scopes', '["a b"]', 'allowed_scopes is not valid'), ('allowed_scopes', '["\u00e9"]', 'allowed_scopes is not valid'),
    ('allowed_scopes', '"read"', 'setting "allowed_scopes" has the wrong type'), ('allowed_scopes', '[1]', 'setting "allowed_scopes" has the wrong type'),
    ('allowed_scopes', '[null]', 'setting "allowed_scopes" has the wrong type'), ('allowed_scopes', '[["read"]]', 'setting "allowed_scopes" has the wrong type'),
    ('allowed_roles', '[]', NULL), ('allowed_roles', '["web", "\u00e9"]', NULL), ('allowed_roles', '[""]', 'allowed_roles is not valid'),
    ('allowed_roles', to_jsonb(ARRAY[repeat('x', 64)]), 'allowed_roles is not valid'), ('allowed_roles', 'null', 'setting "allowed_roles" has the wrong type'),
    ('allowed_roles', '"web"', 'setting "allowed_roles" has the wrong type');
CREATE TABLE later_setting AS SELECT * FROM setting;
INSERT INTO later_setting VALUES
    ('name', '"Other"', NULL), ('name', '""', 'name is not valid'), ('name', 'null', 'setting "name" has the wrong type'), ('name', '1', 'setting "name" has the wrong type'),
    ('audience', '[]', NULL), ('audience', '["a", "b"]', NULL), ('audience', '[""]', 'audience is not valid'), ('audience', 'null', 'setting "audience" has the wrong type'),
    ('audience', '"a"', 'setting "audience" has the wrong type'), ('audience', '[["a"]]', 'setting "audience" has the wrong type'), ('audience', '[null]', 'setting "audience" has the wrong type');

SELECT make('base');
CREATE TABLE base AS SELECT client('base') AS row;
CREATE FUNCTION created(settings jsonb) RETURNS jsonb LANGUAGE sql AS $function$
    SELECT client((access_token.create_client('t', 'C', '{}', '{"algorithm": "ES256"}'::jsonb || settings)).client_id) - 'client_id'
$function$;
SELECT is(created(jsonb_build_object(name, value)), (SELECT row - 'client_id' FROM base) || jsonb_build_object(name, value), format('at the beginning: %s %s', name, value))
FROM setting WHERE message IS NULL;
SELECT throws_ok(format('SELECT access_token.create_client(''t'', ''C'', ''{}'', %L)', jsonb_build_object(name, value)), '22023', message,
                 format('not at the beginning: %s %s', name, left(value::text, 40))) FROM setting WHERE message IS NOT NULL;
CREATE FUNCTION changed(settings jsonb) RETURNS jsonb LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM public.make('changed');
    PERFORM access_token.update_client('changed', settings);
    RETURN public.client('changed');
END
$function$;
SELECT is((changed(jsonb_build_object(name, value)), access_token.delete_client('changed'))::text,
          ((SELECT row || '{"client_id": "changed"}' FROM base) || jsonb_build_object(name, value), '')::text,
          format('later, and nothing else: %s %s', name, value))
FROM later_setting WHERE message IS NULL;
SELECT throws_ok(format('SELECT access_token.update_client(''base'', %L)', jsonb_build_object(name, value)), '22023', message,
                 format('not later: %s %s', name, left(value::text, 40))) FROM later_setting WHERE message IS NOT NULL;
SELECT throws_ok($$ SELECT access_token.update_client('base', '{"name": "Other", "lifetime": 0}') $$, '22023', 'lifetime is out of range', 'all or nothing');
SELECT is(client('base'), row, 'nothing of that was written') FROM base;
SELECT is(created('{"algorithm": "Ed25519"}') ->> 'algorithm', 'EdDSA', 'Ed25519 is stored as EdDSA');

-- An unknown setting: the hint names those that there are.
SELECT throws_ok(format('SELECT access_token.create_client(''t'', ''C'', ''{}'', %L)', jsonb_build_object(name, 1)), '22023', 'unknown setting', 'unknown: ' || name)
FROM (VALUES ('lifetimes'), ('Lifetime'), (''), ('name'), ('audience'), ('client_id'), ('tenant_id'), ('disabled_at'), ('tokens_revoked_at')) AS r (name);
SELECT throws_ok(format('SELECT access_token.update_client(''base'', %L)', jsonb_build_object(name, 1)), '22023', 'unknown setting', 'unknown later: ' || name)
FROM (VALUES ('lifetimes'), (''), ('client_id'), ('tenant_id'), ('created_at'), ('disabled_at'), ('tokens_revoked_at'), ('tokens_revoked_cap')) AS r (name);
SELECT is(forge.hint_of($$ SELECT access_token.create_client('t', 'C', '{}', '{"x": 1}') $$),
          'Allowed: algorithm (string), allowed_roles (strings), allowed_scopes (strings?), lifetime (integer); a ? after the type means that null is allowed.',
          'the hint names the settings');
SELECT is(forge.hint_of($$ SELECT access_token.update_client('base', '{"x": 1}') $$),
          'Allowed: algorithm (string), allowed_roles (strings), allowed_scopes (strings?), audience (strings), lifetime (integer), name (string); '
          'a ? after the type means that null is allowed.', 'and those of an update');
SELECT throws_ok(format('SELECT access_token.create_client(''t'', ''C'', ''{}'', %L)', settings), '22023', 'settings is not an object', 'settings: ' || coalesce(settings, 'NULL'))
FROM (VALUES ('[]'), ('1'), ('null'), ('"x"'), (NULL)) AS r (settings);
SELECT lives_ok($$ SELECT access_token.update_client('base', '{}') $$, 'no settings are none');
SELECT is(client('base'), row, 'and change nothing') FROM base;

-- Signing keys: a client makes sure of a current and a next one of its algorithm, and of no other.
SELECT is(forge.states('t', 'RS256'), 'current next', 'the first client of an algorithm made its keys');
SELECT is(forge.states('t', 'ES256'), 'current next', 'where they are, none is made');
SELECT is(forge.states('t', 'PS256'), 'none', 'and none of an algorithm that nobody has');
CREATE TABLE published AS SELECT access_token.jwks('t') AS jwks;
SELECT make('one-more');
SELECT FROM access_token.create_client('t', 'One more', id => 'rsa');
SELECT is(access_token.jwks('t'), jwks, 'further clients change no key') FROM published;
SELECT access_token.update_client('rsa', '{"name": "x", "algorithm": "RS256"}');
SELECT is(access_token.jwks('t'), jwks, 'nor do changes of a client') FROM published;
SELECT access_token.update_client('rsa', '{"algorithm": "ES384"}');
SELECT is(forge.states('t', 'ES384'), 'current next', 'but that of its algorithm does');
SELECT is(forge.sqlstate_of($$ SELECT access_token.issue_client_token('t', 'rsa') $$), '00000', 'so it gets tokens at once');
SELECT access_token.create_tenant('States', 'states', 'https://states.example');
SELECT access_token.create_signing_key('states', 'ES256');
SELECT is(forge.states('states', 'ES256'), 'next', 'a key that is published only');
SELECT make('states', 'states');
SELECT is(forge.states('states', 'ES256'), 'current next', 'signs for the first client, and another one is published');
SELECT access_token.revoke_signing_key(kid) FROM access_token.signing_keys WHERE tenant_id = 'states' AND state = 'next';
SELECT is(forge.states('states', 'ES256'), 'current revoked', 'a next key that was revoked');
SELECT access_token.update_client('states', '{"lifetime": 60}');
SELECT is(forge.states('states', 'ES256'), 'current revoked next', 'is replaced by the next change');
SELECT is(forge.states('bystander', a), CASE a WHEN 'ES384' THEN 'current next' ELSE 'none' END, 'the other tenant''s keys: ' || a)
FROM (VALUES ('RS256'), ('ES256'), ('ES384')) AS r (a);

-- Off, on, gone.
SELECT access_token.set_client_enabled('base', false);
SELECT is(client('base') ->> 'state', 'disabled', 'switched off');
CREATE TABLE off AS SELECT disabled_at FROM access_token.clients WHERE client_id = 'base';
SELECT is(disabled_at BETWEEN now() AND clock_timestamp(), true, 'since just now') FROM off;
SELECT access_token.set_client_enabled('base', false);
SELECT is(c.disabled_at, off.disabled_at, 'switched off again it is off since then') FROM off, access_token.clients AS c WHERE client_id = 'base';
SELECT access_token.update_client('base', '{"lifetime": 3600}');
SELECT is(client('base') ->> 'state', 'disabled', 'a change of it does not switch it on');
SELECT access_token.set_client_enabled('base', true);
SELECT is(client('base'), row, 'switched on it is as before') FROM base;
SELECT throws_ok(format('SELECT access_token.%s', call), '42704', 'client does not exist', 'unknown: ' || call)
FROM unnest(ARRAY['nobody', '', 'Base', 'base ']) AS id, format('update_client(%L, ''{"name": "x"}'')', id) AS call
UNION ALL
SELECT throws_ok(format('SELECT access_token.%s', call), '42704', 'client does not exist', 'unknown: ' || call)
FROM unnest(ARRAY['nobody', '', 'Base', 'base ']) AS id, unnest(ARRAY['set_client_enabled(%L, true)', 'set_client_enabled(%L, false)', 'delete_client(%L)']) AS f, format(f, id) AS call;
SELECT throws_ok($$ SELECT access_token.set_client_enabled('base', NULL) $$, '22004', 'enabled must not be NULL', 'neither on nor off');
SELECT access_token.delete_client('base');
SELECT is(client('base'), NULL, 'deleted');
SELECT throws_ok($$ SELECT access_token.delete_client('base') $$, '42704', 'client does not exist', 'once');
SELECT is(make('base', 'states'), 'base', 'its id is free, for any tenant');

-- A tenant with a client is not deleted.
SELECT access_token.create_tenant('Full', 'full');
SELECT access_token.create_client('full', 'C', settings => '{"algorithm": "ES256"}', id => 'full');
DELETE FROM access_token.signing_key WHERE tenant_id = 'full'; -- by their owner: the client alone holds it
SELECT throws_ok($$ SELECT access_token.delete_tenant('full') $$, '2BP01', 'tenant is not empty', 'a tenant with a client is not deleted');
SELECT is(forge.hint_of($$ SELECT access_token.delete_tenant('full') $$),
          'Switch it off with access_token.set_tenant_enabled; then delete its API keys and clients, and revoke and delete its signing keys.', 'the hint tells how');
SELECT access_token.delete_client('full');
SELECT lives_ok($$ SELECT access_token.delete_tenant('full') $$, 'without one it is');

-- Nothing of that needs more than the bundle admin, and no other bundle will do.
CREATE ROLE clients_admin;
CREATE ROLE clients_issuer;
SELECT access_token.grant_access('clients_admin', 'admin'), access_token.grant_access('clients_issuer', 'issuer');
CREATE TABLE job (n integer, statement text);
INSERT INTO job VALUES (1, $$ SELECT client_id FROM access_token.create_client('t', 'Job', '{a}', '{"algorithm": "ES512"}', 'job') $$),
    (2, $$ SELECT access_token.update_client('job', '{"algorithm": "EdDSA"}') $$), (3, $$ SELECT access_token.set_client_enabled('job', false) $$),
    (4, $$ SELECT name FROM access_token.clients WHERE client_id = 'job' $$), (5, $$ SELECT access_token.delete_client('job') $$);
SELECT is((SELECT string_agg(forge.value_as('clients_issuer', statement), ' ' ORDER BY n) FROM job), '42501 42501 42501 42501 42501', 'an issuer administers nothing');
SELECT is((SELECT string_agg(forge.value_as('clients_admin', statement), '|' ORDER BY n) FROM job), 'job|||Job|', 'an admin does the whole job');
SELECT is(forge.sqlstate_as('clients_admin', $$ SELECT access_token.issue_client_token('t', 'c') $$), '42501', 'but gets no token');
SELECT is(forge.sqlstate_as('clients_issuer', $$ SELECT access_token.issue_client_token('t', 'c') $$), '00000', 'which an issuer does');
SELECT is(forge.sqlstate_as('clients_admin', format('SELECT access_token.%s', call)), '42501', 'not even an admin calls ' || call)
FROM (VALUES ('ensure_signing_keys(''t'', ''ES256'')'), ('check_client_audience(''{}'')'), ('raise_unknown_client()')) AS r (call);

SELECT forge.bystander_is_unchanged('clients');

SELECT * FROM finish();
ROLLBACK;
