/*
 * No token, secret or claim value in the message, detail, hint or context of any error. Every value that
 * is passed here holds a marker, and the marker is looked for in what comes back.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(321);

-- Ids with a marker, too: an error must not repeat even these.
SELECT forge.make_key('MARKERkey', 'MARKERtenant');
SELECT forge.make_key('MARKERpublic', 'MARKERtenant', public => true);
SELECT forge.make_key('MARKERoff', 'MARKERtenant');
SELECT access_token.set_api_key_enabled('MARKERoff', false);
SELECT access_token.update_tenant('MARKERtenant', '{"issuer": "https://MARKER.example"}');

/*
 * Calls of a function with its arguments bound, as operations docs ask for: the statement's own text,
 * which the caller wrote, is part of a context and is left out of the search. Returns SQLSTATE and where the marker turned up.
 */
CREATE FUNCTION error_of(statement text, first text DEFAULT NULL, second text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    message text;
    detail text;
    hint text;
    context text;
    objects text;
BEGIN
    EXECUTE statement USING first, second;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT,
        objects = CONSTRAINT_NAME;
    context := replace(context, statement, '');
    RETURN concat_ws(' ', SQLSTATE,
        CASE WHEN message = '' OR hint = '' THEN 'lacks message or hint' END,
        CASE WHEN message || detail || hint || context ~ 'MARKER|TUFSS|1BUktFU|NQVJLRV' THEN 'shows: ' || concat_ws(' | ',
            message, detail, hint, context) END,
        CASE WHEN objects <> '' THEN 'names ' || objects END);
END
$function$;

-- The marker is found where it is: in a statement that repeats its argument, and in one of its base64 forms.
SELECT matches(error_of('SELECT $1::integer', 'MARKER'), '^22P02 .*shows', 'the search finds what the server itself repeats');
SELECT matches(error_of('SELECT $1::integer', forge.base64url('xMARKERMARKER')), '^22P02 .*shows', 'also in base64, one letter on');
SELECT matches(error_of('SELECT $1::integer', forge.base64url('MARKERMARKER')), '^22P02 .*shows', 'also in base64');
SELECT matches(error_of('SELECT $1::integer', forge.base64url('xxMARKERMARKER')), '^22P02 .*shows', 'also in base64, two letters on');

-- Tokens whose every part holds the marker.
CREATE FUNCTION marked(changes json DEFAULT '{}', header_changes json DEFAULT '{}',
    label text DEFAULT 'MARKERkey') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.token(label, forge.header(label, header_changes),
                       forge.claims(label, ('{"x": "MARKERMARKER", "grants": {"identity": "MARKERuser"}, '
                                            || ltrim(changes::text, '{ ') )::json))
$function$;
SELECT is(forge.verdict(forge.token('MARKERkey', claims => forge.claims('MARKERkey', '{"x": "MARKERMARKER"}'))),
    forge.acceptance(), 'with the marker a token can be good');

CREATE TABLE bad (what text, token text, sqlstate text);
INSERT INTO bad VALUES
    ('no token', 'MARKER', 'TK001'),
    ('four segments', 'MARKER.MARKER.MARKER.MARKER', 'TK001'),
    ('not base64url', 'MARKER!.MARKER.MARKER', 'TK001'),
    ('header not JSON', forge.base64url('MARKER') || '.TUFSS0VS.TUFSS0VS', 'TK001'),
    ('header not an object', forge.base64url('"MARKER"') || '.TUFSS0VS.TUFSS0VS', 'TK001'),
    ('repeated name', forge.token('MARKERkey', '{"alg":"HS256","MARKER":1,"MARKER":2}'), 'TK001'),
    ('alg no string', marked('{"a": 1}', '{"alg": ["MARKER"]}'), 'TK001'),
    ('payload not JSON', forge.token('MARKERkey', claims => '{"MARKER'), 'TK001'),
    ('payload not UTF-8', forge.token_of_bytes('MARKERkey', convert_to(forge.header('MARKERkey'), 'UTF8'), '{"MARKER\377"}'), 'TK001'),
    ('claim of the wrong type', marked('{"exp": "MARKER"}'), 'TK001'),
    ('number too long', forge.token('MARKERkey', claims => '{"MARKER":' || repeat('9', 129) || '}'), 'TK001'),
    ('unknown algorithm', marked('{"a": 1}', '{"alg": "MARKER"}'), 'TK002'),
    ('crit', marked('{"a": 1}', '{"crit": ["MARKER"], "MARKER": 1}'), 'TK002'),
    ('zip', marked('{"a": 1}', '{"zip": "MARKER"}'), 'TK002'),
    ('unknown kid', marked('{"a": 1}', '{"kid": "MARKER"}'), 'TK003'),
    ('bad signature', left(marked('{"a": 1}'), -4) || 'AAAA', 'TK003'),
    ('expired', marked('{"exp": 1}'), 'TK004'),
    ('nbf ahead', marked('{"nbf": 99999999999}'), 'TK005'),
    ('iat ahead', marked('{"iat": 99999999999}'), 'TK005'),
    ('other typ', marked('{"a": 1}', '{"typ": "MARKER"}'), 'TK006'),
    ('other cty', marked('{"a": 1}', '{"cty": "MARKER"}'), 'TK006'),
    ('other iss', marked('{"iss": "MARKER"}'), 'TK006'),
    ('other sub', marked('{"sub": "MARKER"}'), 'TK006'),
    ('aud not named', marked('{"aud": "MARKER"}'), 'TK006'),
    ('lives too long', marked('{"exp": 99999999999}'), 'TK006'),
    ('scope not allowed', marked('{"scope": "MARKER public"}'), 'TK008'),
    ('role not allowed', marked('{"role": "MARKER"}'), 'TK008'),
    ('public', access_token.issue_public_token('MARKERtenant', 'MARKERpublic', 'MARKERuser'), 'TK008'),
    ('disabled', marked('{"a": 1}', '{}', 'MARKERoff'), 'TK009'),
    ('too large', repeat('MARKER', 20000), 'TK001');
SELECT is(error_of('SELECT access_token.verify_access_token($1)', token), sqlstate, 'verify: ' || what) FROM bad;
SELECT set_eq($$ SELECT DISTINCT error_of('SELECT * FROM access_token.decode_token($1)', token) FROM bad $$,
              $$ VALUES ('no error'), ('TK001'), ('TK002') $$, 'decode: all of them');

SELECT is(error_of(statement, first, second), sqlstate, statement)
FROM (VALUES
    ('SELECT access_token.verify_access_token($1, $2)', marked('{"a": 1}'), 'MARKER', 'TK006'),
    ('SELECT access_token.verify_access_token($1, NULL, $2)', marked('{"aud": "MARKERa"}'), 'MARKERb', 'TK006'),
    ('SELECT access_token.verify_access_token($1, NULL, NULL, $2)', marked('{"scope": "MARKERa"}'), 'MARKERb', 'TK008'),
    ('SELECT access_token.verify_access_token($1, NULL, NULL, $2)', marked('{"a": 1}'), 'MARKER  "', '22023'),
    ('SELECT access_token.issue_access_token($1, $2)', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.issue_access_token($1, $2)', 'MARKERkey', repeat('MARKER', 100), '22023'),
    ('SELECT access_token.issue_access_token($1, $2)', 'MARKERpublic', 'MARKER', '22023'),
    ('SELECT access_token.issue_access_token($1, $2)', 'MARKERoff', 'MARKER', 'TK009'),
    ('SELECT access_token.issue_access_token($1, ''x'', scope => $2)', 'MARKERkey', 'MARKER public', '22023'),
    ('SELECT access_token.issue_access_token($1, ''x'', scope => $2)', 'MARKERkey', 'MARKER  x', '22023'),
    ('SELECT access_token.issue_access_token($1, ''x'', audience => ARRAY[$2, ''''])', 'MARKERkey', 'MARKER', '22023'),
    ('SELECT access_token.issue_access_token($1, ''x'', claims => jsonb_build_object(''role'', $2))', 'MARKERkey', 'MARKER', '22023'),
    ('SELECT access_token.issue_access_token($1, ''x'', claims => jsonb_build_object(''iss'', $2))', 'MARKERkey', 'MARKER', '22023'),
    ('SELECT access_token.issue_access_token($1, ''x'', claims => to_jsonb($2))', 'MARKERkey', 'MARKER', '22023'),
    ('SELECT access_token.issue_access_token($1, ''x'', claims => jsonb_build_object(''x'', $2))', 'MARKERkey', repeat('MARKER',
        20000), '22023'),
    ('SELECT access_token.issue_public_token($1, $2, ''x'')', 'MARKER', 'MARKERpublic', '42704'),
    ('SELECT access_token.create_tenant($1, $2)', 'MARKER', 'MARKER MARKER', '22023'),
    ('SELECT access_token.create_tenant($1, $2)', 'MARKER', 'MARKERtenant', '42710'),
    ('SELECT access_token.create_tenant($1, ''x'')', repeat('MARKER', 100), NULL, '22023'),
    ('SELECT access_token.create_tenant($1, ''x'', issuer => $2)', 'MARKER', 'http://MARKER', '22023'),
    ('SELECT access_token.create_tenant($1, ''x'', issuer => $2)', 'MARKER', 'https://MARKER.example', '42710'),
    ('SELECT access_token.update_tenant($1, jsonb_build_object(''name'', $2))', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.update_tenant($1, jsonb_build_object($2, 1))', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.update_tenant($1, jsonb_build_object(''max_token_lifetime'', $2))', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.update_tenant($1, to_jsonb($2))', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.delete_tenant($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.delete_tenant($1)', 'MARKERtenant', NULL, '2BP01'),
    ('SELECT access_token.set_tenant_enabled($1, true)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.create_api_key($1, $2)', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.create_api_key($1, ''x'', algorithm => $2)', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.create_api_key($1, ''x'', id => $2)', 'MARKERtenant', 'MARKER MARKER', '22023'),
    ('SELECT access_token.create_api_key($1, ''x'', id => $2)', 'MARKERtenant', 'MARKERkey', '42710'),
    ('SELECT access_token.create_api_key($1, ''x'', imported_secret => $2)', 'MARKERtenant', 'MARKER', 'TK010'),
    ('SELECT access_token.create_api_key($1, ''x'', imported_secret => $2)', 'MARKERtenant', repeat('MARKER', 10) || E'\n', 'TK010'),
    ('SELECT access_token.create_api_key($1, ''x'', true, imported_secret => $2)', 'MARKERtenant', repeat('MARKER', 10), '22023'),
    ('SELECT access_token.create_api_key($1, ''x'', settings => jsonb_build_object($2, 1))', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.update_api_key($1, jsonb_build_object(''name'', $2))', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.update_api_key($1, jsonb_build_object(''content_type'', $2))', 'MARKERkey', 'MARKER"', '22023'),
    ('SELECT access_token.update_api_key($1, jsonb_build_object(''expires_at'', $2))', 'MARKERkey', 'MARKER', '22023'),
    ('SELECT access_token.update_api_key($1, jsonb_build_object(''allowed_scopes'', ARRAY[$2]))', 'MARKERkey', 'MARKER MARKER', '22023'),
    ('SELECT access_token.update_api_key($1, jsonb_build_object(''allowed_roles'', ARRAY[$2]))', 'MARKERkey', repeat('MARKER',
        20), '22023'),
    ('SELECT access_token.rotate_api_key($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.set_api_key_enabled($1, true)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.delete_api_key($1)', 'MARKER', NULL, '42704')
) AS r (statement, first, second, sqlstate);

/*
 * Clients and revocation. What is signed here with a signing key of the test's own holds the marker in
 * every part but its kid.
 */
SELECT access_token.create_tenant('MARKER', 'MARKERother', 'https://MARKERother.example');
SELECT access_token.create_client('MARKERother', 'MARKER', '{MARKERaud}', '{"algorithm": "EdDSA"}', 'MARKERclient');
SELECT access_token.create_client('MARKERother', 'MARKER', settings => '{"algorithm": "EdDSA"}', id => 'MARKERopen');
SELECT access_token.create_client('MARKERother', 'MARKER', settings => '{"algorithm": "EdDSA"}', id => 'MARKERclientoff');
SELECT access_token.set_client_enabled('MARKERclientoff', false);
SELECT access_token.jwk_generate('ES384')::text AS es384 \gset
SELECT access_token.import_signing_key('MARKERother', :'es384', 'ES384') AS es384_kid \gset
CREATE TABLE marker_signer AS SELECT :'es384' AS jwk, :'es384_kid' AS kid;
CREATE FUNCTION marked_client(claims jsonb DEFAULT '{}', header jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $function$
    SELECT access_token.jws_sign(convert_to((
        '{"iss": "https://MARKERother.example", "sub": "MARKERopen", "client_id": "MARKERopen", "jti": "MARKER"}'
        || jsonb_build_object('iat', floor(forge.epoch()), 'exp', floor(forge.epoch(600))) || claims)::text, 'UTF8'),
        k.jwk, '{"alg": "ES384", "typ": "at+jwt"}' || jsonb_build_object('kid', k.kid) || header)
    FROM public.marker_signer AS k
$function$;
SELECT is(forge.verdict(marked_client()), forge.acceptance(), 'with the marker a client''s token can be good');
CREATE TABLE bad_client (what text, token text, sqlstate text);
INSERT INTO bad_client VALUES
    ('unknown kid', marked_client('{}', '{"kid": "MARKER"}'), 'TK003'), ('bad signature', left(marked_client(), -4) || 'AAAA', 'TK003'),
    ('other typ', marked_client('{}', '{"typ": "MARKER"}'), 'TK006'), ('id_token', marked_client('{"nonce": "MARKER"}'), 'TK006'),
    ('other iss', marked_client('{"iss": "MARKER"}'), 'TK006'), ('client_id no string', marked_client('{"client_id": ["MARKER"]}'), 'TK001'),
    ('jti no string', marked_client('{"jti": ["MARKER"]}'), 'TK001'), ('sub empty', marked_client('{"sub": ""}'), 'TK006'),
    ('unknown client', marked_client('{"client_id": "MARKER"}'), 'TK009'), ('client disabled', marked_client('{"client_id": "MARKERclientoff"}'), 'TK009'),
    ('aud not named', marked_client('{"aud": "MARKER"}'), 'TK006'), ('expired', marked_client('{"exp": 1}'), 'TK004'), ('lives too long', marked_client('{"exp": 99999999999}'), 'TK006'),
    ('scope not allowed', marked_client('{"scope": "MARKER public"}'), 'TK008'), ('role not allowed', marked_client('{"role": "MARKER"}'), 'TK008');
SELECT is(error_of('SELECT access_token.verify_access_token($1)', token), sqlstate, 'verify a client''s token: ' || what) FROM bad_client;
SELECT is((SELECT array_agg(DISTINCT access_token.introspect_access_token(token, 'MARKERother')) FROM bad_client), ARRAY['{"active": false}'::jsonb], 'introspect says no more of any');
SELECT is(error_of(statement, first, second), sqlstate, statement)
FROM (VALUES
    ('SELECT access_token.create_client($1, $2)', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.create_client($1, ''x'', id => $2)', 'MARKERother', 'MARKERclient', '42710'),
    ('SELECT access_token.create_client($1, ''x'', id => $2)', 'MARKERother', 'MARKER MARKER', '22023'),
    ('SELECT access_token.create_client($1, ''x'', ARRAY[$2])', 'MARKERother', repeat('MARKER', 100), '22023'),
    ('SELECT access_token.create_client($1, ''x'', ARRAY[$2, NULL])', 'MARKERother', 'MARKER', '22023'),
    ('SELECT access_token.create_client($1, ''x'', settings => jsonb_build_object($2, 1))', 'MARKERother', 'MARKER', '22023'),
    ('SELECT access_token.create_client($1, ''x'', settings => jsonb_build_object(''algorithm'', $2))', 'MARKERother', 'MARKER', '22023'),
    ('SELECT access_token.update_client($1, jsonb_build_object(''name'', $2))', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.update_client($1, jsonb_build_object(''name'', $2))', 'MARKERclient', repeat('MARKER', 100), '22023'),
    ('SELECT access_token.update_client($1, jsonb_build_object(''lifetime'', $2))', 'MARKERclient', 'MARKER', '22023'),
    ('SELECT access_token.update_client($1, jsonb_build_object(''audience'', ARRAY[$2, '''']))', 'MARKERclient', 'MARKER', '22023'),
    ('SELECT access_token.update_client($1, jsonb_build_object(''allowed_roles'', ARRAY[$2]))', 'MARKERclient', repeat('MARKER', 20), '22023'),
    ('SELECT access_token.update_client($1, jsonb_build_object(''allowed_scopes'', ARRAY[$2]))', 'MARKERclient', 'MARKER MARKER', '22023'),
    ('SELECT access_token.set_client_enabled($1, true)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.delete_client($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.issue_client_token($1, $2)', 'MARKERother', 'MARKER', '42704'),
    ('SELECT access_token.issue_client_token($1, $2)', 'MARKER', 'MARKERclient', '42704'),
    ('SELECT access_token.issue_client_token($1, $2)', 'MARKERother', 'MARKERclientoff', 'TK009'),
    ('SELECT access_token.issue_client_token($1, ''MARKERclient'', scope => $2)', 'MARKERother', 'MARKER public', '22023'),
    ('SELECT access_token.issue_client_token($1, ''MARKERclient'', scope => $2)', 'MARKERother', 'MARKER  x', '22023'),
    ('SELECT access_token.issue_client_token($1, ''MARKERclient'', claims => jsonb_build_object(''role'', $2))', 'MARKERother', 'MARKER', '22023'),
    ('SELECT access_token.issue_client_token($1, ''MARKERclient'', claims => jsonb_build_object(''at_hash'', $2))', 'MARKERother', 'MARKER', '22023'),
    ('SELECT access_token.issue_client_token($1, ''MARKERclient'', claims => jsonb_build_object(''sub'', $2))', 'MARKERother', 'MARKER', '22023'),
    ('SELECT access_token.issue_client_token($1, ''MARKERclient'', claims => jsonb_build_object(''x'', $2))', 'MARKERother', repeat('MARKER', 20000), '22023'),
    ('SELECT access_token.issue_client_token($1, ''MARKERclient'', 172801, claims => jsonb_build_object(''x'', $2))', 'MARKERother', 'MARKER', '22023'),
    ('SELECT access_token.verify_access_token($1, $2)', marked_client(), 'MARKER', 'TK006'),
    ('SELECT access_token.verify_access_token($1, NULL, NULL, $2)', marked_client(), 'MARKERscope', 'TK008'),
    ('SELECT access_token.introspect_access_token($1, NULL)', marked_client(), NULL, '22004'),
    ('SELECT access_token.introspect_access_token($1, ''x'', scope => $2)', marked_client(), 'MARKER  "', '22023'),
    ('SELECT access_token.revoke_access_token($1)', 'MARKER', NULL, 'TK001'),
    ('SELECT access_token.revoke_access_token($1)', left(marked_client(), -4) || 'AAAA', NULL, 'TK003'),
    ('SELECT access_token.revoke_access_token($1)', marked('{"a": 1}', '{"kid": "MARKER"}'), NULL, 'TK003'),
    ('SELECT access_token.revoke_token_id($1, $2)', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.revoke_identity($1, $2)', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.revoke_api_key_tokens($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.revoke_client_tokens($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.revoke_tenant_tokens($1)', 'MARKER', NULL, '42704')) AS r (statement, first, second, sqlstate);
CREATE TABLE marked_good AS SELECT marked_client() AS token;
SELECT access_token.revoke_access_token(token) FROM marked_good;
SELECT is(error_of('SELECT access_token.verify_access_token($1)', token), 'TK007', 'verify a revoked token') FROM marked_good;
SELECT access_token.revoke_tenant_tokens('MARKERother');
SELECT is(error_of('SELECT access_token.verify_access_token($1)', marked_client()), 'TK007', 'verify one of before a cut-off');

/*
 * The toolbox and signing keys: keys and plaintexts that hold the marker, in every way in which a call
 * can fail. A good key can hold one in kid, and in what is no member of a key.
 */
CREATE TABLE marked_key AS
SELECT a, (access_token.jwk_generate(a)::jsonb || '{"kid": "MARKERkid", "x-MARKER": "MARKER"}')::text AS jwk
FROM unnest(ARRAY['HS256', 'ES256', 'RS256', 'EdDSA', 'A256KW', 'ECDH-ES']) AS a;
CREATE FUNCTION marked_key(a text) RETURNS text LANGUAGE sql AS $function$ SELECT jwk FROM public.marked_key AS k WHERE k.a = marked_key.a $function$;
SELECT is(error_of('SELECT access_token.jws_sign(''MARKER'', $1)', jwk), CASE WHEN a IN ('A256KW', 'ECDH-ES') THEN '22023' ELSE 'no error' END, 'with the marker a key can be good: ' || a)
FROM marked_key;
SELECT access_token.update_tenant('MARKERtenant', '{"issuer": "https://MARKER.example"}');
SELECT access_token.rotate_signing_key('MARKERtenant', 'ES256');
CREATE TABLE marked_jws AS SELECT access_token.jwt_sign('{"iss": "MARKER", "aud": "MARKER", "exp": 1}', marked_key('ES256')) AS token,
                                  access_token.jwe_encrypt('MARKER', marked_key('A256KW'), 'A256KW', 'A256GCM', '{"x": "MARKER"}') AS jwe;

SELECT is(error_of(statement, key), 'TK010', format('%s: %s', what, statement))
FROM (VALUES ('truncated', '{"kty":"oct","k":"MARKER'), ('words', 'MARKER MARKER'), ('unknown kty', '{"kty":"MARKER"}'), ('not base64url', '{"kty":"oct","k":"MARKER!"}'), ('too short', '{"kty":"oct","k":"MARKERAA"}'),
             ('a bad curve', '{"kty":"EC","crv":"MARKER","x":"MARKER","y":"MARKER","d":"MARKER"}'), ('a bad modulus', '{"kty":"RSA","n":"MARKER","e":"AQAB","d":"MARKER"}'),
             ('repeated member', '{"kty":"oct","MARKER":1,"MARKER":2,"k":"MARKER"}'), ('use no string', '{"kty":"oct","k":"MARKERMARKER","use":["MARKER"]}'), ('kid no string', '{"kty":"oct","k":"MARKERMARKER","kid":["MARKER"]}'),
             ('PEM', E'-----BEGIN PRIVATE KEY-----\nMARKER\n-----END PRIVATE KEY-----\n'), ('PEM of another label', E'-----BEGIN MARKER-----\nTUFSS0VS\n-----END MARKER-----\n'), ('a set', '{"keys":["MARKER"]}')) AS k (what, key),
     (VALUES ('SELECT access_token.jws_sign(''x'', $1, ''{"alg":"HS256"}'')'), ('SELECT access_token.jwt_sign(''{}'', $1, ''{"alg":"ES256"}'')'),
             ('SELECT access_token.jws_verify(''eyJhbGciOiJIUzI1NiJ9.eA.eA'', $1, ''{HS256}'')'), ('SELECT access_token.jwt_verify(''eyJhbGciOiJFUzI1NiJ9.e30.eA'', $1, ''{ES256}'')'),
             ('SELECT access_token.jwk_public($1)'), ('SELECT access_token.jwk_thumbprint($1)'), ('SELECT access_token.jwk_to_pem($1)'), ('SELECT access_token.jwk_from_pem($1)'),
             ('SELECT access_token.jwe_encrypt(''x'', $1, ''A256KW'', ''A256GCM'')'), ('SELECT access_token.import_signing_key(''MARKERtenant'', $1, ''ES384'')')) AS s (statement)
WHERE NOT (what = 'too short' AND statement ~ 'thumbprint|public|to_pem|jwt_') -- a short key has a thumbprint, and is none for ES256
;
SELECT is(error_of(statement, first, second), sqlstate, statement)
FROM marked_jws AS j, LATERAL (VALUES
    ('SELECT access_token.jws_sign(''MARKER'', $1, jsonb_build_object(''alg'', $2))', marked_key('ES256'), 'MARKER', '22023'),
    ('SELECT access_token.jws_sign(''MARKER'', $1, jsonb_build_object(''alg'', $2))', marked_key('ES256'), 'RS256', 'TK010'),
    ('SELECT access_token.jws_sign(''MARKER'', $1, jsonb_build_object(''crit'', $2))', marked_key('ES256'), 'MARKER', '22023'),
    ('SELECT access_token.jws_sign(convert_to($2, ''UTF8''), $1)', marked_key('ES256'), repeat('MARKER', 20000), '22023'),
    ('SELECT access_token.jwt_sign(jsonb_build_object(''exp'', $2), $1)', marked_key('ES256'), 'MARKER', '22023'),
    ('SELECT access_token.jwt_sign(to_jsonb($2), $1)', marked_key('ES256'), 'MARKER', '22023'),
    ('SELECT access_token.jws_verify($1, $2, ''{ES256}'')', left(j.token, -4) || 'AAAA', marked_key('ES256'), 'TK003'),
    ('SELECT access_token.jws_verify($1, $2, ''{ES256}'')', j.token, marked_key('RS256'), 'TK003'),
    ('SELECT access_token.jws_verify($1, $2, ''{ES256,RS256}'')', j.token, (marked_key('ES256')::jsonb - 'alg')::text, 'TK010'),
    ('SELECT access_token.jws_verify($1, $2, ''{RS256}'')', j.token, marked_key('ES256'), 'TK002'),
    ('SELECT access_token.jws_verify($1, $2, ''{MARKER}'')', j.token, marked_key('ES256'), '22023'),
    ('SELECT access_token.jws_verify($1, $2, ''{ES256}'')', 'MARKER', marked_key('ES256'), 'TK001'),
    ('SELECT access_token.jwt_verify($1, $2, ''{ES256}'')', j.token, marked_key('ES256'), 'TK004'),
    ('SELECT access_token.jwt_verify($1, $2, ''{ES256}'', leeway => 301)', j.token, marked_key('ES256'), '22023'),
    ('SELECT access_token.jwt_verify(access_token.jwt_sign(''{"iss":"MARKER"}'', $1), $1, ''{ES256}'', $2, require_exp => false)', marked_key('ES256'), 'MARKER2', 'TK006'),
    ('SELECT access_token.jwt_verify(access_token.jwt_sign(''{"aud":"MARKER"}'', $1), $1, ''{ES256}'', audience => $2, require_exp => false)', marked_key('ES256'), 'MARKER2', 'TK006'),
    ('SELECT access_token.jwt_verify(access_token.jws_sign(convert_to($2, ''UTF8''), $1), $1, ''{ES256}'')', marked_key('ES256'), '{"MARKER', 'TK001'),
    ('SELECT access_token.jwk_public($1)', marked_key('HS256'), NULL, '22023'),
    ('SELECT access_token.jwk_to_pem($1)', marked_key('HS256'), NULL, '22023'),
    ('SELECT access_token.jwk_generate($1)', 'MARKER', NULL, '22023'),
    ('SELECT access_token.jwe_encrypt(''MARKER'', $1, $2, ''A256GCM'')', marked_key('A256KW'), 'MARKER', '22023'),
    ('SELECT access_token.jwe_encrypt(''MARKER'', $1, ''A256KW'', $2)', marked_key('A256KW'), 'MARKER', '22023'),
    ('SELECT access_token.jwe_encrypt(''MARKER'', $1, ''RSA-OAEP'', $2)', marked_key('A256KW'), 'A256GCM', 'TK010'),
    ('SELECT access_token.jwe_encrypt(''MARKER'', $1, ''A256KW'', ''A256GCM'', jsonb_build_object(''zip'', $2))', marked_key('A256KW'), 'MARKER', '22023'),
    ('SELECT access_token.jwe_decrypt($1, $2, ''{A256KW}'', ''{A256GCM}'')', left(j.jwe, -4) || 'AAAA', marked_key('A256KW'), 'TK003'),
    ('SELECT access_token.jwe_decrypt($1, $2, ''{ECDH-ES}'', ''{A256GCM}'')', j.jwe, marked_key('ECDH-ES'), 'TK002'),
    ('SELECT access_token.jwe_decrypt($1, $2, ''{A256KW}'', ''{A256GCM}'')', 'MARKER', marked_key('A256KW'), 'TK001'),
    ('SELECT access_token.create_signing_key($1, $2)', 'MARKER', 'ES256', '42704'),
    ('SELECT access_token.create_signing_key($1, $2)', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.create_signing_key($1, $2)', 'MARKERtenant', 'ES256', '55000'),
    ('SELECT access_token.import_signing_key($1, $2, ''ES256'')', 'MARKERtenant', marked_key('ES256'), '55000'),
    ('SELECT access_token.import_signing_key($1, $2, ''RS256'')', 'MARKERtenant', marked_key('ES256'), 'TK010'),
    ('SELECT access_token.rotate_signing_key($1, $2)', 'MARKERtenant', 'ES256', '55000'),
    ('SELECT access_token.rotate_signing_key($1, $2)', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.revoke_signing_key($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.restore_signing_key($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.delete_signing_key($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.jwks($1)', 'MARKER', NULL, '42704'),
    ('SELECT access_token.sign_token($1, ''{}'', header => jsonb_build_object(''typ'', $2))', 'MARKER', 'MARKER', '42704'),
    ('SELECT access_token.sign_token($1, ''{}'', header => jsonb_build_object(''typ'', $2))', 'MARKERtenant', 'MARKER MARKER', '22023'),
    ('SELECT access_token.sign_token($1, jsonb_build_object(''iss'', $2), header => ''{"typ":"x"}'')', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.sign_token($1, jsonb_build_object(''nonce'', $2), header => ''{"typ":"x"}'')', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.sign_token($1, jsonb_build_object(''exp'', $2), header => ''{"typ":"x"}'')', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.sign_token($1, ''{}'', $2, ''{"typ":"x"}'')', 'MARKERtenant', 'MARKER', '22023'),
    ('SELECT access_token.verify_token($1, ''MARKERtenant'', $2)', j.token, 'MARKER', 'TK003'),
    ('SELECT access_token.verify_token($1, ''MARKERtenant'', $2)', j.token, 'MARKER MARKER', '22023'),
    ('SELECT access_token.verify_token(access_token.sign_token(''MARKERtenant'', ''{"aud":"MARKER"}'', header => ''{"typ":"MARKER"}''), ''MARKERtenant'', $1, $2)', 'MARKER', 'MARKER2', 'TK006'),
    ('SELECT access_token.verify_token(access_token.sign_token(''MARKERtenant'', ''{"aud":"MARKER"}'', header => ''{"typ":"MARKER"}''), ''MARKERtenant'', $1, $2)', 'MARKER2', 'MARKER', 'TK006'),
    ('SELECT access_token.export_root_key($1)', 'MARKER', NULL, '22023'),
    ('SELECT access_token.import_root_key($1, $2)', 'MARKER', 'MARKERMARKER', 'TK010'),
    ('SELECT access_token.import_root_key($1, $2)', access_token.export_root_key('MARKERMARKER'), 'MARKERMARKER2', 'TK010')) AS r (statement, first, second, sqlstate);

-- Times of the right form that do not exist, whose conversion fails in the server.
SELECT is(error_of('SELECT access_token.update_api_key($1, jsonb_build_object(''expires_at'', $2))', 'MARKERkey',
    '2199-02-30T00:00:00Z'), '22023',
          'expires_at that does not exist');

-- Nor does inspect show anything of a token that it cannot vouch for.
SELECT is((SELECT count(*) FROM bad, access_token.inspect_access_token(token) AS i
           WHERE sqlstate IN ('TK002', 'TK003') AND (i.header IS NOT NULL OR i.claims IS NOT NULL OR i.reason ~ 'MARKER')), 0::bigint,
          'inspect shows nothing of what is not signed');
SELECT is((SELECT bool_or(i.reason ~ 'MARKER') FROM bad, access_token.inspect_access_token(token) AS i), false,
    'reasons are words of ours');

SELECT * FROM finish();
ROLLBACK;
