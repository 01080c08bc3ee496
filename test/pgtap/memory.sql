/*
 * 200,000 calls in one statement (50,000 of what signs with other keys than HMAC), good or failing, leave memory as it was: neither the server's memory
 * contexts grow, nor the process, where OpenSSL's objects are. One digest context leaked by each caught
 * error would come to 42 MB.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(43);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('public', 't', public => true);

-- What the backend holds, in bytes: in memory contexts, and resident on Linux (pages of 4096 bytes).
CREATE FUNCTION held() RETURNS bigint[] LANGUAGE sql VOLATILE AS $function$
    SELECT ARRAY[(SELECT sum(total_bytes) FROM pg_backend_memory_contexts)::bigint,
                 split_part(pg_read_file('/proc/self/statm'), ' ', 2)::bigint * 4096]
$function$;
CREATE TABLE measured (what text, calls bigint, answer text, contexts bigint, resident bigint);

/*
 * Runs an expression of n 200,000 times in one statement, and looks at the memory after a tenth and
 * after all of them, while the statement is running. answer is what all its values have in common.
 */
CREATE FUNCTION measure(what text, expression text, calls integer DEFAULT 200000) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE format($$
        INSERT INTO public.measured
        SELECT %1$L, count(*), CASE WHEN min(value) = max(value) THEN min(value) ELSE min(value) || ' to ' || max(value) END,
               max(held[1]) FILTER (WHERE n = %3$s) - max(held[1]) FILTER (WHERE n = %3$s / 10),
               max(held[2]) FILTER (WHERE n = %3$s) - max(held[2]) FILTER (WHERE n = %3$s / 10)
        FROM (SELECT n, (%2$s)::text AS value, CASE WHEN n IN (%3$s / 10, %3$s) THEN public.held() END AS held
              FROM generate_series(1, %3$s) AS n OFFSET 0) AS calls $$, what, expression, calls);
END
$function$;

CREATE FUNCTION sqlstate_of_verify(token text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_token.verify_access_token(token);
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;
CREATE FUNCTION sqlstate_of_issue(expires_in integer) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_token.issue_access_token('k', 'x', expires_in);
    RETURN 'issued';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;

CREATE TABLE token AS
SELECT access_token.issue_access_token('k', 'x', claims => '{"a": ["\u00e9", 1.5, {"b": null}]}') AS good,
       access_token.issue_access_token('k', 'x') || '=' AS malformed,
       forge.sign('another secret, long enough to be one'::bytea, substring(forge.token('k') FROM '(.*)[.]')) AS forged,
       forge.token('k', claims => forge.claims('k', '{"exp": 0}')) AS expired,
       forge.token('k', claims => forge.claims('k') || 'x') AS bad_json;

-- The measure itself is tried: every hundredth call keeps a prepared statement.
CREATE FUNCTION hoard(n integer) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    IF n % 100 = 0 THEN
        EXECUTE format('PREPARE hoarded_%s AS SELECT 1', n);
    END IF;
    RETURN 'hoarded';
END
$function$;
SELECT measure('a hoarder', 'public.hoard(n)');
SELECT cmp_ok(least(contexts, resident), '>', 4 * 1048576::bigint, 'a function that does keep memory is found out both ways') FROM measured;
DEALLOCATE ALL;
TRUNCATE measured;

-- The toolbox, whose keys are kept parsed: one good key, one key that changes with every call.
CREATE FUNCTION sqlstate_of_toolbox(statement text, token text, key text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE statement USING token, key;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;
CREATE TABLE toolbox AS
SELECT jwk, access_token.jws_sign('x', jwk) AS jws, encryption_jwk, access_token.jwe_encrypt('x', access_token.jwk_public(encryption_jwk), 'ECDH-ES', 'A256GCM') AS jwe,
       access_token.jwk_public(access_token.jwk_generate('ES256')::text)::jsonb - 'kid' AS another
FROM (SELECT access_token.jwk_generate('ES256')::text AS jwk, access_token.jwk_generate('ECDH-ES')::text AS encryption_jwk OFFSET 0) AS k;
SELECT measure('issue', 'access_token.issue_access_token(''k'', n) IS NOT NULL');
SELECT measure('issue for a public key', 'access_token.issue_public_token(''t'', ''public'', n::text) IS NOT NULL');
SELECT measure('verify', format('access_token.verify_access_token(%L) ->> ''iss''', good)) FROM token;
SELECT measure('inspect ' || what,
    format('(SELECT coalesce(i.reason, ''valid'') FROM access_token.inspect_access_token(CASE WHEN n > 0 THEN %L END) AS i)',
    token))
FROM token, LATERAL (VALUES ('malformed', malformed), ('expired', expired), ('bad JSON', bad_json)) AS t (what, token);
SELECT measure('verify, error caught', format('public.sqlstate_of_verify(%L)', forged)) FROM token;
SELECT measure('issue, error caught', 'public.sqlstate_of_issue(0)');

-- Tokens of signing keys.
SELECT access_token.create_tenant('Own', 'own', 'https://own.example'), access_token.rotate_signing_key('own', 'EdDSA');
CREATE TABLE own AS SELECT access_token.sign_token('own', '{}', header => '{"typ": "x+jwt"}') AS token;
CREATE FUNCTION own_verdict(token text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    RETURN access_token.verify_token(token, 'own', 'x+jwt') ->> 'iss';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;
SELECT measure('jws: sign_token', $$access_token.sign_token('own', '{"x": [1]}', header => '{"typ": "x+jwt"}') IS NOT NULL$$, 50000);
SELECT measure('jws: verify_token', format('public.own_verdict(%L)', token), 50000) FROM own;
SELECT measure('jws: verify_token, error caught', format('public.own_verdict(%L)', left(token, -8) || 'AAAAAAAA'), 50000) FROM own;

-- Tokens of clients.
SELECT access_token.create_client('own', 'C', '{api}', '{"algorithm": "EdDSA"}', 'c');
CREATE TABLE client AS SELECT access_token AS token FROM access_token.issue_client_token('own', 'c', scope => 'read');
CREATE FUNCTION client_verdict(client_id text, token text, audience text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_token.issue_client_token('own', client_id, scope => 'read', claims => '{"x": [1]}');
    RETURN access_token.verify_access_token(token, 'own', audience) ->> 'client_id';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;
SELECT measure('jws: client tokens, issued and verified', format('public.client_verdict(''c'', %L, ''api'')', token), 50000) FROM client;
SELECT measure('jws: client tokens, not issued', format('public.client_verdict(n::text, %L, ''api'')', token), 50000) FROM client;
SELECT measure('jws: client tokens, another audience', format('public.client_verdict(''c'', %L, ''web'')', token), 50000) FROM client;
SELECT measure('jws: client tokens, bad signature', format('public.client_verdict(''c'', %L, ''api'')', left(token, -8) || 'AAAAAAAA'), 50000) FROM client;

SELECT measure('jws_verify', format('access_token.jws_verify(%L, %L::text, ''{ES256}'')', jws, access_token.jwk_public(jwk)), 50000) FROM toolbox;
SELECT measure('jws_verify, another key', format('public.sqlstate_of_toolbox(''SELECT access_token.jws_verify($1, $2, ''''{ES256}'''')'', %L, %L)', jws, another), 50000) FROM toolbox;
SELECT measure('jws_verify, keys that change', format('public.sqlstate_of_toolbox(''SELECT access_token.jws_verify($1, $2, ''''{ES256}'''')'', %L, (%L::jsonb || jsonb_build_object(''n'', n))::text)', jws, another), 50000) FROM toolbox;
SELECT measure('jws_verify, bad keys', format('public.sqlstate_of_toolbox(''SELECT access_token.jws_verify($1, $2, ''''{ES256}'''')'', %L, (%L::jsonb || jsonb_build_object(''y'', n))::text)', jws, another), 50000) FROM toolbox;
SELECT measure('jwe_decrypt', format('access_token.jwe_decrypt(%L, %L::text, ''{ECDH-ES}'', ''{A256GCM}'')', jwe, encryption_jwk), 50000) FROM toolbox;
SELECT measure('jwe_decrypt, failing', format('public.sqlstate_of_toolbox(''SELECT access_token.jwe_decrypt($1, $2, ''''{ECDH-ES}'''', ''''{A256GCM}'''')'', %L, %L)', left(jwe, -4) || 'AAAA', encryption_jwk), 50000) FROM toolbox;

SELECT is(m.calls || ' ' || m.answer, CASE WHEN m.what LIKE 'jw%' THEN 50000 ELSE 200000 END || ' ' || e.answer, m.what || ': ' || m.calls || ' calls')
FROM measured AS m
     JOIN (VALUES ('issue', 'true'), ('issue for a public key', 'true'), ('verify', 'k'),
                  ('inspect malformed', 'malformed'), ('inspect expired', 'expired'), ('inspect bad JSON', 'bad_json'),
                  ('verify, error caught', 'TK003'), ('issue, error caught', '22023'),
                  ('jws: sign_token', 'true'), ('jws: verify_token', 'https://own.example'), ('jws: verify_token, error caught', 'TK003'),
                  ('jws: client tokens, issued and verified', 'c'), ('jws: client tokens, not issued', '42704'),
                  ('jws: client tokens, another audience', 'TK006'), ('jws: client tokens, bad signature', 'TK003'),
                  ('jws_verify', '\x78'), ('jws_verify, another key', 'TK003'), ('jws_verify, keys that change', 'TK003'), ('jws_verify, bad keys', 'TK010'),
                  ('jwe_decrypt', '\x78'), ('jwe_decrypt, failing', 'TK003')) AS e (what, answer) USING (what);
SELECT is(format('%s MB in contexts, %s MB resident', contexts / 1048576, greatest(0, resident) / (4 * 1048576)),
          '0 MB in contexts, 0 MB resident', what || ': memory is flat (to 1 MB in contexts, to 4 MB resident)')
FROM measured;

SELECT * FROM finish();
ROLLBACK;
