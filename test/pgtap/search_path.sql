/*
 * A search_path full of traps: operators, functions, types, casts and tables that a careless name would
 * find first. The functions of the extension fall into none of them.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql
\ir support/roles.sql

SELECT plan(128);

-- No function of the extension is called before the traps are set: PL/pgSQL remembers what it compiles.
CREATE ROLE search_path_attacker;
CREATE ROLE search_path_admin;

-- Whoever falls into a trap is counted; a sequence, because its count outlives what is rolled back.
CREATE SCHEMA evil AUTHORIZATION search_path_attacker;
CREATE SEQUENCE evil.caught;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
GRANT ALL ON SEQUENCE evil.caught TO PUBLIC;
SET LOCAL ROLE search_path_attacker;

CREATE FUNCTION evil.catch() RETURNS boolean LANGUAGE sql AS $function$ SELECT nextval('evil.caught') > 0 $function$;

-- Operators, for every pair of types that the extension compares or joins.
SELECT format($ddl$
    CREATE FUNCTION evil.%1$I(%2$s, %3$s) RETURNS %4$s LANGUAGE plpgsql AS
        'BEGIN PERFORM evil.catch(); RETURN NULL; END';
    CREATE OPERATOR evil.%5$s (LEFTARG = %2$s, RIGHTARG = %3$s, FUNCTION = evil.%1$I)
    $ddl$, 'op_' || n, left_type, right_type, result, operator)
FROM (SELECT row_number() OVER () AS n, *
      FROM (SELECT o.operator, t.left_type, t.right_type, 'boolean' AS result
            FROM unnest(ARRAY['=', '<>', '<', '>', '<=', '>=']) AS o (operator),
                 (VALUES ('text', 'text'), ('name', 'name'), ('name', 'text'), ('text', 'name'), ('oid', 'oid'), ('regrole', 'oid'),
                         ('oid', 'regrole'), ('integer', 'integer'), ('bigint', 'bigint'), ('interval', 'interval'),
                         ('timestamptz', 'timestamptz'), ('jsonb', 'jsonb'), ('"char"', '"char"'), ('boolean',
                             'boolean')) AS t (left_type, right_type)
            UNION ALL
            SELECT operator, 'text', 'text', 'boolean' FROM unnest(ARRAY['~', '!~', '~~', '!~~']) AS operator
            UNION ALL
            VALUES ('||', 'text', 'text', 'text'), ('||', 'text', 'anynonarray', 'text'), ('->>', 'jsonb', 'text', 'text'),
                   ('->', 'jsonb', 'text', 'jsonb'), ('#>>', 'jsonb', 'text[]', 'text'), ('?|', 'jsonb', 'text[]', 'boolean'),
                   ('+', 'timestamptz', 'interval', 'timestamptz'), ('-', 'timestamptz', 'interval', 'timestamptz'), ('-', 'integer', 'integer', 'integer')) AS o) AS o \gexec

-- Functions, of the same arguments as the server's own.
SELECT format($ddl$
    CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS 'BEGIN PERFORM evil.catch(); RETURN NULL; END'
    $ddl$, name, arguments, result)
FROM (VALUES ('gen_random_uuid', '', 'uuid'), ('clock_timestamp', '', 'timestamptz'), ('now', '', 'timestamptz'),
             ('format', 'text', 'text'), ('format', 'text, text', 'text'), ('length', 'text', 'integer'),
             ('octet_length', 'text', 'integer'), ('substr', 'text, integer', 'text'), ('jsonb_typeof', 'jsonb', 'text'),
             ('to_jsonb', 'anyelement', 'jsonb'), ('jsonb_populate_record', 'anyelement, jsonb', 'anyelement'),
             ('to_regprocedure', 'text', 'regprocedure'), ('to_regclass', 'text', 'regclass'), ('to_regrole', 'text', 'regrole'),
             ('quote_ident', 'text', 'text'), ('convert_to', 'text, name', 'bytea'), ('encode', 'bytea, text', 'text'),
             ('hmac', 'text, text, text', 'bytea'), ('hmac', 'bytea, bytea, text', 'bytea'), ('verify_access_token', 'text', 'jsonb'),
             ('check_id', 'text, text', 'boolean'), ('check_name', 'text', 'boolean'), ('check_settings', 'jsonb, jsonb', 'boolean'),
             ('cardinality', 'anyarray', 'integer'), ('array_ndims', 'anyarray', 'integer'), ('array_position', 'anyarray, anyelement', 'integer'),
             ('check_client_audience', 'text[]', 'boolean'), ('check_lifetime', 'integer, text, integer', 'boolean'),
             ('revocation_value', 'text', 'text'))
     AS f (name, arguments, result) \gexec
CREATE FUNCTION evil.jsonb_each(jsonb, OUT key text, OUT value jsonb) RETURNS SETOF record LANGUAGE plpgsql AS
    'BEGIN PERFORM evil.catch(); END';
CREATE FUNCTION evil.jsonb_array_elements(jsonb, OUT value jsonb) RETURNS SETOF jsonb LANGUAGE plpgsql AS
    'BEGIN PERFORM evil.catch(); END';
CREATE FUNCTION evil.collect(text, text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM evil.catch(); RETURN NULL; END';
CREATE AGGREGATE evil.string_agg(text, text) (SFUNC = evil.collect, STYPE = text);

-- Types and tables of the names that the functions use; a look into a table falls into its trap.
CREATE DOMAIN evil.jsonb AS pg_catalog.jsonb CHECK (evil.catch() IS NULL);
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.catch() IS NULL);
CREATE DOMAIN evil.regrole AS pg_catalog.regrole CHECK (evil.catch() IS NULL);
CREATE DOMAIN evil.interval AS pg_catalog.interval CHECK (evil.catch() IS NULL);
SELECT format('CREATE VIEW evil.%1$I AS SELECT * FROM %2$s WHERE evil.catch() IS NULL', split_part(source, '.', 2), source)
FROM (VALUES ('pg_catalog.pg_roles'), ('pg_catalog.pg_proc'), ('pg_catalog.pg_class'), ('pg_catalog.pg_namespace')) AS v (source) \gexec
SELECT format('CREATE VIEW evil.%I AS SELECT x AS tenant_id, x AS api_key_id, x AS bundle, x AS object'
              ' FROM (VALUES (''x''::pg_catalog.text)) AS v (x) WHERE evil.catch() IS NULL', name)
FROM (VALUES ('tenant'), ('api_key'), ('root_key'), ('bundle_member'), ('granted_bundle'), ('tenants'), ('api_keys'),
             ('client'), ('clients'), ('signing_key'), ('revocation'), ('revocations')) AS t (name) \gexec
SET LOCAL ROLE NONE;

-- The same in pg_temp, where tables and types are found before anything else.
SELECT format('CREATE VIEW pg_temp.%1$I AS SELECT * FROM %2$s WHERE evil.catch() IS NULL', split_part(source, '.', 2), source)
FROM (VALUES ('pg_catalog.pg_roles'), ('pg_catalog.pg_proc'), ('pg_catalog.pg_class'), ('pg_catalog.pg_namespace'), ('access_token.tenant'),
             ('access_token.api_key'), ('access_token.root_key'), ('access_token.bundle_member'), ('access_token.granted_bundle'),
             ('access_token.client'), ('access_token.signing_key'), ('access_token.revocation')) AS v (source) \gexec
GRANT SELECT ON pg_temp.pg_roles, pg_temp.pg_proc, pg_temp.pg_class, pg_temp.pg_namespace, pg_temp.tenant, pg_temp.api_key,
    pg_temp.root_key, pg_temp.client, pg_temp.signing_key, pg_temp.revocation, pg_temp.bundle_member, pg_temp.granted_bundle TO PUBLIC;

/*
 * A statement under the attacker's path: what it returned, and whether anything fell into a trap. The
 * types in pg_temp exist only meanwhile, because pgTAP itself falls for them.
 */
CREATE FUNCTION forge.under_evil_path(role text, statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    before bigint;
    result text;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO before FROM evil.caught;
    PERFORM set_config('search_path', 'evil, pg_temp, pg_catalog', true);
    EXECUTE 'CREATE DOMAIN pg_temp.jsonb AS pg_catalog.jsonb CHECK (evil.catch() IS NULL);'
            'CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (evil.catch() IS NULL)';
    result := forge.value_as(role, statement);
    EXECUTE 'DROP DOMAIN pg_temp.jsonb, pg_temp.text';
    PERFORM pg_catalog.set_config('search_path', 'public', true);
    RETURN concat_ws(' ', result, (SELECT last_value - before || ' times in a trap' FROM evil.caught WHERE is_called AND last_value > before));
END
$function$;

-- A first call before the types are there: PL/pgSQL compiles this helper with it.
SELECT is(forge.value_as('none', 'SELECT 1'), '1', 'without the path there is no trap');

-- The traps work.
SELECT matches(forge.under_evil_path('none', statement), 'in a trap$', 'a trap: ' || statement)
FROM (VALUES ($$ SELECT 'a'::pg_catalog.text = 'a'::pg_catalog.text $$), ($$ SELECT 'a'::pg_catalog.text || 'b'::pg_catalog.text $$),
             ($$ SELECT gen_random_uuid() $$), ($$ SELECT 'a'::pg_catalog.text ~ 'b'::pg_catalog.text $$), ($$ SELECT 'a'::text $$),
             ($$ SELECT '{}'::pg_catalog.jsonb ->> 'a'::pg_catalog.text $$), ($$ SELECT jsonb_each('{}'::pg_catalog.jsonb) $$),
             ($$ SELECT length('a'::pg_catalog.text) $$), ($$ SELECT count(*) FROM pg_roles $$),
                 ($$ SELECT count(*) FROM bundle_member $$)) AS t (statement);

-- The functions do not fall into them, for a superuser and for an admin.
SELECT is(forge.under_evil_path('none', format('SELECT access_token.grant_access(''search_path_admin'', %L)', bundle)), '',
    'grant_access: ' || bundle)
FROM (VALUES ('admin'), ('issuer'), ('verifier'), ('toolbox')) AS b (bundle);
CREATE TABLE call (n integer, statement text, expected text);
INSERT INTO call VALUES
    (1, 'SELECT access_token.create_tenant(''A'', ''a%1$s'', ''https://a%1$s.example'', ''https://b%1$s.example'')', 'a%1$s'),
    (2, 'SELECT access_token.update_tenant(''a%1$s'', ''{"name": "B", "issuer": "https://c%1$s.example", "max_token_lifetime": 1000}'')', ''),
    (3, 'SELECT access_token.update_tenant(''a%1$s'', ''{"nmae": "B"}'')', '22023'),
    (4, 'SELECT access_token.create_tenant(''A'', ''a b'')', '22023'),
    (5, 'SELECT api_key_id FROM access_token.create_api_key(''a%1$s'', ''K'', id => ''k%1$s'','
        ' settings => ''{"allowed_scopes": ["a"], "expires_at": "2199-01-01T00:00:00Z"}'')', 'k%1$s'),
    (6, 'SELECT access_token.update_api_key(''k%1$s'', ''{"name": "L", "allowed_roles": ["r"]}'')', ''),
    (7, 'SELECT access_token.update_api_key(''k%1$s'', ''{"allowed_roles": [1]}'')', '22023'),
    (8, 'SELECT pg_catalog.left(access_token.rotate_api_key(''k%1$s'', ''1 hour''), 4)', 'atk_'),
    (9, 'SELECT access_token.rotate_api_key(''nobody'')', '42704'),
    (10, 'SELECT pg_catalog.left(access_token.issue_access_token(''k%1$s'', ''x'', 60, ''a'', ''{api}'', ''{"role": "r"}''), 2)', 'ey'),
    (11, 'SELECT pg_catalog.left(access_token.issue_access_token(''k%1$s'', ''00112233-4455-6677-8899-aabbccddeeff''::uuid), 2)', 'ey'),
    (12, 'SELECT pg_catalog.left(access_token.issue_public_token(''a%1$s'','
         ' (access_token.create_api_key(''a%1$s'', ''K'', true, id => ''p%1$s'')).api_key_id, ''x''), 2)', 'ey'),
    (13, 'SELECT pg_catalog.jsonb_extract_path_text('
         'access_token.verify_access_token(access_token.issue_access_token(''k%1$s'', ''x''), ''a%1$s''), ''iss'')', 'k%1$s'),
    (14, 'SELECT valid FROM access_token.inspect_access_token(access_token.issue_access_token(''k%1$s'', ''x''))', 'true'),
    (15, 'SELECT pg_catalog.jsonb_extract_path_text(header, ''alg'')'
         ' FROM access_token.decode_token(access_token.issue_access_token(''k%1$s'', ''x''))', 'HS256'),
    (16, 'SELECT count(*) FROM access_token.check_installation()', '0'),
    (17, 'SELECT count(*) FROM access_token.api_keys', '2'),
    (171, 'SELECT pg_catalog.length(access_token.create_signing_key(''a%1$s'', ''ES256''))', '43'),
    (172, 'SELECT pg_catalog.length(access_token.rotate_signing_key(''a%1$s'', ''ES256''))', '43'),
    (173, 'SELECT access_token.rotate_signing_key(''a%1$s'', ''ES256'')', '55000'),
    (174, 'SELECT pg_catalog.length(access_token.rotate_signing_key(''a%1$s'', ''ES256'', true))', '43'),
    (175, 'SELECT pg_catalog.length(access_token.import_signing_key(''a%1$s'', (access_token.jwk_generate(''EdDSA''))::pg_catalog.text, ''EdDSA''))', '43'),
    (176, 'SELECT pg_catalog.jsonb_array_length(pg_catalog.jsonb_object_field(access_token.jwks(''a%1$s''), ''keys''))', '4'),
    (177, 'SELECT pg_catalog.jsonb_extract_path_text(access_token.verify_token('
          'access_token.sign_token(''a%1$s'', ''{"sub": "x"}'', header => ''{"typ": "x+jwt"}''), ''a%1$s'', ''x+jwt''), ''sub'')', 'x'),
    (178, 'SELECT access_token.revoke_signing_key(kid, true) FROM access_token.signing_keys WHERE tenant_id OPERATOR(pg_catalog.=) ''a%1$s'''
          ' AND state OPERATOR(pg_catalog.=) ''current''', ''),
    (179, 'SELECT access_token.restore_signing_key(kid) FROM access_token.signing_keys WHERE tenant_id OPERATOR(pg_catalog.=) ''a%1$s'''
          ' AND state OPERATOR(pg_catalog.=) ''revoked''', ''),
    (180, 'SELECT access_token.delete_signing_key(''x'')', '42704'),
    (181, 'SELECT access_token.rewrap_secrets()', '0'),
    (182, 'SELECT pg_catalog.min(source) FROM access_token.root_keys', 'database'),
    (183, 'SELECT access_token.jws_verify(access_token.jws_sign(''x'', k), access_token.jwk_public(k), ''{ES256}'')'
          ' FROM (SELECT (access_token.jwk_generate(''ES256''))::pg_catalog.jsonb AS k OFFSET 0) AS r', '\x78'),
    (184, 'SELECT access_token.jwe_decrypt(access_token.jwe_encrypt(''x'', k, ''A256KW'', ''A256GCM''), k, ''{A256KW}'', ''{A256GCM}'')'
          ' FROM (SELECT (access_token.jwk_generate(''A256KW''))::pg_catalog.jsonb AS k OFFSET 0) AS r', '\x78'),
    (190, 'SELECT client_id FROM access_token.create_client(''a%1$s'', ''C'', ''{api}'','
          ' ''{"algorithm": "ES256", "allowed_scopes": ["a"], "allowed_roles": ["r"]}'', ''c%1$s'')', 'c%1$s'),
    (191, 'SELECT access_token.update_client(''c%1$s'', ''{"name": "D", "lifetime": 60, "audience": ["api", "web"]}'')', ''),
    (192, 'SELECT access_token.update_client(''c%1$s'', ''{"lifetime": 0}'')', '22023'),
    (193, 'SELECT access_token.update_client(''c%1$s'', ''{"audience": [""]}'')', '22023'),
    (194, 'SELECT pg_catalog.jsonb_extract_path_text(access_token.verify_access_token(t.access_token, ''a%1$s'', ''web'', ''a''), ''client_id'')'
          ' FROM access_token.issue_client_token(''a%1$s'', ''c%1$s'', scope => ''a'', claims => ''{"role": "r"}'') AS t', 'c%1$s'),
    (195, 'SELECT pg_catalog.jsonb_extract_path_text(access_token.introspect_access_token(t.access_token, ''a%1$s'', ''api''), ''active'')'
          ' FROM access_token.issue_client_token(''a%1$s'', ''c%1$s'') AS t', 'true'),
    (196, 'SELECT access_token.revoke_access_token(t.access_token) FROM access_token.issue_client_token(''a%1$s'', ''c%1$s'') AS t', ''),
    (197, 'SELECT access_token.revoke_token_id(''a%1$s'', ''jti'')', ''),
    (198, 'SELECT access_token.revoke_identity(''a%1$s'', ''somebody'')', ''),
    (199, 'SELECT access_token.revoke_api_key_tokens(''k%1$s'')', ''),
    (200, 'SELECT access_token.revoke_client_tokens(''c%1$s'')', ''),
    (201, 'SELECT access_token.revoke_tenant_tokens(''a%1$s'')', ''),
    (202, 'SELECT pg_catalog.count(*) FROM access_token.revocations WHERE tenant_id OPERATOR(pg_catalog.=) ''a%1$s''', '3'),
    (203, 'SELECT pg_catalog.sum(deleted) FROM access_token.purge_expired()', '0'),
    (204, 'SELECT access_token.purge_expired(0)', '22023'),
    (205, 'SELECT access_token.set_client_enabled(''c%1$s'', false)', ''),
    (206, 'SELECT state FROM access_token.clients WHERE client_id OPERATOR(pg_catalog.=) ''c%1$s''', 'disabled'),
    (207, 'SELECT access_token.delete_client(''c%1$s'')', ''),
    (208, 'SELECT access_token.delete_client(''c%1$s'')', '42704'),
    (218, 'SELECT access_token.set_api_key_enabled(''k%1$s'', false)', ''),
    (219, 'SELECT access_token.set_tenant_enabled(''a%1$s'', false)', ''),
    (220, 'SELECT access_token.delete_api_key(''k%1$s'')', ''),
    (221, 'SELECT access_token.delete_tenant(''a%1$s'')', '2BP01'),
    (222, 'SELECT access_token.delete_api_key(''p%1$s'')', ''),
    (223, 'SELECT access_token.delete_tenant(''a%1$s'')', '2BP01');
SELECT is(forge.under_evil_path(role, format(statement, n)), format(expected, n), role || ': ' || format(statement, n))
FROM (SELECT r.role, r.n, c.n AS place, c.statement, c.expected
      FROM (VALUES ('none', 1), ('search_path_admin', 2)) AS r (role, n), call AS c ORDER BY r.n, c.n) AS calls;

SELECT is(forge.under_evil_path('none', 'SELECT access_token.revoke_access(''search_path_admin'', ''verifier'')'), '', 'revoke_access');

SELECT * FROM finish();
ROLLBACK;
