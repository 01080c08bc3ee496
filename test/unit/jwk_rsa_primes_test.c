/*
 * RSA keys of n, e and d alone (RFC 7518 section 6.3.2): they are given their primes, so that every
 * form of them can be written; a modulus that has not just two primes is refused.
 */
#include "jose/jwk.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "jose/pem.h"
#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/signed.h"
#include "support/tap.h"

#define EXPONENT 65537

/* The key without what follows from n, e and d; freed by exact_free. */
static ByteView without_primes(ByteView text)
{
	static const char *const names[] = {"p", "q", "dp", "dq", "qi"};
	ByteView bare = exact_copy(text);

	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		ByteView less = with_member(bare, names[i], NULL);

		exact_free(bare);
		bare = less;
	}
	return bare;
}

/* Two primes that OpenSSL has made, the greater first as we write them. */
static void check_key(ByteView text, const char *what)
{
	static const JwkLabels no_labels = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	ByteView bare = without_primes(text);
	TestKey key = key_of(bare);
	TestKey full = key_of(text);
	uint8_t written[JWK_MAX_TEXT_LEN];
	uint8_t pem[PEM_MAX_TEXT_LEN];
	uint8_t full_pem[PEM_MAX_TEXT_LEN];
	ByteView token = signed_as("RS256", BYTES_LITERAL("x"), &key.jwk);

	ok(bytes_equal(jwk_write(key.jwk.pkey, true, &no_labels, written, sizeof(written)), text),
	   "%s: all members are found", what);
	ok(bytes_equal(pem_write(&key.jwk, pem, sizeof(pem)),
				   pem_write(&full.jwk, full_pem, sizeof(full_pem))),
	   "%s: and PEM is that of the whole key", what);
	is_status(signed_verify(token, &full.jwk), JOSE_OK, "%s: it signs", what);
	exact_free(token);
	key_close(&full);
	key_close(&key);
	exact_free(bare);
}

/* A private JWK of that modulus, with d such that e d = 1 modulo order; freed by exact_free. */
static ByteView key_of_modulus(const BIGNUM *n, const BIGNUM *order)
{
	static const ByteView base = TEXT("{\"kty\":\"RSA\",\"e\":\"AQAB\"}");
	uint8_t bytes[JOSE_MAX_RSA_BITS / 8];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *e = BN_new();
	BIGNUM *d = NULL;
	ByteView with_n;
	ByteView key;

	if (ctx == NULL || e == NULL || BN_set_word(e, EXPONENT) != 1)
		abort();
	d = BN_mod_inverse(NULL, e, order, ctx);
	if (d == NULL)
		abort();
	with_n = with_bytes(base, "n", bytes_of(bytes, (size_t) BN_bn2bin(n, bytes)));
	key = with_bytes(with_n, "d", bytes_of(bytes, (size_t) BN_bn2bin(d, bytes)));
	exact_free(with_n);
	BN_free(d);
	BN_free(e);
	BN_CTX_free(ctx);
	return key;
}

static void check_refused(const BIGNUM *n, const BIGNUM *order, const char *what)
{
	ByteView key = key_of_modulus(n, order);

	is_status(key_status(key), JOSE_KEY_INCONSISTENT, "%s", what);
	exact_free(key);
}

/* A prime as modulus, and the square of one: -1 and 1 are the only roots of 1. */
static void test_one_prime(void)
{
	BIGNUM *prime = BN_get_rfc3526_prime_2048(NULL);
	BIGNUM *half = BN_get_rfc2409_prime_1024(NULL);
	BIGNUM *square = BN_new();
	BIGNUM *order = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	if (prime == NULL || half == NULL || square == NULL || ctx == NULL ||
		BN_sub(order, prime, BN_value_one()) != 1)
		abort();
	check_refused(prime, order, "a prime");
	if (BN_sqr(square, half, ctx) != 1 || BN_sub(order, square, half) != 1)
		abort();
	check_refused(square, order, "the square of a prime");
	if (BN_mul(order, order, half, ctx) != 1 || BN_mul(square, square, half, ctx) != 1)
		abort();
	check_refused(square, order, "the cube of a prime");
	BN_CTX_free(ctx);
	BN_free(order);
	BN_free(square);
	BN_free(half);
	BN_free(prime);
}

/* What `oth` would tell of: n, e and d of such a key are right, but it has no two primes. */
static void test_three_primes(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	static const char *const names[] = {"n", "e", "d"};
	static const char *const parameters[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
											 OSSL_PKEY_PARAM_RSA_D};
	ByteView key = exact_copy(BYTES_LITERAL("{\"kty\":\"RSA\"}"));
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) != 1 ||
		EVP_PKEY_CTX_set_rsa_keygen_primes(ctx, 3) != 1 || EVP_PKEY_generate(ctx, &pkey) != 1)
		abort();
	for (size_t i = 0; i < COUNT_OF(names); i++)
	{
		uint8_t bytes[JOSE_MAX_RSA_BITS / 8];
		BIGNUM *number = NULL;
		ByteView longer;

		if (EVP_PKEY_get_bn_param(pkey, parameters[i], &number) != 1)
			abort();
		longer = with_bytes(key, names[i], bytes_of(bytes, (size_t) BN_bn2bin(number, bytes)));
		exact_free(key);
		key = longer;
		BN_free(number);
	}
	is_status(key_status(key), JOSE_KEY_INCONSISTENT, "three primes");
	exact_free(key);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
}

int main(void)
{
	check_key(key_text("RS256"), "one key");
	check_key(key_other_text("RS256"), "another");
	test_one_prime();
	test_three_primes();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
