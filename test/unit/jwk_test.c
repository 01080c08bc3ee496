/*
 * Reading one JWK: the hostile rows Q01 to Q86 and D06, each an otherwise good key with the one
 * defect that the row names; what use, key_ops and alg leave of a key.
 */
#include "jose/jwk.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "support/compact.h"
#include "support/exact.h"
#include "support/keys.h"
#include "support/signed.h"
#include "support/tap.h"

/* The key with one member set to raw JSON, or removed. */
static void check_member(ByteView key, const char *name, const char *raw, JoseStatus expected,
						 const char *what)
{
	ByteView altered = with_member(key, name, raw);

	is_status(key_status(altered), expected, "%s", what);
	exact_free(altered);
}

static void check_bytes(ByteView key, const char *name, ByteView bytes, JoseStatus expected,
						const char *what)
{
	ByteView altered = with_bytes(key, name, bytes);

	is_status(key_status(altered), expected, "%s", what);
	exact_free(altered);
}

/* A member with its last bit turned over. */
static void check_changed(ByteView key, const char *name, JoseStatus expected, const char *what)
{
	ByteView bytes = member_bytes(key, name);
	uint8_t *data = exact_filled(bytes.len, 0);

	memcpy(data, bytes.data, bytes.len);
	data[bytes.len - 1] ^= 1;
	check_bytes(key, name, bytes_of(data, bytes.len), expected, what);
	free(data);
	exact_free(bytes);
}

/* A member with so many bytes taken off its front (negative: zero bytes put there). */
static void check_front(ByteView key, const char *name, int cut, JoseStatus expected,
						const char *what)
{
	ByteView bytes = member_bytes(key, name);
	ByteView longer = joined(BYTES_LITERAL("\0\0"), bytes, bytes_of(NULL, 0));

	check_bytes(key, name, bytes_of(longer.data + 2 + cut, bytes.len - (size_t) cut), expected,
				what);
	exact_free(longer);
	exact_free(bytes);
}

/* The member of another key of the same type. */
static void check_foreign(ByteView key, ByteView other, const char *name, JoseStatus expected,
						  const char *what)
{
	ByteView bytes = member_bytes(other, name);

	check_bytes(key, name, bytes, expected, what);
	exact_free(bytes);
}

/* Q01 to Q09: no object with a kty, or one that is read in two ways. */
static void test_no_jwk(void)
{
	static const struct
	{
		ByteView text;
		JoseStatus expected;
	} rows[] = {
		{TEXT(""), JOSE_KEY_MALFORMED},
		{TEXT("null"), JOSE_KEY_MALFORMED},
		{TEXT("[]"), JOSE_KEY_MALFORMED},
		{TEXT("{}"), JOSE_KEY_MALFORMED},
		{TEXT("1"), JOSE_KEY_MALFORMED},
		{TEXT("\"oct\""), JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""),
		 JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":\"rsa\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"), JOSE_KEY_UNSUPPORTED},
		{TEXT("{\"kty\":\"OCT\",\"k\":\"AAAAAAAAAAA\"}"), JOSE_KEY_UNSUPPORTED},
		{TEXT("{\"kty\":\"AKP\",\"pub\":\"AAAA\"}"), JOSE_KEY_UNSUPPORTED},
		{TEXT("{\"kty\":1,\"k\":\"AAAAAAAAAAA\"}"), JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":null,\"k\":\"AAAAAAAAAAA\"}"), JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":[\"oct\"],\"k\":\"AAAAAAAAAAA\"}"), JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":\"oct\",\"kty\":\"oct\",\"k\":\"AAAAAAAAAAA\"}"), JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAA\",\"\\u006b\":\"AAAAAAAAAAA\"}"),
		 JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAA\"} "), JOSE_OK},
		{TEXT("{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAA\"}x"), JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAA\"}\0"), JOSE_KEY_MALFORMED},
		{TEXT("\xEF\xBB\xBF{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAA\"}"), JOSE_KEY_MALFORMED},
		{TEXT("{\"kty\":\"\\u006fct\",\"k\":\"AAAAAAAAAAA\",\"x5c\":[1,{}],\"y\":false}"), JOSE_OK},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		is_status(key_status(rows[i].text), rows[i].expected, "%.*s", (int) rows[i].text.len,
				  (const char *) rows[i].text.data);
	is_status(key_status(bytes_of(NULL, 0)), JOSE_KEY_MALFORMED, "no text at all");
}

/* Q10 to Q16 and the limit on length. */
static void test_oct(void)
{
	ByteView key = key_text("HS256");
	uint8_t bytes[JWK_MAX_SECRET_LEN + 1];
	ByteView six = with_bytes(key, "k", BYTES_LITERAL("secret"));
	TestKey read = key_of(six);

	is_status(key_status(key), JOSE_OK, "a good secret");
	check_member(key, "k", "\"\"", JOSE_KEY_MALFORMED, "k empty");
	check_member(key, "k", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", JOSE_KEY_MALFORMED,
				 "k padded");
	check_member(key, "k", "\"AAAA AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", JOSE_KEY_MALFORMED,
				 "k spaced");
	check_member(key, "k", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"", JOSE_KEY_MALFORMED,
				 "k with spare bits");
	check_member(key, "k", "\"+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", JOSE_KEY_MALFORMED,
				 "k in the alphabet of base64");
	check_member(key, "k", "\"AAAA\\u0041AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
				 JOSE_KEY_MALFORMED, "k with an escape");
	check_member(key, "k", "12345678", JOSE_KEY_MALFORMED, "k a number");
	check_member(key, "k", "null", JOSE_KEY_MALFORMED, "k null");
	check_member(key, "k", "[\"AAAA\"]", JOSE_KEY_MALFORMED, "k an array");
	check_member(key, "k", NULL, JOSE_KEY_MALFORMED, "k missing");
	memset(bytes, 'k', sizeof(bytes));
	check_bytes(key, "k", bytes_of(bytes, JWK_MAX_SECRET_LEN), JOSE_OK, "k of 512 bytes");
	check_bytes(key, "k", bytes_of(bytes, sizeof(bytes)), JOSE_KEY_MALFORMED, "k of 513 bytes");

	/* A short one may be a key for encryption; HMAC is refused when it is opened (W02). */
	for (size_t i = 0; i < 3; i++)
	{
		static const char *const names[] = {"HS256", "HS384", "HS512"};
		TestKey good = key_of(key_text(names[i]));
		ByteView token = signed_as(names[i], BYTES_LITERAL("x"), &good.jwk);

		is_status(signed_verify(token, &good.jwk), JOSE_OK, "%s with a key as long as its hash",
				  names[i]);
		is_status(signed_verify(token, &read.jwk), JOSE_BAD_KEY, "%s with a key of 6 bytes",
				  names[i]);
		exact_free(token);
		key_close(&good);
	}
	key_close(&read);
	exact_free(six);
}

/* A public RSA key of so many bits and this exponent, made by OpenSSL. */
static ByteView rsa_text(size_t bits, unsigned exponent)
{
	static const JwkLabels no_labels = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	BIGNUM *e = BN_new();
	uint8_t text[JWK_MAX_TEXT_LEN];
	ByteView written = {NULL, 0};

	if (ctx != NULL && e != NULL && BN_set_word(e, exponent) == 1 &&
		EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int) bits) == 1 &&
		EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1 && EVP_PKEY_generate(ctx, &pkey) == 1)
		written = jwk_write(pkey, false, &no_labels, text, sizeof(text));
	if (written.data == NULL)
		abort();
	BN_free(e);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
	return exact_copy(written);
}

static void check_rsa_made(size_t bits, unsigned exponent, JoseStatus expected)
{
	ByteView text = rsa_text(bits, exponent);

	is_status(key_status(text), expected, "RSA of %zu bits with exponent %u", bits, exponent);
	exact_free(text);
}

/* Q20 to Q30: modulus and exponent. */
static void test_rsa_public(void)
{
	ByteView key = key_public(key_text("RS256"));
	ByteView n = member_bytes(key, "n");
	uint8_t huge[JOSE_MAX_RSA_BITS / 8 + 1];

	is_status(key_status(key), JOSE_OK, "a good public RSA key");
	check_front(key, "n", -1, JOSE_KEY_MALFORMED, "n with a zero in front");
	check_changed(key, "n", JOSE_KEY_MALFORMED, "n even");
	check_front(key, "n", 1, JOSE_KEY_WEAK, "n of 2040 bits");
	check_rsa_made(1024, 65537, JOSE_KEY_WEAK);
	check_rsa_made(512, 65537, JOSE_KEY_WEAK);
	check_rsa_made(2048, 3, JOSE_KEY_WEAK);
	check_rsa_made(2048, 17, JOSE_KEY_WEAK);
	check_rsa_made(2048, 65537, JOSE_OK);
	check_rsa_made(2048, 65539, JOSE_OK);
	memset(huge, 0xFF, sizeof(huge));
	check_bytes(key, "n", bytes_of(huge, sizeof(huge)), JOSE_KEY_MALFORMED, "n of 8200 bits");
	check_bytes(key, "n", bytes_of(huge, sizeof(huge) - 1), JOSE_OK, "n of 8192 bits");
	check_bytes(key, "n", BYTES_LITERAL("\0"), JOSE_KEY_MALFORMED, "n 0");
	check_bytes(key, "n", BYTES_LITERAL("\1"), JOSE_KEY_WEAK, "n 1");
	check_bytes(key, "e", BYTES_LITERAL("\0"), JOSE_KEY_MALFORMED, "e 0");
	check_bytes(key, "e", BYTES_LITERAL("\1"), JOSE_KEY_WEAK, "e 1");
	check_bytes(key, "e", BYTES_LITERAL("\2"), JOSE_KEY_MALFORMED, "e 2");
	check_bytes(key, "e", BYTES_LITERAL("\3"), JOSE_KEY_WEAK, "e 3");
	check_bytes(key, "e", BYTES_LITERAL("\xFF\xFF"), JOSE_KEY_WEAK, "e 65535");
	check_bytes(key, "e", BYTES_LITERAL("\1\0\2"), JOSE_KEY_MALFORMED, "e 65538");
	check_bytes(key, "e", BYTES_LITERAL("\0\1\0\1"), JOSE_KEY_MALFORMED, "e with a zero in front");
	check_bytes(key, "e", BYTES_LITERAL("\1\0\0\0\0\0\0\0\1"), JOSE_KEY_MALFORMED, "e of 9 bytes");
	check_bytes(key, "e", n, JOSE_KEY_MALFORMED, "e = n");
	check_member(key, "e", "65537", JOSE_KEY_MALFORMED, "e a number");
	check_member(key, "e", "\"\"", JOSE_KEY_MALFORMED, "e empty");
	check_member(key, "e", NULL, JOSE_KEY_MALFORMED, "e missing");
	check_member(key, "n", NULL, JOSE_KEY_MALFORMED, "n missing");
	check_member(key, "n", "\"\"", JOSE_KEY_MALFORMED, "n empty");
	exact_free(n);
	exact_free(key);
}

/* Q41 to Q46: private parts that are not those of n and e. */
static void test_rsa_private(void)
{
	static const char *const crt[] = {"p", "q", "dp", "dq", "qi"};
	ByteView key = key_text("RS256");
	ByteView other = key_other_text("RS256");
	ByteView p = member_bytes(key, "p");
	ByteView n = member_bytes(key, "n");
	ByteView swapped = with_bytes(key, "q", p);
	ByteView plain = exact_copy(key);

	is_status(key_status(key), JOSE_OK, "a good private RSA key");
	check_changed(key, "d", JOSE_KEY_INCONSISTENT, "d changed");
	check_foreign(key, other, "d", JOSE_KEY_INCONSISTENT, "d of another key");
	check_foreign(key, other, "n", JOSE_KEY_INCONSISTENT, "n of another key");
	check_bytes(key, "d", n, JOSE_KEY_INCONSISTENT, "d = n");
	check_bytes(key, "d", BYTES_LITERAL("\0"), JOSE_KEY_INCONSISTENT, "d 0");
	check_bytes(key, "d", BYTES_LITERAL("\1"), JOSE_KEY_INCONSISTENT, "d 1");
	check_member(key, "d", NULL, JOSE_KEY_MALFORMED, "the factors without d");
	check_member(key, "d", "17", JOSE_KEY_MALFORMED, "d a number");
	check_member(key, "oth", "[]", JOSE_KEY_UNSUPPORTED, "oth empty");
	check_member(key, "oth", "[{\"r\":\"AQ\",\"d\":\"AQ\",\"t\":\"AQ\"}]", JOSE_KEY_UNSUPPORTED,
				 "oth with a third prime");
	for (size_t i = 0; i < COUNT_OF(crt); i++)
	{
		ByteView less = with_member(plain, crt[i], NULL);

		check_changed(key, crt[i], JOSE_KEY_INCONSISTENT, crt[i]);
		check_foreign(key, other, crt[i], JOSE_KEY_INCONSISTENT, crt[i]);
		check_bytes(key, crt[i], BYTES_LITERAL("\0"), JOSE_KEY_INCONSISTENT, crt[i]);
		check_bytes(key, crt[i], BYTES_LITERAL("\1"), JOSE_KEY_INCONSISTENT, crt[i]);
		check_bytes(key, crt[i], n, JOSE_KEY_INCONSISTENT, crt[i]);
		check_member(key, crt[i], "\"\"", JOSE_KEY_MALFORMED, crt[i]);
		check_member(key, crt[i], NULL, JOSE_KEY_MALFORMED, crt[i]);
		exact_free(plain);
		plain = less;
	}
	is_status(key_status(plain), JOSE_OK, "d without any of the factors");
	is_status(key_status(swapped), JOSE_KEY_INCONSISTENT, "p twice");
	exact_free(plain);
	exact_free(swapped);
	exact_free(n);
	exact_free(p);
}

/* The three curves: prime of the field and order (SEC 2), in the field's length. */
typedef struct Curve
{
	const char *alg;
	const char *name;
	size_t len;
	const char *prime;
	const char *order;
} Curve;

#define FF8 "ffffffffffffffff"
static const Curve curves[] = {
	{"ES256", "P-256", 32, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
	 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
	{"ES384", "P-384", 48, FF8 FF8 FF8 "fffffffffffffffeffffffff0000000000000000ffffffff",
	 FF8 FF8 FF8 "c7634d81f4372ddf581a0db248b0a77aecec196accc52973"},
	{"ES512", "P-521", 66, "01ff" FF8 FF8 FF8 FF8 FF8 FF8 FF8 FF8,
	 "01ff" FF8 FF8 FF8 "fffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e"
	 "91386409"},
};

static void check_curve(const Curve *curve)
{
	ByteView key = key_text(curve->alg);
	ByteView public = key_public(key);
	ByteView other = key_other_text(curve->alg);
	ByteView prime = exact_from_hex(curve->prime);
	ByteView order = exact_from_hex(curve->order);
	ByteView zero = bytes_of(exact_filled(curve->len, 0), curve->len);
	ByteView half = with_bytes(public, "x", zero);
	ByteView y = member_bytes(key, "y");

	note("%s", curve->name);
	is_int((int64_t) order.len, (int64_t) curve->len, "the order has the field's length");
	is_status(key_status(key), JOSE_OK, "a good private key");
	is_status(key_status(public), JOSE_OK, "its public key");
	check_changed(public, "y", JOSE_KEY_INCONSISTENT, "off the curve by a bit of y");
	check_changed(public, "x", JOSE_KEY_INCONSISTENT, "off the curve by a bit of x");
	check_foreign(public, other, "y", JOSE_KEY_INCONSISTENT, "off the curve by another point's y");
	check_bytes(half, "y", zero, JOSE_KEY_INCONSISTENT, "the point 0, 0");
	check_bytes(public, "x", prime, JOSE_KEY_INCONSISTENT, "x = p");
	check_bytes(public, "x", y, JOSE_KEY_INCONSISTENT, "x = y");
	check_front(public, "x", 1, JOSE_KEY_MALFORMED, "x a byte short");
	check_front(public, "x", -1, JOSE_KEY_MALFORMED, "x a byte long");
	check_front(public, "y", 1, JOSE_KEY_MALFORMED, "y a byte short");
	check_front(public, "y", -1, JOSE_KEY_MALFORMED, "y a byte long");
	check_member(public, "x", NULL, JOSE_KEY_MALFORMED, "x missing");
	check_member(public, "y", NULL, JOSE_KEY_MALFORMED, "y missing");
	check_member(public, "y", "true", JOSE_KEY_MALFORMED, "y a boolean");
	check_member(public, "crv", NULL, JOSE_KEY_MALFORMED, "crv missing");
	check_member(public, "crv", "256", JOSE_KEY_MALFORMED, "crv a number");
	check_member(public, "crv", "\"p-256\"", JOSE_KEY_UNSUPPORTED, "crv in small letters");
	check_member(public, "crv", "\"secp256k1\"", JOSE_KEY_UNSUPPORTED, "crv secp256k1");
	check_member(public, "crv", "\"Ed25519\"", JOSE_KEY_UNSUPPORTED, "crv of OKP");
	check_bytes(key, "d", zero, JOSE_KEY_INCONSISTENT, "d 0");
	check_bytes(key, "d", order, JOSE_KEY_INCONSISTENT, "d = n");
	check_changed(key, "d", JOSE_KEY_INCONSISTENT, "d changed by a bit");
	check_foreign(key, other, "d", JOSE_KEY_INCONSISTENT, "d of another key");
	check_front(key, "d", 1, JOSE_KEY_MALFORMED, "d a byte short");
	check_front(key, "d", -1, JOSE_KEY_MALFORMED, "d a byte long");
	check_member(key, "d", "\"\"", JOSE_KEY_MALFORMED, "d empty");
	check_member(key, "d", "null", JOSE_KEY_MALFORMED, "d null");
	exact_free(y);
	exact_free(half);
	exact_free(zero);
	exact_free(order);
	exact_free(prime);
	exact_free(public);
}

/* Q50 to Q63. */
static void test_ec(void)
{
	for (size_t i = 0; i < COUNT_OF(curves); i++)
	{
		check_curve(&curves[i]);
		for (size_t j = 0; j < COUNT_OF(curves); j++)
		{
			ByteView key = key_public(key_text(curves[i].alg));
			char crv[16] = "\"P-256\"";

			memcpy(crv + 1, curves[j].name, 5);
			check_member(key, "crv", crv, i == j ? JOSE_OK : JOSE_KEY_MALFORMED,
						 "crv of each curve with a point of each");
			exact_free(key);
		}
	}
}

/* Points of small order and encodings that are not canonical (RFC 8032 section 5.1.3), sign apart. */
static const char *const weak_points[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/* Q70 to Q75, D06. */
static void test_okp(void)
{
	ByteView key = key_text("EdDSA");
	ByteView public = key_public(key);
	ByteView exchange = with_member(public, "crv", "\"X25519\"");

	is_status(key_status(key), JOSE_OK, "a good private Ed25519 key");
	is_status(key_status(public), JOSE_OK, "its public key");
	check_front(public, "x", 1, JOSE_KEY_MALFORMED, "x of 31 bytes");
	check_front(public, "x", -1, JOSE_KEY_MALFORMED, "x of 33 bytes");
	check_member(public, "x", NULL, JOSE_KEY_MALFORMED, "x missing");
	check_member(public, "x", "\"\"", JOSE_KEY_MALFORMED, "x empty");
	check_front(key, "d", 1, JOSE_KEY_MALFORMED, "d of 31 bytes");
	check_front(key, "d", -1, JOSE_KEY_MALFORMED, "d of 33 bytes");
	check_changed(key, "d", JOSE_KEY_INCONSISTENT, "d changed by a bit");
	check_foreign(key, key_other_text("EdDSA"), "d", JOSE_KEY_INCONSISTENT, "d of another key");
	check_member(public, "crv", "\"Ed448\"", JOSE_KEY_UNSUPPORTED, "Ed448");
	check_member(public, "crv", "\"X448\"", JOSE_KEY_UNSUPPORTED, "X448");
	check_member(public, "crv", "\"P-256\"", JOSE_KEY_UNSUPPORTED, "crv of EC");
	check_member(public, "crv", NULL, JOSE_KEY_MALFORMED, "crv missing");
	for (size_t i = 0; i < COUNT_OF(weak_points); i++)
	{
		ByteView point = exact_from_hex(weak_points[i]);
		ByteView negative = joined(bytes_of(point.data, 31),
								   point.data[31] == 0x7F   ? BYTES_LITERAL("\xFF")
								   : point.data[31] == 0x7A ? BYTES_LITERAL("\xFA")
								   : point.data[31] == 0x05 ? BYTES_LITERAL("\x85")
															: BYTES_LITERAL("\x80"),
								   bytes_of(NULL, 0));

		check_bytes(public, "x", point, JOSE_KEY_WEAK, weak_points[i]);
		check_bytes(public, "x", negative, JOSE_KEY_WEAK, "and with the other sign");
		exact_free(negative);
		exact_free(point);
	}

	/* X25519 agrees on keys; it is a key, but none that signs. */
	is_status(key_status(exchange), JOSE_OK, "a public X25519 key");
	check_member(exchange, "alg", "\"EdDSA\"", JOSE_KEY_WRONG_USE, "X25519 with alg EdDSA");
	check_member(exchange, "alg", "\"ECDH-ES\"", JOSE_OK, "X25519 with alg ECDH-ES");
	exact_free(exchange);
	exact_free(public);
}

int main(void)
{
	test_no_jwk();
	test_oct();
	test_rsa_public();
	test_rsa_private();
	test_ec();
	test_okp();
	is_int((int64_t) ERR_peek_error(), 0, "no error stays in OpenSSL's queue");
	return done();
}
