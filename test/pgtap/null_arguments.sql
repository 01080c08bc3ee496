/*
 * M07: what NULL means for every argument of every function. It is refused, or it means what is
 * documented; it never means "do not check". The list is compared with the catalog.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/bystander.sql

SELECT plan(230);

SELECT forge.make_key('k', 't');
SELECT forge.make_key('public', 't', public => true);
SELECT access_token.create_tenant('Empty', 'empty');
CREATE ROLE null_arguments_role;

SELECT access_token.create_tenant('Own', 'own', 'https://own.example');
SELECT access_token.rotate_signing_key('own', 'ES256');
SELECT access_token.create_client('own', 'Client', settings => '{"algorithm": "ES256"}', id => 'c');

CREATE TABLE good AS
SELECT access_token.issue_access_token('k', 'x') AS token, access_token.sign_token('own', '{}', header => '{"typ": "x+jwt"}') AS own,
       jwk, access_token.jwt_sign(jsonb_build_object('exp', floor(forge.epoch(600))), jwk) AS jwt,
       encryption_jwk, access_token.jwe_encrypt('x', encryption_jwk, 'A256KW', 'A256GCM') AS jwe
FROM (SELECT access_token.jwk_generate('ES256')::text AS jwk, access_token.jwk_generate('A256KW')::text AS encryption_jwk OFFSET 0) AS k;

-- What is called: the functions of the bundles, decode_token, and the two that give bundles.
CREATE TABLE called AS
SELECT p.oid, p.proname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS signature,
       a.name, a.position, format_type(p.proargtypes[a.position - 1], NULL) AS type
FROM pg_proc AS p, unnest(p.proargnames[1:p.pronargs]) WITH ORDINALITY AS a (name, position)
WHERE p.pronamespace = 'access_token'::regnamespace
  AND (p.proname IN ('decode_token', 'grant_access', 'revoke_access')
       OR 'FUNCTION ' || p.oid::regprocedure IN (SELECT replace(object, ', ', ',') FROM access_token.bundle_member));

-- For each argument: a good value, and what happens when it is NULL and all the others are good.
CREATE TABLE expected (function text, argument text, good text, with_null text);
INSERT INTO expected VALUES
    ('create_tenant', 'name', '''Another''', '22023'),
    ('create_tenant', 'tenant_id', 'gen_random_uuid()::text', '00000'),
    ('create_tenant', 'issuer', 'NULL', '00000'),
    ('create_tenant', 'default_issuer', 'NULL', '00000'),
    ('update_tenant', 'tenant_id', '''t''', '42704'),
    ('update_tenant', 'settings', '''{}''', '22023'),
    ('delete_tenant', 'tenant_id', '''empty''', '42704'),
    ('set_tenant_enabled', 'tenant_id', '''t''', '42704'),
    ('set_tenant_enabled', 'enabled', 'true', '22004'),
    ('create_api_key', 'tenant_id', '''t''', '42704'),
    ('create_api_key', 'name', '''Another''', '22023'),
    ('create_api_key', 'public', 'false', '22004'),
    ('create_api_key', 'algorithm', '''HS256''', '22023'),
    ('create_api_key', 'id', 'gen_random_uuid()::text', '00000'),
    ('create_api_key', 'imported_secret', 'repeat(''s'', 32)', '00000'),
    ('create_api_key', 'settings', '''{}''', '22023'),
    ('update_api_key', 'api_key_id', '''k''', '42704'),
    ('update_api_key', 'settings', '''{}''', '22023'),
    ('delete_api_key', 'api_key_id', '''deleted''', '42704'),
    ('rotate_api_key', 'api_key_id', '''k''', '42704'),
    ('rotate_api_key', 'grace', '''1 hour''', '22023'),
    ('set_api_key_enabled', 'api_key_id', '''k''', '42704'),
    ('set_api_key_enabled', 'enabled', 'true', '22004'),
    ('issue_access_token', 'api_key_id', '''k''', '22004'),
    ('issue_access_token', 'identity', NULL, '22004'), -- of the form's own type, see below
    ('issue_access_token', 'expires_in', '60', '00000'),
    ('issue_access_token', 'scope', '''read''', '00000'),
    ('issue_access_token', 'audience', '''{api}''', '00000'),
    ('issue_access_token', 'claims', '''{"x": 1}''', '00000'),
    ('issue_public_token', 'tenant_id', '''t''', '22004'),
    ('issue_public_token', 'api_key_id', '''public''', '22004'),
    ('issue_public_token', 'user_id', '''x''', '22004'),
    ('verify_access_token', 'token', '(SELECT token FROM good)', 'TK001'),
    ('verify_access_token', 'tenant_id', '''t''', '00000'),
    ('verify_access_token', 'audience', 'NULL', '00000'),
    ('verify_access_token', 'scope', 'NULL', '00000'),
    ('inspect_access_token', 'token', '(SELECT token FROM good)', '00000'),
    ('inspect_access_token', 'tenant_id', '''t''', '00000'),
    ('inspect_access_token', 'audience', 'NULL', '00000'),
    ('inspect_access_token', 'scope', 'NULL', '00000'),
    ('create_client', 'tenant_id', '''own''', '42704'),
    ('create_client', 'name', '''Another''', '22023'),
    ('create_client', 'audience', '''{}''', '22023'),
    ('create_client', 'settings', '''{"algorithm": "ES256"}''', '22023'),
    ('create_client', 'id', 'gen_random_uuid()::text', '00000'),
    ('update_client', 'client_id', '''c''', '42704'),
    ('update_client', 'settings', '''{}''', '22023'),
    ('set_client_enabled', 'client_id', '''c''', '42704'),
    ('set_client_enabled', 'enabled', 'true', '22004'),
    ('delete_client', 'client_id', '''deleted''', '42704'),
    ('issue_client_token', 'tenant_id', '''own''', '22004'),
    ('issue_client_token', 'client_id', '''c''', '22004'),
    ('issue_client_token', 'expires_in', '60', '00000'),
    ('issue_client_token', 'use_jwt_type', 'false', '22004'),
    ('issue_client_token', 'audience_as_array', 'false', '22004'),
    ('issue_client_token', 'force_default_domain', 'false', '22004'),
    ('issue_client_token', 'scope', '''read''', '00000'),
    ('issue_client_token', 'claims', '''{"x": 1}''', '00000'),
    ('introspect_access_token', 'token', '(SELECT token FROM good)', '00000'),
    ('introspect_access_token', 'tenant_id', '''t''', '22004'),
    ('introspect_access_token', 'audience', 'NULL', '00000'),
    ('introspect_access_token', 'scope', 'NULL', '00000'),
    ('revoke_access_token', 'token', '(SELECT own FROM good)', 'TK001'),
    ('revoke_token_id', 'tenant_id', '''t''', '42704'),
    ('revoke_token_id', 'jti', '''unknown''', '22023'),
    ('revoke_token_id', 'expires_at', 'now()', '00000'),
    ('revoke_identity', 'tenant_id', '''t''', '42704'),
    ('revoke_identity', 'identity', '''unknown''', '22023'),
    ('revoke_api_key_tokens', 'api_key_id', '''unknown''', '42704'),
    ('revoke_client_tokens', 'client_id', '''unknown''', '42704'),
    ('revoke_tenant_tokens', 'tenant_id', '''unknown''', '42704'),
    ('purge_expired', 'max_rows', '1', '22023'),
    ('authenticate', 'token', '(SELECT token FROM good)', 'TK001'),
    ('authenticate', 'tenant_id', '''t''', '22004'),
    ('authenticate', 'audience', 'NULL', '00000'),
    ('authenticate', 'scope', 'NULL', '00000'),
    ('has_scope', 'scope', '''read''', '00000'),
    ('create_signing_key', 'tenant_id', '''empty''', '42704'),
    ('create_signing_key', 'algorithm', '''ES256''', '22004'),
    ('create_signing_key', 'rsa_bits', '2048', '22004'),
    ('import_signing_key', 'tenant_id', '''empty''', '42704'),
    ('import_signing_key', 'key', '(SELECT jwk FROM good)', '22004'),
    ('import_signing_key', 'algorithm', '''ES256''', '22004'),
    ('rotate_signing_key', 'tenant_id', '''empty''', '42704'),
    ('rotate_signing_key', 'algorithm', '''ES256''', '22004'),
    ('rotate_signing_key', 'force', 'true', '22004'),
    ('revoke_signing_key', 'kid', '''unknown''', '42704'),
    ('revoke_signing_key', 'force', 'true', '22004'),
    ('restore_signing_key', 'kid', '''unknown''', '42704'),
    ('delete_signing_key', 'kid', '''unknown''', '42704'),
    ('jwks', 'tenant_id', '''own''', '42704'),
    ('sign_token', 'tenant_id', '''own''', '22004'),
    ('sign_token', 'claims', '''{}''', '22004'),
    ('sign_token', 'algorithm', '''ES256''', '00000'),
    ('sign_token', 'header', '''{"typ": "x+jwt"}''', '22004'),
    ('verify_token', 'token', '(SELECT own FROM good)', 'TK001'),
    ('verify_token', 'tenant_id', '''own''', '22004'),
    ('verify_token', 'typ', '''x+jwt''', '22004'),
    ('verify_token', 'audience', 'NULL', '00000'),
    ('rewrap_secrets', 'batch', '1', '22023'),
    ('jws_sign', 'payload', '''x''', '22004'),
    ('jws_sign', 'key', '(SELECT jwk FROM good)', '22004'),
    ('jws_sign', 'header', '''{"x": 1}''', '00000'),
    ('jws_verify', 'token', '(SELECT jwt FROM good)', 'TK001'),
    ('jws_verify', 'key', '(SELECT jwk FROM good)', '22004'),
    ('jws_verify', 'algorithms', '''{ES256}''', '22004'),
    ('jwt_sign', 'claims', '''{}''', '22004'),
    ('jwt_sign', 'key', '(SELECT jwk FROM good)', '22004'),
    ('jwt_sign', 'header', '''{"x": 1}''', '00000'),
    ('jwt_verify', 'token', '(SELECT jwt FROM good)', 'TK001'),
    ('jwt_verify', 'key', '(SELECT jwk FROM good)', '22004'),
    ('jwt_verify', 'algorithms', '''{ES256}''', '22004'),
    ('jwt_verify', 'issuer', 'NULL', '00000'),
    ('jwt_verify', 'audience', 'NULL', '00000'),
    ('jwt_verify', 'leeway', '0', '00000'),
    ('jwt_verify', 'require_exp', 'true', '00000'),
    ('jwk_generate', 'algorithm', '''ES256''', '22004'),
    ('jwk_public', 'key', '(SELECT jwk FROM good)', '22004'),
    ('jwk_thumbprint', 'key', '(SELECT jwk FROM good)', '22004'),
    ('jwk_to_pem', 'key', '(SELECT jwk FROM good)', '22004'),
    ('jwk_from_pem', 'pem', '''x''', '22004'),
    ('jwe_encrypt', 'plaintext', '''x''', '22004'),
    ('jwe_encrypt', 'key', '(SELECT encryption_jwk FROM good)', '22004'),
    ('jwe_encrypt', 'algorithm', '''A256KW''', '22004'),
    ('jwe_encrypt', 'encryption', '''A256GCM''', '22004'),
    ('jwe_encrypt', 'header', '''{"x": 1}''', '00000'),
    ('jwe_decrypt', 'token', '(SELECT jwe FROM good)', 'TK001'),
    ('jwe_decrypt', 'key', '(SELECT encryption_jwk FROM good)', '22004'),
    ('jwe_decrypt', 'algorithms', '''{A256KW}''', '22004'),
    ('jwe_decrypt', 'encryptions', '''{A256GCM}''', '22004'),
    ('decode_token', 'token', '(SELECT token FROM good)', 'TK001'),
    ('grant_access', 'role', '''null_arguments_role''', '42704'),
    ('grant_access', 'what', '''issuer''', '22023'),
    ('revoke_access', 'role', '''null_arguments_role''', '42704'),
    ('revoke_access', 'what', '''issuer''', '22023');

SELECT set_eq('SELECT DISTINCT proname::text, name FROM called', 'SELECT function, argument FROM expected',
              'every argument of every function is here');
SELECT is((SELECT count(DISTINCT oid) FROM called), 74::bigint, 'in every form of them');

-- The call of a function with its n-th argument NULL.
CREATE FUNCTION call_with_null(function oid, n bigint) RETURNS text LANGUAGE sql AS $function$
    SELECT format('SELECT access_token.%I(%s)', min(c.proname), string_agg(
        format('%s::%s',
               CASE WHEN c.position = n THEN 'NULL'
                    WHEN c.name <> 'identity' THEN e.good
                    WHEN c.type = 'uuid' THEN '''00112233-4455-6677-8899-aabbccddeeff'''
                    ELSE '42' END, c.type),
        ', ' ORDER BY c.position))
    FROM public.called AS c JOIN public.expected AS e ON e.function = c.proname AND e.argument = c.name
    WHERE c.oid = call_with_null.function
$function$;

SELECT is(forge.sqlstate_of(call_with_null(c.oid, c.position)), e.with_null, format('%s: %s', c.signature, c.name))
FROM called AS c JOIN expected AS e ON e.function = c.proname AND e.argument = c.name
ORDER BY c.signature, c.position;

-- A NULL without a type is a NULL text.
SELECT throws_ok($$ SELECT access_token.issue_access_token('k', NULL) $$, '22004', 'identity must not be NULL',
                 'identity: NULL without a type');
SELECT results_eq($$ SELECT valid, reason, header, claims FROM access_token.inspect_access_token(NULL) $$,
                  $$ VALUES (false, 'no_token'::text, NULL::jsonb, NULL::jsonb) $$, 'inspect: no token is an answer');
SELECT is(access_token.introspect_access_token(NULL, 't'), '{"active": false}', 'introspect: no token is no active one');
SELECT is(forge.verdict(NULL, 't', 'api', 'read'), forge.refusal('TK001', 'no_token', 'nothing', 'TK001'),
          'whatever else is asked');
SELECT is(forge.verdict(token, tenant_id), forge.acceptance(), 'tenant_id NULL accepts every tenant')
FROM good, (VALUES ('t'), (NULL)) AS r (tenant_id);
SELECT is(forge.verdict(token, tenant_id), forge.refusal('TK006', 'wrong_tenant', 'both', 'decodes'),
          'tenant_id ' || quote_literal(tenant_id) || ' is another tenant')
FROM good, (VALUES (''), ('T'), ('t '), ('NULL'), ('bystander')) AS r (tenant_id);

-- Internal functions are called by functions that pass no NULL, and by owners: check_utf8 once ended the server.
SELECT is((SELECT string_agg(p.proname, ', ') FROM pg_proc AS p
           WHERE p.pronamespace = 'access_token'::regnamespace AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
             AND p.prorettype <> 'trigger'::regtype
             AND forge.sqlstate_of(format('SELECT access_token.%I(%s)', p.proname, (
                     SELECT string_agg('NULL::' || format_type(t, NULL), ', ') FROM unnest(p.proargtypes) AS t))) ~ '^(XX|57)'),
          NULL, 'no function in C fails inside when all its arguments are NULL');

SELECT forge.bystander_is_unchanged('all of that');

SELECT * FROM finish();
ROLLBACK;
