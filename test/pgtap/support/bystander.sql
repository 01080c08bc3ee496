/*
 * A second tenant with keys of every kind, and everything that can be seen of it. Tests of admin
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
END
$bystander$;

CREATE TABLE forge.bystander_token AS
SELECT access_token.issue_access_token('bystander_secret', 'someone') AS token, NULL AS scope
UNION ALL SELECT forge.outside_token('bystander_rotating'), NULL
UNION ALL SELECT access_token.issue_public_token('bystander', 'bystander_public', 'someone'), 'public';

-- The rows as the views show them and as they are stored, secrets and all, and whether their tokens are good.
CREATE FUNCTION forge.bystander() RETURNS jsonb LANGUAGE sql AS $function$
    SELECT jsonb_build_object(
        'tenants', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.tenant_id)
                    FROM access_token.tenants AS t WHERE t.tenant_id = 'bystander'),
        'api_keys', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.api_key_id)
                     FROM access_token.api_keys AS k WHERE k.tenant_id = 'bystander'),
        'tenant', (SELECT jsonb_agg(to_jsonb(t)) FROM access_token.tenant AS t WHERE t.tenant_id = 'bystander'),
        'api_key', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.api_key_id)
                    FROM access_token.api_key AS k WHERE k.tenant_id = 'bystander'),
        'good', (SELECT jsonb_agg(i.valid)
                 FROM forge.bystander_token AS b,
                      access_token.inspect_access_token(b.token, 'bystander', NULL, b.scope) AS i))
$function$;

CREATE TABLE forge.bystander_before AS SELECT forge.bystander() AS picture;

DO $bystander$
BEGIN
    IF (SELECT picture -> 'good' FROM forge.bystander_before) <> '[true, true, true]' THEN
        RAISE EXCEPTION 'the tokens of the other tenant are not good to begin with';
    END IF;
END
$bystander$;

CREATE FUNCTION forge.bystander_is_unchanged(after_what text) RETURNS text LANGUAGE sql AS $function$
    SELECT public.is(forge.bystander(), (SELECT picture FROM forge.bystander_before),
                     after_what || ': the other tenant is as before')
$function$;
