/*
 * Signatures of every algorithm: round trips, all wrong lengths, all one-bit changes and all
 * truncations of a good token (M10), and keys that do not fit.
 */
#include "jose/signature.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/random.h"
#include "support/signed.h"
#include "support/tap.h"

static const char *const algs[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
								   "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

static const struct
{
	const char *alg;
	size_t len;
} signature_lens[] = {
	{"RS256", 256}, {"RS384", 256}, {"RS512", 256}, {"PS256", 256}, {"PS384", 256},
	{"PS512", 256}, {"ES256", 64},  {"ES384", 96},  {"ES512", 132}, {"EdDSA", 64},
};

static ByteView good_token(const char *alg, const Jwk *jwk)
{
	return signed_as(alg, BYTES_LITERAL("{\"sub\":\"a\"}"), jwk);
}

/* One object, many messages of all sizes, each signature for its own message alone. */
static void check_messages(const char *name, size_t signature_len)
{
	const JoseAlg *alg = jose_alg_by_name(view_of(name));
	TestKey key = key_of(key_text(name));
	Random random = {.state = 20};
	uint8_t message[600];
	uint8_t previous[JOSE_MAX_SIGNATURE_LEN] = {0};
	SignatureKey signature_key;
	int wrong = 0;

	is_status(signature_key_open(&signature_key, alg, key.jwk.pkey), JOSE_OK, "%s: a key", name);
	is_int((int64_t) signature_key.signature_len, (int64_t) signature_len,
		   "%s: the length of its signatures", name);
	for (size_t len = 0; len < sizeof(message); len += 1 + len / 3)
	{
		uint8_t *signature = exact_filled(JOSE_MAX_SIGNATURE_LEN, 0);
		ByteView copy;

		random_fill(&random, message, len);
		copy = exact_copy(bytes_of(message, len));
		wrong += signature_sign(&signature_key, copy, signature) != JOSE_OK;
		wrong += signature_verify(&signature_key, copy, bytes_of(signature, signature_len)) !=
				 JOSE_OK;
		wrong += signature_verify(&signature_key, copy, bytes_of(previous, signature_len)) ==
				 JOSE_OK;
		memcpy(previous, signature, signature_len);
		exact_free(copy);
		free(signature);
	}
	is_int(wrong, 0, "%s: messages of 0 to 599 bytes", name);
	signature_key_close(&signature_key);
	ok(signature_key.pkey == NULL && signature_key.sign_ctx == NULL, "%s: closed", name);
	signature_key_close(&signature_key);
	key_close(&key);
}

/* The good signature cut to every length, and made longer. */
static void check_lengths(const char *name, size_t signature_len)
{
	TestKey key = key_of(key_text(name));
	ByteView token = good_token(name, &key.jwk);
	ByteView good = signed_signature(token);
	ByteView longer = joined(good, BYTES_LITERAL("\0\0"), bytes_of(NULL, 0));
	ByteView in_front = joined(BYTES_LITERAL("\0"), good, bytes_of(NULL, 0));
	int accepted = 0;

	for (size_t len = 1; len <= signature_len + 2; len++)
	{
		ByteView altered = signed_with(token, bytes_of(longer.data, len));

		accepted += signed_verify(altered, &key.jwk) == JOSE_OK ? 1 : 0;
		exact_free(altered);
	}
	is_int(accepted, 1, "%s: of 1 to %zu bytes, only the whole is a signature", name,
		   signature_len + 2);
	for (size_t cut = 0; cut < 2; cut++)
	{
		ByteView altered = signed_with(token, bytes_of(in_front.data, signature_len + 1 - cut));

		is_status(signed_verify(altered, &key.jwk), JOSE_BAD_SIGNATURE,
				  "%s: a zero byte in front, %zu bytes", name, signature_len + 1 - cut);
		exact_free(altered);
	}
	exact_free(in_front);
	exact_free(longer);
	exact_free(good);
	exact_free(token);
	key_close(&key);
}

/* All changes of one bit of the token's text: header, payload, signature, dots, spare bits. */
static void check_bits(const char *name)
{
	TestKey key = key_of(key_text(name));
	ByteView good = good_token(name, &key.jwk);
	uint8_t *token = exact_filled(good.len, 0);
	int accepted = 0;

	memcpy(token, good.data, good.len);
	for (size_t bit = 0; bit < 8 * good.len; bit++)
	{
		token[bit / 8] ^= (uint8_t) (1 << bit % 8);
		accepted += signed_verify(bytes_of(token, good.len), &key.jwk) == JOSE_OK ? 1 : 0;
		token[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	is_int(accepted, 0, "%s: every one of %zu changes of one bit is refused", name, 8 * good.len);
	accepted = 0;
	for (size_t len = 0; len < good.len; len++)
	{
		accepted += signed_verify(bytes_of(token, len), &key.jwk) == JOSE_OK ? 1 : 0;
		accepted += signed_verify(bytes_of(token + good.len - len, len), &key.jwk) == JOSE_OK;
	}
	is_int(accepted, 0, "%s: every beginning and every end of it is refused", name);
	is_status(signed_verify(bytes_of(token, good.len), &key.jwk), JOSE_OK,
			  "%s: and the token itself accepted", name);
	free(token);
	exact_free(good);
	key_close(&key);
}

/* All changes of one bit of the signature's bytes, past base64url. */
static void check_signature_bits(const char *name)
{
	const JoseAlg *alg = jose_alg_by_name(view_of(name));
	TestKey key = key_of(key_text(name));
	ByteView message = BYTES_LITERAL("message");
	uint8_t signature[JOSE_MAX_SIGNATURE_LEN];
	SignatureKey signature_key;
	int accepted = 0;

	if (signature_key_open(&signature_key, alg, key.jwk.pkey) != JOSE_OK ||
		signature_sign(&signature_key, message, signature) != JOSE_OK)
		abort();
	for (size_t bit = 0; bit < 8 * signature_key.signature_len; bit++)
	{
		ByteView copy;

		signature[bit / 8] ^= (uint8_t) (1 << bit % 8);
		copy = exact_copy(bytes_of(signature, signature_key.signature_len));
		accepted += signature_verify(&signature_key, message, copy) == JOSE_OK ? 1 : 0;
		exact_free(copy);
		signature[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	is_int(accepted, 0, "%s: no change of one bit of a signature verifies", name);
	signature_key_close(&signature_key);
	key_close(&key);
}

/* Another key of the same type verifies nothing of this one. */
static void check_other_key(const char *name)
{
	TestKey key = key_of(key_text(name));
	TestKey other = key_of(key_other_text(name));
	ByteView public = key_public(key_text(name));
	TestKey verifier = key_of(public);
	ByteView token = good_token(name, &key.jwk);

	is_status(signed_verify(token, &other.jwk), JOSE_BAD_SIGNATURE, "%s: another key", name);
	is_status(signed_verify(token, &verifier.jwk), JOSE_OK, "%s: the public key", name);
	exact_free(token);
	key_close(&verifier);
	exact_free(public);
	key_close(&other);
	key_close(&key);
}

/* Every key under every row: opened only for its own type, curve and size (S15 to S17). */
static void test_open(void)
{
	static const char *const kinds[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
	{
		TestKey key = key_of(key_text(kinds[i]));
		const JoseAlg *own = jose_alg_by_name(view_of(kinds[i]));

		for (size_t j = 0; j < COUNT_OF(algs); j++)
		{
			const JoseAlg *alg = jose_alg_by_name(view_of(algs[j]));
			bool fits = own->key_type == alg->key_type &&
						(own->curve == NULL || strcmp(own->curve, alg->curve) == 0);
			SignatureKey signature_key;

			is_status(signature_key_open(&signature_key, alg, key.jwk.pkey),
					  fits ? JOSE_OK : JOSE_BAD_KEY, "the key for %s as %s", kinds[i], algs[j]);
			signature_key_close(&signature_key);
		}
		key_close(&key);
	}
}

/* Keys that jwk_read would not let through are not opened either. */
static void test_open_foreign(void)
{
	static const struct
	{
		const char *type;
		const char *group;
		const char *alg;
	} rows[] = {
		{"EC", "secp256k1", "ES256"}, {"EC", "brainpoolP256r1", "ES256"},
		{"ED448", NULL, "EdDSA"},     {"X25519", NULL, "EdDSA"},
		{"RSA-PSS", NULL, "PS256"},   {"RSA-PSS", NULL, "RS256"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
	{
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, rows[i].type, NULL);
		EVP_PKEY *pkey = NULL;
		SignatureKey key;

		if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
			(rows[i].group != NULL && EVP_PKEY_CTX_set_group_name(ctx, rows[i].group) != 1) ||
			EVP_PKEY_generate(ctx, &pkey) != 1)
			abort();
		is_status(signature_key_open(&key, jose_alg_by_name(view_of(rows[i].alg)), pkey),
				  JOSE_BAD_KEY, "%s %s as %s", rows[i].type,
				  rows[i].group != NULL ? rows[i].group : "", rows[i].alg);
		signature_key_close(&key);
		EVP_PKEY_free(pkey);
		EVP_PKEY_CTX_free(ctx);
	}
}

/* A public key cannot sign, says so, and goes on verifying. */
static void check_public_signs_not(const char *name)
{
	const JoseAlg *alg = jose_alg_by_name(view_of(name));
	ByteView public = key_public(key_text(name));
	TestKey verifier = key_of(public);
	TestKey key = key_of(key_text(name));
	uint8_t signature[JOSE_MAX_SIGNATURE_LEN];
	uint8_t good[JOSE_MAX_SIGNATURE_LEN];
	SignatureKey signature_key;
	size_t len;

	memset(signature, 0x5A, sizeof(signature));
	if (signature_key_open(&signature_key, alg, verifier.jwk.pkey) != JOSE_OK)
		abort();
	is_status(signature_sign(&signature_key, BYTES_LITERAL("x"), signature), JOSE_CRYPTO_FAILURE,
			  "%s: a public key does not sign", name);
	ok(all_bytes_are(signature, signature_key.signature_len, 0), "%s: nothing is left", name);
	is_int((int64_t) ERR_peek_error(), 0, "%s: no error in OpenSSL's queue", name);
	signed_bytes(BYTES_LITERAL("x"), &key.jwk, alg, good, &len);
	is_status(signature_verify(&signature_key, BYTES_LITERAL("x"), bytes_of(good, len)), JOSE_OK,
			  "%s: it still verifies", name);
	signature_key_close(&signature_key);
	key_close(&key);
	key_close(&verifier);
	exact_free(public);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(signature_lens); i++)
	{
		check_messages(signature_lens[i].alg, signature_lens[i].len);
		check_lengths(signature_lens[i].alg, signature_lens[i].len);
		check_signature_bits(signature_lens[i].alg);
		check_public_signs_not(signature_lens[i].alg);
	}
	for (size_t i = 0; i < COUNT_OF(algs); i++)
	{
		check_bits(algs[i]);
		check_other_key(algs[i]);
	}
	test_open();
	test_open_foreign();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
