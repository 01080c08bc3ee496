/*
 * Each kind of cached row has its own room. A backend that meets more keys than it can hold still has their
 * tenants, and those of keys that it has not used for long: only the rows of its own kind make room for a
 * row. What is read is seen in the counts of index scans of this transaction.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(14);

SELECT forge.make_key('quiet', 'quiet');
SELECT access_token.create_tenant('Many', 'many');
CREATE TABLE busy AS
SELECT c.api_key_id, n FROM generate_series(1, 3000) AS n, access_token.create_api_key('many', 'x', id => 'busy-' || n) AS c;

-- The look-ups that an expression costs, by table.
CREATE FUNCTION lookups(relation text) RETURNS bigint LANGUAGE sql VOLATILE AS $function$
    SELECT sum(pg_stat_get_xact_numscans(indexrelid))::bigint FROM pg_index WHERE indrelid = ('access_token.' || relation)::regclass
$function$;
CREATE FUNCTION costs(expression text, OUT tenants bigint, OUT keys bigint) LANGUAGE plpgsql AS $function$
DECLARE
    tenants_before bigint := public.lookups('tenant');
    keys_before bigint := public.lookups('api_key');
BEGIN
    EXECUTE 'SELECT count(' || expression || ')';
    tenants := public.lookups('tenant') - tenants_before;
    keys := public.lookups('api_key') - keys_before;
END
$function$;
CREATE FUNCTION held() RETURNS bigint LANGUAGE sql VOLATILE AS $function$
    SELECT count(*) FROM pg_backend_memory_contexts WHERE parent = 'access_token key cache'
$function$;

-- Literals, so that the tokens are there before anything is counted.
CREATE TABLE quiet AS
SELECT 'access_token.issue_access_token(''quiet'', ''x'')' AS issue,
       format('access_token.verify_access_token(%L)', forge.token('quiet')) AS verify;
CREATE TABLE all_busy AS
SELECT '(SELECT string_agg(access_token.issue_access_token(api_key_id, ''x''), '''' ORDER BY n) FROM public.busy)' AS issue;

SELECT is(costs(issue), (1::bigint, 1::bigint), 'the first token costs a look-up of the key and one of its tenant') FROM quiet;
SELECT is(costs(issue), (0::bigint, 0::bigint), 'the second costs none') FROM quiet;
SELECT is(costs(verify), (0::bigint, 1::bigint), 'by kid a key is looked up anew, its tenant is not') FROM quiet;
SELECT is(costs(verify), (0::bigint, 0::bigint), 'and then neither') FROM quiet;

SELECT is(costs(issue), (1::bigint, 3000::bigint), '3,000 keys of one tenant cost 3,000 look-ups of keys and one of a tenant') FROM all_busy;
SELECT is(held(), 1024 + 1 + 2::bigint, 'the cache is full of keys, and holds one found by kid and two tenants');
SELECT is(costs(verify), (0::bigint, 0::bigint), 'a key found by kid, and its tenant, are still there') FROM quiet;
SELECT is(costs(issue), (0::bigint, 1::bigint), 'a key found by its id has gone, but its tenant has not') FROM quiet;
SELECT is(costs(issue), (0::bigint, 3000::bigint), 'once more: 3,000 keys, and no tenant') FROM all_busy;
SELECT is(costs(issue), (0::bigint, 1::bigint), 'nor has it then') FROM quiet;

-- The other way round: many tenants do not drive out keys.
CREATE TABLE crowd AS
SELECT c.api_key_id, n FROM generate_series(1, 1100) AS n, LATERAL access_token.create_tenant('x', 'crowd-' || n) AS t,
     LATERAL access_token.create_api_key(t, 'x', id => t) AS c;
SELECT is(costs('(SELECT string_agg(access_token.issue_access_token(api_key_id, ''x''), '''' ORDER BY n) FROM public.crowd)'),
          (1100::bigint, 1100::bigint), '1,100 keys of as many tenants');
SELECT is(held(), 1024 + 1 + 1024::bigint, 'the cache is full of keys and of tenants');
SELECT is(costs(verify), (1::bigint, 1::bigint), 'what has changed since is read again: the key and its tenant, once') FROM quiet;
SELECT is(costs(verify), (0::bigint, 0::bigint), 'and kept') FROM quiet;

SELECT * FROM finish();
ROLLBACK;
