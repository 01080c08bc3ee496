-- The SQL surface: what a user, an update script and the C code rely on. A change here is a change of
-- the contract.
\pset format unaligned
\pset fieldsep ' | '
\pset footer off
\pset null 'none'

-- The module defines its settings when it is loaded.
LOAD 'access_token';

-- What belongs to the extension, and what it was given or made with it.
CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid
FROM pg_depend AS d
JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'access_token' AND d.deptype = 'e';

CREATE TEMPORARY VIEW function AS
SELECT p.*, format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) AS signature
FROM pg_proc AS p
JOIN member AS m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid;

CREATE TEMPORARY VIEW relation AS
SELECT c.*
FROM pg_class AS c
JOIN member AS m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid;

-- The extension keeps to one schema and cannot be moved.
SELECT e.extname, n.nspname, e.extrelocatable, obj_description(e.oid, 'pg_extension') AS comment
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'access_token';

-- Kinds of objects; all of them are in the schema.
SELECT split_part(i.type, ' ', 1) AS kind, count(*), count(*) FILTER (WHERE i.schema = 'access_token') AS in_schema
FROM member AS m
CROSS JOIN LATERAL pg_identify_object(m.classid, m.objid, 0) AS i
GROUP BY 1
ORDER BY 1;

-- Functions: names, arguments with their defaults, results.
SELECT f.proname || '(' || pg_get_function_arguments(f.oid) || ')' AS function,
       pg_get_function_result(f.oid) AS result
FROM function AS f
ORDER BY f.signature COLLATE "C";

-- Functions: how they may be planned, and with whose rights and search_path they run.
SELECT f.signature AS function,
       l.lanname AS language,
       CASE f.provolatile WHEN 'v' THEN 'VOLATILE' WHEN 's' THEN 'STABLE' ELSE 'IMMUTABLE' END AS volatility,
       CASE f.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END AS parallel,
       CASE WHEN f.proisstrict THEN 'STRICT' ELSE 'CALLED ON NULL INPUT' END AS on_null,
       CASE WHEN f.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END AS security,
       CASE WHEN f.prorows = 0 THEN 'value' ELSE f.prorows || ' rows' END AS returns,
       array_to_string(f.proconfig, '; ') AS settings
FROM function AS f
JOIN pg_language AS l ON l.oid = f.prolang
ORDER BY f.signature COLLATE "C";

-- C functions: a published symbol never dies, because pg_upgrade keeps old SQL with a new library.
SELECT f.signature AS function, f.probin AS library, f.prosrc AS symbol
FROM function AS f
JOIN pg_language AS l ON l.oid = f.prolang
WHERE l.lanname = 'c'
ORDER BY f.signature COLLATE "C";

-- One, of a generated column: what reads a clock, a key or randomness may not be computed once for all.
SELECT f.signature FROM function AS f WHERE f.provolatile = 'i' OR f.proleakproof;

-- None: a function that runs with its owner's rights finds its names where it expects them.
SELECT f.signature
FROM function AS f
WHERE f.prosecdef AND f.proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp'];

-- Relations.
SELECT r.relname, CASE r.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' ELSE r.relkind::text END AS kind,
       r.relrowsecurity AS row_security, r.relforcerowsecurity AS forced,
       (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = r.oid) AS policies,
       array_to_string(r.reloptions, '; ') AS options
FROM relation AS r
ORDER BY r.relname COLLATE "C";

-- Columns; the C code reads those of tables by number.
SELECT r.relname AS relation, a.attnum AS number, a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type,
       nullif(l.collname, 'default') AS collation,
       a.attnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS default
FROM relation AS r
JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
ORDER BY r.relname COLLATE "C", a.attnum;

-- Constraints; from PostgreSQL 18 NOT NULL is one as well, and stands above already.
SELECT r.relname AS table, c.conname AS constraint, pg_get_constraintdef(c.oid) AS definition
FROM relation AS r
JOIN pg_constraint AS c ON c.conrelid = r.oid
WHERE c.contype <> 'n'
ORDER BY r.relname COLLATE "C", c.conname COLLATE "C";

-- Indexes; keys and secrets are looked up by nothing else.
SELECT i.indexrelid::regclass AS index, pg_get_indexdef(i.indexrelid) AS definition
FROM relation AS r
JOIN pg_index AS i ON i.indrelid = r.oid
ORDER BY i.indexrelid::regclass::text COLLATE "C";

-- Triggers: ENABLE ALWAYS (A), or a logical subscriber's sessions would use keys that have changed.
SELECT r.relname AS table, t.tgname AS trigger, t.tgenabled AS enabled,
       regexp_replace(pg_get_triggerdef(t.oid), '^.* (AFTER|BEFORE) ', '\1 ') AS definition
FROM relation AS r
JOIN pg_trigger AS t ON t.tgrelid = r.oid
WHERE NOT t.tgisinternal
ORDER BY r.relname COLLATE "C", t.tgname COLLATE "C";

-- What pg_dump dumps: never the root key.
SELECT c.oid::regclass AS table, c.condition
FROM pg_extension AS e
CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) AS c (oid, condition)
WHERE e.extname = 'access_token'
ORDER BY c.oid::regclass::text COLLATE "C";

-- Settings.
SELECT s.name, s.vartype, s.boot_val, s.min_val, s.max_val, s.unit, s.context, s.short_desc, s.extra_desc
FROM pg_settings AS s
WHERE s.name LIKE 'access\_token.%'
ORDER BY s.name COLLATE "C";

SET access_token.leeway = 301;
SET access_token.max_token_size = 1023;
SET access_token.max_token_size = '2MB';
SET access_token.no_such_setting = 1;

-- Comments: what each function and relation says of itself.
SELECT c.object, c.comment
FROM (SELECT f.signature AS object, obj_description(f.oid, 'pg_proc') AS comment
      FROM function AS f
      UNION ALL
      SELECT r.relname, obj_description(r.oid, 'pg_class')
      FROM relation AS r) AS c
ORDER BY c.object COLLATE "C";

-- None: objects without a comment, the schema and the tables' triggers included.
SELECT pg_describe_object(o.classid, o.objid, 0) AS without_comment
FROM (SELECT m.classid, m.objid FROM member AS m
      UNION ALL
      SELECT 'pg_namespace'::regclass, 'access_token'::regnamespace
      UNION ALL
      SELECT 'pg_trigger'::regclass, t.oid
      FROM relation AS r
      JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal) AS o
WHERE coalesce(obj_description(o.objid, o.classid::regclass::name), '') = ''
ORDER BY 1;
