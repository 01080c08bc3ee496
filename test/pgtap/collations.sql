/*
 * Arguments bring the collation of where they come from: a column, a domain, a COLLATE. Every function
 * takes them, answers as always, and compares bytes: not even under a collation that knows no case is one
 * id taken for another.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION public."we""ird" (provider = icu, locale = 'tr', deterministic = false);
CREATE DOMAIN german AS text COLLATE "de-x-icu";
CREATE DOMAIN caseless_text AS text COLLATE caseless;
CREATE ROLE collations_role;

-- n tells the rounds apart; what stands in braces is an argument, written in the form in use, or in several by turns.
CREATE TABLE form (n integer, what text, spelled text[]);
INSERT INTO form VALUES
    (0, 'as they are', ARRAY['%L']),
    (1, 'COLLATE "en-x-icu"', ARRAY['(%L COLLATE "en-x-icu")']),
    (2, 'COLLATE "de-x-icu"', ARRAY['(%L COLLATE "de-x-icu")']),
    (3, 'COLLATE "C"', ARRAY['(%L COLLATE "C")']),
    (4, 'COLLATE "POSIX"', ARRAY['(%L COLLATE "POSIX")']),
    (5, 'a collation that knows no case', ARRAY['(%L COLLATE public.caseless)']),
    (6, 'a Turkish one', ARRAY['(%L COLLATE public."we""ird")']),
    (7, 'a domain', ARRAY['%L::public.german']),
    (8, 'a domain that knows no case', ARRAY['%L::public.caseless_text']),
    (9, 'a column', ARRAY['(SELECT c FROM (VALUES (%L COLLATE "en-x-icu")) AS v (c))']),
    (10, 'domains that contradict one another', ARRAY['%L::public.german', '%L::public.caseless_text']),
    (11, 'an explicit one among others', ARRAY['%L::public.german', '(%L COLLATE public.caseless)', '%L::public.caseless_text']);

CREATE TABLE call (n integer PRIMARY KEY, statement text, expected text);
INSERT INTO call VALUES
    -- Tenants.
    (1, 'SELECT access_token.create_tenant({Acme}, {acme#}, {https://acme#.example}, {https://platform.example/acme#})', 'acme#'),
    (2, 'SELECT access_token.create_tenant({Acme}, {ACME#})', 'ACME#'),
    (3, 'SELECT access_token.create_tenant({Acme}, {acme#})', '42710'),
    (4, 'SELECT access_token.create_tenant({Acme}, {a b})', '22023'),
    (5, 'SELECT access_token.create_tenant({Acme}, {other#}, {https://acme#.example})', '42710'),
    (6, 'SELECT access_token.create_tenant({Acme}, {other#}, {http://other#.example})', '22023'),
    (7, 'SELECT access_token.create_tenant({Acme}, {other#}, {https://ACME#.example}, {https://PLATFORM.example/acme#})', 'other#'),
    (8, 'SELECT length(access_token.create_tenant({Acme}))', '36'),
    (9, 'SELECT access_token.update_tenant({acme#}, ''{"name": "B", "issuer": "https://b#.example", "max_token_lifetime": 1000}'')', ''),
    (10, 'SELECT access_token.update_tenant({Acme#}, ''{"name": "C"}'')', '42704'),
    (11, 'SELECT access_token.update_tenant({acme#}, ''{"issuer": "https://ACME#.example"}'')', '42710'),
    (12, 'SELECT access_token.update_tenant({acme#}, ''{"Name": "C"}'')', '22023'),
    (13, 'SELECT access_token.set_tenant_enabled({ACME#}, false)', ''),
    (14, 'SELECT access_token.set_tenant_enabled({Acme#}, false)', '42704'),
    (15, 'SELECT string_agg(concat_ws('' '', tenant_id, name, state, issuer), '', '' ORDER BY tenant_id COLLATE "C")'
         ' FROM access_token.tenants WHERE tenant_id IN (''acme#'', ''ACME#'')', 'ACME# Acme disabled, acme# B active https://b#.example'),
    (16, 'SELECT string_agg(issuer, '', '' ORDER BY issuer) FROM access_token.tenant_issuer WHERE tenant_id = ''acme#''',
         'https://b#.example, https://platform.example/acme#'),
    -- API keys.
    (20, 'SELECT api_key_id FROM access_token.create_api_key({acme#}, {Backend}, false, {HS384}, {key#}, {' || repeat('secret ', 10) || '},'
         ' ''{"allowed_scopes": ["read", "Public"], "allowed_roles": ["web"], "content_type": "a]b[c", "expires_at": "2199-01-01T00:00:00Z"}'')', 'key#'),
    (21, 'SELECT api_key_id FROM access_token.create_api_key({acme#}, {Backend}, id => {KEY#})', 'KEY#'),
    (22, 'SELECT api_key_id FROM access_token.create_api_key({acme#}, {App}, true, id => {app#})', 'app#'),
    (23, 'SELECT length(api_key_id) FROM access_token.create_api_key({acme#}, {Backend})', '36'),
    (24, 'SELECT access_token.create_api_key({Acme#}, {Backend})', '42704'),
    (25, 'SELECT access_token.create_api_key({acme#}, {Backend}, id => {key#})', '42710'),
    (26, 'SELECT access_token.create_api_key({acme#}, {Backend}, id => {key.#})', '22023'),
    (27, 'SELECT access_token.create_api_key({acme#}, {Backend}, algorithm => {hs256})', '22023'),
    (28, 'SELECT access_token.create_api_key({acme#}, {Backend}, imported_secret => {short})', 'TK010'),
    (29, 'SELECT access_token.create_api_key({acme#}, {Backend}, settings => ''{"allowed_scopes": ["public"]}'')', '22023'),
    (30, 'SELECT access_token.update_api_key({key#}, ''{"name": "Other", "token_lifetime": 60, "allowed_scopes": ["read", "PUBLIC"]}'')', ''),
    (31, 'SELECT access_token.update_api_key({Key#}, ''{"name": "Other"}'')', '42704'),
    (32, 'SELECT access_token.update_api_key({key#}, ''{"content_type": "\""}'')', '22023'),
    (33, 'SELECT left(access_token.rotate_api_key({KEY#}), 4)', 'atk_'),
    (34, 'SELECT access_token.rotate_api_key({Key#})', '42704'),
    (35, 'SELECT access_token.set_api_key_enabled({KEY#}, false)', ''),
    (36, 'SELECT access_token.set_api_key_enabled({Key#}, false)', '42704'),
    (37, 'SELECT string_agg(concat_ws('' '', api_key_id, name, state, algorithm, token_lifetime), '', '' ORDER BY api_key_id COLLATE "C")'
         ' FROM access_token.api_keys WHERE api_key_id IN (''key#'', ''KEY#'')', 'KEY# Backend disabled HS256 3600, key# Other active HS384 60'),
    -- Tokens.
    (39, 'SELECT concat(access_token.authenticate(access_token.issue_access_token({key#}, {user}, scope => {read}), {acme#}, NULL, {read}) ->> ''sub'','
         ' access_token.has_scope({read}), access_token.has_scope({READ}))', 'acme#tf'),
    (40, 'SELECT access_token.verify_access_token(access_token.issue_access_token({key#}, {user}, 60, {read}, ARRAY[{api}, {web}], ''{"role": "web"}'')'
         ', {acme#}, {api}, {read}) -> ''grants''', '{"identity": "user"}'),
    (41, 'SELECT access_token.issue_access_token({Key#}, {user})', '42704'),
    (42, 'SELECT access_token.issue_access_token({key#}, {user}, scope => {READ})', '22023'),
    (43, 'SELECT access_token.verify_access_token(access_token.issue_access_token({key#}, {user}), {ACME#})', 'TK006'),
    (44, 'SELECT access_token.verify_access_token(access_token.issue_access_token({key#}, {user}, audience => ARRAY[{api}]), {acme#}, {API})', 'TK006'),
    (45, 'SELECT access_token.verify_access_token(access_token.issue_access_token({key#}, {user}, scope => {read}), {acme#}, NULL, {READ})', 'TK008'),
    (46, 'SELECT reason FROM access_token.inspect_access_token({a.b.c}, {acme#}, {api}, {read})', 'malformed'),
    (47, 'SELECT access_token.verify_access_token({a.b.c})', 'TK001'),
    (48, 'SELECT valid FROM access_token.inspect_access_token(access_token.issue_public_token({acme#}, {app#}, {user}),'
         ' {acme#}, scope => {public})', 'true'),
    (49, 'SELECT access_token.issue_public_token({Acme#}, {app#}, {user})', '42704'),
    (50, 'SELECT header ->> ''alg'' FROM access_token.decode_token({eyJhbGciOiJIUzI1NiJ9.e30.AAAA})', 'HS256'),
    -- Internal functions: each compares bytes on its own, whoever calls it.
    (51, 'SELECT access_token.check_id({Key_#}, {id})', ''),
    (52, 'SELECT access_token.check_id({key.#}, {id})', '22023'),
    (53, 'SELECT access_token.check_issuer({https://acme#.example}, {issuer})', ''),
    (54, 'SELECT access_token.check_issuer({HTTPS://acme#.example}, {issuer})', '22023'),
    (55, 'SELECT access_token.claim_issuers({acme#}, ARRAY[{https://c#.example}, {https://platform.example/acme#}])', ''),
    (56, 'SELECT access_token.claim_issuers({acme#}, ARRAY[{https://PLATFORM.example/acme#}])', '42710'),
    (57, 'SELECT access_token.claim_issuers({acme#}, ARRAY[{https://d#.example}, {https://D#.example}])', ''),
    (58, 'SELECT string_agg(issuer, '', '' ORDER BY issuer) FROM access_token.tenant_issuer WHERE tenant_id = ''acme#''',
         'https://D#.example, https://d#.example'),
    (59, 'SELECT concat(access_token.has_setting_type(''1'', {integer}), access_token.has_setting_type(''1'', {string}), '
         'access_token.has_setting_type(''null'', {strings?}), access_token.has_setting_type(''["a"]'', {strings}), '
         'access_token.has_setting_type(''"x"'', {timestamp?}), access_token.has_setting_type(''1'', {INTEGER}))', 'tfttff'),
    -- Bundles.
    (60, 'SELECT access_token.grant_access(''collations_role'', {admin})', ''),
    (61, 'SELECT access_token.grant_access(''collations_role'', {verifier})', ''),
    (62, 'SELECT access_token.grant_access(''collations_role'', {ADMIN})', '22023'),
    (63, 'SELECT access_token.revoke_access(''collations_role'', {Admin})', '22023'),
    (64, 'SELECT access_token.revoke_access(''collations_role'', {admin})', ''),
    (65, 'SELECT string_agg(bundle, '' '') || has_function_privilege(''collations_role'', ''access_token.delete_tenant(text)'', ''EXECUTE'')'
         ' FROM access_token.granted_bundle WHERE grantee = ''collations_role''', 'verifierfalse'),
    (66, 'SELECT access_token.revoke_api_key_tokens({app#})', ''),
    (69, 'SELECT access_token.revoke_api_key_tokens({APP#})', '42704'),
    (67, 'SELECT concat(access_token.is_in_other_bundle({FUNCTION access_token.verify_access_token(text, text, text, text)}, {admin},'
         ' ''collations_role''), access_token.is_in_other_bundle({FUNCTION access_token.verify_access_token(text, text, text, text)}, {verifier},'
         ' ''collations_role''), access_token.is_in_other_bundle({FUNCTION access_token.VERIFY_access_token(text, text, text, text)}, {VERIFIER},'
         ' ''collations_role''))', 'tff'),
    (68, 'SELECT access_token.revoke_access(''collations_role'', {verifier})', ''),
    -- Away with it.
    (70, 'SELECT access_token.delete_api_key({Key#})', '42704'),
    (71, 'SELECT access_token.delete_api_key({key#})', ''),
    (72, 'SELECT count(*) FROM access_token.api_keys WHERE api_key_id IN (''key#'', ''KEY#'')', '1'),
    (73, 'SELECT access_token.delete_tenant({Acme#})', '42704'),
    (74, 'SELECT access_token.delete_tenant({acme#})', '2BP01'),
    (75, 'SELECT access_token.delete_tenant({ACME#})', ''),
    (76, 'SELECT access_token.delete_tenant({other#})', ''),
    -- Clients and their tokens.
    (100, 'SELECT access_token.create_tenant({Own}, {own#}, {https://own#.example}, {https://platform.example/own#})', 'own#'),
    (101, 'SELECT client_id FROM access_token.create_client({own#}, {Client}, ARRAY[{api}, {web}],'
          ' ''{"algorithm": "ES256", "allowed_scopes": ["read"], "allowed_roles": ["web"]}'', {client#})', 'client#'),
    (102, 'SELECT client_id FROM access_token.create_client({own#}, {Client}, settings => ''{"algorithm": "ES256"}'', id => {CLIENT#})', 'CLIENT#'),
    (103, 'SELECT access_token.create_client({OWN#}, {Client})', '42704'),
    (104, 'SELECT access_token.create_client({own#}, {Client}, id => {client#})', '42710'),
    (105, 'SELECT access_token.create_client({own#}, {Client}, id => {cli.ent#})', '22023'),
    (106, 'SELECT access_token.update_client({client#}, ''{"name": "Other", "lifetime": 60}'')', ''),
    (107, 'SELECT access_token.update_client({Client#}, ''{"name": "Other"}'')', '42704'),
    (108, 'SELECT access_token.update_client({client#}, ''{"algorithm": "es256"}'')', '22023'),
    (109, 'SELECT access_token.set_client_enabled({CLIENT#}, false)', ''),
    (110, 'SELECT access_token.set_client_enabled({Client#}, false)', '42704'),
    (111, 'SELECT string_agg(concat_ws('' '', client_id, name, state, lifetime), '', '' ORDER BY client_id COLLATE "C")'
          ' FROM access_token.clients WHERE tenant_id = ''own#''', 'CLIENT# Client disabled 3600, client# Other active 60'),
    (112, 'SELECT access_token.verify_access_token(t.access_token, {own#}, {api}, {read}) ->> ''client_id'''
          ' FROM access_token.issue_client_token({own#}, {client#}, scope => {read}, claims => ''{"role": "web"}'') AS t', 'client#'),
    (113, 'SELECT access_token.verify_access_token(t.access_token, {own#}, {API}) FROM access_token.issue_client_token({own#}, {client#}) AS t', 'TK006'),
    (114, 'SELECT access_token.issue_client_token({own#}, {Client#})', '42704'),
    (115, 'SELECT access_token.issue_client_token({OWN#}, {client#})', '42704'),
    (116, 'SELECT access_token.issue_client_token({own#}, {client#}, scope => {READ})', '22023'),
    (117, 'SELECT access_token.introspect_access_token(t.access_token, {own#}, {web}, {read}) ->> ''client_id'''
          ' FROM access_token.issue_client_token({own#}, {client#}, scope => {read}) AS t', 'client#'),
    (118, 'SELECT access_token.introspect_access_token({a.b.c}, {own#}, {api}, {read})', '{"active": false}'),
    -- Revocation: of the jti and the identity that are named, in the tenant that is.
    (120, 'SELECT access_token.revoke_token_id({own#}, {jti})', ''),
    (121, 'SELECT access_token.revoke_token_id({OWN#}, {jti})', '42704'),
    (122, 'SELECT access_token.revoke_token_id({own#}, {JTI})', ''),
    (123, 'SELECT access_token.revoke_identity({own#}, {user})', ''),
    (124, 'SELECT access_token.revoke_identity({OWN#}, {user})', '42704'),
    (125, 'SELECT string_agg(kind || '' '' || value, '', '' ORDER BY kind, value COLLATE "C") FROM access_token.revocations WHERE tenant_id = ''own#''',
          'identity user, jti JTI, jti jti'),
    (126, 'SELECT access_token.revoke_access_token({a.b.c})', 'TK001'),
    (127, 'SELECT access_token.revoke_client_tokens({client#})', ''),
    (128, 'SELECT access_token.revoke_client_tokens({Client#})', '42704'),
    (129, 'SELECT access_token.revoke_tenant_tokens({own#})', ''),
    (130, 'SELECT access_token.revoke_tenant_tokens({Own#})', '42704'),
    -- Signing keys.
    (140, 'SELECT length(access_token.create_signing_key({own#}, {EdDSA}))', '43'),
    (141, 'SELECT access_token.create_signing_key({own#}, {eddsa})', '22023'),
    (142, 'SELECT access_token.create_signing_key({OWN#}, {ES384})', '42704'),
    (143, 'SELECT access_token.import_signing_key({own#}, {KEY}, {ES384})', 'TK010'),
    (144, 'SELECT access_token.import_signing_key({own#}, {KEY}, {es256})', '22023'),
    (145, 'SELECT length(access_token.rotate_signing_key({own#}, {EdDSA}))', '43'),
    (146, 'SELECT access_token.rotate_signing_key({own#}, {EDDSA})', '22023'),
    (147, 'SELECT access_token.revoke_signing_key({nobody})', '42704'),
    (148, 'SELECT access_token.restore_signing_key({nobody})', '42704'),
    (149, 'SELECT access_token.delete_signing_key({nobody})', '42704'),
    (150, 'SELECT access_token.verify_token(access_token.sign_token({own#}, ''{"sub": "x"}'', {EdDSA}, ''{"typ": "x+jwt"}''), {own#}, {x+jwt}) ->> ''sub''', 'x'),
    (151, 'SELECT access_token.sign_token({own#}, ''{"sub": "x"}'', {eddsa}, ''{"typ": "x+jwt"}'')', '22023'),
    (152, 'SELECT access_token.verify_token({a.b.c}, {own#}, {x+jwt})', 'TK001'),
    (153, 'SELECT jsonb_array_length(access_token.jwks({own#}) -> ''keys'')', '4'),
    (154, 'SELECT access_token.jwks({OWN#})', '42704'),
    -- The toolbox.
    (160, 'SELECT access_token.jws_verify(access_token.jws_sign(''x'', {KEY}, ''{"alg": "ES256"}''), {KEY}, ARRAY[{ES256}])', '\x78'),
    (161, 'SELECT access_token.jwt_verify(access_token.jwt_sign(''{"iss": "i", "aud": "a", "exp": 99999999999}'', {KEY}, ''{"alg": "ES256"}''), {KEY}, ARRAY[{ES256}], {i}, {a}) ->> ''iss''', 'i'),
    (162, 'SELECT access_token.jwt_verify(access_token.jwt_sign(''{"iss": "i", "exp": 99999999999}'', {KEY}, ''{"alg": "ES256"}''), {KEY}, ARRAY[{ES256}], {I})', 'TK006'),
    (163, 'SELECT access_token.jwk_generate({ES256}) ->> ''crv''', 'P-256'),
    (164, 'SELECT access_token.jwk_generate({es256})', '22023'),
    (165, 'SELECT length(access_token.jwk_thumbprint({KEY}))', '43'),
    (166, 'SELECT access_token.jwk_public({KEY}) ->> ''crv''', 'P-256'),
    (167, 'SELECT left(access_token.jwk_to_pem({KEY}), 27)', '-----BEGIN PRIVATE KEY-----'),
    (168, 'SELECT access_token.jwk_from_pem({PEM}) ->> ''kty''', 'EC'),
    (169, 'SELECT access_token.jwe_decrypt(access_token.jwe_encrypt(''x'', {KEY}, {ECDH-ES}, {A256GCM}), {KEY},'
          ' ARRAY[{ECDH-ES}], ARRAY[{A256GCM}])', '\x78'),
    -- Away with the clients.
    (170, 'SELECT access_token.delete_client({Client#})', '42704'),
    (171, 'SELECT access_token.delete_client({client#})', ''),
    (172, 'SELECT string_agg(client_id, '' '') FROM access_token.clients WHERE tenant_id = ''own#''', 'CLIENT#');

SELECT plan(((SELECT count(*) FROM form) * (SELECT count(*) FROM call) + 2)::integer);

-- KEY and PEM stand for a key in both its forms.
CREATE TABLE key AS
SELECT (k.jwk - '{alg,use,key_ops}'::text[])::text AS jwk, access_token.jwk_to_pem(k.jwk) AS pem FROM (SELECT access_token.jwk_generate('ES256')::jsonb AS jwk OFFSET 0) AS k;
CREATE FUNCTION spelled(statement text, form text[], n integer) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    argument text;
    turn integer := 0;
BEGIN
    statement := replace(statement, '#', n::text);
    FOREACH argument IN ARRAY ARRAY(SELECT DISTINCT m[1] FROM regexp_matches(statement, '\{([^"{}]*)\}', 'g') AS m) LOOP
        statement := replace(statement, '{' || argument || '}', format(form[1 + turn % cardinality(form)],
            CASE argument WHEN 'KEY' THEN key.jwk WHEN 'PEM' THEN key.pem ELSE argument END)) FROM key;
        turn := turn + 1;
    END LOOP;
    RETURN statement;
END
$function$;
CREATE FUNCTION answer(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    value text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;

SELECT is(answer(spelled(statement, form, n)), expected, what || ': ' || statement)
FROM (SELECT f.n, c.n AS place, f.what, f.spelled AS form, c.statement, replace(c.expected, '#', f.n::text) AS expected
      FROM form AS f, call AS c ORDER BY f.n, c.n OFFSET 0) AS calls;

-- It is the check of arguments that refuses, not the table's constraint, whose error would show the row.
SELECT throws_ok($$ SELECT access_token.create_api_key('ACME', 'x', algorithm => 'hs256' COLLATE caseless) $$,
                 '22023', 'algorithm is not supported', 'algorithms have a case');

-- Every text argument of what the bundles give stands in a call above.
SELECT is(string_agg(m.object, ', '), NULL, 'no function is left out')
FROM access_token.bundle_member AS m, LATERAL substring(m.object FROM '[.]([a-z_]+)[(].*text') AS named
WHERE named IS NOT NULL AND NOT EXISTS (
    SELECT FROM call AS c WHERE c.statement ~ format('access_token[.]%s[(](''[^'']*'', )?([{]|access_token[.])', named));

SELECT * FROM finish();
ROLLBACK;
