-- Who may do what: every ACL of the schema, against the table of bundles.
\pset format unaligned
\pset fieldsep ' | '
\pset footer off

-- What a run that broke off may have left.
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_access_issuer, regress_access_verifier, regress_access_admin, regress_access_nobody,
    regress_access_toolbox, regress_access_subject, regress_access_postgrest, regress_access_reads_all;
RESET client_min_messages;

CREATE ROLE regress_access_issuer;
CREATE ROLE regress_access_verifier;
CREATE ROLE regress_access_admin;
CREATE ROLE regress_access_toolbox;
CREATE ROLE regress_access_subject;
CREATE ROLE regress_access_postgrest;
CREATE ROLE regress_access_nobody;
CREATE ROLE regress_access_reads_all;
GRANT pg_read_all_data TO regress_access_reads_all;

-- Everything in the schema with its ACL, the default one where it has none; what the owner may is left out.
CREATE TEMPORARY VIEW acl AS
SELECT o.kind, o.object, coalesce(r.rolname, 'PUBLIC') AS grantee, a.privilege_type AS privilege, a.is_grantable
FROM (SELECT 'SCHEMA' AS kind, n.nspname::text AS object, n.nspowner AS owner,
             coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl
      FROM pg_namespace AS n
      WHERE n.nspname = 'access_token'
      UNION ALL
      SELECT 'FUNCTION', format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)), p.proowner,
             coalesce(p.proacl, acldefault('f', p.proowner))
      FROM pg_proc AS p
      WHERE p.pronamespace = 'access_token'::regnamespace
      UNION ALL
      SELECT 'TABLE', c.relname, c.relowner,
             coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
      FROM pg_class AS c
      WHERE c.relnamespace = 'access_token'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')
      UNION ALL
      SELECT 'TYPE', t.typname, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
      FROM pg_type AS t
      WHERE t.typnamespace = 'access_token'::regnamespace AND t.typelem = 0
      UNION ALL
      SELECT 'COLUMN', format('%s.%s', c.relname, t.attname), c.relowner, t.attacl
      FROM pg_attribute AS t
      JOIN pg_class AS c ON c.oid = t.attrelid
      WHERE c.relnamespace = 'access_token'::regnamespace AND t.attacl IS NOT NULL
      UNION ALL
      SELECT 'DEFAULT', d.defaclobjtype::text, d.defaclrole, d.defaclacl
      FROM pg_default_acl AS d
      WHERE d.defaclnamespace = 'access_token'::regnamespace) AS o
CROSS JOIN LATERAL aclexplode(o.acl) AS a
LEFT JOIN pg_roles AS r ON r.oid = a.grantee
WHERE a.grantee <> o.owner;

-- After CREATE EXTENSION: PUBLIC may reach the schema and call decode_token; nobody may do
-- more.
SELECT * FROM acl ORDER BY kind, object COLLATE "C", grantee;

-- The table of bundles.
SELECT m.object,
       bool_or(m.bundle = 'issuer') AS issuer,
       bool_or(m.bundle = 'verifier') AS verifier,
       bool_or(m.bundle = 'admin') AS admin,
       bool_or(m.bundle = 'toolbox') AS toolbox,
       bool_or(m.bundle = 'subject') AS subject,
       bool_or(m.bundle = 'postgrest') AS postgrest
FROM access_token.bundle_member AS m
GROUP BY m.object
ORDER BY m.object COLLATE "C";

-- None: other bundles, and members that are not there.
SELECT DISTINCT m.bundle FROM access_token.bundle_member AS m WHERE m.bundle NOT IN ('issuer', 'verifier', 'admin', 'toolbox', 'subject', 'postgrest');
SELECT m.object
FROM access_token.bundle_member AS m
WHERE CASE split_part(m.object, ' ', 1)
          WHEN 'FUNCTION' THEN to_regprocedure(substr(m.object, 10)) IS NULL
          WHEN 'TABLE' THEN to_regclass(substr(m.object, 7)) IS NULL
          ELSE true
      END;

-- In no bundle: internal functions, tables, what only the owner may call, and decode_token.
SELECT o.object
FROM (SELECT format('FUNCTION access_token.%s(%s)', p.proname, oidvectortypes(p.proargtypes)) AS object
      FROM pg_proc AS p
      WHERE p.pronamespace = 'access_token'::regnamespace
      UNION ALL
      SELECT format('TABLE access_token.%s', c.relname)
      FROM pg_class AS c
      WHERE c.relnamespace = 'access_token'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')) AS o
WHERE NOT EXISTS (SELECT FROM access_token.bundle_member AS m WHERE m.object = o.object)
ORDER BY o.object COLLATE "C";

-- Every function, table and view that one of our roles may use, by whatever way.
CREATE TEMPORARY VIEW usable AS
SELECT r.rolname AS role, o.kind, o.object
FROM pg_roles AS r
CROSS JOIN LATERAL (
    SELECT 'FUNCTION' AS kind, format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) AS object
    FROM pg_proc AS p
    WHERE p.pronamespace = 'access_token'::regnamespace AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
    UNION ALL
    SELECT 'TABLE', c.relname
    FROM pg_class AS c
    WHERE c.relnamespace = 'access_token'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
      AND (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
           OR has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER'))) AS o
WHERE r.rolname LIKE 'regress\_access\_%';

SELECT role, kind, object FROM usable WHERE role <> 'regress_access_reads_all' ORDER BY role, object COLLATE "C";

-- Each bundle gives its members, and none of them to another role.
SELECT access_token.grant_access('regress_access_issuer', 'issuer');
SELECT access_token.grant_access('regress_access_verifier', 'verifier');
SELECT access_token.grant_access('regress_access_admin', 'admin');
SELECT access_token.grant_access('regress_access_toolbox', 'toolbox');
SELECT access_token.grant_access('regress_access_subject', 'subject');
SELECT access_token.grant_access('regress_access_postgrest', 'postgrest');
SELECT access_token.grant_access('regress_access_admin', 'admin'); -- again changes nothing
SELECT grantee, bundle FROM access_token.granted_bundle ORDER BY grantee, bundle;
SELECT * FROM acl WHERE grantee <> 'PUBLIC' ORDER BY grantee, kind, object COLLATE "C";

-- None: differences between what the roles may use and the table of bundles.
WITH granted AS (
    SELECT g.grantee AS role, split_part(m.object, ' ', 1) AS kind, regexp_replace(m.object, '^[A-Z]+ access_token\.', '') AS object
    FROM access_token.granted_bundle AS g
    JOIN access_token.bundle_member AS m ON m.bundle = g.bundle
), used AS (
    SELECT role, kind, object FROM usable WHERE role <> 'regress_access_reads_all' AND object <> 'decode_token(text)'
)
SELECT 'granted in vain' AS difference, d.* FROM (TABLE granted EXCEPT TABLE used) AS d
UNION ALL
SELECT 'usable beyond', d.* FROM (TABLE used EXCEPT TABLE granted) AS d;

-- A role with two bundles keeps the one that is not taken back.
SELECT access_token.grant_access('regress_access_issuer', 'verifier');
SELECT access_token.revoke_access('regress_access_issuer', 'issuer');
SELECT object FROM usable WHERE role = 'regress_access_issuer' ORDER BY object COLLATE "C";
SELECT access_token.revoke_access('regress_access_issuer', 'verifier');
SELECT access_token.revoke_access('regress_access_verifier', 'verifier');
SELECT access_token.revoke_access('regress_access_verifier', 'verifier'); -- again changes nothing
SELECT grantee, bundle FROM access_token.granted_bundle ORDER BY grantee, bundle;
SELECT * FROM acl WHERE grantee IN ('regress_access_issuer', 'regress_access_verifier');

-- As a role without a bundle.
SET ROLE regress_access_nobody;
SELECT header, claims FROM access_token.decode_token('eyJhbGciOiJIUzI1NiJ9.e30.AAAA');
SELECT access_token.issue_access_token('key', 'user|42');
SELECT access_token.issue_access_token('key', 42);
SELECT access_token.issue_public_token('tenant', 'key', 'user|42');
SELECT access_token.issue_client_token('tenant', 'client');
SELECT access_token.verify_access_token('token');
SELECT access_token.inspect_access_token('token');
SELECT access_token.introspect_access_token('token', 'tenant');
SELECT access_token.authenticate('token', 'tenant');
SELECT access_token.current_identity();
SELECT access_token.current_claims();
SELECT access_token.has_scope('read');
SELECT access_token.postgrest_pre_request();
SELECT access_token.postgrest_config();
SELECT access_token.postgrest_jwks();
SELECT access_token.create_tenant('Mine');
SELECT access_token.create_api_key('tenant', 'mine');
SELECT access_token.new_api_key_secret('secret', 'key', 'HS256', NULL);
SELECT access_token.create_client('tenant', 'mine');
SELECT access_token.update_client('client', '{}');
SELECT access_token.set_client_enabled('client', true);
SELECT access_token.delete_client('client');
SELECT access_token.ensure_signing_keys('tenant', 'ES256');
SELECT access_token.revoke_access_token('token');
SELECT access_token.revoke_token_id('tenant', 'jti');
SELECT access_token.revoke_identity('tenant', 'user|42');
SELECT access_token.revoke_api_key_tokens('key');
SELECT access_token.revoke_client_tokens('client');
SELECT access_token.revoke_tenant_tokens('tenant');
SELECT access_token.purge_expired();
SELECT access_token.add_revocation('tenant', 'jti', 'x', now());
SELECT access_token.create_signing_key('tenant');
SELECT access_token.import_signing_key('tenant', 'key', 'RS256');
SELECT access_token.rotate_signing_key('tenant', 'RS256');
SELECT access_token.revoke_signing_key('kid');
SELECT access_token.restore_signing_key('kid');
SELECT access_token.delete_signing_key('kid');
SELECT access_token.new_signing_key('tenant', 'RS256', 2048);
SELECT access_token.read_signing_key('tenant', 'RS256', 'key');
SELECT access_token.jwks('tenant');
SELECT access_token.sign_token('tenant', '{}');
SELECT access_token.verify_token('token', 'tenant', 'typ');
SELECT access_token.jws_sign('x', 'key'::text);
SELECT access_token.jwe_decrypt('token', 'key'::text, '{dir}', '{A256GCM}');
SELECT access_token.jwk_generate('ES256');
SELECT access_token.export_root_key('a passphrase of some length');
SELECT access_token.import_root_key('sealed', 'a passphrase of some length');
SELECT access_token.open_root_keys('sealed', 'a passphrase of some length');
SELECT access_token.reseal('api_key', 'secret', 'key', 'sealed');
SELECT access_token.rewrap_secrets();
SELECT access_token.external_root_keys();
SELECT access_token.new_root_key();
SELECT access_token.check_installation();
SELECT access_token.grant_access('regress_access_nobody', 'admin');
SELECT access_token.apply_bundle('admin', 'regress_access_nobody', 'GRANT', 'TO');
SELECT access_token.revoke_access('regress_access_admin', 'admin');
SELECT FROM access_token.tenants;
SELECT FROM access_token.api_keys;
SELECT FROM access_token.clients;
SELECT FROM access_token.revocations;
SELECT FROM access_token.signing_keys;
SELECT FROM access_token.root_keys;
SELECT FROM access_token.signing_key;
SELECT FROM access_token.tenant;
SELECT FROM access_token.api_key;
SELECT FROM access_token.client;
SELECT FROM access_token.revocation;
SELECT FROM access_token.root_key;
SELECT FROM access_token.granted_bundle;
SELECT FROM access_token.bundle_member;
SELECT FROM access_token.key_cache_proxy;
CREATE FUNCTION access_token.mine() RETURNS integer LANGUAGE sql RETURN 1;
CREATE TABLE access_token.mine (mine integer);
SET access_token.leeway = 300;
SET access_token.max_token_size = 393216;
SET access_token.postgrest_tenant = 'tenant';
SET access_token.bound_record = 'x';
RESET ROLE;

-- As an administrator: all administration, but neither tables nor grants nor tokens.
SET ROLE regress_access_admin;
SELECT access_token.create_tenant('Acme', tenant_id => 'regress_acme');
SELECT tenant_id, state FROM access_token.tenants;
SELECT access_token.delete_tenant('regress_acme');
SELECT count(*) FROM access_token.clients;
SELECT count(*) FROM access_token.revocations;
SELECT kind, deleted FROM access_token.purge_expired();
SELECT access_token.delete_client('client');
SELECT access_token.revoke_identity('tenant', 'user|42');
SELECT count(*) FROM access_token.signing_keys;
SELECT root_key_id IS NOT NULL AS named, source FROM access_token.root_keys;
SELECT access_token.rewrap_secrets();
SELECT access_token.export_root_key('a passphrase of some length');
SELECT access_token.jws_sign('x', 'key'::text);
SELECT access_token.issue_access_token('key', 'user|42');
SELECT access_token.issue_client_token('tenant', 'client');
SELECT access_token.verify_access_token('token');
SELECT access_token.introspect_access_token('token', 'tenant');
SELECT access_token.ensure_signing_keys('tenant', 'ES256');
SELECT access_token.add_revocation('tenant', 'jti', 'x', now());
SELECT access_token.grant_access('regress_access_admin', 'issuer');
SELECT FROM access_token.api_key;
RESET ROLE;

-- As a holder of the toolbox: keys of the caller's own, and nothing of the tables.
SET ROLE regress_access_toolbox;
SELECT access_token.jws_verify(access_token.jws_sign('payload', k), access_token.jwk_public(k), '{ES256}')
FROM (SELECT access_token.jwk_generate('ES256') AS k OFFSET 0) AS key;
SELECT access_token.jwks('tenant');
SELECT access_token.sign_token('tenant', '{}');
SELECT FROM access_token.signing_keys;
RESET ROLE;

-- As a subject: to say who one is and to ask, by a good token alone.
SET ROLE regress_access_subject;
SELECT access_token.authenticate('token', 'tenant');
SELECT access_token.current_identity(), access_token.current_claims(), access_token.has_scope('read');
SELECT access_token.postgrest_pre_request();
SELECT access_token.verify_access_token('token');
SELECT access_token.postgrest_config();
RESET ROLE;

-- As PostgREST's own role: its configuration, public keys alone.
SET ROLE regress_access_postgrest;
SELECT access_token.postgrest_config();
SELECT access_token.jwks('tenant');
SELECT access_token.postgrest_pre_request();
RESET ROLE;

-- Members of pg_read_all_data read sealed secrets, but not the key that opens them.
SET ROLE regress_access_reads_all;
SELECT count(*) AS root_keys FROM access_token.root_key;
RESET ROLE;
SELECT count(*) AS root_keys FROM access_token.root_key;

-- Nothing is left once the last bundle is taken back.
SELECT access_token.revoke_access('regress_access_admin', 'admin');
SELECT access_token.revoke_access('regress_access_toolbox', 'toolbox');
SELECT access_token.revoke_access('regress_access_subject', 'subject');
SELECT access_token.revoke_access('regress_access_postgrest', 'postgrest');
SELECT * FROM acl WHERE grantee <> 'PUBLIC';
DROP ROLE regress_access_issuer, regress_access_verifier, regress_access_admin, regress_access_nobody,
    regress_access_toolbox, regress_access_subject, regress_access_postgrest, regress_access_reads_all;
