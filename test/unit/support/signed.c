/* Signing and verifying under JWKs; terms: signed.h. */
#include "support/signed.h"

#include <stdio.h>
#include <stdlib.h>

#include "jose/b64url.h"
#include "jose/hmac.h"
#include "jose/jws.h"
#include "jose/secret.h"
#include "jose/signature.h"
#include "support/compact.h"
#include "support/exact.h"

static JoseStatus read_alg(ByteView segment, const JoseAlg **alg)
{
	ByteView json;
	JwsHeader header;
	size_t error_at;
	JoseStatus status = decoded_segment(segment, &json);

	*alg = NULL;
	if (status == JOSE_OK)
		status = jws_read_header(json, &header, &error_at);
	if (status == JOSE_OK && !header.alg.escaped)
		*alg = jose_alg_by_name(header.alg.text);
	if (status == JOSE_OK && *alg == NULL)
		status = JOSE_UNSUPPORTED_ALG;
	exact_free(json);
	return status;
}

static JoseStatus verify_mac(const Jwk *jwk, const JoseAlg *alg, ByteView input, ByteView mac)
{
	ByteView secret = bytes_of(jwk->secret, jwk->secret_len);
	HmacKey key = {0};
	JoseStatus status = secret_looks_like_other_key(secret) ? JOSE_KEY_WRONG_USE : JOSE_OK;

	if (status == JOSE_OK)
		status = hmac_key_open(&key, alg, secret);
	if (status == JOSE_OK)
		status = hmac_verify(&key, input, mac);
	hmac_key_close(&key);
	return status;
}

static JoseStatus verify_with(const Jwk *jwk, const JoseAlg *alg, ByteView input,
							  ByteView signature)
{
	SignatureKey key;
	JoseStatus status;

	if (alg->key_type == JOSE_KEY_OCT)
		return verify_mac(jwk, alg, input, signature);
	status = signature_key_open(&key, alg, jwk->pkey);
	if (status == JOSE_OK)
		status = signature_verify(&key, input, signature);
	signature_key_close(&key);
	return status;
}

JoseStatus signed_verify(ByteView token, const Jwk *jwk)
{
	ByteView copy = exact_copy(token);
	ByteView payload = {NULL, 0};
	ByteView signature = {NULL, 0};
	const JoseAlg *alg = NULL;
	JwsParts parts;
	JoseStatus status = jws_split(copy, &parts);

	if (status == JOSE_OK)
		status = read_alg(parts.header, &alg);
	if (status == JOSE_OK)
		status = jwk_check_alg(jwk, alg, JWK_OP_VERIFY);
	if (status == JOSE_OK)
		status = decoded_segment(parts.payload, &payload);
	if (status == JOSE_OK)
		status = decoded_segment(parts.signature, &signature);
	if (status == JOSE_OK)
		status = verify_with(jwk, alg, parts.signing_input, signature);
	exact_free(signature);
	exact_free(payload);
	exact_free(copy);
	return status;
}

void signed_bytes(ByteView input, const Jwk *jwk, const JoseAlg *alg,
				  uint8_t out[JOSE_MAX_SIGNATURE_LEN], size_t *len)
{
	SignatureKey key = {0};
	HmacKey mac = {0};
	JoseStatus status;

	if (alg->key_type == JOSE_KEY_OCT)
	{
		status = hmac_key_open(&mac, alg, bytes_of(jwk->secret, jwk->secret_len));
		*len = mac.mac_len;
		if (status == JOSE_OK)
			status = hmac_sign(&mac, input, out);
	}
	else
	{
		status = signature_key_open(&key, alg, jwk->pkey);
		*len = key.signature_len;
		if (status == JOSE_OK)
			status = signature_sign(&key, input, out);
	}
	if (status != JOSE_OK)
		abort();
	hmac_key_close(&mac);
	signature_key_close(&key);
}

ByteView signed_token(const char *header, ByteView payload, const Jwk *jwk, const JoseAlg *alg)
{
	ByteView header_segment = encoded(view_of(header));
	ByteView payload_segment = encoded(payload);
	ByteView input = joined(header_segment, BYTES_LITERAL("."), payload_segment);
	uint8_t bytes[JOSE_MAX_SIGNATURE_LEN];
	ByteView signature;
	ByteView token;
	size_t len;

	signed_bytes(input, jwk, alg, bytes, &len);
	signature = encoded(bytes_of(bytes, len));
	token = joined(input, BYTES_LITERAL("."), signature);
	exact_free(signature);
	exact_free(input);
	exact_free(payload_segment);
	exact_free(header_segment);
	return token;
}

ByteView signed_as(const char *alg, ByteView payload, const Jwk *jwk)
{
	char header[64];

	snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);
	return signed_token(header, payload, jwk, jose_alg_by_name(view_of(alg)));
}

ByteView signed_with(ByteView token, ByteView signature)
{
	ByteView segment = encoded(signature);
	JwsParts parts;
	ByteView result;

	if (jws_split(token, &parts) != JOSE_OK)
		abort();
	result = joined(parts.signing_input, BYTES_LITERAL("."), segment);
	exact_free(segment);
	return result;
}

ByteView signed_signature(ByteView token)
{
	JwsParts parts;
	ByteView bytes;

	if (jws_split(token, &parts) != JOSE_OK || decoded_segment(parts.signature, &bytes) != JOSE_OK)
		abort();
	return bytes;
}
