/*
 * A second tenant with keys of every kind and a client, and everything that can be seen of it. Tests of admin
 * functions compare the picture before and after: what they do to one tenant must not touch another.
 * Needs forge.sql.
 */
DO $bystander$
BEGIN
    PERFORM forge.make_key('bystander_secret', 'bystander');
    PERFORM forge.make_key('bystander_rotating', 'bystander', 'HS512', '{"allowed_scopes": ["read"]}');
    PERFORM forge.make_key('bystander_public', 'bystander', public => true);
    PERFORM forge.rotate_key('bystander_rotating', '1 hour');
    PERFORM access_token.update_tenant(
        'bystander',
        '{"issuer": "https://bystander.example", "default_issuer": "https://platform.example/bystander"}');
    PERFORM access_token.create_client(
        'bystander', 'Client of a test', '{https://api.example}',
        '{"algorithm": "ES384", "allowed_scopes": ["read"], "allowed_roles": ["web"]}', 'bystander_client');
END
$bystander$;

CREATE TABLE forge.bystander_token AS
SELECT access_token.issue_access_token('bystander_secret', 'someone') AS token, NULL AS audience, NULL AS scope
UNION ALL SELECT forge.outside_token('bystander_rotating'), NULL, NULL
UNION ALL SELECT access_token.issue_public_token('bystander', 'bystander_public', 'someone'), NULL, 'public'
UNION ALL SELECT access_token, 'https://api.example', 'read'
          FROM access_token.issue_client_token('bystander', 'bystander_client', scope => 'read', claims => '{"role": "web"}');

-- The rows as the views show them and as they are stored, secrets and all, and whether their tokens are good.
CREATE FUNCTION forge.bystander() RETURNS jsonb LANGUAGE sql AS $function$
    SELECT jsonb_build_object(
        'tenants', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.tenant_id)
                    FROM access_token.tenants AS t WHERE t.tenant_id = 'bystander'),
        'api_keys', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.api_key_id)
                     FROM access_token.api_keys AS k WHERE k.tenant_id = 'bystander'),
        'clients', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.client_id)
                    FROM access_token.clients AS c WHERE c.tenant_id = 'bystander'),
        'signing_keys', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.kid)
                         FROM access_token.signing_keys AS k WHERE k.tenant_id = 'bystander'),
        'revocations', (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.kind, r.value)
                        FROM access_token.revocations AS r WHERE r.tenant_id = 'bystander'),
        'tenant', (SELECT jsonb_agg(to_jsonb(t)) FROM access_token.tenant AS t WHERE t.tenant_id = 'bystander'),
        'api_key', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.api_key_id)
                    FROM access_token.api_key AS k WHERE k.tenant_id = 'bystander'),
        'client', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.client_id)
                   FROM access_token.client AS c WHERE c.tenant_id = 'bystander'),
        'good', (SELECT jsonb_agg(i.valid)
                 FROM forge.bystander_token AS b,
                      access_token.inspect_access_token(b.token, 'bystander', b.audience, b.scope) AS i))
$function$;

CREATE TABLE forge.bystander_before AS SELECT forge.bystander() AS picture;

DO $bystander$
BEGIN
    IF (SELECT picture -> 'good' FROM forge.bystander_before) <> '[true, true, true, true]' THEN
        RAISE EXCEPTION 'the tokens of the other tenant are not good to begin with';
    END IF;
END
$bystander$;

CREATE FUNCTION forge.bystander_is_unchanged(after_what text) RETURNS text LANGUAGE sql AS $function$
    SELECT public.is(forge.bystander(), (SELECT picture FROM forge.bystander_before),
                     after_what || ': the other tenant is as before')
$function$;
