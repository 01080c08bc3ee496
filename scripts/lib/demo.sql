-- The job of scripts/demo. psql 15 cannot bind parameters and a literal in a failing statement goes into
-- the server's log, so the session keeps the token in a setting of its own; an application binds $1.
\set ECHO queries
\pset footer off
\pset format unaligned
\echo
\echo '== Once, by the DBA: the extension, a tenant, an API key =='
\echo
CREATE EXTENSION access_token;
SELECT access_token.create_tenant('Acme', tenant_id => 'acme');
\echo
SELECT * FROM access_token.create_api_key('acme', 'backend') \gset
\echo 'api_key_id:' :api_key_id
\echo 'secret:    ' :secret '  (shown once; any JWT library signs with its text)'

\echo
\echo '== For each user who logs in: a token =='
\echo
SELECT set_config('demo.token',
                  access_token.issue_access_token(:'api_key_id', 'user|42'), false) AS token \gset
\echo 'token:' :token
\echo '(An application binds the key and the token as $1; psql 15 cannot, so the session keeps the token.)'
\echo
\echo '== What is in it =='
\echo
SELECT jsonb_pretty(header) AS header
FROM access_token.decode_token(current_setting('demo.token'));
\echo
SELECT jsonb_pretty(claims) AS claims,
       to_timestamp((claims ->> 'exp')::bigint) AS expires
FROM access_token.decode_token(current_setting('demo.token')) \gset
\echo 'claims'
\echo :claims
\echo 'expires:' :expires

\echo
\echo '== For each request: verify it =='
\echo
SELECT access_token.verify_access_token(current_setting('demo.token'),
                                        tenant_id => 'acme') AS claims;

\echo
\echo '== Somebody writes another identity into the token =='
\echo
\set ECHO none
SELECT set_config('demo.forged',
                  split_part(token, '.', 1) || '.' ||
                  rtrim(translate(encode(convert_to(forged_claims, 'UTF8'), 'base64'),
                                  E'+/\n', '-_'), '=') || '.' ||
                  split_part(token, '.', 3), false) AS forged
FROM (SELECT current_setting('demo.token') AS token,
             (claims || '{"grants": {"identity": "admin"}}')::text AS forged_claims
      FROM access_token.decode_token(current_setting('demo.token'))) AS parts \gset
SELECT claims #>> '{grants,identity}' AS identity
FROM access_token.decode_token(current_setting('demo.forged')) \gset
\echo 'the identity in it is now:' :identity
\echo
\set ECHO queries
\set ON_ERROR_STOP off
SELECT access_token.verify_access_token(current_setting('demo.forged'), tenant_id => 'acme');
\set refused :ERROR
\echo 'SQLSTATE:' :LAST_ERROR_SQLSTATE
\set ON_ERROR_STOP on
\set ECHO none
\if :refused
\else
DO $$ BEGIN RAISE 'the forged token was accepted'; END $$;
\endif
\set ECHO queries
\echo
SELECT valid, reason
FROM access_token.inspect_access_token(current_setting('demo.forged'), tenant_id => 'acme');
