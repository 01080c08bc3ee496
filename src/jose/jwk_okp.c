/*
 * Octet key pairs (RFC 8037): Ed25519 to sign, X25519 to agree. A public Ed25519 key is a canonical
 * encoding of a point that is not of small order, for with such a one a signature proves nothing.
 */
#include "jose/jwk_parts.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "jose/secure.h"

#define KEY_LEN 32

/* y coordinates of the points whose order divides 8, little-endian, without the sign bit. */
static const uint8_t small_order_y[][KEY_LEN] = {
	{0x00},
	{0x01},
	{0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},
	{0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B,
	 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39,
	 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A},
	{0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4,
	 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6,
	 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05},
};

/* Whether y, without the sign bit, is below the field's prime 2^255 - 19. */
static bool is_canonical(const uint8_t y[KEY_LEN])
{
	if (y[KEY_LEN - 1] != 0x7F || y[0] < 0xED)
		return true;
	for (size_t i = 1; i < KEY_LEN - 1; i++)
	{
		if (y[i] != 0xFF)
			return true;
	}
	return false;
}

static bool is_sound_ed25519(const uint8_t x[KEY_LEN])
{
	uint8_t y[KEY_LEN];

	memcpy(y, x, KEY_LEN);
	y[KEY_LEN - 1] &= 0x7F;
	for (size_t i = 0; i < sizeof(small_order_y) / sizeof(small_order_y[0]); i++)
	{
		if (memcmp(y, small_order_y[i], KEY_LEN) == 0)
			return false;
	}
	return is_canonical(y);
}

static bool read_exactly(const JsonValue *member, uint8_t out[KEY_LEN])
{
	size_t len = 0;

	return jwk_decode_member(member, out, KEY_LEN, &len) == JOSE_OK && len == KEY_LEN;
}

/* The private key whose public one is x; NULL when it is another's. */
static EVP_PKEY *make_private(const char *curve, const uint8_t d[KEY_LEN], const uint8_t x[KEY_LEN])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, curve, NULL, d, KEY_LEN);
	uint8_t own_x[KEY_LEN];
	size_t len = sizeof(own_x);

	if (pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, own_x, &len) == 1 && len == KEY_LEN &&
		secure_equal(bytes_of(own_x, KEY_LEN), bytes_of(x, KEY_LEN)))
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static JoseStatus read_curve(const JsonValue *crv, const char **curve)
{
	if (crv->type != JSON_STRING)
		return JOSE_KEY_MALFORMED;
	if (json_string_equals(crv, BYTES_LITERAL("Ed25519")))
		*curve = "Ed25519";
	else if (json_string_equals(crv, BYTES_LITERAL("X25519")))
		*curve = "X25519";
	else
		return JOSE_KEY_UNSUPPORTED;
	return JOSE_OK;
}

JoseStatus jwk_read_okp(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk)
{
	uint8_t x[KEY_LEN];
	uint8_t d[KEY_LEN] = {0};
	JoseStatus status = read_curve(&members[JWK_CRV], &jwk->curve);

	if (status != JOSE_OK)
		return status;
	jwk->is_private = members[JWK_D].type != JSON_ABSENT;
	if (!read_exactly(&members[JWK_X], x) || (jwk->is_private && !read_exactly(&members[JWK_D], d)))
		status = JOSE_KEY_MALFORMED;
	else if (strcmp(jwk->curve, "Ed25519") == 0 && !is_sound_ed25519(x))
		status = JOSE_KEY_WEAK;
	else if (jwk->is_private)
		jwk->pkey = make_private(jwk->curve, d, x);
	else
		jwk->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, jwk->curve, NULL, x, KEY_LEN);
	secure_wipe(d, sizeof(d));
	ERR_clear_error();
	if (status == JOSE_OK && jwk->pkey == NULL)
		status = JOSE_KEY_INCONSISTENT;
	return status;
}
