/*
 * ANALYZE copies values into pg_statistic, which row-level security does not cover, and whoever reads it
 * would read the root key. No key and no sealed secret ever gets there, however much is analyzed.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(17);

-- Statistics show values only where there are several: some keys, some of them rotated, and two root keys.
SELECT forge.make_key('key-' || n, 't') FROM generate_series(1, 6) AS n;
SELECT forge.rotate_key('key-' || n, '1 hour') FROM generate_series(1, 3) AS n;
SELECT access_token.update_tenant('t', '{"issuer": "https://t.example"}');
SELECT access_token.create_client('t', 'C', settings => '{"algorithm": "ES256"}', id => 'client-' || n) FROM generate_series(1, 3) AS n;
-- Revoked tokens, those of clients and, by their hash, of a backend that writes no jti.
CREATE TABLE revoked AS
SELECT access_token AS token FROM generate_series(1, 3) AS n, access_token.issue_client_token('t', 'client-' || n)
UNION ALL SELECT forge.outside_token('key-' || n) FROM generate_series(1, 3) AS n;
SELECT access_token.revoke_access_token(token) FROM revoked;
INSERT INTO access_token.root_key (root_key_id, key) VALUES ('statistics', access_token.new_root_key());

CREATE VIEW statistic AS
SELECT starelid::regclass::text AS analyzed,
       concat_ws(' ', stavalues1, stavalues2, stavalues3, stavalues4, stavalues5) AS contents
FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'access_token'::regnamespace);

CREATE VIEW sensitive AS
SELECT 'root keys' AS what, key AS bytes FROM access_token.root_key
UNION ALL SELECT 'current sealed secrets', current_sealed_secret FROM access_token.api_key
UNION ALL SELECT 'previous sealed secrets', previous_sealed_secret FROM access_token.api_key WHERE previous_secret_id IS NOT NULL
UNION ALL SELECT 'sealed private keys', sealed_private_key FROM access_token.signing_key
UNION ALL SELECT 'secrets', convert_to(secret, 'UTF8') FROM forge.api_key
UNION ALL SELECT 'revoked tokens', convert_to(token, 'UTF8') FROM revoked
UNION ALL SELECT 'signatures of revoked tokens', convert_to(split_part(token, '.', 3), 'UTF8') FROM revoked;

-- How many of a kind are in the statistics, in hexadecimal as bytea is written, or as they are.
CREATE FUNCTION exposed(kind text) RETURNS bigint LANGUAGE sql AS $function$
    SELECT count(*) FROM sensitive AS s
    WHERE s.what = kind AND EXISTS (
        SELECT FROM statistic AS t
        WHERE position(encode(s.bytes, 'hex') IN t.contents) > 0
           OR (kind ~ '^secrets|tokens' AND position(convert_from(s.bytes, 'UTF8') IN t.contents) > 0))
$function$;

SET LOCAL default_statistics_target = 10000;
ANALYZE access_token.root_key, access_token.api_key, access_token.tenant, access_token.signing_key, access_token.client, access_token.revocation;
ANALYZE access_token.root_key (key);
ANALYZE access_token.api_key (current_sealed_secret, previous_sealed_secret);

SELECT ok(position('key-6' IN (SELECT string_agg(contents, ' ') FROM statistic WHERE analyzed = 'access_token.api_key')) > 0,
          'the keys have been analyzed');
SELECT ok(position('statistics' IN (SELECT string_agg(contents, ' ') FROM statistic WHERE analyzed = 'access_token.root_key')) > 0,
          'and the root keys');
SELECT ok(position(value IN (SELECT string_agg(contents, ' ') FROM statistic WHERE analyzed = 'access_token.revocation')) > 0, 'and what is revoked: ' || kind)
FROM (SELECT DISTINCT ON (kind) kind, value FROM access_token.revocation ORDER BY kind, value) AS r;
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
