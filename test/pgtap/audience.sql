/*
 * Audiences: aud is a string for one and an array for several, and whoever verifies must be named in it.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(31);

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
             ('{NULL}', '22004', 'audience must not be NULL'), ('{api,NULL}', '22004',
                 'audience must not be NULL')) AS r (audience, sqlstate, message);
SELECT throws_ok(format('SELECT access_token.%s(%L, audience => %L)', f, issued('{api}'), ''), '22023', 'audience is empty',
                 f || ': nobody is called nothing')
FROM (VALUES ('verify_access_token'), ('inspect_access_token')) AS r (f);
SELECT throws_ok($$ SELECT issued(ARRAY[repeat('x', 65536)]) $$, '22023', 'token would be too large', 'not larger than a token may be');

SELECT * FROM finish();
ROLLBACK;
