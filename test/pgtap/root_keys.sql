/*
 * Root keys in the table: exported under a passphrase, imported to open alone, rewrapped. Keys from a
 * file or a command need a server of their own and are tested in test/tap.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/signer.sql
\ir support/bystander.sql

SELECT plan(61);

SELECT forge.make_key('k', 't');
SELECT access_token.rotate_api_key('k', '1 hour');
SELECT forge.make_tenant('own');
SELECT access_token.rotate_signing_key('own', 'ES256');
CREATE TABLE good AS SELECT access_token.issue_access_token('k', 'x') AS token, access_token.sign_token('own', '{}', header => '{"typ": "x+jwt"}') AS own;

CREATE FUNCTION root_keys() RETURNS text LANGUAGE sql AS $function$
    SELECT string_agg(format('%s %s', r.source, r.seals_rows), ', ' ORDER BY r.source, r.seals_rows) FROM access_token.root_keys AS r
$function$;
CREATE FUNCTION sealed_values() RETURNS bytea[] LANGUAGE sql AS $function$
    SELECT array_agg(v ORDER BY id) FROM (
        SELECT s.secret_id AS id, s.sealed_secret AS v FROM forge.stored_secret AS s
        UNION ALL SELECT k.kid, k.sealed_private_key FROM access_token.signing_key AS k) AS u
$function$;
-- Whether secrets open: both, as a session that has not opened them yet.
CREATE FUNCTION opens() RETURNS text LANGUAGE sql AS $function$
    SELECT concat_ws(' ', forge.sqlstate_of('SELECT access_token.issue_access_token(''k'', ''x'')'), forge.sqlstate_of('SELECT access_token.sign_token(''own'', ''{}'', header => ''{"typ": "x+jwt"}'')'))
$function$;
-- Sealed anew by the same key, so that no session knows them opened.
CREATE FUNCTION as_unopened() RETURNS void LANGUAGE sql AS $function$
    UPDATE access_token.api_key AS k
    SET current_sealed_secret = access_token.reseal('api_key', k.current_secret_id, k.api_key_id, k.current_sealed_secret),
        previous_sealed_secret = CASE WHEN k.previous_secret_id IS NOT NULL
            THEN access_token.reseal('api_key', k.previous_secret_id, k.api_key_id, k.previous_sealed_secret) END;
    UPDATE access_token.signing_key AS k SET sealed_private_key = access_token.reseal('signing_key', k.kid, k.tenant_id, k.sealed_private_key);
$function$;
-- What a cluster is like in which a logical dump was restored: another root key, which is its own.
CREATE FUNCTION restored_elsewhere() RETURNS void LANGUAGE sql AS $function$
    DELETE FROM access_token.root_key;
    INSERT INTO access_token.root_key (root_key_id, key) VALUES ('elsewhere', public.gen_random_bytes(32));
$function$;

CREATE FUNCTION error_text(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(E'\n', SQLERRM, detail, hint);
END
$function$;

-- The view: ids, sources, how many rows each seals, no key.
SELECT is(root_keys(), 'database 8', 'one root key, in the table, seals all'); -- k, three of the bystander, 2 signing keys of each tenant
SELECT is((SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'access_token.root_keys'::regclass AND attnum > 0), '{root_key_id,source,created_at,seals_rows}', 'no key bytes in it');
SELECT is((SELECT root_key_id FROM access_token.root_keys), (SELECT root_key_id FROM access_token.root_key), 'its id');

-- Passphrases.
SELECT is(forge.value_of(format('SELECT access_token.export_root_key(%L)', p)), sqlstate, format('exporting with %L', p))
FROM (VALUES ('', '22023'), ('short', '22023'), ('elevenchars', '22023'), (NULL, '22004')) AS r (p, sqlstate);
CREATE TABLE exported AS SELECT access_token.export_root_key('twelve chars') AS sealed, root_key_id, key FROM access_token.root_key;
SELECT ok(length(sealed) > 40, 'twelve characters will do') FROM exported;
SELECT isnt(access_token.export_root_key('twelve chars'), sealed, 'another text each time') FROM exported;
SELECT is(position(encode(key, 'base64') IN sealed) + position(forge.base64url(key) IN sealed) + position(encode(key, 'hex') IN sealed), 0, 'the key does not stand in it') FROM exported;

-- As many as can be imported, and none is left out in silence.
CREATE FUNCTION exported_with(others integer) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    ids text[];
BEGIN
    INSERT INTO access_token.root_key (root_key_id, key, seals)
    SELECT repeat('k', 60) || n, public.gen_random_bytes(32), false FROM generate_series(1, others) AS n;
    ids := (access_token.open_root_keys(access_token.export_root_key('twelve chars'), 'twelve chars')).ids;
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
    RETURN array_length(ids, 1);
WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$function$;
SELECT is(exported_with(others), expected, format('%s keys', others + 1))
FROM (VALUES (0, '1'), (15, '16'), (16, '54000 too many root keys to export')) AS r (others, expected);

-- Moved: TK011 that names the key, import, and all is well.
SELECT restored_elsewhere();
SELECT is(opens(), '00000 00000', 'what a session has opened stays open');
CREATE TABLE before_move AS SELECT sealed_values() AS v;
-- A row that changed is opened anew.
UPDATE access_token.api_key SET current_sealed_secret = current_sealed_secret || '\x00', previous_sealed_secret = previous_sealed_secret || '\x00';
UPDATE access_token.signing_key SET sealed_private_key = sealed_private_key || '\x00';
SELECT is(opens(), 'TK011 TK011', 'without its root key nothing is issued or signed');
SELECT ok(error_text('SELECT access_token.issue_access_token(''k'', ''x'')') LIKE '%' || root_key_id || '%', 'the error names the key that is wanted') FROM exported;
SELECT is(root_keys(), 'database 0, missing 8', 'the view says missing');
SELECT is(forge.sqlstate_of('SELECT access_token.rewrap_secrets()'), 'TK011', 'nor can they be rewrapped');
UPDATE access_token.api_key
SET current_sealed_secret = substr(current_sealed_secret, 1, length(current_sealed_secret) - 1),
    previous_sealed_secret = substr(previous_sealed_secret, 1, length(previous_sealed_secret) - 1);
UPDATE access_token.signing_key SET sealed_private_key = substr(sealed_private_key, 1, length(sealed_private_key) - 1);
SELECT is(sealed_values(), v, 'the rows are as they were') FROM before_move;

SELECT throws_ok(format('SELECT access_token.import_root_key(%L, %L)', text, p), 'TK010', 'root key cannot be imported', 'not imported: ' || what)
FROM exported, LATERAL (VALUES ('another passphrase', sealed, 'twelve chars!'), ('other letters', sealed, 'Twelve chars'), ('no passphrase', sealed, ''), ('text cut', left(sealed, -1), 'twelve chars'), ('text changed', overlay(sealed PLACING CASE substr(sealed, length(sealed) / 2, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM length(sealed) / 2), 'twelve chars'),
    ('text empty', '', 'twelve chars'), ('words', 'words', 'twelve chars'), ('a word more', sealed || 'A', 'twelve chars'), ('the wrong way round', 'twelve chars', sealed)) AS r (what, text, p);
SELECT is(forge.value_of(format('SELECT access_token.import_root_key(%L, %L)', text, p)), '22004', 'a NULL') FROM (VALUES (NULL, 'twelve chars'), ('x', NULL)) AS r (text, p);
SELECT is(root_keys(), 'database 0, missing 8', 'nothing of that was imported');
SELECT is(access_token.import_root_key(sealed, 'twelve chars'), ARRAY[root_key_id], 'import returns the ids') FROM exported;
SELECT is(root_keys(), 'database 0, imported 8', 'the view says imported');
SELECT is(key, (SELECT key FROM exported), 'the key is the one that was exported') FROM access_token.root_key WHERE root_key_id <> 'elsewhere';
SELECT is(opens(), '00000 00000', 'it opens');
SELECT is(forge.verify_verdict(token, 't', NULL, NULL) || ' ' || forge.own_verdict(own, 'own', 'x+jwt'), 'accepts accepts', 'old tokens verify') FROM good;
SELECT lives_ok(format('SELECT access_token.import_root_key(%L, ''twelve chars'')', sealed), 'imported again') FROM exported;
SELECT is(root_keys(), 'database 0, imported 8', 'changes nothing');

-- An imported key only opens.
SELECT forge.make_key('new', 't');
SELECT is(root_keys(), 'database 1, imported 8', 'what is new is sealed under the database''s own');
SELECT is(access_token.sealed_under(k.current_sealed_secret), 'elsewhere', 'indeed') FROM access_token.api_key AS k WHERE k.api_key_id = 'new';

-- Rewrapping, in batches, until there is nothing left.
SELECT is(forge.value_of(format('SELECT access_token.rewrap_secrets(%s)', n)), '22023', format('a batch of %s', n)) FROM (VALUES ('0'), ('-1'), ('NULL')) AS r (n);
SELECT is(access_token.rewrap_secrets(batch), moved, format('%s. batch of %s', n, batch)) FROM (VALUES (1, 2, 2), (2, 1, 1), (3, 1000, 5), (4, 1000, 0)) AS r (n, batch, moved) ORDER BY n;
SELECT is(root_keys(), 'database 9, imported 0', 'all is sealed under the database''s own');
SELECT is(opens(), '00000 00000', 'and opens');
DELETE FROM access_token.root_key WHERE root_key_id <> 'elsewhere';
SELECT as_unopened();
SELECT is(opens(), '00000 00000', 'without the imported key as well');
SELECT is(forge.verify_verdict(token, 't', NULL, NULL) || ' ' || forge.own_verdict(own, 'own', 'x+jwt'), 'accepts accepts', 'tokens verify as before') FROM good;
SELECT is((SELECT array_agg(finding) FROM access_token.check_installation()), NULL, 'check_installation finds nothing');

-- A sealed value stands for its own row.
CREATE FUNCTION swapped() RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    answer text;
BEGIN
    UPDATE access_token.api_key AS k SET current_sealed_secret = o.current_sealed_secret FROM access_token.api_key AS o WHERE k.api_key_id = 'new' AND o.api_key_id = 'bystander_secret';
    answer := forge.sqlstate_of('SELECT access_token.issue_access_token(''new'', ''x'')');
    UPDATE access_token.signing_key AS k SET sealed_private_key = s.current_sealed_secret FROM access_token.api_key AS s WHERE k.state = 'current' AND s.api_key_id = 'new';
    answer := answer || ' ' || forge.sqlstate_of('SELECT access_token.sign_token(''own'', ''{}'', header => ''{"typ": "x+jwt"}'')');
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
    RETURN answer;
END
$function$;
SELECT is(swapped(), 'TK010 TK010', 'the sealed value of another row does not open');

-- Who may: a superuser alone exports and imports; an administrator rewraps and looks.
CREATE ROLE root_keys_admin;
SELECT access_token.grant_access('root_keys_admin', 'admin');
CREATE FUNCTION as_admin(statement text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM set_config('role', 'root_keys_admin', true);
    EXECUTE statement;
    PERFORM set_config('role', 'none', true);
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;
SELECT is(as_admin(statement), sqlstate, statement)
FROM (VALUES ('SELECT access_token.export_root_key(''twelve chars'')', '42501'), ('SELECT access_token.import_root_key(''x'', ''twelve chars'')', '42501'), ('SELECT access_token.open_root_keys(''x'', ''twelve chars'')', '42501'),
             ('SELECT access_token.reseal(''x'', ''x'', ''x'', ''x'')', '42501'), ('SELECT access_token.rewrap_secrets()', '00000'), ('SELECT * FROM access_token.root_keys', '00000'), ('SELECT * FROM access_token.root_key', '42501')) AS r (statement, sqlstate);

SELECT is((SELECT picture -> 'good' FROM forge.bystander_before), forge.bystander() -> 'good', 'the other tenant''s tokens are good');

SELECT * FROM finish();
ROLLBACK;
