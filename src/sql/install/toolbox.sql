/*
 * JOSE with the caller's own keys. A key is a JWK, or to verify with a JWK Set, as text that C code
 * parses: a malformed argument of type json would stand in the server's log. The forms for json and
 * jsonb are there so that the result of one function feeds the next.
 */

CREATE FUNCTION access_token.jws_sign(payload bytea, key text, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jws_sign';

COMMENT ON FUNCTION access_token.jws_sign(bytea, text, jsonb) IS 'Signs bytes as compact JWS (RFC 7515)';

CREATE FUNCTION access_token.jws_sign(payload bytea, key json, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jws_sign';

COMMENT ON FUNCTION access_token.jws_sign(bytea, json, jsonb) IS 'Signs bytes as compact JWS (RFC 7515)';

CREATE FUNCTION access_token.jws_sign(payload bytea, key jsonb, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jws_sign(jws_sign.payload, jws_sign.key::text, jws_sign.header);

COMMENT ON FUNCTION access_token.jws_sign(bytea, jsonb, jsonb) IS 'Signs bytes as compact JWS (RFC 7515)';

CREATE FUNCTION access_token.jws_verify(token text, key text, algorithms text[])
RETURNS bytea
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jws_verify';

COMMENT ON FUNCTION access_token.jws_verify(text, text, text[]) IS
    'The payload of a compact JWS whose signature is good, by the algorithms named';

CREATE FUNCTION access_token.jws_verify(token text, key json, algorithms text[])
RETURNS bytea
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jws_verify';

COMMENT ON FUNCTION access_token.jws_verify(text, json, text[]) IS
    'The payload of a compact JWS whose signature is good, by the algorithms named';

CREATE FUNCTION access_token.jws_verify(token text, key jsonb, algorithms text[])
RETURNS bytea
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jws_verify(jws_verify.token, jws_verify.key::text, jws_verify.algorithms);

COMMENT ON FUNCTION access_token.jws_verify(text, jsonb, text[]) IS
    'The payload of a compact JWS whose signature is good, by the algorithms named';

CREATE FUNCTION access_token.jwt_sign(claims jsonb, key text, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwt_sign';

COMMENT ON FUNCTION access_token.jwt_sign(jsonb, text, jsonb) IS 'Signs claims as JWT (RFC 7519)';

CREATE FUNCTION access_token.jwt_sign(claims jsonb, key json, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwt_sign';

COMMENT ON FUNCTION access_token.jwt_sign(jsonb, json, jsonb) IS 'Signs claims as JWT (RFC 7519)';

CREATE FUNCTION access_token.jwt_sign(claims jsonb, key jsonb, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jwt_sign(jwt_sign.claims, jwt_sign.key::text, jwt_sign.header);

COMMENT ON FUNCTION access_token.jwt_sign(jsonb, jsonb, jsonb) IS 'Signs claims as JWT (RFC 7519)';

CREATE FUNCTION access_token.jwt_verify(
    token text, key text, algorithms text[], issuer text DEFAULT NULL, audience text DEFAULT NULL,
    leeway integer DEFAULT NULL, require_exp boolean DEFAULT true)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwt_verify';

COMMENT ON FUNCTION access_token.jwt_verify(text, text, text[], text, text, integer, boolean) IS
    'The claims of a good JWT, by the algorithms named; leeway is in seconds';

CREATE FUNCTION access_token.jwt_verify(
    token text, key json, algorithms text[], issuer text DEFAULT NULL, audience text DEFAULT NULL,
    leeway integer DEFAULT NULL, require_exp boolean DEFAULT true)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwt_verify';

COMMENT ON FUNCTION access_token.jwt_verify(text, json, text[], text, text, integer, boolean) IS
    'The claims of a good JWT, by the algorithms named; leeway is in seconds';

CREATE FUNCTION access_token.jwt_verify(
    token text, key jsonb, algorithms text[], issuer text DEFAULT NULL, audience text DEFAULT NULL,
    leeway integer DEFAULT NULL, require_exp boolean DEFAULT true)
RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jwt_verify(
    jwt_verify.token, jwt_verify.key::text, jwt_verify.algorithms, jwt_verify.issuer,
    jwt_verify.audience, jwt_verify.leeway, jwt_verify.require_exp);

COMMENT ON FUNCTION access_token.jwt_verify(text, jsonb, text[], text, text, integer, boolean) IS
    'The claims of a good JWT, by the algorithms named; leeway is in seconds';

CREATE FUNCTION access_token.jwk_public(key text)
RETURNS json
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_public';

COMMENT ON FUNCTION access_token.jwk_public(text) IS 'The public part of a JWK';

CREATE FUNCTION access_token.jwk_public(key json)
RETURNS json
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_public';

COMMENT ON FUNCTION access_token.jwk_public(json) IS 'The public part of a JWK';

CREATE FUNCTION access_token.jwk_public(key jsonb)
RETURNS json
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jwk_public(jwk_public.key::text);

COMMENT ON FUNCTION access_token.jwk_public(jsonb) IS 'The public part of a JWK';

CREATE FUNCTION access_token.jwk_thumbprint(key text)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_thumbprint';

COMMENT ON FUNCTION access_token.jwk_thumbprint(text) IS 'The SHA-256 thumbprint of a JWK (RFC 7638)';

CREATE FUNCTION access_token.jwk_thumbprint(key json)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_thumbprint';

COMMENT ON FUNCTION access_token.jwk_thumbprint(json) IS 'The SHA-256 thumbprint of a JWK (RFC 7638)';

CREATE FUNCTION access_token.jwk_thumbprint(key jsonb)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jwk_thumbprint(jwk_thumbprint.key::text);

COMMENT ON FUNCTION access_token.jwk_thumbprint(jsonb) IS 'The SHA-256 thumbprint of a JWK (RFC 7638)';

CREATE FUNCTION access_token.jwk_to_pem(key text)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_to_pem';

COMMENT ON FUNCTION access_token.jwk_to_pem(text) IS 'A JWK as PEM: SPKI, or PKCS#8 when it is private';

CREATE FUNCTION access_token.jwk_to_pem(key json)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_to_pem';

COMMENT ON FUNCTION access_token.jwk_to_pem(json) IS 'A JWK as PEM: SPKI, or PKCS#8 when it is private';

CREATE FUNCTION access_token.jwk_to_pem(key jsonb)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jwk_to_pem(jwk_to_pem.key::text);

COMMENT ON FUNCTION access_token.jwk_to_pem(jsonb) IS 'A JWK as PEM: SPKI, or PKCS#8 when it is private';

CREATE FUNCTION access_token.jwe_encrypt(
    plaintext bytea, key text, algorithm text, encryption text, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwe_encrypt';

COMMENT ON FUNCTION access_token.jwe_encrypt(bytea, text, text, text, jsonb) IS
    'Encrypts bytes as compact JWE (RFC 7516)';

CREATE FUNCTION access_token.jwe_encrypt(
    plaintext bytea, key json, algorithm text, encryption text, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwe_encrypt';

COMMENT ON FUNCTION access_token.jwe_encrypt(bytea, json, text, text, jsonb) IS
    'Encrypts bytes as compact JWE (RFC 7516)';

CREATE FUNCTION access_token.jwe_encrypt(
    plaintext bytea, key jsonb, algorithm text, encryption text, header jsonb DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jwe_encrypt(
    jwe_encrypt.plaintext, jwe_encrypt.key::text, jwe_encrypt.algorithm, jwe_encrypt.encryption,
    jwe_encrypt.header);

COMMENT ON FUNCTION access_token.jwe_encrypt(bytea, jsonb, text, text, jsonb) IS
    'Encrypts bytes as compact JWE (RFC 7516)';

CREATE FUNCTION access_token.jwe_decrypt(token text, key text, algorithms text[], encryptions text[])
RETURNS bytea
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwe_decrypt';

COMMENT ON FUNCTION access_token.jwe_decrypt(text, text, text[], text[]) IS
    'The plaintext of a compact JWE, by the algorithms named; every failure is alike';

CREATE FUNCTION access_token.jwe_decrypt(token text, key json, algorithms text[], encryptions text[])
RETURNS bytea
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwe_decrypt';

COMMENT ON FUNCTION access_token.jwe_decrypt(text, json, text[], text[]) IS
    'The plaintext of a compact JWE, by the algorithms named; every failure is alike';

CREATE FUNCTION access_token.jwe_decrypt(token text, key jsonb, algorithms text[], encryptions text[])
RETURNS bytea
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN access_token.jwe_decrypt(
    jwe_decrypt.token, jwe_decrypt.key::text, jwe_decrypt.algorithms, jwe_decrypt.encryptions);

COMMENT ON FUNCTION access_token.jwe_decrypt(text, jsonb, text[], text[]) IS
    'The plaintext of a compact JWE, by the algorithms named; every failure is alike';

CREATE FUNCTION access_token.jwk_generate(algorithm text)
RETURNS json
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_generate';

COMMENT ON FUNCTION access_token.jwk_generate(text) IS
    'A new private or symmetric JWK for a signature, key management or content encryption algorithm';

CREATE FUNCTION access_token.jwk_from_pem(pem text)
RETURNS json
LANGUAGE c VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'access_token_jwk_from_pem';

COMMENT ON FUNCTION access_token.jwk_from_pem(text) IS
    'A PEM key as JWK: SPKI, PKCS#1, PKCS#8 or SEC1, one block, not encrypted';
