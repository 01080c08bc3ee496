/*
 * revoke_access only ever takes away, and takes away all of it. A record of a grant may be older than the
 * role that has its name today; a grant may have been passed on; and a role's name may look like a word of
 * the statement in which it stands.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/roles.sql

SELECT plan(65);

-- The whole of the access there is: whoever is named in the privileges of a function, table, view or column.
CREATE FUNCTION privileges() RETURNS TABLE (grantee text, object text, privilege text) LANGUAGE sql AS $function$
    SELECT coalesce(r.rolname::text, 'everybody'), o.object, o.privilege_type
    FROM (SELECT p.oid::regprocedure::text AS object, a.grantee, a.privilege_type FROM pg_proc AS p, aclexplode(p.proacl) AS a
          WHERE p.pronamespace = 'access_token'::regnamespace AND a.grantee <> p.proowner
          UNION ALL
          SELECT c.oid::regclass::text, a.grantee, a.privilege_type FROM pg_class AS c, aclexplode(c.relacl) AS a
          WHERE c.relnamespace = 'access_token'::regnamespace AND a.grantee <> c.relowner) AS o
    LEFT JOIN pg_roles AS r ON r.oid = o.grantee
$function$;
CREATE FUNCTION granted(role text) RETURNS bigint LANGUAGE sql AS $function$
    SELECT count(*) FROM privileges() AS p WHERE p.grantee = role
$function$;
CREATE FUNCTION recorded(role name) RETURNS text[] LANGUAGE sql AS $function$
    SELECT coalesce(array_agg(bundle::text ORDER BY bundle), '{}') FROM access_token.granted_bundle WHERE grantee = role
$function$;
CREATE TABLE before AS SELECT * FROM privileges();
SELECT results_eq('SELECT grantee, object FROM before',
                  $$ VALUES ('everybody', 'access_token.decode_token(text)') $$, 'before: decode_token for everybody, and nothing else');

-- A role is dropped and another takes its name: it inherits nothing by what is revoked from it.
CREATE ROLE revoke_reborn;
SELECT access_token.grant_access('revoke_reborn', bundle) FROM (VALUES ('issuer'), ('verifier'), ('admin')) AS b (bundle);
DROP OWNED BY revoke_reborn;
DROP ROLE revoke_reborn;
CREATE ROLE revoke_reborn;
SELECT is(granted('revoke_reborn'), 0::bigint, 'born again, it has nothing');
SELECT is(recorded('revoke_reborn'), '{admin,issuer,verifier}', 'though the records are there');
SELECT lives_ok($$ SELECT access_token.revoke_access('revoke_reborn', 'issuer') $$, 'one is revoked');
SELECT is(granted('revoke_reborn'), 0::bigint, 'and it has nothing still');
SELECT is(recorded('revoke_reborn'), '{admin,verifier}', 'one record is gone');
SELECT lives_ok($$ SELECT access_token.grant_access('revoke_reborn', 'issuer'), access_token.revoke_access('revoke_reborn', 'verifier') $$,
                'one is granted to the new role, another revoked');
SELECT is(granted('revoke_reborn'), (SELECT count(*) FROM access_token.bundle_member WHERE bundle = 'issuer'), 'it has what it was given, and no more');
SELECT lives_ok($$ SELECT access_token.revoke_access('revoke_reborn', 'issuer') $$, 'that is revoked');
SELECT is(granted('revoke_reborn'), 0::bigint, 'then it has nothing again');
SELECT is(recorded('revoke_reborn'), '{admin}', 'beside the record that nobody took back');

-- The same where a role takes the name of one that goes on under another.
CREATE ROLE revoke_former;
SELECT access_token.grant_access('revoke_former', 'verifier');
ALTER ROLE revoke_former RENAME TO revoke_renamed;
CREATE ROLE revoke_former;
SELECT lives_ok($$ SELECT access_token.revoke_access('revoke_former', 'admin') $$, 'a name that another role had');
SELECT is(granted('revoke_former'), 0::bigint, 'gets nothing');
SELECT is(granted('revoke_renamed'), (SELECT count(*) FROM access_token.bundle_member WHERE bundle = 'verifier'), 'and takes nothing');
SELECT lives_ok($$ SELECT access_token.revoke_access('revoke_renamed', 'verifier') $$, 'under its new name');
SELECT is(granted('revoke_renamed'), 0::bigint, 'it is taken from the role that has it');

-- What somebody has passed on goes with it.
CREATE ROLE revoke_source;
CREATE ROLE revoke_heir;
SELECT access_token.grant_access('revoke_source', 'verifier');
GRANT EXECUTE ON FUNCTION access_token.verify_access_token(text, text, text, text) TO revoke_source WITH GRANT OPTION;
SELECT is(forge.sqlstate_as('revoke_source',
              'GRANT EXECUTE ON FUNCTION access_token.verify_access_token(text, text, text, text) TO revoke_heir, PUBLIC'), '00000',
          'passed on to others');
SELECT is(granted('revoke_heir') + granted('everybody'), 3::bigint, 'who have it then');
SELECT lives_ok($$ SELECT access_token.revoke_access('revoke_source', 'verifier') $$, 'revoked from whom it came');
SELECT bag_eq('SELECT * FROM privileges()', 'SELECT * FROM before', 'it is gone from all');

-- Names that are words of GRANT and REVOKE, or are like another role's but for their case and spaces.
CREATE TABLE odd (role text);
INSERT INTO odd VALUES ('PUBLIC'), ('Public'), (' public'), ('cascade'), ('CASCADE'), ('restrict'), ('granted'), ('group'), ('GROUP'), ('current_user'),
    ('CURRENT_USER'), ('session_user'), ('current_role'), ('NONE'), ('select'), ('with'), ('"'), ('""'), (''''), ('revoke_heir, revoke_source'),
    ('Revoke_Heir'), (U&'revoke_heir\00A0');
SELECT format('CREATE ROLE %I', role) FROM odd \gexec
CREATE FUNCTION as_role(role text) RETURNS regrole LANGUAGE sql AS $function$ SELECT to_regrole(quote_ident(role)) $function$;
CREATE FUNCTION given_and_taken(role text) RETURNS SETOF text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_token.grant_access(public.as_role(role), 'verifier');
    RETURN NEXT set_eq('SELECT p.grantee FROM (SELECT * FROM privileges() EXCEPT SELECT * FROM before) AS p', ARRAY[role],
                       'given to this role alone: ' || to_json(role));
    PERFORM access_token.revoke_access(public.as_role(role), 'verifier');
    RETURN NEXT bag_eq('SELECT * FROM privileges()', 'SELECT * FROM before', 'and taken from it: ' || to_json(role));
END
$function$;
SELECT given_and_taken(role) FROM odd;
SELECT set_eq('SELECT grantee::text, bundle FROM access_token.granted_bundle',
              $$ VALUES ('revoke_reborn', 'admin'), ('revoke_former', 'verifier') $$, 'the records of roles that have gone are left');

SELECT * FROM finish();
ROLLBACK;
