/*
 * PEM: what comes out is JSON with a kty, and where it is a good key, it goes into PEM and back as
 * the same one.
 */
#include "jose/pem.h"

#include <openssl/err.h>

#include "require.h"

static void check_round_trip(const Jwk *jwk)
{
	char *pem = exact_memory(PEM_MAX_TEXT_LEN);
	uint8_t *text = exact_memory(JWK_MAX_TEXT_LEN);
	ByteView written = pem_write(jwk, (uint8_t *) pem, PEM_MAX_TEXT_LEN);
	char thumbprint[JWK_THUMBPRINT_LEN];
	char again[JWK_THUMBPRINT_LEN];
	size_t error_at;
	ByteView json;
	Jwk read;

	REQUIRE(written.data != NULL && pem_is_likely(written));
	REQUIRE(pem_to_jwk(written, text, &json) == JOSE_OK);
	REQUIRE(jwk_read(json, &read, &error_at) == JOSE_OK);
	REQUIRE(read.is_private == jwk->is_private && read.type == jwk->type);
	REQUIRE(jwk_thumbprint(jwk, thumbprint) == JOSE_OK);
	REQUIRE(jwk_thumbprint(&read, again) == JOSE_OK);
	REQUIRE(memcmp(thumbprint, again, sizeof(again)) == 0);
	jwk_close(&read);
	free(text);
	free(pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *text = exact_memory(JWK_MAX_TEXT_LEN);
	size_t error_at = SIZE_MAX;
	ByteView json;
	Jwk jwk;
	JoseStatus status = pem_to_jwk(bytes_of(data, size), text, &json);

	if (status == JOSE_OK)
	{
		REQUIRE(pem_is_likely(bytes_of(data, size)));
		REQUIRE(json.data == text && json.len <= JWK_MAX_TEXT_LEN);
		status = jwk_read(json, &jwk, &error_at);
		REQUIRE(status == JOSE_OK || status == JOSE_KEY_WEAK || status == JOSE_KEY_INCONSISTENT ||
				status == JOSE_KEY_MALFORMED);
		if (status == JOSE_OK)
			check_round_trip(&jwk);
		jwk_close(&jwk);
	}
	else
		REQUIRE(json.data == NULL &&
				(status == JOSE_KEY_MALFORMED || status == JOSE_KEY_UNSUPPORTED));
	REQUIRE(ERR_peek_error() == 0);
	free(text);
	return 0;
}
