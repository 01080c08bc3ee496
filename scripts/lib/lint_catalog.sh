# shellcheck shell=bash disable=SC2317
# Rules that the installed extension's catalog decides. Each check prints its findings, and nothing when
# all is well. Needs server.sh and a server in $work/server.

# Two views list what belongs to the extension, for the checks below.
prepare_catalog() {
    sql "$work/server" postgres --command='CREATE DATABASE lint' && sql "$work/server" lint <<'SQL'
CREATE EXTENSION access_token;
CREATE SCHEMA lint;
CREATE VIEW lint.member AS
    SELECT depend.classid, depend.objid
    FROM pg_depend AS depend
    JOIN pg_extension AS extension
        ON depend.refclassid = 'pg_extension'::regclass AND depend.refobjid = extension.oid
    WHERE extension.extname = 'access_token' AND depend.deptype = 'e';
CREATE VIEW lint.function AS
    SELECT proc.*, proc.oid::regprocedure::text AS signature
    FROM pg_proc AS proc
    JOIN lint.member ON member.classid = 'pg_proc'::regclass AND member.objid = proc.oid;
CREATE VIEW lint.relation AS
    SELECT class.*, class.oid::regclass::text AS full_name
    FROM pg_class AS class
    JOIN lint.member ON member.classid = 'pg_class'::regclass AND member.objid = class.oid;
SQL
}

query() {
    sql "$work/server" lint --tuples-only --no-align
}

check_comments() {
    query <<'SQL'
SELECT pg_describe_object(member.classid, member.objid, 0)
FROM lint.member
WHERE member.classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_namespace'::regclass)
  AND coalesce(obj_description(member.objid, member.classid::regclass::name), '') = ''
ORDER BY 1;
SQL
}

check_definers() {
    query <<'SQL'
SELECT function.signature, coalesce(array_to_string(function.proconfig, '; '), 'no setting')
FROM lint.function
WHERE function.prosecdef
  AND NOT coalesce(function.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)
ORDER BY 1;
SQL
}

# Of the functions PUBLIC has decode_token alone, and of the relations nothing; tables belong to nobody else.
check_grants() {
    query <<'SQL'
SELECT 'PUBLIC may execute ' || function.signature
FROM lint.function, aclexplode(coalesce(function.proacl, acldefault('f', function.proowner))) AS acl
WHERE acl.grantee = 0 AND function.proname <> 'decode_token'
UNION ALL
SELECT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee) END || ' has ' || acl.privilege_type || ' on ' || relation.full_name
FROM lint.relation, aclexplode(coalesce(relation.relacl, acldefault('r', relation.relowner))) AS acl
WHERE acl.grantee <> relation.relowner AND (acl.grantee = 0 OR relation.relkind = 'r')
ORDER BY 1;
SQL
}

# A generated column is computed by nothing but immutable functions: that one use is allowed.
check_volatility() {
    query <<'SQL'
SELECT function.signature || CASE WHEN function.proleakproof THEN ' is LEAKPROOF' ELSE ' is IMMUTABLE' END
FROM lint.function
WHERE function.proleakproof
   OR function.provolatile = 'i' AND NOT EXISTS (
       SELECT FROM pg_depend AS depend
       JOIN pg_attrdef AS expression ON depend.classid = 'pg_attrdef'::regclass AND expression.oid = depend.objid
       JOIN pg_attribute AS attribute
           ON attribute.attrelid = expression.adrelid AND attribute.attnum = expression.adnum
       WHERE depend.refclassid = 'pg_proc'::regclass AND depend.refobjid = function.oid
         AND attribute.attgenerated = 's')
ORDER BY 1;
SQL
}

# A scan key in another collation than the column's finds half of the rows.
check_collations() {
    query <<'SQL'
SELECT relation.full_name || '.' || attribute.attname
FROM lint.relation
JOIN pg_attribute AS attribute ON attribute.attrelid = relation.oid
WHERE relation.relkind = 'r' AND attribute.attnum > 0 AND NOT attribute.attisdropped
  AND attribute.atttypid = 'text'::regtype
  AND attribute.attname ~ '(^|_)(id|kid|jti|hash|issuer)$'
  AND attribute.attcollation <> (SELECT oid FROM pg_collation WHERE collname = 'C')
ORDER BY 1;
SQL
}
