/* Checking arguments of the functions that write, before anything is written. */

CREATE FUNCTION access_token.check_primary()
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'TK012',
            MESSAGE = 'the primary is needed',
            DETAIL = 'This server is a standby; it issues and verifies tokens, but cannot write.',
            HINT = 'Run the function on the primary; the change arrives here by replication.';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.check_primary() IS 'Internal: raises TK012 on a standby';

CREATE FUNCTION access_token.check_utf8(value text, argument text)
RETURNS void
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_check_utf8';

COMMENT ON FUNCTION access_token.check_utf8(text, text) IS
    'Internal: raises 22023 for text that cannot be written as UTF-8 (SQL_ASCII)';

/*
 * spec names the allowed members and their types: string, integer, strings (an array), timestamp;
 * a type that ends in ? also takes null.
 */
CREATE FUNCTION access_token.check_settings(settings jsonb, spec jsonb)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    member record;
    expected text COLLATE "C";
BEGIN
    IF check_settings.settings IS NULL OR jsonb_typeof(check_settings.settings) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'settings is not an object',
            DETAIL = 'The argument settings must be a JSON object.',
            HINT = access_token.allowed_settings(check_settings.spec);
    END IF;
    FOR member IN SELECT s.key, s.value FROM jsonb_each(check_settings.settings) AS s LOOP
        expected := check_settings.spec ->> member.key;
        IF expected IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_parameter_value',
                MESSAGE = 'unknown setting',
                DETAIL = 'The object settings has a member that is no setting here.',
                HINT = access_token.allowed_settings(check_settings.spec);
        END IF;
        IF NOT access_token.has_setting_type(member.value, expected) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_parameter_value',
                MESSAGE = format('setting "%s" has the wrong type', member.key),
                DETAIL = format('It must be of type %s.', replace(rtrim(expected, '?'), 'timestamp', 'timestamp with time zone')),
                HINT = access_token.allowed_settings(check_settings.spec);
        END IF;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION access_token.check_settings(jsonb, jsonb) IS
    'Internal: raises 22023 for a member of settings that spec does not allow';

CREATE FUNCTION access_token.allowed_settings(spec jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'Allowed: ' || string_agg(format('%s (%s)', s.key, s.value #>> '{}'), ', ' ORDER BY s.key)
           || '; a ? after the type means that null is allowed.'
    FROM jsonb_each(allowed_settings.spec) AS s
$function$;

COMMENT ON FUNCTION access_token.allowed_settings(jsonb) IS
    'Internal: a hint that names the allowed settings and their types';

CREATE FUNCTION access_token.has_setting_type(value jsonb, expected text)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE
        WHEN jsonb_typeof(has_setting_type.value) = 'null' THEN has_setting_type.expected COLLATE "C" LIKE '%?'
        WHEN has_setting_type.expected COLLATE "C" LIKE 'strings%' THEN
            jsonb_typeof(has_setting_type.value) = 'array' AND NOT EXISTS (
                SELECT FROM jsonb_array_elements(
                    CASE WHEN jsonb_typeof(has_setting_type.value) = 'array'
                         THEN has_setting_type.value ELSE '[]' END) AS e
                WHERE jsonb_typeof(e.value) <> 'string')
        WHEN has_setting_type.expected COLLATE "C" LIKE 'string%' THEN
            jsonb_typeof(has_setting_type.value) = 'string'
        WHEN has_setting_type.expected COLLATE "C" LIKE 'integer%' THEN
            jsonb_typeof(has_setting_type.value) = 'number'
            AND has_setting_type.value #>> '{}' ~ '^-?[0-9]{1,9}$'
        WHEN has_setting_type.expected COLLATE "C" LIKE 'timestamp%' THEN
            jsonb_typeof(has_setting_type.value) = 'string'
            AND has_setting_type.value #>> '{}' ~
                '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'
        ELSE false
    END
$function$;

COMMENT ON FUNCTION access_token.has_setting_type(jsonb, text) IS
    'Internal: whether a member of settings has the expected type; a timestamp has a time zone';

CREATE FUNCTION access_token.check_id(id text, what text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF check_id.id IS NULL OR check_id.id COLLATE "C" !~ '^[A-Za-z0-9_-]{1,128}$' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('%s is not valid', check_id.what),
            DETAIL = 'An id has 1 to 128 characters A-Z, a-z, 0-9, underscore and hyphen.',
            HINT = 'Leave it away to have a UUID made.';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.check_id(text, text) IS 'Internal: raises 22023 for an id of another form';

CREATE FUNCTION access_token.check_name(name text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF check_name.name IS NULL OR length(check_name.name) NOT BETWEEN 1 AND 255 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'name is not valid',
            DETAIL = 'A name has 1 to 255 characters.',
            HINT = 'Pass what people call it; it need not be unique.';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.check_name(text) IS 'Internal: raises 22023 for an empty or overlong name';

CREATE FUNCTION access_token.check_not_null(value boolean, argument text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF check_not_null.value IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'null_value_not_allowed',
            MESSAGE = format('%s must not be NULL', check_not_null.argument),
            DETAIL = 'NULL is neither true nor false.',
            HINT = 'Pass true or false.';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.check_not_null(boolean, text) IS 'Internal: raises 22004 for NULL';

CREATE FUNCTION access_token.check_lifetime(seconds integer, setting text, most integer)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF check_lifetime.seconds IS NULL OR check_lifetime.seconds NOT BETWEEN 1 AND check_lifetime.most THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('%s is out of range', check_lifetime.setting),
            DETAIL = format('It must be 1 to %s seconds.', check_lifetime.most),
            HINT = 'No token lives longer than 172800 seconds, and none longer than its key allows.';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.check_lifetime(integer, text, integer) IS
    'Internal: raises 22023 for a lifetime below 1 second or above the given one';

/* The settings allowed_scopes and allowed_roles, of API keys and clients alike. */
CREATE FUNCTION access_token.check_permissions(allowed_scopes text[], allowed_roles text[])
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    word text COLLATE "C";
BEGIN
    FOREACH word IN ARRAY coalesce(check_permissions.allowed_scopes, '{}') LOOP
        IF word !~ '^[]!#-[^-~]{1,255}$' OR word = 'public' THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_parameter_value',
                MESSAGE = 'allowed_scopes is not valid',
                DETAIL = 'A scope has 1 to 255 printable ASCII characters, no space, quote or backslash '
                         '(RFC 6749 section 3.3), and public is for public keys alone.',
                HINT = 'Write a list like ["read", "write"], or null for every scope but the reserved.';
        END IF;
    END LOOP;
    FOREACH word IN ARRAY check_permissions.allowed_roles LOOP
        PERFORM access_token.check_utf8(word, 'allowed_roles');
        IF octet_length(word) NOT BETWEEN 1 AND 63 THEN
            RAISE EXCEPTION USING
                ERRCODE = 'invalid_parameter_value',
                MESSAGE = 'allowed_roles is not valid',
                DETAIL = 'A role''s name has 1 to 63 bytes.',
                HINT = 'Write a list like ["web_user"].';
        END IF;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION access_token.check_permissions(text[], text[]) IS
    'Internal: raises 22023 for scopes and roles that a token cannot carry';
