/*
 * Tokens of clients: what issue_client_token makes and refuses to make, and what verify_access_token and
 * inspect_access_token take for one. Refused tokens are signed by the test itself with a key that is the
 * tenant's, so the named defect alone causes the refusal.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql
\ir support/faults.sql

SELECT plan(404);

SELECT forge.make_signing_key('k', 't', 'EdDSA');
SELECT forge.make_signing_key('foreign', 'u', 'EdDSA');
SELECT forge.make_key('api', 't');
SELECT access_token.update_tenant('t', '{"default_issuer": "https://platform.example/t"}');

CREATE FUNCTION make(id text, tenant_id text DEFAULT 't', audience text[] DEFAULT '{}', settings jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql AS $function$
    SELECT client_id FROM access_token.create_client(tenant_id, 'Client of a test', audience, '{"algorithm": "EdDSA"}'::jsonb || settings, id)
$function$;
SELECT make('c');
UPDATE access_token.client SET created_at = created_at - interval '3 days'; -- so it may have tokens of any age
SELECT make('one', audience => '{api}'), make('two', audience => '{api,web}'), make('u', 'u');

CREATE FUNCTION claims_of(token text) RETURNS jsonb LANGUAGE sql AS $function$ SELECT forge.claims_of(token)::jsonb $function$;
CREATE FUNCTION message_of(statement text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$function$;
-- A call of issue_client_token for tenant t with further arguments, as they are written in SQL.
CREATE FUNCTION call(client_id text, further text DEFAULT '', tenant_id text DEFAULT 't') RETURNS text LANGUAGE sql AS $function$
    SELECT format('SELECT access_token FROM access_token.issue_client_token(%L, %L%s)', tenant_id, client_id, CASE WHEN further <> '' THEN ', ' ELSE '' END || further)
$function$;
CREATE FUNCTION issue(client_id text, further text DEFAULT '', tenant_id text DEFAULT 't') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.value_of(public.call(client_id, further, tenant_id))
$function$;

-- What comes of no more than tenant and client.
CREATE TABLE plain AS
SELECT r.*, forge.header_of(access_token) AS header, claims_of(access_token) AS c, extract(epoch FROM clock_timestamp()) AS after
FROM access_token.issue_client_token('t', 'c') AS r;
SELECT is(header::jsonb - 'kid', '{"alg": "EdDSA", "typ": "at+jwt"}', 'the header: alg, typ, kid') FROM plain;
SELECT is(header::jsonb ->> 'kid', k.kid, 'kid is the current key''s') FROM plain, access_token.signing_keys AS k WHERE tenant_id = 't' AND state = 'current';
SELECT set_eq($$ SELECT jsonb_object_keys(c) FROM plain $$, ARRAY['iss', 'sub', 'client_id', 'iat', 'exp', 'jti'], 'the claims of RFC 9068, and no more');
SELECT is(c - 'iat' - 'exp' - 'jti', '{"iss": "https://t.example", "sub": "c", "client_id": "c"}', 'issuer, subject, client') FROM plain;
SELECT ok((c ->> 'iat')::numeric BETWEEN after - 60 AND after AND c ->> 'iat' !~ '[.]', 'iat is now, in whole seconds') FROM plain;
SELECT is((c ->> 'exp')::bigint, (c ->> 'iat')::bigint + 3600, 'exp is an hour later') FROM plain;
SELECT is(expires_at, to_timestamp((c ->> 'exp')::bigint), 'expires_at is exp to the second') FROM plain;
SELECT is(type, 'Bearer', 'type') FROM plain;
SELECT matches(c ->> 'jti', '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', 'jti is a UUIDv7') FROM plain;
SELECT is(('x' || lpad(left(translate(c ->> 'jti', '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000, (c ->> 'iat')::bigint, 'made in the second of iat') FROM plain;
SELECT is((SELECT count(DISTINCT claims_of(issue('c')) ->> 'jti') FROM generate_series(1, 100)), 100::bigint, 'and another one each time');
SELECT is(pg_get_function_result('access_token.issue_client_token(text, text, integer, boolean, boolean, boolean, text, jsonb)'::regprocedure),
          'TABLE(access_token text, expires_at timestamp with time zone, type text)', 'its columns');
SELECT is(forge.verdict(access_token, 't'), forge.acceptance(), 'it is good') FROM plain;
SELECT is(access_token.verify_access_token(access_token, 't'), c, 'its claims come back as they are') FROM plain;
SELECT results_eq($$ SELECT i.* FROM plain, access_token.inspect_access_token(access_token, 't') AS i $$,
                  $$ SELECT true, NULL::text, header::jsonb, c FROM plain $$, 'inspect shows header and claims');

-- typ, and one audience as a string.
SELECT is(forge.header_of(issue('c', 'use_jwt_type => true'))::jsonb ->> 'typ', 'JWT', 'typ JWT on demand');
SELECT is(forge.verdict(issue('c', 'use_jwt_type => true'), 't'), forge.acceptance(), 'which is as good');
SELECT is(claims_of(issue(id, format('audience_as_array => %L', as_array))) -> 'aud', aud, format('aud of %s, as array %s', id, as_array))
FROM (VALUES ('c', false, NULL::jsonb), ('c', true, NULL), ('one', false, '"api"'), ('one', true, '["api"]'), ('two', false, '["api", "web"]'),
             ('two', true, '["api", "web"]')) AS r (id, as_array, aud);
SELECT make('odd', audience => ARRAY[U&'\00E9"\\ ', E'\t']);
SELECT is(claims_of(issue('odd')) -> 'aud', jsonb_build_array(U&'\00E9"\\ ', E'\t'), 'audiences of any characters');

-- iss: the own domain, or the default one where it is forced or the only one.
SELECT access_token.create_tenant('Own', 'own', 'https://own.example'), access_token.create_tenant('Default', 'default', default_issuer => 'https://platform.example/d'),
       access_token.create_tenant('Neither', 'neither');
SELECT make('of-' || t, t) FROM unnest(ARRAY['own', 'default', 'neither']) AS t;
SELECT make('of-t');
SELECT is(CASE WHEN iss LIKE '22023%' THEN message_of(call('of-' || t, format('force_default_domain => %L', forced), t))
               ELSE claims_of(issue('of-' || t, format('force_default_domain => %L', forced), t)) ->> 'iss' END, iss, format('iss of tenant %s, forced %s', t, forced))
FROM (VALUES ('t', false, 'https://t.example'), ('t', true, 'https://platform.example/t'), ('own', false, 'https://own.example'), ('own', true, '22023 tenant has no such issuer'),
             ('default', false, 'https://platform.example/d'), ('default', true, 'https://platform.example/d'),
             ('neither', false, '22023 tenant has no such issuer'), ('neither', true, '22023 tenant has no such issuer')) AS r (t, forced, iss);
SELECT is(forge.verdict(issue('of-' || t, format('force_default_domain => %L', forced), t), t), forge.acceptance(), format('good with either: %s, forced %s', t, forced))
FROM (VALUES ('t', true), ('default', false)) AS r (t, forced);

-- Every algorithm, read with the published keys.
SELECT make('alg-' || a, settings => jsonb_build_object('algorithm', a)) FROM unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']) AS a;
SELECT make('alg-EdDSA');
CREATE TABLE signed AS
SELECT a, issue('alg-' || a) AS token FROM unnest(ARRAY['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) AS a;
SELECT is(forge.verdict(token, 't'), forge.acceptance(), 'a token by ' || a) FROM signed;
SELECT is(access_token.jwt_verify(token, access_token.jwks('t'), ARRAY[a]) ->> 'sub', 'alg-' || a, 'and with the published keys alone: ' || a) FROM signed;
SELECT is((SELECT array_agg(DISTINCT forge.verify_verdict(overlay(token PLACING chr(ascii(substr(token, n, 1)) # (1 << bit)) FROM n FOR 1), 't', NULL, NULL))
           FROM generate_series(1, length(token), 7) AS n, generate_series(0, 5) AS bit
           WHERE ascii(substr(token, n, 1)) # (1 << bit) BETWEEN 1 AND 127) <@ '{TK001,TK002,TK003}', true, 'any bit of every seventh letter flipped: ' || a)
FROM signed WHERE a IN ('EdDSA', 'ES256', 'RS256');

-- expires_in: within the tenant's cap, which is 48 hours at most.
SELECT make('short', settings => '{"lifetime": 60}');
SELECT is(message_of(call('c', 'expires_in => ' || e)), CASE WHEN good THEN 'no error' ELSE '22023 expires_in is out of range' END, 'expires_in ' || e)
FROM (VALUES (1, true), (3601, true), (172800, true), (0, false), (-1, false), (172801, false), (2147483647, false), (-2147483648, false)) AS r (e, good);
SELECT is((c ->> 'exp')::bigint - (c ->> 'iat')::bigint, lifetime::bigint, what)
FROM (VALUES ('short', '', 60, 'the client''s lifetime'), ('short', 'expires_in => 172800', 172800, 'is no cap'), ('c', 'expires_in => 1', 1, 'one second'),
             ('c', 'expires_in => NULL', 3600, 'NULL is the client''s')) AS r (id, further, lifetime, what), LATERAL claims_of(issue(id, further)) AS c;
SELECT is(e.expires_at, to_timestamp((claims_of(e.access_token) ->> 'exp')::bigint), 'expires_at follows expires_in') FROM access_token.issue_client_token('t', 'c', 77) AS e;
SELECT access_token.update_tenant('own', '{"max_token_lifetime": 1000}');
SELECT is(message_of(call('of-own', 'expires_in => ' || e, 'own')), message, 'a lower cap of the tenant: ' || e)
FROM (VALUES (1000, 'no error'), (1001, '22023 expires_in is out of range'), (172800, '22023 expires_in is out of range')) AS r (e, message);
SELECT is((c ->> 'exp')::bigint - (c ->> 'iat')::bigint, 1000::bigint, 'the client''s lifetime bows to it') FROM claims_of(issue('of-own', '', 'own')) AS c;
SELECT is(forge.verdict(issue('of-own', 'expires_in => 1000', 'own'), 'own'), forge.acceptance(), 'as long as is allowed');

-- Scopes: every one but the reserved, unless the client says which.
SELECT make('scopes-null'), make('scopes-none', settings => '{"allowed_scopes": []}'), make('scopes-read', settings => '{"allowed_scopes": ["read"]}'),
       make('scopes-issue', settings => '{"allowed_scopes": ["clients:issue"]}');
SELECT is(CASE WHEN message IS NULL THEN claims_of(issue('scopes-' || id, format('scope => %L', scope))) ->> 'scope' ELSE message_of(call('scopes-' || id, format('scope => %L', scope))) END,
          coalesce(message, scope), format('scope %L of one who may give %s', scope, id))
FROM (VALUES ('null', 'read', NULL), ('null', 'read write x:y', NULL), ('null', NULL, NULL), ('null', 'public', '22023 scope is not allowed'), ('null', 'read public', '22023 scope is not allowed'),
             ('null', 'clients:issue', '22023 scope is not allowed'), ('null', '', '22023 scope is malformed'), ('null', 'a  b', '22023 scope is malformed'),
             ('null', ' a', '22023 scope is malformed'), ('null', 'a"', '22023 scope is malformed'), ('null', E'a\tb', '22023 scope is malformed'),
             ('none', NULL, NULL), ('none', 'read', '22023 scope is not allowed'), ('read', 'read', NULL), ('read', 'write', '22023 scope is not allowed'),
             ('read', 'read write', '22023 scope is not allowed'), ('read', 'READ', '22023 scope is not allowed'), ('read', 'rea', '22023 scope is not allowed'),
             ('issue', 'clients:issue', NULL), ('issue', 'public', '22023 scope is not allowed')) AS r (id, scope, message);

SELECT make('roles', settings => '{"allowed_roles": ["web", "\u00e9"]}');
-- Further claims: as they are, but none that the token's maker sets or that make another kind of it.
SELECT is(claims_of(issue('c', format('claims => %L', claims))) - ARRAY['iss', 'sub', 'client_id', 'iat', 'exp', 'jti'], claims::jsonb, 'claims: ' || claims)
FROM (VALUES ('{}'), ('{"x": [1.50, null, true, {"y": "\u00e9\" \\"}]}'), ('{"tenant": "t", "": 1}'), ('{"x": {"nonce": 1, "sub": "y"}}')) AS r (claims);
SELECT is(message_of(call('c', format('claims => %L', jsonb_build_object(name, 'x')))), format('22023 claim "%s" is reserved', name), 'reserved: ' || name)
FROM unnest(ARRAY['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'grants', 'scope', 'client_id', 'cnf', 'act', 'nonce']) AS name;
SELECT is(message_of(call('c', format('claims => %L', jsonb_build_object(name, 'x')))), '22023 claims would look like an id_token', 'of an id_token: ' || name)
FROM unnest(ARRAY['at_hash', 'auth_time', 'AT_HASH', 'Auth_Time', 'Nonce']) AS name;
SELECT is(message_of(call('roles', format('claims => %L', jsonb_build_object(name, 'web')))), '22023 claim is reserved', 'in other letters: ' || name)
FROM unnest(ARRAY['Iss', 'SUB', 'Client_Id', 'CLIENT_ID', 'iAt', 'EXP', 'Nbf', 'JTI', 'Aud', 'Scope', 'Cnf', 'ACT', 'Role']) AS name;
SELECT is(message_of(call('c', format('claims => %L', claims))), message, 'no claims: ' || left(claims, 20))
FROM (VALUES ('[]', '22023 claims is not an object'), ('1', '22023 claims is not an object'), ('null', '22023 claims is not an object'), ('"x"', '22023 claims is not an object'),
             ('{"x":' || repeat('[', 33) || repeat(']', 33) || '}', '22023 claims cannot go into a token'), ('{"x": 1e400}', '22023 claims cannot go into a token'),
             (jsonb_build_object('x', repeat('x', 70000))::text, '22023 token would be too large')) AS r (claims, message);

-- role: only where the client may give it, at issue and again at verification.
SELECT is(message_of(call(id, format('claims => %L', jsonb_build_object('role', role)))), message, format('role %s of %s', role, id))
FROM (VALUES ('roles', '"web"'::jsonb, 'no error'), ('roles', '"\u00e9"', 'no error'), ('roles', '"Web"', '22023 role is not allowed'), ('roles', '"postgres"', '22023 role is not allowed'),
             ('roles', '["web"]', '22023 role is not allowed'), ('roles', 'null', '22023 role is not allowed'), ('roles', '1', '22023 role is not allowed'),
             ('c', '"web"', '22023 role is not allowed'), ('c', '""', '22023 role is not allowed')) AS r (id, role, message);

-- Whom it makes none for.
SELECT is(message_of(call(id, '', t)), '42704 client does not exist', format('client %s of tenant %s', id, t))
FROM (VALUES ('nobody', 't'), ('', 't'), ('C', 't'), ('c ', 't'), ('u', 't'), ('c', 'u'), ('c', 'nobody'), ('c', ''), ('c', 'T'), ('api', 't')) AS r (id, t);
SELECT is(forge.answer_with(fault, format('SELECT message_of(%L)', call('c'))), message, 'not made: ' || what)
FROM (VALUES ('client disabled', $$ SELECT access_token.set_client_enabled('c', false) $$, 'TK009 client is disabled'),
             ('tenant disabled', $$ SELECT access_token.set_tenant_enabled('t', false) $$, 'TK009 tenant is disabled'),
             ('client deleted', $$ SELECT access_token.delete_client('c') $$, '42704 client does not exist'),
             ('no signing key', $$ DELETE FROM access_token.signing_key WHERE tenant_id = 't' AND algorithm = 'EdDSA' $$, '42704 tenant has no such signing key'),
             ('only a next one', $$ DELETE FROM access_token.signing_key WHERE tenant_id = 't' AND algorithm = 'EdDSA' AND state = 'current' $$, '42704 tenant has no such signing key'),
             ('no private key', $$ UPDATE access_token.signing_key SET sealed_private_key = NULL WHERE tenant_id = 't' AND algorithm = 'EdDSA' $$, 'TK010 key material is not usable'),
             ('issuers gone', $$ SELECT access_token.update_tenant('t', '{"issuer": null, "default_issuer": null}') $$, '22023 tenant has no such issuer')) AS r (what, fault, message);
SELECT is(message_of(call('c')), 'no error', 'and then it is again');

-- Verification: the tenant asked for, audience, scope.
CREATE TABLE good AS
SELECT issue('c') AS c, issue('one') AS one, issue('one', 'audience_as_array => true') AS one_array, issue('two') AS two, issue('scopes-null', 'scope => ''read write''') AS scoped;
SELECT is(forge.verdict(c, tenant_id), CASE WHEN good THEN forge.acceptance() ELSE forge.refusal('TK006', 'wrong_tenant', 'both', 'decodes') END, format('tenant %L', tenant_id))
FROM good, (VALUES ('t', true), (NULL, true), ('u', false), ('T', false), ('', false), ('nobody', false)) AS r (tenant_id, good);
SELECT is(forge.verdict(token, 't', audience), CASE WHEN good THEN forge.acceptance() ELSE forge.refusal('TK006', 'wrong_audience', 'both', 'decodes') END,
          format('audience %L: %s', audience, what))
FROM good, LATERAL (VALUES
    ('a token without', c, NULL, true), ('a token without', c, 'api', false), ('a string', one, 'api', true), ('a string', one, NULL, false), ('a string', one, 'web', false), ('a string', one, 'API', false),
    ('a string', one, 'api ', false), ('an array of one', one_array, 'api', true), ('an array of one', one_array, NULL, false), ('an array of one', one_array, 'web', false),
    ('two', two, 'api', true), ('two', two, 'web', true), ('two', two, NULL, false), ('two', two, 'api web', false)) AS r (what, token, audience, good);
SELECT is(forge.verdict(scoped, 't', NULL, scope), CASE WHEN good THEN forge.acceptance() ELSE forge.refusal('TK008', 'insufficient_scope', 'both', 'decodes') END, format('scope %L', scope))
FROM good, (VALUES (NULL, true), ('read', true), ('write read', true), ('admin', false), ('read admin', false), ('READ', false), ('public', false)) AS r (scope, good);
SELECT is(forge.verdict(c, 't', NULL, 'read'), forge.refusal('TK008', 'insufficient_scope', 'both', 'decodes'), 'a token without scope has none') FROM good;
SELECT is(forge.sqlstate_of(format('SELECT access_token.verify_access_token(%L, ''t'', NULL, ''a  b'')', c)), '22023', 'a malformed scope is the caller''s mistake') FROM good;

-- Verification: what client, tenant and key are now.
SELECT make('fickle', settings => '{"allowed_scopes": ["read"], "allowed_roles": ["web"]}');
CREATE TABLE fickle AS SELECT issue('fickle', $$ scope => 'read', claims => '{"role": "web"}' $$) AS token, k.kid FROM forge.signing_key AS k WHERE label = 'k';
SELECT is(forge.answer_with(fault, format('SELECT forge.verdict(%L, ''t'')', token)), verdict, 'now: ' || what)
FROM fickle, LATERAL (VALUES
    ('nothing changed', 'SELECT 1', forge.acceptance()),
    ('client disabled', $$ SELECT access_token.set_client_enabled('fickle', false) $$, forge.refusal('TK009', 'disabled', 'both', 'decodes')),
    ('client on again', $$ SELECT access_token.set_client_enabled('fickle', false); SELECT access_token.set_client_enabled('fickle', true) $$, forge.acceptance()),
    ('client deleted', $$ SELECT access_token.delete_client('fickle') $$, forge.refusal('TK009', 'disabled', 'both', 'decodes')),
    ('client made anew for another tenant', $$ SELECT access_token.delete_client('fickle'); SELECT make('fickle', 'u', '{}', '{"allowed_roles": ["web"]}') $$, forge.refusal('TK009', 'disabled', 'both', 'decodes')),
    ('tenant disabled', $$ SELECT access_token.set_tenant_enabled('t', false) $$, forge.refusal('TK009', 'disabled', 'both', 'decodes')),
    ('scope taken away', $$ SELECT access_token.update_client('fickle', '{"allowed_scopes": []}') $$, forge.refusal('TK008', 'scope_not_allowed', 'both', 'decodes')),
    ('every scope allowed', $$ SELECT access_token.update_client('fickle', '{"allowed_scopes": null}') $$, forge.acceptance()),
    ('role taken away', $$ SELECT access_token.update_client('fickle', '{"allowed_roles": ["other"]}') $$, forge.refusal('TK008', 'role_not_allowed', 'both', 'decodes')),
    ('another audience: only for new tokens', $$ SELECT access_token.update_client('fickle', '{"audience": ["api"]}') $$, forge.acceptance()),
    ('another algorithm: only for new tokens', $$ SELECT access_token.update_client('fickle', '{"algorithm": "ES256"}') $$, forge.acceptance()),
    ('the client''s lifetime: only for new tokens', $$ SELECT access_token.update_client('fickle', '{"lifetime": 1}') $$, forge.acceptance()),
    ('the tenant''s cap', $$ SELECT access_token.update_tenant('t', '{"max_token_lifetime": 3599}') $$, forge.refusal('TK006', 'lifetime_too_long', 'both', 'decodes')),
    ('another issuer', $$ SELECT access_token.update_tenant('t', '{"issuer": "https://new.example"}') $$, forge.refusal('TK006', 'wrong_issuer', 'both', 'decodes')),
    ('key rotated', $$ SELECT access_token.rotate_signing_key('t', 'EdDSA', true) $$, forge.acceptance()),
    ('key rotated twice', $$ SELECT access_token.rotate_signing_key('t', 'EdDSA', true); SELECT access_token.rotate_signing_key('t', 'EdDSA', true) $$, forge.acceptance()),
    ('key retired, within the cap', $$ SELECT access_token.rotate_signing_key('t', 'EdDSA', true);
                       UPDATE access_token.signing_key SET retired_at = clock_timestamp() - interval '172790 s' WHERE tenant_id = 't' AND state = 'previous' $$, forge.acceptance()),
    ('key retired for longer', $$ SELECT access_token.rotate_signing_key('t', 'EdDSA', true);
                       UPDATE access_token.signing_key SET retired_at = clock_timestamp() - interval '172800 s' WHERE tenant_id = 't' AND state = 'previous' $$,
                       forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes')),
    ('key revoked', format('SELECT access_token.revoke_signing_key(%L)', kid), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes')),
    ('key restored', format('SELECT access_token.revoke_signing_key(%1$L); SELECT access_token.restore_signing_key(%1$L)', kid), forge.acceptance()),
    ('key deleted', format('SELECT access_token.revoke_signing_key(%1$L); SELECT access_token.delete_signing_key(%1$L)', kid), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'))
    ) AS r (what, fault, verdict);
SELECT is(forge.verdict(token, 't'), forge.acceptance(), 'all of that undone it is good') FROM fickle;
SELECT is((SELECT 'no ' || i.header::text FROM access_token.inspect_access_token(token, 't') AS i WHERE i.header ->> 'kid' <> kid), NULL, 'by the same key') FROM fickle;

/*
 * A token of tenant t's client c, signed with a key of a test by its label. Changes and what is left out
 * are of the claims, then of the header.
 */
CREATE FUNCTION token(changes json DEFAULT '{}', without text[] DEFAULT '{}', header_changes json DEFAULT '{}', header_without text[] DEFAULT '{}',
                      label text DEFAULT 'k', client_id text DEFAULT 'c') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.own_token(
        token.label,
        forge.object(json_build_object('alg', k.algorithm, 'typ', 'at+jwt', 'kid', k.kid), header_changes, header_without),
        forge.object(json_build_object('iss', format('https://%s.example', k.tenant_id), 'sub', token.client_id, 'client_id', token.client_id,
                                       'iat', floor(forge.epoch()), 'exp', floor(forge.epoch(600)), 'jti', 'x'), changes, without))
    FROM forge.signing_key AS k WHERE k.label = token.label
$function$;
SELECT is(forge.verdict(token(), 't'), forge.acceptance(), 'a token of the test''s own making is good');

-- typ: at+jwt or JWT, in any case of letters, and nothing else.
SELECT is(forge.verdict(token(header_changes => json_build_object('typ', typ)), 't'), forge.acceptance(), 'typ ' || typ)
FROM unnest(ARRAY['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt', 'JWT', 'jwt']) AS typ;
SELECT is(forge.verdict(token(header_changes => json_build_object('typ', typ)), 't'), forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'no typ ' || typ)
FROM unnest(ARRAY['', 'at+jwt;x=1', 'at+jwt ', ' at+jwt', 'at jwt', 'atjwt', 'application/jwt', 'application/JWT', 'text/at+jwt', 'access_token', 'jws', 'JOSE', 'id_token+jwt', 'logout+jwt',
                  'token-introspection+jwt', 'dpop+jwt', 'secevent+jwt', 'client-authentication+jwt', 'oauth-authz-req+jwt', 'invitation+jwt']) AS typ;
SELECT is(forge.verdict(token(header_changes => '{"typ": "at\u002bjwt"}'), 't'), forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'typ by an escape is none of ours');
SELECT is(forge.verdict(token(header_without => '{typ}'), 't'), forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'T11 typ missing');
SELECT is(forge.verdict(token(header_changes => typ), 't'), forge.refusal('TK001', 'bad_header', 'nothing', 'TK001'), 'T09 T10 typ ' || typ)
FROM (VALUES ('{"typ": 1}'::json), ('{"typ": null}'), ('{"typ": ["at+jwt"]}')) AS r (typ);

-- alg and kid: the key's row says the algorithm, and only signing keys verify.
SELECT is(forge.verdict(token(header_changes => changes, header_without => without), 't'), forge.refusal(sqlstate, reason, 'nothing', decode), 'header: ' || what)
FROM (VALUES
    ('H01 none', '{"alg": "none"}'::json, '{}'::text[], 'TK002', 'unsupported_algorithm', 'decodes'), ('H04 nOnE', '{"alg": "nOnE"}', '{}', 'TK002', 'unsupported_algorithm', 'decodes'),
    ('eddsa', '{"alg": "eddsa"}', '{}', 'TK002', 'unsupported_algorithm', 'decodes'), ('ES256K', '{"alg": "ES256K"}', '{}', 'TK002', 'unsupported_algorithm', 'decodes'),
    ('alg missing', '{}', '{alg}', 'TK001', 'bad_header', 'TK001'), ('HS256', '{"alg": "HS256"}', '{}', 'TK003', 'bad_signature', 'decodes'),
    ('RS256', '{"alg": "RS256"}', '{}', 'TK003', 'bad_signature', 'decodes'), ('ES256', '{"alg": "ES256"}', '{}', 'TK003', 'bad_signature', 'decodes'),
    ('K01 kid missing', '{}', '{kid}', 'TK003', 'bad_signature', 'decodes'), ('K02 kid SQL', '{"kid": "'' OR true --"}', '{}', 'TK003', 'bad_signature', 'decodes'),
    ('K03 kid path', '{"kid": "../../dev/null"}', '{}', 'TK003', 'bad_signature', 'decodes'), ('K05 kid empty', '{"kid": ""}', '{}', 'TK003', 'bad_signature', 'decodes'),
    ('K08 kid %', '{"kid": "%"}', '{}', 'TK003', 'bad_signature', 'decodes'), ('K13 kid number', '{"kid": 1}', '{}', 'TK001', 'bad_header', 'TK001'),
    ('kid of 100 kB', json_build_object('kid', repeat('x', 5000)), '{}', 'TK003', 'bad_signature', 'decodes'),
    ('crit', '{"crit": ["exp"]}', '{}', 'TK002', 'unsupported_header', 'TK002'), ('b64', '{"b64": false}', '{}', 'TK002', 'unsupported_header', 'TK002'),
    ('zip', '{"zip": "DEF"}', '{}', 'TK002', 'unsupported_header', 'TK002')) AS r (what, changes, without, sqlstate, reason, decode);
SELECT is(forge.verdict(token(header_changes => json_build_object('alg', 'Ed25519')), 't'), forge.acceptance(), 'Ed25519 is another name of EdDSA');
SELECT is(forge.verdict(token(header_changes => json_build_object('kid', r.kid)), 't'), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'kid ' || what)
FROM forge.signing_key AS k, LATERAL (VALUES ('in other letters', translate(k.kid, 'abcdefghABCDEFGH', 'ABCDEFGHabcdefgh')), ('and a space', k.kid || ' '), ('cut', left(k.kid, -1))) AS r (what, kid)
WHERE label = 'k'
UNION ALL
SELECT is(forge.verdict(token(header_changes => json_build_object('kid', o.kid)), 't'), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'kid of ' || o.what)
FROM (SELECT 'another tenant''s key' AS what, kid FROM forge.signing_key WHERE label = 'foreign'
      UNION ALL SELECT 'an API key', kid FROM forge.api_key
      UNION ALL SELECT 'another algorithm', kid FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'ES256' AND state = 'current'
      UNION ALL SELECT 'the next key', kid FROM access_token.signing_keys WHERE tenant_id = 't' AND algorithm = 'EdDSA' AND state = 'next') AS o;

-- A JWT with the members of a client's token, whatever is signed with it, is no token of an API key, and the other way round.
CREATE FUNCTION mac_token(header json, claims text, key bytea) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.sign(key, forge.base64url(convert_to(header::text, 'UTF8')) || '.' || forge.base64url(convert_to(claims, 'UTF8')))
$function$;
SELECT is(forge.verdict(mac_token(json_build_object('alg', 'HS256', 'typ', 'at+jwt', 'kid', k.kid), forge.claims_of(token()), key), 't'),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'A01 A30 HS256 under a signing key''s kid, keyed with ' || what)
FROM forge.signing_key AS k, access_token.jwk_public(k.jwk) AS public_jwk, LATERAL (VALUES
    ('an API key''s secret', (SELECT convert_to(secret, 'UTF8') FROM forge.api_key)), ('its public JWK', convert_to(public_jwk::text, 'UTF8')),
    ('its public JWK as stored', (SELECT convert_to(s.public_jwk, 'UTF8') FROM access_token.signing_key AS s WHERE s.kid = k.kid)),
    ('its PEM', convert_to(access_token.jwk_to_pem(public_jwk), 'UTF8')), ('its PEM without the last line break', convert_to(rtrim(access_token.jwk_to_pem(public_jwk), E'\n'), 'UTF8')),
    ('its x', forge.from_base64url(public_jwk ->> 'x')), ('its kid', convert_to(k.kid, 'UTF8')), ('nothing', ''::bytea)) AS r (what, key)
WHERE k.label = 'k';
SELECT is(forge.verdict(forge.token('api', forge.header('api', '{"typ": "at+jwt"}'), forge.claims('api', '{"client_id": "c", "jti": "x"}')), 't'),
          forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'an API key''s token of typ at+jwt');
SELECT is(forge.verdict(forge.token('api', forge.header('api'), forge.claims_of(token())), 't'), forge.refusal('TK006', 'missing_claim', 'both', 'decodes'), 'a client''s claims under an API key');
SELECT is(forge.verdict(forge.token('api', forge.header('api', '{}', '{kid}'), forge.claims_of(token())), 't'), forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'also without kid: iss names no key');
SELECT is(forge.verdict(token(header_changes => '{"typ": "JWT", "cty": "parra-fpa;v=1"}', changes => forge.claims('api')::json, without => '{client_id,jti}'), 't'),
          forge.refusal('TK006', 'missing_claim', 'both', 'decodes'), 'an API key''s claims under a signing key');
SELECT is(forge.verdict(token(header_changes => json_build_object('alg', 'EdDSA', 'kid', a.kid), changes => json_build_object('iss', 'api')), 't'),
          forge.refusal('TK003', 'bad_signature', 'nothing', 'decodes'), 'EdDSA under an API key''s kid') FROM forge.api_key AS a;

-- The key's tenant is the token's, whatever the claims say.
SELECT is(forge.verdict(token(label => 'foreign', client_id => 'u'), 'u'), forge.acceptance(), 'another tenant''s token is good there');
SELECT is(forge.verdict(token(label => 'foreign', client_id => 'u'), 't'), forge.refusal('TK006', 'wrong_tenant', 'both', 'decodes'), 'and nowhere else');
SELECT is(forge.verdict(token(label => 'foreign', changes => '{"iss": "https://t.example"}'), tenant_id), forge.refusal('TK006', 'wrong_issuer', 'both', 'decodes'),
          format('our claims signed by another tenant, asked for %L', tenant_id)) FROM (VALUES ('t'), ('u'), (NULL)) AS r (tenant_id);
SELECT is(forge.verdict(token(label => 'foreign'), tenant_id), forge.refusal('TK009', 'disabled', 'both', 'decodes'), format('our client_id signed by another tenant, asked for %L', tenant_id))
FROM (VALUES ('t'), ('u'), (NULL)) AS r (tenant_id);

-- Claims that are required, and of what type.
SELECT is(forge.verdict(token(without => ARRAY[name]), 't'), forge.refusal('TK006', 'missing_claim', 'both', 'decodes'), 'missing: ' || name)
FROM unnest(ARRAY['iss', 'sub', 'client_id', 'iat', 'exp', 'jti']) AS name;
SELECT is(forge.verdict(token(without => ARRAY[name], header_changes => '{"typ": "JWT"}'), 't'), forge.refusal('TK006', 'missing_claim', 'both', 'decodes'), 'missing in a JWT: ' || name)
FROM unnest(ARRAY['client_id', 'jti']) AS name;
SELECT is(forge.verdict(token(changes), 't'), forge.refusal('TK001', 'bad_claim', 'both', 'decodes'), 'type: ' || changes)
FROM (VALUES ('{"iss": 1}'::json), ('{"iss": ["https://t.example"]}'), ('{"iss": null}'), ('{"sub": 1}'), ('{"sub": {}}'), ('{"sub": null}'), ('{"client_id": 1}'), ('{"client_id": null}'), ('{"client_id": ["c"]}'),
             ('{"client_id": {}}'), ('{"client_id": true}'), ('{"jti": 1}'), ('{"jti": null}'), ('{"iat": "1"}'), ('{"iat": null}'), ('{"exp": "99999999999"}'), ('{"exp": 1e400}'), ('{"exp": null}'), ('{"aud": 1}'),
             ('{"aud": []}'), ('{"aud": [1]}'), ('{"aud": ["api", 1]}'), ('{"aud": null}'), ('{"scope": ["read"]}'), ('{"scope": "a  b"}'), ('{"scope": ""}'), ('{"role": 1}'), ('{"role": ["web"]}')) AS r (changes)
WHERE changes::text NOT LIKE '%1e400%'
UNION ALL
SELECT is(forge.verify_verdict(token('{"exp": 1e400}'), 't', NULL, NULL), 'TK001', 'C02 exp 1e400');
SELECT is(forge.verdict(token(changes), 't'), forge.refusal(sqlstate, reason, 'both', 'decodes'), 'claims: ' || changes)
FROM (VALUES
    ('{"sub": ""}'::json, 'TK006', 'missing_claim'), ('{"jti": ""}', 'TK006', 'missing_claim'),
    ('{"iss": "https://t.example/"}', 'TK006', 'wrong_issuer'), ('{"iss": "https://T.example"}', 'TK006', 'wrong_issuer'), ('{"iss": ""}', 'TK006', 'wrong_issuer'), ('{"iss": "t"}', 'TK006', 'wrong_issuer'),
    ('{"iss": "https://u.example"}', 'TK006', 'wrong_issuer'), ('{"client_id": "nobody"}', 'TK009', 'disabled'), ('{"client_id": ""}', 'TK009', 'disabled'), ('{"client_id": "C"}', 'TK009', 'disabled'),
    ('{"client_id": "c "}', 'TK009', 'disabled'), ('{"client_id": "u"}', 'TK009', 'disabled'), ('{"client_id": "api"}', 'TK009', 'disabled'), ('{"client_id": "\u0063"}', 'TK009', 'disabled'),
    ('{"exp": 1}', 'TK004', 'expired'), ('{"exp": 0}', 'TK004', 'expired'), ('{"exp": -1}', 'TK004', 'expired'),
    (json_build_object('nbf', floor(forge.epoch(100))), 'TK005', 'not_yet_valid'), (json_build_object('iat', floor(forge.epoch(100))), 'TK005', 'not_yet_valid'),
    (json_build_object('exp', floor(forge.epoch(172900))), 'TK006', 'lifetime_too_long'), (json_build_object('iat', floor(forge.epoch(-172500))), 'TK006', 'lifetime_too_long'),
    ('{"scope": "public"}', 'TK008', 'scope_not_allowed'), ('{"scope": "read clients:issue"}', 'TK008', 'scope_not_allowed'), ('{"role": "web"}', 'TK008', 'role_not_allowed'),
    ('{"aud": "api"}', 'TK006', 'wrong_audience')) AS r (changes, sqlstate, reason);
-- A client has none of the tokens from before it was made.
UPDATE access_token.client SET created_at = created_at - interval '3 days';
SELECT is(forge.verdict(token(changes, without), 't'), forge.acceptance(), format('good: %s', changes))
FROM (VALUES ('{"iss": "https://platform.example/t"}'::json, '{}'::text[]), ('{"sub": "user|42"}', '{}'), ('{"sub": "\u0063"}', '{}'), ('{"client\u005fid": "c"}', '{client_id}'), ('{"scope": "read"}', '{}'),
             ('{"x": {"nonce": "x", "at_hash": "x"}, "y": "nonce", "nonces": 1}', '{}'), (json_build_object('iat', floor(forge.epoch(-172100))), '{}'), ('{"grants": {"identity": "x"}}', '{}')) AS r (changes, without);
SELECT is(forge.verdict(forge.own_token('k', forge.header_of(token()), rtrim(forge.claims_of(token()), '}') || ',' || more || '}'), 't'), forge.refusal('TK001', 'bad_json', 'header', 'TK001'), 'J05 twice: ' || more)
FROM (VALUES ('"client_id":"c"'), ('"client\u005fid":"c"'), ('"sub":"c"'), ('"\u006ati":"x"')) AS r (more);

-- An id_token is none, in whatever letters it says that it is one, and of whatever typ.
SELECT is(forge.verdict(token(changes, header_changes => json_build_object('typ', typ)), 't'), forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), format('an id_token of typ %s: %s', typ, changes))
FROM unnest(ARRAY['JWT', 'at+jwt']) AS typ,
     (VALUES ('{"nonce": "x"}'::json), ('{"at_hash": "x"}'), ('{"auth_time": 1}'), ('{"Nonce": "x"}'), ('{"AT_HASH": "x"}'), ('{"Auth_Time": 1}'), ('{"n\u006fnce": "x"}'), ('{"\u004eONCE": null}'),
             ('{"at\u005Fhash": "x"}'), ('{"\u0061\u0075\u0074\u0068\u005f\u0074\u0069\u006d\u0065": 1}')) AS r (changes);
SELECT is(forge.verdict(token(json_build_object('aud', 'c'), '{client_id,jti}', '{"typ": "JWT"}'), 't', 'c'), forge.refusal('TK006', 'missing_claim', 'both', 'decodes'), 'an id_token of the plainest kind');
SELECT is(forge.verdict(token('{"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "sid": "x"}', '{client_id}', '{"typ": "logout+jwt"}'), 't'),
          forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'a logout token');
SELECT is(forge.verdict(token('{"token_introspection": {"active": true}}', '{}', '{"typ": "token-introspection+jwt"}'), 't'), forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'an introspection reply');
SELECT is(forge.verdict(token('{"iss": "c", "aud": "https://t.example"}', '{client_id}', '{"typ": "JWT"}'), 't', 'https://t.example'), forge.refusal('TK006', 'missing_claim', 'both', 'decodes'), 'a client assertion');
SELECT is(forge.verdict(access_token.sign_token('t', '{"sub": "c", "client_id": "c"}', a, '{"typ": "invitation+jwt"}'), 't'), forge.refusal('TK006', 'wrong_type', 'both', 'decodes'), 'a token of sign_token: ' || a)
FROM unnest(ARRAY['EdDSA', 'ES256', 'RS256']) AS a;
SELECT is(forge.sqlstate_of(format('SELECT access_token.sign_token(''t'', ''{"sub": "c", "client_id": "c"}'', ''EdDSA'', %L)', jsonb_build_object('typ', typ))), '22023', 'sign_token makes none of typ ' || typ)
FROM unnest(ARRAY['JWT', 'jwt', 'at+jwt', 'AT+jwt', 'application/at+jwt']) AS typ;
SELECT is(forge.own_verdict(c), 'TK006', 'verify_token takes no client''s token') FROM good;
SELECT is(forge.own_verdict(c, typ => 'at+jwt'), '22023', 'nor may it be asked to') FROM good;

-- Times are read by the real clock, not the transaction's.
CREATE TABLE second AS SELECT issue('c', 'expires_in => 2') AS token;
SELECT is(forge.verdict(token, 't'), forge.acceptance(), 'before its exp') FROM second;
SELECT pg_sleep(2);
SELECT is(forge.verdict(token, 't'), forge.refusal('TK004', 'expired', 'both', 'decodes'), 'expired within this transaction') FROM second;

SELECT * FROM finish();
ROLLBACK;
