/*
 * authenticate and what reads the bound token: what is bound, how long, and what a statement sees that
 * holds a value while another token is bound.
 */
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\connect
BEGIN;
\ir support/forge.sql
\ir support/signer.sql
\ir support/roles.sql
\ir support/identity.sql

SELECT plan(110);

SELECT is(forge.bound(), 'nobody', 'in a session that has just loaded the library');

SELECT forge.make_key('k', 't');
SELECT forge.make_key('other', 'u');
SELECT forge.make_key('public', 't', public => true);
CREATE TABLE good AS
SELECT access_token.issue_access_token('k', 'user|42', scope => 'read write', claims => '{"plan": ["free", 1]}') AS token,
       access_token.issue_access_token('k', 'second') AS second,
       access_token.issue_public_token('t', 'public', 'guest-7') AS public,
       access_token.issue_access_token('k', 'aud', audience => '{api}') AS with_audience;

-- What it returns and binds.
SELECT is(access_token.authenticate(token, 't'), access_token.verify_access_token(token), 'the claims of verify_access_token') FROM good;
SELECT is(forge.bound(), 'user|42 of t, scopes {read,write}', 'tenant, identity, scopes; no client');
SELECT is(access_token.current_claims(), access_token.verify_access_token(token), 'current_claims: all of them') FROM good;
SELECT is(pg_typeof(access_token.current_scopes())::text, 'text[]', 'current_scopes is an array');
SELECT is(access_token.has_scope(scope), answer, format('has_scope(%L)', scope))
FROM (VALUES ('read', true), ('write', true), ('write read', true), ('read read', true), ('admin', false), ('read admin', false),
             ('rea', false), ('reader', false), ('READ', false), ('', false), (' ', false), ('read ', false), (' read', false),
             ('read  write', false), ('read,write', false), (U&'r\00E9ad', false), ('"', false), (repeat('read ', 256) || 'read', false),
             ('public', false), (NULL, NULL)) AS r (scope, answer);
SELECT is(forge.be('second'), true, 'another token');
SELECT is(forge.bound(), 'second of t, scopes {}', 'takes its place as a whole; without scope there is an empty array');
SELECT is(access_token.has_scope('read'), false, 'no scope of the former one is left');
SELECT is(forge.be('foreign', 'other'), true, 'a token of another tenant');
SELECT is(forge.bound(), 'foreign of u, scopes {}', 'takes its place, tenant and all');
SELECT is(access_token.authenticate(with_audience, 't', 'api') ->> 'aud', 'api', 'with an audience') FROM good;
SELECT is(access_token.authenticate(token, 't', scope => 'write') ->> 'scope', 'read write', 'with a scope asked for') FROM good;

-- A public key's user is a claim that nobody proved.
SELECT throws_ok('SELECT access_token.authenticate(public, ''t'') FROM good', 'TK008', 'token is of a public API key', 'a public token');
SELECT is(forge.bound(), 'user|42 of t, scopes {read,write}', 'leaves bound what was');
SELECT is(access_token.authenticate(public, 't', scope => 'public') #>> '{grants,identity}', 'guest-7', 'asked for, it is bound') FROM good;
SELECT is(forge.bound(), 'no user of t, scopes {public}', 'and has no identity');
SELECT is(access_token.has_scope('public'), true, 'but its scope');
SELECT is(access_token.current_claims() #>> '{grants,identity}', 'guest-7', 'its user id stands among the claims alone');

-- A client speaks for itself, or for the user that its token names as sub.
SELECT access_token.update_tenant('t', '{"issuer": "https://t.example"}');
SELECT forge.make_signing_key('signer', 't', 'EdDSA');
SELECT count(*) FROM access_token.create_client('t', 'Web', settings => '{"algorithm": "EdDSA"}', id => 'web');
CREATE TABLE client_token AS
SELECT access_token AS own, forge.own_token('signer', forge.own_header('signer', '{"typ": "at+jwt"}'),
           forge.own_claims('signer', '{"client_id": "web", "sub": "user|42", "jti": "x", "scope": "read"}')) AS of_user
FROM access_token.issue_client_token('t', 'web', scope => 'read write');
SELECT is(access_token.authenticate(own, 't') ->> 'client_id', 'web', 'a client''s token') FROM client_token;
SELECT is(forge.bound(), 'no user of t by web, scopes {read,write}', 'has a client and no user');
SELECT is(access_token.authenticate(of_user, 't') ->> 'sub', 'user|42', 'a client''s token for a user') FROM client_token;
SELECT is(forge.bound(), 'user|42 of t by web, scopes {read}', 'has both');
SELECT is(forge.be('second'), true, 'an API key''s token after it');
SELECT is(forge.bound(), 'second of t, scopes {}', 'has no client');

-- An identity may hold any character.
SELECT is(forge.be(identity) AND access_token.current_identity() = identity AND access_token.current_tenant() = 't'
          AND access_token.current_claims() #>> '{grants,identity}' = identity, true, 'identity ' || to_json(identity))
FROM (VALUES ('-'), ('---'), ('5:abc'), (':'), ('1:t-0:'), (' '), (E'\n'), (E'a\tb\x01'), (''''), ('"'), ('\'), ('$1'), ('%s'), ('{"a":1}'),
             (U&'m\00FCller \+01F600'), (repeat('x', 255)), (repeat(U&'\20AC', 85))) AS r (identity);

-- Refusals are those of verify_access_token, and leave bound what was.
SELECT forge.be('kept');
CREATE TABLE refused (what text, token text, tenant_id text, audience text, scope text);
INSERT INTO refused
SELECT r.* FROM good, LATERAL (VALUES
    ('no token', NULL, 't', NULL, NULL), ('malformed', 'x', 't', NULL, NULL), ('altered', left(token, -2) || 'AA', 't', NULL, NULL),
    ('another tenant', token, 'u', NULL, NULL), ('an unknown tenant', token, 'nobody', NULL, NULL), ('an empty tenant', token, '', NULL, NULL),
    ('another audience', with_audience, 't', 'web', NULL), ('an audience', with_audience, 't', NULL, NULL),
    ('no audience', token, 't', 'api', NULL), ('another scope', token, 't', NULL, 'admin'),
    ('expired', forge.token('k', claims => forge.claims('k', '{"exp": 1}')), 't', NULL, NULL),
    ('a malformed scope', token, 't', NULL, ' '), ('an empty audience', token, 't', '', NULL)) AS r;
SELECT is(forge.sqlstate_of(format('SELECT access_token.authenticate(%L, %L, %L, %L)', token, tenant_id, audience, scope)),
          forge.sqlstate_of(format('SELECT access_token.verify_access_token(%L, %L, %L, %L)', token, tenant_id, audience, scope)),
          'refused as by verify_access_token: ' || what) FROM refused;
SELECT isnt(forge.sqlstate_of(format('SELECT access_token.authenticate(%L, %L, %L, %L)', token, tenant_id, audience, scope)), '00000',
            'refused: ' || what) FROM refused WHERE what IN ('an empty tenant', 'an unknown tenant', 'no token');
SELECT throws_ok('SELECT access_token.authenticate(token, NULL) FROM good', '22004', 'tenant_id must not be NULL', 'the tenant is required');
SELECT is(forge.bound(), 'kept of t, scopes {}', 'after all of these, what was bound before');

-- What PostgreSQL takes back with a savepoint, it takes back here.
SAVEPOINT one;
SELECT forge.be('inner');
SAVEPOINT two;
SELECT forge.be('innermost', 'other', 'read');
RELEASE two;
SELECT is(forge.bound(), 'innermost of u, scopes {read}', 'a released savepoint keeps it');
ROLLBACK TO one;
SELECT is(forge.bound(), 'kept of t, scopes {}', 'ROLLBACK TO brings back what was bound');
SELECT forge.be('again');
ROLLBACK TO one;
SELECT is(forge.bound(), 'kept of t, scopes {}', 'so does a second one');
RESET ALL;
SELECT is(forge.bound(), 'nobody', 'RESET ALL clears it');
ROLLBACK TO one;
SELECT is(forge.bound(), 'kept of t, scopes {}', 'and ROLLBACK TO brings it back');

-- A failed authenticate in a block of PL/pgSQL.
CREATE FUNCTION try(token text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_token.authenticate(token, 't');
    PERFORM 1 / 0;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || access_token.current_identity();
END
$function$;
SELECT is(try('x'), 'TK001 kept', 'refused in a block: the former one is there');
SELECT is(try(second), '22012 kept', 'bound in a block that fails: the former one is there') FROM good;

-- In a function, whatever its rights and its SET clauses are: it is bound for the transaction.
CREATE FUNCTION wrapped(token text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$ SELECT (access_token.authenticate(token, 't') #>> '{grants,identity}') || ' ' || access_token.current_identity() $function$;
SELECT is(wrapped(second), 'second second', 'in a function with SET search_path it is bound') FROM good;
SELECT is(forge.bound(), 'second of t, scopes {}', 'and stays so');
CREATE FUNCTION wrapped_and_failed(token text) RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $function$ BEGIN PERFORM access_token.authenticate(token, 't'); RETURN 1 / 0; END $function$;
SELECT throws_ok('SELECT wrapped_and_failed(token) FROM good', '22012', NULL, 'in one that fails');
SELECT is(forge.bound(), 'second of t, scopes {}', 'it is taken back');

-- Several in one statement: each value is that of its moment, and remains so.
SELECT is(ARRAY[access_token.authenticate(token, 't') #>> '{grants,identity}', access_token.current_identity(),
                access_token.authenticate(second, 't') #>> '{grants,identity}', access_token.current_identity()]::text,
          '{user|42,user|42,second,second}', 'twice in one statement') FROM good;
SELECT is((SELECT array_agg(identity ORDER BY n) FROM (
              SELECT n, access_token.current_identity() AS identity, access_token.authenticate(t.token, 't') AS claims
              FROM (SELECT n, access_token.issue_access_token('k', 'user-' || n) AS token FROM generate_series(1, 200) AS n OFFSET 0) AS t
              OFFSET 0) AS r)::text,
          (SELECT array_agg(CASE n WHEN 1 THEN 'second' ELSE 'user-' || n - 1 END ORDER BY n) FROM generate_series(1, 200) AS n)::text,
          'in each of 200 rows: the identity of the row before it');
SELECT is((SELECT string_agg(DISTINCT held.identity || ' ' || (held.claims #>> '{grants,identity}'), ', ') FROM (
              SELECT (SELECT access_token.current_identity() FROM good LIMIT 1) AS identity,
                     (SELECT access_token.current_claims() FROM good LIMIT 1) AS claims,
                     forge.be('held-' || n) AS bound
              FROM generate_series(1, 100) AS n OFFSET 0) AS held), 'user-200 user-200', 'a statement keeps what it has computed once');
SELECT is(forge.bound(), 'held-100 of t, scopes {}', 'when more have been bound than are kept ready');
SELECT is(access_token.current_identity() || access_token.current_tenant() || access_token.current_scopes()::text
          || (access_token.current_claims() ->> 'iss'), 'held-100t{}k', 'all readers');

-- A cursor that is open while other tokens are bound and taken back.
DECLARE seen CURSOR FOR SELECT access_token.current_identity() FROM generate_series(1, 3);
FETCH seen \gset first_
SAVEPOINT cursor;
SELECT forge.be('meanwhile');
FETCH seen \gset second_
ROLLBACK TO cursor;
FETCH seen \gset third_
SELECT is(:'first_current_identity' || ' ' || :'second_current_identity' || ' ' || :'third_current_identity', 'held-100 meanwhile held-100',
          'a cursor fetches what is bound by then');

-- The user of the database is another matter.
CREATE ROLE identity_subject;
CREATE ROLE identity_nobody;
SELECT access_token.grant_access('identity_subject', 'subject');
CREATE FUNCTION as_definer() RETURNS text LANGUAGE sql SECURITY DEFINER AS $function$ SELECT access_token.current_identity() $function$;
SELECT is(forge.value_as('identity_subject', 'SELECT access_token.current_identity()'), 'held-100', 'SET ROLE changes nothing of it');
SELECT is(forge.value_as('identity_subject', 'SELECT public.as_definer()'), 'held-100', 'nor does SECURITY DEFINER');
SELECT is(forge.value_as('identity_nobody', 'SELECT public.as_definer()'), 'held-100', 'which also lends the privilege to ask');
SELECT is(forge.value_as('identity_subject', format('SELECT access_token.authenticate(%L, ''t'') #>> ''{grants,identity}''', second)), 'second',
          'the bundle subject authenticates') FROM good;
SELECT is(forge.bound(), 'second of t, scopes {}', 'for the whole transaction, whatever role goes on');
SELECT is(forge.value_as('identity_nobody', call), '42501', 'without the bundle: ' || call)
FROM (VALUES ('SELECT access_token.current_identity()'), ('SELECT access_token.has_scope(''read'')'),
             ('SELECT access_token.authenticate(''x'', ''t'')')) AS r (call);

-- Memory: two tokens in turn, bound and read 50,000 times in a statement, and the second time in savepoints.
CREATE FUNCTION held() RETURNS bigint[] LANGUAGE sql AS $function$
    SELECT ARRAY[(SELECT sum(total_bytes) FROM pg_backend_memory_contexts)::bigint,
                 split_part(pg_read_file('/proc/self/statm'), ' ', 2)::bigint * 4096]
$function$;
CREATE FUNCTION be_and_fail(token text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM access_token.authenticate(token, 't');
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = access_token.current_identity() || length(access_token.current_claims()::text);
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM;
END
$function$;
CREATE FUNCTION be_and_tell(token text) RETURNS text LANGUAGE sql AS $function$
    SELECT access_token.authenticate(token, 't') #>> '{grants,identity}' || access_token.current_identity() || length(access_token.current_claims()::text)
$function$;
CREATE FUNCTION repeated(call text) RETURNS SETOF text LANGUAGE plpgsql AS $function$
DECLARE
    answers integer;
    before bigint[];
BEGIN
    FOR i IN 1 .. 2 LOOP -- the first time warms up
        before := public.held();
        EXECUTE format('SELECT count(DISTINCT public.%I(CASE n %% 2 WHEN 0 THEN token ELSE with_claims END)) FROM public.good, generate_series(1, 50000) AS n', call)
        INTO answers;
    END LOOP;
    RETURN NEXT is(answers, 2, call || ': each of the two tokens gives its own answer');
    RETURN NEXT is((public.held())[1] - before[1] < 1048576 AND (public.held())[2] - before[2] < 4194304, true,
                   call || ': memory is flat (to 1 MB in contexts, to 4 MB resident)');
END
$function$;
ALTER TABLE good ADD COLUMN with_claims text;
UPDATE good SET with_claims = access_token.issue_access_token('k', 'second', claims => jsonb_build_object('x', repeat('x', 1000)));
SELECT repeated(call) FROM (VALUES ('be_and_tell'), ('be_and_fail')) AS r (call);

-- The verdict is that of the moment: a revocation refuses the next authenticate, and takes back none.
SELECT forge.be('second');
SELECT access_token.revoke_identity('t', 'second');
SELECT is(forge.bound(), 'second of t, scopes {}', 'revoked while bound: bound until the transaction ends');
SELECT throws_ok('SELECT access_token.authenticate(second, ''t'') FROM good', 'TK007', NULL, 'and refused from then on');

SELECT * FROM finish();
ROLLBACK;
