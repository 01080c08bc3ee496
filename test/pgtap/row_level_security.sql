/*
 * Policies that ask who is asking: each user sees and changes the rows of his tenant and identity, and
 * no others, by every kind of plan.
 */
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
BEGIN;
\ir support/forge.sql
\ir support/roles.sql
\ir support/identity.sql

SELECT plan(45);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('other', 'u');
SELECT forge.make_key('public', 't', public => true);
CREATE ROLE rls_application;
SELECT access_token.grant_access('rls_application', 'subject');
GRANT USAGE ON SCHEMA forge TO rls_application;

-- 4000 rows of each of four users, two of which have one name in two tenants.
CREATE TABLE note (tenant_id text NOT NULL, owner text NOT NULL, n integer NOT NULL, body text NOT NULL DEFAULT 'x');
INSERT INTO note SELECT u.tenant_id, u.owner, n, repeat('x', 200)
FROM (VALUES ('t', 'anna'), ('t', 'bert'), ('u', 'anna'), ('u', 'cleo')) AS u (tenant_id, owner), generate_series(1, 4000) AS n;
CREATE INDEX ON note (owner, n);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON note TO rls_application
    USING (tenant_id = access_token.current_tenant() AND owner = access_token.current_identity());
GRANT SELECT, INSERT, UPDATE, DELETE ON note TO rls_application;
ANALYZE note;

-- Whose rows the application sees: user@tenant, and how many.
CREATE FUNCTION sees() RETURNS text LANGUAGE sql AS $function$
    SELECT forge.value_as('rls_application', $$
        SELECT coalesce(string_agg(format('%s@%s %s', owner, tenant_id, rows), ', ' ORDER BY tenant_id, owner), 'nothing')
        FROM (SELECT owner, tenant_id, count(*) AS rows FROM public.note GROUP BY 1, 2) AS seen $$)
$function$;

SELECT is(sees(), 'nothing', 'nobody sees anything');
SELECT is(forge.be(owner, label) AND sees() = expected, true, format('%s by %s: %s', owner, label, expected))
FROM (VALUES ('anna', 'k', 'anna@t 4000'), ('bert', 'k', 'bert@t 4000'), ('anna', 'other', 'anna@u 4000'), ('cleo', 'k', 'nothing'),
             ('cleo', 'other', 'cleo@u 4000'), ('ANNA', 'k', 'nothing'), ('nobody', 'k', 'nothing')) AS r (owner, label, expected);
SELECT is(access_token.authenticate(access_token.issue_public_token('t', 'public', 'anna'), 't', scope => 'public') IS NOT NULL, true,
          'a public token that claims to be anna');
SELECT is(sees(), 'nothing', 'sees nothing');

-- Writing: WITH CHECK is USING where there is none of its own.
SELECT forge.be('anna');
SELECT is(forge.value_as('rls_application', statement), outcome, 'anna: ' || statement)
FROM (VALUES ('WITH done AS (UPDATE public.note SET body = ''y'' RETURNING 1) SELECT count(*) FROM done', '4000'),
             ('WITH done AS (DELETE FROM public.note WHERE n > 3000 RETURNING 1) SELECT count(*) FROM done', '1000'),
             ('INSERT INTO public.note VALUES (''t'', ''anna'', 5000) RETURNING owner', 'anna'),
             ('INSERT INTO public.note VALUES (''t'', ''bert'', 5000)', '42501'), ('INSERT INTO public.note VALUES (''u'', ''anna'', 5000)', '42501'),
             ('UPDATE public.note SET owner = ''bert''', '42501'), ('UPDATE public.note SET tenant_id = ''u''', '42501')) AS r (statement, outcome);
SELECT is((SELECT string_agg(format('%s@%s %s', owner, tenant_id, rows), ', ' ORDER BY tenant_id, owner)
           FROM (SELECT owner, tenant_id, count(*) AS rows FROM note WHERE body <> 'y' GROUP BY 1, 2) AS r),
          'anna@t 1, bert@t 4000, anna@u 4000, cleo@u 4000', 'nothing of the others was touched');
DELETE FROM note WHERE n = 5000;

-- Prepared once, run for two users, by custom and by generic plans.
CREATE FUNCTION executes(statement text) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.value_as('rls_application', format('EXECUTE %I', statement))
$function$;
SET LOCAL ROLE rls_application;
PREPARE whose AS SELECT string_agg(DISTINCT owner || '@' || tenant_id, ', ') FROM note;
PREPARE wrapped AS SELECT string_agg(DISTINCT owner || '@' || tenant_id, ', ') FROM note WHERE owner = (SELECT access_token.current_identity());
SET LOCAL ROLE NONE;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT is(forge.be(owner, label) AND executes(statement) = expected, true, format('prepared: %s, %s by %s', statement, owner, label))
FROM (VALUES ('anna', 'k', 'anna@t'), ('bert', 'k', 'bert@t'), ('anna', 'other', 'anna@u'), ('anna', 'k', 'anna@t')) AS r (owner, label, expected),
     (VALUES ('whose'), ('wrapped')) AS s (statement);
RESET ALL;
SELECT is(executes(statement), NULL, 'prepared, and nobody is asking: ' || statement) FROM (VALUES ('whose'), ('wrapped')) AS s (statement);
SELECT is((SELECT sum(generic_plans) > 5 FROM pg_prepared_statements WHERE name IN ('whose', 'wrapped')), true, 'by generic plans');

-- The plan uses an index for what is STABLE; wrapped or bare.
CREATE FUNCTION plan_of(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    plan json;
BEGIN
    PERFORM set_config('role', 'rls_application', true);
    EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, FORMAT JSON) ' || statement INTO plan;
    PERFORM set_config('role', 'none', true);
    RETURN plan;
END
$function$;
SELECT forge.be('anna');
SET LOCAL enable_seqscan = off;
SELECT matches(plan_of('SELECT * FROM public.note WHERE n = 7'), 'Index Cond[^,]*current_identity', 'an index finds the rows of current_identity()');
RESET enable_seqscan;

-- Parallel workers: they do all the work, and see what the leader has bound.
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL parallel_leader_participation = off;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL access_token.max_token_size = 393216;
ALTER TABLE note SET (parallel_workers = 2);
SELECT format('SELECT coalesce(string_agg(DISTINCT format(''%%s@%%s %%s %%s %%s'', owner, tenant_id,
    access_token.current_scopes(), access_token.has_scope(''read''), length(access_token.current_claims() ->> ''large'')), '', ''), ''nothing'')
    FROM public.note WHERE n <= 20 AND (access_token.has_scope(''read'') OR %s)', 'access_token.current_scopes() = ''{}''') AS scan \gset
CREATE FUNCTION workers(statement text) RETURNS text LANGUAGE sql AS $function$
    SELECT (regexp_match(plan_of(statement), '"Workers Launched": (\d+)'))[1]
$function$;
-- CREATE TABLE AS runs in parallel; EXECUTE ... INTO would not.
CREATE FUNCTION scanned(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    seen text;
BEGIN
    EXECUTE 'SET LOCAL ROLE rls_application';
    EXECUTE 'CREATE TEMPORARY TABLE scanned ON COMMIT DROP AS ' || statement;
    EXECUTE 'SET LOCAL ROLE NONE';
    EXECUTE 'SELECT * FROM scanned' INTO seen;
    EXECUTE 'DROP TABLE scanned';
    RETURN seen;
END
$function$;
CREATE TABLE large AS SELECT label, owner, expected, access_token.issue_access_token(label, owner, scope => scope,
        claims => jsonb_build_object('large', repeat(U&'\00E4', length))) AS token
FROM (VALUES ('k', 'anna', 'read write', 50000, 'anna@t {read,write} t 50000'), ('other', 'anna', 'read', 1, 'anna@u {read} t 1'),
             ('k', 'bert', NULL, 100000, 'bert@t {} f 100000'), ('other', 'cleo', 'write', 5, 'nothing')) AS r (label, owner, scope, length, expected);
SELECT is(access_token.authenticate(l.token, k.tenant_id) IS NOT NULL AND workers(:'scan') = '2', true, format('two workers for %s by %s', owner, l.label))
FROM large AS l JOIN forge.api_key AS k USING (label);
SELECT is(access_token.authenticate(l.token, k.tenant_id) IS NOT NULL, true, format('%s by %s', owner, l.label))
FROM large AS l JOIN forge.api_key AS k USING (label) WHERE l.owner = 'bert';
SELECT is(scanned(:'scan'), 'bert@t {} f 100000', 'claims of 200 kB in parallel workers');
SELECT is(access_token.current_claims() ->> 'large', repeat(U&'\00E4', 100000), 'and in the leader');
SELECT is(access_token.authenticate(l.token, k.tenant_id) IS NOT NULL AND scanned(:'scan') = expected, true, format('in workers: %s', expected))
FROM large AS l JOIN forge.api_key AS k USING (label);
SAVEPOINT one;
SELECT forge.be('anna', 'k', 'read');
SELECT is(scanned(:'scan'), 'anna@t {read} t ', 'in workers: inside a savepoint');
ROLLBACK TO one;
SELECT is(scanned(:'scan'), 'nothing', 'in workers: after its rollback');
RESET access_token.bound_record;
SELECT is(scanned('SELECT count(*) FROM public.note'), '0', 'in workers: nobody');
SELECT is(workers('SELECT count(*) FROM public.note'), '2', 'with workers for nobody, too');

SELECT * FROM finish();
ROLLBACK;
