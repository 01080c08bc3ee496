/* What is unsafe about this installation; and, last in the script, the closing of all doors. */

CREATE FUNCTION access_token.check_installation()
RETURNS TABLE (finding text, hint text)
LANGUAGE sql STABLE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH secret (table_name, column_name) AS (
        VALUES ('api_key', 'current_sealed_secret'), ('api_key', 'previous_sealed_secret'),
               ('signing_key', 'sealed_private_key'), ('root_key', 'key')
    ), object AS (
        SELECT 'pg_catalog.pg_proc'::regclass AS classid, p.oid, p.oid::regprocedure::text AS name, p.proowner AS owner,
               coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) AS acl
        FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = to_regnamespace('access_token')
        UNION ALL
        SELECT 'pg_catalog.pg_class'::regclass, c.oid, c.oid::regclass::text, c.relowner, c.relacl
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = to_regnamespace('access_token') AND c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S', 'c')
        UNION ALL
        SELECT 'pg_catalog.pg_type'::regclass, t.oid, NULL, t.typowner, NULL
        FROM pg_catalog.pg_type AS t WHERE t.typnamespace = to_regnamespace('access_token') AND t.typtype IN ('d', 'e')
        UNION ALL
        SELECT 'pg_catalog.pg_operator'::regclass, p.oid, NULL, p.oprowner, NULL
        FROM pg_catalog.pg_operator AS p WHERE p.oprnamespace = to_regnamespace('access_token')
    )
    SELECT format('publication %I carries access_token.%I.%I', p.pubname, p.tablename, s.column_name),
           'Publish only what is no secret, by lists of columns; FOR ALL TABLES includes this one.'
    FROM pg_catalog.pg_publication_tables AS p
    JOIN secret AS s ON s.table_name = p.tablename AND s.column_name = ANY (p.attnames)
    WHERE p.schemaname = 'access_token'

    UNION ALL
    SELECT format('table access_token.%I lacks a trigger %I that is ENABLE ALWAYS', r.table_name, r.trigger_name),
           r.made_by || ';'
    FROM access_token.required_trigger AS r
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_trigger AS g
        WHERE g.tgrelid = to_regclass('access_token.' || r.table_name) AND g.tgname = r.trigger_name
          AND g.tgfoid = to_regproc(r.function_name) AND g.tgenabled = 'A')

    UNION ALL
    SELECT format('index access_token.%I is not valid', c.relname),
           format('REINDEX INDEX access_token.%I; without it keys, or revocations, cannot be looked up.', c.relname)
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'access_token' AND NOT (i.indisvalid AND i.indisready AND i.indislive)

    UNION ALL
    SELECT format('table access_token.%I lacks its %s index on %s', w.table_name, w.method, array_to_string(w.columns, ', ')),
           format('CREATE INDEX ON access_token.%I USING %s (%s); without it %s.',
                  w.table_name, w.method, array_to_string(w.columns, ', '),
                  CASE w.table_name WHEN 'revocation' THEN 'every token is refused' ELSE 'keys cannot be looked up' END)
    FROM (VALUES ('tenant', 'btree', '{tenant_id}'::text[], '{text}'::regtype[]), ('api_key', 'btree', '{api_key_id}', '{text}'),
                 ('api_key', 'hash', '{current_secret_id}', '{text}'), ('api_key', 'hash', '{previous_secret_id}', '{text}'),
                 ('signing_key', 'btree', '{kid}', '{text}'), ('signing_key', 'btree', '{tenant_id}', '{text}'),
                 ('client', 'btree', '{client_id}', '{text}'),
                 ('revocation', 'btree', '{lookup_key,value}', '{bigint,text}')) AS w (table_name, method, columns, types)
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
        JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
        WHERE i.indrelid = to_regclass('access_token.' || w.table_name) AND m.amname = w.method AND i.indpred IS NULL
          AND NOT EXISTS (
            SELECT FROM unnest(w.columns, w.types) WITH ORDINALITY AS k (column_name, type, position)
            LEFT JOIN pg_catalog.pg_attribute AS t
                ON t.attrelid = i.indrelid AND t.attnum = i.indkey[k.position - 1] AND t.attname = k.column_name
            LEFT JOIN pg_catalog.pg_opclass AS o
                ON o.oid = i.indclass[k.position - 1] AND o.opcdefault AND o.opcintype = k.type
            LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = i.indcollation[k.position - 1]
            WHERE t.attname IS NULL OR o.oid IS NULL OR l.collname <> 'C'))

    UNION ALL
    SELECT 'column access_token.revocation.lookup_key is not computed as it was made',
           'A revocation under another number is not found: dump the database, and restore the dump into a new one.'
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS t
        JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = t.attrelid AND d.adnum = t.attnum
        WHERE t.attrelid = to_regclass('access_token.revocation') AND t.attname = 'lookup_key' AND t.attgenerated = 's'
          AND pg_get_expr(d.adbin, d.adrelid) = 'access_token.revocation_lookup_key(tenant_id, kind, value)')

    UNION ALL
    SELECT format('role %s holds %s on %s, which no bundle of it gives',
                  coalesce(quote_ident(r.rolname), 'PUBLIC'), o.privilege_type, o.name),
           'REVOKE it: bundles are the only way in, see access_token.grant_access.'
    FROM (SELECT h.oid, h.name, a.grantee, a.privilege_type
          FROM object AS h
          CROSS JOIN LATERAL pg_catalog.aclexplode(h.acl) AS a
          WHERE a.grantee <> h.owner AND NOT (h.name LIKE 'access_token.decode_token(%' AND a.privilege_type = 'EXECUTE')
          UNION ALL
          SELECT h.oid, h.name || '.' || quote_ident(t.attname), a.grantee, 'column ' || a.privilege_type
          FROM object AS h
          JOIN pg_catalog.pg_attribute AS t ON h.classid = 'pg_catalog.pg_class'::regclass AND t.attrelid = h.oid
          CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) AS a
          WHERE a.grantee <> h.owner) AS o
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = o.grantee
    WHERE NOT EXISTS (
        SELECT FROM access_token.granted_bundle AS g
        JOIN access_token.bundle_member AS m ON m.bundle = g.bundle
        WHERE g.grantee = r.rolname AND o.privilege_type IN ('EXECUTE', 'SELECT')
          AND o.oid = CASE WHEN m.object LIKE 'FUNCTION %'
                           THEN to_regprocedure(substr(m.object, length('FUNCTION ') + 1))::oid
                           ELSE to_regclass(substr(m.object, length('TABLE ') + 1))::oid END)

    UNION ALL
    SELECT format('table access_token.%I has no row-level security', c.relname),
           format('ALTER TABLE access_token.%I ENABLE ROW LEVEL SECURITY.', c.relname)
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = to_regnamespace('access_token') AND c.relname IN ('root_key', 'bundle_member')
      AND NOT c.relrowsecurity

    UNION ALL
    SELECT format('table access_token.%I has a policy', p.tablename), 'Drop it: no row of it is for anybody.'
    FROM pg_catalog.pg_policies AS p
    WHERE p.schemaname = 'access_token' AND p.tablename IN ('root_key', 'bundle_member')

    UNION ALL
    SELECT format('column access_token.%I.%I is analyzed', c.relname, t.attname),
           format('ALTER TABLE access_token.%I ALTER COLUMN %I SET STATISTICS 0, then ANALYZE it.', c.relname, t.attname)
    FROM pg_catalog.pg_attribute AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.attrelid
    WHERE c.relnamespace = to_regnamespace('access_token')
      AND (c.relname, t.attname) IN (SELECT s.table_name, s.column_name FROM secret AS s)
      AND t.attstattarget IS DISTINCT FROM 0

    UNION ALL
    SELECT format('role %s may create objects in the schema access_token', coalesce(quote_ident(r.rolname), 'PUBLIC')),
           'REVOKE CREATE ON SCHEMA access_token from it: what it plants there runs as the extension''s owner.'
    FROM pg_catalog.pg_namespace AS n
    CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
    WHERE n.nspname = 'access_token' AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner

    UNION ALL
    SELECT format('%s is not part of the extension', pg_describe_object(o.classid, o.oid, 0)),
           'Drop it, and find out who made it: the schema access_token is the extension''s alone.'
    FROM object AS o
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')

    UNION ALL
    SELECT format('%s is not owned by the extension''s owner', pg_describe_object(o.classid, o.oid, 0)),
           'ALTER it back to that owner: a definer''s function and a table''s guard rest on it.'
    FROM object AS o
    WHERE o.owner <> (SELECT e.extowner FROM pg_catalog.pg_extension AS e WHERE e.extname = 'access_token')

    UNION ALL
    SELECT format('function %s has no pinned search_path', p.oid::regprocedure),
           format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp.', p.oid::regprocedure)
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace = to_regnamespace('access_token') AND p.prosecdef
      AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)

    UNION ALL
    SELECT format('role %I was granted the bundle %I and does not exist', g.grantee, g.bundle),
           format('DELETE FROM access_token.granted_bundle WHERE grantee = %L; it was dropped or renamed.', g.grantee)
    FROM access_token.granted_bundle AS g
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = g.grantee)

    UNION ALL
    SELECT format('role %I reads the root key', r.rolname),
           'It bypasses row-level security and may read all data: take one of both away.'
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolbypassrls AND NOT r.rolsuper
      AND pg_catalog.has_table_privilege(r.oid, 'access_token.root_key', 'SELECT')

    UNION ALL
    SELECT CASE WHEN s.root_key_id IS NULL
                THEN format('%s secrets are not sealed in any known layout', count(*))
                ELSE format('%s secrets are sealed under the root key "%s", which is missing',
                            count(*), s.root_key_id) END,
           CASE WHEN s.root_key_id IS NULL
                THEN 'Somebody wrote into the table: make new secrets with '
                     'access_token.rotate_api_key(..., grace => ''0''), new signing keys with '
                     'access_token.rotate_signing_key(..., force => true).'
                ELSE 'Bring the root key back: into its file or command, which may be broken, or with '
                     'access_token.import_root_key. If it is lost, make new secrets with '
                     'access_token.rotate_api_key(..., grace => ''0'') and new signing keys with '
                     'access_token.rotate_signing_key(..., force => true).' END
    FROM (SELECT access_token.sealed_under(s.sealed) AS root_key_id FROM access_token.sealed_value AS s) AS s
    WHERE NOT EXISTS (
        SELECT FROM access_token.root_key AS k WHERE k.root_key_id = s.root_key_id)
      AND NOT EXISTS (
        SELECT FROM unnest(access_token.external_root_keys()) AS e (name)
        WHERE split_part(e.name, ':', 2) = s.root_key_id)
    GROUP BY s.root_key_id

    UNION ALL
    SELECT e.problem, 'Mend the source, then reload the configuration: SELECT pg_reload_conf().'
    FROM (SELECT access_token.external_root_key_problem() OFFSET 0) AS e (problem)
    WHERE e.problem IS NOT NULL
$function$;

COMMENT ON FUNCTION access_token.check_installation() IS
    'Lists what is unsafe about this installation, with what to do; no rows means nothing was found';

/*
 * Everything made above is open to PUBLIC, and to whom default privileges give it, until here; but only
 * inside this transaction. Row types, too: a table with such a column would hold up DROP and ALTER.
 */
DO $close$
DECLARE
    opened record;
BEGIN
    FOR opened IN
        SELECT o.name, coalesce(r.oid::pg_catalog.regrole::text, 'PUBLIC') AS grantee
        FROM (SELECT 'FUNCTION ' || p.oid::pg_catalog.regprocedure AS name, a.grantee
              FROM pg_catalog.pg_proc AS p
              CROSS JOIN LATERAL pg_catalog.aclexplode(
                  coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a
              WHERE p.pronamespace OPERATOR(pg_catalog.=) 'access_token'::pg_catalog.regnamespace
                AND a.grantee OPERATOR(pg_catalog.<>) p.proowner
              UNION
              SELECT 'TABLE ' || c.oid::pg_catalog.regclass, a.grantee
              FROM pg_catalog.pg_class AS c
              CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
              WHERE c.relnamespace OPERATOR(pg_catalog.=) 'access_token'::pg_catalog.regnamespace
                AND a.grantee OPERATOR(pg_catalog.<>) c.relowner
              UNION
              SELECT 'TYPE ' || c.oid::pg_catalog.regclass, a.grantee
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) c.reltype
              CROSS JOIN LATERAL pg_catalog.aclexplode(
                  coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))) AS a
              WHERE c.relnamespace OPERATOR(pg_catalog.=) 'access_token'::pg_catalog.regnamespace
                AND a.grantee OPERATOR(pg_catalog.<>) t.typowner) AS o (name, grantee)
        LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) o.grantee
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON %s FROM %s', opened.name, opened.grantee);
    END LOOP;
END
$close$;

GRANT EXECUTE ON FUNCTION access_token.decode_token(text) TO PUBLIC;
