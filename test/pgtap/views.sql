/*
 * The views tenants, api_keys, clients and revocations: every column that is no secret, states in words, and no secret.
 */
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS access_token;
\ir support/forge.sql

SELECT plan(41);

SELECT access_token.create_tenant('Acme "Inc"', 'acme', 'https://acme.example', 'https://platform.example/acme');
SELECT forge.make_key('k', 'acme');
SELECT forge.make_key('public', 'acme', public => true);
SELECT forge.make_key('imported', 'other');

-- Columns: what the tables hold, but for the sealed secrets.
SELECT columns_are('access_token', 'tenants',
                   ARRAY['tenant_id', 'name', 'state', 'issuer', 'default_issuer', 'max_token_lifetime', 'created_at', 'disabled_at',
                         'tokens_revoked_at']);
SELECT columns_are('access_token', 'api_keys',
                   ARRAY['api_key_id', 'tenant_id', 'name', 'kind', 'state', 'algorithm', 'content_type', 'token_lifetime',
                       'max_token_lifetime',
                         'allowed_scopes', 'allowed_roles', 'created_at', 'expires_at', 'disabled_at', 'current_secret_id',
                         'current_last_four', 'current_created_at', 'previous_secret_id', 'previous_last_four',
                         'previous_created_at', 'previous_retires_at', 'tokens_revoked_at']);
SELECT columns_are('access_token', 'clients',
                   ARRAY['client_id', 'tenant_id', 'name', 'state', 'audience', 'algorithm', 'lifetime', 'allowed_scopes', 'allowed_roles',
                         'created_at', 'disabled_at', 'tokens_revoked_at']);
SELECT columns_are('access_token', 'revocations', ARRAY['tenant_id', 'kind', 'value', 'revoked_at', 'expires_at']);
SELECT is_empty(format($$ SELECT attname::text FROM pg_attribute WHERE attrelid = 'access_token.%1$I'::regclass AND attnum > 0
                            AND attname NOT IN ('current_sealed_secret', 'previous_sealed_secret', 'tokens_revoked_cap', 'revoked_cap', 'lookup_key')
                          EXCEPT
                          SELECT attname FROM pg_attribute WHERE attrelid = 'access_token.%1$Is'::regclass $$, t),
                format('every column of %1$s is in %1$ss', t))
FROM (VALUES ('tenant'), ('api_key'), ('client'), ('revocation')) AS r (t);

-- One row each, with what was said.
SELECT is(to_jsonb(t) - 'created_at',
          '{"tenant_id": "acme", "name": "Acme \"Inc\"", "state": "active", "issuer": "https://acme.example",
            "default_issuer": "https://platform.example/acme", "max_token_lifetime": 172800, "disabled_at": null,
            "tokens_revoked_at": null}', 'a tenant')
FROM access_token.tenants AS t WHERE tenant_id = 'acme';
SELECT is(created_at BETWEEN now() AND clock_timestamp(), true, 'created just now') FROM access_token.tenants WHERE tenant_id = 'acme';
SELECT is(array_agg(api_key_id::text ORDER BY api_key_id), '{imported,k,public}', 'one row for each key') FROM access_token.api_keys;
SELECT is(current_last_four, right(secret, 4), 'the last four of the secret')
FROM access_token.api_keys JOIN forge.api_key ON label = api_key_id WHERE label = 'k';
SELECT is(array_agg(kind::text ORDER BY api_key_id), '{secret,secret,public}', 'kinds') FROM access_token.api_keys;

-- States of a key, in the order of their weight: disabled, expired, rotating, active.
CREATE FUNCTION key_state() RETURNS text LANGUAGE sql AS $function$
    SELECT state FROM access_token.api_keys WHERE api_key_id = 'k'
$function$;
SELECT is(key_state(), 'active', 'active');
SELECT forge.rotate_key('k', '1 hour');
SELECT is(key_state(), 'rotating', 'rotating');
SELECT is(previous_retires_at > clock_timestamp(), true,
    'with the time when the old secret ends') FROM access_token.api_keys WHERE api_key_id = 'k';
SELECT isnt(previous_last_four || previous_secret_id, current_last_four || current_secret_id, 'and both secrets'' ids and last four')
FROM access_token.api_keys WHERE api_key_id = 'k';
SELECT access_token.update_api_key('k', jsonb_build_object('expires_at', clock_timestamp()));
SELECT is(key_state(), 'expired', 'expired, though rotating');
SELECT access_token.set_api_key_enabled('k', false);
SELECT is(key_state(), 'disabled', 'disabled, though expired');
SELECT is(disabled_at BETWEEN now() AND clock_timestamp(), true, 'since just now') FROM access_token.api_keys WHERE api_key_id = 'k';
SELECT access_token.update_api_key('k', '{"expires_at": null}');
SELECT is(key_state(), 'disabled', 'disabled');
SELECT access_token.set_api_key_enabled('k', true);
SELECT is(key_state(), 'rotating', 'rotating again');
SELECT forge.rotate_key('k', '0');
SELECT is(key_state(), 'active', 'active once the grace is over');
SELECT access_token.update_api_key('k', jsonb_build_object('expires_at', clock_timestamp() + interval '1 hour'));
SELECT is(key_state(), 'active', 'active while its expiry is ahead');

-- Its tenant's state stands with the tenant.
SELECT access_token.set_tenant_enabled('acme', false);
SELECT is(array_agg(tenant_id || ' ' || state ORDER BY tenant_id), '{acme disabled,other active}',
    'a disabled tenant') FROM access_token.tenants;
SELECT is(key_state(), 'active', 'its key''s own state');
SELECT access_token.set_tenant_enabled('acme', true);
SELECT is(array_agg(tenant_id || ' ' || state ORDER BY tenant_id), '{acme active,other active}', 'enabled again') FROM access_token.tenants;

-- Clients, and cut-offs where they are.
SELECT access_token.create_client('acme', 'Client "C"', '{https://api.example}', '{"algorithm": "ES256", "allowed_roles": ["web"]}', 'c');
SELECT is(to_jsonb(c) - 'created_at', '{"client_id": "c", "tenant_id": "acme", "name": "Client \"C\"", "state": "active", "audience": ["https://api.example"],
            "algorithm": "ES256", "lifetime": 3600, "allowed_scopes": null, "allowed_roles": ["web"], "disabled_at": null, "tokens_revoked_at": null}', 'a client')
FROM access_token.clients AS c;
SELECT access_token.set_client_enabled('c', false), access_token.revoke_client_tokens('c');
SELECT is(state, 'disabled', 'a disabled client') FROM access_token.clients;
SELECT is(disabled_at BETWEEN now() AND clock_timestamp() AND tokens_revoked_at BETWEEN now() AND clock_timestamp(), true, 'since just now, cut off as well')
FROM access_token.clients;
SELECT access_token.revoke_tenant_tokens('acme'), access_token.revoke_api_key_tokens('k'), access_token.revoke_identity('acme', 'user|42'), access_token.revoke_token_id('acme', 'jti');
SELECT is(array_agg(tokens_revoked_at BETWEEN now() AND clock_timestamp() ORDER BY tenant_id), '{t,NULL}', 'a tenant''s cut-off') FROM access_token.tenants;
SELECT is(array_agg(tokens_revoked_at BETWEEN now() AND clock_timestamp() ORDER BY api_key_id), '{NULL,t,NULL}', 'an API key''s') FROM access_token.api_keys;
SELECT is(jsonb_agg(jsonb_build_array(tenant_id, kind, value) ORDER BY kind), '[["acme", "identity", "user|42"], ["acme", "jti", "jti"]]', 'what is revoked by name')
FROM access_token.revocations;
SELECT is(bool_and(revoked_at BETWEEN now() AND clock_timestamp() AND expires_at >= clock_timestamp() + interval '172799 s'), true, 'since when, and until when')
FROM access_token.revocations;

-- States go by the clock, not by the beginning of the transaction.
SELECT access_token.update_api_key('k', jsonb_build_object('expires_at', clock_timestamp() + interval '0.2 s'));
SELECT forge.rotate_key('imported', '0.2 s');
SELECT pg_sleep(0.25);
SELECT is(key_state(), 'expired', 'expired meanwhile');
SELECT is(state, 'active', 'no longer rotating meanwhile') FROM access_token.api_keys WHERE api_key_id = 'imported';

-- No column of any row holds a secret or what it is sealed into.
SELECT is((SELECT count(*) FROM access_token.api_keys AS v, forge.api_key AS k
           WHERE position(k.secret IN v::text) > 0 OR position(substr(k.secret, 5, 12) IN v::text) > 0),
          0::bigint, 'no secret is shown');
SELECT is((SELECT count(*) FROM access_token.api_keys AS v, forge.stored_secret AS s
           WHERE position(encode(s.sealed_secret, 'hex') IN v::text) > 0), 0::bigint, 'no sealed secret is shown');

-- Whoever may read a view calls no function of ours by it, but for one that stands in the same bundle.
SELECT is((SELECT count(*) FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
           JOIN pg_proc AS p ON p.oid = d.refobjid AND d.refclassid = 'pg_proc'::regclass
           WHERE p.pronamespace = 'access_token'::regnamespace
             AND NOT (r.ev_class = 'access_token.root_keys'::regclass AND p.proname = 'external_root_keys')),
          0::bigint, 'views call no function of the schema');
SELECT is((SELECT array_agg(DISTINCT bundle::text) FROM access_token.bundle_member WHERE object LIKE '%.external_root_keys(%'),
          (SELECT array_agg(DISTINCT bundle::text) FROM access_token.bundle_member WHERE object = 'TABLE access_token.root_keys'),
          'but for root_keys, whose function is in the same bundle');
SELECT is((SELECT count(*) FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
           WHERE r.ev_class = 'access_token.api_keys'::regclass AND d.refobjid = 'access_token.api_key'::regclass) > 0,
          true, 'as far as the catalog''s dependencies tell');

SELECT * FROM finish();
ROLLBACK;
