/* Who may call what: bundles of functions and views, granted as a whole. Rows stand by bundle. */

INSERT INTO access_token.bundle_member (bundle, object) VALUES
    ('issuer', 'FUNCTION access_token.issue_access_token(text, text, integer, text, text[], jsonb)'),
    ('issuer', 'FUNCTION access_token.issue_access_token(text, smallint, integer, text, text[], jsonb)'),
    ('issuer', 'FUNCTION access_token.issue_access_token(text, integer, integer, text, text[], jsonb)'),
    ('issuer', 'FUNCTION access_token.issue_access_token(text, bigint, integer, text, text[], jsonb)'),
    ('issuer', 'FUNCTION access_token.issue_access_token(text, uuid, integer, text, text[], jsonb)'),
    ('issuer', 'FUNCTION access_token.issue_public_token(text, text, text)'),
    ('issuer', 'FUNCTION access_token.issue_client_token(text, text, integer, boolean, boolean, boolean, text, jsonb)'),
    ('verifier', 'FUNCTION access_token.jwks(text)'),
    ('verifier', 'FUNCTION access_token.verify_token(text, text, text, text)'),
    ('verifier', 'FUNCTION access_token.verify_access_token(text, text, text, text)'),
    ('verifier', 'FUNCTION access_token.inspect_access_token(text, text, text, text)'),
    ('verifier', 'FUNCTION access_token.introspect_access_token(text, text, text, text)'),
    ('subject', 'FUNCTION access_token.authenticate(text, text, text, text)'),
    ('subject', 'FUNCTION access_token.current_identity()'),
    ('subject', 'FUNCTION access_token.current_client()'),
    ('subject', 'FUNCTION access_token.current_tenant()'),
    ('subject', 'FUNCTION access_token.current_claims()'),
    ('subject', 'FUNCTION access_token.current_scopes()'),
    ('subject', 'FUNCTION access_token.has_scope(text)'),
    ('subject', 'FUNCTION access_token.postgrest_pre_request()'),
    ('postgrest', 'FUNCTION access_token.postgrest_config()'),
    ('admin', 'FUNCTION access_token.create_tenant(text, text, text, text)'),
    ('admin', 'FUNCTION access_token.update_tenant(text, jsonb)'),
    ('admin', 'FUNCTION access_token.delete_tenant(text)'),
    ('admin', 'FUNCTION access_token.set_tenant_enabled(text, boolean)'),
    ('admin', 'FUNCTION access_token.create_api_key(text, text, boolean, text, text, text, jsonb)'),
    ('admin', 'FUNCTION access_token.update_api_key(text, jsonb)'),
    ('admin', 'FUNCTION access_token.delete_api_key(text)'),
    ('admin', 'FUNCTION access_token.rotate_api_key(text, interval)'),
    ('admin', 'FUNCTION access_token.set_api_key_enabled(text, boolean)'),
    ('admin', 'FUNCTION access_token.create_signing_key(text, text, integer)'),
    ('admin', 'FUNCTION access_token.import_signing_key(text, text, text)'),
    ('admin', 'FUNCTION access_token.rotate_signing_key(text, text, boolean)'),
    ('admin', 'FUNCTION access_token.revoke_signing_key(text, boolean)'),
    ('admin', 'FUNCTION access_token.restore_signing_key(text)'),
    ('admin', 'FUNCTION access_token.delete_signing_key(text)'),
    ('admin', 'FUNCTION access_token.jwks(text)'),
    ('admin', 'FUNCTION access_token.sign_token(text, jsonb, text, jsonb)'),
    ('admin', 'FUNCTION access_token.create_client(text, text, text[], jsonb, text)'),
    ('admin', 'FUNCTION access_token.update_client(text, jsonb)'),
    ('admin', 'FUNCTION access_token.set_client_enabled(text, boolean)'),
    ('admin', 'FUNCTION access_token.delete_client(text)'),
    ('admin', 'FUNCTION access_token.revoke_access_token(text)'),
    ('admin', 'FUNCTION access_token.revoke_token_id(text, text, timestamp with time zone)'),
    ('admin', 'FUNCTION access_token.revoke_identity(text, text)'),
    ('admin', 'FUNCTION access_token.revoke_api_key_tokens(text)'),
    ('admin', 'FUNCTION access_token.revoke_client_tokens(text)'),
    ('admin', 'FUNCTION access_token.revoke_tenant_tokens(text)'),
    ('admin', 'FUNCTION access_token.purge_expired(integer)'),
    ('admin', 'FUNCTION access_token.external_root_keys()'),
    ('admin', 'FUNCTION access_token.rewrap_secrets(integer)'),
    ('admin', 'FUNCTION access_token.check_installation()'),
    ('admin', 'TABLE access_token.tenants'),
    ('admin', 'TABLE access_token.api_keys'),
    ('admin', 'TABLE access_token.clients'),
    ('admin', 'TABLE access_token.revocations'),
    ('admin', 'TABLE access_token.signing_keys'),
    ('admin', 'TABLE access_token.root_keys');

INSERT INTO access_token.bundle_member (bundle, object)
SELECT 'toolbox', pg_catalog.format('FUNCTION access_token.%I(%s)', p.proname, pg_catalog.oidvectortypes(p.proargtypes))
FROM pg_catalog.pg_proc AS p
WHERE p.pronamespace OPERATOR(pg_catalog.=) 'access_token'::pg_catalog.regnamespace
  AND p.proname OPERATOR(pg_catalog.~) '^(jws|jwt|jwk|jwe)_';

/* The object that a row of bundle_member names, as GRANT wants it; NULL when there is none. */
CREATE FUNCTION access_token.bundle_object(object text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE
        WHEN bundle_object.object LIKE 'FUNCTION %'
        THEN 'EXECUTE ON FUNCTION ' || to_regprocedure(substr(bundle_object.object, length('FUNCTION ') + 1))
        WHEN bundle_object.object LIKE 'TABLE %'
        THEN 'SELECT ON TABLE ' || to_regclass(substr(bundle_object.object, length('TABLE ') + 1))
    END
$function$;

COMMENT ON FUNCTION access_token.bundle_object(text) IS
    'Internal: privilege and object for GRANT, looked up in the catalog, so never text of a row';

/* What a role holds by another bundle, too, stays with it when this one is taken back. */
CREATE FUNCTION access_token.is_in_other_bundle(object text, bundle text, role regrole)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT EXISTS (
        SELECT FROM access_token.granted_bundle AS g
        JOIN access_token.bundle_member AS m ON m.bundle = g.bundle
        JOIN pg_catalog.pg_roles AS r ON r.rolname = g.grantee
        WHERE r.oid = is_in_other_bundle.role
          AND g.bundle <> is_in_other_bundle.bundle COLLATE "C"
          AND m.object = is_in_other_bundle.object COLLATE "C")
$function$;

COMMENT ON FUNCTION access_token.is_in_other_bundle(text, text, regrole) IS
    'Internal: whether another bundle recorded for the role has the object';

/* Applies GRANT ... TO or REVOKE ... FROM to every member of a bundle; both words are constants. */
CREATE FUNCTION access_token.apply_bundle(bundle text, role regrole, action text, preposition text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    member record;
BEGIN
    IF apply_bundle.role IS NULL OR NOT EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = apply_bundle.role)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_object',
            MESSAGE = 'role does not exist',
            DETAIL = 'The argument role names no role of this cluster.',
            HINT = 'CREATE ROLE it first; PUBLIC is no role and gets no bundle.';
    END IF;
    IF NOT EXISTS (SELECT FROM access_token.bundle_member AS m WHERE m.bundle = apply_bundle.bundle COLLATE "C") THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'unknown bundle',
            DETAIL = 'The argument what names no bundle of privileges.',
            HINT = (SELECT 'Bundles: ' || string_agg(DISTINCT m.bundle, ', ')
                    FROM access_token.bundle_member AS m);
    END IF;
    FOR member IN
        SELECT access_token.bundle_object(m.object) AS object
        FROM access_token.bundle_member AS m
        WHERE m.bundle = apply_bundle.bundle COLLATE "C"
          AND (apply_bundle.action = 'GRANT' OR NOT access_token.is_in_other_bundle(
                  m.object, m.bundle, apply_bundle.role))
    LOOP
        IF member.object IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = 'a member of the bundle does not exist',
                DETAIL = 'The table access_token.bundle_member names what is not in the catalog.',
                HINT = 'ALTER EXTENSION access_token UPDATE, or install the extension anew.';
        END IF;
        EXECUTE format('%s %s %s %s%s', apply_bundle.action, member.object, apply_bundle.preposition,
                       apply_bundle.role, CASE apply_bundle.action WHEN 'REVOKE' THEN ' CASCADE' END);
    END LOOP;
END
$function$;

COMMENT ON FUNCTION access_token.apply_bundle(text, regrole, text, text) IS
    'Internal: grants or revokes every member of a bundle';

CREATE FUNCTION access_token.grant_access(role regrole, what text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.apply_bundle(grant_access.what, grant_access.role, 'GRANT', 'TO');
    INSERT INTO access_token.granted_bundle (grantee, bundle)
    SELECT r.rolname, grant_access.what FROM pg_catalog.pg_roles AS r WHERE r.oid = grant_access.role
    ON CONFLICT ON CONSTRAINT granted_bundle_pkey DO NOTHING;
END
$function$;

COMMENT ON FUNCTION access_token.grant_access(regrole, text) IS
    'Grants a role a bundle: issuer, verifier, subject, postgrest, toolbox or admin';

/* It never grants: a record may be older than the role that has its name today. */
CREATE FUNCTION access_token.revoke_access(role regrole, what text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.apply_bundle(revoke_access.what, revoke_access.role, 'REVOKE', 'FROM');
    DELETE FROM access_token.granted_bundle AS g
    USING pg_catalog.pg_roles AS r
    WHERE r.oid = revoke_access.role AND g.grantee = r.rolname
      AND g.bundle = revoke_access.what COLLATE "C";
END
$function$;

COMMENT ON FUNCTION access_token.revoke_access(regrole, text) IS
    'Takes a bundle back from a role; its other bundles stay whole';
