/* Generating keys by OpenSSL; purpose: generate.h. */
#include "jose/generate.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

typedef bool (*Interrupted)(void);

/* OpenSSL's callback takes application data as void *: a function pointer goes through a struct. */
typedef struct InterruptCheck
{
	Interrupted interrupted;
} InterruptCheck;

static int go_on(EVP_PKEY_CTX *ctx)
{
	const InterruptCheck *check = EVP_PKEY_CTX_get_app_data(ctx);

	return check->interrupted == NULL || !check->interrupted();
}

static bool configure(EVP_PKEY_CTX *ctx, const JoseAlg *alg, int rsa_bits)
{
	if (alg->key_type == JOSE_KEY_RSA)
		return EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, rsa_bits) == 1;
	return alg->key_type != JOSE_KEY_EC || EVP_PKEY_CTX_set_group_name(ctx, alg->curve) == 1;
}

static EVP_PKEY *generate_pkey(const JoseAlg *alg, int rsa_bits, InterruptCheck *check)
{
	const char *type = alg->key_type == JOSE_KEY_RSA  ? "RSA"
					   : alg->key_type == JOSE_KEY_EC ? "EC"
													  : alg->curve;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 && configure(ctx, alg, rsa_bits))
	{
		EVP_PKEY_CTX_set_app_data(ctx, check);
		EVP_PKEY_CTX_set_cb(ctx, go_on);
		if (EVP_PKEY_generate(ctx, &pkey) != 1)
		{
			EVP_PKEY_free(pkey);
			pkey = NULL;
		}
	}
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

JoseStatus generate_secret(Jwk *jwk, size_t len)
{
	jwk->secret_len = len;
	if (len <= sizeof(jwk->secret) && RAND_priv_bytes(jwk->secret, (int) len) == 1)
		return JOSE_OK;
	ERR_clear_error();
	jwk_close(jwk);
	return JOSE_CRYPTO_FAILURE;
}

JoseStatus generate_key(const JoseAlg *alg, int rsa_bits, Interrupted interrupted, Jwk *jwk)
{
	InterruptCheck check = {interrupted};

	*jwk = (Jwk) {.type = alg->key_type,
				  .curve = alg->curve,
				  .operations = JWK_OPS_SIGNATURE,
				  .is_private = true};
	if (alg->key_type == JOSE_KEY_RSA &&
		(rsa_bits < JOSE_MIN_RSA_BITS || rsa_bits > JOSE_MAX_RSA_BITS))
		return JOSE_KEY_WEAK;
	if (alg->key_type == JOSE_KEY_OCT)
		return generate_secret(jwk, alg->hash_len);
	jwk->pkey = generate_pkey(alg, rsa_bits, &check);
	if (jwk->pkey != NULL)
		return JOSE_OK;
	ERR_clear_error();
	jwk_close(jwk);
	return JOSE_CRYPTO_FAILURE;
}
