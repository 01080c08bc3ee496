/*
 * Verification goes by the clock at its own moment, whatever the transaction's time, the plan or the
 * process: tokens and keys run out inside a transaction, in a prepared statement and in parallel workers.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(33);

SELECT forge.make_key('k', 't');
CREATE TABLE lasting AS SELECT access_token.issue_access_token('k', 'x') AS token;

/* Parallel plans: two workers, and nothing done by the leader. */
CREATE TABLE tokens AS SELECT n, access_token.issue_access_token('k', n) AS token FROM generate_series(1, 2000) AS n;
ANALYZE tokens;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_leader_participation = off;

-- How many workers were launched for a statement; it must be one node that launches them.
CREATE FUNCTION workers_of(statement text) RETURNS integer LANGUAGE plpgsql AS $function$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON) ' || statement INTO plan;
    RETURN jsonb_path_query_first(plan, '$.**."Workers Launched"');
END
$function$;
-- A statement with only one answer, and whether workers gave it.
CREATE FUNCTION by_workers(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    answer text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN format('%s by %s', answer, CASE WHEN public.workers_of(statement) > 0 THEN 'workers' ELSE 'the leader' END);
END
$function$;

-- Keys and tokens of this very transaction, which nobody else can see, are good in its workers.
SELECT is(by_workers($$ SELECT count(*) FROM tokens WHERE access_token.verify_access_token(token,
    't') #>> '{grants,identity}' = n::text $$),
          '2000 by workers', 'verify in parallel');
SELECT is(by_workers($$ SELECT count(*) FROM tokens, access_token.inspect_access_token(token) AS i WHERE i.valid $$),
          '2000 by workers', 'inspect in parallel');
SELECT is(by_workers($$ SELECT count(*) FROM tokens, access_token.decode_token(token) AS d WHERE d.header ->> 'alg' = 'HS256' $$),
          '2000 by workers', 'decode in parallel');
SELECT is(by_workers($$ SELECT count(access_token.issue_access_token('k', n)) FROM tokens $$), '2000 by workers', 'issue in parallel');
SELECT is(by_workers($$ SELECT count(forge.claims_of(token)) FROM tokens $$),
          '2000 by the leader', 'the leader is told from workers: a function that is not parallel safe keeps to it');

-- jti of several processes are all different: random bytes drawn in advance are not shared.
SELECT cmp_ok(workers_of('CREATE TABLE in_workers AS SELECT access_token.issue_access_token(''k'', n) AS token FROM tokens'), '>', 0,
              'tokens issued by workers');
INSERT INTO in_workers SELECT access_token.issue_access_token('k', n) FROM generate_series(1, 1000) AS n;
SELECT is((SELECT count(DISTINCT right(jti, 17)) FROM in_workers, LATERAL (SELECT forge.claims_of(token)::jsonb ->> 'jti' AS jti) AS c),
          3000::bigint, 'jti of workers and leader are all different');

-- A change of a key in this transaction is seen by workers that start after it.
SELECT access_token.set_api_key_enabled('k', false);
SELECT is(by_workers($$ SELECT count(*) FROM tokens, access_token.inspect_access_token(token) AS i WHERE i.reason = 'disabled' $$),
          '2000 by workers', 'disabled in parallel');
SELECT access_token.set_api_key_enabled('k', true);
SELECT is(by_workers($$ SELECT count(*) FROM tokens, access_token.inspect_access_token(token) AS i WHERE i.valid $$),
          '2000 by workers', 'enabled again in parallel');

-- Settings reach workers.
CREATE TABLE ahead AS SELECT forge.token('k', claims => forge.claims('k', json_build_object('iat', forge.epoch(200)))) AS token
FROM generate_series(1, 200);
ANALYZE ahead;
SELECT is(by_workers($$ SELECT count(*) FROM ahead, access_token.inspect_access_token(token) AS i WHERE i.valid $$),
          '0 by workers', 'leeway of 5 s in parallel');
SET LOCAL access_token.leeway = 300;
SELECT is(by_workers($$ SELECT count(*) FROM ahead, access_token.inspect_access_token(token) AS i WHERE i.valid $$),
          '200 by workers', 'leeway of 300 s in parallel');
RESET access_token.leeway;

/* Running out: everything is prepared with tokens that are good, then their time passes. */
CREATE TABLE short AS SELECT n, access_token.issue_access_token('k', n::integer, 4) AS token FROM generate_series(1, 300) AS n;
ANALYZE short;
CREATE TABLE one AS SELECT token FROM short WHERE n = 1;

SELECT format('PREPARE literal AS SELECT access_token.verify_access_token(%L) IS NOT NULL AS good', token) FROM one \gexec
PREPARE parameter (text) AS SELECT access_token.verify_access_token($1) IS NOT NULL AS good;
PREPARE rows AS SELECT count(*) AS good FROM short, access_token.inspect_access_token(token) AS i WHERE i.valid;
SELECT token AS short_token FROM one \gset
CREATE FUNCTION remembered(token text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    RETURN (SELECT coalesce(i.reason, 'valid') FROM access_token.inspect_access_token(remembered.token) AS i);
END
$function$;

SET LOCAL plan_cache_mode = force_generic_plan;
SELECT is(forge.verdict(token), forge.acceptance(), 'before: good') FROM one;
SELECT lives_ok('EXECUTE literal', 'before: good in a prepared statement');
SELECT lives_ok(format('EXECUTE parameter (%L)', token), 'before: good as its parameter') FROM one;
SELECT results_eq('EXECUTE rows', 'VALUES (300::bigint)', 'before: good in a prepared statement over a table');
SELECT is(remembered(token), 'valid', 'before: good in a function with plans of its own') FROM one;
SELECT is(by_workers($$ SELECT count(*) FROM short, access_token.inspect_access_token(token) AS i WHERE i.valid $$),
          '300 by workers', 'before: good in parallel');
SELECT is((SELECT generic_plans > 0 FROM pg_prepared_statements WHERE name = 'parameter'), true, 'by a generic plan');
DECLARE cursor_before CURSOR FOR SELECT i.reason FROM short, access_token.inspect_access_token(token) AS i;

-- One statement that starts in time and sleeps over the end: each call has its own moment.
SELECT is(array_agg(DISTINCT reason), '{expired,valid}', 'within one statement')
FROM (SELECT coalesce(i.reason, 'valid') AS reason
      FROM (VALUES (0), (1)) AS turn (n), one,
           LATERAL (SELECT pg_sleep(greatest(0,
               n * ((forge.claims_of(one.token)::jsonb ->> 'exp')::numeric - forge.epoch(-0.05))))) AS slept,
           LATERAL access_token.inspect_access_token(CASE WHEN slept IS NULL THEN '' ELSE one.token END) AS i
      ORDER BY n) AS verdicts;

SELECT cmp_ok(extract(epoch FROM now()), '<', (forge.claims_of(token)::jsonb ->> 'exp')::numeric,
              'the transaction''s time still lies before exp') FROM one;
SELECT is(forge.verdict(token), forge.refusal('TK004', 'expired', 'both', 'decodes'), 'after: expired in the same transaction') FROM one;
SELECT throws_ok('EXECUTE literal', 'TK004', 'token has expired', 'after: expired in a prepared statement');
SELECT throws_ok(format('EXECUTE parameter (%L)', token), 'TK004', 'token has expired', 'after: expired as its parameter') FROM one;
SELECT results_eq('EXECUTE rows', 'VALUES (0::bigint)', 'after: expired in a prepared statement over a table');
SELECT is(remembered(token), 'expired', 'after: expired in a function with plans of its own') FROM one;
SELECT is(by_workers($$ SELECT count(*) FROM short, access_token.inspect_access_token(token) AS i WHERE i.reason = 'expired' $$),
          '300 by workers', 'after: expired in parallel');
SELECT results_eq('FETCH ALL FROM cursor_before', 'SELECT ''expired'' FROM short', 'after: expired in a cursor opened before');
SELECT is(forge.verdict(token), forge.acceptance(), 'after: a token with time left is good') FROM lasting;

/* Plain EXPLAIN runs nothing, whatever the arguments: an error would be raised by running it. */
SELECT lives_ok('EXPLAIN ' || statement, 'EXPLAIN runs nothing: ' || statement)
FROM (VALUES ('SELECT access_token.verify_access_token(''garbage'')'),
             ('SELECT access_token.issue_access_token(''nobody'', 1)'),
             ('SELECT * FROM access_token.decode_token(''garbage'')'),
             ('SELECT 1 WHERE access_token.verify_access_token(''garbage'') IS NOT NULL')) AS r (statement);
SELECT throws_ok('EXPLAIN (ANALYZE) SELECT access_token.verify_access_token(''garbage'')', 'TK001', 'token is malformed',
                 'EXPLAIN ANALYZE does run it');

SELECT * FROM finish();
ROLLBACK;
