-- The peer that people write by hand: one tight PL/pgSQL function to sign, one
-- to verify, on pgcrypto's hmac().

CREATE FUNCTION peer.issue(api_key_id text, identity text) RETURNS text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
AS $function$
DECLARE
    k             peer.api_key;
    issued_at     bigint := floor(extract(epoch FROM clock_timestamp()));
    signing_input text;
BEGIN
    SELECT * INTO k FROM peer.api_key a
     WHERE a.api_key_id = issue.api_key_id AND a.disabled_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such API key';
    END IF;
    signing_input :=
        translate(encode(convert_to(
            '{"alg":"HS256","typ":"JWT","cty":' || to_json(k.content_type)
            || ',"kid":' || to_json(k.kid) || '}', 'UTF8'), 'base64'), E'+/=\n', '-_')
        || '.' ||
        translate(encode(convert_to(
            '{"iss":' || to_json(k.api_key_id) || ',"sub":' || to_json(k.tenant_id)
            || ',"iat":' || issued_at || ',"exp":' || issued_at + k.lifetime
            || ',"jti":"' || gen_random_uuid()
            || '","grants":{"identity":' || to_json(identity) || '}}', 'UTF8'),
            'base64'), E'+/=\n', '-_');
    RETURN signing_input || '.' ||
        translate(encode(hmac(signing_input, k.secret, 'sha256'), 'base64'), E'+/=\n', '-_');
END
$function$;

CREATE FUNCTION peer.verify(token text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
AS $function$
DECLARE
    part   text[] := string_to_array(token, '.');
    header jsonb;
    secret text;
    claims jsonb;
BEGIN
    IF cardinality(part) <> 3 THEN
        RAISE EXCEPTION 'malformed token';
    END IF;
    header := convert_from(decode(translate(part[1], '-_', '+/')
        || repeat('=', -length(part[1]) & 3), 'base64'), 'UTF8');
    SELECT a.secret INTO secret FROM peer.api_key a
     WHERE a.kid = header->>'kid' AND a.disabled_at IS NULL;
    IF NOT FOUND OR header->>'alg' <> 'HS256'
       OR part[3] <> translate(encode(hmac(part[1] || '.' || part[2], secret, 'sha256'),
                                      'base64'), E'+/=\n', '-_') THEN
        RAISE EXCEPTION 'bad signature';
    END IF;
    claims := convert_from(decode(translate(part[2], '-_', '+/')
        || repeat('=', -length(part[2]) & 3), 'base64'), 'UTF8');
    IF (claims->>'exp')::bigint <= extract(epoch FROM clock_timestamp()) THEN
        RAISE EXCEPTION 'token expired';
    END IF;
    RETURN claims;
END
$function$;
