/*
 * access_token: the extension script, put together from the parts in src/sql/install by the Makefile.
 *
 * Every name is qualified; functions pin their search_path; parameters of functions are qualified by
 * the function's name, because a bare parameter that shares a column's name matches every row.
 */
\echo Use "CREATE EXTENSION access_token" to load this file. \quit

/*
 * A schema of this name that stood here before may hold what its owner planted, and whoever may
 * create in it can plant more later.
 */
DO $check_schema$
DECLARE
    schema_oid pg_catalog.oid;
    schema_owner pg_catalog.oid;
BEGIN
    SELECT n.oid, n.nspowner INTO STRICT schema_oid, schema_owner
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'access_token';

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r
        WHERE r.oid OPERATOR(pg_catalog.=) schema_owner
          AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) CURRENT_USER)
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'schema access_token is owned by another role',
            DETAIL = 'Its owner, who is no superuser, could plant functions in it.',
            HINT = 'Drop or rename the schema, then run CREATE EXTENSION again.';
    END IF;

    IF EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace OPERATOR(pg_catalog.=) schema_oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_proc AS p WHERE p.pronamespace OPERATOR(pg_catalog.=) schema_oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.typnamespace OPERATOR(pg_catalog.=) schema_oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_operator AS o WHERE o.oprnamespace OPERATOR(pg_catalog.=) schema_oid)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'schema access_token is not empty',
            DETAIL = 'It holds objects that are not part of the extension.',
            HINT = 'Drop or rename the schema, then run CREATE EXTENSION again.';
    END IF;

    IF EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
        WHERE n.oid OPERATOR(pg_catalog.=) schema_oid
          AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'
          AND a.grantee OPERATOR(pg_catalog.<>) schema_owner
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'others may create objects in schema access_token',
            DETAIL = 'A role that is not its owner holds CREATE on it.',
            HINT = 'REVOKE CREATE ON SCHEMA access_token from it, or drop the schema.';
    END IF;
END
$check_schema$;

COMMENT ON SCHEMA access_token IS 'Token authority: API keys, tokens and their verification';

-- decode_token is open to everybody, so the schema must be within everybody's reach.
GRANT USAGE ON SCHEMA access_token TO PUBLIC;
