/* Tenants. */

CREATE FUNCTION access_token.raise_unknown_tenant()
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'undefined_object',
        MESSAGE = 'tenant does not exist',
        DETAIL = 'No tenant has the given id.',
        HINT = 'See the view access_token.tenants; ids are case-sensitive.';
END
$function$;

COMMENT ON FUNCTION access_token.raise_unknown_tenant() IS 'Internal: raises 42704';

CREATE FUNCTION access_token.tenant_max_token_lifetime(tenant_id text)
RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    lifetime integer;
BEGIN
    SELECT t.max_token_lifetime INTO lifetime
    FROM access_token.tenant AS t WHERE t.tenant_id = tenant_max_token_lifetime.tenant_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
    RETURN lifetime;
END
$function$;

COMMENT ON FUNCTION access_token.tenant_max_token_lifetime(text) IS
    'Internal: max_token_lifetime of a tenant; raises 42704 without it';

CREATE FUNCTION access_token.check_issuer(issuer text, setting text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF check_issuer.issuer IS NOT NULL AND (
        length(check_issuer.issuer) > 255
        OR check_issuer.issuer COLLATE "C" !~ '^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~!$&''()*+,;=:@%/-]*)?$')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('%s is not valid', check_issuer.setting),
            DETAIL = 'An issuer is an https URL of at most 255 characters, without query and fragment '
                     '(RFC 8414 section 2).',
            HINT = 'For example https://login.example.com';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.check_issuer(text, text) IS
    'Internal: raises 22023 for an issuer that is no https URL';

/* Takes the issuers of a tenant, and gives back those that it has no longer. */
CREATE FUNCTION access_token.claim_issuers(tenant_id text, issuers text[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    DELETE FROM access_token.tenant_issuer AS i
    WHERE i.tenant_id = claim_issuers.tenant_id COLLATE "C"
      AND i.issuer <> ALL (array_remove(claim_issuers.issuers COLLATE "C", NULL));
    INSERT INTO access_token.tenant_issuer (issuer, tenant_id)
    SELECT DISTINCT w.issuer COLLATE "C", claim_issuers.tenant_id
    FROM unnest(claim_issuers.issuers) AS w (issuer)
    WHERE w.issuer IS NOT NULL
    ON CONFLICT ON CONSTRAINT tenant_issuer_pkey DO NOTHING;
    -- Not whether another has one: who had it when we met its row may have given it back by now.
    IF EXISTS (
        SELECT FROM unnest(claim_issuers.issuers) AS w (issuer)
        WHERE w.issuer IS NOT NULL AND NOT EXISTS (
            SELECT FROM access_token.tenant_issuer AS i
            WHERE i.issuer = w.issuer COLLATE "C" AND i.tenant_id = claim_issuers.tenant_id COLLATE "C"))
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'issuer belongs to another tenant',
            DETAIL = 'Whoever verifies a token tells tenants apart by their issuers.',
            HINT = 'See the view access_token.tenants.';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.claim_issuers(text, text[]) IS
    'Internal: makes these the issuers of a tenant; raises 42710 for one of another tenant';

CREATE FUNCTION access_token.create_tenant(
    name text, tenant_id text DEFAULT NULL, issuer text DEFAULT NULL, default_issuer text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    new_id text COLLATE "C" := coalesce(create_tenant.tenant_id, gen_random_uuid()::text);
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_name(create_tenant.name);
    PERFORM access_token.check_id(new_id, 'tenant_id');
    PERFORM access_token.check_issuer(create_tenant.issuer, 'issuer');
    PERFORM access_token.check_issuer(create_tenant.default_issuer, 'default_issuer');

    INSERT INTO access_token.tenant (tenant_id, name, issuer, default_issuer)
    VALUES (new_id, create_tenant.name, create_tenant.issuer, create_tenant.default_issuer)
    ON CONFLICT ON CONSTRAINT tenant_pkey DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'tenant exists already',
            DETAIL = 'A tenant has the given id.',
            HINT = 'See the view access_token.tenants.';
    END IF;
    PERFORM access_token.claim_issuers(new_id, ARRAY[create_tenant.issuer, create_tenant.default_issuer]);
    RETURN new_id;
END
$function$;

COMMENT ON FUNCTION access_token.create_tenant(text, text, text, text) IS
    'Makes a tenant and returns its id, a UUID unless given; issuers are https URLs (RFC 8414)';

CREATE FUNCTION access_token.update_tenant(tenant_id text, settings jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    tenant access_token.tenant%ROWTYPE;
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_settings(
        update_tenant.settings,
        '{"name": "string", "issuer": "string?", "default_issuer": "string?", "max_token_lifetime": "integer"}'::jsonb);
    SELECT t.* INTO tenant FROM access_token.tenant AS t
    WHERE t.tenant_id = update_tenant.tenant_id COLLATE "C" FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
    tenant := jsonb_populate_record(tenant, update_tenant.settings);

    PERFORM access_token.check_name(tenant.name);
    PERFORM access_token.check_issuer(tenant.issuer, 'issuer');
    PERFORM access_token.check_issuer(tenant.default_issuer, 'default_issuer');
    PERFORM access_token.check_lifetime(tenant.max_token_lifetime, 'max_token_lifetime', 172800);

    UPDATE access_token.tenant AS t
    SET name = tenant.name, issuer = tenant.issuer, default_issuer = tenant.default_issuer,
        max_token_lifetime = tenant.max_token_lifetime,
        -- as in update_api_key
        tokens_revoked_cap = greatest(t.tokens_revoked_cap, CASE
            WHEN t.max_token_lifetime > tenant.max_token_lifetime THEN t.max_token_lifetime END)
    WHERE t.tenant_id = update_tenant.tenant_id COLLATE "C";
    PERFORM access_token.claim_issuers(
        update_tenant.tenant_id, ARRAY[tenant.issuer, tenant.default_issuer]);
END
$function$;

COMMENT ON FUNCTION access_token.update_tenant(text, jsonb) IS
    'Changes a tenant: name, issuer, default_issuer, max_token_lifetime (seconds, at most 172800)';

CREATE FUNCTION access_token.delete_tenant(tenant_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    DELETE FROM access_token.tenant AS t WHERE t.tenant_id = delete_tenant.tenant_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
EXCEPTION
    WHEN foreign_key_violation THEN
        RAISE EXCEPTION USING
            ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = 'tenant is not empty',
            DETAIL = 'It still has API keys, clients or signing keys.',
            HINT = 'Switch it off with access_token.set_tenant_enabled; then delete its API keys and clients, and '
                   'revoke and delete its signing keys.';
END
$function$;

COMMENT ON FUNCTION access_token.delete_tenant(text) IS 'Deletes a tenant that has no keys and clients left';

CREATE FUNCTION access_token.set_tenant_enabled(tenant_id text, enabled boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_not_null(set_tenant_enabled.enabled, 'enabled');
    UPDATE access_token.tenant AS t
    SET disabled_at = CASE WHEN NOT set_tenant_enabled.enabled
                           THEN coalesce(t.disabled_at, clock_timestamp()) END
    WHERE t.tenant_id = set_tenant_enabled.tenant_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.set_tenant_enabled(text, boolean) IS
    'Switches a tenant off or on; in force for every session at its next statement';
