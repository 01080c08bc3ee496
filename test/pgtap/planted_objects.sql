/*
 * Whoever could once create in the schema access_token, or owns a piece of the extension, leaves traces:
 * objects that are not the extension's, owners that are not its owner, functions, tables and columns that
 * have lost what protects them. check_installation finds each of them, and each alone.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/faults.sql

SELECT plan(56);

CREATE ROLE planted_mallory;
CREATE FOREIGN DATA WRAPPER planted_wrapper;
CREATE SERVER planted_server FOREIGN DATA WRAPPER planted_wrapper;
SELECT forge.make_key('k', 't');

SELECT is(forge.findings_with('SELECT 1'), NULL, 'nothing on a sound installation');

-- Objects of the superuser: nobody but he may use them, and still they are no part of the extension.
CREATE TABLE planted (made text, object text);
INSERT INTO planted VALUES
    ('CREATE TABLE access_token.planted (n integer)', 'table access_token.planted'),
    ('CREATE TABLE access_token.planted (n integer) PARTITION BY RANGE (n)', 'table access_token.planted'),
    ('CREATE FOREIGN TABLE access_token.planted (n integer) SERVER planted_server', 'foreign table access_token.planted'),
    ('CREATE VIEW access_token.planted AS SELECT 1 AS n', 'view access_token.planted'),
    ('CREATE MATERIALIZED VIEW access_token.planted AS SELECT 1 AS n', 'materialized view access_token.planted'),
    ('CREATE SEQUENCE access_token.planted', 'sequence access_token.planted'),
    ('CREATE TYPE access_token.planted AS (n integer)', 'composite type access_token.planted'),
    ('CREATE TYPE access_token.planted AS ENUM (''a'')', 'type access_token.planted'),
    ('CREATE DOMAIN access_token.planted AS text', 'type access_token.planted'),
    ('CREATE OPERATOR access_token.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)', 'operator access_token.===(text,text)'),
    ('CREATE FUNCTION access_token.planted() RETURNS integer LANGUAGE sql RETURN 1;'
     'REVOKE ALL ON FUNCTION access_token.planted() FROM PUBLIC', 'function access_token.planted()'),
    ('CREATE PROCEDURE access_token.planted() LANGUAGE sql BEGIN ATOMIC END;'
     'REVOKE ALL ON PROCEDURE access_token.planted() FROM PUBLIC', 'function access_token.planted()'),
    ('CREATE AGGREGATE access_token.planted(integer) (SFUNC = int4pl, STYPE = integer);'
     'REVOKE ALL ON FUNCTION access_token.planted(integer) FROM PUBLIC', 'function access_token.planted(integer)'),
    -- An overload that a careless call would find first.
    ('CREATE FUNCTION access_token.check_name(name varchar) RETURNS void LANGUAGE sql BEGIN ATOMIC END;'
     'REVOKE ALL ON FUNCTION access_token.check_name(varchar) FROM PUBLIC',
     'function access_token.check_name(character varying)');
SELECT is(forge.findings_with(made), object || ' is not part of the extension', made) FROM planted;
SELECT is(forge.findings_with('ALTER EXTENSION access_token DROP FUNCTION access_token.check_name(text)'),
          'function access_token.check_name(text) is not part of the extension', 'what has left the extension');

-- As somebody else makes it, everything about it is found.
SELECT is(forge.findings_with($$
        CREATE FUNCTION access_token.planted() RETURNS integer LANGUAGE sql RETURN 1;
        ALTER FUNCTION access_token.planted() OWNER TO planted_mallory $$),
          E'function access_token.planted() is not owned by the extension''s owner\n'
          'function access_token.planted() is not part of the extension\n'
          'role PUBLIC holds EXECUTE on access_token.planted(), which no bundle of it gives',
          'a function of another role, open to everybody');
SELECT is(forge.findings_with('GRANT CREATE ON SCHEMA access_token TO ' || who),
          format('role %s may create objects in the schema access_token', who), who || ' may create in the schema')
FROM (VALUES ('planted_mallory'), ('PUBLIC')) AS w (who);
SELECT is(forge.findings_with('GRANT USAGE ON SCHEMA access_token TO planted_mallory'), NULL, 'the use of the schema is for everybody');

-- The extension's own objects in another role's hands.
SELECT is(forge.findings_with(format('ALTER %s OWNER TO planted_mallory', object)),
          object || ' is not owned by the extension''s owner', object || ' has another owner')
FROM (VALUES ('function access_token.create_tenant(text,text,text,text)'), ('function access_token.guard_table()'),
             ('table access_token.api_key'), ('table access_token.root_key'), ('table access_token.granted_bundle'),
             ('view access_token.api_keys')) AS o (object);

-- A definer's function is as safe as its search_path.
SELECT is(forge.findings_with(format('ALTER FUNCTION %s %s', f.function, p.path)),
          format('function %s has no pinned search_path', f.function), format('%s: %s', f.function, p.path))
FROM (VALUES ('access_token.create_tenant(text,text,text,text)'), ('access_token.check_installation()')) AS f (function),
     (VALUES ('RESET search_path'), ('RESET ALL'), ('SET search_path = pg_temp, pg_catalog'), ('SET search_path = pg_catalog'),
             ('SET search_path = public, pg_catalog, pg_temp'), ('SET search_path = pg_catalog, pg_temp, public')) AS p (path);
SELECT is(forge.findings_with('ALTER FUNCTION access_token.create_tenant(text,text,text,text) SET search_path = pg_catalog, pg_temp'),
          NULL, 'the same search_path set again is none');
SELECT is(forge.findings_with('ALTER FUNCTION access_token.create_tenant(text,text,text,text) SET work_mem = ''1MB'''),
          NULL, 'nor is another setting');

-- Rows that are for nobody.
SELECT is(forge.findings_with(format('ALTER TABLE access_token.%I DISABLE ROW LEVEL SECURITY', t)),
          format('table access_token.%s has no row-level security', t), t || ' without row-level security')
FROM unnest(ARRAY['root_key', 'bundle_member']) AS t;
SELECT is(forge.findings_with(format('CREATE POLICY p ON access_token.%I USING (%s)', t, condition)),
          format('table access_token.%s has a policy', t), format('%s has the policy %s', t, condition))
FROM unnest(ARRAY['root_key', 'bundle_member']) AS t, unnest(ARRAY['true', 'false']) AS condition;

-- Columns whose values must not be copied into pg_statistic.
SELECT is(forge.findings_with(format('ALTER TABLE access_token.%I ALTER %I SET STATISTICS %s', t, c, target)),
          format('column access_token.%s.%s is analyzed', t, c), format('%s.%s: SET STATISTICS %s', t, c, target))
FROM (VALUES ('root_key', 'key'), ('api_key', 'current_sealed_secret'), ('api_key', 'previous_sealed_secret')) AS c (t, c),
     (VALUES (-1), (1)) AS s (target);
SELECT is(forge.findings_with('ALTER TABLE access_token.api_key ALTER name SET STATISTICS 1000'), NULL, 'what is no secret may be');

-- A record of a role that is gone speaks for the next role of its name.
CREATE ROLE planted_gone;
SELECT is(forge.findings_with($$
        SELECT access_token.grant_access('planted_gone', 'verifier');
        DROP OWNED BY planted_gone;
        DROP ROLE planted_gone $$),
          'role planted_gone was granted the bundle verifier and does not exist', 'a role that is gone');
SELECT is(forge.findings_with($$
        SELECT access_token.grant_access('planted_gone', 'verifier');
        ALTER ROLE planted_gone RENAME TO "planted, renamed" $$),
          E'role "planted, renamed" holds EXECUTE on access_token.inspect_access_token(text,text,text,text), which no bundle of it gives\n'
          'role "planted, renamed" holds EXECUTE on access_token.introspect_access_token(text,text,text,text), which no bundle of it gives\n'
          'role "planted, renamed" holds EXECUTE on access_token.jwks(text), which no bundle of it gives\n'
          'role "planted, renamed" holds EXECUTE on access_token.verify_access_token(text,text,text,text), which no bundle of it gives\n'
          'role "planted, renamed" holds EXECUTE on access_token.verify_token(text,text,text,text), which no bundle of it gives\n'
          'role planted_gone was granted the bundle verifier and does not exist', 'a role that has another name');

SELECT is(forge.findings_with('SELECT 1'), NULL, 'and nothing when all is as it was');

SELECT * FROM finish();
ROLLBACK;
