/*
 * Writing keys as JWK, and their thumbprints: jwk.h. Members come in the order of RFC 7638 (crv, e,
 * kty, n, x, y), so that the text of a public key without labels is what its thumbprint hashes.
 */
#include "jose/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "jose/b64url.h"
#include "jose/digest.h"
#include "jose/ec_curve.h"
#include "jose/json_write.h"
#include "jose/secure.h"

/* Bytes of the longest member. */
#define MAX_PART_LEN (JOSE_MAX_RSA_BITS / 8)
#define MAX_PART_CHARS ((MAX_PART_LEN + 2) / 3 * 4)

/* "name":"base64url", with a comma before all but the first. */
static bool put_bytes(JsonWriter *writer, const char *name, const uint8_t *bytes, size_t len)
{
	char encoded[MAX_PART_CHARS];
	size_t encoded_len = b64url_encode(bytes_of(bytes, len), encoded, sizeof(encoded));

	json_put_raw(writer, BYTES_LITERAL(",\""));
	json_put_raw(writer, bytes_of_string(name));
	json_put_raw(writer, BYTES_LITERAL("\":\""));
	json_put_raw(writer, bytes_of(encoded, encoded_len));
	json_put_raw(writer, BYTES_LITERAL("\""));
	secure_wipe(encoded, sizeof(encoded));
	return encoded_len > 0;
}

static void put_text(JsonWriter *writer, const char *name, ByteView value)
{
	json_put_raw(writer, BYTES_LITERAL(",\""));
	json_put_raw(writer, bytes_of_string(name));
	json_put_raw(writer, BYTES_LITERAL("\":"));
	json_put_string(writer, value);
}

/* A number of the key; field_len 0 writes it in minimal form. */
static bool put_number(JsonWriter *writer, const EVP_PKEY *pkey, const char *name,
					   const char *parameter, size_t field_len)
{
	uint8_t bytes[MAX_PART_LEN];
	BIGNUM *number = NULL;
	bool done = false;

	if (EVP_PKEY_get_bn_param(pkey, parameter, &number) == 1)
	{
		size_t len = field_len > 0 ? field_len : (size_t) BN_num_bytes(number);

		done = len <= sizeof(bytes) && BN_bn2binpad(number, bytes, (int) len) == (int) len &&
			   put_bytes(writer, name, bytes, len);
	}
	BN_clear_free(number);
	secure_wipe(bytes, sizeof(bytes));
	return done;
}

typedef struct NamedNumber
{
	const char *name;
	const char *parameter;
} NamedNumber;

static const NamedNumber rsa_private_numbers[] = {
	{"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
	{"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
	{"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};

static bool put_rsa(JsonWriter *writer, const EVP_PKEY *pkey, bool with_private)
{
	bool done = put_number(writer, pkey, "e", OSSL_PKEY_PARAM_RSA_E, 0);

	put_text(writer, "kty", BYTES_LITERAL("RSA"));
	done = done && put_number(writer, pkey, "n", OSSL_PKEY_PARAM_RSA_N, 0);
	for (size_t i = 0;
		 with_private && i < sizeof(rsa_private_numbers) / sizeof(rsa_private_numbers[0]); i++)
		done = done && put_number(writer, pkey, rsa_private_numbers[i].name,
								  rsa_private_numbers[i].parameter, 0);
	return done;
}

static bool put_ec(JsonWriter *writer, const EVP_PKEY *pkey, bool with_private)
{
	const EcCurve *curve = ec_curve_of(pkey);

	if (curve == NULL)
		return false;
	put_text(writer, "crv", bytes_of_string(curve->name));
	put_text(writer, "kty", BYTES_LITERAL("EC"));
	return put_number(writer, pkey, "x", OSSL_PKEY_PARAM_EC_PUB_X, curve->field_len) &&
		   put_number(writer, pkey, "y", OSSL_PKEY_PARAM_EC_PUB_Y, curve->field_len) &&
		   (!with_private ||
			put_number(writer, pkey, "d", OSSL_PKEY_PARAM_PRIV_KEY, curve->field_len));
}

static bool put_okp(JsonWriter *writer, const EVP_PKEY *pkey, const char *curve, bool with_private)
{
	uint8_t bytes[32];
	size_t len = sizeof(bytes);
	bool done;

	put_text(writer, "crv", bytes_of_string(curve));
	put_text(writer, "kty", BYTES_LITERAL("OKP"));
	done = EVP_PKEY_get_raw_public_key(pkey, bytes, &len) == 1 &&
		   put_bytes(writer, "x", bytes, len);
	if (done && with_private)
	{
		len = sizeof(bytes);
		done = EVP_PKEY_get_raw_private_key(pkey, bytes, &len) == 1 &&
			   put_bytes(writer, "d", bytes, len);
	}
	secure_wipe(bytes, sizeof(bytes));
	return done;
}

static bool put_key(JsonWriter *writer, const EVP_PKEY *pkey, bool with_private)
{
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return put_rsa(writer, pkey, with_private);
	if (EVP_PKEY_is_a(pkey, "EC"))
		return put_ec(writer, pkey, with_private);
	if (EVP_PKEY_is_a(pkey, "Ed25519"))
		return put_okp(writer, pkey, "Ed25519", with_private);
	if (EVP_PKEY_is_a(pkey, "X25519"))
		return put_okp(writer, pkey, "X25519", with_private);
	return false;
}

static void put_label(JsonWriter *writer, const char *name, ByteView value)
{
	if (value.data != NULL)
		put_text(writer, name, value);
}

static void put_labels(JsonWriter *writer, const JwkLabels *labels)
{
	if (labels == NULL)
		return;
	put_label(writer, "alg", labels->alg);
	put_label(writer, "kid", labels->kid);
	put_label(writer, "use", labels->use);
}

/* Labels, brace, and the first comma becomes the other brace; wiped when anything failed. */
static ByteView finish(JsonWriter *writer, bool done, const JwkLabels *labels)
{
	ByteView written;

	put_labels(writer, labels);
	json_put_raw(writer, BYTES_LITERAL("}"));
	written = json_written(writer);
	if (!done || written.data == NULL)
	{
		ERR_clear_error();
		secure_wipe(writer->start, (size_t) (writer->end - writer->start));
		return bytes_of(NULL, 0);
	}
	writer->start[0] = '{';
	return written;
}

ByteView jwk_write(const EVP_PKEY *pkey, bool with_private, const JwkLabels *labels, uint8_t *out,
				   size_t capacity)
{
	JsonWriter writer = json_writer(out, capacity);
	bool done = put_key(&writer, pkey, with_private);

	return finish(&writer, done, labels);
}

ByteView jwk_write_oct(const Jwk *jwk, const JwkLabels *labels, uint8_t *out, size_t capacity)
{
	JsonWriter writer = json_writer(out, capacity);
	bool done = put_bytes(&writer, "k", jwk->secret, jwk->secret_len);

	put_text(&writer, "kty", BYTES_LITERAL("oct"));
	return finish(&writer, done, labels);
}

JoseStatus jwk_thumbprint(const Jwk *jwk, char out[JWK_THUMBPRINT_LEN])
{
	uint8_t text[JWK_MAX_TEXT_LEN];
	uint8_t digest[DIGEST_SHA256_LEN];
	ByteView json = jwk->pkey == NULL ? jwk_write_oct(jwk, NULL, text, sizeof(text))
									  : jwk_write(jwk->pkey, false, NULL, text, sizeof(text));
	bool done = json.data != NULL && digest_sha256(json, digest) == JOSE_OK &&
				b64url_encode(bytes_of(digest, sizeof(digest)), out, JWK_THUMBPRINT_LEN) ==
					JWK_THUMBPRINT_LEN;

	secure_wipe(text, sizeof(text));
	if (!done)
		ERR_clear_error();
	return done ? JOSE_OK : JOSE_CRYPTO_FAILURE;
}
