/*
 * grant_access and revoke_access: whole bundles, for roles of any name, and nothing that another bundle
 * of the same role still gives is taken away.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/roles.sql
\ir support/bystander.sql

SELECT plan(103);

-- What a role may do with the API: bundles it has whole, and parts of others that no whole one explains.
CREATE FUNCTION may(role name) RETURNS text[] LANGUAGE sql AS $function$
    WITH member AS (
        SELECT m.bundle::text, m.object,
               CASE WHEN m.object LIKE 'TABLE %' THEN has_table_privilege(role, named, 'SELECT')
                    ELSE has_function_privilege(role, named, 'EXECUTE') END AS permitted
        FROM access_token.bundle_member AS m, substring(m.object FROM '[^ ]+ (.*)') AS named
    ), whole AS (SELECT bundle FROM member GROUP BY bundle HAVING bool_and(permitted))
    SELECT coalesce(array_agg(held ORDER BY held), '{}')
    FROM (SELECT bundle AS held FROM whole
          UNION
          SELECT 'part of ' || bundle FROM member
          WHERE permitted AND object NOT IN (SELECT object FROM member JOIN whole USING (bundle))) AS h
$function$;
CREATE FUNCTION may_all_of(role name, bundle text) RETURNS boolean LANGUAGE sql AS $function$
    SELECT bool_and(CASE WHEN m.object LIKE 'TABLE %' THEN has_table_privilege(role, named, 'SELECT')
                         ELSE has_function_privilege(role, named, 'EXECUTE') END)
    FROM access_token.bundle_member AS m, substring(m.object FROM '[^ ]+ (.*)') AS named WHERE m.bundle = may_all_of.bundle
$function$;
CREATE FUNCTION recorded(role name) RETURNS text[] LANGUAGE sql AS $function$
    SELECT coalesce(array_agg(bundle::text ORDER BY bundle), '{}') FROM access_token.granted_bundle WHERE grantee = role
$function$;

CREATE ROLE bundles_one;
CREATE ROLE bundles_other;
SELECT is(may('bundles_one'), '{}', 'before: nothing');

-- Each alone: given whole, recorded, taken back whole.
CREATE FUNCTION give_and_take(bundle text) RETURNS SETOF text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_token.grant_access('bundles_one', bundle);
    RETURN NEXT is(public.may('bundles_one'), ARRAY[bundle], bundle || ': given');
    RETURN NEXT ok(public.may_all_of('bundles_one', bundle), bundle || ': given whole');
    RETURN NEXT is(public.recorded('bundles_one'), ARRAY[bundle], bundle || ': recorded');
    PERFORM access_token.grant_access('bundles_one', bundle);
    RETURN NEXT is(public.recorded('bundles_one'), ARRAY[bundle], bundle || ': given twice is given once');
    RETURN NEXT is(public.may('bundles_other'), '{}', bundle || ': not to others');
    PERFORM access_token.revoke_access('bundles_one', bundle);
    RETURN NEXT is(public.may('bundles_one'), '{}', bundle || ': taken back');
    RETURN NEXT is(public.recorded('bundles_one'), '{}', bundle || ': the record, too');
    PERFORM access_token.revoke_access('bundles_one', bundle);
    RETURN NEXT is(public.may('bundles_one'), '{}', bundle || ': taken back twice does no harm');
END
$function$;
SELECT give_and_take(bundle) FROM (VALUES ('issuer'), ('verifier'), ('subject'), ('postgrest'), ('admin'), ('toolbox')) AS b (bundle);

-- Several at once, one taken back; other roles keep theirs.
SELECT lives_ok($$ SELECT access_token.grant_access('bundles_one', 'issuer'), access_token.grant_access('bundles_one', 'verifier'),
                          access_token.grant_access('bundles_one', 'admin'), access_token.grant_access('bundles_other', 'admin') $$,
                'all three');
SELECT lives_ok($$ SELECT access_token.revoke_access('bundles_one', 'admin') $$, 'one taken back');
SELECT is(may('bundles_one'), '{issuer,verifier}', 'the others stay');
SELECT is(recorded('bundles_one'), '{issuer,verifier}', 'as does their record');
SELECT is(may('bundles_other'), '{admin}', 'the other role keeps the same bundle');

-- A function in two bundles: it goes with the last of them.
INSERT INTO access_token.bundle_member VALUES ('verifier', 'FUNCTION access_token.issue_public_token(text, text, text)');
SELECT access_token.grant_access('bundles_one', 'verifier');
SELECT access_token.revoke_access('bundles_one', 'verifier');
SELECT ok(may_all_of('bundles_one', 'issuer'), 'overlapping: what the other bundle gives stays');
SELECT is(has_function_privilege('bundles_one', 'access_token.verify_access_token(text, text, text, text)', 'EXECUTE'), false,
          'overlapping: the rest is gone');
SELECT access_token.grant_access('bundles_one', 'verifier');
SELECT access_token.revoke_access('bundles_one', 'issuer');
SELECT is(has_function_privilege('bundles_one', 'access_token.issue_public_token(text, text, text)', 'EXECUTE'), true,
          'overlapping: the other way round as well');
SELECT access_token.revoke_access('bundles_one', 'verifier');
SELECT is(may('bundles_one'), '{}', 'overlapping: with the last of them it goes');
DELETE FROM access_token.bundle_member WHERE bundle = 'verifier' AND object LIKE '%issue_public_token%';
SELECT lives_ok('DROP ROLE bundles_one', 'a role without bundles can be dropped');

-- What is no bundle and no role.
SELECT throws_ok(format('SELECT access_token.%s(''bundles_other'', %L)', f, what), '22023', 'unknown bundle',
    format('%s: no bundle %L', f, what))
FROM (VALUES ('grant_access'), ('revoke_access')) AS f (f),
     (VALUES (''), ('all'), ('ADMIN'), ('admin '), ('grant_access'), ('login')) AS w (what);
SELECT throws_ok($$ SELECT access_token.grant_access('bundles_nobody', 'admin') $$, '42704', NULL, 'no such role');
SELECT throws_ok($$ SELECT access_token.grant_access(0, 'admin') $$, '42704', 'role does not exist', 'no role 0, which is PUBLIC to some');
SELECT throws_ok($$ SELECT access_token.grant_access(4294967295, 'admin') $$, '42704', 'role does not exist', 'no role of that number');
SELECT is(may('bundles_other'), '{admin}', 'nothing of that was done');

-- grant_access is not for those whom it gives an admin's bundle.
SELECT is(forge.sqlstate_as('bundles_other', $$ SELECT access_token.grant_access('bundles_other', 'issuer') $$), '42501',
    'an admin grants nothing');
SELECT is(forge.sqlstate_as('bundles_other', $$ SELECT access_token.revoke_access('bundles_other', 'admin') $$), '42501', 'nor revokes');
SET LOCAL client_min_messages = error; -- a grant without grant option is a warning
DO $pass_on$
BEGIN
    PERFORM forge.sqlstate_as('bundles_other', 'GRANT EXECUTE ON FUNCTION access_token.create_tenant(text, text, text, text) TO PUBLIC');
END
$pass_on$;
RESET client_min_messages;
SELECT is(has_function_privilege('public', 'access_token.create_tenant(text, text, text, text)', 'EXECUTE'), false,
          'nor passes its own privileges on');

-- Roles of any name do an admin's whole job through SECURITY DEFINER functions.
CREATE FUNCTION whole_job(role text, tenant text) RETURNS text LANGUAGE sql AS $function$
    SELECT string_agg(forge.sqlstate_as(role, format(statement, tenant)), ' ' ORDER BY n)
    FROM (VALUES
        (1, 'SELECT access_token.create_tenant(''T'', %1$L, ''https://%1$s.example'')'),
        (2, 'SELECT access_token.update_tenant(%1$L, ''{"name": "U"}'')'),
        (3, 'SELECT access_token.create_api_key(%1$L, ''k'', id => %1$L)'),
        (4, 'SELECT access_token.update_api_key(%1$L, ''{"allowed_scopes": ["a"]}'')'),
        (5, 'SELECT access_token.rotate_api_key(%1$L)'),
        (6, 'SELECT access_token.set_api_key_enabled(%1$L, false)'),
        (7, 'SELECT access_token.set_tenant_enabled(%1$L, false)'),
        (8, 'SELECT * FROM access_token.tenants, access_token.api_keys, access_token.check_installation()'),
        (9, 'SELECT access_token.delete_api_key(%1$L)'),
        (10, 'SELECT access_token.delete_tenant(%1$L)')) AS s (n, statement)
$function$;
CREATE TABLE odd (n integer, role text);
INSERT INTO odd VALUES (1, 'we"ird role'), (2, 'We''ird; DROP SCHEMA access_token CASCADE; --'), (3, '%s %I $1 \'), (4, U&'r\00F4le'),
                       (5, 'SELECT'), (6, ' leading and trailing '), (7, repeat('x', 63)), (8, '42');
SELECT format('CREATE ROLE %I', role) FROM odd \gexec
SELECT is((SELECT format('%s %s %s', whole_job(role, 'odd' || n), access_token.grant_access(to_regrole(quote_ident(role)),
    'admin'), recorded(role))),
          '42501 42501 42501 42501 42501 42501 42501 42501 42501 42501  {admin}', 'before a grant: ' || role) FROM odd;
SELECT is(whole_job(role, 'odd' || n), '00000 00000 00000 00000 00000 00000 00000 00000 00000 00000', 'the whole job: ' || role) FROM odd;
SELECT is((SELECT format('%s %s %s', access_token.revoke_access(to_regrole(quote_ident(role)), 'admin'), may(role), recorded(role))),
          ' {} {}', 'taken back: ' || role) FROM odd;

SELECT forge.bystander_is_unchanged('bundles');

SELECT * FROM finish();
ROLLBACK;
