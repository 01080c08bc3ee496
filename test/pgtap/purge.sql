/*
 * purge_expired: deletes what counts no longer, in batches, the oldest first, and nothing else. Its SKIP
 * LOCKED is in test/isolation/specs/purge.spec.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql
\ir support/faults.sql

SELECT plan(24);

SELECT forge.make_key('k', 't');

-- Rows as they are stored, this many seconds before now.
CREATE FUNCTION store(kind text, value text, seconds numeric) RETURNS void LANGUAGE sql AS $function$
    INSERT INTO access_token.revocation (tenant_id, kind, value, revoked_at, expires_at)
    SELECT 't', kind, value, clock_timestamp() - make_interval(days => 3), clock_timestamp() - make_interval(secs => seconds)
$function$;

CREATE FUNCTION purged(max_rows integer DEFAULT 10000) RETURNS text LANGUAGE sql AS $function$
    SELECT string_agg(format('%s %s', kind, deleted), ', ' ORDER BY kind COLLATE "C") FROM access_token.purge_expired(max_rows)
$function$;

CREATE FUNCTION left_over() RETURNS text LANGUAGE sql AS $function$
    SELECT string_agg(value, ' ' ORDER BY value COLLATE "C") FROM access_token.revocation WHERE tenant_id = 't'
$function$;

SELECT is(purged(), 'identity 0, jti 0, token 0', 'nothing to do: a row for each kind');

-- Five minutes are left to the clocks of standbys and subscribers.
SELECT store('jti', 'j1', 310), store('jti', 'j2', 290), store('jti', 'j3', -10), store('token', 't1', 100000), store('identity', 'i1', 400),
       store('identity', 'i2', 240), store('jti', 'j4', 301);
SELECT is(purged(), 'identity 1, jti 2, token 1', 'those that expired more than five minutes ago, by kind');
SELECT is(left_over(), 'i2 j2 j3', 'the others stay');
SELECT is(purged(), 'identity 0, jti 0, token 0', 'and it is done');

-- Batches, the oldest first.
SELECT store('jti', 'old' || n, 1000 + n) FROM generate_series(1, 5) AS n;
SELECT is(purged(2), 'identity 0, jti 2, token 0', 'two at most');
SELECT is(left_over(), 'i2 j2 j3 old1 old2 old3', 'the two oldest');
SELECT is(purged(1), 'identity 0, jti 1, token 0', 'one');
SELECT is(purged(3), 'identity 0, jti 2, token 0', 'fewer than max_rows: it is done');
SELECT is(left_over(), 'i2 j2 j3', 'nothing else went');
SELECT store('jti', 'many' || n, 1000 + n) FROM generate_series(1, 10001) AS n;
SELECT is(purged(), 'identity 0, jti 10000, token 0', '10,000 unless said otherwise');
SELECT is((SELECT sum(deleted) FROM access_token.purge_expired(2147483647)), 1::numeric, 'the largest batch');

-- What counts is never deleted: everything just revoked, and a token until it is refused for its age.
CREATE TABLE mine AS
SELECT access_token.issue_access_token('k', 'one', 1) AS short, access_token.issue_access_token('k', 'one') AS token,
       access_token.issue_access_token('k', 'two') AS of_user, forge.outside_token('k', '{"jti": "id"}') AS by_id;
SELECT access_token.revoke_access_token(short), access_token.revoke_access_token(token), access_token.revoke_token_id('t', 'id'),
       access_token.revoke_identity('t', 'two') FROM mine;
SELECT pg_sleep(1.1);
SELECT is(purged(), 'identity 0, jti 0, token 0', 'nothing that was revoked just now, not even where it has expired');
SELECT is((SELECT string_agg(i.reason, ' ') FROM mine, unnest(ARRAY[short, token, of_user, by_id]) AS t, access_token.inspect_access_token(t) AS i),
          'expired revoked revoked revoked', 'all stay refused');
-- The longest that any of them can live, and the clocks: 172800 s, the leeway of 300 s, and five minutes on top.
SELECT ok(min(expires_at) > clock_timestamp() + '173090 seconds', 'kept beyond the longest life: ' || value) FROM access_token.revocation
WHERE tenant_id = 't' AND value IN ('id', 'two') GROUP BY value;

SELECT throws_ok(format('SELECT access_token.purge_expired(%s)', n), '22023', 'max_rows is out of range', 'no batch: ' || n)
FROM unnest(ARRAY['0', '-1', 'NULL']) AS n;
SELECT store('jti', 'undone', 1000);
SELECT is(forge.answer_with('SELECT access_token.purge_expired()', 'SELECT count(*) FROM access_token.revocation WHERE value = ''undone'''), '0', 'purged');
SELECT is(count(*), 1::bigint, 'undone') FROM access_token.revocation WHERE value = 'undone';
SELECT is(forge.answer_with('SET LOCAL transaction_read_only = on', 'SELECT access_token.purge_expired()'), '25006', 'not in a read-only transaction');

-- Rows are found by their index, not by reading a large table.
INSERT INTO access_token.revocation (tenant_id, kind, value, expires_at) SELECT 't', 'jti', 'large' || n, clock_timestamp() + '1 day' FROM generate_series(1, 50000) AS n;
ANALYZE access_token.revocation;
CREATE FUNCTION rows_read() RETURNS bigint LANGUAGE sql AS $$ SELECT pg_stat_get_xact_tuples_returned('access_token.revocation'::regclass) $$;
CREATE TABLE reads AS SELECT rows_read() AS before;
SELECT is(purged(), 'identity 0, jti 1, token 0', 'one row of 50,000');
SELECT cmp_ok(rows_read() - before, '<', 1000::bigint, 'without reading them all') FROM reads;

SELECT forge.bystander_is_unchanged('purging');
SELECT * FROM finish();
ROLLBACK;
