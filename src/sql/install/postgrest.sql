/*
 * For PostgREST: db-pre-request, db-pre-config, and the word that its configuration has changed. Tenant
 * and audience come from settings that only a superuser gives a role.
 */

CREATE FUNCTION access_token.postgrest_pre_request()
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_postgrest_pre_request';

COMMENT ON FUNCTION access_token.postgrest_pre_request() IS
    'For db-pre-request: verifies the request''s bearer token and binds its subject to the transaction';

CREATE FUNCTION access_token.postgrest_tenant()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_postgrest_tenant';

COMMENT ON FUNCTION access_token.postgrest_tenant() IS
    'Internal: access_token.postgrest_tenant as the loaded library knows it; NULL when it is empty';

CREATE FUNCTION access_token.postgrest_jwks()
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE
        WHEN access_token.postgrest_tenant() IS NOT NULL
        THEN access_token.jwks(access_token.postgrest_tenant())
        ELSE jsonb_build_object('keys', coalesce(
            (SELECT jsonb_agg(k.key)
             FROM (SELECT t.tenant_id FROM access_token.tenant AS t ORDER BY t.tenant_id) AS t,
                  LATERAL jsonb_array_elements(access_token.jwks(t.tenant_id) -> 'keys') AS k (key)), '[]'))
    END
$function$;

COMMENT ON FUNCTION access_token.postgrest_jwks() IS
    'Internal: the key set of access_token.postgrest_tenant, or of all tenants';

CREATE FUNCTION access_token.postgrest_config()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM set_config('pgrst.jwt_secret', access_token.postgrest_jwks()::text, true);
END
$function$;

COMMENT ON FUNCTION access_token.postgrest_config() IS
    'For db-pre-config: sets pgrst.jwt_secret to the public keys, until the transaction ends';

CREATE FUNCTION access_token.notify_postgrest()
RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM pg_notify('pgrst', 'reload config');
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION access_token.notify_postgrest() IS
    'Trigger: tells PostgREST, at commit, to read its configuration again';
