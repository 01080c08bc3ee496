/*
 * Changes of what backends cache are announced by triggers: by row, because statement triggers never
 * fire on a logical subscriber, and ENABLE ALWAYS, because its row triggers fire only then.
 *
 * Before the change as well as after it: a statement may look at what it has changed and then fail,
 * before its AFTER triggers fire; and what is looked at between a BEFORE trigger and the change is old.
 */

CREATE FUNCTION access_token.invalidate_key_cache()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_invalidate_key_cache';

COMMENT ON FUNCTION access_token.invalidate_key_cache() IS
    'Trigger: announces to all sessions that keys have changed';

/*
 * pg_write_all_data may write any table; here it could turn a public key into a secret one. Only the
 * owner writes, and who acts as the owner: functions, foreign keys, a restore. Logical apply fires no
 * statement triggers.
 */
CREATE FUNCTION access_token.guard_table()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_guard_table';

COMMENT ON FUNCTION access_token.guard_table() IS
    'Trigger: refuses writes by any role that is not the owner of the table';

-- check_installation looks for these triggers on the same tables.
DO $triggers$
DECLARE
    cached text;
    moment text;
BEGIN
    FOREACH cached IN ARRAY ARRAY['tenant', 'api_key', 'signing_key', 'client', 'root_key'] LOOP
        FOREACH moment IN ARRAY ARRAY['BEFORE', 'AFTER'] LOOP
            EXECUTE pg_catalog.format(
                'CREATE TRIGGER %3$I %2$s INSERT OR UPDATE OR DELETE ON access_token.%1$I'
                ' FOR EACH ROW EXECUTE FUNCTION access_token.invalidate_key_cache();'
                'CREATE TRIGGER %4$I %2$s TRUNCATE ON access_token.%1$I'
                ' FOR EACH STATEMENT EXECUTE FUNCTION access_token.invalidate_key_cache();'
                'ALTER TABLE access_token.%1$I ENABLE ALWAYS TRIGGER %3$I;'
                'ALTER TABLE access_token.%1$I ENABLE ALWAYS TRIGGER %4$I;'
                'COMMENT ON TRIGGER %3$I ON access_token.%1$I IS'
                ' ''Must stay ENABLE ALWAYS: without it sessions would use keys that have changed'';'
                'COMMENT ON TRIGGER %4$I ON access_token.%1$I IS'
                ' ''Must stay ENABLE ALWAYS: without it sessions would use keys that are gone'';',
                cached, moment, 'invalidate_key_cache_' || pg_catalog.lower(moment),
                'invalidate_key_cache_' || pg_catalog.lower(moment) || '_truncate');
        END LOOP;
    END LOOP;
END
$triggers$;

-- Every table, with no list of them that a new one could be missing from.
DO $guards$
DECLARE
    guarded name;
BEGIN
    FOR guarded IN
        SELECT c.relname FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace OPERATOR(pg_catalog.=) 'access_token'::pg_catalog.regnamespace
          AND c.relkind OPERATOR(pg_catalog.=) 'r'
        ORDER BY c.oid
    LOOP
        EXECUTE pg_catalog.format(
            'CREATE TRIGGER guard_table BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'
            ' ON access_token.%1$I FOR EACH STATEMENT EXECUTE FUNCTION access_token.guard_table();'
            'ALTER TABLE access_token.%1$I ENABLE ALWAYS TRIGGER guard_table;'
            'COMMENT ON TRIGGER guard_table ON access_token.%1$I IS'
            ' ''Refuses writes by any role that is not the owner'';',
            guarded);
    END LOOP;
END
$guards$;
