/*
 * Signing keys of a tenant: next, current, previous, revoked. For each algorithm one key signs, the one
 * to sign after it is published already, and those before it verify until their last token is dead.
 */

CREATE FUNCTION access_token.new_signing_key(
    tenant_id text, algorithm text, rsa_bits integer,
    OUT kid text, OUT public_jwk text, OUT sealed_private_key bytea)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_new_signing_key';

COMMENT ON FUNCTION access_token.new_signing_key(text, text, integer) IS
    'Internal: generates a key pair and seals its private part';

CREATE FUNCTION access_token.read_signing_key(
    tenant_id text, algorithm text, key text,
    OUT kid text, OUT public_jwk text, OUT sealed_private_key bytea)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'access_token_read_signing_key';

COMMENT ON FUNCTION access_token.read_signing_key(text, text, text) IS
    'Internal: reads a private key from PEM or JWK and seals it';

/* Ed25519 (RFC 9864) is another name of what is stored as EdDSA. */
CREATE FUNCTION access_token.canonical_algorithm(algorithm text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE canonical_algorithm.algorithm COLLATE "C" WHEN 'Ed25519' THEN 'EdDSA'
                ELSE canonical_algorithm.algorithm END
$function$;

COMMENT ON FUNCTION access_token.canonical_algorithm(text) IS
    'Internal: the name under which an algorithm is stored';

CREATE FUNCTION access_token.raise_unknown_signing_key()
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'undefined_object',
        MESSAGE = 'signing key does not exist',
        DETAIL = 'No signing key has the given kid.',
        HINT = 'See the view access_token.signing_keys.';
END
$function$;

COMMENT ON FUNCTION access_token.raise_unknown_signing_key() IS 'Internal: raises 42704';

/* Steps of one tenant's keys come one after the other; its API keys are not held up. */
CREATE FUNCTION access_token.lock_tenant_keys(tenant_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM FROM access_token.tenant AS t
    WHERE t.tenant_id = lock_tenant_keys.tenant_id COLLATE "C" FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_tenant();
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.lock_tenant_keys(text) IS
    'Internal: waits for other steps of the same tenant''s keys; raises 42704 without the tenant';

CREATE FUNCTION access_token.add_signing_key(
    tenant_id text, algorithm text, kid text, public_jwk text, sealed_private_key bytea)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF EXISTS (
        SELECT FROM access_token.signing_key AS k
        WHERE k.tenant_id = add_signing_key.tenant_id COLLATE "C" AND k.algorithm = add_signing_key.algorithm COLLATE "C"
          AND k.state = 'next')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'a next signing key exists already',
            DETAIL = 'For each algorithm of a tenant one key is published to sign next.',
            HINT = 'Rotate to it with access_token.rotate_signing_key, or revoke it first.';
    END IF;
    INSERT INTO access_token.signing_key (kid, tenant_id, algorithm, state, public_jwk, sealed_private_key)
    VALUES (add_signing_key.kid, add_signing_key.tenant_id, add_signing_key.algorithm, 'next',
            add_signing_key.public_jwk, add_signing_key.sealed_private_key)
    ON CONFLICT ON CONSTRAINT signing_key_pkey DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'signing key exists already',
            DETAIL = 'A tenant has this key, whatever form it was given in.',
            HINT = 'A key belongs to one tenant, once; see the view access_token.signing_keys.';
    END IF;
    RETURN add_signing_key.kid;
END
$function$;

COMMENT ON FUNCTION access_token.add_signing_key(text, text, text, text, bytea) IS
    'Internal: stores a key in state next';

CREATE FUNCTION access_token.create_signing_key(
    tenant_id text, algorithm text DEFAULT 'RS256', rsa_bits integer DEFAULT 2048)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    made record;
BEGIN
    PERFORM access_token.check_primary();
    create_signing_key.algorithm := access_token.canonical_algorithm(create_signing_key.algorithm);
    PERFORM access_token.lock_tenant_keys(create_signing_key.tenant_id);
    made := access_token.new_signing_key(
        create_signing_key.tenant_id, create_signing_key.algorithm, create_signing_key.rsa_bits);
    RETURN access_token.add_signing_key(
        create_signing_key.tenant_id, create_signing_key.algorithm, made.kid, made.public_jwk,
        made.sealed_private_key);
END
$function$;

COMMENT ON FUNCTION access_token.create_signing_key(text, text, integer) IS
    'Generates a signing key in state next and returns its kid';

CREATE FUNCTION access_token.import_signing_key(tenant_id text, key text, algorithm text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    made record;
BEGIN
    PERFORM access_token.check_primary();
    import_signing_key.algorithm := access_token.canonical_algorithm(import_signing_key.algorithm);
    PERFORM access_token.lock_tenant_keys(import_signing_key.tenant_id);
    made := access_token.read_signing_key(
        import_signing_key.tenant_id, import_signing_key.algorithm, import_signing_key.key);
    RETURN access_token.add_signing_key(
        import_signing_key.tenant_id, import_signing_key.algorithm, made.kid, made.public_jwk,
        made.sealed_private_key);
END
$function$;

COMMENT ON FUNCTION access_token.import_signing_key(text, text, text) IS
    'Takes a private key from PEM or JWK, given as a bound parameter, in state next; returns its kid';

/* Moves next to current and current to previous; both or none. */
CREATE FUNCTION access_token.promote_next_key(tenant_id text, algorithm text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    promoted text COLLATE "C";
BEGIN
    UPDATE access_token.signing_key AS k
    SET state = 'previous', retired_at = clock_timestamp()
    WHERE k.tenant_id = promote_next_key.tenant_id COLLATE "C" AND k.algorithm = promote_next_key.algorithm COLLATE "C"
      AND k.state = 'current';
    UPDATE access_token.signing_key AS k
    SET state = 'current', activated_at = clock_timestamp()
    WHERE k.tenant_id = promote_next_key.tenant_id COLLATE "C" AND k.algorithm = promote_next_key.algorithm COLLATE "C"
      AND k.state = 'next'
    RETURNING k.kid INTO promoted;
    RETURN promoted;
END
$function$;

COMMENT ON FUNCTION access_token.promote_next_key(text, text) IS
    'Internal: next becomes current, current previous; NULL when there was no next';

/* Size of the RSA keys that a tenant uses, so that rotation keeps it. */
CREATE FUNCTION access_token.rsa_bits_in_use(tenant_id text, algorithm text)
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce((
        SELECT CASE WHEN length(k.public_jwk::jsonb ->> 'n') > 0
                    THEN length(k.public_jwk::jsonb ->> 'n') * 6 / 8 * 8 END
        FROM access_token.signing_key AS k
        WHERE k.tenant_id = rsa_bits_in_use.tenant_id COLLATE "C" AND k.algorithm = rsa_bits_in_use.algorithm COLLATE "C"
        ORDER BY k.created_at DESC
        LIMIT 1), 2048)
$function$;

COMMENT ON FUNCTION access_token.rsa_bits_in_use(text, text) IS
    'Internal: bits of the newest RSA key of an algorithm, 2048 when there is none';

CREATE FUNCTION access_token.rotate_signing_key(
    tenant_id text, algorithm text, force boolean DEFAULT false)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    next_key access_token.signing_key%ROWTYPE;
    has_current boolean;
    new_current text COLLATE "C";
BEGIN
    PERFORM access_token.check_primary();
    rotate_signing_key.algorithm := access_token.canonical_algorithm(rotate_signing_key.algorithm);
    PERFORM access_token.check_not_null(rotate_signing_key.force, 'force');
    PERFORM access_token.lock_tenant_keys(rotate_signing_key.tenant_id);
    has_current := EXISTS (
        SELECT FROM access_token.signing_key AS k
        WHERE k.tenant_id = rotate_signing_key.tenant_id COLLATE "C"
          AND k.algorithm = rotate_signing_key.algorithm COLLATE "C" AND k.state = 'current');
    SELECT k.* INTO next_key FROM access_token.signing_key AS k
    WHERE k.tenant_id = rotate_signing_key.tenant_id COLLATE "C"
      AND k.algorithm = rotate_signing_key.algorithm COLLATE "C" AND k.state = 'next';

    -- The first key of an algorithm waits for nobody: no cached key set can lack what never signed.
    IF has_current AND NOT rotate_signing_key.force
       AND (next_key.kid IS NULL OR next_key.created_at > clock_timestamp() - interval '10 minutes')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'next signing key is too young',
            DETAIL = 'It must have been published for 10 minutes, so that cached key sets hold it '
                     'before it signs.',
            HINT = 'Wait, or pass force => true and accept that verifiers refuse its tokens for a while.';
    END IF;
    IF next_key.kid IS NULL THEN
        PERFORM access_token.create_signing_key(
            rotate_signing_key.tenant_id, rotate_signing_key.algorithm,
            access_token.rsa_bits_in_use(rotate_signing_key.tenant_id, rotate_signing_key.algorithm));
    END IF;
    new_current := access_token.promote_next_key(
        rotate_signing_key.tenant_id, rotate_signing_key.algorithm);
    PERFORM access_token.create_signing_key(
        rotate_signing_key.tenant_id, rotate_signing_key.algorithm,
        access_token.rsa_bits_in_use(rotate_signing_key.tenant_id, rotate_signing_key.algorithm));
    RETURN new_current;
END
$function$;

COMMENT ON FUNCTION access_token.rotate_signing_key(text, text, boolean) IS
    'Makes the next key of an algorithm the current one, publishes a new next, returns the kid that signs';

CREATE FUNCTION access_token.revoke_signing_key(kid text, force boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    key access_token.signing_key%ROWTYPE;
BEGIN
    PERFORM access_token.check_primary();
    PERFORM access_token.check_not_null(revoke_signing_key.force, 'force');
    PERFORM access_token.lock_tenant_keys(k.tenant_id)
    FROM access_token.signing_key AS k WHERE k.kid = revoke_signing_key.kid COLLATE "C";
    IF NOT FOUND THEN
        PERFORM access_token.raise_unknown_signing_key();
    END IF;
    SELECT k.* INTO STRICT key FROM access_token.signing_key AS k WHERE k.kid = revoke_signing_key.kid COLLATE "C";

    IF key.state = 'previous' AND NOT revoke_signing_key.force AND EXISTS (
        SELECT FROM access_token.tenant AS t
        WHERE t.tenant_id = key.tenant_id COLLATE "C"
          AND key.retired_at > clock_timestamp() - make_interval(secs => t.max_token_lifetime))
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'tokens of this signing key may still live',
            DETAIL = 'A previous key verifies until the tenant''s max_token_lifetime has passed.',
            HINT = 'Wait, or pass force => true and have its tokens refused from now on.';
    END IF;
    UPDATE access_token.signing_key AS k
    SET state = 'revoked', revoked_at = clock_timestamp(),
        retired_at = CASE WHEN k.state = 'current' THEN clock_timestamp() ELSE k.retired_at END
    WHERE k.kid = revoke_signing_key.kid COLLATE "C" AND k.state <> 'revoked';
    -- A tenant that is switched off signs nothing: so its keys can be revoked, deleted, and then itself.
    IF key.state = 'current' AND EXISTS (
        SELECT FROM access_token.tenant AS t
        WHERE t.tenant_id = key.tenant_id AND t.disabled_at IS NULL)
    THEN
        PERFORM access_token.rotate_signing_key(key.tenant_id, key.algorithm, true);
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.revoke_signing_key(text, boolean) IS
    'Refuses a key''s tokens from now on; revoking the current key promotes the next one';

/* Says why a step that is for revoked keys alone has changed nothing. */
CREATE FUNCTION access_token.raise_not_revoked(kid text, problem text, rule text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM access_token.signing_key AS k WHERE k.kid = raise_not_revoked.kid COLLATE "C") THEN
        PERFORM access_token.raise_unknown_signing_key();
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = raise_not_revoked.problem,
        DETAIL = raise_not_revoked.rule,
        HINT = 'See the view access_token.signing_keys. access_token.revoke_signing_key revokes, and can be '
               'taken back.';
END
$function$;

COMMENT ON FUNCTION access_token.raise_not_revoked(text, text, text) IS
    'Internal: raises 42704 without the key, 55000 with it';

CREATE FUNCTION access_token.restore_signing_key(kid text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    UPDATE access_token.signing_key AS k
    SET state = 'previous', retired_at = coalesce(k.retired_at, k.revoked_at), revoked_at = NULL
    WHERE k.kid = restore_signing_key.kid COLLATE "C" AND k.state = 'revoked';
    IF NOT FOUND THEN
        PERFORM access_token.raise_not_revoked(
            restore_signing_key.kid, 'signing key is not revoked', 'Only a revoked key can be restored.');
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.restore_signing_key(text) IS
    'Takes a revocation back: the key is previous again, and verifies for as long as it would have';

CREATE FUNCTION access_token.delete_signing_key(kid text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM access_token.check_primary();
    DELETE FROM access_token.signing_key AS k
    WHERE k.kid = delete_signing_key.kid COLLATE "C" AND k.state = 'revoked';
    IF NOT FOUND THEN
        PERFORM access_token.raise_not_revoked(
            delete_signing_key.kid, 'signing key is in use', 'Only a revoked key can be deleted.');
    END IF;
END
$function$;

COMMENT ON FUNCTION access_token.delete_signing_key(text) IS
    'Deletes a revoked key for good';

CREATE FUNCTION access_token.jwks(tenant_id text)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    lifetime integer;
BEGIN
    lifetime := access_token.tenant_max_token_lifetime(jwks.tenant_id);
    RETURN (
        SELECT jsonb_build_object('keys', coalesce(jsonb_agg(k.public_jwk::jsonb ORDER BY k.created_at), '[]'))
        FROM access_token.signing_key AS k
        WHERE k.tenant_id = jwks.tenant_id COLLATE "C"
          AND (k.state IN ('next', 'current')
               OR (k.state = 'previous'
                   AND k.retired_at > clock_timestamp() - make_interval(secs => lifetime))));
END
$function$;

COMMENT ON FUNCTION access_token.jwks(text) IS
    'A tenant''s public keys as JWK Set (RFC 7517 section 5): next, current, and previous that still verify';

CREATE FUNCTION access_token.sign_token(
    tenant_id text, claims jsonb, algorithm text DEFAULT NULL, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_sign_token';

COMMENT ON FUNCTION access_token.sign_token(text, jsonb, text, jsonb) IS
    'A token of a kind of the tenant''s own, named by typ in header; iss, iat, exp, jti are filled in';

CREATE FUNCTION access_token.verify_token(
    token text, tenant_id text, typ text, audience text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_verify_token';

COMMENT ON FUNCTION access_token.verify_token(text, text, text, text) IS
    'The claims of a good token made by sign_token; raises TK001 to TK009 for any other';
