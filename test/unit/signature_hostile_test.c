/*
 * Signatures that libraries have been fooled by: rows S (ECDSA), R (RSA) and D (Ed25519). Each
 * stands in an otherwise good token.
 */
#include "jose/signature.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "jose/jws.h"
#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/signed.h"
#include "support/tap.h"

/* A key, a token of it and the token's signature. */
typedef struct Sample
{
	const JoseAlg *alg;
	TestKey key;
	ByteView token;
	ByteView signature;
	ByteView input; /* what is signed */
} Sample;

static Sample sample_of(const char *name)
{
	Sample sample = {.alg = jose_alg_by_name(view_of(name)), .key = key_of(key_text(name))};
	JwsParts parts;

	sample.token = signed_as(name, BYTES_LITERAL("{\"sub\":\"a\"}"), &sample.key.jwk);
	sample.signature = signed_signature(sample.token);
	if (jws_split(sample.token, &parts) != JOSE_OK)
		abort();
	sample.input = parts.signing_input;
	return sample;
}

static void sample_close(Sample *sample)
{
	exact_free(sample->signature);
	exact_free(sample->token);
	key_close(&sample->key);
}

static void check_signature(const Sample *sample, ByteView signature, JoseStatus expected,
							const char *what)
{
	ByteView token = signed_with(sample->token, signature);

	is_status(signed_verify(token, &sample->key.jwk), expected, "%s: %s", sample->alg->name, what);
	exact_free(token);
}

/* Two halves as a signature. */
static void check_halves(const Sample *sample, ByteView r, ByteView s, JoseStatus expected,
						 const char *what)
{
	ByteView both = joined(r, s, bytes_of(NULL, 0));

	check_signature(sample, both, expected, what);
	exact_free(both);
}

/* DER of what the token has as R||S; freed by exact_free. */
static ByteView der_of(ByteView r, ByteView s)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	unsigned char *data = NULL;
	ByteView der;
	int len;

	if (signature == NULL || ECDSA_SIG_set0(signature, BN_bin2bn(r.data, (int) r.len, NULL),
											BN_bin2bn(s.data, (int) s.len, NULL)) != 1)
		abort();
	len = i2d_ECDSA_SIG(signature, &data);
	der = exact_copy(bytes_of(data, (size_t) len));
	OPENSSL_free(data);
	ECDSA_SIG_free(signature);
	return der;
}

/* modulus - number, as long as modulus; freed by exact_free. */
static ByteView difference(ByteView modulus, ByteView number)
{
	BIGNUM *a = BN_bin2bn(modulus.data, (int) modulus.len, NULL);
	BIGNUM *b = BN_bin2bn(number.data, (int) number.len, NULL);
	uint8_t *out = exact_filled(modulus.len, 0);

	if (a == NULL || b == NULL || BN_sub(a, a, b) != 1 ||
		BN_bn2binpad(a, out, (int) modulus.len) < 0)
		abort();
	BN_free(a);
	BN_free(b);
	return bytes_of(out, modulus.len);
}

/* a + b in len bytes; no data when it does not fit. Freed by exact_free. */
static ByteView sum(ByteView a, ByteView b, size_t len)
{
	BIGNUM *x = BN_bin2bn(a.data, (int) a.len, NULL);
	BIGNUM *y = BN_bin2bn(b.data, (int) b.len, NULL);
	uint8_t *out = exact_filled(len, 0);
	bool fits = x != NULL && y != NULL && BN_add(x, x, y) == 1 &&
				BN_bn2binpad(x, out, (int) len) == (int) len;

	BN_free(x);
	BN_free(y);
	if (fits)
		return bytes_of(out, len);
	free(out);
	return bytes_of(NULL, 0);
}

/* S01 to S13 on one curve, whose order is given. */
static void check_ecdsa(const char *name, const char *order_hex)
{
	Sample sample = sample_of(name);
	ByteView order = exact_from_hex(order_hex);
	size_t len = order.len;
	ByteView r = bytes_of(sample.signature.data, len);
	ByteView s = bytes_of(sample.signature.data + len, len);
	ByteView zero = bytes_of(exact_filled(len, 0), len);
	ByteView ones = bytes_of(exact_filled(len, 0xFF), len);
	ByteView other_s = difference(order, s);
	ByteView der = der_of(r, s);
	ByteView one_byte = BYTES_LITERAL("\0");
	ByteView r_plus = sum(r, order, len);
	ByteView s_plus = sum(s, order, len);

	is_int((int64_t) sample.signature.len, (int64_t) (2 * len), "%s: R and S", name);
	check_halves(&sample, zero, zero, JOSE_BAD_SIGNATURE, "r = 0, s = 0");
	check_halves(&sample, zero, s, JOSE_BAD_SIGNATURE, "r = 0");
	check_halves(&sample, r, zero, JOSE_BAD_SIGNATURE, "s = 0");
	check_halves(&sample, order, order, JOSE_BAD_SIGNATURE, "r = s = n");
	check_halves(&sample, r, order, JOSE_BAD_SIGNATURE, "s = n");
	check_halves(&sample, order, s, JOSE_BAD_SIGNATURE, "r = n");
	check_halves(&sample, ones, ones, JOSE_BAD_SIGNATURE, "all ones");
	check_halves(&sample, s, r, JOSE_BAD_SIGNATURE, "halves swapped");
	check_halves(&sample, r, r, JOSE_BAD_SIGNATURE, "r twice");
	check_signature(&sample, der, JOSE_BAD_SIGNATURE, "DER");
	check_signature(&sample, bytes_of(sample.signature.data, 2 * len - 1), JOSE_BAD_SIGNATURE,
					"a byte less");
	check_halves(&sample, sample.signature, one_byte, JOSE_BAD_SIGNATURE, "a byte more");
	check_halves(&sample, one_byte, sample.signature, JOSE_BAD_SIGNATURE, "a byte more in front");
	check_halves(&sample, sample.signature, BYTES_LITERAL("\0\0"), JOSE_BAD_SIGNATURE,
				 "two bytes more");
	if (r_plus.data != NULL)
		check_halves(&sample, r_plus, s, JOSE_BAD_SIGNATURE, "r + n");
	if (s_plus.data != NULL)
		check_halves(&sample, r, s_plus, JOSE_BAD_SIGNATURE, "s + n");
	check_halves(&sample, r, other_s, JOSE_OK, "the other s, which is a signature as well (S13)");
	check_halves(&sample, r, s, JOSE_OK, "the signature itself");
	exact_free(s_plus);
	exact_free(r_plus);
	exact_free(der);
	exact_free(other_s);
	exact_free(ones);
	exact_free(zero);
	exact_free(order);
	sample_close(&sample);
}

/* A signature by OpenSSL over the token's input with settings of its own; freed by exact_free. */
typedef struct RsaSettings
{
	const char *digest;
	int padding;
	int salt_len; /* of PSS */
	const char *mgf1;
} RsaSettings;

static ByteView rsa_signature(const Sample *sample, RsaSettings settings)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx = NULL;
	uint8_t bytes[JOSE_MAX_SIGNATURE_LEN];
	size_t len = sizeof(bytes);

	if (ctx == NULL ||
		EVP_DigestSignInit_ex(ctx, &key_ctx, settings.digest, NULL, NULL, sample->key.jwk.pkey,
							  NULL) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(key_ctx, settings.padding) != 1 ||
		(settings.padding == RSA_PKCS1_PSS_PADDING &&
		 (EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, settings.salt_len) != 1 ||
		  EVP_PKEY_CTX_set_rsa_mgf1_md_name(key_ctx, settings.mgf1, NULL) != 1)) ||
		EVP_DigestSign(ctx, bytes, &len, sample->input.data, sample->input.len) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	return exact_copy(bytes_of(bytes, len));
}

static void check_rsa_settings(const Sample *sample, RsaSettings settings, JoseStatus expected,
							   const char *what)
{
	ByteView signature = rsa_signature(sample, settings);

	check_signature(sample, signature, expected, what);
	exact_free(signature);
}

/* R01 to R08, R14: for every RSA algorithm. */
static void check_rsa(const char *name)
{
	Sample sample = sample_of(name);
	ByteView n = member_bytes(sample.key.text, "n");
	ByteView zero = bytes_of(exact_filled(n.len, 0), n.len);
	ByteView one = joined(bytes_of(zero.data, n.len - 1), BYTES_LITERAL("\1"), bytes_of(NULL, 0));
	ByteView less_one = difference(n, one);
	ByteView negative = difference(n, sample.signature);
	ByteView s_plus_n = sum(sample.signature, n, n.len + 1);
	ByteView s_plus_n_same = sum(sample.signature, n, n.len);
	ByteView raw = bytes_of(NULL, 0);

	check_signature(&sample, bytes_of(sample.signature.data, n.len - 1), JOSE_BAD_SIGNATURE,
					"255 bytes");
	check_halves(&sample, sample.signature, BYTES_LITERAL("\0"), JOSE_BAD_SIGNATURE, "257 bytes");
	check_halves(&sample, BYTES_LITERAL("\0"), sample.signature, JOSE_BAD_SIGNATURE,
				 "257 bytes, a zero in front");
	check_signature(&sample, s_plus_n, JOSE_BAD_SIGNATURE, "s + n in 257 bytes");
	if (s_plus_n_same.data != NULL)
		check_signature(&sample, s_plus_n_same, JOSE_BAD_SIGNATURE, "s + n in 256 bytes");
	check_signature(&sample, zero, JOSE_BAD_SIGNATURE, "0");
	check_signature(&sample, one, JOSE_BAD_SIGNATURE, "1");
	check_signature(&sample, less_one, JOSE_BAD_SIGNATURE, "n - 1");
	check_signature(&sample, n, JOSE_BAD_SIGNATURE, "n");
	check_signature(&sample, negative, JOSE_BAD_SIGNATURE, "n - s");
	check_halves(&sample, sample.signature, raw, JOSE_OK, "the signature itself");
	exact_free(s_plus_n_same);
	exact_free(s_plus_n);
	exact_free(negative);
	exact_free(less_one);
	exact_free(one);
	exact_free(zero);
	exact_free(n);
	sample_close(&sample);
}

/* The padding of one family under the other, other hashes, salts and mask generation. */
static void test_rsa_paddings(void)
{
	Sample rs = sample_of("RS256");
	Sample ps = sample_of("PS256");
	const int pss = RSA_PKCS1_PSS_PADDING;
	const int pkcs1 = RSA_PKCS1_PADDING;

	check_rsa_settings(&rs, (RsaSettings) {"SHA256", pkcs1, 0, NULL}, JOSE_OK, "PKCS.1 v1.5");
	check_rsa_settings(&rs, (RsaSettings) {"SHA256", pss, 32, "SHA256"}, JOSE_BAD_SIGNATURE, "PSS");
	check_rsa_settings(&rs, (RsaSettings) {"SHA384", pkcs1, 0, NULL}, JOSE_BAD_SIGNATURE,
					   "SHA-384");
	check_rsa_settings(&rs, (RsaSettings) {"SHA1", pkcs1, 0, NULL}, JOSE_BAD_SIGNATURE, "SHA-1");
	check_rsa_settings(&rs, (RsaSettings) {"SHA3-256", pkcs1, 0, NULL}, JOSE_BAD_SIGNATURE,
					   "SHA3-256, which is as long");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pss, 32, "SHA256"}, JOSE_OK, "PSS, salt 32");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pkcs1, 0, NULL}, JOSE_BAD_SIGNATURE,
					   "PKCS.1 v1.5");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pss, 0, "SHA256"}, JOSE_BAD_SIGNATURE,
					   "salt 0");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pss, 20, "SHA256"}, JOSE_BAD_SIGNATURE,
					   "salt 20");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pss, 31, "SHA256"}, JOSE_BAD_SIGNATURE,
					   "salt 31");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pss, 222, "SHA256"}, JOSE_BAD_SIGNATURE,
					   "the longest salt");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pss, 32, "SHA1"}, JOSE_BAD_SIGNATURE,
					   "MGF1 with SHA-1");
	check_rsa_settings(&ps, (RsaSettings) {"SHA256", pss, 32, "SHA512"}, JOSE_BAD_SIGNATURE,
					   "MGF1 with SHA-512");
	check_rsa_settings(&ps, (RsaSettings) {"SHA512", pss, 32, "SHA256"}, JOSE_BAD_SIGNATURE,
					   "SHA-512");
	sample_close(&ps);
	sample_close(&rs);
}

/* The block that is signed, raw: how the padding is spelled matters to the byte (R08). */
static void check_block(const Sample *sample, const uint8_t block[256], JoseStatus expected,
						const char *what)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, sample->key.jwk.pkey, NULL);
	uint8_t bytes[JOSE_MAX_SIGNATURE_LEN];
	size_t len = sizeof(bytes);

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
		EVP_PKEY_sign(ctx, bytes, &len, block, 256) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	check_signature(sample, bytes_of(bytes, len), expected, what);
}

static void test_rsa_blocks(void)
{
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
								   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	static const uint8_t no_null[] = {0x30, 0x2F, 0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48,
									  0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
	Sample rs = sample_of("RS256");
	uint8_t digest[32];
	uint8_t good[256];
	uint8_t block[256];
	unsigned int len;

	if (EVP_Digest(rs.input.data, rs.input.len, digest, &len, EVP_sha256(), NULL) != 1)
		abort();
	memset(good, 0xFF, sizeof(good));
	good[0] = 0;
	good[1] = 1;
	good[256 - 52] = 0;
	memcpy(good + 256 - 51, info, sizeof(info));
	memcpy(good + 256 - 32, digest, sizeof(digest));
	check_block(&rs, good, JOSE_OK, "the block of PKCS.1 v1.5");

	memcpy(block, good, sizeof(block));
	block[1] = 2;
	check_block(&rs, block, JOSE_BAD_SIGNATURE, "block type 2");
	memcpy(block, good, sizeof(block));
	block[50] = 0xFE;
	check_block(&rs, block, JOSE_BAD_SIGNATURE, "padding that is not all ones");
	memcpy(block, good, sizeof(block));
	memmove(block + 11, good + 256 - 52, 52);
	memset(block + 63, 0, 193);
	check_block(&rs, block, JOSE_BAD_SIGNATURE, "short padding and zeros behind (CVE-2006-4339)");
	memcpy(block, good, sizeof(block));
	memset(block + 2, 0xFF, 256 - 52);
	block[256 - 50] = 0;
	memcpy(block + 256 - 49, no_null, sizeof(no_null));
	check_block(&rs, block, JOSE_BAD_SIGNATURE, "DigestInfo without NULL");
	memset(block + 2, 0xFF, 254);
	block[256 - 33] = 0;
	memcpy(block + 256 - 32, digest, sizeof(digest));
	check_block(&rs, block, JOSE_BAD_SIGNATURE, "no DigestInfo");
	sample_close(&rs);
}

/* L of Ed25519, little-endian (RFC 8032 section 5.1). */
static const uint8_t ed25519_order[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58,
										  0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
										  0,    0,    0,    0,    0,    0,    0,    0,
										  0,    0,    0,    0,    0,    0,    0,    0x10};

/* D01 to D05. */
static void test_ed25519(void)
{
	Sample sample = sample_of("EdDSA");
	ByteView zero = bytes_of(exact_filled(64, 0), 64);
	uint8_t altered[64];
	unsigned carry = 0;

	memcpy(altered, sample.signature.data, sizeof(altered));
	for (size_t round = 0; round < 4; round++)
	{
		for (size_t i = 0; i < 32; i++)
		{
			carry += (unsigned) altered[32 + i] + ed25519_order[i];
			altered[32 + i] = (uint8_t) carry;
			carry >>= 8;
		}
		check_signature(&sample, bytes_of(altered, 64), JOSE_BAD_SIGNATURE, "S + L, and again");
	}
	check_signature(&sample, zero, JOSE_BAD_SIGNATURE, "zero");
	check_signature(&sample, bytes_of(zero.data, 1), JOSE_BAD_SIGNATURE, "one byte");
	check_halves(&sample, bytes_of(sample.signature.data, 32), bytes_of(zero.data, 32),
				 JOSE_BAD_SIGNATURE, "S = 0");
	check_halves(&sample, bytes_of(zero.data, 32), bytes_of(sample.signature.data + 32, 32),
				 JOSE_BAD_SIGNATURE, "R = 0");
	check_halves(&sample, bytes_of(sample.signature.data, 32), bytes_of(ed25519_order, 32),
				 JOSE_BAD_SIGNATURE, "S = L");
	check_halves(&sample, BYTES_LITERAL("\1"), bytes_of(zero.data, 63), JOSE_BAD_SIGNATURE,
				 "R the identity, S = 0");
	check_signature(&sample, bytes_of(sample.signature.data, 63), JOSE_BAD_SIGNATURE, "63 bytes");
	check_halves(&sample, sample.signature, BYTES_LITERAL("\0"), JOSE_BAD_SIGNATURE, "65 bytes");
	check_halves(&sample, bytes_of(sample.signature.data + 32, 32),
				 bytes_of(sample.signature.data, 32), JOSE_BAD_SIGNATURE, "halves swapped");
	check_signature(&sample, sample.signature, JOSE_OK, "the signature itself");
	exact_free(zero);
	sample_close(&sample);
}

#define FF8 "ffffffffffffffff"

int main(void)
{
	check_ecdsa("ES256", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
	check_ecdsa("ES384", FF8 FF8 FF8 "c7634d81f4372ddf581a0db248b0a77aecec196accc52973");
	check_ecdsa("ES512", "01ff" FF8 FF8 FF8 "fffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9"
						 "b8899c47aebb6fb71e91386409");
	check_rsa("RS256");
	check_rsa("RS384");
	check_rsa("RS512");
	check_rsa("PS256");
	check_rsa("PS384");
	check_rsa("PS512");
	test_rsa_paddings();
	test_rsa_blocks();
	test_ed25519();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
