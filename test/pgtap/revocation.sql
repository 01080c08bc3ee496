/*
 * Revoking one token: by itself, whose signature is checked first, or by its jti. What is revoked in one
 * tenant leaves every other as it was.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql
\ir support/bystander.sql
\ir support/faults.sql

SELECT plan(192);

SELECT forge.make_tenant('t'), forge.make_tenant('u');
SELECT forge.make_key('k', 't'), forge.make_key('sibling', 't'), forge.make_key('p', 't', public => true);
SELECT forge.make_key('foreign', 'u');
SELECT forge.make_signing_key('ed', 't', 'EdDSA');
SELECT access_token.create_client('t', 'Client', settings => '{"algorithm": "EdDSA"}', id => 'c');
SELECT access_token.create_client('t', 'Client', settings => '{"algorithm": "ES256"}', id => 'ecdsa');

-- Why a token is refused, or valid.
CREATE FUNCTION says(token text, scope text DEFAULT NULL) RETURNS text LANGUAGE sql AS $function$
    SELECT CASE WHEN i.valid THEN 'valid' ELSE i.reason END FROM access_token.inspect_access_token(token, scope => scope) AS i
$function$;

CREATE FUNCTION stored() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM access_token.revocation';

CREATE FUNCTION issue(client_id text, use_jwt_type boolean DEFAULT false) RETURNS text LANGUAGE sql AS $function$
    SELECT access_token FROM access_token.issue_client_token('t', client_id, use_jwt_type => use_jwt_type)
$function$;

-- A client's token with these claims.
CREATE FUNCTION client_token(changes json DEFAULT '{}') RETURNS text LANGUAGE sql AS $function$
    SELECT forge.own_token('ed', forge.own_header('ed', '{"typ": "at+jwt"}'), forge.own_claims('ed', c::json))
    FROM forge.object('{"client_id": "c", "sub": "user|42", "jti": "x"}', changes, '{}') AS c
$function$;

/*
 * The token itself. Every kind of good token, each beside one that differs only in what was drawn at random or
 * in its jti: one is revoked, the other stays.
 */
CREATE TABLE pair AS
SELECT what, one, other, scope
FROM (VALUES
    ('of an API key', access_token.issue_access_token('k', 'user|42'), access_token.issue_access_token('k', 'user|42'), NULL),
    ('of a public key', access_token.issue_public_token('t', 'p', 'user|42'), access_token.issue_public_token('t', 'p', 'user|42'), 'public'),
    ('of a client', issue('c'), issue('c'), NULL),
    ('of a client, typ JWT', issue('ecdsa', true),
     issue('ecdsa', true), NULL),
    ('of a client for a user', client_token('{"jti": "a"}'), client_token('{"jti": "b"}'), NULL),
    ('signed outside, without jti', forge.outside_token('k'), forge.outside_token('k', '{"scope": "read"}'), NULL),
    ('with an empty jti', forge.outside_token('k', '{"jti": ""}'), forge.outside_token('k', '{"jti": "", "scope": "read"}'), NULL),
    ('with a short jti', forge.outside_token('k', '{"jti": "1"}'), forge.outside_token('k', '{"jti": "2"}'), NULL),
    ('with a jti of 128 characters', forge.outside_token('k', json_build_object('jti', repeat('x', 128))),
     forge.outside_token('k', json_build_object('jti', repeat('x', 127) || 'y')), NULL),
    ('with a jti of 129 characters', forge.outside_token('k', json_build_object('jti', repeat('x', 129))),
     forge.outside_token('k', json_build_object('jti', repeat('x', 128) || 'y')), NULL),
    ('with a jti of 3000 characters', forge.outside_token('k', json_build_object('jti', repeat('z', 3000))),
     forge.outside_token('k', json_build_object('jti', repeat('z', 3001))), NULL),
    ('with a jti that is not ASCII', forge.outside_token('k', json_build_object('jti', U&'caf\00E9')),
     forge.outside_token('k', json_build_object('jti', U&'cafe\0301')), NULL),
    ('with a control character in its jti', forge.outside_token('k', '{"jti": "a\u0001"}'), forge.outside_token('k', '{"jti": "a\u0002"}'), NULL),
    ('with a jti that looks like a hash', forge.outside_token('k', '{"jti": "sha256:abc"}'), forge.outside_token('k', '{"jti": "sha256:abd"}'), NULL),
    ('with a jti of one microsecond', forge.outside_token('k', '{"jti": "01a20751-b91f-79e7-8f41-c1869f41906b"}'),
     forge.outside_token('k', '{"jti": "01a20751-b91f-79e7-8f41-c1869f41906c"}'), NULL),
    ('with a jti that is a UUID in either case', forge.outside_token('k', '{"jti": "01a20752-b91f-79e7-8f41-c1869f41906b"}'),
     forge.outside_token('k', '{"jti": "01A20752-B91F-79E7-8F41-C1869F41906B"}'), NULL),
    ('with a jti of blanks', forge.outside_token('k', '{"jti": " "}'), forge.outside_token('k', '{"jti": "  "}'), NULL)
) AS r (what, one, other, scope);

SELECT is(array[says(one, scope), says(other, scope)], '{valid,valid}', 'good: two ' || what) FROM pair ORDER BY what COLLATE "C";
SELECT is(access_token.revoke_access_token(one)::text, '', 'revoked: one ' || what) FROM pair ORDER BY what COLLATE "C";
SELECT is(stored(), (SELECT count(*) FROM pair), 'one row for each');
SELECT is(array[says(one, scope), says(other, scope)], '{revoked,valid}', 'one of two ' || what) FROM pair ORDER BY what COLLATE "C";
SELECT is(forge.value_of(format('SELECT access_token.verify_access_token(%L)', one)), CASE scope WHEN 'public' THEN 'TK008' ELSE 'TK007' END,
          'raises: one ' || what) FROM pair ORDER BY what COLLATE "C";
SELECT forge.bystander_is_unchanged('revoking tokens');

-- The same token in another spelling of its signature, which anyone can make of an ECDSA signature.
CREATE TABLE spelled AS
SELECT token, split_part(token, '.', 1) || '.' || split_part(token, '.', 2) || '.'
              || forge.base64url(decode(substr(hex, 1, 64) || forge.hex_of(
                     115792089210356248762697446949407573529996955224135760342422259061068512044369
                     - forge.number_of(substr(hex, 65)), 32), 'hex')) AS other
FROM (SELECT token, encode(forge.from_base64url(split_part(token, '.', 3)), 'hex') AS hex
      FROM (SELECT issue('ecdsa') AS token) AS i) AS i;
SELECT is(array[says(token), says(other)], '{valid,valid}', 'ECDSA: a token has two signatures') FROM spelled;
SELECT isnt(token, other, 'which differ') FROM spelled;
SELECT access_token.revoke_access_token(other) FROM spelled;
SELECT is(array[says(token), says(other)], '{revoked,revoked}', 'revoking it under one revokes it under both') FROM spelled;

-- jti as text, however it is spelled in the token; and by revoke_token_id as by the token.
SELECT is(says(forge.token('k', NULL, replace(forge.claims('k', '{"jti": "PLACE"}'), 'PLACE', spelling))), 'revoked', 'a jti spelled ' || spelling)
FROM (VALUES ('1'), ('\u0031'), ('\u0063af\u00e9'), ('sha256:\u0061bc'), ('\u0020')) AS r (spelling);
SELECT is(access_token.revoke_token_id('t', jti)::text, '', 'by its id: ' || what)
FROM (VALUES ('plain', 'id-1'), ('long', repeat('i', 500)), ('not ASCII', U&'\00FC'), ('a quote', '"\'), ('like a hash', 'sha256:id'))
    AS r (what, jti);
SELECT is(says(forge.outside_token('k', json_build_object('jti', jti))), 'revoked', 'refused by its id: ' || what)
FROM (VALUES ('plain', 'id-1'), ('long', repeat('i', 500)), ('not ASCII', U&'\00FC'), ('a quote', '"\'), ('like a hash', 'sha256:id'))
    AS r (what, jti);
SELECT is(says(client_token('{"jti": "id-1"}')), 'revoked', 'a jti stands for every token of the tenant that has it');
SELECT is(says(forge.outside_token('foreign', json_build_object('jti', 'id-1'))), 'valid', 'the same jti in another tenant is another token');
SELECT access_token.revoke_token_id('u', 'only-u');
SELECT is(array[says(forge.outside_token('k', '{"jti": "only-u"}')), says(forge.outside_token('foreign', '{"jti": "only-u"}'))],
          '{valid,revoked}', 'and the other way round');

SELECT access_token.revoke_token_id('u', '01a20753-b91f-79e7-8f41-c1869f41906b');
SELECT is(array[says(forge.outside_token('k', '{"jti": "01a20753-b91f-79e7-8f41-c1869f41906b"}')),
                says(forge.outside_token('foreign', '{"jti": "01a20753-b91f-79e7-8f41-c1869f41906b"}'))],
          '{valid,revoked}', 'also a UUID of version 7');

SELECT access_token.revoke_access_token(other) FROM pair WHERE what = 'with a jti of one microsecond';
SELECT is(array[says(one), says(other)], '{revoked,revoked}', 'both of one microsecond') FROM pair WHERE what = 'with a jti of one microsecond';

-- What rows are found by is stored: rows of today must be found by every later version.
SELECT is(access_token.revocation_lookup_key('t', 'jti', value) >> 21, ms, 'looked up by: ' || what)
FROM (VALUES
    ('the millisecond of a UUID of version 7', '01a20751-b91f-79e7-8f41-c1869f41906b', 1795419126047),
    ('the first one', '00000000-0000-7000-8000-000000000000', 0),
    ('the last one', '03ffffff-ffff-7000-8000-000000000000', 4398046511103)
) AS r (what, value, ms);
SELECT is(access_token.revocation_lookup_key('t', kind, value) < 0, true, 'looked up by a hash: ' || what)
FROM (VALUES
    ('a UUID of the year 2109', 'jti', '04000000-0000-7000-8000-000000000000'), ('the last UUID', 'jti', 'ffffffff-ffff-7fff-bfff-ffffffffffff'),
    ('a UUID of another version', 'jti', '01a20751-b91f-49e7-8f41-c1869f41906b'), ('upper case', 'jti', '01A20751-B91F-79E7-8F41-C1869F41906B'),
    ('a user who is a UUID of version 7', 'identity', '01a20751-b91f-79e7-8f41-c1869f41906b'),
    ('a user', 'identity', 'user|42'), ('an empty text', 'jti', '')
) AS r (what, kind, value);
SELECT is(count(DISTINCT access_token.revocation_lookup_key(tenant_id, 'jti', '01a20751-b91f-79e7-8f41-' || lpad(to_hex(i), 12, '0'))) > 15900, true,
          'tokens of one millisecond have different numbers, in every tenant')
FROM unnest(ARRAY['t', 'u']) AS tenant_id, generate_series(1, 8000) AS i;
SELECT is(access_token.revocation_lookup_key(tenant_id, kind, value), lookup_key, format('the number of %s %s of %s, on little-endian machines', kind, value, tenant_id))
FROM (VALUES ('t', 'identity', 'user|42', -5000624909991820313), ('u', 'identity', 'user|42', -3423224545630826882),
             ('t', 'jti', '01a20751-b91f-79e7-8f41-c1869f41906b', 3765266811029032620)) AS r (tenant_id, kind, value, lookup_key);

-- Rows that share a number: each is found, whichever the index has first, and each says only what its kind says.
CREATE TABLE alike AS SELECT name, forge.outside_token('k', json_build_object('jti', name)) AS by_jti,
       forge.outside_token('k', json_build_object('iat', floor(forge.epoch()), 'grants', json_build_object('identity', name))) AS by_identity
FROM unnest(ARRAY['jti only', 'identity only', 'jti first', 'identity first']) AS name;
SELECT access_token.revoke_token_id('t', name) FROM unnest(ARRAY['jti only', 'jti first']) AS name;
SELECT access_token.revoke_identity('t', name) FROM unnest(ARRAY['identity only', 'identity first', 'jti first']) AS name;
SELECT access_token.revoke_token_id('t', 'identity first');
SELECT is(array[says(by_jti), says(by_identity)], expected, 'a jti and a user of one name: ' || name)
FROM alike, LATERAL (SELECT CASE WHEN name LIKE '%first' THEN '{revoked,revoked}' WHEN name LIKE 'jti%' THEN '{revoked,valid}' ELSE '{valid,revoked}' END::text[]) AS e (expected);
SELECT is(count(DISTINCT lookup_key), 1::bigint, 'they share one number: ' || value)
FROM access_token.revocation WHERE value LIKE '% first' GROUP BY value HAVING count(*) = 2;

-- Different tokens of one number, and the same jti in two tenants: who else has it is not revoked. (Found by trying, for
-- little-endian machines.)
CREATE TABLE sharing AS SELECT what, one, other, one_tenant, other_tenant, forge.outside_token(one_key, json_build_object('jti', one)) AS one_token,
       forge.outside_token(other_key, json_build_object('jti', other)) AS other_token
FROM (VALUES
    ('two jti of a tenant', '01a20755-b91f-79e7-8f41-000000002373', '01a20755-b91f-79e7-8f41-000000003fbb', 't', 't', 'k', 'k'),
    ('a jti of two tenants', '01a20755-b91f-79e7-8f41-00000082e46c', '01a20755-b91f-79e7-8f41-00000082e46c', 'u', 't', 'foreign', 'k')
) AS r (what, one, other, one_tenant, other_tenant, one_key, other_key);
SELECT is(access_token.revocation_lookup_key(one_tenant, 'jti', one), access_token.revocation_lookup_key(other_tenant, 'jti', other), 'one number: ' || what) FROM sharing;
SELECT access_token.revoke_token_id(one_tenant, one) FROM sharing;
SELECT is(array[says(one_token), says(other_token)], '{revoked,valid}', 'one is revoked, the other is not: ' || what) FROM sharing;

-- Very many rows of one number, before and behind the one that is looked for: written by hand, because it takes a long
-- search to find as many.
CREATE TABLE crowded AS SELECT jti, forge.outside_token('k', json_build_object('jti', jti)) AS token, access_token.revocation_lookup_key('t', 'jti', jti) AS number
FROM (VALUES ('01a20757-b91f-79e7-8f41-000000002373')) AS r (jti);
SELECT is(forge.answer_with(format($$
              ALTER TABLE access_token.revocation ALTER lookup_key DROP EXPRESSION;
              INSERT INTO access_token.revocation (tenant_id, kind, value, expires_at, lookup_key)
              SELECT 't', 'jti', value, now() + interval '1 hour', %s
              FROM generate_series(1, %s) AS i, LATERAL unnest(ARRAY['00' || i, '02' || i]) AS value UNION ALL %s $$, number, others, own_row),
              format('SELECT says(%L)', token)), expected, format('beside %s rows of its number: %s', 2 * others, expected))
FROM crowded, (VALUES (16), (17), (500)) AS o (others),
     LATERAL (VALUES ('revoked', format($$ SELECT 't', 'jti', %L, now(), %s $$, jti, number)), ('valid', format($$ SELECT 'u', 'jti', %L, now(), %s $$, jti, number))) AS r (expected, own_row);

-- A value that is stored as a hash is no jti: nobody's token is revoked by it.
SELECT is(says(forge.outside_token('k', json_build_object('jti', value))), 'valid', 'the hash of a ' || kind || ' is not its ' || kind)
FROM (SELECT kind, min(value) AS value FROM access_token.revocation WHERE value LIKE 'sha256:%' GROUP BY kind) AS r;
SELECT is((SELECT max(length(value)) <= 128 AND bool_and(value ~ '^[ -~]+$') FROM access_token.revocation), true,
          'what is stored is short and ASCII');

-- How long it is kept: a token until it expires, an id for as long as any token may live.
CREATE TABLE kept AS SELECT forge.outside_token('k', '{"jti": "kept"}') AS token;
SELECT access_token.revoke_access_token(token) FROM kept;
SELECT is(expires_at, to_timestamp((forge.claims_of(token)::json ->> 'exp')::numeric), 'a token is kept until it expires')
FROM kept, access_token.revocations WHERE value = 'kept';
SELECT access_token.revoke_token_id('t', 'kept');
SELECT ok(expires_at >= clock_timestamp() + '172790 seconds', 'by its id it is kept for 172800 seconds') FROM access_token.revocations WHERE value = 'kept';
SELECT access_token.revoke_access_token(token) FROM kept;
SELECT ok(expires_at >= clock_timestamp() + '172790 seconds', 'which a second revocation does not shorten') FROM access_token.revocations WHERE value = 'kept';
SELECT is(count(*), 1::bigint, 'it is one row') FROM access_token.revocations WHERE value = 'kept';
SELECT access_token.revoke_token_id('t', 'short', clock_timestamp() + '1 second'), access_token.revoke_token_id('t', 'long', '2199-01-01Z');
SELECT ok(expires_at >= clock_timestamp() + '172790 seconds', 'expires_at does not shorten it') FROM access_token.revocations WHERE value = 'short';
SELECT is(expires_at, '2199-01-01Z', 'but lengthens it') FROM access_token.revocations WHERE value = 'long';

-- What is no work, and what is refused: no row is made.
CREATE TABLE before AS SELECT stored() AS rows;
SELECT is(access_token.revoke_access_token(token)::text, '', 'no work: ' || what)
FROM (VALUES ('an expired token', forge.outside_token('k', json_build_object('exp', forge.epoch(-1)))),
             ('an expired token with kid', forge.token('k', NULL, forge.claims('k', json_build_object('exp', forge.epoch(-1), 'jti', 'e')))),
             ('an expired client token', client_token(json_build_object('exp', floor(forge.epoch(-1)), 'jti', 'e')))) AS r (what, token);
SELECT is(forge.value_of(format('SELECT access_token.revoke_access_token(%L)', token)), sqlstate, what)
FROM (VALUES
    ('TK001', 'NULL', NULL),
    ('TK001', 'garbage', 'garbage'), ('TK001', 'an empty text', ''), ('TK001', 'two dots', '..'),
    ('TK003', 'an unknown kid', forge.token('k', forge.header('k', '{"kid": "unknown"}'))),
    ('TK003', 'an unknown issuer', forge.outside_token('k', '{"iss": "unknown"}')),
    ('TK003', 'another key''s kid', forge.token('k', (SELECT forge.header('k', json_build_object('kid', kid)) FROM forge.api_key WHERE label = 'foreign'))),
    ('TK003', 'an altered signature', (SELECT overlay(t placing CASE right(t, 4) WHEN 'AAAA' THEN 'BBBB' ELSE 'AAAA' END from length(t) - 4)
                                       FROM forge.outside_token('k') AS t)),
    ('TK003', 'an altered payload', (SELECT split_part(a, '.', 1) || '.' || split_part(b, '.', 2) || '.' || split_part(a, '.', 3)
                                     FROM forge.outside_token('k') AS a, forge.outside_token('k', '{"jti": "n"}') AS b)),
    ('TK003', 'an unknown signing key', (SELECT forge.own_token('ed', forge.own_header('ed', '{"typ": "at+jwt", "kid": "unknown"}')))),
    ('TK002', 'alg none', forge.token('k', forge.header('k', '{"alg": "none"}'))),
    ('TK002', 'a critical header', forge.token('k', forge.header('k', '{"crit": ["x"]}'))),
    ('TK001', 'a signed payload that is no object', forge.token('k', NULL, '[]')),
    ('TK001', 'a jti that is a number', forge.token('k', NULL, forge.claims('k', '{"jti": 1}'))),
    ('TK006', 'a token that sign_token made', access_token.sign_token('t', '{}', 'EdDSA', '{"typ": "invitation+jwt"}')),
    ('TK006', 'an id_token', (SELECT forge.own_token('ed', forge.own_header('ed', '{"typ": "JWT"}'), forge.own_claims('ed', '{"nonce": "n"}')))),
    ('TK006', 'another typ', forge.token('k', forge.header('k', '{"typ": "other"}'))),
    ('TK006', 'another cty', forge.token('k', forge.header('k', '{"cty": "other"}')))
) AS r (sqlstate, what, token);
SELECT is(stored(), rows, 'none of them left a row') FROM before;

-- Whatever key and client are now: they may come back.
CREATE TABLE later AS SELECT access_token.issue_access_token('sibling', 'user|42') AS of_key, issue('ecdsa') AS of_client;
SELECT access_token.set_api_key_enabled('sibling', false), access_token.set_client_enabled('ecdsa', false), access_token.set_tenant_enabled('t', false);
SELECT lives_ok(format('SELECT access_token.revoke_access_token(%L), access_token.revoke_access_token(%L)', of_key, of_client), 'while all is switched off') FROM later;
SELECT access_token.set_api_key_enabled('sibling', true), access_token.set_client_enabled('ecdsa', true), access_token.set_tenant_enabled('t', true);
SELECT is(array[says(of_key), says(of_client)], '{revoked,revoked}', 'switched on again') FROM later;

-- A client that is made again under its id.
CREATE TABLE former AS SELECT issue('ecdsa') AS token;
SELECT access_token.delete_client('ecdsa');
SELECT access_token.create_client('t', 'Client', settings => '{"algorithm": "ES256"}', id => 'ecdsa');
SELECT is(says(token), 'revoked', 'a client made again has none of its former tokens') FROM former;
SELECT is(says(issue('ecdsa')), 'valid', 'but new ones');

-- Arguments.
SELECT throws_ok($$ SELECT access_token.revoke_token_id('nobody', 'x') $$, '42704', 'tenant does not exist', 'an unknown tenant');
SELECT throws_ok($$ SELECT access_token.revoke_token_id(NULL, 'x') $$, '42704', 'tenant does not exist', 'no tenant');
SELECT throws_ok($$ SELECT access_token.revoke_token_id('t', NULL) $$, '22023', 'jti is missing', 'no jti');
SELECT throws_ok($$ SELECT access_token.revoke_token_id('t', '') $$, '22023', 'jti is missing', 'an empty jti');

-- Seen at once by one's own session, forgotten when undone, refused where nothing may be written.
CREATE TABLE mine AS SELECT access_token.issue_access_token('k', 'user|42') AS token;
SELECT is(forge.answer_with(format('SELECT access_token.revoke_access_token(%L)', token), format('SELECT says(%L)', token)), 'revoked',
          'before it is committed') FROM mine;
SELECT is(says(token), 'valid', 'undone') FROM mine;
SELECT is(forge.answer_with('SET LOCAL transaction_read_only = on', format('SELECT access_token.revoke_access_token(%L)', token)), '25006',
          'read-only: revoke_access_token') FROM mine;
SELECT is(forge.answer_with('SET LOCAL transaction_read_only = on', $$ SELECT access_token.revoke_token_id('t', 'x') $$), '25006',
          'read-only: revoke_token_id');
SELECT is(forge.answer_with('SET LOCAL transaction_read_only = on', format('SELECT says(%L)', token)), 'valid', 'read-only: verifying') FROM mine;

-- What looks for revocations without their index must not find nothing: it raises.
SELECT is(forge.answer_with(fault, format('SELECT access_token.verify_access_token(%L)', token)), 'XX002', what)
FROM mine, (VALUES
    ('the index is gone', 'DROP INDEX access_token.revocation_lookup_key_idx'),
    ('the index is not valid', $$ UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'access_token.revocation_lookup_key_idx'::regclass $$),
    ('it is a hash index', 'DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation USING hash (lookup_key)'),
    ('it is partial', $$ DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (lookup_key, value) WHERE kind = 'jti' $$),
    ('it is of another column', 'DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (kind)'),
    ('it begins with another column', 'DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (kind, lookup_key, value)'),
    ('it is of an expression', 'DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation ((lookup_key + 0), value)'),
    ('it lacks the value', 'DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (lookup_key) INCLUDE (value)'),
    ('its value has another collation', 'DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (lookup_key, value COLLATE "POSIX")'),
    ('its operators are others', $$ CREATE OPERATOR CLASS strange FOR TYPE bigint USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint8cmp(bigint, bigint);
                                    DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (lookup_key strange, value) $$),
    ('it is of a smaller type', 'TRUNCATE access_token.revocation; ALTER TABLE access_token.revocation ALTER lookup_key TYPE integer'),
    ('it is of another type', 'ALTER TABLE access_token.revocation ALTER lookup_key TYPE numeric')
) AS r (what, fault);
SELECT is(says(token), 'valid', 'with the index back it verifies') FROM mine;
SELECT is(forge.answer_with(fault, format('SELECT access_token.verify_access_token(%L)', token)), 'XX002', 'a secret''s index: ' || what)
FROM mine, (VALUES
    ('another collation', 'DROP INDEX access_token.api_key_current_secret_id_idx; CREATE INDEX ON access_token.api_key USING hash (current_secret_id COLLATE "POSIX")'),
    ('only a B-tree is left', 'DROP INDEX access_token.api_key_current_secret_id_idx')
) AS r (what, fault);
SELECT is(forge.findings_with(fault), finding, 'check_installation finds it: ' || what)
FROM (VALUES
    ('of another type', 'ALTER TABLE access_token.revocation ALTER lookup_key TYPE numeric', 'table access_token.revocation lacks its btree index on lookup_key, value'),
    ('of other operators', $$ CREATE OPERATOR CLASS strange FOR TYPE bigint USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint8cmp(bigint, bigint);
                              DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (lookup_key strange, value) $$,
     'table access_token.revocation lacks its btree index on lookup_key, value'),
    ('without the value', 'DROP INDEX access_token.revocation_lookup_key_idx; CREATE INDEX revocation_lookup_key_idx ON access_token.revocation (lookup_key)',
     'table access_token.revocation lacks its btree index on lookup_key, value'),
    ('of another collation', 'DROP INDEX access_token.api_key_current_secret_id_idx; CREATE INDEX api_key_current_secret_id_idx ON access_token.api_key USING hash (current_secret_id COLLATE "POSIX")',
     'table access_token.api_key lacks its hash index on current_secret_id'),
    ('not computed', 'ALTER TABLE access_token.revocation ALTER lookup_key DROP EXPRESSION', 'column access_token.revocation.lookup_key is not computed as it was made'),
    ('not computed, and with a default', 'ALTER TABLE access_token.revocation ALTER lookup_key DROP EXPRESSION, ALTER lookup_key SET DEFAULT 0',
     'column access_token.revocation.lookup_key is not computed as it was made')
) AS r (what, fault, finding);
SELECT is(forge.findings_with('DROP INDEX access_token.revocation_lookup_key_idx'), 'table access_token.revocation lacks its btree index on lookup_key, value',
          'check_installation finds that the index is gone');
SELECT is(forge.findings_with($$ UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'access_token.revocation_lookup_key_idx'::regclass $$),
          'index access_token.revocation_lookup_key_idx is not valid', 'and that it is not valid');
SELECT is(forge.findings_with('ALTER TABLE access_token.revocation DISABLE TRIGGER guard_table'),
          'table access_token.revocation lacks a trigger guard_table that is ENABLE ALWAYS', 'and that the table is not guarded');

SELECT forge.bystander_is_unchanged('all of it');
SELECT * FROM finish();
ROLLBACK;
