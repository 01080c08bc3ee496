/*
 * Who may do what: every ACL of the schema, and what it comes to for an ordinary role, for a member of
 * pg_read_all_data or pg_write_all_data, and for the holder of each bundle.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/roles.sql

SELECT plan(58);

SELECT access_token.create_tenant('T', 't', 'https://t.example');
SELECT forge.make_key('k', 't');
SELECT forge.make_key('public', 't', public => true);
CREATE TABLE good AS SELECT access_token.issue_access_token('k', 'x') AS token;

CREATE ROLE privileges_ordinary;
CREATE ROLE privileges_reader;
CREATE ROLE privileges_writer;
GRANT pg_read_all_data TO privileges_reader;
GRANT pg_write_all_data TO privileges_writer;
CREATE ROLE privileges_issuer;
CREATE ROLE privileges_verifier;
CREATE ROLE privileges_admin;
CREATE ROLE privileges_toolbox;
CREATE ROLE privileges_subject;
CREATE ROLE privileges_postgrest;

-- Every privilege on a function or relation of the schema, and on its columns, that is not its owner's.
CREATE VIEW granted AS
SELECT o.object, coalesce(r.rolname, 'PUBLIC') AS grantee, a.privilege_type AS privilege, a.is_grantable
FROM (SELECT 'FUNCTION ' || replace(p.oid::regprocedure::text, ',', ', ') AS object, p.proowner AS owner,
             coalesce(p.proacl, acldefault('f', p.proowner)) AS acl
      FROM pg_proc AS p WHERE p.pronamespace = 'access_token'::regnamespace
      UNION ALL
      SELECT 'TABLE ' || c.oid::regclass, c.relowner, coalesce(c.relacl, acldefault('r', c.relowner))
      FROM pg_class AS c WHERE c.relnamespace = 'access_token'::regnamespace AND c.relkind <> 'i'
      UNION ALL
      SELECT 'COLUMN ' || c.oid::regclass || '.' || a.attname, c.relowner, a.attacl
      FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'access_token'::regnamespace AND a.attacl IS NOT NULL) AS o
     CROSS JOIN LATERAL aclexplode(o.acl) AS a
     LEFT JOIN pg_roles AS r ON r.oid = a.grantee
WHERE a.grantee <> o.owner;

SELECT set_eq('SELECT * FROM granted', $$ VALUES ('FUNCTION access_token.decode_token(text)', 'PUBLIC'::name, 'EXECUTE', false) $$,
              'before any bundle is granted: decode_token for everybody, and nothing else');
SELECT set_eq($$ SELECT coalesce(r.rolname, 'PUBLIC'), a.privilege_type
                 FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
                 WHERE n.nspname = 'access_token' AND a.grantee <> n.nspowner $$,
              $$ VALUES ('PUBLIC'::name, 'USAGE') $$, 'the schema may be used by everybody, and nobody may create in it');
SELECT is_empty($$ SELECT FROM pg_default_acl WHERE defaclnamespace = 'access_token'::regnamespace $$, 'no default privileges');

-- The bundles: together they are the API, and grant_access and the internal functions are in none.
SELECT set_eq($$ SELECT bundle::text, split_part(split_part(object, '.', 2), '(', 1) FROM access_token.bundle_member $$,
              $$ SELECT 'toolbox', unnest(ARRAY['jws_sign', 'jws_verify', 'jwt_sign', 'jwt_verify', 'jwk_generate', 'jwk_public',
                                                'jwk_thumbprint', 'jwk_from_pem', 'jwk_to_pem', 'jwe_encrypt', 'jwe_decrypt'])
                 UNION ALL
                 SELECT 'admin', unnest(ARRAY['create_signing_key', 'import_signing_key', 'rotate_signing_key', 'revoke_signing_key',
                                              'restore_signing_key', 'delete_signing_key', 'sign_token', 'jwks', 'rewrap_secrets',
                                              'external_root_keys', 'root_keys', 'signing_keys'])
                 UNION ALL
                 VALUES ('verifier', 'verify_token'), ('verifier', 'jwks'), ('issuer', 'issue_access_token'), ('issuer', 'issue_public_token'),
                        ('verifier', 'verify_access_token'), ('verifier', 'inspect_access_token'),
                        ('issuer', 'issue_client_token'), ('admin', 'create_client'), ('admin', 'update_client'), ('admin', 'set_client_enabled'),
                        ('admin', 'delete_client'), ('admin', 'clients'), ('verifier', 'introspect_access_token'), ('admin', 'revoke_access_token'),
                        ('admin', 'revoke_token_id'), ('admin', 'revoke_identity'), ('admin', 'revoke_api_key_tokens'), ('admin', 'revoke_client_tokens'),
                        ('admin', 'revoke_tenant_tokens'), ('admin', 'purge_expired'), ('admin', 'revocations'),
                        ('subject', 'authenticate'), ('subject', 'current_identity'), ('subject', 'current_client'),
                        ('subject', 'current_tenant'), ('subject', 'current_claims'), ('subject', 'current_scopes'),
                        ('subject', 'has_scope'), ('subject', 'postgrest_pre_request'), ('postgrest', 'postgrest_config'),
                        ('admin', 'create_tenant'), ('admin', 'update_tenant'), ('admin', 'delete_tenant'), ('admin', 'set_tenant_enabled'),
                        ('admin', 'create_api_key'), ('admin', 'update_api_key'), ('admin', 'delete_api_key'),
                        ('admin', 'rotate_api_key'), ('admin', 'set_api_key_enabled'), ('admin', 'check_installation'),
                        ('admin', 'tenants'), ('admin', 'api_keys') $$, 'what the bundles hold');
SELECT is((SELECT count(*) FROM access_token.bundle_member WHERE object LIKE '%.issue_access_token(%'),
          (SELECT count(*) FROM pg_proc WHERE pronamespace = 'access_token'::regnamespace AND proname = 'issue_access_token'),
          'every form of issue_access_token');
SELECT is((SELECT count(*) FROM access_token.bundle_member WHERE bundle = 'toolbox'), 9 * 3 + 2::bigint, 'every form of the toolbox');

SELECT access_token.grant_access('privileges_issuer', 'issuer');
SELECT access_token.grant_access('privileges_verifier', 'verifier');
SELECT access_token.grant_access('privileges_admin', 'admin');
SELECT access_token.grant_access('privileges_toolbox', 'toolbox');
SELECT access_token.grant_access('privileges_subject', 'subject');
SELECT access_token.grant_access('privileges_postgrest', 'postgrest');
SELECT set_eq($$ SELECT * FROM granted WHERE grantee <> 'PUBLIC' $$,
              $$ SELECT object, ('privileges_' || bundle)::name, CASE WHEN object LIKE 'TABLE %' THEN 'SELECT' ELSE 'EXECUTE' END, false
                 FROM access_token.bundle_member $$, 'each bundle gives exactly its members, without grant option');

-- The same, tried: every function as every role.
SELECT set_eq(format($$ SELECT p.oid::regprocedure::text FROM pg_proc AS p
                        WHERE p.pronamespace = 'access_token'::regnamespace
                          AND forge.sqlstate_as(%L, forge.call_of(p.oid)) <> '42501' $$, role),
              $$ VALUES ('access_token.decode_token(text)') $$, role || ' calls nothing but decode_token')
FROM (VALUES ('privileges_ordinary'), ('privileges_reader'), ('privileges_writer')) AS r (role);
SELECT set_eq(format($$ SELECT p.oid::regprocedure::text FROM pg_proc AS p
                        WHERE p.pronamespace = 'access_token'::regnamespace
                          AND forge.sqlstate_as(%L, forge.call_of(p.oid)) <> '42501' $$, 'privileges_' || bundle),
              format($$ SELECT substr(replace(object, ', ', ','), 10) FROM access_token.bundle_member
                        WHERE object LIKE 'FUNCTION %%' AND bundle = %L UNION SELECT 'access_token.decode_token(text)' $$, bundle),
              'holders of ' || bundle || ' call its functions and decode_token')
FROM (VALUES ('issuer'), ('verifier'), ('admin'), ('toolbox'), ('subject'), ('postgrest')) AS b (bundle);

SELECT is(forge.value_as('privileges_ordinary', format('SELECT header ->> ''alg'' FROM access_token.decode_token(%L)', token)), 'HS256',
          'an ordinary role decodes a token') FROM good;
SELECT is(forge.value_as('privileges_issuer', 'SELECT length(access_token.issue_access_token(''k'', 42)) > 0'), 'true', 'an issuer issues');
SELECT is(forge.value_as('privileges_issuer', 'SELECT length(access_token.issue_public_token(''t'', ''public'', ''42'')) > 0'), 'true',
          'an issuer issues public tokens');
SELECT is(forge.value_as('privileges_verifier', format('SELECT access_token.verify_access_token(%L) ->> ''iss''', token)), 'k',
    'a verifier verifies')
FROM good;
SELECT is(forge.value_as('privileges_verifier', format('SELECT valid FROM access_token.inspect_access_token(%L)', token)), 'true',
    'a verifier inspects')
FROM good;

SELECT is(forge.value_as('privileges_toolbox', 'SELECT access_token.jws_verify(access_token.jws_sign(''x'', k), access_token.jwk_public(k), ''{ES256}'')'
              ' FROM (SELECT access_token.jwk_generate(''ES256'')::jsonb AS k OFFSET 0) AS r'), '\x78', 'a holder of the toolbox uses it');
SELECT is(forge.value_as('privileges_admin', $$ SELECT length(access_token.rotate_signing_key('t', 'ES256')) $$), '43', 'an admin rotates signing keys');
SELECT is(forge.value_as('privileges_admin', $$ SELECT client_id FROM access_token.create_client('t', 'C', settings => '{"algorithm": "ES256"}', id => 'c') $$), 'c', 'makes clients');
SELECT is(forge.sqlstate_as('privileges_admin', $$ SELECT access_token.revoke_identity('t', 'somebody else') $$), '00000', 'and revokes');
SELECT is(forge.value_as('privileges_issuer', $$ SELECT type FROM access_token.issue_client_token('t', 'c') $$), 'Bearer', 'an issuer issues clients'' tokens');
SELECT is(forge.value_as('privileges_verifier', format($$ SELECT access_token.verify_access_token(%L) ->> 'client_id' $$, access_token)), 'c', 'a verifier verifies them')
FROM access_token.issue_client_token('t', 'c');
SELECT is(forge.value_as('privileges_verifier', format($$ SELECT access_token.introspect_access_token(%L, 't') ->> 'active' $$, access_token)), 'true', 'and introspects')
FROM access_token.issue_client_token('t', 'c');
SELECT is(forge.value_as('privileges_verifier', $$ SELECT jsonb_array_length(access_token.jwks('t') -> 'keys') $$), '2', 'a verifier reads key sets');
SELECT is(forge.value_as('privileges_verifier', $$ SELECT access_token.sign_token('t', '{}', header => '{"typ": "x"}') $$), '42501', 'and signs nothing');

-- Every relation, as every role, in every way.
CREATE TABLE attempt AS
SELECT c.relname, a.*
FROM pg_class AS c, LATERAL (VALUES
    ('SELECT', format('SELECT * FROM access_token.%I', c.relname)),
    ('SELECT of nothing', format('SELECT FROM access_token.%I', c.relname)),
    ('INSERT', format('INSERT INTO access_token.%I DEFAULT VALUES', c.relname)),
    ('UPDATE', (SELECT format('UPDATE access_token.%I SET %I = DEFAULT', c.relname, attname)
                FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1)),
    ('DELETE', format('DELETE FROM access_token.%I', c.relname)),
    ('TRUNCATE', format('TRUNCATE access_token.%I', c.relname)),
    ('LOCK', format('LOCK TABLE access_token.%I', c.relname))
) AS a (what, statement)
WHERE c.relnamespace = 'access_token'::regnamespace AND c.relkind IN ('r', 'v') AND a.statement IS NOT NULL;

-- 42809 and 55000: what is tried cannot be done with a view at all.
SELECT is_empty(format($$ SELECT relname, what FROM attempt
                          WHERE forge.sqlstate_as(%L, statement) NOT IN ('42501', '42809', '55000')
                            AND NOT (%L AND what LIKE 'SELECT%%' AND relname IN ('tenants', 'api_keys', 'clients', 'revocations', 'signing_keys', 'root_keys')) $$, role, role LIKE '%admin'),
                role || ' touches no relation' || CASE WHEN role LIKE '%admin' THEN ', but reads the views' ELSE '' END)
FROM (VALUES ('privileges_ordinary'), ('privileges_issuer'), ('privileges_verifier'), ('privileges_admin'), ('privileges_toolbox'),
             ('privileges_subject'), ('privileges_postgrest')) AS r (role);
SELECT is_empty($$ SELECT relname, what FROM attempt WHERE what LIKE 'SELECT%' AND forge.sqlstate_of(statement) <> '00000' $$,
                'all of which their owner may do');
SELECT cmp_ok((SELECT count(*) FROM attempt), '>=', 50::bigint, 'in all the ways that there are');
SELECT is(forge.value_as('privileges_admin', 'SELECT count(*) FROM access_token.' || view), '' || n, 'an admin reads ' || view)
FROM (VALUES ('tenants', 1), ('api_keys', 2), ('clients', 1), ('revocations', 1), ('signing_keys', 2), ('root_keys', 1)) AS r (view, n);

-- pg_read_all_data: no root key, and secrets only as they are sealed.
SELECT is(forge.value_as('privileges_reader', 'SELECT count(*) FROM access_token.root_key'), '0', 'a reader of all data sees no root key');
SELECT is((SELECT count(*) FROM access_token.root_key), 1::bigint, 'though there is one');
SELECT is(forge.value_as('privileges_reader', 'SELECT count(current_sealed_secret) FROM access_token.api_key'), '2', 'it sees secrets');
SELECT is(forge.value_as('privileges_reader',
    format('SELECT count(*) FROM access_token.api_key AS k
            WHERE position(%1$L IN k::text) > 0 OR position(convert_to(%1$L, ''UTF8'') IN k.current_sealed_secret) > 0
               OR position(convert_to(%1$L, ''UTF8'') IN k.previous_sealed_secret) > 0', secret)), '0',
          'but sealed') FROM forge.api_key WHERE label = 'k';

-- pg_write_all_data: rows of ours must not become statements of a superuser.
DO $attack$
BEGIN
    PERFORM forge.sqlstate_as('privileges_writer', statement)
    FROM (VALUES
        ($$ INSERT INTO access_token.bundle_member VALUES ('issuer', 'FUNCTION access_token.decode_token(text) TO privileges_writer;'
            ' ALTER ROLE privileges_writer SUPERUSER; GRANT EXECUTE ON FUNCTION access_token.decode_token(text)') $$),
        ($$ INSERT INTO access_token.bundle_member VALUES ('issuer', 'TABLE access_token.root_key TO privileges_writer;'
            ' ALTER ROLE privileges_writer SUPERUSER; GRANT SELECT ON TABLE access_token.root_key') $$),
        ($$ INSERT INTO access_token.granted_bundle VALUES ('privileges_writer', 'admin') $$)) AS r (statement);
    PERFORM forge.sqlstate_of($$ SELECT access_token.grant_access('privileges_issuer', 'issuer') $$);
    PERFORM forge.sqlstate_of($$ SELECT access_token.revoke_access('privileges_issuer', 'issuer') $$);
END
$attack$;
SELECT is(rolsuper, false, 'a writer of all data does not become a superuser by grant_access') FROM pg_roles WHERE rolname = 'privileges_writer';
SELECT is(has_table_privilege('privileges_issuer', 'access_token.root_key', 'SELECT'), false, 'nor gives the root key away by it');
SELECT is(forge.value_as('privileges_writer',
    'WITH w AS (UPDATE access_token.root_key SET root_key_id = ''x'' RETURNING 1) SELECT count(*) FROM w') <> '1', true,
          'nor changes the root key');
SELECT is(forge.sqlstate_as('privileges_writer',
    'INSERT INTO access_token.root_key (root_key_id, key) VALUES (''x'', repeat(''x'', 32)::bytea)'), '42501',
          'nor adds one of its own');

-- check_installation tells of what was granted by hand.
SELECT is((SELECT array_agg(finding) FROM access_token.check_installation()), NULL, 'nothing is found');
GRANT EXECUTE ON FUNCTION access_token.rotate_api_key(text, interval) TO privileges_ordinary;
GRANT SELECT ON access_token.tenant TO PUBLIC;
GRANT UPDATE ON access_token.api_key TO privileges_issuer;
GRANT SELECT (current_sealed_secret) ON access_token.api_key TO privileges_verifier;
SELECT is((SELECT count(*) FROM access_token.check_installation() WHERE finding ~ pattern), 1::bigint, 'found: ' || pattern)
FROM (VALUES ('privileges_ordinary.*rotate_api_key'), ('PUBLIC.*tenant'), ('privileges_issuer.*api_key'),
    ('privileges_verifier.*api_key\.current_sealed_secret'))
     AS r (pattern);

SELECT * FROM finish();
ROLLBACK;
