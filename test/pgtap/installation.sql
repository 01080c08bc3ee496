/*
 * check_installation names what is unsafe, one finding for each fault, and nothing on a sound installation;
 * and what is unsafe is never taken for safe by issue and verify.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(81);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('other', 'u');
SELECT access_token.update_tenant('t', '{"issuer": "https://t.example"}');
SELECT access_token.create_client('t', 'C', settings => '{"algorithm": "ES256"}', id => 'c');
CREATE TABLE good AS SELECT access_token.issue_access_token('k', 'x') AS token, access_token AS client_token FROM access_token.issue_client_token('t', 'c');
CREATE ROLE installation_bypass BYPASSRLS;
SET LOCAL client_min_messages = error; -- sessions warn when they do not cache keys

-- The findings with a fault made, which is undone again: the last error rolls everything back.
CREATE FUNCTION findings_with(fault text) RETURNS text[] LANGUAGE plpgsql AS $function$
DECLARE
    findings text[];
BEGIN
    BEGIN
        EXECUTE fault;
        SELECT array_agg(c.finding || CASE WHEN c.hint = '' THEN ' without hint' ELSE '' END ORDER BY c.finding) INTO findings
        FROM access_token.check_installation() AS c;
        RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN
        RETURN findings;
    END;
END
$function$;

-- What three calls answer with a fault made.
CREATE FUNCTION answers_with(fault text, statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    answer text;
BEGIN
    BEGIN
        EXECUTE fault;
        EXECUTE statement INTO answer;
        RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN
        RETURN answer;
    END;
END
$function$;

SELECT is(findings_with('SELECT 1'), NULL, 'nothing on a sound installation');
SELECT is(findings_with(fault), expected, fault)
FROM (VALUES
    ('CREATE PUBLICATION p FOR TABLE access_token.api_key',
     '{publication p carries access_token.api_key.current_sealed_secret,publication p carries access_token.api_key.previous_sealed_secret}'::text[]),
    ('CREATE PUBLICATION p FOR TABLE access_token.api_key (api_key_id, current_sealed_secret)',
     '{publication p carries access_token.api_key.current_sealed_secret}'),
    ('CREATE PUBLICATION p FOR TABLE access_token.api_key (previous_sealed_secret, api_key_id)',
     '{publication p carries access_token.api_key.previous_sealed_secret}'),
    ('CREATE PUBLICATION p FOR TABLE access_token.api_key (api_key_id, name, current_secret_id, current_last_four)', NULL),
    ('CREATE PUBLICATION p FOR TABLE access_token.root_key', '{publication p carries access_token.root_key.key}'),
    ('CREATE PUBLICATION p FOR TABLE access_token.signing_key', '{publication p carries access_token.signing_key.sealed_private_key}'),
    ('CREATE PUBLICATION p FOR TABLE access_token.tenant', NULL),
    ('CREATE PUBLICATION p FOR TABLE access_token.client', NULL),
    ('CREATE PUBLICATION p FOR TABLE access_token.revocation', NULL),
    ('ALTER TABLE access_token.client DISABLE TRIGGER invalidate_key_cache_before',
     '{"table access_token.client lacks a trigger invalidate_key_cache_before that is ENABLE ALWAYS"}'),
    ('ALTER TABLE access_token.client ENABLE TRIGGER guard_table',
     '{"table access_token.client lacks a trigger guard_table that is ENABLE ALWAYS"}'),
    ('DROP TRIGGER guard_table ON access_token.revocation',
     '{"table access_token.revocation lacks a trigger guard_table that is ENABLE ALWAYS"}'),
    ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''access_token.client_pkey''::regclass',
     '{"index access_token.client_pkey is not valid"}'),
    ('CREATE PUBLICATION p FOR TABLE access_token.signing_key (kid, tenant_id, algorithm, state, public_jwk, created_at, activated_at, retired_at, revoked_at)', NULL),
    ('ALTER TABLE access_token.signing_key DISABLE TRIGGER invalidate_key_cache_after',
     '{"table access_token.signing_key lacks a trigger invalidate_key_cache_after that is ENABLE ALWAYS"}'),
    ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''access_token.signing_key_tenant_id_idx''::regclass',
     '{"index access_token.signing_key_tenant_id_idx is not valid"}'),
    ('ALTER TABLE access_token.api_key DISABLE TRIGGER invalidate_key_cache_after',
     '{"table access_token.api_key lacks a trigger invalidate_key_cache_after that is ENABLE ALWAYS"}'),
    ('ALTER TABLE access_token.tenant ENABLE TRIGGER invalidate_key_cache_after',
     '{"table access_token.tenant lacks a trigger invalidate_key_cache_after that is ENABLE ALWAYS"}'),
    ('ALTER TABLE access_token.api_key ENABLE REPLICA TRIGGER invalidate_key_cache_after_truncate',
     '{"table access_token.api_key lacks a trigger invalidate_key_cache_after_truncate that is ENABLE ALWAYS"}'),
    ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''access_token.tenant_pkey''::regclass',
     '{"index access_token.tenant_pkey is not valid"}'),
    ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''access_token.api_key_previous_secret_id_idx''::regclass',
     '{"index access_token.api_key_previous_secret_id_idx is not valid"}'),
    ('ALTER TABLE access_token.api_key ALTER current_sealed_secret SET STATISTICS 100, ALTER previous_sealed_secret SET STATISTICS -1',
     '{column access_token.api_key.current_sealed_secret is analyzed,column access_token.api_key.previous_sealed_secret is analyzed}'),
    ('ALTER TABLE access_token.root_key DISABLE ROW LEVEL SECURITY', '{"table access_token.root_key has no row-level security"}'),
    ('CREATE POLICY p ON access_token.root_key USING (true)', '{"table access_token.root_key has a policy"}'),
    ('GRANT pg_read_all_data TO installation_bypass', '{"role installation_bypass reads the root key"}')
) AS r (fault, expected);
SELECT matches((findings_with('UPDATE access_token.root_key SET root_key_id = ''another'''))[1],
               '^4 secrets are sealed under the root key "[0-9a-f-]{36}", which is missing$', 'a root key that is missing');
SELECT matches((findings_with('SELECT access_token.rotate_api_key(''k''); UPDATE access_token.root_key SET root_key_id = ''another'''))[1],
               '^5 secrets are sealed under the root key "[0-9a-f-]{36}", which is missing$', 'previous secrets count, too');
SELECT is(findings_with('UPDATE access_token.api_key SET current_sealed_secret = ''x'' WHERE api_key_id = ''k'''),
          '{"1 secrets are not sealed in any known layout"}', 'a secret that is not sealed');
SELECT is(findings_with('SELECT access_token.rotate_api_key(''k'');'
                        'UPDATE access_token.api_key SET previous_sealed_secret = ''x'' WHERE api_key_id = ''k'''),
          '{"1 secrets are not sealed in any known layout"}', 'a previous secret that is not sealed');
SELECT is(array_length(findings_with('CREATE PUBLICATION p FOR ALL TABLES'), 1), 4, 'a publication of all tables carries them all');

-- Triggers: each one is found missing, and the hint is the statement that makes it as it was.
CREATE VIEW made AS
SELECT split_part(tgrelid::regclass::text, '.', 2) AS table_name, tgname::text AS trigger_name, pg_get_triggerdef(oid) AS definition, tgenabled
FROM pg_trigger WHERE NOT tgisinternal AND tgfoid::regproc::text LIKE 'access_token.%';
CREATE TABLE were AS SELECT * FROM made;
SELECT results_eq('SELECT table_name, trigger_name FROM access_token.required_trigger ORDER BY 1, 2',
                  'SELECT table_name COLLATE "C", trigger_name COLLATE "C" FROM were ORDER BY 1, 2', 'the triggers that are there are those that must be');
SELECT ok(findings_with(format('DROP TRIGGER %I ON access_token.%I', trigger_name, table_name))
          @> ARRAY[format('table access_token.%s lacks a trigger %s that is ENABLE ALWAYS', table_name, trigger_name)],
          format('found: %s dropped from %s', trigger_name, table_name))
FROM were ORDER BY table_name, trigger_name;
SELECT is(findings_with($$ CREATE FUNCTION public.other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
                           CREATE OR REPLACE TRIGGER guard_table BEFORE INSERT ON access_token.tenant FOR EACH ROW EXECUTE FUNCTION public.other();
                           ALTER TABLE access_token.tenant ENABLE ALWAYS TRIGGER guard_table $$),
          '{"table access_token.tenant lacks a trigger guard_table that is ENABLE ALWAYS"}', 'a trigger of that name that does something else');
SELECT format('DROP TRIGGER %I ON access_token.%I', trigger_name, table_name) FROM were \gexec
SELECT hint FROM access_token.check_installation() \gexec
SELECT results_eq('SELECT * FROM made ORDER BY 1, 2', 'SELECT * FROM were ORDER BY 1, 2', 'all were dropped, and the hints have made them as they were');
SELECT is(findings_with('SELECT 1'), NULL, 'nothing is missing');

-- With a fault: refused, or right; never wrong.
-- The key other has not been used here: what a session has opened stays open.
SELECT is(answers_with('DELETE FROM access_token.root_key',
    'SELECT forge.sqlstate_of($$ SELECT access_token.issue_access_token(''other'', 1) $$)'), 'TK011',
          'without the root key nothing is issued');
SELECT is(answers_with('DELETE FROM access_token.root_key',
    'SELECT forge.verify_verdict(forge.token(''other''), NULL, NULL, NULL)'), 'TK011',
          'nor verified, which has an error of its own');
SELECT is(answers_with('DELETE FROM access_token.root_key', 'SELECT forge.decode_verdict(forge.token(''other''))'), 'decodes',
    'decoding needs no key');
SELECT is(forge.verdict(forge.token('other')), forge.acceptance(), 'with the root key all is well');
SELECT is(answers_with('UPDATE access_token.api_key SET current_sealed_secret = ''x''',
    format('SELECT forge.verify_verdict(%L, NULL, NULL, NULL)', token)), 'TK010',
          'a secret that does not open verifies nothing') FROM good;
SELECT is(answers_with('UPDATE access_token.api_key SET current_sealed_secret'
                       ' = set_byte(current_sealed_secret, place, 255 - get_byte(current_sealed_secret, place))'
                       ' FROM (SELECT 60) AS p (place)',
                       format('SELECT forge.verify_verdict(%L, NULL, NULL, NULL)', token)), 'TK010', 'nor does one with a byte changed')
FROM good;
SELECT is(answers_with(format('ALTER TABLE access_token.api_key %s TRIGGER invalidate_key_cache_after;'
                              'UPDATE access_token.api_key SET disabled_at = now()', how),
                       format('SELECT forge.verify_verdict(%L, NULL, NULL, NULL)', token)), 'TK009',
                           'a key switched off while its trigger is ' || how)
FROM good, (VALUES ('DISABLE'), ('ENABLE'), ('ENABLE REPLICA')) AS h (how);
SELECT is(answers_with('ALTER TABLE access_token.tenant DISABLE TRIGGER invalidate_key_cache_after',
                       format('SELECT (SELECT forge.verify_verdict(%L, NULL, NULL, NULL))', token)), 'accepts',
          'without its trigger keys are read anew, and are good') FROM good;
SELECT is(answers_with(format('ALTER TABLE access_token.client %s TRIGGER invalidate_key_cache_after; UPDATE access_token.client SET disabled_at = now()', how),
                       format('SELECT forge.verify_verdict(%L, NULL, NULL, NULL)', client_token)), 'TK009', 'a client switched off while its trigger is ' || how)
FROM good, (VALUES ('DISABLE'), ('ENABLE'), ('ENABLE REPLICA')) AS h (how);
SELECT is(forge.verdict(token), forge.acceptance(), 'after all that everything is as before') FROM good;
SELECT is(forge.verdict(client_token), forge.acceptance(), 'for clients, too') FROM good;

SELECT * FROM finish();
ROLLBACK;
