/* HMAC by OpenSSL's EVP_MAC; purpose: hmac.h. */
#include "jose/hmac.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "jose/secure.h"

static EVP_MAC_CTX *new_context(const JoseAlg *alg)
{
	/* OSSL_PARAM takes its string without const, but only reads it. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *) (uintptr_t) alg->digest,
										 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = NULL;

	if (mac == NULL)
		goto out;
	ctx = EVP_MAC_CTX_new(mac);
	if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) != 1)
	{
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
out:
	EVP_MAC_free(mac); /* the context holds its own reference */
	return ctx;
}

JoseStatus hmac_pattern_open(HmacKey *pattern, const JoseAlg *alg)
{
	*pattern = (HmacKey) {.ctx = new_context(alg), .mac_len = alg->hash_len};
	if (pattern->ctx != NULL)
		return JOSE_OK;
	hmac_key_close(pattern);
	ERR_clear_error();
	return JOSE_CRYPTO_FAILURE;
}

/* Gives a context its key, or closes it. */
static JoseStatus set_key(HmacKey *key, ByteView secret)
{
	JoseStatus status = secret.len < key->mac_len ? JOSE_BAD_KEY : JOSE_OK;

	if (status == JOSE_OK &&
		(key->ctx == NULL || EVP_MAC_init(key->ctx, secret.data, secret.len, NULL) != 1))
		status = JOSE_CRYPTO_FAILURE;
	if (status == JOSE_OK)
		return JOSE_OK;
	hmac_key_close(key);
	ERR_clear_error();
	return status;
}

JoseStatus hmac_key_open(HmacKey *key, const JoseAlg *alg, ByteView secret)
{
	*key = (HmacKey) {.ctx = new_context(alg), .mac_len = alg->hash_len};
	return set_key(key, secret);
}

JoseStatus hmac_key_open_like(HmacKey *key, const HmacKey *pattern, ByteView secret)
{
	*key = (HmacKey) {.ctx = EVP_MAC_CTX_dup(pattern->ctx), .mac_len = pattern->mac_len};
	return set_key(key, secret);
}

void hmac_key_close(HmacKey *key)
{
	EVP_MAC_CTX_free(key->ctx);
	*key = (HmacKey) {0};
}

JoseStatus hmac_sign(const HmacKey *key, ByteView message, uint8_t mac[JOSE_MAX_HASH_LEN])
{
	size_t len = 0;

	/* A NULL key starts a new message under the key that the context already has. */
	if (EVP_MAC_init(key->ctx, NULL, 0, NULL) == 1 &&
		EVP_MAC_update(key->ctx, message.data, message.len) == 1 &&
		EVP_MAC_final(key->ctx, mac, &len, JOSE_MAX_HASH_LEN) == 1 && len == key->mac_len)
		return JOSE_OK;

	ERR_clear_error();
	secure_wipe(mac, JOSE_MAX_HASH_LEN);
	return JOSE_CRYPTO_FAILURE;
}

JoseStatus hmac_verify(const HmacKey *key, ByteView message, ByteView mac)
{
	uint8_t expected[JOSE_MAX_HASH_LEN];
	JoseStatus status = hmac_sign(key, message, expected);

	if (status == JOSE_OK && !secure_equal(mac, bytes_of(expected, key->mac_len)))
		status = JOSE_BAD_SIGNATURE;
	secure_wipe(expected, sizeof(expected));
	return status;
}
