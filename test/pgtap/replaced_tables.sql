/*
 * Something else in the place of one of the tables: a view that shows other rows, or what has no storage
 * at all, which would crash a scan. It is refused by every call that would read it, and found.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/faults.sql

SELECT plan(101);

CREATE FOREIGN DATA WRAPPER replaced_wrapper;
CREATE SERVER replaced_server FOREIGN DATA WRAPPER replaced_wrapper;
SELECT access_token.create_tenant('T', 't', 'https://t.example');
SELECT forge.make_key('k', 't');
SELECT access_token.create_client('t', 'C', settings => '{"algorithm": "EdDSA"}', id => 'c');
-- A token of another key: the session has opened no signer of the first.
SELECT access_token.create_client('t', 'C', settings => '{"algorithm": "ES256"}', id => 'other');
SELECT access_token AS client_token FROM access_token.issue_client_token('t', 'other') \gset

-- The root key is needed until this session has opened the secret: it comes first.
CREATE TABLE question (what text, reads text[], statement text);
INSERT INTO question VALUES
    ('issue', '{root_key,tenant,api_key}', $$ SELECT access_token.issue_access_token('k', 'x') $$),
    ('verify by kid', '{root_key,tenant,api_key}', $$ SELECT access_token.verify_access_token(forge.token('k')) $$),
    ('verify by iss', '{root_key,tenant,api_key}', $$ SELECT access_token.verify_access_token(forge.outside_token('k')) $$),
    ('issue a client''s token', '{root_key,tenant,client,signing_key}', $$ SELECT access_token.issue_client_token('t', 'c') $$),
    ('verify a client''s token', '{tenant,client,signing_key,revocation}', format('SELECT access_token.verify_access_token(%L)', :'client_token')),
    ('introspect a client''s token', '{tenant,client,signing_key,revocation}', format('SELECT access_token.introspect_access_token(%L, ''t'')', :'client_token')),
    ('verify, once it was read', '{revocation}', $$ SELECT access_token.verify_access_token(forge.token('k')) $$),
    ('create_api_key', '{root_key}', $$ SELECT access_token.create_api_key('t', 'new') $$),
    ('rotate_api_key', '{root_key}', $$ SELECT access_token.rotate_api_key('k') $$);

-- By the tables' owner, who keeps the rows under another name.
CREATE TABLE replacement (kind text, statement text);
INSERT INTO replacement VALUES
    ('a view', 'CREATE VIEW access_token.%1$I AS SELECT * FROM access_token.replaced'),
    ('a materialized view', 'CREATE MATERIALIZED VIEW access_token.%1$I AS SELECT * FROM access_token.replaced'),
    ('a partitioned table', 'CREATE TABLE access_token.%1$I (LIKE access_token.replaced, PRIMARY KEY (%2$I)) PARTITION BY HASH (%2$I)'),
    ('a foreign table', 'CREATE FOREIGN TABLE access_token.%1$I (%3$s) SERVER replaced_server');
CREATE FUNCTION replacing(relation text, replacement text) RETURNS text LANGUAGE sql AS $function$
    SELECT format('ALTER TABLE access_token.%I RENAME TO replaced; ', relation)
           || format(replacement, relation, CASE relation WHEN 'signing_key' THEN 'kid' WHEN 'revocation' THEN 'value' ELSE relation || '_id' END,
                     (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
                      FROM pg_attribute WHERE attrelid = ('access_token.' || relation)::regclass AND attnum > 0))
$function$;

-- The message along with the SQLSTATE: an index that is missing would be an error as well.
CREATE FUNCTION message_of(statement text) RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$function$;

SELECT is(forge.answer_with(replacing(t, r.statement), format('SELECT message_of(%L)', q.statement)),
          format('55000: access_token.%s is no table', t), format('%s in the place of %s: %s', r.kind, t, q.what))
FROM question AS q, replacement AS r, unnest(q.reads) AS t ORDER BY t <> 'root_key';
SELECT matches(forge.findings_with(replacing('root_key', statement)), 'access_token.root_key is not part of the extension',
               'check_installation finds ' || kind)
FROM replacement WHERE kind <> 'a foreign table'; -- which cannot be read for the rest
SELECT is(forge.findings_with('SELECT 1'), NULL, 'after all that everything is as it was');
SELECT is(forge.verdict(forge.token('k')), forge.acceptance(), 'and the key is good');

SELECT * FROM finish();
ROLLBACK;
