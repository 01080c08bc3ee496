/*
 * No way but a good token to be somebody: an ordinary role with the bundle subject and every privilege
 * that can be had on the setting behind it. What needs new sessions is in test/tap.
 */
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\connect
BEGIN;
\ir support/forge.sql
\ir support/roles.sql

SELECT plan(59);

CREATE ROLE forging_ordinary CREATEROLE;
CREATE ROLE forging_other;
GRANT CREATE ON SCHEMA public TO forging_ordinary;
-- Not by grant_access yet, whose record is written under a trigger in C.
SELECT format('GRANT EXECUTE ON FUNCTION %s TO forging_ordinary', p.oid::regprocedure) FROM pg_proc AS p
WHERE p.pronamespace = 'access_token'::regnamespace AND p.proname IN ('current_identity', 'current_tenant', 'current_claims', 'has_scope') \gexec

-- Before the library is loaded any role may write the name down, at every level of a transaction.
SET LOCAL ROLE forging_ordinary;
SET LOCAL client_min_messages = error; -- loading warns of what it throws away
SET access_token.bound_record = '1:t-6:victim-2:{}';
SAVEPOINT one;
SET LOCAL access_token.bound_record = '1:t-6:victim-2:{}';
SAVEPOINT two;
SELECT set_config('access_token.bound_record', '1:t-6:victim-2:{}', true) IS NOT NULL AS written \gset
SET access_token.postgrest_tenant = 't';
SELECT is(:'written'::text, 't', 'before the library is loaded, any text is taken');
SELECT is(access_token.current_identity(), NULL, 'loading it refuses the text: no identity');
SELECT is(access_token.current_tenant(), NULL, 'no tenant');
SELECT is(access_token.current_claims(), NULL, 'no claims');
SELECT is(access_token.has_scope('public'), false, 'no scope');
SELECT is(current_setting('access_token.postgrest_tenant'), '', 'and takes back the tenant of PostgREST');
RELEASE two;
SELECT is(access_token.current_identity(), NULL, 'none when a savepoint is released');
ROLLBACK TO one;
SELECT is(access_token.current_identity(), NULL, 'none when a savepoint is rolled back');
SET LOCAL ROLE NONE;
RESET client_min_messages;
SELECT is(current_setting('access_token.bound_record'), '', 'nothing is left of it');

SELECT access_token.grant_access('forging_ordinary', 'subject');
SELECT forge.make_key('k', 't');
CREATE TABLE good AS SELECT access_token.issue_access_token('k', 'user|42') AS token;
SELECT access_token.authenticate(token, 't') IS NOT NULL AS bound FROM good \gset
-- What a forger would write: what a superuser sees there, with another user.
SELECT replace(current_setting('access_token.bound_record'), 'user|42', 'victim!') AS forged \gset
CREATE TABLE forged AS SELECT :'forged'::text AS record;
SELECT is(position('victim!' IN record) > 0, true, 'a record as ours are') FROM forged;

CREATE TABLE attempt (statement text);
INSERT INTO attempt SELECT format(statement, record) FROM forged, (VALUES
    ('SET access_token.bound_record = %L'), ('SET SESSION access_token.bound_record = %L'), ('SET LOCAL access_token.bound_record = %L'),
    ('SELECT set_config(''access_token.bound_record'', %L, false)'), ('SELECT set_config(''access_token.bound_record'', %L, true)'),
    ('SELECT set_config(''ACCESS_TOKEN.Bound_Record'', %L, true)'),
    ('ALTER ROLE forging_ordinary SET access_token.bound_record = %L'), ('ALTER ROLE ALL SET access_token.bound_record = %L'),
    ('ALTER DATABASE pgtap_identity_forging SET access_token.bound_record = %L'),
    ('CREATE FUNCTION public.kept() RETURNS integer LANGUAGE sql SET access_token.bound_record = %L AS ''SELECT 1''')) AS s (statement);
INSERT INTO attempt VALUES ('CREATE FUNCTION public.kept() RETURNS integer LANGUAGE sql SET access_token.bound_record FROM CURRENT AS ''SELECT 1''');

SELECT is(forge.sqlstate_as('forging_ordinary', statement), '42501', 'an ordinary role: ' || statement) FROM attempt;
SELECT is(forge.sqlstate_as('forging_ordinary', statement), '42501', 'an ordinary role: ' || statement)
FROM (VALUES ('RESET access_token.bound_record'), ('SHOW access_token.bound_record'), ('SELECT current_setting(''access_token.bound_record'')'),
             ('GRANT SET ON PARAMETER access_token.bound_record TO forging_other')) AS r (statement);
SELECT is((SELECT count(*) FROM pg_settings WHERE name = 'access_token.bound_record'), 0::bigint, 'it is not in pg_settings');
SELECT is(access_token.current_identity(), 'user|42', 'what was bound is bound');

-- With every privilege on it that can be granted.
GRANT SET, ALTER SYSTEM ON PARAMETER access_token.bound_record TO forging_ordinary;
GRANT pg_read_all_settings TO forging_ordinary;
SELECT is(forge.sqlstate_as('forging_ordinary', statement), '42501', 'with GRANT SET: ' || statement) FROM attempt;
SELECT is(access_token.current_identity(), 'user|42', 'with GRANT SET: what was bound is bound');

-- Not even a superuser forges one by accident.
SELECT is(forge.sqlstate_of(statement), '42501', 'a superuser: ' || statement) FROM attempt;
SELECT throws_ok(statement, '42501', 'parameter "access_token.bound_record" cannot be set', 'the error says why') FROM attempt WHERE statement LIKE 'SET LOCAL%';
SELECT is(access_token.current_identity(), 'user|42', 'after all of it, what was bound is bound');

-- Clearing it is all that can be done without a token; nothing comes back that way.
SELECT is(forge.sqlstate_as('forging_ordinary', 'SET LOCAL access_token.bound_record = '''''), '00000', 'with GRANT SET it can be cleared');
SELECT is(access_token.current_identity(), NULL, 'then nobody is bound');
SELECT access_token.authenticate(token, 't') IS NOT NULL AS bound FROM good \gset
SET LOCAL ROLE forging_ordinary;
RESET ALL;
SELECT is(access_token.current_identity(), NULL, 'RESET ALL of an ordinary role clears it');
SET LOCAL ROLE NONE;

-- A failing authenticate leaves no door open.
SELECT throws_ok($$ SELECT access_token.authenticate('x', 't') $$, 'TK001', NULL, 'a token that is refused');
SELECT is(forge.sqlstate_as('forging_ordinary', statement), '42501', 'after it as before: ' || statement) FROM attempt WHERE statement LIKE 'SET LOCAL%';
SELECT is(access_token.current_identity(), NULL, 'nobody is bound');

-- request.jwt.claims, which anybody can set, says nothing.
SELECT set_config('request.jwt.claims', '{"sub": "victim!", "grants": {"identity": "victim!"}}', true) IS NOT NULL AS written \gset
SELECT is(access_token.current_identity(), NULL, 'request.jwt.claims is not read');

SELECT * FROM finish();
ROLLBACK;
