/*
 * Elliptic curve keys (RFC 7518 section 6.2): three curves, coordinates of the field's full length, a
 * point on the curve, and a private key that belongs to it.
 */
#include "jose/jwk_parts.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "jose/ec_curve.h"
#include "jose/secure.h"

static bool read_exactly(const JsonValue *member, uint8_t *out, size_t expected)
{
	size_t len = 0;

	return jwk_decode_member(member, out, expected, &len) == JOSE_OK && len == expected;
}

/* The private key as the native integer that OSSL_PARAM wants: little-endian where the machine is. */
static void to_native(uint8_t *bytes, size_t len)
{
	const uint16_t probe = 1;

	if (*(const uint8_t *) &probe == 0)
		return;
	for (size_t i = 0; i < len / 2; i++)
	{
		uint8_t byte = bytes[i];

		bytes[i] = bytes[len - 1 - i];
		bytes[len - 1 - i] = byte;
	}
}

/* point: 0x04, x, y. d: native integer, or NULL. */
static EVP_PKEY *make_pkey(const EcCurve *curve, uint8_t *point, uint8_t *d)
{
	OSSL_PARAM params[4];
	size_t count = 0;

	params[count++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
													   (char *) (uintptr_t) curve->group, 0);
	params[count++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
														1 + 2 * curve->field_len);
	if (d != NULL)
		params[count++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, d, curve->field_len);
	params[count] = OSSL_PARAM_construct_end();
	return jwk_pkey_from("EC", d != NULL, params);
}

/* On the curve, not at infinity, of the right order; and d's own point, with d in range. */
static bool is_sound(EVP_PKEY *pkey, bool is_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool sound = ctx != NULL && EVP_PKEY_public_check(ctx) == 1 &&
				 (!is_private ||
				  (EVP_PKEY_private_check(ctx) == 1 && EVP_PKEY_pairwise_check(ctx) == 1));

	EVP_PKEY_CTX_free(ctx);
	return sound;
}

JoseStatus jwk_read_ec(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk)
{
	const EcCurve *curve = ec_curve_named(&members[JWK_CRV]);
	uint8_t point[1 + 2 * EC_CURVE_MAX_FIELD_LEN] = {4};
	uint8_t d[EC_CURVE_MAX_FIELD_LEN];
	JoseStatus status = JOSE_KEY_INCONSISTENT;

	if (members[JWK_CRV].type != JSON_STRING)
		return JOSE_KEY_MALFORMED;
	if (curve == NULL)
		return JOSE_KEY_UNSUPPORTED;
	jwk->curve = curve->name;
	jwk->is_private = members[JWK_D].type != JSON_ABSENT;
	if (!read_exactly(&members[JWK_X], point + 1, curve->field_len) ||
		!read_exactly(&members[JWK_Y], point + 1 + curve->field_len, curve->field_len) ||
		(jwk->is_private && !read_exactly(&members[JWK_D], d, curve->field_len)))
	{
		secure_wipe(d, sizeof(d));
		return JOSE_KEY_MALFORMED;
	}

	to_native(d, jwk->is_private ? curve->field_len : 0);
	jwk->pkey = make_pkey(curve, point, jwk->is_private ? d : NULL);
	if (jwk->pkey != NULL && is_sound(jwk->pkey, jwk->is_private))
		status = JOSE_OK;
	secure_wipe(d, sizeof(d));
	ERR_clear_error();
	return status;
}
