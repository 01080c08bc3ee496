/*
 * Signing keys of tenants, and tokens signed with them that the extension itself would never sign.
 *
 * The signatures, of EdDSA and RS256, are made by integer arithmetic written here and by pgcrypto's
 * hashes, so a row with a valid signature proves that the named defect alone caused the refusal. Needs
 * forge.sql.
 */

-- The keys of a test by a label; jwk is the private key.
CREATE TABLE forge.signing_key (
    label text PRIMARY KEY,
    tenant_id text NOT NULL,
    algorithm text NOT NULL,
    kid text NOT NULL,
    jwk text NOT NULL
);

-- A tenant with its own domain, https://<id>.example.
CREATE FUNCTION forge.make_tenant(tenant_id text) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM access_token.tenants AS t WHERE t.tenant_id = make_tenant.tenant_id) THEN
        PERFORM access_token.create_tenant('Tenant of a test', make_tenant.tenant_id,
                                           format('https://%s.example', make_tenant.tenant_id));
    END IF;
END
$function$;

-- A key made outside, imported, and current at once.
CREATE FUNCTION forge.make_signing_key(label text, tenant_id text, algorithm text) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
    jwk text := access_token.jwk_generate(algorithm);
    kid text;
BEGIN
    PERFORM forge.make_tenant(tenant_id);
    PERFORM access_token.revoke_signing_key(k.kid) FROM access_token.signing_keys AS k
    WHERE k.tenant_id = make_signing_key.tenant_id AND k.algorithm = make_signing_key.algorithm AND k.state = 'next';
    kid := access_token.import_signing_key(tenant_id, jwk, algorithm);
    PERFORM access_token.rotate_signing_key(tenant_id, algorithm, true);
    INSERT INTO forge.signing_key VALUES (label, tenant_id, algorithm, kid, jwk);
    IF algorithm = 'EdDSA' THEN
        PERFORM forge.take_apart(jwk);
    END IF;
END
$function$;

-- Big-endian bytes in hexadecimal as a number, and back.
CREATE FUNCTION forge.number_of(hex text) RETURNS numeric LANGUAGE plpgsql AS $function$
DECLARE
    number numeric := 0;
    padded text := lpad(hex, (length(hex) + 13) / 14 * 14, '0');
BEGIN
    FOR i IN 0 .. length(padded) / 14 - 1 LOOP
        number := number * 72057594037927936 + ('x' || lpad(substr(padded, i * 14 + 1, 14), 16, '0'))::bit(64)::bigint;
    END LOOP;
    RETURN number;
END
$function$;

CREATE FUNCTION forge.hex_of(number numeric, bytes integer) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    hex text := '';
BEGIN
    WHILE number > 0 LOOP
        hex := lpad(to_hex((number % 72057594037927936)::bigint), 14, '0') || hex;
        number := div(number, 72057594037927936);
    END LOOP;
    RETURN lpad(ltrim(hex, '0'), bytes * 2, '0');
END
$function$;

CREATE FUNCTION forge.power(base numeric, exponent text, modulus numeric) RETURNS numeric LANGUAGE plpgsql AS $function$
DECLARE
    result numeric := 1;
    digit integer;
    powers numeric[] := '{1}';
BEGIN
    FOR i IN 1 .. 15 LOOP
        powers := powers || (powers[i] * base) % modulus;
    END LOOP;
    FOR i IN 1 .. length(exponent) LOOP
        FOR j IN 1 .. 4 LOOP
            result := (result * result) % modulus;
        END LOOP;
        digit := ('x' || substr(exponent, i, 1))::bit(4)::integer;
        result := (result * powers[digit + 1]) % modulus;
    END LOOP;
    RETURN result;
END
$function$;

CREATE FUNCTION forge.hex_member(jwk text, name text) RETURNS text LANGUAGE sql AS $function$
    SELECT encode(forge.from_base64url(jwk::jsonb ->> name), 'hex')
$function$;

-- RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.1), by the private key's two primes.
CREATE FUNCTION forge.rs256(jwk text, signing_input text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    bytes integer := length(forge.hex_member(jwk, 'n')) / 2;
    digest_info text := '3031300d060960864801650304020105000420'
                        || encode(public.digest(convert_to(signing_input, 'UTF8'), 'sha256'), 'hex');
    message numeric := forge.number_of('0001' || repeat('ff', bytes - 3 - length(digest_info) / 2) || '00' || digest_info);
    p numeric := forge.number_of(forge.hex_member(jwk, 'p'));
    q numeric := forge.number_of(forge.hex_member(jwk, 'q'));
    by_p numeric := forge.power(message % p, forge.hex_member(jwk, 'dp'), p);
    by_q numeric := forge.power(message % q, forge.hex_member(jwk, 'dq'), q);
    lift numeric := ((by_p - by_q) % p + p) % p * forge.number_of(forge.hex_member(jwk, 'qi')) % p;
BEGIN
    RETURN forge.base64url(decode(forge.hex_of(by_q + lift * q, bytes), 'hex'));
END
$function$;

-- Little-endian bytes as a number.
CREATE FUNCTION forge.little_endian(bytes bytea) RETURNS numeric LANGUAGE sql AS $function$
    SELECT forge.number_of(string_agg(lpad(to_hex(get_byte(bytes, n)), 2, '0'), '' ORDER BY n DESC))
    FROM generate_series(0, length(bytes) - 1) AS n
$function$;

CREATE FUNCTION forge.eddsa_order() RETURNS numeric LANGUAGE sql IMMUTABLE AS $function$
    SELECT 7237005577332262213973186563042994240857116359379907606001950938285454250989
$function$;

-- An Ed25519 key taken apart (RFC 8032 section 5.1.5), with one nonce r and its point R.
CREATE TABLE forge.eddsa_key (jwk text PRIMARY KEY, secret numeric, public_key bytea, r numeric, r_point bytea);

/*
 * Every signature of a key uses the nonce of its first one, so there is no curve to calculate on: its
 * point is that of a signature that the toolbox made. Two such signatures give the private key away,
 * which for a key of a test is no loss.
 */
CREATE FUNCTION forge.take_apart(jwk text) RETURNS void LANGUAGE sql AS $function$
    INSERT INTO forge.eddsa_key
    SELECT take_apart.jwk,
           forge.little_endian(set_byte(set_byte(substr(h, 1, 32), 0, get_byte(h, 0) & 248), 31, get_byte(h, 31) & 127 | 64)),
           forge.from_base64url(take_apart.jwk::jsonb ->> 'x'),
           forge.little_endian(public.digest(substr(h, 33, 32) || convert_to(split_part(t, '.', 1) || '.' || split_part(t, '.', 2), 'UTF8'), 'sha512'))
               % forge.eddsa_order(),
           substr(forge.from_base64url(split_part(t, '.', 3)), 1, 32)
    FROM public.digest(forge.from_base64url(take_apart.jwk::jsonb ->> 'd'), 'sha512') AS h, access_token.jws_sign('', take_apart.jwk) AS t
    ON CONFLICT DO NOTHING
$function$;

-- Ed25519 (RFC 8032 section 5.1.6); a multiple of the group's order added to S makes another encoding.
CREATE FUNCTION forge.eddsa(jwk text, signing_input text, multiple integer DEFAULT 0) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.base64url(k.r_point || (
        SELECT decode(string_agg(substr(hex, n, 2), '' ORDER BY n DESC), 'hex')
        FROM forge.hex_of((k.r + forge.little_endian(public.digest(k.r_point || k.public_key || convert_to(signing_input, 'UTF8'), 'sha512'))
                                 % forge.eddsa_order() * k.secret) % forge.eddsa_order() + multiple * forge.eddsa_order(), 32) AS hex,
             generate_series(1, 63, 2) AS n))
    FROM forge.eddsa_key AS k WHERE k.jwk = eddsa.jwk
$function$;

CREATE FUNCTION forge.own_signature(label text, signing_input text) RETURNS text LANGUAGE sql AS $function$
    SELECT CASE k.algorithm WHEN 'EdDSA' THEN forge.eddsa(k.jwk, signing_input) WHEN 'RS256' THEN forge.rs256(k.jwk, signing_input) END
    FROM forge.signing_key AS k WHERE k.label = own_signature.label
$function$;

CREATE FUNCTION forge.own_header(label text, changes json DEFAULT '{}', without text[] DEFAULT '{}')
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.object(json_build_object('alg', k.algorithm, 'typ', 'invitation+jwt', 'kid', k.kid), changes, without)
    FROM forge.signing_key AS k WHERE k.label = own_header.label
$function$;

CREATE FUNCTION forge.own_claims(label text, changes json DEFAULT '{}', without text[] DEFAULT '{}')
RETURNS text LANGUAGE sql AS $function$
    SELECT forge.object(
        json_build_object('iss', format('https://%s.example', k.tenant_id), 'iat', floor(forge.epoch()),
                          'exp', floor(forge.epoch(600)), 'jti', 'x'),
        changes, without)
    FROM forge.signing_key AS k WHERE k.label = own_claims.label
$function$;

CREATE FUNCTION forge.own_token_of_bytes(label text, header bytea, payload bytea) RETURNS text LANGUAGE sql AS $function$
    SELECT i.input || '.' || forge.own_signature(label, i.input)
    FROM (SELECT forge.base64url(header) || '.' || forge.base64url(payload) AS input) AS i
$function$;

CREATE FUNCTION forge.own_token(label text, header text DEFAULT NULL, claims text DEFAULT NULL) RETURNS text LANGUAGE sql AS $function$
    SELECT forge.own_token_of_bytes(
        label, convert_to(coalesce(header, forge.own_header(label)), 'UTF8'),
        convert_to(coalesce(claims, forge.own_claims(label)), 'UTF8'))
$function$;

-- What verify_token answers: accepts, or the SQLSTATE and what the error lacks or gives away.
CREATE FUNCTION forge.own_verdict(
    token text, tenant_id text DEFAULT 't', typ text DEFAULT 'invitation+jwt', audience text DEFAULT NULL)
RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    RETURN CASE WHEN access_token.verify_token(token, tenant_id, typ, audience) IS NULL THEN 'NULL' ELSE 'accepts' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || forge.fault_of_error(token, message, detail, hint);
END
$function$;

-- The one value of a statement, or its SQLSTATE.
CREATE FUNCTION forge.value_of(statement text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    value text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$function$;

-- The states of a tenant's keys of one algorithm, in the order in which they were made.
CREATE FUNCTION forge.states(tenant_id text, algorithm text) RETURNS text LANGUAGE sql AS $function$
    SELECT coalesce(string_agg(k.state, ' ' ORDER BY k.created_at), 'none')
    FROM access_token.signing_keys AS k WHERE k.tenant_id = states.tenant_id AND k.algorithm = states.algorithm
$function$;
