/*
 * Rotation: the new secret signs at once, the old one verifies until its grace ends, two live at most.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql

SELECT plan(45);

SELECT forge.make_key('k', 't', 'HS384');
SELECT forge.make_key('sibling', 't');

-- One row of this per secret: what it is, and a token made with it.
CREATE TABLE generation (n integer, secret text, kid text, token text);
INSERT INTO generation SELECT 1, secret, kid, access_token.issue_access_token('k', 'x') FROM forge.api_key WHERE label = 'k';
CREATE TABLE others AS SELECT to_jsonb(k) AS picture
FROM access_token.api_keys AS k WHERE k.api_key_id = 'sibling';

CREATE FUNCTION rotate(n integer, grace interval) RETURNS void LANGUAGE sql AS $function$
    INSERT INTO public.generation (n, secret) SELECT rotate.n, access_token.rotate_api_key('k', grace);
    UPDATE public.generation AS g SET kid = k.current_secret_id FROM access_token.api_keys AS k
    WHERE g.n = rotate.n AND k.api_key_id = 'k';
    UPDATE public.generation AS g SET token = access_token.issue_access_token('k', 'x') WHERE g.n = rotate.n;
$function$;
CREATE FUNCTION key_state() RETURNS text LANGUAGE sql AS $function$
    SELECT format('%s, %s live, %s stored', k.state,
                  1 + (k.previous_retires_at > clock_timestamp() IS TRUE)::integer,
                  (SELECT count(*) FROM forge.stored_secret AS s WHERE s.api_key_id = 'k'))
    FROM access_token.api_keys AS k WHERE k.api_key_id = 'k'
$function$;
CREATE FUNCTION accepted() RETURNS integer[] LANGUAGE sql AS $function$
    SELECT array_agg(g.n ORDER BY g.n) FROM public.generation AS g, access_token.inspect_access_token(g.token) AS i WHERE i.valid
$function$;

SELECT is(key_state(), 'active, 1 live, 1 stored', 'before any rotation');

-- A first rotation.
SELECT rotate(2, '1 hour');
SELECT matches(secret, '^atk_[A-Za-z0-9_-]{70}$', 'it returns a new secret of the key''s algorithm') FROM generation WHERE n = 2;
SELECT is((SELECT count(DISTINCT secret) FROM generation), 2::bigint, 'which is another one');
SELECT is((SELECT count(DISTINCT kid) FROM generation), 2::bigint, 'with another kid');
SELECT is(key_state(), 'rotating, 2 live, 2 stored', 'both secrets live');
SELECT is(accepted(), '{1,2}', 'both secrets'' tokens are good');
SELECT is(forge.header_of(token)::jsonb ->> 'kid', kid, 'tokens are signed with the new one at once') FROM generation WHERE n = 2;
SELECT is(forge.sign(convert_to(g.secret, 'UTF8'), substring(token FROM '(.*)[.]'), 'sha384'), token,
    'the text that was returned is the key')
FROM generation AS g WHERE n = 2;
SELECT is(right(secret, 4), CASE n WHEN 1 THEN k.previous_last_four ELSE k.current_last_four END,
    'the view shows the last four of secret ' || n)
FROM generation, access_token.api_keys AS k WHERE k.api_key_id = 'k';
SELECT is(kid, CASE n WHEN 1 THEN k.previous_secret_id ELSE k.current_secret_id END, 'and its id, ' || n)
FROM generation, access_token.api_keys AS k WHERE k.api_key_id = 'k';
SELECT is(k.previous_retires_at BETWEEN clock_timestamp() + interval '59 min' AND clock_timestamp() + interval '1 hour', true,
          'the old one''s grace ends in an hour') FROM access_token.api_keys AS k WHERE k.api_key_id = 'k';

-- A second one before the grace is over ends the oldest secret at once.
SELECT rotate(3, '1 hour');
SELECT is(key_state(), 'rotating, 2 live, 2 stored', 'rotated again: no third secret lives');
SELECT is(accepted(), '{2,3}', 'rotated again: the oldest is gone');
SELECT is(forge.verdict(token), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'its tokens are of no known key')
FROM generation WHERE n = 1;

-- Without grace the old one ends at once.
SELECT rotate(4, '0');
SELECT is(accepted(), '{4}', 'without grace: the new one alone is good');
SELECT is(key_state(), 'active, 1 live, 1 stored', 'without grace: nothing is rotating, and no dead secret stays');
SELECT rotate(5, '1 hour');
SELECT is(accepted(), '{4,5}', 'the next rotation');

-- The grace ends by the clock.
SELECT rotate(6, '0.2 s');
SELECT pg_sleep(0.25);
SELECT is(accepted(), '{6}', 'after the grace the new one alone is good');
SELECT is(key_state(), 'active, 1 live, 2 stored', 'after the grace nothing is rotating');

-- The default is a day; a grace is 0 to 366 days.
SELECT isnt(access_token.rotate_api_key('k'), NULL, 'rotated without saying for how long');
SELECT is(k.previous_retires_at, k.current_created_at + interval '1 day', 'a day by default, from when the new one was made')
FROM access_token.api_keys AS k WHERE k.api_key_id = 'k';
CREATE TABLE k_before AS SELECT to_jsonb(k) AS picture FROM access_token.api_keys AS k WHERE k.api_key_id = 'k';
SELECT throws_ok(format('SELECT access_token.rotate_api_key(%L, %L)', 'k', grace), '22023', 'grace is out of range', 'no grace: ' || grace)
FROM (VALUES ('-1 s'), ('-1 day'), ('367 days'), ('100 years'), ('-00:00:00.000001'), ('1 day -25 hours')) AS r (grace);
SELECT is((SELECT to_jsonb(k) FROM access_token.api_keys AS k WHERE k.api_key_id = 'k'), picture, 'nothing of that was done') FROM k_before;
SELECT lives_ok(format('SELECT access_token.rotate_api_key(%L, %L)', 'sibling', grace), 'a grace: ' || grace)
FROM (VALUES ('366 days'), ('1 month'), ('1 us'), ('1 day -23 hours')) AS r (grace);

-- A key that is switched off, or whose tenant is, can be rotated, and stays off.
SELECT access_token.set_api_key_enabled('k', false);
SELECT lives_ok($$ SELECT access_token.rotate_api_key('k') $$, 'a disabled key is rotated');
SELECT is(state, 'disabled', 'and stays disabled') FROM access_token.api_keys WHERE api_key_id = 'k';
SELECT access_token.set_api_key_enabled('k', true);
SELECT is(state, 'rotating', 'enabled, it is rotating') FROM access_token.api_keys WHERE api_key_id = 'k';

-- Rotation is undone with its transaction, also in this session's cache.
CREATE TABLE settled AS SELECT access_token.issue_access_token('k', 'x') AS token, current_secret_id AS kid
FROM access_token.api_keys WHERE api_key_id = 'k';
SAVEPOINT before_rotation;
SELECT isnt(access_token.rotate_api_key('k', '0'), NULL, 'rotated after a savepoint');
SELECT is(forge.verify_verdict(token, NULL, NULL, NULL), 'TK003', 'rotated: the token is refused') FROM settled;
SELECT isnt(forge.header_of(access_token.issue_access_token('k', 'x'))::jsonb ->> 'kid', kid, 'rotated: another secret signs') FROM settled;
ROLLBACK TO SAVEPOINT before_rotation;
SELECT is(forge.verify_verdict(token, NULL, NULL, NULL), 'accepts', 'rolled back: the token is good again') FROM settled;
SELECT is(forge.header_of(access_token.issue_access_token('k', 'x'))::jsonb ->> 'kid', kid,
    'rolled back: the secret before signs') FROM settled;

-- The sibling was rotated as well; nothing else of it has changed.
SELECT throws_ok($$ SELECT access_token.rotate_api_key('nobody') $$, '42704', 'API key does not exist', 'an unknown key');
SELECT is(to_jsonb(k) - secrets, picture - secrets, 'rotation changes nothing but secrets')
FROM others, access_token.api_keys AS k,
     (VALUES ('{state,current_secret_id,current_last_four,current_created_at,previous_secret_id,previous_last_four,'
              'previous_created_at,previous_retires_at}'::text[])) AS s (secrets)
WHERE k.api_key_id = 'sibling';
SELECT forge.bystander_is_unchanged('rotation');

SELECT * FROM finish();
ROLLBACK;
