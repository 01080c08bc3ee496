/*
 * Cut-offs: everything made until now for a user, by an API key or client, or in a tenant is refused, what is
 * made from then on is not; to the microsecond where a token of ours tells it. The comparison is made with
 * tokens of chosen times around a cut-off, so that nothing depends on how fast the test runs.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql
\ir support/bystander.sql
\ir support/faults.sql

SELECT plan(184);

CREATE FUNCTION says(token text, scope text DEFAULT NULL) RETURNS text LANGUAGE sql AS $function$
    SELECT CASE WHEN i.valid THEN 'valid' ELSE i.reason END FROM access_token.inspect_access_token(token, scope => scope) AS i
$function$;

-- A UUID of version 7 as ours are: microseconds in rand_a.
CREATE FUNCTION jti_of(at numeric) RETURNS text LANGUAGE sql AS $function$
    SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || lpad(to_hex((us % 1000) * 4096 / 1000), 3, '0')
           || '-8' || substr(md5(random()::text), 1, 3) || '-' || substr(md5(random()::text), 1, 12)
    FROM (SELECT us, lpad(to_hex(us / 1000), 12, '0') AS h FROM (SELECT (at * 1000000)::bigint AS us) AS u) AS t
$function$;

/*
 * Four tenants, each with a key, a client and a user, and each to be cut off in one way; its longest lifetime
 * is the key's and the tenant's.
 */
CREATE TABLE way (tenant_id text, call text, cutoff text);
INSERT INTO way VALUES
    ('by-user', $$ access_token.revoke_identity('by-user', 'user|42') $$,
     $$ SELECT revoked_at FROM access_token.revocations WHERE tenant_id = 'by-user' AND kind = 'identity' $$),
    ('by-key', $$ access_token.revoke_api_key_tokens('by-key_key') $$,
     $$ SELECT tokens_revoked_at FROM access_token.api_keys WHERE api_key_id = 'by-key_key' $$),
    ('by-client', $$ access_token.revoke_client_tokens('by-client_client') $$,
     $$ SELECT tokens_revoked_at FROM access_token.clients WHERE client_id = 'by-client_client' $$),
    ('by-tenant', $$ access_token.revoke_tenant_tokens('by-tenant') $$,
     $$ SELECT tokens_revoked_at FROM access_token.tenants WHERE tenant_id = 'by-tenant' $$);

DO $setup$
DECLARE
    tenant_id text;
BEGIN
    FOREACH tenant_id IN ARRAY ARRAY['by-user', 'by-key', 'by-client', 'by-tenant'] LOOP
        PERFORM forge.make_tenant(tenant_id);
        PERFORM forge.make_key(tenant_id || '_key', tenant_id, settings => '{"max_token_lifetime": 172800}');
        PERFORM forge.make_key(tenant_id || '_other', tenant_id, 'HS384');
        PERFORM forge.make_key(tenant_id || '_public', tenant_id, public => true);
        PERFORM forge.make_signing_key(tenant_id, tenant_id, 'EdDSA');
        PERFORM access_token.create_client(tenant_id, 'Client', settings => '{"algorithm": "EdDSA"}', id => tenant_id || '_client');
        PERFORM access_token.create_client(tenant_id, 'Client', settings => '{"algorithm": "EdDSA"}', id => tenant_id || '_second');
    END LOOP;
    PERFORM pg_sleep(1);    -- tokens dated to the second before are no older than their client
END
$setup$;

-- Tokens for the user, or for another one, as they are made here and now.
CREATE FUNCTION user_token(tenant_id text, client text, at numeric, jti text DEFAULT NULL, subject text DEFAULT 'user|42')
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.own_token(tenant_id, forge.own_header(tenant_id, '{"typ": "at+jwt"}'), forge.own_claims(tenant_id, json_build_object(
        'client_id', client, 'sub', subject, 'iat', floor(at), 'jti', coalesce(jti, jti_of(at)))))
$function$;

CREATE FUNCTION tokens_now(tenant_id text) RETURNS TABLE (what text, token text, scope text) LANGUAGE sql AS $function$
    VALUES
    ('key', access_token.issue_access_token(tenant_id || '_key', 'user|42'), NULL),
    ('key for another', access_token.issue_access_token(tenant_id || '_key', 'user|43'), NULL),
    ('other key', access_token.issue_access_token(tenant_id || '_other', 'user|42'), NULL),
    ('public key', access_token.issue_public_token(tenant_id, tenant_id || '_public', 'user|42'), 'public'),
    ('client', (SELECT access_token FROM access_token.issue_client_token(tenant_id, tenant_id || '_client')), NULL),
    ('second client', (SELECT access_token FROM access_token.issue_client_token(tenant_id, tenant_id || '_second')), NULL),
    ('client for a user', user_token(tenant_id, tenant_id || '_client', forge.epoch()), NULL),
    ('client for another', user_token(tenant_id, tenant_id || '_client', forge.epoch(), NULL, 'user|43'), NULL),
    ('second client for a user', user_token(tenant_id, tenant_id || '_second', forge.epoch()), NULL),
    ('outside', forge.outside_token(tenant_id || '_key', json_build_object('iat', floor(forge.epoch()))), NULL)
$function$;

CREATE TABLE made_before AS
SELECT w.tenant_id, t.* FROM way AS w, tokens_now(w.tenant_id) AS t;
SELECT is(string_agg(says(token, scope), ' '), (SELECT string_agg('valid', ' ') FROM generate_series(1, 40)), 'all are good before')
FROM made_before;

SELECT is(forge.value_of('SELECT ' || call), '', 'cuts off: ' || tenant_id) FROM way ORDER BY tenant_id COLLATE "C";
CREATE TABLE made_after AS
SELECT w.tenant_id, t.* FROM way AS w, tokens_now(w.tenant_id) AS t;
CREATE TABLE cutoff AS SELECT tenant_id, extract(epoch FROM forge.value_of(cutoff)::timestamptz) AS at FROM way;
SELECT is(count(at), 4::bigint, 'each has its moment') FROM cutoff;

-- What each takes with it.
CREATE FUNCTION refused(tenant_id text) RETURNS text LANGUAGE sql AS $function$
    SELECT string_agg(what, ', ' ORDER BY what COLLATE "C") FROM made_before AS b
    WHERE b.tenant_id = refused.tenant_id AND says(token, scope) = 'revoked'
$function$;
SELECT is(refused(tenant_id), expected, 'refused: ' || tenant_id)
FROM (VALUES
    ('by-user', 'client for a user, key, other key, outside, public key, second client for a user'),
    ('by-key', 'key, key for another, outside'),
    ('by-client', 'client, client for a user, client for another'),
    ('by-tenant', 'client, client for a user, client for another, key, key for another, other key, outside, public key, '
                  'second client, second client for a user')) AS r (tenant_id, expected);
SELECT is((SELECT string_agg(DISTINCT says(token, scope), ' ') FROM made_before AS b WHERE b.tenant_id = w.tenant_id AND says(token, scope) <> 'revoked'),
          CASE tenant_id WHEN 'by-tenant' THEN NULL ELSE 'valid' END, 'and the others are good: ' || tenant_id) FROM way AS w;
-- The outside token of the same second is refused as well: its iat says no more.
SELECT is((SELECT string_agg(says(token, scope) || CASE says(token, scope) WHEN 'valid' THEN '' ELSE ' ' || what END, ', ')
           FROM made_after AS a WHERE a.tenant_id = w.tenant_id),
          (SELECT string_agg('valid', ', ') FROM generate_series(1, 9)) || CASE tenant_id WHEN 'by-client' THEN ', valid' ELSE ', revoked outside' END,
          'made after it: ' || tenant_id) FROM way AS w ORDER BY tenant_id COLLATE "C";
SELECT is(forge.value_of(format('SELECT access_token.verify_access_token(%L)', token)), 'TK007', 'verify raises: ' || tenant_id)
FROM made_before AS b WHERE what = CASE tenant_id WHEN 'by-client' THEN 'client' ELSE 'key' END;

/*
 * The comparison. A token of the key with kid and of the client for a user are believed to the microsecond;
 * without kid only whole seconds count. Half a second is added to each cut-off's second where a jti must lie
 * in the same second as iat.
 */
CREATE FUNCTION key_token(tenant_id text, iat numeric, jti text, kid boolean DEFAULT true) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.token(tenant_id || '_key', forge.header(tenant_id || '_key', '{}', CASE WHEN kid THEN '{}' ELSE '{kid}' END::text[]),
                       forge.claims(tenant_id || '_key', json_build_object('iat', floor(iat), 'jti', jti)))
$function$;

SELECT is(says(key_token(tenant_id, at + shift, jti_of(at + shift))), expected, format('%s: a key''s token of %s s after it', tenant_id, shift))
FROM cutoff, (VALUES (-1, 'revoked'), (-0.000001, 'revoked'), (0, 'revoked'), (0.000001, 'valid'), (0.000002, 'valid'), (1, 'valid'))
    AS r (shift, expected)
WHERE tenant_id <> 'by-client';
SELECT is(says(user_token(tenant_id, tenant_id || '_client', at + shift)), expected, format('%s: a client''s token of %s s after it', tenant_id, shift))
FROM cutoff, (VALUES (-0.000001, 'revoked'), (0, 'revoked'), (0.000001, 'valid'), (1, 'valid')) AS r (shift, expected)
WHERE tenant_id <> 'by-key';

-- Not believed: what is no such jti, or says another second than iat, or comes without a kid.
SELECT is(says(key_token(tenant_id, at, jti, kid)), 'revoked', format('%s: not believed: %s', tenant_id, what))
FROM cutoff, LATERAL (VALUES
    ('no kid', jti_of(at + 0.000001), false),
    ('a jti of the next second', jti_of(floor(at) + 1), true),
    ('a jti of a second before', jti_of(floor(at) - 0.000001), true),
    ('capital letters', upper(jti_of(at + 0.000001)), true),
    ('version 4', overlay(jti_of(at + 0.000001) placing '4' from 15), true),
    ('another variant', overlay(jti_of(at + 0.000001) placing 'c' from 20), true),
    ('a word', 'x', true)) AS r (what, jti, kid)
WHERE tenant_id <> 'by-client';
SELECT is(says(user_token(tenant_id, tenant_id || '_client', at, jti)), 'revoked', format('%s: a client''s token not believed: %s', tenant_id, what))
FROM cutoff, LATERAL (VALUES ('a jti of the next second', jti_of(floor(at) + 1)), ('a word', 'x')) AS r (what, jti)
WHERE tenant_id <> 'by-key';
SELECT is(says(forge.token('by-key_key', NULL, replace(forge.claims('by-key_key', json_build_object('iat', floor(at), 'jti', '~' || substr(jti_of(at + 0.000001), 2))),
                                                       '"~', '"\u0030'))), 'revoked', 'nor one that is spelled with escapes')
FROM cutoff WHERE tenant_id = 'by-key';

-- Whole seconds and the leeway; three seconds on, so that no iat here is in the future.
SELECT pg_sleep(greatest(0, max(at)::float8 - extract(epoch FROM clock_timestamp())::float8) + 3) IS NOT NULL AS later FROM cutoff \gset
CREATE FUNCTION with_leeway(leeway integer, token text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM set_config('access_token.leeway', leeway::text, true);
    RETURN says(token);
END
$function$;
SELECT is(with_leeway(leeway, forge.outside_token('by-key_key', json_build_object('iat', floor(at) + iat))), expected,
          format('leeway %s: iat %s s after the cut-off''s second', leeway, iat))
FROM cutoff, (VALUES (0, 0, 'revoked'), (0, 0.999999, 'revoked'), (0, 1, 'valid'), (1, 1, 'revoked'), (1, 2, 'valid'), (300, 2, 'revoked'))
    AS r (leeway, iat, expected)
WHERE tenant_id = 'by-key';
SELECT is(with_leeway(5, key_token('by-key', at + 1, jti_of(at + 1))), 'valid', 'ours needs none') FROM cutoff WHERE tenant_id = 'by-key';

-- Without iat: by exp less the longest life that it can have had.
SELECT is(with_leeway(leeway, forge.outside_token(tenant_id || '_key', json_build_object('exp', at + 172800 + exp))), expected,
          format('%s, leeway %s: without iat, %s s after', tenant_id, leeway, exp))
FROM cutoff, (VALUES (0, -172000, 'revoked'), (0, 0, 'revoked'), (0, 0.000001, 'valid'), (2, 2, 'revoked'), (2, 2.000001, 'valid')) AS r (leeway, exp, expected)
WHERE tenant_id <> 'by-client';
RESET access_token.leeway;

-- The longest life is that of the moment of the cut-off, or a longer one before.
SELECT is((SELECT tokens_revoked_cap FROM access_token.api_key WHERE api_key_id = 'by-key_key'), 172800, 'the key''s longest life');
SELECT access_token.update_api_key('by-key_key', '{"max_token_lifetime": 60, "token_lifetime": 60}');
SELECT access_token.revoke_api_key_tokens('by-key_key'), access_token.revoke_api_key_tokens('by-key_other');
SELECT is((SELECT tokens_revoked_cap FROM access_token.api_key WHERE api_key_id = 'by-key_key'), 172800, 'a shorter one does not shorten it');
SELECT is((SELECT tokens_revoked_cap FROM access_token.api_key WHERE api_key_id = 'by-key_other'), 86400, 'another key''s is its own');
SELECT is((SELECT t.tokens_revoked_cap FROM access_token.tenant AS t WHERE tenant_id = 'by-tenant'), 172800, 'the tenant''s');

/*
 * A lifetime that was shortened before the cut-off: tokens without iat from before that live as long as they
 * were made to live. Once they lay outside the shorter one at first, and passed when less of them was left.
 */
SELECT forge.make_key(tenant_id || '_key', tenant_id)
FROM unnest(ARRAY['short-user', 'short-key', 'short-tenant', 'short-none']) AS tenant_id;
CREATE TABLE shortened AS
SELECT k.tenant_id, forge.outside_token(k.label, json_build_object('exp', floor(forge.epoch()) + 40)) AS token
FROM forge.api_key AS k WHERE k.tenant_id LIKE 'short-%';
SELECT is(with_leeway(0, token), 'valid', 'made to live 40 seconds: ' || tenant_id) FROM shortened ORDER BY tenant_id COLLATE "C";
SELECT access_token.update_api_key(tenant_id || '_key', '{"max_token_lifetime": 38, "token_lifetime": 1}'), access_token.update_tenant(tenant_id, '{"max_token_lifetime": 38}')
FROM shortened;
SELECT access_token.revoke_identity('short-user', 'user|42'), access_token.revoke_api_key_tokens('short-key_key'),
       access_token.revoke_tenant_tokens('short-tenant');
SELECT pg_sleep(3) IS NOT NULL AS later \gset
SELECT is(with_leeway(0, token), CASE tenant_id WHEN 'short-none' THEN 'valid' ELSE 'revoked' END, 'and 38 are left: ' || tenant_id)
FROM shortened ORDER BY tenant_id COLLATE "C";
SELECT access_token.update_api_key('short-key_key', '{"max_token_lifetime": 3600}'), access_token.update_tenant('short-key', '{"max_token_lifetime": 3600}');
SELECT is((SELECT tokens_revoked_cap FROM access_token.api_key WHERE api_key_id = 'short-key_key'), 86400, 'a longer one changes nothing');
SELECT access_token.update_api_key('short-key_key', '{"max_token_lifetime": 7200}'), access_token.update_api_key('short-key_key', '{"max_token_lifetime": 60}');
SELECT is((SELECT tokens_revoked_cap FROM access_token.api_key WHERE api_key_id = 'short-key_key'), 86400, 'the longest counts');

-- Again: the moment moves on, never back.
SELECT is(says(token), 'valid', 'good after the first') FROM made_after WHERE tenant_id = 'by-user' AND what = 'key';
SELECT access_token.revoke_identity('by-user', 'user|42');
SELECT is(says(token), 'revoked', 'and refused after a second') FROM made_after WHERE tenant_id = 'by-user' AND what = 'key';
SELECT is(count(*), 1::bigint, 'it is one row') FROM access_token.revocations WHERE tenant_id = 'by-user';
SELECT ok(expires_at >= clock_timestamp() + '172790 seconds', 'kept for 172800 seconds') FROM access_token.revocations WHERE tenant_id = 'by-user';
UPDATE access_token.revocation SET revoked_at = '2199-01-01Z' WHERE tenant_id = 'by-user';
UPDATE access_token.api_key SET tokens_revoked_at = '2199-01-01Z' WHERE api_key_id = 'by-key_key';
UPDATE access_token.client SET tokens_revoked_at = '2199-01-01Z' WHERE client_id = 'by-client_client';
UPDATE access_token.tenant SET tokens_revoked_at = '2199-01-01Z' WHERE tenant_id = 'by-tenant';
SELECT forge.value_of('SELECT ' || call) FROM way;
SELECT is(forge.value_of(cutoff)::timestamptz, '2199-01-01Z', 'a clock set back moves nothing back: ' || tenant_id) FROM way ORDER BY tenant_id COLLATE "C";

-- A user's id as text, in its own tenant.
SELECT forge.make_key('k', 't'), forge.make_key('k2', 't2');
CREATE TABLE named AS
SELECT name, access_token.issue_access_token('k', name) AS token, access_token.issue_access_token('k2', name) AS elsewhere,
       forge.outside_token('k', json_build_object('grants', json_build_object('identity', name))) AS outside
FROM unnest(ARRAY['a', repeat('x', 128), repeat('x', 129), U&'\00FC', 'sha256:a', '"\', 'with blanks ', E'\t']) AS name;
SELECT access_token.revoke_identity('t', name) FROM named;
SELECT is(array[says(token), says(elsewhere)], '{revoked,valid}', 'a user called ' || to_json(left(name, 10))) FROM named;
SELECT is(string_agg(DISTINCT says(outside), ' '), 'revoked', 'and so are tokens without iat') FROM named;
SELECT is(says(access_token.issue_access_token('k', name || 'x')), 'valid', 'another user: ' || to_json(left(name, 10))) FROM named;
SELECT is(says(forge.outside_token('k', json_build_object('iat', floor(forge.epoch()), 'grants', json_build_object('identity', 'PLACE')))), 'valid', 'an unknown user');
SELECT is(says(forge.token('k', NULL, replace(forge.claims('k', '{"grants": {"identity": "PLACE"}}'), 'PLACE', '\u0061'))), 'revoked', 'spelled with an escape');

-- A client that asks for itself is no user.
SELECT access_token.revoke_identity('by-tenant', 'by-tenant_second');
SELECT is(says(token), 'revoked', 'the tenant is cut off') FROM made_after WHERE tenant_id = 'by-tenant' AND what = 'second client';
SELECT access_token.revoke_identity('by-key', 'by-key_second');
SELECT is(says(token), 'valid', 'a client is no user') FROM made_after WHERE tenant_id = 'by-key' AND what = 'second client';

-- Arguments, undone, read-only.
SELECT throws_ok('SELECT access_token.' || call, sqlstate, message, call)
FROM (VALUES
    ($$revoke_identity('nobody', 'x')$$, '42704', 'tenant does not exist'),
    ($$revoke_identity(NULL, 'x')$$, '42704', 'tenant does not exist'),
    ($$revoke_identity('t', NULL)$$, '22023', 'identity is missing'),
    ($$revoke_identity('t', '')$$, '22023', 'identity is missing'),
    ($$revoke_api_key_tokens('nobody')$$, '42704', 'API key does not exist'),
    ($$revoke_api_key_tokens(NULL)$$, '42704', 'API key does not exist'),
    ($$revoke_client_tokens('nobody')$$, '42704', 'client does not exist'),
    ($$revoke_client_tokens(NULL)$$, '42704', 'client does not exist'),
    ($$revoke_tenant_tokens('nobody')$$, '42704', 'tenant does not exist'),
    ($$revoke_tenant_tokens(NULL)$$, '42704', 'tenant does not exist')) AS r (call, sqlstate, message);
CREATE TABLE mine AS SELECT 'access_token.' || call AS call, token
FROM (SELECT access_token.issue_access_token('k2', 'user|42')) AS i (token),
     (VALUES ($$revoke_identity('t2', 'user|42')$$), ($$revoke_api_key_tokens('k2')$$), ($$revoke_tenant_tokens('t2')$$)) AS r (call)
UNION ALL SELECT $$access_token.revoke_client_tokens('by-key_client')$$, access_token FROM access_token.issue_client_token('by-key', 'by-key_client');
SELECT is(forge.answer_with('SELECT ' || call, format('SELECT says(%L)', token)), 'revoked', 'seen before it is committed: ' || call) FROM mine;
SELECT is(says(token), 'valid', 'undone: ' || call) FROM mine;
SELECT is(forge.answer_with('SET LOCAL transaction_read_only = on', 'SELECT ' || call), '25006', 'read-only: ' || call) FROM mine;

-- Written by hand.
SELECT is(forge.answer_with(format($$ UPDATE access_token.tenant SET tokens_revoked_at = %L WHERE tenant_id = 't2' $$, cutoff), format('SELECT says(%L)', token)), expected,
          format('a cut-off of %s, a token %s', cutoff, what))
FROM (VALUES ('infinity', 'revoked'), ('294276-12-31', 'revoked'), ('-infinity', 'valid')) AS r (cutoff, expected),
     LATERAL (VALUES ('with iat', forge.outside_token('k2', json_build_object('iat', floor(forge.epoch())))), ('without iat', forge.outside_token('k2')),
                     ('of ours', access_token.issue_access_token('k2', 'user|42'))) AS t (what, token);

/*
 * In bulk: 100,000 users in one statement.
 */
SELECT is(count(access_token.revoke_identity('t2', 'bulk-' || n)), 100000::bigint, '100,000 users in one statement') FROM generate_series(1, 100000) AS n;
SELECT is(count(*), 100000::bigint, 'and 100,000 rows') FROM access_token.revocation WHERE tenant_id = 't2';
SELECT is(says(forge.outside_token('k2', json_build_object('grants', json_build_object('identity', 'bulk-' || n)))), expected, 'user ' || n)
FROM (VALUES (1, 'revoked'), (50000, 'revoked'), (100000, 'revoked'), (0, 'valid'), (100001, 'valid')) AS r (n, expected);

SELECT forge.bystander_is_unchanged('all of it');
SELECT * FROM finish();
ROLLBACK;
