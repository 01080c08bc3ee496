-- A peer in the shape of the extension pgjwt: IMMUTABLE functions in SQL that
-- call each other (url_encode, url_decode, algorithm_sign, sign,
-- try_cast_double, verify), built from CTEs. Written for this bench; only names,
-- languages, volatility and the way the functions nest are pgjwt's, because
-- these decide the cost. sign() has two parameters more, for cty and kid, so
-- that its tokens carry what ours carry.
CREATE SCHEMA pgjwt;

CREATE FUNCTION pgjwt.url_encode(bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE
AS $function$
    SELECT translate(encode(bytes, 'base64'), E'/+\n=', '_-')
$function$;

CREATE FUNCTION pgjwt.url_decode(segment text) RETURNS bytea
LANGUAGE sql IMMUTABLE
AS $function$
    WITH standard AS (
        SELECT translate(segment, '_-', '/+') AS alphabet
    ), padding AS (
        SELECT repeat('=', -length(standard.alphabet) & 3) AS equals FROM standard
    )
    SELECT decode(standard.alphabet || padding.equals, 'base64') FROM standard, padding
$function$;

CREATE FUNCTION pgjwt.algorithm_sign(input text, secret text, algorithm text) RETURNS text
LANGUAGE sql IMMUTABLE
AS $function$
    WITH digest AS (
        SELECT CASE algorithm
                   WHEN 'HS256' THEN 'sha256'
                   WHEN 'HS384' THEN 'sha384'
                   WHEN 'HS512' THEN 'sha512'
                   ELSE ''
               END AS name
    )
    SELECT pgjwt.url_encode(public.hmac(input, secret, digest.name)) FROM digest
$function$;

CREATE FUNCTION pgjwt.sign(claims json, secret text, algorithm text, content_type text, kid text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $function$
    WITH first AS (
        SELECT pgjwt.url_encode(convert_to(
            '{"alg":"' || algorithm || '","typ":"JWT","cty":"' || content_type
            || '","kid":"' || kid || '"}', 'UTF8')) AS segment
    ), second AS (
        SELECT pgjwt.url_encode(convert_to(claims::text, 'UTF8')) AS segment
    ), both_segments AS (
        SELECT first.segment || '.' || second.segment AS input FROM first, second
    )
    SELECT both_segments.input || '.'
           || pgjwt.algorithm_sign(both_segments.input, secret, algorithm)
      FROM both_segments
$function$;

CREATE FUNCTION pgjwt.try_cast_double(value text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE
AS $function$
BEGIN
    RETURN CAST(value AS double precision);
EXCEPTION
    WHEN OTHERS THEN
        RETURN NULL;
END
$function$;

CREATE FUNCTION pgjwt.verify(token text, secret text, algorithm text DEFAULT 'HS256')
RETURNS TABLE (header json, payload json, valid boolean)
LANGUAGE sql IMMUTABLE
AS $function$
    SELECT opened.header,
           opened.payload,
           opened.signed
           AND CURRENT_TIMESTAMP <@ tstzrange(
                   to_timestamp(pgjwt.try_cast_double(opened.payload->>'nbf')),
                   to_timestamp(pgjwt.try_cast_double(opened.payload->>'exp')))
      FROM (SELECT CAST(convert_from(pgjwt.url_decode(s[1]), 'UTF8') AS json) AS header,
                   CAST(convert_from(pgjwt.url_decode(s[2]), 'UTF8') AS json) AS payload,
                   pgjwt.algorithm_sign(s[1] || '.' || s[2], secret, algorithm) = s[3] AS signed
              FROM regexp_split_to_array(token, '\.') AS s) AS opened
$function$;

-- How an application calls them: a function of its own that looks the key up,
-- like every other side of the table. Each call is a statement, so the bodies
-- above are planned anew in each, as they are for one token a request.
-- verify_in_app is told the key, because pgjwt cannot choose one by kid.
CREATE FUNCTION pgjwt.issue_in_app(api_key_id text, identity text) RETURNS text
LANGUAGE plpgsql VOLATILE
AS $function$
DECLARE
    issued_at bigint := floor(extract(epoch FROM clock_timestamp()));
BEGIN
    RETURN (SELECT pgjwt.sign(
                       json_build_object(
                           'iss', k.api_key_id, 'sub', k.tenant_id,
                           'iat', issued_at, 'exp', issued_at + k.lifetime,
                           'jti', gen_random_uuid(),
                           'grants', json_build_object('identity', identity)),
                       k.secret, 'HS256', k.content_type, k.kid)
              FROM peer.api_key k
             WHERE k.api_key_id = issue_in_app.api_key_id AND k.disabled_at IS NULL);
END
$function$;

CREATE FUNCTION pgjwt.verify_in_app(token text, api_key_id text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
AS $function$
BEGIN
    RETURN (SELECT CAST(opened.payload AS jsonb)
              FROM peer.api_key k, pgjwt.verify(token, k.secret) opened
             WHERE k.api_key_id = verify_in_app.api_key_id AND k.disabled_at IS NULL
               AND opened.valid);
END
$function$;
