/*
 * JWK: a key that is accepted is written and read again as the same key, with the same thumbprint;
 * it opens for exactly the algorithms that it may be used with. What is refused leaves nothing open.
 */
#include "jose/jwk.h"

#include <openssl/err.h>

#include "jose/signature.h"
#include "require.h"

static const char *const algorithms[] = {"HS256", "HS512", "RS256", "PS384",
										 "ES256", "ES384", "ES512", "EdDSA"};

static bool is_closed(const Jwk *jwk)
{
	return jwk->pkey == NULL && jwk->secret_len == 0;
}

/* Its own members, without labels, are a key with the same thumbprint. */
static void check_written(const Jwk *jwk)
{
	static const JwkLabels no_labels = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	uint8_t *text = exact_memory(JWK_MAX_TEXT_LEN);
	char thumbprint[JWK_THUMBPRINT_LEN];
	char again[JWK_THUMBPRINT_LEN];
	size_t error_at;
	ByteView written;
	Jwk read;

	REQUIRE(jwk_thumbprint(jwk, thumbprint) == JOSE_OK);
	written = jwk->pkey == NULL ? jwk_write_oct(jwk, &no_labels, text, JWK_MAX_TEXT_LEN)
								: jwk_write(jwk->pkey, false, &no_labels, text, JWK_MAX_TEXT_LEN);
	REQUIRE(written.data != NULL);
	REQUIRE(jwk_read(written, &read, &error_at) == JOSE_OK);
	REQUIRE(read.type == jwk->type);
	REQUIRE(jwk_thumbprint(&read, again) == JOSE_OK);
	REQUIRE(memcmp(thumbprint, again, sizeof(again)) == 0);
	jwk_close(&read);
	free(text);
}

static void check_algorithms(const Jwk *jwk)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
	{
		const JoseAlg *alg = jose_alg_by_name(bytes_of(algorithms[i], 5));
		SignatureKey key;

		if (jwk_check_alg(jwk, alg, JWK_OPS_SIGNATURE) != JOSE_OK)
			continue;
		REQUIRE((jwk->operations & JWK_OPS_SIGNATURE) != 0 && jwk->type == alg->key_type);
		if (jwk->pkey == NULL)
			continue;
		REQUIRE(signature_key_open(&key, alg, jwk->pkey) == JOSE_OK);
		REQUIRE(key.signature_len <= JOSE_MAX_SIGNATURE_LEN);
		REQUIRE(signature_verify(&key, BYTES_LITERAL("message"), BYTES_LITERAL("signature")) ==
				JOSE_BAD_SIGNATURE);
		signature_key_close(&key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t error_at = SIZE_MAX;
	Jwk jwk;
	JoseStatus status = jwk_read(bytes_of(data, size), &jwk, &error_at);

	REQUIRE(error_at <= size);
	if (status == JOSE_OK)
	{
		REQUIRE((jwk.type == JOSE_KEY_OCT) == (jwk.pkey == NULL));
		REQUIRE(jwk.secret_len <= JWK_MAX_SECRET_LEN);
		REQUIRE(json_is_string_or_absent(&jwk.alg) && json_is_string_or_absent(&jwk.kid));
		check_written(&jwk);
		check_algorithms(&jwk);
	}
	else
		REQUIRE(status >= JOSE_KEY_MALFORMED && status <= JOSE_KEY_WRONG_USE && is_closed(&jwk));
	jwk_close(&jwk);
	REQUIRE(is_closed(&jwk));
	REQUIRE(ERR_peek_error() == 0);
	return 0;
}
