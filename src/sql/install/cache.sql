/*
 * Changes of what backends cache are announced by triggers: by row, because statement triggers never
 * fire on a logical subscriber, and ENABLE ALWAYS, because its row triggers fire only then.
 */

CREATE FUNCTION access_token.invalidate_key_cache()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_invalidate_key_cache';

COMMENT ON FUNCTION access_token.invalidate_key_cache() IS
    'Trigger: announces to all sessions that keys have changed';

DO $triggers$
DECLARE
    cached text;
BEGIN
    FOREACH cached IN ARRAY ARRAY['tenant', 'api_key', 'api_key_secret', 'root_key'] LOOP
        EXECUTE pg_catalog.format(
            'CREATE TRIGGER invalidate_key_cache AFTER INSERT OR UPDATE OR DELETE'
            ' ON access_token.%1$I FOR EACH ROW EXECUTE FUNCTION access_token.invalidate_key_cache();'
            'CREATE TRIGGER invalidate_key_cache_truncate AFTER TRUNCATE'
            ' ON access_token.%1$I FOR EACH STATEMENT EXECUTE FUNCTION access_token.invalidate_key_cache();'
            'ALTER TABLE access_token.%1$I ENABLE ALWAYS TRIGGER invalidate_key_cache;'
            'ALTER TABLE access_token.%1$I ENABLE ALWAYS TRIGGER invalidate_key_cache_truncate;'
            'COMMENT ON TRIGGER invalidate_key_cache ON access_token.%1$I IS'
            ' ''Must stay ENABLE ALWAYS: without it sessions would use keys that have changed'';'
            'COMMENT ON TRIGGER invalidate_key_cache_truncate ON access_token.%1$I IS'
            ' ''Must stay ENABLE ALWAYS: without it sessions would use keys that are gone'';',
            cached);
    END LOOP;
END
$triggers$;
