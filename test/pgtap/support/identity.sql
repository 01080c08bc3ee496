/* Whom a transaction speaks for, in one text to compare. Needs forge.sql. */

-- tenant, client, identity and scopes of what is bound; "nobody" when nothing is.
CREATE FUNCTION forge.bound() RETURNS text LANGUAGE sql AS $function$
    SELECT CASE
        WHEN num_nonnulls(access_token.current_tenant(), access_token.current_client(), access_token.current_identity(),
                          access_token.current_scopes(), access_token.current_claims()) = 0
             AND NOT access_token.has_scope('read')
        THEN 'nobody'
        ELSE format('%s of %s%s, scopes %s', coalesce(access_token.current_identity(), 'no user'),
                    coalesce(access_token.current_tenant(), 'NO TENANT'),
                    coalesce(' by ' || access_token.current_client(), ''),
                    coalesce(access_token.current_scopes()::text, 'UNKNOWN'))
             || CASE WHEN access_token.current_claims() IS NULL THEN ', NO CLAIMS' ELSE '' END
    END
$function$;

-- Binds a user's token; true, so that it can stand in a condition.
CREATE FUNCTION forge.be(identity text, label text DEFAULT 'k', scope text DEFAULT NULL) RETURNS boolean LANGUAGE sql AS $function$
    SELECT access_token.authenticate(access_token.issue_access_token(label, identity, scope => be.scope), k.tenant_id) IS NOT NULL
    FROM forge.api_key AS k WHERE k.label = be.label
$function$;
