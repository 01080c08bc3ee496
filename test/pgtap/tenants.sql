/*
 * Tenants: ids, issuers, settings, switching off and deleting. What is done to one tenant leaves the
 * other as it was.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql

SELECT plan(157);

-- Ids: a UUID when none is given; else 1 to 128 of the allowed characters.
SELECT matches(access_token.create_tenant('Acme'), '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
               'a random UUID when no id is given');
SELECT is(access_token.create_tenant('Acme', id), id, 'an id: ' || left(id, 40))
FROM (VALUES ('acme'), ('ACME'), ('a'), ('-'), ('_'), ('0'), ('a-b_C9'), (repeat('x', 128)), ('drop')) AS r (id);
SELECT throws_ok(format('SELECT access_token.create_tenant(%L, %L)', 'Acme', id), '22023', 'tenant_id is not valid',
                 'no id: ' || to_json(left(id, 40)))
FROM (VALUES (''), (' '), ('a b'), ('acme '), (' acme'), (E'acme\n'), (E'\nacme'), ('a.b'), ('a/b'), ('a''b'), ('a"b'), ('a%b'), ('a$b'),
             (U&'\00E9'), (U&'\0430cme'), (U&'\FF41'), (repeat('x', 129)), ('a,b'), ('a:b'), ('{a}'), ('a' || E'\t')) AS r (id);
SELECT throws_ok($$ SELECT access_token.create_tenant('Other', 'acme') $$, '42710', 'tenant exists already', 'an id is taken once');
SELECT throws_ok($$ SELECT access_token.create_tenant('Other', 'bystander') $$, '42710', 'tenant exists already',
                 'whoever asks');
SELECT is(name, 'Acme', 'and stays with whom it was given to') FROM access_token.tenants WHERE tenant_id = 'acme';
SELECT lives_ok(format('SELECT access_token.create_tenant(%L)', name), 'a name of ' || length(name))
FROM (VALUES ('x'), (U&'\00E9''"\\ '), (repeat('x', 255)), (repeat(U&'\00E9', 255))) AS r (name);
SELECT throws_ok(format('SELECT access_token.create_tenant(%L)', name), '22023', 'name is not valid', 'no name of ' || length(name))
FROM (VALUES (''), (repeat('x', 256))) AS r (name);

-- Issuers are https URLs without query and fragment.
CREATE TABLE issuer (url text, good boolean);
INSERT INTO issuer
SELECT url, true FROM unnest(ARRAY['https://a.example', 'https://a.example/', 'https://a.example:8443/tenant/1', 'https://localhost',
                                   'https://192.0.2.1', 'https://A-b.example/~x;y=1,(z)!$&''*+@:%20',
                                   'https://' || repeat('a', 247)]) AS url
UNION ALL
SELECT url, false FROM unnest(ARRAY['', 'a.example', 'http://a.example', 'HTTPS://a.example', 'https:a.example', 'https://', 'https:///x',
                                    'https://a.example?x=1', 'https://a.example/?', 'https://a.example#x', 'https://a.example/#',
                                    'https://user@a.example', 'https://a.example ', ' https://a.example', E'https://a.example\n',
                                    'https://a.example/a b', 'https://a.example/"', 'https://a.example/\', 'https://a.example:port',
                                    'https://a.example:', 'https://.a.example', 'https://-a.example', U&'https://\00E9.example',
                                    'https://a.example/<x>', 'javascript://a.example', 'https://' || repeat('a', 248)]) AS url;

SELECT lives_ok(format('SELECT access_token.update_tenant(%L, %L)', 'acme', json_build_object(setting, url)),
                format('%s: %s', setting, left(url, 60)))
FROM issuer, (VALUES ('issuer'), ('default_issuer')) AS s (setting) WHERE good;
SELECT throws_ok(format('SELECT access_token.update_tenant(%L, %L)', 'acme', json_build_object('issuer', url)), '22023',
    'issuer is not valid',
                 'no issuer: ' || to_json(left(url, 60)))
FROM issuer WHERE NOT good;
SELECT is((SELECT array_agg(DISTINCT forge.sqlstate_of(statement))
           FROM issuer, LATERAL (VALUES
               (format('SELECT access_token.update_tenant(%L, %L)', 'acme', json_build_object('default_issuer', url))),
               (format('SELECT access_token.create_tenant(%L, %L, issuer => %L)', 'x', 'x', url)),
               (format('SELECT access_token.create_tenant(%L, %L, default_issuer => %L)', 'x', 'x', url))) AS r (statement)
           WHERE NOT good),
          '{22023}', 'nor a default issuer, nor at the beginning');

-- An issuer names one tenant, whether as its own or as its default one.
SELECT access_token.update_tenant('acme', '{"issuer": "https://acme.example", "default_issuer": "https://platform.example/acme"}');
SELECT throws_ok(statement, '42710', 'issuer belongs to another tenant', format('%s cannot be %s''s', url, what))
FROM unnest(ARRAY['https://acme.example', 'https://platform.example/acme', 'https://bystander.example',
                  'https://platform.example/bystander']) AS url,
     LATERAL (VALUES
         ('a new tenant', format('SELECT access_token.create_tenant(%L, %L, issuer => %L)', 'x', 'x', url)),
         ('a new tenant''s default', format('SELECT access_token.create_tenant(%L, %L, default_issuer => %L)', 'x', 'x', url)),
         ('an older tenant', format('SELECT access_token.update_tenant(%L, %L)', 'a', json_build_object('issuer', url))),
         ('an older tenant''s default', format('SELECT access_token.update_tenant(%L, %L)', 'a', json_build_object('default_issuer', url)))
     ) AS r (what, statement);
SELECT lives_ok($$ SELECT access_token.update_tenant('acme', '{"issuer": "https://acme.example"}') $$, 'a tenant may keep its issuer');
SELECT lives_ok($$ SELECT access_token.update_tenant('acme', '{"default_issuer": "https://acme.example"}') $$,
                'and have it as its default one, too');
SELECT lives_ok($$ SELECT access_token.update_tenant('acme', '{"default_issuer": null}');
                   SELECT access_token.update_tenant('a', '{"issuer": "https://platform.example/acme"}') $$,
                'an issuer that was given up is free');
SELECT throws_ok($$ SELECT access_token.update_tenant('acme', '{"default_issuer": "https://platform.example/acme"}') $$,
                 '42710', 'issuer belongs to another tenant', 'until another has taken it');

-- Settings: each is written, and only it.
CREATE FUNCTION acme() RETURNS jsonb LANGUAGE sql AS $function$
    SELECT to_jsonb(t) FROM access_token.tenants AS t WHERE t.tenant_id = 'acme'
$function$;
CREATE FUNCTION update_tells(settings jsonb) RETURNS jsonb LANGUAGE plpgsql AS $function$
DECLARE
    before jsonb := public.acme();
BEGIN
    PERFORM access_token.update_tenant('acme', settings);
    RETURN (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}') FROM jsonb_each(public.acme()) AS a
            WHERE a.value IS DISTINCT FROM before -> a.key);
END
$function$;
SELECT is(update_tells(settings), settings, 'changes that and nothing else: ' || settings::text)
FROM (VALUES ('{"name": "New"}'::jsonb), ('{"issuer": null}'), ('{"issuer": "https://new.example"}'),
    ('{"default_issuer": "https://default.example"}'),
             ('{"max_token_lifetime": 60}'), ('{}'), ('{"name": "Newer", "max_token_lifetime": 172800}')) AS r (settings);

-- Anything else is refused, the hint names what is allowed, and nothing is written.
CREATE TABLE acme_before AS SELECT acme() AS picture;
SELECT throws_ok(format('SELECT access_token.update_tenant(%L, %L)', 'acme', settings::text), '22023', message,
    'no settings: ' || settings::text)
FROM (VALUES
    ('[]'::jsonb, 'settings is not an object'), ('null', 'settings is not an object'), ('"name"', 'settings is not an object'),
    ('{"name": 1}', 'setting "name" has the wrong type'), ('{"name": null}', 'setting "name" has the wrong type'),
    ('{"name": ""}', 'name is not valid'), ('{"name": ["x"]}', 'setting "name" has the wrong type'),
    ('{"issuer": 1}', 'setting "issuer" has the wrong type'), ('{"issuer": {}}', 'setting "issuer" has the wrong type'),
    ('{"default_issuer": false}', 'setting "default_issuer" has the wrong type'),
    ('{"max_token_lifetime": "60"}', 'setting "max_token_lifetime" has the wrong type'),
    ('{"max_token_lifetime": 60.5}', 'setting "max_token_lifetime" has the wrong type'),
    ('{"tenant_id": "other"}', 'unknown setting'), ('{"disabled_at": null}', 'unknown setting'), ('{"created_at": null}',
        'unknown setting'),
    ('{"Name": "x"}', 'unknown setting'), ('{"": 1}', 'unknown setting'), ('{"name": "x", "nmae": "y"}', 'unknown setting'),
    ('{"name": "x", "max_token_lifetime": 0}', 'max_token_lifetime is out of range'),
    ('{"name": "x", "issuer": "http://a.example"}', 'issuer is not valid')
) AS r (settings, message);
SELECT throws_ok($$ SELECT access_token.update_tenant('acme', '{"name": "x", "issuer": "https://bystander.example"}') $$,
                 '42710', 'issuer belongs to another tenant', 'nor with somebody else''s issuer');
SELECT is(acme(), picture, 'nothing of that was written') FROM acme_before;

SELECT is(forge.hint_of(format('SELECT access_token.update_tenant(%L, %L)', 'acme', settings)),
          'Allowed: default_issuer (string?), issuer (string?), max_token_lifetime (integer), name (string); '
          'a ? after the type means that null is allowed.', 'the hint names the allowed settings: ' || settings)
FROM (VALUES ('{"nmae": "x"}'), ('{"name": 1}'), ('[]')) AS r (settings);

-- Switching off and on.
SELECT forge.make_key('k', 'acme');
CREATE TABLE out AS SELECT access_token.issue_access_token('k', 'x') AS token;
SELECT access_token.set_tenant_enabled('acme', false);
SELECT is(forge.verdict(token), forge.refusal('TK009', 'disabled', 'both', 'decodes'), 'off: tokens are refused') FROM out;
SELECT throws_ok($$ SELECT access_token.issue_access_token('k', 'x') $$, 'TK009', 'tenant is disabled', 'off: none is issued');
SELECT is(state, 'disabled', 'off: the view says so') FROM access_token.tenants WHERE tenant_id = 'acme';
CREATE TABLE off AS SELECT disabled_at FROM access_token.tenants WHERE tenant_id = 'acme';
SELECT access_token.set_tenant_enabled('acme', false);
SELECT is(t.disabled_at, off.disabled_at, 'off again: it says since when') FROM access_token.tenants AS t, off WHERE t.tenant_id = 'acme';
SELECT access_token.set_tenant_enabled('acme', true);
SELECT is(forge.verdict(token), forge.acceptance(), 'on: tokens are good again') FROM out;
SELECT is(state, 'active', 'on: the view says so') FROM access_token.tenants WHERE tenant_id = 'acme';

-- Deleting: only when empty.
SELECT throws_ok($$ SELECT access_token.delete_tenant('acme') $$, '2BP01', 'tenant is not empty', 'a tenant with keys is not deleted');
SELECT is(forge.verdict(token), forge.acceptance(), 'its tokens stay good') FROM out;
SELECT access_token.delete_api_key('k');
SELECT lives_ok($$ SELECT access_token.delete_tenant('acme') $$, 'without keys it is deleted');
SELECT is_empty($$ SELECT FROM access_token.tenants WHERE tenant_id = 'acme' $$, 'and gone');
SELECT throws_ok(format(statement, id), '42704', 'tenant does not exist', format('unknown: ' || statement, id))
FROM (VALUES ('SELECT access_token.delete_tenant(%L)'), ('SELECT access_token.update_tenant(%L, ''{}'')'),
             ('SELECT access_token.set_tenant_enabled(%L, false)'), ('SELECT access_token.create_api_key(%L, ''x'')')) AS s (statement),
     (VALUES ('acme'), ('BYSTANDER'), ('')) AS i (id);
SELECT lives_ok($$ SELECT access_token.create_tenant('Acme again', 'acme', 'https://new.example') $$, 'its id and issuer are free');

SELECT forge.bystander_is_unchanged('tenants');

SELECT * FROM finish();
ROLLBACK;
