/*
 * The settings access_token.*: ranges, who may set them, and names that do not exist. A session of its
 * own, because a session that has not loaded the library yet takes any name.
 */
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\connect
BEGIN;
\ir support/forge.sql
\ir support/roles.sql

SELECT plan(44);

-- Before the library is loaded an ordinary role may write anything down; it does not come into force.
CREATE ROLE settings_ordinary;
SET LOCAL ROLE settings_ordinary;
SET LOCAL client_min_messages = error; -- loading warns of what it throws away
SET access_token.leeway = 300;
SET access_token.max_token_size = 393216;
SET access_token.unknown = 'x';
SET LOCAL ROLE NONE;
SELECT is(current_setting('access_token.unknown', true), 'x', 'before the library is loaded it takes any name');
SELECT forge.make_key('k', 't');
RESET client_min_messages;
SELECT is(current_setting('access_token.leeway'), '5s', 'what an ordinary role had set is thrown away: leeway');
SELECT is(current_setting('access_token.max_token_size'), '64kB', 'what an ordinary role had set is thrown away: max_token_size');
SELECT is(current_setting('access_token.unknown', true), NULL, 'so is what does not exist');

SELECT throws_ok(statement, '42602', NULL, 'no such setting: ' || statement)
FROM (VALUES ('SET access_token.leewy = 5'), ('SET access_token.x = ''y'''), ('SELECT set_config(''access_token.secret'', ''x'', true)'),
             ('SET access_token.leeway.x = 1'), ('ALTER ROLE settings_ordinary SET access_token.leewy = 5')) AS r (statement);
SELECT set_eq($$ SELECT name, unit, setting, min_val, max_val, context FROM pg_settings WHERE name LIKE 'access_token.%' $$,
              $$ VALUES ('access_token.leeway', 's', '5', '0', '300', 'superuser'),
                        ('access_token.max_replay_delay', 's', '-1', '-1', '86400', 'superuser'),
                        ('access_token.max_token_size', 'B', '65536', '1024', '393216', 'superuser'),
                        ('access_token.postgrest_tenant', NULL, '', NULL, NULL, 'superuser'),
                        ('access_token.postgrest_audience', NULL, '', NULL, NULL, 'superuser'),
                        ('access_token.root_key_file', NULL, '', NULL, NULL, 'sighup'),
                        ('access_token.root_key_command', NULL, '', NULL, NULL, 'sighup') $$,
              'the settings that exist');
SELECT isnt(short_desc || extra_desc, '', 'described: ' || name) FROM pg_settings WHERE name LIKE 'access_token.%' ORDER BY name;

SELECT is(forge.sqlstate_of(format('SET access_token.%s = ''x''', name)), '55P02', 'not in a session, not even a superuser''s: ' || name)
FROM (VALUES ('root_key_file'), ('root_key_command')) AS r (name);

-- Ranges.
SELECT throws_ok(format('SET LOCAL access_token.%s = %L', name, value), '22023', NULL, format('out of range: %s %s', name, value))
FROM (VALUES ('leeway', '-1'), ('leeway', '301'), ('leeway', '6min'), ('leeway', 'x'), ('leeway', ''), ('max_token_size', '1023'),
             ('max_token_size', '1048577'), ('max_token_size', '0'), ('max_token_size', '-1'), ('max_token_size',
                 '1GB')) AS r (name, value);
SELECT lives_ok(format('SET LOCAL access_token.%s = %L', name, value), format('in range: %s %s', name, value))
FROM (VALUES ('leeway', '0'), ('leeway', '300'), ('leeway', '5min'), ('max_token_size', '1024'), ('max_token_size',
    '384kB')) AS r (name, value);
RESET access_token.leeway;
RESET access_token.max_token_size;

-- An ordinary role may see them, and not set them.
SELECT is(forge.value_as('settings_ordinary', 'SHOW access_token.leeway'), '5s', 'an ordinary role sees them');
SELECT is(forge.sqlstate_as('settings_ordinary', statement), '42501', 'an ordinary role: not ' || statement)
FROM (VALUES ('SET access_token.leeway = 300'), ('SET LOCAL access_token.leeway = 5'),
    ('SELECT set_config(''access_token.leeway'', ''300'', false)'),
             ('SET access_token.max_token_size = 1024'), ('RESET access_token.leeway'),
             ('ALTER ROLE settings_ordinary SET access_token.leeway = 300')) AS r (statement);
SELECT is(current_setting('access_token.leeway') || ' ' || current_setting('access_token.max_token_size'), '5s 64kB',
    'nothing of that was done');

-- The limit on tokens holds at issue as it does at verification.
SET LOCAL access_token.max_token_size = 1024;
SELECT throws_ok($$ SELECT access_token.issue_access_token('k', 'x', claims => jsonb_build_object('x', repeat('x', 1000))) $$,
                 '22023', 'token would be too large', 'no token is issued that would not verify');
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', json_build_object('x', repeat('x', 1000))))),
          forge.refusal('TK001', 'too_large', 'nothing', 'TK001'), 'nor is one verified');

SELECT * FROM finish();
ROLLBACK;
