/*
 * Audiences: aud is a string for one and an array for several, and whoever verifies must be named in it.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(56);

SELECT forge.make_key('k', 't');

CREATE FUNCTION issued(audience text[]) RETURNS text LANGUAGE sql AS $function$
    SELECT access_token.issue_access_token('k', 'x', audience => audience)
$function$;
CREATE TABLE wrong AS SELECT forge.refusal('TK006', 'wrong_audience', 'both', 'decodes') AS verdict;

SELECT is(forge.claims_of(issued(audience))::jsonb -> 'aud', expected, format('audience %s', audience))
FROM (VALUES (NULL::text[], NULL::jsonb), ('{api}', '"api"'), ('{api,web}', '["api", "web"]'), ('{api,api}', '["api", "api"]'),
             ('{https://api.example.com/}', '"https://api.example.com/"'), (ARRAY['a"b', U&'\00E9'], '["a\"b", "\u00e9"]'),
             ('{" "}', '" "')) AS r (audience, expected);
SELECT unalike(forge.claims_of(issued(NULL)), '%"aud"%', 'without audience there is no aud at all');

SELECT is(forge.verdict(issued(audience), audience => asked), forge.acceptance(), format('for %s, verified by %s', audience, asked))
FROM (VALUES ('{api}'::text[], 'api'), ('{api,web}', 'api'), ('{api,web}', 'web'), (ARRAY['a"b', U&'\00E9'], 'a"b'),
             (ARRAY['a"b', U&'\00E9'], U&'\00E9')) AS r (audience, asked);
SELECT is(forge.verdict(issued(NULL)), forge.acceptance(), 'for nobody in particular, verified by nobody in particular');
SELECT is(forge.verdict(issued(audience), audience => asked), verdict, format('for %s, not verified by %s', audience,
    coalesce(asked, 'nobody')))
FROM wrong, (VALUES ('{api}'::text[], NULL), ('{api,web}', NULL), (NULL, 'api'), ('{api}', 'web'), ('{api}', 'API'), ('{api}', 'api '),
                    ('{api,web}', 'api,web'), ('{api,web}', 'api web'), ('{api,web}', '["api", "web"]')) AS r (audience, asked);

SELECT throws_ok(format('SELECT issued(%L)', audience), sqlstate, message, format('not to be issued for %s', audience))
FROM (VALUES ('{}', '22023', 'audience is empty'), ('{""}', '22023', 'audience is empty'), ('{api,""}', '22023', 'audience is empty'),
             ('{NULL}', '22004', 'an element of audience must not be NULL'), ('{api,NULL}', '22004',
                 'an element of audience must not be NULL')) AS r (audience, sqlstate, message);
SELECT throws_ok(format('SELECT access_token.%s(%L, audience => %L)', f, issued('{api}'), ''), '22023', 'audience is empty',
                 f || ': nobody is called nothing')
FROM (VALUES ('verify_access_token'), ('inspect_access_token')) AS r (f);
SELECT throws_ok($$ SELECT issued(ARRAY[repeat('x', 65536)]) $$, '22023', 'token would be too large', 'not larger than a token may be');

-- Arguments of any size have the same answer, before anything in proportion to the token is allocated:
-- escaped, this text would not fit into the largest allocation there is.
SELECT throws_ok($$ SELECT issued(ARRAY[repeat('x', 180000000)]) $$, '22023', 'token would be too large', 'a text of 180 MB');
SELECT throws_ok(format('SELECT issued(array_fill(%L::text, ARRAY[%s]))', 'x', n), '22023', 'token would be too large', n || ' of one letter')
FROM (VALUES (65537), (5000000)) AS r (n);
-- A list of 16 MB that says itself how many elements it has; taken apart, they would need gigabytes.
SELECT throws_ok($$ SELECT issued(array_fill(NULL::text, ARRAY[134217727])) $$, '22023', 'token would be too large', 'as many NULLs as there can be');
SELECT throws_ok($$ SELECT issued(array_fill(NULL::text, ARRAY[65536])) $$, '22004', 'an element of audience must not be NULL', 'as many NULLs as a token has bytes');
SELECT throws_ok(format('SELECT issued(%L)', audience), '22023', 'audience has several dimensions', 'no plain list: ' || audience)
FROM (VALUES ('{{api,web}}'), ('{{api},{web}}'), ('{{NULL}}')) AS r (audience);
SELECT is(forge.claims_of(issued('[5:6]={api,web}'))::jsonb -> 'aud', '["api", "web"]', 'a list may begin anywhere');

-- As many as fit are issued and verified, the first as well as the last.
CREATE TABLE many AS SELECT issued(array_agg('api-' || n ORDER BY n)) AS token, count(*) AS n FROM generate_series(1, 4500) AS n;
SELECT is(jsonb_array_length(forge.claims_of(token)::jsonb -> 'aud'), n::integer, n || ' audiences') FROM many;
SELECT is(forge.verdict(token, audience => asked), forge.acceptance(), asked || ' is one of them')
FROM many, (VALUES ('api-1'), ('api-2250'), ('api-4500')) AS r (asked);
SELECT is(forge.verdict(token, audience => asked), verdict, coalesce(left(asked, 10), 'nobody') || ' is none of them')
FROM wrong, many, (VALUES (NULL), ('api-4501'), ('api-'), (repeat('x', 10000000))) AS r (asked);

-- The largest token that can be allowed, with as many members of aud as go into it. Their number is no
-- factor but itself: twice as many take about twice the time, not four times.
SET LOCAL access_token.max_token_size = '384kB';
CREATE TABLE crowded AS
SELECT n, forge.token('k', claims => forge.claims('k', json_build_object('aud', array_fill('a'::text, ARRAY[n]) || '{z}'::text[]))) AS token
FROM (VALUES (17000), (68000)) AS r (n);
SELECT is(forge.verdict(token, audience => asked), forge.acceptance(), format('a token for %s: %s is one of them', n, asked))
FROM crowded, (VALUES ('a'), ('z')) AS r (asked);
SELECT is(forge.verdict(token, audience => 'b'), verdict, format('a token for %s: b is none of them', n)) FROM crowded, wrong;
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', json_build_object('aud', array_fill('a'::text, ARRAY[68000]) || NULL::text)))),
          forge.refusal('TK001', 'bad_claim', 'both', 'decodes'), 'with something else among them it is malformed');
CREATE FUNCTION seconds(token text, audience text, rounds integer) RETURNS numeric LANGUAGE plpgsql AS $function$
DECLARE
    started timestamptz;
    least numeric := 'infinity';
BEGIN
    FOR i IN 1 .. rounds LOOP
        started := clock_timestamp();
        PERFORM forge.sqlstate_of(format('SELECT access_token.verify_access_token(%L, audience => %L)', token, audience));
        least := least(least, extract(epoch FROM clock_timestamp() - started));
    END LOOP;
    RETURN least;
END
$function$;
SELECT cmp_ok(max(s) FILTER (WHERE n = 68000), '<', 10 * max(s) FILTER (WHERE n = 17000), 'four times as many take less than ten times the time')
FROM (SELECT n, seconds(token, 'b', 10) AS s FROM crowded OFFSET 0) AS measured;
RESET access_token.max_token_size;

SELECT * FROM finish();
ROLLBACK;
