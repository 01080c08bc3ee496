/*
 * The contract with PostgREST: settings in (request.headers, request.jwt.claims), settings out
 * (pgrst.jwt_secret), refusals as SQLSTATE PGRST. Its transactions, NOTIFY and the log are in test/tap.
 */
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
BEGIN;
\ir support/forge.sql
\ir support/roles.sql
\ir support/identity.sql

SELECT plan(91);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('off', 't');
SELECT forge.make_key('other', 'u');
SELECT forge.make_key('public', 't', public => true);
CREATE ROLE postgrest_anon;
CREATE ROLE postgrest_authenticator;
SELECT access_token.grant_access('postgrest_anon', 'subject');
SELECT access_token.grant_access('postgrest_authenticator', 'postgrest');

CREATE TABLE good AS
SELECT access_token.issue_access_token('k', 'anna', scope => 'read') AS token,
       access_token.issue_access_token('k', 'bert') AS bert,
       access_token.issue_access_token('k', 'dora') AS revoked,
       access_token.issue_access_token('off', 'anna') AS disabled,
       access_token.issue_access_token('other', 'anna') AS foreign_token,
       access_token.issue_public_token('t', 'public', 'anna') AS public,
       access_token.issue_access_token('k', 'anna', audience => '{api}') AS with_audience,
       forge.outside_token('k') AS outside;
SELECT access_token.set_api_key_enabled('off', false);

/*
 * One request: sets what PostgREST sets, calls the function as the request's role, tells who is bound, or
 * how it was refused; and takes it all back.
 */
CREATE FUNCTION request(headers text, claims text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    answer text;
    detail text;
BEGIN
    BEGIN
        PERFORM set_config('request.headers', headers, true), set_config('request.jwt.claims', claims, true),
                set_config('role', 'postgrest_anon', true);
        PERFORM access_token.postgrest_pre_request();
        PERFORM set_config('role', 'none', true);
        RAISE EXCEPTION USING MESSAGE = forge.bound(), ERRCODE = 'ZZ000';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS answer = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
        RETURN CASE SQLSTATE WHEN 'ZZ000' THEN answer ELSE concat_ws(' ', SQLSTATE, answer, detail) END;
    END;
END
$function$;
CREATE FUNCTION bearer(token text, scheme text DEFAULT 'Bearer ') RETURNS text LANGUAGE sql AS $function$
    SELECT json_build_object('host', 'localhost', 'authorization', scheme || token, 'accept', '*/*')::text
$function$;
SELECT request(bearer('x')) AS refused \gset

-- The refusal, whole: what PostgREST makes status, headers and body of.
SELECT is(:'refused'::text, 'PGRST '
    '{"code":"invalid_token","message":"the access token is not accepted",'
    '"details":"It is malformed, expired, revoked, or not for this API.","hint":"Get a new access token."} '
    '{"status":401,"headers":{"WWW-Authenticate":'
    '"Bearer error=\"invalid_token\", error_description=\"the access token is not accepted\""}}', 'a refusal');
SELECT is((regexp_match(:'refused', '^PGRST (\{.*\}) (\{"status".*\})$'))[n]::jsonb IS NOT NULL, true, 'its JSON is JSON')
FROM generate_series(1, 2) AS n;

-- Without a tenant every bearer is refused, and who brings none passes.
SELECT is(request(bearer(token)), :'refused', 'no tenant is set: refused') FROM good;
SELECT is(request(headers), 'nobody', 'no tenant is set, no bearer: passes')
FROM (VALUES (''), ('{}'), ('{"host": "localhost"}'), (bearer('dTpw', 'Basic '))) AS r (headers);

SET LOCAL access_token.postgrest_tenant = 't';
SELECT is(request(bearer(token)), 'anna of t, scopes {read}', 'a good token') FROM good;
SELECT is(request(bearer(outside)), 'user|42 of t, scopes {}', 'one signed elsewhere, without jti') FROM good;
SELECT is(forge.bound(), 'nobody', 'the request is over');

-- The scheme, in any case, and blanks around the token.
SELECT is(request(bearer(token, scheme)), 'anna of t, scopes {read}', 'scheme ' || to_json(scheme))
FROM good, (VALUES ('bearer '), ('BEARER '), ('bEaReR '), ('Bearer   '), (' Bearer '), (E'\tBearer \t')) AS r (scheme);
SELECT is(request(bearer(token || E' \t')), 'anna of t, scopes {read}', 'blanks behind it') FROM good;
SELECT is(request(json_build_object('Authorization', 'Bearer ' || token)::text), 'anna of t, scopes {read}', 'another case of the name') FROM good;
SELECT is(request('{"authoriz\u0061tion": "Bearer ' || token || '"}'), 'anna of t, scopes {read}', 'an escape in the name') FROM good;

-- No bearer: nothing is bound.
SELECT is(request(headers), 'nobody', 'no bearer: ' || headers)
FROM (VALUES (''), ('{}'), ('{"host": "localhost"}'), (bearer('dTpw', 'Basic ')), (bearer('x', 'DPoP ')), (bearer('x', 'Bearer2 ')),
             ('{"authorization": "Digest username=\"a, b\", realm=\"bearer\""}'), ('{"x-authorization": "Bearer x"}')) AS r (headers);

-- Malformed and repeated values.
SELECT is(request(headers), :'refused', 'refused: ' || headers)
FROM (VALUES ('{'), ('[]'), ('x'), ('{"authorization": "Bearer"}'), ('{"authorization": "Bearer "}'), ('{"authorization": ""}'),
             ('{"authorization": " "}'), ('{"authorization": null}'), ('{"authorization": 1}'), ('{"authorization": ["Bearer x"]}'),
             ('{"authorization": {"Bearer": "x"}}'), ('{"authorization": "Basic x, Bearer y"}'), ('{"authorization": "Basic x,bearer y"}'),
             ('{"authorization": "Bearer, Basic x"}'), ('{"authorization": "Bearer \u0000"}')) AS r (headers);
SELECT is(request(headers), :'refused', 'refused: ' || what)
FROM good, LATERAL (VALUES
    ('the header twice', format('{"authorization": "Bearer %1$s", "authorization": "Bearer %1$s"}', token)),
    ('the header twice, in two cases', format('{"authorization": "Bearer %1$s", "Authorization": "Bearer %1$s"}', token)),
    ('two tokens', bearer(token || ' ' || token)), ('two values', bearer(token || ', Bearer ' || token)), ('a quoted one', bearer('"' || token || '"')),
    ('Bearer twice', bearer(token, 'Bearer Bearer '))) AS r (what, headers);

-- One answer for every cause.
SELECT is(request(bearer(t)), :'refused', 'refused: ' || what)
FROM good, LATERAL (VALUES ('an altered token', left(token, -2) || 'AA'), ('another tenant''s', foreign_token), ('a disabled key''s', disabled),
    ('a public key''s', public), ('one that names an audience', with_audience), ('an expired one', forge.token('k', claims => forge.claims('k', '{"exp": 1}'))),
    ('one that lives too long', forge.token('k', claims => forge.claims('k', json_build_object('exp', forge.epoch(900000)))))) AS r (what, t);
SELECT access_token.revoke_access_token(revoked) FROM good;
SELECT is(request(bearer(revoked)), :'refused', 'refused: a revoked one') FROM good;
SELECT access_token.revoke_identity('t', 'carl') FROM (SELECT set_config('test.token', access_token.issue_access_token('k', 'carl'), true) OFFSET 0) AS issued;
SELECT is(request(bearer(current_setting('test.token'))), :'refused', 'refused: one of a user who was cut off');
SELECT access_token.update_tenant('t', '{"issuer": "https://t.example"}');
SELECT count(*) FROM access_token.create_client('t', 'Web', '{api}', '{"algorithm": "ES256"}', 'web');
SELECT set_config('test.token', access_token, true) IS NOT NULL FROM access_token.issue_client_token('t', 'web', scope => 'read');
SELECT is(request(bearer(current_setting('test.token'))), :'refused', 'refused: a client''s token for an audience that is not set');
SET LOCAL access_token.postgrest_audience = 'api';
SELECT is(request(bearer(current_setting('test.token')), forge.claims_of(current_setting('test.token'))), 'no user of t by web, scopes {read}',
          'a client''s token with its audience');
SELECT access_token.set_client_enabled('web', false);
SELECT is(request(bearer(current_setting('test.token'))), :'refused', 'refused: a disabled client''s');
SELECT is(request(bearer(with_audience)), 'anna of t, scopes {}', 'the audience that is set') FROM good;
SELECT is(request(bearer(token)), :'refused', 'a token without audience where one is set') FROM good;
SET LOCAL access_token.postgrest_audience = 'web';
SELECT is(request(bearer(with_audience)), :'refused', 'another audience') FROM good;
SET LOCAL access_token.postgrest_audience = '';
SET LOCAL access_token.postgrest_tenant = 'u';
SELECT is(request(bearer(token)), :'refused', 'another tenant is set') FROM good;
SELECT is(request(bearer(foreign_token)), 'anna of u, scopes {}', 'its own tokens pass') FROM good;
SET LOCAL access_token.postgrest_tenant = 't';

-- request.jwt.claims is compared, and nothing else is done with it.
SELECT is(request(bearer(token), claims_of || ''), 'anna of t, scopes {read}', 'the same claims')
FROM good, forge.claims_of(token) AS claims_of;
SELECT is(request(bearer(token), (access_token.verify_access_token(token) || '{"role": "x", "grants": 1}')::text), 'anna of t, scopes {read}',
          'iss, sub and jti count') FROM good;
SELECT is(request(bearer(token), claims), :'refused', 'refused: ' || what)
FROM good, LATERAL (VALUES
    ('another token''s claims', access_token.verify_access_token(bert)::text),
    ('another iss', (access_token.verify_access_token(token) || '{"iss": "other"}')::text),
    ('another sub', (access_token.verify_access_token(token) || '{"sub": "u"}')::text),
    ('no jti', (access_token.verify_access_token(token) - 'jti')::text), ('a number as jti', (access_token.verify_access_token(token) || '{"jti": 1}')::text),
    ('the anonymous role''s', '{"role": "postgrest_anon"}'), ('no JSON', 'x'), ('an array', '[]')) AS r (what, claims);
SELECT is(request(bearer(outside), (access_token.verify_access_token(outside) || '{"jti": "x"}')::text), :'refused', 'a jti that the token has not') FROM good;
SELECT is(request('{}', '{"sub": "victim", "role": "postgrest_anon"}'), 'nobody', 'claims without a bearer bind nobody');

-- Who may set what.
SELECT is(forge.sqlstate_as('postgrest_authenticator', statement), '42501', 'not by the authenticator: ' || statement)
FROM (VALUES ('SET access_token.postgrest_tenant = ''u'''), ('SET access_token.postgrest_audience = ''x'''),
             ('ALTER ROLE postgrest_authenticator SET access_token.postgrest_tenant = ''u''')) AS r (statement);

-- postgrest_config: the public keys that verify, of the tenant or of all.
CREATE FUNCTION configured() RETURNS jsonb LANGUAGE sql AS $function$
    SELECT forge.value_as('postgrest_authenticator',
        'SELECT current_setting(''pgrst.jwt_secret'') FROM (SELECT access_token.postgrest_config() OFFSET 0) AS done')::jsonb
$function$;
CREATE FUNCTION states_configured() RETURNS text LANGUAGE sql AS $function$
    SELECT coalesce(string_agg(s.tenant_id || ' ' || s.state, ', ' ORDER BY s.tenant_id, s.state), 'none')
    FROM jsonb_array_elements(configured() -> 'keys') AS k (key) JOIN access_token.signing_keys AS s ON s.kid = k.key ->> 'kid'
$function$;
SET LOCAL access_token.postgrest_tenant = 'u';
SELECT is(configured()::text, '{"keys": []}', 'a tenant without keys: an empty set, never an empty secret');
SET LOCAL access_token.postgrest_tenant = 't';
SELECT access_token.update_tenant('u', '{"issuer": "https://u.example"}');
SELECT access_token.rotate_signing_key(t, 'ES256', true) FROM (VALUES ('t'), ('u'), ('u')) AS r (t);
SELECT is(configured(), access_token.jwks('t'), 'the tenant''s key set');
SELECT is(states_configured(), 't current, t next, t previous', 'next, current and previous');
SET LOCAL access_token.postgrest_tenant = '';
SELECT is(states_configured(), 't current, t next, t previous, u current, u next, u previous', 'of all tenants where none is set');
SELECT access_token.revoke_signing_key(kid, true) FROM access_token.signing_keys WHERE tenant_id = 'u' AND state = 'previous';
SELECT is(states_configured(), 't current, t next, t previous, u current, u next', 'a revoked key is not among them');
UPDATE access_token.signing_key SET retired_at = retired_at - interval '3 days' WHERE state = 'previous';
SELECT is(states_configured(), 't current, t next, u current, u next', 'nor one that verifies no more');
SELECT is(configured()::text ~ '"(d|p|q|dp|dq|qi|k)"', false, 'no private part is in it');
SET LOCAL access_token.postgrest_tenant = 'nobody';
SELECT throws_ok('SELECT access_token.postgrest_config()', '42704', 'tenant does not exist', 'a tenant that does not exist');
SELECT is(forge.sqlstate_as('postgrest_anon', 'SELECT access_token.postgrest_config()'), '42501', 'the bundle subject does not configure');
SELECT is(forge.sqlstate_as('postgrest_authenticator', 'SELECT access_token.postgrest_pre_request()'), '42501', 'the bundle postgrest does not ask');

SELECT * FROM finish();
ROLLBACK;
