/*
 * Signatures by OpenSSL's EVP_PKEY; purpose: signature.h. RSA and ECDSA sign a digest in a context
 * that is initialised once; Ed25519 signs the message itself, for which EVP has only the one-shot
 * EVP_DigestSign.
 */
#include "jose/signature.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "jose/ec_curve.h"
#include "jose/ecdsa.h"
#include "jose/secure.h"

static bool is_ec_key_on(const EVP_PKEY *pkey, const char *name)
{
	const EcCurve *curve = ec_curve_of(pkey);

	return curve != NULL && strcmp(curve->name, name) == 0;
}

static bool has_rsa_size(const EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);

	return bits >= JOSE_MIN_RSA_BITS && bits <= JOSE_MAX_RSA_BITS;
}

/* One key, one algorithm: type, curve and size must be those of the row (RFC 8725 section 3.1). */
static bool fits(const JoseAlg *alg, const EVP_PKEY *pkey)
{
	switch (alg->key_type)
	{
		case JOSE_KEY_RSA:
			/* A key restricted to PSS has a type of its own, and is not accepted at all. */
			return EVP_PKEY_is_a(pkey, "RSA") && has_rsa_size(pkey);
		case JOSE_KEY_EC:
			return EVP_PKEY_is_a(pkey, "EC") && is_ec_key_on(pkey, alg->curve);
		case JOSE_KEY_OKP:
			return EVP_PKEY_is_a(pkey, alg->curve);
		case JOSE_KEY_OCT:
			break;
	}
	return false;
}

JoseStatus signature_key_open(SignatureKey *key, const JoseAlg *alg, EVP_PKEY *pkey)
{
	*key = (SignatureKey) {0};
	if (!fits(alg, pkey))
	{
		ERR_clear_error();
		return JOSE_BAD_KEY;
	}
	if (alg->digest != NULL)
		key->digest = EVP_MD_fetch(NULL, alg->digest, NULL);
	if ((alg->digest != NULL && key->digest == NULL) || EVP_PKEY_up_ref(pkey) != 1)
	{
		signature_key_close(key);
		ERR_clear_error();
		return JOSE_CRYPTO_FAILURE;
	}
	key->alg = alg;
	key->pkey = pkey;
	key->signature_len = alg->signature_len > 0 ? alg->signature_len
												: ((size_t) EVP_PKEY_get_bits(pkey) + 7) / 8;
	return JOSE_OK;
}

void signature_key_close(SignatureKey *key)
{
	EVP_PKEY_CTX_free(key->sign_ctx);
	EVP_PKEY_CTX_free(key->verify_ctx);
	EVP_MD_free(key->digest);
	EVP_PKEY_free(key->pkey);
	*key = (SignatureKey) {0};
}

/* The padding and the hash of the row: for PSS the salt is as long as the hash (RFC 7518 3.5). */
static bool configure(const SignatureKey *key, EVP_PKEY_CTX *ctx)
{
	if (EVP_PKEY_CTX_set_signature_md(ctx, key->digest) != 1)
		return false;
	switch (key->alg->family)
	{
		case JOSE_FAMILY_RSA_PKCS1:
			return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
		case JOSE_FAMILY_RSA_PSS:
			return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
				   EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, key->digest) == 1 &&
				   EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
		default:
			return true;
	}
}

typedef int (*InitFunction)(EVP_PKEY_CTX *ctx);

/* A context for one operation, made once and used for every message. */
static EVP_PKEY_CTX *ready_context(const SignatureKey *key, EVP_PKEY_CTX **ctx, InitFunction init)
{
	if (*ctx != NULL)
		return *ctx;
	*ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (*ctx == NULL || init(*ctx) != 1 || !configure(key, *ctx))
	{
		EVP_PKEY_CTX_free(*ctx);
		*ctx = NULL;
	}
	return *ctx;
}

static bool hash(const SignatureKey *key, ByteView message, uint8_t digest[JOSE_MAX_HASH_LEN])
{
	unsigned int len = 0;

	return EVP_Digest(message.data, message.len, digest, &len, key->digest, NULL) == 1 &&
		   len == key->alg->hash_len;
}

static bool sign_digest(SignatureKey *key, ByteView message, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = ready_context(key, &key->sign_ctx, EVP_PKEY_sign_init);
	bool is_ecdsa = key->alg->family == JOSE_FAMILY_ECDSA;
	uint8_t der[ECDSA_MAX_DER_LEN];
	uint8_t digest[JOSE_MAX_HASH_LEN];
	size_t len = is_ecdsa ? sizeof(der) : JOSE_MAX_SIGNATURE_LEN;

	if (ctx == NULL || !hash(key, message, digest) ||
		EVP_PKEY_sign(ctx, is_ecdsa ? der : out, &len, digest, key->alg->hash_len) != 1)
		return false;
	return is_ecdsa ? ecdsa_from_der(bytes_of(der, len), out, key->signature_len)
					: len == key->signature_len;
}

static bool verify_digest(SignatureKey *key, ByteView message, ByteView signature)
{
	EVP_PKEY_CTX *ctx = ready_context(key, &key->verify_ctx, EVP_PKEY_verify_init);
	uint8_t der[ECDSA_MAX_DER_LEN];
	uint8_t digest[JOSE_MAX_HASH_LEN];

	if (key->alg->family == JOSE_FAMILY_ECDSA)
		signature = bytes_of(der, ecdsa_to_der(signature, der));
	return ctx != NULL && signature.len > 0 && hash(key, message, digest) &&
		   EVP_PKEY_verify(ctx, signature.data, signature.len, digest, key->alg->hash_len) == 1;
}

static bool sign_message(const SignatureKey *key, ByteView message, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = key->signature_len;
	bool done = ctx != NULL &&
				EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
				EVP_DigestSign(ctx, out, &len, message.data, message.len) == 1 &&
				len == key->signature_len;

	EVP_MD_CTX_free(ctx);
	return done;
}

static bool verify_message(const SignatureKey *key, ByteView message, ByteView signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL &&
				EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
				EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len) ==
					1;

	EVP_MD_CTX_free(ctx);
	return good;
}

JoseStatus signature_sign(SignatureKey *key, ByteView message, uint8_t *out)
{
	bool done = key->digest != NULL ? sign_digest(key, message, out)
									: sign_message(key, message, out);

	if (done)
		return JOSE_OK;
	ERR_clear_error();
	secure_wipe(out, key->signature_len);
	return JOSE_CRYPTO_FAILURE;
}

JoseStatus signature_verify(SignatureKey *key, ByteView message, ByteView signature)
{
	bool good = false;

	if (signature.len == key->signature_len)
		good = key->digest != NULL ? verify_digest(key, message, signature)
								   : verify_message(key, message, signature);
	if (!good)
		ERR_clear_error();
	return good ? JOSE_OK : JOSE_BAD_SIGNATURE;
}
