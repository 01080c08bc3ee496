/*
 * ANALYZE copies values into pg_statistic, which row-level security does not cover, and whoever reads it
 * would read the root key. No key and no sealed secret ever gets there, however much is analyzed.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(12);

-- Statistics show values only where there are several: some keys, some of them rotated, and two root keys.
SELECT forge.make_key('key-' || n, 't') FROM generate_series(1, 6) AS n;
SELECT forge.rotate_key('key-' || n, '1 hour') FROM generate_series(1, 3) AS n;
INSERT INTO access_token.root_key (root_key_id, key) VALUES ('statistics', access_token.new_root_key());

CREATE VIEW statistic AS
SELECT starelid::regclass::text AS analyzed,
       concat_ws(' ', stavalues1, stavalues2, stavalues3, stavalues4, stavalues5) AS contents
FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'access_token'::regnamespace);

CREATE VIEW sensitive AS
SELECT 'root keys' AS what, key AS bytes FROM access_token.root_key
UNION ALL SELECT 'current sealed secrets', current_sealed_secret FROM access_token.api_key
UNION ALL SELECT 'previous sealed secrets', previous_sealed_secret FROM access_token.api_key WHERE previous_secret_id IS NOT NULL
UNION ALL SELECT 'secrets', convert_to(secret, 'UTF8') FROM forge.api_key;

-- How many of a kind are in the statistics, in hexadecimal as bytea is written, or as they are.
CREATE FUNCTION exposed(kind text) RETURNS bigint LANGUAGE sql AS $function$
    SELECT count(*) FROM sensitive AS s
    WHERE s.what = kind AND EXISTS (
        SELECT FROM statistic AS t
        WHERE position(encode(s.bytes, 'hex') IN t.contents) > 0
           OR (kind = 'secrets' AND position(convert_from(s.bytes, 'UTF8') IN t.contents) > 0))
$function$;

SET LOCAL default_statistics_target = 10000;
ANALYZE access_token.root_key, access_token.api_key, access_token.tenant;
ANALYZE access_token.root_key (key);
ANALYZE access_token.api_key (current_sealed_secret, previous_sealed_secret);

SELECT ok(position('key-6' IN (SELECT string_agg(contents, ' ') FROM statistic WHERE analyzed = 'access_token.api_key')) > 0,
          'the keys have been analyzed');
SELECT ok(position('statistics' IN (SELECT string_agg(contents, ' ') FROM statistic WHERE analyzed = 'access_token.root_key')) > 0,
          'and the root keys');
SELECT is(exposed(what), 0::bigint, format('the statistics hold none of %s %s', count(*), what))
FROM sensitive GROUP BY what ORDER BY what;
SELECT is(count(*), 0::bigint, 'nor statistics of another kind') FROM pg_statistic_ext
WHERE stxrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'access_token'::regnamespace);
SELECT is(count(*), 0::bigint, 'check_installation is content') FROM access_token.check_installation();

-- The same where somebody has them analyzed: then they are found here, so the search above finds something.
ALTER TABLE access_token.root_key ALTER key SET STATISTICS 100;
ALTER TABLE access_token.api_key ALTER current_sealed_secret SET STATISTICS 100, ALTER previous_sealed_secret SET STATISTICS 100;
ANALYZE access_token.root_key, access_token.api_key;
SELECT is(exposed(what), n, format('analyzed, the statistics hold all %s %s', n, what))
FROM (VALUES ('root keys', 2::bigint), ('current sealed secrets', 6), ('previous sealed secrets', 3)) AS e (what, n);
SELECT is(count(*), 3::bigint, 'which check_installation finds') FROM access_token.check_installation();

SELECT * FROM finish();
ROLLBACK;
