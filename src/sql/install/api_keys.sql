/* API keys. */

CREATE FUNCTION access_token.raise_unknown_api_key()
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'undefined_object',
        MESSAGE = 'API key does not exist',
        DETAIL = 'No API key has the given id.',
        HINT = 'See the view access_token.api_keys; ids are case-sensitive.';
END
$function$;

COMMENT ON FUNCTION access_token.raise_unknown_api_key() IS 'Internal: raises 42704';

/* Lays settings over a row, and checks the row that results, before it is written. */
CREATE FUNCTION access_token.apply_api_key_settings(api_key access_token.api_key, settings jsonb)
RETURNS access_token.api_key
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    result access_token.api_key%ROWTYPE;
BEGIN
    PERFORM access_token.check_settings(
        apply_api_key_settings.settings,
        '{"name": "string", "token_lifetime": "integer", "max_token_lifetime": "integer",
          "content_type": "string", "allowed_scopes": "strings?", "allowed_roles": "strings",
          "expires_at": "timestamp?"}'::jsonb);
    BEGIN
        result := jsonb_populate_record(apply_api_key_settings.api_key, apply_api_key_settings.settings);
    EXCEPTION
        WHEN datetime_field_overflow OR invalid_datetime_format OR invalid_time_zone_displacement_value THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_parameter_value',
                MESSAGE = 'setting "expires_at" is not valid',
                DETAIL = 'There is no such date or time.',
                HINT = 'Write it like 2030-12-31T23:59:59Z.';
    END;

    PERFORM access_token.check_name(result.name);
    PERFORM access_token.check_lifetime(result.max_token_lifetime, 'max_token_lifetime', 172800);
    PERFORM access_token.check_lifetime(result.token_lifetime, 'token_lifetime', result.max_token_lifetime);
    IF result.content_type !~ '^[]!#-[^-~][] !#-[^-~]{0,126}$' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'content_type is not valid',
            DETAIL = 'It has 1 to 127 printable ASCII characters, no quote, no backslash and no leading space.',
            HINT = 'It is what the header of every token of this key says in cty.';
    END IF;
    PERFORM access_token.check_permissions(result.allowed_scopes, result.allowed_roles);
    RETURN result;
END
$function$;

COMMENT ON FUNCTION access_token.apply_api_key_settings(access_token.api_key, jsonb) IS
    'Internal: an API key with settings laid over it, or 22023';

/* A key with a new secret in the place of the current one; the secret is shown once. Writes nothing. */
CREATE FUNCTION access_token.renew_api_key_secret(
    INOUT api_key access_token.api_key, imported_secret text, OUT secret text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    made record;
BEGIN
    renew_api_key_secret.api_key.current_secret_id := gen_random_uuid()::text;
    made := access_token.new_api_key_secret(
        renew_api_key_secret.api_key.current_secret_id, renew_api_key_secret.api_key.api_key_id,
        renew_api_key_secret.api_key.algorithm, renew_api_key_secret.imported_secret);
    renew_api_key_secret.api_key.current_sealed_secret := made.sealed_secret;
    renew_api_key_secret.api_key.current_last_four := made.last_four;
    renew_api_key_secret.api_key.current_created_at := clock_timestamp();
    renew_api_key_secret.secret := made.secret;
END
$function$;

COMMENT ON FUNCTION access_token.renew_api_key_secret(access_token.api_key, text) IS
    'Internal: an API key with a new current secret, sealed, and that secret';

CREATE FUNCTION access_token.create_api_key(
    tenant_id text, name text, public boolean DEFAULT false, algorithm text DEFAULT 'HS256',
    id text DEFAULT NULL, imported_secret text DEFAULT NULL, settings jsonb DEFAULT '{}')
RETURNS TABLE (api_key_id text, secret text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    new_key access_token.api_key%ROWTYPE;
    renewed record;
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_not_null(create_api_key.public, 'public');
    IF create_api_key.public AND create_api_key.imported_secret IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'a public API key takes no secret',
            DETAIL = 'Whoever knew the secret could sign what public keys promise never to say.',
            HINT = 'Leave imported_secret away.';
    END IF;
    IF create_api_key.algorithm IS NULL OR create_api_key.algorithm COLLATE "C" NOT IN ('HS256', 'HS384', 'HS512') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'algorithm is not supported',
            DETAIL = 'An API key signs with HS256, HS384 or HS512.',
            HINT = 'Names are case-sensitive.';
    END IF;

    new_key.api_key_id := coalesce(create_api_key.id, gen_random_uuid()::text);
    new_key.tenant_id := create_api_key.tenant_id;
    new_key.name := create_api_key.name;
    new_key.kind := CASE WHEN create_api_key.public THEN 'public' ELSE 'secret' END;
    new_key.algorithm := create_api_key.algorithm;
    new_key.content_type := 'parra-fpa;v=1';
    new_key.token_lifetime := 3600;
    new_key.max_token_lifetime := 86400;
    new_key.allowed_roles := '{}';
    new_key.created_at := clock_timestamp();
    PERFORM access_token.check_id(new_key.api_key_id, 'id');
    new_key := access_token.apply_api_key_settings(new_key, create_api_key.settings);

    PERFORM FROM access_token.tenant AS t WHERE t.tenant_id = create_api_key.tenant_id COLLATE "C" FOR KEY SHARE;
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
    renewed := access_token.renew_api_key_secret(new_key, create_api_key.imported_secret);
    new_key := renewed.api_key;
    INSERT INTO access_token.api_key SELECT new_key.* ON CONFLICT ON CONSTRAINT api_key_pkey DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'API key exists already',
            DETAIL = 'An API key has the given id.',
            HINT = 'Ids are unique across tenants; leave id away to have a UUID made.';
    END IF;

    create_api_key.api_key_id := new_key.api_key_id;
    create_api_key.secret := CASE new_key.kind WHEN 'secret' THEN renewed.secret END;
    RETURN NEXT;
END
$function$;

COMMENT ON FUNCTION access_token.create_api_key(text, text, boolean, text, text, text, jsonb) IS
    'Makes an API key; shows its secret this once, never that of a public key';

CREATE FUNCTION access_token.update_api_key(api_key_id text, settings jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    api_key access_token.api_key%ROWTYPE;
BEGIN
    PERFORM access_token.check_primary();
    SELECT k.* INTO api_key FROM access_token.api_key AS k
    WHERE k.api_key_id = update_api_key.api_key_id COLLATE "C" FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_api_key();
    END IF;
    api_key := access_token.apply_api_key_settings(api_key, update_api_key.settings);

    UPDATE access_token.api_key AS k
    SET name = api_key.name, content_type = api_key.content_type,
        token_lifetime = api_key.token_lifetime, max_token_lifetime = api_key.max_token_lifetime,
        -- Tokens without iat tell by exp alone when they were made: a cut-off must know that they lived longer.
        tokens_revoked_cap = greatest(k.tokens_revoked_cap, CASE
            WHEN k.max_token_lifetime > api_key.max_token_lifetime THEN k.max_token_lifetime END),
        allowed_scopes = api_key.allowed_scopes, allowed_roles = api_key.allowed_roles,
        expires_at = api_key.expires_at
    WHERE k.api_key_id = update_api_key.api_key_id COLLATE "C";
END
$function$;

COMMENT ON FUNCTION access_token.update_api_key(text, jsonb) IS
    'Changes an API key: name, token_lifetime, max_token_lifetime, content_type, allowed_scopes, allowed_roles, expires_at';

CREATE FUNCTION access_token.delete_api_key(api_key_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    DELETE FROM access_token.api_key AS k WHERE k.api_key_id = delete_api_key.api_key_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_api_key();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.delete_api_key(text) IS
    'Deletes an API key with its secrets; its tokens are refused from then on';

/* The new secret signs, the one that did verifies until its grace ends, and the one before that is gone. */
CREATE FUNCTION access_token.rotate_api_key(api_key_id text, grace interval DEFAULT '1 day')
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    api_key access_token.api_key%ROWTYPE;
    renewed record;
BEGIN
    PERFORM access_token.check_primary();
    IF rotate_api_key.grace IS NULL OR rotate_api_key.grace NOT BETWEEN '0' AND '366 days'::interval THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'grace is out of range',
            DETAIL = 'It must be 0 to 366 days.',
            HINT = 'For so long the old secret still verifies; 0 ends it at once.';
    END IF;
    SELECT k.* INTO api_key FROM access_token.api_key AS k
    WHERE k.api_key_id = rotate_api_key.api_key_id COLLATE "C" FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_api_key();
    END IF;

    renewed := access_token.renew_api_key_secret(api_key, NULL);
    api_key := renewed.api_key;
    UPDATE access_token.api_key AS k
    SET (previous_secret_id, previous_sealed_secret, previous_last_four, previous_created_at, previous_retires_at)
            = (SELECT k.current_secret_id, k.current_sealed_secret, k.current_last_four, k.current_created_at,
                      api_key.current_created_at + rotate_api_key.grace
               WHERE rotate_api_key.grace <> '0'),
        current_secret_id = api_key.current_secret_id, current_sealed_secret = api_key.current_sealed_secret,
        current_last_four = api_key.current_last_four, current_created_at = api_key.current_created_at
    WHERE k.api_key_id = rotate_api_key.api_key_id COLLATE "C";
    RETURN CASE api_key.kind WHEN 'secret' THEN renewed.secret END;
END
$function$;

COMMENT ON FUNCTION access_token.rotate_api_key(text, interval) IS
    'Gives an API key a new secret and returns it; the old one verifies until the grace ends';

CREATE FUNCTION access_token.set_api_key_enabled(api_key_id text, enabled boolean)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_not_null(set_api_key_enabled.enabled, 'enabled');
    UPDATE access_token.api_key AS k
    SET disabled_at = CASE WHEN NOT set_api_key_enabled.enabled
                           THEN coalesce(k.disabled_at, clock_timestamp()) END
    WHERE k.api_key_id = set_api_key_enabled.api_key_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_api_key();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.set_api_key_enabled(text, boolean) IS
    'Switches an API key off or on; in force for every session at its next statement';
