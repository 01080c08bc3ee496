/*
 * How long tokens live: asked for at issue, capped by key and tenant, and capped once more at
 * verification, because whoever holds the secret can sign any exp.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql

SELECT plan(78);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('short', 't', settings => '{"token_lifetime": 60, "max_token_lifetime": 120}');
SELECT forge.make_key('long', 't', settings => '{"token_lifetime": 172800, "max_token_lifetime": 172800}');

CREATE FUNCTION lifetime_of(token text) RETURNS bigint LANGUAGE sql AS $function$
    SELECT (c ->> 'exp')::bigint - (c ->> 'iat')::bigint
    FROM (SELECT access_token.verify_access_token(token) AS c) AS v
$function$;

-- At issue.
SELECT is(lifetime_of(access_token.issue_access_token(label, 'x', expires_in)), expected,
          format('key %s, expires_in %s', label, coalesce(expires_in::text, 'NULL')))
FROM (VALUES ('k', NULL::integer, 3600::bigint), ('k', 1, 1), ('k', 86400, 86400), ('short', NULL, 60), ('short', 120, 120),
             ('long', NULL, 172800), ('long', 172800, 172800)) AS r (label, expires_in, expected);
SELECT throws_ok(format('SELECT access_token.issue_access_token(%L, %L, %s)', label, 'x', expires_in),
                 '22023', 'expires_in is out of range', format('key %s, not expires_in %s', label, expires_in))
FROM (VALUES ('k', 0), ('k', -1), ('k', 86401), ('k', 172800), ('k', 2147483647), ('k', -2147483648), ('short', 121),
             ('long', 172801)) AS r (label, expires_in);

-- Settings of a key: 1 to 172800 seconds, and the default not above the cap.
SELECT throws_ok(format('SELECT access_token.update_api_key(%L, %L)', 'k', settings), '22023', message, 'key: not ' || settings::text)
FROM (VALUES
    ('{"token_lifetime": 0}'::jsonb, 'token_lifetime is out of range'),
    ('{"token_lifetime": -1}', 'token_lifetime is out of range'),
    ('{"token_lifetime": 86401}', 'token_lifetime is out of range'),
    ('{"max_token_lifetime": 0}', 'max_token_lifetime is out of range'),
    ('{"max_token_lifetime": 172801}', 'max_token_lifetime is out of range'),
    ('{"max_token_lifetime": 3599}', 'token_lifetime is out of range'),
    ('{"max_token_lifetime": 999999999}', 'max_token_lifetime is out of range'),
    ('{"max_token_lifetime": 9999999999}', 'setting "max_token_lifetime" has the wrong type'),
    ('{"token_lifetime": 1.5}', 'setting "token_lifetime" has the wrong type'),
    ('{"token_lifetime": "60"}', 'setting "token_lifetime" has the wrong type'),
    ('{"token_lifetime": null}', 'setting "token_lifetime" has the wrong type')
) AS r (settings, message);
SELECT throws_ok(format('SELECT access_token.update_tenant(%L, %L)', 't', settings), '22023', message, 'tenant: not ' || settings::text)
FROM (VALUES
    ('{"max_token_lifetime": 0}'::jsonb, 'max_token_lifetime is out of range'),
    ('{"max_token_lifetime": -60}', 'max_token_lifetime is out of range'),
    ('{"max_token_lifetime": 172801}', 'max_token_lifetime is out of range'),
    ('{"max_token_lifetime": null}', 'setting "max_token_lifetime" has the wrong type')
) AS r (settings, message);
SELECT results_eq($$ SELECT token_lifetime, max_token_lifetime FROM access_token.api_keys WHERE api_key_id = 'k' $$,
                  'VALUES (3600, 86400)', 'nothing of that was written');

-- Tokens from outside, above and below the caps of the key (k: 86400 seconds).
CREATE FUNCTION outside(label text, lifetime numeric, age numeric DEFAULT NULL) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.verdict(forge.outside_token(label, json_strip_nulls(
        json_build_object('exp', forge.epoch(lifetime), 'iat', forge.epoch(-age)))))
$function$;
CREATE FUNCTION outside_in_whole_seconds(label text, lifetime integer, age integer) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.verdict(forge.outside_token(label, json_build_object(
        'exp', floor(forge.epoch()) - age + lifetime, 'iat', floor(forge.epoch()) - age)))
$function$;
CREATE TABLE too_long AS SELECT forge.refusal('TK006', 'lifetime_too_long', 'both', 'decodes') AS verdict;

SELECT is(outside(label, lifetime), forge.acceptance(), format('no iat, key %s, %s seconds', label, lifetime))
FROM (VALUES ('k', 1), ('k', 86400), ('short', 120), ('long', 172800)) AS r (label, lifetime);
SELECT is(outside(label, lifetime), verdict, format('no iat, key %s, not %s seconds', label, lifetime))
FROM too_long, (VALUES ('k', 86420), ('k', 172800), ('short', 140), ('long', 172820), ('k', 31536000)) AS r (label, lifetime);

SELECT is(outside_in_whole_seconds(label, lifetime, age), forge.acceptance(),
          format('iat %s seconds ago, key %s, %s seconds', age, label, lifetime))
FROM (VALUES ('k', 86400, 0), ('k', 86400, 86000), ('short', 120, 0), ('short', 120, 100), ('long', 172800, 1)) AS r (label, lifetime, age);
SELECT is(outside_in_whole_seconds(label, lifetime, age), verdict,
          format('iat %s seconds ago, key %s, not %s seconds', age, label, lifetime))
FROM too_long, (VALUES ('k', 86401, 0), ('k', 86401, 86000), ('short', 121, 0), ('short', 121, 100), ('long', 172801, 172000),
                       ('k', 31536000, 31535999)) AS r (label, lifetime, age);

-- A signer's clock that runs ahead by the leeway takes exp with it, and no further.
SELECT is(outside('k', 86400 + 4), forge.acceptance(), 'no iat, 4 seconds above the cap: within the leeway');
SET LOCAL access_token.leeway = 0;
SELECT is(outside('k', 86400 + 4), verdict, 'no iat, 4 seconds above the cap: no leeway') FROM too_long;
SET LOCAL access_token.leeway = 300;
SELECT is(outside('k', 86400 + 320), verdict, 'no iat, 320 seconds above the cap, with the most leeway') FROM too_long;
SELECT is(outside_in_whole_seconds('k', 86401, 0), verdict, 'with iat the leeway changes nothing') FROM too_long;
RESET access_token.leeway;

-- The tenant's cap binds every key of it, at once, for tokens to come and tokens that are out.
CREATE TABLE out AS SELECT label, access_token.issue_access_token(label, 'x') AS token
FROM (VALUES ('k'), ('short'), ('long')) AS l (label);
SELECT is(forge.verdict(token), forge.acceptance(), 'before the tenant''s cap is lowered: ' || label) FROM out;

SELECT access_token.update_tenant('t', '{"max_token_lifetime": 100}');
SELECT is(forge.verdict(o.token), CASE label WHEN 'short' THEN forge.acceptance() ELSE l.verdict END,
          'after the tenant''s cap is lowered to 100: ' || label) FROM out AS o, too_long AS l;
SELECT is(lifetime_of(access_token.issue_access_token(label, 'x')), expected, 'the default shrinks to the cap: ' || label)
FROM (VALUES ('k', 100::bigint), ('short', 60), ('long', 100)) AS r (label, expected);
SELECT is(lifetime_of(access_token.issue_access_token('short', 'x', 100)), 100::bigint, 'key short, expires_in 100');
SELECT throws_ok(format('SELECT access_token.issue_access_token(%L, %L, 101)', label, 'x'),
                 '22023', 'expires_in is out of range', format('key %s, not expires_in 101', label))
FROM (VALUES ('k'), ('short'), ('long')) AS l (label);
SELECT is(outside('short', 120), verdict, 'no iat, key short, not 120 seconds') FROM too_long;
SELECT is(array_agg(ROW(api_key_id, token_lifetime, max_token_lifetime)::text ORDER BY api_key_id),
          '{"(k,3600,86400)","(long,172800,172800)","(short,60,120)"}', 'the keys'' own settings stay as they were')
FROM access_token.api_keys WHERE tenant_id = 't';

SELECT access_token.update_tenant('t', '{"max_token_lifetime": 172800}');
SELECT is(forge.verdict(token), forge.acceptance(), 'after it is raised again: ' || label) FROM out;

-- So does the key's own.
SELECT access_token.update_api_key('k', '{"max_token_lifetime": 100, "token_lifetime": 50}');
SELECT is(forge.verdict(o.token), CASE label WHEN 'k' THEN l.verdict ELSE forge.acceptance() END,
          'after the key''s cap is lowered to 100: ' || label) FROM out AS o, too_long AS l;
SELECT is(lifetime_of(access_token.issue_access_token('k', 'x')), 50::bigint, 'its new tokens live as long as they should');
SELECT forge.bystander_is_unchanged('lifetimes');

SELECT * FROM finish();
ROLLBACK;
