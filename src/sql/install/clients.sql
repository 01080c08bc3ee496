/* Clients of a tenant: applications that get tokens for themselves, signed with the tenant's keys. */

CREATE FUNCTION access_token.raise_unknown_client()
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'undefined_object',
        MESSAGE = 'client does not exist',
        DETAIL = 'No client has the given id.',
        HINT = 'See the view access_token.clients; ids are case-sensitive.';
END
$function$;

COMMENT ON FUNCTION access_token.raise_unknown_client() IS 'Internal: raises 42704';

CREATE FUNCTION access_token.check_client_audience(audience text[])
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    word text COLLATE "C";
BEGIN
    IF check_client_audience.audience IS NULL OR array_ndims(check_client_audience.audience) > 1
       OR cardinality(check_client_audience.audience) > 32
       OR array_position(check_client_audience.audience, NULL) IS NOT NULL
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'audience is not valid',
            DETAIL = 'It is a plain list of at most 32 texts, none of them NULL.',
            HINT = 'Write a list like ARRAY[''https://api.example''], or ''{}'' for tokens without aud.';
    END IF;
    FOREACH word IN ARRAY check_client_audience.audience LOOP
        PERFORM access_token.check_utf8(word, 'audience');
        IF length(word) NOT BETWEEN 1 AND 255 THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_parameter_value',
                MESSAGE = 'audience is not valid',
                DETAIL = 'An audience has 1 to 255 characters.',
                HINT = 'It is what the resource server calls itself, often its URL.';
        END IF;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION access_token.check_client_audience(text[]) IS
    'Internal: raises 22023 for what is no list of audiences';

/* Lays settings over a row, and checks the row that results, before it is written. */
CREATE FUNCTION access_token.apply_client_settings(client access_token.client, settings jsonb, spec jsonb)
RETURNS access_token.client
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    result access_token.client%ROWTYPE;
BEGIN
    PERFORM access_token.check_settings(apply_client_settings.settings, apply_client_settings.spec);
    result := jsonb_populate_record(apply_client_settings.client, apply_client_settings.settings);
    result.algorithm := access_token.canonical_algorithm(result.algorithm);
    PERFORM access_token.check_name(result.name);
    PERFORM access_token.check_client_audience(result.audience);
    PERFORM access_token.check_lifetime(result.lifetime, 'lifetime', 172800);
    PERFORM access_token.check_permissions(result.allowed_scopes, result.allowed_roles);
    IF result.algorithm COLLATE "C" NOT IN (
        'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'algorithm is not supported',
            DETAIL = 'A client''s tokens are signed with RS256 to RS512, PS256 to PS512, ES256 to ES512 or EdDSA.',
            HINT = 'Names are case-sensitive.';
    END IF;
    RETURN result;
END
$function$;

COMMENT ON FUNCTION access_token.apply_client_settings(access_token.client, jsonb, jsonb) IS
    'Internal: a client with settings laid over it, or 22023';

/* A token can be made, and the key after the one that makes it is published already. */
CREATE FUNCTION access_token.ensure_signing_keys(tenant_id text, algorithm text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    states text[] COLLATE "C";
BEGIN
    PERFORM access_token.lock_tenant_keys(ensure_signing_keys.tenant_id);
    states := ARRAY(
        SELECT k.state FROM access_token.signing_key AS k
        WHERE k.tenant_id = ensure_signing_keys.tenant_id COLLATE "C"
          AND k.algorithm = ensure_signing_keys.algorithm COLLATE "C");
    IF 'current' <> ALL (states) THEN
        PERFORM access_token.rotate_signing_key(ensure_signing_keys.tenant_id, ensure_signing_keys.algorithm);
    ELSIF 'next' <> ALL (states) THEN
        PERFORM access_token.create_signing_key(
            ensure_signing_keys.tenant_id, ensure_signing_keys.algorithm,
            access_token.rsa_bits_in_use(ensure_signing_keys.tenant_id, ensure_signing_keys.algorithm));
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.ensure_signing_keys(text, text) IS
    'Internal: makes the current and the next signing key of an algorithm where they are missing';

CREATE FUNCTION access_token.create_client(
    tenant_id text, name text, audience text[] DEFAULT '{}', settings jsonb DEFAULT '{}', id text DEFAULT NULL)
RETURNS TABLE (client_id text, client_secret text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    new_client access_token.client%ROWTYPE;
BEGIN
    PERFORM access_token.check_primary();
    new_client.client_id := coalesce(create_client.id, gen_random_uuid()::text);
    new_client.tenant_id := create_client.tenant_id;
    new_client.name := create_client.name;
    new_client.audience := create_client.audience;
    new_client.algorithm := 'RS256';
    new_client.lifetime := 3600;
    new_client.allowed_roles := '{}';
    new_client.created_at := clock_timestamp();
    PERFORM access_token.check_id(new_client.client_id, 'id');
    new_client := access_token.apply_client_settings(
        new_client, create_client.settings,
        '{"lifetime": "integer", "algorithm": "string", "allowed_scopes": "strings?", "allowed_roles": "strings"}');

    PERFORM FROM access_token.tenant AS t WHERE t.tenant_id = create_client.tenant_id COLLATE "C" FOR KEY SHARE;
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
    INSERT INTO access_token.client SELECT new_client.* ON CONFLICT ON CONSTRAINT client_pkey DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'client exists already',
            DETAIL = 'A client has the given id.',
            HINT = 'Ids are unique across tenants; leave id away to have a UUID made.';
    END IF;
    PERFORM access_token.ensure_signing_keys(new_client.tenant_id, new_client.algorithm);
    create_client.client_id := new_client.client_id;
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION access_token.create_client(text, text, text[], jsonb, text) IS
    'Makes a client, and the signing keys that it needs; client_secret is NULL';

CREATE FUNCTION access_token.update_client(client_id text, settings jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    client access_token.client%ROWTYPE;
BEGIN
    PERFORM access_token.check_primary();
    SELECT c.* INTO client FROM access_token.client AS c
    WHERE c.client_id = update_client.client_id COLLATE "C" FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_client();
    END IF;
    client := access_token.apply_client_settings(
        client, update_client.settings,
        '{"name": "string", "audience": "strings", "lifetime": "integer", "algorithm": "string",
          "allowed_scopes": "strings?", "allowed_roles": "strings"}');

    UPDATE access_token.client AS c
    SET name = client.name, audience = client.audience, lifetime = client.lifetime,
        algorithm = client.algorithm, allowed_scopes = client.allowed_scopes,
        allowed_roles = client.allowed_roles
    WHERE c.client_id = update_client.client_id COLLATE "C";
    PERFORM access_token.ensure_signing_keys(client.tenant_id, client.algorithm);
END
$function$;

COMMENT ON FUNCTION access_token.update_client(text, jsonb) IS
    'Changes a client: name, audience, lifetime, algorithm, allowed_scopes, allowed_roles';

CREATE FUNCTION access_token.set_client_enabled(client_id text, enabled boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_not_null(set_client_enabled.enabled, 'enabled');
    UPDATE access_token.client AS c
    SET disabled_at = CASE WHEN NOT set_client_enabled.enabled
                           THEN coalesce(c.disabled_at, clock_timestamp()) END
    WHERE c.client_id = set_client_enabled.client_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_client();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.set_client_enabled(text, boolean) IS
    'Switches a client off or on; in force for every session at its next statement';

CREATE FUNCTION access_token.delete_client(client_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    DELETE FROM access_token.client AS c WHERE c.client_id = delete_client.client_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_client();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.delete_client(text) IS
    'Deletes a client; its tokens are refused from then on';

CREATE FUNCTION access_token.issue_client_token(
    tenant_id text, client_id text, expires_in integer DEFAULT NULL, use_jwt_type boolean DEFAULT false,
    audience_as_array boolean DEFAULT false, force_default_domain boolean DEFAULT false,
    scope text DEFAULT NULL, claims jsonb DEFAULT NULL)
RETURNS TABLE (access_token text, expires_at timestamp with time zone, type text)
LANGUAGE c VOLATILE PARALLEL SAFE ROWS 1
AS 'MODULE_PATHNAME', 'access_token_issue_client_token';

COMMENT ON FUNCTION access_token.issue_client_token(text, text, integer, boolean, boolean, boolean, text, jsonb) IS
    'A token for a client itself (RFC 9068), signed with the tenant''s current key; expires_in is in seconds';
