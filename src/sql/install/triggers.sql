/*
 * Changes of what backends cache are announced by triggers: by row, because statement triggers never
 * fire on a logical subscriber, and ENABLE ALWAYS, because its row triggers fire only then.
 *
 * Before the change as well as after it: a statement may look at what it has changed and then fail,
 * before its AFTER triggers fire; and what is looked at between a BEFORE trigger and the change is old.
 *
 * By row and ALWAYS for PostgREST, too: a logical subscriber tells its own one, and a transaction once.
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

/*
 * The one list of triggers: they are made from it below, check_installation looks for them, and its hint makes one
 * anew. guard_table is on every table, with no list that a new one could be missing from.
 */
CREATE VIEW access_token.required_trigger AS
WITH required AS (
    SELECT t.table_name, 'invalidate_key_cache' || k.kind AS trigger_name, k.fires, 'invalidate_key_cache' AS function_name,
           'Must stay ENABLE ALWAYS: without it sessions would use keys that ' || k.otherwise AS comment
    FROM pg_catalog.unnest(ARRAY['tenant', 'api_key', 'signing_key', 'client', 'root_key']) AS t (table_name)
    CROSS JOIN (VALUES
        ('_before', 'BEFORE INSERT OR UPDATE OR DELETE', 'have changed'), ('_before_truncate', 'BEFORE TRUNCATE', 'are gone'),
        ('_after', 'AFTER INSERT OR UPDATE OR DELETE', 'have changed'), ('_after_truncate', 'AFTER TRUNCATE', 'are gone')
    ) AS k (kind, fires, otherwise)
    UNION ALL
    SELECT c.relname::text, 'guard_table', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE', 'guard_table',
           'Refuses writes by any role that is not the owner'
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_depend AS d
        ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) c.oid
    WHERE c.relnamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace('access_token')
      AND c.relkind OPERATOR(pg_catalog.=) 'r' AND d.deptype OPERATOR(pg_catalog.=) 'e'
    UNION ALL
    SELECT 'signing_key', 'notify_postgrest', 'AFTER INSERT OR UPDATE OR DELETE', 'notify_postgrest',
           'Every change of keys sends NOTIFY pgrst, ''reload config'''
)
SELECT r.table_name COLLATE "C" AS table_name, r.trigger_name COLLATE "C" AS trigger_name, r.comment COLLATE "C" AS comment,
       ('access_token.' OPERATOR(pg_catalog.||) r.function_name) COLLATE "C" AS function_name,
       pg_catalog.format(
           'CREATE OR REPLACE TRIGGER %2$I %3$s ON access_token.%1$I FOR EACH %4$s EXECUTE FUNCTION access_token.%5$I();'
           ' ALTER TABLE access_token.%1$I ENABLE ALWAYS TRIGGER %2$I',
           r.table_name, r.trigger_name, r.fires,
           CASE WHEN r.fires OPERATOR(pg_catalog.~) 'TRUNCATE' THEN 'STATEMENT' ELSE 'ROW' END, r.function_name) COLLATE "C" AS made_by
FROM required AS r;

COMMENT ON VIEW access_token.required_trigger IS
    'Internal: the triggers that must be there and ENABLE ALWAYS, and what makes them so; granted to nobody';

DO $triggers$
DECLARE
    required record;
BEGIN
    FOR required IN SELECT * FROM access_token.required_trigger LOOP
        EXECUTE pg_catalog.format('%s; COMMENT ON TRIGGER %I ON access_token.%I IS %L',
                                  required.made_by, required.trigger_name, required.table_name, required.comment);
    END LOOP;
END
$triggers$;
