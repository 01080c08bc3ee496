/*
 * The tolerance for clocks of hosts that sign: it is for nbf and iat, and never for exp.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(43);

SELECT forge.make_key('k', 't');

-- The verdict on a claim so many seconds from now; once more where the machine stood still meanwhile.
CREATE FUNCTION verdict_with(claim text, seconds numeric) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    started timestamp with time zone;
    verdict text;
BEGIN
    LOOP
        started := clock_timestamp();
        verdict := forge.verdict(forge.token('k', claims => forge.claims(
            'k', json_build_object(claim, extract(epoch FROM started) + seconds))));
        EXIT WHEN clock_timestamp() < started + interval '0.5 s';
    END LOOP;
    RETURN verdict;
END
$function$;

CREATE TABLE early AS SELECT forge.refusal('TK005', 'not_yet_valid', 'both', 'decodes') AS verdict;
CREATE TABLE late AS SELECT forge.refusal('TK004', 'expired', 'both', 'decodes') AS verdict;

SELECT is(current_setting('access_token.leeway'), '5s', 'five seconds by default');
SELECT is(verdict_with(claim, seconds), forge.acceptance(), format('5 s: %s at +%s s', claim, seconds))
FROM (VALUES ('nbf'), ('iat')) AS c (claim), (VALUES (0), (1), (4)) AS s (seconds);
SELECT is(verdict_with(claim, seconds), verdict, format('5 s: %s not at +%s s', claim, seconds))
FROM early, (VALUES ('nbf'), ('iat')) AS c (claim), (VALUES (6), (60)) AS s (seconds);
SELECT is(verdict_with('exp', seconds), verdict, format('5 s: exp not at %s s', seconds))
FROM late, (VALUES (0), (-1), (-4)) AS s (seconds);

SET LOCAL access_token.leeway = 0;
SELECT is(verdict_with(claim, seconds), forge.acceptance(), format('0 s: %s at %s s', claim, seconds))
FROM (VALUES ('nbf'), ('iat')) AS c (claim), (VALUES (0), (-60)) AS s (seconds);
SELECT is(verdict_with(claim, seconds), verdict, format('0 s: %s not at +%s s', claim, seconds))
FROM early, (VALUES ('nbf'), ('iat')) AS c (claim), (VALUES (1), (4), (6)) AS s (seconds);
SELECT is(verdict_with('exp', seconds), verdict, format('0 s: exp not at %s s', seconds))
FROM late, (VALUES (0), (-1)) AS s (seconds);
SELECT is(forge.verdict(access_token.issue_access_token('k', 'x')), forge.acceptance(), '0 s: our own tokens are valid at once');

SET LOCAL access_token.leeway = '5min';
SELECT is(verdict_with(claim, seconds), forge.acceptance(), format('300 s: %s at +%s s', claim, seconds))
FROM (VALUES ('nbf'), ('iat')) AS c (claim), (VALUES (6), (60), (299)) AS s (seconds);
SELECT is(verdict_with(claim, seconds), verdict, format('300 s: %s not at +%s s', claim, seconds))
FROM early, (VALUES ('nbf'), ('iat')) AS c (claim), (VALUES (302), (3600)) AS s (seconds);
SELECT is(verdict_with('exp', seconds), verdict, format('300 s: exp not at %s s', seconds))
FROM late, (VALUES (0), (-1), (-299)) AS s (seconds);

-- An iat or nbf within the leeway makes up for nothing else.
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', json_build_object('iat', forge.epoch(200), 'exp', forge.epoch(-1))))),
          verdict, '300 s: iat ahead, exp past') FROM late;
SELECT is(forge.verdict(forge.token('k', claims => forge.claims('k', json_build_object('nbf', forge.epoch(200), 'exp', forge.epoch(100))))),
          forge.acceptance(), '300 s: nbf behind exp, both within their bounds');
RESET access_token.leeway;
SELECT is(verdict_with('nbf', 60), verdict, 'and back to 5 s') FROM early;

SELECT * FROM finish();
ROLLBACK;
