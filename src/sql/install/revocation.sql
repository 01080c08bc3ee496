/*
 * Revocation: of one token, and of everything made until now for an identity, by an API key or client,
 * or in a tenant. The next statement of every session sees it.
 */

CREATE FUNCTION access_token.token_to_revoke(
    token text, OUT tenant_id text, OUT kind text, OUT value text, OUT expires_at timestamp with time zone)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_token_to_revoke';

COMMENT ON FUNCTION access_token.token_to_revoke(text) IS
    'Internal: the row that revokes a token, NULLs where it has expired; raises TK001 to TK003, TK006';

CREATE FUNCTION access_token.revocation_value(value text)
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_revocation_value';

COMMENT ON FUNCTION access_token.revocation_value(text) IS
    'Internal: what a jti or identity is stored as: itself, or its hash where it is long or no printable ASCII';

/* A second revocation only lasts longer. */
CREATE FUNCTION access_token.add_revocation(
    tenant_id text, kind text, value text, expires_at timestamp with time zone)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    INSERT INTO access_token.revocation AS r (tenant_id, kind, value, expires_at)
    VALUES (add_revocation.tenant_id, add_revocation.kind, add_revocation.value, add_revocation.expires_at)
    ON CONFLICT ON CONSTRAINT revocation_pkey DO UPDATE
    SET expires_at = excluded.expires_at
    WHERE r.expires_at < excluded.expires_at
$function$;

COMMENT ON FUNCTION access_token.add_revocation(text, text, text, timestamp with time zone) IS
    'Internal: stores the revocation of a token';

CREATE FUNCTION access_token.revoke_access_token(token text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    target record;
BEGIN
    PERFORM access_token.check_primary();
    target := access_token.token_to_revoke(revoke_access_token.token);
    IF target.tenant_id IS NOT NULL THEN
        PERFORM access_token.add_revocation(target.tenant_id, target.kind, target.value, target.expires_at);
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.revoke_access_token(text) IS
    'Has a token refused from now on; raises TK003 for what nobody here has signed';

CREATE FUNCTION access_token.check_revocable(value text, argument text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF check_revocable.value IS NULL OR check_revocable.value COLLATE "C" = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('%s is missing', check_revocable.argument),
            DETAIL = 'NULL or an empty text names nothing that could be revoked.',
            HINT = 'To revoke everything of a tenant there is access_token.revoke_tenant_tokens.';
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.check_revocable(text, text) IS
    'Internal: raises 22023 for NULL and for an empty text';

/*
 * No token lives longer than 172800 seconds, and a clock that is ahead, by the leeway of iat, adds at most
 * 300 of them: that is what an unknown one is kept for.
 */
CREATE FUNCTION access_token.revoke_token_id(
    tenant_id text, jti text, expires_at timestamp with time zone DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.tenant_max_token_lifetime(revoke_token_id.tenant_id); -- the tenant exists
    PERFORM access_token.check_revocable(revoke_token_id.jti, 'jti');
    PERFORM access_token.add_revocation(
        revoke_token_id.tenant_id, 'jti', access_token.revocation_value(revoke_token_id.jti),
        greatest(revoke_token_id.expires_at, clock_timestamp() + interval '173100 seconds'));
END
$function$;

COMMENT ON FUNCTION access_token.revoke_token_id(text, text, timestamp with time zone) IS
    'Has the token of a tenant with that jti refused from now on, whether it is known or not';

/* A cut-off never moves back, not even with the clock. */
CREATE FUNCTION access_token.revoke_identity(tenant_id text, identity text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_revocable(revoke_identity.identity, 'identity');
    INSERT INTO access_token.revocation AS r (tenant_id, kind, value, revoked_at, revoked_cap, expires_at)
    SELECT t.tenant_id, 'identity', access_token.revocation_value(revoke_identity.identity), n.now,
           greatest(t.max_token_lifetime, t.tokens_revoked_cap), n.now + interval '173100 seconds'
    FROM access_token.tenant AS t, (SELECT clock_timestamp() AS now) AS n
    WHERE t.tenant_id = revoke_identity.tenant_id COLLATE "C"
    ON CONFLICT ON CONSTRAINT revocation_pkey DO UPDATE
    SET revoked_at = greatest(r.revoked_at, excluded.revoked_at),
        revoked_cap = greatest(r.revoked_cap, excluded.revoked_cap),
        expires_at = greatest(r.expires_at, excluded.expires_at);
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.revoke_identity(text, text) IS
    'Has all tokens refused that were made for a user of a tenant until now';

CREATE FUNCTION access_token.revoke_api_key_tokens(api_key_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    UPDATE access_token.api_key AS k
    SET tokens_revoked_at = greatest(k.tokens_revoked_at, clock_timestamp()),
        tokens_revoked_cap = greatest(k.tokens_revoked_cap, k.max_token_lifetime)
    WHERE k.api_key_id = revoke_api_key_tokens.api_key_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_api_key();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.revoke_api_key_tokens(text) IS
    'Has all tokens refused that an API key made until now; it goes on making new ones';

CREATE FUNCTION access_token.revoke_client_tokens(client_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    UPDATE access_token.client AS c
    SET tokens_revoked_at = greatest(c.tokens_revoked_at, clock_timestamp()), tokens_revoked_cap = 172800
    WHERE c.client_id = revoke_client_tokens.client_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_client();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.revoke_client_tokens(text) IS
    'Has all tokens refused that were made for a client until now; it goes on getting new ones';

CREATE FUNCTION access_token.revoke_tenant_tokens(tenant_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    UPDATE access_token.tenant AS t
    SET tokens_revoked_at = greatest(t.tokens_revoked_at, clock_timestamp()),
        tokens_revoked_cap = greatest(t.tokens_revoked_cap, t.max_token_lifetime)
    WHERE t.tenant_id = revoke_tenant_tokens.tenant_id COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.revoke_tenant_tokens(text) IS
    'Has all tokens of a tenant refused that were made until now';

/*
 * What has expired is refused anyhow; it stays a little longer, because the clocks of this server and
 * its standbys may differ.
 */
CREATE FUNCTION access_token.purge_expired(max_rows integer DEFAULT 10000)
RETURNS TABLE (kind text, deleted bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 3
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM access_token.check_primary();
    IF purge_expired.max_rows IS NULL OR purge_expired.max_rows < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'max_rows is out of range',
            DETAIL = 'It must be 1 or more.',
            HINT = 'Call it until it deletes fewer than max_rows.';
    END IF;
    RETURN QUERY
    WITH gone AS (
        DELETE FROM access_token.revocation AS d
        WHERE d.ctid = ANY (ARRAY(
            SELECT r.ctid FROM access_token.revocation AS r
            WHERE r.expires_at < clock_timestamp() - interval '5 minutes'
            ORDER BY r.expires_at
            LIMIT purge_expired.max_rows
            FOR UPDATE SKIP LOCKED))
        RETURNING d.kind)
    SELECT k.kind, count(g.kind)
    FROM (VALUES ('jti'), ('token'), ('identity')) AS k (kind)
    LEFT JOIN gone AS g ON g.kind = k.kind
    GROUP BY k.kind
    ORDER BY k.kind;
END
$function$;

COMMENT ON FUNCTION access_token.purge_expired(integer) IS
    'Deletes up to max_rows revocations that count no longer, beside any load; returns how many of each kind';
