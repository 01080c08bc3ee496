/*
 * Private to the JWK readers: the members of a key by name, and one function for each key type that
 * turns them into an OpenSSL key after checking them.
 */
#ifndef ACCESS_TOKEN_JOSE_JWK_PARTS_H
#define ACCESS_TOKEN_JOSE_JWK_PARTS_H

#include <openssl/types.h>

#include "jose/jwk.h"

typedef enum JwkMember
{
	JWK_KTY,
	JWK_USE,
	JWK_KEY_OPS,
	JWK_ALG,
	JWK_KID,
	JWK_K,
	JWK_CRV,
	JWK_X,
	JWK_Y,
	JWK_N,
	JWK_E,
	JWK_D,
	JWK_P,
	JWK_Q,
	JWK_DP,
	JWK_DQ,
	JWK_QI,
	JWK_OTH,
	JWK_MEMBER_COUNT
} JwkMember;

/* Bytes of the longest member: a number as long as the longest modulus. */
#define JWK_MAX_PART_LEN (JOSE_MAX_RSA_BITS / 8)

/*
 * Decodes a base64url member into out. JOSE_KEY_MALFORMED unless it is a string without escapes, in
 * canonical base64url, of 1 to capacity bytes.
 */
JoseStatus jwk_decode_member(const JsonValue *member, uint8_t *out, size_t capacity, size_t *len);

/* Each sets jwk->pkey, jwk->is_private and jwk->curve from the members of its kty. */
JoseStatus jwk_read_rsa(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk);
JoseStatus jwk_read_ec(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk);
JoseStatus jwk_read_okp(const JsonValue members[JWK_MEMBER_COUNT], Jwk *jwk);

/* Makes a key from parameters; NULL, with OpenSSL's queue cleared, when it refuses them. */
EVP_PKEY *jwk_pkey_from(const char *type, bool is_private, OSSL_PARAM *params);

#endif
