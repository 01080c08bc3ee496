-- Every error that a user can provoke, whole: SQLSTATE, the reason word of inspect_access_token where
-- there is one, message, detail and hint. (Nothing provokes XX000, cryptographic operation failed.)
-- Tokens are made here, with pgcrypto; none is printed, nor a secret or a claim. What varies from run to
-- run (seconds, the id of the root key) is masked.
\pset format unaligned
\pset tuples_only on

-- What a run that broke off may have left.
SET client_min_messages = warning;
DROP DATABASE IF EXISTS regression_access_token_latin1;
DROP DATABASE IF EXISTS regression_access_token_ascii;
DROP ROLE IF EXISTS regress_planter;
RESET client_min_messages;

CREATE EXTENSION pgcrypto;

CREATE FUNCTION pg_temp.lines(sqlstate text, reason text, message text, detail text, hint text)
RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(l.line,
               '^(DETAIL:  It expired|DETAIL:  Its nbf is|DETAIL:  Its iat is) [0-9]+', '\1 N'),
               '"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"', '"root key id"')
    FROM (VALUES (1, concat_ws(' ', sqlstate, nullif(reason, '')) || ': ' || message),
                 (2, 'DETAIL:  ' || nullif(detail, '')),
                 (3, 'HINT:  ' || nullif(hint, ''))) AS l (n, line)
    WHERE l.line IS NOT NULL
    ORDER BY l.n
$$;

-- Runs a statement that must fail.
CREATE FUNCTION pg_temp.fails(statement text)
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    EXECUTE statement;
    RETURN NEXT 'no error';
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        RETURN QUERY SELECT * FROM pg_temp.lines(SQLSTATE, NULL, message, detail, hint);
END
$$;

-- Verifies a token that must be refused; inspect_access_token must refuse it, too.
CREATE FUNCTION pg_temp.refused(token text, tenant_id text DEFAULT NULL, audience text DEFAULT NULL, scope text DEFAULT NULL)
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    verdict record;
    message text;
    detail text;
    hint text;
BEGIN
    SELECT i.valid, i.reason INTO STRICT verdict
    FROM access_token.inspect_access_token(token, tenant_id, audience, scope) AS i;
    PERFORM access_token.verify_access_token(token, tenant_id, audience, scope);
    RETURN NEXT 'accepted';
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        RETURN QUERY SELECT * FROM pg_temp.lines(SQLSTATE, verdict.reason, message, detail, hint);
        IF verdict.valid THEN
            RETURN NEXT 'but inspect_access_token accepts it';
        END IF;
END
$$;

CREATE FUNCTION pg_temp.b64url(bytes bytea)
RETURNS text LANGUAGE sql RETURN rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=');

SELECT access_token.create_tenant('Messages', tenant_id => 'regress_messages');
CREATE TEMPORARY TABLE api_key AS
SELECT * FROM access_token.create_api_key('regress_messages', 'backend', id => 'regress_secret_key')
UNION ALL
SELECT * FROM access_token.create_api_key('regress_messages', 'app', public => true, id => 'regress_public_key');

-- header "." payload "." signature by the secret key, from any bytes.
CREATE FUNCTION pg_temp.sign_bytes(header bytea, payload bytea)
RETURNS text LANGUAGE sql AS $$
    SELECT i.input || '.' || pg_temp.b64url(hmac(i.input, k.secret, 'sha256'))
    FROM (SELECT pg_temp.b64url(header) || '.' || pg_temp.b64url(payload) AS input) AS i,
         pg_temp.api_key AS k
    WHERE k.secret IS NOT NULL
$$;

CREATE FUNCTION pg_temp.sign(payload text, header text DEFAULT '{"alg": "HS256", "typ": "JWT", "cty": "parra-fpa;v=1"}')
RETURNS text LANGUAGE sql RETURN pg_temp.sign_bytes(convert_to(header, 'UTF8'), convert_to(payload, 'UTF8'));

-- A good token but for the changes; a claim that is changed to null is left out.
CREATE FUNCTION pg_temp.token(claims jsonb DEFAULT '{}', header jsonb DEFAULT '{}')
RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.sign(
        jsonb_strip_nulls(
            jsonb_build_object('iss', 'regress_secret_key', 'sub', 'regress_messages', 'grants', '{"identity": "user|42"}'::jsonb,
                               'exp', floor(extract(epoch FROM clock_timestamp())) + 600) || claims)::text,
        jsonb_strip_nulls('{"alg": "HS256", "typ": "JWT", "cty": "parra-fpa;v=1"}'::jsonb || header)::text)
$$;

-- The header of a token that names its secret, as ours do.
CREATE FUNCTION pg_temp.header_with_kid()
RETURNS text LANGUAGE sql AS $$
    SELECT format('{"alg": "HS256", "typ": "JWT", "cty": "parra-fpa;v=1", "kid": "%s"}', k.current_secret_id)
    FROM access_token.api_keys AS k
    WHERE k.api_key_id = 'regress_secret_key'
$$;

CREATE FUNCTION pg_temp.now_plus(seconds integer)
RETURNS numeric LANGUAGE sql RETURN floor(extract(epoch FROM clock_timestamp())) + seconds;

-- The measure of all below: this one is accepted.
SELECT * FROM pg_temp.refused(pg_temp.token());

-- TK001: malformed.
SELECT * FROM pg_temp.refused(NULL);
SELECT * FROM pg_temp.refused(repeat('x', 65537));
SELECT * FROM pg_temp.refused('');
SELECT * FROM pg_temp.refused(pg_temp.token() || '.AAAA');
SELECT * FROM pg_temp.refused('+' || pg_temp.token());
SELECT * FROM pg_temp.refused(replace(pg_temp.token(), '.', '=.'));
SELECT * FROM pg_temp.refused(regexp_replace(pg_temp.token(), '[.][^.]*[.]', '.e3.'));
SELECT * FROM pg_temp.refused(pg_temp.token() || '=');
SELECT * FROM pg_temp.refused(pg_temp.token(header => jsonb_build_object('x5c', repeat('x', 8192))));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', '{"alg": "HS256",}'));
SELECT * FROM pg_temp.refused(pg_temp.sign_bytes('{"alg": "HS256", "x": "\377"}', '{}'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', '{"alg": "HS256", "x": "\u0000"}'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', '{"alg": "HS256", "x": "\ud800"}'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', '{"alg": "HS256", "alg": "HS256"}'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', format('{"alg": "HS256", "x": %s0%s}', repeat('[', 32), repeat(']', 32))));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', format('{"alg": "HS256", "x": %s}', repeat('1', 129))));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', '{"alg": "HS256", "x": 1e309}'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', '"HS256"'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{}', '{"typ": "JWT"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"kid": 1}'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{"iss": "regress_secret_key"', pg_temp.header_with_kid()));
SELECT * FROM pg_temp.refused(pg_temp.sign('[]', pg_temp.header_with_kid()));
SELECT * FROM pg_temp.refused(pg_temp.sign('{"sub": 1, "s\u0075b": 2}', pg_temp.header_with_kid()));
SELECT * FROM pg_temp.refused(pg_temp.token('{"sub": 42}'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"exp": "never"}'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"aud": []}'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"scope": "read  write"}'));

-- The same from decode_token, which looks no further than this.
SELECT * FROM pg_temp.fails($$SELECT * FROM access_token.decode_token(NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT * FROM access_token.decode_token('a.b')$$);
SELECT * FROM pg_temp.fails($$SELECT * FROM access_token.decode_token(pg_temp.sign('{"iss": 1', '{"alg": "HS256"}'))$$);
SELECT * FROM pg_temp.fails($$SELECT * FROM access_token.decode_token(pg_temp.sign('[]', '{"alg": "HS256"}'))$$);
SELECT * FROM pg_temp.fails($$SELECT * FROM access_token.decode_token(pg_temp.sign('{"a": 1, "\u0061": 2}', '{"alg": "HS256"}'))$$);

-- TK002: not supported.
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"alg": "none"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"alg": "RS256"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"crit": ["exp"]}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"zip": "DEF"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"b64": false}'));

-- TK003: one answer for an unknown key and for a wrong signature, and before the signature no look at the payload.
SELECT * FROM pg_temp.refused(regexp_replace(pg_temp.token(), '[.][^.]*$', '.AAAA'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"iss": "no such key"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"kid": "no such key"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"alg": "HS384"}'));
SELECT * FROM pg_temp.refused(pg_temp.sign('{"iss": "regress_secret_key"'));

-- TK004, TK005: times.
SELECT * FROM pg_temp.refused(pg_temp.token('{"exp": 0}'));
SELECT * FROM pg_temp.refused(pg_temp.token(jsonb_build_object('nbf', pg_temp.now_plus(300))));
SELECT * FROM pg_temp.refused(pg_temp.token(jsonb_build_object('iat', pg_temp.now_plus(300))));

-- TK006: not what is expected here.
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"typ": "at+jwt"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"typ": null}'));
SELECT * FROM pg_temp.refused(pg_temp.token(header => '{"cty": "parra-fpa;v=2"}'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"exp": null}'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"grants": {"identity": ""}}'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"iss": "other"}', pg_temp.header_with_kid()::jsonb));
SELECT * FROM pg_temp.refused(pg_temp.token('{"sub": "other"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(), tenant_id => 'other');
SELECT * FROM pg_temp.refused(pg_temp.token('{"aud": "web"}'), audience => 'mobile');
SELECT * FROM pg_temp.refused(pg_temp.token('{"aud": "web"}'));
SELECT * FROM pg_temp.refused(pg_temp.token(jsonb_build_object('iat', pg_temp.now_plus(0), 'exp', pg_temp.now_plus(0) + 90000)));

-- TK008: permissions.
SELECT * FROM pg_temp.refused(access_token.issue_public_token('regress_messages', 'regress_public_key', 'user|42'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"scope": "read"}'), scope => 'read write');
SELECT * FROM pg_temp.refused(pg_temp.token('{"scope": "public"}'));
SELECT * FROM pg_temp.refused(pg_temp.token('{"role": "postgres"}'));

-- TK009: switched off.
BEGIN;
SELECT access_token.set_api_key_enabled('regress_secret_key', false);
SELECT * FROM pg_temp.refused(pg_temp.token());
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42')$$);
ROLLBACK;
BEGIN;
SELECT access_token.set_tenant_enabled('regress_messages', false);
SELECT * FROM pg_temp.refused(pg_temp.token());
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token('regress_messages', 'regress_public_key', 'user|42')$$);
ROLLBACK;
BEGIN;
SELECT access_token.update_api_key('regress_secret_key', '{"expires_at": "2000-01-01T00:00:00Z"}');
SELECT * FROM pg_temp.refused(pg_temp.token());
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42')$$);
ROLLBACK;

-- TK010, TK011: keys that cannot be opened. inspect_access_token raises these as well.
BEGIN;
UPDATE access_token.api_key AS k SET current_sealed_secret = '\x00' WHERE k.api_key_id = 'regress_secret_key';
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.inspect_access_token(pg_temp.token())$$);
ROLLBACK;
BEGIN;
DELETE FROM access_token.root_key;
UPDATE access_token.api_key AS k SET current_sealed_secret = k.current_sealed_secret || '\x00' WHERE k.api_key_id = 'regress_secret_key';
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_access_token(pg_temp.token())$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'another')$$);
ROLLBACK;
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', imported_secret => 'too short')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', algorithm => 'HS512', imported_secret => repeat('x', 63))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', imported_secret => repeat('x', 4097))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', imported_secret => ' -----BEGIN ' || repeat('x', 64))$$);

-- Arguments of the verifying functions.
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_access_token(pg_temp.token(), audience => '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.inspect_access_token(pg_temp.token(), scope => 'read  write')$$);

-- Binding a token: the errors of verifying it, and those of its arguments.
SELECT * FROM pg_temp.fails($$SELECT access_token.authenticate(pg_temp.token(), NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.authenticate(pg_temp.token(), 'regress_messages', audience => '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.authenticate(pg_temp.token(), 'regress_messages', scope => 'read  write')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.authenticate(pg_temp.token('{"exp": 1}'), 'regress_other')$$);
SELECT * FROM pg_temp.fails($$SET access_token.bound_record = 'x'$$);

-- Through PostgREST: one answer, whose message and detail make body, status and headers of the response.
BEGIN;
SET LOCAL access_token.postgrest_tenant = 'regress_messages';
SELECT set_config('request.headers', '{"authorization": "Bearer x"}', true) IS NOT NULL AS request;
SELECT * FROM pg_temp.fails($$SELECT access_token.postgrest_pre_request()$$);
SET LOCAL access_token.postgrest_tenant = 'no such tenant';
SELECT * FROM pg_temp.fails($$SELECT access_token.postgrest_config()$$);
ROLLBACK;

-- Arguments of the issuing functions.
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token(NULL, 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', NULL::text)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', NULL::uuid)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('no such key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_public_key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', repeat('x', 256))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', 0)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', 86401)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', scope => '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', scope => 'read public')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', audience => '{}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', audience => '{web,""}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', audience => '{web,NULL}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', claims => '[]')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', claims => '{"exp": 1}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', claims => '{"role": "postgres"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42',
    claims => format('{"x": %s0%s}', repeat('[', 32), repeat(']', 32))::jsonb)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', claims => '{"x": 1e309}')$$);
BEGIN;
SET LOCAL access_token.max_token_size = 1024;
-- The length of jti and kid never varies.
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42', claims => jsonb_build_object('x', repeat('x', 1024)))$$);
ROLLBACK;
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token(NULL, 'regress_public_key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token('regress_messages', NULL, 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token('regress_messages', 'regress_public_key', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token('regress_messages', 'no such key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token('other', 'regress_public_key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token('regress_messages', 'regress_secret_key', 'user|42')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_public_token('regress_messages', 'regress_public_key', '')$$);

-- Tenants.
SELECT * FROM pg_temp.fails($$SELECT access_token.create_tenant(NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_tenant(repeat('x', 256))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_tenant('Acme', tenant_id => 'a b')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_tenant('Acme', tenant_id => 'regress_messages')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_tenant('Acme', issuer => 'http://example.com')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_tenant('Acme', default_issuer => 'https://example.com/?query')$$);
SELECT access_token.create_tenant('Other', tenant_id => 'regress_other', default_issuer => 'https://regress.example.com');
SELECT * FROM pg_temp.fails($$SELECT access_token.create_tenant('Acme', issuer => 'https://regress.example.com')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_tenant('regress_messages', '{"issuer": "https://regress.example.com"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_tenant('no such tenant', '{}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_tenant('regress_messages', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_tenant('regress_messages', '[]')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_tenant('regress_messages', '{"colour": "red"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_tenant('regress_messages', '{"name": null}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_tenant('regress_messages', '{"max_token_lifetime": 172801}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.delete_tenant('no such tenant')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.delete_tenant('regress_messages')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.set_tenant_enabled('no such tenant', true)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.set_tenant_enabled('regress_messages', NULL)$$);

-- API keys.
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('no such tenant', 'x')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', public => NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', public => true, imported_secret => repeat('x', 64))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', algorithm => 'hs256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', id => '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', id => 'regress_secret_key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_api_key('regress_messages', 'x', settings => '{"colour": "red"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('no such key', '{}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '"name"')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"token_lifetime": "1 hour"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"token_lifetime": 86401}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"max_token_lifetime": 172801}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"content_type": ""}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"allowed_scopes": ["public"]}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"allowed_scopes": [null]}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"allowed_roles": [""]}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"expires_at": "tomorrow"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_api_key('regress_secret_key', '{"expires_at": "2030-02-30T00:00:00Z"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.delete_api_key('no such key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.rotate_api_key('no such key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.rotate_api_key('regress_secret_key', '-1 second')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.rotate_api_key('regress_secret_key', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.set_api_key_enabled('no such key', false)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.set_api_key_enabled('regress_secret_key', NULL)$$);

-- Signing keys. Their tenant has an issuer; keys are made anew, so nothing of them is printed.
SELECT access_token.create_tenant('Signer', tenant_id => 'regress_signer', issuer => 'https://signer.example.com');
CREATE TEMPORARY TABLE jwk AS
SELECT a AS algorithm, access_token.jwk_generate(a)::text AS jwk
FROM unnest(ARRAY['HS256', 'ES256', 'RS256', 'A256KW']) AS a;
CREATE FUNCTION pg_temp.jwk(algorithm text)
RETURNS text LANGUAGE sql RETURN (SELECT j.jwk FROM pg_temp.jwk AS j WHERE j.algorithm = jwk.algorithm);
CREATE FUNCTION pg_temp.kid(state text)
RETURNS text LANGUAGE sql RETURN (SELECT min(k.kid) FROM access_token.signing_keys AS k
                                  WHERE k.tenant_id = 'regress_signer' AND k.state = kid.state);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_signing_key('no such tenant')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_signing_key('regress_signer', 'HS256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_signing_key('regress_signer', 'RS256', 2047)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_signing_key('regress_signer', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{}', header => '{"typ": "x+jwt"}')$$);
SELECT length(access_token.rotate_signing_key('regress_signer', 'ES256'));
SELECT * FROM pg_temp.fails($$SELECT access_token.create_signing_key('regress_signer', 'ES256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.rotate_signing_key('regress_signer', 'ES256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.rotate_signing_key('regress_signer', 'ES256', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.import_signing_key('regress_signer', 'no key', 'RS256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.import_signing_key('regress_signer', pg_temp.jwk('ES256'), 'RS256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.import_signing_key('regress_signer', pg_temp.jwk('ES256'), 'ES256')$$);
SELECT access_token.revoke_signing_key(pg_temp.kid('next'));
SELECT access_token.import_signing_key('regress_signer', pg_temp.jwk('ES256'), 'ES256') IS NOT NULL AS imported;
SELECT access_token.rotate_signing_key('regress_signer', 'ES256', true) IS NOT NULL AS rotated;
SELECT access_token.revoke_signing_key(pg_temp.kid('next'));
SELECT * FROM pg_temp.fails($$SELECT access_token.import_signing_key('regress_signer', pg_temp.jwk('ES256'), 'ES256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_signing_key('no such key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_signing_key(pg_temp.kid('previous'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.restore_signing_key('no such key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.restore_signing_key(pg_temp.kid('current'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.delete_signing_key('no such key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.delete_signing_key(pg_temp.kid('current'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.delete_tenant('regress_signer')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwks('no such tenant')$$);

-- A tenant's own kinds of tokens.
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('no such tenant', '{}', header => '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '[]', header => '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{}', header => '{}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{}', header => '{"typ": "at+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{}', header => '{"typ": "x+jwt", "alg": "ES256"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{"nonce": "x"}', header => '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{"iss": "https://example.com"}', header => '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{"exp": "never"}', header => '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{"exp": 99999999999}', header => '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', jsonb_build_object('x', repeat('x', 65536)), header => '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{}', 'HS256', '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_signer', '{}', 'RS256', '{"typ": "x+jwt"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.sign_token('regress_messages', '{}', header => '{"typ": "x+jwt"}')$$);
CREATE FUNCTION pg_temp.own(claims jsonb DEFAULT '{}')
RETURNS text LANGUAGE sql RETURN access_token.sign_token('regress_signer', own.claims, header => '{"typ": "x+jwt"}');
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_token(pg_temp.own(), 'regress_signer', 'JWT')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_token(pg_temp.own(), 'regress_signer', 'y+jwt')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_token(pg_temp.own(), 'regress_messages', 'x+jwt')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_token(pg_temp.own('{"aud": "web"}'), 'regress_signer', 'x+jwt')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_token(pg_temp.own(), 'regress_signer', 'x+jwt', 'web')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_token(pg_temp.token(), 'regress_signer', 'x+jwt')$$);
SELECT * FROM pg_temp.refused(pg_temp.own());

-- Clients.
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('no such tenant', 'x')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', '{{a},{b}}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', '{""}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', settings => '[]')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', settings => '{"name": "x"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', settings => '{"lifetime": "1 hour"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', settings => '{"lifetime": 172801}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', settings => '{"algorithm": "HS256"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', settings => '{"allowed_scopes": ["public"]}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', settings => '{"allowed_roles": [""]}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_signer', 'x', id => 'a b')$$);
SELECT * FROM access_token.create_client('regress_signer', 'x', '{web}', '{"algorithm": "ES256"}', 'regress_client');
SELECT * FROM access_token.create_client('regress_messages', 'x', settings => '{"algorithm": "ES256"}', id => 'regress_no_issuer');
SELECT * FROM pg_temp.fails($$SELECT access_token.create_client('regress_messages', 'x', id => 'regress_client')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_client('no such client', '{}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_client('regress_client', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_client('regress_client', '{"colour": "red"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.update_client('regress_client', '{"audience": "web"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.set_client_enabled('no such client', false)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.set_client_enabled('regress_client', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.delete_client('no such client')$$);

-- Their tokens: making them.
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token(NULL, 'regress_client')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', use_jwt_type => NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', audience_as_array => NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', force_default_domain => NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'no such client')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_messages', 'regress_client')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_messages', 'regress_no_issuer')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', force_default_domain => true)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', 0)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', 172801)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', scope => 'read  write')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', scope => 'clients:issue')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', claims => '[]')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', claims => '{"sub": "x"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', claims => '{"auth_time": 1}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', claims => '{"Sub": "x"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client', claims => '{"role": "postgres"}')$$);
BEGIN;
SELECT access_token.set_client_enabled('regress_client', false);
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client')$$);
ROLLBACK;
BEGIN;
DELETE FROM access_token.signing_key AS k WHERE k.tenant_id = 'regress_signer';
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client')$$);
ROLLBACK;
BEGIN;
UPDATE access_token.signing_key AS k SET sealed_private_key = NULL WHERE k.tenant_id = 'regress_signer';
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client')$$);
ROLLBACK;

-- Their tokens: refusing them. Signed with the tenant's current key; a claim that is changed to null is left out.
CREATE FUNCTION pg_temp.client_token(claims jsonb DEFAULT '{}', header jsonb DEFAULT '{}')
RETURNS text LANGUAGE sql AS $$
    SELECT access_token.jws_sign(convert_to(jsonb_strip_nulls(
        '{"iss": "https://signer.example.com", "sub": "regress_client", "client_id": "regress_client", "jti": "x"}'
        || jsonb_build_object('iat', pg_temp.now_plus(0), 'exp', pg_temp.now_plus(600)) || claims)::text, 'UTF8'),
        pg_temp.jwk('ES256'), jsonb_build_object('typ', 'at+jwt', 'kid', access_token.jwk_thumbprint(pg_temp.jwk('ES256'))) || header)
$$;
SELECT * FROM pg_temp.refused(pg_temp.client_token());
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"client_id": 1}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{}', '{"kid": "no such key"}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{}', '{"typ": "x+jwt"}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"nonce": "x"}', '{"typ": "JWT"}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"jti": null}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"iss": "https://example.com"}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token(), tenant_id => 'regress_messages');
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"aud": "web"}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token(jsonb_build_object('exp', pg_temp.now_plus(172801))));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"scope": "clients:issue"}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"role": "postgres"}'));
SELECT * FROM pg_temp.refused(pg_temp.client_token('{"client_id": "no such client"}'));
BEGIN;
SELECT access_token.set_client_enabled('regress_client', false);
SELECT * FROM pg_temp.refused(pg_temp.client_token());
ROLLBACK;
BEGIN;
SELECT access_token.set_tenant_enabled('regress_signer', false);
SELECT * FROM pg_temp.refused(pg_temp.client_token());
ROLLBACK;
BEGIN;
SELECT access_token.revoke_client_tokens('regress_client');
SELECT * FROM pg_temp.refused(pg_temp.client_token());
ROLLBACK;

-- Revocation and introspection.
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_access_token(NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_access_token('x.y.z')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_access_token(pg_temp.client_token('{}', '{"kid": "no such key"}'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_access_token(pg_temp.own())$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_token_id('no such tenant', 'x')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_token_id('regress_messages', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_identity('no such tenant', 'x')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_identity('regress_messages', '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_api_key_tokens('no such key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_client_tokens('no such client')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_tenant_tokens('no such tenant')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.purge_expired(0)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.introspect_access_token('x', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.introspect_access_token('x', 'regress_messages', audience => '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.introspect_access_token('x', 'regress_messages', scope => 'read  write')$$);
SELECT access_token.introspect_access_token(pg_temp.token(), 'regress_other'), access_token.introspect_access_token('x', 'no such tenant');

-- The toolbox: keys.
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_generate('none')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_thumbprint('no key'::text)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_thumbprint('{"kty": "unknown"}'::text)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_thumbprint(jsonb_set(pg_temp.jwk('ES256')::jsonb, '{x}', pg_temp.jwk('ES256')::jsonb -> 'y'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_thumbprint('{"keys": []}'::text)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_public(pg_temp.jwk('HS256'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_to_pem(pg_temp.jwk('HS256'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_from_pem('no key')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwk_from_pem(replace(access_token.jwk_to_pem(pg_temp.jwk('ES256')), 'PRIVATE', 'ENCRYPTED PRIVATE'))$$);

-- The toolbox: signing and verifying.
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_sign('x', '{"kty": "oct", "k": "AAAA"}'::text)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_sign('x', '{"kty": "oct", "k": "AAAA"}'::text, '{"alg": "HS256"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_sign('x', pg_temp.jwk('ES256'), '{"alg": "RS256"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_sign('x', pg_temp.jwk('ES256'), '{"crit": ["exp"]}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_sign('x', pg_temp.jwk('ES256'), '[]')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwt_sign('{"exp": "never"}', pg_temp.jwk('ES256'))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_sign('x', access_token.jwk_public(pg_temp.jwk('ES256')))$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify(NULL, pg_temp.jwk('ES256'), '{ES256}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify('x', NULL::text, '{ES256}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify('x', pg_temp.jwk('ES256'), NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify('x', pg_temp.jwk('ES256'), '{}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify('x', pg_temp.jwk('ES256'), '{NULL}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify('x', pg_temp.jwk('ES256'), '{none}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify(access_token.jws_sign('x', pg_temp.jwk('ES256')), pg_temp.jwk('ES256'), '{HS256}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jws_verify(access_token.jws_sign('x', pg_temp.jwk('ES256')), pg_temp.jwk('RS256'), '{ES256}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwt_verify(access_token.jwt_sign('{}', pg_temp.jwk('ES256')), pg_temp.jwk('ES256'), '{ES256}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwt_verify(access_token.jwt_sign('{"exp": 0}', pg_temp.jwk('ES256')), pg_temp.jwk('ES256'), '{ES256}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwt_verify(access_token.jwt_sign('{"iss": "a"}', pg_temp.jwk('ES256')), pg_temp.jwk('ES256'), '{ES256}', 'b', require_exp => false)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwt_verify('x', pg_temp.jwk('ES256'), '{ES256}', audience => '')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwt_verify('x', pg_temp.jwk('ES256'), '{ES256}', leeway => 301)$$);

-- The toolbox: encrypting and decrypting.
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_encrypt('x', pg_temp.jwk('A256KW'), 'RSA1_5', 'A256GCM')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_encrypt('x', pg_temp.jwk('A256KW'), 'A256KW', 'A256')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_encrypt('x', pg_temp.jwk('A256KW'), 'A256KW', 'A256GCM', '{"zip": "DEF"}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_encrypt('x', pg_temp.jwk('A256KW'), 'A256KW', 'A256GCM', '[]')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_encrypt('x', pg_temp.jwk('A256KW'), 'A128KW', 'A256GCM')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_encrypt(decode(repeat('00', 65536), 'hex'), pg_temp.jwk('A256KW'), 'A256KW', 'A256GCM')$$);
CREATE FUNCTION pg_temp.jwe()
RETURNS text LANGUAGE sql RETURN access_token.jwe_encrypt('x', pg_temp.jwk('A256KW'), 'A256KW', 'A256GCM');
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_decrypt('x', pg_temp.jwk('A256KW'), '{A256KW}', '{A256GCM}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_decrypt(pg_temp.jwe(), pg_temp.jwk('A256KW'), '{}', '{A256GCM}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_decrypt(pg_temp.jwe(), pg_temp.jwk('A256KW'), '{A256KW}', NULL)$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_decrypt(pg_temp.jwe(), pg_temp.jwk('A256KW'), '{dir}', '{A256GCM}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_decrypt(pg_temp.jwe(), pg_temp.jwk('HS256'), '{A256KW}', '{A256GCM}')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.jwe_decrypt(left(pg_temp.jwe(), -8) || 'AAAAAAAA', pg_temp.jwk('A256KW'), '{A256KW}', '{A256GCM}')$$);

-- Root keys.
SELECT * FROM pg_temp.fails($$SELECT access_token.export_root_key('too short')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.import_root_key('no export', 'long enough to be one')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.rewrap_secrets(0)$$);
BEGIN;
DELETE FROM access_token.root_key;
UPDATE access_token.signing_key AS k SET sealed_private_key = k.sealed_private_key || '\x00' WHERE k.tenant_id = 'regress_signer';
SELECT * FROM pg_temp.fails($$SELECT pg_temp.own()$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.rewrap_secrets()$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.create_signing_key('regress_signer', 'EdDSA')$$);
ROLLBACK;

-- Access.
SELECT * FROM pg_temp.fails($$SELECT access_token.grant_access(NULL, 'issuer')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.grant_access('-', 'issuer')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_access(4294967295::oid::regrole, 'issuer')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.grant_access('pg_monitor', 'everything')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.revoke_access('pg_monitor', NULL)$$);

-- A damaged installation: it says so, and never takes a key that it cannot look up for one that is not there.
BEGIN;
ALTER TABLE access_token.api_key DROP CONSTRAINT api_key_pkey;
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42')$$);
ROLLBACK;
BEGIN;
DROP INDEX access_token.api_key_previous_secret_id_idx;
SELECT access_token.verify_access_token(access_token.issue_access_token('regress_secret_key', 'user|42')) IS NOT NULL AS accepted;
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_access_token(pg_temp.token(header => '{"kid": "another"}'))$$);
ROLLBACK;
BEGIN;
ALTER TABLE access_token.client DROP CONSTRAINT client_pkey;
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_client_token('regress_signer', 'regress_client')$$);
SELECT * FROM pg_temp.fails($$SELECT access_token.verify_access_token(pg_temp.client_token())$$);
ROLLBACK;
BEGIN;
ALTER EXTENSION access_token DROP TABLE access_token.key_cache_proxy;
DROP TABLE access_token.key_cache_proxy;
SELECT * FROM pg_temp.fails($$SELECT access_token.issue_access_token('regress_secret_key', 'user|42')$$);
ROLLBACK;
BEGIN;
ALTER TABLE access_token.api_key ENABLE TRIGGER invalidate_key_cache_after;
SELECT access_token.verify_access_token(pg_temp.token()) IS NOT NULL AS accepted;
SELECT access_token.verify_access_token(pg_temp.token()) IS NOT NULL AS accepted_without_another_warning;
ROLLBACK;

SELECT access_token.delete_api_key('regress_secret_key'), access_token.delete_api_key('regress_public_key');
SELECT access_token.delete_client('regress_client'), access_token.delete_client('regress_no_issuer');
-- Revoking a current key makes another one current, so their owner deletes the rows.
DELETE FROM access_token.signing_key AS k WHERE k.tenant_id IN ('regress_signer', 'regress_messages');
SELECT access_token.delete_tenant('regress_signer');
SELECT access_token.delete_tenant('regress_messages'), access_token.delete_tenant('regress_other');

-- Databases with other encodings: what a token holds may not be representable, and text may not be UTF-8.
-- There, psql itself shows the errors.
\set database :DBNAME
\set SHOW_CONTEXT never
CREATE DATABASE regression_access_token_latin1 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0;
\c regression_access_token_latin1
CREATE EXTENSION access_token;
SELECT access_token.decode_token(
    string_agg(rtrim(translate(encode(convert_to(part, 'UTF8'), 'base64'), E'+/\n', '-_'), '='), '.' ORDER BY n))
FROM (VALUES (1, '{"alg": "HS256"}'), (2, '{"price": "\u20ac"}'), (3, 'signature')) AS t (n, part);
\echo :LAST_ERROR_SQLSTATE
\c :database
DROP DATABASE regression_access_token_latin1;

CREATE DATABASE regression_access_token_ascii ENCODING 'SQL_ASCII' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0;
\c regression_access_token_ascii
CREATE EXTENSION access_token;
SELECT access_token.create_tenant('Ascii', tenant_id => 'ascii');
SELECT api_key_id FROM access_token.create_api_key('ascii', 'backend', id => 'ascii');
SELECT access_token.issue_access_token('ascii', E'\xff');
\echo :LAST_ERROR_SQLSTATE
SELECT access_token.create_client('ascii', 'backend', ARRAY[E'\xff'], '{"algorithm": "ES256"}');
\echo :LAST_ERROR_SQLSTATE
DROP EXTENSION access_token;

-- CREATE EXTENSION refuses a schema in which others may have planted something.
CREATE FUNCTION access_token.planted() RETURNS integer LANGUAGE sql RETURN 1;
CREATE EXTENSION access_token;
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA access_token CASCADE;
CREATE ROLE regress_planter;
CREATE SCHEMA access_token AUTHORIZATION regress_planter;
CREATE EXTENSION access_token;
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA access_token;
CREATE SCHEMA access_token;
GRANT CREATE ON SCHEMA access_token TO regress_planter;
CREATE EXTENSION access_token;
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA access_token;
DROP ROLE regress_planter;
\c :database
DROP DATABASE regression_access_token_ascii;
DROP EXTENSION pgcrypto;
