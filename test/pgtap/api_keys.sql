/*
 * API keys: ids, algorithms, settings, expiry, switching off and deleting. What is done to one key
 * leaves its tenant's other keys, and the other tenant, as they were.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql

SELECT plan(181);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('sibling', 't', 'HS384', '{"allowed_roles": ["web_user"]}');

CREATE FUNCTION sibling() RETURNS jsonb LANGUAGE sql AS $function$
    SELECT jsonb_build_array(to_jsonb(v), to_jsonb(k))
    FROM access_token.api_keys AS v JOIN access_token.api_key AS k USING (api_key_id)
    WHERE k.api_key_id = 'sibling'
$function$;
CREATE TABLE sibling_before AS SELECT sibling() AS picture;

-- Ids, as those of tenants; unique across tenants.
SELECT is((SELECT api_key_id FROM access_token.create_api_key('t', 'x', id => id)), id, 'an id: ' || left(id, 40))
FROM (VALUES ('a'), ('K'), ('-'), ('_'), ('a-b_C9'), (repeat('x', 128))) AS r (id);
SELECT throws_ok(format('SELECT access_token.create_api_key(%L, %L, id => %L)', 't', 'x', id), '22023', 'id is not valid',
                 'no id: ' || to_json(left(id, 40)))
FROM (VALUES (''), (' '), ('a b'), (E'a\n'), ('a.b'), ('a/b'), ('a''b'), ('a"b'), ('a|b'), (U&'\00E9'), (repeat('x', 129))) AS r (id);
SELECT throws_ok(format('SELECT access_token.create_api_key(%L, %L, id => %L)', 't', 'x', id), '42710', 'API key exists already',
                 'an id is taken once: ' || id)
FROM (VALUES ('k'), ('sibling'), ('bystander_secret')) AS r (id);
SELECT throws_ok($$ SELECT access_token.create_api_key('t', '') $$, '22023', 'name is not valid', 'no empty name');
SELECT throws_ok($$ SELECT access_token.create_api_key('t', repeat('x', 256)) $$, '22023', 'name is not valid', 'no name of 256');

SELECT throws_ok(format('SELECT access_token.create_api_key(%L, %L, algorithm => %L)', 't', 'x', algorithm), '22023',
                 'algorithm is not supported', 'no algorithm: ' || quote_literal(algorithm))
FROM (VALUES ('none'), ('hs256'), ('HS256 '), ('HS1'), ('RS256'), ('ES256'), ('EdDSA'), ('')) AS r (algorithm);
SELECT is(algorithm, a, 'algorithm ' || a)
FROM unnest(ARRAY['HS256', 'HS384', 'HS512']) AS a,
     LATERAL (SELECT api_key_id FROM access_token.create_api_key('t', 'x', algorithm => a, id => 'with' || a)) AS c
     JOIN access_token.api_key AS k USING (api_key_id);

-- What a new key is like when nothing is said, and when everything is.
SELECT is(to_jsonb(k) - '{created_at,current_secret_id,current_last_four,current_created_at}'::text[],
          '{"api_key_id": "k", "tenant_id": "t", "name": "Key of a test", "kind": "secret", "state": "active", "algorithm": "HS256",
            "content_type": "parra-fpa;v=1", "token_lifetime": 3600, "max_token_lifetime": 86400, "allowed_scopes": null,
            "allowed_roles": [], "expires_at": null, "disabled_at": null, "previous_secret_id": null,
            "previous_last_four": null, "previous_created_at": null, "previous_retires_at": null, "tokens_revoked_at": null}',
          'the defaults') FROM access_token.api_keys AS k WHERE api_key_id = 'k';
SELECT lives_ok($$ SELECT access_token.create_api_key('t', 'x', id => 'set', settings =>
    '{"name": "Set", "content_type": "JWT", "token_lifetime": 10, "max_token_lifetime": 20, "allowed_scopes": ["a"],
      "allowed_roles": ["b"], "expires_at": "2199-01-02T03:04:05Z"}') $$, 'everything is set at the beginning');
SELECT is(to_jsonb(k) #- '{expires_at}' -> c.key, c.value, 'set at the beginning: ' || c.key)
FROM access_token.api_keys AS k,
     jsonb_each('{"name": "Set", "content_type": "JWT", "token_lifetime": 10, "max_token_lifetime": 20, "allowed_scopes": ["a"],
                  "allowed_roles": ["b"]}') AS c
WHERE api_key_id = 'set';
SELECT is(expires_at, '2199-01-02 03:04:05+00'::timestamp with time zone, 'set at the beginning: expires_at')
FROM access_token.api_keys WHERE api_key_id = 'set';

-- Settings: each is written, and only it; a secret's columns are no settings. What a shorter lifetime leaves
-- for cut-offs is tested there.
CREATE FUNCTION k() RETURNS jsonb LANGUAGE sql AS $function$
    SELECT to_jsonb(v) || (to_jsonb(k) - 'tokens_revoked_cap')
    FROM access_token.api_keys AS v JOIN access_token.api_key AS k USING (api_key_id)
    WHERE k.api_key_id = 'k'
$function$;
CREATE FUNCTION update_tells(settings jsonb) RETURNS jsonb LANGUAGE plpgsql AS $function$
DECLARE
    before jsonb := public.k();
BEGIN
    PERFORM access_token.update_api_key('k', settings);
    RETURN (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}') FROM jsonb_each(public.k()) AS a
            WHERE a.value IS DISTINCT FROM before -> a.key);
END
$function$;
SELECT is(update_tells(settings), settings, 'changes that and nothing else: ' || settings::text)
FROM (VALUES ('{"name": "New"}'::jsonb), ('{"token_lifetime": 60}'), ('{"max_token_lifetime": 172800}'),
    ('{"content_type": "parra-fpa;v=2"}'),
             ('{"allowed_scopes": ["read", "write"]}'), ('{"allowed_scopes": []}'), ('{"allowed_scopes": null}'),
                 ('{"allowed_roles": ["a", "b"]}'),
             ('{"allowed_roles": []}'), ('{}'), ('{"name": "Newer", "token_lifetime": 1, "max_token_lifetime": 1}'),
             ('{"token_lifetime": 3600, "max_token_lifetime": 86400, "content_type": "parra-fpa;v=1"}')) AS r (settings);

-- Times have a zone, and are the same whatever the session's zone and style.
SET LOCAL TimeZone = 'Asia/Kolkata';
SET LOCAL DateStyle = 'SQL, DMY';
SELECT is((update_tells(jsonb_build_object('expires_at', written)) ->> 'expires_at')::timestamp with time zone,
          expected::timestamp with time zone, 'expires_at: ' || written)
FROM (VALUES ('2199-02-03T04:05:06Z', '2199-02-03T04:05:06Z'), ('2199-02-03 04:05:07+00', '2199-02-03T04:05:07Z'),
             ('2199-02-03T04:05+01:00', '2199-02-03T03:05:00Z'), ('2199-02-03T04:05:06.789-0930',
                 '2199-02-03T13:35:06.789Z')) AS r (written, expected);
RESET TimeZone;
RESET DateStyle;
SELECT is(update_tells('{"expires_at": null}'), '{"expires_at": null}', 'expires_at: never');

-- Anything else is refused, the hint names what is allowed, and nothing is written.
CREATE TABLE k_before AS SELECT k() AS picture;
SELECT throws_ok(format('SELECT access_token.update_api_key(%L, %L)', 'k', settings::text), '22023', message,
    'no settings: ' || left(settings::text, 80))
FROM (VALUES
    ('[]'::jsonb, 'settings is not an object'), ('null', 'settings is not an object'), ('1', 'settings is not an object'),
    ('{"name": 1}', 'setting "name" has the wrong type'), ('{"name": null}', 'setting "name" has the wrong type'),
    ('{"name": ""}', 'name is not valid'),
    ('{"token_lifetime": "60"}', 'setting "token_lifetime" has the wrong type'), ('{"max_token_lifetime": true}',
        'setting "max_token_lifetime" has the wrong type'),
    ('{"content_type": 1}', 'setting "content_type" has the wrong type'), ('{"content_type": null}',
        'setting "content_type" has the wrong type'),
    ('{"content_type": ""}', 'content_type is not valid'), ('{"content_type": " x"}', 'content_type is not valid'),
    ('{"content_type": "a\"b"}', 'content_type is not valid'), ('{"content_type": "a\\b"}', 'content_type is not valid'),
    ('{"content_type": "a\nb"}', 'content_type is not valid'), ('{"content_type": "\u00e9"}', 'content_type is not valid'),
    (jsonb_build_object('content_type', repeat('x', 128)), 'content_type is not valid'),
    ('{"allowed_roles": null}', 'setting "allowed_roles" has the wrong type'), ('{"allowed_roles": "a"}',
        'setting "allowed_roles" has the wrong type'),
    ('{"allowed_roles": [1]}', 'setting "allowed_roles" has the wrong type'), ('{"allowed_roles": [["a"]]}',
        'setting "allowed_roles" has the wrong type'),
    ('{"allowed_roles": [""]}', 'allowed_roles is not valid'), (jsonb_build_object('allowed_roles', ARRAY[repeat('x', 64)]),
        'allowed_roles is not valid'),
    ('{"expires_at": 1}', 'setting "expires_at" has the wrong type'), ('{"expires_at": "tomorrow"}',
        'setting "expires_at" has the wrong type'),
    ('{"expires_at": "infinity"}', 'setting "expires_at" has the wrong type'), ('{"expires_at": "2199-02-03"}',
        'setting "expires_at" has the wrong type'),
    ('{"expires_at": "2199-02-03T04:05:06"}', 'setting "expires_at" has the wrong type'),
    ('{"expires_at": "2199-02-30T04:05:06Z"}', 'setting "expires_at" is not valid'), ('{"expires_at": "2199-13-01T00:00:00Z"}',
        'setting "expires_at" is not valid'),
    ('{"expires_at": "0000-01-01T00:00:00Z"}', 'setting "expires_at" is not valid'), ('{"expires_at": "2199-01-01T25:00:00Z"}',
        'setting "expires_at" is not valid'),
    ('{"expires_at": "2199-01-01T00:00:00+99"}', 'setting "expires_at" is not valid'),
    ('{"id": "x"}', 'unknown setting'), ('{"tenant_id": "bystander"}', 'unknown setting'), ('{"kind": "public"}', 'unknown setting'),
    ('{"algorithm": "HS512"}', 'unknown setting'), ('{"disabled_at": null}', 'unknown setting'), ('{"NAME": "x"}', 'unknown setting'),
    ('{"name": "x", "kind": "public"}', 'unknown setting'), ('{"name": "x", "token_lifetime": 0}', 'token_lifetime is out of range'),
    ('{"name": "x", "allowed_scopes": ["a b"]}', 'allowed_scopes is not valid')
) AS r (settings, message);
SELECT throws_ok(format('SELECT access_token.update_api_key(%L, jsonb_build_object(%L, NULL))', 'k', a.attname), '22023',
                 'unknown setting', 'a column that is no setting: ' || a.attname)
FROM pg_attribute AS a
WHERE a.attrelid = 'access_token.api_key'::regclass AND a.attnum > 0
  AND a.attname NOT IN ('name', 'token_lifetime', 'max_token_lifetime', 'content_type', 'allowed_scopes', 'allowed_roles', 'expires_at');
SELECT is(k(), picture, 'nothing of that was written') FROM k_before;

CREATE TABLE keys_before AS SELECT count(*) AS count FROM access_token.api_key;
SELECT throws_ok(format('SELECT access_token.create_api_key(%L, %L, settings => %L)', 't', 'x', settings), '22023', message,
                 'not at the beginning either: ' || settings)
FROM (VALUES ('[]', 'settings is not an object'), ('{"kind": "public"}', 'unknown setting'),
             ('{"token_lifetime": 100000}', 'token_lifetime is out of range'), ('{"name": ""}',
                 'name is not valid')) AS r (settings, message);
SELECT is((SELECT count(*) FROM access_token.api_key), count, 'and no key came of it') FROM keys_before;

SELECT is(forge.hint_of(format(statement, settings)),
          'Allowed: allowed_roles (strings), allowed_scopes (strings?), content_type (string), expires_at (timestamp?), '
          'max_token_lifetime (integer), name (string), token_lifetime (integer); a ? after the type means that null is allowed.',
          'the hint names the allowed settings: ' || settings)
FROM (VALUES ('SELECT access_token.update_api_key(''k'', %L)', '{"nmae": "x"}'), ('SELECT access_token.update_api_key(''k'', %L)',
    '{"name": 1}'),
             ('SELECT access_token.create_api_key(''t'', ''x'', settings => %L)', '{"kind": "public"}')) AS r (statement, settings);

-- content_type goes out as cty, and only tokens with the present one are good.
CREATE TABLE out AS SELECT access_token.issue_access_token('k', 'x') AS before, NULL AS after;
SELECT access_token.update_api_key('k', '{"content_type": "[x] / y+z;v=\u007e"}');
UPDATE out SET after = access_token.issue_access_token('k', 'x');
SELECT is(forge.header_of(after)::jsonb ->> 'cty', '[x] / y+z;v=~', 'cty is the new content_type') FROM out;
SELECT is(forge.verdict(after), forge.acceptance(), 'tokens with the new one are good') FROM out;
SELECT is(forge.verdict(before), forge.refusal('TK006', 'wrong_content_type', 'both', 'decodes'),
    'tokens with the old one are not') FROM out;
SELECT access_token.update_api_key('k', '{"content_type": "parra-fpa;v=1"}');
SELECT is(forge.verdict(before), forge.acceptance(), 'until it is the content_type again') FROM out;

-- Expiry: from then on the key neither signs nor verifies.
SELECT access_token.update_api_key('k', jsonb_build_object('expires_at', clock_timestamp() + interval '1 hour'));
SELECT is(forge.verdict(before), forge.acceptance(), 'before its expiry its tokens are good') FROM out;
SELECT is(state, 'active', 'and its state is active') FROM access_token.api_keys WHERE api_key_id = 'k';
SELECT access_token.update_api_key('k', jsonb_build_object('expires_at', clock_timestamp()));
SELECT is(forge.verdict(before), forge.refusal('TK009', 'disabled', 'both', 'decodes'), 'expired: its tokens are refused') FROM out;
SELECT throws_ok($$ SELECT access_token.issue_access_token('k', 'x') $$, 'TK009', 'API key has expired', 'expired: none is issued');
SELECT is(state, 'expired', 'expired: the view says so') FROM access_token.api_keys WHERE api_key_id = 'k';
SELECT access_token.update_api_key('k', '{"expires_at": null}');
SELECT is(forge.verdict(before), forge.acceptance(), 'its expiry taken back: its tokens are good') FROM out;

-- Switching off and on.
SELECT access_token.set_api_key_enabled('k', false);
SELECT is(forge.verdict(before), forge.refusal('TK009', 'disabled', 'both', 'decodes'), 'off: its tokens are refused') FROM out;
SELECT throws_ok($$ SELECT access_token.issue_access_token('k', 'x') $$, 'TK009', 'API key is disabled', 'off: none is issued');
SELECT is(state, 'disabled', 'off: the view says so') FROM access_token.api_keys WHERE api_key_id = 'k';
CREATE TABLE off AS SELECT disabled_at FROM access_token.api_keys WHERE api_key_id = 'k';
SELECT access_token.set_api_key_enabled('k', false);
SELECT is(k.disabled_at, off.disabled_at, 'off again: it says since when') FROM access_token.api_keys AS k, off WHERE k.api_key_id = 'k';
SELECT access_token.set_api_key_enabled('k', true);
SELECT is(forge.verdict(before), forge.acceptance(), 'on: its tokens are good again') FROM out;

-- A row is whole or not written: its secret, and of the previous one all columns or none.
SELECT forge.rotate_key('sibling', '1 day');
SELECT throws_ok(format('UPDATE access_token.api_key SET %I = NULL WHERE api_key_id = %L', a.attname, 'sibling'), '23502',
                 format('null value in column "%s" of relation "api_key" violates not-null constraint', a.attname),
                 'no key without ' || a.attname)
FROM pg_attribute AS a WHERE a.attrelid = 'access_token.api_key'::regclass AND a.attname LIKE 'current\_%';
SELECT throws_ok(format('UPDATE access_token.api_key SET %I = NULL WHERE api_key_id = %L', a.attname, 'sibling'), '23514',
                 'new row for relation "api_key" violates check constraint "api_key_previous_secret_check"',
                 'no previous secret without ' || a.attname)
FROM pg_attribute AS a WHERE a.attrelid = 'access_token.api_key'::regclass AND a.attname LIKE 'previous\_%';
SELECT throws_ok(format('UPDATE access_token.api_key AS k SET %1$I = o.%1$I FROM access_token.api_key AS o'
                        ' WHERE k.api_key_id = %2$L AND o.api_key_id = %3$L', a.attname, 'k', 'bystander_rotating'), '23514',
                 'new row for relation "api_key" violates check constraint "api_key_previous_secret_check"',
                 'nor ' || a.attname || ' alone')
FROM pg_attribute AS a WHERE a.attrelid = 'access_token.api_key'::regclass AND a.attname LIKE 'previous\_%';
SELECT throws_ok(format('UPDATE access_token.api_key SET %I = %L WHERE api_key_id = %L', attname, 'a b', 'sibling'), '23514',
                 'new row for relation "api_key" violates check constraint "api_key_secret_id_check"', 'no secret id "a b" as ' || attname)
FROM (VALUES ('current_secret_id'), ('previous_secret_id')) AS c (attname);
SELECT throws_ok($$ UPDATE access_token.api_key SET current_secret_id = 'a b' WHERE api_key_id = 'k' $$, '23514',
                 'new row for relation "api_key" violates check constraint "api_key_secret_id_check"', 'nor without a previous one');
SELECT throws_ok(format('UPDATE access_token.api_key AS k SET %1$I = o.%1$I FROM access_token.api_key AS o'
                        ' WHERE k.api_key_id = %2$L AND o.api_key_id = %3$L', attname, 'sibling', 'bystander_rotating'), '23505',
                 format('duplicate key value violates unique constraint "api_key_%s_key"', attname), 'no two keys with one ' || attname)
FROM (VALUES ('current_secret_id'), ('previous_secret_id')) AS c (attname);
SELECT forge.rotate_key('sibling', '0');
SELECT is((SELECT jsonb_object_agg(a.key, a.value) FROM access_token.api_key AS k, jsonb_each(to_jsonb(k)) AS a
           WHERE k.api_key_id = 'sibling' AND a.key LIKE 'previous\_%'),
          '{"previous_secret_id": null, "previous_sealed_secret": null, "previous_last_four": null, "previous_created_at": null,
            "previous_retires_at": null}', 'rotated without grace, all columns of the previous secret are empty');
UPDATE sibling_before SET picture = sibling();

-- Back at the defaults, the key is as it was but for its name; its neighbours never changed.
SELECT is(k() - 'name', picture - 'name', 'after all that the key is as before') FROM k_before;
SELECT is(sibling(), picture, 'the tenant''s other key is as before') FROM sibling_before;
SELECT access_token.delete_api_key('k');
SELECT is(forge.verdict(before), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'),
    'deleted: its tokens are of no known key') FROM out;
SELECT is_empty($$ SELECT FROM forge.stored_secret WHERE api_key_id = 'k' $$, 'deleted: its secrets are gone');
SELECT throws_ok(format(statement, id), '42704', 'API key does not exist', format('unknown: ' || statement, id))
FROM (VALUES ('SELECT access_token.delete_api_key(%L)'), ('SELECT access_token.update_api_key(%L, ''{}'')'),
             ('SELECT access_token.set_api_key_enabled(%L, true)'), ('SELECT access_token.rotate_api_key(%L)'),
             ('SELECT access_token.issue_access_token(%L, ''x'')')) AS s (statement),
     (VALUES ('k'), ('SIBLING'), ('')) AS i (id);
SELECT is(sibling(), picture, 'the tenant''s other key is still as before') FROM sibling_before;
SELECT is(forge.verdict(forge.token('sibling')), forge.acceptance(), 'and its tokens are good');
SELECT forge.bystander_is_unchanged('API keys');

SELECT * FROM finish();
ROLLBACK;
