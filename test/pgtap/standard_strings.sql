/*
 * standard_conforming_strings = off, as databases of old applications have it: a backslash in a literal of
 * a function or of the script would mean something else. What CREATE EXTENSION makes is the same, and so is
 * what every function answers.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET LOCAL client_min_messages = warning;
DROP EXTENSION IF EXISTS access_token;
RESET client_min_messages;

SELECT plan(49);

-- All that has a definition in text, of an extension that is installed under a setting.
CREATE FUNCTION definitions(setting text) RETURNS TABLE (what text, definition text) LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM set_config('standard_conforming_strings', setting, true), set_config('escape_string_warning', 'off', true);
    CREATE EXTENSION access_token;
    PERFORM set_config('standard_conforming_strings', 'on', true);
    RETURN QUERY EXECUTE $$
        WITH relation AS (SELECT oid, relkind FROM pg_class WHERE relnamespace = 'access_token'::regnamespace),
             part AS (SELECT d.classid, d.objid FROM pg_depend AS d, pg_extension AS e
                      WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                        AND e.extname = 'access_token')
        SELECT 'constraint ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'access_token'::regnamespace
        UNION ALL SELECT 'function ' || oid::regprocedure, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'access_token'::regnamespace
        UNION ALL SELECT 'view ' || oid::regclass, pg_get_viewdef(oid) FROM relation WHERE relkind = 'v'
        UNION ALL SELECT 'default ' || adrelid::regclass || '.' || adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef
        WHERE adrelid IN (SELECT oid FROM relation)
        UNION ALL SELECT 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid IN (SELECT oid FROM relation)
        UNION ALL SELECT 'trigger ' || tgname || ' of ' || tgrelid::regclass, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM relation)
        UNION ALL SELECT 'comment on ' || pg_describe_object(classoid, objoid, objsubid), description FROM pg_description
        WHERE (classoid, objoid) IN (SELECT classid, objid FROM part) OR objoid IN (SELECT oid FROM relation)
        UNION ALL SELECT 'member ' || object || ' of ' || bundle, 'granted' FROM access_token.bundle_member $$;
    DROP EXTENSION access_token;
END
$function$;
CREATE TABLE made_on AS SELECT * FROM definitions('on');
CREATE TABLE made_off AS SELECT * FROM definitions('off');
SELECT cmp_ok(count(*), '>', 100::bigint, 'much is defined in text') FROM made_on;
SELECT is_empty('SELECT * FROM made_off EXCEPT SELECT * FROM made_on', 'made with it off nothing is different');
SELECT is_empty('SELECT * FROM made_on EXCEPT SELECT * FROM made_off', 'and nothing is missing');

-- A session parses a function's statements when it first runs them: here that is with the setting off.
CREATE EXTENSION access_token;
CREATE FUNCTION answer(statement text) RETURNS text LANGUAGE plpgsql
SET standard_conforming_strings = off SET escape_string_warning = off AS $function$
DECLARE
    value text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$function$;
SELECT is(answer(statement), expected, statement)
FROM (VALUES
    (1, $$ SELECT '\x41' $$, 'A'), -- it is off indeed
    (2, $$ SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example/~a!$&''()*+,;=:@%/-') $$, 'acme'),
    (3, $$ SELECT access_token.create_tenant('Acme', E'a\\b') $$, '22023 tenant_id is not valid'),
    (4, $$ SELECT access_token.create_tenant('Acme', 'b', E'https://acme.example/\\') $$, '22023 issuer is not valid'),
    (5, $$ SELECT access_token.create_tenant('Acme', 'b', 'https://acmexexample/?') $$, '22023 issuer is not valid'),
    (6, $$ SELECT access_token.update_tenant('acme', '{"issuer": "https://acme.example/[]"}') $$, '22023 issuer is not valid'),
    (7, $$ SELECT access_token.update_tenant('acme', '{"name": "A\\\\B", "max_token_lifetime": 3600}') $$, ''),
    (8, $$ SELECT name FROM access_token.tenants $$, E'A\\B'),
    (9, $$ SELECT api_key_id FROM access_token.create_api_key('acme', 'x', id => 'k', settings => '{"content_type": "]a[ b^c-d!#~"}') $$, 'k'),
    (10, $$ SELECT api_key_id FROM access_token.create_api_key('acme', 'x', true, id => 'p') $$, 'p'),
    (11, $$ SELECT access_token.update_api_key('k', '{"content_type": "a]"}') $$, ''),
    (12, $$ SELECT access_token.update_api_key('k', '{"content_type": "]"}') $$, ''),
    (13, $$ SELECT access_token.update_api_key('k', '{"content_type": "["}') $$, ''),
    (14, $$ SELECT access_token.update_api_key('k', '{"content_type": "\\""}') $$, '22023 content_type is not valid'),
    (15, $$ SELECT access_token.update_api_key('k', '{"content_type": "a\\""}') $$, '22023 content_type is not valid'),
    (16, $$ SELECT access_token.update_api_key('k', '{"content_type": "\\\\"}') $$, '22023 content_type is not valid'),
    (17, $$ SELECT access_token.update_api_key('k', '{"content_type": "a\\\\"}') $$, '22023 content_type is not valid'),
    (18, $$ SELECT access_token.update_api_key('k', '{"content_type": " a"}') $$, '22023 content_type is not valid'),
    (19, $$ SELECT access_token.update_api_key('k', '{"allowed_scopes": ["]", "[", "a]", "^-~", "read"], "allowed_roles": ["a\\\\b"]}') $$, ''),
    (20, $$ SELECT access_token.update_api_key('k', '{"allowed_scopes": ["a\\\\b"]}') $$, '22023 allowed_scopes is not valid'),
    (21, $$ SELECT access_token.update_api_key('k', '{"allowed_scopes": ["\\""]}') $$, '22023 allowed_scopes is not valid'),
    (22, $$ SELECT access_token.update_api_key('k', '{"expires_at": "2199-01-01T00:00:00.5+01:00"}') $$, ''),
    (23, $$ SELECT access_token.update_api_key('k', '{"expires_at": "2199-01-01 d 00:00"}') $$, '22023 setting "expires_at" has the wrong type'),
    (24, $$ SELECT access_token.update_api_key('k', '{"token_lifetime": 1e2}') $$, ''),
    (25, $$ SELECT access_token.verify_access_token(access_token.issue_access_token('k', 'x', scope => '] [', claims => '{"role": "a\\\\b"}')) ->> 'role' $$, E'a\\b'),
    (26, $$ SELECT valid FROM access_token.inspect_access_token(access_token.issue_public_token('acme', 'p', 'x'), scope => 'public') $$, 'true'),
    (27, $$ SELECT left(access_token.rotate_api_key('k'), 4) $$, 'atk_'),
    (28, $$ SELECT format('%s%s', access_token.set_api_key_enabled('k', false), access_token.set_tenant_enabled('acme', false)) $$, ''),
    (29, $$ SELECT access_token.grant_access(current_user::regrole, 'verifier') $$, ''),
    (30, $$ SELECT access_token.revoke_access(current_user::regrole, 'verifier') $$, ''),
    (31, $$ SELECT count(*) FROM access_token.check_installation() $$, '0'),
    (310, $$ SELECT access_token.create_tenant('Signed', 'signed', 'https://signed.example') $$, 'signed'),
    (311, $$ SELECT client_id FROM access_token.create_client('signed', 'x', ARRAY[E'a\\b"'], '{"algorithm": "ES256", "allowed_roles": ["a\\\\b"]}', 'c') $$, 'c'),
    (312, $$ SELECT access_token.update_client('c', '{"allowed_scopes": ["]", "["]}') $$, ''),
    (313, $$ SELECT access_token.update_client('c', '{"allowed_scopes": ["a\\\\b"]}') $$, '22023 allowed_scopes is not valid'),
    (314, $$ SELECT access_token.update_client('c', '{"algorithm": "ES256\\\\"}') $$, '22023 algorithm is not supported'),
    (315, $$ SELECT access_token.update_client('c', '{"lifetime": 1e2}') $$, ''),
    (316, $$ SELECT access_token.verify_access_token(t.access_token, 'signed', E'a\\b"', '] [') ->> 'role'
             FROM access_token.issue_client_token('signed', 'c', scope => '] [', claims => '{"role": "a\\\\b"}') AS t $$, E'a\\b'),
    (317, $$ SELECT access_token.introspect_access_token(t.access_token, 'signed', E'a\\b"') ->> 'aud' FROM access_token.issue_client_token('signed', 'c') AS t $$, E'a\\b"'),
    (318, $$ SELECT format('%s%s', access_token.revoke_identity('signed', E'a\\b'), access_token.revoke_token_id('signed', E'a"\\b')) $$, ''),
    (319, $$ SELECT string_agg(value, ' ' ORDER BY kind) FROM access_token.revocations WHERE tenant_id = 'signed' $$, E'a\\b a"\\b'),
    (320, $$ SELECT sum(deleted) FROM access_token.purge_expired() $$, '0'),
    (321, $$ SELECT format('%s%s', access_token.set_client_enabled('c', false), access_token.delete_client('c')) $$, ''),
    (322, $$ SELECT count(*) FROM access_token.check_installation() $$, '0'),
    (401, $$ SELECT format('%s%s', access_token.delete_api_key('k'), access_token.delete_api_key('p')) $$, ''),
    (402, $$ SELECT access_token.delete_tenant('acme') $$, '')
) AS r (n, statement, expected) ORDER BY n;

SELECT * FROM finish();
ROLLBACK;
